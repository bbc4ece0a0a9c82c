"""Saved models that contain a model of keras.applications."""

import json
import tomllib
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from tests.random_weights import randomize

pytestmark = pytest.mark.needs("keras")


def save_with_head(kind, size, path, frozen=0, **arguments):
    """Saves a base model with random weights and a head; `frozen` is the number of its layers that are not trained."""
    import keras

    base = getattr(keras.applications, kind)(include_top=False, weights=None, **arguments)
    for layer in base.layers[:frozen]:
        layer.trainable = False
    layers = [keras.Input((size, size, 3)), keras.layers.Rescaling(1 / 127.5, -1), base]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(3)])
    randomize(model, np.random.default_rng(0))
    model.save(path)
    return model


def run(*arguments):
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.mark.parametrize(("kind", "size", "arguments", "layer"), [
    ("MobileNetV2", 96, {"input_shape": (96, 96, 3), "alpha": 0.35}, {"alpha": 0.35}),
    pytest.param(
        "MobileNetV2", 65, {"pooling": "max", "name": "mobilenetv2_mine"},
        {"pooling": "max", "input_shape": ["?", "?", 3], "name": "mobilenetv2_mine"}, marks=pytest.mark.slow,
    ),
    pytest.param("EfficientNetB0", 64, {"input_shape": (64, 64, 3)}, {}, marks=pytest.mark.nightly),
    pytest.param("ResNet50", 32, {"input_shape": (32, 32, 3), "pooling": "avg"}, {"pooling": "avg"},
                 marks=pytest.mark.nightly),
])  # fmt: skip
def test_a_base_model_becomes_a_layer_with_its_weights(kind, size, arguments, layer, tmp_path):
    model = save_with_head(kind, size, tmp_path / "m.keras", **arguments)
    done = run("import", tmp_path / "m.keras", "-o", tmp_path / "m.toml", "--weights", tmp_path / "m.weights.h5")
    assert done.exit_code == 0, done.output
    found = tomllib.loads((tmp_path / "m.toml").read_text())["model"]["layers"][1]
    assert found == {"type": kind, "include_top": False, "weights": "none", **layer}
    checked = seqspec.check(tmp_path / "m.keras")
    assert checked.ok and [entry.type for entry in checked.layers][1] == kind
    built = seqspec.build(tmp_path / "m.toml")
    built.load_weights(tmp_path / "m.weights.h5")
    x = np.random.default_rng(1).uniform(0, 255, (4, size, size, 3)).astype("float32")
    expected = model.predict(x, verbose=0)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(built.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_the_weights_of_a_base_model_in_hdf5_are_refused_and_its_architecture_is_checked(tmp_path):
    save_with_head("MobileNetV2", 32, tmp_path / "m.h5", input_shape=(32, 32, 3), alpha=0.35)
    assert seqspec.check(tmp_path / "m.h5").ok
    assert "save it as .keras" in run("import", tmp_path / "m.h5").output


@pytest.mark.slow
def test_a_model_that_keras_does_not_build_is_refused(tmp_path):
    save_with_head("MobileNetV2", 32, tmp_path / "m.keras", input_shape=(32, 32, 3), alpha=0.35)
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        tree = json.loads(archive.read("config.json"))
    layer = next(each for each in tree["config"]["layers"][2]["config"]["layers"] if each["name"] == "Conv1_relu")
    layer["config"]["max_value"] = 5.0
    (tmp_path / "changed.json").write_text(json.dumps(tree))
    assert "model with branches" in run("import", tmp_path / "changed.json").output
    layer["config"]["max_value"] = 6.0
    (tmp_path / "changed.json").write_text(json.dumps(tree))
    assert run("import", tmp_path / "changed.json").exit_code == 0
    # Some of its layers are frozen, which a spec cannot declare.
    save_with_head("MobileNetV2", 32, tmp_path / "m.keras", frozen=30, input_shape=(32, 32, 3), alpha=0.35)
    assert run("import", tmp_path / "m.keras").exit_code == 1
