"""Differences between older files and Keras 3, one module per family of layers."""
