"""The converted models in the installed Keras: they predict what the old Keras predicted."""

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.compiler.saved_models import build_converted, convert, prove_converted
from tests.saved.files import FOLDER, GONE, MASKED, MOVED, names, saved

pytestmark = pytest.mark.slow

BUILT = [name for name in names() if name not in (MASKED, GONE, MOVED)]


@pytest.mark.parametrize("name", BUILT)
def test_every_file(name):
    model = saved(name)
    found = convert(model.file, architecture=model.architecture, theano=model.theano)
    built = build_converted(found)
    proof = prove_converted(found, built)
    assert proof.against == "keras" and proof.difference < 1e-5
    np.testing.assert_allclose(np.asarray(built(model.input, training=False)), model.predictions, atol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_random_stacks(seed):
    from tests.saved.stacks import outcome

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


def test_learned_vocabularies(tmp_path):
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


def test_upgrade(tmp_path):
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


def test_verify_with_data(tmp_path):
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


def test_a_difference_in_keras_is_found():
    found = convert(saved("k224_gru_reset_after").file)
    built = build_converted(found)
    built.layers[1].cell.bias.assign(built.layers[1].cell.bias + 0.01)
    from seqspec.importers.saved.errors import SavedModelError

    with pytest.raises(SavedModelError, match="gru_2"):
        prove_converted(found, built)


def test_the_folder_has_every_generation():
    assert {name.partition("_")[0] for name in names()} == {
        "k1", "k216", "k224", "tk24", "tk215", "k305", "k315", "tfjs"
    }  # fmt: skip
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 3 << 20


@pytest.mark.parametrize("alpha", [None, 0, 4])
def test_lora_in_hdf5(tmp_path, alpha):
    import keras

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, lora_rank=2, lora_alpha=alpha)])
    for weight in model.weights:
        weight.assign(np.random.default_rng(1).uniform(-1, 1, weight.shape))
    model.save(tmp_path / "model.h5")
    again = build_converted(convert(str(tmp_path / "model.h5")))
    x = np.random.default_rng(2).uniform(-1, 1, (3, 5)).astype("float32")
    np.testing.assert_allclose(again(x), model(x), atol=1e-5)
