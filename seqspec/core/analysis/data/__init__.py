"""Facts about `[data]` and `[target]`, which rules read."""
