"""The leaks that columns show: SEQ921, SEQ930 to SEQ934, and SEQ936."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import Data, KFoldSplit, RandomSplit
from seqspec.core.api.diagnostics import Path, TreeFix, Violation, fix_setting, remove, set_value
from seqspec.core.api.messages import Message, Number, Setting, counted, fmt, shorten_list
from seqspec.training.data.leaks.column_views import PureRows, RowValues, best_view, pure_rows
from seqspec.training.data.leaks.scanned_columns import Label, ScannedColumn
from seqspec.training.data.leaks.statistics import (
    MAX_CLASSES,
    autocorrelation,
    balanced_accuracy,
    column_score,
    group_score,
    linear_parts,
    neighbor_score,
    numbers_in,
    product_parts,
    rank_correlation,
    renames,
)
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import chunks
from seqspec.training.data.time_axis.frequency import DAY

MIN_ROWS = 40
"""Minimum number of training rows for statistics."""
_WARNS, _HINTS = 0.97, 0.95
"""The balanced accuracy, as it is shown, from which a column is a warning or an info."""
_R_WARNS, _R_HINTS = 0.95, 0.90
"""The same for R²."""
_OVER_MAJORITY = 0.9
"""The share of the rows of other classes than the most frequent one that a category has to get right."""
_SAME_ORDER = 0.999
_MIN_NUMBERS = 20
"""Minimum number of distinct labels for a rank correlation."""
_SUM_ROWS, _SUM_COLUMNS, _SUM = 20_000, 500, 0.9999
_MIN_GROUPS, _GROUP = 20, 0.8
_QUANTITY = 0.5
"""The share of the score of a group that the neighbors of a quantity reach."""
_TREND = 0.5


class ColumnScan(NamedTuple):
    """What the checks of columns look at.

    Attributes:
        columns: All columns but the labels.
        labels: The labels of the same rows.
        places: The path of each feature in the expanded spec.
        source: The path of the source.
        split: The split of the source, if it is at random.
        ignored: The columns in `ignore` where `[data.columns]` declares the features, else None.
    """

    columns: Sequence[ScannedColumn]
    labels: Sequence[Label]
    places: Mapping[str, Path]
    source: Path
    split: RandomSplit | KFoldSplit | None
    ignored: Sequence[str] | None = None

    def place(self, column: ScannedColumn) -> Path:
        """Where the spec names a column, else the source."""
        return self.places.get(column.name, self.source)


def check_columns(scan: ColumnScan) -> Iterator[Violation]:
    """The findings of the columns; at most one of each code per column."""
    labels = [label for label in scan.labels if label.classes <= MAX_CLASSES and _varies(label)]
    if not labels or len(labels[0].values) < MIN_ROWS:
        return
    features = [column for column in scan.columns if column.is_feature]
    ids = {column.name for column in features if column.is_id()}
    predictors, copies = set(), set()
    for column in features:
        if column.name in ids:
            yield _id_column(scan, column, labels)
            continue
        for label in labels:
            score, finding = _predictor(scan, column, label)
            if finding is None:
                continue
            yield finding
            if finding.severity != "info":
                predictors.add(column.name)
            if score >= _SAME_ORDER:
                copies.add(column.name)
            break
    left = [column for column in features if column.name not in ids | copies]
    for label in labels:
        sums = list(_sums(scan, left, label))
        yield from sums or _products(scan, left, label)
    if scan.split is not None:
        for column in scan.columns:
            if column.name not in predictors | ids:
                yield from _groups(scan, column, labels[0])
        yield from _times(scan, labels[0], scan.split)


def _left_out(scan: ColumnScan, column: ScannedColumn) -> tuple[str, TreeFix | None]:
    """The help and the fix for a feature that the model should not get."""
    if scan.ignored is None:
        return "leave it out of the features", None
    source: Path = (*scan.source, "ignore")
    changes = (remove(scan.place(column)), set_value(source, [*scan.ignored, column.name]))
    return "put it in ignore", TreeFix(f"put {column.name} in ignore", changes)


def _varies(label: Label) -> bool:
    return len(label.values) > 0 and bool(np.any(label.values != label.values[0]))


def _predictor(scan: ColumnScan, column: ScannedColumn, label: Label) -> tuple[float, Violation | None]:
    """The score of a column, and the finding if it is the label or predicts it alone."""
    if _equals(column, label):
        message = f"{column.name} has the values of the label {label.name} in all rows; it cannot also be a feature"
        help, fix = _left_out(scan, column)
        return 1.0, Violation("column-use", message, path=scan.place(column), help=help, fix=fix)
    score, text = _scored(column, label)
    warns = _reaches(score, label, _WARNS, _R_WARNS)
    if not warns and (accurate := _accuracy_text(column, label)) is not None:
        warns, text = True, accurate
    if not warns and (pure := pure_rows(column, label)) is not None:
        warns, text = True, _pure_text(pure, label)
    if text is None:
        return score, None
    help, fix = _left_out(scan, column)
    return score, Violation(
        "single-predictor",
        fmt("column {} alone predicts {}: {}", column.name, label.name, text),
        path=scan.place(column),
        notes=(
            "is it known when the prediction is made? Columns that are filled in later, or computed from the label, "
            "are not",
        ),
        help=f"{help}; if it is legitimate: suppress the finding at the column, and a model is hardly needed",
        fix=fix,
        severity="warning" if warns else "info",
    )


def _pure_text(pure: PureRows, label: Label) -> Message:
    """What the rows with, or without, a value of a column say about the label."""
    name = label.class_name(pure.value)
    share, covered = Number(pure.share, ".1%"), Number(pure.covered, ".1%")
    return fmt(
        "where it {}, the label is {} in {} of {:,} rows, {} of those with {}",
        pure.where,
        name,
        share,
        pure.rows,
        covered,
        name,
    )


def _accuracy_text(column: ScannedColumn, label: Label) -> Message | None:
    """How often a category says the class where some classes are too rare for a balanced accuracy; None if seldom."""
    if column.kind != "text" or label.classes <= 2:
        return None
    if len(column.texts) > len(column.values) / 2:
        return None
    # Rows without a value are one of the groups.
    balanced, right = group_score(column.values + 1, label)
    majority = np.bincount(label.values).max() / len(label.values)
    if right < _WARNS or right - majority < _OVER_MAJORITY * (1 - majority):
        return None
    mean = Number(balanced_accuracy(balanced, len(np.unique(label.values))), ".1%")
    return fmt("accuracy {} on rows it was not learned from, balanced {}", Number(right, ".1%"), mean)


def _shown(score: float, label: Label) -> float:
    """A score as messages show it: the balanced accuracy, or R²."""
    return round(balanced_accuracy(score, label.classes), 3) if label.classes else score


def _reaches(score: float, label: Label, accuracy: float, r_squared: float) -> bool:
    return _shown(score, label) >= (accuracy if label.classes else r_squared)


def _scored(column: ScannedColumn, label: Label) -> tuple[float, Message | None]:
    """How well a column predicts the label, and the words for it; None if not well enough for a finding."""
    score = column_score(column, label)
    warns = _reaches(score, label, _WARNS, _R_WARNS)
    may_rename = column.is_coded or (label.classes > 0 and score > 0.5)
    if not warns and may_rename and renames(column, label):
        return 1.0, Message("each of its values belongs to one value of the label, and the reverse")
    if not warns and not label.classes and (numbers := numbers_in(column)) is not None:
        order = rank_correlation(numbers, label.values)
        if order >= _SAME_ORDER and len(np.unique(label.values)) >= _MIN_NUMBERS:
            return 1.0, fmt("it has the order of the label (rank correlation {:.4f})", order)
    by = ""
    if not warns and (view := best_view(column, label)) is not None and view.score > score:
        score, by = view.score, f", by {view.by}"
    if not _reaches(score, label, _HINTS, _R_HINTS):
        return score, None
    if label.classes:
        accuracy = Number(_shown(score, label), ".1%")
        return score, fmt("balanced accuracy {} on rows it was not learned from{}", accuracy, by)
    return score, fmt("R² {:.3f} on rows it was not learned from{}", score, by)


def _equals(column: ScannedColumn, label: Label) -> bool:
    """Whether a feature has the values of the label."""
    if column.kind == "text":
        texts = np.array([*column.texts, None], object)[column.values]
        return bool(label.classes) and bool(np.all(texts == np.array(label.texts, object)[label.values]))
    if column.kind in ("date", "words"):
        return False
    values = label.values
    if label.classes:
        try:
            values = np.array([float(text) for text in label.texts])[values]
        except ValueError:
            return False
    # Features are float32.
    return bool(np.array_equal(column.values.astype(np.float32), values.astype(np.float32)))


def _id_column(scan: ColumnScan, column: ScannedColumn, labels: Sequence[Label]) -> Violation:
    """The finding of a feature that names the rows: an error if it also predicts the label."""
    path, (help, fix) = scan.place(column), _left_out(scan, column)
    kind = "unique texts" if column.kind == "text" else "unique integers"
    if column.kind == "number" and bool(np.all(np.diff(column.values) > 0)):
        kind += " that rise from row to row"
    for label in labels:
        score = 0.0 if column.kind == "text" else column_score(column, label)
        if _reaches(score, label, _WARNS, _R_WARNS):
            what = (
                f"balanced accuracy {balanced_accuracy(score, label.classes):.1%}"
                if label.classes
                else f"R² {score:.3f}"
            )
            message = f"column {column.name} is an id ({kind}), and it predicts {label.name}: {what}"
            note = "the rows are sorted by the label, or numbered by it: new rows have other ids"
            return Violation("id-column", message, path=path, notes=(note,), help=help, fix=fix, severity="error")
    message = f"column {column.name} is an id ({kind}), and a feature: new rows have other ids"
    return Violation("id-column", message, path=path, help=help, fix=fix)


def _sums(scan: ColumnScan, columns: Sequence[ScannedColumn], label: Label) -> Iterator[Violation]:
    """The finding of columns whose linear combination is the label."""
    numbers = [column for column in columns if column.kind == "number"]
    if label.classes > 2 or not 2 <= len(numbers) <= _SUM_COLUMNS:
        return
    rows = np.linspace(0, len(label.values) - 1, min(_SUM_ROWS, len(label.values))).astype(np.int64)
    matrix = np.stack([column.values[rows] for column in numbers], axis=1)
    known = np.isfinite(matrix).all(axis=1)
    if known.sum() < MIN_ROWS:
        return
    used, score = linear_parts(matrix[known], label.values[rows][known].astype(np.float64), _SUM)
    if len(used) < 2:
        return
    names = shorten_list([numbers[index].name for index in used])
    yield Violation(
        "sum-of-columns",
        fmt("{} is a linear combination of {}: R² {:.6f}", label.name, names, score),
        path=scan.place(numbers[used[-1]]),
        notes=("are they known when the prediction is made? Parts of the label are not",),
        help="leave them out; if they are legitimate, compute the label from them",
    )


def _products(scan: ColumnScan, columns: Sequence[ScannedColumn], label: Label) -> Iterator[Violation]:
    """The finding of two columns from which the label is computed."""
    numbers, values = [column for column in columns if column.kind == "number"], label.values.astype(np.float64)
    if label.classes > 2:
        try:
            values = np.array([float(text) for text in label.texts])[label.values]
        except ValueError:
            return
    if len(numbers) < 2:
        return
    rows = np.linspace(0, len(values) - 1, min(_SUM_ROWS, len(values))).astype(np.int64)
    parts = product_parts([column.values[rows] for column in numbers], values[rows], _SUM)
    if parts is None:
        return
    first, second, score = numbers[parts[0]], numbers[parts[1]], parts[2]
    yield Violation(
        "sum-of-columns",
        fmt("{} is computed from {} and {}: R² {:.6f} with their product", label.name, first.name, second.name, score),
        path=scan.place(second),
        notes=("are they known when the prediction is made? Parts of the label are not",),
        help="leave them out; if they are legitimate, compute the label from them",
    )


class LabelGroups(NamedTuple):
    """Groups of rows that share the label.

    Attributes:
        groups: The number of groups.
        rows: The number of rows in them.
        score: How well the other rows of its group predict the label of a row, over chance.
        right: The share of rows that they predict right.
    """

    groups: int
    rows: int
    score: float
    right: float


def label_groups(column: ScannedColumn, label: Label) -> LabelGroups | None:
    """The groups of a column whose rows share the label; None if they do not, or if the column is a quantity."""
    if column.kind == "date" or (column.kind == "number" and not column.is_integer):
        return None
    known = column.values >= 0 if column.is_coded else ~np.isnan(column.values)
    distinct, codes = np.unique(column.values[known], return_inverse=True)
    if not _MIN_GROUPS <= len(distinct) <= len(codes) / 2:
        return None
    part = label._replace(values=label.values[known])
    codes = codes.reshape(-1)
    score, right = group_score(codes, part)
    if score < _GROUP or _is_quantity(column, codes, part, score):
        return None
    return LabelGroups(len(distinct), len(codes), score, right)


def _groups(scan: ColumnScan, column: ScannedColumn, label: Label) -> Iterator[Violation]:
    """The finding of a column whose groups share the label, with a split at random."""
    groups = label_groups(column, label)
    if groups is None:
        return
    size = round(groups.rows / groups.groups)
    shared: str = (
        fmt("the label is the same in {:.0%} of the rows of one {}", groups.right, column.name)
        if label.classes
        else fmt("the rows of one {} predict each other's label with R² {:.2f}", column.name, groups.score)
    )
    split = scan.split
    assert split is not None
    by = _instead(split, "group", column.name, (*_KEPT, "repeats", "seed"))
    yield Violation(
        "group-in-random-split",
        fmt("{} has {:,} values with about {} rows each, and {}", column.name, groups.groups, size, shared),
        path=Data.key_path(lambda data: data.split),
        notes=(
            f"a random split puts rows of one {column.name} into training and test: the accuracy will be that of "
            f"recognizing each {column.name}",
        ),
        help=fmt("set {}", Setting("split", by)),
        fix=_split_fix(by),
    )


def _is_quantity(column: ScannedColumn, codes: Array, label: Label, score: float) -> bool:
    """Whether the numbers next to a number predict its label too, so that it is a quantity and not a group."""
    if column.kind != "number" or column.has_id_name:
        return False
    return neighbor_score(codes, label) > _QUANTITY * score


def _times(scan: ColumnScan, label: Label, split: RandomSplit | KFoldSplit) -> Iterator[Violation]:
    """The finding of a table with dates that is split at random: of the dates that the label depends on most."""
    dates = {
        column.name: column.values for column in scan.columns if column.kind == "date" and _has_days(column.values)
    }
    trends = {name: autocorrelation(values, label) for name, values in dates.items()}
    if not trends:
        return
    name = max(trends, key=lambda view: trends[view])
    missing = int(np.isnan(dates[name]).sum())
    wanted: tuple[str | Setting, ...] = ("set ", Setting("split", by := _instead(split, "time", name, _KEPT)))
    if missing:
        wanted = (f"fill in the rows without {name}, or remove them; then ", *wanted)
    depends = trends[name] >= _TREND
    text = fmt("; in order of {} the label correlates with the one before by {:.2f}", name, trends[name])
    yield Violation(
        "time-in-random-split",
        fmt("{} has dates, and the split is at random{}", name, text if depends else ""),
        path=Data.key_path(lambda data: data.split),
        notes=("later rows are trained on, and earlier ones tested: predictions of the future will be worse",),
        help=Message(*wanted, ", if the model will predict later rows"),
        severity="warning" if depends else "info",
        fix=_split_fix(by) if depends and not missing else None,
    )


def _has_days(times: Array) -> bool:
    """Whether times are of more than one day: times of the day do not order rows."""
    known = times[~np.isnan(times)]
    return len(known) > 0 and bool(known.max() - known.min() >= DAY)


_KEPT = ("train", "validation", "test", "folds")
"""The keys of a random split that a split by time has too."""


def _instead(split: RandomSplit | KFoldSplit, by: str, column: str, keys: Sequence[str]) -> dict[str, object]:
    """A split by group or time in place of a random one, with those of its keys that are written in the spec."""
    written = {key: getattr(split, key) for key in keys if key in split.model_fields_set}
    return {"by": f"{by}-k-fold" if isinstance(split, KFoldSplit) else by, "column": column, **written}


def _split_fix(split: Mapping[str, object]) -> TreeFix:
    return fix_setting(split, Data.key_path(lambda data: data.split))


_EXACT = 1e-6
_CHUNK_ROWS = 2**16


def fitted_on_everything(sets: Mapping[str, Samples], places: Mapping[str, Path], source: Path) -> Iterator[Violation]:
    """The finding of columns that are standardized over the rows of all sets, but not over the training set."""
    values = RowValues(sets["train"])
    train = _moments(sets["train"], values)
    total = sum((_moments(samples, values) for name, samples in sets.items() if name != "train"), train)
    everywhere = _is_standard(total) & ~_is_standard(train) & ~values.exact
    names = [name for name, evidence in zip(values.names, everywhere) if evidence]
    if not names:
        return
    verb = "has" if len(names) == 1 else "have"
    yield Violation(
        "fitted-on-everything",
        fmt(
            "{} {} mean 0 and standard deviation 1 over the rows of all sets, but not over the training set: {}",
            counted(len(names), "column"),
            verb,
            shorten_list(names),
        ),
        path=places.get(names[0], source),
        notes=("values of validation and test rows are part of the scaling, so their results are slightly too good",),
        help="use the unscaled columns, and scale them by a Normalization layer, which adapts to the training set",
    )


def _moments(samples: Samples, values: RowValues) -> Array:
    """Count, sum and sum of squares of each column, of shape (3, columns), without missing values."""
    array = np.zeros((3, len(values.names)))
    for _, part in chunks(samples.x):
        for start in range(0, len(part), _CHUNK_ROWS):
            rows = values.of(part[start : start + _CHUNK_ROWS])
            known = ~np.isnan(rows)
            rows = np.where(known, rows, 0)
            array += np.stack([known.sum(axis=0), rows.sum(axis=0), (rows**2).sum(axis=0)])
    return array


def _is_standard(moments: Array) -> Array:
    """Whether the mean is 0 and the standard deviation 1, of the population or of the sample."""
    count, total, squares = moments
    mean = total / np.maximum(count, 1)
    spread = np.maximum(squares - count * mean**2, 0)
    deviations = [np.sqrt(spread / np.maximum(count - less, 1)) for less in (0, 1)]
    is_one = [np.abs(deviation - 1) < _EXACT for deviation in deviations]
    return np.asarray((np.abs(mean) < _EXACT) & (is_one[0] | is_one[1]))
