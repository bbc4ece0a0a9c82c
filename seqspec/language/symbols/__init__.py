"""The symbol table of a document: what it declares, where each name is visible, and where it is referred to.

`scopes` holds the scoping rules, `declared` what a document declares, `table` the symbols and their occurrences in a
text, `reader` makes such a table.
"""
