"""A saved model as a spec and the weights of Keras 3.

There are two steps: `plan_conversion` reads the file and creates the spec, `fill_weights` uses the analysis of the
spec, which determines its weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import Any

from seqspec.core.catalog.inference_context import InferenceContext
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.frontends.keras_json.sequential_model import Imported, import_model
from seqspec.core.frontends.keras_json.wrapped_values import INPUT, class_of
from seqspec.core.language.names import numbered, snake_case
from seqspec.core.shapes.tensor import WeightSpec
from seqspec.saved_models.assign import assign_arrays, group_by_layer, wrong_count
from seqspec.saved_models.file import read_saved
from seqspec.saved_models.layer_classes import (
    adds_weights,
    is_lookup,
    is_recurrent_convolution,
    is_stack,
    slides_kernel,
    splits_text,
)
from seqspec.saved_models.nodes import STACK, Layout, Node, all_leaves, entry, read_nodes, stack_of
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import (
    Array,
    ByLayer,
    ByObject,
    ByPath,
    ConversionNotes,
    Generation,
    InOneList,
    NamedArrays,
    SavedModel,
    SavedModelError,
    generation_of,
)
from seqspec.saved_models.version_fixes import hard_sigmoid, older_layers, output_padding, preprocessing
from seqspec.saved_models.version_fixes.apply_fixes import apply_fixes, set_dim_ordering
from seqspec.saved_models.version_fixes.quantization import (
    dequantize,
    quantized_variables,
    read_quantization,
    stored_names,
)
from seqspec.saved_models.vocabulary import IDF, learn_from_tables
from seqspec.saved_models.weights_h5 import Leaf, Placed, leaves_of

_ROLES = {"scale": "gamma"}


@dataclass
class Conversion:
    """The state of a conversion of a saved model to a spec with weights.

    Attributes:
        saved: The file as it was read.
        imported: The spec, with notes.
        source: The layers of the file with its arrays.
        target: The layers for Keras 3.
        ledger: The changes that were made to the weights.
        layout: How the input of the spec is arranged, if differently from the file.
        assumed_order: Whether the order of the axes is not in the file.
        arrays: The weights of Keras 3 by path, after `fill_weights`.
    """

    saved: SavedModel
    imported: Imported
    source: list[Node]
    target: list[Node]
    notes: ConversionNotes
    layout: Layout | None = None
    assumed_order: bool = False
    arrays: dict[str, Array] = field(default_factory=dict)

    @property
    def generation(self) -> Generation:
        return self.saved.generation

    @property
    def output_layout(self) -> Layout | None:
        """How the output of the spec is arranged, if differently from the file."""
        return self.target[-1].layout


def plan_conversion(
    file: str,
    architecture: Mapping[str, object] | None = None,
    theano: bool = False,
    input_shape: Sequence[int | None] | None = None,
    move_channels: bool = False,
    channels_first: bool = False,
) -> Conversion:
    """Reads a file and creates its spec.

    Args:
        file: A saved model of any container.
        architecture: Keras's JSON of the model, for files that have only weights.
        theano: Whether the model was trained with Theano, where the file does not state the backend.
        input_shape: The shape of one sample, None for an unknown size, where the file does not state it.
        move_channels: Whether channels_first becomes channels_last, also in the input of the model.
        channels_first: The order of the axes in a model of Keras 1 of which no layer states it.

    Raises:
        SavedModelError: The file is not safe, not a model, or its weights do not fit.
        Violations: A spec cannot express the model, at paths within the configuration of the file.
        OSError: The file cannot be opened.
    """
    saved = read_saved(file)
    if saved.config is None:
        if architecture is None:
            raise SavedModelError(
                "architecture-missing",
                "the file has weights, but no architecture",
                "pass the JSON of model.to_json() with --architecture",
            )
        saved.config = architecture
        saved.generation = _generation_with(saved, architecture)
    saved.generation = _with_backend(saved.generation, theano)
    try:
        return _plan(saved, theano, input_shape, move_channels, channels_first)
    except (SavedModelError, Violations, Violation):
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A malformed configuration can cause any exception.
        raise SavedModelError(
            "not-a-model", f"the configuration or the weights are damaged: {type(error).__name__}: {error}"
        ) from error


def _plan(
    saved: SavedModel,
    theano: bool,
    input_shape: Sequence[int | None] | None,
    move_channels: bool,
    channels_first: bool,
) -> Conversion:
    assert saved.config is not None
    if saved.generation.version.startswith("3.0."):
        saved.config = preprocessing.drop_integer_dtype(saved.config)
    raw, outer = stack_of(saved.config)
    if class_of(raw) not in (STACK, None) and not isinstance(raw.get("layers"), list):
        import_model(saved.config)  # Raises an error that describes the problem.
    notes = ConversionNotes(texts=list(saved.notes))
    source = read_nodes(raw)
    if all(node.kind == INPUT for node in source):
        raise SavedModelError("not-a-model", "the model has no layers")
    if isinstance(saved.store, ByObject) and (read := learn_from_tables(source, saved.store, notes)):
        notes.fixes["vocabulary read from a table"] += read
    _note_vocabularies(source, saved, notes)
    preprocessing.require_version(all_leaves(source), saved.generation)
    for leaf in all_leaves(source):
        older_layers.restore_axis(leaf, notes)
    assumed = saved.generation.keras == 1 and set_dim_ordering(source, notes, channels_first)
    if saved.generation.keras < 3:
        try:
            assign_arrays(saved, source, notes)
        except SavedModelError:
            _require_known_classes(_serialize(raw, outer, source))
            raise
        _note_backend(saved.generation, source, theano, notes)
    if saved.container == "tfjs" and not saved.generation.old_hard_sigmoid:
        _note_hard_sigmoid(source, saved.generation, notes)
    if saved.generation.keras >= 3:
        read_quantization(source, notes)
    restored = output_padding.restore_output_padding(source, saved.generation, notes)
    target, layout = apply_fixes(source, saved.generation, notes, move_channels)
    without_modules = saved.container in ("h5", "tfjs")
    if without_modules and saved.generation.keras >= 3:
        # Keras 3 omits `module` in HDF5, whose presence distinguishes its layers from older ones.
        for node in target:
            _add_module(node)
    rewritten = without_modules or saved.generation.keras < 3 or layout is not None or restored
    config = _serialize(raw, outer, target) if rewritten else saved.config
    imported = import_model(config)
    if input_shape is not None:
        if "input" in imported.tree["model"]:
            raise SavedModelError(
                "input-shape", "the file already has the input shape of the model", "remove --input-shape"
            )
        imported = import_model({**config, "build_config": {"input_shape": [None, *input_shape]}})
    if layout is not None:
        _move_input(imported.tree["model"], layout)
    return Conversion(saved, imported, source, target, notes, layout, assumed)


def _move_input(model: dict[str, Any], layout: Layout) -> None:
    """Moves the channels of the input of a spec to the end."""
    given = model.get("input")
    shape = given["shape"] if isinstance(given, dict) else given
    if isinstance(shape, list):
        shape.append(shape.pop(layout.channel_axis - 1))


_CLASSES = ("unknown-layer", "unsupported-layer", "unsupported-class")


def _require_known_classes(config: Mapping[str, object]) -> None:
    """Raises for layers that a spec cannot declare, whose weights are therefore unknown."""
    try:
        import_model(config)
    except Violations as several:
        found = [violation for violation in several.items if violation.rule in _CLASSES]
        if found:
            raise Violations(found) from None


def _note_vocabularies(nodes: Sequence[Node], saved: SavedModel, notes: ConversionNotes) -> None:
    """Adds notes on vocabularies that HDF5 files do not contain, and on unreadable tables of a SavedModel."""
    for leaf in all_leaves(nodes):
        if not is_lookup(leaf.kind):
            continue
        vocabulary = leaf.value("vocabulary")
        if isinstance(vocabulary, str):
            raise SavedModelError(
                "weights-missing",
                f"{leaf.name!r} has its vocabulary in the file {vocabulary!r}, which is not part of the model and "
                "is not opened",
                "create the layer with the vocabulary as a list where the model was saved, and save it again",
            )
        if vocabulary is not None:
            continue
        if isinstance(saved.store, ByObject):
            raise SavedModelError(
                "weights-missing",
                f"{leaf.name!r} has learned its vocabulary, which is in a table that is not read",
                "load it with the TensorFlow that wrote it, and save it as .keras, which has the vocabulary",
            )
        notes.add(f"the file does not have the vocabulary of {leaf.name!r}: set it in the spec, or adapt the layer")


def _add_module(node: Node) -> None:
    node.raw = {"module": "keras.layers", **node.raw}
    for child in node.children:
        _add_module(child)


def _generation_with(saved: SavedModel, architecture: Mapping[str, object]) -> Generation:
    """The generation of a weights file with the architecture in a separate file."""
    raw, outer = stack_of(architecture)
    version = outer.get("keras_version", raw.get("keras_version"))
    missing = 3 if "module" in raw else 1
    known = generation_of(version, outer.get("backend", raw.get("backend")), missing)
    if isinstance(saved.store, ByPath):
        return known if known.keras > 1 else saved.generation
    if saved.generation.version:
        return saved.generation
    return known


def _with_backend(generation: Generation, theano: bool) -> Generation:
    if theano and generation.backend is None:
        return Generation(generation.keras, generation.version, "theano", generation.tfjs)
    return generation


def _note_backend(generation: Generation, nodes: Sequence[Node], theano: bool, notes: ConversionNotes) -> None:
    """Adds a note if Keras 1 convolutions depend on the backend, which the file does not state."""
    if generation.keras > 1 or theano:
        return
    if any(
        max(leaf.arrays.get("kernel", _NONE).shape[:2], default=0) > 1
        for leaf in all_leaves(nodes)
        if slides_kernel(leaf.kind) or is_recurrent_convolution(leaf.kind)
    ):
        notes.add(
            "the file does not state its backend, and TensorFlow is assumed: if the model was trained with Theano, "
            "pass --theano"
        )


def _note_hard_sigmoid(nodes: Sequence[Node], generation: Generation, notes: ConversionNotes) -> None:
    """Adds a note on layers that TensorFlow.js computes differently from the Keras whose model was converted to it."""
    for leaf in all_leaves(nodes):
        if hard_sigmoid.is_hard(leaf, "activation", "recurrent_activation"):
            notes.add(
                f"{leaf.name!r} applies hard_sigmoid, which {generation} computes as clip(x / 6 + 0.5), and "
                "TensorFlow.js as clip(0.2 x + 0.5): the spec computes what the Keras model did, not what "
                "TensorFlow.js does"
            )


class _NoArray:
    shape = ()


_NONE = _NoArray()


def _serialize(raw: Mapping[str, object], outer: Mapping[str, object], nodes: Sequence[Node]) -> dict[str, Any]:
    config = raw.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    inner: dict[str, object] = {"layers": [entry(node) for node in nodes]}
    if isinstance(name, str):
        inner["name"] = name
    if isinstance(config, Mapping):
        inner |= {key: config[key] for key in ("build_input_shape",) if key in config}
    kept = {
        key: raw[key]
        for key in ("build_config", "compile_config", "training_config", "optimizer", "loss")
        if key in raw
    }
    if isinstance(outer.get("training_config"), Mapping):
        kept["training_config"] = outer["training_config"]
    return {**kept, "class_name": STACK, "config": inner}


def fill_weights(conversion: Conversion, placed: Sequence[Placed], env: InferenceContext) -> None:
    """Computes the arrays of Keras 3 for the layers of the analyzed spec.

    Raises:
        SavedModelError: An array is missing, left over, or has the wrong shape.
    """
    wanted = leaves_of(placed, env)
    targets = [node for node in conversion.target if node.kind != INPUT]
    if len(wanted) != len(targets):
        raise SavedModelError("weights-shape", f"the spec has {len(wanted)} layers, the file {len(targets)}")
    if conversion.generation.keras >= 3:
        changes = _ArrayChanges(_changes(targets, wanted))
        conversion.arrays = _keras_3_arrays(conversion, placed, wanted, _quantized(targets, wanted), changes)
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


def _store_arrays(node: Node, leaf: Leaf, arrays: dict[str, Array]) -> None:
    left = dict(node.arrays)
    if (idf := left.pop(IDF, None)) is not None:
        # Keras stores it twice for a TextVectorization, which contains a lookup layer.
        inside = ["/_lookup_layer"] if splits_text(node.kind) else []
        arrays |= {f"{leaf.group}{part}/vars/{IDF}": idf for part in ["", *inside]}
    for number, index in enumerate(leaf.stored):
        weight = leaf.weights[index]
        array = left.pop(weight.name, None)
        if array is None:
            raise SavedModelError("weights-missing", f"the file has no {weight.name} of the layer {leaf.name!r}")
        _require_shape(array, weight, leaf)
        arrays[f"{leaf.group}/vars/{number}"] = np.asarray(array).astype(_stored_dtype(weight.dtype))
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


def _pairs(targets: Sequence[Node], wanted: Sequence[Sequence[Leaf]]) -> Iterator[tuple[Node, Leaf]]:
    """The layers of a Keras 3 file with those of the spec that have their weights."""
    for node, leaves in zip(targets, wanted):
        nodes = [leaf for leaf in node.leaves() if leaf.kind != INPUT]
        if len(nodes) == len(leaves):
            yield from zip(nodes, leaves)


def _paths(targets: Sequence[Node], wanted: Sequence[Sequence[Leaf]]) -> Iterator[tuple[Node, dict[str, str]]]:
    """The layers of a Keras 3 file with the paths of their arrays by role."""
    for part, leaf in _pairs(targets, wanted):
        yield (
            part,
            {leaf.weights[index].name: f"{leaf.group}/vars/{number}" for number, index in enumerate(leaf.stored)},
        )


def _quantized(targets: Sequence[Node], wanted: Sequence[Sequence[Leaf]]) -> dict[str, Node]:
    """The quantized layers by their groups in `.weights.h5`."""
    return {leaf.group: part for part, leaf in _pairs(targets, wanted) if part.quantized is not None}


def _changes(targets: Sequence[Node], wanted: Sequence[Sequence[Leaf]]) -> dict[str, Callable[[Array], Array]]:
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
    targets: Sequence[Node],
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
    placed: Sequence[Placed],
    wanted: Sequence[Sequence[Leaf]],
    quantized: Mapping[str, Node],
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
        return _by_order(store, placed, wanted, quantized, changes)
    raise SavedModelError("not-a-model", "Keras 3 does not write this format")


def _at_sequential_paths(store: ByPath, nodes: Sequence[Node]) -> ByPath:
    """The arrays at the paths that they have in a Sequential model, if they are those of a Functional one."""
    moves = dict(_group_paths(nodes, "layers", "layers"))
    places = sorted((place for place in moves if moves[place] != place), key=len, reverse=True)
    found = {}
    for path, array in store.arrays.items():
        place = next((place for place in places if path.startswith(place)), "")
        found[moves.get(place, "") + path[len(place) :]] = array
    return ByPath(found)


def _group_paths(nodes: Sequence[Node], before: str, after: str) -> Iterator[tuple[str, str]]:
    """The group of each layer in the file, and in a file of the spec; each ends with a slash."""
    stored: dict[str, int] = {}
    new: dict[str, int] = {}
    for node in nodes:
        old = f"{before}/{numbered(snake_case(node.stored_kind or node.kind), stored)}/"
        place = f"{after}/{numbered(snake_case(node.kind), new)}/"
        yield old, place
        if node.children and is_stack(node.kind):
            yield from _group_paths(node.children, f"{old}layers", f"{place}layers")


def _dequantize_by_path(store: ByPath, wanted: Sequence[Sequence[Leaf]], quantized: Mapping[str, Node]) -> ByPath:
    """The arrays with those of quantized layers replaced by floats."""
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
    found: dict[str, Array] = {}
    for leaf in (leaf for leaves in wanted for leaf in leaves):
        for number, index in enumerate(leaf.stored):
            weight, path = leaf.weights[index], f"{leaf.group}/vars/{number}"
            if path not in left:
                raise SavedModelError(
                    "weights-missing",
                    f"the file has no {weight.name} of {leaf.name!r} at {path}",
                    _shared(leaf, [other for leaves in wanted for other in leaves]),
                )
            found[path] = changes.apply(path, left.pop(path), weight, leaf)
    for path, array in left.items():
        if "seed_generator" in path or "/_random_generator" in path:
            continue
        if path.endswith("idf_weights"):
            found[path] = array
            continue
        raise SavedModelError("weights-left-over", f"the array {path} belongs to no layer of the architecture")
    return found


def _shared(leaf: Leaf, leaves: Sequence[Leaf]) -> str | None:
    """The help for weights that are missing since Keras saves those of a layer once, although it is in two stacks."""
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
    placed: Sequence[Placed],
    wanted: Sequence[Sequence[Leaf]],
    quantized: Mapping[str, Node],
    changes: _ArrayChanges,
) -> dict[str, Array]:
    """The arrays of an HDF5 file of Keras 3, which lists for each layer the trainable weights, then all others."""
    filled = [(name, arrays) for name, arrays in store.layers if arrays]
    owners = [(entry, leaves) for entry, leaves in zip(placed, wanted) if entry.weights]
    if len(filled) != len(owners):
        raise wrong_count(len(owners), len(filled), "layers with weights")
    found: dict[str, Array] = {}
    for (entry_, leaves), (name, arrays) in zip(owners, filled):
        weights = list(entry_.weights)
        if any(leaf.group in quantized for leaf in leaves):
            values = _dequantize_in_order(leaves, quantized, name, arrays)
        else:
            order = sorted(range(len(weights)), key=lambda index: not weights[index].trainable)
            if len(order) != len(arrays):
                raise wrong_count(len(order), len(arrays), f"weights of the layer {name!r}")
            values = {index: array for index, (_, array) in zip(order, arrays)}
        _distribute(leaves, values, found, changes)
    return found


def _dequantize_in_order(
    leaves: Sequence[Leaf], quantized: Mapping[str, Node], name: str, arrays: NamedArrays
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
    leaves: Sequence[Leaf], values: Mapping[int, Array], found: dict[str, Array], changes: _ArrayChanges
) -> None:
    """Distributes the list of a layer's weights to its leaves, in order."""
    at = 0
    for leaf in leaves:
        for number, index in enumerate(leaf.stored):
            path = f"{leaf.group}/vars/{number}"
            found[path] = changes.apply(path, _merge_lora(leaf, index, values, at), leaf.weights[index], leaf)
        # The weights of such a wrapper include those of the inner layer, in a different order.
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
