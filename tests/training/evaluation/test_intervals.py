"""Confidence intervals of metrics: closed forms, scikit-learn and SciPy, and their coverage in a simulation."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from seqspec.training.evaluation.intervals import (
    ClassIntervals,
    ErrorIntervals,
    ResamplingUnits,
    area_under_curve,
    class_metrics,
    units_of,
    wilson_interval,
)
from seqspec.training.records import ConfidenceInterval

_SETS = 1000
"""The number of simulated test sets."""


def _counts(truth: np.ndarray, predicted: np.ndarray, classes: int) -> list[np.ndarray]:
    hits = truth[truth == predicted]
    return [np.bincount(each, minlength=classes) for each in (truth, predicted, hits)]


def _intervals(
    truth: np.ndarray, score: np.ndarray, units: ResamplingUnits, classes: int = 2
) -> dict[str, ConfidenceInterval]:
    predicted = (score > 0.5).astype(int)
    found = ClassIntervals(units, classes, 0.95)
    found.add(slice(0, len(truth)), truth, predicted, np.stack([1 - score, score], axis=1))
    return found.result(*_counts(truth, predicted, classes))[0]


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize(("hits", "total"), [(0, 10), (10, 10), (7, 10), (911, 1000)])
def test_wilson_equals_scipy(hits: int, total: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(hits, total).proportion_ci(0.95, "wilson")
    found = wilson_interval(hits, total, 0.95)
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert hits > 0 or found["low"] == 0
    assert hits < total or found["high"] == 1


@pytest.mark.needs("sklearn")
def test_metrics_of_counts_equal_scikit_learn() -> None:
    from sklearn import metrics

    generator = np.random.default_rng(0)
    truth, predicted = generator.integers(3, size=(2, 200))
    found = class_metrics(np.concatenate(_counts(truth, predicted, 3))[None].astype(float))
    assert found["accuracy"][0] == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert found["macro_f1"][0] == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    recalls = metrics.recall_score(truth, predicted, average=None)
    assert [found[f"recall {index}"][0] for index in range(3)] == pytest.approx(recalls)


@pytest.mark.needs("sklearn")
def test_area_under_weighted_curve_equals_scikit_learn() -> None:
    from sklearn import metrics

    generator = np.random.default_rng(0)
    truth, score = generator.integers(2, size=150), generator.integers(20, size=150) / 20
    weights = generator.integers(1, 4, size=(5, 150))
    expected = [metrics.roc_auc_score(truth, score, sample_weight=each) for each in weights]
    assert area_under_curve(truth, score, np.arange(150))(weights) == pytest.approx(expected)


def _share(intervals: list[dict[str, ConfidenceInterval]], name: str, value: float) -> float:
    return float(np.mean([each[name]["low"] <= value <= each[name]["high"] for each in intervals]))


@pytest.fixture
def fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time, and coverage that is about 0.5 % lower than with all resamples."""
    monkeypatch.setattr("seqspec.training.evaluation.intervals._RESAMPLES", 400)


@pytest.mark.needs("sklearn")
@pytest.mark.usefixtures("fewer_resamples")
def test_coverage_for_classes() -> None:
    """Two normal distributions at a distance of 1.5: the true values are known."""
    from scipy.stats import norm

    generator = np.random.default_rng(1)
    found = []
    for _ in range(_SETS):
        truth = generator.integers(2, size=200)
        value = generator.normal(1.5 * truth)
        found.append(_intervals(truth, 1 / (1 + np.exp(0.75 - value)), ResamplingUnits(200)))
    accuracy = norm.cdf(0.75)
    assert 0.93 <= _share(found, "accuracy", accuracy) <= 0.97
    assert 0.93 <= _share(found, "f1", accuracy) <= 0.97
    assert 0.93 <= _share(found, "auc", norm.cdf(1.5 / np.sqrt(2))) <= 0.97


