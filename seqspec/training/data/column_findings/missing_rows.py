"""Missing and infinite values of the columns, and the rows that have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from seqspec.core.api.data import CategoryColumn, Column, Data, NumberColumn
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import SHOWN, Message, Setting, counted, fmt, shorten_list
from seqspec.training.data.column_findings.wrong_values import column_path, quoted
from seqspec.training.data.encoding.encoder import missing_policy
from seqspec.training.data.encoding.raw import RawColumns, field_names, row_chunks
from seqspec.training.data.samples import Samples
from seqspec.training.data.stored import Array

K = TypeVar("K")
Condition = Callable[[RawColumns, Array], Array]
"""A mask of raw rows."""


def missing_values(sets: Mapping[str, Samples], default: object) -> list[Violation]:
    """An error for each column that must not be missing and is, or that has infinite values."""
    kinds = next(samples.raw for samples in sets.values() if samples.raw is not None).kinds
    conditions: dict[tuple[str, str], Condition] = {}
    for name, kind in kinds.items():
        if missing_policy(kind, default)[0] == "error":
            conditions[name, "missing"] = partial(RawColumns.missing, name=name)
        if isinstance(kind, NumberColumn) and kind.clip is None:
            conditions[name, "infinite"] = partial(_infinite, name=name)
    infinite = fmt("correct them, or limit them: {}", Setting("clip", [-1e6, 1e6]))
    return [
        _about_rows(name, what, rows, sets, _missing_help(name, kinds[name]) if what == "missing" else infinite)
        for (name, what), rows in _rows_where(sets, conditions).items()
    ]


def _infinite(raw: RawColumns, rows: Array, name: str) -> Array:
    [field] = field_names(raw.kinds, name)
    return np.asarray(np.isinf(rows[field]))


def _missing_help(name: str, kind: Column) -> Message:
    policy = "category" if isinstance(kind, CategoryColumn) else {"fill": "median", "flag": True}
    declared = {**kind.to_tree(), "missing": policy}
    return fmt(
        "write {}, or leave the rows out: {}",
        Setting(name, declared),
        Setting(Data.key_of(lambda data: data.missing), "drop"),
    )


def _rows_where(sets: Mapping[str, Samples], conditions: Mapping[K, Condition]) -> dict[K, list[tuple[str, Array]]]:
    """The rows of each set for which each condition is true, if it is true for any; the rows are read once."""
    rows_by_key: dict[K, list[tuple[str, Array]]] = {}
    for name, samples in sets.items():
        assert samples.raw is not None
        rows: dict[K, list[Array]] = {key: [] for key in conditions}
        at = 0
        for part in row_chunks(samples.x) if conditions else ():
            for key, condition in conditions.items():
                if len(true := np.flatnonzero(condition(samples.raw, part))):
                    rows[key].append(at + true)
            at += len(part)
        for key, parts in rows.items():
            if parts:
                rows_by_key.setdefault(key, []).append((name, np.concatenate(parts)))
    return {key: rows_by_key[key] for key in conditions if key in rows_by_key}


def _about_rows(
    name: str, what: str, rows_by_set: Sequence[tuple[str, Array]], sets: Mapping[str, Samples], help: Message
) -> Violation:
    total = sum(len(rows) for _, rows in rows_by_set)
    places = [sets[set_name].where(int(row)) for set_name, rows in rows_by_set for row in rows[: SHOWN + 1]]
    shown = shorten_list(places[: SHOWN + 1])
    message = fmt("{} has {}: {}", quoted(name), counted(total, f"{what} value"), shown)
    return Violation("data-values", message, path=column_path(name), help=help)


def incomplete_rows(samples: Samples, default: object) -> Array:
    """A mask of the rows to drop for missing inputs."""
    assert samples.raw is not None
    bad = np.zeros(len(samples), bool)
    for [(_, rows)] in _missing_rows(samples, default, ("drop",)).values():
        bad[rows] = True
    return bad


def missing_columns_by_row(samples: Samples, default: object) -> dict[int, list[str]]:
    """The columns that are missing in each row, and must not be in a prediction."""
    missing: dict[int, list[str]] = {}
    for name, [(_, rows)] in _missing_rows(samples, default, ("error", "drop")).items():
        for row in rows.tolist():
            missing.setdefault(row, []).append(quoted(name))
    return missing


def _missing_rows(samples: Samples, default: object, policies: Sequence[str]) -> dict[str, list[tuple[str, Array]]]:
    """The rows in which the columns with these policies are missing."""
    assert samples.raw is not None
    conditions: dict[str, Condition] = {
        name: partial(RawColumns.missing, name=name)
        for name, kind in samples.raw.kinds.items()
        if missing_policy(kind, default)[0] in policies
    }
    return _rows_where({"": samples}, conditions)


def dropped_values(samples: Samples, default: object) -> list[Violation]:
    """An error for each column whose missing values were dropped in training, and that is missing in a prediction."""
    assert samples.raw is not None
    kinds = samples.raw.kinds
    return [
        _about_rows(name, "missing", rows, {"": samples}, _missing_help(name, kinds[name]))
        for name, rows in _missing_rows(samples, default, ("drop",)).items()
    ]
