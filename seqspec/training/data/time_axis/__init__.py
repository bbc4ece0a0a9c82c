"""The time steps of series: time stamps, the frequency they imply, and the rows of each series."""
