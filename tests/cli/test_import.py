"""`seqspec import`: models of every version of Keras, and the errors for models that a spec cannot express."""

import copy
import json
import random
import time
import tomllib
import zipfile

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.diagnostics.violation import Violations
from seqspec.core.frontends.keras_json.sequential_model import import_model
from tests.hang import HANG
from tests.spec_text import to_toml

GLOROT = {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": None}}
FLOAT32 = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}


def layer(kind, **config):
    """A layer as Keras 3 writes it."""
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def model(*layers, **more):
    """A Sequential model as Keras 3 writes it."""
    start = layer("InputLayer", batch_shape=[None, 28, 28, 1], dtype="float32", name="input_layer")
    config = {"name": "sequential_4", "trainable": True, "dtype": FLOAT32, "layers": [start, *layers]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": "Sequential", **more}


CNN = model(
    layer(
        "Conv2D",
        name="conv2d_7",
        trainable=True,
        dtype=FLOAT32,
        filters=8,
        kernel_size=[3, 3],
        strides=[1, 1],
        padding="valid",
        data_format="channels_last",
        activation="relu",
        kernel_initializer=GLOROT,
        kernel_regularizer={"class_name": "L2", "config": {"l2": 0.0010000000474974513}},
        bias_constraint=None,
    ),
    layer("MaxPooling2D", name="pool", pool_size=[2, 2], strides=[2, 2], padding="valid", data_format="channels_last"),
    layer("Flatten", name="flatten_2", data_format="channels_last"),
    layer("Dense", name="head", units=10, activation="softmax", lora_rank=None, quantization_config=None),
    compile_config={
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": "Adam",
            "config": {"name": "adam", "learning_rate": 0.0010000000474974513, "beta_1": 0.8, "weight_decay": None},
        },
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "jit_compile": True,
        "run_eagerly": False,
    },
)
CNN_DOCUMENT = {
    "seqspec": 1,
    "model": {
        "input": [28, 28, 1],
        "layers": [
            {
                "type": "Conv2D",
                "filters": 8,
                "kernel_size": 3,
                "activation": "relu",
                "kernel_regularizer": {"type": "L2", "l2": 0.001},
            },
            {"type": "MaxPooling2D", "name": "pool"},
            "Flatten",
            {"type": "Dense", "units": 10, "activation": "softmax", "name": "head"},
        ],
    },
    "compile": {
        "optimizer": {"type": "Adam", "beta_1": 0.8},
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    },
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(content, *options, file="model.json"):
        (tmp_path / file).write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return CliRunner().invoke(cli, ["import", file, *options])

    return invoke


def layers_of(tree):
    return import_model(tree).tree["model"]["layers"]


def test_toml_on_standard_output(run):
    result = run(CNN)
    assert (result.exit_code, result.stderr) == (0, "")
    assert tomllib.loads(result.stdout) == CNN_DOCUMENT


def test_json_by_option(run):
    result = run(CNN, "--format", "json")
    assert json.loads(result.stdout) == CNN_DOCUMENT


def test_the_format_follows_the_suffix(run, tmp_path):
    result = run(CNN, "-o", "cnn.seqspec.json")
    assert result.stdout == "cnn.seqspec.json: 4 layers, 13,610 parameters\n"
    assert json.loads((tmp_path / "cnn.seqspec.json").read_text()) == CNN_DOCUMENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cnn.seqspec.json", "model.json"]


def test_a_keras_archive(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "cnn.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(CNN))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    result = CliRunner().invoke(cli, ["import", "cnn.keras"])
    assert tomllib.loads(result.stdout) == CNN_DOCUMENT


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89HDF\r\n\x1a\n....", "HDF5"),
        (b"PK\x03\x04....", "cannot be read"),
        (b"\xff\xfe{", "UTF-16"),
        (b"{", "error[SEQ001]"),
        (b"[]", "error[SEQ104] wrong-type: a spec must be a table, not a list"),
        (b"{}", "error[SEQ007] keras-config: this is not a Keras model: missing class_name"),
        (b'{"seqspec": 1}', "error[SEQ007] keras-config: this is already a spec"),
    ],
)
def test_a_file_that_holds_no_model(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.json").write_bytes(content)
    result = CliRunner().invoke(cli, ["import", "model.json", "-o", "out.toml"])
    assert result.exit_code == 1 and message in result.output
    assert not (tmp_path / "out.toml").exists()


def test_a_configuration_raises_the_limit_of_layers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    *layers, last = CNN["config"]["layers"]
    layers += [{"class_name": "Activation", "config": {"activation": "relu"}}] * 40 + [last]
    with zipfile.ZipFile("model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({**CNN, "config": {"layers": layers}}))
        archive.writestr("metadata.json", '{"keras_version": "3.12.0"}')
    for limit, codes in ((30, (1, 1)), (100, (0, 0))):
        (tmp_path / "seqspec.toml").write_text(f"limits = {{ layers = {limit} }}\n")
        results = [CliRunner().invoke(cli, [command, "model.keras"]) for command in ("check", "import")]
        assert tuple(result.exit_code for result in results) == codes, results[0].output
        assert all(("more than 30 layers" in result.output) == (limit == 30) for result in results)


def test_models_and_programs_that_are_too_large(tmp_path, monkeypatch):
    """Refused before they are read: by the number of layers, or by the size of the text."""
    monkeypatch.chdir(tmp_path)
    layer = {"class_name": "Dense", "config": {"units": 4, "activation": "relu"}}
    with zipfile.ZipFile("model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({**CNN, "config": {"layers": [layer] * 100_000}}))
        archive.writestr("metadata.json", '{"keras_version": "3.12.0"}')
    begun = time.process_time()
    found = CliRunner().invoke(cli, ["check", "model.keras"])
    assert found.exit_code == 1 and "the model has more than 10,000 layers" in found.output
    assert "raise limits.layers in seqspec.toml" in found.output
    large = CliRunner().invoke(cli, ["import", "model.keras"])
    assert large.exit_code == 1 and ("10,000 layers" in large.output or "is larger than 8,388,608" in large.output)
    text = "import keras\nx = [\n" + "  (1, 2, 'a', f(3)),\n" * 250_000 + "]\nm = keras.Sequential([])\n"
    (tmp_path / "model.py").write_text(text)
    assert "the limit is 1,048,576" in CliRunner().invoke(cli, ["import", "model.py"]).output
    assert time.process_time() - begun < HANG
    (tmp_path / "seqspec.toml").write_text("limits = { bytes = 100 }\n")
    (tmp_path / "model.py").write_text("x = 1\n" * 100)
    assert "the limit is 100" in CliRunner().invoke(cli, ["import", "model.py"]).output


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "not valid JSON"), ('{"cells": [', "not valid JSON"), ("[]", "not a Jupyter notebook"), ("{}", "no cells")],
)
def test_import_of_a_file_that_is_no_notebook_says_so(tmp_path, text, message):
    (tmp_path / "a.ipynb").write_text(text)
    result = CliRunner().invoke(cli, ["import", str(tmp_path / "a.ipynb")])
    assert result.exit_code == 1 and message in result.output