def test_coverage_for_errors_of_groups() -> None:
    """Residuals have a part that all samples of a group share: intervals of independent samples are too narrow."""
    generator = np.random.default_rng(2)
    groups = np.repeat(np.arange(100), 5)
    by_group = ResamplingUnits(500, groups, "group")
    grouped: list[dict[str, ConfidenceInterval]] = []
    independent: list[dict[str, ConfidenceInterval]] = []
    for _ in range(_SETS):
        residuals = (generator.normal(size=100)[groups] + generator.normal(size=500))[:, None]
        mae, rmse = np.abs(residuals).mean(), np.sqrt((residuals**2).mean())
        for units, results, count in ((by_group, grouped, _SETS), (ResamplingUnits(500), independent, 200)):
            if len(results) == count:
                continue
            errors = ErrorIntervals(units, 0.95)
            errors.add(slice(0, 500), residuals)
            results.append(errors.result(float(mae), float(rmse)))
    expected = {"mae": 2 / np.sqrt(np.pi), "rmse": np.sqrt(2)}
    for name, value in expected.items():
        assert 0.93 <= _share(grouped, name, value) <= 0.97
    assert _share(independent, "mae", expected["mae"]) < 0.9


def test_a_part_of_many_samples_has_the_interval_of_all() -> None:
    residuals = np.random.default_rng(3).normal(size=(200_000, 1))
    mae, rmse = float(np.abs(residuals).mean()), float(np.sqrt((residuals**2).mean()))
    units = ResamplingUnits(200_000)
    errors = ErrorIntervals(units, 0.95)
    for start in range(0, 200_000, 30_000):
        errors.add(slice(start, min(start + 30_000, 200_000)), residuals[start : start + 30_000])
    found = errors.result(mae, rmse)["mae"]
    half = 1.96 * np.abs(residuals).std() / np.sqrt(200_000)
    assert len(units.rows) == 50_000
    assert (found["low"], found["high"]) == pytest.approx((mae - half, mae + half), abs=0.1 * half)


def test_few_groups_have_no_interval() -> None:
    truth = np.arange(290) % 2
    score = np.linspace(0, 1, 290)
    groups = np.arange(290) // 10
    assert _intervals(truth, score, ResamplingUnits(290, groups, "group")) == {}
    groups[:5] = 29
    found = _intervals(truth, score, ResamplingUnits(290, groups, "group"))
    assert set(found) == {"accuracy", "auc", "f1", "macro_f1"}


def test_labels_without_an_output_of_their_own_and_outputs_of_nan() -> None:
    truth, probability = np.array([0, 1, 2, 2] * 10), np.full((40, 2), 0.5)
    found = ClassIntervals(ResamplingUnits(40), 3, 0.95)
    found.add(slice(0, 40), truth, np.zeros(40, int), probability)
    intervals, of_classes = found.result(*_counts(truth, np.zeros(40, int), 3))
    assert set(intervals) == {"accuracy", "macro_f1"}
    assert of_classes[2]["recall"]["value"] == 0
    assert "auc" not in _intervals(truth % 2, np.full(40, np.nan), ResamplingUnits(40))


def test_blocks_of_a_series_are_seasons() -> None:
    from seqspec.training.data.prepared import SampleSet
    from seqspec.training.data.time_axis.index import SeriesIndex, StepRows

    index = SeriesIndex(np.zeros((200, 1)), series=np.repeat([0, 1], 100), names=("a", "b"), season=10, length=200)
    origins = StepRows(index, np.r_[20:90, 120:190])
    samples = SampleSet(np.zeros((140, 3)), np.zeros((140, 4)), None, origins)
    units = units_of(samples)
    assert units.total == 14
    assert np.bincount(units.of_rows).tolist() == [10] * 14


@pytest.mark.parametrize("classes", [2, 20])
def test_resamples_need_little_memory(classes: int) -> None:
    generator = np.random.default_rng(0)
    truth, score = generator.integers(classes, size=1000), generator.random(1000)
    units = ResamplingUnits(1000, np.arange(1000), "group")
    tracemalloc.start()
    try:
        assert "macro_f1" in _intervals(truth, score, units, classes)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
