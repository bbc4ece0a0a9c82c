"""Time series: their time stamps and gaps, windows over them, and forecasts."""