@pytest.mark.parametrize("command", ["import", "summary", "plot", "expand", "build"])
@pytest.mark.parametrize("text", ["print(1)\n", "print(\n", "import keras\n"])
def test_a_program_without_a_model_says_so(tmp_path, command, text):
    (tmp_path / "a.py").write_text(text)
    result = CliRunner().invoke(cli, [command, str(tmp_path / "a.py")])
    assert result.exit_code == 1 and "unreadable-file: no Keras model in this file" in result.output


def test_import_of_a_missing_file_fails():
    result = CliRunner().invoke(cli, ["import", "nowhere.json"])
    assert result.exit_code == 1 and "nowhere.json: error[SEQ002] unreadable-file: file not found" in result.output


def test_import_refuses_inexpressible_layers_at_their_pointer(run, tmp_path):
    (tmp_path / "out.toml").write_text("as it was")
    inner = [
        {"name": "x", **layer("InputLayer"), "inbound_nodes": []},
        {**layer("Add", name="sum"), "inbound_nodes": []},
    ]
    branches = layer("Functional", name="mobilenetv2_1.00_160", layers=inner)
    own = {**layer("Attention1D", units=3), "module": "my_layers", "registered_name": "my>Attention1D"}
    result = run(model(layer("Lambda", function={}), branches, own), "-o", "out.toml")
    assert result.exit_code == 1
    assert (tmp_path / "out.toml").read_text() == "as it was"
    for words in (
        "error[SEQ108] unsupported-layer: Lambda contains Python code and cannot be declared in a spec",
        'replace it with an equivalent layer, such as { type = "Rescaling"',
        "mobilenetv2_1.00_160 is a model with branches (Functional), not a layer",
        "the first layer that is not applied to the layer before it alone: sum (Add)",
        'write { type = "MobileNetV2", include_top = false }',
        "error[SEQ101] unknown-layer: Attention1D is a class of my_layers, not a Keras layer",
        "3 errors; no file written",
    ):
        assert words in result.stderr
    assert result.stderr.count('"class_name"') == 3


