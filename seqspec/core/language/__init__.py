"""Expands a document: variables, blocks, `extends`, overrides and shorthand."""
