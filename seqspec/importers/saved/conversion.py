"""A saved model as a spec and the weights of Keras 3.

The steps are apart, since the analysis of the spec, which says what weights it needs, is a higher package: `start`
reads the file and makes the spec, `finish` takes what the analysis found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqspec.catalog.inference_context import InferenceContext
from seqspec.diagnostics.violation import Violation, Violations
from seqspec.importers.keras_json.model import Imported, import_model
from seqspec.importers.keras_json.values import class_of
from seqspec.importers.saved.adapt import adapt, state_ordering
from seqspec.importers.saved.assign import assign
from seqspec.importers.saved.errors import SavedModelError, numpy
from seqspec.importers.saved.file import read_saved
from seqspec.importers.saved.layout_keras3 import Leaf, Placed, leaves_of
from seqspec.importers.saved.nodes import INPUT, Node, all_leaves, entry, read_nodes, stack_of
from seqspec.importers.saved.rules import discretization
from seqspec.importers.saved.saved_model import (
    ByLayer,
    ByObject,
    ByPath,
    Generation,
    Ledger,
    SavedModel,
    generation_of,
)
from seqspec.importers.saved.vocabulary import LOOKUPS

_ROLES = {"scale": "gamma"}


@dataclass
class Conversion:
    """A saved model on its way to a spec with weights.

    Attributes:
        saved: The file as it was read.
        imported: The spec, with notes.
        source: The layers of the file with its arrays.
        target: The layers for Keras 3.
        ledger: What was done to the weights.
        arrays: The weights of Keras 3 by path, after `finish`.
    """

    saved: SavedModel
    imported: Imported
    source: list[Node]
    target: list[Node]
    ledger: Ledger
    arrays: dict[str, Any] = field(default_factory=dict)

    @property
    def generation(self) -> Generation:
        return self.saved.generation


def start(file: str, architecture: Mapping[str, object] | None = None, theano: bool = False) -> Conversion:
    """Reads a file and makes its spec.

    Args:
        file: A saved model of any container.
        architecture: Keras's JSON of the model, for files that have only weights.
        theano: Whether the model was trained with Theano, where the file does not state the backend.

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
        saved.generation = _both(saved, architecture)
    saved.generation = _backend(saved.generation, theano)
    try:
        return _started(saved, theano)
    except (SavedModelError, Violations, Violation):
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What a configuration may hold is not known in advance.
        raise SavedModelError(
            "not-a-model", f"the configuration or the weights are damaged: {type(error).__name__}: {error}"
        ) from error


def _started(saved: SavedModel, theano: bool) -> Conversion:
    assert saved.config is not None
    if saved.generation.version.startswith("3.0."):
        saved.config = discretization.without_dtype(saved.config)
    raw, outer = stack_of(saved.config)
    if class_of(raw) not in ("Sequential", None) and not isinstance(raw.get("layers"), list):
        import_model(saved.config)  # Raises what is wrong with it.
    ledger = Ledger(notes=list(saved.notes))
    source = read_nodes(raw)
    _note_vocabularies(source, saved, ledger)
    discretization.require_version(all_leaves(source), saved.generation)
    if saved.generation.keras == 1:
        state_ordering(source)
    if saved.generation.keras < 3:
        try:
            assign(saved, source, ledger)
        except SavedModelError:
            _require_known_classes(_rewritten(raw, outer, source))
            raise
        _note_backend(saved.generation, source, theano, ledger)
    target = adapt(source, saved.generation, ledger)
    if saved.container == "h5" and saved.generation.keras >= 3:
        # Keras 3 leaves the module out in HDF5, which marks layers that are not older.
        for node in target:
            _modern(node)
    older = saved.container == "h5" or saved.generation.keras < 3
    config = _rewritten(raw, outer, target) if older else saved.config
    return Conversion(saved, import_model(config), source, target, ledger)


_CLASSES = ("unknown-layer", "unsupported-layer", "unsupported-class")


def _require_known_classes(config: Mapping[str, object]) -> None:
    """Raises for layers whose weights cannot be known, since no spec has them."""
    try:
        import_model(config)
    except Violations as several:
        found = [violation for violation in several.items if violation.rule in _CLASSES]
        if found:
            raise Violations(found) from None


def _note_vocabularies(nodes: Sequence[Node], saved: SavedModel, ledger: Ledger) -> None:
    """HDF5 files do not have learned vocabularies; those of a SavedModel are in tables, which are not read."""
    for leaf in all_leaves(nodes):
        if leaf.kind not in LOOKUPS or leaf.value("vocabulary") is not None:
            continue
        if isinstance(saved.store, ByObject):
            raise SavedModelError(
                "weights-missing",
                f"{leaf.name!r} has learned its vocabulary, which is in a table that is not read",
                "load it with the TensorFlow that wrote it, and save it as .keras, which has the vocabulary",
            )
        ledger.note(f"the file does not have the vocabulary of {leaf.name!r}: set it in the spec, or adapt the layer")


