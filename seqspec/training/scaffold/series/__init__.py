"""A first spec for time series: its rows, what is decided about them, and the text."""
