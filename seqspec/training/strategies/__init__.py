"""How a model is replicated: on one device, by TensorFlow's MirroredStrategy, or by keras.distribution on JAX."""
