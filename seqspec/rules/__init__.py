"""Facts to findings: the lint rules, one file each."""
