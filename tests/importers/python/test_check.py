"""Findings of programs: at the right line and column, none that depends on what is unknown, suppressed, fixed."""

import json
from textwrap import dedent

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli

HEAD = "import keras\nfrom keras import layers\nfrom keras.layers import *\n"


def check(tmp_path, text, name="train.py"):
    file = tmp_path / name
    file.write_text(HEAD + dedent(text), encoding="utf-8")
    return seqspec.check(file)


def found(report):
    """Rule, line and the text that is marked."""
    lines = report.document.text.split("\n")
    return [
        (d.name, d.span.line, lines[d.span.line - 1][d.span.column - 1 : d.span.end_column - 1])
        for d in report.diagnostics
    ]


PLACES = {
    "m = keras.Sequential([keras.Input((8,)), Dense(-4)])": ("bad-value", 4, "-4"),
    "m = keras.Sequential([keras.Input((8,)), layers.Conv2D(4, 3)])": ("wrong-rank", 4, "layers.Conv2D"),
    "m = keras.Sequential()\nm.add(Dense(4,\n            activation='rellu',\n            input_shape=(8,)))": (
        "unknown-name",
        6,
        "rellu",
    ),
    "m = keras.Sequential([keras.Input((8,)), Dense(4, 'tanhh')])": ("unknown-name", 4, "tanhh"),
    "cfg = {'units': 'a'}\nm = keras.Sequential([keras.Input((8,)), Dense(**cfg)])": ("wrong-type", 5, "cfg"),
    "m = keras.Sequential([keras.Input((8, -1)), Dense(4)])": ("bad-input", 4, "-1"),
    "'ä'; m = keras.Sequential([keras.Input((8,)), Dense(0)])": ("bad-value", 4, "0"),
    "m = keras.Sequential([keras.Input((8,)), Dense(4, unitss=3)])": ("unknown-argument", 4, "unitss"),
    "m = keras.Sequential([keras.Input((8,)), Dense(4)])\nm.compile('adamm', 'mse')": ("unknown-name", 5, "adamm"),
    "m = keras.Sequential([keras.Input((6, 6, 1)), MaxPooling2D(pool_size=(7, 2))])": (
        "window-too-large",
        4,
        "(7, 2)",
    ),
}


@pytest.mark.parametrize("text", PLACES)
def test_places(tmp_path, text):
    assert PLACES[text] in found(check(tmp_path, text))


def test_a_mistake_of_a_function_is_told_once(tmp_path):
    text = """
    def build(n):
        return keras.Sequential([keras.Input((n,)), Dense(8, activation="rellu")])
    a, b = build(4), build(5)
    """
    assert [name for name, *_ in found(check(tmp_path, text))] == ["unknown-name"]


UNKNOWN = [
    "m = keras.Sequential([keras.Input((n, n, 3)), Conv2D(8, 3), MaxPooling2D(4), Flatten(), Dense(k)])",
    "m = keras.Sequential([Dense(64, input_dim=X.shape[1]), Dense(len(names), activation='softmax')])",
    (
        "m = keras.Sequential([keras.Input((8,)), Dense(8, activation=act), Dense(1, activation=last)])\n"
        "m.compile('adam', loss)"
    ),
    "m = keras.Sequential([Reshape((h, w, 1), input_shape=(h * w,)), Conv2D(4, k)])",
    "m = keras.Sequential([keras.Input((8,)), Dense(u), Reshape((u // 2, 2))])",
    "m = keras.Sequential([keras.Input((8,)), Dense(16, kernel_initializer=init), Dense(16, kernel_initializer=init)])",
    "m = keras.Sequential([Dense(64), Dense(1)])\nm.compile(optimizer, 'mse')\nm.fit(data)",
    "m = keras.Sequential([Conv2D(8, 3), Flatten(), Dense(1)])",
    (
        "m = keras.Sequential([Conv1D(f, size, input_shape=(length, 4)), "
        "MaxPooling1D(pool), GlobalMaxPooling1D(), Dense(1)])"
    ),
    "m = keras.Sequential([keras.Input((8,)), Dense(4), Reshape(shape), Dense(2)])",
]


@pytest.mark.parametrize("text", UNKNOWN)
def test_nothing_is_found_that_depends_on_what_is_unknown(tmp_path, text):
    report = check(tmp_path, text)
    assert [d.message for d in report.diagnostics if d.severity == "error"] == []


KNOWN_ANYWAY = {
    "m = keras.Sequential([keras.Input((n,)), Dense(k), Conv2D(4, 3)])": "wrong-rank",
    "m = keras.Sequential([Dense(64, input_dim=n), Dense(k, activation='rellu')])": "unknown-name",
    "m = keras.Sequential([keras.Input((n,)), Dense(4), Dense(1, activation='softmax')])\nm.compile('adam', 'mse')": (
        "softmax-over-one"
    ),
    "m = keras.Sequential([LSTM(n), LSTM(4)])": "wrong-rank",
}


@pytest.mark.parametrize("text", KNOWN_ANYWAY)
def test_what_holds_for_every_value_is_found(tmp_path, text):
    assert KNOWN_ANYWAY[text] in [name for name, *_ in found(check(tmp_path, text))]


