"""Determines the container of a file by its content."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from seqspec.core.api.files import LIMITS, Limits, require_regular
from seqspec.saved_models.hdf5 import MAGIC as HDF5
from seqspec.saved_models.saved_model import MAX_BYTES, SavedModel, SavedModelError, parse_json

_ZIP = b"PK\x03\x04"
_LATEST = re.compile(rb'^model_checkpoint_path: "([^"]+)"', re.MULTILINE)
"""The line of the file `checkpoint` that names the latest one."""
_INDEX_END = bytes.fromhex("57fb808b247547db")
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def is_saved_model(file: str) -> bool:
    """Whether a file or folder contains a model in a binary format, or is a model.json of TensorFlow.js."""
    if os.path.isdir(file) and (
        os.path.isfile(os.path.join(file, "saved_model.pb")) or _is_tfjs(os.path.join(file, "model.json"))
    ):
        return True
    if _checkpoint_prefix(file) is not None:
        return True
    if os.path.isdir(file):
        return False
    if file.endswith(".pb"):
        return True
    head = _head(file)
    return head[:8] == HDF5 or head[:4] == _ZIP or b'"modelTopology"' in head or head[:2] in _PICKLES


def _checkpoint_prefix(file: str) -> str | None:
    """The path of a checkpoint of TensorFlow without `.index`, given that path, its index or its folder."""
    if os.path.isdir(file):
        name = _latest_checkpoint(file)
        if name is None:
            return None
        file = os.path.join(file, name)
    prefix = file.removesuffix(".index")
    return prefix if os.path.isfile(f"{prefix}.index") and (file == prefix or _is_index(file)) else None


def _latest_checkpoint(folder: str) -> str | None:
    """The name of the latest checkpoint in a folder, or of the only index in it."""
    state = os.path.join(folder, "checkpoint")
    latest = _LATEST.search(_head(state)) if os.path.isfile(state) else None
    if latest is not None:
        return os.path.basename(os.fsdecode(latest[1]))
    try:
        indexes = [name for name in os.listdir(folder) if name.endswith(".index")]
    except OSError:
        return None
    return indexes[0] if len(indexes) == 1 else None


def _is_index(file: str) -> bool:
    try:
        require_regular(file)
        with open(file, "rb") as stream:
            stream.seek(-len(_INDEX_END), os.SEEK_END)
            return stream.read() == _INDEX_END
    except OSError:
        return False


def _is_tfjs(file: str) -> bool:
    return os.path.isfile(file) and b'"modelTopology"' in _head(file)


def _head(file: str) -> bytes:
    try:
        require_regular(file)
        with open(file, "rb") as stream:
            head = stream.read(4096)
            if head.lstrip()[:1] == b"{" and b'"modelTopology"' not in head:
                head += stream.read(MAX_BYTES)
            return head
    except OSError:
        return b""


def read_saved(file: str, weights: bool = True, limits: Limits = LIMITS) -> SavedModel:
    """The model of a file; without `weights`, only its configuration.

    Raises:
        SavedModelError: The file is not a model, or not safe to read.
        OSError: The file cannot be opened.
    """
    if os.path.basename(file) in ("saved_model.pb", "keras_metadata.pb"):
        return read_saved(os.path.dirname(os.path.abspath(file)), weights, limits)
    if os.path.isfile(os.path.join(file, "model.json")):
        return read_saved(os.path.join(file, "model.json"), weights, limits)
    prefix = None if os.path.isfile(os.path.join(file, "saved_model.pb")) else _checkpoint_prefix(file)
    if prefix is not None or os.path.isdir(file):
        from seqspec.saved_models.containers import tf_saved_model

        if prefix is not None:
            return tf_saved_model.read_checkpoint(prefix, weights)
        return tf_saved_model.read(file, weights, limits)
    require_regular(file)
    with open(file, "rb") as stream:
        head = stream.read(8)
        if head == HDF5:
            from seqspec.saved_models.containers import h5

            return h5.read(file, weights, limits)
        if head[:4] == _ZIP:
            from seqspec.saved_models.containers import keras_archive

            return keras_archive.read(file, weights, limits)
        if head[:2] in _PICKLES:
            raise SavedModelError(
                "holds-code",
                "this is a pickle, which would execute code when it is loaded; it is not opened",
                "save the model with model.save('model.keras') where it was created",
            )
        tree = _json(head + stream.read(MAX_BYTES + 1), limits)
    from seqspec.saved_models.containers import tfjs

    return tfjs.read(file, tree, weights)


def _json(data: bytes, limits: Limits) -> Mapping[str, object]:
    if data.lstrip()[:1] != b"{":
        raise SavedModelError("not-a-model", "this is not a saved Keras model: unknown file format")
    tree: Mapping[str, object] = parse_json(data, "the file", limits)
    return tree
