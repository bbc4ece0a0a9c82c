"""`serving.keras` and ONNX from raw columns: random tables encoded as the host encodes them."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.training.errors import ExportError
from tests import ROOT
from tests.test_docs import FENCE
from tests.training.data.test_columns import rows, write
from tests.training.raw_tables import difference, identity, random_encoding


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("codes", [False, True])
def test_keras_encodes_as_the_host(seed, codes, tmp_path):
    import keras
    import tensorflow as tf

    from seqspec.training.serving.keras_model import serving_model

    encoder, vectors, inputs = random_encoding(seed)
    serving_model(identity(encoder.width), encoder, codes=codes).save(tmp_path / "serving.keras")
    model = keras.models.load_model(tmp_path / "serving.keras")
    found = model({name: tf.constant(value) for name, value in inputs(codes).items()})
    assert difference(found, vectors) < 2e-6
    for each, place in zip(encoder.encodings, encoder.places().values()):
        if each.kind in ("category", "text"):
            assert np.array_equal(found[:, place], vectors[:, place]), each.name


@pytest.mark.needs("onnx", "onnxruntime")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("opset", "is_column"), [(13, False), (18, False), (18, True)])
def test_onnx_encodes_as_the_host(seed, opset, is_column):
    import onnxruntime
    from onnx import TensorProto, helper

    from seqspec.training.serving.onnx_model import with_encoding

    encoder, vectors, inputs = random_encoding(seed, without=("text",))
    output = encoder.encodings[0].name if is_column else "y"
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", encoder.width]) for name in ("x", output))
    graph = helper.make_graph([helper.make_node("Identity", ["x"], [output])], "core", [x], [y])
    core = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(with_encoding(core, encoder).SerializeToString())
    [found] = session.run(None, inputs())
    assert difference(found, vectors) < 2e-6
    for each, place in zip(encoder.encodings, encoder.places().values()):
        if each.kind == "category":
            assert np.array_equal(found[:, place], vectors[:, place]), each.name


KINDS = {
    "age": {"kind": "number", "missing": {"fill": "mean", "flag": True}},
    "plan": ["basic", "Straße"],
    "store": {"kind": "category", "values": [1, 2, 7], "missing": "category"},
    "signed_up": {"kind": "date", "parts": ["year", "season", "hour"]},
    "comment": {"kind": "text", "top": 4},
}
ROWS = {
    "age": [31, None, 64, 18], "plan": ["basic", "Straße", "gold", "basic"], "store": [1, 7, None, 4],
    "signed_up": ["2024-02-29 23:00:00", "1999-12-31", "2000-01-01 06:30:00", "1600-01-01"],
    "comment": ["Too slow!", "good", None, "slow, but good"],
}  # fmt: skip
PROGRAM = """
import json, sys
sys.modules["seqspec"] = None  # An import raises ImportError.
import keras
from keras import ops
model = keras.models.load_model(sys.argv[1])
columns = json.load(sys.stdin)
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    inputs = {name: tf.constant(values, model.input[name].dtype) for name, values in columns.items()}
else:
    import numpy as np
    inputs = {name: np.array(values, model.input[name].dtype) for name, values in columns.items()}
