"""`seqspec check --fix` and `--diff`: applies fixes to documents and reports them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from seqspec.cli.rewrite import difference, replace_file
from seqspec.core.analysis.report import Report
from seqspec.core.check.fix import apply_fixes, can_be_fixed
from seqspec.core.diagnostics.message import counted
from seqspec.core.frontends.registry import parse
from seqspec.core.output.text import concise, visible
from seqspec.core.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic
    from seqspec.core.syntax.limits import Limits

_MARK = b"\xef\xbb\xbf"


class FixRun:
    """The fixes of one run.

    Args:
        unsafe: Whether unsafe fixes are applied too.
        dry: Whether a diff is printed instead of writing files.

    Attributes:
        failed: Whether a document could not be written.
        documents: The number of documents that were changed, or would be.
        dry: Whether a diff is printed instead of writing files.
    """

    def __init__(self, unsafe: bool, dry: bool) -> None:
        self.failed = False
        self.documents = 0
        self.dry = dry
        self._unsafe = unsafe
        self._fixed = 0
        self._any_readable = False
        self._left = 0
        self._unsafe_left = 0

    def __call__(
        self,
        report: Report,
        data: bytes | None,
        limits: Limits,
        check: Callable[[Document], Report],
        choose: Callable[[Report], Iterable[Diagnostic]],
    ) -> Report:
        """Fixes a document and returns its new report. The text is written to its file, or printed for standard input.

        `data` is the content of standard input; None for a file.
        """
        file = report.file
        standard = data is not None
        new = data or b""
        if file is not None and any(
            diagnostic.fix is not None for diagnostic in (*report.diagnostics, *report.on_request)
        ):
            if data is None:
                try:
                    with open(file, "rb") as stream:
                        data = stream.read()
                except OSError as error:
                    return self._failed(report, f"{file}: the file cannot be read: {error.strerror or error}")
            document = parse(data, file, limits)
            fix_result = apply_fixes(document, check, choose, unsafe=self._unsafe, limits=limits)
            for diagnostic in fix_result.refused:
                self._report_refused(diagnostic)
            if fix_result.fixed:
                text = fix_result.document.text or ""
                new = (_MARK if data.startswith(_MARK) else b"") + text.encode("utf-8")
                if self._put(file, document.text or "", text, data, new, standard):
                    self._fixed += len(fix_result.fixed)
                    self.documents += 1
                    report = fix_result.report
        if standard and not self.dry:
            click.echo(new, nl=False)
        return report

    def _put(self, file: str, old: str, text: str, data: bytes, new: bytes, standard: bool) -> bool:
        if self.dry:
            click.echo(difference(old, text, visible(file)), nl=False)
            return True
        if standard or replace_file(file, new.decode("utf-8"), data):
            return True
        self.failed = True
        return False

    def _failed(self, report: Report, message: str) -> Report:
        click.echo(visible(message), err=True)
        self.failed = True
        return report

    def count(self, left: Iterable[Diagnostic], report: Report) -> None:
        """Counts the findings that remain in a document."""
        readable = report.document is not None and report.document.text is not None
        self._any_readable |= readable
        if self.dry and not readable:
            left = list(left)
            for diagnostic in left:
                self._failed(report, concise(diagnostic))
        for diagnostic in left:
            self._left += 1
            if report.document is not None and can_be_fixed(diagnostic, report.document, True) and not self._unsafe:
                self._unsafe_left += diagnostic.fix is not None and not diagnostic.fix.safe

    def _report_refused(self, diagnostic: Diagnostic) -> None:
        line = f":{diagnostic.span.line}" if diagnostic.span is not None else ""
        message = f"the fix for {diagnostic.code} {diagnostic.name} would cause new errors and was not applied"
        click.echo(f"{visible(diagnostic.file or '')}{line}: {message}", err=True)

    def summary_line(self) -> str:
        """`Fixed 3 findings (2 left; 1 with --unsafe-fixes)`; empty where no file could be read."""
        if not self._any_readable:
            return ""
        left = f"{self._left:,} left"
        if self._unsafe_left:
            left += f"; {self._unsafe_left:,} with --unsafe-fixes"
        if self.dry:
            files = counted(self.documents, "file")
            return f"Would fix {counted(self._fixed, 'finding')} in {files} ({left})"
        return f"Fixed {counted(self._fixed, 'finding')} ({left})"
