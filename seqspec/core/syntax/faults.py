"""Syntax errors by offsets."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.diagnostics.violation import Violation

MINIMAL_SPEC: dict[str, object] = {"seqspec": 1, "model": {"input": [...], "layers": [...]}}
"""The suggested content of an empty file."""

CURLY = "\u201c\u201d\u201e\u2018\u2019"
"""Typographic quotation marks, which are not valid in TOML and JSON."""


class SyntaxFault(NamedTuple):
    """A violation in the syntax of a text, by offsets.

    Attributes:
        start: The offset where it starts.
        end: The offset where it ends.
        violation: What is wrong; the document adds the location.
        related: Offsets of related places, each with a short text.
        local: Whether the rest of the text is parsed as without the mistake, so that it has no consequences.
    """

    start: int
    end: int
    violation: Violation
    related: tuple[tuple[int, int, str], ...] = ()
    local: bool = False

    @property
    def rule(self) -> str:
        """The name of its rule."""
        return self.violation.rule

    @property
    def message(self) -> str:
        """The violation of the fault."""
        return self.violation.message


def syntax_fault(
    start: int,
    end: int,
    message: str,
    *,
    rule: str = "syntax-error",
    label: str | None = None,
    help: str | None = None,
    related: tuple[tuple[int, int, str], ...] = (),
    local: bool = False,
) -> SyntaxFault:
    """A fault with a new violation."""
    return SyntaxFault(start, end, Violation(rule, message, label=label, help=help), related, local)


class EndOfParse(Exception):
    """Ends parsing when the text exceeds a limit, or after too many faults."""


class Faults(list[SyntaxFault]):
    """The faults of one text, up to a maximum number."""

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
        self.append(syntax_fault(start, end, message, label=label, help=help, local=local))


def too_deep(start: int, limit: int) -> SyntaxFault:
    """The fault for a bracket or key that opens one level too many."""
    return syntax_fault(
        start,
        start + 1,
        f"the file is nested deeper than {limit} levels",
        label=f"level {limit + 1}",
        rule="over-limit",
    )


def duplicate(
    start: int, end: int, message: str, first: tuple[int, int] | None, help: str | None = None
) -> SyntaxFault:
    """The fault for a key or table that occurs twice."""
    related = ((*first, "first defined here"),) if first else ()
    return syntax_fault(start, end, message, label="duplicate", help=help, rule="duplicate-key", related=related)


def long_number(start: int, end: int) -> SyntaxFault:
    """The fault for an integer with thousands of digits."""
    return syntax_fault(start, end, f"integers must fit in 64 bits, got {end - start} digits", rule="over-limit")


def excerpt(text: str, limit: int = 40) -> str:
    """A part of the document for a message, shortened and on one line."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return text if len(text) < limit else text[: limit - 1] + "…"
