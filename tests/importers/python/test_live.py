"""Models of a running program: checked, and turned into specs."""

import keras
import pytest

import seqspec


def test_a_compiled_model():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3), keras.layers.Dense(1, activation="softmax")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    report = seqspec.check(model)
    assert "softmax-over-one" in {d.name for d in report.diagnostics}
    assert report.params == model.count_params()
    assert "softmax" in report._repr_html_()


def test_a_model_that_is_not_built():
    assert seqspec.check(keras.Sequential([keras.layers.Dense(3)])).diagnostics == []


def test_a_spec_of_a_model():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    spec = seqspec.Spec.from_keras(model)
    assert [layer.shape for layer in seqspec.build(spec).weights] == [layer.shape for layer in model.weights]
    assert spec.compile.optimizer.learning_rate == 0.1


def test_what_a_spec_cannot_hold():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Lambda(lambda x: x)])
    assert [d.name for d in seqspec.check(model).diagnostics] == ["unsupported-layer"]
    with pytest.raises(seqspec.SpecError):
        seqspec.Spec.from_keras(model)
    with pytest.raises(TypeError):
        seqspec.Spec.from_keras(3)
