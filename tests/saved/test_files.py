"""Files of every generation of Keras, without Keras: both readings in NumPy compute what the generation predicted."""

import json
import shutil

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.compiler.saved_models import convert, prove_converted
from seqspec.diagnostics.violation import Violations
from seqspec.importers.saved.errors import SavedModelError
from seqspec.importers.saved.reading.context import Tensor, Unknown
from seqspec.importers.saved.reading.layers import read_stack
from seqspec.importers.saved.saved_model import Generation
from tests.saved.files import FOLDER, GONE, MASKED, MOVED, names, saved

UNREAD = {"k315_norm_h5": ["group_normalization and all layers after it (GroupNormalization)"]}


def converted(name):
    model = saved(name)
    return model, convert(model.file, architecture=model.architecture, theano=model.theano)


@pytest.mark.parametrize("name", [name for name in names() if name not in (MASKED, GONE, MOVED)])
def test_every_file(name):
    model, found = converted(name)
    assert found.result.report.ok
    proof = prove_converted(found)
    assert proof.unread == UNREAD.get(name, [])
    assert proof.difference < 1e-5
    readings = [(found.conversion.source, found.conversion.generation), (found.conversion.target, Generation(3))]
    for nodes, generation in readings:
        try:
            y = read_stack(nodes, Tensor(model.input), generation).values
        except Unknown:
            assert name in UNREAD
            continue
        np.testing.assert_allclose(y, model.predictions, atol=1e-5)


RULES = {
    "k1_lstm": {"gates of Keras 1 joined": 1, "hard_sigmoid rescaled by 1.2": 1},
    "k1_conv2d_th": {
        "kernels of dim_ordering th transposed": 2,
        "channels_first replaced by Permute and channels_last": 1,
    },
    "k1_conv1d": {"kernels of Conv1D of Keras 1 reshaped": 2},
    "k1_nested_frozen": {"nested weights split by trainable": 2},
    "k1_dense_hard_sigmoid": {
        "hard_sigmoid rescaled by 1.2": 1,
        "Rescaling(1.2) inserted before hard_sigmoid": 1,
    },
    "k1_deconv": {"kernels of Deconvolution2D transposed": 1},
    "k1_theano_conv1d": {
        "kernels of Conv1D of Keras 1 reshaped": 2,
        "kernels of Theano flipped": 2,
        "padding of Theano written as ZeroPadding": 1,
    },
    "k224_cudnn_lstm_bi": {"CuDNN weights converted": 2},
    "k315_norm_h5": {},
}


@pytest.mark.parametrize("name", RULES)
def test_the_uses_of_rules_are_counted(name):
    assert dict(converted(name)[1].conversion.ledger.uses) == RULES[name]


def test_a_difference_that_only_masked_steps_have():
    _, found = converted(MASKED)
    with pytest.raises(SavedModelError, match="masked time steps") as caught:
        prove_converted(found)
    assert caught.value.reason == "predictions-differ"


def test_a_layer_that_is_gone_is_named_before_its_weights():
    with pytest.raises(Violations) as caught:
        converted(GONE)
    assert [(violation.rule, violation.path) for violation in caught.value.items] == [
        ("unsupported-layer", ("config", "layers", 0, "class_name"))
    ]


def test_a_layer_that_computes_something_else_today():
    with pytest.raises(SavedModelError) as caught:
        converted(MOVED)
    assert caught.value.reason == "removed-from-keras"


def test_a_rule_that_is_left_out_is_found(monkeypatch):
    from seqspec.importers.saved.rules import hard_sigmoid

    monkeypatch.setattr(hard_sigmoid, "FACTOR", 1.0)
    _, found = converted("k1_lstm")
    with pytest.raises(SavedModelError) as caught:
        prove_converted(found)
    assert caught.value.reason == "predictions-differ"


def run(*arguments):
    return CliRunner().invoke(cli, ["import", *map(str, arguments)])


