"""JSON: values from the standard parser, which also finds repeated keys and numbers that are not."""

from __future__ import annotations

from json.decoder import JSONDecoder
from typing import Any


class DuplicateKey(Exception):
    """Raised while parsing; the scanner says which key it was."""


class NotFinite(Exception):
    """Raised while parsing at `NaN` or `Infinity`."""


def _table(pairs: list[tuple[str, object]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise DuplicateKey
    return table


def _constant(text: str) -> Any:
    raise NotFinite(text)


_DECODER = JSONDecoder(object_pairs_hook=_table, parse_constant=_constant)
_LENIENT = JSONDecoder(parse_constant=_constant)


def parse(text: str) -> object:
    """The value of a text; raises `ValueError`, `RecursionError`, `DuplicateKey` or `NotFinite`."""
    return _DECODER.decode(text)


def parse_lenient(text: str) -> object:
    """The value of a text in which a key occurs twice: the last one counts."""
    return _LENIENT.decode(text)
