"""Calibration: the temperature against SciPy and scikit-learn, and the saved model of a run."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from seqspec import load_run, train
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.errors import BuildError
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.errors import DataError
from seqspec.training.evaluation.calibration import calibrate, fit_temperature, logits_layer
from seqspec.training.records import Scaling
from tests.training.specs import samples, spec


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize(("classes", "factor"), [(2, 3.0), (4, 0.4), (4, 2.5)])
def test_temperature_is_the_optimum_of_scipy(classes: int, factor: float) -> None:
    from scipy.optimize import minimize_scalar
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    generator = np.random.default_rng(0)
    logits = generator.normal(size=(2000, classes))
    truth = np.array([generator.choice(classes, p=each) for each in softmax(logits, axis=1)])
    logits *= factor

    def loss(temperature: float) -> float:
        return float(log_loss(truth, softmax(logits / temperature, axis=1), labels=range(classes)))

    best = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-8})
    found = fit_temperature(logits, truth)
    assert found == pytest.approx(best.x, rel=1e-4)
    assert found == pytest.approx(factor, rel=0.15)


def _model(units: int, activation: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Activation(activation)])
    model.layers[0].bias.assign(np.linspace(-1, 1, units))
    model.compile(loss="mse")
    return model


@pytest.mark.parametrize(
    ("units", "activation", "kind"),
    [(3, "softmax", "multiclass"), (1, "sigmoid", "binary"), (3, "sigmoid", "multilabel")],
)
def test_a_saved_model_divides_its_logits(tmp_path: Path, units: int, activation: str, kind: str) -> None:
    model = _model(units, activation)
    x = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    before = model.predict(x, verbose=0)
    truth = np.zeros((50, 3)) if kind == "multilabel" else np.zeros(50, np.int64)
    calibrate(model, before, truth, LabelEncoding(kind), Scaling(2.5))
    model.save(tmp_path / "model.keras")
    after = keras.models.load_model(tmp_path / "model.keras").predict(x, verbose=0)
    if activation == "softmax":
        expected = before ** (1 / 2.5)
        expected /= expected.sum(axis=1, keepdims=True)
    else:
        expected = 1 / (1 + ((1 - before) / before) ** (1 / 2.5))
    np.testing.assert_allclose(after, expected, atol=1e-6)


def test_models_without_logits_are_refused() -> None:
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D()]
    with pytest.raises(BuildError, match="global_average_pooling2d is GlobalAveragePooling2D"):
        logits_layer(keras.Sequential(layers))
    with pytest.raises(BuildError):
        logits_layer(keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "tanh")]))


def test_what_cannot_be_calibrated(tmp_path: Path) -> None:
    tree = spec(target={"kind": "regression"}, report={"calibrate": True})
    assert any("calibrate needs class labels" in each.message for each in Check.of(tree).validation.diagnostics)
    with pytest.raises(DataError, match="the temperature is chosen on validation data, and there is none"):
        train(spec(report={"calibrate": True}), samples(), runs=tmp_path)


@pytest.mark.nightly
@pytest.mark.needs("sklearn")
def test_calibration_of_a_run(tmp_path: Path) -> None:
    from sklearn.metrics import log_loss

    x, y = samples(240)
    # Labels that the model fits too well.
    y = np.where(np.random.default_rng(1).random(240) < 0.3, np.random.default_rng(2).integers(0, 3, 240), y)
    data = {"train": (x[:80], y[:80]), "validation": (x[80:160], y[80:160]), "test": (x[160:], y[160:])}
    tree: dict[str, Any] = spec(fit={"epochs": 150, "batch_size": 16}, report={"html": False})
    tree["save"] = {"filepath": str(tmp_path / "saved.keras")}
    plain = train(copy.deepcopy(tree), data, runs=tmp_path, allow_output=[tmp_path])
    tree["report"] = {"html": False, "calibrate": True, "evaluate": ["validation", "test"]}
    run = train(copy.deepcopy(tree), data, runs=tmp_path, allow_output=[tmp_path])
    found = run.evaluation["calibration"]
    assert found["temperature"] > 1.2
    before, after = plain.model.predict(x, verbose=0), load_run(run.path).model.predict(x, verbose=0)
    scaled = before ** (1 / found["temperature"])
    np.testing.assert_allclose(after, scaled / scaled.sum(axis=1, keepdims=True), atol=1e-5)
    exact = [each[80:160] / each[80:160].astype(float).sum(axis=1, keepdims=True) for each in (before, after)]
    losses = [log_loss(y[80:160], each) for each in exact]
    assert found["log_loss"] == pytest.approx(losses, rel=1e-4)
    assert run.evaluation["validation"]["metrics"]["loss"] == pytest.approx(losses[1], rel=1e-4)
    own, other = run.evaluation["test"], plain.evaluation["test"]
    assert own["metrics"]["loss"] < other["metrics"]["loss"]
    assert own["metrics"]["accuracy"] == other["metrics"]["accuracy"]
    assert own["classes"]["calibration"]["expected_error"] < other["classes"]["calibration"]["expected_error"]
    saved = keras.models.load_model(tmp_path / "saved.keras").predict(x, verbose=0)
    np.testing.assert_array_equal(saved, after)
    best = load_run(run.path).best_model.predict(x[80:160], verbose=0)
    assert fit_temperature(np.log(best.astype(float)), y[80:160]) == pytest.approx(1, abs=1e-3)
