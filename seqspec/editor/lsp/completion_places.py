"""The keys and values that are possible at a path of a document, with descriptions.

A `CompletionPlace` describes one location: `keys(value)` returns the possible keys, `below(key, value)` the place of a
child, `candidates()` the possible strings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from seqspec.core.api.catalog import Family, KerasObject, LayerType, kind_of_field
from seqspec.core.api.data import DeclaredTable
from seqspec.core.api.language import CLASS_KIND, DeclaredSymbols
from seqspec.core.api.messages import counted, quote_json
from seqspec.core.api.schema import (
    OPENINGS,
    ValueSchema,
    describe_argument,
    describe_class,
    is_tag,
    json_default,
    schema_of_kind,
    summary,
)
from seqspec.core.api.schema import spec_schema as _schema_factories  # noqa: F401  (registers the schemas of all types)
from seqspec.core.api.spec import Table


class Completion(NamedTuple):
    """A completion: a string, or `literal` text such as `true`; `call` accepts arguments."""

    text: str
    doc: str = ""
    literal: bool = False
    call: bool = False
    what: str = "value"


class Key(NamedTuple):
    """A key of a table: its explanation in Markdown, what it holds, and how its value usually begins."""

    doc: str
    place: CompletionPlace
    required: bool = False
    default: str | None = None
    form: str = ""
    old: bool = False


class CompletionPlace:
    """A location where any value is accepted."""

    def keys(self, value: object) -> Mapping[str, Key]:
        """The keys of the table here; empty if its keys are not known."""
        return {}

    def below(self, key: str | int, value: object) -> CompletionPlace:
        """The place of a key of the table, or of an index of the list, here."""
        child = self.keys(value).get(key) if isinstance(key, str) else None
        return child.place if child is not None else CompletionPlace()

    def candidates(self) -> Iterator[Completion]:
        """The strings that are accepted here."""
        yield from ()

    def doc(self, value: object) -> str:
        """The description of the value in Markdown; empty if unknown."""
        return ""


class DeclaredPlace(CompletionPlace):
    """A location where what is possible depends on the declarations of the document."""

    def __init__(self, symbols: DeclaredSymbols) -> None:
        self.symbols = symbols


class Values(CompletionPlace):
    """The values of an argument, as its schema describes them."""

    def __init__(self, schema: ValueSchema, symbols: DeclaredSymbols) -> None:
        self.schema = schema
        self.symbols = symbols

    def keys(self, value: object) -> Mapping[str, Key]:
        if not self.schema.declares:
            if self.schema.entries is None or not isinstance(value, Mapping):
                return {}
            # Names are those of the author; what is known of them is what they hold.
            entry = Values(self.schema.entries, self.symbols)
            return {str(name): Key(entry.doc(item), entry) for name, item in value.items()}
        declared = self.schema.declares[0]
        if isinstance(declared, Family):
            return object_keys(declared, value, self.symbols)
        if isinstance(declared, LayerType):
            return LayerPlace(self.symbols, inner=True).keys(value)
        if isinstance(declared, DeclaredTable):
            declaration = declared.declaration()
            if declared.tag:
                return tagged_keys(declared.tag, declaration, value, self.symbols)
            return arguments_of(declaration, self.symbols)
        return arguments_of(declared, self.symbols)

    def below(self, key: str | int, value: object) -> CompletionPlace:
        if isinstance(key, int):
            items = self.schema.items
            return CompletionPlace() if items is None else Values(items.values, self.symbols)
        argument = self.keys(value).get(key)
        if argument is not None:
            return argument.place
        entries = self.schema.entries
        return CompletionPlace() if entries is None else Values(entries, self.symbols)

    def candidates(self) -> Iterator[Completion]:
        schema = self.schema
        if any(isinstance(declared, LayerType) for declared in schema.declares):
            yield from LayerPlace(self.symbols, inner=True).candidates()
            return
        calls = {name for kind in self.object_kinds() for name in callable_names(kind)}
        for text, doc in schema.choices.items():
            yield Completion(text, doc, call=text in calls, what="object" if doc else "value")
        for text in sorted(calls - schema.choices.keys()):
            if text[:1].islower():
                yield Completion(text, call=True, what="object")
        if "boolean" in schema.types:
            yield Completion("true", literal=True)
            yield Completion("false", literal=True)

    def doc(self, value: object) -> str:
        for kind in self.object_kinds():
            declared = object_class(kind, value)
            if declared is not None:
                return class_doc(declared)
        tagged = next((mark for mark in self.schema.declares if isinstance(mark, DeclaredTable) and mark.tag), None)
        if tagged is not None and not isinstance(value, str):
            return _tagged_doc(tagged, value)
        return self.schema.choices.get(value, "") if isinstance(value, str) else ""

    def object_kinds(self) -> Iterator[Family]:
        """The families of objects that are accepted here."""
        yield from (declared for declared in self.schema.declares if isinstance(declared, Family))


def _tagged_doc(mark: DeclaredTable, value: object) -> str:
    """The description of the kind of a table, or of the list that is short for it."""
    kind = value.get(mark.tag) if isinstance(value, Mapping) else "category" if isinstance(value, list) else None
    declared = mark.declaration().get(kind) if isinstance(kind, str) else None
    return summary(declared) if declared is not None else ""


def object_keys(kind: Family, value: object, symbols: DeclaredSymbols) -> dict[str, Key]:
    """The keys of a table that declares an object of a family."""
    value = value if isinstance(value, Mapping) else {}
    if "custom" in value:
        return {"custom": own_class_key(symbols, kind.noun), **own_arguments(symbols, value["custom"])}
    declared = class_named(kind, value.get("type"))
    keys = {"type": Key(f"Which {kind.noun}.", ClassNames(kind, symbols), required=True, form='"')}
    if declared is not None:
        return {**keys, **arguments_of(declared, symbols)}
    return {**keys, "custom": own_class_key(symbols, kind.noun)} if symbols.classes_of(kind.noun) else keys


def class_named(kind: Family, name: object) -> type[KerasObject] | None:
    """The class of a family with a `type`."""
    return kind.class_named(name) if isinstance(name, str) else None


def object_class(kind: Family, value: object) -> type[KerasObject] | None:
    """The class of a name, shorthand or table."""
    if isinstance(value, Mapping):
        return class_named(kind, value.get("type"))
    if isinstance(value, str):
        return kind.class_named(value.partition("(")[0].strip())
    return None


@cache
def callable_names(kind: Family) -> tuple[str, ...]:
    """The names of a family that accept arguments."""
    return tuple(
        name
        for name in sorted(kind.names())
        if (declared := kind.class_named(name)) is not None and len(declared.model_fields) > 0
    )


class ClassNames(CompletionPlace):
    """The name of a class of a family, in a table."""

    def __init__(self, kind: Family, symbols: DeclaredSymbols) -> None:
        self.kind = kind
        self.symbols = symbols

    def candidates(self) -> Iterator[Completion]:
        yield from class_words_of(self.kind)

    def doc(self, value: object) -> str:
        declared = class_named(self.kind, value)
        return class_doc(declared) if declared is not None else ""


@cache
def class_words_of(kind: Family) -> tuple[Completion, ...]:
    """The classes of a family by `type`."""
    from seqspec.core.api.schema import family

    return tuple(Completion(branch.names[0], branch.doc, what="class") for branch in family(kind).branches())


def class_doc(declared: type[KerasObject]) -> str:
    """The description of a class in Markdown."""
    return str(describe_class(declared)["markdownDescription"])


def arguments_of(declared: type[KerasObject], symbols: DeclaredSymbols) -> dict[str, Key]:
    """The arguments of a class, or the keys of a table."""
    keys = {
        name: _argument(argument, symbols)
        for name, argument in declared.model_fields.items()
        if not is_tag(declared, name)
    }
    if issubclass(declared, Table):
        keys = {declared.key_by_field.get(name, name): key for name, key in keys.items()}
    for name, new in declared.legacy.items():
        change = f"renamed to `{new}`" if new else "without effect"
        place = Values(described_argument(declared.field_of(new)).schema, symbols) if new else CompletionPlace()
        what = "Deprecated argument of an older Keras" if declared.is_of_keras else "Former name of a key of seqspec"
        keys[name] = Key(f"{what}, {change}.", place, old=True)
    return keys


def tagged_keys(
    tag: str, kinds: Mapping[str, type[Table]], value: object, symbols: DeclaredSymbols, doc: str = ""
) -> Mapping[str, Key]:
    """The keys of a table whose class depends on the value of the key `tag`, which `doc` describes."""
    kind = value.get(tag) if isinstance(value, Mapping) else None
    table = kinds.get(kind) if isinstance(kind, str) else None
    arguments = arguments_of(table, symbols) if table is not None else {}
    words = WordsPlace({name: summary(declared) for name, declared in kinds.items()})
    key = Key(doc or f"One of `{'`, `'.join(kinds)}`.", words, True, form='"')
    return {tag: key, **{name: argument for name, argument in arguments.items() if name != tag}}


def _argument(argument: FieldInfo, symbols: DeclaredSymbols) -> Key:
    doc, schema, form = described_argument(argument)
    default = None if argument.is_required() else json.dumps(json_default(argument), ensure_ascii=False)
    return Key(doc, Values(schema, symbols), argument.is_required(), default, form)


class DescribedArgument(NamedTuple):
    """An argument: its description in Markdown, its values, and the first character of the usual one."""

    doc: str
    schema: ValueSchema
    form: str


def described_argument(argument: FieldInfo) -> DescribedArgument:
    """The description and the values of an argument; cached, because they are expensive."""
    cached = _ARGUMENTS.get(id(argument))
    if cached is None:
        schema = schema_of_kind(kind_of_field(argument))
        described = DescribedArgument(describe_argument(argument)["markdownDescription"], schema, _form(schema))
        cached = _ARGUMENTS[id(argument)] = (argument, described)
    return cached[1]


_ARGUMENTS: dict[int, tuple[FieldInfo, DescribedArgument]] = {}


def _form(schema: ValueSchema) -> str:
    """The first character of a value: `"` for a string, `[` for a list, `{` for a table, empty for a number."""
    if schema.choices and set(schema.choices) != {"none"}:
        return '"'
    first = next((name for name in schema.types if name != "null"), "string" if schema.string_patterns else "")
    return OPENINGS.get(first, "")


# Layers


class LayerPlace(CompletionPlace):
    """An entry of a list of layers; with `inner`, a layer inside another one, without blocks and repetition."""

    def __init__(self, symbols: DeclaredSymbols, inner: bool = False) -> None:
        self.symbols = symbols
        self.inner = inner

    def keys(self, value: object) -> Mapping[str, Key]:
        symbols = self.symbols
        value = value if isinstance(value, Mapping) else {}
        more = {} if self.inner else repetition()
        if "use" in value and not self.inner:
            return {"use": self._use(), **_parameters(symbols, str(value["use"])), **more}
        if "custom" in value:
            return {
                "custom": own_class_key(symbols, "layer"),
                **own_arguments(symbols, value["custom"]),
                **_common(symbols),
                **more,
            }
        tag = Key("Layer type: a class of `keras.layers` or `keras.applications`.", LayerNames(), True, form='"')
        declared = layer_of(value.get("type"))
        if declared is not None:
            arguments = arguments_of(declared, symbols)
            if "layers" in arguments:
                arguments["layers"] = arguments["layers"]._replace(place=EntriesPlace(LayerPlace(symbols)))
            return {"type": tag, **arguments, **more}
        keys = {"type": tag}
        if not self.inner:
            keys["use"] = self._use()
        if symbols.classes_of("layer"):
            keys["custom"] = own_class_key(symbols, "layer")
        return {**keys, **more} if "type" in value else keys

    def _use(self) -> Key:
        return Key("A block declared under `[blocks]`.", BlockNames(self.symbols), True, form='"')

    def below(self, key: str | int, value: object) -> CompletionPlace:
        return CompletionPlace() if key == "for" else super().below(key, value)

    def candidates(self) -> Iterator[Completion]:
        from seqspec.core.api.schema import layers_without_arguments

        for name, doc in layers_without_arguments().items():
            yield Completion(name, doc, what="layer")

    def doc(self, value: object) -> str:
        if isinstance(value, str):
            return LayerNames().doc(value)
        if not isinstance(value, Mapping):
            return ""
        if "use" in value:
            return BlockNames(self.symbols).doc(value["use"])
        if "custom" in value:
            return custom_class_doc(self.symbols, value["custom"])
        return LayerNames().doc(value.get("type"))


def layer_of(name: object) -> Any:
    """The declaration of a layer by name; None for an unknown one."""
    from seqspec.core.api.catalog import layer_class

    return layer_class(name) if isinstance(name, str) else None


class LayerNames(CompletionPlace):
    """The name of a layer."""

    def candidates(self) -> Iterator[Completion]:
        yield from layer_words()

    def doc(self, value: object) -> str:
        declared = layer_of(value)
        return class_doc(declared) if declared is not None else ""


@cache
def layer_words() -> tuple[Completion, ...]:
    """All layers, including those of plugins, apart from those that need several inputs, such as `Add`."""
    from seqspec.core.api.catalog import LAYERS, MERGING_LAYERS, plugin_layers

    names = sorted({*LAYERS, *plugin_layers()}.difference(MERGING_LAYERS))
    return tuple(Completion(name, summary(layer_of(name)), what="layer") for name in names)


def repetition() -> dict[str, Key]:
    """The keys that every entry of a list of layers accepts."""
    return {
        "repeat": Key("Number of identical copies. Must be a non-negative integer.", CompletionPlace()),
        "for": Key(
            'A table of lists: one copy for each element.\n\n`for = { units = "$hidden" }`', CompletionPlace(), form="{"
        ),
    }


def _common(symbols: DeclaredSymbols) -> dict[str, Key]:
    from seqspec.core.api.catalog import Layer

    return arguments_of(Layer, symbols)


def _parameters(symbols: DeclaredSymbols, block: str) -> dict[str, Key]:
    return {
        name: Key(
            f"A parameter of the block. Default: `{quote_json(value)}`.", CompletionPlace(), default=quote_json(value)
        )
        for name, value in symbols.parameters(block).items()
    }


def block_doc(symbols: DeclaredSymbols, name: str) -> str:
    """The description of a block in Markdown."""
    if name not in symbols.blocks:
        return ""
    count = len(symbols.block_layers(name))
    defaults = ", ".join(
        f"`{key} = {json.dumps(value, ensure_ascii=False, default=str)}`"
        for key, value in symbols.parameters(name).items()
    )
    text = f"**{name}**\n\nA block of {counted(count, 'layer')}"
    return text + (f", with {defaults}." if defaults else ".")


def custom_class_doc(symbols: DeclaredSymbols, name: object) -> str:
    """The description of a custom class in Markdown."""
    table = symbols.classes.get(name) if isinstance(name, str) else None
    if table is None:
        return ""
    return f"**{name}**\n\nA {table.get('kind', CLASS_KIND)} (custom): `{table.get('import', '')}`."


class BlockNames(DeclaredPlace):
    """The name of a block."""

    def candidates(self) -> Iterator[Completion]:
        for name in self.symbols.blocks:
            yield Completion(name, block_doc(self.symbols, name), what="block")

    def doc(self, value: object) -> str:
        return block_doc(self.symbols, value) if isinstance(value, str) and value in self.symbols.blocks else ""


class OwnClassNames(CompletionPlace):
    """The name of a custom class of the document."""

    def __init__(self, symbols: DeclaredSymbols, noun: str) -> None:
        self.symbols = symbols
        self.noun = noun

    def candidates(self) -> Iterator[Completion]:
        for name in self.symbols.classes_of(self.noun):
            yield Completion(name, custom_class_doc(self.symbols, name), what="class")

    def doc(self, value: object) -> str:
        return custom_class_doc(self.symbols, value)


def own_class_key(symbols: DeclaredSymbols, noun: str) -> Key:
    """The key `custom`."""
    return Key(f"A custom {noun} declared under `[custom]`.", OwnClassNames(symbols, noun), True, form='"')


def own_arguments(symbols: DeclaredSymbols, name: object) -> dict[str, Key]:
    """The declared arguments of a custom class."""
    properties, required = symbols.class_arguments(name)
    keys = {}
    for key, schema in properties.items():
        schema = schema if isinstance(schema, Mapping) else {}
        default = quote_json(schema["default"]) if "default" in schema else None
        paragraphs = [str(schema.get("description", "Argument of a custom class."))]
        paragraphs += (
            [f"Default: `{default}`."] if default is not None else ["**Required.**"] if key in required else []
        )
        offered = WordsPlace({choice: "" for choice in schema.get("enum", ()) if isinstance(choice, str)})
        form = '"' if schema.get("type") == "string" or "enum" in schema else ""
        keys[key] = Key(" ".join(paragraphs), offered, key in required, default, form)
    return keys


class WordsPlace(CompletionPlace):
    """One of a few strings, which are described by their values."""

    def __init__(self, docs: Mapping[str, str]) -> None:
        self._words = docs

    def candidates(self) -> Iterator[Completion]:
        for text, doc in self._words.items():
            yield Completion(text, doc)

    def doc(self, value: object) -> str:
        return self._words.get(value, "") if isinstance(value, str) else ""


class EntriesPlace(CompletionPlace):
    """A list, or a table with user-defined keys, whose entries have the same place."""

    def __init__(self, entry: CompletionPlace, key: type[int] | type[str] = int) -> None:
        self._entry = entry
        self._key = key

    def below(self, key: str | int, value: object) -> CompletionPlace:
        return self._entry if isinstance(key, self._key) else CompletionPlace()
