"""`--layout channels_last`: a converted model computes the same on its transposed input."""

import json
import tomllib

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.saved_models.converted_model import build_converted, check_conversion, convert
from seqspec.saved_models.numpy_layers.layer_table import call_layers
from seqspec.saved_models.numpy_layers.tensor import MaskedTensor
from seqspec.saved_models.saved_model import SavedModelError, WriterVersions
from seqspec.saved_models.version_fixes import channels_last as layout
from tests.saved_models.files import saved

ROWS = "rows of a kernel after Flatten reordered"
MOVED = "channels_first replaced by channels_last"
FIRST = {"data_format": "channels_first"}


@pytest.mark.parametrize("name", ["k1_conv2d_th", "k1_th_weights", "k224_conv2d_first_mixed"])
def test_moved_channels_keep_the_predictions(name):
    model = saved(name)
    found = convert(model.file, architecture=model.architecture, move_channels=True)
    conversion = found.conversion
    shape = found.tree["model"]["input"]
    assert shape == [*model.input.shape[2:], model.input.shape[1]]
    assert conversion.notes.fixes[MOVED] and conversion.notes.fixes[ROWS] == name.startswith("k1")
    # The third model has a softmax, which is computed along the last axis, the width in the file.
    assert ("Permute" in json.dumps(found.tree)) == (not name.startswith("k1"))
    assert check_conversion(found).difference < 1e-5
    values = conversion.layout.as_converted(model.input)
    y = call_layers(conversion.target, MaskedTensor(values), WriterVersions(3)).values
    np.testing.assert_allclose(y, model.predictions, atol=1e-5)


def test_comparison_detects_rows_that_are_not_reordered(monkeypatch):
    monkeypatch.setattr(layout, "_rows", lambda channels: lambda array: array)
    with pytest.raises(SavedModelError, match="computes something else") as caught:
        check_conversion(convert(saved("k1_conv2d_th").file, move_channels=True))
    assert caught.value.reason == "predictions-differ"


@pytest.mark.parametrize("name", ["k1_lstm", "tfjs_separable"])
def test_model_without_channels_first_is_refused(name):
    with pytest.raises(SavedModelError, match="no layer of the model has channels_first") as caught:
        convert(saved(name).file, move_channels=True)
    assert caught.value.reason == "layout"


def test_layer_that_mixes_channels_before_the_first_convolution_is_refused(tmp_path):
    """Its output, not the input of the model, has the channels first."""
    file = tmp_path / "m.h5"
    with h5py.File(saved("k224_conv2d_first_mixed").file) as source, h5py.File(file, "w") as target:
        for key in source:
            source.copy(key, target)
        config = json.loads(source.attrs["model_config"])
        config["config"]["layers"].insert(0, {"class_name": "Permute", "config": {"name": "p", "dims": [1, 2, 3]}})
        shape = config["config"]["layers"][1]["config"].pop("batch_input_shape")
        config["config"]["layers"][0]["config"]["batch_input_shape"] = shape
        target.attrs.update(source.attrs)
        target.attrs["model_config"] = json.dumps(config)
    with pytest.raises(SavedModelError, match=r"'p' \(Permute\) is before the first layer"):
        convert(str(file), move_channels=True)


def stack(*layers, shape=(3, 9, 8)):
    import keras

    model = keras.Sequential([keras.Input(shape), *layers])
    numbers = np.random.default_rng(1)
    for weight in model.weights:
        least = 0.5 if "variance" in weight.path else -0.5
        weight.assign(numbers.uniform(least, least + 1, weight.shape))
    return model


