"""Keras's own JSON (`to_json()`, the `config.json` of a `.keras` file) as a document of the language."""
