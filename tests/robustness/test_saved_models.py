"""Malicious files: nothing in them is executed, followed or expanded, and the reason is reported."""

import io
import itertools
import json
import os
import pickle
import shutil
import signal
import struct
import sys
import zipfile

import h5py
import numpy as np
import pytest

from seqspec.saved_models import hdf5, separate_process
from seqspec.saved_models.conversion import plan_conversion
from seqspec.saved_models.saved_model import SavedModelError
from seqspec.saved_models.separate_process import failure_of
from tests.saved_models.files import FOLDER, saved

ARCHIVE = saved("tk215_gru_keras").file


def model(tmp_path, change):
    target = tmp_path / "model.h5"
    shutil.copy(saved("k1_lstm").file, target)
    with h5py.File(target, "r+") as file:
        change(file["model_weights/dense_1"])
    return target


def replaced(make):
    def change(group):
        del group["dense_1_W:0"]
        make(group)

    return change


def external_link(group):
    group["dense_1_W:0"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft_link(group):
    group["dense_1_W:0"] = h5py.SoftLink("/model_weights/lstm_1/lstm_1_W_i:0")


def external_data(group):
    group.create_dataset("dense_1_W:0", (5, 2), "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def virtual(group):
    layout = h5py.VirtualLayout((5, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (5, 2))
    group.create_virtual_dataset("dense_1_W:0", layout)


def objects(group):
    group.create_dataset("dense_1_W:0", (5, 2), h5py.string_dtype())


def huge(group):
    group.create_dataset("dense_1_W:0", (1 << 20, 1 << 14), "f4")


def compressed(group):
    group.create_dataset("dense_1_W:0", (1 << 12, 1 << 12), "f4", compression="gzip", data=np.zeros((1 << 12, 1 << 12)))


def loop(group):
    group["dense_1_W:0"] = group.parent


@pytest.mark.parametrize("make", [external_link, soft_link, external_data, virtual, objects, huge, compressed, loop])
def test_unsafe_hdf5_is_refused(tmp_path, make):
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(str(model(tmp_path, replaced(make))))
    assert caught.value.reason == "unsafe-file"


def archive(tmp_path, **more):
    target = tmp_path / "model.keras"
    with zipfile.ZipFile(ARCHIVE) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in more.get("without", ()):
                new.writestr(name, old.read(name))
        for name, content in more.get("add", {}).items():
            new.writestr(name, content)
    return str(target)


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/cron.d/evil", "a/../../b", "C:\\evil"])
def test_archive_with_a_path_out_of_its_folder_is_refused(tmp_path, name):
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(archive(tmp_path, add={name: b"x"}))
    assert caught.value.reason == "unsafe-file"
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_archive_bomb_is_refused(tmp_path):
    without = ("config.json",)
    file = archive(tmp_path, without=without, add={"config.json": b'{"a": "' + b" " * (1 << 27) + b'"}'})
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(file)
    assert caught.value.reason == "unsafe-file"


def test_deeply_nested_json_is_refused(tmp_path):
    deep = b'{"config":' * 500 + b"1" + b"}" * 500
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(archive(tmp_path, without=("config.json",), add={"config.json": deep}))
    assert caught.value.reason in ("unsafe-file", "not-a-model")


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def test_pickle_is_refused(tmp_path, capsys):
    file = tmp_path / "model.h5"
    file.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(str(file))
    assert caught.value.reason == "holds-code"
    assert capsys.readouterr().out == ""


def test_lambda_is_refused(tmp_path):
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    config = json.loads(zipfile.ZipFile(ARCHIVE).read("config.json"))
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": code}}
    config["config"]["layers"].append(layer)
    file = archive(tmp_path, without=("config.json",), add={"config.json": json.dumps(config)})
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(file)
    assert caught.value.reason == "holds-code"


@pytest.mark.parametrize("path", ["../secret.bin", "/etc/passwd", "http://127.0.0.1:9/x", "sub/../../secret.bin", ".."])
def test_shard_path_out_of_the_folder_is_refused(tmp_path, path):
    shutil.copytree(FOLDER / "tfjs_separable", tmp_path / "m")
    file = tmp_path / "m" / "model.json"
    tree = json.loads(file.read_text())
    tree["weightsManifest"][0]["paths"] = [path]
    file.write_text(json.dumps(tree))
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(str(file))
    assert caught.value.reason == "unsafe-file"


def test_linked_shard_is_refused(tmp_path):
    shutil.copytree(FOLDER / "tfjs_separable", tmp_path / "m")
    shard = next((tmp_path / "m").glob("*.bin"))
    outside = tmp_path / "outside.bin"
    shutil.move(shard, outside)
    shard.symlink_to(outside)
    with pytest.raises(SavedModelError) as caught:
        plan_conversion(str(tmp_path / "m"))
    assert caught.value.reason == "unsafe-file"


@pytest.mark.parametrize("name", ["k1_lstm.h5", "tk215_gru_keras.keras", "k315_rnn_weights.weights.h5"])
def test_damaged_file_raises_only_known_errors(tmp_path, name):
    """Every cut and many flipped bytes: an error with a reason, and never another exception."""
    data = (FOLDER / name).read_bytes()
    rng = np.random.default_rng(0)
    file = tmp_path / name
    for number in range(60):
        broken = bytearray(data)
        if number % 2:
            broken = broken[: int(rng.integers(0, len(data)))]
        else:
            for place in rng.integers(0, len(data), 20):
                broken[place] = int(rng.integers(0, 256))
        file.write_bytes(broken)
        try:
            plan_conversion(str(file), json.loads((FOLDER / "k315_rnn_weights.json").read_text()))
        except (SavedModelError, seqspec_violations()):
            pass


def test_endless_hdf5_is_refused(tmp_path, monkeypatch):
    """One wrong byte in the heap that contains the configuration: HDF5 1.14 reads around in a circle."""
    data = bytearray((FOLDER / "tk24_masked_relu.h5").read_bytes())
    data[2128] = 76
    file = tmp_path / "model.h5"
    file.write_bytes(data)
    monkeypatch.setattr(hdf5, "_SECONDS", 1)
    with pytest.raises(SavedModelError, match="does not end within 1 s") as caught:
        plan_conversion(str(file))
    assert caught.value.reason == "unsafe-file"


def test_attribute_that_is_not_text_is_refused(tmp_path):
    """The kind of the attribute `backend` is damaged: HDF5 1.14 follows what is no address."""
    data = bytearray((FOLDER / "k216_theano_conv2d_h5.h5").read_bytes())
    for place, value in {0x3A1: 98, 0x29B3: 207, 0x504E: 131, 0x56D6: 49}.items():
        data[place] = value
    file = tmp_path / "model.h5"
    file.write_bytes(data)
    with pytest.raises(SavedModelError, match="the attribute 'backend' is not text"):
        plan_conversion(str(file))


def returns(source):
    assert source == b"content"


def fails(source):
    raise ValueError(source)


def crashes(source):
    os.kill(os.getpid(), signal.SIGSEGV)


def never_ends(source):
    sum(itertools.repeat(0))


@pytest.mark.parametrize("forks", [True, False] if sys.platform == "linux" else [False])
@pytest.mark.parametrize(
    ("call", "failure"),
    [(returns, None), (fails, None), (crashes, "crashes"), (never_ends, "does not end within 1 s")],
)
def test_a_separate_process_reports_the_failure(call, failure, forks, monkeypatch):
    monkeypatch.setattr(separate_process, "_CAN_FORK", forks)
    monkeypatch.setattr(separate_process, "_START_SECONDS", 10)
    assert failure_of(call, b"content", 1) == failure


def test_hdf5_is_read_in_a_new_process_where_python_does_not_fork(tmp_path, monkeypatch):
    monkeypatch.setattr(separate_process, "_CAN_FORK", False)
    path = FOLDER / "k216_theano_conv2d_h5.h5"
    assert plan_conversion(str(path)) is not None
    assert separate_process.failure_of(hdf5.read_in_advance, path.read_bytes(), 5) is None


def seqspec_violations():
    from seqspec.core.diagnostics.violation import Violations

    return Violations


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index"])
def test_damaged_saved_model_raises_only_known_errors(tmp_path, name):
    folder = tmp_path / "m"
    shutil.copytree(FOLDER / "tk24_normalization_savedmodel.saved", folder)
    data = (folder / name).read_bytes()
    rng = np.random.default_rng(0)
    for number in range(60):
        broken = bytearray(data)
        if number % 2:
            broken = broken[: int(rng.integers(0, len(data)))]
        else:
            for place in rng.integers(0, min(len(data), 3000), 20):
                broken[place] = int(rng.integers(0, 256))
        (folder / name).write_bytes(broken)
        try:
            plan_conversion(str(folder))
        except (SavedModelError, seqspec_violations()):
            pass


def test_cyclic_checkpoint_is_refused(tmp_path):
    """An index whose footer refers to itself ends with an error."""
    footer = bytes([0, 0, 0, 0]).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    (tmp_path / "m.index").write_bytes(footer)
    with pytest.raises(SavedModelError):
        plan_conversion(str(tmp_path / "m"), {"class_name": "Sequential", "config": {"layers": []}})


def test_verification_data_with_objects_is_refused(tmp_path):
    from seqspec.saved_models.converted_model import compare_with

    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as target:
        target.writestr("input.npy", buffer.getvalue())
    with pytest.raises(SavedModelError):
        compare_with(None, str(tmp_path / "data.npz"), None)


def with_member(tmp_path, name, content):
    target = tmp_path / "model.keras"
    shutil.copy(ARCHIVE, target)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, content)
    return target


def test_assets_of_no_layer_are_refused(tmp_path):
    for name in ("assets/layers/gru/vocabulary.txt", "assets/layers/string_lookup/vocabulary.txt", "assets/x.bin"):
        with pytest.raises(SavedModelError) as found:
            plan_conversion(str(with_member(tmp_path, name, b"a")))
        assert found.value.reason == "weights-left-over"


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("StringLookup", b"[UNK]\nred", "weights-shape"),
        ("StringLookup", b"\xff\nred\nblue", "not-a-model"),
        ("IntegerLookup", b"-1\n2\nred", "not-a-model"),
    ],
)
def test_damaged_vocabulary_is_refused(kind, content, reason, tmp_path):
    layer = {"module": "keras.layers", "class_name": kind, "config": {"vocabulary": None, "vocabulary_size": 3}}
    target = tmp_path / "model.keras"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}}))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        name = "string_lookup" if kind == "StringLookup" else "integer_lookup"
        archive.writestr(f"assets/layers/{name}/vocabulary.txt", content)
        content = io.BytesIO()
        h5py.File(content, "w").close()
        archive.writestr("model.weights.h5", content.getvalue())
    with pytest.raises(SavedModelError) as found:
        plan_conversion(str(target))
    assert found.value.reason == reason


