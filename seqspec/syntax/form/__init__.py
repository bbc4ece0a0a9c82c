"""The form of a document: its values as written, the comments between them, and the canonical text of both formats."""
