"""From the kinds of argument values to what may stand there. A kind of its own is entered here with `says`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqspec.catalog import kinds
from seqspec.catalog.applications.application import ImageShapeKind, Pretrained
from seqspec.catalog.callbacks import Batches
from seqspec.catalog.dtypes import DTYPES, POLICIES, DType, PolicyName
from seqspec.catalog.initializers import Numbers
from seqspec.catalog.layers.audio import WINDOWS, WindowName
from seqspec.catalog.layers.base_image import Factor, OddSize
from seqspec.catalog.layers.core import MaskValue, NotInDocuments
from seqspec.catalog.layers.normalization import Clipping
from seqspec.catalog.layers.reshaping import Permutation, TargetShape
from seqspec.catalog.layers.reshaping_spatial import Ends, Interpolation, Margins
from seqspec.catalog.losses import Reduction
from seqspec.document.pydantic_kind import Typed
from seqspec.document.sizes import Range, SampleShape
from seqspec.schema import patterns
from seqspec.schema.slots import Items, Slot

Say = Callable[[Any], Slot]
_SAYS: dict[type[kinds.Kind], Say] = {}


def says(*classes: type[kinds.Kind]) -> Callable[[Say], Say]:
    """Enters the function that says what kinds of some classes, and of those made of them, take."""

    def enter(say: Say) -> Say:
        for each in classes:
            _SAYS[each] = say
        return say

    return enter


def slot_of(kind: kinds.Kind) -> Slot:
    """What a kind takes; raises `TypeError` for one that nobody has entered."""
    for base in type(kind).__mro__:
        if base in _SAYS:
            slot = _SAYS[base](kind)
            slot.needs = kind.describe()
            return slot
    raise TypeError(f"no schema for values of the kind {type(kind).__name__}")


NUMBER = Slot("number", texts=(patterns.FRACTION,))


def whole(minimum: int | None = None, maximum: int | None = None) -> Slot:
    """A whole number within bounds."""
    bounds = {"minimum": minimum, "maximum": maximum}
    # Bounds of 64 bits are those of every number of a document, and not all engines can hold them.
    kept = {key: value for key, value in bounds.items() if value is not None and abs(value) < 2**53}
    return Slot("integer", bounds=kept)


def words(*values: str, folded: bool = False) -> Slot:
    """A few words."""
    return Slot(words=dict.fromkeys(values, ""), texts=(patterns.one_of(values, folded),))


@says(kinds.Integer)
def _integer(kind: kinds.Integer) -> Slot:
    return whole(kind.minimum, kind.maximum)


@says(kinds.Number)
def _number(kind: kinds.Number) -> Slot:
    bounds = {
        "minimum": kind.minimum,
        "maximum": kind.maximum,
        "exclusiveMinimum": kind.above,
        "exclusiveMaximum": kind.below,
    }
    given = {key: value for key, value in bounds.items() if value is not None}
    return Slot("number", bounds=given, texts=(patterns.FRACTION,))


@says(MaskValue)
def _mask_value(kind: MaskValue) -> Slot:
    tensor = {
        "properties": {"type": {"const": "__tensor__"}, "value": True, "dtype": True},
        "required": ["type", "value"],
        "additionalProperties": False,
    }
    return _number(kind) | Slot("object", table=tensor)


@says(kinds.Boolean)
def _boolean(kind: kinds.Boolean) -> Slot:
    return Slot("boolean")


@says(kinds.Text, Interpolation)
def _text(kind: kinds.Text | Interpolation) -> Slot:
    offered = kind.values if isinstance(kind, Interpolation) else ()
    return Slot("string", words=dict.fromkeys(offered, ""))


@says(kinds.Choice)
def _choice(kind: kinds.Choice) -> Slot:
    return words(*kind.values, folded=kind.folded)


@says(Reduction)
def _reduction(kind: Reduction) -> Slot:
    return words(*kind.values) | Slot("null")


@says(kinds.Optional)
def _optional(kind: kinds.Optional) -> Slot:
    inner = slot_of(kind.kind)
    made = inner.or_none()
    return made.named(f"{inner.definition}OrNone", inner.nested) if inner.definition else made


@says(kinds.ListOf)
def _list(kind: kinds.ListOf) -> Slot:
    return Slot("array", items=Items(slot_of(kind.kind), kind.least, kind.most))


@says(kinds.TableOf)
def _table(kind: kinds.TableOf) -> Slot:
    return Slot("object", table={"additionalProperties": slot_of(kind.kind).place()})


@says(Typed)
def _typed(kind: Typed) -> Slot:
    table = Slot("object", table={"additionalProperties": True})
    return table if kind.also is None else table | Slot(kind.also)


@says(kinds.Either)
def _either(kind: kinds.Either) -> Slot:
    first, *others = map(slot_of, kind.kinds)
    for other in others:
        first = first | other
    return first


@says(kinds.Window)
def _window(kind: kinds.Window) -> Slot:
    size = whole(kind.minimum)
    return size | Slot("array", items=Items(size, kind.rank, kind.rank))


@says(kinds.Anything)
def _anything(kind: kinds.Anything) -> Slot:
    return Slot()


_NESTED = Slot(definition="Numbers")
ARRAY = (NUMBER | Slot("array", items=Items(_NESTED))).named("Numbers")
_NESTED_FLAGS = Slot(definition="NumbersOrFlags")
ARRAY_OF_FLAGS = (NUMBER | Slot("boolean") | Slot("array", items=Items(_NESTED_FLAGS))).named("NumbersOrFlags")


@says(kinds.Array)
def _array(kind: kinds.Array) -> Slot:
    return ARRAY


@says(Numbers)
def _numbers(kind: Numbers) -> Slot:
    return ARRAY_OF_FLAGS


@says(Clipping)
def _clipping(kind: Clipping) -> Slot:
    bound = NUMBER.or_none().place()
    table = {"properties": dict.fromkeys(("rmax", "rmin", "dmax"), bound), "additionalProperties": bound}
    return Slot("object", table=table)


@says(TargetShape)
def _target_shape(kind: TargetShape) -> Slot:
    return Slot("array", items=Items(whole(-1).or_none()))


@says(Permutation)
def _permutation(kind: Permutation) -> Slot:
    return Slot("array", items=Items(whole(1)))


@says(Ends)
def _ends(kind: Ends) -> Slot:
    return whole(0) | Slot("array", items=Items(whole(0), 2, 2))


@says(Margins)
def _margins(kind: Margins) -> Slot:
    return whole(None if kind.below else 0) | Slot("array", items=Items(_ends(Ends()), kind.rank, kind.rank))


@says(Factor)
def _factor(kind: Factor) -> Slot:
    bounds = {"minimum": kind.low, "maximum": kind.high}
    one = Slot("number", bounds=bounds, texts=(patterns.FRACTION,))
    return one | Slot("array", items=Items(one if kind.each else NUMBER, 0 if kind.empty else 2, 2))


@says(OddSize)
def _odd_size(kind: OddSize) -> Slot:
    # Odd is what is no multiple of two, which no keyword says beside others.
    return whole() | Slot("array", items=Items(whole(), 2, 2))


@says(WindowName)
def _window_name(kind: WindowName) -> Slot:
    names = sorted(WINDOWS)
    pattern = f"^(?:{patterns.alternatives(names)})(?:_symmetric|_periodic)?$"
    return Slot(words=dict.fromkeys(names, ""), texts=(pattern,))


@says(NotInDocuments)
def _not_in_documents(kind: NotInDocuments) -> Slot:
    return Slot("null", words={"none": "Nothing."}, texts=(patterns.NONE,))


@says(Pretrained)
def _pretrained(kind: Pretrained) -> Slot:
    return Slot(
        "null",
        words={"imagenet": "Trained on ImageNet.", "none": "Random."},
        texts=(patterns.one_of(("imagenet", "none")), r"[./\\]"),
    )


SIZE = whole(0) | Slot("null", words={"?": "An unknown size."}, texts=(patterns.DIMENSION,))
"""One size of a shape, as a number or as a name for an unknown one."""


@says(ImageShapeKind)
def _image_shape(kind: ImageShapeKind) -> Slot:
    return Slot("array", items=Items(SIZE, 3, 3))


@says(SampleShape)
def _sample_shape(kind: SampleShape) -> Slot:
    return Slot("array", items=Items(SIZE))


@says(Range)
def _range(kind: Range) -> Slot:
    return Slot("array", items=Items(NUMBER, 2, 2))


@says(DType)
def _dtype(kind: DType) -> Slot:
    return words(*sorted(DTYPES | {"int"}))


@says(PolicyName)
def _policy(kind: PolicyName) -> Slot:
    names = sorted(POLICIES)
    table = {
        "properties": {"name": words(*names).place(), "type": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    return (words(*names) | Slot("object", table=table)).named("Policy")


@says(Batches)
def _batches(kind: Batches) -> Slot:
    size = whole(0)
    pair = Slot(texts=(patterns.PAIR_OF_NUMBERS,))
    return size | Slot("array", items=Items(size, 2, 2)) | pair
