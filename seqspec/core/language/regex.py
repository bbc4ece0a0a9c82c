"""Regular expressions from documents and configuration, matched in bounded time.

Python's `re` backtracks exponentially for patterns such as `(a+)+$`. A pattern whose form bounds its cost is matched by
`re`. All others need the package `regex` (the extra `keras-seqspec[regex]`), which has a timeout. If it is not
installed, or the timeout is reached, the result is unknown: None.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

MAX_PATTERN = 1_000
"""The maximum length of a pattern; a longer one is not matched."""

_MAX_STEPS = 1_000_000
"""The maximum number of steps of `re` on one text, estimated from the form of the pattern."""

_MAX_REPEAT = 100
_MAX_REPETITIONS = 1_000
_TIMEOUT = 0.05
"""Seconds for one match by `regex`."""

_ATOM = re.compile(
    r"""\\[^0-9xuUN]            # an escape, not a backreference or character code
      | \[\^?\]?(?:\\.|[^\]\\])*\]  # a class
      | [^\\\[\](){}*+?|]         # a character""",
    re.X | re.S,
)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d{0,3})(?:(,)(\d{0,3}))?\})[?+]?")


class _Form(NamedTuple):
    """The properties of a pattern that determine its cost: quantifiers, and whether it is anchored at the start."""

    quantifiers: int
    anchored: bool


def search(pattern: str, text: str) -> bool | None:
    """Whether a pattern matches anywhere in a text, as by `re.search`; None if unknown.

    Raises:
        re.error: The text is not a pattern.
    """
    if len(pattern) > MAX_PATTERN:
        return None
    if is_cheap(pattern, text):
        return _compiled(pattern).search(text) is not None
    return _search_with_timeout(pattern, text)


def is_cheap(pattern: str, text: str) -> bool:
    """Whether Python's `re` matches a pattern in a text in bounded time."""
    form = _form(pattern) if len(pattern) <= MAX_PATTERN else None
    return form is not None and len(text) ** (form.quantifiers + (not form.anchored)) <= _MAX_STEPS


def is_pattern(pattern: str) -> bool:
    """Whether Python's `re`, which Keras uses, accepts a text of at most `MAX_PATTERN` characters as a pattern."""
    try:
        _compiled(pattern[:MAX_PATTERN])
    except (re.error, RecursionError, OverflowError):
        return len(pattern) > MAX_PATTERN
    return True


def has_engine() -> bool:
    """Whether the package that matches costly patterns is installed."""
    return _engine() is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=256)
def _form(pattern: str) -> _Form | None:
    """The form of a pattern whose cost is polynomial in the length of the text; None for any other.

    The pattern has no repeated or deeply nested groups, backreferences or lookaround.
    """
    quantifiers = depth = 0
    anchored = pattern.startswith("^") and "|" not in pattern
    after_group = False
    i = 0
    while i < len(pattern):
        quantifier = _QUANTIFIER.match(pattern, i)
        if quantifier is not None:
            if after_group or any(int(n) > _MAX_REPEAT for n in (quantifier[1], quantifier[3]) if n):
                return None
            quantifiers += 1
            i = quantifier.end()
            continue
        after_group = False
        if pattern[i] == "(":
            depth += 1
            i += 3 if pattern.startswith("(?:", i) else 1
            if depth > 20 or pattern[i : i + 1] == "?":
                return None
        elif pattern[i] == ")":
            depth -= 1
            after_group = True
            i += 1
        elif pattern[i] == "|":
            i += 1
        else:
            atom = _ATOM.match(pattern, i)
            if atom is None:
                return None
            i = atom.end()
    return _Form(quantifiers, anchored)


def _search_with_timeout(pattern: str, text: str) -> bool | None:
    engine = _engine()
    # `regex` expands counted repetitions, which can exhaust memory before the timeout applies.
    if engine is None or _repetitions(pattern) > _MAX_REPETITIONS:
        return None
    try:
        match = engine.compile(pattern, engine.V0).search(text, timeout=_TIMEOUT)
    except engine.error as error:
        raise re.error(str(error)) from None
    except (TimeoutError, RecursionError, OverflowError, MemoryError, ValueError):
        return None
    return match is not None


def _repetitions(pattern: str) -> int:
    """The product of all repetition counts of a pattern, an upper bound for nested repetitions."""
    product = 1
    for count in re.findall(r"\{\s*,?\s*(\d+)|,\s*(\d+)\s*\}", pattern):
        digits = count[0] or count[1]
        if len(digits) > 6:
            return _MAX_REPETITIONS + 1
        product *= max(int(digits), 1)
        if product > _MAX_REPETITIONS:
            break
    return product


@lru_cache(maxsize=1)
def _engine() -> ModuleType | None:
    try:
        return import_module("regex")
    except ImportError:
        return None
