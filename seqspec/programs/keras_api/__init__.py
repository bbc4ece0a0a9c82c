"""Keras's API as programs call it: names of modules and classes, signatures, functions that work on tensors."""
