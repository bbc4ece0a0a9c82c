"""Converts serialized objects and layers to the tables of a document.

The catalogue knows the type and default of each argument; an argument that equals its default
is omitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from seqspec.core.catalog import legacy
from seqspec.core.catalog.dtypes import FLOATS, policy
from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.markers import all_marks, field_type
from seqspec.core.catalog.objects import INITIALIZER, SCHEDULE, Family, Initializer, Named
from seqspec.core.catalog.optimizers.base import RateOrSchedule
from seqspec.core.catalog.reading import LayerType
from seqspec.core.catalog.traits import Composition
from seqspec.core.catalog.types import PerAxis
from seqspec.core.catalog.validation import accepts, validate
from seqspec.core.diagnostics.message import TableName, fmt
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, Violations
from seqspec.core.frontends.keras_json.chain import as_sequential, branch_of, unknown_class
from seqspec.core.frontends.keras_json.wrapped_values import INPUT, Config, as_fraction, class_of, quantized, unwrap
from seqspec.core.language.keys import is_name, snake_case
from seqspec.core.syntax.document import Tree

_QUANTIZATION = "quantization_config"


class Reader:
    """Reads one file.

    Attributes:
        policy: The dtype policy of the model, which is omitted in layers.
        violations: What a document cannot express, at paths within Keras's JSON.
        notes: What has been left out, in words.
        quantized: The number of quantized layers by mode, which are read as they were before.
    """

    def __init__(self, policy: str = "float32") -> None:
        self.policy = policy
        self.violations: list[Violation] = []
        self.notes: list[str] = []
        self.quantized: Counter[str] = Counter()

    def layer(self, raw: object, path: Path) -> object:
        """A layer as an entry of `layers`; None, with a violation, if it cannot be one."""
        if not isinstance(raw, Mapping):
            message = "a layer must be a table with class_name and config"
            self.violations.append(Violation("bad-layer-entry", message, path=path))
            return None
        raw = as_sequential(raw)
        name, config, inner = parts_of(raw)
        new_name, extra = legacy.CLASSES.get(name, (name, {}))
        layer_type = layer_class(new_name)
        if layer_type is None:
            self.violations.append(unknown_class(name, raw, config, branch_of(raw)).prefixed(*path))
            return None
        if isinstance(config, list):
            config = {"layers": config}
        config = self._before_quantization(config, layer_type)
        if "reset_after" in layer_type.model_fields and "module" not in raw and "reset_after" not in config:
            extra = {"reset_after": False, **extra}
        if "base_model" in layer_type.traits:
            self.notes.append(
                f'{layer_type.__name__} has weights = "none": --weights writes those of the file, and "imagenet" '
                "downloads those of Keras"
            )
        table = {
            "type": layer_type.__name__,
            **self.arguments(layer_type, {**extra, **config}, path + inner, "module" in raw),
            **self._name(config.get("name", raw.get("name")), name, layer_type),
        }
        if layer_type.composition is Composition.JOINED:
            _omit_reversed_layer(table)
        bare = len(table) == 1 and not layer_type.required()
        return layer_type.__name__ if bare else table

    def _before_quantization(self, config: Config, layer_type: type[Layer]) -> Config:
        """The configuration of a layer without its quantization."""
        before = quantized(config.get("dtype"))
        if before is not None:
            self.quantized[before.mode] += 1
            return {**config, "dtype": before.source, _QUANTIZATION: None}
        if config.get(_QUANTIZATION) is not None:
            self.notes.append(f"{_QUANTIZATION} of {layer_type.__name__} is omitted: the layer is not quantized")
            return {**config, _QUANTIZATION: None}
        return config

    def _name(self, name: object, old_class: str, layer_type: type[Layer]) -> dict[str, str]:
        """The name if it was set by the author, otherwise empty."""
        if (
            not isinstance(name, str)
            or "name" not in layer_type.model_fields
            or is_automatic(name, old_class, layer_type.__name__)
        ):
            return {}
        if not is_name(name):
            self.notes.append(f"the name {name!r} is omitted: Keras uses names as paths")
            return {}
        return {"name": name}

    def arguments(self, object_type: type[KerasObject], config: Mapping[str, object], path: Path, modern: bool) -> Tree:
        """The arguments that are not just Keras's defaults."""
        table: Tree = {}
        for key, new, raw in _entries(object_type, config):
            argument = object_type.model_fields.get(new)
            if argument is None:
                self._unknown(object_type, key, raw)
                continue
            try:
                value = self._converted(field_type(argument), legacy.value(key, raw), (*path, key), modern)
            except Violation as violation:
                self.violations.append(violation)
                continue
            value = _simplify(argument, new, value)
            if value is UNSET or (value is None and not accepts(field_type(argument), None)):
                continue  # Other writers of the format save null for an omitted argument.
            if not self._is_default(object_type, argument, new, value, modern, config):
                table[new] = value
        return {key: table[key] for key in object_type.model_fields if key in table}

    def _unknown(self, object_type: type[KerasObject], key: str, raw: object) -> None:
        if key in legacy.PASSED_OVER or raw is None or raw is False or raw in ({}, [], "") or raw == 0:
            return
        if isinstance(raw, Mapping) and class_of(raw) is not None and not raw.get("config"):
            return
        note = f"{object_type.__name__} no longer has an argument {key}; it is omitted"
        if note not in self.notes and key not in Layer.model_fields:
            self.notes.append(note)

    def _is_default(
        self,
        object_type: type[KerasObject],
        argument: FieldInfo,
        key: str,
        value: object,
        modern: bool,
        config: Mapping[str, object],
    ) -> bool:
        if issubclass(object_type, Layer):
            if key == "dtype":
                if value is None or (
                    value == self.policy and (object_type.casting.follows_policy or value == "float32")
                ):
                    return True
                # Before Keras 3 the dtype of a first layer is also, or only, the dtype of the input.
                kept = (
                    accepts(field_type(argument), value)
                    and policy(validate(field_type(argument), value)).variable in FLOATS
                )
                return not modern and not kept
            if key == "data_format" and value == "channels_last":
                return True
            if key == "activation" and value == "linear" and _default(argument) is None:
                return True
            if key == "strides" and _default(argument) is None and "pool_size" in config:
                return bool(value == _simplify(argument, key, unwrap(config["pool_size"], ())))
        elif key == "name":
            return (
                value is None
                or is_automatic(str(value), object_type.__name__, object_type.__name__)
                or value == _default(argument)
            )
        elif key == "dtype":
            return value in (None, "float32", self.policy)
        return is_default(argument, value)

    def _converted(self, kind: object, raw: object, path: Path, modern: bool) -> object:
        value = unwrap(raw, path)
        holders = list(_holders(kind))
        if isinstance(value, (list, tuple)):
            items = [self._converted(kind, item, (*path, index), modern) for index, item in enumerate(value)]
            return [item for item in items if item is not UNSET]
        if isinstance(value, Mapping):
            name = class_of(value)
            if name is None and holders and isinstance(value.get("name"), str):
                # Keras 1 and older write an object as its arguments, with the class as `name`.
                name = value["name"]
                value = {"class_name": name, "config": {key: value[key] for key in value if key != "name"}}
            if name is not None and holders:
                return self._object_or_layer(holders, name, value, path)
            return {key: self._converted(kind, item, (*path, key), modern) for key, item in value.items()}
        if isinstance(value, str) and holders:
            value = legacy.OBJECTS.get(value, legacy.ACTIVATIONS.get(value, value))
            if INITIALIZER in holders and not accepts(Initializer, value):
                return self._omit_initializer(value)
        return value

    def _omit_initializer(self, initializer: str) -> object:
        """Omits initializers that Keras does not know: they do not affect a trained model."""
        note = f"the unknown initializer {initializer} is omitted"
        if note not in self.notes:
            self.notes.append(note)
        return UNSET

    def _object_or_layer(
        self, holders: list[Family | LayerType], name: str, raw: Mapping[str, object], path: Path
    ) -> object:
        for holder in holders:
            if isinstance(holder, LayerType):
                return UNSET if name == INPUT else self.layer(raw, path)
        objects = [holder for holder in holders if isinstance(holder, Family)]
        return self.object(
            next((o for o in objects if o.class_named(legacy.object_class(name))), objects[0]), raw, path
        )

    def object(self, family: Family, raw: object, path: Path) -> object:
        """An object as in a document: its name, or a table if it has arguments; raises `Violation`."""
        raw = unwrap(raw, path)
        if not isinstance(raw, Mapping):
            return raw
        name = class_of(raw) or ""
        config = raw.get("config") or {}
        modern = "module" in raw
        if not isinstance(config, Mapping):
            return config
        object_type = family.class_named(legacy.object_class(name))
        if object_type is None and family is INITIALIZER:
            return self._omit_initializer(name)
        if object_type is None:
            refused = getattr(family.module(), "REFUSED", {}).get(name)
            why = refused[0] if refused else f"is not a Keras {family.noun}"
            if raw.get("module") not in (None, "builtins") and not str(raw["module"]).startswith("keras"):
                why = f"is a class of {raw['module']}, not a Keras {family.noun}"
            raise Violation(
                "unsupported-class",
                f"{name} {why}",
                path=(*path, "class_name"),
                help=fmt("declare custom classes under {}", TableName(("custom",))),
            )
        table = self.arguments(object_type, config, (*path, "config"), modern)
        if family.noun == "initializer" and not modern:
            object_type, table = _named_initializer(object_type, table)
        if object_type.__name__ in legacy.NONE_WITHOUT_ARGUMENTS and not modern and not table:
            return None
        bare = None if table else _short_name(family, object_type)
        return bare or {"type": object_type.__name__, **table}