print(json.dumps(model.predict(inputs, verbose=0).tolist()))
"""


def days(year, month, day):
    return (date(year, month, day) - date(1970, 1, 1)) // timedelta(days=1)


INPUTS = {
    "age": [31, float("nan"), 64, 18], "plan": ["basic", "Straße", "gold", "basic"], "store": [1, 7, -(2**63), 4],
    "signed_up": [days(2024, 2, 29), days(1999, 12, 31), days(2000, 1, 1), days(1600, 1, 1)],
    "signed_up_seconds": [23 * 3600, 0, 6 * 3600 + 1800, 0], "comment": ["Too slow!", "good", "", "slow, but good"],
}  # fmt: skip


def trained(folder, *, kinds=KINDS, **tables):
    """The run of a spec of these columns, in the current folder."""
    rows = [dict(zip(ROWS, values)) for values in zip(*ROWS.values())]
    lines = [{**rows[number % 2], "age": 20 + number, "y": number % 2} for number in range(40)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "new.jsonl").write_text("".join(json.dumps(line) + "\n" for line in rows))
    tree = {
        "seqspec": 1,
        "model": {"layers": [{"type": "Dense", "units": 3, "activation": "tanh"}, {"type": "Dense", "units": 1}]},
        "compile": {"optimizer": "adam", "loss": "mean_squared_error"},
        "target": {"kind": "regression", "scale": "standard"},
        "fit": {"epochs": 1, "batch_size": 8},
        "data": {"source": {"type": "table", "path": "rows.jsonl", "label": "y"}, "columns": kinds},
        **tables,
    }
    return seqspec.train(tree, runs=folder / "runs", html=False)


def predicted(run, columns, backend="tensorflow"):
    """The predictions of serving.keras in a process that cannot import seqspec."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, run.path / "serving.keras"], input=json.dumps(columns), capture_output=True,
        text=True, env=environment, check=False, cwd=run.path,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    return np.array(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_serving_keras_without_seqspec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = trained(tmp_path)
    assert difference(predicted(run, INPUTS), run.predict("new.jsonl").outputs) < 1e-5


@pytest.mark.slow
@pytest.mark.needs("jax")
def test_codes_on_jax(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = trained(tmp_path, save={"filepath": "model.keras", "serving": "codes"})
    words = json.loads((run.path / "encoding.json").read_text())["columns"][-1]["words"]
    texts = [[float(word in text.lower().replace("!", "").replace(",", "").split()) for word in words]
             for text in INPUTS["comment"]]  # fmt: skip
    texts = [text + [0.0] * (4 - len(words)) for text in texts]
    # Places of encoding.json: an unknown value has none, and a missing store the last one.
    codes = {**INPUTS, "plan": [0, 1, -1, 0], "store": [0, 2, 3, -1], "comment": texts}
    assert difference(predicted(run, codes, "jax"), run.predict("new.jsonl").outputs) < 1e-5


@pytest.mark.slow
@pytest.mark.needs("onnx", "onnxruntime", "tf2onnx")
def test_exports_from_columns(tmp_path, monkeypatch):
    import onnxruntime
    import tensorflow as tf

    monkeypatch.chdir(tmp_path)
    kinds = {name: kind for name, kind in KINDS.items() if name != "comment"}
    exports = [{"filepath": "model.onnx", "format": "onnx", "input": "columns"},
               {"filepath": "model", "input": "columns"}, {"filepath": "vector", "input": "encoded"}]  # fmt: skip
    run = trained(tmp_path, kinds=kinds, export=exports)
    assert json.loads(Path("vector.encoding.json").read_text()) == json.loads((run.path / "encoding.json").read_text())
    metadata = json.loads(Path("vector/assets.extra/metadata.json").read_text())
    assert json.loads(metadata["encoding"]) == json.loads((run.path / "encoding.json").read_text())
    expected = run.predict("new.jsonl").outputs
    dtypes = {"age": np.float32, "plan": object, "store": np.int64}
    columns = {
        name: np.array(values, dtypes.get(name, np.int32))[:, None]
        for name, values in INPUTS.items()
        if name != "comment"
    }
    [found] = onnxruntime.InferenceSession("model.onnx").run(None, columns)
    assert difference(found, expected) < 1e-5
    loaded = tf.saved_model.load("model")
    served = loaded.serve({name: tf.constant(values) for name, values in columns.items()})
    assert difference(served, expected) < 1e-5


def test_export_of_a_run_from_columns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = trained(tmp_path)
    options = ("--format", "tf_saved_model", "--input", "columns", "-o", "served")
    done = CliRunner().invoke(cli, ["export", str(run.path), *options])
    assert done.exit_code == 0, done.output
    assert "random rows" in done.stdout and "largest difference" in done.stdout
    Path("spec.json").write_text(json.dumps(run.spec))
    done = CliRunner().invoke(cli, ["export", "spec.json", "--model", str(run.path / "model.keras"), *options])
    assert done.exit_code == 4 and "export the run, with seqspec export RUN" in done.stderr


@pytest.mark.slow
@pytest.mark.needs("onnx", "onnxruntime", "tf2onnx")
def test_text_is_refused_in_onnx(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExportError, match="ONNX has no operation that splits the text comment into words"):
        trained(tmp_path, export=[{"filepath": "model.onnx", "format": "onnx", "input": "columns"}])
    assert not (tmp_path / "model.onnx").exists()


def test_formats_without_strings_are_refused():
    export = {"filepath": "m.tflite", "format": "litert", "input": "columns"}
    tree = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 1}]}, "export": export}
    [found] = Check.of(tree).validation.diagnostics
    assert (found.code, found.pointer) == ("SEQ105", "/export/input")


