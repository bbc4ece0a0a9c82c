"""References in strings: `"$name"`, `"$name[0]"`, `"$name[1:]"`, `"${name}"` inside a longer string, `"$$"`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keys import WITHOUT_REFERENCES, is_extension_key

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_TAKE = r"(?:\[[^\[\]]*\])*"
_whole = re.compile(rf"\$(?:({_NAME})({_TAKE})|\{{({_NAME})({_TAKE})\}})").fullmatch
_part = re.compile(rf"\$\$|\$\{{({_NAME})({_TAKE})\}}").match
_SUBSCRIPT = re.compile(r"\[([^\[\]]*)\]")
_index = re.compile(r"([+-]?\d{1,9})").fullmatch
_slice = re.compile(r"([+-]?\d{1,9})?\s*:\s*([+-]?\d{1,9})?").fullmatch
_word = re.compile(_NAME)

is_variable_name = re.compile(_NAME).fullmatch
"""Matches a valid name of a variable or parameter."""


class Reference(NamedTuple):
    """One reference: the name, its indices and slices, and its range in the string."""

    name: str
    subscripts: tuple[int | slice, ...]
    start: int
    end: int


class ParsedText(NamedTuple):
    """A string with references: literals and references alternate; `is_reference` if it is a single reference."""

    pieces: tuple[str | Reference, ...]
    is_reference: bool

    @property
    def references(self) -> list[Reference]:
        """The references in it."""
        return [piece for piece in self.pieces if isinstance(piece, Reference)]


@lru_cache(maxsize=4096)
def _read(text: str) -> ParsedText | tuple[str, tuple[int, int], str]:
    try:
        return _parse(text)
    except Violation as violation:
        # The traceback of a stored exception would keep the document alive.
        assert violation.string_range is not None  # noqa: PT017  # no test
        return violation.message, violation.string_range, str(violation.help or "")


def read_text(text: str) -> ParsedText:
    """Parses a string that contains `$`; raises `Violation` for an invalid reference."""
    parsed = _read(text)
    if isinstance(parsed, ParsedText):
        return parsed
    raise _bad(*parsed)


def _parse(text: str) -> ParsedText:
    match = _whole(text)
    if match is not None:
        name = match[1] or match[3]
        subscripts = _subscripts(
            text, match.start(2) if match[1] else match.start(4), match.end(2) if match[1] else match.end(4)
        )
        return ParsedText((Reference(name, subscripts, 0, len(text)),), True)
    pieces: list[str | Reference] = []
    literal = ""
    i = 0
    while True:
        start = text.find("$", i)
        if start < 0:
            literal += text[i:]
            break
        literal += text[i:start]
        match = _part(text, start)
        if match is None:
            raise _unreadable(text, start)
        i = match.end()
        if match[1] is None:
            literal += "$"
            continue
        pieces.append(literal)
        literal = ""
        pieces.append(Reference(match[1], _subscripts(text, match.start(2), match.end(2)), start, i))
    pieces.append(literal)
    return ParsedText(tuple(pieces), False)


def _subscripts(text: str, start: int, end: int) -> tuple[int | slice, ...]:
    subscripts: list[int | slice] = []
    for match in _SUBSCRIPT.finditer(text, start, end):
        index = _index(match[1].strip())
        part = _slice(match[1].strip())
        if index is not None:
            subscripts.append(int(index[1]))
        elif part is not None:
            subscripts.append(slice(*(None if bound is None else int(bound) for bound in part.groups())))
        else:
            raise _bad(
                f"invalid index [{match[1][:40]}]",
                match.span(),
                "use an index such as [0] or [-1], or a slice such as [1:]",
            )
    return tuple(subscripts)


def _unreadable(text: str, start: int) -> Violation:
    name = _word.match(text, start + 1)
    if text.startswith("${", start):
        end = text.find("}", start)
        if end < 0:
            return _bad("unclosed ${", (start, start + 2), "write ${name}")
        return _bad(
            f"invalid reference {text[start : end + 1][:40]}",
            (start, end + 1),
            "write ${name}; expressions are not supported",
        )
    if name is None:
        return _bad("incomplete reference: $ without a name", (start, start + 1), "write $$ for a literal dollar sign")
    if start == 0:
        return _bad(
            f"invalid reference {text[:40]}",
            (name.end(), len(text)),
            "write $name, $name[0] or $name[1:], or ${name} inside a longer string; expressions are not supported",
        )
    return _bad(
        f"${name.group()[:40]} inside a longer string needs braces",
        (start, name.end()),
        f"write ${{{name.group()[:40]}}}, or $$ for a literal dollar sign",
    )


def _bad(message: str, string_range: tuple[int, int], help: str) -> Violation:
    return Violation("bad-reference", message, string_range=string_range, help=help)


def escaped(tree: Mapping[str, object]) -> dict[str, object]:
    """A tree without references, with dollar signs doubled, except under keys that cannot contain references."""
    return {
        key: value if key in WITHOUT_REFERENCES or is_extension_key(key) else _escaped(value)
        for key, value in tree.items()
    }


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: item if is_extension_key(key) else _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value
