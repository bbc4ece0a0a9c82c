"""`junit`: one test suite per document and one test case per finding, for CI systems that show test results.

The output is valid for the strictest reader: junit-10, the schema of Jenkins's xUnit plugin, which has no `file` and
`line` of a test case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from seqspec.core.output.base import CheckedDocument, RenderContext
from seqspec.core.output.text import full, visible

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """One XML document; a document without findings is one passing test."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="seqspec">\n'
    for document in documents:
        yield _suite(document, context)
    yield "</testsuites>\n"


def _suite(document: CheckedDocument, context: RenderContext) -> str:
    path = context.path(document.file) if document.file is not None else "document"
    cases = [_case(diagnostic, path, document, context) for diagnostic in document.diagnostics]
    skipped = _skipped(document, path)
    failures = sum(diagnostic.severity in document.failing for diagnostic in document.diagnostics)
    if not cases and (document.coverage is None or document.coverage.is_complete):
        cases = [f'    <testcase name={_attribute("check")} classname={_attribute(path)} time="0"/>\n']
    cases += skipped
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{len(skipped)}" time="0"'
    return f"  <testsuite name={_attribute(path)} file={_attribute(path)} {counts}>\n{''.join(cases)}  </testsuite>\n"


def _skipped(document: CheckedDocument, path: str) -> list[str]:
    """A skipped test for every model that was not checked completely, and for the rest of the file."""
    coverage = document.coverage
    if coverage is None:
        return []
    return [
        f"    <testcase name={_attribute(f'line {line}' if line is not None else 'check')} "
        f'classname={_attribute(path)} time="0">\n'
        f"      <skipped message={_attribute(text)}/>\n    </testcase>\n"
        for text, line, _ in coverage.gaps()
    ]


def _case(diagnostic: Diagnostic, path: str, document: CheckedDocument, context: RenderContext) -> str:
    file = context.path(diagnostic.file) if diagnostic.file is not None else path
    other = f"{file}:" if file != path else ""
    where = f" at {other}{diagnostic.span.line}:{diagnostic.span.column}" if diagnostic.span else ""
    name = _attribute(f"{diagnostic.code} {diagnostic.name}{where}")
    text = "\n".join(visible(line) for line in full(diagnostic, document.line).split("\n"))
    head = f"message={_attribute(diagnostic.message)} type={_attribute(diagnostic.severity)}"
    if diagnostic.severity not in document.failing:
        # A finding that does not fail the run is a passing test with the message in its name.
        name = _attribute(f"{diagnostic.code} {diagnostic.name}{where}: {diagnostic.message}")
        return f'    <testcase name={name} classname={_attribute(path)} time="0"/>\n'
    failure = f"<failure {head}>{_text(text)}</failure>"
    return f'    <testcase name={name} classname={_attribute(path)} time="0">\n      {failure}\n    </testcase>\n'


def _attribute(text: str) -> str:
    return _ascii(quoteattr(visible(text)))


def _text(text: str) -> str:
    return _ascii(escape(text))


def _ascii(text: str) -> str:
    """The text with character references for non-ASCII characters, so that it is valid in any encoding."""
    return text.encode("ascii", "xmlcharrefreplace").decode()
