"""Code actions: fixes, suppressions and refactorings, one module per action."""
