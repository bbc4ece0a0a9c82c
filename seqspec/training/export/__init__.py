"""Export of trained models: each file is run by its real runtime and compared with the model before it is kept."""
