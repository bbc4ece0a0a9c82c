"""The models of keras.applications, one module a family."""
