"""What can be done at a place of a document: fixes, suppressions and refactorings, one file an action."""
