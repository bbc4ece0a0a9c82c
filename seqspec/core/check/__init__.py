"""The check of a document: one class whose stages are computed once, and what checks many documents or fixes them."""
