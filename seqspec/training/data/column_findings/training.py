"""Columns of the training set without information of their own, and numbers far from all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from seqspec.core.api.data import CategoryColumn, DateColumn, NumberColumn, TextColumn
from seqspec.core.api.diagnostics import TreeFix, Violation, remove, set_value
from seqspec.core.api.messages import Message, Setting, counted, fmt, quote_value, shorten_list
from seqspec.training.data.column_findings.wrong_values import MAX_FAR, column_path, column_warning, quoted
from seqspec.training.data.encoding.categories import CategoricalEncoding, category_key
from seqspec.training.data.encoding.encoder import Encoder, columns_of
from seqspec.training.data.encoding.numbers import NumberEncoding
from seqspec.training.data.encoding.raw import Kinds, RawColumns
from seqspec.training.data.far_values import SENTINEL_HELP, Distinct, isolated_sentinel, shown_number, usual_range
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples
from seqspec.training.data.stored import Array, Values
from seqspec.training.data.tables.related_columns import proportion, related_pairs

_COMPARED_ROWS = 20_000
_COMPARED_VALUES = 2**24
"""Maximum number of values of numbers that are compared in memory."""


def unusable(encoder: Encoder) -> list[Violation]:
    """Errors for columns from which nothing can be learned: fills without values, and variances beyond float32."""
    violations = []
    for encoding in encoder.encodings:
        fill = getattr(encoding, "fill", None)
        fills = fill if isinstance(fill, list) else [fill]
        if any(value is not None and np.isnan(value) for value in fills):
            message = f"no training row has a value of {quoted(encoding.name)}"
            help = "put it in ignore"
            violations.append(Violation("data-values", message, path=column_path(encoding.name), help=help))
        elif isinstance(encoding, NumberEncoding) and not np.isfinite(encoding.variance):
            message = f"the values of {quoted(encoding.name)} are too large for the scale {encoding.scale} in float32"
            help = fmt("limit them with clip, or set {}", Setting("scale", "log"))
            violations.append(Violation("data-values", message, path=column_path(encoding.name), help=help))
    return violations


def uninformative_columns(
    encoder: Encoder, raw: RawColumns, train: Values, ignored: Sequence[str] | None = None
) -> list[Violation]:
    """Warnings and notes about columns of the training set that carry no information, and about related columns.

    `ignored` are the columns in `ignore` of the source, where a fix can add to them.
    """
    violations: list[Violation] = []
    counts: dict[str, Array] = {}
    numbers: dict[str, Array] = {}
    constant: set[str] = set()
    width = sum(isinstance(kind, NumberColumn) for kind in raw.kinds.values())
    step = max(1, len(train) // _COMPARED_ROWS, len(train) * width // _COMPARED_VALUES)
    for name, [values, *others] in columns_of(raw.kinds, train):
        kind = raw.kinds[name]
        if isinstance(kind, CategoryColumn):
            counts[name] = np.bincount(values + 1, minlength=len(raw.columns[name].values) + 1)
        if not isinstance(kind, TextColumn) and len(values) > 1 and all(map(_is_constant, (values, *others))):
            constant.add(name)
        elif isinstance(kind, NumberColumn):
            numbers[name] = values[::step].copy()
            if kind.clip is None:
                violations += _far_numbers(name, values)
    for name in constant:
        message = f"{quoted(name)} has a single value in all training rows: its weights cannot be learned"
        help = "remove it, and put it in ignore of the source"
        fix = None if ignored is None or _is_start(name, raw.kinds) else _ignoring(name, ignored)
        violations.append(Violation("uninformative-column", message, path=column_path(name), help=help, fix=fix))
    violations += _categories(encoder, raw, counts, constant)
    return [*violations, *_related(numbers, "all rows" if step == 1 else "all rows that were compared")]


def _far_numbers(name: str, values: Array) -> Iterator[Violation]:
    """A warning for a number in several training rows that is isolated from all others, else for few that are far."""
    if (sentinel := isolated_sentinel(numbers := Distinct.of(values))) is not None:
        rows = counted(numbers.rows_of(sentinel), "training row")
        message = fmt("{} is {} in {}, far from all others", quoted(name), shown_number(sentinel), rows)
        yield column_warning(name, message, SENTINEL_HELP)
    elif (usual := usual_range(numbers)) is not None:
        message = fmt("{} of {} far from all others", _far_text(numbers, usual, "training row"), quoted(name))
        clip = Setting("clip", [int(end) if end == round(end) else end for end in usual])
        yield column_warning(name, message, fmt("correct them, or limit them: {}", clip))


def _far_text(numbers: Distinct, usual: tuple[float, float], noun: str) -> Message:
    far = numbers.values[(numbers.values < usual[0]) | (numbers.values > usual[1])]
    rows = sum(map(numbers.rows_of, far.tolist()))
    shown = shorten_list([*map(shown_number, far.tolist())], MAX_FAR)
    return fmt("{} in {}", shown, counted(rows, noun))


def far_labels(samples: Samples, context: ReadContext) -> list[Violation]:
    """A warning for each column of labels with numbers that are far from all others."""
    y = samples.y
    if y is None or y.dtype.kind not in "fiu" or y.size != len(y) * max(1, len(samples.labels)):
        return []
    violations = []
    for place, name in enumerate(samples.labels):
        numbers = Distinct.of(np.asarray(y).reshape(len(y), -1)[:, place])
        help = "correct them, or leave these cells empty"
        if (sentinel := isolated_sentinel(numbers)) is not None:
            text = fmt("{} in {}", shown_number(sentinel), counted(numbers.rows_of(sentinel), "label"))
            help = SENTINEL_HELP
        elif (usual := usual_range(numbers)) is not None:
            text = _far_text(numbers, usual, "label")
        else:
            continue
        message = fmt("{} of {} far from all others", text, quoted(name))
        violations.append(
            Violation("data-values", message, path=(*context.path, "label"), severity="warning", help=help)
        )
    return violations


def _is_start(name: str, kinds: Kinds) -> bool:
    """Whether another column counts from this one."""
    return any(isinstance(kind, DateColumn) and kind.since_ == name for kind in kinds.values())


def _ignoring(name: str, ignored: Sequence[str]) -> TreeFix:
    changes = (remove(column_path(name)), set_value(("data", "source", "ignore"), [*ignored, name]))
    return TreeFix(f"move {name} to ignore", changes)


def _is_constant(values: Array) -> bool:
    if values.dtype.kind == "f":
        known = values[~np.isnan(values)]
        return len(known) in (0, len(values)) and (not len(known) or bool((known == known[0]).all()))
    return bool((values == values[0]).all())


def _categories(
    encoder: Encoder, raw: RawColumns, counts: Mapping[str, Array], constant: set[str]
) -> Iterator[Violation]:
    """Declared values without a training row, and learned values with few."""
    for encoding in encoder.encodings:
        if not isinstance(encoding, CategoricalEncoding) or encoding.name in constant:
            continue
        kind = raw.kinds[encoding.name]
        assert isinstance(kind, CategoryColumn)
        values = raw.columns[encoding.name].values
        rows = dict(zip(values, counts[encoding.name][1:].tolist()))
        if kind.values is not None:
            absent = [str(value) for value in kind.values if not rows.get(category_key(value))]
            if absent:
                shown = shorten_list([quote_value(value, typed=False) for value in absent])
                message = f"no training row has the declared {'value' if len(absent) == 1 else 'values'} {shown} of "
                their, them = ("its", "it") if len(absent) == 1 else ("their", "them")
                help = f"{their} weights are never trained: remove {them}"
                yield Violation(
                    "uninformative-column",
                    Message(message, quoted(encoding.name)),
                    path=column_path(encoding.name),
                    severity="info",
                    help=help,
                )
        elif kind.min_count is None:
            few = [value for value in encoding.values if rows.get(category_key(value), 0) < 5]
            if few:
                values = counted(len(few), "value")
                message = fmt("{} of {} with fewer than 5 training rows", values, quoted(encoding.name))
                yield Violation(
                    "uninformative-column",
                    message,
                    path=column_path(encoding.name),
                    severity="info",
                    help=fmt("let them share a place: {}", Setting("min_count", 5)),
                )


def _related(numbers: Mapping[str, Array], where: str) -> Iterator[Violation]:
    """Pairs of columns of numbers that are equal, or proportional up to rounding, in the rows that `where` names."""
    names = [name for name, values in numbers.items() if np.isfinite(values).sum() >= 3]
    if len(names) < 2:
        return
    matrix = np.stack([numbers[name] for name in names]).astype(np.float64)
    reported: set[str] = set()
    for first, second in related_pairs(matrix):
        known = np.isfinite(matrix[first])
        factor = None if names[second] in reported else proportion(matrix[first, known], matrix[second, known])
        if factor is None:
            continue
        reported.add(names[second])
        first_name = quoted(names[first])
        equal = f"equals {first_name}" if abs(factor - 1) < 1e-9 else f"is {first_name} times {factor:.4g}"
        yield Violation(
            "same-column",
            f"{quoted(names[second])} {equal} in {where}",
            path=column_path(names[second]),
            help="keep one of them, and put the other in ignore of the source",
        )
