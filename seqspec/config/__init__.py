"""A project: its configuration, which files are its documents, which findings it wants to hear of."""
