"""Exports with the real runtimes: files written, verified, kept and rejected."""

import json
import os
import re
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.export_formats import EXPORT_FORMATS
from tests import ROOT
from tests.requirements import program_path, require
from tests.saved_models.files import FOLDER
from tests.training.export.formats import EACH
from tests.training.export.matrix import matrix
from tests.training.export.rows import ROWS, STACKS

pytestmark = pytest.mark.needs("ai_edge_litert", "onnx", "onnxruntime", "openvino", "tf2onnx", "sklearn")
TFJS = pytest.mark.needs("node", "tfjs")

PAGE = """
const tf = require(PACKAGE), fs = require("fs"), http = require("http");
// A browser loads the model from where the page is.
const server = http.createServer((asked, answer) => fs.createReadStream("." + asked.url).pipe(answer));
server.listen(0, "127.0.0.1", async () => {
  const fetched = globalThis.fetch;
  const here = (url) => new URL(url, `http://127.0.0.1:${server.address().port}/`).href;
  tf.env().set("IS_NODE", false);
  tf.env().platform = {
    fetch: (url, options) => fetched(here(url), options),
    now: () => Date.now(),
    encode: (text) => new TextEncoder().encode(text),
    decode: (bytes) => new TextDecoder().decode(bytes),
    isTypedArray: (value) => ArrayBuffer.isView(value),
  };
  const x = tf.tensor2d([[1, 2, 3, 4]]);
PROGRAM
  console.log(JSON.stringify(await y.array()));
  server.close();
  process.exit(0);
});
"""

# One row for each reason why a model is changed for export, and for each way in which a format cannot hold it.
REPRESENTATIVE = (
    ("RandomFlip", "tf_saved_model"),
    ("mixed_float16 Dense", "tf_saved_model"),
    ("LSTM stateful", "tf_saved_model"),
    ("Activation", "onnx"),
    ("Normalization", "onnx"),
    ("StringLookup", "onnx"),
    ("Resizing bicubic", "onnx"),
    ("Bidirectional", "openvino"),
    ("CategoryEncoding", "openvino"),
    ("LSTM", "litert"),
    ("MaxPooling3D", "litert"),
    ("bfloat16 Dense", "litert"),
    ("Activation", "tfjs"),
    ("LSTM any length", "tfjs"),
    ("LSTM stateful", "tfjs"),
    ("IntegerLookup", "tfjs"),
    ("Hashing", "tfjs"),
    ("Dense celu", "onnx"),
    ("UpSampling2D bicubic", "onnx"),
    ("channels_first", "litert"),
    ("TimeDistributed channels_first", "tfjs"),
    ("Dense softsign", "tfjs"),
    ("EinsumDense ellipsis", "tfjs"),
    ("LSTM dropout", "tfjs"),
    ("mixed_float16 nested", "litert"),
    ("LSTM stateful", "onnx"),
    ("SpectralNormalization channels_first", "tfjs"),
    ("UpSampling2D area", "litert"),
    ("Dense bfloat16 input", "onnx"),
    ("Dense penalized", "onnx"),
    ("RandomBrightness int32", "tf_saved_model"),
    ("AdaptiveMaxPooling1D any length", "tf_saved_model"),
    ("augmentation with a seed", "tfjs"),
    ("augmentation of integers", "litert"),
    ("MixUp of integers", "onnx"),
    ("Conv1D any length", "litert"),
)


@pytest.mark.parametrize(
    ("name", "format"),
    [pytest.param(*pair, marks=[TFJS] * (pair[1] == "tfjs")) for pair in REPRESENTATIVE],
)
@pytest.mark.nightly
def test_matrix_equals_the_runtimes(name, format, exhaustive):
    from tests.training.export.measure import measure

    expected = (matrix()["rows"] | matrix()["stacks"])[name][format]
    # Where a fixed batch size makes no difference, the model is exported again at night to see that.
    tries = tuple(expected) if exhaustive or len(set(expected.values())) > 1 else ("as_is",)
    found = measure((ROWS | STACKS)[name], format, tries)
    assert found == {attempt: expected[attempt] for attempt in tries}


