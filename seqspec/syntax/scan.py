"""What a scanner of one format finds: where each value stands, and what is wrong with the text."""

from __future__ import annotations

from typing import NamedTuple

Path = tuple[str | int, ...]
Places = dict[Path, tuple[int, int, int, int]]
"""Path → offsets of the value's start and end, then of its key's start and end (-1 where it has no key)."""

Passed = dict[Path, list[tuple[int, int]]]
"""Path of a table → offsets of its key wherever a dotted key or a header of TOML goes through it."""


class SyntaxFault(NamedTuple):
    """A mistake in the text, by offsets; `related` are other stretches, each with a few words."""

    start: int
    end: int
    message: str
    label: str | None = None
    help: str | None = None
    rule: str = "syntax-error"
    related: tuple[tuple[int, int, str], ...] = ()


class ScanResult(NamedTuple):
    """The places of a text and its faults, in the order in which they were met.

    `passed` are the keys of tables that longer keys and headers go through, each time.
    """

    places: Places
    faults: list[SyntaxFault]
    passed: Passed

    def first(self) -> SyntaxFault | None:
        """The fault that was met first; what follows it is often only its consequence."""
        return self.faults[0] if self.faults else None


class EndOfScan(Exception):
    """Ends a scan: at nesting that no document may have, or at more faults than anyone reads."""


class Faults(list[SyntaxFault]):
    """The faults of one text, up to a bound."""

    def append(self, fault: SyntaxFault) -> None:
        super().append(fault)
        if len(self) >= 200:
            raise EndOfScan


def too_deep(start: int, limit: int) -> SyntaxFault:
    """The fault for a bracket or key that opens one level too many."""
    return SyntaxFault(
        start,
        start + 1,
        f"the document is nested deeper than {limit} levels",
        label=f"level {limit + 1}",
        rule="over-limit",
    )


def duplicate(start: int, end: int, what: str, first: tuple[int, int] | None) -> SyntaxFault:
    """The fault for a key or table that stands twice."""
    related = ((*first, "first given here"),) if first else ()
    return SyntaxFault(start, end, what, label="given again", rule="duplicate-key", related=related)


def long_number(start: int, end: int) -> SyntaxFault:
    """The fault for a whole number with thousands of digits."""
    return SyntaxFault(start, end, f"a whole number of {end - start} digits", rule="over-limit")


def shown(text: str, limit: int = 40) -> str:
    """A stretch of the document as a message quotes it: one line, never long."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return text if len(text) < limit else text[: limit - 1] + "…"
