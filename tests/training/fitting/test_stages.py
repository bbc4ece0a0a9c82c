"""Stages of `[fit]`, preprocessing layers that learn from data, mixed precision, determinism."""

import keras
import numpy as np
import pytest

import seqspec
from tests.training.specs import samples, spec, table, write_csv

BASE = {
    "type": "Sequential", "name": "base",
    "layers": [
        {"type": "Dense", "units": 8, "activation": "relu", "name": "one"},
        {"type": "BatchNormalization", "name": "norm"},
        {"type": "Dense", "units": 8, "activation": "relu", "name": "two"},
    ],
}  # fmt: skip
HEAD = {"type": "Dense", "units": 3, "activation": "softmax", "name": "head"}
X, Y = samples(160)


def trained(tmp_path, stages, layers=None, **tables):
    tree = spec(layers or [BASE, HEAD], fit=stages, **tables)
    assert seqspec.check(tree).ok, seqspec.check(tree).diagnostics
    return seqspec.train(tree, (X, Y), runs=tmp_path), initial(tree)


def initial(tree):
    keras.utils.set_random_seed(tree.get("runtime", {}).get("seed", 0))
    return seqspec.build(tree)


def moved(run, before, base="base"):
    """Names of the weights within the base that training changed."""
    pairs = zip(run.model.get_layer(base).weights, before.get_layer(base).weights)
    return {
        f"{new.path.split('/')[-2]}.{new.name}" for new, old in pairs if not np.array_equal(new.numpy(), old.numpy())
    }


DENSE = {"one.kernel", "one.bias", "two.kernel", "two.bias"}
NORM = {"norm.gamma", "norm.beta"}
STATISTICS = {"norm.moving_mean", "norm.moving_variance"}


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        # The control: an unfrozen base moves altogether.
        ([{"epochs": 1}], DENSE | NORM | STATISTICS),
        ([{"epochs": 1, "trainable": {"base": False}}], set()),
        ([{"epochs": 1, "trainable": {"base": False}}, {"epochs": 1}], set()),
        ([{"epochs": 1, "trainable": {"base": False}}, {"epochs": 1, "trainable": {"base": True}}], DENSE),
        (
            [{"epochs": 1, "trainable": {"base": False}},
             {"epochs": 1, "trainable": {"base": True}, "batch_norm": "trained"}],
            DENSE | NORM | STATISTICS,
        ),
        ([{"epochs": 1, "trainable": {"base": {"last": 1}}}], {"two.kernel", "two.bias"}),
        ([{"epochs": 1, "batch_norm": "frozen"}], DENSE),
    ],
)  # fmt: skip
def test_stage_changes_only_its_trainable_weights(tmp_path, stages, expected):
    run, before = trained(tmp_path, stages)
    assert moved(run, before) == expected
    assert not np.array_equal(run.model.get_layer("head").get_weights()[0], before.get_layer("head").get_weights()[0])


def test_optimizer_and_learning_rate_of_a_stage(tmp_path):
    stages = [
        {"epochs": 2, "name": "first"},
        {"epochs": 1, "learning_rate": 1e-3},
        {"epochs": 1, "optimizer": {"type": "SGD", "learning_rate": 1e-4}},
        {"epochs": 1},
    ]
    run, _ = trained(tmp_path, stages, batch_size=None)
    lines = run.folder.history()
    assert [line["learning_rate"] for line in lines] == pytest.approx([1e-2, 1e-2, 1e-3, 1e-4, 1e-4])
    assert [line["stage"] for line in lines] == [0, 0, 1, 2, 3] and lines[0]["name"] == "first"
    assert type(run.model.optimizer).__name__ == "SGD"


def test_two_stages_of_transfer_learning(tmp_path):
    """What SEQ625 recommends: head first, then the last layers of the backbone with a low learning rate."""
    images = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3)).astype("uint8")
    tree = spec(
        [
            {"type": "Rescaling", "scale": "1/127.5", "offset": -1},
            {"type": "MobileNetV2", "include_top": False, "pooling": "avg", "trainable": False, "name": "base"},
            HEAD,
        ],
        {"shape": [32, 32, 3], "dtype": "uint8"},
        fit=[
            {"epochs": 1, "batch_size": 6},
            {"epochs": 1, "batch_size": 6, "trainable": {"base": {"last": 4}}, "learning_rate": 1e-5},
        ],
        compile={"optimizer": "adam(1e-3)", "loss": "sparse_categorical_crossentropy"},
    )  # fmt: skip
    assert "base-model-learning-rate" not in {each.name for each in seqspec.check(tree).diagnostics}
    high = {**tree, "fit": [tree["fit"][0], {**tree["fit"][1], "learning_rate": 1e-3}]}
    assert "base-model-learning-rate" in {each.name for each in seqspec.check(high).diagnostics}
    run = seqspec.train(tree, (images, Y[:12]), runs=tmp_path, download=False)
    base = run.model.get_layer("base")
    assert [layer.name for layer in base.layers if layer.trainable and layer.weights] == ["Conv_1"]
    assert [line["learning_rate"] for line in run.folder.history()] == pytest.approx([1e-3, 1e-5])


