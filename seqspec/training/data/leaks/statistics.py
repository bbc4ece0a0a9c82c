"""How well columns predict a label, as numbers from 0 to 1 that chance does not reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from seqspec.training.data.leaks.scanned_columns import Label, ScannedColumn
from seqspec.training.data.samples import Array

MAX_CLASSES = 1_000
"""Maximum number of classes for which scores are computed."""
_MAX_BINS = 256
_ROWS_PER_BIN = 20
_LEADING_NUMBER = re.compile(r"\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)")
_MIN_REPEATED = 20
_SEED = 0


def column_score(column: ScannedColumn, label: Label) -> float:
    """How well a column alone predicts the label on rows that this was not learned from.

    The balanced accuracy over chance of the most frequent class per bin, or of a threshold between two classes; of
    numbers R² of the mean per bin, of a line, or of the mean rank per bin, which the largest labels do not dominate.
    Each half of the rows is scored by what was learned from the other one.
    """
    codes = binned(column, min(_MAX_BINS, len(label.values) // _ROWS_PER_BIN))
    halves = halves_of(len(codes))

    def mean(score: Callable[[Array, Array], float]) -> float:
        return sum(score(*half) for half in halves) / 2

    if label.classes:
        score = mean(partial(_score_of_classes, codes, label))
        if label.classes == 2 and not column.is_coded and not np.isnan(column.values).any():
            score = max(score, mean(partial(_score_of_threshold, column.values, label.values)))
        return score
    scores = [mean(partial(_score_of_means, codes, values)) for values in (label.values, _ranks(label.values))]
    if not column.is_coded and not np.isnan(column.values).any():
        scores.append(mean(partial(_score_of_line, column.values, label.values)))
    return max(scores)


def halves_of(count: int) -> list[tuple[Array, Array]]:
    """Two times the rows to learn from and those to score: each half of the rows, in a fixed random order."""
    order = np.random.default_rng(_SEED).permutation(count)
    first, second = order[: count // 2], order[count // 2 :]
    return [(first, second), (second, first)]


def binned(column: ScannedColumn, count: int) -> Array:
    """The bin of each value, 0 for missing ones: distinct values if there are few, else quantiles or frequent texts."""
    values = column.values
    if column.is_coded:
        sizes = np.bincount(values[values >= 0], minlength=len(column.texts))
        bins = np.full(len(sizes), max(count, 1))
        frequent = np.argsort(-sizes, kind="stable")[: max(count - 1, 1)]
        bins[frequent] = np.arange(1, len(frequent) + 1)
        return np.where(values < 0, 0, bins[values]) if len(bins) else np.zeros(len(values), np.int64)
    known = ~np.isnan(values)
    ordered = np.sort(values[known])
    if not len(ordered):
        return np.zeros(len(values), np.int64)
    distinct = ordered[np.flatnonzero(np.diff(ordered, prepend=-np.inf))]
    if len(distinct) > count:
        places = np.linspace(0, len(ordered) - 1, count + 1)[:-1].astype(np.int64)
        distinct = np.unique(ordered[places])
    return np.where(known, np.searchsorted(distinct, values, side="right"), 0)


def _score_of_classes(codes: Array, label: Label, learned: Array, scored: Array) -> float:
    bins = int(codes.max()) + 1
    pairs = codes[learned].astype(np.int64) * label.classes + label.values[learned]
    counts = np.bincount(pairs, minlength=bins * label.classes).reshape(bins, label.classes)
    guesses = counts.argmax(axis=1)
    guesses[counts.sum(axis=1) == 0] = counts.sum(axis=0).argmax()
    return over_chance(guesses[codes[scored]], label.values[scored], label.classes)[0]


def _score_of_threshold(inputs: Array, truth: Array, learned: Array, scored: Array) -> float:
    """That of the threshold between two classes with the best balanced accuracy."""
    order = learned[np.argsort(inputs[learned], kind="stable")]
    values, classes = inputs[order], truth[order]
    totals = np.bincount(classes, minlength=2)
    if totals.min() == 0 or values[0] == values[-1]:
        return 0.0
    below = np.cumsum(classes == 0)[:-1] / totals[0] - np.cumsum(classes == 1)[:-1] / totals[1]
    below[values[1:] == values[:-1]] = 0
    best = int(np.abs(below).argmax())
    is_above = inputs[scored] > (values[best] + values[best + 1]) / 2
    guesses = is_above if below[best] > 0 else ~is_above
    return over_chance(guesses.astype(np.int64), truth[scored], 2)[0]


def over_chance(guesses: Array, truth: Array, classes: int) -> tuple[float, float]:
    """The balanced accuracy, scaled so that chance is 0 and perfect is 1; and the balanced accuracy itself."""
    support = np.bincount(truth, minlength=classes)
    hits = np.bincount(truth[guesses == truth], minlength=classes)
    present = support > 0
    count = int(present.sum())
    if count < 2:
        return 0.0, 1.0
    balanced = float((hits[present] / support[present]).mean())
    return (balanced - 1 / count) / (1 - 1 / count), balanced


def balanced_accuracy(score: float, classes: int) -> float:
    """The inverse of the scaling of `over_chance`."""
    return score * (1 - 1 / classes) + 1 / classes


def _score_of_means(codes: Array, values: Array, learned: Array, scored: Array) -> float:
    means = _means(codes[learned], values[learned], int(codes.max()) + 1)
    return r_squared(values[scored], means[codes[scored]])


def _score_of_line(inputs: Array, values: Array, learned: Array, scored: Array) -> float:
    x, y = inputs[learned] - inputs[learned].mean(), values[learned]
    spread = float((x**2).sum())
    if spread == 0:
        return 0.0
    slope = float((x * (y - y.mean())).sum()) / spread
    return r_squared(values[scored], y.mean() + slope * (inputs[scored] - inputs[learned].mean()))


def _means(codes: Array, values: Array, count: int) -> Array:
    sizes = np.bincount(codes, minlength=count)
    sums = np.bincount(codes, values, count)
    return np.asarray(np.where(sizes > 0, sums / np.maximum(sizes, 1), values.mean()))


def r_squared(truth: Array, predicted: Array) -> float:
    """R²; 0 for constant labels."""
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - predicted) ** 2).sum()) / spread if spread > 0 else 0.0


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's rank correlation of two columns of numbers, by value; 0 if one is constant."""
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < 2:
        return 0.0
    one, other = _ranks(first[known]), _ranks(second[known])
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(abs(np.corrcoef(one, other)[0, 1]))