def parts_of(raw: Mapping[str, object]) -> tuple[str, Any, Path]:
    """The class of a serialized layer, its config, and the path of the config within the layer."""
    name = class_of(raw)
    if name is not None:
        config = raw.get("config")
        return name, config if isinstance(config, (Mapping, list)) else {}, ("config",)
    # Before Keras 1 a layer was its arguments, with the class as `name`.
    config = {key: value for key, value in raw.items() if key != "name"}
    if isinstance(raw.get("custom_name"), str):
        config["name"] = raw["custom_name"]
    return str(raw.get("name", "")), config, ()


def is_automatic(name: str, *classes: str) -> bool:
    """Whether Keras generated this name from one of these classes."""
    stem = name.removeprefix("forward_").removeprefix("backward_")
    head, _, number = stem.rpartition("_")
    stem = head if head and number.isdecimal() else stem
    return any(stem.lower() in (snake_case(c), c.lower()) for c in classes)


def is_default(argument: FieldInfo, value: object) -> bool:
    """Whether the value equals the default of the argument in Keras."""
    if argument.is_required():
        return False
    default = argument.default
    if value is None or default is None:
        return value is None and default is None
    try:
        same: bool = validate(field_type(argument), value) == validate(field_type(argument), _as_list(default))
    except (Violation, Violations):
        return False
    return same


