"""A spec trained by seqspec, and the program that `seqspec python` prints for it, give the same history."""

import os
import re
import shutil

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import seqspec
from tests.training.specs import samples, spec

X, Y = samples(90)
HEAD = {"type": "Dense", "units": 3, "activation": "softmax", "name": "head"}
HIDDEN = {"type": "Dense", "units": 6, "activation": "relu", "name": "hidden"}


def run_program(tree, same_order=False, x=X, y=Y):
    """The histories of the program's calls of `fit`, and its model."""
    text = seqspec.to_python({**tree, "data": {"train": {}, "validation": {}}}, same_order=same_order)
    arrays = {"x_train": x[:60], "y_train": y[:60], "x_val": x[60:], "y_val": y[60:]}
    text = re.sub(r"^([xy]_\w+) = \.\.\..*\n", "", text, flags=re.M)
    text = text.replace("model.fit(", "histories.append(model.fit)\nfit(")
    histories = []

    def fit(*args, **kwargs):
        histories.append(histories.pop()(*args, verbose=0, **kwargs).history)

    names = {**arrays, "histories": histories, "fit": fit}
    exec(text, names)
    return histories, names["model"]


def assert_same(tree, tmp_path, x=X, y=Y):
    run = seqspec.train(tree, {"train": (x[:60], y[:60]), "validation": (x[60:], y[60:])}, runs=tmp_path)
    fit = tree["fit"] if isinstance(tree["fit"], list) else [tree["fit"]]
    histories, model = run_program(tree, any(stage.get("shuffle", True) for stage in fit), x, y)
    for name, values in run.history.items():
        # A callback of one stage logs a learning rate that the other stages lack.
        joined = [float(np.mean(value)) for history in histories for value in history.get(name, ())]
        assert [value for value in values if value is not None] == pytest.approx(joined, rel=1e-4, abs=1e-6), name
    expected = model.predict(x, verbose=0)
    assert np.allclose(run.model.predict(x, verbose=0), expected, atol=1e-4)
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


def test_a_learning_rate_instead_of_a_schedule(tmp_path):
    schedule = {"type": "CosineDecay", "initial_learning_rate": 0.01, "decay_steps": 10}
    compiled = {"optimizer": {"type": "Adam", "learning_rate": schedule}, "loss": "sparse_categorical_crossentropy"}
    assert_same(spec(fit=[{"epochs": 1}, {"epochs": 1, "learning_rate": 1e-3}], compile=compiled), tmp_path)


def test_the_order_needs_a_seed():
    from seqspec.core.codegen.write import NoProgram

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


def shaped(shape, target, seed):
    """90 random samples of this shape, with labels that depend on them."""
    generator = np.random.default_rng(seed)
    x = generator.normal(generator.normal(), generator.uniform(0.5, 3), (90, *shape)).astype("float32")
    score = x.reshape(90, -1).mean(axis=1)
    match target["kind"]:
        case "binary":
            return x, (score > np.median(score)).astype("int32")
        case "regression":
            return x, score[:, None].astype("float32")
        case "multilabel":
            return x, (x.reshape(90, -1)[:, :3] > 0).astype("float32")
    y = np.digitize(score, np.quantile(score, [0.33, 0.66])).astype("int32")
    return x, np.eye(3, dtype="float32")[y] if target.get("encoding") == "one_hot" else y


def dense(units, activation=None):
    return {"type": "Dense", "units": units, **({"activation": activation} if activation else {})}


TARGETS = st.sampled_from([
    ({"kind": "binary"}, dense(1, "sigmoid"), "binary_crossentropy", ["accuracy", "auc"]),
    ({"kind": "binary"}, dense(1), {"type": "BinaryCrossentropy", "from_logits": True}, []),
    ({"kind": "multiclass", "classes": 3}, dense(3, "softmax"), "sparse_categorical_crossentropy", ["accuracy"]),
    ({"kind": "multiclass", "classes": 3}, dense(3),
     {"type": "SparseCategoricalCrossentropy", "from_logits": True}, ["accuracy"]),
    ({"kind": "multiclass", "classes": 3, "encoding": "one_hot"}, dense(3, "softmax"), "categorical_crossentropy",
     ["accuracy", "f1_score"]),
    ({"kind": "multilabel", "classes": 3}, dense(3, "sigmoid"), "binary_crossentropy", []),
    ({"kind": "regression"}, dense(1), "mse", ["mae"]),
    ({"kind": "regression"}, dense(1), {"type": "Huber", "delta": 0.5}, ["root_mean_squared_error"]),
])  # fmt: skip
EVERYWHERE = [
    "BatchNormalization", "LayerNormalization", "Normalization", {"type": "Dropout", "rate": 0.2},
    {"type": "GaussianNoise", "stddev": 0.1}, {"type": "GaussianDropout", "rate": 0.2},
    {"type": "Rescaling", "scale": 0.5},
    {"type": "Activation", "activation": "elu"}, {"type": "LeakyReLU"}, {"type": "UnitNormalization"},
    dense(4, "tanh"), {"type": "Dense", "units": 5, "kernel_regularizer": "l2(0.01)"},
    {"type": "Dense", "units": 5, "kernel_constraint": "max_norm(2)", "kernel_initializer": "orthogonal"},
    {"type": "ActivityRegularization", "l2": 0.01},
]  # fmt: skip
BY_RANK = {
    (5,): [*EVERYWHERE, {"type": "Reshape", "target_shape": [-1]}],
    (6, 3): [
        *EVERYWHERE, {"type": "Conv1D", "filters": 4, "kernel_size": 2, "padding": "causal"},
        {"type": "LSTM", "units": 3, "return_sequences": True}, {"type": "SpatialDropout1D", "rate": 0.2},
        {"type": "Bidirectional", "layer": {"type": "GRU", "units": 2, "return_sequences": True}},
        {"type": "TimeDistributed", "layer": dense(3)}, {"type": "SeparableConv1D", "filters": 3, "kernel_size": 2},
    ],
    (6, 6, 2): [
        *EVERYWHERE, {"type": "Conv2D", "filters": 3, "kernel_size": 3, "padding": "same", "activation": "relu"},
        {"type": "DepthwiseConv2D", "kernel_size": 2, "padding": "same"}, {"type": "RandomFlip", "mode": "horizontal"},
        {"type": "SpatialDropout2D", "rate": 0.2}, {"type": "GroupNormalization", "groups": 1},
        {"type": "RandomTranslation", "height_factor": 0.1, "width_factor": 0.1},
    ],
}  # fmt: skip
POOLS = {(5,): [None], (6, 3): ["Flatten", "GlobalAveragePooling1D", {"type": "LSTM", "units": 4}],
         (6, 6, 2): ["Flatten", "GlobalMaxPooling2D"]}  # fmt: skip
