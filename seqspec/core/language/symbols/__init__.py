"""Scopes and declarations of a document: `scopes` holds the scoping rules, `declared` what a document declares."""
