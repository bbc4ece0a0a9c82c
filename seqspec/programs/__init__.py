"""Keras programs as specs: every `keras.Sequential` in a Python file or notebook, read without running anything."""