def test_doubtful_models_are_not_followed(tmp_path):
    text = (
        "m = keras.Sequential([keras.Input((8, 8, 1))])\nfor x in y():\n    m.add(MaxPooling2D(5))\nm.add(Conv2D(4, 3))"
    )
    assert [name for name, *_ in found(check(tmp_path, text))] == ["not-followed"]


SUPPRESSED = [
    'm = keras.Sequential([keras.Input((8,))])\nm.add(Dense(1, activation="softmax"))  # seqspec: ignore[SEQ301] why',
    'm = keras.Sequential([keras.Input((8,))])\n# seqspec: ignore[softmax-over-one]\nm.add(Dense(1, "softmax"))',
]


@pytest.mark.parametrize("text", SUPPRESSED)
def test_suppressions(tmp_path, text):
    text += "\nm.compile('adam', 'binary_crossentropy')"
    report = check(tmp_path, text)
    assert [d.name for d in report.suppressed] == ["softmax-over-one"] and report.diagnostics == []
    (unused,) = check(tmp_path, text.replace('softmax"', 'sigmoid"')).diagnostics
    assert unused.name == "unused-suppression"


FIXES = {
    'Dense(8, activation="rellu")': 'Dense(8, activation="relu")',
    "Dense(8, activaton='relu')": "Dense(8, activation='relu')",
    "Dense(8, 'rellu',)": 'Dense(8, "relu",)',
}


@pytest.mark.parametrize("text", FIXES)
def test_fixes(tmp_path, text):
    file = tmp_path / "train.py"
    before = HEAD + f"m = keras.Sequential([keras.Input((4,)),   {text}])  # as it is\r\n# the end"
    file.write_bytes(before.encode())
    runner = CliRunner()
    shown = runner.invoke(cli, ["check", "--diff", "--unsafe-fixes", str(file)])
    assert shown.exit_code == 1 and file.read_bytes() == before.encode()
    assert runner.invoke(cli, ["check", "--fix", "--unsafe-fixes", str(file)]).exit_code == 0
    assert file.read_bytes().decode() == before.replace(text, FIXES[text])


def test_values_that_are_not_written_in_the_call_are_not_fixed(tmp_path):
    report = check(tmp_path, "act = 'rellu'\nm = keras.Sequential([keras.Input((4,)), Dense(8, activation=act)])")
    (diagnostic,) = report.diagnostics
    assert (diagnostic.name, diagnostic.fix) == ("unknown-name", None)


def test_a_call_that_makes_other_layers_too_is_not_fixed(tmp_path):
    text = """
    def block(m, n):
        m.add(MaxPooling2D(pool_size=n))
    m = keras.Sequential([keras.Input((4, 4, 1))])
    for n in (2, 2, 3):
        m.add(Dense(4, activation="softmaxx") if n == 3 else Dense(2))
    """
    assert all(d.fix is None or len(d.fix.edits) == 1 for d in check(tmp_path, text).diagnostics)


def test_folders(tmp_path, monkeypatch):
    (tmp_path / "train.py").write_text(HEAD + "m = keras.Sequential([Dense(-1)])")
    (tmp_path / "other.py").write_text("print(")
    (tmp_path / "mentions.py").write_text("import keras")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["check", "--show-files"])
    assert result.output == "train.py\n"
    assert CliRunner().invoke(cli, ["check"]).exit_code == 1


def test_files_without_a_model_are_not_looked_into(tmp_path):
    file = tmp_path / "other.py"
    file.write_text("print 'Python 2'")
    report = seqspec.check(file)
    assert report.ok and report.diagnostics == [] and report.whole


def test_notebooks(tmp_path):
    cells = [["import keras\n"], ["%load_ext x\n", "m = keras.Sequential()\n"], ["m.add(keras.layers.Dense(-1))"]]
    notebook = {
        "cells": [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in cells],
        "metadata": {},
        "nbformat": 4,
    }
    file = tmp_path / "train.ipynb"
    file.write_text(json.dumps(notebook))
    (diagnostic,) = seqspec.check(file).diagnostics
    assert (diagnostic.file, diagnostic.span.line, diagnostic.name) == (f"{file}:cell 3", 1, "bad-value")
    notebook["cells"].append({"cell_type": "code", "source": "print 'two'", "metadata": {}, "outputs": []})
    file.write_text(json.dumps(notebook))
    assert [d.severity for d in seqspec.check(file).diagnostics] == ["error", "info"]


def test_reports_as_data(tmp_path):
    report = check(tmp_path, "m = keras.Sequential([keras.Input((4,)), Dense(8), Dense(k)])")
    (model,) = report.to_dict()["models"]
    assert model == {"name": "m", "line": 4, "complete": True, "unknown": ["k"], "layers": []}
    report = check(tmp_path, "m = keras.Sequential([keras.Input((4,)), Dense(8)])")
    assert report.params == 40


