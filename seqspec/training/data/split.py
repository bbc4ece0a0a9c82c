"""Splits: which sample is in which set, as a pure function of the samples, the split and the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from itertools import combinations

import numpy as np
from numpy.random import Generator

from seqspec.core.api.data import (
    ColumnSplit,
    DateColumn,
    GroupKFoldSplit,
    GroupSplit,
    HashSplit,
    KFoldSplit,
    RandomSplit,
    TimeKFoldSplit,
    TimeSplit,
)
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import SHOWN, Message, Setting, counted, fmt, shorten_list
from seqspec.training.data.encoding.dates import NO_DATE, SECONDS_PER_DAY, DateReader
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import row_dtype
from seqspec.training.data.tables.cells import is_missing
from seqspec.training.data.time_axis.times import InvalidTime, parse_times
from seqspec.training.errors import DataError

SETS = ("train", "validation", "test")
_BY_FRACTIONS = (RandomSplit, TimeSplit)
"""Splits whose sets have exactly the sizes given by their fractions."""
_CHUNK_ROWS = 2**20
Rows = dict[str, Array]
"""The rows of each set that is not empty, ascending (in order of time for a split by time)."""


def columns_of(split: object) -> dict[str, Path]:
    """The columns that a split reads, and where it names them."""
    names = {key: getattr(split, key, None) for key in ("time", "group", "column")}
    return {name: ("data", "split", key) for key, name in names.items() if name is not None}


def group_column(split: object) -> str | None:
    """The column whose values a split keeps in one set."""
    if isinstance(split, (GroupSplit, GroupKFoldSplit)):
        return split.column
    return split.group if isinstance(split, ColumnSplit) else None


def split_rows(samples: Samples, split: object, seed: int, path: Path) -> tuple[Rows, list[Violation]]:
    """The rows of each set, and warnings about them.

    Raises `DataError` for a split that cannot be made. `seed` is that of the run, for a split without one; `path` is
    the place of the split in the expanded spec.
    """
    warnings: list[Violation] = []
    own_seed = getattr(split, "seed", None)
    seed = seed if own_seed is None else own_seed
    match split:
        case RandomSplit():
            rows = _random(samples, split, seed, path)
        case GroupSplit():
            rows = _group(samples, split, seed)
        case TimeSplit() | TimeKFoldSplit():
            rows, warnings = _time(samples, split, path)
        case KFoldSplit() | GroupKFoldSplit():
            rows = _folds(samples, split, seed, path)
        case HashSplit():
            rows = _hash(samples, split)
        case ColumnSplit():
            rows, warnings = _column(samples, split, path)
        case _:
            raise TypeError(f"no split {type(split).__name__}")
    wanted = {**getattr(split, "fractions", {}), **({"validation": 1.0} if getattr(split, "fold", None) else {})}
    for name in SETS:
        if (wanted.get(name) or name == "train") and len(rows.get(name, ())) == 0:
            sizes = ", ".join(f"{set_name} {len(rows.get(set_name, ())):,}" for set_name in SETS)
            help = "set a larger fraction, or leave the set out" if isinstance(split, _BY_FRACTIONS) else None
            raise DataError([Violation("data-split", f"the {name} set is empty ({sizes})", path=path, help=help)])
    dtype = row_dtype(len(samples))
    return {name: rows[name].astype(dtype, copy=False) for name in SETS if len(rows.get(name, ()))}, warnings


def counts_of(total: int, fractions: Mapping[str, float]) -> dict[str, int]:
    """Integer counts by largest remainder; samples not covered by a fraction are left out."""
    exact = {name: total * fraction for name, fraction in fractions.items()}
    counts = {name: int(value + 1e-9) for name, value in exact.items()}
    left = min(total, round(sum(exact.values()))) - sum(counts.values())
    for name in sorted(exact, key=lambda name: counts[name] - exact[name])[: max(left, 0)]:
        counts[name] += 1
    return counts


def counts_in_time(total: int, split: TimeSplit | TimeKFoldSplit) -> dict[str, int]:
    """The samples of each set in order of time; `later` are those after a fold that it does not use."""
    counts = counts_of(total, split.fractions)
    if isinstance(split, TimeSplit) or split.fold is None:
        return counts
    # The ends of the parts: a fold trains on those before the one that validates.
    ends = [counts["train"] * part // (split.folds + 1) for part in range(split.folds + 2)]
    begin, end = ends[split.fold], ends[split.fold + 1]
    later = counts["train"] - end
    return {"train": begin, "validation": end - begin, "later": later, "test": counts["test"]}


def _cut(order: Array, counts: Mapping[str, int]) -> Rows:
    rows, start = {}, 0
    for name in SETS:
        rows[name] = np.sort(order[start : start + counts[name]])
        start += counts[name]
    return rows


def _random(samples: Samples, split: RandomSplit, seed: int, path: Path) -> Rows:
    generator = np.random.default_rng([seed, 0])
    if not split.stratify:
        order = np.arange(len(samples), dtype=row_dtype(len(samples)))
        generator.shuffle(order)
        return _cut(order, counts_of(len(samples), split.fractions))
    labels = None if samples.y is None else np.asarray(samples.y)
    if labels is None or (labels.ndim > 1 and labels.shape[-1] != 1) or _is_continuous(labels):
        raise DataError(
            [Violation("data-split", "stratify needs one class label per sample", path=(*path, "stratify"))]
        )
    classes, inverse = _distinct(labels.reshape(-1))
    counts = np.bincount(inverse)
    sets = sum(fraction > 0 for fraction in split.fractions.values())
    small = [f"{name} ({count})" for name, count in zip(classes, counts) if count < sets]
    if small:
        message = f"stratify needs at least {sets} samples of each class; too few of {', '.join(small[:SHOWN])}"
        help = fmt("add samples of these classes, or set {}", Setting("stratify", False))
        raise DataError([Violation("data-split", message, path=(*path, "stratify"), help=help)])
    parts: dict[str, list[Array]] = {name: [] for name in SETS}
    for index in range(len(classes)):
        members = np.flatnonzero(inverse == index).astype(row_dtype(len(samples)))
        generator.shuffle(members)
        wanted = counts_of(len(members), split.fractions)
        for name in SETS:
            # Puts samples of a small class into every set.
            while split.fractions[name] and not wanted[name]:
                wanted[max(wanted, key=lambda size: wanted[size])] -= 1
                wanted[name] += 1
        for name, chosen in _cut(members, wanted).items():
            parts[name].append(chosen)
    return {name: np.sort(np.concatenate(chosen)) for name, chosen in parts.items()}


def _distinct(values: Array) -> tuple[list[str], Array]:
    """The distinct values as text, sorted, and the index of each value among them."""
    if values.dtype.kind in "iufb":
        starts = range(0, len(values), _CHUNK_ROWS)
        # In chunks, and as int32: one NumPy call would need several times the memory of the values.
        parts = [np.unique(values[start : start + _CHUNK_ROWS]) for start in starts]
        distinct = np.unique(np.concatenate(parts))
        inverse = np.empty(len(values), np.int32)
        for start in starts:
            inverse[start : start + _CHUNK_ROWS] = np.searchsorted(distinct, values[start : start + _CHUNK_ROWS])
        return [f"{value:g}" for value in distinct.tolist()], inverse
    numbers: dict[str, int] = {}
    inverse = np.fromiter((numbers.setdefault(str(value), len(numbers)) for value in values), np.int64, len(values))
    names = sorted(numbers)
    places = np.empty(len(names), np.int64)
    places[[numbers[name] for name in names]] = np.arange(len(names))
    return names, places[inverse]


def _is_continuous(labels: Array) -> bool:
    return labels.dtype.kind == "f" and bool(np.any(labels != np.round(labels)))


def _group(samples: Samples, split: GroupSplit, seed: int) -> Rows:
    groups, inverse = _distinct(samples.columns[split.column])
    sizes = np.bincount(inverse)
    order = np.random.default_rng([seed, 0]).permutation(len(groups))
    order = order[np.argsort(-sizes[order], kind="stable")]
    targets = {name: split.fractions[name] * len(samples) for name in SETS if split.fractions[name]}
    filled = dict.fromkeys(targets, 0.0)
    home = np.empty(len(groups), dtype=object)
    for group in order:
        # The set that lacks the largest fraction of its target size.
        name = max(targets, key=lambda group: (targets[group] - filled[group]) / targets[group])
        home[group] = name
        filled[name] += sizes[group]
    return {name: np.flatnonzero(home[inverse] == name) for name in SETS}


def _folds(samples: Samples, split: KFoldSplit | GroupKFoldSplit, seed: int, path: Path) -> Rows:
    """The test set, which is the same for all folds, and the others: all, or divided by one fold."""
    if isinstance(split, GroupKFoldSplit):
        outer = GroupSplit(by="group", column=split.column, test=split.test)
        rows = _group(samples, outer, seed) if split.test else {"train": np.arange(len(samples))}
    else:
        rows = _random(samples, RandomSplit(by="random", test=split.test, stratify=split.stratify), seed, path)
    number = split.fold or 1
    generator = np.random.default_rng([seed, (number - 1) // split.folds + 1])
    train = rows["train"]
    if isinstance(split, GroupKFoldSplit):
        codes = _codes_of_groups(samples.columns[split.column][train], split, generator, path)
    else:
        codes = _codes_of_rows(samples, train, split, generator, path)
    if split.fold is None:
        return rows
    validates = codes == (number - 1) % split.folds
    return {**rows, "train": train[~validates], "validation": train[validates]}


def _codes_of_rows(samples: Samples, rows: Array, split: KFoldSplit, generator: Generator, path: Path) -> Array:
    """The fold of each row, from 0: of folds whose sizes, and those of their classes, differ by at most 1."""
    if len(rows) < split.folds:
        raise DataError([_too_few(f"{split.folds} folds need {split.folds} samples, and there are {len(rows)}", path)])
    order = generator.permutation(len(rows))
    if split.stratify:
        classes, inverse = _distinct(np.asarray(samples.y).reshape(-1)[rows])
        counts = np.bincount(inverse)
        small = [f"{name} has {count}" for name, count in zip(classes, counts) if count < split.folds]
        if small:
            need = f"{split.folds} folds need {split.folds} samples of each class"
            help = fmt("set fewer folds, or {}", Setting("stratify", False))
            message = f"{need}; {shorten_list(small)}"
            raise DataError([Violation("data-split", message, path=(*path, "stratify"), help=help)])
        order = order[np.argsort(inverse[order], kind="stable")]
    codes = np.empty(len(rows), np.int64)
    codes[order] = np.arange(len(rows)) % split.folds
    return codes


def _codes_of_groups(groups: Array, split: GroupKFoldSplit, generator: Generator, path: Path) -> Array:
    """The fold of each row, from 0: groups in random order, each in the smallest fold."""
    names, inverse = _distinct(groups)
    if len(names) < split.folds:
        message = f"{split.folds} folds need {split.folds} groups, and {split.column} has {len(names)}"
        raise DataError([_too_few(message, path)])
    sizes, filled = np.bincount(inverse), np.zeros(split.folds, np.int64)
    codes = np.empty(len(names), np.int64)
    for group in generator.permutation(len(names)):
        codes[group] = filled.argmin()
        filled[codes[group]] += sizes[group]
    return codes[inverse]


def _too_few(message: str, path: Path) -> Violation:
    return Violation("data-split", message, path=(*path, "folds"), help="set fewer folds, or a smaller test set")


def _time(samples: Samples, split: TimeSplit | TimeKFoldSplit, path: Path) -> tuple[Rows, list[Violation]]:
    times = None if split.column is None else _times(samples, split.column, (*path, "column"))
    order = np.arange(len(samples)) if times is None else np.argsort(times, kind="stable")
    rows, start = {}, 0
    for name, count in counts_in_time(len(samples), split).items():
        end = start + count
        # The gap is taken from the beginning of the later set.
        skip = split.gap if start else 0
        rows[name] = order[start + skip : end] if skip < count else order[:0]
        start = end
    if times is None:
        return rows, []
    # Samples of one time can be on both sides of a cut.
    return rows, [
        _overlap(count, name, (*path, "column"), fmt("drop them: {}", Setting("gap", split.gap + count)))
        for name, count in _overlapping_times(times, rows)
    ]


def _times(samples: Samples, column: str, path: Path) -> Array:
    """Numbers, ISO dates, or dates in the format that the column declares, that sort by time."""
    values = samples.columns[column]
    if any(map(is_missing, values)):
        raise DataError([Violation("data-values", "the time column has missing values", path=path)])
    kind = None if samples.raw is None else samples.raw.kinds.get(column)
    if isinstance(kind, DateColumn) and kind.format is not None:
        days, seconds = DateReader(kind.format).read(values.tolist(), 0)
        if len(absent := np.flatnonzero(days == NO_DATE)):
            row = samples.where(int(absent[0]))
            message = f"the time column has {counted(len(absent), 'missing value')}, first in {row}"
            help = "correct them, or split at random"
            raise DataError([Violation("data-values", message, path=path, help=help)])
        return days.astype(np.int64) * SECONDS_PER_DAY + seconds
    # Integers first: as floats, nanoseconds that differ would be equal.
    for convert in (int, float):
        with suppress(TypeError, ValueError):
            return np.array([convert(str(value)) for value in values])
    try:
        return parse_times(texts := [str(value) for value in values])
    except InvalidTime as error:
        bad = texts[error.row][:40]
        message = f"the time column holds {bad!r}, which is neither a number nor an ISO 8601 date"
        raise DataError([Violation("data-values", message, path=path)])


def _hash(samples: Samples, split: HashSplit) -> Rows:
    values = samples.columns[split.column]
    cache: dict[str, float] = {}
    for value in values:
        text = str(value)
        if text not in cache:
            digest = hashlib.sha256(text.encode()).digest()
            cache[text] = int.from_bytes(digest[:8], "big") / 2**64
    shares = np.array([cache[str(value)] for value in values])
    rows, start = {}, 0.0
    for name in SETS:
        end = start + split.fractions[name]
        rows[name] = np.flatnonzero((shares >= start) & (shares < end))
        start = end
    return rows


SET_OF_WORD = {"train": "train", "training": "train", "val": "validation", "valid": "validation",
               "validation": "validation", "dev": "validation", "test": "test"}  # fmt: skip


def _column(samples: Samples, split: ColumnSplit, path: Path) -> tuple[Rows, list[Violation]]:
    values = [str(value).strip().lower() for value in samples.columns[split.column]]
    unknown = sorted({value for value in values if value not in SET_OF_WORD})
    if unknown:
        shown = ", ".join(unknown[:SHOWN])
        message = f"column {split.column} holds {shown}; expected train, validation or test"
        raise DataError([Violation("data-split", message, path=(*path, "column"))])
    home = np.array([SET_OF_WORD[value] for value in values])
    rows = {name: np.flatnonzero(home == name) for name in SETS}
    warnings: list[Violation] = []
    if split.group is not None:
        warnings += _shared_groups(samples.columns[split.group], rows, (*path, "group"))
    if split.time is not None:
        help = fmt("move older samples to the training set, or split with {}", Setting("by", "time"))
        times = _times(samples, split.time, (*path, "time"))
        overlaps = _overlapping_times(times, rows)
        warnings += [_overlap(count, name, (*path, "time"), help) for name, count in overlaps]
    return rows, warnings


def _shared_groups(values: Array, rows: Rows, path: Path) -> list[Violation]:
    # Samples without a group have none in common.
    members = {name: {str(value) for value in values[chosen] if not is_missing(value)} for name, chosen in rows.items()}
    violations = []
    for first, second in combinations(SETS, 2):
        shared = sorted(members[first] & members[second])
        if shared:
            shown = shorten_list(shared)
            verb = " is" if len(shared) == 1 else " are"
            sets = (" in both the ", "training" if first == "train" else first, " and the ", second, " set: ")
            message = Message(counted(len(shared), "group"), verb, *sets, shown)
            help = fmt("move all samples of a group to one set, or split with {}", Setting("by", "group"))
            violations.append(Violation("sample-leakage", message, path=path, help=help))
    return violations


def _overlapping_times(times: Array, rows: Rows) -> list[tuple[str, int]]:
    """The later sets that have samples not newer than the newest training sample, and how many."""
    newest = times[rows["train"]].max() if len(rows["train"]) else -np.inf
    late = {name: int((times[rows[name]] <= newest).sum()) for name in SETS[1:] if name in rows}
    return [(name, count) for name, count in late.items() if count]


def _overlap(count: int, name: str, path: Path, help: Message) -> Violation:
    verb = "is" if count == 1 else "are"
    message = fmt("{} of the {} set {} not newer than the newest training sample", counted(count, "sample"), name, verb)
    return Violation("sample-leakage", message, path=path, help=help)
