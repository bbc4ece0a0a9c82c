"""Violations, diagnostics, codes, helps and suggestions."""