SPEC = """seqspec = 1

[model]
input = [8, 8, 1]
layers = [
  {{ type = "RandomTranslation", height_factor = 0.1, width_factor = 0.1 }},
  {{ type = "Rescaling", scale = "1/16" }},
  {{ type = "Conv2D", filters = 32, kernel_size = 3, padding = "same", activation = "relu" }},
  "BatchNormalization",
  {{ type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" }},
  "MaxPooling2D",
  "Flatten",
  {{ type = "Dense", units = 64, activation = "relu" }},
  {{ type = "Dropout", rate = 0.3 }},
  {{ type = "Dense", units = 10, activation = "softmax" }},
]

[target]
kind = "multiclass"
classes = 10

[compile]
optimizer = "adam"
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]

[fit]
epochs = 12
batch_size = 64

[data]
source = "digits.npz"
split = {{ by = "random", test = 0.28, validation = 0.0 }}

[runtime]
seed = 3

{tables}
"""
EXPORTS = """
[[export]]
filepath = "out/digits"

[[export]]
filepath = "out/digits.onnx"
format = "onnx"

[[export]]
filepath = "out/digits.xml"
format = "openvino"

[[export]]
filepath = "out/digits.tflite"
format = "litert"

[[export]]
filepath = "out/digits-float16.tflite"
format = "litert"
optimize = "float16"

[[export]]
filepath = "out/digits-dynamic.tflite"
format = "litert"
optimize = "dynamic"

[[export]]
filepath = "out/digits-int8.tflite"
format = "litert"
optimize = "int8"

[[export]]
filepath = "out/digits-full-int8.tflite"
format = "litert"
optimize = "full_int8"

[[export]]
filepath = "out/digits-tfjs"
format = "tfjs"
"""


def write_spec(folder, tables):
    from sklearn.datasets import load_digits

    digits = load_digits()
    np.savez(folder / "digits.npz", x=digits.images[..., None].astype("float32"), y=digits.target)
    (folder / "digits.toml").write_text(SPEC.format(tables=tables))


def run(*arguments):
    return CliRunner().invoke(cli, list(map(str, arguments)))


@TFJS
def test_digits_through_all_formats(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_spec(tmp_path, EXPORTS)
    done = run("train", "digits.toml", "--no-report")
    assert done.exit_code == 0, done.output
    folder = next((tmp_path / "runs").iterdir())
    records = json.loads((folder / "evaluation.json").read_text())["exports"]
    assert [record["filepath"] for record in records] == [
        line.split('"')[1] for line in EXPORTS.splitlines() if line.startswith("filepath")
    ]
    for record in records:
        assert record["comparison"]["same_class"] >= (1.0 if record["optimize"] == "none" else 0.99), record
        assert record["samples"] > 400 and record["runtime"] and record["microseconds"] > 0
        assert record["bytes"] > 0 and (tmp_path / record["filepath"]).exists()
        assert abs(record["accuracy"] - record["model_accuracy"]) <= 0.01
    sizes = {record["filepath"]: record["bytes"] for record in records}
    assert sizes["out/digits-int8.tflite"] < sizes["out/digits.tflite"] / 2
    assert not [each for each in (tmp_path / "out").iterdir() if each.name.startswith(".")]
    # Once more from the run, one format to another place.
    again = run("export", folder, "--format", "onnx", "-o", "again/model.onnx", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["comparison"]["same_class"] == 1.0
    assert (tmp_path / "again/model.onnx").is_file()


@pytest.mark.parametrize("kind", ["python", "tensorflow"])
def test_export_on_a_full_disk_leaves_nothing(kind, tmp_path, monkeypatch):
    # TensorFlow raises errors of its own kind when it cannot write a file.
    import tensorflow as tf

    from seqspec.training.export import onnx

    full = {
        "python": OSError(28, "No space left on device"),
        "tensorflow": tf.errors.ResourceExhaustedError(None, None, "model.onnx; No space left on device"),
    }

    def write(target, exportable, options):
        target.write_bytes(b"half of it")
        raise full[kind]

    monkeypatch.setattr(onnx, "write", write)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["Dense"].tree))
    seqspec.build(ROWS["Dense"].tree).save(tmp_path / "m.keras")
    done = run("export", "spec.json", "--model", "m.keras", "--format", "onnx", "-o", "out.onnx")
    assert done.exit_code == 4 and "No space left on device" in done.output
    assert {each.name for each in tmp_path.iterdir()} == {"spec.json", "m.keras"}


def test_the_spec_is_checked_before_a_model_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("export", "nothere.toml")
    assert done.exit_code == 1 and "SEQ002" in done.output
    Path("spec.toml").write_text('seqspec = 1\nmodel = { input = [4], layers = [{ type = "Dense", units = 2 }] }\n')
    done = run("export", "spec.toml")
    assert done.exit_code == 2 and "--model" in done.output


