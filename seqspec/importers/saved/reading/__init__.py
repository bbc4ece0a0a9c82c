"""The layers in NumPy, with the semantics of the Keras that wrote the file: what a conversion is compared with."""