def test_vocabulary_in_an_unreadable_table_is_refused():
    from seqspec.saved_models.conversion import _note_vocabularies
    from seqspec.saved_models.nodes import SavedLayer
    from seqspec.saved_models.saved_model import ByObject, ByPath, ConversionNotes, SavedModel, WriterVersions

    notes = ConversionNotes()
    node = SavedLayer("TextVectorization", {"vocabulary": None}, "text")
    _note_vocabularies([node], SavedModel("h5", None, WriterVersions(2), ByPath({})), notes)
    assert "vocabulary of 'text'" in notes.texts[0]
    with pytest.raises(SavedModelError, match="table that is not read"):
        _note_vocabularies([node], SavedModel("savedmodel", None, WriterVersions(2), ByObject([{}], {})), notes)


def test_discretization_of_keras_3_0_loses_its_dtype():
    from seqspec.saved_models.version_fixes.preprocessing import drop_integer_dtype

    layer = {"class_name": "Discretization", "config": {"dtype": "int64", "bin_boundaries": [0.5]}}
    other = {"class_name": "Hashing", "config": {"dtype": "int64", "num_bins": 3}}
    model = {"class_name": "Sequential", "config": {"layers": [layer, other]}}
    assert drop_integer_dtype(model)["config"]["layers"] == [
        {"class_name": "Discretization", "config": {"bin_boundaries": [0.5]}},
        other,
    ]
    assert layer["config"]["dtype"] == "int64"


