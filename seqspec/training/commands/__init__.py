"""The commands of the training extension, one module each."""
