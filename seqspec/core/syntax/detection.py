"""Which files are specs: by their name, or else by the top-level key `seqspec`."""

from __future__ import annotations

import os
import re

DOCUMENT_ENDINGS = (".seqspec.toml", ".seqspec.json")
"""The suffixes of document names; other TOML and JSON files are documents if they have the top-level key `seqspec`."""

_TOML_KEY = re.compile(rb"""^[ \t]*(?:seqspec|"seqspec"|'seqspec')[ \t]*=""", re.M)
_TOML_HEADER = re.compile(rb"^[ \t]*\[", re.M)
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.S)
_JSON_VALUE = re.compile(rb"\s*:\s*[^\s{]")


def is_spec(file: str, text: str, format: str) -> bool:
    """Whether a file is a spec: links resolved by its name, or else by its text, which need not be valid."""
    return os.path.realpath(file).lower().endswith(DOCUMENT_ENDINGS) or has_key(text.encode("utf-8", "replace"), format)


def has_key(head: bytes, format: str) -> bool:
    """Whether the beginning of a text has the top-level key `seqspec`; the text need not be valid."""
    if b"seqspec" not in head:
        return False
    if format == "json":
        return _json_has_key(head)
    key = _TOML_KEY.search(head)
    return key is not None and _TOML_HEADER.search(head, 0, key.start()) is None


def _json_has_key(head: bytes) -> bool:
    depth = 0
    for token in _JSON_TOKEN.finditer(head):
        text = token.group()
        if text in (b"{", b"["):
            depth += 1
        elif text in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and text == b'"seqspec"' and _JSON_VALUE.match(head, token.end()):
            return True
    return False