def models():
    import keras

    sequential, layer = keras.Sequential, keras.layers
    return {
        "cnn": (
            layer.Conv2D(4, 3, activation="relu", **FIRST),
            layer.BatchNormalization(axis=1),
            layer.MaxPooling2D(2, **FIRST),
            layer.Flatten(),
            layer.BatchNormalization(),
            layer.PReLU(),
            layer.Dense(5),
        ),
        "prelu": (
            layer.ZeroPadding2D(1, **FIRST),
            layer.Conv2D(4, 3, **FIRST),
            layer.PReLU(),
            layer.GlobalMaxPooling2D(**FIRST),
        ),
        "nested": (
            sequential([layer.Rescaling(0.5), layer.SeparableConv2D(4, 3, depth_multiplier=2, **FIRST)]),
            sequential([layer.AveragePooling2D(2, **FIRST), layer.Flatten()]),
            sequential([layer.Dense(4), layer.Dense(2)]),
        ),
        "mixed": (
            layer.Conv2D(4, 3, **FIRST),
            layer.LayerNormalization(axis=[1, 2, 3]),
            layer.Conv2D(3, 2, **FIRST),
            layer.Flatten(),
            layer.Dense(2, lora_rank=1),
        ),
        "images": (
            layer.Conv2D(4, 3, padding="same", **FIRST),
            layer.UpSampling2D(2, **FIRST),
            layer.Activation("tanh"),
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", ["cnn", "prelu", "nested", "mixed", "images"])
def test_moved_models_of_keras_3_run_without_a_gpu(tmp_path, name, ending):
    """TensorFlow cannot compute them as they are; the second reading in NumPy can, and agrees."""
    model = stack(*models()[name])
    file = tmp_path / f"m{ending}"
    model.save(file)
    found = convert(str(file), move_channels=True)
    assert found.tree["model"]["input"] == [9, 8, 3]
    built = build_converted(found)
    check = check_conversion(found, built)
    assert not check.failure and check.compared and check.difference < 1e-4
    x = np.random.default_rng(2).uniform(-1, 1, (2, 3, 9, 8)).astype("float32")
    conversion = found.conversion
    y = np.asarray(built(conversion.layout.as_converted(x), training=False))
    if conversion.output_layout is not None:
        assert name == "images"
        y = conversion.output_layout.as_in_file(y)
    if name != "mixed":  # NumPy does not read LoRA.
        expected = call_layers(conversion.source, MaskedTensor(x.astype("float64")), WriterVersions(3)).values
        np.testing.assert_allclose(y, expected, atol=1e-4)


@pytest.mark.slow
def test_wrappers_of_convolutions_are_converted(tmp_path):
    """A layer with channels_first in a TimeDistributed, or in a Bidirectional that merges without concatenation."""
    import keras

    layer = keras.layers
    memory = layer.Bidirectional(layer.ConvLSTM2D(3, 2, return_sequences=True, **FIRST), merge_mode="sum")
    normalization = layer.TimeDistributed(layer.BatchNormalization(axis=1))
    stack(
        layer.TimeDistributed(layer.Conv2D(4, 3, **FIRST)), layer.TimeDistributed(layer.ReLU()), normalization, memory,
        layer.TimeDistributed(layer.MaxPooling2D(2, **FIRST)), layer.Flatten(), layer.Dense(2), shape=(2, 3, 9, 8)
    ).save(tmp_path / "m.keras")  # fmt: skip
    found = convert(str(tmp_path / "m.keras"), move_channels=True)
    assert found.tree["model"]["input"] == [2, 9, 8, 3] and found.conversion.notes.fixes[MOVED] == 3
    check = check_conversion(found, build_converted(found))
    assert not check.failure and not check.not_compared and check.difference < 1e-4


@pytest.mark.slow
def test_concatenating_bidirectional_is_refused(tmp_path):
    """Keras concatenates along the last axis, which is the width with channels_first."""
    import keras

    layer = keras.layers
    memory = layer.Bidirectional(layer.ConvLSTM2D(3, 2, **FIRST))
    stack(memory, layer.Flatten(), layer.Dense(2), shape=(2, 3, 9, 8)).save(tmp_path / "m.keras")
    with pytest.raises(SavedModelError, match=r"\(Bidirectional\) is a layer around the first one"):
        convert(str(tmp_path / "m.keras"), move_channels=True)


def test_convolution_of_keras_1_in_a_wrapper_is_converted():
    model = saved("k1_time_distributed_th")
    found = convert(model.file, move_channels=True)
    assert found.tree["model"]["input"] == [3, 5, 6, 2] and found.conversion.notes.fixes[MOVED] == 2
    values = found.conversion.layout.as_converted(model.input)
    y = call_layers(found.conversion.target, MaskedTensor(values), WriterVersions(3)).values
    np.testing.assert_allclose(y, model.predictions, atol=1e-5)


def run(*arguments):
    return CliRunner().invoke(cli, ["import", *map(str, arguments), "--layout", "channels_last"])


def test_import_with_layout_moves_the_channels(tmp_path):
    done = run(saved("k1_conv2d_th").file, "-o", tmp_path / "m.toml", "--verify", "numpy")
    assert done.exit_code == 0 and f"{ROWS}: 1 time" in done.stdout
    rows, columns, channels = tomllib.loads((tmp_path / "m.toml").read_text())["model"]["input"]
    assert channels < min(rows, columns)


@pytest.mark.slow
def test_verify_moves_the_channels_of_given_data(tmp_path):
    """The data have the layout of the file."""
    model = saved("k1_conv2d_th")
    np.savez(tmp_path / "d.npz", input=model.input, predictions=model.predictions)
    done = run(model.file, "-o", tmp_path / "m.toml", "--verify", tmp_path / "d.npz")
    assert done.exit_code == 0 and "the predictions agree" in done.stdout, done.output


def test_import_with_layout_refuses_other_models(tmp_path):
    done = run(saved("k1_lstm").file, "-o", tmp_path / "m.toml")
    assert done.exit_code == 1 and "error[layout]" in done.stderr and not list(tmp_path.iterdir())
