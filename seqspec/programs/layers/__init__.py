"""Layers and other objects of Keras that a program makes, as entries of a spec."""
