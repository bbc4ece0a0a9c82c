"""report.html of a run: its page, the charts on it, and what they show of the model."""
