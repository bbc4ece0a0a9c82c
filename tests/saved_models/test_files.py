"""Files of every version of Keras, without Keras: both NumPy implementations compute the original predictions."""

import json
import shutil
import tomllib
import zipfile

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.diagnostics.violation import Violations
from seqspec.saved_models.containers import tf_saved_model
from seqspec.saved_models.converted_model import check_conversion, convert
from seqspec.saved_models.file import is_saved_model
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.layer_table import call_layers
from seqspec.saved_models.numpy_layers.tensor import MaskedTensor, UnsupportedLayer
from seqspec.saved_models.saved_model import SavedModelError, WriterVersions
from tests.saved_models.files import CLOSE, FOLDER, GONE, INSIDE, MASKED, MOVED, PASSED_ON, REFUSED, names, saved

UNREAD = {"k315_norm_h5": ["group_normalization and all layers after it (GroupNormalization)"]}


def converted(name):
    model = saved(name)
    return model, convert(model.file, architecture=model.architecture, theano=model.theano)


@pytest.mark.parametrize("name", [name for name in names() if name not in REFUSED])
def test_numpy_layers_agree_with_every_file(name):
    model, found = converted(name)
    assert found.result.validation.ok
    check = check_conversion(found)
    assert check.not_compared == UNREAD.get(name, [])
    tolerance = CLOSE.get(name, 1e-5)
    assert check.difference < tolerance
    readings = [(found.conversion.source, found.conversion.generation), (found.conversion.target, WriterVersions(3))]
    for nodes, generation in readings:
        try:
            y = call_layers(nodes, MaskedTensor(model.input), generation).values
        except UnsupportedLayer:
            assert name in UNREAD
            continue
        np.testing.assert_allclose(y, model.predictions, atol=tolerance)


RULES = {
    "k1_maxout": {"MaxoutDense replaced by Dense, Reshape and GlobalMaxPooling1D": 1},
    "k1_mode_1": {
        "BatchNormalization with mode 1 replaced by LayerNormalization": 1,
        "gates of Keras 1 joined": 2,
        "hard_sigmoid rescaled by 1.2": 2,
    },
    "k216_one_cell": {"hard_sigmoid rescaled by 1.2": 1, "list of one cell replaced by the cell": 1},
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
    "k1_time_distributed_th": {
        "kernels of dim_ordering th transposed": 1,
        "channels_first replaced by Permute and channels_last": 2,
        "gates of Keras 1 joined": 1,
        "hard_sigmoid rescaled by 1.2": 1,
    },
    "k310_output_padding": {"output_padding restored from the input shape of the next layer": 1},
    "k313_int4": {"weights dequantized from int4": 4},
    "k315_int4_blocks": {"weights dequantized from int4": 2},
    "k315_int8_weights": {"weights dequantized from int8": 4},
    "tk215_separable1d_causal": {"causal padding of SeparableConv1D written as ZeroPadding1D": 1},
    "k224_masked_softmax": {
        "Softmax, which Keras 3 masks, replaced by Activation": 1,
        "hard_sigmoid rescaled by 1.2": 1,
    },
    "k224_cudnn_lstm_bi": {"CuDNN weights converted": 2},
    "tk215_normalization_adapted": {"size of the input set to that of the mean of its Normalization": 1},
    "k315_norm_h5": {},
}


@pytest.mark.parametrize("name", RULES)
def test_conversion_counts_its_fixes(name):
    assert dict(converted(name)[1].conversion.notes.fixes) == RULES[name]


def test_plain_unwraps_nested_tuples():
    """The metadata of a SavedModel writes both as tables."""
    pair = {"class_name": "__tuple__", "items": [0, 1]}
    node = SavedLayer("Cropping2D", {"cropping": {"class_name": "__tuple__", "items": [pair, pair]}})
    assert node.value("cropping") == [[0, 1], [0, 1]]


