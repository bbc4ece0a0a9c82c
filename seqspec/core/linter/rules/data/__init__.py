"""Rules on inputs and base models."""
