"""Compares two analyzed documents: model, layers, tables, totals and findings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.analysis.memory import activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.catalog.keras_object import KerasObject, given_argument, given_arguments
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.objects import Named
from seqspec.core.catalog.plain import tree_of
from seqspec.core.catalog.validation import validate
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.language.keys import TOP_LEVEL
from seqspec.core.output.fingerprint import fingerprint
from seqspec.core.shapes.tensor import plain_size, show, total
from seqspec.core.syntax.formatter.nodes import equal_trees


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: object = _Absent()
"""The value of a side that does not have it."""


class Difference(NamedTuple):
    """One changed value: its path, and the old and new value as plain data."""

    path: str
    old: object
    new: object


def differences(old: object, new: object, path: str = "") -> Iterator[Difference]:
    """The differences between two values, as deep as both sides have the same structure."""
    if old is ABSENT or new is ABSENT:
        if old is not new:
            yield from _only_one(old, new, path)
    elif _are_equivalent(old, new):
        return
    elif isinstance(old, KerasObject) and type(old) is type(new) and not isinstance(old, Named):
        if _extra(old) is not None or _extra(new) is not None:
            yield from differences(_extra(old), _extra(new), path)
        for key in dict.fromkeys((*given_arguments(old), *given_arguments(new))):
            if key != "class_arguments":
                written = type(old).model_fields[key].alias or key
                yield from differences(_effective(old, key), _effective(new, key), _join(path, written))
    elif isinstance(old, dict) and isinstance(new, dict) and _tag(old) == _tag(new):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), _join(path, str(key)))
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)) and not _are_scalars(old, new):
        yield from _lists(list(old), list(new), path)
    elif not equal_trees(_plain(old), _plain(new)):
        yield Difference(path, _plain(old), _plain(new))


def _only_one(old: object, new: object, path: str) -> Iterator[Difference]:
    there = new if old is ABSENT else old
    # An added or removed table of the document is reported key by key.
    inner = tree_of(there) if not path and isinstance(there, (KerasObject, dict)) else None
    if not inner:
        yield Difference(path, _plain(old), _plain(new))
        return
    for key, value in inner.items():
        yield Difference(key, _plain(value) if new is ABSENT else ABSENT, _plain(value) if old is ABSENT else ABSENT)


def _lists(old: Sequence[object], new: Sequence[object], path: str) -> Iterator[Difference]:
    """Compares entries one by one; if their number changed, only those between the equal ends."""
    start, end = 0, 0
    if len(old) != len(new):
        shorter = min(len(old), len(new))
        while start < shorter and _equal(old[start], new[start]):
            start += 1
        while end < shorter - start and _equal(old[-1 - end], new[-1 - end]):
            end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if len(left) == len(right):
        for index, (a, b) in enumerate(zip(left, right), start):
            yield from differences(a, b, f"{path}[{index}]")
        return
    # Only added and removed entries are reported, not the entries that they shift.
    for index, entry in enumerate(left, start):
        if not any(_equal(entry, other) for other in right):
            yield Difference(f"{path}[{index}]", _plain(entry), ABSENT)
    for index, entry in enumerate(right, start):
        if not any(_equal(entry, other) for other in left):
            yield Difference(f"{path}[{index}]", ABSENT, _plain(entry))


def _equal(old: object, new: object) -> bool:
    return next(differences(old, new, "."), None) is None


def _are_scalars(old: Iterable[object], new: Iterable[object]) -> bool:
    """Whether lists contain only scalars, so that they are compared as a whole."""
    return not any(isinstance(entry, (str, dict, list, tuple, KerasObject)) for entry in (*old, *new))


def _are_equivalent(old: object, new: object) -> bool:
    for a, b in ((old, new), (new, old)):
        if isinstance(a, Named) and not isinstance(b, Named) and isinstance(b, KerasObject):
            return a.stands_for is type(b) and not any(differences(type(b).read({}, []), b))
    return False


def _effective(declaration: KerasObject, key: str) -> object:
    """The effective value of an argument, which may be its default."""
    field = type(declaration).model_fields[key]
    default = ABSENT if field.is_required() else field.default
    if key in declaration.model_fields_set:
        value = given_arguments(declaration)[key]
        return ABSENT if value is None and default is None else value
    if default is None or default is ABSENT:
        return ABSENT
    with suppress(Violation, Violations, TypeError):
        return validate(field_type(field), list(default) if isinstance(default, tuple) else default)
    return default


def _extra(declaration: KerasObject) -> object:
    """The arguments of a custom class."""
    return given_argument(declaration, "class_arguments")


def _tag(table: Mapping[object, object]) -> object:
    return table.get("type"), table.get("custom")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and path != "." else key


def _plain(value: object) -> object:
    return ABSENT if value is ABSENT else tree_of(value)


_MAX_PAIRS = 1_000_000


@dataclass(eq=False)
class Part:
    """One layer of one side; `layer` is None if it is invalid, `facts` is None if it was not analyzed."""

    index: int
    layer: Layer | None
    name: str
    written: object
    facts: LayerReport | None

    @property
    def type(self) -> str:
        """The class of the layer, if known."""
        if self.layer is not None:
            return type(self.layer).__name__
        entry = self.written
        kind = entry.get("type", entry.get("custom")) if isinstance(entry, dict) else entry
        return kind if isinstance(kind, str) else "no layer"

    @cached_property
    def given_name(self) -> str | None:
        """The explicit name."""
        name = self.written.get("name") if isinstance(self.written, dict) else None
        return name if isinstance(name, str) else None

    @cached_property
    def arguments(self) -> dict[str, object]:
        """The arguments as plain data, without the tag."""
        entry = tree_of(self.layer) if self.layer is not None else self.written
        if not isinstance(entry, dict):
            return {}
        return {key: value for key, value in entry.items() if key not in ("type", "custom")}

    @cached_property
    def key(self) -> str:
        """A key that is equal for identical layers."""
        return json.dumps([self.type, self.arguments], sort_keys=True, default=str)


def parts(check: Check) -> list[Part]:
    """The layers of the expanded document."""
    spec = check.spec
    if "model" not in spec.written:
        return []
    layers = spec.stack.layers
    model = spec.tree.get("model")
    entries = model.get("layers") if isinstance(model, dict) else None
    entries = entries if isinstance(entries, list) else []
    facts = {report.path[2]: report for report in check.layers if len(report.path) > 2}
    names = layer_names(layers)
    return [
        Part(index, layer, names[index], entries[index] if index < len(entries) else None, facts.get(index))
        for index, layer in enumerate(layers)
    ]


def argument_differences(old: Part, new: Part) -> list[Difference]:
    """The arguments that differ between two layers; automatic names are ignored."""
    changes: list[Difference] = []
    if old.type != new.type:
        changes.append(Difference("type", old.type, new.type))
    if old.layer is not None and new.layer is not None and type(old.layer) is type(new.layer):
        changes += differences(old.layer, new.layer)
    else:
        for key in dict.fromkeys((*old.arguments, *new.arguments)):
            changes += differences(old.arguments.get(key, ABSENT), new.arguments.get(key, ABSENT), key)
    return [difference for difference in changes if difference.path != "name" or old.name != new.name]


def align(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[Part | None, Part | None]]:
    """Pairs of layers in the order of the new stack; a layer without a partner was removed or added."""
    start = 0
    while start < min(len(old), len(new)) and old[start].key == new[start].key:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end].key == new[-1 - end].key:
        end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    middle = _best(left, right) if len(left) * len(right) <= _MAX_PAIRS else _by_blocks(left, right)
    return [*zip(old[:start], new[:start]), *middle, *zip(old[len(old) - end :], new[len(new) - end :])]


def moves(pairs: list[tuple[Part | None, Part | None]]) -> dict[int, Part]:
    """The moved layers: index in the new stack → the old layer.

    A layer moved if it has the same name on both sides, or else if it is unique.
    """
    removed = [a for a, b in pairs if a is not None and b is None]
    added = [b for a, b in pairs if b is not None and a is None]
    moved: dict[int, Part] = {}
    taken: set[int] = set()
    for by_name in (True, False):
        for new in added:
            candidates = [
                old
                for old in removed
                if old.index not in taken
                and (old.given_name == new.given_name is not None if by_name else old.key == new.key)
            ]
            if new.index not in moved and len(candidates) == 1:
                moved[new.index] = candidates[0]
                taken.add(candidates[0].index)
    return moved


def _best(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[Part | None, Part | None]]:
    """The alignment with the highest total similarity."""
    rows = len(old) + 1
    columns = len(new) + 1
    best = [[0.0] * columns for _ in range(rows)]
    both = {part.given_name for part in old} & {part.given_name for part in new} - {None}
    likeness = [[_likeness(a, b, both) for b in new] for a in old]
    for i in range(rows - 2, -1, -1):
        for j in range(columns - 2, -1, -1):
            pair = likeness[i][j]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + pair if pair else 0.0)
    pairs: list[tuple[Part | None, Part | None]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new):
            pair = likeness[i][j]
            if pair and best[i][j] == best[i + 1][j + 1] + pair:
                pairs.append((old[i], new[j]))
                i, j = i + 1, j + 1
                continue
        if i < len(old) and (j == len(new) or best[i][j] == best[i + 1][j]):
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs


def _likeness(old: Part, new: Part, both: Collection[str | None]) -> float:
    """The similarity of two layers, from 0 for unrelated to 4 for identical ones.

    `both` are the names on both sides, which identify a layer.
    """
    if old.key == new.key:
        return 4.0 if old.given_name else 3.0
    if old.given_name is not None and old.given_name == new.given_name:
        return 2.5 if old.type == new.type else 2.0
    if old.type != new.type or old.given_name in both or new.given_name in both:
        return 0.0
    keys = old.arguments.keys() | new.arguments.keys()
    equal: int = sum(bool(old.arguments.get(key, ABSENT) == new.arguments.get(key, ABSENT)) for key in keys)
    named = old.given_name is not None and new.given_name is not None
    return (0.5 if named else 1.0) + equal / max(1, len(keys))


def _by_blocks(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[Part | None, Part | None]]:
    """An alignment of long stacks: first the equal runs, then the layers between them."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [part.key for part in old], [part.key for part in new], autojunk=False)
    pairs: list[tuple[Part | None, Part | None]] = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        left, right = old[i:i_end], new[j:j_end]
        if tag == "equal":
            pairs += zip(left, right)
        elif len(left) * len(right) <= _MAX_PAIRS:
            pairs += _best(left, right)
        else:
            pairs += [(part, None) for part in left]
            pairs += [(None, part) for part in right]
    return pairs


