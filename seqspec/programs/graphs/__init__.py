"""Functional models: layer calls, their shapes, and the graphs between inputs and outputs."""
