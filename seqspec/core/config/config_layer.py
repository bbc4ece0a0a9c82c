"""The keys of one configuration file or option, and the error for an invalid one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from seqspec.core.diagnostics.violation import Path, Violation
    from seqspec.core.syntax.document import Document


class ConfigurationError(Exception):
    """An invalid configuration; `violations` are the reasons with their locations."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(f"{len(violations)} problems")
        self.violations = list(violations)

    def files(self) -> list[str]:
        """The files with violations."""
        places = [violation.location for violation in self.violations]
        return [location.document.file for location in places if location is not None and location.document.file]


class ConfigLayer(NamedTuple):
    """The values of one configuration, with their locations.

    `option` marks an option of the command line: there, `select` replaces the `ignore` of the configuration, and
    `ignore` adds to it. `file` is the absolute path of the configuration.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    option: bool = False
    file: str | None = None


def format_location(document: Document, path: Path) -> str:
    """The location of a value of a configuration as `file:line:column`."""
    span = document.span(path, "key")
    return f"{document.file}:{span.line}:{span.column}" if span else str(document.file)
