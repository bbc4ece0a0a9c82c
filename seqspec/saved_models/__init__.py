"""Saved models of Keras 1 to 3 and TensorFlow.js, with their weights, as a spec and a `.weights.h5` of Keras 3.

Only these modules of seqspec import NumPy and h5py outside of `compiler` and `training`; neither Keras nor TensorFlow
is needed to read a file, and nothing in a file is executed.
"""
