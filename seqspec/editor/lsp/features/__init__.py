"""One module per feature of the Language Server Protocol."""