def chain(*calls, outputs=("b",), generation=3):
    """A Functional model of an input x and the Dense layers a and b, called with the given tensors."""

    def called(names):
        if generation < 3:
            return [[[name, 0, 0, {}] for name in names]]
        tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}} for name in names]
        return [{"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {"mask": None}}]

    layers = [{**layer("InputLayer", name="x", batch_shape=[None, 3]), "name": "x", "inbound_nodes": []}]
    for name, names in zip("ab", calls):
        layers.append({**layer("Dense", name=name, units=3), "name": name, "inbound_nodes": called(names)})
    ends = [[name, 0, 0] for name in outputs]
    config = {"name": "net", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": ends}
    return {"class_name": "Functional" if generation == 3 else "Model", "config": config}


@pytest.mark.parametrize("generation", [2, 3])
def test_a_functional_model_with_a_single_chain_is_a_stack(run, generation):
    found = tomllib.loads(run(chain(["x"], ["a"], generation=generation)).stdout)["model"]
    assert found == {
        "name": "net", "input": {"shape": [3], "name": "x"},
        "layers": [{"type": "Dense", "name": "a", "units": 3}, {"type": "Dense", "name": "b", "units": 3}],
    }  # fmt: skip
    inside = tomllib.loads(run(model(chain(["x"], ["a"], generation=generation))).stdout)["model"]["layers"]
    assert inside[0]["type"] == "Sequential" and len(inside[0]["layers"]) == 2


@pytest.mark.parametrize(
    ("tree", "branches"),
    [
        (chain(["x"], ["x"]), True),
        (chain(["x"], ["a", "x"]), True),
        (chain(["x"], ["a"], outputs="ab"), False),
        (chain(["x"], ["a"], outputs="a"), False),
    ],
    ids=["a layer without use", "two inputs", "two outputs", "an output inside"],
)
def test_a_functional_model_with_branches_is_refused(run, tree, branches):
    """The first layer where the layers are no chain is named."""
    result = run(tree)
    assert result.exit_code == 1
    assert "the file holds a Functional model, but a spec describes a Sequential model" in result.stderr
    assert ("not applied to the layer before it alone: b (Dense)" in result.stderr) == branches


def test_a_part_of_compile_that_a_spec_cannot_declare_is_omitted(run):
    tree = model(layer("Dense", units=2))
    tree["compile_config"] = {"optimizer": "adam", "loss": "mse", "loss_weights": [{"class_name": "Mine"}]}
    result = run(tree)
    assert result.exit_code == 0 and tomllib.loads(result.stdout)["compile"] == {"optimizer": "adam", "loss": "mse"}
    assert "note: [compile] loss_weights is omitted: its value cannot be declared in a spec" in result.stderr


@pytest.mark.parametrize(
    "dtype",
    [
        {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}},
        {"class_name": "Int4DTypePolicy", "config": {"mode": "int4/64", "source_name": "mixed_bfloat16"}},
        "int8_from_float32",
    ],
)
def test_a_quantized_layer_is_declared_as_it_was_before(run, dtype):
    dense = layer("Dense", units=2, dtype=dtype, quantization_config={"class_name": "Int8QuantizationConfig"})
    result = run(model(dense, layer("Dense", units=2, dtype=FLOAT32)))
    mode = "int4" if "int4" in str(dtype) else "int8"
    assert result.exit_code == 0, result.stderr
    first = tomllib.loads(result.stdout)["model"]["layers"][0]
    assert first == {"type": "Dense", "units": 2, **({"dtype": "mixed_bfloat16"} if mode == "int4" else {})}
    assert f"note: 1 layer is quantized to {mode}" in result.stderr


def test_a_functional_model_is_refused(run):
    result = run({"class_name": "Functional", "config": {"name": "model", "layers": []}})
    assert result.exit_code == 1
    assert "the file holds a Functional model, but a spec describes a Sequential model" in result.stderr


def test_import_notes_omitted_settings(run):
    own = {"module": "builtins", "class_name": "function", "config": "my_loss>loss", "registered_name": "function"}
    result = run(model(layer("Dense", units=3, gamma=2), compile_config={"optimizer": "adam", "loss": own}))
    assert result.exit_code == 0
    assert "note: Dense no longer has an argument gamma; it is omitted" in result.stderr
    assert "note: [compile] loss is omitted: my_loss>loss is a custom function" in result.stderr
    assert tomllib.loads(result.stdout)["compile"] == {"optimizer": "adam"}


def test_a_model_that_was_never_built(run, tmp_path):
    result = run({"class_name": "Sequential", "config": {"layers": [layer("Dense", units=3)]}}, "-o", "out.toml")
    assert result.exit_code == 1
    assert "note: the model was saved before it was built" in result.stderr
    assert "out.toml:3:1: error[SEQ201] missing-input" in result.stderr
    assert tomllib.loads((tmp_path / "out.toml").read_text())["model"] == {"layers": [{"type": "Dense", "units": 3}]}


def test_a_replaced_file_keeps_its_link_and_permissions(run, tmp_path):
    """The output is written through a symbolic link, with the permissions of the file that it replaces."""
    target = tmp_path / "target.toml"
    target.write_text("old")
    target.chmod(0o600)
    (tmp_path / "out.toml").symlink_to(target)
    assert run(CNN, "-o", "out.toml").exit_code == 0
    assert (tmp_path / "out.toml").is_symlink() and target.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(target.read_text()) == CNN_DOCUMENT


def test_a_folder_that_is_not_there(run):
    result = run(CNN, "-o", "nowhere/out.toml")
    assert result.exit_code == 1 and "No such file or directory" in result.output


def test_check_names_the_command(run):
    run(CNN)
    result = CliRunner().invoke(cli, ["check", "model.json"])
    assert "seqspec import model.json" in result.output


def test_keras_1():
    tree = {
        "class_name": "Sequential",
        "keras_version": "1.2.2",
        "config": [
            {
                "class_name": "Convolution2D",
                "config": {
                    "name": "convolution2d_1",
                    "batch_input_shape": [None, 3, 32, 32],
                    "nb_filter": 16,
                    "nb_row": 3,
                    "nb_col": 5,
                    "subsample": [2, 2],
                    "border_mode": "same",
                    "dim_ordering": "th",
                    "init": "he_normal",
                    "bias": False,
                    "activation": "linear",
                    "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.10000000149011612},
                    "b_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.0},
                    "W_constraint": {"name": "MaxNorm", "m": 4, "axis": 0},
                },
            },
            {"class_name": "ELU", "config": {"name": "elu_1", "alpha": 0.5}},
            {"class_name": "Flatten", "config": {"name": "flatten_1"}},
            {"class_name": "Dropout", "config": {"name": "dropout_1", "p": 0.20000000298023224}},
            {"class_name": "Dense", "config": {"name": "dense_1", "output_dim": 2, "input_dim": None, "init": "zero"}},
        ],
    }
    document = import_model(tree).tree
    assert document["model"] == {
        "input": [3, 32, 32],
        "layers": [
            {
                "type": "Conv2D",
                "filters": 16,
                "kernel_size": [3, 5],
                "strides": 2,
                "padding": "same",
                "data_format": "channels_first",
                "use_bias": False,
                "kernel_initializer": "he_normal",
                "kernel_regularizer": {"type": "L1L2", "l2": 0.1},
                "kernel_constraint": {"type": "MaxNorm", "max_value": 4},
            },
            {"type": "ELU", "alpha": 0.5},
            "Flatten",
            {"type": "Dropout", "rate": 0.2},
            {"type": "Dense", "units": 2, "kernel_initializer": "zero"},
        ],
    }
    assert seqspec.check(document).ok


def test_keras_1_recurrent_and_embedding():
    lstm = {
        "name": "lstm_1",
        "output_dim": 6,
        "inner_activation": "hard_sigmoid",
        "inner_init": "orthogonal",
        "forget_bias_init": "one",
        "consume_less": "cpu",
        "dropout_U": 0.1,
        "input_dim": 5,
        "input_length": None,
    }
    entries = [
        {
            "class_name": "Embedding",
            "config": {"input_dim": 9, "output_dim": 5, "input_length": None, "init": "uniform"},
        },
        {"class_name": "LSTM", "config": lstm},
    ]
    document = import_model({"class_name": "Sequential", "config": entries}).tree
    assert document["model"]["input"] == ["T"]
    assert document["model"]["layers"] == [
        {"type": "Embedding", "input_dim": 9, "output_dim": 5},
        {"type": "LSTM", "units": 6, "recurrent_activation": "hard_sigmoid", "recurrent_dropout": 0.1},
    ]
    assert seqspec.check(document).ok
    lone = import_model({"class_name": "Sequential", "config": entries[1:]}).tree
    assert lone["model"]["input"] == ["T", 5]


def test_before_keras_1():
    tree = {
        "name": "Sequential",
        "loss": "binary_crossentropy",
        "optimizer": {"name": "Adam", "lr": 0.0010000000474974513, "epsilon": 1e-08},
        "layers": [
            {"name": "Dense", "custom_name": "dense", "input_shape": [4], "output_dim": 3, "activation": "relu"},
            {"name": "Dense", "custom_name": "out", "output_dim": 1, "activation": "sigmoid"},
        ],
    }
    document = import_model(tree).tree
    assert document == {
        "seqspec": 1,
        "model": {
            "input": [4],
            "layers": [
                {"type": "Dense", "units": 3, "activation": "relu"},
                {"type": "Dense", "units": 1, "activation": "sigmoid", "name": "out"},
            ],
        },
        "compile": {"optimizer": {"type": "Adam", "epsilon": 1e-08}, "loss": "binary_crossentropy"},
    }
    assert seqspec.check(document).ok


def test_keras_2():
    glorot = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    tree = {
        "model_config": {
            "class_name": "Sequential",
            "config": {
                "name": "regressor",
                "layers": [
                    {
                        "class_name": "GRU",
                        "config": {
                            "name": "gru_3",
                            "batch_input_shape": {"class_name": "__tuple__", "items": [16, None, 4]},
                            "dtype": "float32",
                            "units": 8,
                            "kernel_initializer": {"class_name": "VarianceScaling", "config": glorot},
                            "implementation": 2,
                            "time_major": False,
                        },
                    },
                    {"class_name": "LeakyReLU", "config": {"name": "leaky_re_lu", "alpha": 0.10000000149011612}},
                    {"class_name": "BatchNormalization", "config": {"axis": [1], "fused": True, "renorm": False}},
                    {"class_name": "ThresholdedReLU", "config": {"theta": 2.0}},
                    {"class_name": "Dense", "config": {"units": 1, "activation": "linear"}},
                ],
            },
        },
        "training_config": {
            "loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error"}},
            "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "mae", "fn": "mean_absolute_error"}}]],
            "optimizer_config": {
                "class_name": "Adam",
                "config": {"learning_rate": 0.01, "decay": 0.001, "name": "Adam"},
            },
        },
    }
    imported = import_model(tree)
    assert imported.tree["model"] == {
        "name": "regressor",
        "input": {"shape": ["T", 4], "batch_size": 16},
        "layers": [
            {"type": "GRU", "units": 8, "reset_after": False},
            {"type": "LeakyReLU", "negative_slope": 0.1},
            {"type": "BatchNormalization", "axis": 1},
            {"type": "ReLU", "threshold": 2.0},
            {"type": "Dense", "units": 1},
        ],
    }
    assert imported.tree["compile"] == {
        "optimizer": {
            "type": "Adam",
            "learning_rate": {
                "type": "InverseTimeDecay",
                "initial_learning_rate": 0.01,
                "decay_steps": 1,
                "decay_rate": 0.001,
            },
        },
        "loss": {"type": "MeanSquaredError"},
        "metrics": ["mean_absolute_error"],
    }
    assert imported.notes == []
    assert seqspec.check(imported.tree).ok


