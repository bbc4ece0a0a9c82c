"""The recorded findings in thousands of specs with one mistake each.

`findings.jsonl.gz` holds one document per line: every argument of every class and every key of every table with wrong
values, planted mistakes, and the golden documents; with code, pointer, severity and span of each finding, and the
output of each layer after recovery. `scripts/record` compares a checkout with it.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import seqspec

FILE = Path(__file__).with_name("findings.jsonl.gz")
CHANGED = FILE.with_name("changed.json")
"""The documents whose findings have changed since on purpose, by id: why."""


class Entry(NamedTuple):
    """A document, and what was found in it."""

    id: str
    format: str
    text: str
    findings: list[Any]
    outputs: list[str]
    params: str


def entries() -> Iterator[Entry]:
    """Every document of the record."""
    with gzip.open(FILE, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield Entry(**json.loads(line))


def write(recorded: list[Entry]) -> None:
    """Replaces the record."""
    with gzip.GzipFile(FILE, "wb", mtime=0) as stream:
        for entry in recorded:
            stream.write((json.dumps(entry._asdict(), ensure_ascii=False) + "\n").encode())


def observed(entry: Entry, folder: Path) -> tuple[list[Any], list[str], str]:
    """What this checkout finds in a document."""
    path = folder / f"d.seqspec.{entry.format}"
    path.write_text(entry.text, encoding="utf-8")
    report = seqspec.check(path)
    findings = [[found.code, found.pointer, found.severity, _span(found.span)] for found in report.diagnostics]
    try:
        params = str(report.params)
    except Exception:
        params = "None"
    return findings, [str(layer.output) for layer in report.layers], params


def _span(span: Any) -> list[int] | None:
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]
