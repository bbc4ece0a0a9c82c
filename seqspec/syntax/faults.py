"""What can be wrong with a text, by offsets."""

from __future__ import annotations

from typing import NamedTuple

CURLY = "\u201c\u201d\u201e\u2018\u2019"
"""Quotation marks that are not those of TOML and JSON."""


class SyntaxFault(NamedTuple):
    """A mistake in the text, by offsets; `related` are other stretches, each with a few words.

    `local` says that it has no consequences: the text after it is read as it would be without the mistake.
    """

    start: int
    end: int
    message: str
    label: str | None = None
    help: str | None = None
    rule: str = "syntax-error"
    related: tuple[tuple[int, int, str], ...] = ()
    local: bool = False


class EndOfParse(Exception):
    """Ends the parsing: at nesting that no document may have, or at more faults than anyone reads."""


class Faults(list[SyntaxFault]):
    """The faults of one text, up to a bound."""

    def append(self, fault: SyntaxFault) -> None:
        super().append(fault)
        if len(self) >= 200:
            raise EndOfParse

    def add(
        self,
        start: int,
        end: int,
        message: str,
        label: str | None = None,
        help: str | None = None,
        local: bool = False,
    ) -> None:
        """Appends a syntax error."""
        self.append(SyntaxFault(start, end, message, label, help, local=local))


def too_deep(start: int, limit: int) -> SyntaxFault:
    """The fault for a bracket or key that opens one level too many."""
    return SyntaxFault(
        start,
        start + 1,
        f"the file is nested deeper than {limit} levels",
        label=f"level {limit + 1}",
        rule="over-limit",
    )


def duplicate(start: int, end: int, what: str, first: tuple[int, int] | None) -> SyntaxFault:
    """The fault for a key or table that occurs twice."""
    related = ((*first, "first defined here"),) if first else ()
    return SyntaxFault(start, end, what, label="duplicate", rule="duplicate-key", related=related)


def long_number(start: int, end: int) -> SyntaxFault:
    """The fault for an integer with thousands of digits."""
    return SyntaxFault(start, end, f"integers must fit in 64 bits, got {end - start} digits", rule="over-limit")


def shown(text: str, limit: int = 40) -> str:
    """A stretch of the document as a message quotes it: one line, never long."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return text if len(text) < limit else text[: limit - 1] + "…"
