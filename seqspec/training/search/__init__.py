"""The run of a search: proposals, trials in worker processes, and results."""
