"""Programs of a collection converted to specs, also in the spelling of older versions of Keras."""

import json
import subprocess
import sys

import pytest

import seqspec
from tests import ROOT

SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))

from collection import document, target  # noqa: E402

DENSE = {"class_name": "Dense", "config": {"units": 3, "activation": "softmax"}}


def program(**more):
    return {
        "input_shape": [8],
        "layers": [DENSE],
        "data": {"task": "multiclass", "num_classes": 3, "labels": "onehot", "y_shape": [3]},
        "compile": {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"]},
        "fit": {"epochs": 5},
        "faults": [],
        **more,
    }


def found(**more):
    return {each.name for each in seqspec.check(document(program(**more))).diagnostics if each.severity != "info"}


@pytest.mark.parametrize(
    ("data", "table"),
    [
        ({"task": None}, None),
        ({"task": "multi-class", "labels": "one-hot", "y_shape": [4]}, {"classes": 4, "encoding": "one_hot"}),
        ({"task": "multiclass", "labels": "int", "y_range": [0, 4]}, {"classes": 5, "encoding": "integer"}),
        (
            {"task": "multiclass", "labels": "float", "num_classes": 9, "y_range": [0, 0.03]},
            {"encoding": "integer", "range": [0, 0.03]},
        ),
        ({"task": "binary", "labels": "-1..1", "y_range": [-1, 1]}, {"kind": "regression", "range": [-1, 1]}),
        ({"task": "regression", "y_range": "unscaled prices", "y_shape": [1]}, {"kind": "regression", "shape": [1]}),
        ({"task": "regression", "y_range": "0..255"}, {"range": [0, 255]}),
        ({"task": "distribution", "y_shape": [6]}, {"classes": 6, "encoding": "probabilities"}),
        ({"task": "multilabel", "num_classes": 4, "y_shape": [4]}, {"kind": "multilabel", "classes": 4}),
        ({"task": "binary", "labels": "01", "class_balance": {"0": 27, "1": 5}}, {"class_counts": [27, 5]}),
        ({"task": "binary", "labels": "01", "class_balance": [0.9, 0.1]}, {"encoding": "integer"}),
        ({"task": "autoencoder"}, {"kind": "reconstruction"}),
    ],
)
def test_labels_of_programs_are_understood(data, table):
    assert target(data) is None if table is None else target(data).items() >= table.items()


@pytest.mark.parametrize(
    "more",
    [
        {"layers": [{"class_name": "Dense", "config": {"output_dim": 3, "init": "uniform", "activation": "softmax"}}]},
        {"layers": [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 8]}}, DENSE]},
        {"layers": [{"class_name": "Lambda", "config": {}}, {"class_name": "OwnLayer", "config": {}}, DENSE]},
        {"compile": {"loss": "kullback_leibler_divergence", "optimizer": "adam"}},
        {"compile": {"loss": "a_loss_of_its_own", "optimizer": "adam", "metrics": ["acc", "a_metric_of_its_own"]}},
        {
            "compile": {
                "loss": "categorical_crossentropy",
                "optimizer": {"class_name": "Adam", "config": {"lr": 0.01, "epsilon": None, "decay": 1e-6}},
            }
        },
        {
            "fit": {
                "epochs": 50,
                "callbacks": [
                    {"class_name": "ReduceLROnPlateau", "config": {"monitor": "loss", "patience": 2, "epsilon": 0.1}}
                ],
            }
        },
        {"fit": {"nb_epoch": 5, "verbose": 2, "workers": 4, "callbacks": [{"class_name": "Own", "config": {}}]}},
        {"input_shape": None, "batch_input_shape": [32, 8]},
        {"data": None},
    ],
)
def test_valid_programs_have_no_findings(more):
    assert found(**more) == set()


def test_a_batch_of_fixed_size_is_kept():
    recurrent = {"class_name": "LSTM", "config": {"units": 4, "stateful": True}}
    assert "unknown-size" not in found(layers=[recurrent, DENSE], batch_input_shape=[16, 5, 2])


def test_a_file_unlike_the_others_costs_only_itself(tmp_path):
    fault = {"what": "no softmax", "layer": [0], "category": "act_last", "visible": "spec"}
    bare = {"class_name": "Dense", "config": {"units": 3}}
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_text(json.dumps(program(layers=[bare], faults=[fault])))
    (tmp_path / "c.fixed.json").write_text(json.dumps(program()))
    run = subprocess.run([sys.executable, SCRIPTS / "score", tmp_path], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[:3] == [
        "faults told in place: 1 of 1",
        "faulty programs with a finding: 1 of 1",
        "repaired programs with a finding: 0 of 1, and 0 with further known problems",
    ]
    assert [line.partition(":")[2].split(":")[0].strip() for line in run.stdout.splitlines()[3:]] == ["a", "b"]
