"""The output formats of `seqspec check`, and their input: checked documents, and the context that they share.

A renderer is a module of this package with one pure function, `render(documents, context)`, that yields the pieces of
the output. Documents are not kept longer than a format needs them, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from seqspec.core.diagnostics.coverage import totals
from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.diagnostics.message import counted
from seqspec.core.output.text import Lines, Paint, plain, visible

if TYPE_CHECKING:
    from seqspec.core.diagnostics.codes import Code
    from seqspec.core.diagnostics.coverage import Coverage
    from seqspec.core.diagnostics.diagnostic import Diagnostic


class CheckedDocument(NamedTuple):
    """A document and its reported findings.

    Attributes:
        file: The file as the user named it; None for a dict.
        diagnostics: The findings, in document order.
        line: Returns a line of a file involved in the check.
        facts: The document as `--format json` reports it, without its findings.
        suppressed: Findings that the document suppresses.
        failing: Severities that fail the run.
        known: Findings in the baseline; formats that cannot mark them omit them.
        coverage: What was checked of a source that can have several models; None for a spec.
    """

    file: str | None
    diagnostics: list[Diagnostic]
    line: Lines
    facts: Callable[[], dict[str, object]]
    known: Sequence[Diagnostic] = ()
    suppressed: Sequence[Diagnostic] = ()
    failing: Sequence[str] = ("error",)
    coverage: Coverage | None = None

    def coverage_line(self) -> str | None:
        """What was not checked, on one line; None if everything was checked."""
        line = self.unchecked()
        return None if line is None else f"{visible(self.file or 'document')}: {visible(line)}"

    def unchecked(self) -> str | None:
        """The same without the file."""
        # A finding says why a file without a readable model was not checked.
        if self.coverage is None or (self.diagnostics and not self.coverage.models):
            return None
        return self.coverage.line()


class RuleHelp(NamedTuple):
    """The documentation of a rule for viewers.

    Attributes:
        text: Plain text.
        markdown: Markdown.
        page: The URL of its page; None if there is none.
    """

    text: str
    markdown: str
    page: str | None = None


def minimal_help(rule: Code) -> RuleHelp:
    """The minimal documentation of a rule."""
    return RuleHelp(f"{rule.code} {rule.name}: {rule.summary}", f"**{rule.code}** `{rule.name}`\n\n{rule.summary}")


class RenderContext(NamedTuple):
    """The context that all documents of a run share.

    Attributes:
        version: The version of seqspec.
        path: Returns the path of a file relative to the top of its repository, with forward slashes and no `./`; an
            absolute path for a file outside.
        paint: Colors a text for the terminal.
        quiet: Whether the summary is omitted.
        baseline: Whether findings were compared with a baseline.
        help: Explains a rule.
    """

    version: str
    path: Callable[[str], str]
    paint: Paint = plain
    quiet: bool = False
    baseline: bool = False
    help: Callable[[Code], RuleHelp] = minimal_help


class Render(Protocol):
    """A renderer."""

    def __call__(self, documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
        """The pieces of the output."""
        ...


class RunSummary:
    """Counts of reported findings, for the last line."""

    def __init__(self) -> None:
        self.documents = self.not_checked = self.models = self.full = 0
        self.is_complete = True
        self.known = 0
        self.suppressed = 0
        self.severities = dict.fromkeys(SEVERITIES, 0)
        self.fixable = self.fixable_unsafely = 0

    def add(self, document: CheckedDocument) -> None:
        """Counts a document."""
        coverage = document.coverage
        if coverage is None or coverage.is_checked or document.diagnostics:
            self.documents += 1
        else:
            self.not_checked += 1
        if coverage is not None:
            counts = totals([coverage])
            self.models += counts["models"]
            self.full += counts["full"]
            self.is_complete = self.is_complete and coverage.is_complete
        self.known += len(document.known)
        self.suppressed += len(document.suppressed)
        for diagnostic in document.diagnostics:
            self.severities[diagnostic.severity] += 1
            if diagnostic.fix is not None:
                self.fixable += diagnostic.fix.safe
                self.fixable_unsafely += not diagnostic.fix.safe

    def summary_line(self) -> str:
        """`3 documents checked: 2 errors, 1 warning`."""
        documents = f"{counted(self.documents, 'file')} checked"
        if self.not_checked:
            documents += f", {self.not_checked:,} not checked"
        counts = {"known": self.known, "suppressed": self.suppressed}
        besides = [f"{count:,} {noun}" for noun, count in counts.items() if count]
        if self.full < self.models:
            besides.insert(0, f"{self.full:,} of {counted(self.models, 'model')} checked completely")
        if not self.documents and self.not_checked and not any(self.severities.values()):
            return documents
        more = f" ({', '.join(besides)})" if besides else ""
        return f"{documents}: {self.findings_line()}{more}"

    def fixes_line(self) -> str:
        """`fixes: 2 with --fix, 1 with --fix --unsafe-fixes`; empty if there are none."""
        counts = {"--fix": self.fixable, "--fix --unsafe-fixes": self.fixable_unsafely}
        fixes = [f"{count:,} with {options}" for options, count in counts.items() if count]
        return f"fixes: {', '.join(fixes)}" if fixes else ""

    def findings_line(self) -> str:
        """`2 errors, 1 warning`, or `no findings`; `in what was checked` is added unless that is everything."""
        counts = [
            f"{count:,} {severity}{'' if count == 1 or severity == 'info' else 's'}"
            for severity, count in self.severities.items()
            if count
        ]
        return ", ".join(counts) or ("no findings" if self.is_complete else "no findings in what was checked")


FORMATS = {
    "text": "findings.render",
    "concise": "findings.render_concise",
    "json": "json.render",
    "jsonl": "jsonl.render",
    "sarif": "sarif.render",
    "github": "github.render",
    "gitlab": "gitlab.render",
    "rdjsonl": "rdjsonl.render",
    "junit": "junit.render",
    "markdown": "markdown.render",
}
"""Module and function of each format, imported on first use."""

STATISTICS = {
    "text": "findings.render_statistics",
    "concise": "findings.render_statistics",
    "json": "json.render_statistics",
}
"""The same for `--statistics`."""


def renderer(format: str, statistics: bool = False) -> Render:
    """The function that renders findings, or counts per rule, in a format."""
    module, _, function = (STATISTICS if statistics else FORMATS)[format].partition(".")
    render: Render = getattr(import_module(f"seqspec.core.output.{module}"), function)
    return render