def _entries(object_type: type[KerasObject], config: Mapping[str, object]) -> Iterator[tuple[str, str, object]]:
    """Every argument with its name in the file and in Keras 3."""
    window = legacy.kernel_size(config)
    if window is not None and "kernel_size" in object_type.model_fields:
        yield "kernel_size", "kernel_size", window
    for key, raw in config.items():
        if (key == "name" and issubclass(object_type, Layer)) or (window is not None and key in legacy.KERNEL_KEYS):
            continue
        if key == "num_bins" and config.get("bin_boundaries") is not None:
            continue  # An adapted Discretization saves both, but its constructor rejects both together.
        new = key if key in object_type.model_fields else legacy.renamed(key, object_type.model_fields)
        if new != key and new in config:
            continue
        yield key, new or key, legacy.margins(raw, getattr(object_type, "rank", 0)) if key == "padding" else raw


def _simplify(argument: FieldInfo, key: str, value: object) -> object:
    if isinstance(value, list):
        # A tensor with one number, or a list with the one axis of a BatchNormalization, means the number itself.
        while isinstance(value, list) and len(value) == 1 and not accepts(field_type(argument), value):
            value = value[0]
        is_window = any(isinstance(mark, PerAxis) for mark in all_marks(field_type(argument)))
        if is_window and isinstance(value, list) and value and all(size == value[0] for size in value):
            return value[0]
        return value
    if isinstance(value, float):
        fraction = as_fraction(value) if key == "scale" else None
        value = fraction if fraction is not None and accepts(field_type(argument), fraction) else value
        if isinstance(value, float) and value.is_integer() and not accepts(field_type(argument), value):
            return int(value)
    return value


def _default(argument: FieldInfo) -> object:
    return UNSET if argument.is_required() else argument.default


def _as_list(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _holders(annotation: object) -> Iterator[Family | LayerType]:
    """The markers of the objects and layers that a value may contain."""
    for mark in all_marks(annotation):
        if isinstance(mark, (Family, LayerType)):
            yield mark
        elif isinstance(mark, RateOrSchedule):
            yield SCHEDULE


def _short_name(family: Family, object_type: type[KerasObject]) -> str | None:
    """The short name for which Keras creates exactly this object; None if there is none."""
    names = family.names()
    for name in (snake_case(object_type.__name__), object_type.__name__.lower(), object_type.__name__):
        known = names.get(name)
        if known is object_type or (
            isinstance(known, Named) and known.stands_for is object_type and family.noun == "metric"
        ):
            return name
    return None


def _named_initializer(object_type: type[KerasObject], table: Tree) -> tuple[type[KerasObject], dict[str, object]]:
    """The named initializer that Keras 2 saved as its base class VarianceScaling."""
    if object_type.__name__ != legacy.SAVED_AS_BASE_CLASS:
        return object_type, table
    from seqspec.core.catalog import initializers

    distribution = table.get("distribution", "truncated_normal")
    # Keras 2 calls the truncated normal distribution "normal".
    distribution = "truncated_normal" if distribution == "normal" else distribution
    scaling = (table.get("scale", 1.0), table.get("mode", "fan_in"), distribution)
    plainer = legacy.VARIANCE_SCALINGS.get(scaling)
    if plainer is None:
        return object_type, table
    return getattr(initializers, plainer), {key: table[key] for key in table if key == "seed"}


def _omit_reversed_layer(table: Tree) -> None:
    """Omits what a Bidirectional creates itself: a backward layer that is only the reversed forward layer."""
    forward, backward = table.get("layer"), table.get("backward_layer")
    for way in (forward, backward):
        if isinstance(way, dict) and way.get("return_sequences"):
            way.pop("zero_output_for_mask", None)
    if isinstance(forward, dict) and isinstance(backward, dict) and not forward.get("go_backwards"):
        named = {"name": forward["name"]} if "name" in forward else {}
        if backward == {**forward, "go_backwards": True} or {**backward, **named} == {**forward, "go_backwards": True}:
            del table["backward_layer"]
