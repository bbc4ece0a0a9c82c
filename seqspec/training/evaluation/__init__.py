"""Evaluates a model: losses and metrics of its sets, their intervals, thresholds, calibration, errors of forecasts."""
