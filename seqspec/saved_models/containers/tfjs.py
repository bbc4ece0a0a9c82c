"""model.json of TensorFlow.js, with its shards, whose weights can be quantized."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, InOneList, NamedArrays, SavedModel, SavedModelError, generation_of

_MAX_BYTES = 1 << 33
_TYPES = {"float32": "<f4", "int32": "<i4", "bool": "|b1", "uint8": "|u1", "float16": "<f2"}


def read(file: str, tree: Mapping[str, object], weights: bool = True) -> SavedModel:
    """The model of an already parsed model.json; without `weights`, only its configuration."""
    topology = tree.get("modelTopology")
    if not isinstance(topology, dict):
        raise SavedModelError("not-a-model", "model.json has no modelTopology")
    if "node" in topology or ("model_config" not in topology and "class_name" not in topology):
        raise SavedModelError(
            "not-a-model",
            "model.json holds a graph of TensorFlow operations, not a Keras model",
            "convert the model as a layers model: tensorflowjs_converter --output_format tfjs_layers_model",
        )
    version = topology.get("keras_version")
    generation = generation_of(version, topology.get("backend"), 2)
    config = {**topology}
    if isinstance(tree.get("trainingConfig"), dict) and "training_config" not in config:
        config["training_config"] = tree["trainingConfig"]
    model = SavedModel("tfjs", config, generation, None)
    if weights:
        model.store = InOneList(_arrays(os.path.dirname(os.path.abspath(file)), tree.get("weightsManifest"), model))
    return model


def _arrays(folder: str, manifest: object, model: SavedModel) -> NamedArrays:
    if not isinstance(manifest, list):
        raise SavedModelError("weights-missing", "model.json has no weightsManifest")
    named_arrays: NamedArrays = []
    for group in manifest:
        if not isinstance(group, dict):
            raise SavedModelError("not-a-model", "weightsManifest is not a list of tables")
        data = b"".join(_shard(folder, path) for path in _list_of(group, "paths"))
        place = 0
        for entry in _list_of(group, "weights"):
            if not isinstance(entry, dict):
                raise SavedModelError("not-a-model", "weightsManifest lists a weight that is not a table")
            array, place = _take_array(data, place, entry, model)
            named_arrays.append((str(entry.get("name")), array))
        if place != len(data):
            raise SavedModelError(
                "weights-left-over", f"the shards have {len(data) - place:,} bytes that no weight uses"
            )
    return named_arrays


def _list_of(group: Mapping[str, object], key: str) -> list[object]:
    value = group.get(key)
    if not isinstance(value, list):
        raise SavedModelError("not-a-model", f"weightsManifest has no list {key!r}")
    return value


def _shard(folder: str, name: object) -> bytes:
    # Older converters write ./ before the names.
    parts = [part for part in name.split("/") if part != "."] if isinstance(name, str) else [""]
    if not parts or any(part in ("", "..") or "\\" in part for part in parts):
        raise SavedModelError("unsafe-file", f"the shard {name!r} is not a file in the folder of model.json")
    path = os.path.join(folder, *parts)
    if os.path.realpath(path) != os.path.join(os.path.realpath(folder), *parts):
        raise SavedModelError("unsafe-file", f"the shard {name!r} is a link to another folder")
    if not os.path.isfile(path):
        raise SavedModelError("weights-missing", f"the shard {name!r} is missing")
    if os.path.getsize(path) > _MAX_BYTES:
        raise SavedModelError("unsafe-file", f"the shard {name!r} is larger than {_MAX_BYTES:,} bytes")
    with open(path, "rb") as stream:
        return stream.read()


def _take_array(data: bytes, place: int, entry: Mapping[str, object], model: SavedModel) -> tuple[Array, int]:
    shape = entry.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise SavedModelError("not-a-model", f"the weight {entry.get('name')!r} has no valid shape")
    stored = _stored_dtype(entry)
    code = {**_TYPES, "uint16": "<u2"}.get(stored) if isinstance(stored, str) else None
    if code is None:
        raise SavedModelError("weights-shape", f"the weight {entry.get('name')!r} has the unsupported dtype {stored!r}")
    kind = np.dtype(code)
    end = place + math.prod(shape) * kind.itemsize
    if end > len(data):
        raise SavedModelError("weights-missing", f"the shards end within the weight {entry.get('name')!r}")
    array = np.frombuffer(data[place:end], kind).reshape(shape)
    return _restore(array, entry, model.notes), end


def _stored_dtype(entry: Mapping[str, object]) -> object:
    """The dtype in which the shards store a weight of a manifest."""
    quantized = entry.get("quantization")
    return quantized.get("dtype") if isinstance(quantized, dict) else entry.get("dtype")


def _restore(array: Array, entry: Mapping[str, object], notes: list[str]) -> Array:
    """The stored values of a weight in the dtype that it had before its quantization; adds a note once."""
    quantized = entry.get("quantization")
    if not isinstance(quantized, dict):
        return array
    stored = quantized.get("dtype")
    note = f"the weights are quantized to {stored}: they are restored with its precision"
    if note not in notes:
        notes.append(note)
    if stored == "float16":
        return array.astype(np.float32)
    scale, least = quantized.get("scale"), quantized.get("min")
    if not isinstance(scale, (int, float)) or not isinstance(least, (int, float)):
        raise SavedModelError("not-a-model", f"the weight {entry.get('name')!r} has no scale and min")
    restored = array.astype(np.float32) * np.float32(scale) + np.float32(least)
    return np.round(restored).astype(np.int32) if entry.get("dtype") == "int32" else restored