def test_unknown_output_padding_is_noted(tmp_path):
    """Keras 3.10 does not save output_padding, so that it is unknown for the last layer: a note says so."""
    source, target = saved("k310_output_padding").file, tmp_path / "m.keras"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                del config["config"]["layers"][4:]
                data = json.dumps(config).encode()
            if name != "model.weights.h5":
                new.writestr(name, data)
                continue
            (tmp_path / "w.h5").write_bytes(data)
            with h5py.File(tmp_path / "w.h5", "r+") as file:
                del file["layers/dense"], file["layers/conv2d"]
            new.write(tmp_path / "w.h5", name)
    found = convert(str(target)).conversion
    (note,) = found.notes.texts
    assert {"output_padding", "'conv2d_transpose_1'"} <= set(note.replace(":", "").split())


def test_difference_in_masked_steps_is_refused():
    _, found = converted(MASKED)
    with pytest.raises(SavedModelError, match="masked time steps") as caught:
        check_conversion(found)
    assert caught.value.reason == "predictions-differ"


@pytest.mark.parametrize(
    ("name", "creator", "user"),
    [(INSIDE, "'time_distributed_1'", "'time_distributed_2'"), (PASSED_ON, "'re_lu'", "'lstm'")],
)
def test_mask_that_only_one_version_passes_on_is_refused(name, creator, user):
    _, found = converted(name)
    with pytest.raises(SavedModelError) as caught:
        check_conversion(found)
    assert caught.value.reason == "predictions-differ"
    assert {creator, user} <= set(caught.value.message.split())


def with_flatten(file):
    config = config_of(file)
    config["config"]["layers"].append({"class_name": "Flatten", "config": {"name": "f"}})
    file.attrs["model_config"] = json.dumps(config)


def test_ignore_masked_accepts_differences_in_masked_steps(tmp_path):
    """The output of the model may differ there; where a layer uses those steps, the whole output would."""
    model = saved(MASKED)
    arguments = (model.file, "-o", tmp_path / "m.toml", "--verify", "numpy")
    refused = run(*arguments)
    assert refused.exit_code == 1 and "pass --ignore-masked" in refused.stderr and not list(tmp_path.iterdir())
    done = run(*arguments, "--ignore-masked")
    assert done.exit_code == 0 and "note: the predictions for masked time steps differ" in done.stderr
    used = run(changed(tmp_path, with_flatten, MASKED), "--verify", "numpy", "--ignore-masked")
    assert used.exit_code == 1 and "layers that use them" in used.stderr


@pytest.mark.slow
def test_ignore_masked_compares_the_other_steps(tmp_path):
    model = saved(MASKED)
    mask = model.input != 0
    data = tmp_path / "data.npz"
    for wrong, code in ((~mask, 0), (mask, 1)):
        np.savez(data, input=model.input, predictions=model.predictions + wrong[..., None])
        done = run(model.file, "-o", tmp_path / "m.toml", "--verify", data, "--ignore-masked")
        assert done.exit_code == code, done.output


def test_removed_layer_is_reported_before_its_weights():
    with pytest.raises(Violations) as caught:
        converted(GONE)
    assert [(violation.rule, violation.path) for violation in caught.value.items] == [
        ("unsupported-layer", ("config", "layers", 2, "class_name"))
    ]


def test_layer_with_another_meaning_in_keras_3_is_refused():
    with pytest.raises(SavedModelError) as caught:
        converted(MOVED)
    assert caught.value.reason == "removed-from-keras"


def test_comparison_detects_a_missing_fix(monkeypatch):
    from seqspec.saved_models.version_fixes import hard_sigmoid

    monkeypatch.setattr(hard_sigmoid, "FACTOR", 1.0)
    _, found = converted("k1_lstm")
    with pytest.raises(SavedModelError) as caught:
        check_conversion(found)
    assert caught.value.reason == "predictions-differ"


def run(*arguments):
    return CliRunner().invoke(cli, ["import", *map(str, arguments)])


def test_import_writes_spec_and_weights(tmp_path):
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


def test_import_refuses_a_missing_output_folder(tmp_path):
    spec, weights = tmp_path / "m.toml", tmp_path / "none" / "m.weights.h5"
    done = run(saved("k1_lstm").file, "-o", spec, "--weights", weights, "--verify", "numpy")
    assert done.exit_code == 1 and f"{weights}: there is no folder {weights.parent}" in done.stderr
    assert not list(tmp_path.iterdir())


