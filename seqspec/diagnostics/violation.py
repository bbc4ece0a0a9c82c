"""A finding while it is being made: what the packages that read a document raise and collect.

A `Violation` knows nothing of files, lines or codes. It names its rule and is at a path of the *expanded* document;
the report turns it into a `Diagnostic` at the place where the author wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqspec.diagnostics.path import Path as Path
from seqspec.diagnostics.path import pointer as pointer

if TYPE_CHECKING:
    from seqspec.diagnostics.snippet import Help
    from seqspec.diagnostics.source_location import SourceLocation
    from seqspec.diagnostics.tree_fix import TreeFix


class _Nothing:
    def __reduce__(self) -> str:
        return "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Nothing()
"""Stands for "no value at all" where None is a value."""


_COMPLETE = ("unknown-name",)
"""Rules whose messages are complete without a subject."""


class Violation(ValueError):
    """One mistake, with the words for it.

    Args:
        rule: The kebab-case name of the rule, a key of `diagnostics.codes.CODES`.
        message: What is wrong, in the author's words, both numbers in it.
        path: Where it is, from the place that is being read; callers prepend their own keys with `within`.
        on: `"value"` or `"key"`: which of the two the caret marks.
        inside: Start and end offsets within a string value, where only a part of it is wrong.
        label: A few words beside the caret.
        notes: Lines under the excerpt, such as the input.
        help: What to write instead.
        related: Other places that take part, each with a few words.
        assume: The value that was surely meant; reading goes on with it, so that one mistake hides no other.
        at: Where it is as written, for a mistake outside the expanded tree; `path` is not used then.
        severity: Where it is not the rule's own.
        fix: How it can be fixed; its paths are of the whole expanded document, whatever `path` is seen from, or of
            the document as written where `at` is given.
        meant: The word that was surely meant in place of the one that the caret marks, which makes a fix of its own.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        *,
        path: Path = (),
        anchor: str = "value",
        string_range: tuple[int, int] | None = None,
        label: str | None = None,
        notes: Sequence[str] = (),
        help: str | Help | None = None,
        related: Sequence[tuple[Path | SourceLocation, str]] = (),
        recovered_value: Any = UNSET,
        location: SourceLocation | None = None,
        severity: str | None = None,
        fix: TreeFix | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.path = path
        self.anchor = anchor
        self.string_range = string_range
        self.label = label
        self.notes = tuple(notes)
        self.help = help
        self.related = tuple(related)
        self.recovered_value = recovered_value
        self.location = location
        self.severity = severity
        self.fix = fix
        self.suggestion = suggestion
        self.is_element = False

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rule, self.message), self.__dict__

    def with_subject(self, subject: str) -> Violation:
        """Puts the subject, such as an argument's name, before a message that has none; returns the violation itself.

        Messages about unknown names, such as `unknown activation "rellu"`, need no subject.
        """
        if self.rule not in _COMPLETE:
            self.message = f"{subject}{'' if self.is_element else ' '}{self.message}"
        self.is_element = False
        return self

    def prefixed(self, *keys: str | int) -> Violation:
        """The same problem seen from further out."""
        self.path = keys + self.path
        self.related = tuple(
            (location if hasattr(location, "document") else (*keys, *location), words)
            for location, words in self.related
        )
        return self


class Violations(ValueError):
    """Several mistakes in one value. `assume` is what reading goes on with, if anything."""

    def __init__(self, items: Sequence[Violation], recovered_value: Any = UNSET) -> None:
        super().__init__(f"{len(items)} problems")
        self.items = list(items)
        self.recovered_value = recovered_value
