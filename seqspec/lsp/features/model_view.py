"""A document as a picture of its model: what a client draws beside the text, as plain data.

Positions are those of the client; a `range` is None for what is in another file or not found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.analysis.analyze import AnalysisResult
from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.memory import activation_bytes, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.catalog.layer import Layer
from seqspec.codegen.write import NoProgram, program
from seqspec.diagnostics.diagnostic import Diagnostic, Span
from seqspec.diagnostics.violation import Path, pointer
from seqspec.lsp.display import arguments, each_word, public, tensor, total, word
from seqspec.lsp.layer_groups import Drawn, gathered
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.tree import Offsets

if TYPE_CHECKING:
    from seqspec.lsp.server import Server

BATCH = 32
"""Samples in a batch, for the memory of activations, where `[fit]` does not say."""

_MAX_LAYERS = 1000
_MAX_WEIGHTS = 40
_MAX_FINDINGS = 500
_INSIDE = ("layer", "layers", "backward_layer")
_NESTED = ("Sequential", "Pipeline", "TimeDistributed", "Bidirectional", "SpectralNormalization", "RNN")


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature("seqspec/model")
    def answer(ls: Server, params: Any) -> dict[str, Any] | None:
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
        spec = self.known.spec
        stage = spec.fit[0] if spec is not None and spec.fit else None
        self.batch: int = getattr(stage, "batch_size", None) or BATCH

    def whole(self, found: Sequence[Diagnostic]) -> dict[str, Any]:
        report, spec = self.known.report, self.known.spec
        stack = spec.stack if spec is not None else None
        layers, rest = gathered(list(self.drawn(report.layers))), self.rest(found)
        return {
            "version": self.snapshot.version,
            "name": stack.name if stack is not None else None,
            "input": {
                **tensor(stack.input if stack is not None else None),
                "range": self.range(("model", "input")),
            },
            "layers": layers[:_MAX_LAYERS],
            "more_layers": max(0, len(layers) - _MAX_LAYERS),
            "rest": rest[:_MAX_LAYERS],
            "head": self.head(),
            "totals": self.totals(),
            "program": self.program(),
            "findings": [self.finding(diagnostic) for diagnostic in found[:_MAX_FINDINGS]],
            "more_findings": max(0, len(found) - _MAX_FINDINGS),
        }

    # Layers

    def drawn(self, layers: Sequence[LayerReport]) -> Iterator[Drawn]:
        for layer in layers:
            origin = self.known.expansion.origin(layer.path)
            via = [step for step in origin.via if step.is_block_use]
            last = via[-1] if via else None
            document = last.document if last is not None else origin.document
            entry = last.path if last is not None else origin.path
            here = document is self.known.document
            value = self.snapshot.at(entry) if here else None
            block = value.get("use") if isinstance(value, dict) else None
            yield Drawn(
                key=(id(document), entry),
                part=(id(origin.document), origin.path, tuple(step.path for step in via[:-1])),
                label=str(block) if block is not None else layer.type,
                block=last is not None,
                range=self.range(entry) if here else None,
                layer=self.layer(layer),
            )

    def layer(self, layer: LayerReport) -> dict[str, Any]:
        origin = self.known.expansion.origin(layer.path)
        own = origin.document is self.known.document
        weights = layer.weights
        return {
            "name": layer.name,
            "type": layer.type,
            # What is inside is drawn by itself.
            "arguments": arguments(layer.layer, _INSIDE),
            "pointer": pointer(origin.path),
            "range": self.range(origin.path) if own else None,
            "file": None if own else os.path.basename(origin.document.file or ""),
            "input": tensor(layer.input),
            "outputs": [tensor(output) for output in layer.outputs],
            "params": layer.params,
            "trainable": layer.trainable_params,
            "macs": public(layer.cost),
            "memory": public(activation_bytes(layer, self.batch)),
            "weights": [
                {"name": w.name, "shape": list(w.shape), "dtype": w.dtype, "trainable": w.trainable}
                for w in weights[:_MAX_WEIGHTS]
            ],
            "more_weights": max(0, len(weights) - _MAX_WEIGHTS),
            "layers": [self.layer(inner) for inner in layer.layers] if layer.type in _NESTED else [],
        }

    def rest(self, found: Sequence[Diagnostic]) -> list[dict[str, Any]]:
        """The layers from the first one that fails on: nothing is known of what they would return."""
        spec = self.known.spec
        if spec is None or spec.stack is None:
            return []
        out: list[dict[str, Any]] = []
        for index in range(len(self.known.report.layers), len(spec.stack.layers)):
            layer = spec.stack.layers[index]
            origin = self.known.expansion.origin(("model", "layers", index))
            own = origin.document is self.known.document
            written = self.snapshot.at(origin.path) if own else None
            out.append(
                {
                    "name": layer.name if layer is not None else None,
                    "type": _type(layer, written),
                    "arguments": arguments(layer),
                    "pointer": pointer(origin.path),
                    "range": self.range(origin.path) if own else None,
                    "finding": _refusal(found, origin.path) if not out else None,
                }
            )
        return out

    # What training sees

    def head(self) -> dict[str, Any]:
        spec = self.known.spec
        compiled = spec.compile if spec is not None else None
        target = spec.target if spec is not None else None
        label = None
        if target is not None:
            classes = getattr(target, "classes", None)
            label = target.kind + (f", {classes} classes" if classes is not None else "")
        return {
            "loss": word(getattr(compiled, "loss", None)),
            "loss_range": self.range(("compile", "loss")),
            "optimizer": word(getattr(compiled, "optimizer", None)),
            "optimizer_range": self.range(("compile", "optimizer")),
            "metrics": each_word(getattr(compiled, "metrics", None)),
            "metrics_range": self.range(("compile", "metrics")),
            "target": label,
            "target_range": self.range(("target",)),
        }

    def totals(self) -> dict[str, Any]:
        report, spec = self.known.report, self.known.spec
        layers = report.layers
        optimizer = spec.compile.optimizer if spec is not None and spec.compile is not None else None
        name = spec.stack.name if spec is not None and spec.stack is not None and spec.stack.name else "sequential"
        return {
            "layers": len(layers),
            "params": report.params,
            "trainable": report.trainable_params,
            "macs": total([layer.cost for layer in layers]),
            "batch": self.batch,
            "memory": {
                "weights": weight_bytes(layers),
                "gradients": gradient_bytes(layers),
                "optimizer": optimizer_bytes(layers, optimizer, name) if optimizer is not None else None,
                "activations": total([activation_bytes(layer, self.batch) for layer in layers]),
            },
        }

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


def _type(layer: Layer | None, written: Any) -> str:
    if layer is not None:
        return type(layer).__name__
    if isinstance(written, dict):
        written = next((written[key] for key in ("type", "use", "custom") if key in written), None)
    return written if isinstance(written, str) and written else "?"


def _refusal(found: Sequence[Diagnostic], path: Path) -> int | None:
    """Which finding says why the stack ends at a layer: an error at it or within it."""
    at = pointer(path)
    for index, diagnostic in enumerate(found):
        within = diagnostic.pointer == at or diagnostic.pointer.startswith(f"{at}/")
        if within and diagnostic.severity == "error":
            return index
    return None