def test_check_reads_saved_models():
    report = seqspec.check(saved("k224_gru_reset_after").file)
    assert [layer.type for layer in report.layers] == ["GRU", "GRU", "Dense"]
    assert report.ok
    archive = seqspec.check(saved("tk215_gru_keras").file)
    assert [layer.type for layer in archive.layers] == ["GRU", "GRU", "Dense"]


def test_saved_model_without_keras_metadata_is_refused(tmp_path):
    """As tf.saved_model.save writes it."""
    folder = tmp_path / "m.saved"
    shutil.copytree(saved("tk215_frozen_savedmodel").file, folder)
    (folder / "keras_metadata.pb").unlink()
    refused = run(folder)
    assert refused.exit_code == 1
    assert "has no keras_metadata.pb" in refused.stderr and "save the model with model.save" in refused.stderr


def record(number, content):
    """A field of a protocol buffer, of at most 16,383 bytes."""
    size = len(content)
    return bytes([number << 3 | 2, size & 127 | 128, size >> 7]) + content


def with_calls(config, calls):
    """A Functional model of the layers of a Sequential one, each called with the layer before it, or as in `calls`."""
    layers, before = config["layers"], None
    for layer in layers:
        layer["name"] = layer["config"]["name"]
        source = calls.get(layer["class_name"], before)
        layer["inbound_nodes"] = [] if source is None else [[[source, 0, 0, {}]]]
        before = layer["name"]
    ends = {"input_layers": [[layers[0]["name"], 0, 0]], "output_layers": [[before, 0, 0]]}
    return {"class_name": "Model", "config": {**config, **ends}}


@pytest.mark.parametrize(
    ("calls", "message"),
    [({}, None), ({"BatchNormalization": "dense_input"}, "applied to the layer before it alone: batch_normalization")],
    ids=["chain", "branch"],
)
def test_saved_functional_model_is_read_if_it_is_a_chain(tmp_path, calls, message):
    """TensorFlow 2.0 to 2.3 save it as a `_tf_keras_model`."""
    model, folder = saved("tk215_frozen_savedmodel"), tmp_path / "m.saved"
    shutil.copytree(model.file, folder)
    text = json.dumps(with_calls(tf_saved_model.read(model.file, weights=False).config["config"], calls))
    root = record(3, b"root") + record(4, b"_tf_keras_model") + record(5, text.encode())
    (folder / "keras_metadata.pb").write_bytes(record(1, root))
    if message is None:
        assert check_conversion(convert(str(folder))).difference < 1e-5
    else:
        refused = run(folder)
        assert refused.exit_code == 1 and message in refused.stderr


@pytest.mark.parametrize("name", ["tk213_gru_keras", "tk215_gru_keras"])
def test_groups_may_be_named_with_backslashes(tmp_path, name):
    """As Keras 2.12 to 2.15 names them on Windows."""
    model, file = saved(name), tmp_path / "m.keras"
    with zipfile.ZipFile(model.file) as archive, zipfile.ZipFile(file, "w") as copy:
        config = archive.read("config.json")
        copy.writestr("config.json", config)
        copy.writestr("metadata.json", archive.read("metadata.json"))
        with h5py.File(archive.open("model.weights.h5")) as weights, h5py.File(tmp_path / "m.h5", "w") as renamed:

            def visit(path, member):
                if isinstance(member, h5py.Dataset):
                    group, _, rest = path.partition("/vars/")
                    renamed[f"{group.replace('/', chr(92))}/vars/{rest}"] = member[()]

            weights.visititems(visit)
        copy.write(tmp_path / "m.h5", "model.weights.h5")
    for found in (
        convert(str(file)),
        convert(str(tmp_path / "m.h5"), architecture={**json.loads(config), "keras_version": "2.13.1"}),
    ):
        y = call_layers(found.conversion.source, MaskedTensor(model.input), found.conversion.generation).values
        np.testing.assert_allclose(y, model.predictions, atol=1e-5)


def test_weights_file_requires_an_architecture(tmp_path):
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


