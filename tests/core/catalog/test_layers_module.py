"""`seqspec.layers`: the classes of the catalog for specs written in Python."""

import json
import subprocess
import sys
import tomllib

import pytest
from pydantic import ValidationError

import seqspec
import seqspec.callbacks
import seqspec.layers
import seqspec.losses
import seqspec.metrics
import seqspec.optimizers
from seqspec.core.catalog import callbacks, losses, metrics, optimizers, schedules
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.reading import read_layer
from seqspec.layers import LSTM, Bidirectional, Conv2D, Dense, Flatten, MaxPooling2D, MobileNetV2
from tests import ROOT
from tests.spec_text import to_json, to_toml


def test_layers_module_exports_every_layer():
    assert seqspec.layers.__all__ == sorted(LAYERS) == dir(seqspec.layers)
    for name in seqspec.layers.__all__:
        assert getattr(seqspec.layers, name) is layer_class(name)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match=r"did you mean Conv2D\?"):
        seqspec.layers.Conv2d  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute '_Nothing'"):
        seqspec.layers._Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (seqspec.losses, losses.CLASSES),
        (seqspec.metrics, metrics.CLASSES),
        (seqspec.optimizers, {**optimizers.CLASSES, **schedules.CLASSES}),
        (seqspec.callbacks, callbacks.NAMES),
    ],
    ids=["losses", "metrics", "optimizers", "callbacks"],
)
def test_the_other_classes_are_there(module, names):
    assert module.__all__ == sorted(names) == dir(module)
    for name in module.__all__:
        assert getattr(module, name) is names[name]
    with pytest.raises(AttributeError, match=f"did you mean {module.__all__[0]}"):
        getattr(module, module.__all__[0] + "s")


def test_typed_tables():
    spec = seqspec.Spec(
        model=seqspec.Model(input=[4], layers=[Dense(units=1)]),
        compile=seqspec.Compile(
            loss=seqspec.losses.Huber(delta=2.0),
            optimizer=seqspec.optimizers.SGD(
                learning_rate=seqspec.optimizers.CosineDecay(initial_learning_rate=0.1, decay_steps=9)
            ),
            metrics=[seqspec.metrics.MeanAbsoluteError()],
        ),
        fit=seqspec.Fit(epochs=2, callbacks=[seqspec.callbacks.EarlyStopping(patience=1)]),
    )
    assert seqspec.check(spec).ok
    assert spec.to_dict()["compile"]["loss"] == {"type": "Huber", "delta": 2.0}
    assert seqspec.Spec.from_toml(spec.to_toml()) == spec


def test_a_family_is_imported_when_it_is_needed():
    loaded = "[m for m in sys.modules if m.startswith('seqspec.core.catalog.layers')]"
    script = f"import sys, seqspec.layers; assert not {loaded}"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_types_are_up_to_date():
    result = subprocess.run([sys.executable, str(ROOT / "scripts/generate"), "--check"], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("made", "entry"),
    [
        (Conv2D(filters=8, kernel_size=3), {"type": "Conv2D", "filters": 8, "kernel_size": 3}),
        (Conv2D(filters=8, kernel_size=(3, 5)), {"type": "Conv2D", "filters": 8, "kernel_size": [3, 5]}),
        (Flatten(), "Flatten"),
        (MaxPooling2D(strides=None), {"type": "MaxPooling2D", "strides": "none"}),
        (
            Dense(units=4, activation="relu", kernel_regularizer="l2(0.01)", name="head"),
            {
                "type": "Dense",
                "units": 4,
                "activation": {"type": "relu"},
                "kernel_regularizer": {"type": "L2", "l2": 0.01},
                "name": "head",
            },
        ),
        (
            Bidirectional(layer=LSTM(units=3), merge_mode=None),
            {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 3}, "merge_mode": "none"},
        ),
        (
            MobileNetV2(include_top=False, weights=None),
            {"type": "MobileNetV2", "include_top": False, "weights": "none"},
        ),
    ],
)
def test_a_class_equals_what_reading_gives(made, entry):
    violations = []
    assert made == read_layer(entry, violations)
    assert violations == []
    assert read_layer(made.to_tree(), violations) == made and violations == []


def test_constructor_reports_every_error():
    with pytest.raises(ValidationError) as caught:
        Conv2D(filter=8, kernel_size=0, padding="sam", strides=1.5)
    assert [(error["loc"], error["type"], error["input"]) for error in caught.value.errors()] == [
        (("filter",), "unknown_argument", 8),
        (("kernel_size",), "bad_value", 0),
        (("padding",), "bad_value", "sam"),
        (("strides",), "wrong_type", 1.5),
    ]
    assert 'write "same"' in str(caught.value)


def test_a_missing_argument():
    with pytest.raises(ValidationError) as caught:
        Dense()
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("units",), "missing_argument")]


COMPILE = {"optimizer": {"type": "Adam", "learning_rate": 1e-3}, "loss": "sparse_categorical_crossentropy"}


def small():
    layers = [
        Conv2D(filters=8, kernel_size=3, activation="relu"),
        "MaxPooling2D",
        Flatten(),
        {"type": "Dropout", "rate": 0.5},
        Dense(units=10, activation="softmax", name="head"),
    ]
    return seqspec.Spec(model=seqspec.Model(name="small", input=[28, 28, 1], layers=layers), compile=COMPILE)


def test_spec_of_typed_layers_checks_and_round_trips():
    spec = small()
    report = seqspec.check(spec)
    assert report.ok and report.params == 8 * 10 + 13 * 13 * 8 * 10 + 10
    tree = spec.to_dict()
    for text in (json.loads(to_json(tree)), tomllib.loads(to_toml(tree)), tree):
        again = seqspec.load(text)
        assert seqspec.check(text).to_dict() == seqspec.check(tree).to_dict()
        assert again.to_dict() == tree
        assert again.model.layers == spec.model.layers and again.compile == spec.compile


def test_a_spec_of_what_does_not_fit():
    spec = seqspec.Spec(model=seqspec.Model(input=["T", 4], layers=[Flatten(), Dense(units=2)]))
    assert [found.code for found in seqspec.check(spec).diagnostics] == ["SEQ211"]
    with pytest.raises(seqspec.SpecError) as caught:
        seqspec.build(spec)
    assert [(found.code, found.pointer) for found in caught.value.report.diagnostics] == [
        ("SEQ211", "/model/layers/1/type")
    ]


@pytest.mark.needs("keras")
def test_a_spec_builds():
    model = seqspec.build(small())
    assert model.name == "small" and model.output_shape == (None, 10)
    assert [layer.name for layer in model.layers] == ["conv2d", "max_pooling2d", "flatten", "dropout", "head"]
    assert type(model.optimizer).__name__ == "Adam" and model.loss == "sparse_categorical_crossentropy"
