"""Changes of a document as edits of its text: all that is not changed keeps its form, and comments stay."""