def without_input_shape(file):
    """As Keras 2.2.4 saves a model whose first layer is an InputLayer."""
    config = config_of(file)
    inner = config["config"]
    for layer in inner if isinstance(inner, list) else inner["layers"]:
        layer["config"].pop("batch_input_shape", None)
    file.attrs["model_config"] = json.dumps(config)


@pytest.mark.parametrize(
    ("name", "shape"), [("k224_conv2d_first_mixed", "2,7,8"), ("k216_gru_h5", "6, 3"), ("k224_gru_reset_after", "?,3")]
)
def test_input_shape_option_completes_the_model(tmp_path, name, shape):
    file = changed(tmp_path, without_input_shape, name)
    arguments = (file, "-o", tmp_path / "m.toml", "--weights", tmp_path / "m.weights.h5", "--verify", "numpy")
    refused = run(*arguments)
    assert refused.exit_code == 1 and "--input-shape" in refused.stderr and not (tmp_path / "m.toml").exists()
    done = run(*arguments, "--input-shape", shape)
    assert done.exit_code == 0, done.stderr
    sizes = [None if size == "?" else int(size) for size in shape.split(",")]
    given = tomllib.loads((tmp_path / "m.toml").read_text(encoding="utf-8"))["model"]["input"]
    assert [size if isinstance(size, int) else None for size in given] == sizes


@pytest.mark.parametrize("shape", ["a,b", "-1", "0,3", "", "3,,4"])
def test_invalid_input_shape_is_refused(shape):
    assert run(saved("k216_gru_h5").file, "--input-shape", shape).exit_code == 2


def test_input_shape_of_a_model_that_has_one_is_refused(tmp_path):
    done = run(saved("k216_gru_h5").file, "-o", tmp_path / "m.toml", "--input-shape", "6,3")
    assert done.exit_code == 1 and "input-shape" in done.stderr and not list(tmp_path.iterdir())


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
def test_arrays_that_do_not_fit_are_refused(tmp_path, change, reason):
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


def with_random_crop(file):
    config = config_of(file)
    config["config"].insert(0, {"class_name": "RandomCrop", "config": {"height": 2, "width": 2, "name": "crop"}})
    file.attrs["model_config"] = json.dumps(config)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_time_major, "removed-from-keras"),
        (with_random_crop, "removed-from-keras"),
        (with_lambda, "holds-code"),
    ],
)
def test_models_that_keras_3_cannot_compute_are_refused(tmp_path, change, reason):
    result = run(changed(tmp_path, change), "--verify", "numpy")
    assert result.exit_code == 1
    assert f"error[{reason}]" in result.stderr


def test_missing_package_is_reported_with_its_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    result = run(saved("k1_lstm").file)
    assert result.exit_code == 2
    assert "pip install 'keras-seqspec[import]'" in result.stderr


def test_weights_option_requires_a_known_suffix():
    result = run(saved("k1_lstm").file, "--weights", "weights.h5")
    assert result.exit_code == 2
    assert ".weights.h5" in result.stderr


def changed_model_json(tmp_path, name, edit):
    """A copy of a model of TensorFlow.js with another configuration."""
    shutil.copytree(FOLDER / name, tmp_path / name)
    file = tmp_path / name / "model.json"
    file.write_text(edit(file.read_text()))
    return str(file)


def test_ambiguous_order_of_converted_weights_is_refused(tmp_path):
    """The converter sorts the layers of an HDF5 file by name: dense_10 before dense_9, with arrays of equal shapes."""

    def renamed(text):
        topology, manifest = text.split('"weightsManifest"')
        return topology.replace('"dense_', '"d_') + '"weightsManifest"' + manifest

    with pytest.raises(SavedModelError, match="names of the weights") as caught:
        convert(changed_model_json(tmp_path, "tfconv_keras2_sorted", renamed))
    assert caught.value.reason == "unverifiable"


def test_hard_sigmoid_of_a_converted_model_is_noted(tmp_path):
    """Keras 3 converted the model, TensorFlow.js would compute something else."""
    file = changed_model_json(tmp_path, "tfconv_nested_frozen", lambda text: text.replace('"relu"', '"hard_sigmoid"'))
    found = convert(file)
    assert [note for note in found.conversion.notes.texts if "not what TensorFlow.js does" in note]
    assert check_conversion(found).difference < 1e-5 and not found.conversion.notes.fixes


