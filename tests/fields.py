"""The values that fields of the catalog accept, derived from their annotations, for tests that generate values."""

from __future__ import annotations

from typing import Any

from annotated_types import Ge, Le
from pydantic import PlainValidator
from pydantic.fields import FieldInfo

from seqspec.core.catalog.dtypes import DTypeMark, PolicyMark
from seqspec.core.catalog.field_kind import Form, kind_of
from seqspec.core.catalog.markers import Since, field_type, marker
from seqspec.core.catalog.objects import Family
from seqspec.core.catalog.reading import LayerType
from seqspec.core.catalog.types import PerAxis
from seqspec.core.diagnostics.violation import UNSET


class Accepted:
    """One type: `what` names it, the other attributes depend on that.

    `what` is "integer", "number", "boolean", "choice", "text", "per-axis", "list", "table", "union", "policy", "dtype",
    "object", "layer" or "other".
    """

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation
        kind = kind_of(annotation)
        self.optional = kind.optional
        self.metadata = kind.marks
        self.plain = kind.present.annotation
        self.what = "other"
        for mark in kind.marks:
            for known, what in _MARKS.items():
                if isinstance(mark, known):
                    self.what, self.mark = what, mark
                    return
        if kind.mark(PlainValidator) is not None:
            return
        self.what = _FORMS.get(kind.form, "other")
        self.values = kind.choices
        if kind.form is Form.UNION:
            self.members = [part.annotation for part in kind.parts]
        elif kind.parts:
            self.item = kind.item.annotation
        self.least, self.most = kind.lengths
        low, high = kind.mark(Ge), kind.mark(Le)
        self.minimum: Any = None if low is None else low.ge
        self.maximum: Any = None if high is None else high.le


_FORMS = {
    Form.CHOICE: "choice",
    Form.NUMBER: "number",
    Form.INTEGER: "integer",
    Form.BOOLEAN: "boolean",
    Form.STRING: "text",
    Form.UNION: "union",
    Form.LIST: "list",
    Form.MAPPING: "table",
}
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
