"""Migration to Keras 3: what of a program it removed, renamed, ignores or changed, and how to write that now."""
