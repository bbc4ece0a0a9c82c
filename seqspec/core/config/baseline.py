"""A baseline: findings that a project has accepted, so that only new ones fail a check.

An entry holds a rule, a file, a position that does not depend on lines, the text there, and a count. Findings that
prevent a check, such as syntax errors, are never recorded.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.config.patterns import relative
from seqspec.core.config.settings import ConfigurationError
from seqspec.core.diagnostics.codes import ESSENTIAL
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation
from seqspec.core.output.fingerprint import fingerprint, place
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.source import read_source

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic
    from seqspec.core.output.text import Lines

DEFAULT = "seqspec-baseline.json"
VERSION = 1
_LIMITS = Limits(bytes=1 << 28, values=10_000_000)
_KEYS = {"file": str, "code": str, "name": str, "place": str, "message": str, "fingerprint": str, "times": int}


class BaselineEntry(NamedTuple):
    """A recorded finding of one file, and its count."""

    file: str
    code: str
    name: str
    place: str
    message: str
    fingerprint: str
    times: int


class Baseline:
    """The recorded findings of a project; files are relative to the folder of the baseline."""

    def __init__(self, file: str, entries: Iterable[BaselineEntry] = ()) -> None:
        self.file = file
        self._folder = os.path.dirname(os.path.abspath(file))
        self._entries = {entry.fingerprint: entry for entry in entries}
        self._met: Counter[str] = Counter()
        self._checked: set[str] = set()

    def split(
        self, diagnostics: Iterable[Diagnostic], file: str | None, line: Lines, *, complete: bool = True
    ) -> tuple[list[Diagnostic], list[Diagnostic]]:
        """The findings of a document that are new, and those that are recorded."""
        new: list[Diagnostic] = []
        in_baseline: list[Diagnostic] = []
        if file is not None:
            self._checked.add(self._path(file))
        counts: Counter[str] = Counter()
        for diagnostic in diagnostics:
            if not can_be_recorded(diagnostic, complete):
                new.append(diagnostic)
                continue
            print_ = fingerprint(diagnostic, self._path(diagnostic.file or ""), line)
            counts[print_] += 1
            entry = self._entries.get(print_)
            (in_baseline if entry is not None and counts[print_] <= entry.times else new).append(diagnostic)
        self._meet(counts)
        return new, in_baseline

    def gone(self) -> int:
        """The number of recorded findings that the checked documents no longer have."""
        return sum(
            max(0, entry.times - self._met[entry.fingerprint])
            for entry in self._entries.values()
            if entry.file in self._checked
        )

    def add(self, diagnostics: Iterable[Diagnostic], file: str, line: Lines, *, complete: bool = True) -> int:
        """Records the findings of a document; returns the number of those that cannot be recorded."""
        self._checked.add(self._path(file))
        refused = 0
        counts: Counter[str] = Counter()
        for diagnostic in diagnostics:
            if not can_be_recorded(diagnostic, complete):
                refused += 1
                continue
            path = self._path(diagnostic.file or file)
            print_ = fingerprint(diagnostic, path, line)
            counts[print_] += 1
            if counts[print_] > self._met[print_]:
                self._entries[print_] = BaselineEntry(
                    path,
                    diagnostic.code,
                    diagnostic.name,
                    place(diagnostic),
                    diagnostic.message,
                    print_,
                    counts[print_],
                )
        self._meet(counts)
        return refused

    def renew(self) -> int:
        """Removes entries that the checked documents no longer have, and those of deleted files."""
        before = len(self._entries)
        self._entries = {
            print_: entry
            for print_, entry in self._entries.items()
            if self._met[print_]
            or (entry.file not in self._checked and os.path.isfile(os.path.join(self._folder, entry.file)))
        }
        return before - len(self._entries)

    def __len__(self) -> int:
        return sum(entry.times for entry in self._entries.values())

    def text(self) -> Iterator[str]:
        """The content of the baseline file: one line per entry, in a stable order."""
        yield f'{{\n  "version": {VERSION},\n  "findings": ['
        entries = sorted(self._entries.values())
        for number, entry in enumerate(entries):
            yield ("," if number else "") + "\n    " + json.dumps(entry._asdict(), ensure_ascii=False)
        yield "\n  ]\n}\n" if entries else "]\n}\n"

    def _meet(self, counts: Counter[str]) -> None:
        # A finding in a document that several others extend occurs in each of them, and counts once.
        self._met |= counts

    def _path(self, file: str) -> str:
        path = os.path.abspath(file)
        return relative(path, self._folder) or os.path.relpath(path, self._folder).replace(os.sep, "/")


def can_be_recorded(diagnostic: Diagnostic, complete: bool) -> bool:
    """Whether a baseline can hold a finding."""
    return complete and diagnostic.name not in ESSENTIAL


def read_baseline(file: str) -> Baseline:
    """Reads a baseline file.

    Raises:
        ConfigurationError: It is invalid. Its text is quoted if it has the name or the keys of a baseline: a
            configuration may name any file of the project.
    """
    document = read_source(relative(os.path.abspath(file), os.getcwd()) or file, _LIMITS)
    is_own = os.path.basename(os.path.realpath(file)) == DEFAULT or {"version", "findings"} <= document.tree.keys()
    if not is_own and document.text is not None:
        raise _error(Document({}, None, document.file), (), "this file is not a baseline")
    if document.violations:
        raise ConfigurationError([wrong.replace(rule="bad-configuration") for wrong in document.violations])
    if document.tree.get("version") != VERSION:
        wrong: Path = ("version",) if "version" in document.tree else ()
        raise _error(document, wrong, f"the baseline version must be {VERSION}")
    findings = document.tree.get("findings")
    if not isinstance(findings, list):
        raise _error(document, ("findings",), "findings must be a list of tables")
    return Baseline(file, [_entry(document, number, entry) for number, entry in enumerate(findings)])


def _entry(document: Document, number: int, entry: object) -> BaselineEntry:
    path: Path = ("findings", number)
    if not isinstance(entry, Mapping):
        raise _error(document, path, "a finding must be a table")
    for key, kind in _KEYS.items():
        if key not in entry:
            raise _error(document, path, f"missing key {key} in a finding")
        if type(entry[key]) is not kind:
            expected = "a string" if kind is str else "an integer"
            raise _error(document, (*path, key), f"{key} must be {expected}")
    return BaselineEntry(**{key: entry[key] for key in _KEYS})


def _error(document: Document, path: Path, message: str) -> ConfigurationError:
    help = f"regenerate it: seqspec baseline --baseline {document.file}"
    location = SourceLocation(document, path)
    return ConfigurationError([Violation("bad-configuration", message, help=help, location=location)])