TABLES = tuple(key for key in TOP_LEVEL if key == "custom" or key in OPTIONAL_TABLES)
TOTALS = ("parameters", "trainable", "macs", "weights", "gradients", "optimizer", "activations")
"""The totals over all layers; the last four are bytes of memory."""


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
        self.unreadable = [side for side, it in sides if it is not None and not it.spec.readable]
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


def _text(check: Check | None) -> str | None:
    return check.document.text if check is not None else None


def _tree(check: Check | None) -> Mapping[str, object]:
    return check.spec.tree if check is not None else {}


def _parts(check: Check | None) -> list[Part]:
    return parts(check) if check is not None else []


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


def _table(check: Check | None, name: str) -> object:
    if check is None or name not in check.spec.tree:
        return ABSENT
    spec = check.spec
    written = spec.tree[name]
    if name == "custom":
        return written
    if name == "fit" and "fit" in spec.written:
        return spec.fit if isinstance(written, list) and len(spec.fit) != 1 else spec.fit[0]
    if name == "data" and "data" in spec.written:
        return {key: value for key, value in given_arguments(spec.data).items() if value is not None}
    if name == "export" and "export" in spec.written:
        return spec.export if isinstance(written, list) and len(spec.export) != 1 else spec.export[0]
    return spec.written.get(name, written)


