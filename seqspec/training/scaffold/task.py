"""What a model predicts, from the profile of the label: its target, last layer, loss and metrics."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from seqspec.core.api.messages import counted, quote_value, shorten_list
from seqspec.training.data.encoding.values import MISSING_NAMES, MISSING_WORDS
from seqspec.training.data.far_values import usual_range
from seqspec.training.scaffold.column_names import sensitive_content
from seqspec.training.scaffold.kinds import (
    ColumnChoice,
    Kind,
    category_values,
    far_note,
    grouped_note,
    infer,
    is_boolean,
    units_note,
    variants,
)
from seqspec.training.scaffold.options import ScaffoldError
from seqspec.training.scaffold.profile import ColumnProfile
from seqspec.training.scaffold.text import words_of

_MAX_CLASSES = 100
_MAX_CLASS_INDICES = 12
_RARE = 0.05
"""Classes with a smaller share get weights, and a metric of their own."""
_UNBALANCED = 10
_MINORITY = 0.4
"""The share up to which the rarer of two classes is the one to recognize, unless their names say otherwise."""
_STRATIFIED = 10
"""Rows of the smallest class from which on the split is stratified."""
MIN_PER_CLASS = 3
"""One sample of each class for each of training, validation and test."""
_MAX_SHOWN = 3
_MAX_LENGTH = 40
_SKEW = 2.0
_CLASS_NAME = re.compile(r"(^| )(class|label|target|category|digit|cluster|type|kind|species|y)( |$)")
_NEGATIVE = frozenset("no n false f 0 nein non absent none negative normal healthy control benign good alive".split())
_UNKNOWN = re.compile(
    r"un(known|bekannt|defined|specified|definiert)|not (known|specified|stated|reported|recorded|applicable)|tbd|\?+"
    r"|keine (angaben?|antwort|daten)|wei(ß|ss) nicht|nicht (bekannt|angegeben|erfasst)|don'?t know|no (answer|data)"
    r"|refused|non renseigné|sin datos?|desconocid[oa]|sconosciuto|inconnue?|n\.? ?[bdk]\.?|n/[dk]"
)
"""Names of classes that can mean that the label is not known."""
_LABEL_NAMES = (
    "label", "target", "class", "y", "outcome", "response", "result", "churn", "churned", "default", "survived",
    "price",
)  # fmt: skip

RowsOf = Callable[[str], Sequence[int]]
"""The rows of a value of the label, from 0."""


@dataclass(frozen=True)
class Task:
    """What is predicted.

    Attributes:
        kind: That of `[target]`.
        classes: Number of classes, or of numbers.
        names: The classes, where they may be listed.
        smallest: Rows of the smallest class.
        smallest_share: Its share of the rows with a label.
        ratio: Rows of the largest class for one of the smallest.
        scale: Scale of the label in `[target]`.
        unit: What is written beside its numbers.
        summary: What the label is and how it is predicted, in a line.
        one_hot: Whether the labels are stored as one-hot vectors.
        positive: The second of two classes of unequal frequency, or the one that the user names.
    """

    kind: Literal["binary", "multiclass", "regression"]
    classes: int = 1
    names: list[str] | None = None
    smallest: int = 0
    smallest_share: float = 1.0
    ratio: float = 1.0
    scale: str | None = None
    unit: str | None = None
    summary: str = ""
    one_hot: bool = False
    positive: str | None = None

    @property
    def units(self) -> int:
        """The units of the last layer."""
        return 1 if self.kind == "binary" else self.classes

    @property
    def rare(self) -> bool:
        """Whether a class has less than 5 % of the rows."""
        return self.kind != "regression" and self.smallest_share < _RARE

    @property
    def unbalanced(self) -> bool:
        """Whether accuracy says little about the smallest class."""
        return self.rare or self.ratio >= _UNBALANCED

    @property
    def stratify(self) -> bool:
        """Whether a random split keeps the share of every class."""
        return self.kind != "regression" and (self.smallest >= _STRATIFIED or self.names is None)


def task_of(
    profile: ColumnProfile, kind: Kind | None = None, rows_of: RowsOf | None = None, positive: str | None = None
) -> Task:
    """The task for a label; raises `ScaffoldError` for a column that cannot be one, with the rows of rare classes.

    `positive` is the class that the user wants to recognize, of two.
    """
    name = profile.name
    if kind not in (None, "number", "boolean", "category"):
        raise ScaffoldError(f"the label {name} cannot have the kind {kind}; use number, boolean or category")
    if profile.distinct < 2:
        values = "no value" if profile.distinct == 0 else "the same value"
        raise ScaffoldError(f"{name} has {values} in all rows: there is nothing to predict")
    if profile.sensitive is not None:
        raise ScaffoldError(f"{name} cannot be a label: {profile.sensitive}")
    if kind != "number" and not _is_number(profile, kind):
        _require_classes(profile, rows_of)
        if kind is None:
            _require_clean(profile)
        return _classes(profile, positive)
    if positive is not None:
        raise ScaffoldError(f"--positive is one of two classes, but {name} is a number")
    _require_numbers(profile)
    choice = infer(profile)
    if kind is None and choice.kind == "id":
        raise ScaffoldError(f"{name} is an identifier ({choice.note}): it cannot be a label")
    return _regression(profile, kind)


def _require_numbers(profile: ColumnProfile) -> None:
    name, numbers = profile.name, profile.numbers
    if numbers is not None and numbers.marks and not numbers.others:
        message = f"{name} has {' and '.join(numbers.marks)} where a number is missing: leave these fields empty"
        raise ScaffoldError(message)
    if numbers is not None and numbers.other_units:
        raise ScaffoldError(f"{name}: {units_note(profile, numbers)}")
    if numbers is not None and numbers.grouped:
        raise ScaffoldError(f"{name}: {grouped_note(profile, numbers)}")
    if numbers is None or numbers.others:
        raise ScaffoldError(f"{name} has values that are not numbers; use --kind {name}=category if they are classes")


def _is_number(profile: ColumnProfile, kind: Kind | None) -> bool:
    """Whether the label is a quantity, not a class."""
    if kind in ("boolean", "category") or is_boolean(profile) or profile.numbers is None:
        return False
    if profile.numbers.grouped or (profile.numbers.marks and not profile.numbers.others):
        return True
    if profile.numbers.others or (profile.numbers.integers and profile.distinct == 2):
        return False
    return not _are_indices(profile)


def _count_from_zero(profile: ColumnProfile) -> bool:
    """Whether the values are the integers from 0 on, each in several rows."""
    numbers = profile.numbers
    if numbers is None or not numbers.integers or not len(numbers.values):
        return False
    return numbers.values.tolist() == list(range(len(numbers.values))) and int(numbers.counts.min()) >= MIN_PER_CLASS


def _are_indices(profile: ColumnProfile) -> bool:
    """Whether the values count from 0, and are two, or a few of which the name says that they are classes."""
    if not _count_from_zero(profile) or profile.distinct > _MAX_CLASS_INDICES:
        return False
    return profile.distinct == 2 or _CLASS_NAME.search(words_of(profile.name)) is not None


def _require_classes(profile: ColumnProfile, rows_of: RowsOf | None) -> None:
    name = profile.name
    if profile.date is not None:
        raise ScaffoldError(f"{name} is a date: it cannot be a label")
    if profile.unique:
        raise ScaffoldError(f"{name} is unique in all rows: it cannot be a label")
    if profile.distinct > _MAX_CLASSES and profile.distinct > profile.present / 20:
        message = f"the label has {profile.distinct:,} different values in {profile.present:,} rows: is it a category?"
        raise ScaffoldError(message)
    rare = [value for value, count in profile.counts.items() if count < MIN_PER_CLASS]
    if rare:
        classes = "1 class" if len(rare) == 1 else f"{len(rare):,} classes"
        shown = [_with_rows(value, rows_of(value) if rows_of is not None else []) for value in rare[: _MAX_SHOWN + 1]]
        raise ScaffoldError(
            f"{classes} of {name} with fewer than {MIN_PER_CLASS} rows, one for each of training, validation and test: "
            f"{shorten_list(shown, _MAX_SHOWN)}; remove or merge {'it' if len(rare) == 1 else 'them'}"
        )


def _require_clean(profile: ColumnProfile) -> None:
    """Raises `ScaffoldError` for classes that look like mistakes."""
    name, way_out = profile.name, f"or use --kind {profile.name}=category"
    words = MISSING_WORDS - {"none"}
    # Of the two classes + and -, none is missing.
    if len(profile.counts) > 2:
        words |= MISSING_NAMES
    for value, rows in profile.counts.items():
        if value.strip().lower() in words:
            mark = quote_value(value, typed=False)
            raise ScaffoldError(
                f"{name} is {mark} in {counted(rows, 'row')}, which looks like a missing value: leave these fields "
                f"empty, {way_out} if it is a class"
            )
    alike = variants(profile)
    if alike is not None and not sensitive_content(list(profile.counts)):
        message = f"{name} has the classes {alike}: write them the same way, {way_out} if they are different classes"
        raise ScaffoldError(message)


def _with_rows(value: str, rows: Sequence[int]) -> str:
    """A class, unless it may be a secret, with its rows."""
    name = "a value" if sensitive_content([value]) else quote_value(value[:_MAX_LENGTH], typed=False)
    listed = " and ".join(f"{row + 1:,}" for row in rows)
    return f"{name} (row{'s' if len(rows) > 1 else ''} {listed})" if rows else name


def _classes(profile: ColumnProfile, positive: str | None) -> Task:
    indices = _count_from_zero(profile)
    values = category_values(profile)
    if profile.numbers is not None and profile.numbers.integers and not indices and values is None:
        _require_text(profile)
    names = None if indices or values is None else [str(value) for value in values]
    if names is not None and profile.numbers is None:
        names.sort(key=lambda name: (not _negative(name), name))
    if positive is not None:
        names = [*_others(profile, positive), positive]
    elif names is not None and len(names) == 2 and not _negative(names[0]):
        names = _rare_last(names, profile.counts)
    second = names[1] if names is not None and len(names) == 2 else "1" if indices else None
    task = task_of_counts(profile.counts, names, second)
    if second is not None and (positive is not None or (names is not None and task.smallest_share < _MINORITY)):
        task = _with_positive(task, second)
    unknown = [value for value in names or () if len(profile.counts) > 2 and _UNKNOWN.fullmatch(value.strip().lower())]
    if not unknown:
        return task
    shown = " and ".join(f"{quote_value(value, typed=False)} is a class" for value in unknown)
    return replace(task, summary=f"{task.summary}; {shown}: leave these fields empty if the label is not known")


def _others(profile: ColumnProfile, positive: str) -> list[str]:
    """The class beside the one that the user names; raises `ScaffoldError` for a value that is not one of two."""
    others = [name for name in profile.counts if name != positive]
    if len(profile.counts) != 2:
        raise ScaffoldError(f"--positive is one of two classes, but {profile.name} has {len(profile.counts)}")
    if len(others) == 2:
        shown = "" if sensitive_content(others) else f": {' and '.join(sorted(others))}"
        raise ScaffoldError(f"--positive: {positive} is not a class of {profile.name}{shown}")
    return others


def _rare_last(names: list[str], counts: Mapping[str, int]) -> list[str]:
    """Two classes, the rarer one last: precision, recall and thresholds are of the last one."""
    rare = min(names, key=counts.__getitem__)
    if counts[rare] > _MINORITY * sum(counts.values()):
        return names
    return [next(name for name in names if name != rare), rare]


def _with_positive(task: Task, positive: str) -> Task:
    """The task, which says whose precision, recall and threshold these are."""
    other = next((name for name in task.names or () if name != positive), None)
    way_out = "" if other is None else f" (--positive {shlex.quote(other)} for the other class)"
    return replace(task, positive=positive, summary=f"{task.summary}; {positive} is the positive class{way_out}")


def task_of_counts(counts: Mapping[str, int], names: list[str] | None, positive: str | None = None) -> Task:
    """The task for classes with these numbers of samples; `positive` is the second one of two, if it may be shown."""
    smallest, total = min(counts.values()), sum(counts.values())
    share = smallest / total
    kind: Literal["binary", "multiclass"] = "binary" if len(counts) == 2 else "multiclass"
    if kind == "binary":
        shown = f"one class in {share:.1%}"
        if positive is not None and positive in counts:
            shown = f"{positive} in {counts[positive] / total:.1%}"
        summary = f"{shown} of the samples → binary, AUC and accuracy"
    else:
        summary = f"{len(counts)} classes, the smallest with {share:.1%} of the samples → multiclass, accuracy"
    task = Task(kind, len(counts), names, smallest, share, max(counts.values()) / smallest)
    if task.unbalanced:
        summary += ", precision and recall" if kind == "binary" else ", macro F1"
    return replace(task, summary=f"{summary}; class weights" if task.rare else summary)


def _negative(name: str) -> bool:
    """Whether a class is the one without what is to be recognized."""
    return name.strip().lower() in _NEGATIVE


def _require_text(profile: ColumnProfile) -> None:
    raise ScaffoldError(
        f"the classes of {profile.name} are integers that do not count from 0: write them as text, such as class_1, or "
        f"predict the number with --kind {profile.name}=number"
    )


def _regression(profile: ColumnProfile, kind: Kind | None) -> Task:
    numbers = profile.numbers
    assert numbers is not None
    skewed = numbers.low > 0 and numbers.mean > _SKEW * numbers.median
    scale = "log" if skewed or (numbers.low > 0 and _skew(profile) > _SKEW) else "standard"
    if numbers.sentinel is not None and kind is None:
        rows = numbers.distinct.rows_of(numbers.sentinel)
        raise ScaffoldError(
            f"{profile.name} is {numbers.sentinel:.6g} in {rows:,} rows, which looks like a missing value: leave these "
            f"fields empty; if it is a number like the others: --kind {profile.name}=number"
        )
    unit = "" if numbers.unit is None else f" {numbers.unit}"
    summary = f"{numbers.low:.6g} to {numbers.high:.6g}{unit} → regression, mean absolute error"
    if (usual := usual_range(numbers.distinct)) is not None:
        is_far = (numbers.values < usual[0]) | (numbers.values > usual[1])
        summary += f"; {far_note(numbers.values[is_far], int(numbers.counts[is_far].sum()))}: correct these labels"
    if kind is None and numbers.integers and len(numbers.values) <= _MAX_CLASS_INDICES:
        summary += f"; for classes use --kind {profile.name}=category"
    return Task("regression", scale=scale, unit=numbers.unit, summary=summary)


def _skew(profile: ColumnProfile) -> float:
    """The skewness: the third standardized moment."""
    numbers = profile.numbers
    assert numbers is not None
    weights = numbers.counts / numbers.counts.sum()
    return float((weights * (numbers.values - numbers.mean) ** 3).sum()) / numbers.deviation**3


def label_candidates(choices: Iterable[ColumnChoice]) -> list[str]:
    """Columns that may be a label, the likeliest first, each with what would be predicted."""
    candidates = []
    listed = list(choices)
    for number, choice in enumerate(listed):
        try:
            task = task_of(choice.profile)
        except ScaffoldError:
            continue
        if choice.kind == "ignore":
            continue
        named = words_of(choice.name) in _LABEL_NAMES
        rank = (not named, number != len(listed) - 1, task.kind != "binary", number)
        candidates.append((rank, f"{choice.name} ({task.kind})"))
    return [text for _, text in sorted(candidates)]
