"""Diagrams of models: a typed description (`model.py`), rendered as SVG, HTML, Mermaid, DOT, PNG and PDF.

The language server sends the same description to its clients, and the playground renders it.
"""
