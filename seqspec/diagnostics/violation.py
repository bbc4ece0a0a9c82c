"""An error while it is being reported: what the packages that read a spec raise and collect.

A `Violation` knows nothing about files, lines or codes. It names its rule and has a path in the *expanded* spec; the
report
converts it to a `Diagnostic` at the location where the value is written.
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


_COMPLETE = ("unknown-name", "bad-configuration")
"""Rules whose messages are complete without a subject."""


class Violation(ValueError):
    """One error, as raised or collected while a spec is read; it becomes a `Diagnostic` in the report.

    Args:
        rule: The kebab-case name of the rule, a key of `diagnostics.codes.CODES`.
        message: What was expected and what was found.
        path: The path of the value, relative to what is being read; callers prepend their own keys with `prefixed`.
        anchor: `"value"`, `"key"` or `"layer"`: what the caret marks.
        string_range: Start and end offset within a string value, if only a part of it is wrong.
        label: A short text next to the caret.
        notes: Lines below the excerpt, such as the input shape.
        help: The suggested change.
        related: Related locations, each with a short text.
        recovered_value: The value that was most likely meant; reading continues with it, so that one error hides no
        other.
        location: The location in the source, for an error outside the expanded tree; `path` is then unused.
        severity: Overrides the severity of the rule.
        fix: Changes that fix it; their paths are those of the expanded spec, or of the source if `location` is given.
        suggestion: The word that most likely was meant instead of the marked one; it becomes a fix.
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
        # Pydantic makes UTF-8 of what an error says, which half of a surrogate pair is not.
        super().__init__(message.encode("utf-8", "replace").decode())
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
        """Prepends keys to the path; returns the violation itself."""
        self.path = keys + self.path
        self.related = tuple(
            (location if hasattr(location, "document") else (*keys, *location), words)
            for location, words in self.related
        )
        return self


class Violations(ValueError):
    """Several errors in one value; `recovered_value` is the value to continue with, if any."""

    def __init__(self, items: Sequence[Violation], recovered_value: Any = UNSET) -> None:
        super().__init__("; ".join(f"{pointer(item.path)}: {item}" if item.path else str(item) for item in items[:10]))
        self.items = list(items)
        self.recovered_value = recovered_value
