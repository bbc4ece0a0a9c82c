"""The symbol table of a document: declarations, scopes and occurrences of names.

`scopes` holds the scoping rules, `declared` what a document declares, `table` the symbols and their occurrences in a
text, `reader` makes such a table.
"""
