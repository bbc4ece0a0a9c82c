"""The types of the keys in `[data]`, `[fit]` and `[save]` whose values are the tables of `sources`.

That module is imported when such a value is read: few specs have one.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from seqspec.catalog.markers import NEUTRAL
from seqspec.catalog.types import read_by
from seqspec.catalog.validation import validate, wrong_choice, wrong_type
from seqspec.diagnostics.snippet import Help, Value
from seqspec.document.table import Table, read_tagged


class OpenTable:
    """Marks a table that the published schema does not describe; `text` is whether any string is accepted too, and
    `words` are the strings that are.
    """

    def __init__(self, text: bool = False, words: tuple[str, ...] = ()) -> None:
        self.text = text
        self.words = words


def _table(value: object, text: str, read: Callable[[Mapping[str, Any]], Any]) -> Any:
    if isinstance(value, Table):
        return value
    if not isinstance(value, Mapping):
        raise wrong_type(text, value)
    return read(value)


def _source(value: object) -> Any:
    from seqspec.document.sources import SOURCES

    return (
        value
        if isinstance(value, str)
        else _table(value, _SOURCE, lambda tree: read_tagged(tree, "type", SOURCES, "source"))
    )


def _split(value: object) -> object:
    from seqspec.document.sources import SPLITS

    return _table(value, _SPLIT, lambda tree: read_tagged(tree, "by", SPLITS, "split"))


def _missing(value: object) -> object:
    from seqspec.document.sources import Fill

    if isinstance(value, str):
        if value not in _MISSING_WORDS:
            raise wrong_choice(value, _MISSING_WORDS, _MISSING)
        return value
    return _table(value, _MISSING, lambda tree: validate(Fill, tree))


def _best(value: object) -> object:
    from seqspec.document.sources import Best

    return _table(value, _BEST, lambda tree: validate(Best, tree))


def _representative(value: object) -> object:
    from seqspec.document.sources import Representative

    return _table(value, _REPRESENTATIVE, lambda tree: validate(Representative, tree))


def _trained(value: object) -> object:
    from seqspec.document.sources import LastLayers

    return value if isinstance(value, bool) else _table(value, _TRAINED, lambda tree: validate(LastLayers, tree))


def _trainable(value: object) -> Any:
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
_MISSING_WORDS = ("error", "drop")
_BEST = "a table with monitor"
_REPRESENTATIVE = "a table with set and samples"
_TRAINED = "true, false or { last = N }"
_TRAINABLE = f"a table from layer names to {_TRAINED}"
_Trained = Annotated[Any, *read_by(_trained, _TRAINED, NEUTRAL)]

SourceOrPath = Annotated[Any, *read_by(_source, _SOURCE, OpenTable(text=True), NEUTRAL)]
"""A source of samples: a path, or one of `sources.SOURCES`."""

SetSplit = Annotated[Any, *read_by(_split, _SPLIT, OpenTable(), NEUTRAL)]
"""One of `sources.SPLITS`."""

MissingValues = Annotated[Any, *read_by(_missing, _MISSING, OpenTable(words=_MISSING_WORDS), NEUTRAL)]
"""`"error"`, `"drop"`, or a `sources.Fill`."""

BestEpoch = Annotated[Any, *read_by(_best, _BEST, OpenTable(), NEUTRAL)]
"""A `sources.Best`."""

RepresentativeSamples = Annotated[Any, *read_by(_representative, _REPRESENTATIVE, OpenTable(), NEUTRAL)]
"""A `sources.Representative`."""

TrainableLayers = Annotated[Any, *read_by(_trainable, _TRAINABLE, OpenTable(), NEUTRAL)]
"""From layer names to a flag or a `sources.LastLayers`."""