def _modern(node: Node) -> None:
    node.raw = {"module": "keras.layers", **node.raw}
    for child in node.children:
        _modern(child)


def _both(saved: SavedModel, architecture: Mapping[str, object]) -> Generation:
    """The generation of weights whose architecture is another file."""
    raw, outer = stack_of(architecture)
    version = outer.get("keras_version", raw.get("keras_version"))
    missing = 3 if "module" in raw else 1
    known = generation_of(version, outer.get("backend", raw.get("backend")), missing)
    if isinstance(saved.store, ByPath):
        return known if known.keras > 1 else saved.generation
    if saved.generation.version:
        return saved.generation
    return known


def _backend(generation: Generation, theano: bool) -> Generation:
    if theano and generation.backend is None:
        return Generation(generation.keras, generation.version, "theano", generation.tfjs)
    return generation


def _note_backend(generation: Generation, nodes: Sequence[Node], theano: bool, ledger: Ledger) -> None:
    """Keras 1 does not state its backend, which matters for convolutions only."""
    if generation.keras > 1 or theano:
        return
    if any(
        max(leaf.arrays.get("kernel", _NONE).shape[:2], default=0) > 1 and "onv" in leaf.kind
        for leaf in all_leaves(nodes)
    ):
        ledger.note(
            "the file does not state its backend, and TensorFlow is assumed: if the model was trained with Theano, "
            "pass --theano"
        )


class _NoArray:
    shape = ()


_NONE = _NoArray()


def _rewritten(raw: Mapping[str, object], outer: Mapping[str, object], nodes: Sequence[Node]) -> dict[str, Any]:
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
    return {**kept, "class_name": "Sequential", "config": inner}


def finish(conversion: Conversion, placed: Sequence[Placed], env: InferenceContext) -> None:
    """Works out the arrays of Keras 3 for the layers of the analysed spec.

    Raises:
        SavedModelError: An array is missing, left over, or has the wrong shape.
    """
    wanted = leaves_of(placed, env)
    targets = [node for node in conversion.target if node.kind != INPUT]
    if len(wanted) != len(targets):
        raise SavedModelError("weights-shape", f"the spec has {len(wanted)} layers, the file {len(targets)}")
    if conversion.generation.keras >= 3:
        conversion.arrays = _of_keras_3(conversion, placed, wanted)
        _attach(targets, wanted, conversion.arrays)
        return
    for node, leaves in zip(targets, wanted):
        nodes = [leaf for leaf in node.leaves() if leaf.kind != INPUT]
        if len(nodes) != len(leaves):
            raise SavedModelError("weights-shape", f"the layer {node.name!r} has {len(nodes)} parts, not {len(leaves)}")
        for part, leaf in zip(nodes, leaves):
            if part.kind == "SpectralNormalization":
                # Keras 3 stores the kernel of the layer inside at both places.
                inner = part.children[0].arrays
                part.arrays |= {role: inner[role] for role in ("kernel", "embeddings") if role in inner}
            _place(part, leaf, conversion.arrays)


def _place(node: Node, leaf: Leaf, arrays: dict[str, Any]) -> None:
    np = numpy()
    left = dict(node.arrays)
    for number, index in enumerate(leaf.stored):
        weight = leaf.weights[index]
        array = left.pop(weight.name, None)
        if array is None:
            raise SavedModelError("weights-missing", f"the file has no {weight.name} of the layer {leaf.name!r}")
        if tuple(array.shape) != tuple(weight.shape):
            raise SavedModelError(
                "weights-shape",
                f"{weight.name} of the layer {leaf.name!r} has the shape {tuple(array.shape)}, but the "
                f"architecture needs {tuple(weight.shape)}",
            )
        arrays[f"{leaf.group}/vars/{number}"] = np.asarray(array).astype(_stored(weight.dtype))
    if left:
        raise SavedModelError("weights-left-over", f"no weight of the layer {leaf.name!r} uses {', '.join(left)}")


def _stored(dtype: str) -> str:
    return "float32" if dtype == "bfloat16" else dtype


def _attach(targets: Sequence[Node], wanted: Sequence[Sequence[Leaf]], arrays: Mapping[str, object]) -> None:
    """Puts the arrays into the layers of a file of Keras 3, for the second reading."""
    for node, leaves in zip(targets, wanted):
        nodes = [leaf for leaf in node.leaves() if leaf.kind != INPUT]
        if len(nodes) != len(leaves):
            continue
        for part, leaf in zip(nodes, leaves):
            found = {
                leaf.weights[index].name: arrays[f"{leaf.group}/vars/{number}"]
                for number, index in enumerate(leaf.stored)
            }
            part.arrays = found
            if part.origin is not None:
                part.origin.arrays = found


