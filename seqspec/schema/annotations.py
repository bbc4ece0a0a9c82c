"""From the annotated types of fields to what may be there. A module registers its own markers with `slot_factory`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from seqspec.catalog.applications.application import ImageSizes, PretrainedWeights
from seqspec.catalog.callbacks import BatchNumbers
from seqspec.catalog.dtypes import DTYPES, POLICIES, DTypeMark, PolicyMark
from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.layers.audio import WINDOWS, SciPyWindow
from seqspec.catalog.layers.base_image import Factor
from seqspec.catalog.layers.batch_normalization import ClippingTable
from seqspec.catalog.layers.core import TensorValue
from seqspec.catalog.layers.lora import NotInSpecs
from seqspec.catalog.layers.reshaping_spatial import Margins
from seqspec.catalog.losses.base import NullMeansNone
from seqspec.catalog.markers import Offers, is_union, marker, unwrap, without_none
from seqspec.catalog.types import ANY_CASE, NumberArray, PerAxis
from seqspec.catalog.validation import describe, is_number, lengths
from seqspec.document.data_types import OpenTable
from seqspec.document.sizes import Bounds, Sizes
from seqspec.schema import patterns
from seqspec.schema.slots import Items, Slot

SlotFactory = Callable[[Any], Slot]
_FACTORIES: dict[type, SlotFactory] = {}


def slot_factory(*markers: type) -> Callable[[SlotFactory], SlotFactory]:
    """Registers the function that returns the slot of values with a marker."""

    def enter(factory: SlotFactory) -> SlotFactory:
        for each in markers:
            _FACTORIES[each] = factory
        return factory

    return enter


def slot_of(annotation: object) -> Slot:
    """What a value of the type may be."""
    slot = _slot(annotation)
    slot.needs = describe(annotation)
    return slot


def _slot(annotation: object) -> Slot:
    _, metadata = unwrap(annotation)
    said = next((mark for mark in reversed(metadata) if isinstance(mark, NullMeansNone)), None)
    kind, metadata, optional = without_none(annotation)
    if get_origin(kind) is Annotated:
        kind, own = unwrap(kind)
        metadata = [*own, *metadata]
    if said is not None:
        return words(*get_args(kind)) | Slot("null")
    marked = next((mark for mark in reversed(metadata) if type(mark) in _FACTORIES), None)
    if optional and not isinstance(marked, (NotInSpecs, PretrainedWeights)):
        inner = slot_of(Annotated[kind, *metadata] if metadata else kind)
        made = inner.or_none()
        return made.named(f"{inner.definition}OrNone", inner.nested) if inner.definition else made
    if marked is not None:
        return _FACTORIES[type(marked)](marked)
    return _plain(kind, metadata)


def _plain(kind: object, metadata: list[Any]) -> Slot:
    origin = get_origin(kind)
    if origin is Literal:
        return words(*get_args(kind), folded=ANY_CASE in metadata)
    if is_number(kind):
        return _number(metadata)
    if is_union(kind):
        first, *others = map(slot_of, get_args(kind))
        for other in others:
            first = first | other
        return first
    if origin is list:
        least, most = lengths(metadata)
        return Slot("array", items=Items(slot_of(get_args(kind)[0]), least, most))
    if origin is dict:
        return Slot("object", table={"additionalProperties": slot_of(get_args(kind)[1]).place()})
    if isinstance(kind, type) and issubclass(kind, KerasObject):
        return _FACTORIES[KerasObject](kind)
    if kind is int:
        low, high = marker(metadata, Ge), marker(metadata, Le)
        minimum: Any = None if low is None else low.ge
        maximum: Any = None if high is None else high.le
        return whole(minimum, maximum)
    if kind is bool:
        return Slot("boolean")
    if kind is str:
        offered = marker(metadata, Offers)
        return Slot("string", words=dict.fromkeys(offered.words if offered is not None else (), ""))
    if kind is Any:
        return Slot()
    raise TypeError(f"no schema for values of the type {kind}")


def _number(metadata: Sequence[object]) -> Slot:
    low, high = marker(metadata, Ge), marker(metadata, Le)
    above, below = marker(metadata, Gt), marker(metadata, Lt)
    bounds = {
        "minimum": low and low.ge,
        "maximum": high and high.le,
        "exclusiveMinimum": above and above.gt,
        "exclusiveMaximum": below and below.lt,
    }
    given = {key: value for key, value in bounds.items() if value is not None}
    return Slot("number", bounds=given, texts=(patterns.FRACTION,))


NUMBER = Slot("number", texts=(patterns.FRACTION,))


def whole(minimum: int | None = None, maximum: int | None = None) -> Slot:
    """An integer within bounds."""
    bounds = {"minimum": minimum, "maximum": maximum}
    # Bounds of 64 bits are those of every number of a document, and not all engines can hold them.
    kept = {key: value for key, value in bounds.items() if value is not None and abs(value) < 2**53}
    return Slot("integer", bounds=kept)


def words(*values: str, folded: bool = False) -> Slot:
    """A few words."""
    return Slot(words=dict.fromkeys(values, ""), texts=(patterns.one_of(values, folded),))


@slot_factory(TensorValue)
def _mask_value(mark: TensorValue) -> Slot:
    tensor = {
        "properties": {"type": {"const": "__tensor__"}, "value": True, "dtype": True},
        "required": ["type", "value"],
        "additionalProperties": False,
    }
    return NUMBER | Slot("object", table=tensor)


@slot_factory(PerAxis)
def _per_axis(kind: PerAxis) -> Slot:
    size = whole(kind.minimum)
    return size | Slot("array", items=Items(size, kind.rank, kind.rank))


_NESTED = Slot(definition="Numbers")
ARRAY = (NUMBER | Slot("array", items=Items(_NESTED))).named("Numbers")
_NESTED_FLAGS = Slot(definition="NumbersOrFlags")
ARRAY_OF_FLAGS = (NUMBER | Slot("boolean") | Slot("array", items=Items(_NESTED_FLAGS))).named("NumbersOrFlags")


@slot_factory(NumberArray)
def _array(mark: NumberArray) -> Slot:
    return ARRAY_OF_FLAGS if mark.flags else ARRAY


@slot_factory(ClippingTable)
def _clipping(mark: ClippingTable) -> Slot:
    bound = NUMBER.or_none().place()
    table = {"properties": dict.fromkeys(("rmax", "rmin", "dmax"), bound), "additionalProperties": bound}
    return Slot("object", table=table)


ENDS = whole(0) | Slot("array", items=Items(whole(0), 2, 2))


@slot_factory(Margins)
def _margins(kind: Margins) -> Slot:
    return whole(None if kind.below else 0) | Slot("array", items=Items(ENDS, kind.rank, kind.rank))


@slot_factory(Factor)
def _factor(kind: Factor) -> Slot:
    bounds = {"minimum": kind.low, "maximum": kind.high}
    one = Slot("number", bounds=bounds, texts=(patterns.FRACTION,))
    return one | Slot("array", items=Items(one if kind.each else NUMBER, 0 if kind.empty else 2, 2))


@slot_factory(SciPyWindow)
def _window_name(mark: SciPyWindow) -> Slot:
    names = sorted(WINDOWS)
    pattern = f"^(?:{patterns.alternatives(names)})(?:_symmetric|_periodic)?$"
    return Slot(words=dict.fromkeys(names, ""), texts=(pattern,))


@slot_factory(NotInSpecs)
def _not_in_documents(mark: NotInSpecs) -> Slot:
    return Slot("null", words={"none": "Nothing."}, texts=(patterns.NONE,))


@slot_factory(PretrainedWeights)
def _pretrained(mark: PretrainedWeights) -> Slot:
    return Slot(
        "null",
        words={"imagenet": "Trained on ImageNet.", "none": "Random."},
        texts=(patterns.one_of(("imagenet", "none")), r"[./\\]"),
    )


SIZE = whole(0) | Slot("null", words={"?": "An unknown size."}, texts=(patterns.DIMENSION,))
"""One size of a shape, as a number or as a name for an unknown one."""


@slot_factory(ImageSizes)
def _image_shape(mark: ImageSizes) -> Slot:
    return Slot("array", items=Items(SIZE, 3, 3))


@slot_factory(Sizes)
def _sample_shape(mark: Sizes) -> Slot:
    return Slot("array", items=Items(SIZE))


@slot_factory(Bounds)
def _range(mark: Bounds) -> Slot:
    return Slot("array", items=Items(NUMBER, 2, 2))


@slot_factory(DTypeMark)
def _dtype(mark: DTypeMark) -> Slot:
    return words(*sorted(DTYPES | {"int"}))


@slot_factory(PolicyMark)
def _policy(mark: PolicyMark) -> Slot:
    names = sorted(POLICIES)
    table = {
        "properties": {"name": words(*names).place(), "type": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    return (words(*names) | Slot("object", table=table)).named("Policy")


@slot_factory(BatchNumbers)
def _batches(mark: BatchNumbers) -> Slot:
    size = whole(0)
    pair = Slot(texts=(patterns.PAIR_OF_NUMBERS,))
    return size | Slot("array", items=Items(size, 2, 2)) | pair


@slot_factory(OpenTable)
def _open_table(mark: OpenTable) -> Slot:
    table = Slot("object", table={"additionalProperties": True})
    if mark.words:
        return table | words(*mark.words)
    return table | Slot("string") if mark.text else table
