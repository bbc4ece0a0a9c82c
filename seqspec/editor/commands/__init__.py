"""The commands of the editor extension, one module each."""
