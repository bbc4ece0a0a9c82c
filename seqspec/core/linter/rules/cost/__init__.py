"""Rules on parameters, memory and time."""
