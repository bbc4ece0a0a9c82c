"""Parses JSON with the standard parser, and rejects duplicate keys and non-finite numbers."""

from __future__ import annotations

from json.decoder import JSONDecoder


class DuplicateKey(Exception):
    """A key occurs twice; the syntax tree has its position."""


class NotFinite(Exception):
    """A number is `NaN` or `Infinity`."""


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise DuplicateKey
    return table


def _constant(text: str) -> object:
    raise NotFinite(text)


_DECODER = JSONDecoder(object_pairs_hook=_table, parse_constant=_constant)
_LENIENT = JSONDecoder(parse_constant=_constant)


def parse(text: str) -> object:
    """The value of a text; raises `ValueError`, `RecursionError`, `DuplicateKey` or `NotFinite`."""
    return _DECODER.decode(text)


def parse_lenient(text: str) -> object:
    """The value of a text with duplicate keys, of which the last one is used."""
    return _LENIENT.decode(text)
