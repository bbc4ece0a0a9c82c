"""An expanded tree to a typed spec."""