def block(page, words):
    """The block of a page with these words."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return next(match[4] for match in FENCE.finditer(text) if words in match[4])


@pytest.mark.slow
@pytest.mark.needs("onnx", "onnxruntime", "tf2onnx")
@pytest.mark.parametrize("program", ["serve.py", "serve_onnx.py"])
def test_programs_of_the_page(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = block("training.md", "last_call = {")
    if program == "serve_onnx.py":
        spec = spec.replace('comment = { kind = "text", top = 200 }', "") + block("export.md", 'input = "columns"')
    (tmp_path / "churn.toml").write_text(spec.replace("epochs = 30", "epochs = 1"))
    table = [{**row, "city": row.pop("state")} for row in rows(100)]
    write(tmp_path / "churn.csv", table)
    write(tmp_path / "new.csv", [{**row, "active": row["active"].lower(), "plan": "gold"} for row in table[:9]])
    run = seqspec.train("churn.toml", html=False)
    shutil.copy(run.path / "serving.keras", tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", block("export.md", "serving.keras\")" if program == "serve.py" else "InferenceSession")],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert not done.returncode, done.stderr
    found = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, _ in found] == [f"C{number}" for number in range(9)]
    assert difference([[float(value)] for _, value in found], run.predict("new.csv").outputs) < 1e-5


@pytest.mark.slow
def test_too_many_columns(monkeypatch):
    from seqspec.training.serving import keras_model

    encoder, _, _ = random_encoding(0, 4)
    monkeypatch.setattr(keras_model, "MAX_COLUMNS", 3)
    with pytest.raises(ValueError, match="it can have 3 columns, the table has"):
        keras_model.serving_model(identity(encoder.width), encoder)


def test_columns_with_names_of_operations(tmp_path, monkeypatch):
    """Keras refuses two operations of one name, inputs and the model included."""
    import keras

    monkeypatch.chdir(tmp_path)
    names = ["cast", "cast_1", "where", "where_2", "concatenate_3", "boats"]
    lines = [{name: None if row == place else row + place for place, name in enumerate(names)} for row in range(40)]
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({**line, "y": row}) + "\n" for row, line in enumerate(lines))
    )
    kind = {"kind": "number", "missing": {"fill": "median", "flag": True}, "scale": "standard"}
    tree = {
        "seqspec": 1,
        "model": {"name": "boats", "layers": [{"type": "Dense", "units": 1}]},
        "compile": {"optimizer": "adam", "loss": "mean_squared_error"},
        "target": {"kind": "regression"},
        "fit": {"epochs": 1},
        "data": {
            "source": {"type": "table", "path": "rows.jsonl", "label": "y"},
            "columns": dict.fromkeys(names, kind),
        },
    }
    run = seqspec.train(tree, runs=tmp_path / "runs", html=False)
    model = keras.models.load_model(run.path / "serving.keras")
    values = {name: np.array([[np.nan if line[name] is None else line[name]] for line in lines]) for name in names}
    assert difference(model(values).numpy(), run.predict("rows.jsonl").outputs) < 1e-5
