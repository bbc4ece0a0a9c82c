"""Generates the Keras program of a checked document, without Keras."""