def _of_keras_3(
    conversion: Conversion, placed: Sequence[Placed], wanted: Sequence[Sequence[Leaf]]
) -> dict[str, object]:
    store = conversion.saved.store
    if isinstance(store, ByPath):
        return _same_paths(conversion, store, wanted)
    if isinstance(store, ByLayer):
        return _same_order(conversion, store, placed, wanted)
    raise SavedModelError("not-a-model", "Keras 3 does not write this format")


def _same_paths(conversion: Conversion, store: ByPath, wanted: Sequence[Sequence[Leaf]]) -> dict[str, object]:
    left = dict(store.arrays)
    found: dict[str, object] = {}
    for leaf in (leaf for leaves in wanted for leaf in leaves):
        for number, index in enumerate(leaf.stored):
            weight, path = leaf.weights[index], f"{leaf.group}/vars/{number}"
            if path not in left:
                raise SavedModelError("weights-missing", f"the file has no {weight.name} of {leaf.name!r} at {path}")
            _require_shape(left[path], weight, leaf)
            found[path] = left.pop(path)
    for path, array in left.items():
        if "seed_generator" in path or "/_random_generator" in path:
            continue
        if path.endswith("idf_weights"):
            found[path] = array
            continue
        raise SavedModelError("weights-left-over", f"the array {path} belongs to no layer of the architecture")
    return found


def _require_shape(array: Any, weight: Any, leaf: Leaf) -> None:
    if tuple(array.shape) != tuple(weight.shape):
        raise SavedModelError(
            "weights-shape",
            f"{weight.name} of the layer {leaf.name!r} has the shape {tuple(array.shape)}, but the architecture needs "
            f"{tuple(weight.shape)}",
        )


def _same_order(
    conversion: Conversion, store: ByLayer, placed: Sequence[Placed], wanted: Sequence[Sequence[Leaf]]
) -> dict[str, object]:
    """HDF5 of Keras 3: for each layer the trainable weights, then all others."""
    filled = [(name, arrays) for name, arrays in store.layers if arrays]
    owners = [(entry, leaves) for entry, leaves in zip(placed, wanted) if entry.weights]
    if len(filled) != len(owners):
        raise SavedModelError(
            "weights-missing" if len(filled) < len(owners) else "weights-left-over",
            f"expected {len(owners)} layers with weights for this architecture, found {len(filled)}",
        )
    found: dict[str, object] = {}
    for (entry_, leaves), (name, arrays) in zip(owners, filled):
        weights = list(entry_.weights)
        order = sorted(range(len(weights)), key=lambda index: not weights[index].trainable)
        if len(order) != len(arrays):
            raise SavedModelError(
                "weights-missing" if len(arrays) < len(order) else "weights-left-over",
                f"expected {len(order)} weights of the layer {name!r} for this architecture, found {len(arrays)}",
            )
        values = {index: array for index, (_, array) in zip(order, arrays)}
        _distribute(entry_, leaves, values, found)
    return found


def _distribute(placed: Placed, leaves: Sequence[Leaf], values: Mapping[int, Any], found: dict[str, Any]) -> None:
    """From the list of a layer's weights to its leaves, which list theirs one after another."""
    at = 0
    for leaf in leaves:
        for number, index in enumerate(leaf.stored):
            array, weight = values[at + index], leaf.weights[index]
            _require_shape(array, weight, leaf)
            found[f"{leaf.group}/vars/{number}"] = _merged(leaf, index, values, at)
        # The weights of a SpectralNormalization are also those of the layer inside, in another order.
        if leaf.kind != "SpectralNormalization":
            at += len(leaf.weights)
            continue
        inner = [index for index, weight in enumerate(leaf.weights) if weight.name != "vector_u"]
        values = {at + place: values[at + index] for place, index in enumerate(inner)} | {
            index: array for index, array in values.items() if index >= at + len(leaf.weights)
        }


def _merged(leaf: Leaf, index: int, values: Mapping[int, Any], at: int) -> object:
    """A weight as Keras 3 stores it: what LoRA adds to a kernel is part of it."""
    array = values[at + index]
    places = {weight.name: at + place for place, weight in enumerate(leaf.weights)}
    stem = f"lora_{leaf.weights[index].name}"
    if f"{stem}_a" not in places:
        return array
    down, up = values[places[f"{stem}_a"]], values[places[f"{stem}_b"]]
    return array + (leaf.lora_scale * (down @ up)).astype(array.dtype)
