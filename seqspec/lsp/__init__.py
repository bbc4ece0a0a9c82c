"""The language server: what an editor asks about a document while it is being written."""
