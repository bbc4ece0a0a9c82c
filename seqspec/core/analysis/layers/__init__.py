"""Facts about the layers and their signal, which rules read."""
