"""The one type of a finished finding, as data; the renderers turn it into text, JSON, ..."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, 1-based lines and columns (in code points); the end is just after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that takes part in a finding, and what it has to do with it."""

    pointer: str
    message: str
    span: Span | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of a stretch of the document's text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """How a finding can be fixed by edits; a safe one never changes what a good document means."""

    message: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `pointer` is a JSON Pointer into the document as written; `span` and `file` are None where the source is a dict.
    `severity` is `"error"`, `"warning"` or `"info"`.
    """

    code: str
    name: str
    severity: str
    message: str
    pointer: str
    span: Span | None = None
    file: str | None = None
    label: str | None = None
    related: tuple[Related, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = field(default=None)
    subject: str = field(default="", compare=False)
    """What the message begins with where that names a layer: `model.layers[3] (Dense "head"): `."""

    @property
    def statement(self) -> str:
        """The message without its subject, for where the layer is seen."""
        return self.message.removeprefix(self.subject)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `--format json` prints it."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": self.severity,
            "message": self.message,
            "pointer": self.pointer,
            "file": self.file,
            "span": _span(self.span),
            "label": self.label,
            "related": [
                {"pointer": r.pointer, "message": r.message, "span": _span(r.span), "file": r.file}
                for r in self.related
            ],
            "notes": list(self.notes),
            "help": self.help,
            "fix": None
            if self.fix is None
            else {
                "message": self.fix.message,
                "safe": self.fix.safe,
                "edits": [{"span": _span(edit.span), "text": edit.text} for edit in self.fix.edits],
            },
        }


def _span(span: Span | None) -> dict[str, int] | None:
    if span is None:
        return None
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
