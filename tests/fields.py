"""The values that fields of the catalog accept, derived from their annotations, for tests that generate values."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from seqspec.core.catalog.dtypes import DTypeMark, PolicyMark
from seqspec.core.catalog.markers import Since, field_type, is_union, marker, unwrap, without_none
from seqspec.core.catalog.objects import Family
from seqspec.core.catalog.reading import LayerType
from seqspec.core.catalog.types import PerAxis
from seqspec.core.catalog.validation import is_number, lengths
from seqspec.core.diagnostics.violation import UNSET


class Accepted:
    """One type: `what` names it, the other attributes depend on that.

    `what` is "integer", "number", "boolean", "choice", "text", "per-axis", "list", "table", "union", "policy", "dtype",
    "object", "layer" or "other".
    """

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation
        kind, metadata, self.optional = without_none(annotation)
        if get_origin(kind) is Annotated:
            kind, own = unwrap(kind)
            metadata = [*own, *metadata]
        self.metadata = metadata
        self.plain = Annotated[kind, *metadata] if metadata else kind
        self.what = "other"
        for mark in metadata:
            for known, what in _MARKS.items():
                if isinstance(mark, known):
                    self.what, self.mark = what, mark
                    return
        if any(hasattr(mark, "func") and type(mark).__name__ == "PlainValidator" for mark in metadata):
            return
        if get_origin(kind) is Literal:
            self.what, self.values = "choice", get_args(kind)
        elif is_number(kind):
            self.what = "number"
        elif is_union(kind):
            self.what, self.members = "union", get_args(kind)
        elif get_origin(kind) is list:
            self.what, self.item = "list", get_args(kind)[0]
            self.least, self.most = lengths(metadata)
        elif get_origin(kind) is dict:
            self.what, self.item = "table", get_args(kind)[1]
        elif kind in (int, bool, str):
            self.what = {int: "integer", bool: "boolean", str: "text"}[kind]
            low, high = marker(metadata, Ge), marker(metadata, Le)
            self.minimum: Any = None if low is None else low.ge
            self.maximum: Any = None if high is None else high.le


_MARKS = {
    DTypeMark: "dtype",
    PolicyMark: "policy",
    Family: "object",
    LayerType: "layer",
    PerAxis: "per-axis",
}


def accepted(declared: Any, name: str) -> Accepted:
    """What an argument of a class accepts."""
    return Accepted(field_type(declared.model_fields[name]))


def default_of(field: FieldInfo) -> Any:
    """Keras's default of an argument; `UNSET` where it is required."""
    return UNSET if field.is_required() else field.default


def since_of(field: FieldInfo) -> str | None:
    """The Keras version that introduced an argument, where it is a later one than the oldest."""
    mark = marker(field.metadata, Since)
    return None if mark is None else mark.version
