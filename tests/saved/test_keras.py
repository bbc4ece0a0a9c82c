"""The converted models in the installed Keras: they predict what the old Keras predicted."""

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.compiler.saved_models import build_converted, convert, prove_converted
from tests.saved.files import FOLDER, names, saved

pytestmark = pytest.mark.slow

MASKED = "k224_embedding_bi"
BUILT = [name for name in names() if name != MASKED]


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
