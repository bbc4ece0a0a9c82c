"""Text to a plain tree, and where each value is."""
