"""Reads an entry of `layers` as a layer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from seqspec.core.catalog.index import LAYERS, layer_class, plugin_error, plugin_layers
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.markers import ShapeNeutral
from seqspec.core.catalog.objects import CustomUse, undeclared
from seqspec.core.catalog.plain import freeze, to_plain
from seqspec.core.catalog.validation import validator, wrong_type
from seqspec.core.diagnostics.message import Message, Setting, SpecOrProgram, TableName, Value, fmt, quote_value
from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.language.keys import ALIASES, is_name


def read_layer(entry: object, violations: list[Violation]) -> Layer | None:
    """Reads a bare name (`"Flatten"`) or a table (`{ type = "Dense", units = 8 }`).

    Mistakes are appended to `violations`, with paths relative to the entry. Returns None if neither the entry nor a
    recovered value is a layer.
    """
    if type(entry) is dict or isinstance(entry, Mapping):
        name = entry.get("type")
        if type(name) is not str:
            violations.append(_untagged(entry, name))
            return None
        declared = layer_class(name)
        return declared.read(entry, violations) if declared else _read_suggested(name, ("type",), entry, violations)
    if isinstance(entry, str):
        declared = layer_class(entry)
        return declared.read({}, violations) if declared else _read_suggested(entry, (), {}, violations)
    if isinstance(entry, Layer):
        kind = type(entry)
        if not isinstance(entry, CustomUse) and layer_class(kind.__name__) is not kind:
            violations.append(
                Violation("unknown-layer", f'unknown layer class "{kind.__name__}"', help=_declaring(kind.__name__))
            )
            return None
        return entry
    if entry is UNSET:
        # An invalid use of a custom class, which has been reported.
        return None
    if isinstance(entry, type) and issubclass(entry, Layer):
        name = entry.__name__
        violations.append(
            Violation("bad-layer-entry", f"a layer must be an object, got the class {name}", help=f"write {name}(...)")
        )
        return None
    if isinstance(entry, CustomUse):
        violations.append(
            Violation(
                "bad-custom",
                f"expected a layer, but this class is declared as a {entry.kind}",
                path=("custom",),
                help=fmt("write {} in its declaration", Setting("kind", "layer")),
            )
        )
        return None
    violations.append(
        Violation(
            "bad-layer-entry",
            fmt("a layer must be a name or a table with a type, got {}", quote_value(entry)),
            help=fmt(
                'write {}, or "Flatten" for a layer without required arguments', Value({"type": "Dense", "units": 10})
            ),
        )
    )
    return None


def _read_suggested(
    name: str, path: tuple[str, ...], entry: Mapping[str, object], violations: list[Violation]
) -> Layer | None:
    """Reads the layer that an unknown name most likely refers to."""
    called = _called(name)
    if called is not None:
        rest: dict[object, object] = {...: ...} if entry.keys() - {"type", *called[1]} else {}
        help = fmt("layers have no shorthand: write {}", Value({"type": called[0].__name__, **called[1], **rest}))
        violations.append(Violation("unknown-layer", f'unknown layer type "{name[:60]}"', path=path, help=help))
        return called[0].read({**called[1], **entry, "type": called[0].__name__}, violations)
    declared = _suggested_name(name, path, violations)
    if declared is None:
        return None
    renamed = len(violations) - 1
    layer = declared.read(entry, violations)
    if any(violation.rule == "missing-argument" for violation in violations[renamed:]):
        # The name alone is not enough to recover a layer.
        violations[renamed] = violations[renamed].replace(suggestion=None)
    return layer


def _called(text: str) -> tuple[type[Layer], dict[str, object]] | None:
    """The class and the arguments of a text such as `Dense(4)`, which a spec does not have; None for another text."""
    if "(" not in text:
        return None
    from seqspec.core.language.shorthand import read_call

    try:
        call = read_call(text)
    except Violation:
        return None
    declared = layer_class(call.name)
    if declared is None:
        return None
    arguments, mistakes = call.bind(call.name, list(declared.model_fields))
    return None if mistakes else (declared, arguments)


def _untagged(entry: Mapping[str, object], name: object) -> Violation:
    if "class_name" in entry:
        return Violation(
            "bad-layer-entry",
            "this layer is in Keras's own serialization format (class_name, config)",
            path=("class_name",),
            anchor="key",
            help=fmt("write {} and the arguments of config", Value({"type": entry["class_name"], ...: ...})),
        )
    if "custom" in entry and name is None:
        return undeclared(entry["custom"])
    if name is not None:
        return Violation(
            "wrong-type", fmt("type must be the name of a layer, got {}", quote_value(name)), path=("type",)
        )
    if "layers" in entry and entry.keys() <= {"layers", "name"}:
        return Violation(
            "bad-layer-entry",
            "a group of layers must be a block",
            path=("layers",),
            anchor="key",
            help=fmt("declare [blocks.name] with these layers, and write {}", Value({"use": "name", "repeat": 2})),
        )
    from seqspec.core.diagnostics.suggest import nearest

    near = nearest("type", entry) if entry else None
    return Violation(
        "bad-layer-entry",
        "this table does not specify a layer type",
        path=(near,) if near else (),
        anchor="key" if near else "value",
        label=Suggestion("type").label if near else None,
        missing=None if near else "type",
        help=fmt(
            "a layer needs one of {}, {} or {}",
            Setting("type", "Dense"),
            Setting("use", "block"),
            Setting("custom", "Class"),
        ),
    )


def _suggested_name(name: str, path: tuple[str, ...], violations: list[Violation]) -> type[Layer] | None:
    from seqspec.core.catalog.unsupported import refusal

    refused = refusal(name)
    if refused is not None:
        violations.append(refused.prefixed(*path))
        return None
    fault = plugin_error(name)
    if fault is not None:
        help = "fix or uninstall the plugin package"
        violations.append(Violation("plugin-fault", fault, path=path, help=help))
        return None
    meant = suggest(name, [*LAYERS, *ALIASES, *plugin_layers()], _declaring("Name"), SuggestionTemplate.LAYER)
    if "(" in name:
        # Which arguments were meant is not known.
        table = fmt("layers have no shorthand: write {}", Value({"type": meant.word or ..., "argument": ...}))
        violations.append(Violation("unknown-layer", f'unknown layer type "{name[:60]}"', path=path, help=table))
        return None
    violations.append(Violation("unknown-layer", f'unknown layer type "{name[:60]}"', path=path, **meant.arguments()))
    return layer_class(meant.word) if meant.word else None


def _declaring(name: str) -> Message:
    """The help for using a custom class."""
    declared = fmt(
        "declare a custom class under {} and use it with {}", TableName(("custom", name)), Setting("custom", name)
    )
    return Message(SpecOrProgram(declared, "use a layer of Keras, or a class of your own"))


def invalid_name(name: str) -> Violation:
    """The violation for the name of a model, an input or a layer that Keras cannot use."""
    return Violation(
        "bad-name",
        f'invalid layer name "{name[:60]}"',
        help="use only letters, digits, _, - and .: Keras uses names as paths",
    )


def duplicate_names(layers: Sequence[Layer | None], title: str) -> Iterator[Violation]:
    """The violations for layers with the name of an earlier one, at paths below the table with `layers`."""
    first: dict[str, int] = {}
    for index, layer in enumerate(layers):
        if layer is None or layer.name is None:
            continue
        if layer.name in first:
            yield Violation(
                "duplicate-name",
                f'duplicate layer name "{layer.name}", already used by {title}[{first[layer.name]}]',
                path=("layers", index, "name"),
                related=[(("layers", first[layer.name], "name"), "first used here")],
                help="layer names must be unique in a model; rename one of them",
            )
        else:
            first[layer.name] = index


def schema_of_any_layer() -> CoreSchema:
    """The schema of `Layer` as the type of a field: any layer, by its name or as a table."""
    return _schema(lambda value: freeze(LayerType().read(to_plain(value) if isinstance(value, Mapping) else value)))


def _schema(read: Callable[[object], object]) -> CoreSchema:
    written = core_schema.union_schema([core_schema.str_schema(), core_schema.dict_schema()])
    return core_schema.with_info_plain_validator_function(validator(read), json_schema_input_schema=written)


class LayerType(ShapeNeutral):
    """Marks a layer inside another: the argument of a wrapper, a cell of an RNN, an entry of `layers`."""

    def __init__(self, text: str = "a layer") -> None:
        super().__init__(False)
        self.text = text

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _schema(self.read)

    def read(self, value: object) -> Layer:
        """The layer that an entry declares; raises `Violation` or `Violations`."""
        if not isinstance(value, (str, Mapping, Layer, CustomUse)) and value is not UNSET:
            raise wrong_type(self.text, value)
        violations: list[Violation] = []
        layer = read_layer(value, violations)
        if layer is not None and layer.name is not None and not is_name(layer.name):
            violations.append(invalid_name(layer.name).prefixed("name"))
        if violations or layer is None:
            raise Violations(violations, UNSET if layer is None else layer)
        return layer


AnyLayer = Annotated[Layer, LayerType()]
"""A layer, by its name or as a table."""