def test_the_command(tmp_path):
    spec, weights = tmp_path / "model.toml", tmp_path / "model.weights.h5"
    result = run(saved("k1_lstm").file, "-o", spec, "--weights", weights, "--verify", "numpy")
    assert result.exit_code == 0
    assert "hard_sigmoid rescaled by 1.2: 1 time\n" in result.stdout
    assert "verified: 2 layers" in result.stdout
    assert [layer.type for layer in seqspec.check(spec).layers] == ["LSTM", "Dense"]
    with h5py.File(weights) as file:
        assert file["layers/lstm/cell/vars/0"].shape == (3, 20)
        assert sorted(file["layers"]) == ["dense", "lstm"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.toml", "model.weights.h5"]


def test_check_in_place():
    report = seqspec.check(saved("k224_gru_reset_after").file)
    assert [layer.type for layer in report.layers] == ["GRU", "GRU", "Dense"]
    assert report.ok
    archive = seqspec.check(saved("tk215_gru_keras").file)
    assert [layer.type for layer in archive.layers] == ["GRU", "GRU", "Dense"]


def test_only_weights_need_an_architecture(tmp_path):
    result = run(saved("k1_th_weights").file, "--verify", "numpy")
    assert result.exit_code == 1
    assert "error[architecture-missing]" in result.stderr
    result = run(saved("k1_th_weights").file, "--architecture", FOLDER / "k1_th_weights.json", "--verify", "numpy")
    assert result.exit_code == 0


def changed(tmp_path, change, name="k1_lstm"):
    """A copy of a file after a change of its HDF5."""
    target = tmp_path / "model.h5"
    shutil.copy(saved(name).file, target)
    with h5py.File(target, "r+") as file:
        change(file)
    return target


def drop(file):
    group = file["model_weights/dense_1"]
    del group["dense_1_b:0"]
    group.attrs["weight_names"] = group.attrs["weight_names"][:1]


def more(file):
    file["model_weights/dense_1"]["other"] = np.zeros(3)


def reshaped(file):
    group = file["model_weights/dense_1"]
    del group["dense_1_W:0"]
    group["dense_1_W:0"] = np.zeros((4, 2), "f4")


@pytest.mark.parametrize(
    ("change", "reason"), [(drop, "weights-missing"), (more, "weights-left-over"), (reshaped, "weights-shape")]
)
def test_arrays_that_do_not_fit(tmp_path, change, reason):
    spec = tmp_path / "out" / "model.toml"
    spec.parent.mkdir()
    result = run(changed(tmp_path, change), "-o", spec, "--weights", spec.with_name("w.weights.h5"))
    assert result.exit_code == 1
    assert f"error[{reason}]" in result.stderr
    assert not list(spec.parent.iterdir())


def config_of(file):
    return json.loads(file.attrs["model_config"])


def with_time_major(file):
    config = config_of(file)
    config["config"][0]["config"]["time_major"] = True
    file.attrs["model_config"] = json.dumps(config)


def with_lambda(file):
    config = config_of(file)
    config["config"].append({"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None, None], "name": "l"}})
    file.attrs["model_config"] = json.dumps(config)


@pytest.mark.parametrize(("change", "reason"), [(with_time_major, "removed-from-keras"), (with_lambda, "holds-code")])
def test_what_keras_3_does_not_compute(tmp_path, change, reason):
    result = run(changed(tmp_path, change), "--verify", "numpy")
    assert result.exit_code == 1
    assert f"error[{reason}]" in result.stderr


def test_a_missing_package(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    result = run(saved("k1_lstm").file)
    assert result.exit_code == 1
    assert "pip install 'keras-seqspec[import]'" in result.stderr


def test_the_name_of_the_weights():
    result = run(saved("k1_lstm").file, "--weights", "weights.h5")
    assert result.exit_code == 2
    assert ".weights.h5" in result.stderr