def test_layers_inside_layers():
    lstm = {"name": "forward_lstm_2", "units": 4, "return_sequences": True, "zero_output_for_mask": True}
    back = {**lstm, "name": "backward_lstm_2", "go_backwards": True}
    tree = model(
        layer("TimeDistributed", layer=layer("Flatten", name="flatten")),
        layer("Bidirectional", layer=layer("LSTM", **lstm), backward_layer=layer("LSTM", **back), merge_mode="sum"),
        layer("RNN", cell=[layer("GRUCell", units=3), layer("LSTMCell", units=2)], name="stack"),
        layer("Sequential", name="head", layers=[layer("InputLayer", batch_shape=[None, 2]), layer("Dense", units=2)]),
    )
    assert layers_of(tree) == [
        {"type": "TimeDistributed", "layer": "Flatten"},
        {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 4, "return_sequences": True}, "merge_mode": "sum"},
        {"type": "RNN", "cell": [{"type": "GRUCell", "units": 3}, {"type": "LSTMCell", "units": 2}], "name": "stack"},
        {"type": "Sequential", "layers": [{"type": "Dense", "units": 2}], "name": "head"},
    ]
    assert seqspec.check(import_model(tree).tree).ok


def test_the_policy_of_most_layers_is_that_of_the_model():
    half = {**FLOAT32, "config": {"name": "mixed_float16"}}
    tree = model(
        layer("Flatten", dtype=half), layer("Dense", units=4, dtype=half), layer("Dense", units=2, dtype=FLOAT32)
    )
    document = import_model(tree).tree
    assert document["runtime"] == {"dtype_policy": "mixed_float16"}
    assert document["model"]["layers"] == [
        "Flatten",
        {"type": "Dense", "units": 4},
        {"type": "Dense", "units": 2, "dtype": "float32"},
    ]


