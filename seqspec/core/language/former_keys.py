"""The former names of keys. Written by scripts/generate from `Formerly` in `seqspec.core.document`."""

FORMER_KEYS: tuple[tuple[tuple[str, ...], str, str, str, str], ...] = ()
"""The place of the table ("*" is any name), the key that selects it among others with its value, the former and the
present name."""
