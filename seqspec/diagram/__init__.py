"""Diagrams of models: one typed description (`model.py`), drawn as SVG, HTML, Mermaid and DOT, PNG and PDF.

The language server sends the same description to its clients, and the page of the playground draws it.
"""