ODD = [None, True, -1, 1.5, "", "Dense", "function", [], [[1]], {}, {"class_name": "__tuple__"}, {"class_name": 5}]
ODD += [{"class_name": "Adam", "config": 3}, {"class_name": "DTypePolicy", "config": {"name": 7}}, {"name": "L2"}]


def places(tree):
    """Every table or list in a tree with each of its keys."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, (dict, list)):
            yield from places(value)


def test_a_damaged_file_is_read_or_refused():
    rng = random.Random(1)
    for _ in range(300):
        tree = copy.deepcopy(CNN)
        for _ in range(rng.choice([1, 2, 4])):
            holder, key = rng.choice(list(places(tree)))
            if rng.random() < 0.2:
                del holder[key]
            else:
                holder[key] = copy.deepcopy(rng.choice(ODD))
        try:
            imported = import_model(tree)
        except Violations as several:
            assert several.items
        else:
            assert tomllib.loads(to_toml(imported.tree))
            seqspec.check(imported.tree)


def test_numbers_read_as_they_were_meant():
    tree = model(
        layer("Rescaling", scale=0.00392156862745098), layer("Dropout", rate=0.30000001192092896, name="drop.1")
    )
    assert layers_of(tree) == [
        {"type": "Rescaling", "scale": "1/255"},
        {"type": "Dropout", "rate": 0.3, "name": "drop.1"},
    ]