@pytest.mark.parametrize("table", [{}, {"export": {"filepath": "m.tflite", "format": "litert"}}])
def test_a_path_with_the_suffix_of_another_format(table, tmp_path, monkeypatch):
    # The path of the command line is read like that of the spec, before the model is loaded.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["Dense"].tree | table))
    (tmp_path / "m.keras").write_bytes(b"")
    done = run("export", "spec.json", "--model", "m.keras", "--format", "litert", "-o", "m.onnx")
    assert done.exit_code == 2 and "filepath must end in .tflite" in done.output, done.output


def test_export_without_the_runtime_is_not_verified(tmp_path, monkeypatch):
    from seqspec.training.errors import MissingPackage
    from seqspec.training.export import onnx

    def missing(target, exportable):
        raise MissingPackage("running the ONNX file needs onnxruntime, which is not installed", "onnxruntime")

    monkeypatch.setattr(onnx, "load", missing)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["Dense"].tree))
    seqspec.build(ROWS["Dense"].tree).save(tmp_path / "m.keras")
    done = run("export", "spec.json", "--model", "m.keras", "--format", "onnx")
    assert done.exit_code == 0 and "not verified" in done.output
    assert (tmp_path / "m-onnx.onnx").is_file()


def tfjs_package():
    """The folder of @tensorflow/tfjs in NODE_PATH."""
    require("node", "tfjs")
    return Path(os.environ["NODE_PATH"]) / "@tensorflow" / "tfjs"


@TFJS
def test_the_operations_of_tfjs():
    from seqspec.training.export.tfjs import OPERATIONS

    lists = tfjs_package().parent / "tfjs-converter/dist/operations/op_list"
    texts = [file.read_text() for file in lists.glob("*.js") if file.stem != "tfdf"]
    assert {name for text in texts for name in re.findall(r"'tfOpName': '(\w+)'", text)} == OPERATIONS


@pytest.mark.needs("node")
@pytest.mark.parametrize("without", ["PATH", "NODE_PATH"])
def test_tfjs_export_names_what_to_install(without, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    if without == "NODE_PATH":
        monkeypatch.setenv("PATH", str(Path(program_path("node")).parent))
    monkeypatch.setenv(without, str(tmp_path))
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["Dense"].tree))
    seqspec.build(ROWS["Dense"].tree).save(tmp_path / "m.keras")
    done = run("export", "spec.json", "--model", "m.keras", "--format", "tfjs", "-o", "web", "--json")
    assert done.exit_code == 0, done.output
    notes = json.loads(done.stdout)["notes"]
    assert any(note.startswith("not verified") and "npm install -g @tensorflow/tfjs" in note for note in notes)
    assert {each.name for each in (tmp_path / "web").iterdir()} == {"model.json", "group1-shard1of1.bin"}


