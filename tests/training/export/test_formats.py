"""What every format of `[export]` does, whatever it is: the declarations compared with Keras and with the runtimes."""

import json
from importlib import import_module

import keras
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.export_formats import EXPORT_FORMATS, FORMATS
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.document.outputs import Export
from seqspec.core.language.keras import series
from tests.training.export.formats import EACH
from tests.training.export.matrix import matrix
from tests.training.export.rows import ROWS

pytestmark = pytest.mark.slow

DENSE = ROWS["Dense"].tree


@pytest.mark.parametrize("name", EXPORT_FORMATS)
def test_keras_writes_what_is_declared(name, tmp_path):
    declared = EXPORT_FORMATS[name]
    since = declared.keras.since if declared.keras is not None else None
    if since is not None and tuple(map(int, keras.__version__.split(".")[:2])) < series(since):
        pytest.skip(f"Keras {since} introduced it")
    with pytest.raises(Exception) as refused:
        # The signature is wrong, so that nothing is written whatever is installed.
        seqspec.build(DENSE).export(tmp_path / f"m{declared.suffix}", format=name, input_signature=1, verbose=False)
    assert ("Unrecognized format" in str(refused.value)) == (declared.keras is None), refused.value
    spec = DENSE | {"export": {"filepath": f"m{declared.suffix}", "format": name}}
    program = seqspec.to_python(spec if since is None else spec | {"keras": f"=={since}.*"})
    assert ("model.export(" in program) == (declared.keras is not None)
    assert "input_signature=" in program or declared.keras is None or not declared.keras.needs_signature


@pytest.mark.parametrize("name", FORMATS)
def test_the_declaration_is_complete(name):
    declared = EXPORT_FORMATS[name]
    assert declared.options <= Export.model_fields.keys()
    assert declared.suffix or declared.contents, "a format is a file with a suffix, or a folder with a known file"
    assert all(backend in ("tensorflow", "jax", "torch") for backend in declared.backends)
    module = import_module(f"seqspec.training.export.{name}")
    wanted = ["write", "load", *(["write_columns", "load_columns"] if declared.has_columns else [])]
    assert [function for function in wanted if not hasattr(module, function)] == []


def test_limits_name_formats():
    for name in LAYERS:
        for limit in layer_class(name).exports.limits:
            assert set(limit.formats) <= set(FORMATS), name


def export(*arguments):
    return CliRunner().invoke(cli, ["export", "spec.json", "--model", "m.keras", *arguments, "--json"])


@pytest.mark.parametrize("name", EACH)
def test_a_model_is_written_run_and_replaced(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    units = seqspec.check(DENSE).layers[-1].output.dims[-1]
    names = [f"class {number}" for number in range(units)]
    tree = DENSE | {"target": {"kind": "multiclass", "classes": units, "names": names}}
    (tmp_path / "spec.json").write_text(json.dumps(tree))
    seqspec.build(DENSE).save(tmp_path / "m.keras")
    path = f"out/model{EXPORT_FORMATS[name].suffix}"
    for _ in range(2):  # The second one replaces the first.
        done = export("--format", name, "-o", path)
        assert done.exit_code == 0, done.output
        record = json.loads(done.stdout)
        assert record["runtime"] and record["comparison"]["same_class"] == 1.0, record
    written = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert record["bytes"] == sum(file.stat().st_size for file in written)
    assert any(b"class 0" in file.read_bytes() for file in written), "the metadata is not in the files"
    if EXPORT_FORMATS[name].contents is not None:
        assert (tmp_path / path / EXPORT_FORMATS[name].contents).is_file()


@pytest.mark.parametrize("name", EACH)
def test_a_file_that_differs_is_not_kept(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    declared = EXPORT_FORMATS[name]
    path = f"model{declared.suffix}"
    before = tmp_path / path / (declared.contents or "") if declared.contents else tmp_path / path
    before.parent.mkdir(exist_ok=True)
    before.write_bytes(b"before")
    table = {"filepath": path, "format": name, "tolerance": 1e-12}
    (tmp_path / "spec.json").write_text(json.dumps(DENSE | {"export": table}))
    seqspec.build(DENSE).save(tmp_path / "m.keras")
    module = import_module(f"seqspec.training.export.{name}")
    real = module.load

    def wrong(target, exportable):
        runtime = real(target, exportable)
        return type(runtime)(runtime.name, lambda x: runtime.run(x) + 0.01, runtime.close)

    monkeypatch.setattr(module, "load", wrong)
    done = export()
    assert done.exit_code == 4 and "differ from Model.predict by 0.01" in done.output
    assert before.read_bytes() == b"before"
    assert {entry.name for entry in tmp_path.iterdir()} == {"spec.json", "m.keras", path}


def outcomes():
    """Of each format, one row of the matrix that it holds and one that it cannot hold."""
    rows = matrix()["rows"]
    for parameter in EACH:
        [name] = parameter.values
        for is_held in (True, False):
            row = next(
                (row for row, cells in rows.items() if (cells[name]["as_is"] == "yes") == is_held and row != "Dense"
                 and not cells[name]["as_is"].startswith("Keras")), None,
            )  # fmt: skip
            if row is not None:
                yield pytest.param(row, name, marks=parameter.marks)


@pytest.mark.parametrize(("row", "name"), [*outcomes()])
def test_the_matrix_is_what_the_runtime_does(row, name):
    from tests.training.export.measure import measure

    assert measure(ROWS[row], name, ("as_is",)) == {"as_is": matrix()["rows"][row][name]["as_is"]}


@pytest.mark.parametrize("option", ["optimize", "representative", "opset_version"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_key_of_another_format_is_refused(name, option):
    value = {"optimize": "float16", "representative": {"samples": 5}, "opset_version": 15}[option]
    table = {"filepath": f"m{EXPORT_FORMATS[name].suffix}", "format": name, option: value}
    if option == "representative" and option in EXPORT_FORMATS[name].options:
        table["optimize"] = "int8"
    report = seqspec.check(DENSE | {"export": table})
    refused = any(f"{option} needs format =" in diagnostic.message for diagnostic in report.diagnostics)
    assert refused == (option not in EXPORT_FORMATS[name].options), report.diagnostics
