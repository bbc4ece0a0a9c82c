"""The key `keras`: the Keras versions that a document supports."""

from __future__ import annotations

import re
from typing import NamedTuple

from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation

Version = tuple[int, int]

SUPPORTED: tuple[Version, ...] = ((3, 12), (3, 13), (3, 14), (3, 15))
"""The Keras release series that the catalog supports, oldest first: the only list of them in the code."""

OLDEST = SUPPORTED[0]
NEWEST = SUPPORTED[-1]
"""The version for documents without `keras`."""

_CLAUSE = r"\s*(===|~=|==|!=|<=|>=|<|>)?\s*v?(\d{1,6}(?:\.\d{1,6}){0,3})(\.\*)?\s*"
_LATER = 1 << 30


class KerasRange(NamedTuple):
    """The range of supported versions that a document allows.

    The behavior of `newest` is checked; arguments and classes must exist in `oldest`.
    """

    newest: Version = NEWEST
    oldest: Version = NEWEST


NEWEST_ONLY = KerasRange()
"""The range of a document without the key: the newest Keras."""


def series(text: str) -> Version:
    """The release series `"3.14"` that introduced something; raises ValueError for one that is not supported."""
    version = tuple(map(int, text.split(".")))
    for supported in SUPPORTED:
        if supported == version:
            return supported
    raise ValueError(f"add Keras {text} to SUPPORTED first, which has {', '.join(map(_show, SUPPORTED))}")


def read_range(value: object) -> KerasRange:
    """The supported versions of a range such as `">=3.13"`, `"==3.12.*"`, `"~=3.14"` or `">=3.12, <3.15"`.

    Raises `Violation`, at offsets within the string where a part of it cannot be read.
    """
    if type(value) is not str:
        raise _bad(
            "keras must be a version range, a string", help=fmt("write {}", Setting("keras", f">={_show(OLDEST)}"))
        )
    clauses = []
    start = 0
    for part in value.split(","):
        clauses.append(_read_clause(part, start))
        start += len(part) + 1
    versions = [version for version in SUPPORTED if _allows(version, clauses)]
    if not versions:
        supported = f"{_show(OLDEST)} to {_show(NEWEST)}"
        raise _bad(f'no supported Keras version matches "{value[:60]}"', help=f"supported versions: {supported}")
    return KerasRange(versions[-1], versions[0])


class _Clause(NamedTuple):
    operator: str
    parts: tuple[int, ...]


def _read_clause(text: str, start: int) -> _Clause:
    string_range = (start, start + len(text))
    match = re.fullmatch(_CLAUSE, text, re.A)
    if match is None:
        statement = f'invalid version range "{text.strip()[:40]}"' if text.strip() else "missing version range"
        raise _bad(statement, string_range, 'write ">=3.13", "==3.12.*", "~=3.14" or several with commas')
    operator, digits, star = match[1], match[2], match[3]
    if operator is None:
        raise _bad(
            f"missing comparison operator before {digits}",
            string_range,
            f'write "=={digits}.*", or ">={digits}" for this and later versions',
        )
    if star and operator not in ("==", "!="):
        raise _bad(f"{operator} does not accept .*", string_range, f'write "{operator}{digits}"')
    parts = tuple(int(part) for part in digits.split("."))
    if operator == "~=" and len(parts) < 2:
        raise _bad("~= requires at least two version components", string_range, f'write "~={digits}.0"')
    return _Clause(operator + (".*" if star else ""), parts)


def _allows(version: Version, clauses: list[_Clause]) -> bool:
    """Whether a release of a series satisfies all clauses: it suffices to test the patch versions around each bound."""
    patches = {0, _LATER}
    for clause in clauses:
        if len(clause.parts) > 2:
            patches |= {max(clause.parts[2] + step, 0) for step in (-1, 0, 1)}
    return any(all(_fulfils((*version, patch), clause) for clause in clauses) for patch in patches)


def _fulfils(release: tuple[int, int, int], clause: _Clause) -> bool:
    operator, parts = clause
    if operator in ("==.*", "!=.*"):
        prefix = (*release, 0)[: len(parts)]
        return (prefix == parts) == (operator == "==.*")
    padded = (*parts, 0, 0, 0)[: max(3, len(parts))]
    version = (*release, 0)[: len(padded)]
    if operator == "~=":
        return version >= padded and version[: len(parts) - 1] == parts[:-1]
    return {
        "==": version == padded,
        "===": version == padded,
        "!=": version != padded,
        "<=": version <= padded,
        ">=": version >= padded,
        "<": version < padded,
        ">": version > padded,
    }[operator]


def _show(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _bad(message: str, string_range: tuple[int, int] | None = None, help: str | None = None) -> Violation:
    return Violation("bad-keras-range", message, string_range=string_range, help=help)
