"""The first step of a conversion: reads a saved model and creates its spec.

The second step, `fill_weights`, uses the analysis of the spec, which determines its weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seqspec.core.api.compiler import with_base_models
from seqspec.core.api.diagnostics import Violation, Violations
from seqspec.core.api.files import LIMITS, Limits
from seqspec.core.api.frontends import INPUT, ImportedModel, class_of, import_model
from seqspec.core.api.syntax import Tree
from seqspec.saved_models.assign import assign_arrays
from seqspec.saved_models.file import read_saved
from seqspec.saved_models.layer_classes import is_lookup
from seqspec.saved_models.nodes import STACK, ChannelLayout, SavedLayer, all_leaves, entry, read_nodes, stack_of
from seqspec.saved_models.output_padding import restore_output_padding
from seqspec.saved_models.quantization import read_quantization
from seqspec.saved_models.saved_model import (
    WITHOUT_MODULES,
    Array,
    ByObject,
    ByPath,
    ConversionNotes,
    SavedModel,
    SavedModelError,
    WriterVersions,
    generation_of,
)
from seqspec.saved_models.version_fixes import hard_sigmoid, keras_1, older_layers, preprocessing
from seqspec.saved_models.version_fixes.apply_fixes import apply_fixes, set_dim_ordering
from seqspec.saved_models.vocabulary import learn_from_tables


@dataclass
class Conversion:
    """The state of a conversion of a saved model to a spec with weights.

    Attributes:
        saved: The file as it was read.
        imported: The spec, with notes.
        source: The layers of the file with its arrays.
        target: The layers for Keras 3.
        notes: The changes that were made to the weights.
        layout: How the input of the spec is arranged, if differently from the file.
        assumed_order: Whether the order of the axes is not in the file.
        arrays: The weights of Keras 3 by path, after `fill_weights`.
        limits: What the file and the spec may contain.
    """

    saved: SavedModel
    imported: ImportedModel
    source: list[SavedLayer]
    target: list[SavedLayer]
    notes: ConversionNotes
    layout: ChannelLayout | None = None
    assumed_order: bool = False
    arrays: dict[str, Array] = field(default_factory=dict)
    limits: Limits = LIMITS

    @property
    def generation(self) -> WriterVersions:
        return self.saved.generation

    @property
    def output_layout(self) -> ChannelLayout | None:
        """How the output of the spec is arranged, if differently from the file."""
        return self.target[-1].layout


def plan_conversion(
    file: str,
    architecture: Mapping[str, object] | None = None,
    theano: bool = False,
    input_shape: Sequence[int | None] | None = None,
    move_channels: bool = False,
    channels_first: bool = False,
    limits: Limits = LIMITS,
) -> Conversion:
    """Reads a file and creates its spec.

    Args:
        file: A saved model of any container.
        architecture: Keras's JSON of the model, for files that have only weights.
        theano: Whether the model was trained with Theano, where the file does not state the backend.
        input_shape: The shape of one sample, None for an unknown size, where the file does not state it.
        move_channels: Whether channels_first becomes channels_last, also in the input of the model.
        channels_first: The order of the axes in a model of Keras 1 of which no layer states it.
        limits: What a file may contain.

    Raises:
        SavedModelError: The file is not safe, not a model, or its weights do not fit.
        Violations: A spec cannot express the model, at paths within the configuration of the file.
        OSError: The file cannot be opened.
    """
    saved = read_saved(file, limits=limits)
    if saved.config is None:
        if architecture is None:
            raise SavedModelError(
                "architecture-missing",
                "the file has weights, but no architecture",
                "pass the JSON of model.to_json() with --architecture",
            )
        saved.config = architecture
        saved.generation = _generation_with(saved, architecture)
    saved.generation = keras_1.with_backend(saved.generation, theano)
    try:
        return _plan(saved, theano, input_shape, move_channels, channels_first, limits)
    except (SavedModelError, Violations, Violation):
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A malformed configuration can cause any exception.
        message = f"the configuration or the weights are damaged: {type(error).__name__}: {error}"
        raise SavedModelError("not-a-model", message) from error


def _plan(
    saved: SavedModel,
    theano: bool,
    input_shape: Sequence[int | None] | None,
    move_channels: bool,
    channels_first: bool,
    limits: Limits,
) -> Conversion:
    assert saved.config is not None
    if saved.generation.version.startswith("3.0."):
        saved.config = preprocessing.drop_integer_dtype(saved.config)
    without_modules = saved.container in WITHOUT_MODULES
    if saved.generation.keras >= 3:
        saved.config = with_base_models(saved.config, without_modules)
    raw, outer = stack_of(saved.config)
    if class_of(raw) not in (STACK, None) and not isinstance(raw.get("layers"), list):
        import_model(saved.config, limits)  # Raises an error that describes the problem.
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
            _require_known_classes(_serialize(raw, outer, source), limits)
            raise
        keras_1.note_backend(saved.generation, source, theano, notes)
        preprocessing.set_learned_size(source, notes)
    if saved.container == "tfjs" and not saved.generation.old_hard_sigmoid:
        _note_hard_sigmoid(source, saved.generation, notes)
    if saved.generation.keras >= 3:
        read_quantization(source, notes)
    restored = restore_output_padding(source, saved.generation, notes)
    target, layout = apply_fixes(source, saved.generation, notes, move_channels)
    if without_modules and saved.generation.keras >= 3:
        # Keras 3 omits `module` in HDF5, whose presence distinguishes its layers from older ones.
        for node in target:
            _add_module(node)
    rewritten = without_modules or saved.generation.keras < 3 or layout is not None or restored
    config = _serialize(raw, outer, target) if rewritten else saved.config
    imported = import_model(config, limits)
    if input_shape is not None:
        if "input" in imported.tree["model"]:
            message = "the file already has the input shape of the model"
            raise SavedModelError("input-shape", message, "remove --input-shape")
        imported = import_model({**config, "build_config": {"input_shape": [None, *input_shape]}}, limits)
    if layout is not None:
        _move_input(imported.tree["model"], layout)
    return Conversion(saved, imported, source, target, notes, layout, assumed, limits=limits)


def _move_input(model: Tree, layout: ChannelLayout) -> None:
    """Moves the channels of the input of a spec to the end."""
    written = model.get("input")
    shape = written["shape"] if isinstance(written, dict) else written
    if isinstance(shape, list):
        shape.append(shape.pop(layout.channel_axis - 1))


_CLASSES = ("unknown-layer", "unsupported-layer", "unsupported-class")


def _require_known_classes(config: Mapping[str, object], limits: Limits) -> None:
    """Raises for layers that a spec cannot declare, whose weights are therefore unknown."""
    try:
        import_model(config, limits)
    except Violations as several:
        unknown = [violation for violation in several.items if violation.rule in _CLASSES]
        if unknown:
            raise Violations(unknown) from None


def _note_vocabularies(nodes: Sequence[SavedLayer], saved: SavedModel, notes: ConversionNotes) -> None:
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


def _add_module(node: SavedLayer) -> None:
    node.raw = {"module": "keras.layers", **node.raw}
    for child in node.children:
        _add_module(child)


def _generation_with(saved: SavedModel, architecture: Mapping[str, object]) -> WriterVersions:
    """The generation of a weights file with the architecture in a separate file."""
    raw, outer = stack_of(architecture)
    version = outer.get("keras_version", raw.get("keras_version"))
    missing = 3 if "module" in raw else 1
    known = generation_of(version, outer.get("backend", raw.get("backend")), missing)
    is_known = known.keras > 1 if isinstance(saved.store, ByPath) else not saved.generation.version
    return known if is_known else saved.generation


def _note_hard_sigmoid(nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes) -> None:
    """Adds a note on layers that TensorFlow.js computes differently from the Keras whose model was converted to it."""
    for leaf in all_leaves(nodes):
        if hard_sigmoid.is_hard(leaf, "activation", "recurrent_activation"):
            notes.add(
                f"{leaf.name!r} applies hard_sigmoid, which {generation} computes as clip(x / 6 + 0.5), and "
                "TensorFlow.js as clip(0.2 x + 0.5): the spec computes what the Keras model did, not what "
                "TensorFlow.js does"
            )


def _serialize(raw: Mapping[str, object], outer: Mapping[str, object], nodes: Sequence[SavedLayer]) -> Tree:
    config = raw.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    inner: dict[str, object] = {"layers": [entry(node) for node in nodes]}
    if isinstance(name, str):
        inner["name"] = name
    if isinstance(config, Mapping) and "build_input_shape" in config:
        inner["build_input_shape"] = config["build_input_shape"]
    compiled = ("build_config", "compile_config", "training_config", "optimizer", "loss")
    kept = {key: raw[key] for key in compiled if key in raw}
    if isinstance(outer.get("training_config"), Mapping):
        kept["training_config"] = outer["training_config"]
    return {**kept, "class_name": STACK, "config": inner}
