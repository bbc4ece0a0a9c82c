"""Fixes: from edits of the expanded tree to edits of the text, and their application."""
