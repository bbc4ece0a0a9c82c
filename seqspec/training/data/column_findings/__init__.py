"""What is reported about the columns of `[data.columns]`, with their data: one finding per column, for all sets."""
