"""Models with invalid layers, repaired in several ways.

An invalid argument may have been meant as many values, so the layer is repaired with several different ones. What is
found in all repaired models does not depend on the value, so it is not a consequence of the error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.reading import read_layer
from seqspec.core.diagnostics.codes import is_error
from seqspec.core.diagnostics.message import common_message
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, value_at
from seqspec.core.document.typed_spec import TypedSpec

if TYPE_CHECKING:
    from seqspec.core.analysis.layer_report import LayerReport
    from seqspec.core.catalog.layer import Layer

Repair = Mapping[Path, object]
"""Values by their path in a layer; UNSET removes an argument."""

_MAX_MISTAKES = 1000
"""The maximum number of mistakes in layers that are repaired at once."""
_MAX_VALUES = 8
"""The maximum number of values for one argument."""

_SIZES = (1, 2, 3, 64, 960)
_NUMBERS = (0, 0.001, 0.2, 0.5, 0.8, 1.5)
_NAMES = (
    "relu", "sigmoid", "softmax", "tanh", "selu", "exponential", "linear",
    "glorot_uniform", "he_normal", "lecun_normal", "zeros", "identity",
    "RandomNormal(stddev=1e-5)", "RandomNormal(stddev=1)", "l2", "l1", "l2(10)", "max_norm", "non_neg",
    "mixed_float16", "float64",
)  # fmt: skip
"""Names of activations, initializers, regularizers, constraints and dtypes."""


class RepairedModel(NamedTuple):
    """A spec with repaired layers.

    Attributes:
        spec: The spec, with other layers in its stack.
        layers: The reports of its layers, up to the first one that fails.
        found: The errors found in its layers.
        known: These and the errors of the spec that were not repaired.
    """

    spec: TypedSpec
    layers: list[LayerReport]
    found: list[Violation]
    known: list[Violation]


def repaired_models(
    spec: TypedSpec, violations: Sequence[Violation], walk: Callable[[TypedSpec, list[Violation]], list[LayerReport]]
) -> list[RepairedModel]:
    """The model with different repairs of its invalid layers; empty if too little is known of them.

    Args:
        spec: The spec as read.
        violations: Its errors, at paths of the expanded spec.
        walk: Returns the reports of the layers of a spec, and appends the errors in them to a list.
    """
    stack = spec.stack
    entries = value_at(spec.tree, ("model", "layers"))
    if not isinstance(entries, (list, tuple)):
        return []
    sizes = (*_SIZES, *_class_counts(spec))
    mistaken = _by_layer(violations)
    if sum(map(len, mistaken.values())) > _MAX_MISTAKES:
        return []
    choices = {
        index: layers
        for index, mistakes in mistaken.items()
        if (layers := repaired_layers(entries[index], mistakes, sizes))
    }
    remaining = [error for error in violations if _layer_index(error) not in choices]

    def repaired(chosen: Mapping[int, Layer | None], errors: Sequence[Violation]) -> RepairedModel:
        layers = [chosen.get(index, layer) for index, layer in enumerate(stack.layers)]
        other = spec.with_stack(replace(stack, layers=layers))
        remaining: list[Violation] = []
        reports = walk(other, remaining)
        return RepairedModel(other, reports, remaining, [*errors, *remaining])

    models = []
    for number in range(max(map(len, choices.values()), default=0)):
        chosen = {
            index: several[(number + offset) % len(several)] for offset, (index, several) in enumerate(choices.items())
        }
        models.append(repaired(chosen, remaining))
    # A repair with which an earlier layer fails is not what was meant.
    furthest = max([len(model.layers) for model in models], default=0)
    meant = [model for model in models if len(model.layers) == furthest]
    if len(meant) == 1 < len(models):
        # Any finding might depend on this repair, so nothing is known after the layer.
        return [repaired(dict.fromkeys(choices), violations)]
    return meant


def _by_layer(violations: Sequence[Violation]) -> dict[int, list[Violation]]:
    """The errors of each invalid layer, at paths in the layer."""
    by_layer: dict[int, list[Violation]] = {}
    for violation in violations:
        index = _layer_index(violation)
        if index is not None and is_error(violation):
            by_layer.setdefault(index, []).append(violation.replace(path=violation.path[3:]))
    return by_layer


def _layer_index(violation: Violation) -> int | None:
    """The index of the layer that a violation is in; None if it is in none."""
    path = violation.path
    return path[2] if path[:2] == ("model", "layers") and len(path) > 2 and isinstance(path[2], int) else None


def _class_counts(spec: TypedSpec) -> Sequence[int]:
    """The number of classes, which the output of a layer may have to equal."""
    count = spec.target.__dict__.get("classes") if spec.target is not None else None
    return () if count is None else (count,)


def repaired_layers(entry: object, mistakes: Sequence[Violation], sizes: Sequence[int]) -> list[Layer]:
    """Different layers that an invalid entry of `layers` may stand for; empty if too little is known of it."""
    table: Any = {"type": entry} if isinstance(entry, str) else entry
    if not isinstance(table, Mapping):
        return []
    for mistake in mistakes:
        if mistake.rule == "unknown-layer":
            if mistake.suggestion is None:
                return []
            table = _with_value(table, mistake.path or ("type",), mistake.suggestion)
    choices = [list(_repairs(table, mistake, sizes)) for mistake in mistakes if mistake.rule != "unknown-layer"]
    layers = []
    for number in range(max(map(len, choices), default=1) if all(choices) else 0):
        violations: list[Violation] = []
        repaired = table
        for offset, repairs in enumerate(choices):
            for path, value in repairs[(number + offset) % len(repairs)].items():
                repaired = _with_value(repaired, path, value)
        layer = read_layer(repaired, violations)
        if layer is not None and not any(map(is_error, violations)):
            layers.append(layer)
    return layers


def _repairs(table: Mapping[str, object], mistake: Violation, sizes: Sequence[int]) -> Iterator[Repair]:
    """The ways in which one error in a layer may be repaired; none if too little is known."""
    if mistake.rule == "conflicting-arguments":
        # Any argument may be the wrong one.
        return
    if mistake.rule in ("duplicate-name", "bad-name"):
        yield {mistake.path: UNSET}
        return
    if mistake.rule == "newer-keras":
        yield {}
        if mistake.path:
            yield {mistake.path: UNSET}
        return
    # The value of an unknown argument may be the name of a layer itself.
    at = _innermost_layer(table, mistake.path[:-1] if mistake.rule == "unknown-argument" else mistake.path)
    declared = _class_at(table, at)
    if declared is None:
        return
    inside = mistake.path[len(at) :]
    name = inside[0] if inside else mistake.missing
    # A recovered None is no more likely than any other value.
    meant = UNSET if mistake.string_range or mistake.recovered_value is None else mistake.recovered_value
    if mistake.rule == "unknown-argument" and meant is not UNSET:
        yield {mistake.path: UNSET, (*mistake.path[:-1], meant): value_at(table, mistake.path)}
    elif mistake.rule == "unknown-argument" and name not in declared.model_fields:
        yield from _renamed(declared, value_at(table, at), at, str(name))
    elif inside and meant is not UNSET:
        yield {mistake.path: meant}
    elif name in declared.model_fields:
        yield from ({(*at, str(name)): value} for value in _values(declared, str(name), sizes))


def _renamed(declared: type[Layer], written: Mapping[str, object], at: Path, key: str) -> Iterator[Repair]:
    """An unknown argument left out, or with the name of an argument that accepts its value."""
    yield {(*at, key): UNSET}
    value = written[key]
    for name, field in declared.model_fields.items():
        if name not in written and value != field.default and kind_of_field(field).accepts(value):
            yield {(*at, key): UNSET, (*at, name): value}


def _innermost_layer(table: Mapping[str, object], path: Path) -> Path:
    """The path of the innermost layer around a path in a layer."""
    return next((path[:length] for length in range(len(path), 0, -1) if _class_at(table, path[:length])), ())


def _class_at(table: Mapping[str, object], path: Path) -> type[Layer] | None:
    """The class of the layer at a path in a layer; None if there is none."""
    entry = value_at(table, path)
    name = entry.get("type") if isinstance(entry, Mapping) else entry
    return layer_class(name) if isinstance(name, str) else None


def _values(declared: type[Layer], name: str, sizes: Sequence[int]) -> list[object]:
    """Different values of an argument; empty if no two are known."""
    field = declared.model_fields[name]
    kind = kind_of_field(field)
    words = [*kind.words()]
    if not words and kind.accepts("any text") and not kind.is_shape_neutral:
        return []
    values: list[object] = [] if field.is_required() else [UNSET]
    for value in (*words, True, False, *sizes, -1, *_NUMBERS, *_NAMES):
        if len(values) < _MAX_VALUES and value not in values and kind.accepts(value):
            values.append(value)
    return values if len(values) > 1 else []


def _with_value(tree: object, path: Path, value: object) -> object:
    """A copy of a tree with another value at a path, or without it; the tree itself if it has no such path."""
    key, rest = path[0], path[1:]
    if not isinstance(tree, (list, tuple, Mapping)) or (rest and isinstance(tree, Mapping) and key not in tree):
        # Another repair has replaced or renamed the list or table.
        return tree
    changed: Any = list(tree) if isinstance(tree, (list, tuple)) else dict(tree)
    if rest:
        changed[key] = _with_value(changed[key], rest, value)
    elif value is UNSET:
        changed.pop(key, None)
    else:
        changed[key] = value
    return changed


_SIZE_INDEPENDENT = frozenset({"wrong-rank"})
"""Rules whose violations depend on the rank of a tensor, although their messages have its sizes."""


def common_violations(violation_lists: Sequence[Sequence[Violation]]) -> list[Violation]:
    """The violations that occur in all models, as far as their texts agree."""
    others = [{_identity(violation): violation for violation in violations} for violations in violation_lists[1:]]
    common = []
    for violation in violation_lists[0]:
        identity = _identity(violation)
        same = [violation, *(other[identity] for other in others if identity in other)]
        if len(same) == len(violation_lists):
            common.append(_merged(same))
    return common


def _identity(violation: Violation) -> object:
    message = None if violation.rule in _SIZE_INDEPENDENT else violation.message
    return violation.rule, violation.path, violation.severity, violation.missing, message


def _merged(same: Sequence[Violation]) -> Violation:
    first = same[0]

    def agreed(attribute: str, default: object = None) -> Any:
        value = getattr(first, attribute)
        return value if all(getattr(other, attribute) == value for other in same) else default

    statement = common_message([violation.statement for violation in same], {}, fewest=len(same))
    notes = [common_message(texts, {}, fewest=len(same)) for texts in zip(*(violation.notes for violation in same))]
    return first.replace(
        statement=statement or agreed("label") or "does not accept the rank of its input",
        label=agreed("label"),
        help=agreed("help"),
        notes=tuple(note for note in notes if note is not None),
        related=agreed("related", ()),
        fix=agreed("fix"),
        suggestion=agreed("suggestion"),
    )
