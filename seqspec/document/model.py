"""The table `[model]`: the input and the stack of layers, from an expanded tree to typed data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seqspec.catalog.dtypes import DTypeName
from seqspec.catalog.layer import Layer
from seqspec.catalog.reading import bad_name, read_layer
from seqspec.catalog.validation import validate
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.snippet import Help, Setting, TableName, TomlOnly, Value
from seqspec.diagnostics.violation import UNSET, Violation, Violations
from seqspec.document.keys import check_keys
from seqspec.language.names import is_name
from seqspec.shapes.dims import BATCH, UNNAMED, Dim, Size
from seqspec.shapes.tensor import TensorSpec

_DIMENSION = r"[A-Za-z_][A-Za-z0-9_]*"
_MAX_AXES = 63
_Dtype = DTypeName
MODEL_KEYS = ("name", "input", "layers")
"""The keys of `[model]`, in canonical order."""

INPUT_KEYS = ("shape", "dtype", "batch_size", "name", "sparse", "ragged")
"""The keys of an input in its long form, in canonical order."""


class Stack:
    """The model as read: `input` is None where it cannot be known, a layer None where it could not be read."""

    __slots__ = ("input", "input_name", "layers", "name")

    def __init__(
        self, name: str | None, input: TensorSpec | None, input_name: str | None, layers: list[Layer | None]
    ) -> None:
        self.name = name
        self.input = input
        self.input_name = input_name
        self.layers = layers


def read_model(tree: Any, violations: list[Violation]) -> Stack | None:
    """Reads the table `model`; mistakes are appended to `violations`, with paths relative to the table."""
    if not isinstance(tree, Mapping):
        violations.append(
            Violation("wrong-type", f"model must be a table with input and layers, got {quote_value(tree)}")
        )
        return None
    tree = check_keys(tree, MODEL_KEYS, "[model]", violations)
    name = tree.get("name")
    if name is not None:
        check_name(name, ("name",), violations)
    layers = _read_layers(tree, violations)
    spec, input_name = _read_input(tree, layers, violations)
    for index, layer in enumerate(layers if input_name is not None else ()):
        if layer is not None and layer.name == input_name:
            violations.append(
                Violation(
                    "duplicate-name",
                    f'the name "{input_name}" is already that of the input',
                    path=("layers", index, "name"),
                    related=[(("input", "name"), "first used here")],
                    help="names must be unique in a model; rename one of the two",
                )
            )
    return Stack(name if isinstance(name, str) else None, spec, input_name, layers)


def check_name(name: Any, path: tuple[str | int, ...], violations: list[Violation]) -> None:
    """Appends the problem for a name that Keras cannot use: it turns names into paths."""
    if not isinstance(name, str):
        violations.append(Violation("wrong-type", f"name must be a string, got {quote_value(name)}", path=path))
    elif not is_name(name):
        violations.append(bad_name(name).prefixed(*path))


def _read_layers(tree: Mapping[str, Any], violations: list[Violation]) -> list[Layer | None]:
    entries = tree.get("layers")
    if entries is None:
        violations.append(
            Violation(
                "missing-key",
                "missing key layers in [model]",
                help=Help("add ", Setting("layers", [...]), " to ", TableName(("model",))),
            )
        )
        return []
    if not isinstance(entries, list):
        help = Help("write ", Setting("layers", [entries[:60]])) if isinstance(entries, str) else None
        if isinstance(entries, Mapping):
            help = Help(
                "write ", Setting("layers", [{...: ...}]), TomlOnly(", or use a [[model.layers]] header for each layer")
            )
        violation = Violation(
            "wrong-type", f"layers must be a list, got {quote_value(entries)}", path=("layers",), help=help
        )
        violations.append(violation)
        return []
    layers: list[Layer | None] = []
    for index, entry in enumerate(entries):
        found: list[Violation] = []
        layers.append(read_layer(entry, found))
        for violation in found:
            violations.append(violation.prefixed("layers", index))
    _check_names(layers, violations)
    return layers


def _check_names(layers: list[Layer | None], violations: list[Violation]) -> None:
    first: dict[str, int] = {}
    for index, layer in enumerate(layers):
        if layer is None or layer.name is None:
            continue
        path = ("layers", index, "name")
        check_name(layer.name, path, violations)
        if layer.name in first:
            violations.append(
                Violation(
                    "duplicate-name",
                    f'duplicate layer name "{layer.name}", already used by model.layers[{first[layer.name]}]',
                    path=path,
                    related=[(("layers", first[layer.name], "name"), "first used here")],
                    help="layer names must be unique in a model; rename one of them",
                )
            )
        else:
            first[layer.name] = index


def _read_input(
    tree: Mapping[str, Any], layers: list[Layer | None], violations: list[Violation]
) -> tuple[TensorSpec | None, str | None]:
    if "input" not in tree:
        fixed = layers[0].fixed_input() if layers and layers[0] is not None else None
        if fixed is None and not _fixes_input(tree):
            example = _example_input(layers[0] if layers else None)
            violations.append(
                Violation(
                    "missing-input",
                    "the model has no input shape",
                    help=Help(
                        "add ",
                        Setting("input", example),
                        " to ",
                        TableName(("model",)),
                        ": the shape of one sample, without the batch size",
                    ),
                )
            )
        return fixed, None
    value = tree["input"]
    if not isinstance(value, Mapping):
        dims = _read_shape(value, (), violations)
        return (TensorSpec((BATCH, *dims)) if dims is not None else None), None
    value = check_keys(value, INPUT_KEYS, "input", violations, at=("input",))
    dims = None
    if "shape" not in value:
        violations.append(
            Violation(
                "missing-key",
                "input has no shape",
                path=("input",),
                help=Help("write ", Setting("input", {"shape": [28, 28, 1]})),
            )
        )
    else:
        dims = _read_shape(value["shape"], ("shape",), violations)
    dtype = _read_dtype(value.get("dtype", "float32"), violations)
    batch = _read_batch(value.get("batch_size"), violations)
    name = value.get("name")
    if name is not None:
        check_name(name, ("input", "name"), violations)
    if dims is None:
        return None, None
    return TensorSpec((batch, *dims), dtype, sparse=value.get("sparse") is True), name


_WORDS = "string"
_EXAMPLES = (([28, 28, 1], ""), ([100, 16], ""), ([16, 64, 64, 3], ""), ([16], ""), ([1], _WORDS))
_FLAT = {"Dense": [16], "EinsumDense": [16], "Embedding": [100]}
"""Inputs of layers that accept more ranks than the usual one."""


def _example_input(layer: Layer | None) -> list[int] | dict[str, Any]:
    """An input that the first layer accepts, as an example."""
    if layer is None:
        return _EXAMPLES[0][0]
    if type(layer).__name__ in _FLAT:
        return _FLAT[type(layer).__name__]
    from seqspec.catalog.inference_context import InferenceContext

    for shape, dtype in _EXAMPLES:
        x = TensorSpec((BATCH, *shape), dtype or "float32")
        try:
            layer.infer(x, InferenceContext())
            layer.check_data(x, InferenceContext())
        except (Violation, Violations):
            continue
        return {"shape": shape, "dtype": dtype} if dtype else shape
    return _EXAMPLES[0][0]


def _fixes_input(tree: Mapping[str, Any]) -> bool:
    """Whether the first layer says the input, even where a mistake keeps the layer from being read."""
    entries = tree.get("layers")
    first = entries[0] if isinstance(entries, list) and entries else None
    return (
        isinstance(first, Mapping)
        and first.get("type") not in ("Embedding", "ReversibleEmbedding")
        and any(key in first for key in ("input_shape", "input_dim", "batch_input_shape", "batch_shape"))
    )


def _read_dtype(value: Any, violations: list[Violation]) -> str:
    try:
        dtype: str = validate(DTypeName, value)
        return dtype
    except Violation as found:
        violation = found
    violations.append(violation.with_subject("dtype").prefixed("input", "dtype"))
    return violation.recovered_value if violation.recovered_value is not UNSET else "float32"


def _read_batch(value: Any, violations: list[Violation]) -> Size:
    if value is None or value == "none":
        return BATCH
    if type(value) is int and value >= 0:
        return value
    violations.append(
        Violation(
            "wrong-type", f"batch_size must be an integer, got {quote_value(value)}", path=("input", "batch_size")
        )
    )
    return BATCH


def _read_shape(value: Any, path: tuple[str | int, ...], violations: list[Violation]) -> list[Size] | None:
    if type(value) is int:
        violations.append(
            Violation(
                "bad-input",
                f"a shape must be a list, got {value}",
                path=("input", *path),
                label=Help("write ", Value([value])),
                help=Help("write ", Setting("input", [value])),
            )
        )
        return [value]
    if not isinstance(value, (list, tuple)):
        violations.append(
            Violation(
                "bad-input",
                f"a shape must be a list of dimensions, got {quote_value(value)}",
                path=("input", *path),
                help='write the shape of one sample without the batch size, such as [28, 28, 1] or ["T", 64]',
            )
        )
        return None
    if len(value) > _MAX_AXES:
        violation = Violation("over-limit", f"a shape must have at most {_MAX_AXES} dimensions, got {len(value)}")
        violations.append(violation.prefixed("input", *path))
        return None
    sizes: list[Size] = []
    complete = True
    for index, entry in enumerate(value):
        size = _read_size(entry, ("input", *path, index), violations)
        complete = complete and size is not None
        sizes.append(0 if size is None else size)
    return sizes if complete else None


def _read_size(entry: Any, path: tuple[str | int, ...], violations: list[Violation]) -> Size | None:
    if type(entry) is int and entry >= 0:
        return entry
    if entry is None or entry == UNNAMED or entry == "none":
        return Dim()
    if isinstance(entry, str) and re.fullmatch(_DIMENSION, entry):
        return Dim(entry)
    if entry == -1 and type(entry) is int:
        violations.append(
            Violation(
                "bad-input",
                "-1 is not a valid input dimension: there is nothing to infer it from",
                path=path,
                help='use a name for an unknown dimension, such as "T", or "?"',
            )
        )
        # Whether an unknown size or a number was meant, no one can say.
        return None
    message = f"a dimension must be an integer, or a name if it is unknown, got {quote_value(entry)}"
    meant: Size | None = None
    if isinstance(entry, float) and entry.is_integer() and entry >= 0:
        meant = int(entry)
    elif isinstance(entry, str) and entry.isdecimal() and len(entry) < 10:
        meant = int(entry)
    help = f"write {meant}" if meant is not None else None
    violations.append(Violation("bad-input", message, path=path, help=help))
    return meant
