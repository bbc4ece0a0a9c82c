"""The formats of saved models, one module per format: each reads a file into a `SavedModel`."""