def test_weights_of_no_layer_are_refused(tmp_path):
    file = changed_model_json(tmp_path, "tfconv_nested_frozen", lambda text: text.replace("/dense_3/", "/d/"))
    with pytest.raises(SavedModelError, match="d/kernel belongs to no layer"):
        convert(file)


def test_axis_order_is_inferred_from_the_weights():
    """Keras 1 does not save it for UpSampling3D; the weights of the next layer fit with one of the two orders only."""
    _, found = converted("k1_no_order")
    assert any("channels first are assumed, since the weights" in note for note in found.conversion.notes.texts)
    assert check_conversion(found).difference < 1e-5


def test_unknown_axis_order_is_noted(tmp_path):
    """That of Keras 1.2 is assumed, and a note says so."""

    def without_weights(file):
        config = config_of(file)
        kept = [layer for layer in config["config"] if layer["class_name"] in ("UpSampling3D", "Flatten")]
        first = next(layer for layer in config["config"] if "batch_input_shape" in layer["config"])
        kept[0]["config"]["batch_input_shape"] = first["config"]["batch_input_shape"]
        file.attrs["model_config"] = json.dumps({**config, "config": kept})
        for key in list(file["model_weights"]):
            del file["model_weights"][key]
        file["model_weights"].attrs["layer_names"] = np.array([], dtype="S1")

    found = convert(str(changed(tmp_path, without_weights, "k1_no_order")))
    assert any("channels last are assumed, as by default" in note for note in found.conversion.notes.texts)


@pytest.mark.parametrize("form", ["index", "folder", "folder with state"])
def test_a_checkpoint_is_read_from_its_index_or_folder(tmp_path, form):
    name = "tk24_cells_checkpoint"
    for path in FOLDER.glob(f"{name}.ckpt.*"):
        shutil.copy(path, tmp_path)
    if form == "folder with state":
        (tmp_path / "older.index").write_bytes(b"")
        (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "/elsewhere/{name}.ckpt"\n')
    file = str(tmp_path / f"{name}.ckpt.index") if form == "index" else str(tmp_path)
    model = saved(name)
    assert is_saved_model(file)
    found = convert(file, architecture=model.architecture)
    y = call_layers(found.conversion.source, MaskedTensor(model.input), found.conversion.generation).values
    np.testing.assert_allclose(y, model.predictions, atol=1e-5)


@pytest.mark.parametrize("latest", ["", ".", "elsewhere/", "missing.ckpt"])
def test_a_folder_whose_latest_checkpoint_is_missing_is_not_a_model(tmp_path, latest):
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{latest}"\n')
    assert not is_saved_model(str(tmp_path))


@pytest.mark.parametrize("form", ["./{}", "weights/{}"])
def test_a_shard_may_be_in_a_folder_inside(tmp_path, form):
    folder = with_shards(tmp_path, form)
    for shard in folder.glob("*.bin"):
        target = folder / form.format(shard.name)
        target.parent.mkdir(exist_ok=True)
        shard.rename(target)
    assert check_conversion(convert(str(folder))).difference < 1e-5


@pytest.mark.parametrize("form", ["../{}", "weights/../../{}", "/{}", "C:\\{}", "{}/"])
def test_a_shard_outside_of_the_folder_is_not_read(tmp_path, form):
    with pytest.raises(SavedModelError, match="not a file in the folder"):
        convert(str(with_shards(tmp_path, form)))


def with_shards(tmp_path, form):
    """A model of TensorFlow.js whose shards are named so in its model.json."""
    folder = tmp_path / "m"
    shutil.copytree(FOLDER / "tfjs_cnn_uint8", folder)
    tree = json.loads((folder / "model.json").read_text())
    for group in tree["weightsManifest"]:
        group["paths"] = [form.format(path) for path in group["paths"]]
    (folder / "model.json").write_text(json.dumps(tree))
    return folder
