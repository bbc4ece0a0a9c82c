"""Lookup layers, Hashing and Discretization of TensorFlow: what they learned is in tables, constants and arrays."""

import json

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.catalog.legacy import boundaries
from seqspec.saved_models.converted_model import build_converted, convert
from seqspec.saved_models.saved_model import SavedModelError
from tests.saved_models.files import FOLDER, saved

NAMES = sorted(path.stem for path in (FOLDER / "text").glob("*.npz"))


def test_saved_files_cover_every_lookup_layer():
    assert {name.partition("_")[0] for name in NAMES} == {"tk24", "tk215"} and len(NAMES) >= 8


LEARNED = {
    "tk24_int_lookup_savedmodel": [12, 7, -4],  # A table that can change, with the special words.
    "tk215_int_onehot_savedmodel": [12, 7, -4],  # A constant of the graph.
    "tk215_string_idf_savedmodel": ["red", "green", "blue"],
    "tk24_text_idf_savedmodel": ["the", "mat", "dog", "cat", "sat", "ran", "on", "and", "a"],
}


@pytest.mark.parametrize("name", LEARNED)
def test_words_of_a_table_are_imported(name):
    found = convert(saved(f"text/{name}").file)
    assert found.tree["model"]["layers"][0]["vocabulary"] == LEARNED[name]
    fixes = found.conversion.notes.fixes
    assert fixes["vocabulary read from a table"] == 1
    if "idf" in name:
        assert len(found.tree["model"]["layers"][0]["idf_weights"]) == len(LEARNED[name])
        # In TensorFlow 2.4 the weight of unknown words is not the mean of the others, which a note says.
        assert len(found.conversion.notes.texts) == ("tk24" in name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_imported_vocabulary_gives_equal_predictions(name, tmp_path):
    model = saved(f"text/{name}")
    built = build_converted(convert(model.file))
    data = str(tmp_path / "data.npz")
    np.savez(data, input=model.input, predictions=model.predictions)
    done = CliRunner().invoke(cli, ["import", model.file, "-o", str(tmp_path / "m.toml"), "--verify", data])
    assert done.exit_code == 0 and "the predictions agree" in done.output, done.output
    assert len(built.layers) == len(convert(model.file).conversion.target) - 1


def test_bins_are_moved_by_one_unit():
    """TensorFlow 2.4 puts it into the lower bin, `numpy.digitize` and Keras 3 into the upper one."""
    bins = [-0.5, 0.0, 0.1, 3.0, 16777216.0]
    near = np.array([[b, np.nextafter(np.float32(b), np.float32(9e9))] for b in bins], np.float32).reshape(-1)
    moved = np.array(boundaries([*bins, float("inf")]), np.float32)
    normal = np.abs(near) > 1e-37
    old = np.digitize(near, np.array(bins, np.float32), right=True)
    np.testing.assert_array_equal(np.digitize(near, moved)[normal], old[normal])


def test_default_salt_is_left_out():
    found = convert(saved("text/tk24_hash_h5").file)
    assert "salt" not in found.tree["model"]["layers"][0]
    assert any("is left out" in note for note in found.conversion.notes.texts)


def test_vocabulary_file_is_not_opened(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n")
    layer = {"class_name": "StringLookup", "config": {"vocabulary": str(words), "batch_input_shape": [None, 1]}}
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}})
        file.attrs["keras_version"] = "2.15.0"
        file.create_group("model_weights").attrs["layer_names"] = []
    with pytest.raises(SavedModelError, match=r"words\.txt.*is not opened"):
        convert(str(tmp_path / "m.h5"))
