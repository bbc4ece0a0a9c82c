"""The search space of a spec: its candidates, and which of them are invalid, and why."""
