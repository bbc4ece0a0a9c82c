"""Converted models in the installed Keras: predictions equal those of the Keras that saved them."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.saved_models.converted_model import build_converted, check_conversion, convert
from tests.saved_models.files import CLOSE, FOLDER, REFUSED, names, saved

pytestmark = pytest.mark.slow

BUILT = [name for name in names() if name not in REFUSED]


@pytest.mark.parametrize("name", BUILT)
def test_keras_agrees_with_every_file(name):
    model = saved(name)
    found = convert(model.file, architecture=model.architecture, theano=model.theano)
    built = build_converted(found)
    check = check_conversion(found, built)
    tolerance = CLOSE.get(name, 1e-5)
    assert check.against == "keras" and check.difference < tolerance
    np.testing.assert_allclose(np.asarray(built(model.input, training=False)), model.predictions, atol=tolerance)


@pytest.mark.parametrize("seed", range(12))
def test_random_stacks_convert_with_equal_predictions(seed):
    from tests.saved_models.stacks import outcome

    found = outcome(seed)
    assert found.verdict not in ("different", "refused"), found.detail


def lookup_models():
    """Models with learned vocabularies, each with an input."""
    import keras

    words = np.array(["the cat sat", "on the mat", "the dog ran"])
    tokens = np.array([["red", "green"], ["blue", "red"]])
    numbers = np.array([[3, 5], [7, 5]])
    layers, found = keras.layers, {}
    for name, layer, data, last in (
        ("strings", layers.StringLookup(mask_token=""), tokens, layers.Embedding(8, 3)),
        ("idf", layers.StringLookup(output_mode="tf_idf", num_oov_indices=2), tokens, layers.Dense(3)),
        ("integers", layers.IntegerLookup(), numbers, layers.Embedding(8, 3)),
        ("text", layers.TextVectorization(ngrams=2, output_sequence_length=4), words, layers.Embedding(20, 3)),
        ("text idf", layers.TextVectorization(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True), words,
         layers.Dense(3)),
        ("bins", layers.Discretization(num_bins=3), np.array([[0.1, 0.2], [0.7, 0.9]]), layers.Embedding(4, 2)),
    ):  # fmt: skip
        layer.adapt(data)
        source = keras.Input(data.shape[1:], dtype="string" if data.dtype.kind == "U" else data.dtype)
        model = keras.Sequential(
            [source, keras.Sequential([layer]), last] if name == "strings" else [source, layer, last]
        )
        found[name] = model, data
    return found


def test_learned_vocabularies_are_imported(tmp_path):
    import tensorflow as tf

    import seqspec

    for name, (model, data) in lookup_models().items():
        file, spec, arrays = (str(tmp_path / f"{name}{suffix}") for suffix in (".keras", ".toml", ".npz"))
        model.save(file)
        expected = np.asarray(model(tf.constant(data)))
        np.savez(arrays, input=data, predictions=expected)
        weights = str(tmp_path / f"{name}.weights.h5")
        done = CliRunner().invoke(cli, ["import", file, "-o", spec, "--weights", weights, "--verify", arrays])
        assert done.exit_code == 0 and "the predictions agree" in done.output, done.output
        again = seqspec.build(spec)
        again.load_weights(weights)
        np.testing.assert_allclose(np.asarray(again(tf.constant(data))), expected, atol=1e-6)
        assert CliRunner().invoke(cli, ["check", file]).exit_code == 0
        plain = CliRunner().invoke(cli, ["import", file]).stdout
        assert ("vocabulary = [" in plain) == (name != "bins")


def test_upgrade_writes_a_model_with_equal_predictions(tmp_path):
    import keras

    model = saved("k1_lstm")
    target = tmp_path / "new.keras"
    result = CliRunner().invoke(cli, ["upgrade", model.file, "-o", str(target)])
    assert result.exit_code == 0, result.output
    again = keras.models.load_model(target)
    np.testing.assert_allclose(again.predict(model.input, verbose=0), model.predictions, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["new.keras"]
    result = CliRunner().invoke(cli, ["upgrade", model.file, "-o", str(target)])
    assert result.exit_code == 1 and "already exists" in result.stderr


def test_upgrade_moves_the_channels(tmp_path):
    """`--layout channels_last` as in an import: the new model computes the same on the transposed input."""
    import keras

    model = saved("k1_conv2d_th")
    target = tmp_path / "new.keras"
    result = CliRunner().invoke(cli, ["upgrade", model.file, "-o", str(target), "--layout", "channels_last"])
    assert result.exit_code == 0, result.output
    assert "note: the new model expects the channels of its input on the last axis" in result.stderr
    again = keras.models.load_model(target)
    assert not any(isinstance(layer, keras.layers.Permute) for layer in again.layers)
    y = again.predict(np.moveaxis(model.input, 1, -1), verbose=0)
    np.testing.assert_allclose(y, model.predictions, atol=1e-5)
    other = CliRunner().invoke(
        cli, ["upgrade", saved("k1_lstm").file, "-o", f"{target}.keras", "--layout", "channels_last"]
    )
    assert other.exit_code == 1 and "error[layout]" in other.stderr


def test_verify_compares_with_given_predictions(tmp_path):
    model = saved("k224_conv2d_first_mixed")
    data, spec, weights = (str(tmp_path / name) for name in ("d.npz", "m.toml", "m.weights.h5"))
    np.savez(data, input=model.input, predictions=model.predictions)
    arguments = ["import", model.file, "-o", spec, "--weights", weights, "--verify", data]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    np.savez(data, input=model.input, predictions=model.predictions + 0.01)
    (tmp_path / "m.toml").unlink()
    (tmp_path / "m.weights.h5").unlink()
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1
    assert "error[predictions-differ]" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.npz"]


def test_comparison_detects_another_model():
    found = convert(saved("k224_gru_reset_after").file)
    built = build_converted(found)
    built.layers[1].cell.bias.assign(built.layers[1].cell.bias + 0.01)
    from seqspec.saved_models.saved_model import SavedModelError

    with pytest.raises(SavedModelError, match="gru_2"):
        check_conversion(found, built)


def test_saved_files_cover_every_generation():
    assert {name.partition("_")[0] for name in names()} == {
        "k1", "k216", "k224", "tk24", "tk213", "tk214", "tk215", "k305", "k310", "k313", "k315", "tfjs",
        "tfconv"
    }  # fmt: skip
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 3 << 20


@pytest.mark.parametrize("alpha", [None, 0, 4])
def test_lora_in_hdf5_is_merged(tmp_path, alpha):
    import keras

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, lora_rank=2, lora_alpha=alpha)])
    for weight in model.weights:
        weight.assign(np.random.default_rng(1).uniform(-1, 1, weight.shape))
    model.save(tmp_path / "model.h5")
    again = build_converted(convert(str(tmp_path / "model.h5")))
    x = np.random.default_rng(2).uniform(-1, 1, (3, 5)).astype("float32")
    np.testing.assert_allclose(again(x), model(x), atol=1e-5)


@pytest.mark.parametrize(("policy", "status"), [("mixed_float16", 0), ("float32", 1)])
def test_verify_tolerance_is_larger_in_half_precision(tmp_path, policy, status):
    import keras

    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu", dtype=policy)])
    model = keras.Sequential([keras.Input((8,)), inner, keras.layers.Dense(3, dtype="float32")])
    x = np.random.default_rng(1).random((16, 8), dtype=np.float32)
    model.save(tmp_path / "m.keras")
    np.savez(tmp_path / "m.npz", input=x, predictions=model.predict(x, verbose=0) * (1 + 8e-4))
    done = CliRunner().invoke(cli, ["import", str(tmp_path / "m.keras"), "--verify", str(tmp_path / "m.npz")])
    assert done.exit_code == status, done.output


def test_layer_shared_by_two_stacks_is_refused(tmp_path):
    """Keras cannot load its own .keras file, and the message says why; HDF5 has the weights twice."""
    import keras

    from seqspec.saved_models.saved_model import SavedModelError

    layer = keras.layers.Dense(5, name="shared")
    model = keras.Sequential(
        [keras.Input((5,)), keras.Sequential([layer], name="a"), keras.Sequential([layer], name="b")]
    )
    model.save(tmp_path / "m.keras")
    model.save(tmp_path / "m.h5")
    with pytest.raises(ValueError, match="could not be loaded"):
        keras.saving.load_model(tmp_path / "m.keras")
    with pytest.raises(SavedModelError, match="b/shared") as caught:
        convert(str(tmp_path / "m.keras"))
    assert caught.value.reason == "weights-missing" and "'a/shared'" in str(caught.value.help)
    x = np.random.default_rng(2).uniform(-1, 1, (3, 5)).astype("float32")
    np.testing.assert_allclose(build_converted(convert(str(tmp_path / "m.h5")))(x), model(x), atol=1e-5)


def test_import_prints_notes_with_errors(tmp_path):
    """HDF5 has no vocabulary, without which the next layer has no known size."""
    import keras
    from click.testing import CliRunner

    from seqspec.cli.main import cli

    text = keras.layers.TextVectorization(output_mode="tf_idf")
    text.adapt(["a cat", "a dog"])
    keras.Sequential([keras.Input((), dtype="string"), text, keras.layers.Dense(2)]).save(tmp_path / "m.h5")
    done = CliRunner().invoke(cli, ["import", str(tmp_path / "m.h5"), "--weights", str(tmp_path / "m.weights.h5")])
    assert done.exit_code == 1 and "note: the file does not have the vocabulary" in done.stderr


# Each mode and each kind of file once; the others at night.
QUANTIZED = [
    pytest.param(mode, ending, marks=[] if row == column else [pytest.mark.nightly])
    for row, mode in enumerate(("int8", "int4", "float8"))
    for column, ending in enumerate((".keras", ".h5", ".weights.h5"))
]


@pytest.mark.parametrize(("mode", "ending"), QUANTIZED)
def test_quantized_models_are_dequantized(tmp_path, mode, ending):
    """Their weights become floats; the predictions differ from Keras's only by what it rounds besides weights."""
    import keras

    layer = keras.layers
    inner = keras.Sequential([layer.Dense(7), layer.BatchNormalization(), layer.Dense(6, use_bias=False)])
    inner.layers[2].trainable = False
    model = keras.Sequential([keras.Input((9,)), inner, layer.Dense(5, "relu", lora_rank=2), layer.Dense(3)])
    if mode == "float8":  # Keras does not quantize LoRA to float8.
        model = keras.Sequential([keras.Input((9,)), inner, layer.Dense(3)])
    before = [np.asarray(variable) for variable in model.layers[0].layers[0].variables]
    model.quantize(mode)
    x = np.random.default_rng(1).uniform(-1, 1, (4, 9)).astype("float32")
    expected = np.asarray(model(x, training=False))
    data, spec, weights = (str(tmp_path / name) for name in ("d.npz", "m.toml", "out.weights.h5"))
    np.savez(data, input=x, predictions=expected)
    file = str(tmp_path / f"m{ending}")
    model.save_weights(file) if ending == ".weights.h5" else model.save(file)
    (tmp_path / "a.json").write_text(model.to_json())
    more = ["--architecture", str(tmp_path / "a.json")] if ending == ".weights.h5" else []
    done = CliRunner().invoke(cli, ["import", file, *more, "-o", spec, "--weights", weights, "--verify", data])
    assert done.exit_code == 0 and "the predictions agree" in done.output, done.output
    count = 3 if mode == "float8" else 4
    assert f"weights dequantized from {mode}: {count} times" in done.stdout
    assert f"quantized to {mode}, and read as before that" in done.stderr
    assert "to quantize the trained model again, use the table [quantize]" in done.stderr
    found = convert(file, architecture=None if not more else json.loads(model.to_json()))
    kernel = found.conversion.arrays["layers/sequential/layers/dense/vars/0"]
    step = {"int8": 1 / 127, "int4": 1 / 7, "float8": 0}[mode] * np.abs(before[0]).max()
    assert kernel.dtype == "float32" and np.abs(kernel - before[0]).max() <= step
    np.savez(data, input=x, predictions=expected + 0.5)
    again = CliRunner().invoke(cli, ["import", file, *more, "-o", f"{spec}2", "--verify", data])
    assert again.exit_code == 1 and "error[predictions-differ]" in again.stderr


def test_quantized_layer_in_time_distributed_is_noted(tmp_path):
    """Keras computes wrong values; the spec has the model before quantize(), and a note says so."""
    import keras

    layer = keras.layers
    model = keras.Sequential([keras.Input((3, 5)), layer.TimeDistributed(layer.Dense(4)), layer.Flatten()])
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 5)).astype("float32")
    before = np.asarray(model(x))
    model.quantize("int8")
    model.save(tmp_path / "m.keras")
    found = convert(str(tmp_path / "m.keras"))
    np.testing.assert_allclose(np.asarray(build_converted(found)(x)), before, atol=2e-2)
    assert np.abs(np.asarray(model(x)) - before).max() > 1
    assert any("time_distributed" in note for note in found.conversion.notes.texts)
