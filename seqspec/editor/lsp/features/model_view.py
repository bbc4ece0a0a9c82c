"""The diagram of a document as plain data, which clients draw next to the text.

Positions are those of the client; a `range` is None for a value in another file, or without a position.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.api.check import Check
from seqspec.core.api.compiler import Diagram, HeadRow, NoProgram, diagram, plain, program
from seqspec.core.api.diagnostics import Diagnostic, Path, Span
from seqspec.core.api.schema import is_available
from seqspec.core.api.syntax import Offsets
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot

_MAX_FINDINGS = 500


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature("seqspec/model")
    def answer(ls: Server, params: object) -> dict[str, object] | None:
        target = ls.find(str(getattr(getattr(params, "textDocument", None), "uri", "")))
        return view(target[0], ls.findings(target[0]), ls.documents.checker.codec) if target else None


def view(snapshot: Snapshot, diagnostics: Sequence[Diagnostic], codec: PositionCodec) -> dict[str, object]:
    """The view of a document.

    Args:
        snapshot: The document.
        diagnostics: The reported findings.
        codec: The position encoding of the client.
    """
    return _View(snapshot, codec).to_dict(diagnostics)


class _View:
    def __init__(self, snapshot: Snapshot, codec: PositionCodec) -> None:
        self.snapshot = snapshot
        self.check: Check = snapshot.tolerated
        self.text = PositionMap(snapshot.text, codec)
        self.places = snapshot.document.places()
        self.ends = _ends(self.places)

    def to_dict(self, diagnostics: Sequence[Diagnostic]) -> dict[str, object]:
        drawn = diagram(self.check, diagnostics[:_MAX_FINDINGS])
        return {
            "version": self.snapshot.version,
            "name": drawn.name,
            "input": {**plain(drawn.input), "range": self.range(drawn.input_path)},
            "layers": plain(drawn.entries, self.range),
            "more_layers": drawn.more,
            "rest": plain(drawn.unreached, self.range),
            "head": self.head(drawn),
            "totals": plain(drawn.totals),
            "program": self.program(),
            "unchecked": self.unchecked(),
            "findings": [self.finding(diagnostic) for diagnostic in drawn.findings],
            "more_findings": max(0, len(diagnostics) - _MAX_FINDINGS),
        }

    def head(self, drawn: Diagram) -> dict[str, object]:
        rows: dict[str, HeadRow] = {row.key: row for row in drawn.head}
        out: dict[str, object] = {}
        for key in ("loss", "optimizer", "metrics", "target"):
            row = rows.get(key)
            out[key] = (list(row.values) if row else []) if key == "metrics" else (row.values[0] if row else None)
            out[f"{key}_range"] = self.range((key,) if key == "target" else ("compile", key))
        return out

    def unchecked(self) -> list[str]:
        """The checks that are not available in this environment."""
        return ["the arguments of custom classes"] if self.check.spec.custom and not is_available() else []

    def program(self) -> dict[str, str]:
        """The equivalent Python program, or the reason why there is none."""
        try:
            return {"text": program(self.snapshot.result)}
        except NoProgram as error:
            return {"why": str(error)}

    # Findings

    def finding(self, diagnostic: Diagnostic) -> dict[str, object]:
        text = self._own(diagnostic.file)
        fix = diagnostic.fix if text else None
        return {
            "code": diagnostic.code,
            "name": diagnostic.name,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "subject": diagnostic.subject.removesuffix(": "),
            "statement": diagnostic.statement,
            "label": diagnostic.label,
            "notes": list(diagnostic.notes),
            "help": diagnostic.help,
            "pointer": diagnostic.pointer,
            "range": self.span(diagnostic.span) if text else None,
            "file": None if text else os.path.basename(diagnostic.file or ""),
            "related": [
                {"message": other.message, "range": self.span(other.span) if self._own(other.file) else None}
                for other in diagnostic.related
            ],
            "fix": None
            if fix is None
            else {
                "title": fix.message,
                "safe": fix.safe,
                "edits": [{"range": self.span(edit.span), "newText": edit.text} for edit in fix.edits],
            },
        }

    def _own(self, file: str | None) -> bool:
        return (file or self.snapshot.file) == self.snapshot.file

    # Places

    def range(self, path: Path) -> dict[str, object] | None:
        span = self.places.get(path)
        if span is None:
            return None
        return _plain(self.text.range(span[0], max(span[1], self.ends.get(path, 0))))

    def span(self, span: Span | None) -> dict[str, object]:
        return _plain(self.text.span(span))


def _ends(places: Mapping[Path, Offsets]) -> dict[Path, int]:
    """Path → the end of the content: a TOML table continues after its header."""
    ends: dict[Path, int] = {}
    for path, span in places.items():
        for length in range(1, len(path)):
            ends[path[:length]] = max(span[1], ends.get(path[:length], 0))
    return ends


def _plain(span: types.Range) -> dict[str, object]:
    return {
        "start": {"line": span.start.line, "character": span.start.character},
        "end": {"line": span.end.line, "character": span.end.character},
    }
