"""Functional models whose layers form a single chain, and layers that a document cannot declare."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from seqspec.core.catalog import legacy
from seqspec.core.catalog.index import APPLICATIONS
from seqspec.core.catalog.unsupported import refusal
from seqspec.core.diagnostics.message import TableName, Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.frontends.keras_json.wrapped_values import INPUT, Config, class_of

FUNCTIONAL = ("Functional", "Model")
LAMBDA = "Lambda"
INSTEAD_OF_LAMBDA = fmt(
    "replace it with an equivalent layer, such as {}", Value({"type": "Rescaling", "scale": "1/127.5", "offset": -1})
)
_CUSTOM = fmt("declare it under {} in a spec, with its module, arguments and output shape", TableName(("custom",)))


def unknown_class(name: str, raw: Mapping[str, object], config: object, branch: str | None = None) -> Violation:
    """The violation for a class that is not a layer of the language.

    `branch` is the layer where a Functional model branches.
    """
    if name in FUNCTIONAL:
        return _functional(config, branch)
    if name in legacy.GONE:
        return Violation("unsupported-layer", f"{name} {legacy.GONE[name]}", path=("class_name",))
    known = refusal(name)
    if known is not None:
        help = known.help
        if name == LAMBDA:
            help = INSTEAD_OF_LAMBDA
        return known.replace(path=("class_name",), help=help)
    module = raw.get("module")
    if isinstance(module, str) and not module.startswith(("keras", "tensorflow", "tf_keras")):
        message = f"{name} is a class of {module}, not a Keras layer"
    else:
        message = f"{name[:60] or 'a layer without a class_name'} is not a Keras layer"
    return Violation("unknown-layer", message, path=("class_name",), help=_CUSTOM)


def _functional(config: object, branch: str | None) -> Violation:
    name = config.get("name") if isinstance(config, Mapping) else None
    base = application_named(name) if isinstance(name, str) else None
    if base is not None:
        help = fmt("write {}, with its original arguments, instead", Value({"type": base, "include_top": False}))
    else:
        help = fmt(
            "wrap branches in a {} layer; models of keras.applications are layers by name", TableName(("custom",))
        )
    return Violation(
        "unsupported-layer",
        f"{name if isinstance(name, str) else 'a layer'} is a model with branches (Functional), not a layer",
        path=("class_name",),
        help=help,
        notes=branch_notes(branch),
    )


def branch_notes(branch: str | None) -> tuple[str, ...]:
    """The note that names the layer where a Functional model branches, if it is known."""
    if branch is None:
        return ()
    return (f"the first layer that is not applied to the layer before it alone: {branch}",)


def application_named(name: str) -> str | None:
    """The model of `keras.applications` that is recognized by the default name of a Functional model."""
    folded = "".join(c for c in name.lower() if c.isalnum())
    bases = [base for base in APPLICATIONS if folded.startswith(base.lower())]
    return max(bases, key=len) if bases else None


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