def _order_of_columns(*results: Check | None) -> list[Difference]:
    """The difference if the same encoded columns have another order, which is that of the input."""
    tables = [result.spec.data.columns if result is not None else None for result in results]
    old, new = ([*table] if table is not None else [] for table in tables)
    return [Difference("columns", old, new)] if old != new and sorted(old) == sorted(new) else []


def _totals(check: Check | None) -> dict[str, int | str | None]:
    if check is None:
        return dict.fromkeys(TOTALS, 0)
    spec, layers = check.spec, check.layers
    if "model" not in spec.written or not layers or len(layers) < len(spec.stack.layers):
        return dict.fromkeys(TOTALS)
    optimizer = spec.compile.optimizer
    return {
        "parameters": sum(layer.params for layer in layers),
        "trainable": sum(layer.trained_params for layer in layers),
        "macs": plain_size(total([layer.cost for layer in layers])),
        "weights": weight_bytes(layers),
        "gradients": gradient_bytes(layers),
        "optimizer": optimizer_bytes(layers, optimizer) if optimizer is not None else None,
        "activations": plain_size(total(activations(layers, BATCH_SIZE))),
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


def _prints(check: Check | None) -> list[str]:
    if check is None:
        return []
    report = check.linted
    return [fingerprint(diagnostic, "", report.line) for diagnostic in report.diagnostics]
