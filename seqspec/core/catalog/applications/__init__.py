"""The models of keras.applications, one module per family."""
