"""`[target] scale`: training on scaled labels; metrics, predictions and the saved model in the units of the labels."""

import json
import warnings

import numpy as np
import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.training.data.labels import fit_label_scale
from seqspec.training.data.prepare import prepare
from seqspec.training.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3)).astype(np.float32)
PRICES = np.exp(11 + 0.4 * X[:, 0] - 0.3 * X[:, 1] + RNG.normal(0, 0.1, 120)).astype(np.float32)


def spec(scale="log", **tables):
    return {
        "seqspec": 1,
        "model": {
            "input": [3],
            "layers": [{"type": "Dense", "units": 8, "activation": "relu"}, {"type": "Dense", "units": 1}],
        },
        "target": {"kind": "regression", "scale": scale},
        "compile": {"optimizer": "adam(0.01)", "loss": "mse", "metrics": ["mae", "RootMeanSquaredError", "r2_score"]},
        "fit": {"epochs": 3},
        "runtime": {"seed": 3},
        **tables,
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("standard", (PRICES - PRICES.mean()) / PRICES.std()),
        ("min_max", (PRICES - PRICES.min()) / np.ptp(PRICES)),
        ("log", (np.log(PRICES) - np.log(PRICES).mean()) / np.log(PRICES).std()),
    ],
)
def test_labels_are_scaled_as_numpy_scales_them(name, expected):
    scale = fit_label_scale(name, PRICES, each=True)
    assert np.allclose(scale.scaled(PRICES), expected, atol=1e-4)
    assert scale.scaled(PRICES.reshape(-1, 1)).shape == (120, 1)


def test_labels_of_a_sample_are_scaled_each_by_itself():
    several = np.stack([PRICES, X[:, 0]], axis=1)
    scaled = fit_label_scale("standard", several, each=True).scaled(several)
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-5) and np.allclose(scaled.std(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("declared", ["split", "sets"])
def test_the_steps_of_a_forecast_have_one_scale(tmp_path, declared):
    hours = np.datetime64("2011-03-01", "m") + np.arange(60) * 60
    (tmp_path / "s.csv").write_text("time,value\n" + "".join(f"{hour},{at**2}\n" for at, hour in enumerate(hours)))
    source = {"type": "series", "path": "s.csv", "time": "time", "target": "value", "window": 4, "horizon": 3}
    split = {"source": source, "split": {"by": "time", "validation": 0.25}}
    tables = {"data": split if declared == "split" else {"train": {"source": source}}}
    tree = spec("standard", **tables)
    tree["model"] = {"input": [4], "layers": [{"type": "Dense", "units": 3}]}
    tree["target"]["shape"] = [3]
    found = prepare(Check.of(tree).spec, str(tmp_path)).label_scale
    assert len(found.factor) == len(found.offset) == 1


@pytest.mark.parametrize(
    ("labels", "scale", "message"),
    [
        (np.r_[0.0, np.ones(9)], "log", "the smallest training label is 0, which has no logarithm"),
        (np.ones(10), "standard", "all training labels are equal"),
    ],
)
def test_labels_without_a_scale_are_refused(labels, scale, message):
    with pytest.raises(DataError, match=message):
        prepare(Check.of(spec(scale)).spec, ".", data=(X[:10], labels))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_a_bounded_output_cannot_reach_scaled_labels(activation):
    document = spec("standard")
    document["model"]["layers"][1] = {"type": "Dense", "units": 1, "activation": activation}
    (found,) = [each for each in seqspec.check(document).diagnostics if each.name == "bounded-regression-output"]
    assert found.severity == "error" and "scaled to a mean of 0" in found.message


def test_scaled_labels_of_a_large_range_are_not_reported():
    target = {"kind": "regression", "range": [30_000, 700_000]}
    names = [each.name for each in seqspec.check(spec() | {"target": target}).diagnostics]
    assert "unscaled-target" in names
    names = [each.name for each in seqspec.check(spec() | {"target": target | {"scale": "log"}}).diagnostics]
    assert "unscaled-target" not in names


@pytest.mark.needs("keras")
@pytest.mark.parametrize("scale", ["standard", "min_max", "log"])
def test_the_saved_model_and_its_metrics_are_in_the_units_of_the_labels(scale, tmp_path):
    import keras

    sets = {"train": (X[:90], PRICES[:90]), "validation": (X[90:], PRICES[90:])}
    run = seqspec.train(spec(scale), sets, runs=tmp_path)
    with warnings.catch_warnings():
        # Not that the optimizer has other variables than the saved one.
        warnings.simplefilter("error")
        model = keras.models.load_model(run.path / "model.keras")
    outputs = model.predict(X[90:], verbose=0)[:, 0].astype(np.float64)
    assert np.median(outputs) > 10_000
    errors = outputs - PRICES[90:]
    expected = {"mae": np.abs(errors).mean(), "RootMeanSquaredError": np.sqrt((errors**2).mean())}
    for name, value in expected.items():
        assert run.history[f"val_{name}"][-1] == pytest.approx(value, rel=1e-5)
        assert run.evaluation["validation"]["metrics"][name] == pytest.approx(value, rel=1e-5)
    assert run.history["val_loss"][-1] < 100
    assert np.allclose(run.predict(X[90:]).outputs[:, 0], outputs)
    assert json.loads((run.path / "labels.json").read_text())["scale"]["name"] == scale


@pytest.mark.slow
@pytest.mark.needs("keras")
def test_a_resumed_run_with_scaled_labels_is_bit_equal(tmp_path):
    whole = seqspec.train(spec(), (X, PRICES), runs=tmp_path)
    part = seqspec.train(spec(fit={"epochs": 1}), (X, PRICES), runs=tmp_path)
    resumed = seqspec.resume(part.path, (X, PRICES), epochs=2)
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights()):
        assert np.array_equal(one, other)
    assert whole.history == resumed.history


@pytest.mark.slow
@pytest.mark.needs("keras")
def test_the_undoing_layers_are_float32_under_a_mixed_policy(tmp_path):
    document = spec(runtime={"seed": 3, "dtype_policy": "mixed_bfloat16"})
    model = seqspec.train(document, (X, PRICES), runs=tmp_path).model
    assert [layer.compute_dtype for layer in model.layers[-2:]] == ["float32", "float32"]


@pytest.mark.needs("keras")
def test_metrics_have_the_same_names_in_every_run_of_a_process(tmp_path):
    document = spec("none", compile={"loss": "mse", "metrics": [{"type": "MeanAbsoluteError"}]}, fit={"epochs": 1})
    names = [list(seqspec.train(document, (X, PRICES), runs=tmp_path).history) for _ in range(2)]
    assert names == [["loss", "mean_absolute_error"]] * 2
