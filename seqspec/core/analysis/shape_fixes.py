"""Fixes of layers that do not accept the shape of their input: the change after which most layers do.

Each fix changes one place: the layer itself, one layer before it, or what is between the two. All are tried with the
shape rules of the layers; what the rule of the layer alone would accept may still fail one layer later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isqrt, prod
from typing import Any, NamedTuple

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.reading import read_layer
from seqspec.core.diagnostics.diagnostic import TreeEdit, TreeFix, insert, remove, set_value
from seqspec.core.diagnostics.message import InputShape, Setting, Value, fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.shapes.tensor import TensorSpec

_LAYERS: Path = ("model", "layers")
_RULES = frozenset({"wrong-rank", "window-too-large", "bad-reshape", "unknown-size"})
_AHEAD = 200
"""The number of layers after the failing one that are tried with each change."""
_DIMENSIONS = re.compile(r"^(\w+?)([123])D(Transpose)?$")

Entries = list[Any]


class _Change(NamedTuple):
    """A change of the model.

    Attributes:
        title: What it does.
        edits: Its edits, in order.
        first: The index of the first layer that differs.
        input: The input of the model after it; None if it stays.
    """

    title: str
    edits: tuple[TreeEdit, ...]
    first: int
    input: TensorSpec | None = None

    @property
    def is_of_arguments(self) -> bool:
        """Whether it only sets arguments, which programs can do too."""
        return all(edit.action == "set" and len(edit.path) > 3 and edit.path[-1] != "type" for edit in self.edits)


class _Failure(NamedTuple):
    """Where a model fails.

    Attributes:
        position: The index of the layer.
        violation: What it does not accept.
        entries: The layers as the document writes them.
        layers: The same as read.
        reports: The facts of the layers before it.
        input: The input of the model.
        input_path: The path of its shape.
        has_data: Whether the document names data, whose shape the input has.
    """

    position: int
    violation: Violation
    entries: Entries
    layers: Sequence[Layer]
    reports: Sequence[LayerReport]
    input: TensorSpec
    input_path: Path
    has_data: bool

    @property
    def shape(self) -> Sequence[Any]:
        """The shape that the layer receives, per sample."""
        return self.received(self.position).sample

    def received(self, index: int) -> TensorSpec:
        """What a layer receives."""
        return self.input if index == 0 else self.reports[index - 1].outputs[0]

    @property
    def name(self) -> str:
        """The class of the layer."""
        return type(self.layers[self.position]).__name__


def with_fixes(
    spec: TypedSpec, reports: Sequence[LayerReport], violations: Sequence[Violation], is_program: bool
) -> list[Violation]:
    """The violations of a walk through the layers of a spec; one about a shape gets the fix that goes furthest."""
    return [_with_fix(spec, reports, violation, is_program) for violation in violations]


def _with_fix(spec: TypedSpec, reports: Sequence[LayerReport], violation: Violation, is_program: bool) -> Violation:
    stack, table = spec.stack, spec.tree.get("model") or {}
    index = violation.path[2] if violation.path[:2] == _LAYERS and len(violation.path) > 2 else None
    entries: Any = table.get("layers")
    layers = [layer for layer in stack.layers if layer is not None]
    if violation.rule not in _RULES or violation.fix is not None or index != len(reports) or stack.input is None:
        return violation
    if len(layers) != len(stack.layers) or not isinstance(entries, list) or len(entries) != len(layers):
        return violation
    path: Path = ("model", "input", "shape") if isinstance(table.get("input"), Mapping) else ("model", "input")
    failure = _Failure(index, violation, entries, layers, reports, stack.input, path, "data" in spec.tree)
    changes = [change for change in _changes(failure) if change.is_of_arguments or not is_program]
    fixes = [TreeFix(change.title, change.edits) for change in _furthest(failure, changes, spec.environment)]
    first, second, *_ = (*fixes, None, None)
    return violation.replace(fix=first, alternative=second)


def _furthest(failure: _Failure, changes: Sequence[_Change], env: InferenceContext) -> list[_Change]:
    """The changes after which most layers accept their input, at most two, the most likely one first."""
    best: list[_Change] = []
    most = 1
    for change in changes:
        accepted = _accepted(failure, change, env)
        if accepted > most:
            best, most = [change], accepted
        elif accepted == most:
            best.append(change)
        if most > _AHEAD and len(best) == 2:
            break
    return best[:2]


def _accepted(failure: _Failure, change: _Change, env: InferenceContext) -> int:
    """How many layers after the failing one accept their input after a change; more than `_AHEAD` if all do."""
    entries = _edited(failure.entries, change.edits)
    last = len(entries) - len(failure.entries) + failure.position + _AHEAD
    violations: list[Violation] = []
    layers = [
        failure.layers[failure.entries.index(entry)] if any(entry is each for each in failure.entries)
        else read_layer(entry, violations)
        for entry in entries[change.first : last]
    ]  # fmt: skip
    if violations or None in layers:
        return 0
    received = change.input or failure.received(change.first)
    passed = len(walk_stack(layers, received, env, _LAYERS, violations))
    # What counts are layers after the failing one: inserting or removing one is not progress by itself.
    moved = len(entries) - len(failure.entries)
    progress = change.first + passed - moved - failure.position
    return progress if violations else _AHEAD + 1


def _edited(entries: Entries, edits: Sequence[TreeEdit]) -> Entries:
    """The layers after edits, whose paths are those of the document as it is."""
    out: list[list[Any]] = [[entry] for entry in entries]
    for action, path, value in edits:
        if path[:2] != _LAYERS:
            continue
        index, inside = path[2], path[3:]
        assert isinstance(index, int)
        if action == "insert":
            out[index].insert(0, value)
        elif action == "remove":
            out[index].pop()
        else:
            out[index][-1] = _with_value(out[index][-1], inside, value)
    return [entry for group in out for entry in group]


def _with_value(entry: Any, path: Path, value: object) -> Any:
    if not path:
        return value
    table = {"type": entry} if isinstance(entry, str) else dict(entry)
    return {**table, path[0]: _with_value(table.get(path[0]), path[1:], value)}


def _at(index: int, *inside: str | int) -> Path:
    return (*_LAYERS, index, *inside)


# The changes, the most likely one first


def _changes(failure: _Failure) -> Iterator[_Change]:
    makers: Mapping[str, Sequence[Callable[[_Failure], Iterator[_Change]]]] = {
        "wrong-rank": (
            _sequences,
            _later_flatten,
            _batch_size,
            _missing_channels,
            _other_dimensions,
            _joined_axes,
            _without_layer,
        ),
        "window-too-large": (_channels_last, _same_padding, _smaller_window, _without_layer),
        "bad-reshape": (_open_size, _without_layer),
        "unknown-size": (_pooled,),
    }
    for maker in makers[failure.violation.rule]:
        yield from maker(failure)


def _sequences(failure: _Failure) -> Iterator[_Change]:
    """The whole sequence of the last layer that changed the rank, if it returns only its last step."""
    index = _rank_changed(failure)
    if index is None:
        return
    layer: Any = failure.layers[index]
    inside = ("layer",) if hasattr(layer, "layer") else ()
    if getattr(layer.layer if inside else layer, "return_sequences", None) is False:
        edit = set_value(_at(index, *inside, "return_sequences"), True)
        yield _Change(
            fmt("set {} in {}", Setting("return_sequences", True), failure.reports[index].name), (edit,), index
        )


def _rank_changed(failure: _Failure) -> int | None:
    """The index of the last layer before the failing one that changed the rank."""
    for index in range(failure.position - 1, -1, -1):
        if failure.received(index).rank != failure.received(index + 1).rank:
            return index
    return None


def _batch_size(failure: _Failure) -> Iterator[_Change]:
    """The input without its first size, where that is likely to be the batch size."""
    shape = failure.input.sample
    if _rank_changed(failure) is None and len(shape) > 3 and all(isinstance(size, int) for size in shape[1:]):
        edit = set_value(failure.input_path, [*shape[1:]])
        without = failure.input._replace(dims=(failure.input.dims[0], *shape[1:]))
        yield _Change(fmt("set {}", InputShape([*shape[1:]])), (edit,), 0, without)


def _channels_last(failure: _Failure) -> Iterator[_Change]:
    """The channels of images at the end of the input, where they are the first of its axes."""
    shape = failure.input.sample
    if failure.has_data:
        return
    if failure.name.endswith("2D") and shape[:1] in ((1,), (3,)) and all(isinstance(size, int) for size in shape):
        moved = (*shape[1:], shape[0])
        edit = set_value(failure.input_path, [*moved])
        yield _Change(
            fmt("set {}", InputShape([*moved])),
            (edit,),
            0,
            failure.input._replace(dims=(failure.input.dims[0], *moved)),
        )


def _missing_channels(failure: _Failure) -> Iterator[_Change]:
    """An axis of size 1 at the end: gray images, sequences of single values; or the axes of flattened square images."""
    shape = failure.shape
    targets = [[*shape, 1]]
    if len(shape) == 1 and isinstance(shape[0], int):
        targets += [
            [isqrt(shape[0] // channels)] * 2 + [channels]
            for channels in (1, 3)
            if shape[0] > 1 and isqrt(shape[0] // channels) ** 2 * channels == shape[0]
        ]
    open_sizes = [size for size in shape if not isinstance(size, int)]
    if failure.position > 0 and _rank_changed(failure) is None and _DIMENSIONS.match(failure.name) and len(shape) > 1:
        # Layers before it have the rank of the input: the layer is the odd one.
        return
    for target in targets if len(open_sizes) <= 1 else ():
        sizes = [size if isinstance(size, int) else -1 for size in target]
        yield _inserted(failure, {"type": "Reshape", "target_shape": sizes})


def _inserted(failure: _Failure, entry: dict[str, Any]) -> _Change:
    return _Change(fmt("add {} before it", Value(entry)), (insert(_at(failure.position), entry),), failure.position)


def _other_dimensions(failure: _Failure) -> Iterator[_Change]:
    """The class for the number of axes that the input has, such as Conv1D for Conv2D."""
    found = _DIMENSIONS.match(failure.name)
    if found is None:
        return
    name = f"{found[1]}{len(failure.shape) - 1}D{found[3] or ''}"
    other = layer_class(name)
    if other is None or name == failure.name:
        return
    entry = failure.entries[failure.position]
    if isinstance(entry, str):
        yield _Change(f"use {name}", (set_value(_at(failure.position), name),), failure.position)
        return
    lists = {key: value for key, value in entry.items() if isinstance(value, list) and value}
    if not entry.keys() <= {"type", *other.model_fields}:
        return
    edits = [set_value(_at(failure.position, "type"), name)]
    edits += [set_value(_at(failure.position, key), value[0]) for key, value in lists.items()]
    yield _Change(f"use {name}", tuple(edits), failure.position)


def _joined_axes(failure: _Failure) -> Iterator[_Change]:
    """Fewer axes: the steps of a sequence and all that each has, or nothing but features."""
    shape = failure.shape
    known = len(shape) > 2 and all(isinstance(size, int) for size in shape[1:])
    for axes in (1, 2, 3) if known else ():
        kept = [size if isinstance(size, int) else -1 for size in shape[:axes]]
        if len(shape) > axes + 1:
            yield _inserted(failure, {"type": "Reshape", "target_shape": [*kept, prod(shape[axes:])]})
    if 1 < len(shape) < 5:
        yield _inserted(failure, {"type": f"GlobalAveragePooling{len(shape) - 1}D"})


def _later_flatten(failure: _Failure) -> Iterator[_Change]:
    """The layer that removed the axes before the next Dense, where they are no longer needed; or without it."""
    index = _rank_changed(failure)
    between = () if index is None else failure.layers[index : failure.position]
    if index is None or any(layer.has.weights for layer in between):
        return
    if failure.received(index).rank < failure.received(index + 1).rank:
        return
    name, entry = type(failure.layers[index]).__name__, failure.entries[index]
    dense = next((at for at in range(failure.position + 1, len(failure.layers)) if _is_dense(failure.layers[at])), None)
    if dense is not None:
        yield _Change(
            f"move {name} after the layers that need its axes", (insert(_at(dense), entry), remove(_at(index))), index
        )
    yield _Change(f"remove {name}", (remove(_at(index)),), index)


def _is_dense(layer: Layer) -> bool:
    return "dense" in layer.traits


def _without_layer(failure: _Failure) -> Iterator[_Change]:
    """Without the layer, unless it is the only one, or an output with weights."""
    is_last = failure.position + 1 == len(failure.layers)
    if len(failure.layers) > 1 and not (is_last and failure.layers[-1].has.weights):
        yield _Change(f"remove {failure.name}", (remove(_at(failure.position)),), failure.position)


def _same_padding(failure: _Failure) -> Iterator[_Change]:
    if getattr(failure.layers[failure.position], "padding", None) == "valid":
        edit = set_value(_at(failure.position, "padding"), "same")
        yield _Change(fmt("set {}", Setting("padding", "same")), (edit,), failure.position)


def _smaller_window(failure: _Failure) -> Iterator[_Change]:
    """A window that fits the smallest of the axes over which it moves."""
    argument = failure.violation.path[-1]
    sizes = [size for size in failure.shape[:-1] if isinstance(size, int)]
    if isinstance(argument, str) and sizes and min(sizes) > 0:
        edit = set_value(_at(failure.position, argument), min(sizes))
        yield _Change(fmt("set {}", Setting(argument, min(sizes))), (edit,), failure.position)


def _open_size(failure: _Failure) -> Iterator[_Change]:
    """The size of one axis of a Reshape that follows from the others, the one nearest to what is written."""
    layer: Any = failure.layers[failure.position]
    if failure.name != "Reshape":
        # Inside another layer.
        return
    target, shape = list(layer.target_shape), failure.shape
    if not all(isinstance(size, int) and size > 0 for size in (*shape, *target)):
        return
    fits = []
    for axis, size in enumerate(target):
        rest = prod(target) // size
        if prod(shape) % rest == 0:
            fits.append(
                (abs(prod(shape) // rest - size) / size, [*target[:axis], prod(shape) // rest, *target[axis + 1 :]])
            )
    for _, sizes in sorted(fits)[:1]:
        yield _Change(
            fmt("set {}", Setting("target_shape", sizes)),
            (set_value(_at(failure.position, "target_shape"), sizes),),
            failure.position,
        )


def _pooled(failure: _Failure) -> Iterator[_Change]:
    """The mean over axes of unknown size in place of a Flatten, of which the size is unknown too."""
    index = _rank_changed(failure)
    if index is None or type(failure.layers[index]).__name__ != "Flatten":
        return
    name = f"GlobalAveragePooling{failure.received(index).rank - 2}D"
    if layer_class(name) is not None:
        yield _Change(f"use {name} in place of Flatten", (set_value(_at(index), {"type": name}),), index)
