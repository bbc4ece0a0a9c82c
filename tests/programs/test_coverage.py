"""What a check says about what it did not check: every model, class and framework of a file is counted."""

import json
import re
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from tests.programs.test_check import HEAD, check

SEQUENTIAL = "m = keras.Sequential([keras.Input((4,)), Dense(1)])\n"
FUNCTIONAL = "i = keras.Input((4,))\nf = keras.Model(i, custom(i))\n"
SUBCLASS = "class Net(keras.Model):\n    def call(self, x):\n        return x\n"


def levels(report):
    return [(model.kind, model.line, model.checked) for model in report.coverage.models]


def notebook(*cells, language="python"):
    entries = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": entries, "metadata": {"language_info": {"name": language}}, "nbformat": 4})


def run(*arguments):
    return CliRunner().invoke(cli, ["check", *map(str, arguments)])


def test_every_model_is_counted(tmp_path):
    text = SEQUENTIAL + FUNCTIONAL + SUBCLASS + "c = keras.Sequential([keras.Input((4,)), Own(), Dense(1)])"
    report = check(tmp_path, text)
    read, functional, subclass, partly = levels(report)
    assert read == ("sequential", 4, "full")
    assert functional[:2] == ("functional", 6) and functional[2] != "full"
    assert subclass[:2] == ("subclass", 7) and subclass[2] != "full"
    assert partly == ("sequential", 10, "calls")
    (reason,) = report.coverage.models[3].reasons
    assert "Own" in reason.message and reason.line == 10
    assert [model["checked"] for model in report.to_dict()["models"]].count("full") == 1


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        # A model that is a layer of another one is part of it.
        ("a = keras.Sequential([Dense(2)])\nb = keras.Sequential([keras.Input((4,)), a])", 1),
        ("for n in (1, 2):\n    m = keras.Sequential([keras.Input((4,)), Dense(n)])", 1),
        ("class Stack(keras.Sequential):\n    pass\nm = Stack()\nm.add(keras.Input((4,)))\nm.add(Dense(1))", 1),
        ("class A(keras.Model):\n    pass\nclass B(A):\n    pass", 2),
        ("if False:\n    m = keras.Sequential([Dense(2)])", 1),
        ("from torch.nn import Sequential\nn = Sequential()", 0),
        ("m = keras.models.load_model('m.keras')\nm.compile(loss='mse', optimizer='sgd')", 1),
        ("x = a" + ".b" * 900 + ".Model(1)\nclass A(B):\n    pass\nclass B(A):\n    pass", 0),
        ("import re\np = re.compile('a', flags=re.I)", 0),
    ],
)
def test_a_model_is_counted_once(tmp_path, text, counted):
    assert len(check(tmp_path, text).coverage.models) == counted