def test_import(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(HEAD + "m = keras.Sequential([Dense(8, input_dim=X.shape[1])])\nn = keras.Sequential([Dense(1)])")
    target = tmp_path / "m.toml"
    runner = CliRunner()
    assert runner.invoke(cli, ["import", str(file)]).exit_code == 1
    runner.invoke(cli, ["import", f"{file}:m", "-o", str(target)])
    assert 'x_shape_1 = "x_shape_1"  # X.shape[1]' in target.read_text()
    report = seqspec.check(target, settings=["vars.x_shape_1=5"])
    assert report.ok and report.params == 48
    assert runner.invoke(cli, ["import", f"{file}:5", "-o", str(target)]).exit_code == 1
    assert runner.invoke(cli, ["import", f"{file}:none", "-o", str(tmp_path / "no.toml")]).exit_code == 1
    assert not (tmp_path / "no.toml").exists()


def test_other_commands_take_the_only_model(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(HEAD + "m = keras.Sequential([keras.Input((4,)), Dense(8)])")
    result = CliRunner().invoke(cli, ["summary", str(file)])
    assert result.exit_code == 0 and "dense" in result.output
    file.write_text("x = 1")
    assert CliRunner().invoke(cli, ["summary", str(file)]).exit_code == 1


def test_the_rules_that_programs_treat_differently_exist():
    from seqspec.diagnostics.codes import CODES
    from seqspec.linter import program

    named = {
        *program._NOT_TOLD,
        *program._BY_EQUALITY,
        *(name for names in program._OF_UNSAID.values() for name in names),
    }
    assert named <= set(CODES)


def test_a_layer_that_the_program_adapts(tmp_path):
    text = """
    scale = layers.Normalization()
    scale.adapt(x)
    m = keras.Sequential([keras.Input((4,)), scale, Dense(1)])
    m.compile("adam", "mse")
    m.fit(x, y)
    """
    assert "preprocessing-not-adapted" not in [name for name, *_ in found(check(tmp_path, text))]
    text = text.replace("    scale.adapt(x)\n", "")
    assert "preprocessing-not-adapted" in [name for name, *_ in found(check(tmp_path, text))]


@pytest.mark.parametrize(
    ("line", "old"),
    [
        ("print 'a'", True),
        ("raise ValueError, 'a'", True),
        ("mode = 0755", True),
        ("size = 10L", True),
        ("try: f()\nexcept E, e: pass", True),
        ("when = '2006-12-16 00:007'\noptimizer =", False),
    ],
)
def test_python_2_is_named_only_where_its_syntax_is(tmp_path, line, old):
    file = tmp_path / "train.py"
    file.write_text(f"from keras import Sequential\n{line}\n")
    (found,) = seqspec.check(file).diagnostics
    assert found.code == "SEQ001" and (found.help is not None) is old


def test_an_indented_cell(tmp_path):
    code = "  import keras\n\n  def model(n):\n      return keras.Sequential([keras.layers.Dense(-1)])\n"
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in (code, "  m = (\n")]
    file = tmp_path / "train.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    wrong, broken = sorted(seqspec.check(file).diagnostics, key=lambda each: each.file)
    assert (wrong.name, wrong.span.line) == ("bad-value", 4)
    assert code.split("\n")[3][wrong.span.column - 1 : wrong.span.end_column - 1] == "-1"
    assert (broken.name, broken.file, broken.span.line, broken.span.column) == (
        "not-followed", f"{file}:cell 2", 1, 7
    )  # fmt: skip


REUSED = (
    HEAD
    + """
def build(units):
    m = keras.Sequential([keras.Input((4,)), Dense(units)])
    m.compile("adam", "mse")
    return m

one = build(8)
one.fit(x, y, epochs=3)
two = build(8)
two.fit(x, y, epochs=5)
"""
)


def test_one_function_makes_several_models(tmp_path):
    file, target = tmp_path / "train.py", tmp_path / "m.toml"
    file.write_text(REUSED)
    done = CliRunner().invoke(cli, ["import", str(file), "-o", str(target)])
    assert done.exit_code == 0 and "in several ways" in done.output
    assert "epochs = 3" in target.read_text()
    for name, epochs in (("one", 3), ("two", 5), ("build", 3)):
        assert CliRunner().invoke(cli, ["import", f"{file}:{name}", "-o", str(target)]).exit_code == 0
        assert f"epochs = {epochs}" in target.read_text()
    file.write_text(REUSED.replace("two = build(8)", "two = build(9)"))
    done = CliRunner().invoke(cli, ["import", str(file)])
    assert done.exit_code == 1 and "made 2 times" in done.output and "one, two" in done.output
    assert CliRunner().invoke(cli, ["import", f"{file}:two", "-o", str(target)]).exit_code == 0
    assert "units = 9" in target.read_text()


def test_the_place_of_an_error_of_an_import(tmp_path):
    source = "import keras\n", "m = keras.Sequential([keras.Input((4,)), own()])"
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in source]
    file = tmp_path / "train.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    done = CliRunner().invoke(cli, ["import", str(file)])
    assert done.exit_code == 1 and f"{file}:cell 2:1:42" in done.output
