"""A document as a picture of its model: what a client draws beside the text, as plain data.

Positions are those of the client; a `range` is None for what is in another file or not found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.analysis.analyze import AnalysisResult
from seqspec.codegen.write import NoProgram, program
from seqspec.diagnostics.diagnostic import Diagnostic, Span
from seqspec.diagnostics.violation import Path
from seqspec.diagram.describe import diagram
from seqspec.diagram.model import Diagram, HeadRow, plain
from seqspec.document.json_schema import is_available
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.tree import Offsets

if TYPE_CHECKING:
    from seqspec.lsp.server import Server

_MAX_FINDINGS = 500


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature("seqspec/model")
    def answer(ls: Server, params: object) -> dict[str, Any] | None:
        found = ls.known(str(getattr(getattr(params, "textDocument", None), "uri", "")))
        return view(found[0], ls.findings(found[0]), ls.documents.checker.codec) if found else None


def view(snapshot: Snapshot, found: Sequence[Diagnostic], codec: PositionCodec) -> dict[str, Any]:
    """What there is to see of a document.

    Args:
        snapshot: The text, and what is known of it.
        found: The findings that are reported.
        codec: What counts the units of the client.
    """
    return _View(snapshot, codec).whole(found)


class _View:
    def __init__(self, snapshot: Snapshot, codec: PositionCodec) -> None:
        self.snapshot = snapshot
        self.known: AnalysisResult = snapshot.tolerated
        self.text = Text(snapshot.text, codec)
        self.places = snapshot.document.places()
        self.ends = _ends(self.places)

    def whole(self, found: Sequence[Diagnostic]) -> dict[str, Any]:
        drawn = diagram(self.known, found[:_MAX_FINDINGS])
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
            "more_findings": max(0, len(found) - _MAX_FINDINGS),
        }

    def head(self, drawn: Diagram) -> dict[str, Any]:
        rows: dict[str, HeadRow] = {row.key: row for row in drawn.head}
        out: dict[str, object] = {}
        for key, path in (
            ("loss", ("compile", "loss")),
            ("optimizer", ("compile", "optimizer")),
            ("metrics", ("compile", "metrics")),
            ("target", ("target",)),
        ):
            row = rows.get(key)
            out[key] = (list(row.words) if row else []) if key == "metrics" else (row.words[0] if row else None)
            out[f"{key}_range"] = self.range(path)
        return out

    def unchecked(self) -> list[str]:
        """What is not checked where this runs."""
        spec = self.known.spec
        custom = spec is not None and bool(spec.custom)
        return ["the arguments of custom classes"] if custom and not is_available() else []

    def program(self) -> dict[str, str]:
        """The Python that the document stands for, or why there is none to show."""
        try:
            return {"text": program(self.snapshot.result)}
        except NoProgram as error:
            return {"why": str(error)}

    # Findings

    def finding(self, found: Diagnostic) -> dict[str, Any]:
        own = self._own(found.file)
        fix = found.fix if own else None
        return {
            "code": found.code,
            "name": found.name,
            "severity": found.severity,
            "message": found.message,
            "subject": found.subject.removesuffix(": "),
            "statement": found.statement,
            "label": found.label,
            "notes": list(found.notes),
            "help": found.help,
            "pointer": found.pointer,
            "range": self.span(found.span) if own else None,
            "file": None if own else os.path.basename(found.file or ""),
            "related": [
                {"message": other.message, "range": self.span(other.span) if self._own(other.file) else None}
                for other in found.related
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

    def range(self, path: Path) -> dict[str, Any] | None:
        place = self.places.get(path)
        if place is None:
            return None
        return _plain(self.text.range(place[0], max(place[1], self.ends.get(path, 0))))

    def span(self, span: Span | None) -> dict[str, Any]:
        return _plain(self.text.span(span))


def _ends(places: Mapping[Path, Offsets]) -> dict[Path, int]:
    """Path → where what is inside ends: a table in TOML goes on below its header."""
    ends: dict[Path, int] = {}
    for path, place in places.items():
        for length in range(1, len(path)):
            ends[path[:length]] = max(place[1], ends.get(path[:length], 0))
    return ends


def _plain(found: types.Range) -> dict[str, Any]:
    return {
        "start": {"line": found.start.line, "character": found.start.character},
        "end": {"line": found.end.line, "character": found.end.character},
    }
