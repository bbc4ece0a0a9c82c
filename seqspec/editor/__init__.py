"""Extension: the language server and the playground."""
