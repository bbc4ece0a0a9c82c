"""The generated program of a spec, run in Keras, creates and trains the same model as the compiler."""

import csv
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from keras.src.backend.common import global_state

from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.objects import CALLBACK
from seqspec.core.codegen.calls import Objects, hidden_names
from seqspec.core.codegen.expressions import ProgramImports, lines
from seqspec.core.codegen.write import program
from seqspec.core.compiler.keras_model import fit_arguments, fresh_names
from seqspec.core.compiler.keras_objects import make
from seqspec.core.language.keys import snake_case
from tests import ROOT
from tests.core.differential.programs import assert_same_model, built, examined, layers_built, layers_in, run, written
from tests.core.differential.test_compiler import CALLBACKS, HOMES, cases, state
from tests.descriptors import DESCRIPTORS
from tests.introspection import KERAS, is_available
from tests.keras_oracle import construct
from tests.strategies.stacks import models

RANDOM = ("layers.base.weights=none",)
EXAMPLES = [
    pytest.param(path, RANDOM if "transfer" in path.name else (), id=path.name)
    for path in sorted((ROOT / "examples").glob("*.seqspec.*"))
]
CASES = [
    pytest.param(ROOT / "tests/cases/ok" / name, ("keras=>=3.12",), id=name)
    for name in (
        "all-tables.toml", "every-table.toml", "wrappers.toml", "wrappers.json", "recurrent.toml", "shorthand.toml",
        "precision.toml", "text.toml", "sound.toml", "films.toml", "augmentation.toml", "unnamed-dimensions.json",
    )
]  # fmt: skip


CASES.append(pytest.param(ROOT / "tests/cases/ok/base-model.json", RANDOM, id="base-model.json"))