def test_no_findings_needs_a_complete_check(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(HEAD + SEQUENTIAL)
    assert run(file).output == "1 file checked: no findings\n"
    file.write_text(HEAD + SEQUENTIAL + SUBCLASS)
    line, summary = run(file).output.splitlines()
    assert line == f"{file}: 2 models: 1 checked completely; 1 subclass of Model (line 5): not checked"
    assert summary == "1 file checked: no findings in what was checked (1 of 2 models checked completely)"
    file.write_text(HEAD + SUBCLASS)
    assert run(file).output.splitlines()[1] == "0 files checked, 1 not checked"


FILES = {
    "torch.py": ("from torch import nn\nclass Net(nn.Module):\n    pass\n", "PyTorch, not Keras (1 model)", "torch"),
    "util.py": ("x = 1\n", "no Keras model", None),
    "broken.ipynb": ('{"cells": [', "the notebook is not valid JSON", None),
    "julia.ipynb": (notebook("using Flux", language="julia"), "the notebook is written in julia", None),
    "magic.ipynb": (notebook("%%writefile m.py\nimport keras\nm = keras.Sequential()"), "a %%writefile cell", "keras"),
    "sql.ipynb": (notebook("import keras\nkeras.Model(a, b)", "%%sql\nselect x"), "a %%sql cell is not read", "keras"),
    "layer.py": (HEAD + "class Own(layers.Layer):\n    pass\n", "layer Own is not read (line 4)", "keras"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_without_a_readable_model_are_not_silent(tmp_path, name):
    text, said, framework = FILES[name]
    file = tmp_path / name
    file.write_text(text)
    result = run(file)
    assert said in result.output and result.exit_code == 0
    assert ("0 files checked, 1 not checked" in result.output) == (name != "sql.ipynb")
    assert seqspec.check(file).coverage.framework == framework


def test_models_of_any_kind_are_found_in_folders(tmp_path):
    (tmp_path / "functional.py").write_text(HEAD.replace("*", "Dense") + FUNCTIONAL)
    (tmp_path / "loop.py").write_text("import keras\nm = load()\nm.fit(x, y)\n")
    (tmp_path / "plot.py").write_text("import keras\nprint(1)\n")
    names = [line.rpartition("/")[2] for line in run(tmp_path, "--show-files").output.split()]
    assert names == ["functional.py", "loop.py"]


def test_syntax_errors_of_files_without_sequential_models_are_notes_in_folders(tmp_path):
    file = tmp_path / "old.py"
    file.write_text("import keras\nprint 'x'\nm = keras.Model(a, b)\n")
    assert "info[SEQ040] not-followed: this is Python 2" in run(tmp_path).output
    assert run(tmp_path).exit_code == 0
    assert "error[SEQ001] syntax-error: this is Python 2" in run(file).output
    file.write_text("import keras\nprint 'x'\nm = keras.Sequential()\n")
    assert run(tmp_path).exit_code == 1


def test_unchecked_models_fail_on_request(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(HEAD + "c = keras.Sequential([keras.Input((4,)), Own(), Dense(1)])")
    assert run(file).exit_code == 0
    assert run(file, "--fail-on-unchecked").exit_code == 1
    assert run(file, "--fail-on-unchecked=calls").exit_code == 0
    assert run(file, "--config", 'fail-on-unchecked = "graph"').exit_code == 1
    file.write_text(HEAD + SEQUENTIAL)
    assert run(file, "--fail-on-unchecked").exit_code == 0
    file.write_text("import torch\nclass Net(torch.nn.Module):\n    pass\n")
    assert run(file, "--fail-on-unchecked=settings").exit_code == 1
    file.write_text("x = 1")
    assert run(file, "--fail-on-unchecked").exit_code == 0


def test_formats_have_what_was_not_checked(tmp_path):
    file = tmp_path / "train.ipynb"
    file.write_text(notebook(HEAD + SEQUENTIAL, "\n" + SUBCLASS))
    printed = json.loads(run(file, "--format", "json").output)
    assert printed["totals"] == {"models": 2, "full": 1, "graph": 0, "calls": 0, "settings": 0, "none": 1}
    (document,) = printed["documents"]
    assert (document["framework"], document["not_checked"]) == ("keras", [])
    (reason,) = document["models"][1]["reasons"]
    assert (reason["file"], reason["line"]) == (f"{file}:cell 2", 2)
    places = [(model["file"], model["line"]) for model in document["models"]]
    assert places == [(f"{file}:cell 1", 4), (f"{file}:cell 2", 2)]
    (sarif,) = json.loads(run(file, "--format", "sarif").output)["runs"]
    (notification,) = sarif["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("subclass of Model: not checked")
    suite = ElementTree.fromstring(run(file, "--format", "junit").output)[0]
    assert (suite.get("tests"), suite.get("skipped")) == ("1", "1")
    assert suite.find("testcase/skipped") is not None
    assert "cell 2, line 2" in run(file, "--format", "github").output
    assert re.search("1 subclass of Model .*not checked", run(file, "--format", "markdown").output)
    assert "not everything was checked" in run(file, "--format", "concise").output
    assert run(file, "--format", "concise", "-q").output == ""
