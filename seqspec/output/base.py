"""What every renderer takes: checked documents one after another, and what is the same for all of them.

A renderer is a module of this package with one pure function, `render(documents, frame)`, that returns the pieces of
the
output. Nothing is kept longer than a format needs it, so that thousands of documents take no more memory than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.output.text import Lines, Paint, plain

if TYPE_CHECKING:
    from seqspec.diagnostics.code import Code
    from seqspec.diagnostics.diagnostic import Diagnostic

SEVERITIES = ("error", "warning", "info")


class CheckedDocument(NamedTuple):
    """A document and the findings that are to be reported.

    Attributes:
        file: The file as the user named it; None for a dict.
        diagnostics: The findings, in the order of the document.
        line: Returns a line of a file that took part.
        facts: The document as `--format json` reports it, without its findings.
        suppressed: Findings that the document suppresses.
        failing: Severities that fail the run.
        known: Findings that the baseline holds; they are not reported where a format cannot mark them.
    """

    file: str | None
    diagnostics: list[Diagnostic]
    line: Lines
    facts: Callable[[], dict[str, Any]]
    known: Sequence[Diagnostic] = ()
    suppressed: Sequence[Diagnostic] = ()
    failing: Sequence[str] = ("error",)


class Help(NamedTuple):
    """What a viewer shows of a rule.

    Attributes:
        text: Plain text.
        markdown: The same as Markdown.
        page: The address of its page; None where it has none.
    """

    text: str
    markdown: str
    page: str | None = None


def short_help(rule: Code) -> Help:
    """The least that can be said of a rule."""
    return Help(f"{rule.code} {rule.name}: {rule.summary}", f"**{rule.code}** `{rule.name}`\n\n{rule.summary}")


class RenderContext(NamedTuple):
    """What is the same for all documents of a run.

    Attributes:
        version: The version of seqspec.
        path: The path of a file relative to the top of its repository, with forward slashes and no `./`; an absolute
            path where it is outside.
        paint: Colours of the terminal.
        quiet: Whether findings are on their own, without a summary.
        baseline: Whether findings were compared with a baseline.
        help: Explains a rule.
    """

    version: str
    path: Callable[[str], str]
    paint: Paint = plain
    quiet: bool = False
    baseline: bool = False
    help: Callable[[Code], Help] = short_help


class Render(Protocol):
    """A renderer."""

    def __call__(self, documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
        """The pieces of the output."""
        ...


class RunSummary:
    """Counts of what was reported, for the last line."""

    def __init__(self) -> None:
        self.documents = 0
        self.known = 0
        self.suppressed = 0
        self.severities = dict.fromkeys(SEVERITIES, 0)
        self.fixable = self.fixable_unsafely = 0

    def add(self, document: CheckedDocument) -> None:
        """Counts a document."""
        self.documents += 1
        self.known += len(document.known)
        self.suppressed += len(document.suppressed)
        for diagnostic in document.diagnostics:
            self.severities[diagnostic.severity] += 1
            if diagnostic.fix is not None:
                self.fixable += diagnostic.fix.safe
                self.fixable_unsafely += not diagnostic.fix.safe

    def words(self) -> str:
        """`3 documents checked: 2 errors, 1 warning`."""
        documents = f"{self.documents:,} file{'' if self.documents == 1 else 's'} checked"
        counts = {"known": self.known, "suppressed": self.suppressed}
        besides = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return f"{documents}: {self.findings()}{f' ({besides})' if besides else ''}"

    def fixes(self) -> str:
        """`fixes: 2 with --fix, 1 with --fix --unsafe-fixes`; empty if there are none."""
        counts = {"--fix": self.fixable, "--fix --unsafe-fixes": self.fixable_unsafely}
        found = [f"{count:,} with {options}" for options, count in counts.items() if count]
        return f"fixes: {', '.join(found)}" if found else ""

    def findings(self) -> str:
        """`2 errors, 1 warning`, or `no findings`."""
        found = [
            f"{count:,} {severity}{'' if count == 1 or severity == 'info' else 's'}"
            for severity, count in self.severities.items()
            if count
        ]
        return ", ".join(found) or "no findings"
