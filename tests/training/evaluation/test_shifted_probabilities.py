"""Probabilities of two classes that class weights shift: the calibration error, Platt scaling, what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from seqspec import load_run, train
from seqspec.training.commands.training_console import show_evaluation
from seqspec.training.comparison.baselines import (
    calibration_axes,
    class_notes,
    compared_with_baseline,
    shifted_rate,
    temperature_text,
)
from seqspec.training.comparison.diagnosis import diagnose_curves
from seqspec.training.data.labels import LabelBaseline, LabelEncoding
from seqspec.training.evaluation.calibration import calibrate, fit_platt
from seqspec.training.evaluation.classification import Classification, expected_error
from seqspec.training.records import Evaluation, Scaling, SetEvaluation


def _shifted(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Labels with a rate of about 0.16, and the probabilities of a model with balanced class weights."""
    generator = np.random.default_rng(0)
    logit = generator.normal(-2, 1, count)
    truth = (generator.random(count) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    return truth, 1 / (1 + np.exp(-(logit + np.log((1 - truth.mean()) / truth.mean()))))


def _expected(positive: np.ndarray, truth: np.ndarray, bins: int = 10) -> float:
    error, index = 0.0, np.minimum((positive * bins).astype(int), bins - 1)
    for each in range(bins):
        rows = index == each
        if rows.any():
            error += rows.mean() * abs(positive[rows].mean() - truth[rows].mean())
    return float(error)


def test_the_calibration_error_of_two_classes_is_of_the_positive_class() -> None:
    truth, positive = _shifted()
    both = np.stack([1 - positive, positive], axis=1)
    own = _expected(positive, truth)
    assert own > 0.2
    assert expected_error(both, truth) == pytest.approx(own)
    counted = Classification(2)
    for rows in (slice(0, 1500), slice(1500, None)):
        counted.add(truth[rows], both[rows])
    found = counted.result(LabelEncoding("binary", names=["nein", "ja"]), LabelBaseline(0))
    calibration = found["calibration"]
    assert calibration["expected_error"] == pytest.approx(own)
    assert calibration_axes(calibration) == ("probability of ja", "fraction of ja")
    below = [each for each in calibration["bins"] if each["samples"] > 100]
    assert all(each["accuracy"] < each["confidence"] for each in below)
    assert found["rate"]["predicted"] == pytest.approx(positive.mean())
    assert found["rate"]["actual"] == pytest.approx(truth.mean())


def test_three_classes_are_measured_by_confidence() -> None:
    generator = np.random.default_rng(0)
    probability = generator.dirichlet(np.ones(3), 500)
    truth = generator.integers(0, 3, 500)
    right = (probability.argmax(axis=1) == truth).astype(int)
    assert expected_error(probability, truth) == pytest.approx(_expected(probability.max(axis=1), right))


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize(("slope", "shift"), [(1.0, 1.6), (3.0, -40.0), (0.2, 0.5), (1e-3, 2.0)])
def test_platt_scaling_is_that_of_scikit_learn(slope: float, shift: float) -> None:
    from sklearn.calibration import _SigmoidCalibration

    truth, positive = _shifted()
    odds = slope * np.log(positive / (1 - positive)) + shift
    logits = np.stack([np.zeros_like(odds), odds], axis=1)
    found = fit_platt(logits, truth)
    if slope < 0.05:
        assert found.temperature == pytest.approx(0.05)
        return
    peer = _SigmoidCalibration().fit(odds, truth)
    own = 1 / (1 + np.exp(-(odds / found.temperature + found.shift)))
    np.testing.assert_allclose(own, peer.predict(odds), atol=2e-3)


def test_platt_scaling_is_finite() -> None:
    truth = np.repeat([0, 1], 20)
    logits = np.stack([np.zeros(40), np.where(truth == 1, 30.0, -30.0)], axis=1)
    for odds, labels in ((logits, truth), (-logits, truth), (logits, np.zeros(40, int)), (0 * logits, truth)):
        found = fit_platt(odds, labels)
        assert 0.05 <= found.temperature <= 20
        assert np.isfinite(found.shift)


@pytest.mark.parametrize(("units", "activation", "reshaped"), [
    (1, "sigmoid", False), (2, "softmax", False), (4, "softmax", True), (3, "sigmoid", True),
])  # fmt: skip
def test_a_saved_model_has_the_shift(tmp_path: Path, units: int, activation: str, reshaped: bool) -> None:
    keras.utils.set_random_seed(0)
    size = (2 if activation == "softmax" else 1) if reshaped else units
    layers = [keras.Input((3,)), keras.layers.Dense(units)]
    layers += [keras.layers.Reshape((-1, size))] if reshaped else []
    model = keras.Sequential([*layers, keras.layers.Activation(activation)])
    model.compile(loss="mse")
    x = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    before = model.predict(x, verbose=0).astype(float)
    none = np.zeros((0, size))
    results = calibrate(model, none, np.zeros(0, np.int64), LabelEncoding("binary"), Scaling(2.0, -1.5))
    assert results == {"temperature": 2.0, "shift": -1.5}
    model.save(tmp_path / "model.keras")
    after = keras.models.load_model(tmp_path / "model.keras").predict(x, verbose=0)
    old = before[..., -1]
    odds = np.log(old / (1 - old)) / 2.0 - 1.5
    np.testing.assert_allclose(after[..., -1], 1 / (1 + np.exp(-odds)), atol=1e-5)


def test_a_layer_without_bias_has_a_temperature_only() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid", use_bias=False)])
    model.compile(loss="mse")
    truth, positive = _shifted(200)
    results = calibrate(model, positive[:, None], truth, LabelEncoding("binary"))
    assert "shift" not in results
    assert "shift" not in temperature_text(results)


def _set(accuracy: float, low: float, high: float) -> SetEvaluation:
    interval: Any = {"value": accuracy, "low": low, "high": high, "method": "wilson", "level": 0.95}
    rows: Any = [
        {"class": "a", "samples": 961, "precision": 0.99, "recall": 0.85, "f1": 0.9},
        {"class": "b", "samples": 39, "precision": 0.2, "recall": 0.8, "f1": 0.3},
    ]
    baseline = {"majority_class": "a", "accuracy": 0.961}
    classes: Any = {"accuracy": accuracy, "macro_f1": 0.6, "per_class": rows, "baseline": baseline}
    return {"samples": 1000, "metrics": {"accuracy": accuracy, "auc": 0.9}, "classes": classes,
            "intervals": {"accuracy": interval}}  # fmt: skip


def test_an_accuracy_below_the_baseline_is_not_fine() -> None:
    history = {"loss": [0.9, 0.5, 0.3, 0.28, 0.27, 0.269]}
    below: Evaluation = {"test": _set(0.848, 0.812, 0.883)}
    [found] = diagnose_curves(history, below, [], weighted=True)
    assert found.kind == "undecided"
    assert "remove class_weight and choose a threshold" in found.text
    above: Evaluation = {"test": _set(0.98, 0.97, 0.99)}
    assert [each.kind for each in diagnose_curves(history, above, [], weighted=True)] == ["fine"]


def _run(folder: Path, **tables: Any) -> Any:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(1500, 3)).astype("float32")
    y = (generator.random(1500) < 1 / (1 + np.exp(2.5 - 1.2 * x[:, 0]))).astype("int32")
    tree: dict[str, Any] = {
        "seqspec": 1,
        "model": {"input": [3], "layers": [{"type": "Dense", "units": 1, "activation": "sigmoid"}]},
        "target": {"kind": "binary"},
        "compile": {"optimizer": "adam(0.05)", "loss": "binary_crossentropy", "metrics": ["accuracy", "auc"]},
        "fit": {"epochs": 12, "batch_size": 50, "class_weight": "balanced"},
        "runtime": {"seed": 7},
        **tables,
    }
    data = {"train": (x[:700], y[:700]), "validation": (x[700:1100], y[700:1100]), "test": (x[1100:], y[1100:])}
    return train(tree, data, runs=folder), x[1100:], y[1100:]


