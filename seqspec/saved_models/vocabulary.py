"""The learned vocabularies of lookup layers, and their IDF weights.

`.keras` files store them in `assets/` and in arrays, SavedModels and checkpoints in tables and variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.core.api.files import ASSETS
from seqspec.core.api.frontends import INPUT, class_of
from seqspec.core.api.language import numbered, snake_case
from seqspec.core.api.syntax import Tree
from seqspec.saved_models.layer_classes import has_integer_keys, is_lookup, is_stack, splits_text
from seqspec.saved_models.nodes import SavedLayer, plain
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import ByObject, ByPath, ConversionNotes, SavedModelError

_FILE = "vocabulary.txt"
IDF = "idf_weights"
"""The role of IDF weights, which is also their name in Keras 3 files."""


def has_lookup(config: object) -> bool:
    """Whether a serialized model contains a layer with a vocabulary."""
    if isinstance(config, Mapping):
        return is_lookup(class_of(config) or "") or any(map(has_lookup, config.values()))
    return isinstance(config, list) and any(map(has_lookup, config))


def with_vocabularies(config: Mapping[str, object], texts: Mapping[str, bytes], store: ByPath | None) -> Tree:
    """The configuration with each vocabulary as an argument of its layer.

    Args:
        config: Keras's JSON of the model.
        texts: The contents of the files in `assets/`, by their paths.
        store: The arrays of the model; without them there are no IDF weights.

    Raises:
        SavedModelError: A file belongs to no layer, or does not have the words of its layer.
    """
    left = dict(texts)
    changed = _stack(config, ASSETS.rstrip("/"), left, store.arrays if store is not None else {})
    if left:
        raise SavedModelError("weights-left-over", f"{next(iter(left))} belongs to no layer of the architecture")
    return changed


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
    if is_stack(str(class_of(raw))):
        return _stack(raw, folder, left, arrays)
    content = left.pop(f"{folder}/{_FILE}", None) if is_lookup(str(class_of(raw))) else None
    if content is None:
        return raw
    # TextVectorization contains a lookup layer with the same words.
    inside = f"{folder}/_lookup_layer/{_FILE}"
    if left.get(inside) == content:
        del left[inside]
    path = folder.removeprefix(ASSETS)
    idf = arrays.get(f"{path}/vars/idf_weights", arrays.get(f"{path}/_lookup_layer/vars/idf_weights"))
    return {**raw, "config": {**raw["config"], **_learned(str(class_of(raw)), raw["config"], content, folder, idf)}}


def _learned(kind: str, config: Mapping[str, object], content: bytes, folder: str, idf: Any) -> dict[str, object]:
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
    if has_integer_keys(kind):
        try:
            words = [int(word) for word in words]
        except ValueError:
            raise SavedModelError("not-a-model", f"{folder}/{_FILE} has words that are not integers") from None
    special = _special(kind, config)
    start = len(special) if words[: len(special)] == special else 0
    tree: Tree = {"vocabulary": words[start:]}
    if idf is not None and config.get("idf_weights") is None:
        # Keras pads them to max_tokens; special tokens have the mean weight.
        tree["idf_weights"] = [float(str(value)) for value in idf[start : len(words)]]
    return tree


def _special(kind: str, config: Mapping[str, Any]) -> Sequence[object]:
    """The special tokens that Keras inserts before the vocabulary."""
    whole = config.get("output_mode", "int") == "int"
    if splits_text(kind):
        return ["", "[UNK]"] if whole else ["[UNK]"]
    mask, oov = plain(config.get("mask_token")), config.get("num_oov_indices", 1)
    return [*([mask] if mask is not None and whole else []), *[config.get("oov_token")] * oov]


def learn_from_tables(
    nodes: Sequence[SavedLayer], store: ByObject, notes: ConversionNotes, parent: int | None = None
) -> int:
    """Sets the tables of an object graph as arguments of the lookup layers; returns the number of tables read.

    Raises:
        SavedModelError: A table does not have the words of its layer.
    """
    children = store.children[store.root if parent is None else parent]
    count = 0
    for place, node in enumerate(node for node in nodes if node.kind != INPUT):
        index = children.get(f"layer-{place}")
        if index is None:
            continue
        if is_stack(node.kind):
            count += learn_from_tables(node.children, store, notes, index)
        elif is_lookup(node.kind) and node.value("vocabulary") is None:
            count += _learn(node, store, index, notes)
    return count


_HOLDERS = ("_lookup_layer", "_index_lookup_layer")
"""The layer with the table that is inside of a TextVectorization; before TensorFlow 2.5 the second."""

_TABLES = ("lookup_table", "_table")


def has_table(store: ByObject, index: int) -> bool:
    """Whether an object is a lookup layer."""
    return any(name in store.children[index] for name in (*_HOLDERS, *_TABLES))


def _learn(node: SavedLayer, store: ByObject, index: int, notes: ConversionNotes) -> int:
    holders = [index, *(store.children[index][name] for name in _HOLDERS if name in store.children[index])]
    named = [store.children[holder][name] for holder in holders for name in _TABLES if name in store.children[holder]]
    entries = next((store.tables[table] for table in named if table in store.tables), None)
    if entries is None:
        return 0
    keys, values = entries
    if node.value("invert"):
        keys, values = values, keys
    words = dict(zip(values, keys))
    # Before TensorFlow 2.6 the table also contains the special tokens.
    start = _count_of_special(node)
    end = max(words, default=start - 1) + 1
    if len(words) != len(keys) or any(place not in words for place in range(start, end)):
        raise SavedModelError("weights-shape", f"the table of {node.name!r} does not number its words one by one")
    try:
        learned = [word.decode("utf-8") if isinstance(word, bytes) else word for _, word in sorted(words.items())]
    except UnicodeDecodeError:
        raise SavedModelError("not-a-model", f"the words of {node.name!r} are not text in UTF-8") from None
    node.config["vocabulary"] = learned[len(learned) - (end - start) :]
    if node.value("output_mode") in ("tf_idf", "tf-idf"):
        _learn_idf(node, store, [*holders, *_vectorizers(store, index)], start, end, notes)
    return 1


def _count_of_special(node: SavedLayer) -> int:
    whole = node.value("output_mode", default="int") == "int"
    if splits_text(node.kind):
        return 2 if whole else 1
    mask = node.value("mask_token")
    return int(node.value("num_oov_indices", default=1)) + (mask is not None and whole)


def _vectorizers(store: ByObject, index: int) -> list[int]:
    """The separate layer that computes IDF before TensorFlow 2.5."""
    children = store.children[index]
    return [children["_vectorize_layer"]] if "_vectorize_layer" in children else []


def _learn_idf(
    node: SavedLayer, store: ByObject, holders: Sequence[int], start: int, end: int, notes: ConversionNotes
) -> None:
    names = ("idf_weights", "tf_idf_weights", "idf")
    indices = [store.children[holder][name] for holder in holders for name in names if name in store.children[holder]]
    idf = next((store.arrays[index] for index in indices if index in store.arrays), None)
    if idf is None or len(idf) < end:
        raise SavedModelError("weights-missing", f"the IDF weights of {node.name!r} are missing")
    node.config["idf_weights"] = [float(str(value)) for value in idf[start:end]]
    mean = float(idf[start:end].mean()) if end > start else 0.0
    if any(abs(float(value) - mean) > 1e-5 * max(1.0, abs(mean)) for value in idf[:start]):
        notes.add(
            f"the weight of unknown words of {node.name!r} is {float(idf[0]):.4g}, which the converted weights "
            "contain: a model built without them uses the mean of all weights for such words"
        )
    size = node.value("max_tokens") if node.value("pad_to_max_tokens") else None
    node.arrays[IDF] = idf[:end].copy()
    if isinstance(size, int) and size > end:
        node.arrays[IDF] = np.concatenate([idf[:end], np.zeros(size - end, idf.dtype)])
