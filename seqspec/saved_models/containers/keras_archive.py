""".keras files, which Keras writes since 2.12: a zip archive of config.json, metadata.json and model.weights.h5."""

from __future__ import annotations

from seqspec.core.api.files import CONFIG, LIMITS, ArchiveError, KerasArchive, Limits, UnsafeArchiveError, open_archive
from seqspec.saved_models.containers import h5
from seqspec.saved_models.hdf5 import open_hdf5
from seqspec.saved_models.saved_model import NEW_OPTIMIZER, SavedModel, SavedModelError, generation_of, parse_json
from seqspec.saved_models.vocabulary import with_vocabularies

_METADATA, _WEIGHTS = "metadata.json", "model.weights.h5"


def read(file: str, weights: bool = True, limits: Limits = LIMITS) -> SavedModel:
    """The model in a `.keras` file; without `weights`, only its configuration."""
    try:
        with open_archive(file) as archive:
            return _read(archive, weights, limits)
    except UnsafeArchiveError as error:
        raise SavedModelError("unsafe-file", str(error)) from error
    except ArchiveError as error:
        raise SavedModelError("not-a-model", str(error)) from error
    except OSError as error:
        raise SavedModelError("not-a-model", f"the archive cannot be read: {error}") from error


def _read(archive: KerasArchive, weights: bool, limits: Limits) -> SavedModel:
    archive.require_safe()
    if CONFIG not in archive:
        raise SavedModelError("not-a-model", "the archive contains no config.json: it is not a .keras file")
    metadata = parse_json(archive.read(_METADATA), _METADATA) if _METADATA in archive else {}
    content = archive.read(CONFIG)
    config = parse_json(content, CONFIG, limits)
    model = SavedModel("keras", config, generation_of(metadata.get("keras_version"), None, 3), None)
    assets = {name: archive.read(name) for name in archive.assets}
    # The IDF weights of a vocabulary are arrays.
    if not weights and not (assets and b"tf_idf" in content):
        model.config = with_vocabularies(config, assets, None)
        return model
    if _WEIGHTS not in archive:
        raise SavedModelError("weights-missing", "the archive contains no model.weights.h5")
    with open_hdf5(archive.read(_WEIGHTS)) as file:
        if "optimizer" in file.root:
            model.notes.append(NEW_OPTIMIZER)
        store = h5.by_path(file)
    model.store = store
    model.config = with_vocabularies(config, assets, store)
    return model
