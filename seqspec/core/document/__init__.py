"""Reads an expanded tree as typed data."""
