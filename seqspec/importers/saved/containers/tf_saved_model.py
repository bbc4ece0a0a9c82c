"""SavedModel folders of TensorFlow 2, and checkpoints of `save_weights`; neither runs the graph."""

from __future__ import annotations

import os
from typing import Any

from seqspec.importers.keras_json.model import CHAIN
from seqspec.importers.saved.containers import tf_checkpoint
from seqspec.importers.saved.containers.protobuf import messages, text_of
from seqspec.importers.saved.errors import SavedModelError
from seqspec.importers.saved.json_text import parsed
from seqspec.importers.saved.saved_model import Generation, SavedModel, generation_of

_MOST = 1 << 30
_SEQUENTIAL = "_tf_keras_sequential"


def read(folder: str, weights: bool = True) -> SavedModel:
    """The Keras model in a SavedModel; without `weights`, only its configuration."""
    config = _metadata(folder)
    model = SavedModel("savedmodel", config, generation_of(config.get("keras_version"), config.get("backend"), 2), None)
    if weights:
        prefix = os.path.join(folder, "variables", "variables")
        if not os.path.isfile(f"{prefix}.index"):
            raise SavedModelError("weights-missing", "the SavedModel has no variables/variables.index")
        model.store = tf_checkpoint.objects(prefix)
        if "optimizer" in model.store.children[0]:
            model.notes.append("the state of the optimizer is not carried over: training starts with a new optimizer")
    return model


def read_checkpoint(prefix: str, weights: bool = True) -> SavedModel:
    """The weights of a checkpoint, which has no architecture."""
    store = tf_checkpoint.objects(prefix) if weights else None
    return SavedModel("checkpoint", None, Generation(2), store)


def _metadata(folder: str) -> dict[str, Any]:
    beside = os.path.join(folder, "keras_metadata.pb")
    texts = list(_newer(beside) if os.path.isfile(beside) else _older(os.path.join(folder, "saved_model.pb")))
    for identifier, text in texts:
        if identifier == _SEQUENTIAL:
            tree = parsed(text, "the metadata of the SavedModel")
            return {**tree, **(tree["model_config"] if isinstance(tree.get("model_config"), dict) else {})}
    if any(identifier in ("_tf_keras_network", "_tf_keras_model") for identifier, _ in texts):
        raise SavedModelError(
            "not-a-model", "the SavedModel holds a Functional model, but a spec describes a Sequential model", CHAIN
        )
    raise SavedModelError(
        "not-a-model",
        "the SavedModel has no Keras model, only a graph of operations",
        "save the model with model.save('model.keras') where it was created",
    )


def _newer(path: str) -> list[tuple[str, str]]:
    """keras_metadata.pb, since TensorFlow 2.5."""
    return [(text_of(node, 4), text_of(node, 5)) for node in messages(_content(path), 1) if text_of(node, 3) == "root"]


def _older(path: str) -> list[tuple[str, str]]:
    """saved_model.pb up to TensorFlow 2.4: the first object of the graph."""
    for graph in messages(_content(path), 2):
        for objects in messages(graph, 7):
            for node in messages(objects, 1):
                return [(text_of(user, 1), text_of(user, 3)) for user in messages(node, 4)]
    return []


def _content(path: str) -> bytes:
    if os.path.getsize(path) > _MOST:
        raise SavedModelError("unsafe-file", f"{os.path.basename(path)} is larger than {_MOST:,} bytes")
    with open(path, "rb") as stream:
        return stream.read()