class TestAdapt:
    def test_normalization_learns_from_the_training_set_alone(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        tree = spec(
            [{"type": "Normalization"}, HEAD],
            data={"source": table(str(tmp_path / "data.csv")), "split": {"by": "time", "validation": 0.5}},
        )
        assert seqspec.check(tree).ok
        run = seqspec.train(tree, runs=tmp_path / "runs", allow_data=[tmp_path])
        x, _ = samples(120)
        layer = run.model.layers[0]
        assert np.allclose(layer.mean, x[:60].mean(axis=0), atol=1e-4)
        assert np.allclose(layer.variance, x[:60].var(axis=0), rtol=1e-3)
        assert "preprocessing-not-adapted" not in {each.name for each in seqspec.check(tree).diagnostics}

    def test_text(self, tmp_path):
        words = {"good": ["fine", "great", "lovely"], "bad": ["awful", "dull", "poor"]}
        generator = np.random.default_rng(0)
        texts, marks = [], []
        for number in range(120):
            mark = ["bad", "good"][number % 2]
            texts.append(" ".join(generator.choice([*words[mark], "the", "film", "was"], 6)))
            marks.append(mark)
        rows = "\n".join(f"{text},{mark}" for text, mark in zip(texts, marks))
        (tmp_path / "t.csv").write_text(f"review,mark\n{rows}\n")
        layers = [
            {"type": "TextVectorization", "max_tokens": 50, "output_sequence_length": 6},
            {"type": "Embedding", "input_dim": 50, "output_dim": 8},
            "GlobalAveragePooling1D",
            {"type": "Dense", "units": 1, "activation": "sigmoid"},
        ]
        tree = spec(
            layers, {"shape": [], "dtype": "string"}, target={"kind": "binary"},
            compile={"optimizer": "adam(0.05)", "loss": "binary_crossentropy", "metrics": ["accuracy"]},
            data={"source": {"type": "text", "path": str(tmp_path / "t.csv"), "column": "review", "label": "mark"},
                  "split": {"by": "random", "test": 0.25}},
            fit={"epochs": 12, "batch_size": 16},
        )  # fmt: skip
        run = seqspec.train(tree, runs=tmp_path / "runs", allow_data=[tmp_path])
        assert run.evaluation["test"]["metrics"]["accuracy"] >= 0.9
        loaded = seqspec.load_run(run.path)
        assert loaded.predict(np.array(["great lovely film", "the awful dull film"])).classes == ["good", "bad"]
        (tmp_path / "new.csv").write_text("review\na great film\n")
        assert len(loaded.predict(tmp_path / "new.csv")) == 1

    def test_lookup_and_discretization(self, tmp_path):
        colors = np.array(["red", "blue", "blue", "green"] * 30, dtype=object)[:, None]
        tree = spec(
            [
                {"type": "StringLookup", "max_tokens": 5}, {"type": "Embedding", "input_dim": 5, "output_dim": 4},
                "Flatten", HEAD,
            ],
            {"shape": [1], "dtype": "string"},
        )  # fmt: skip
        y = np.array([0, 1, 1, 2] * 30)
        run = seqspec.train(tree, (colors, y), runs=tmp_path)
        assert run.model.layers[0].get_vocabulary() == ["[UNK]", "blue", "red", "green"]
        tree = spec([{"type": "Discretization", "num_bins": 4, "output_mode": "multi_hot"}, HEAD])
        run = seqspec.train(tree, (X, Y), runs=tmp_path)
        assert np.allclose(run.model.layers[0].bin_boundaries, np.quantile(X, [0.25, 0.5, 0.75]), atol=0.3)

    def test_data_from_python_needs_no_source(self, tmp_path):
        tree = spec([{"type": "Normalization"}, HEAD], fit={"epochs": 1})
        run = seqspec.train(tree, (X, Y), runs=tmp_path)
        assert np.allclose(run.model.layers[0].mean, X.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_precision(tmp_path, policy):
    tree = spec(
        [{"type": "Dense", "units": 8, "activation": "relu"}, {**HEAD, "dtype": "float32"}],
        runtime={"seed": 7, "dtype_policy": policy}, fit={"epochs": 2},
    )  # fmt: skip
    run = seqspec.train(tree, (X, Y), runs=tmp_path)
    assert run.model.layers[0].compute_dtype in ("float16", "bfloat16")
    longer = seqspec.resume(run.path, (X, Y), epochs=1)
    whole = seqspec.train({**tree, "fit": {"epochs": 3}}, (X, Y), runs=tmp_path)
    assert longer.history == whole.history


def test_class_weights_are_counted_on_the_training_set(tmp_path):
    from seqspec.training.data.labels import balanced_weights

    y = np.array([0] * 60 + [1] * 30 + [2] * 10)
    assert balanced_weights(y, 3) == pytest.approx({0: 100 / 180, 1: 100 / 90, 2: 100 / 30})
    x = X[:100]
    plain = spec(fit={"epochs": 2, "shuffle": False, "batch_size": 100})
    given = {"0": 100 / 180, "1": 100 / 90, "2": 100 / 30}
    runs = [
        seqspec.train({**plain, "fit": {**plain["fit"], "class_weight": weight}}, (x, y), runs=tmp_path).history["loss"]
        for weight in ("balanced", given)
    ]
    assert runs[0] == runs[1] != seqspec.train(plain, (x, y), runs=tmp_path).history["loss"]


def test_steps_per_execution(tmp_path):
    from seqspec.core.check.check import Check
    from seqspec.training.fitting.stages import choose_steps_per_execution

    def chosen(steps=200, **tables):
        found = Check.of(spec(**tables)).spec
        return choose_steps_per_execution(found.compile, found.fit, steps)

    batchwise = {"type": "ModelCheckpoint", "filepath": "a.keras", "save_freq": 10}
    loss = {"loss": "sparse_categorical_crossentropy"}
    assert chosen() == 50 and chosen(9) == 9
    assert chosen(compile={**loss, "steps_per_execution": 3}) == 3
    assert chosen(compile={**loss, "run_eagerly": True}) == 1
    assert chosen(fit={"callbacks": [batchwise]}) == 1
    assert chosen(fit={"callbacks": [{**batchwise, "save_freq": "epoch"}]}) == 50
