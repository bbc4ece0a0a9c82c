"""Experiment trackers that a run is logged to: one module and one entry of the registry each."""
