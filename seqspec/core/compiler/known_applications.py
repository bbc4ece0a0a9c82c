"""Recognizes models of `keras.applications` inside saved models, by comparison with what the installed Keras builds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import keras

_POOLING = {"GlobalAveragePooling2D": "avg", "GlobalMaxPooling2D": "max"}
_ALPHAS = (1.0, 0.25, 0.35, 0.5, 0.75, 1.3, 1.4)
_VARIANTS: Mapping[str, Sequence[object]] = {"include_preprocessing": (True, False), "minimalistic": (False, True)}
_IGNORED = (
    *("name", "trainable", "registered_name", "shared_object_id", "build_config", "compile_config", "module"),
    # An argument that has no effect here, and that older versions do not save.
    "renorm_momentum",
)


def find_application(kind: str, fields: Sequence[str], raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments with which `keras.applications` builds a serialized Functional model without a classification head.

    Args:
        kind: The class that is compared, such as `"MobileNetV2"`.
        fields: The names of its arguments.
        raw: The model as Keras 3 serializes it.

    Returns:
        None if no arguments lead to an equal model, or if some of its layers are frozen and others are not.
    """
    layers = raw["config"]["layers"]
    shape = layers[0]["config"]["batch_shape"][1:]
    trainable = set(_trainable(raw["config"]))
    if len(trainable) > 1:
        return None
    pooling = _POOLING.get(layers[-1]["class_name"])
    saved = _comparable(raw)
    others: list[dict[str, object]] = []
    for variant in _variants(fields, str(raw["config"].get("name"))):
        structure = {key: value for key, value in variant.items() if key != "alpha"}
        if structure in others:
            continue
        arguments = {**variant, "include_top": False, "pooling": pooling}
        own = _build(kind, {**arguments, "input_shape": tuple(shape), "weights": None})
        if own is not None and _is_equal(saved, _comparable(own)):
            frozen = {"trainable": False} if trainable == {False} else {}
            name = raw["config"]["name"]
            named = {"name": name} if name != own["config"]["name"] else {}
            return {**arguments, "input_shape": shape, **frozen, **named}
        if own is not None and _classes(own) != _classes(raw):
            # Models that differ in alpha only have layers of the same classes.
            others.append(structure)
    return None


def _variants(fields: Sequence[str], name: str) -> Iterator[dict[str, object]]:
    # Keras writes the alpha of most models into their names.
    named = [alpha for alpha in _ALPHAS if f"{alpha:.2f}" in name]
    choices = {"alpha": named or _ALPHAS, **_VARIANTS}
    used = [key for key in choices if key in fields]
    for values in product(*(choices[key] for key in used)):
        yield dict(zip(used, values))


def _build(kind: str, arguments: Mapping[str, object]) -> dict[str, Any] | None:
    """The model of `keras.applications` as it is saved; None if Keras refuses the arguments."""
    try:
        model = getattr(keras.applications, kind)(**arguments)
    except Exception:
        # Keras raises errors of any kind for shapes that a model cannot process.
        return None
    saved: dict[str, object] = json.loads(model.to_json())
    return saved


def _classes(raw: Mapping[str, Any]) -> set[str]:
    return {layer["class_name"] for layer in raw["config"]["layers"]}


def _trainable(config: object) -> Iterator[bool]:
    if isinstance(config, Mapping):
        if isinstance(config.get("trainable"), bool):
            yield config["trainable"]
        for value in config.values():
            yield from _trainable(value)
    elif isinstance(config, list):
        for value in config:
            yield from _trainable(value)


def _comparable(raw: Mapping[str, Any]) -> object:
    """A serialized model with the places of layers instead of their names."""
    places = {layer["name"]: index for index, layer in enumerate(raw["config"]["layers"])}

    def plain(value: object) -> object:
        if isinstance(value, list):
            if len(value) == 3 and isinstance(value[0], str) and value[0] in places:
                return [places[value[0]], *value[1:]]
            return [plain(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if value.get("class_name") == "__keras_tensor__":
            return plain(value["config"]["keras_history"])
        return {key: plain(item) for key, item in value.items() if key not in _IGNORED}

    return plain(raw)


def _is_equal(saved: object, own: object) -> bool:
    """Whether two serialized values are equal; other versions of Keras may lack arguments, or save further defaults."""
    if isinstance(saved, Mapping) and isinstance(own, Mapping):
        known = all(_is_equal(value, own[key]) for key, value in saved.items() if key in own)
        others = [*(saved[key] for key in saved.keys() - own.keys()), *(own[key] for key in own.keys() - saved.keys())]
        return known and all(value is None or value is False for value in others)
    if isinstance(saved, list) and isinstance(own, list):
        return len(saved) == len(own) and all(map(_is_equal, saved, own))
    return bool(saved == own) and isinstance(saved, bool) == isinstance(own, bool)
