"""One finding as data, the table of codes, the renderers."""
