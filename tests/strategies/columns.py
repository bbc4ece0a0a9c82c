"""Random tables `[data.columns]`: valid ones, and ones with a random value somewhere."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Tree = dict[str, Any]

NAMES = st.sampled_from(["age", "x-ray", "kind", "type", "shape", "price in €", "a.b", "source", "", "0"])
_FILLS = st.sampled_from(["mean", "median"])


def _table(kind: str, **keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    return st.fixed_dictionaries({"kind": st.just(kind)}, optional=keys)


def _missing(fills: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fill = st.fixed_dictionaries({"fill": fills}, optional={"flag": st.booleans()})
    return st.sampled_from(["error", "drop", "none"]) | fill


_CLIPS = st.tuples(st.integers(-5, 0), st.integers(1, 5) | st.floats(1, 1e30)).map(list)
_NUMBERS = _missing(_FILLS | st.integers(-9, 9) | st.floats(-1, 1))
_VALUES = (
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="$\x00"), max_size=3), min_size=1, unique=True)
    | st.lists(st.integers(-9, 9), min_size=1, unique=True)
    | st.just([False, True])
)  # fmt: skip
_PARTS = ["year", "month", "season", "weekday", "weekend", "hour"]
_CATEGORIES = st.sampled_from(["error", "drop", "category", "none"])
_UNKNOWN = st.sampled_from(["zeros", "error"])

COLUMN: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["number", "boolean", "category", "date", "text"]),
    _VALUES,
    _table(
        "number",
        scale=st.sampled_from(["standard", "min_max", "quantile", "log", "none"]),
        clip=_CLIPS,
        missing=_NUMBERS,
    ),
    _table("boolean", missing=_missing(_FILLS | st.booleans())),
    _table("category", values=_VALUES, missing=_CATEGORIES, unknown=_UNKNOWN),
    _table("category", top=st.integers(1, 99), min_count=st.integers(1, 9), missing=_CATEGORIES, unknown=_UNKNOWN),
    _table(
        "date",
        parts=st.lists(st.sampled_from(_PARTS), min_size=1, unique=True),
        format=st.sampled_from(["%d/%m/%Y", "%Y"]),
        missing=_NUMBERS,
    ),
    st.just({"kind": "date", "parts": ["year", "elapsed"], "since": "2024-01-31"}),
    _table("text", top=st.integers(1, 99)),
)

COLUMNS: st.SearchStrategy[Tree] = st.dictionaries(NAMES, COLUMN, min_size=1, max_size=6)
"""Valid tables."""

ANYTHING: st.SearchStrategy[Any] = st.one_of(
    # JSON Schema takes 1.0 for an integer.
    st.integers(-2, 3), st.floats(-2, 2).filter(lambda value: not value.is_integer()), st.booleans(),
    st.sampled_from(["number", "date", "mean", "none", "error", ""]), st.just([]), st.just({}),
    st.just(["a", 1]), st.just({"kind": "text"}), st.just({"fill": 0}), st.just({"zz": 1}),
)  # fmt: skip


@st.composite
def changed(draw: st.DrawFn) -> Tree:
    """A valid table with another value, or one more key, somewhere."""
    columns = copy.deepcopy(draw(COLUMNS))
    places: list[tuple[Any, Any]] = []
    pending: list[Any] = [columns]
    while pending:
        part = pending.pop()
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        places += [(part, key) for key in keys]
        places += [(part, "zz")] if isinstance(part, dict) and part is not columns else []
        pending += [part[key] for key in keys if isinstance(part[key], (dict, list))]
    part, key = draw(st.sampled_from(places))
    part[key] = draw(ANYTHING)
    return columns
