"""A spec to a Keras model: the only package that imports Keras."""
