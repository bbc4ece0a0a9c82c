""".keras files of Keras 2.12 to 3.15: a zip archive of config.json, metadata.json and model.weights.h5."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from seqspec.saved_models.containers import h5
from seqspec.saved_models.hdf5 import open_hdf5
from seqspec.saved_models.json_text import parse_json
from seqspec.saved_models.saved_model import SavedModel, SavedModelError, generation_of
from seqspec.saved_models.vocabulary import FOLDER, with_vocabularies

MAGIC = b"PK\x03\x04"
_MAX_BYTES, _GROWTH = 1 << 24, 64
_MEMBERS = 10_000


def read(file: str, weights: bool = True) -> SavedModel:
    """The model in a `.keras` file; without `weights`, only its configuration."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(file) as archive:
            return _read(archive, weights)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError, OSError) as error:
        raise SavedModelError("not-a-model", f"the archive cannot be read: {error}") from error


def _read(archive: Any, weights: bool) -> SavedModel:
    members = archive.infolist()
    if len(members) > _MEMBERS:
        raise SavedModelError("unsafe-file", f"the archive has more than {_MEMBERS:,} members")
    packed = sum(member.compress_size for member in members)
    names = [member.filename for member in members]
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in name:
            raise SavedModelError("unsafe-file", f"the archive contains the path {name!r}, which leaves its folder")
    if len(set(names)) != len(names):
        raise SavedModelError("unsafe-file", "the archive contains two members of one name")
    by_name = {member.filename: member for member in members}

    def content(name: str) -> bytes:
        member = by_name[name]
        if member.file_size > max(_MAX_BYTES, _GROWTH * packed):
            raise SavedModelError("unsafe-file", f"{name} would have {member.file_size:,} bytes when decompressed")
        data: bytes = archive.read(name)
        return data

    if "config.json" not in by_name:
        raise SavedModelError("not-a-model", "the archive contains no config.json: it is not a .keras file")
    metadata = parse_json(content("metadata.json"), "metadata.json") if "metadata.json" in by_name else {}
    config = parse_json(content("config.json"), "config.json")
    model = SavedModel("keras", config, generation_of(metadata.get("keras_version"), None, 3), None)
    assets = {name: content(name) for name in names if name.startswith(FOLDER) and not name.endswith("/")}
    # The IDF weights of a vocabulary are arrays.
    if not weights and not (assets and b"tf_idf" in content("config.json")):
        model.config = with_vocabularies(config, assets, None)
        return model
    if "model.weights.h5" not in by_name:
        raise SavedModelError("weights-missing", "the archive contains no model.weights.h5")
    with open_hdf5(content("model.weights.h5")) as file:
        if "optimizer" in file.root:
            model.notes.append("the state of the optimizer is not carried over: training starts with a new optimizer")
        store = h5.by_path(file)
    model.store = store
    model.config = with_vocabularies(config, assets, store)
    return model
