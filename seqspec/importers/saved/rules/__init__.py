"""What older files store differently from Keras 3, one module per family of layers."""
