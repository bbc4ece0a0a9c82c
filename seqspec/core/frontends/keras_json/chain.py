"""Functional models whose layers form a single chain: a Sequential model of these layers computes the same."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from seqspec.core.frontends.keras_json.refusals import FUNCTIONAL
from seqspec.core.frontends.keras_json.wrapped_values import INPUT, Config, class_of


def as_sequential(raw: Config) -> Config:
    """A serialized Functional model as a Sequential one if its layers form a single chain; anything else unchanged."""
    config = raw.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if class_of(raw) not in FUNCTIONAL or not isinstance(config, Mapping) or not _is_chain(config, layers):
        return raw
    kept = {key: value for key, value in config.items() if key not in ("layers", "input_layers", "output_layers")}
    entries = [{key: value for key, value in layer.items() if key != "inbound_nodes"} for layer in layers or ()]
    return {**raw, "class_name": "Sequential", "config": {**kept, "layers": entries}}


def _is_chain(config: Config, layers: object) -> bool:
    if not isinstance(layers, list) or len(layers) < 2 or not all(isinstance(layer, Mapping) for layer in layers):
        return False
    names = [_name(layer) for layer in layers]
    return (
        class_of(layers[0]) == INPUT
        and not layers[0].get("inbound_nodes")
        and all(_source(layer) == name for layer, name in zip(layers[1:], names))
        and _single_layer(config.get("input_layers")) == names[0]
        and _single_layer(config.get("output_layers")) == names[-1]
    )


def branch_of(raw: Config) -> str | None:
    """The first layer of a serialized Functional model that is not applied to the one before it alone, with its class.

    None for a chain, and where the layers cannot be read.
    """
    config = raw.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(layers, list) or not all(isinstance(layer, Mapping) for layer in layers):
        return None
    for before, layer in pairwise(layers):
        if _source(layer) != _name(before):
            return f"{_name(layer)} ({class_of(layer)})"
    return None


def _name(layer: Config) -> object:
    inner = layer.get("config")
    return layer.get("name", inner.get("name") if isinstance(inner, Mapping) else None)


def _source(layer: Config) -> object:
    """The layer whose only output is the only argument of the only call of this one; None if it is used otherwise."""
    calls = layer.get("inbound_nodes")
    if not isinstance(calls, list) or len(calls) != 1:
        return None
    call = calls[0]
    if isinstance(call, Mapping):
        arguments, options = call.get("args"), call.get("kwargs") or {}
        if not isinstance(arguments, list) or len(arguments) != 1 or class_of(arguments[0]) != "__keras_tensor__":
            return None
        history = (arguments[0].get("config") or {}).get("keras_history")
    else:
        history = call[0] if isinstance(call, list) and len(call) == 1 else None
        options = history[3] if isinstance(history, list) and len(history) > 3 else {}
    if not isinstance(options, Mapping) or any(value not in (None, False) for value in options.values()):
        return None
    return _tensor(history)


def _single_layer(tensors: object) -> object:
    """The layer of the only tensor of a list, which newer files write as that tensor."""
    if isinstance(tensors, list) and len(tensors) == 1:
        tensors = tensors[0]
    return _tensor(tensors)


def _tensor(place: object) -> object:
    """The layer of a tensor, if it is its first output."""
    is_first = isinstance(place, list) and len(place) >= 3 and place[2] == 0
    return place[0] if is_first and isinstance(place, list) else None
