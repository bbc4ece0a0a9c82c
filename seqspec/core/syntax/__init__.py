"""Parsers of TOML and JSON, syntax trees, positions and edits."""
