"""Findings as an editor shows them: the same as those of `seqspec check`, by file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec

from seqspec.analysis.report import Report
from seqspec.config.config_layer import ConfigurationError
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.violation import Violation
from seqspec.lsp.text import Text

SOURCE = "seqspec"

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


def published(
    report: Report, found: Sequence[Diagnostic], file: str, own: Text | None, codec: PositionCodec
) -> dict[str, list[types.Diagnostic]]:
    """The findings of a document by the file that each is in; the document's own is always among them.

    Args:
        report: What the check found.
        found: What of it is to be reported.
        file: The document's file.
        own: The text of the document as an editor has it; None for a document that none has open.
        codec: What counts the units of the client.
    """
    out: dict[str, list[types.Diagnostic]] = {file: []}
    for diagnostic, lsp_diagnostic in to_lsp(report, found, file, own, codec):
        out.setdefault(diagnostic.file or file, []).append(lsp_diagnostic)
    return out


def to_lsp(
    report: Report, found: Sequence[Diagnostic], file: str, own: Text | None, codec: PositionCodec
) -> Iterator[tuple[Diagnostic, types.Diagnostic]]:
    """Yields each finding with its LSP diagnostic; see `published` for the arguments."""
    texts: dict[str | None, Text] = {}
    if found:
        texts = {other: Text(text, codec) for other, text in report.texts()}
    if own is not None:
        texts[file] = own
    nothing = Text("", codec)
    for diagnostic in found:
        yield diagnostic, _diagnostic(diagnostic, texts.get(diagnostic.file or file, nothing), texts, file)


def address(file: str) -> str:
    """The address of a file as clients name it; what is not a file, such as `untitled:1`, is an address already."""
    if "://" in file or file.startswith("untitled:"):
        return file
    return uris.from_fs_path(os.path.abspath(file)) or file


def _diagnostic(found: Diagnostic, text: Text, texts: Mapping[str | None, Text], file: str) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(address(other.file or file), texts[other.file or file].span(other.span)), other.message
        )
        for other in found.related
        if (other.file or file) in texts
    ]
    page = page_of(found.code, found.name)
    return types.Diagnostic(
        range=text.span(found.span),
        message=words(found),
        severity=_SEVERITIES[found.severity],
        code=found.code,
        code_description=types.CodeDescription(page) if page else None,
        source=SOURCE,
        related_information=related or None,
    )


def words(found: Diagnostic) -> str:
    """The message with what is beside the caret and below it."""
    lines = [found.message + (f": {found.label}" if found.label else "")]
    lines += found.notes
    if found.help:
        lines.append(f"help: {found.help}")
    return "\n".join(lines)


@cache
def page_of(code: str, name: str) -> str | None:
    """The address of the page of a rule, which is written for it beside other caches of the user; None if it cannot
    be.
    """
    from seqspec import __version__
    from seqspec.linter.explain import explanation
    from seqspec.syntax.atomic_write import replace_text

    found = explanation(code)
    if found is None:
        return None
    page = found.markdown().encode()
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    folder = os.path.join(home, "seqspec", "rules", __version__)
    file = os.path.join(folder, f"{name}.md")
    try:
        # In a checkout the pages of one version change.
        if _content(file) != page:
            os.makedirs(folder, exist_ok=True)
            replace_text(file, page.decode())
    except OSError:
        return None
    return address(file)


def _content(file: str) -> bytes | None:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def of_configuration(error: ConfigurationError, codec: PositionCodec) -> dict[str, list[types.Diagnostic]]:
    """What is wrong with a configuration, by its file."""
    out: dict[str, list[types.Diagnostic]] = {}
    for violation in error.violations:
        place = violation.location
        if place is None or place.document.file is None or place.document.text is None:
            continue
        text = Text(place.document.text, codec)
        out.setdefault(os.path.abspath(place.document.file), []).append(
            types.Diagnostic(
                range=text.span(place.span()),
                message=_told(violation),
                severity=types.DiagnosticSeverity.Error,
                code="bad-configuration",
                source=SOURCE,
            )
        )
    return out


def _told(violation: Violation) -> str:
    return violation.message + (f"\nhelp: {violation.help}" if violation.help else "")