@pytest.mark.parametrize(("version", "refused"), [("", True), ("3.0.5", False), ("3.15.0", False)])
def test_discretization_with_integer_dtype_requires_a_version(version, refused):
    from seqspec.saved_models.nodes import SavedLayer
    from seqspec.saved_models.saved_model import WriterVersions
    from seqspec.saved_models.version_fixes.preprocessing import require_version

    node = SavedLayer("Discretization", {"dtype": "int64", "bin_boundaries": [0.5]}, "bins")
    if refused:
        with pytest.raises(SavedModelError, match="does not name"):
            require_version([node], WriterVersions(3, version))
    else:
        require_version([node], WriterVersions(3, version))


@pytest.mark.parametrize("command", [["import", "--verify", "numpy"], ["upgrade", "-o", "new.keras"]])
def test_missing_and_foreign_files_are_reported(tmp_path, command):
    """The message names the file and what is wrong with it, not the use of the options."""
    from click.testing import CliRunner

    from seqspec.cli.main import cli

    empty = tmp_path / "empty.h5"
    empty.write_bytes(b"")
    for file, message in ((empty, "not "), (tmp_path / "missing.h5", "file not found")):
        done = CliRunner().invoke(cli, [command[0], str(file), *command[1:]])
        assert done.exit_code == 1 and f"{file}: " in done.stderr and message in done.stderr


def test_model_without_layers_is_refused(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": []})
        file.create_group("model_weights").attrs["layer_names"] = []
    with pytest.raises(SavedModelError, match="no layers"):
        plan_conversion(str(tmp_path / "m.h5"))
