"""Trains the model of a run: its stages, epochs and checkpoints."""