REFUSED = {"Add", "CenterCrop", "GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}
"""Types with a descriptor whose every stack Keras refuses."""


@pytest.mark.parametrize(("path", "settings"), [*EXAMPLES, *CASES])
def test_documents(path, settings, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples")
    result = examined(str(path), settings)
    if result is None:
        pytest.fail(f"{path} does not check")
    assert_same_model(result)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda descriptor: descriptor.type)
def test_program_has_every_layer_argument(descriptor):
    if hasattr(keras.applications, descriptor.type) or not is_available(layer_class(descriptor.type).since):
        return
    seen = set()
    for model in descriptor.models():
        key = repr(model["layers"])
        result = None if key in seen else examined({"model": model})
        if result is None:
            continue
        seen.add(key)
        text = program(result)
        ours, theirs = layers_in(text), layers_built(result)
        assert [layer.name for layer in ours] == [layer.name for layer in theirs], text
        for one, other in zip(ours, theirs):
            configs = written(one), written(other)
            assert None in configs or configs[0] == configs[1], text
    assert seen or descriptor.type in REFUSED


@pytest.mark.parametrize("family", HOMES)
def test_program_has_every_object_argument(family):
    """Initializers, optimizers, losses, ..., as tables with a type, and by each name that Keras reads."""
    kind, home = HOMES[family]
    tables = [{"type": name, **arguments} for of, name, arguments in cases() if of == family]
    names = [name for name, found in kind.names().items() if not found.required()]
    count = 0
    for entry in [*tables, *names]:
        declared = kind.read(entry)
        if not is_available(declared.since) or (KERAS == (3, 12) and "muon" in str(entry).lower()):
            continue
        text = " ".join(lines(Objects(ProgramImports()).write(declared, entry)))
        assert isinstance(entry, dict) or text.strip("'\"") == entry
        with fresh_names():
            ours = eval(text, {"keras": keras})
            ours = home.get(ours) if isinstance(ours, str) and family not in ("loss", "metric") else ours
        with fresh_names():
            theirs = make(declared)
        assert keras.saving.serialize_keras_object(ours) == keras.saving.serialize_keras_object(theirs), text
        count += 1
    assert count


@pytest.mark.parametrize("entry", CALLBACKS, ids=str)
def test_program_has_every_callback(entry):
    declared = CALLBACK.read(entry)
    made = eval(" ".join(lines(Objects(ProgramImports()).write(declared, entry, False))), {"keras": keras})
    assert type(made) is type(make(declared))
    assert state(made) == state(make(declared))


@settings(max_examples=30)
@given(models(longest=4, illegal=0.0))
def test_random_stacks(model):
    result = examined({"model": model})
    if result is not None:
        assert_same_model(result)


def test_names_that_keras_counts_inside_of_a_base_model():
    layers = [
        {"type": "Rescaling", "scale": 2},
        {"type": "MobileNetV3Small", "include_top": False, "weights": "none", "pooling": "avg", "trainable": False},
        {"type": "Activation", "activation": "relu"},
        {"type": "Sequential", "trainable": False, "layers": [{"type": "Dense", "units": 2}, "Flatten"]},
    ]
    assert_same_model(examined({"model": {"input": [32, 32, 3], "layers": layers}}))


@pytest.mark.parametrize("name", sorted(set(LAYERS) & {descriptor.type for descriptor in DESCRIPTORS}))
def test_names_of_inner_layers_are_known(name):
    """A class that creates layers which the spec does not name has its row in `_LAYERS` of `codegen/layer_calls.py`."""
    if hasattr(keras.applications, name):
        return
    arguments = next(descriptor for descriptor in DESCRIPTORS if descriptor.type == name).arguments
    declared = layer_class(name)
    for given_arguments in arguments:
        if any(isinstance(value, (dict, list)) for value in given_arguments.values()):
            continue
        with fresh_names():
            try:
                construct({"type": name, **given_arguments})
            except Exception:
                # The table has arguments that Keras refuses.
                continue
            counted = set(global_state.get_global_attribute("object_name_uids"))
        counted -= {snake_case(name), "seed_generator", "keras_tensor"}
        assert counted <= set(hidden_names(declared.read({}, []) or object.__new__(declared))), given_arguments


# How it trains

TRAINED = {
    "model": {
        "name": "small",
        "input": ["T", 3],
        "layers": ["GlobalAveragePooling1D", {"type": "Dense", "units": 2, "activation": "softmax"}],
    },
    "target": {"kind": "multiclass", "classes": 2, "encoding": "one_hot"},
    "compile": {"optimizer": "sgd(0.1)", "loss": "categorical_crossentropy", "metrics": ["accuracy"]},
    "fit": [
        {"epochs": 2, "batch_size": 4, "verbose": 0, "class_weight": {"0": 1.0, "1": 2.5}},
        {
            "epochs": 4,
            "initial_epoch": 2,
            "verbose": 0,
            "shuffle": False,
            "callbacks": [{"type": "CSVLogger", "filename": "log.csv"}, "TerminateOnNaN"],
        },
    ],
    "data": {"validation": {}, "test": {"samples": 5}},
    "runtime": {"seed": 3},
    "save": {"filepath": "small.keras"},
    "report": {"filepath": "report.json", "evaluate": ["test", "validation"]},
}


def data():
    numbers = np.random.default_rng(0)
    return {
        f"{letter}_{name}": numbers.random(shape, dtype="float32")
        for name in ("train", "val", "test")
        for letter, shape in (("x", (8, 5, 3)), ("y", (8, 2)))
    }


def test_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = examined(TRAINED)
    names = run(program(result), data())
    with open("log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["2", "3"]
    assert {"accuracy", "val_accuracy"} <= set(rows[0])

    sets = data()
    model = built(result)
    for stage in result.spec.fit:
        validation = (sets["x_val"], sets["y_val"])
        model.fit(sets["x_train"], sets["y_train"], validation_data=validation, **fit_arguments(stage))
    for ours, theirs in zip(names["model"].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)

    saved = keras.saving.load_model("small.keras")
    assert saved.name == "small"
    report = json.loads(Path("report.json").read_text())
    assert list(report) == ["test", "validation"]
    assert report["test"]["loss"] == pytest.approx(model.evaluate(sets["x_test"], sets["y_test"], verbose=0)[0])


def test_a_model_that_draws_its_input_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = examined(str(ROOT / "examples/autoencoder.seqspec.toml"), ("fit.epochs=1",))
    names = run(program(result), {"x_train": np.zeros((2, 28, 28, 1), "float32")})
    assert names["model"].optimizer.iterations == 1


def test_program_exports_the_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = {
        "model": {
            "input": [8],
            "layers": [{"type": "Dense", "units": 8, "name": "wide"}, {"type": "Dense", "units": 1}],
        },
        "quantize": {"filters": ["wide"], "mode": "int8"} if KERAS >= (3, 13) else {"mode": "int8"},
        "save": {"overwrite": False, "filepath": "model.keras"},
        "export": {"filepath": "exported", "verbose": False},
    }
    names = run(program(examined(document)))
    assert names["model"].get_layer("wide").quantization_mode == "int8"
    assert keras.saving.load_model("model.keras").get_layer("wide").quantization_mode == "int8"
    assert Path("exported/saved_model.pb").exists()
