"""Diagnostics as text, JSON, ..., one module a format."""
