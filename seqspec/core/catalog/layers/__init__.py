"""The layers of Keras, one module per family."""
