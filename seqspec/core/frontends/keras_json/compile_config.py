"""The compile configuration of a file as the table `[compile]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.objects import LOSS, METRIC, OPTIMIZER, Family
from seqspec.core.catalog.validation import accepts
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import TableName
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.training_tables import Compile
from seqspec.core.frontends.keras_json.object_reader import Reader
from seqspec.core.frontends.keras_json.wrapped_values import class_of, unwrap
from seqspec.core.syntax.document import Tree

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
