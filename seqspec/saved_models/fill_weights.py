"""The second step of a conversion: the weights of Keras 3 for the analyzed spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, takewhile

from seqspec.core.api.catalog import InferenceContext
from seqspec.core.api.check import LayerReport
from seqspec.core.api.frontends import INPUT
from seqspec.core.api.language import numbered
from seqspec.core.api.shapes import WeightSpec
from seqspec.saved_models.assign import group_by_layer, wrong_count
from seqspec.saved_models.conversion import Conversion
from seqspec.saved_models.layer_classes import adds_weights, group_of, is_base_model, is_stack, splits_text
from seqspec.saved_models.nodes import SavedLayer, stack_of
from seqspec.saved_models.packages import np
from seqspec.saved_models.quantization import dequantize, quantized_variables, stored_names
from seqspec.saved_models.saved_model import Array, ByLayer, ByPath, InOneList, NamedArrays, SavedModelError
from seqspec.saved_models.vocabulary import IDF
from seqspec.saved_models.weights_h5 import Leaf, leaves_of


def fill_weights(conversion: Conversion, layers: Sequence[LayerReport], env: InferenceContext) -> None:
    """Computes the arrays of Keras 3 for the layers of the analyzed spec.

    Raises:
        SavedModelError: An array is missing, left over, or has the wrong shape.
    """
    wanted = leaves_of(layers, env)
    targets = [node for node in conversion.target if node.kind != INPUT]
    if len(wanted) != len(targets):
        raise SavedModelError("weights-shape", f"the spec has {len(wanted)} layers, the file {len(targets)}")
    if conversion.generation.keras >= 3:
        changes = _ArrayChanges(_changes(targets, wanted))
        conversion.arrays = _keras_3_arrays(conversion, layers, wanted, _quantized(targets, wanted), changes)
        _attach(targets, wanted, conversion.arrays, changes.before)
        return
    for node, leaves in zip(targets, wanted):
        nodes = [leaf for leaf in node.leaves() if leaf.kind != INPUT]
        if len(nodes) != len(leaves):
            raise SavedModelError("weights-shape", f"the layer {node.name!r} has {len(nodes)} parts, not {len(leaves)}")
        for part, leaf in zip(nodes, leaves):
            if adds_weights(part.kind):
                # Keras 3 stores the kernel of the inner layer at both paths.
                inner = part.children[0].arrays
                part.arrays |= {role: inner[role] for role in ("kernel", "embeddings") if role in inner}
            _store_arrays(part, leaf, conversion.arrays)


def _store_arrays(node: SavedLayer, leaf: Leaf, arrays: dict[str, Array]) -> None:
    left = dict(node.arrays)
    if (idf := left.pop(IDF, None)) is not None:
        # Keras stores it twice for a TextVectorization, which contains a lookup layer.
        inside = ["/_lookup_layer"] if splits_text(node.kind) else []
        arrays |= {f"{leaf.group}{part}/vars/{IDF}": idf for part in ["", *inside]}
    for path, index in leaf.paths():
        weight = leaf.weights[index]
        array = left.pop(weight.name, None)
        if array is None:
            raise SavedModelError("weights-missing", f"the file has no {weight.name} of the layer {leaf.name!r}")
        _require_shape(array, weight, leaf)
        arrays[path] = np.asarray(array).astype(_stored_dtype(weight.dtype))
    if left:
        raise SavedModelError("weights-left-over", f"no weight of the layer {leaf.name!r} uses {', '.join(left)}")


def _require_shape(array: Array, weight: WeightSpec, leaf: Leaf) -> None:
    if tuple(array.shape) != tuple(weight.shape):
        raise SavedModelError(
            "weights-shape",
            f"{weight.name} of the layer {leaf.name!r} has the shape {tuple(array.shape)}, but the architecture needs "
            f"{tuple(weight.shape)}",
        )


def _stored_dtype(dtype: str) -> str:
    return "float32" if dtype == "bfloat16" else dtype


def _pairs(targets: Sequence[SavedLayer], wanted: Sequence[Sequence[Leaf]]) -> Iterator[tuple[SavedLayer, Leaf]]:
    """The layers of a Keras 3 file, each with the layer of the spec that has its weights."""
    for node, leaves in zip(targets, wanted):
        nodes = [leaf for leaf in node.leaves() if leaf.kind != INPUT]
        if len(nodes) == len(leaves):
            yield from zip(nodes, leaves)


def _paths(
    targets: Sequence[SavedLayer], wanted: Sequence[Sequence[Leaf]]
) -> Iterator[tuple[SavedLayer, dict[str, str]]]:
    """The layers of a Keras 3 file with the paths of their arrays by role."""
    for part, leaf in _pairs(targets, wanted):
        if not is_base_model(leaf.kind):
            yield part, {leaf.weights[index].name: path for path, index in leaf.paths()}


def _quantized(targets: Sequence[SavedLayer], wanted: Sequence[Sequence[Leaf]]) -> dict[str, SavedLayer]:
    """The quantized layers by their groups in `.weights.h5`."""
    return {leaf.group: part for part, leaf in _pairs(targets, wanted) if part.quantized is not None}


def _changes(targets: Sequence[SavedLayer], wanted: Sequence[Sequence[Leaf]]) -> dict[str, Callable[[Array], Array]]:
    """What changes the array at a path."""
    return {
        path: part.changes[role]
        for part, paths in _paths(targets, wanted)
        for role, path in paths.items()
        if role in part.changes
    }


class _ArrayChanges:
    """Changes arrays by path; `before` has those that were changed, as they were in the file."""

    def __init__(self, by_path: Mapping[str, Callable[[Array], Array]]) -> None:
        self._by_path = by_path
        self.before: dict[str, Array] = {}

    def apply(self, path: str, array: Array, weight: WeightSpec, leaf: Leaf) -> Array:
        """The changed array; raises `SavedModelError` if it does not have the shape of the weight."""
        change = self._by_path.get(path)
        if change is not None:
            self.before[path] = array
            with suppress(ValueError):  # An array of another shape.
                array = change(array)
        _require_shape(array, weight, leaf)
        return array


def _attach(
    targets: Sequence[SavedLayer],
    wanted: Sequence[Sequence[Leaf]],
    arrays: Mapping[str, Array],
    before: Mapping[str, Array],
) -> None:
    """Assigns the arrays to the layers of a Keras 3 file, for the comparison in NumPy."""
    for part, paths in _paths(targets, wanted):
        part.arrays = {role: arrays[path] for role, path in paths.items()}
        if part.origin is not None:
            part.origin.arrays = {role: before.get(path, arrays[path]) for role, path in paths.items()}


def _keras_3_arrays(
    conversion: Conversion,
    layers: Sequence[LayerReport],
    wanted: Sequence[Sequence[Leaf]],
    quantized: Mapping[str, SavedLayer],
    changes: _ArrayChanges,
) -> dict[str, Array]:
    store = conversion.saved.store
    if isinstance(store, ByPath):
        store = _dequantize_by_path(_at_sequential_paths(store, conversion.source), wanted, quantized)
        return _by_path(store, wanted, changes)
    if isinstance(store, InOneList):
        raw, _ = stack_of(conversion.saved.config or {})
        config = raw.get("config")
        name = config.get("name") if isinstance(config, Mapping) else None
        store = group_by_layer(store, [node for node in conversion.target if node.kind != INPUT], str(name))
    if isinstance(store, ByLayer):
        base = next((leaf for leaves in wanted for leaf in leaves if is_base_model(leaf.kind)), None)
        if base is not None:
            raise SavedModelError(
                "weights-missing",
                f"the weights of the base model {base.name!r} ({base.kind}) are read from .keras files alone",
                "load the model with Keras and save it as .keras",
            )
        return _by_order(store, layers, wanted, quantized, changes)
    raise SavedModelError("not-a-model", "Keras 3 does not write this format")


def _at_sequential_paths(store: ByPath, nodes: Sequence[SavedLayer]) -> ByPath:
    """The arrays at their paths in a Sequential model, also if the file has a Functional model."""
    moves = dict(_group_paths(nodes, "layers", "layers"))
    places = sorted((place for place in moves if moves[place] != place), key=len, reverse=True)
    by_path = {}
    for path, array in store.arrays.items():
        place = next((place for place in places if path.startswith(place)), "")
        by_path[moves.get(place, "") + path[len(place) :]] = array
    return ByPath(by_path)


def _group_paths(nodes: Sequence[SavedLayer], before: str, after: str) -> Iterator[tuple[str, str]]:
    """The group of each layer in the file, and in a file of the spec; each ends with a slash."""
    stored: dict[str, int] = {}
    new: dict[str, int] = {}
    for node in nodes:
        old = f"{before}/{numbered(group_of(node.stored_kind or node.kind), stored)}/"
        place = f"{after}/{numbered(group_of(node.kind), new)}/"
        yield old, place
        if node.children and is_stack(node.kind):
            yield from _group_paths(node.children, f"{old}layers", f"{place}layers")


def _dequantize_by_path(store: ByPath, wanted: Sequence[Sequence[Leaf]], quantized: Mapping[str, SavedLayer]) -> ByPath:
    """The arrays, with floats for quantized layers."""
    arrays = dict(store.arrays)
    for leaf in (leaf for leaves in wanted for leaf in leaves if leaf.group in quantized):
        node, mode = quantized[leaf.group], str(quantized[leaf.group].quantized)
        paths = list(takewhile(arrays.__contains__, (f"{leaf.group}/vars/{number}" for number in count())))
        values = dict(zip(stored_names(leaf, mode, len(paths)), [arrays.pop(path) for path in paths]))
        floats = dequantize(node, [leaf.weights[index] for index in leaf.stored], leaf.name, values)
        arrays |= {path: floats[leaf.weights[index].name] for path, index in zip(paths, leaf.stored)}
    return ByPath(arrays)


def _by_path(store: ByPath, wanted: Sequence[Sequence[Leaf]], changes: _ArrayChanges) -> dict[str, Array]:
    left = dict(store.arrays)
    by_path: dict[str, Array] = {}
    for leaf in (leaf for leaves in wanted for leaf in leaves):
        if is_base_model(leaf.kind):
            by_path |= _base_model_arrays(leaf, left)
            continue
        for path, index in leaf.paths():
            weight = leaf.weights[index]
            if path not in left:
                raise SavedModelError(
                    "weights-missing",
                    f"the file has no {weight.name} of {leaf.name!r} at {path}",
                    _shared(leaf, [other for leaves in wanted for other in leaves]),
                )
            by_path[path] = changes.apply(path, left.pop(path), weight, leaf)
    for path, array in left.items():
        if path.endswith("idf_weights"):
            by_path[path] = array
        elif "seed_generator" not in path and "/_random_generator" not in path:
            raise SavedModelError("weights-left-over", f"the array {path} belongs to no layer of the architecture")
    return by_path


def _base_model_arrays(leaf: Leaf, left: dict[str, Array]) -> dict[str, Array]:
    """The arrays of the layers inside a base model, at the paths that they have in the file; taken from `left`."""
    paths = [path for path in left if path.startswith(f"{leaf.group}/") and "seed_generator" not in path]
    base_arrays = {path: left.pop(path) for path in paths}
    if sorted(map(np.shape, base_arrays.values())) != sorted(tuple(weight.shape) for weight in leaf.weights):
        message = f"the arrays of the layer {leaf.name!r} in the file are not those of {leaf.kind}"
        raise SavedModelError("weights-shape", message)
    return base_arrays


def _shared(leaf: Leaf, leaves: Sequence[Leaf]) -> str | None:
    """The help for missing weights of a layer in two stacks, which Keras saves once."""
    name = leaf.name.rpartition("/")[2]
    other = next((other for other in leaves if other.kind == leaf.kind and other.name.endswith(f"/{name}")), leaf)
    if other is leaf:
        return None
    return (
        f"if {other.name!r} is the same layer, Keras has saved its weights only once and cannot load the file either: "
        "use a layer of its own in each place, or save the model as .h5"
    )


def _by_order(
    store: ByLayer,
    layers: Sequence[LayerReport],
    wanted: Sequence[Sequence[Leaf]],
    quantized: Mapping[str, SavedLayer],
    changes: _ArrayChanges,
) -> dict[str, Array]:
    """The arrays of an HDF5 file of Keras 3, which lists for each layer the trainable weights, then all others."""
    filled = [(name, arrays) for name, arrays in store.layers if arrays]
    owners = [(entry, leaves) for entry, leaves in zip(layers, wanted) if entry.weights]
    if len(filled) != len(owners):
        raise wrong_count(len(owners), len(filled), "layers with weights")
    by_path: dict[str, Array] = {}
    for (entry_, leaves), (name, arrays) in zip(owners, filled):
        weights = list(entry_.weights)
        if any(leaf.group in quantized for leaf in leaves):
            values = _dequantize_in_order(leaves, quantized, name, arrays)
        else:
            order = sorted(range(len(weights)), key=lambda index: not weights[index].trainable)
            if len(order) != len(arrays):
                raise wrong_count(len(order), len(arrays), f"weights of the layer {name!r}")
            values = {index: array for index, (_, array) in zip(order, arrays)}
        _distribute(leaves, values, by_path, changes)
    return by_path


def _dequantize_in_order(
    leaves: Sequence[Leaf], quantized: Mapping[str, SavedLayer], name: str, arrays: NamedArrays
) -> dict[int, Array]:
    """The weights of a layer with quantized parts, by their index in the list that it has without quantization."""
    parts: list[dict[str, Array]] = [{} for _ in leaves]
    left = [(path.rpartition("/")[2], array) for path, array in arrays][::-1]
    for trainable in (True, False):
        for leaf, part in zip(leaves, parts):
            node = quantized.get(leaf.group)
            if node is not None:
                names = quantized_variables(leaf, str(node.quantized), trainable)
                while left and left[-1][0] in names and left[-1][0] not in part:
                    part.__setitem__(*left.pop())
            else:
                for weight in leaf.weights:
                    if weight.trainable == trainable and left:
                        part[weight.name] = left.pop()[1]
    if left:
        raise SavedModelError("weights-left-over", f"{left[-1][0]} of the layer {name!r} belongs to no part of it")
    values = []
    for leaf, part in zip(leaves, parts):
        node = quantized.get(leaf.group)
        part = part if node is None else dequantize(node, leaf.weights, leaf.name, part)
        if missing := [weight.name for weight in leaf.weights if weight.name not in part]:
            raise SavedModelError("weights-missing", f"the file has no {missing[0]} of the layer {leaf.name!r}")
        values += [part[weight.name] for weight in leaf.weights]
    return dict(enumerate(values))


def _distribute(
    leaves: Sequence[Leaf], values: Mapping[int, Array], by_path: dict[str, Array], changes: _ArrayChanges
) -> None:
    """Distributes the list of a layer's weights to its leaves, in order."""
    at = 0
    for leaf in leaves:
        for path, index in leaf.paths():
            by_path[path] = changes.apply(path, _merge_lora(leaf, index, values, at), leaf.weights[index], leaf)
        # The weights of such a wrapper include the weights of the inner layer, in a different order.
        if not adds_weights(leaf.kind):
            at += len(leaf.weights)
            continue
        inner = [index for index, weight in enumerate(leaf.weights) if weight.name != "vector_u"]
        values = {at + place: values[at + index] for place, index in enumerate(inner)} | {
            index: array for index, array in values.items() if index >= at + len(leaf.weights)
        }


def _merge_lora(leaf: Leaf, index: int, values: Mapping[int, Array], at: int) -> Array:
    """A weight as Keras 3 stores it, with the LoRA update added to the kernel."""
    array = values[at + index]
    places = {weight.name: at + place for place, weight in enumerate(leaf.weights)}
    stem = f"lora_{leaf.weights[index].name}"
    if f"{stem}_a" not in places:
        return array
    down, up = values[places[f"{stem}_a"]], values[places[f"{stem}_b"]]
    merged: Array = array + (leaf.lora_scale * (down @ up)).astype(array.dtype)
    return merged
