"""SavedModel folders of TensorFlow 2, and checkpoints of `save_weights`; neither runs the graph."""

from __future__ import annotations

import os
from collections.abc import Iterator

from seqspec.core.api.files import LIMITS, Limits
from seqspec.core.api.frontends import as_sequential, class_of, import_model
from seqspec.saved_models.containers import tf_checkpoint
from seqspec.saved_models.containers.tf_checkpoint import content_of, messages, number_of, numbers_of, text_of
from seqspec.saved_models.nodes import STACK
from seqspec.saved_models.saved_model import (
    NEW_OPTIMIZER,
    ByObject,
    SavedModel,
    SavedModelError,
    Table,
    WriterVersions,
    generation_of,
    parse_json,
)
from seqspec.saved_models.vocabulary import has_lookup

_MAX_BYTES = 1 << 30
_SEQUENTIAL = "_tf_keras_sequential"
_MODELS = (_SEQUENTIAL, "_tf_keras_network", "_tf_keras_model")
"""What the objects of a SavedModel call a Sequential model, a Functional one, and one of another class."""


def read(folder: str, weights: bool = True, limits: Limits = LIMITS) -> SavedModel:
    """The Keras model in a SavedModel; without `weights`, only its configuration."""
    config = _metadata(folder, limits)
    model = SavedModel("savedmodel", config, generation_of(config.get("keras_version"), config.get("backend"), 2), None)
    if weights:
        prefix = os.path.join(folder, "variables", "variables")
        if not os.path.isfile(f"{prefix}.index"):
            raise SavedModelError("weights-missing", "the SavedModel has no variables/variables.index")
        model.store = tf_checkpoint.objects(prefix)
        if has_lookup(config):
            model.store.tables.update(_constant_tables(folder, model.store))
        if "optimizer" in model.store.children[0]:
            model.notes.append(NEW_OPTIMIZER)
    return model


def read_checkpoint(prefix: str, weights: bool = True) -> SavedModel:
    """The weights of a checkpoint, which has no architecture."""
    store = tf_checkpoint.objects(prefix) if weights else None
    return SavedModel("checkpoint", None, WriterVersions(2), store)


def _metadata(folder: str, limits: Limits) -> dict[str, object]:
    beside = os.path.join(folder, "keras_metadata.pb")
    texts = list(
        _metadata_of_file(beside)
        if os.path.isfile(beside)
        else _metadata_in_graph(os.path.join(folder, "saved_model.pb"))
    )
    for identifier, text in texts:
        if identifier in _MODELS and text:
            tree = parse_json(text, "the metadata of the SavedModel", limits)
            whole = {**tree, **(tree["model_config"] if isinstance(tree.get("model_config"), dict) else {})}
            if identifier != _SEQUENTIAL and class_of(as_sequential(whole)) != STACK:
                import_model(whole, limits)  # Raises an error that names the layer where it branches.
            return whole
    if any(identifier in _MODELS for identifier, _ in texts):
        raise SavedModelError(
            "architecture-missing",
            "the SavedModel has no keras_metadata.pb, which has the architecture of a Keras model",
            "save the model with model.save('model.keras') where it was created",
        )
    raise SavedModelError(
        "not-a-model",
        "the SavedModel has no Keras model, only a graph of operations",
        "save the model with model.save('model.keras') where it was created",
    )


def _metadata_of_file(path: str) -> list[tuple[str, str]]:
    """keras_metadata.pb, since TensorFlow 2.5."""
    return [
        (text_of(node, 4), text_of(node, 5))
        for node in messages(content_of(path, _MAX_BYTES), 1)
        if text_of(node, 3) == "root"
    ]


def _metadata_in_graph(path: str) -> list[tuple[str, str]]:
    """saved_model.pb up to TensorFlow 2.4: the first object of the graph."""
    for graph in messages(content_of(path, _MAX_BYTES), 2):
        for objects in messages(graph, 7):
            for node in messages(objects, 1):
                return [(text_of(user, 1), text_of(user, 3)) for user in messages(node, 4)]
    return []


_STRING, _INT64 = 7, 9


def _constant_tables(folder: str, store: ByObject) -> Iterator[tuple[int, Table]]:
    """Immutable tables since TensorFlow 2.6, initialized by constants of the graph or a file in `assets/`."""
    for graph in messages(content_of(os.path.join(folder, "saved_model.pb"), _MAX_BYTES), 2):
        saved = [node for objects in messages(graph, 7) for node in messages(objects, 1)]
        constants = {index: text_of(constant, 1) for index, node in enumerate(saved) for constant in messages(node, 9)}
        names = set(constants.values())
        tensors = {
            name: tensor
            for definition in messages(graph, 2)
            for node in messages(definition, 1)
            if (name := text_of(node, 1)) in names
            for tensor in _tensors(node)
        }
        for index, children in enumerate(store.children):
            if "_initializer" not in children or "_initialize" not in children:
                continue
            captured = [
                child
                for trace in store.children[children["_initialize"]].values()
                for _, child in sorted(store.children[trace].items())
            ]
            columns = [
                list(_elements(tensors[constants[child]])) for child in captured if constants.get(child) in tensors
            ]
            if len(columns) == 2 and len(columns[0]) == len(columns[1]):
                yield index, (columns[0], columns[1])


def _tensors(node: bytes) -> Iterator[bytes]:
    for attribute in messages(node, 5):
        if text_of(attribute, 1) == "value":
            for value in messages(attribute, 2):
                yield from messages(value, 8)


def _elements(tensor: bytes) -> Iterator[object]:
    """The elements of a constant of strings or int64 in a graph; the last int64 is repeated to fill the shape."""
    size = 1
    for shape in messages(tensor, 2):
        for dim in messages(shape, 2):
            size *= number_of(dim, 1)
    dtype, packed = number_of(tensor, 1), b"".join(messages(tensor, 4))
    if dtype == _STRING:
        yield from messages(tensor, 8)
    elif dtype == _INT64 and packed:
        yield from (
            int.from_bytes(packed[place : place + 8], "little", signed=True) for place in range(0, len(packed), 8)
        )
    elif dtype == _INT64 and size <= _MAX_BYTES:
        values = [value - (1 << 64) if value >> 63 else value for value in numbers_of(tensor, 10)]
        yield from values
        yield from values[-1:] * (size - len(values))
