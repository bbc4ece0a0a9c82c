"""The tree of a text that is being typed: what can be read of it, at the paths where it stands."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from typing import Any

from seqspec.syntax.document import Document
from seqspec.syntax.scan import Path, Places

Inside = dict[Path, list[str | int]]
"""Path → the keys or indices right under it, in the order of the text."""


def tree(document: Document) -> dict[str, Any]:
    """The tables and values of a document, as far as they can be told where its text has mistakes."""
    if document.readable or document.text is None:
        return dict(document.tree)
    text, places = document.text, document.places()
    inside: Inside = {}
    for path in places:
        if path:
            inside.setdefault(path[:-1], []).append(path[-1])
    found = _value((), text, places, inside, document.format)
    return found if isinstance(found, dict) else {}


def _value(path: Path, text: str, places: Places, inside: Inside, format: str) -> Any:
    keys = inside.get(path)
    if keys:
        return _container(path, keys, text, places, inside, format)
    start, end, *_ = places.get(path, (0, 0, -1, -1))
    return _leaf(text[start:end], format)


def _container(path: Path, keys: Iterable[str | int], text: str, places: Places, inside: Inside, format: str) -> Any:
    indices = sorted(key for key in keys if isinstance(key, int))
    if indices:
        return [_value((*path, index), text, places, inside, format) for index in indices]
    return {key: _value((*path, key), text, places, inside, format) for key in keys}


def _leaf(text: str, format: str) -> Any:
    """A value by itself; what cannot be read is the text without its quote, None where there is none."""
    text = text.strip()
    if not text:
        return None
    try:
        return json.loads(text) if format == "json" else tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        pass
    if text[0] == "{":
        return {}
    if text[0] == "[":
        return {} if format == "toml" and text.endswith("]") and text[1:2].isalpha() else []
    return text.strip("\"'")
