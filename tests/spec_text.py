"""Writes specs, given as trees, as TOML and JSON."""

from functools import partial

from seqspec.core.document.canonical import canonical_text

to_toml = partial(canonical_text, format="toml")
to_json = partial(canonical_text, format="json")