@pytest.mark.slow
def test_a_run_with_class_weights(tmp_path: Path) -> None:
    weighted, x, y = _run(tmp_path / "weighted", report={})
    positive = weighted.model.predict(x, verbose=0)[:, 0]
    classes = weighted.evaluation["test"]["classes"]
    assert classes["calibration"]["expected_error"] == pytest.approx(_expected(positive, y), abs=1e-4)
    assert classes["calibration"]["expected_error"] > 0.15
    text = f"have the mean {positive.mean():.3g}, its rate is {y.mean():.3g}; set calibrate in [report]"
    assert text in shifted_rate(classes)
    assert text in (weighted.path / "report.html").read_text()
    lines: list[str] = []
    show_evaluation("test", weighted.evaluation["test"], lambda line, _=None: lines.append(line))
    assert any(text in line for line in lines)
    found = load_run(weighted.path).evaluate(data=(x, y))
    assert all(shifted_rate(each["classes"]) for each in found.values())

    mended, x, y = _run(tmp_path / "mended", report={"calibrate": True})
    calibrated = load_run(mended.path).model.predict(x, verbose=0)[:, 0]
    scaling = mended.evaluation["calibration"]
    odds = np.log(positive / (1 - positive)) / scaling["temperature"] + scaling["shift"]
    np.testing.assert_allclose(calibrated, 1 / (1 + np.exp(-odds)), atol=1e-4)
    assert scaling["shift"] < -1
    assert mended.evaluation["test"]["classes"]["calibration"]["expected_error"] < 0.06
    assert shifted_rate(mended.evaluation["test"]["classes"]) is None


def test_a_set_with_other_shares_is_compared_with_its_own_most_frequent_class() -> None:
    def evaluated(truth: np.ndarray, right: float) -> SetEvaluation:
        hit = np.random.default_rng(0).random(len(truth)) < right
        predicted = np.where(hit, truth, 1 - truth)
        counted = Classification(2)
        counted.add(truth, np.eye(2)[predicted])
        labels = LabelEncoding("binary", names=["kept", "canceled"])
        classes = counted.result(labels, LabelBaseline(0, shares=np.array([0.85, 0.15])))
        accuracy = classes["accuracy"]
        interval: Any = {"value": accuracy, "low": accuracy - 0.02, "high": accuracy + 0.02}
        return {"samples": len(truth), "metrics": {}, "classes": classes, "intervals": {"accuracy": interval}}

    moved = evaluated(np.repeat([0, 1], [140, 860]), 0.6)
    comparison = compared_with_baseline(moved)
    assert comparison is not None and comparison.better is False and "always canceled (0.86)" in comparison.text
    assert class_notes(moved["classes"])[0] == (
        "the classes have moved: canceled is 86.0% of this set, 15.0% of the training set"
    )
    usual = evaluated(np.repeat([0, 1], [840, 160]), 0.95)
    comparison = compared_with_baseline(usual)
    assert comparison is not None and comparison.better and "the majority class (0.84)" in comparison.text
    assert "moved" not in usual["classes"]["baseline"]
    chance = evaluated(np.repeat([0, 1], [1, 2]), 0.95)
    assert "moved" not in chance["classes"]["baseline"]