def _ranks(values: Array) -> Array:
    """Ranks from 0; equal values have their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts + 1) / 2)[inverse.reshape(-1)])


def numbers_in(column: ScannedColumn) -> Array | None:
    """The numbers at the beginning of the texts of a column, such as 12.5 of "12.5 EUR"; None if texts have none."""
    if not column.is_coded:
        return column.values
    matches = [_LEADING_NUMBER.match(text) for text in column.texts]
    if not matches or not all(matches):
        return None
    numbers = np.array([*(float(match[1]) for match in matches if match), np.nan])
    return numbers[column.values]


def renames(column: ScannedColumn, label: Label) -> bool:
    """Whether the values of a column and the labels correspond one to one, in enough rows that repeat a value."""
    _, first = np.unique(column.values, return_inverse=True)
    _, second = np.unique(label.values, return_inverse=True)
    _, counts = np.unique(np.stack([first.reshape(-1), second.reshape(-1)]), axis=1, return_counts=True)
    return len(counts) == first.max() + 1 == second.max() + 1 and int(counts[counts > 1].sum()) >= _MIN_REPEATED


def group_score(codes: Array, label: Label) -> tuple[float, float]:
    """How well the other rows of its group predict the label of a row, over chance.

    The second number is the share of rows that are predicted right, or R² for numbers. Rows alone in their group get
    the prediction of all rows.
    """
    count = int(codes.max()) + 1
    if not label.classes:
        sizes, sums = np.bincount(codes, minlength=count), np.bincount(codes, label.values, count)
        others = sizes[codes] - 1
        alone = others == 0
        predicted = (sums[codes] - label.values) / np.maximum(others, 1)
        predicted[alone] = label.values.mean()
        score = r_squared(label.values, predicted)
        return score, score
    pairs = codes.astype(np.int64) * label.classes + label.values
    distinct, inverse = np.unique(pairs, return_inverse=True)
    sizes = np.bincount(inverse.reshape(-1))
    guesses = _most_frequent_others(distinct, sizes, label, codes)
    majority = np.bincount(label.values).argmax()
    guesses = np.where(guesses < 0, majority, guesses)
    return over_chance(guesses, label.values, label.classes)[0], float((guesses == label.values).mean())


def neighbor_score(codes: Array, label: Label) -> float:
    """How well the groups before and after that of a row predict its label, over chance; `codes` number the groups."""
    count = int(codes.max()) + 1

    def neighbors(totals: Array) -> Array:
        padded = np.pad(totals, [(1, 1), *[(0, 0)] * (totals.ndim - 1)])
        return np.asarray(padded[:-2] + padded[2:])

    if not label.classes:
        sums, sizes = np.bincount(codes, label.values, count), np.bincount(codes, minlength=count)
        means = neighbors(sums) / np.maximum(neighbors(sizes), 1)
        return r_squared(label.values, means[codes])
    pairs = codes.astype(np.int64) * label.classes + label.values
    counts = np.bincount(pairs, minlength=count * label.classes).reshape(count, label.classes)
    return over_chance(neighbors(counts).argmax(axis=1)[codes], label.values, label.classes)[0]


def _most_frequent_others(distinct: Array, sizes: Array, label: Label, codes: Array) -> Array:
    """The most frequent class of the other rows of each row's group; -1 where there is no other row.

    `distinct` are the pairs of group and class that occur, as group * classes + class, and `sizes` how often.
    """
    groups, classes = distinct // label.classes, distinct % label.classes
    order = np.lexsort((-sizes, groups))
    first = np.flatnonzero(np.diff(groups[order], prepend=-1))
    count = int(codes.max()) + 1
    best, second = np.full(count, -1), np.full(count, -1)
    best_size, second_size = np.zeros(count, np.int64), np.zeros(count, np.int64)
    best[groups[order[first]]], best_size[groups[order[first]]] = classes[order[first]], sizes[order[first]]
    later = first + 1
    later = later[later < len(order)]
    later = later[groups[order[later]] == groups[order[later - 1]]]
    second[groups[order[later]]], second_size[groups[order[later]]] = classes[order[later]], sizes[order[later]]
    own_best = label.values == best[codes]
    left = best_size[codes] - own_best
    return np.asarray(
        np.where(own_best & (second_size[codes] > left), second[codes], np.where(left > 0, best[codes], -1))
    )


def autocorrelation(times: Array, label: Label) -> float:
    """The correlation of the label with that of the row before in order of time; of classes, agreement over chance."""
    known = np.flatnonzero(~np.isnan(times))
    ordered = label.values[known[np.argsort(times[known], kind="stable")]]
    if len(ordered) < 3:
        return 0.0
    before, after = ordered[:-1], ordered[1:]
    if not label.classes:
        return float(np.corrcoef(before, after)[0, 1]) if before.std() and after.std() else 0.0
    shares = np.bincount(ordered, minlength=label.classes) / len(ordered)
    chance = float((shares**2).sum())
    return (float((before == after).mean()) - chance) / (1 - chance) if chance < 1 else 0.0


def linear_parts(matrix: Array, label: Array, least: float) -> tuple[list[int], float]:
    """The fewest columns, found by leaving out one after the other, whose linear combination has R² `least` or more.

    Weights are learned from half of the rows, and scored on the others. Returns the columns and R², or no columns.
    """
    spread = matrix.std(axis=0)
    used = [int(index) for index in np.flatnonzero(spread > 0)]
    scaled = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1)
    order = np.random.default_rng(_SEED).permutation(len(label))
    learned, scored = order[: len(order) // 2], order[len(order) // 2 :]

    def fit(columns: list[int]) -> tuple[float, Array]:
        inputs = np.column_stack([scaled[:, columns], np.ones(len(scaled))])
        weights = np.linalg.lstsq(inputs[learned], label[learned], rcond=None)[0]
        return r_squared(label[scored], inputs[scored] @ weights), weights[:-1]

    if len(used) < 2 or len(learned) < 3 * (len(used) + 1):
        return [], 0.0
    score, weights = fit(used)
    if score < least:
        return [], score
    for index in [used[place] for place in np.argsort(np.abs(weights))]:
        fewer = [column for column in used if column != index]
        if fewer and (smaller := fit(fewer)[0]) >= least:
            used, score = fewer, smaller
    return used, score


_PAIR_ROWS, _PAIR_COLUMNS = 120, 100
"""Maximum number of rows and of columns with which pairs of columns are tried."""
_SCREENED = 0.999
"""R² on these rows from which a pair is compared with the labels of all rows."""


def product_parts(columns: Sequence[Array], values: Array, least: float) -> tuple[int, int, float] | None:
    """The two columns with which a number is computed: it is linear in them and their product with R² `least` or more.

    This is so for their sum, difference and product, and for AND, OR and XOR of two columns with two values each.
    Weights are learned from half of the rows, and scored on the others.
    """
    rows = np.random.default_rng(_SEED).permutation(len(values))[:_PAIR_ROWS]
    # Of shape (columns, rows): only pairs that fit are compared in all rows.
    sample = np.stack([column[rows] for column in columns[:_PAIR_COLUMNS]])
    present = np.isfinite(sample)
    sample = np.where(present, sample, 0)
    counts = np.maximum(present.sum(axis=1, keepdims=True), 1)
    sample = np.where(present, sample - sample.sum(axis=1, keepdims=True) / counts, 0)
    spread = np.sqrt((sample**2).sum(axis=1, keepdims=True) / counts)
    usable = np.flatnonzero(spread > 0)
    sample, present = sample[usable] / spread[usable], present[usable].astype(np.float64)
    truth = (values[rows] - values[rows].mean()) / (values[rows].std() or 1.0)
    for first in range(len(usable) - 1):
        others = sample[first + 1 :]
        weight = present[first] * present[first + 1 :]
        one = np.broadcast_to(sample[first], others.shape)
        terms = np.stack([np.ones_like(others), one, others, one * others], axis=1) * weight[:, None]
        for second in np.flatnonzero(_fits(terms, truth * weight, weight)).tolist():
            pair = int(usable[first]), int(usable[first + 1 + second])
            score = _score_of_product(columns[pair[0]], columns[pair[1]], values)
            if score >= least:
                return *pair, score
    return None


def _fits(terms: Array, truth: Array, weight: Array) -> Array:
    """Whether R² of least squares reaches `_SCREENED`, for each of several (terms, rows) and its truth (rows)."""
    squares = terms @ terms.transpose(0, 2, 1) + 1e-9 * np.eye(terms.shape[1])
    products = terms @ truth[:, :, None]
    weights = np.linalg.solve(squares, products)
    counts = np.maximum(weight.sum(axis=1), 1)
    total = (truth**2).sum(axis=1) - truth.sum(axis=1) ** 2 / counts
    rest = (truth**2).sum(axis=1) - (weights * products).sum(axis=(1, 2))
    return np.asarray((2 * counts >= truth.shape[1]) & (total > 0) & (rest <= (1 - _SCREENED) * total))


def _score_of_product(first: Array, second: Array, values: Array) -> float:
    present = np.flatnonzero(np.isfinite(first) & np.isfinite(second))
    one, other = (column[present] / (column[present].std() or 1.0) for column in (first, second))
    terms, truth = np.stack([np.ones_like(one), one, other, one * other], axis=1), values[present]
    learned, scored = halves_of(len(truth))[0]
    weights = np.linalg.lstsq(terms[learned], truth[learned], rcond=None)[0]
    return r_squared(truth[scored], terms[scored] @ weights)
