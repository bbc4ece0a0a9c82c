"""The schema of the values that are accepted at one place, and those of annotated types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from annotated_types import Ge, Gt, Le, Lt

from seqspec.core.catalog.applications.application import ImageSizes, PretrainedWeights
from seqspec.core.catalog.callbacks import BatchNumbers
from seqspec.core.catalog.dtypes import DTYPES, POLICIES, DTypeMark, PolicyMark
from seqspec.core.catalog.field_kind import FieldKind, Form, kind_of
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.layers.audio import WINDOWS, SciPyWindow
from seqspec.core.catalog.layers.base_image import Factor
from seqspec.core.catalog.layers.batch_normalization import ClippingTable
from seqspec.core.catalog.layers.core import TensorValue
from seqspec.core.catalog.layers.kernel import NotInSpecs
from seqspec.core.catalog.layers.reshaping_spatial import Margins
from seqspec.core.catalog.losses.base import NullMeansNone
from seqspec.core.catalog.markers import Offers
from seqspec.core.catalog.objects import Family
from seqspec.core.catalog.reading import LayerType
from seqspec.core.catalog.types import ANY_CASE, NumberArray, PerAxis
from seqspec.core.document.data_types import DeclaredTable
from seqspec.core.document.sizes import Bounds, Sizes
from seqspec.core.schema import patterns

Schema = dict[str, Any]
Declared = Family | LayerType | DeclaredTable | type[KerasObject]


class ItemSchemas(NamedTuple):
    """The entries of a list: the schema of each, and their number."""

    values: ValueSchema
    least: int = 0
    most: int | None = None


class ValueSchema:
    """The values that are accepted at one place.

    Args:
        types: JSON types, the most common one first; `"string"` accepts any string.
        bounds: `minimum` and the like, for numbers.
        choices: Strings that editors suggest, each with its description or "".
        string_patterns: Patterns of the accepted strings; they must include `choices`.
        items: The entries of a list.
        table: Keywords for tables.
        definition: The name of a definition with this content.
        needs: What a string must be, for editors that show a message of the schema.
        nested: Whether the definition contains tables, which some engines would expand endlessly.
        declares: What a table declares, so that editors know its keys: a family of objects, a layer, or a class.
        entries: The values of a table whose keys are names.
    """

    def __init__(
        self,
        *types: str,
        bounds: Mapping[str, object] | None = None,
        choices: Mapping[str, str] | None = None,
        string_patterns: tuple[str, ...] = (),
        items: ItemSchemas | None = None,
        table: Schema | None = None,
        definition: str = "",
        needs: str = "",
        nested: bool = False,
        declares: tuple[Declared, ...] = (),
        entries: ValueSchema | None = None,
    ) -> None:
        self.types = types
        self.bounds = dict(bounds or {})
        self.choices = dict(choices or {})
        self.string_patterns = string_patterns
        self.items = items
        self.table = table
        self.definition = definition
        self.needs = needs
        self.nested = nested
        self.declares = declares
        self.entries = entries

    def __or__(self, other: ValueSchema) -> ValueSchema:
        """The union of both."""
        types = tuple(dict.fromkeys((*self.types, *other.types)))
        bounds = self.bounds or other.bounds
        if _numeric(self) and _numeric(other):
            bounds = self.bounds if self.bounds == other.bounds else {}
        if "number" in types:
            types = tuple(kind for kind in types if kind != "integer")
        return ValueSchema(
            *types,
            bounds=bounds,
            choices={**self.choices, **other.choices},
            string_patterns=(*self.string_patterns, *other.string_patterns),
            items=_joined(self.items, other.items),
            table=self.table if other.table is None else other.table,
            declares=(*self.declares, *other.declares),
            entries=self.entries or other.entries,
        )

    def or_none(self) -> ValueSchema:
        """The values, or no value: `"none"` or `null`."""
        return self | ValueSchema("null", choices={"none": "Nothing."}, string_patterns=(patterns.NONE,))

    def named(self, definition: str, nested: bool | None = None) -> ValueSchema:
        """The values as a shared definition; `nested` is True for lists and tables if it is not given."""
        values = copy(self)
        values.definition = definition
        values.nested = (self.table is not None or self.items is not None) if nested is None else nested
        NAMED[definition] = values
        return values

    @property
    def any_text(self) -> bool:
        """Whether it accepts any string."""
        return "string" in self.types

    def schema(self, references: bool = True) -> Schema:
        """The schema; with `references`, a reference to a variable is accepted instead of a value."""
        if not self.types and not self.string_patterns:
            return {}
        string_patterns = list(self.string_patterns)
        if references:
            string_patterns.append(patterns.REFERENCE)
            if self.string_patterns:
                string_patterns.append(patterns.INSIDE)
        types = list(self.types)
        if string_patterns and not self.any_text:
            types.append("string")
        # Editors insert a value of the first type.
        by_name = bool(self.choices) and "object" in types
        types.sort(key=lambda kind: (kind == "null", by_name and kind != "string"))
        out: Schema = {"type": types[0] if len(types) == 1 else types, **self.bounds}
        if string_patterns and not self.any_text:
            out["pattern"] = patterns.either(string_patterns)
            if self.needs:
                out["patternErrorMessage"] = f"must be {self.needs}"
        if self.items is not None:
            out["items"] = self.items.values.reference(references)
            if self.items.least:
                out["minItems"] = self.items.least
            if self.items.most is not None:
                out["maxItems"] = self.items.most
        offered: list[object] = []
        if self.table is not None:
            table = dict(self.table)
            offered = table.pop("anyOf", [])[1:]
            out.update(table)
        if self.choices:
            offered.insert(0, enumeration(self.choices))
        if offered:
            # Always true for a validator: it only shows editors what else is accepted.
            out["anyOf"] = [True, *offered]
        return out

    def reference(self, references: bool = True) -> Schema:
        """The schema for use in another schema: a reference to its definition if it has one."""
        if not self.definition:
            return self.schema(references)
        if not self.nested:
            return {"$ref": f"#/$defs/{self.definition}"}
        # Empty `properties` keep engines that expand all levels eagerly from going deeper.
        reference = {"$ref": f"#/$defs/{self.definition}"}
        types = {"type": name} if (name := self.schema(references).get("type")) else {}
        return {**types, "allOf": [reference], "properties": {}, "additionalProperties": True}


OPENINGS = {"string": '"', "array": "[", "object": "{"}
"""The first character of a value by its JSON type; numbers and booleans have none."""

NAMED: dict[str, ValueSchema] = {}
"""The schemas with a shared definition, by its name."""


def enumeration(choices: Mapping[str, str]) -> Schema:
    """An enumeration of strings, with descriptions if there are any."""
    out: Schema = {"enum": list(choices)}
    if any(choices.values()):
        docs = list(choices.values())
        out |= {"enumDescriptions": docs, "x-taplo": {"docs": {"enumValues": docs}}}
    return out


def _numeric(values: ValueSchema) -> bool:
    return "integer" in values.types or "number" in values.types


def _joined(first: ItemSchemas | None, second: ItemSchemas | None) -> ItemSchemas | None:
    if first is None or second is None:
        return first or second
    if first.most is None or second.most is None:
        return ItemSchemas(first.values | second.values, min(first.least, second.least))
    return ItemSchemas(first.values | second.values, min(first.least, second.least), max(first.most, second.most))


SchemaFactory = Callable[[Any], ValueSchema]
_FACTORIES: dict[type, SchemaFactory] = {}


def schema_factory(*markers: type) -> Callable[[SchemaFactory], SchemaFactory]:
    """Registers the function that returns the schema of values with a marker."""

    def enter(factory: SchemaFactory) -> SchemaFactory:
        for marked in markers:
            _FACTORIES[marked] = factory
        return factory

    return enter


def schema_of(annotation: object) -> ValueSchema:
    """The schema of the values of a type."""
    return schema_of_kind(kind_of(annotation))


def schema_of_kind(kind: FieldKind) -> ValueSchema:
    """The schema of the values of a field."""
    values = _values(kind)
    values.needs = kind.text
    return values


def _values(kind: FieldKind) -> ValueSchema:
    if kind.mark(NullMeansNone) is not None:
        return strings(*kind.choices) | ValueSchema("null")
    marked = next((mark for mark in reversed(kind.marks) if type(mark) in _FACTORIES), None)
    if kind.optional and not isinstance(marked, (NotInSpecs, PretrainedWeights)):
        inner = schema_of_kind(kind.present)
        values = inner.or_none()
        return values.named(f"{inner.definition}OrNone", inner.nested) if inner.definition else values
    if marked is not None:
        return _FACTORIES[type(marked)](marked)
    return _unmarked(kind)


def _unmarked(kind: FieldKind) -> ValueSchema:
    """The schema of values without a marker that has one of its own."""
    match kind.form:
        case Form.CHOICE if all(type(value) is int for value in kind.choices):
            return integer(min(kind.choices), max(kind.choices))
        case Form.CHOICE:
            return strings(*kind.choices, folded=ANY_CASE in kind.marks)
        case Form.NUMBER:
            return _number(kind)
        case Form.UNION:
            return reduce(or_, map(schema_of_kind, kind.parts))
        case Form.LIST:
            return ValueSchema("array", items=ItemSchemas(schema_of_kind(kind.item), *kind.lengths))
        case Form.MAPPING:
            entries = schema_of_kind(kind.item)
            return ValueSchema("object", table={"additionalProperties": entries.reference()}, entries=entries)
        case Form.TABLE:
            return _FACTORIES[KerasObject](kind.type)
        case Form.INTEGER:
            low, high = kind.mark(Ge), kind.mark(Le)
            minimum: Any = None if low is None else low.ge
            maximum: Any = None if high is None else high.le
            return integer(minimum, maximum)
        case Form.BOOLEAN:
            return ValueSchema("boolean")
        case Form.STRING:
            offered = kind.mark(Offers)
            return ValueSchema("string", choices=dict.fromkeys(offered.strings if offered is not None else (), ""))
        case Form.ANY:
            return ValueSchema()
    raise TypeError(f"no schema for values of the type {kind.type}")


def _number(kind: FieldKind) -> ValueSchema:
    low, high = kind.bounds
    bounds: dict[str, object] = {}
    if isinstance(low, Ge):
        bounds["minimum"] = low.ge
    if isinstance(high, Le):
        bounds["maximum"] = high.le
    if isinstance(low, Gt):
        bounds["exclusiveMinimum"] = low.gt
    if isinstance(high, Lt):
        bounds["exclusiveMaximum"] = high.lt
    return ValueSchema("number", bounds=bounds, string_patterns=(patterns.FRACTION,))


NUMBER = ValueSchema("number", string_patterns=(patterns.FRACTION,))


def integer(minimum: int | None = None, maximum: int | None = None) -> ValueSchema:
    """An integer within bounds."""
    bounds = {"minimum": minimum, "maximum": maximum}
    # Bounds of 64 bits apply to all integers, and not all engines can represent them.
    kept = {key: value for key, value in bounds.items() if value is not None and abs(value) < 2**53}
    return ValueSchema("integer", bounds=kept)


def strings(*values: str, folded: bool = False) -> ValueSchema:
    """One of a few strings."""
    return ValueSchema(choices=dict.fromkeys(values, ""), string_patterns=(patterns.one_of(values, folded),))


@schema_factory(TensorValue)
def _mask_value(mark: TensorValue) -> ValueSchema:
    tensor = {
        "properties": {"type": {"const": "__tensor__"}, "value": True, "dtype": True},
        "required": ["type", "value"],
        "additionalProperties": False,
    }
    return NUMBER | ValueSchema("object", table=tensor)


@schema_factory(PerAxis)
def _per_axis(kind: PerAxis) -> ValueSchema:
    size = integer(kind.minimum)
    return size | ValueSchema("array", items=ItemSchemas(size, kind.rank, kind.rank))


_NESTED = ValueSchema(definition="Numbers")
ARRAY = (NUMBER | ValueSchema("array", items=ItemSchemas(_NESTED))).named("Numbers")
_NESTED_FLAGS = ValueSchema(definition="NumbersOrFlags")
ARRAY_OF_FLAGS = (NUMBER | ValueSchema("boolean") | ValueSchema("array", items=ItemSchemas(_NESTED_FLAGS))).named(
    "NumbersOrFlags"
)


@schema_factory(NumberArray)
def _array(mark: NumberArray) -> ValueSchema:
    return ARRAY_OF_FLAGS if mark.flags else ARRAY


@schema_factory(ClippingTable)
def _clipping(mark: ClippingTable) -> ValueSchema:
    bound = NUMBER.or_none().reference()
    table = {"properties": dict.fromkeys(("rmax", "rmin", "dmax"), bound), "additionalProperties": bound}
    return ValueSchema("object", table=table)


ENDS = integer(0) | ValueSchema("array", items=ItemSchemas(integer(0), 2, 2))


@schema_factory(Margins)
def _margins(kind: Margins) -> ValueSchema:
    return integer(None if kind.below else 0) | ValueSchema("array", items=ItemSchemas(ENDS, kind.rank, kind.rank))


@schema_factory(Factor)
def _factor(kind: Factor) -> ValueSchema:
    bounds = {"minimum": kind.low, "maximum": kind.high}
    number = ValueSchema("number", bounds=bounds, string_patterns=(patterns.FRACTION,))
    return number | ValueSchema("array", items=ItemSchemas(number if kind.both else NUMBER, 0 if kind.empty else 2, 2))


@schema_factory(SciPyWindow)
def _window_name(mark: SciPyWindow) -> ValueSchema:
    names = sorted(WINDOWS)
    pattern = f"^(?:{patterns.alternatives(names)})(?:_symmetric|_periodic)?$"
    return ValueSchema(choices=dict.fromkeys(names, ""), string_patterns=(pattern,))


@schema_factory(NotInSpecs)
def _not_in_documents(mark: NotInSpecs) -> ValueSchema:
    return ValueSchema("null", choices={"none": "Nothing."}, string_patterns=(patterns.NONE,))


@schema_factory(PretrainedWeights)
def _pretrained(mark: PretrainedWeights) -> ValueSchema:
    return ValueSchema(
        "null",
        choices={"imagenet": "Trained on ImageNet.", "none": "Random."},
        string_patterns=(patterns.one_of(("imagenet", "none")), r"[./\\]"),
    )


SIZE = integer(0) | ValueSchema("null", choices={"?": "An unknown size."}, string_patterns=(patterns.DIMENSION,))
"""One size of a shape, as a number or as a name for an unknown one."""


@schema_factory(ImageSizes)
def _image_shape(mark: ImageSizes) -> ValueSchema:
    return ValueSchema("array", items=ItemSchemas(SIZE, 3, 3))


@schema_factory(Sizes)
def _sample_shape(mark: Sizes) -> ValueSchema:
    return ValueSchema("array", items=ItemSchemas(SIZE))


@schema_factory(Bounds)
def _range(mark: Bounds) -> ValueSchema:
    return ValueSchema("array", items=ItemSchemas(NUMBER, 2, 2))


@schema_factory(DTypeMark)
def _dtype(mark: DTypeMark) -> ValueSchema:
    return strings(*sorted(DTYPES | {"int"}))


@schema_factory(PolicyMark)
def _policy(mark: PolicyMark) -> ValueSchema:
    names = sorted(POLICIES)
    table = {
        "properties": {"name": strings(*names).reference(), "type": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    return (strings(*names) | ValueSchema("object", table=table)).named("Policy")


@schema_factory(BatchNumbers)
def _batches(mark: BatchNumbers) -> ValueSchema:
    size = integer(0)
    pair = ValueSchema(string_patterns=(patterns.PAIR_OF_NUMBERS,))
    return size | ValueSchema("array", items=ItemSchemas(size, 2, 2)) | pair
