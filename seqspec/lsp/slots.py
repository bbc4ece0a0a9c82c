"""What may be at a path of a document: which keys, which words, with their explanations.

A `Slot` describes one location: `keys(value)` returns the possible keys, `below(key, value)` the slot of a child,
`words()` the possible strings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.learning_rate import RateOrSchedule
from seqspec.catalog.markers import field_type, is_union, without_none
from seqspec.catalog.objects import LOSS, METRIC, OPTIMIZER, SCHEDULE, Family, Metric
from seqspec.catalog.optimizers.wrapping import InnerOptimizer, MapOfOptimizers, OptimizerMap
from seqspec.catalog.reading import LayerType
from seqspec.diagram.display import shown
from seqspec.document.training import LossOrLosses, MaybeLoss, MetricList, MetricOrList, MetricOrMetrics
from seqspec.language.symbols.declared import CLASS_KIND, DeclaredSymbols
from seqspec.schema import document as _sayings  # noqa: F401  (enters what each kind takes)
from seqspec.schema.annotations import slot_of
from seqspec.schema.classes import is_tag
from seqspec.schema.words import argument_words, class_words, default, summary


class Word(NamedTuple):
    """Something that can be written: a string, or `literal` text such as `true`; `call` takes arguments after it."""

    text: str
    doc: str = ""
    literal: bool = False
    call: bool = False
    what: str = "value"


class Key(NamedTuple):
    """A key of a table: its explanation in Markdown, what it holds, and how its value usually begins."""

    doc: str
    slot: Slot
    required: bool = False
    default: str | None = None
    form: str = ""
    old: bool = False


class Slot:
    """A place where anything may be."""

    def keys(self, value: object) -> Mapping[str, Key]:
        """The keys of the table that is here; empty where it has no keys of a known name."""
        return {}

    def below(self, key: str | int, value: object) -> Slot:
        """What may be at a key of the table, or at an index of the list, that is here."""
        found = self.keys(value).get(key) if isinstance(key, str) else None
        return found.slot if found is not None else Slot()

    def words(self) -> Iterator[Word]:
        """The words that may be here."""
        yield from ()

    def doc(self, value: object) -> str:
        """What the value is, in Markdown; empty where nothing is known of it."""
        return ""


class Values(Slot):
    """The values of an annotated type of the catalogue."""

    def __init__(self, annotation: object, own: DeclaredSymbols) -> None:
        self.annotation = annotation
        self.own = own
        self.parts = list(_parts(annotation))

    def keys(self, value: object) -> Mapping[str, Key]:
        for part in self.parts:
            if isinstance(part, Family):
                if not isinstance(value, Mapping) or (part == LOSS and not value):
                    value = {}
                return self._of_object(part, value)
            if isinstance(part, LayerType):
                return LayerSlot(self.own, inner=True).keys(value)
            if isinstance(part, type):
                return arguments_of(part, self.own)
            if isinstance(part, MapOfOptimizers):
                return arguments_of(OptimizerMap, self.own)
        return {}

    def _of_object(self, kind: Family, value: Mapping[str, object]) -> Mapping[str, Key]:
        own = self.own
        if "custom" in value:
            return {"custom": own_class_key(own, kind.noun), **own_arguments(own, value["custom"])}
        found = typed(kind, value.get("type"))
        tag = Key(f"Which {kind.noun}.", ClassNames(kind, own), required=True, form='"')
        if found is None:
            others = {"custom": own_class_key(own, kind.noun)} if own.classes_of(kind.noun) else {}
            return {"type": tag, **others}
        return {"type": tag, **arguments_of(found, own)}

    def below(self, key: str | int, value: object) -> Slot:
        if isinstance(key, int):
            for part in self.parts:
                if isinstance(part, ListOf):
                    return Values(part.annotation, self.own)
            return Slot()
        found = self.keys(value).get(key)
        if found is not None:
            return found.slot
        return next((Values(part.annotation, self.own) for part in self.parts if isinstance(part, TableOf)), Slot())

    def words(self) -> Iterator[Word]:
        for part in self.parts:
            if isinstance(part, LayerType):
                yield from LayerSlot(self.own, inner=True).words()
        slot = slot_of(self.annotation)
        if any(isinstance(part, LayerType) for part in self.parts):
            return
        calls = {name for part in self.parts if isinstance(part, Family) for name in callable_names(part)}
        for text, doc in slot.words.items():
            yield Word(text, doc, call=text in calls, what="object" if doc else "value")
        for text in sorted(calls - slot.words.keys()):
            if text[:1].islower():
                yield Word(text, call=True, what="object")
        if "boolean" in slot.types:
            yield Word("true", literal=True)
            yield Word("false", literal=True)

    def doc(self, value: object) -> str:
        for part in self.parts:
            if isinstance(part, Family):
                found = object_class(part, value)
                if found is not None:
                    return class_doc(found)
        if isinstance(value, str):
            return slot_of(self.annotation).words.get(value, "")
        return ""

    def object_kinds(self) -> Iterator[Family]:
        """The families of objects that may be here."""
        yield from (part for part in self.parts if isinstance(part, Family))


class ListOf(NamedTuple):
    """A list, and the type of its elements."""

    annotation: Any


class TableOf(NamedTuple):
    """A table from names to values, and the type of the values."""

    annotation: Any


def _parts(annotation: object) -> Iterator[Any]:
    """What a value may be: markers of objects and layers, lists, tables, or a type."""
    kind, metadata, _ = without_none(annotation)
    for mark in metadata:
        if isinstance(mark, (Family, LayerType, MapOfOptimizers)):
            yield mark
            return
        if isinstance(mark, RateOrSchedule):
            yield SCHEDULE
            return
        if isinstance(mark, InnerOptimizer):
            yield OPTIMIZER
            return
        if isinstance(mark, MetricOrMetrics):
            yield from (METRIC, ListOf(Metric))
            return
        if isinstance(mark, LossOrLosses):
            yield from (LOSS, ListOf(MaybeLoss), TableOf(MaybeLoss))
            return
        if isinstance(mark, MetricList):
            yield from (ListOf(MetricOrList), TableOf(MetricOrList))
            return
    if is_union(kind):
        for one in get_args(kind):
            yield from _parts(one)
    elif get_origin(kind) is list:
        yield ListOf(get_args(kind)[0])
    elif get_origin(kind) is dict:
        yield TableOf(get_args(kind)[1])
    elif isinstance(kind, type) and issubclass(kind, KerasObject):
        yield kind


def typed(kind: Family, name: object) -> type[KerasObject] | None:
    """The class of a family that a `type` names."""
    return kind.typed(name) if isinstance(name, str) else None


def object_class(kind: Family, value: object) -> type[KerasObject] | None:
    """The class that a name, a shorthand or a table stands for."""
    if isinstance(value, Mapping):
        return typed(kind, value.get("type"))
    if isinstance(value, str):
        return kind.typed(value.partition("(")[0].strip())
    return None


@cache
def callable_names(kind: Family) -> tuple[str, ...]:
    """The names of a family that may have arguments after them."""
    return tuple(
        name for name in sorted(kind.names()) if (found := kind.typed(name)) is not None and len(found.model_fields) > 0
    )


class ClassNames(Slot):
    """The name of a class of a family, in a table."""

    def __init__(self, kind: Family, own: DeclaredSymbols) -> None:
        self.kind = kind
        self.own = own

    def words(self) -> Iterator[Word]:
        yield from class_words_of(self.kind)

    def doc(self, value: object) -> str:
        found = typed(self.kind, value)
        return class_doc(found) if found is not None else ""


@cache
def class_words_of(kind: Family) -> tuple[Word, ...]:
    """The classes of a family by the names that they have as a `type`."""
    from seqspec.schema.objects import family

    return tuple(Word(branch.names[0], branch.doc, what="class") for branch in family(kind).branches())


def class_doc(declared: type[KerasObject]) -> str:
    """What a class is, in Markdown."""
    return str(class_words(declared)["markdownDescription"])


def arguments_of(declared: type[KerasObject], own: DeclaredSymbols) -> dict[str, Key]:
    """The arguments of a class, or the keys of a table that is declared like one."""
    found = {
        name: _argument(argument, own) for name, argument in declared.model_fields.items() if not is_tag(declared, name)
    }
    for name, new in declared.legacy.items():
        words = f"renamed to `{new}`" if new else "without effect"
        slot = Values(field_type(declared.model_fields[new]), own) if new else Slot()
        found[name] = Key(f"Deprecated argument of an older Keras, {words}.", slot, old=True)
    return found


def _argument(argument: FieldInfo, own: DeclaredSymbols) -> Key:
    doc, form = _said(argument)
    usual = None if argument.is_required() else json.dumps(default(argument), ensure_ascii=False)
    return Key(doc, Values(field_type(argument), own), argument.is_required(), usual, form)


def _said(argument: FieldInfo) -> tuple[str, str]:
    known = _SAID.get(id(argument))
    if known is None:
        known = _SAID[id(argument)] = (
            argument,
            argument_words(argument)["markdownDescription"],
            _form(field_type(argument)),
        )
    return known[1], known[2]


_SAID: dict[int, tuple[FieldInfo, str, str]] = {}
"""What is said of an argument, which costs more than everything else that is known of it."""


def _form(kind: object) -> str:
    """How a value begins: `"` for a string, `[` for a list, `{` for a table, nothing for a number."""
    slot = slot_of(kind)
    if slot.words and set(slot.words) != {"none"}:
        return '"'
    first = next((name for name in slot.types if name != "null"), "string" if slot.texts else "")
    return {"string": '"', "array": "[", "object": "{"}.get(first, "")


# Layers


class LayerSlot(Slot):
    """An entry of a list of layers, or a layer `inner` to another, where no block and no repetition can be."""

    def __init__(self, own: DeclaredSymbols, inner: bool = False) -> None:
        self.own = own
        self.inner = inner

    def keys(self, value: object) -> Mapping[str, Key]:
        own = self.own
        value = value if isinstance(value, Mapping) else {}
        more = {} if self.inner else repetition()
        if "use" in value and not self.inner:
            return {"use": self._use(), **_parameters(own, str(value["use"])), **more}
        if "custom" in value:
            return {
                "custom": own_class_key(own, "layer"),
                **own_arguments(own, value["custom"]),
                **_common(own),
                **more,
            }
        tag = Key("Layer type: a class of `keras.layers` or `keras.applications`.", LayerNames(), True, form='"')
        found = layer_of(value.get("type"))
        if found is not None:
            arguments = arguments_of(found, own)
            if "layers" in arguments:
                arguments["layers"] = arguments["layers"]._replace(slot=Entries(LayerSlot(own)))
            return {"type": tag, **arguments, **more}
        keys = {"type": tag}
        if not self.inner:
            keys["use"] = self._use()
        if own.classes_of("layer"):
            keys["custom"] = own_class_key(own, "layer")
        return {**keys, **more} if "type" in value else keys

    def _use(self) -> Key:
        return Key("A block declared under `[blocks]`.", BlockNames(self.own), True, form='"')

    def below(self, key: str | int, value: object) -> Slot:
        if key == "for":
            return Slot()
        return super().below(key, value)

    def words(self) -> Iterator[Word]:
        from seqspec.schema.layers import bare

        for name, doc in bare().items():
            yield Word(name, doc, what="layer")

    def doc(self, value: object) -> str:
        if isinstance(value, str):
            return LayerNames().doc(value)
        if not isinstance(value, Mapping):
            return ""
        if "use" in value:
            return BlockNames(self.own).doc(value["use"])
        if "custom" in value:
            return custom_class_doc(self.own, value["custom"])
        return LayerNames().doc(value.get("type"))


def layer_of(name: object) -> Any:
    """The declaration of a layer by its name; None if absent."""
    from seqspec.catalog.index import layer_class

    return layer_class(name) if isinstance(name, str) else None


class LayerNames(Slot):
    """The name of a layer."""

    def words(self) -> Iterator[Word]:
        yield from layer_words()

    def doc(self, value: object) -> str:
        found = layer_of(value)
        return class_doc(found) if found is not None else ""


@cache
def layer_words() -> tuple[Word, ...]:
    """Every layer, those of other packages too."""
    from seqspec.catalog.index import LAYERS, plugin_layers

    names = sorted({*LAYERS, *plugin_layers()})
    return tuple(Word(name, summary(layer_of(name)), what="layer") for name in names)


def repetition() -> dict[str, Key]:
    """The keys that every entry of a list of layers may have."""
    return {
        "repeat": Key("Number of identical copies. Must be a non-negative integer.", Slot()),
        "for": Key('A table of lists: one copy for each element.\n\n`for = { units = "$hidden" }`', Slot(), form="{"),
    }


def _common(own: DeclaredSymbols) -> dict[str, Key]:
    from seqspec.catalog.layer import Layer

    return arguments_of(Layer, own)


def _parameters(own: DeclaredSymbols, block: str) -> dict[str, Key]:
    return {
        name: Key(f"A parameter of the block. Default: `{shown(value)}`.", Slot(), default=shown(value))
        for name, value in own.parameters(block).items()
    }


def block_doc(own: DeclaredSymbols, name: str) -> str:
    """What a block is, in Markdown."""
    if name not in own.blocks:
        return ""
    count = len(own.block_layers(name))
    given = ", ".join(
        f"`{key} = {json.dumps(value, ensure_ascii=False, default=str)}`" for key, value in own.parameters(name).items()
    )
    words = f"**{name}**\n\nA block of {count} layer{'' if count == 1 else 's'}"
    return words + (f", with {given}." if given else ".")


def custom_class_doc(own: DeclaredSymbols, name: object) -> str:
    """What a custom class is, in Markdown."""
    table = own.classes.get(name) if isinstance(name, str) else None
    if table is None:
        return ""
    return f"**{name}**\n\nA {table.get('kind', CLASS_KIND)} (custom): `{table.get('import', '')}`."


class BlockNames(Slot):
    """The name of a block."""

    def __init__(self, own: DeclaredSymbols) -> None:
        self.own = own

    def words(self) -> Iterator[Word]:
        for name in self.own.blocks:
            yield Word(name, block_doc(self.own, name), what="block")

    def doc(self, value: object) -> str:
        return block_doc(self.own, value) if isinstance(value, str) and value in self.own.blocks else ""


class OwnClassNames(Slot):
    """The name of a class that the document declares."""

    def __init__(self, own: DeclaredSymbols, noun: str) -> None:
        self.own = own
        self.noun = noun

    def words(self) -> Iterator[Word]:
        for name in self.own.classes_of(self.noun):
            yield Word(name, custom_class_doc(self.own, name), what="class")

    def doc(self, value: object) -> str:
        return custom_class_doc(self.own, value)


def own_class_key(own: DeclaredSymbols, noun: str) -> Key:
    """The key `custom`."""
    return Key(f"A custom {noun} declared under `[custom]`.", OwnClassNames(own, noun), True, form='"')


def own_arguments(own: DeclaredSymbols, name: object) -> dict[str, Key]:
    """The arguments of a class of the author's own, as far as its declaration names them."""
    properties, required = own.class_arguments(name)
    found = {}
    for key, schema in properties.items():
        schema = schema if isinstance(schema, Mapping) else {}
        usual = shown(schema["default"]) if "default" in schema else None
        words = [str(schema.get("description", "Argument of a custom class."))]
        words += [f"Default: `{usual}`."] if usual is not None else ["**Required.**"] if key in required else []
        offered = Words(str(word) for word in schema.get("enum", ()) if isinstance(word, str))
        form = '"' if schema.get("type") == "string" or "enum" in schema else ""
        found[key] = Key(" ".join(words), offered, key in required, usual, form)
    return found


class Words(Slot):
    """A few words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = dict.fromkeys(words, "")

    def words(self) -> Iterator[Word]:
        for text, doc in self._words.items():
            yield Word(text, doc)


class Entries(Slot):
    """A list, every entry of which is alike."""

    def __init__(self, entry: Slot) -> None:
        self.entry = entry

    def below(self, key: str | int, value: object) -> Slot:
        return self.entry if isinstance(key, int) else Slot()
