"""Models of a program as documents: layers, compile, fit, and the mistakes in their calls."""
