"""A spec trained by seqspec, and the program that `seqspec python` prints for it, give the same history."""

import re

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import seqspec
from tests.training.specs import samples, spec

X, Y = samples(90)
HEAD = {"type": "Dense", "units": 3, "activation": "softmax", "name": "head"}
HIDDEN = {"type": "Dense", "units": 6, "activation": "relu", "name": "hidden"}


def run_program(tree, same_order=False):
    """The histories of the program's calls of `fit`, and its model."""
    text = seqspec.to_python({**tree, "data": {"train": {}, "validation": {}}}, same_order=same_order)
    arrays = {"x_train": X[:60], "y_train": Y[:60], "x_val": X[60:], "y_val": Y[60:]}
    text = re.sub(r"^([xy]_\w+) = \.\.\..*\n", "", text, flags=re.M)
    text = text.replace("model.fit(", "histories.append(model.fit)\nfit(")
    histories = []

    def fit(*args, **kwargs):
        histories.append(histories.pop()(*args, verbose=0, **kwargs).history)

    names = {**arrays, "histories": histories, "fit": fit}
    exec(text, names)
    return histories, names["model"]


def assert_same(tree, tmp_path):
    run = seqspec.train(tree, {"train": (X[:60], Y[:60]), "validation": (X[60:], Y[60:])}, runs=tmp_path)
    fit = tree["fit"] if isinstance(tree["fit"], list) else [tree["fit"]]
    histories, model = run_program(tree, any(stage.get("shuffle", True) for stage in fit))
    for name, values in run.history.items():
        joined = [value for history in histories for value in history[name]]
        assert values == pytest.approx(joined, rel=1e-4, abs=1e-6), name
    expected = model.predict(X, verbose=0)
    assert np.allclose(run.model.predict(X, verbose=0), expected, atol=1e-4)
    return run


STAGES = [
    {"epochs": 2, "trainable": {"hidden": False}},
    {"epochs": 2, "trainable": {"hidden": True}, "learning_rate": 1e-3, "batch_size": 7, "class_weight": "balanced"},
]


@pytest.mark.parametrize(
    ("layers", "fit"),
    [
        ([HIDDEN, {"type": "Dropout", "rate": 0.3}, HEAD], {"epochs": 3, "batch_size": 16}),
        ([HIDDEN, "BatchNormalization", HEAD], STAGES),
        (["Normalization", HIDDEN, HEAD], [{"epochs": 1}, {"epochs": 2, "shuffle": False}]),
    ],
)
def test_same_history_with_shuffling(tmp_path, layers, fit):
    assert_same(spec(layers, fit=fit), tmp_path)


def test_the_order_needs_a_seed():
    from seqspec.codegen.write import NoProgram

    for tree in (spec(runtime=None), spec(fit={"shuffle": "batch"}), spec(fit={"validation_split": 0.2})):
        with pytest.raises(NoProgram, match="order of the samples"):
            seqspec.to_python(tree, same_order=True)
    assert "Ordered" not in seqspec.to_python(spec(fit={"shuffle": False}), same_order=True)


@pytest.mark.parametrize(
    ("layers", "fit"),
    [
        (["Normalization", HIDDEN, HEAD], {"epochs": 2}),
        ([{"type": "Rescaling", "scale": 0.5}, "Normalization", HEAD], {"epochs": 1}),
        ([HIDDEN, HEAD], {"epochs": 2, "class_weight": "balanced"}),
        ([HIDDEN, "BatchNormalization", HEAD], [{"epochs": 1, "batch_norm": "frozen"}]),
        (
            [{"type": "Sequential", "name": "base", "layers": [HIDDEN, "BatchNormalization"]}, HEAD],
            [
                {"epochs": 1, "trainable": {"base": False}},
                {"epochs": 1, "trainable": {"base": True}, "learning_rate": 1e-3},
                {"epochs": 1, "trainable": {"base": {"last": 1}}, "optimizer": "sgd(0.01)", "batch_norm": "trained"},
            ],
        ),
    ],
)
def test_same_history(tmp_path, layers, fit):
    stages = [{**stage, "shuffle": False, "batch_size": 10} for stage in (fit if isinstance(fit, list) else [fit])]
    assert_same(spec(layers, fit=stages), tmp_path)


OPTIMIZERS = ["sgd", "adam", "rmsprop", {"type": "AdamW", "weight_decay": 0.01}, {"type": "SGD", "momentum": 0.9}]
LAYERS = st.sampled_from([
    HIDDEN, {"type": "Dense", "units": 4, "activation": "tanh"}, "BatchNormalization", "LayerNormalization",
    "Normalization", {"type": "Dropout", "rate": 0.2}, {"type": "GaussianNoise", "stddev": 0.1},
    {"type": "Dense", "units": 5, "kernel_regularizer": "l2(0.01)"},
])  # fmt: skip


@pytest.mark.slow
@settings(max_examples=6, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    st.lists(LAYERS, max_size=3, unique_by=str), st.sampled_from(OPTIMIZERS), st.sampled_from([7, 16, 60]),
    st.integers(0, 9), st.booleans(),
)  # fmt: skip
def test_random_specs_train_save_load_and_predict_alike(tmp_path_factory, layers, optimizer, batch_size, seed, shuffle):
    tree = spec(
        [*layers, HEAD], fit={"epochs": 2, "batch_size": batch_size, "shuffle": shuffle}, runtime={"seed": seed},
        compile={"optimizer": optimizer, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
    )  # fmt: skip
    run = assert_same(tree, tmp_path_factory.mktemp("runs"))
    loaded = seqspec.load_run(run.path)
    assert np.allclose(loaded.predict(X).outputs, run.model.predict(X, verbose=0), atol=1e-6)
    keras.backend.clear_session()
