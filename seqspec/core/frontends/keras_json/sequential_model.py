"""A whole model of Keras's JSON as a document, with its compile configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from seqspec.core.catalog.dtypes import DTYPES
from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.objects import LOSS, METRIC, OPTIMIZER, Family
from seqspec.core.catalog.validation import accepts
from seqspec.core.diagnostics.message import QUANTIZING, TableName, counted, fmt
from seqspec.core.diagnostics.violation import Path, Violation, Violations
from seqspec.core.document.training_tables import Compile
from seqspec.core.frontends.keras_json.chain import FUNCTIONAL, as_sequential, branch_notes, branch_of
from seqspec.core.frontends.keras_json.object_reader import Reader, is_automatic, parts_of
from seqspec.core.frontends.keras_json.wrapped_values import INPUT, Config, class_of, has_many_layers, quantized, unwrap
from seqspec.core.language.keys import is_name
from seqspec.core.language.variables import escaped
from seqspec.core.syntax.document import Tree
from seqspec.core.syntax.limits import LIMITS, Limits

_OF_OBJECTS = ("optimizer", "loss", "metrics", "weighted_metrics")
"""The arguments whose values are objects, each of which has its own reader."""

_CHOSEN_BY_KERAS = ("jit_compile",)
"""The arguments whose saved value was chosen automatically by Keras for the machine, as it will be again."""

_PLAIN = tuple(key for key in Compile.model_fields if key not in (*_OF_OBJECTS, *_CHOSEN_BY_KERAS))
"""The arguments whose values are numbers, strings and lists of them."""


def read_compile_config(raw: Mapping[str, object], reader: Reader) -> Tree:
    """The table, empty if the model was not compiled; parts that cannot be read are omitted, with a note."""
    config = raw.get("compile_config") or raw.get("training_config")
    if not isinstance(config, Mapping):
        config = {key: raw[key] for key in ("optimizer", "loss") if key in raw and "layers" in raw}
    if not config:
        return {}
    optimizer = config.get("optimizer", config.get("optimizer_config"))
    table: dict[str, object] = {
        "optimizer": _value_or_note("optimizer", lambda: _optimizer(optimizer, reader), reader),
        "loss": _value_or_note("loss", lambda: _losses(LOSS, config.get("loss"), reader), reader),
    }
    for key in ("metrics", "weighted_metrics"):
        table[key] = _metrics(key, config.get(key), reader)
    for key in _PLAIN:
        value = _value_or_note(key, partial(_plain, key, config.get(key)), reader)
        table[key] = None if value == Compile.default_of(key) else value
    return {key: value for key, value in table.items() if value is not None and value != []}


def _value_or_note(key: str, read: Callable[[], object], reader: Reader) -> object:
    """The result of `read`; None, with a note, if the value cannot be read."""
    known = len(reader.violations)
    try:
        value = read()
    except Violation as violation:
        reader.violations.append(violation)
        value = None
    faults = reader.violations[known:]
    if not faults:
        return value
    del reader.violations[known:]
    reader.notes.append(fmt("{} {} is omitted: {}", TableName(("compile",)), key, faults[0].message))
    return None


def _plain(key: str, raw: object) -> object:
    """The value of an argument without objects; raises `Violation` for one that `[compile]` does not accept."""
    value = unwrap(raw, ())
    if value is not None and not accepts(field_type(Compile.model_fields[key]), value):
        raise Violation("bad-value", "its value cannot be declared in a spec")
    return value


def _optimizer(raw: object, reader: Reader) -> object:
    raw = unwrap(raw, ())
    if not isinstance(raw, Mapping):
        return raw
    if class_of(raw) is None and isinstance(raw.get("name"), str):
        raw = {"class_name": raw["name"], "config": {key: raw[key] for key in raw if key != "name"}}
    config = raw.get("config")
    if isinstance(config, Mapping):
        config = dict(config)
        decay = config.pop("decay", 0.0)
        rate = config.get("learning_rate", config.get("lr"))
        if isinstance(decay, float) and decay > 0 and isinstance(rate, (int, float)):
            config.pop("lr", None)
            config["learning_rate"] = {
                "class_name": "InverseTimeDecay",
                "config": {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay},
            }
        raw = {**raw, "config": config}
    return _require_valid(OPTIMIZER, reader.object(OPTIMIZER, raw, ()))


def _losses(family: Family, raw: object, reader: Reader) -> object:
    """A loss, or a list or table of losses; a list of one is replaced by its item."""
    raw = unwrap(raw, ())
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    if isinstance(raw, list):
        return [_losses(family, item, reader) for item in raw]
    if isinstance(raw, Mapping) and class_of(raw) is None:
        return {key: _losses(family, item, reader) for key, item in raw.items()}
    return _require_valid(family, reader.object(family, raw, ()))


def _metrics(key: str, raw: object, reader: Reader) -> list[object] | None:
    """A flat list of metrics: Keras 2 has one list per output."""
    try:
        raw = unwrap(raw, ())
    except Violation:
        raw = None
    if raw is None:
        return None
    metrics = []
    for item in _flatten_metrics(raw):
        metric = _value_or_note(f"part of {key}", partial(_metric, item, reader), reader)
        if metric is not None:
            metrics.append(metric)
    return metrics


def _flatten_metrics(raw: object) -> list[object]:
    if isinstance(raw, Mapping) and class_of(raw) is None:
        raw = list(raw.values())
    if isinstance(raw, list):
        return [entry for item in raw for entry in _flatten_metrics(item)]
    return [raw]


def _metric(raw: Any, reader: Reader) -> object:
    if class_of(raw) in ("MeanMetricWrapper", "MeanMetric") and isinstance(raw.get("config"), Mapping):
        config = raw["config"]
        name = config.get("name")
        raw = name if name in ("accuracy", "acc") else unwrap(config.get("fn", name), ())
    return _require_valid(METRIC, reader.object(METRIC, raw, ()))


def _require_valid(family: Family, value: object) -> object:
    """The value, if it is one of the family."""
    if value is None:
        return None
    try:
        made: KerasObject = family.read(value)
    except Violations as several:
        raise several.items[0]
    assert made is not None
    return value


_UNKNOWN = {1: ("T",), 2: ("H", "W"), 3: ("D", "H", "W")}
_WRAPPERS = ("modelTopology", "model_config")


class ImportedModel(NamedTuple):
    """A model that was read.

    Attributes:
        tree: The document as a tree.
        notes: Notes on what was omitted.
        compile_notes: The notes on arguments of `compile` among them.
    """

    tree: Tree
    notes: list[str]
    compile_notes: list[str]


def import_model(tree: Mapping[str, object], limits: Limits = LIMITS) -> ImportedModel:
    """The document of a model that Keras has serialized.

    Raises:
        Violations: What a document cannot express, at paths within `tree`.
    """
    literal = read_model(tree, limits)
    return literal._replace(tree=escaped(literal.tree))


def read_model(tree: Mapping[str, object], limits: Limits = LIMITS) -> ImportedModel:
    """Like `import_model`, but without doubling the dollar signs in strings, which begin references in a document.

    Raises:
        Violations: What a document cannot express, at paths within `tree`.
    """
    if has_many_layers(tree, limits.layers):
        raise Violations([Violation("over-limit", f"the model has more than {limits.layers:,} layers")])
    raw, path = _model_of(tree)
    entries, within = _layers_of(raw, path)
    policy = _policy(entries)
    reader = Reader(policy)
    start, rest = _split(entries)
    model: dict[str, object] = {}
    config = raw.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    if isinstance(name, str) and is_name(name) and not is_automatic(name, "Sequential"):
        model["name"] = name
    given = _input(raw, start, rest, reader, path)
    if given is not None:
        model["input"] = given
    else:
        reader.notes.append(
            "the model was saved before it was built, so that its input shape is unknown: add input to [model]"
        )
    skipped = len(entries) - len(rest)
    model["layers"] = [reader.layer(entry, (*within, index + skipped)) for index, entry in enumerate(rest)]
    document: dict[str, object] = {"seqspec": 1, "model": model}
    count_before = len(reader.notes)
    table = read_compile_config(raw if "compile_config" in raw or "optimizer" in raw else tree, reader)
    compile_notes = reader.notes[count_before:]
    if table:
        document["compile"] = table
    if policy != "float32":
        document["runtime"] = {"dtype_policy": policy}
    if reader.violations:
        raise Violations(reader.violations)
    reader.notes += [
        fmt(
            "{} {} quantized to {}, and read as before that; to quantize the trained model again, use {}",
            counted(count, "layer"),
            "is" if count == 1 else "are",
            mode,
            QUANTIZING,
        )
        for mode, count in reader.quantized.items()
    ]
    return ImportedModel(document, reader.notes, compile_notes)


_WITH_BRANCHES = fmt("wrap the branches in a {} layer", TableName(("custom",)))
_CHAIN = "if its layers form a single chain, create a keras.Sequential from model.layers and save that"


def _model_of(tree: Mapping[str, object]) -> tuple[Mapping[str, object], Path]:
    """The Sequential model in the file; TensorFlow.js and SavedModel metadata wrap it in further tables."""
    raw: Any = tree
    path: Path = ()
    while class_of(raw) is None and "layers" not in raw:
        key = next((key for key in _WRAPPERS if isinstance(raw.get(key), Mapping)), None)
        if key is None:
            raise Violations([_not_a_model(tree)])
        raw = raw[key]
        path = (*path, key)
    raw = as_sequential(raw)
    name = class_of(raw) or str(raw.get("name"))
    if name != "Sequential":
        raise Violations([_other_model(name, branch_of(raw)).prefixed(*path)])
    return raw, path


def _other_model(name: str, branch: str | None) -> Violation:
    return Violation(
        "unsupported-layer",
        f"the file holds a {name[:60]} model, but a spec describes a Sequential model",
        path=("class_name",),
        help=None if name not in FUNCTIONAL else _WITH_BRANCHES if branch else _CHAIN,
        notes=branch_notes(branch),
    )


def _not_a_model(tree: Mapping[str, object]) -> Violation:
    if "seqspec" in tree:
        return Violation("keras-config", "this is already a spec", path=("seqspec",), anchor="key")
    return Violation(
        "keras-config",
        "this is not a Keras model: missing class_name",
        help="create one with model.to_json(), or pass the .keras file",
    )


def _layers_of(raw: Mapping[str, object], path: Path) -> tuple[list[object], Path]:
    config = raw.get("config", raw)
    if isinstance(config, list):
        return config, (*path, "config")
    layers = config.get("layers") if isinstance(config, Mapping) else None
    within = (*path, "config", "layers") if config is not raw else (*path, "layers")
    if not isinstance(layers, list):
        raise Violations([Violation("keras-config", "the model has no list of layers", path=within)])
    return layers, within


def _split(entries: list[Any]) -> tuple[Mapping[str, object] | None, list[object]]:
    """The InputLayer, if there is one, and the other layers."""
    if entries and class_of(entries[0]) == INPUT:
        return entries[0], entries[1:]
    return None, entries


def _policy(entries: Sequence[object]) -> str:
    """The dtype policy of most layers, which becomes the policy of the model."""
    policies: Counter[str] = Counter()
    for entry in entries:
        if not isinstance(entry, Mapping) or class_of(entry) == INPUT:
            continue
        config = parts_of(entry)[1]
        if not isinstance(config, Mapping) or "dtype" not in config:
            continue
        try:
            before = quantized(config["dtype"])
            policy = unwrap(config["dtype"], ()) if before is None else before.source
        except Violation:
            continue
        if isinstance(policy, str):
            policies[policy] += 1
    policy, count = max(policies.items(), key=lambda item: item[1], default=("float32", 0))
    return policy if policy in _POLICIES and count > policies["float32"] else "float32"


_POLICIES = frozenset({"float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"})


def _input(
    raw: Mapping[str, object], start: Mapping[str, object] | None, rest: Sequence[object], reader: Reader, path: Path
) -> object:
    """The value of `model.input`; None if the file does not contain it."""
    input_config: Mapping[str, object] | None
    if start is not None:
        input_config = _config(start)
        shape = _shape_in(input_config, INPUT)
    else:
        input_config, shape = _first_layer(rest)
    if shape is None:
        shape = _built_shape(raw) or (_built_shape(rest[0]) if rest and isinstance(rest[0], Mapping) else None)
    if shape is None:
        return None
    if not shape or not all(size is None or type(size) is int for size in shape):
        reader.violations.append(
            Violation("bad-input", "the model needs several inputs; a Sequential model passes one tensor", path=path)
        )
        return None
    long: dict[str, object] = {"shape": _name_unknown_sizes(shape[1:])}
    dtype = _dtype(input_config, start is not None)
    if dtype != "float32":
        long["dtype"] = dtype
    if shape[0] is not None:
        long["batch_size"] = shape[0]
    if start is not None and input_config is not None:
        name = input_config.get("name")
        if isinstance(name, str) and is_name(name) and not _is_input_name(name):
            long["name"] = name
        long |= {flag: True for flag in ("sparse", "ragged") if input_config.get(flag) is True}
    return long if len(long) > 1 else long["shape"]


def _config(entry: object) -> Config:
    config = parts_of(entry)[1] if isinstance(entry, Mapping) else None
    return config if isinstance(config, Mapping) else {}


def _first_layer(rest: Sequence[object]) -> tuple[Config | None, list[object] | None]:
    """The config that declares the input shape: of the first layer, or of the first layer inside it."""
    if not rest or not isinstance(rest[0], Mapping):
        return None, None
    name, config, _ = parts_of(rest[0])
    if isinstance(config, list):
        return _first_layer(config)
    shape = _shape_in(config, name)
    if shape is None and isinstance(config.get("layers"), list):
        inner, shape = _first_layer(config["layers"])
        return inner, shape
    if shape is None and isinstance(config.get("layer"), Mapping):
        wrapped = config["layer"]
        shape = _shape_in(_config(wrapped), parts_of(wrapped)[0])
    return config, shape


def _shape_in(config: Mapping[str, object], name: str) -> list[object] | None:
    for key in ("batch_shape", "batch_input_shape"):
        shape = _list(config.get(key))
        if shape is not None:
            return shape
    shape = _list(config.get("input_shape"))
    if shape is not None:
        return [None, *shape]
    size, steps = config.get("input_dim"), config.get("input_length")
    layer = layer_class(name)
    if layer is not None and "input_dim" in layer.model_fields:
        # An argument of the layer itself, not the number of features of its input.
        return [None, *(steps if isinstance(steps, list) else [steps])] if "input_length" in config else None
    if type(size) is not int:
        return None
    return [None, steps, size] if "input_length" in config else [None, size]


def _built_shape(raw: Mapping[str, object]) -> list[object] | None:
    """The input shape, including the batch size, with which a model or layer was built."""
    for table, key in ((raw.get("build_config"), "input_shape"), (raw.get("config"), "build_input_shape")):
        shape = _list(table.get(key)) if isinstance(table, Mapping) else None
        if shape is not None:
            return shape if shape[:1] == [None] or not shape else [None, *shape[1:]]
    return None


def _list(value: object) -> list[object] | None:
    try:
        value = unwrap(value, ())
    except Violation:
        return None
    return list(value) if isinstance(value, (list, tuple)) else None


def _name_unknown_sizes(shape: Sequence[object]) -> list[object]:
    """The shape with its unknown sizes named."""
    names = iter(_UNKNOWN.get(shape.count(None), ()))
    return [next(names, "?") if size is None else size for size in shape]


def _dtype(config: Mapping[str, object] | None, own: bool) -> str:
    """The dtype of the input; before Keras 3 it is saved with the first layer, usually only as a default."""
    for key in ("input_dtype", "dtype"):
        try:
            dtype = unwrap((config or {}).get(key), ())
        except Violation:
            continue
        if isinstance(dtype, str) and dtype in DTYPES and (own or key == "input_dtype" or dtype[:3] in ("int", "uin")):
            return dtype
    return "float32"


def _is_input_name(name: str) -> bool:
    return is_automatic(name, INPUT, "Input") or name.endswith("_input")
