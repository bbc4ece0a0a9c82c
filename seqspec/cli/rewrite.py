"""Shared by the commands that rewrite documents: reading a document and replacing its file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import click

from seqspec.cli.options import echo_findings
from seqspec.core.config.discovery import DiscoveredFiles
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.syntax.atomic_write import ChangedMeanwhile, has_other_links, replace_text
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS
from seqspec.core.syntax.source import parse_text, read_source

NEW_LINES = "\r\n"


class Original(NamedTuple):
    """A document as read from its file, with its bytes."""

    document: Document
    data: bytes

    @property
    def name(self) -> str:
        """The name of the document in messages."""
        from seqspec.core.output.text import visible

        return visible(self.document.file or "-")

    def in_its_lines(self, text: str) -> str:
        """The text with the line endings of the document."""
        own_text = self.document.text or ""
        first = own_text.find("\n")
        return text.replace("\n", NEW_LINES) if first > 0 and own_text[first - 1] == "\r" else text


def read_original(file: str, stdin_filename: str | None = None) -> Original | None:
    """The document of a file, or of standard input for `-`; None, after a report, if it cannot be read."""
    if file == "-":
        data = sys.stdin.buffer.read(LIMITS.bytes + 1)
        try:
            document = parse_text(data.decode("utf-8"), stdin_filename or "-")
        except UnicodeDecodeError:
            _complain(stdin_filename or "standard input", "the text is not UTF-8; aborted")
            return None
    else:
        document, data = read_source(file), b""
    if document.violations or not document.readable:
        print_problems(document, document.violations)
        return None
    if "seqspec" not in document.tree:
        _complain(file, "not a seqspec file (no key seqspec); skipped")
        return None
    if file != "-":
        try:
            with open(file, "rb") as stream:
                data = stream.read()
        except OSError as error:
            _complain(file, f"the file cannot be read: {error.strerror}")
            return None
        if data.removeprefix(b"\xef\xbb\xbf") != (document.text or "").encode("utf-8"):
            _complain(file, "the file changed while it was being read; skipped")
            return None
    return Original(document, data)


def replace_file(file: str, text: str, expected: bytes | None = None) -> bool:
    """Replaces a file atomically; on failure the reason is reported and the file is unchanged."""
    linked = has_other_links(file)
    try:
        replace_text(file, text, expected)
    except ChangedMeanwhile:
        _complain(file, "the file changed while it was being processed; skipped")
        return False
    except OSError as error:
        _complain(file, f"the file cannot be written: {error.strerror or error}")
        return False
    if linked:
        _complain(file, "the file had hard links; they keep the old text")
    return True


def find_documents(paths: tuple[str, ...]) -> DiscoveredFiles:
    """The documents that paths and patterns refer to, as for `check`; exits with status 2 for an invalid path."""
    from seqspec.cli.options import find
    from seqspec.cli.output import echo_note
    from seqspec.core.config.configuration import Configurations

    discovered = find(paths, Configurations())
    for folder in discovered.empty:
        echo_note(f"no specs found in {folder}")
    return discovered


def for_each(discovered: DiscoveredFiles, work: Callable[[str], bool]) -> bool:
    """Calls `work` for every file, even after a failure; returns whether all succeeded."""
    well = True
    for file in discovered.files:
        well = work(file) and well
    for name, why, _ in discovered.unreadable:
        _complain(name, why)
    return well and not discovered.unreadable


def difference(old: str, new: str, name: str) -> str:
    """A unified diff; differences in line endings are shown."""
    from difflib import unified_diff

    from seqspec.core.output.text import visible

    def lines(text: str) -> list[str]:
        return text.replace("\r\n", "\u240d\n").splitlines(keepends=True) if NEW_LINES in old + new else _lines(text)

    out = []
    for line in unified_diff(lines(old), lines(new), name, name):
        out.append(visible(line.rstrip("\n")) + "\n")
        if not line.endswith("\n"):
            out.append("\\ No newline at end of file\n")
    return "".join(out)


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")[:-1]] + ([text.rpartition("\n")[2]] if text[-1:] != "\n" else [])


def print_problems(document: Document, violations: list[Violation]) -> None:
    """Prints the violations of a document that cannot be processed."""
    from seqspec.core.analysis.report import Report
    from seqspec.core.analysis.resolve import resolve_diagnostics
    from seqspec.core.language.expansion import Expansion

    expansion = Expansion(document, {}, violations, usable=False)
    report = Report(resolve_diagnostics(violations, expansion), [], document)
    echo_findings(report.diagnostics, report.line)


def _complain(file: str, message: str) -> None:
    from seqspec.core.output.text import visible

    click.echo(f"{visible(file)}: {message}", err=True)
