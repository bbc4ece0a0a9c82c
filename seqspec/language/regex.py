"""Regular expressions from documents and configuration, matched in bounded time.

Python's `re` backtracks: `(a+)+$` takes longer than anybody waits. A pattern that is cheap by its form is matched by
`re`. Any other needs the package `regex` (the extra `keras-seqspec[regex]`), which matches with a time limit. Where
it is not installed, or the limit is reached, the answer is unknown: None.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

MAX_PATTERN = 1_000
"""Characters of a pattern; a longer one is not matched."""

_MAX_STEPS = 1_000_000
"""Steps of Python's `re` on one text, estimated from the pattern's form."""

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
    """What the cost of a pattern depends on: its quantifiers, and whether it can only match at the start."""

    quantifiers: int
    anchored: bool


def search(pattern: str, text: str) -> bool | None:
    """Whether a pattern matches somewhere in a text, as `re.search` says; None where that is not known.

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


def is_pattern(pattern: str) -> bool | None:
    """Whether a text is a regular expression; None where that is not known."""
    try:
        return True if search(pattern, "") is not None else None
    except re.error:
        return False


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=256)
def _form(pattern: str) -> _Form | None:
    """The form of a pattern whose cost is bounded by a power of the text's length; None for any other.

    Groups may not be repeated or nested deeply, and no references and no lookaround.
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
    # `regex` writes counted repetitions out, which takes memory before any time limit holds.
    if engine is None or _repetitions(pattern) > _MAX_REPETITIONS:
        return None
    try:
        found = engine.compile(pattern, engine.V0).search(text, timeout=_TIMEOUT)
    except engine.error as error:
        raise re.error(str(error)) from None
    except (TimeoutError, RecursionError, OverflowError, MemoryError, ValueError):
        return None
    return found is not None


def _repetitions(pattern: str) -> int:
    """The product of all counts of a pattern: how often its parts may be repeated where all are nested."""
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
def _engine() -> Any:
    try:
        return import_module("regex")
    except ImportError:
        return None
