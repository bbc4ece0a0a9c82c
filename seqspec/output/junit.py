"""`junit`: a test suite a document, a test case a finding, for every CI that shows test results.

Only what the strictest reader takes is written: junit-10, the schema of Jenkins's xUnit plugin, has no `file` and no
`line` of a test case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from seqspec.output.base import CheckedDocument, RenderContext
from seqspec.output.text import full, visible

if TYPE_CHECKING:
    from seqspec.diagnostics.diagnostic import Diagnostic


def render(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """One XML document; a document without findings is one test that passes."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="seqspec">\n'
    for document in documents:
        yield _suite(document, frame)
    yield "</testsuites>\n"


def _suite(document: CheckedDocument, frame: RenderContext) -> str:
    path = frame.path(document.file) if document.file is not None else "document"
    cases = [_case(found, path, document, frame) for found in document.diagnostics]
    failures = sum(found.severity in document.failing for found in document.diagnostics)
    if not cases:
        cases = [f'    <testcase name={_attribute("check")} classname={_attribute(path)} time="0"/>\n']
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="0" time="0"'
    return f"  <testsuite name={_attribute(path)} file={_attribute(path)} {counts}>\n{''.join(cases)}  </testsuite>\n"


def _case(found: Diagnostic, path: str, document: CheckedDocument, frame: RenderContext) -> str:
    file = frame.path(found.file) if found.file is not None else path
    other = f"{file}:" if file != path else ""
    where = f" at {other}{found.span.line}:{found.span.column}" if found.span else ""
    name = _attribute(f"{found.code} {found.name}{where}")
    text = "\n".join(visible(line) for line in full(found, document.line).split("\n"))
    head = f"message={_attribute(found.message)} type={_attribute(found.severity)}"
    if found.severity not in document.failing:
        # What does not fail the run is a test that passes, with its message in its name.
        name = _attribute(f"{found.code} {found.name}{where}: {found.message}")
        return f'    <testcase name={name} classname={_attribute(path)} time="0"/>\n'
    failure = f"<failure {head}>{_text(text)}</failure>"
    return f'    <testcase name={name} classname={_attribute(path)} time="0">\n      {failure}\n    </testcase>\n'


def _attribute(text: str) -> str:
    return _ascii(quoteattr(visible(text)))


def _text(text: str) -> str:
    return _ascii(escape(text))


def _ascii(text: str) -> str:
    """The text with references for other characters, so that it is right in whatever encoding it is written."""
    return text.encode("ascii", "xmlcharrefreplace").decode()
