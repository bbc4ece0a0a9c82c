"""What differs from Keras 3 in files of older versions, one module per family of layers.

Frozen: Theano, Keras 1, the Hashing of TensorFlow 2.4 and quantized TensorFlow.js are old formats. No new format is
added here, only defects are fixed. `channels_last` alone also changes files of Keras 3.
"""
