"""Reads files to predict for, and writes the predictions."""