OPTIMIZERS = st.sampled_from([
    "sgd", "adam", "rmsprop", "adagrad", "nadam", {"type": "AdamW", "weight_decay": 0.01},
    {"type": "Adam", "clipnorm": 1.0},
    {"type": "SGD", "momentum": 0.9, "nesterov": True}, {"type": "Adam", "use_ema": True}, "lion(1e-3)",
    {"type": "Adam", "learning_rate": {"type": "CosineDecay", "initial_learning_rate": 0.01, "decay_steps": 10}},
])  # fmt: skip
CALLBACKS = st.lists(st.sampled_from([
    {"type": "EarlyStopping", "monitor": "val_loss", "patience": 1, "restore_best_weights": True},
    {"type": "ReduceLROnPlateau", "monitor": "loss", "patience": 1, "min_delta": 0.1}, "TerminateOnNaN",
]), max_size=1)  # fmt: skip
STAGE = st.fixed_dictionaries(
    {"epochs": st.integers(1, 2), "batch_size": st.sampled_from([7, 16, 60, 100])},
    optional={"validation_freq": st.just(1), "validation_batch_size": st.just(13)},
)


@st.composite
def trainings(draw):
    """A spec that trains, and its data."""
    target, head, loss, metrics = draw(TARGETS)
    shape = draw(st.sampled_from(list(BY_RANK)))
    layers = draw(st.lists(st.sampled_from(BY_RANK[shape]), max_size=4, unique_by=str))
    pool = draw(st.sampled_from(POOLS[shape]))
    shuffle = draw(st.booleans())
    optimizer, callbacks = draw(OPTIMIZERS), draw(CALLBACKS)
    stages = [{**stage, "shuffle": shuffle} for stage in draw(st.lists(STAGE, min_size=1, max_size=2))]
    if isinstance(optimizer, dict) and isinstance(optimizer.get("learning_rate"), dict):
        # Keras refuses to change the learning rate of a schedule.
        callbacks = [each for each in callbacks if "ReduceLROnPlateau" not in str(each)]
    if callbacks:
        stages[0]["callbacks"] = callbacks
    if target["kind"] == "multiclass" and draw(st.booleans()):
        stages[-1]["class_weight"] = "balanced"
    if len(stages) == 2 and draw(st.booleans()):
        stages[1]["learning_rate"] = 1e-3
    named = [{**each, "name": "out"} if each is head else each for each in [*layers, *([pool] if pool else []), head]]
    tree = spec(
        named, shape, target=target, fit=stages, runtime={"seed": draw(st.integers(0, 99))},
        compile={"optimizer": optimizer, "loss": loss, **({"metrics": metrics} if metrics else {})},
    )  # fmt: skip
    return tree, shaped(shape, target, draw(st.integers(0, 99)))


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("SEQSPEC_TRAININGS", "6")), deadline=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(trainings())
def test_random_specs_train_save_load_and_predict_alike(tmp_path_factory, training):
    """SEQSPEC_TRAININGS sets how many."""
    tree, (x, y) = training
    folder = tmp_path_factory.mktemp("runs")
    assume(seqspec.check(tree).ok)
    run = assert_same(tree, folder, x, y)
    loaded = seqspec.load_run(run.path)
    outputs = run.model.predict(x, verbose=0)
    assert np.allclose(loaded.predict(x).outputs, outputs, atol=1e-6)
    assert np.array_equal(np.load(written(run, x, folder)), loaded.predict(x).outputs)
    shutil.rmtree(folder)
    keras.backend.clear_session()


def written(run, x, folder):
    """The file that `predict` writes for an array in a file."""
    np.save(folder / "x.npy", x)
    run.predict_file(str(folder / "x.npy"), folder / "out.npy")
    return folder / "out.npy"
