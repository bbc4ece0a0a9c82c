"""Compares two analyzed documents: model, layers, tables, totals and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from seqspec.core.analysis.memory import activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.check.check import Check
from seqspec.core.compare.differences import ABSENT, Difference, differences
from seqspec.core.compare.stacks import Part, align, argument_differences, moves, parts
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.document.typed_spec import OUTPUTS
from seqspec.core.language.keys import TOP_LEVEL
from seqspec.core.output.fingerprint import fingerprint
from seqspec.core.shapes.tensor import plain_size, show, total
from seqspec.core.syntax.formatter.nodes import equal_trees

TABLES = tuple(key for key in TOP_LEVEL if key == "custom" or key in OPTIONAL_TABLES)
TOTALS = ("parameters", "trainable", "macs", "weights", "gradients", "optimizer", "activations")
"""The totals over all layers; the last four are bytes of memory."""

BATCH = 32
"""The batch size for the memory of activations."""


class LayerChange(NamedTuple):
    """The change of one layer.

    `kind` is `"added"`, `"removed"`, `"moved"`, `"changed"`, or `"affected"` where only the input differs. `facts`
    are the output, parameters and MACs that differ.
    """

    kind: str
    old: Part | None
    new: Part | None
    arguments: list[Difference]
    facts: list[Difference]

    @property
    def part(self) -> Part:
        """The layer, of the new document if it is there."""
        part = self.new or self.old
        assert part is not None
        return part


class Comparison:
    """The semantic changes. A side that is None is a missing document.

    Attributes:
        absent: The missing sides, `"old"` or `"new"`; everything on the other side is then added or removed.
        unreadable: The sides, `"old"` or `"new"`, of which only findings are known.
        model: Differences of name, input and Keras version.
        results: The analyses of both sides.
        pairs: The aligned layers of both sides, in the order of the new stack.
        layers: The changes of layers, in the order of the new stack.
        tables: Differences by table of the document.
        totals: Total → old and new value; None if unknown.
        fixed: Findings of the old document that the new one does not have.
        new: Findings that only the new document has.
        changed: Whether there is a semantic change; findings do not count.
    """

    def __init__(self, old: Check | None, new: Check | None) -> None:
        sides = (("old", old), ("new", new))
        self.results = (old, new)
        self.pairs: list[tuple[Part | None, Part | None]] = []
        self.absent = [side for side, it in sides if it is None]
        self.unreadable = [side for side, it in sides if it is not None and it.spec is None]
        self.model: list[Difference] = []
        self.layers: list[LayerChange] = []
        self.tables: dict[str, list[Difference]] = {}
        self.totals: dict[str, tuple[int | str | None, int | str | None]] = {}
        self.fixed, self.new = _without(old, new), _without(new, old)
        if not self.unreadable:
            self.model = _model(_tree(old), _tree(new))
            self.pairs = align(_parts(old), _parts(new))
            self.layers = _layers(self.pairs)
            for table in TABLES:
                changes = list(differences(_table(old, table), _table(new, table)))
                changes += _order_of_columns(old, new) if table == "data" else []
                if changes:
                    self.tables[table] = changes
            before, after = _totals(old), _totals(new)
            self.totals = {name: (before[name], after[name]) for name in TOTALS}
        differ = bool(self.unreadable) and not (len(self.unreadable) == 2 and _text(old) == _text(new))
        self.changed = bool(differ or len(self.absent) == 1 or self.model or self.layers or self.tables)


def _text(result: Check | None) -> str | None:
    return result.document.text if result is not None else None


def _tree(result: Check | None) -> Mapping[str, object]:
    return result.spec.tree if result is not None and result.spec is not None else {}


def _parts(result: Check | None) -> list[Part]:
    return parts(result) if result is not None else []


def _model(old: Mapping[str, object], new: Mapping[str, object]) -> list[Difference]:
    before, after = _head(old), _head(new)
    # Compared as a whole, because a shape is one value.
    return [Difference(key, before[key], after[key]) for key in before if not equal_trees(before[key], after[key])]


def _head(tree: Mapping[str, object]) -> dict[str, object]:
    """The model without its layers; the long form of an input equals the short one."""
    model = tree.get("model")
    model = model if isinstance(model, Mapping) else {}
    given = model.get("input", ABSENT)
    long = given if isinstance(given, Mapping) else {}
    shape: object = long.get("shape", ABSENT) if isinstance(given, Mapping) else given
    if isinstance(shape, (list, tuple)):
        shape = ["?" if size in (None, "none") else size for size in shape]
    batch = long.get("batch_size", ABSENT)
    return {
        "name": model.get("name", ABSENT),
        "input": shape,
        "input.dtype": long.get("dtype", "float32"),
        "input.batch_size": ABSENT if batch in (None, "none") else batch,
        "input.name": long.get("name", ABSENT),
        "input.sparse": long.get("sparse", False),
        "keras": tree.get("keras", ABSENT),
    }


def _layers(pairs: list[tuple[Part | None, Part | None]]) -> list[LayerChange]:
    moved = moves(pairs)
    gone = {part.index for part in moved.values()}
    changes: list[LayerChange] = []
    for before, after in pairs:
        kind = "changed"
        if after is None:
            if before is not None and before.index not in gone:
                changes.append(LayerChange("removed", before, None, [], []))
            continue
        if before is None:
            before, kind = moved.get(after.index), "moved"
            if before is None:
                changes.append(LayerChange("added", None, after, [], []))
                continue
        arguments = argument_differences(before, after)
        facts = _facts(before, after)
        if kind == "changed" and not arguments:
            kind = "affected"
        if kind == "moved" or arguments or facts:
            changes.append(LayerChange(kind, before, after, arguments, facts))
    return changes


def _facts(old: Part, new: Part) -> list[Difference]:
    facts = []
    for name, before, after in zip(("output", "parameters", "macs"), facts_of(old), facts_of(new)):
        # The layers after a mistake are unknown, which is not a change.
        if before is not None and after is not None and before != after:
            facts.append(Difference(name, before, after))
    return facts


def facts_of(part: Part) -> tuple[str | None, int | None, int | str | None]:
    """The output, parameters and MACs of a layer; None if unknown."""
    if part.facts is None:
        return None, None, None
    shapes = ", ".join(f"{show(tensor.sample)} {tensor.dtype}" for tensor in part.facts.outputs)
    return shapes, part.facts.params, plain_size(part.facts.cost)


def _table(result: Check | None, name: str) -> object:
    spec = result.spec if result is not None else None
    if spec is None or name not in spec.tree:
        return ABSENT
    written = spec.tree[name]
    if name == "custom":
        return written
    if name == "fit" and "fit" in spec.written:
        return spec.fit if isinstance(written, list) and len(spec.fit) != 1 else spec.fit[0]
    if name == "data" and "data" in spec.written:
        return {key: value for key, value in given_arguments(spec.data).items() if value is not None}
    if name == "export" and spec.outputs.export is not None:
        exports = spec.outputs.export
        return exports if isinstance(written, list) and len(exports) != 1 else exports[0]
    typed = getattr(spec.outputs, name) if name in OUTPUTS else getattr(spec, name)
    return typed if name in spec.written else written


def _order_of_columns(*results: Check | None) -> list[Difference]:
    """The difference if the same encoded columns have another order, which is that of the input."""
    specs = [result.spec if result is not None else None for result in results]
    tables = [spec.data.columns if spec is not None else None for spec in specs]
    old, new = ([*table] if table is not None else [] for table in tables)
    return [Difference("columns", old, new)] if old != new and sorted(old) == sorted(new) else []


def _totals(result: Check | None) -> dict[str, int | str | None]:
    if result is None:
        return dict.fromkeys(TOTALS, 0)
    spec, layers = result.spec, result.layers
    if spec is None or "model" not in spec.written or not layers or len(layers) < len(spec.stack.layers):
        return dict.fromkeys(TOTALS)
    optimizer = spec.compile.optimizer
    return {
        "parameters": sum(layer.params for layer in layers),
        "trainable": sum(layer.trained_params for layer in layers),
        "macs": plain_size(total([layer.cost for layer in layers])),
        "weights": weight_bytes(layers),
        "gradients": gradient_bytes(layers),
        "optimizer": optimizer_bytes(layers, optimizer) if optimizer is not None else None,
        "activations": plain_size(total(activations(layers, BATCH))),
    }


def _without(first: Check | None, second: Check | None) -> list[Diagnostic]:
    """The findings that only one side has; a finding at another place is the same."""
    left = Counter(_prints(second))
    alone = []
    for diagnostic, key in zip(first.report.diagnostics if first is not None else [], _prints(first)):
        if left[key]:
            left[key] -= 1
        else:
            alone.append(diagnostic)
    return alone


def _prints(result: Check | None) -> list[str]:
    if result is None:
        return []
    report = result.linted
    return [fingerprint(diagnostic, "", report.line) for diagnostic in report.diagnostics]
