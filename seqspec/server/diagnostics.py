"""Findings as an editor shows them: the same as those of `seqspec check`, by file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec

from seqspec.analysis.report import Report
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.problem import Problem
from seqspec.project.baseline import read_baseline
from seqspec.project.configuration import ConfigurationError
from seqspec.project.rules import choose
from seqspec.project.settings import Settings
from seqspec.server.snapshot import Snapshot
from seqspec.server.text import Text

SOURCE = "seqspec"

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


def chosen(snapshot: Snapshot, settings: Settings) -> list[Diagnostic]:
    """The findings of a document that are to be told: what the configuration and the baseline leave of them."""
    return chosen_of(snapshot.examination.report, settings)


def chosen_of(report: Report, settings: Settings) -> list[Diagnostic]:
    """The same for a report."""
    found = choose(report.diagnostics, settings, whole=report.whole)
    if settings.baseline is not None and found:
        found, _ = read_baseline(settings.baseline).split(found, report.file, report.line, whole=report.whole)
    return found


def published(snapshot: Snapshot, found: list[Diagnostic], codec: PositionCodec) -> dict[str, list[types.Diagnostic]]:
    """The findings by the address of the file that each stands in; the document's own is always among them."""
    out: dict[str, list[types.Diagnostic]] = {address(snapshot.file): []}
    report, own = snapshot.examination.report, Text(snapshot.text, codec)
    for diagnostic, told in as_told(report, found, snapshot.file, own, codec):
        out.setdefault(address(diagnostic.file or snapshot.file), []).append(told)
    return out


def as_told(
    report: Report, found: Iterable[Diagnostic], file: str, own: Text, codec: PositionCodec
) -> Iterator[tuple[Diagnostic, types.Diagnostic]]:
    """Each finding of a document with the form in which a client is told it.

    Args:
        report: What the check found.
        found: The findings.
        file: The document's file.
        own: The text of the document as the client has it.
        codec: What counts the units of the client.
    """
    texts = {other: Text(text, codec) for other, text in report.texts()}
    texts[file] = own
    for diagnostic in found:
        yield diagnostic, _diagnostic(diagnostic, texts.get(diagnostic.file or file, own), texts, file)


def address(file: str) -> str:
    """The address of a file as clients name it."""
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
    """The message with what stands beside the caret and below it."""
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
    from seqspec.rules.explain import explanation

    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    folder = os.path.join(home, "seqspec", "rules", __version__)
    file = os.path.join(folder, f"{name}.md")
    try:
        if not os.path.exists(file):
            found = explanation(code)
            if found is None:
                return None
            os.makedirs(folder, exist_ok=True)
            from seqspec.documents.replace import replace_text

            replace_text(file, found.markdown())
    except OSError:
        return None
    return address(file)


def of_configuration(error: ConfigurationError, codec: PositionCodec) -> dict[str, list[types.Diagnostic]]:
    """What is wrong with a configuration, by the address of its file."""
    out: dict[str, list[types.Diagnostic]] = {}
    for problem in error.problems:
        place = problem.at
        if place is None or place.document.file is None or place.document.text is None:
            continue
        text = Text(place.document.text, codec)
        out.setdefault(address(place.document.file), []).append(
            types.Diagnostic(
                range=text.span(place.span()),
                message=_told(problem),
                severity=types.DiagnosticSeverity.Error,
                code="bad-configuration",
                source=SOURCE,
            )
        )
    return out


def _told(problem: Problem) -> str:
    return problem.message + (f"\nhelp: {problem.help}" if problem.help else "")


def policy_of(settings: Settings) -> tuple[Mapping[str, Any] | None, str | None]:
    """The house's own rules; or, where they cannot be read, why."""
    if settings.policy is None:
        return None, None
    from seqspec.project.policy import PolicyError, read_policy

    try:
        return read_policy(settings.policy), None
    except PolicyError as error:
        return None, f"policy {settings.policy}: {error}"
