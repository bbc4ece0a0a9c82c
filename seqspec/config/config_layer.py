"""The keys of one configuration file or option, and the error for one that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from seqspec.diagnostics.violation import Path, Violation
    from seqspec.syntax.document import Document


class ConfigurationError(Exception):
    """A configuration that cannot be used; `violations` are the reasons, each with its location."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(f"{len(violations)} problems")
        self.violations = list(violations)

    def files(self) -> list[str]:
        """The files that it is about."""
        places = [violation.location for violation in self.violations]
        return [place.document.file for place in places if place is not None and place.document.file]


class ConfigLayer(NamedTuple):
    """The keys of one configuration, read, with the places where they were written.

    `option` marks an option of the command line: there `select` stands for itself, without what the configuration
    ignores, and `ignore` adds to it. `file` is the configuration that it was read from, absolute.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    option: bool = False
    file: str | None = None


def place_words(document: Document, path: Path) -> str:
    """Where a value of a configuration is: `file:line:column`."""
    span = document.span(path, "key")
    return f"{document.file}:{span.line}:{span.column}" if span else str(document.file)