@TFJS
def test_the_program_of_the_page(tmp_path, monkeypatch):
    package = tfjs_package()
    monkeypatch.chdir(tmp_path)
    tree = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 3}]}}
    Path("spec.json").write_text(json.dumps(tree))
    model = seqspec.build(tree)
    model.save("m.keras")
    assert run("export", "spec.json", "--model", "m.keras", "--format", "tfjs", "-o", "out/web").exit_code == 0
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    (program,) = [body for body in re.findall(r"^```js\n(.*?)^```$", page, re.M | re.S) if "tf.loadGraphModel" in body]
    Path("page.js").write_text(PAGE.replace("PACKAGE", json.dumps(str(package))).replace("PROGRAM", program))
    done = subprocess.run([program_path("node"), "page.js"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    expected = model.predict(np.array([[1.0, 2.0, 3.0, 4.0]]), verbose=0)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, rtol=1e-5)


@TFJS
def test_large_weights_are_in_several_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = {"seqspec": 1, "model": {"input": [1500], "layers": [{"type": "Dense", "units": 1000}]}}
    (tmp_path / "spec.json").write_text(json.dumps(tree))
    seqspec.build(tree).save(tmp_path / "m.keras")
    for _ in range(2):  # The second one replaces the folder of the first.
        done = run("export", "spec.json", "--model", "m.keras", "--format", "tfjs", "-o", "web", "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["runtime"].startswith("@tensorflow/tfjs 4.")
    names = sorted(each.name for each in (tmp_path / "web").iterdir())
    assert names == ["group1-shard1of2.bin", "group1-shard2of2.bin", "model.json"]


def test_export_keeps_foreign_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = ROWS["Dense"].tree | {"export": {"filepath": "mine"}}
    (tmp_path / "spec.json").write_text(json.dumps(tree))
    seqspec.build(tree).save(tmp_path / "m.keras")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("kept")
    done = run("export", "spec.json", "--model", "m.keras")
    assert done.exit_code == 4 and "is a folder with other files" in done.output
    assert (tmp_path / "mine" / "notes.txt").read_text() == "kept"


def test_an_earlier_folder_stays_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    from seqspec.training.export import exporter

    target = tmp_path / "web"
    target.mkdir()
    (target / "model.json").write_text("before")
    real = os.replace

    def replace(source, destination):
        if (source.name, destination) == ("web", target):
            raise OSError(28, "No space left on device")
        real(source, destination)

    monkeypatch.setattr("os.replace", replace)
    with pytest.raises(exporter.ExportError, match="No space left"), exporter._Staging(target) as staging:
        staging.path.mkdir()
        staging.keep()
    assert (target / "model.json").read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["web"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_nothing(number, tmp_path, monkeypatch):
    from seqspec.training.export import onnx

    def write(target, exportable, options):
        target.write_bytes(b"half of it")
        signal.raise_signal(number)

    monkeypatch.setattr(onnx, "write", write)
    monkeypatch.chdir(tmp_path)
    seqspec.build(ROWS["Dense"].tree).save(tmp_path / "m.keras")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises((KeyboardInterrupt, SystemExit)) as ended:
        cli.main(["export", "m.keras", "--format", "onnx"], standalone_mode=False)
    assert number == signal.SIGINT or ended.value.code == 143
    assert [each.name for each in tmp_path.iterdir()] == ["m.keras"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_saved_model_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seqspec.build(ROWS["Dense"].tree).save(tmp_path / "m.keras")
    done = run("export", "m.keras")
    assert done.exit_code == 2 and "name a format with --format" in done.output
    done = run("export", "m.keras", "--format", "onnx", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["filepath"] == "m-onnx.onnx" and (tmp_path / "m-onnx.onnx").is_file()
    (tmp_path / "broken.keras").write_bytes(b"PK\x03\x04")
    done = run("export", "broken.keras", "--format", "onnx")
    assert done.exit_code == 2 and "broken.keras: the archive cannot be read" in done.output


def test_a_model_of_keras_2_is_built_with_its_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(FOLDER / "k224_gru_reset_after.h5", "m.h5")
    done = run("export", "m.h5", "--format", "onnx", "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["comparison"]["difference"] < 1e-5, done.output
    limited = run("export", "m.h5", "--format", "litert")
    assert limited.exit_code == 4 and "(--batch-size 1)" in limited.output
    assert run("export", "m.h5", "--format", "litert", "--batch-size", "1").exit_code == 0
    # Keras 3 computes another output for masked steps.
    shutil.copy(FOLDER / "k224_embedding_bi.h5", "masked.h5")
    refused = run("export", "masked.h5", "--format", "onnx")
    assert refused.exit_code == 2 and "masked" in refused.output


def test_a_model_that_keras_cannot_compile_again_is_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = {"seqspec": 1, "model": QUANTIZED["Dense"], "compile": {"loss": "mse", "optimizer": "sgd"}}
    model = seqspec.build(tree)
    model.train_on_batch(np.zeros((2, 6)), np.zeros((2, 3)))
    model.save("m.h5")
    done = run("export", "m.h5", "--format", "onnx")
    assert done.exit_code == 0, done.output


def test_files_name_their_output_and_the_classes(tmp_path, monkeypatch):
    import onnx
    import openvino

    monkeypatch.chdir(tmp_path)
    tree = ROWS["Dense"].tree
    units = seqspec.check(tree).layers[-1].output.dims[-1]
    names = [f"class {number}" for number in range(units)]
    (tmp_path / "m.json").write_text(
        json.dumps({**tree, "target": {"kind": "multiclass", "classes": units, "names": names}})
    )
    seqspec.build(tree).save(tmp_path / "m.keras")
    files = {"onnx": "m.onnx", "openvino": "m.xml", "tfjs": "web", "litert": "m.tflite", "tf_saved_model": "folder"}
    for format, path in files.items():
        done = run("export", "m.json", "--model", "m.keras", "--format", format, "-o", path)
        assert done.exit_code == 0, done.output
    model = onnx.load("m.onnx")
    found = {each.key: each.value for each in model.metadata_props}
    assert [output.name for output in model.graph.output] == ["output"] and json.loads(found["class_names"]) == names
    assert json.loads(openvino.Core().read_model("m.xml").get_rt_info(["model_info", "class_names"]).value) == names
    with zipfile.ZipFile("m.tflite") as archive:
        assert json.loads(json.loads(archive.read("metadata.json"))["class_names"]) == names
    assert json.loads(json.loads(Path("folder/assets.extra/metadata.json").read_text())["class_names"]) == names
    web = json.loads((tmp_path / "web" / "model.json").read_text())
    assert json.loads(web["userDefinedMetadata"]["class_names"]) == names and list(web["signature"]["outputs"]) == [
        "output"
    ]


def test_a_model_of_another_spec_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["LSTM"].tree))
    seqspec.build(ROWS["Dense"].tree).save(tmp_path / "m.keras")
    done = run("export", "spec.json", "--model", "m.keras", "--format", "onnx")
    assert done.exit_code == 2 and "it is not the model of this spec" in done.output


def test_limits_are_named_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["LSTM"].tree))
    seqspec.build(ROWS["LSTM"].tree).save(tmp_path / "m.keras")
    done = run("export", "spec.json", "--model", "m.keras", "--format", "litert")
    assert done.exit_code == 4 and "TensorListReserve" in done.output
    assert {each.name for each in tmp_path.iterdir()} == {"spec.json", "m.keras"}


def test_unrolled_in_the_spec(tmp_path, monkeypatch):
    # The model was trained before `unroll = true` was added, as the message advises.
    monkeypatch.chdir(tmp_path)
    seqspec.build(ROWS["GRU"].tree).save(tmp_path / "m.keras")
    (tmp_path / "spec.json").write_text(json.dumps(ROWS["GRU unroll"].tree))
    done = run("export", "spec.json", "--model", "m.keras", "--format", "litert")
    assert done.exit_code == 0, done.output


QUANTIZED = {
    "Dense": {"input": [6], "layers": [{"type": "Dense", "units": 8}, {"type": "Dense", "units": 3}]},
    "Embedding": {"input": {"shape": [4], "dtype": "int32"}, "layers": [
        {"type": "Embedding", "input_dim": 5, "output_dim": 4}, "Flatten"
    ]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "mode"), [("Dense", "int8"), ("Dense", "int4"), ("Dense", "float8"), ("Embedding", "int8")]
)
@pytest.mark.parametrize("format", EACH)
def test_quantized_layers_per_format_equal_declarations(format, kind, mode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = {"seqspec": 1, "model": QUANTIZED[kind], "quantize": {"mode": mode}}
    seqspec.build(tree).save(tmp_path / "m.keras")
    spec = {**tree, "export": {"filepath": f"m{EXPORT_FORMATS[format].suffix}", "format": format}}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    done = run("export", "spec.json", "--model", "m.keras")
    found = {each.name for each in seqspec.check(spec).diagnostics}
    assert (done.exit_code == 0) == ("quantized-export" not in found), done.output


@pytest.mark.parametrize(("mode", "format", "words"), [
    ("int8", "litert", "cannot be exported to LiteRT"),
    ("int8", "openvino", "computes wrong outputs in OpenVINO"),
    ("float8", "tfjs", "cannot be exported to TF.js"),
])  # fmt: skip
def test_a_model_that_was_saved_quantized_is_refused_before_anything_is_written(
    mode, format, words, tmp_path, monkeypatch
):
    # Also where the runtime, which would find it, is not installed.
    monkeypatch.chdir(tmp_path)
    model = seqspec.build({"seqspec": 1, "model": QUANTIZED["Dense"]})
    model.quantize(mode)
    model.save("m.keras")
    done = run("export", "m.keras", "--format", format)
    assert done.exit_code == 4 and f"dense quantized to {mode} {words}" in done.output
    assert os.listdir() == ["m.keras"]


def test_quantized_time_distributed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for mode in ("int8", "int4"):
        tree = {**ROWS["TimeDistributed"].tree, "quantize": {"mode": mode}, "export": {"filepath": "m"}}
        (tmp_path / "spec.json").write_text(json.dumps(tree))
        seqspec.build(ROWS["TimeDistributed"].tree).save(tmp_path / "m.keras")
        done = run("export", "spec.json", "--model", "m.keras")
        assert done.exit_code == 4 and "the quantized model is not usable" in done.output
        assert "quantized-time-distributed" in {each.name for each in seqspec.check(tree).diagnostics}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mixed_float16", "float32"),
        ("float64", "float32"),
        ("int32", "int32"),
        ("string", "string"),
        ("int8_from_float32", "int8_from_float32"),
        ("int4_from_mixed_bfloat16", "int4_from_float32"),
        ("float8_from_mixed_float16", "float8_from_float32"),
    ],
)
def test_the_dtype_policies_of_the_twin(before, after):
    # Only floating-point policies change, and a quantized one keeps its mode.
    import keras

    from seqspec.training.export.inference_model import _float32_policy

    policy = keras.dtype_policies.get(before)
    found = _float32_policy(policy)
    assert found.name == after and type(found) is type(policy)


def test_a_left_out_layer_in_half_precision_rounds():
    # Its absence is a difference from the model, as that of a layer that computes in float32 instead.
    from seqspec.training.export.inference_model import inference_model

    layers = [{"type": "RandomFlip", "dtype": "mixed_bfloat16"}, "Flatten"]
    model = seqspec.build({"seqspec": 1, "model": {"input": [4, 4, 3], "layers": layers}})
    assert inference_model(model).replaced == ("mixed_bfloat16",)


@pytest.mark.parametrize("format", ["onnx", "openvino", "litert"])
def test_a_quantized_model_in_mixed_precision(format, tmp_path, monkeypatch):
    # A model that was quantized and saved before: its layers compute in bfloat16, which the formats do not.
    monkeypatch.chdir(tmp_path)
    tree = {**ROWS["Dense"].tree, "runtime": {"dtype_policy": "mixed_bfloat16"}}
    model = seqspec.build(tree)
    model.quantize("int4")
    model.save("m.keras")
    Path("spec.json").write_text(json.dumps(tree))
    done = run("export", "spec.json", "--model", "m.keras", "--format", format, "--json")
    assert done.exit_code == 0, done.output
    assert any("float32 instead of int4" in note for note in json.loads(done.stdout)["notes"])


def test_a_call_without_training_augments():
    # What the rule augmentation-in-export says of Keras.
    import keras

    model = seqspec.build(ROWS["RandomRotation"].tree)
    x = ROWS["RandomRotation"].inputs()
    assert np.abs(np.asarray(model(x)) - x).max() > 1
    assert np.array_equal(np.asarray(model(x, training=False)), x)
    assert np.array_equal(model.predict(x, verbose=0), x)
    assert keras.backend.backend() == "tensorflow"


@pytest.mark.parametrize("loss", ["mse", "MAE", "mape", "msle", "mean_squared_error", "huber", "MeanSquaredError"])
def test_h5_losses_load_as_declared(loss, tmp_path):
    import keras

    tree = {
        "seqspec": 1, "model": QUANTIZED["Dense"], "compile": {"loss": loss, "optimizer": "sgd"},
        "save": {"filepath": "m.h5"},
    }  # fmt: skip
    model = seqspec.build(tree)
    model.train_on_batch(np.zeros((2, 6)), np.zeros((2, 3)))
    model.save(tmp_path / "m.h5")
    try:
        keras.models.load_model(tmp_path / "m.h5")
        loaded = True
    except ValueError:
        loaded = False
    assert loaded == ("unloadable-h5" not in {each.name for each in seqspec.check(tree).diagnostics})


def test_files_name_the_units(tmp_path, monkeypatch):
    from seqspec.core.check.check import Check
    from seqspec.training.export.exporter import units_of

    monkeypatch.chdir(tmp_path)
    model = {"input": [2], "layers": [{"type": "Dense", "units": 1}]}
    tree = {"seqspec": 1, "model": model, "target": {"kind": "regression", "unit": "€"}}
    (tmp_path / "m.json").write_text(json.dumps(tree))
    seqspec.build(tree).save(tmp_path / "m.keras")
    done = run("export", "m.json", "--model", "m.keras", "--format", "tf_saved_model", "-o", "folder")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "folder/assets.extra/metadata.json").read_text())
    assert json.loads(found["units"]) == {"label": "€"}
    columns = {"size": {"kind": "number", "unit": "m²"}, "rooms": "number"}
    source = {"type": "table", "path": "homes.csv", "label": "price"}
    spec = Check.of({**tree, "data": {"source": source, "columns": columns}}).spec
    assert units_of(spec) == {"inputs": {"size": "m²"}, "label": "€"}
