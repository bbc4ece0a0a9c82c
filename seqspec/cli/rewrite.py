"""What the commands share that rewrite documents: reading one whole, and putting its new text in its place."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from seqspec.cli.options import painter
from seqspec.config.discovery import Found
from seqspec.diagnostics.violation import Violation
from seqspec.syntax.atomic_write import ChangedMeanwhile, has_other_links, replace_text
from seqspec.syntax.document import Document
from seqspec.syntax.limits import LIMITS
from seqspec.syntax.source import parse_text, read_source

NEW_LINES = "\r\n"


class Original:
    """A document as it is in its file: the bytes that were read, and how its lines end."""

    def __init__(self, document: Document, data: bytes) -> None:
        self.document = document
        self.data = data

    @property
    def name(self) -> str:
        """The name that messages return it."""
        from seqspec.output.text import visible

        return visible(self.document.file or "-")

    def in_its_lines(self, text: str) -> str:
        """A text with the line ends that the document has."""
        own = self.document.text or ""
        first = own.find("\n")
        return text.replace("\n", NEW_LINES) if first > 0 and own[first - 1] == "\r" else text


def read_original(file: str, stdin_filename: str | None = None) -> Original | None:
    """The document of a file, or of standard input for `-`; one that cannot be read whole is reported, and None
    given.
    """
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


def put(file: str, text: str, expected: bytes | None = None) -> bool:
    """Writes a file whole; where that fails, says why, and what was there stays."""
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


def named(paths: tuple[str, ...]) -> Found:
    """The documents that files, folders and patterns name, found as check finds them; ends with 2 at a wrong word."""
    from seqspec.cli.output import tell
    from seqspec.cli.path_options import find
    from seqspec.config.configuration import Configurations

    found = find(paths, Configurations())
    for folder in found.empty:
        tell(f"no specs found in {folder}")
    return found


def for_each(found: Found, work: Callable[[str], bool]) -> bool:
    """Does the work for every file, even where one fails; whether all went well."""
    well = True
    for file in found.files:
        well = work(file) and well
    for name, why, _ in found.unreadable:
        _complain(name, why)
    return well and not found.unreadable


def difference(old: str, new: str, name: str) -> str:
    """A unified diff; lines that differ only in how they end are distinguished."""
    from difflib import unified_diff

    from seqspec.output.text import visible

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
    """Prints what is wrong with a document that cannot be worked on."""
    from seqspec.analysis.report import Report
    from seqspec.analysis.resolve import resolve_diagnostics
    from seqspec.language.expand import Expansion
    from seqspec.output.text import full

    expansion = Expansion(document, {}, violations, usable=False)
    report = Report(resolve_diagnostics(violations, expansion), [], document)
    paint = painter(sys.stderr)
    for diagnostic in report.diagnostics:
        click.echo(full(diagnostic, report.line, paint) + "\n", err=True)


def _complain(file: str, message: str) -> None:
    from seqspec.output.text import visible

    click.echo(f"{visible(file)}: {message}", err=True)
