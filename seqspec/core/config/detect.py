"""Detects documents by their names, or else by the top-level key `seqspec`."""

from __future__ import annotations

import os
import re

from seqspec.core.config.settings import CONFIG_NAMES, DOCUMENT_ENDINGS

_HEAD = 1 << 16
_TOML_KEY = re.compile(rb"""^[ \t]*(?:seqspec|"seqspec"|'seqspec')[ \t]*=""", re.M)
_TOML_HEADER = re.compile(rb"^[ \t]*\[", re.M)
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.S)
_JSON_VALUE = re.compile(rb"\s*:\s*[^\s{]")


def is_named_document(name: str) -> bool:
    """Whether a file has the name of a document."""
    return name.lower().endswith(DOCUMENT_ENDINGS) and name not in CONFIG_NAMES


def is_document(file: str) -> bool:
    """Whether a file is a document, if the configuration does not list the documents."""
    name = os.path.basename(file)
    if name in CONFIG_NAMES:
        return False
    if is_named_document(name):
        return True
    ending = os.path.splitext(name)[1].lower()
    if ending not in (".toml", ".json"):
        return False
    try:
        with open(file, "rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return has_key(head, ending[1:])


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
