"""Checks a model with unknown values under several sample assignments and keeps only findings that occur in all of
them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

from seqspec.core.api.catalog import APPLICATIONS, LAYERS, layer_class
from seqspec.core.api.diagnostics import CODES, Diagnostic, Path
from seqspec.core.api.messages import common_message
from seqspec.core.api.syntax import Tree
from seqspec.programs.layers.candidates import ANY_AXIS
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import Unknown, are_integers, is_integer
from seqspec.programs.values.operators import binary

_OPAQUE = {"type": "?"}


_NO_EFFECT = {"type": "Identity"}

_SAMPLES = 6
"""The number of sample assignments."""

_HALVED = 192
"""A size that can be halved several times, as the encoders of images do, without a remainder."""


def sample_trees(model: ProgramModel) -> list[Tree]:
    """The specs of the model, one for each sample assignment; a single one if everything is known."""
    known = not model.unknown_values and model.input_known
    return [_sample_tree(model, index) for index in range(1 if known else _SAMPLES)]


def tail_start(model: ProgramModel) -> int | None:
    """The index after the last opaque layer of a stack; None if no known layers follow one.

    A later Reshape to unknown sizes is the start, since it would contradict the shapes that are tried before it.
    """
    opaque = [path[2] for path in model.opaque if len(path) == 3 and path[:2] == ("model", "layers")]
    layers = model.tree["model"].get("layers")
    indices = [index for index in opaque if isinstance(index, int)]
    if not indices or model.doubtful or model.calls is not None or not isinstance(layers, list):
        return None
    start = max(indices) + 1
    reshaped = [index for index, layer in enumerate(layers) if index > start and _reshapes_to_unknown(layer)]
    start = max([start, *reshaped])
    return start if start < len(layers) and len(indices) == len(model.opaque) else None


def tail_trees(model: ProgramModel) -> list[Tree]:
    """The specs of the layers after the last opaque one, which is followed by inputs of several shapes.

    The other layers stay in their places as layers without an effect.
    """
    start = tail_start(model)
    if start is None:
        return []
    trees: list[Tree] = []
    for index, values in enumerate(sample_values(model)):
        tree = _substituted(model, values, _NO_EFFECT)
        table = tree["model"]
        shape = _reshaped_input(table["layers"][start]) or _sample_input(table["layers"][start:], index)
        if shape is None:
            return []
        table["layers"] = [dict(_NO_EFFECT)] * start + table["layers"][start:]
        table["input"] = shape
        trees.append(tree)
    return trees


def _target_shape(layer: object) -> list[object]:
    """The target shape of a Reshape; empty for another layer."""
    sizes = layer.get("target_shape") if isinstance(layer, dict) and layer.get("type") == "Reshape" else None
    return sizes if isinstance(sizes, list) else []


def _reshapes_to_unknown(layer: object) -> bool:
    return any(isinstance(size, Unknown) for size in _target_shape(layer))


def _reshaped_input(layer: object) -> list[int] | None:
    """The input of a Reshape that has as many values as its output; None for another layer."""
    sizes = tuple(_target_shape(layer))
    return [prod(sizes)] if sizes and are_integers(sizes) and min(sizes) > 0 else None


def sample_values(model: ProgramModel) -> list[dict[Path, object]]:
    """The values of the unknown places of the tree in each sample assignment."""
    return [_sample(model, index) for index in range(_SAMPLES)]


def _sample(model: ProgramModel, index: int) -> dict[Path, Any]:
    """A value for every unknown in each sample: sizes in different relative orders, and twice all equal."""
    classes, halved = _common_size(model), _image_size(model)
    sample: dict[Path, object] = {}
    names: dict[int, int] = {}

    def size(unknown: Unknown) -> int:
        offset = names.setdefault(unknown.identity, len(names))
        if index in (3, 5):
            return classes if index == 3 else halved
        return 90 - offset % 80 if index == 4 else (6, 68, 5003)[(index + offset) % 3] + offset

    def operand(value: object, depth: int) -> object:
        return number(value, depth) if isinstance(value, Unknown) else value

    def number(unknown: Unknown, depth: int = 0) -> float:
        if unknown.choices and are_integers(unknown.choices):
            return unknown.choices[index % len(unknown.choices)]
        if unknown.formula is None or depth > 20:
            return size(unknown)
        operator, left, right = unknown.formula
        result = binary(operator, operand(left, depth + 1), operand(right, depth + 1), ast.Constant(0))
        return result if isinstance(result, (int, float)) else size(unknown)

    for unknown in model.unknown_values:
        is_axis = unknown.candidates == ANY_AXIS
        if (unknown.is_size or unknown.path == ("target", "classes")) and not unknown.value.choices and not is_axis:
            value = number(unknown.value)
            sample[unknown.path] = int(value) if value >= 1 else 1
        elif unknown.candidates:
            offset = names.setdefault(unknown.value.identity, len(names))
            sample[unknown.path] = unknown.candidates[(index + offset) % len(unknown.candidates)]
    return sample


def _common_size(model: ProgramModel) -> int:
    """The size of all unknown sizes in the sample in which they are equal: that of the output."""
    classes = model.tree.get("target", {}).get("classes")
    if is_integer(classes):
        return classes
    layers = model.tree["model"].get("layers")
    last = layers[-1] if layers else None
    units = last.get("units") if isinstance(last, dict) else None
    return max(units, 2) if is_integer(units) else 24


def _image_size(model: ProgramModel) -> int:
    """The size of all unknown sizes in the sample of images: that which a base model declares."""
    for layer in model.tree["model"].get("layers", ()):
        shape = layer.get("input_shape") if isinstance(layer, dict) and layer.get("type") in APPLICATIONS else None
        size = shape[0] if isinstance(shape, (list, tuple)) and shape else None
        if is_integer(size):
            return size
    return _HALVED


def _substituted(model: ProgramModel, values: dict[Path, object], opaque: Tree) -> Tree:
    """The tree of a model with values for what is unknown, and a layer in place of each opaque one."""
    return model.substitute(lambda layer, path: dict(opaque), lambda value, path: values.get(path, value))


def _sample_tree(model: ProgramModel, index: int) -> Tree:
    tree = _substituted(model, _sample(model, index), _OPAQUE)
    table = tree["model"]
    if "input" not in table and not model.input_known and not tree.get("inputs"):
        # The first of several inputs may not be that of the first layer.
        shape = _sample_input(table["layers"], index)
        if shape is not None:
            table["input"] = shape
    return tree


_SIZES = (
    [61, 67, 71, 3],
    [127, 131, 40, 1],
    [230, 211, 199, 8],
    [301, 289, 277, 512],
    [17, 19, 23, 2],
    [_HALVED, 256, 320, 64],
)
_ANY_RANK: tuple[list[int], ...] = ([12], [20, 5], [64, 72, 3], [5000], [3], [_HALVED])


def _sample_input(layers: Sequence[object], index: int) -> list[int] | None:
    """An input shape that the first layer accepts, different for every sample; None if no shape is needed."""
    first = layers[0] if layers else None
    name = first.get("type") if isinstance(first, dict) else None
    if not isinstance(name, str) or name in ("?", "TextVectorization", "StringLookup"):
        return None
    rank = _usual_rank(name)
    if rank is not None:
        sizes = _SIZES[index]
        return sizes[4 - rank :] if rank != 2 else [sizes[0], sizes[3] + 7]
    # Layers that accept any rank are tried with a vector, a sequence and an image, and as a later layer needs it.
    required = next(filter(None, map(_required_rank, layers)), 0)
    return _VOLUMES[-required:] if index == 5 and required > 3 else list(_ANY_RANK[index])


_VOLUMES = [12, 20, 24, 28, 32, 3]
"""The sizes of the last sample, of which a layer of a higher rank takes as many as it needs."""


def _required_rank(entry: object) -> int | None:
    """The rank of one sample that a layer needs, inside wrappers and nested models too; None for any rank."""
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        return None
    name, inner = entry["type"], entry.get("layer")
    if name == "Sequential":
        layers = entry.get("layers")
        return next(filter(None, map(_required_rank, layers)), None) if isinstance(layers, (list, tuple)) else None
    if inner is not None:
        rank = _required_rank(inner if isinstance(inner, dict) else {"type": inner})
        return rank + 1 if rank is not None and name == "TimeDistributed" else rank
    layer = layer_class(name) if name in LAYERS else None
    return layer.rank + 2 if layer is not None and layer.role == "recurrent" and layer.rank else _usual_rank(name)


def _usual_rank(name: str) -> int | None:
    """The rank of one sample that a layer accepts; None where it accepts several."""
    layer = layer_class(name) if name in LAYERS else None
    if layer is None:
        return None
    if layer.role == "recurrent":
        return None if layer.rank else 2
    if layer.rank:
        return layer.rank + 1
    return 3 if "image" in layer.traits else 1 if layer.role == "embedding" else None


def common_findings(samples: Sequence[Sequence[Diagnostic]], model: ProgramModel) -> list[Diagnostic]:
    """The findings that occur in all samples, with messages without the sampled numbers."""
    if len(samples) == 1:
        return list(samples[0])
    names = _names_by_values(model, len(samples))
    common: list[Diagnostic] = []
    for diagnostic in samples[0]:
        key = diagnostic.code, diagnostic.pointer
        others = [
            next((diagnostic for diagnostic in sample if (diagnostic.code, diagnostic.pointer) == key), None)
            for sample in samples[1:]
        ]
        same = [diagnostic, *(diagnostic for diagnostic in others if diagnostic is not None)]
        if len(same) == len(samples):
            common.append(_merge_diagnostics(same, names))
    return common


def common_text(texts: Sequence[str | None], model: ProgramModel) -> str | None:
    """The common text of all samples but those with None; sizes that differ are replaced by the names of unknown
    values, or `?`.
    """
    if len(texts) == 1:
        return texts[0]
    names = _names_by_values(model, len(texts))
    if None in texts:
        kept = [index for index, text in enumerate(texts) if text is not None]
        names = {tuple(values[index] for index in kept): name for values, name in names.items()}
        return common_message([texts[index] for index in kept], names, fewest=1)
    return common_message(texts, names)


def _names_by_values(model: ProgramModel, samples: int) -> dict[tuple[float, ...], str]:
    """The source text of each unknown value, by its values in all samples."""
    values_by_sample = [_sample(model, index) for index in range(samples)]
    return {
        tuple(values[unknown.path] for values in values_by_sample): unknown.value.text
        for unknown in model.unknown_values
        if unknown.path in values_by_sample[0]
    }


def _merge_diagnostics(same: Sequence[Diagnostic], names: dict[tuple[float, ...], str]) -> Diagnostic:
    first = same[0]
    notes = [common_message(texts, names) for texts in zip(*(diagnostic.notes for diagnostic in same))]
    return replace(
        first,
        message=common_message([diagnostic.message for diagnostic in same], names)
        or first.subject + CODES[first.name].summary,
        label=common_message([diagnostic.label for diagnostic in same], names),
        help=common_message([diagnostic.help for diagnostic in same], names, unnamed=None),
        notes=tuple(note for note in notes if note is not None),
        fix=first.fix if all(diagnostic.fix == first.fix for diagnostic in same) else None,
    )
