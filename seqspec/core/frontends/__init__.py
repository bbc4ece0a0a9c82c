"""How something other than a spec becomes a document: Keras's own JSON and live models."""
