"""The types of the keys in `[data]`, `[fit]` and `[save]` whose values are the tables of `sources` and `columns`.

These modules are imported only when such a value is read, because few specs have one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import validate, wrong_choice, wrong_type
from seqspec.core.diagnostics.message import Value, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table, read_tagged


@dataclass(eq=False)
class DeclaredTable:
    """Marks a table whose class is in a module of its own.

    Args:
        module: The module in `seqspec.core.document`.
        name: The name in it of the class of the table, or of its classes by the value of the key `tag`.
        expected: What is accepted, in messages.
        tag: The key that selects the class.
        title: The name of the table in messages about its keys, if it has a tag.
        types: JSON types of other values that are accepted, such as `"string"`.
        plain: The Python type of such values, if they are read as they are.
        strings: Other strings that are accepted.
        wraps: Whether such a string is short for a table with it as its type.
        short: Whether a value of `tag` alone, or a list of the values of a category, is short for a table.
    """

    module: str
    name: str
    expected: str
    tag: str = ""
    title: str = ""
    types: tuple[str, ...] = ()
    plain: type | None = None
    strings: tuple[str, ...] = ()
    wraps: bool = False
    short: bool = False

    def declaration(self) -> Any:
        """The class of the table, or its classes by tag."""
        return getattr(import_module(f"seqspec.core.document.{self.module}"), self.name)

    def read(self, value: object) -> object:
        """The table, or one of the other values that are accepted; raises `Violation` or `Violations`."""
        if isinstance(value, self.declaration() if self.wraps else (Table, self.plain or Table)):
            return value
        if isinstance(value, str) and self.strings:
            if value not in self.strings:
                raise wrong_choice(value, self.strings, self.expected)
            return validate(self.declaration(), {"type": value}) if self.wraps else value
        if not isinstance(value, Mapping):
            raise wrong_type(self.expected, value)
        if self.tag:
            return read_tagged(value, self.tag, self.declaration(), self.title)
        return validate(self.declaration(), value)

    def marks(self, read: Callable[[object], object] | None = None) -> tuple[object, ...]:
        """The metadata of the type of such a value, which `read` reads."""
        return read_by(read or self.read, self.expected, self, NEUTRAL)


class JsonTypes:
    """Marks the JSON types of a value that a function reads."""

    def __init__(self, *types: str) -> None:
        self.types = types


class NamedEntries:
    """Marks a table from names to entries that all have the same type; there are at least `least`."""

    def __init__(self, entry: object, least: int = 0) -> None:
        self.entry = entry
        self.least = least


def _columns(value: object) -> object:
    from seqspec.core.document.columns import read_columns

    return read_columns(value)


def _threshold(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 < value < 1:
            raise Violation("bad-value", f"must be above 0 and below 1, got {quote_value(value, typed=False)}")
        return value
    return _THRESHOLD.read(value)


def _trainable(value: object) -> object:
    if isinstance(value, dict):
        return validate(dict[str, _Trained], value)
    wrong = wrong_type(_TRAINABLE, value)
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        meant = dict.fromkeys(names, True)
        raise wrong.replace(help=fmt("write {}", Value(meant)), recovered_value=meant)
    raise wrong


_MISSING_WORDS = ("error", "drop")
_THRESHOLD = DeclaredTable(
    "outputs",
    "Threshold",
    'a number, "f1", "balanced", { recall = ... } or { cost = [..., ...] }',
    types=("number",),
    strings=("f1", "balanced"),
)
_TRAINED = DeclaredTable("sources", "LastLayers", "true, false or { last = N }", types=("boolean",), plain=bool)
_TRAINABLE = f"a table from layer names to {_TRAINED.expected}"
_COLUMNS = "a table from column names to kinds"
_Trained = Annotated[Any, *_TRAINED.marks()]
_ColumnKind = Annotated[Any, DeclaredTable("columns", "KINDS", "", tag="kind", short=True)]

_SOURCE = DeclaredTable(
    "sources", "SOURCES", "a path or a table with type", tag="type", title="source", types=("string",), plain=str
)
SourceOrPath = Annotated[Any, *_SOURCE.marks()]
"""A source of samples: a path, or one of `sources.SOURCES`."""

SetSplit = Annotated[Any, *DeclaredTable("sources", "SPLITS", "a table with by", tag="by", title="split").marks()]
"""One of `sources.SPLITS`."""

MissingValues = Annotated[
    Any, *DeclaredTable("sources", "Fill", '"error", "drop" or { fill = ... }', strings=_MISSING_WORDS).marks()
]
"""`"error"`, `"drop"`, or a `sources.Fill`."""

if TYPE_CHECKING:
    from seqspec.core.document.columns import Column

    ColumnKinds = Mapping[str, Column]
else:
    ColumnKinds = Annotated[Any, *read_by(_columns, _COLUMNS, NamedEntries(_ColumnKind, 1), NEUTRAL)]
"""From column names to the classes of `columns.KINDS`, in the order of the encoded vector."""

GapPolicy = Annotated[
    Any,
    *DeclaredTable("sources", "GapFill", '"error", "drop" or { fill = ..., max = N }', strings=_MISSING_WORDS).marks(),
]
"""`"error"`, `"drop"`, or a `sources.GapFill`."""

BestEpoch = Annotated[Any, *DeclaredTable("sources", "Best", "a table with monitor").marks()]
"""A `sources.Best`."""

RepresentativeSamples = Annotated[
    Any, *DeclaredTable("sources", "Representative", "a table with set and samples").marks()
]
"""A `sources.Representative`."""

DecisionThreshold = Annotated[Any, *_THRESHOLD.marks(_threshold)]
"""A number, `"f1"`, `"balanced"`, or an `outputs.Threshold`."""

TrainableLayers = Annotated[Any, *read_by(_trainable, _TRAINABLE, NamedEntries(_Trained), NEUTRAL)]
"""From layer names to a flag or a `sources.LastLayers`."""
