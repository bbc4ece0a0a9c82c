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
from seqspec.core.diagnostics.quote import quote_value
from seqspec.core.diagnostics.snippet import Help, Value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table, read_tagged


@dataclass(eq=False)
class DeclaredTable:
    """Marks a table whose class is in a module of its own.

    Args:
        module: The module in `seqspec.core.document`.
        name: The name in it of the class of the table, or of its classes by the value of the key `tag`.
        tag: The key that selects the class.
        types: JSON types of other values that are accepted, such as `"string"`.
        strings: Other strings that are accepted.
        short: Whether a value of `tag` alone, or a list of the values of a category, is short for a table.
    """

    module: str
    name: str
    tag: str = ""
    types: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    short: bool = False

    def declaration(self) -> Any:
        """The class of the table, or its classes by tag."""
        return getattr(import_module(f"seqspec.core.document.{self.module}"), self.name)


class JsonTypes:
    """Marks the JSON types of a value that a function reads."""

    def __init__(self, *types: str) -> None:
        self.types = types


class NamedEntries:
    """Marks a table from names to entries that all have the same type; there are at least `least`."""

    def __init__(self, entry: object, least: int = 0) -> None:
        self.entry = entry
        self.least = least


def _table(value: object, text: str, read: Callable[[Mapping[str, object]], object]) -> object:
    if isinstance(value, Table):
        return value
    if not isinstance(value, Mapping):
        raise wrong_type(text, value)
    return read(value)


def _source(value: object) -> object:
    return value if isinstance(value, str) else _table(value, _SOURCE, lambda tree: _tagged(tree, _SOURCES, "source"))


def _split(value: object) -> object:
    return _table(value, _SPLIT, lambda tree: _tagged(tree, _SPLITS, "split"))


def _tagged(tree: Mapping[str, object], table: DeclaredTable, title: str) -> Table:
    kinds: Mapping[str, type[Table]] = table.declaration()
    return read_tagged(tree, table.tag, kinds, title)


def _word_or_table(value: object, table: DeclaredTable, text: str) -> object:
    """One of the strings that are accepted beside a table, or that table."""
    if isinstance(value, str):
        if value not in table.strings:
            raise wrong_choice(value, table.strings, text)
        return value
    return _table(value, text, lambda tree: validate(table.declaration(), tree))


def _missing(value: object) -> object:
    return _word_or_table(value, _FILL, _MISSING)


def _columns(value: object) -> object:
    from seqspec.core.document.columns import read_columns

    return read_columns(value)


def _gaps(value: object) -> object:
    return _word_or_table(value, _GAP_FILL, _GAPS)


def _best(value: object) -> object:
    return _table(value, _BEST, lambda tree: validate(_BEST_EPOCH.declaration(), tree))


def _threshold(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 < value < 1:
            raise Violation("bad-value", f"must be above 0 and below 1, got {quote_value(value, typed=False)}")
        return value
    return _word_or_table(value, _AIM, _THRESHOLD)


def _representative(value: object) -> object:
    return _table(value, _REPRESENTATIVE, lambda tree: validate(_REPRESENTATIVES.declaration(), tree))


def _trained(value: object) -> object:
    return (
        value
        if isinstance(value, bool)
        else _table(value, _TRAINED, lambda tree: validate(_LAST_LAYERS.declaration(), tree))
    )


def _trainable(value: object) -> object:
    if isinstance(value, dict):
        return validate(dict[str, _Trained], value)
    wrong = wrong_type(_TRAINABLE, value)
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        meant = dict.fromkeys(names, True)
        raise wrong.replace(help=Help("write ", Value(meant)), recovered_value=meant)
    raise wrong


_SOURCE = "a path or a table with type"
_SPLIT = "a table with by"
_MISSING = '"error", "drop" or { fill = ... }'
_GAPS = '"error", "drop" or { fill = ..., max = N }'
_MISSING_WORDS = ("error", "drop")
_COLUMNS = "a table from column names to kinds"
_BEST = "a table with monitor"
_REPRESENTATIVE = "a table with set and samples"
_THRESHOLD = 'a number, "f1", "balanced", { recall = ... } or { cost = [..., ...] }'
_TRAINED = "true, false or { last = N }"
_TRAINABLE = f"a table from layer names to {_TRAINED}"
_SOURCES = DeclaredTable("sources", "SOURCES", tag="type", types=("string",))
_SPLITS = DeclaredTable("sources", "SPLITS", tag="by")
_KINDS = DeclaredTable("columns", "KINDS", tag="kind", short=True)
_FILL = DeclaredTable("sources", "Fill", strings=_MISSING_WORDS)
_GAP_FILL = DeclaredTable("sources", "GapFill", strings=_MISSING_WORDS)
_BEST_EPOCH = DeclaredTable("sources", "Best")
_AIM = DeclaredTable("outputs", "Threshold", types=("number",), strings=("f1", "balanced"))
_REPRESENTATIVES = DeclaredTable("sources", "Representative")
_LAST_LAYERS = DeclaredTable("sources", "LastLayers", types=("boolean",))
_Trained = Annotated[Any, *read_by(_trained, _TRAINED, _LAST_LAYERS, NEUTRAL)]
_ColumnKind = Annotated[Any, _KINDS]

SourceOrPath = Annotated[Any, *read_by(_source, _SOURCE, _SOURCES, NEUTRAL)]
"""A source of samples: a path, or one of `sources.SOURCES`."""

SetSplit = Annotated[Any, *read_by(_split, _SPLIT, _SPLITS, NEUTRAL)]
"""One of `sources.SPLITS`."""

MissingValues = Annotated[Any, *read_by(_missing, _MISSING, _FILL, NEUTRAL)]
"""`"error"`, `"drop"`, or a `sources.Fill`."""

if TYPE_CHECKING:
    from seqspec.core.document.columns import Column

    ColumnKinds = Mapping[str, Column]
else:
    ColumnKinds = Annotated[Any, *read_by(_columns, _COLUMNS, NamedEntries(_ColumnKind, 1), NEUTRAL)]
"""From column names to the classes of `columns.KINDS`, in the order of the encoded vector."""

GapPolicy = Annotated[Any, *read_by(_gaps, _GAPS, _GAP_FILL, NEUTRAL)]
"""`"error"`, `"drop"`, or a `sources.GapFill`."""

BestEpoch = Annotated[Any, *read_by(_best, _BEST, _BEST_EPOCH, NEUTRAL)]
"""A `sources.Best`."""

RepresentativeSamples = Annotated[Any, *read_by(_representative, _REPRESENTATIVE, _REPRESENTATIVES, NEUTRAL)]
"""A `sources.Representative`."""

DecisionThreshold = Annotated[Any, *read_by(_threshold, _THRESHOLD, _AIM, NEUTRAL)]
"""A number, `"f1"`, `"balanced"`, or a `threshold.Threshold`."""

TrainableLayers = Annotated[Any, *read_by(_trainable, _TRAINABLE, NamedEntries(_Trained), NEUTRAL)]
"""From layer names to a flag or a `sources.LastLayers`."""
