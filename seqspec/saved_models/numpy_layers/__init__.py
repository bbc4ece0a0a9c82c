"""The layers in NumPy with the semantics of the Keras that wrote the file, as the reference for a conversion."""
