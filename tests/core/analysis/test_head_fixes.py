"""Fixes of the output of a stack: after them the model is valid, and trained by Keras in the slow tests."""

import json

import pytest

import seqspec

HIDDEN = {"type": "Dense", "units": 16, "activation": "relu"}
CLASSES = {"kind": "multiclass", "classes": 5}
ONE_HOT = {**CLASSES, "encoding": "one_hot"}
SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"


def dense(units, activation=None):
    return {"type": "Dense", "units": units, **({"activation": activation} if activation else {})}


CASES = {
    "logits-without-from-logits": ([8], [HIDDEN, dense(5), "LayerNormalization"], SPARSE, CLASSES, "softmax"),
    "cross-entropy-on-non-probabilities": ([8], [HIDDEN, dense(5), "ReLU"], SPARSE, CLASSES, "softmax"),
    "sigmoid-with-categorical-loss": (
        [8], [HIDDEN, dense(5), {"type": "Activation", "activation": "sigmoid"}], CATEGORICAL, ONE_HOT, "softmax",
    ),
    "poisson-with-negative-output": ([8], [HIDDEN, dense(1), "LeakyReLU"], "poisson", None, "softplus"),
    "bounded-regression-output": (
        [8], [HIDDEN, dense(1), {"type": "Activation", "activation": "sigmoid"}], "mse",
        {"kind": "regression", "range": [3, 100]}, "linear",
    ),
    "categorical-loss-with-one-unit": ([8], [HIDDEN, dense(1, "sigmoid")], CATEGORICAL, ONE_HOT, "softmax"),
    "one-unit-for-multiclass": ([8], [HIDDEN, dense(1, "sigmoid")], "binary_crossentropy", CLASSES, "softmax"),
    "output-units-mismatch": (
        [8], [HIDDEN, dense(3), {"type": "Activation", "activation": "softmax"}], SPARSE, CLASSES, "softmax",
    ),
    "extra-output-axes": ([6, 6, 2], [HIDDEN, dense(5, "softmax")], SPARSE, CLASSES, "softmax"),
    "no-trainable-weights": ([8], [{"type": "Dropout", "rate": 0.2}], SPARSE, CLASSES, "softmax"),
}  # fmt: skip
"""Rule → input, layers, loss, labels, the last activation after the fixes."""


def fixed(tmp_path, rule):
    shape, layers, loss, target, _ = CASES[rule]
    tree = {"seqspec": 1, "model": {"input": shape, "layers": layers}, "compile": {"loss": loss}, "fit": {"epochs": 1}}
    path = tmp_path / "model.seqspec.json"
    path.write_text(json.dumps(tree | ({"target": target} if target else {})))
    found = next(finding for finding in seqspec.check(path).diagnostics if finding.name == rule)
    return found, seqspec.fix(path, unsafe=True)


@pytest.mark.parametrize("rule", CASES)
def test_the_model_is_valid_after_the_fix(rule, tmp_path):
    found, result = fixed(tmp_path, rule)
    assert found.fix is not None and not found.fix.safe
    assert [each.name for each in result.report.diagnostics if each.severity == "error"] == []
    assert [each.name for each in result.report.diagnostics if each.name == rule] == []
    activations = [layer.activation for layer in result.report.layers if layer.activation is not None]
    assert activations[-1] == CASES[rule][-1]


@pytest.mark.slow
@pytest.mark.needs("keras")
@pytest.mark.parametrize("rule", CASES)
def test_keras_trains_what_was_fixed(rule, tmp_path):
    import keras
    import numpy as np

    document = json.loads(fixed(tmp_path, rule)[1].text)
    model = seqspec.build(document)
    x = np.ones((4, *document["model"]["input"]), "float32")
    y = np.zeros(4, "int32") if model.loss == SPARSE else np.zeros(model(x).shape)
    assert np.isfinite(model.train_on_batch(x, y)).all()
    assert keras.ops.shape(model(x))[-1] == (5 if CASES[rule][3] in (CLASSES, ONE_HOT) else 1)
