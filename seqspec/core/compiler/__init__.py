"""Builds Keras models from specs; with `training`, the only package that imports Keras."""
