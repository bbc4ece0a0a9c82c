"""Rules on optimizers, training and callbacks."""
