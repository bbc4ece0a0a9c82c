"""Vocabularies that lookup layers have learned: `.keras` files keep them in `assets/`, and IDF weights in arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.importers.keras_json.values import class_of
from seqspec.importers.saved.errors import SavedModelError
from seqspec.importers.saved.nodes import plain
from seqspec.importers.saved.saved_model import ByPath
from seqspec.language.names import numbered, snake_case

FOLDER = "assets/"
_FILE = "vocabulary.txt"
LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
"""Layers with a vocabulary."""


def with_vocabularies(config: Mapping[str, object], texts: Mapping[str, bytes], store: ByPath | None) -> dict[str, Any]:
    """The configuration with each vocabulary as an argument of its layer.

    Args:
        config: Keras's JSON of the model.
        texts: The contents of the files in `assets/`, by their paths.
        store: The arrays of the model; without them there are no IDF weights.

    Raises:
        SavedModelError: A file belongs to no layer, or does not have the words of its layer.
    """
    left = dict(texts)
    made = _stack(config, FOLDER.rstrip("/"), left, store.arrays if store is not None else {})
    if left:
        raise SavedModelError("weights-left-over", f"{next(iter(left))} belongs to no layer of the architecture")
    return made


def _stack(
    raw: Mapping[str, object], folder: str, left: dict[str, bytes], arrays: Mapping[str, object]
) -> dict[str, object]:
    inner = raw.get("config")
    if not isinstance(inner, Mapping) or not isinstance(inner.get("layers"), list):
        return dict(raw)
    layers = []
    counts: dict[str, int] = {}
    for layer in inner["layers"]:
        name = numbered(snake_case(str(class_of(layer))), counts)
        layers.append(_layer(layer, f"{folder}/layers/{name}", left, arrays))
    return {**raw, "config": {**inner, "layers": layers}}


def _layer(raw: object, folder: str, left: dict[str, bytes], arrays: Mapping[str, object]) -> object:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("config"), Mapping):
        return raw
    if class_of(raw) == "Sequential":
        return _stack(raw, folder, left, arrays)
    content = left.pop(f"{folder}/{_FILE}", None) if class_of(raw) in LOOKUPS else None
    if content is None:
        return raw
    # TextVectorization has a lookup layer inside, which keeps the same words.
    inside = f"{folder}/_lookup_layer/{_FILE}"
    if left.get(inside) == content:
        del left[inside]
    path = folder.removeprefix(FOLDER)
    idf = arrays.get(f"{path}/vars/idf_weights", arrays.get(f"{path}/_lookup_layer/vars/idf_weights"))
    return {**raw, "config": {**raw["config"], **_learned(str(class_of(raw)), raw["config"], content, folder, idf)}}


def _learned(kind: str, config: Mapping[str, Any], content: bytes, folder: str, idf: Any) -> dict[str, object]:
    try:
        words: list[Any] = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise SavedModelError("not-a-model", f"{folder}/{_FILE} is not text in UTF-8") from None
    while words and words[-1] == "":
        words.pop()
    size = config.get("vocabulary_size")
    if isinstance(size, int) and size != len(words):
        raise SavedModelError(
            "weights-shape",
            f"{folder}/{_FILE} has {len(words):,} words, and its layer {size:,}",
            "a word that contains a line break or is empty is lost in this format: "
            "pass the vocabulary as an argument when the layer is created",
        )
    if kind == "IntegerLookup":
        try:
            words = [int(word) for word in words]
        except ValueError:
            raise SavedModelError("not-a-model", f"{folder}/{_FILE} has words that are not integers") from None
    special = _special(kind, config)
    start = len(special) if words[: len(special)] == special else 0
    found: dict[str, Any] = {"vocabulary": words[start:]}
    if idf is not None and config.get("idf_weights") is None:
        # Keras pads them to max_tokens; the special words have the average.
        found["idf_weights"] = [float(str(value)) for value in idf[start : len(words)]]
    return found


def _special(kind: str, config: Mapping[str, Any]) -> Sequence[object]:
    """The words that Keras puts before those of the vocabulary."""
    whole = config.get("output_mode", "int") == "int"
    if kind == "TextVectorization":
        return ["", "[UNK]"] if whole else ["[UNK]"]
    mask, oov = plain(config.get("mask_token")), config.get("num_oov_indices", 1)
    return [*([mask] if mask is not None and whole else []), *[config.get("oov_token")] * oov]
