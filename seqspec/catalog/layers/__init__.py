"""The layers of Keras, one module a family."""
