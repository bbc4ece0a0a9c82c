"""Programs that import files of their project: what those define is followed, and nothing in them is run."""

import json
import os
from itertools import pairwise
from textwrap import dedent

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.programs.source.imported_files import MAX_FILES

MODELS = """
    from keras import Sequential, layers

    def build_model(classes, activation="softmax"):
        return Sequential([
            layers.Input((8,)),
            layers.Dense(4, activation="relu"),
            layers.Dense(classes, activation=activation),
        ])
"""
TRAIN = """
    import keras
    from models import build_model

    model = build_model(10)
    model.compile(loss="binary_crossentropy", optimizer="adam")
"""


def project(folder, **files):
    """Writes files by their names without `.py`."""
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return folder


def found(report):
    return [(d.name, os.path.basename(d.file), d.span.line) for d in report.diagnostics]


def kinds(report):
    return [(model.kind, model.checked, model.line) for model in report.coverage.models]


def test_the_model_of_an_imported_function_is_checked(tmp_path):
    project(tmp_path, models=MODELS, train=TRAIN)
    report = seqspec.check(tmp_path / "train.py")
    assert found(report) == [("softmax-with-binary-loss", "train.py", 6)]
    (finding,) = report.diagnostics
    (related,) = finding.related
    assert (os.path.basename(related.file), related.span.line) == ("models.py", 8)
    # The statement that imports the file stands for the call in it.
    assert kinds(report) == [("sequential", "full", 3)]


IMPORTS = {
    "from models import build_model as b\nm = b(10)": {"models": MODELS},
    "from models import *\nm = build_model(10)": {"models": MODELS},
    "import models\nm = models.build_model(10)": {"models": MODELS},
    "import models as nets\nm = nets.build_model(10)": {"models": MODELS},
    "from .models import build_model\nm = build_model(10)": {"models": MODELS},
    "from pkg.models import build_model\nm = build_model(10)": {"pkg/models": MODELS},
    "from pkg import models\nm = models.build_model(10)": {"pkg/models": MODELS},
    "import pkg.models as nets\nm = nets.build_model(10)": {"pkg/models": MODELS},
    "from pkg import build_model\nm = build_model(10)": {
        "pkg/__init__": "from .models import build_model",
        "pkg/models": MODELS,
    },
    "from models import build_model\nfrom config import CLASSES\nm = build_model(CLASSES)": {
        "models": MODELS,
        "config": "CLASSES = 5 * 2",
    },
    "from models import build_model\nm = build_model(10)": {
        "models": "from activations import HEAD\n" + dedent(MODELS).replace('"softmax"', "HEAD"),
        "activations": 'HEAD = "softmax"',
    },
    "def main():\n    from models import build_model\n    return build_model(10)\nm = main()": {"models": MODELS},
    "from models import Net\nm = Net(10).model": {
        "models": dedent(MODELS) + "class Net:\n    def __init__(self, n):\n        self.model = build_model(n)\n"
    },
    "from models import m": {"models": dedent(MODELS) + "m = build_model(10)\nunused = build_model(1)\n"},
}


@pytest.mark.parametrize("text", IMPORTS)
def test_ways_of_importing(tmp_path, text):
    project(tmp_path, **IMPORTS[text])
    program = f"import keras\n{text}\nm.compile(loss='binary_crossentropy')\n"
    (tmp_path / "train.py").write_text(program, encoding="utf-8")
    report = seqspec.check(tmp_path / "train.py")
    (name, file, line), *others = found(report)
    assert (name, file, line) == ("softmax-with-binary-loss", "train.py", program.count("\n"))
    assert not others and [level for _, level, _ in kinds(report)] == ["full"]


def test_modules_of_the_project_around_the_folder_are_found(tmp_path):
    project(tmp_path, nets=MODELS)
    (tmp_path / ".git").mkdir()
    project(tmp_path, **{"scripts/train": TRAIN.replace("models", "nets")})
    report = seqspec.check(tmp_path / "scripts" / "train.py")
    assert found(report) == [("softmax-with-binary-loss", "train.py", 6)]


def test_nothing_outside_of_the_project_is_read(tmp_path):
    project(tmp_path, models=MODELS)
    inside = tmp_path / "project"
    inside.mkdir()
    (inside / ".git").mkdir()
    for text in (TRAIN, TRAIN.replace("models", "..models")):
        project(inside, train=text)
        assert [kind for kind, _, _ in kinds(seqspec.check(inside / "train.py"))] == ["external"]
    (inside / "models.py").symlink_to(tmp_path / "models.py")
    project(inside, train=TRAIN)
    assert [kind for kind, _, _ in kinds(seqspec.check(inside / "train.py"))] == ["external"]


def test_a_folder_with_the_name_of_keras_is_not_followed(tmp_path):
    project(tmp_path, **{"keras/__init__": "", "keras/layers": "def Dense(units):\n    return None\n"})
    report = seqspec.check(project(tmp_path, train=TRAIN, models=MODELS) / "train.py")
    assert found(report) == [("softmax-with-binary-loss", "train.py", 6)]


def test_nothing_that_is_imported_is_run(tmp_path):
    marker = tmp_path / "ran"
    project(tmp_path, models=f"open({str(marker)!r}, 'w')\n" + dedent(MODELS), train=TRAIN)
    assert found(seqspec.check(tmp_path / "train.py"))
    assert not marker.exists()


def test_an_error_that_depends_on_the_arguments_is_shown_in_the_imported_file(tmp_path):
    project(tmp_path, models=MODELS, train=TRAIN.replace("10", "1"))
    report = seqspec.check(tmp_path / "train.py")
    assert ("softmax-over-one", "models.py", 8) in found(report)
    assert all(each.fix is None for each in report.diagnostics if each.file != report.file)
    result = CliRunner().invoke(cli, ["check", str(tmp_path / "train.py")])
    assert "layers.Dense(classes, activation=activation)" in result.output


def test_warnings_in_an_imported_file_are_left_to_its_own_check(tmp_path):
    project(tmp_path, models=MODELS.replace(', activation="relu"', ""), train=TRAIN.replace("binary", "categorical"))
    assert found(seqspec.check(tmp_path / "train.py")) == []
    assert found(seqspec.check(tmp_path / "models.py")) == [("missing-nonlinearity", "models.py", 7)]


def test_an_error_of_two_programs_is_reported_once_in_a_run(tmp_path):
    project(tmp_path, models=MODELS.replace("Dense(4", "Dense(-4"), one=TRAIN, two=TRAIN)
    result = CliRunner().invoke(cli, ["check", str(tmp_path), "--format", "json", "--select", "SEQ1"])
    documents = json.loads(result.output)["documents"]
    assert [[each["name"] for each in document["diagnostics"]] for document in documents] == [["bad-value"], [], []]


def test_suppressions_of_the_imported_file_hold(tmp_path):
    models = MODELS.replace("activation=activation),", "activation=activation),  # seqspec: ignore[softmax-over-one]")
    project(tmp_path, models=models, train=TRAIN.replace("10", "1"))
    assert "softmax-over-one" not in [name for name, _, _ in found(seqspec.check(tmp_path / "train.py"))]


def test_attributes_are_those_that_the_file_of_the_class_sets(tmp_path):
    net = """
        import keras

        class Base(keras.Model):
            def setup(self):
                self.extra = keras.layers.Dense(2)

        class Net(Base):
            def __init__(self):
                super().__init__()
                self.setup()
                self.dense = keras.layers.Dense(4)

            def call(self, x):
                return self.extra(self.dense(x))
    """
    project(tmp_path, net=net, train="import keras\nfrom net import Net\nm = Net()\nm.compile(loss='mse')\n")
    assert [d for d in seqspec.check(tmp_path / "train.py").diagnostics if d.severity == "error"] == []


def test_files_that_import_each_other(tmp_path):
    project(tmp_path, models="import train\n" + dedent(MODELS), train=TRAIN)
    assert found(seqspec.check(tmp_path / "train.py")) == [("softmax-with-binary-loss", "train.py", 6)]


@pytest.mark.parametrize("text", ["def build_model(:\n", "\0", "x = 1\n" * 100_000])
def test_a_file_that_cannot_be_read_is_as_before(tmp_path, text):
    project(tmp_path, train=TRAIN)
    (tmp_path / "models.py").write_text(text, encoding="utf-8")
    assert [kind for kind, _, _ in kinds(seqspec.check(tmp_path / "train.py"))] == ["external"]


def test_the_number_of_files_is_bounded(tmp_path):
    names = [f"part{index}" for index in range(MAX_FILES + 5)]
    files = {name: f"from {after} import *\n" for name, after in pairwise(names)}
    project(tmp_path, **files, **{names[-1]: MODELS}, train=TRAIN.replace("models", "part0"))
    assert [kind for kind, _, _ in kinds(seqspec.check(tmp_path / "train.py"))] == ["external"]


def test_a_file_with_too_much_code_is_not_followed(tmp_path):
    loop = "for i in range(50):\n    for j in range(50):\n        for k in range(50):\n            total = i * j * k\n"
    many = "".join(f"a{i} = [j * j for j in range(40)]\n" for i in range(1500))
    project(tmp_path, models=loop + many + dedent(MODELS), train=TRAIN)
    report = seqspec.check(tmp_path / "train.py")
    assert [kind for kind, _, _ in kinds(report)] == ["external"]
    assert [d.name for d in report.diagnostics] == ["not-followed"]


def test_notebooks_import_files_too(tmp_path):
    project(tmp_path, models=MODELS)
    cells = [dedent(TRAIN).strip().split("\n\n")[0], dedent(TRAIN).strip().split("\n\n")[1]]
    entries = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    notebook = {"cells": entries, "metadata": {}, "nbformat": 4}
    (tmp_path / "train.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (finding,) = seqspec.check(tmp_path / "train.ipynb").diagnostics
    assert (finding.name, finding.span.line) == ("softmax-with-binary-loss", 2)
    assert finding.file.endswith("train.ipynb:cell 2") and finding.related[0].file.endswith("models.py")
    assert finding.related[0].span.line == 8


def run(*arguments):
    return CliRunner().invoke(cli, list(map(str, arguments)))


def test_import_writes_the_model_of_an_imported_function(tmp_path):
    project(tmp_path, models=MODELS, train=TRAIN)
    result = run("import", tmp_path / "train.py", "-o", tmp_path / "model.toml")
    assert result.exit_code == 0
    model = seqspec.load(tmp_path / "model.toml").to_dict()["model"]
    assert [layer["units"] for layer in model["layers"]] == [4, 10]


def test_classes_of_layers_are_declared_with_the_file_that_has_them(tmp_path):
    nets = """
        import keras

        class Scale(keras.layers.Layer):
            def __init__(self, factor):
                super().__init__()
                self.factor = factor

        def build_model(units):
            return keras.Sequential([keras.Input((8,)), Scale(2.0), keras.layers.Dense(units)])
    """
    project(
        tmp_path,
        **{"nets/scaled": nets},
        train=TRAIN.replace("models", "nets.scaled").replace("binary_crossentropy", "mse"),
    )
    result = run("import", tmp_path / "train.py")
    assert 'import = "nets.scaled:Scale"' in result.output
    assert '{ custom = "Scale", factor = 2.0 }' in result.output


@pytest.mark.parametrize("command", ["summary", "import"])
def test_a_model_that_is_created_elsewhere(tmp_path, command):
    project(tmp_path, train=TRAIN)
    result = run(command, tmp_path / "train.py")
    assert result.exit_code == 1
    assert "the model is created neither in this file nor in one that it imports" in result.output
    assert "internal error" not in result.output


def test_summary_points_at_the_statement_that_imports_the_mistake(tmp_path):
    project(tmp_path, models=MODELS.replace("Dense(4", "Dense(-4"), train=TRAIN)
    result = run("summary", tmp_path / "train.py")
    assert "train.py:3:1: error[SEQ105]" in result.output


def test_a_program_without_the_word_keras_is_read(tmp_path):
    """Where it trains a model of a file that it imports, directly or not."""
    build = "from nets.models import build_model\n"
    train = "from nets import build_model\nmodel = build_model(10)\nmodel.compile(loss='binary_crossentropy')\n"
    project(tmp_path, **{"nets/__init__": build, "nets/models": MODELS, "train": train})
    project(tmp_path, forest="from nets import build_model\nfrom sklearn.svm import SVC\nSVC().fit(x, y)\n")
    assert found(seqspec.check(tmp_path / "train.py")) == [("softmax-with-binary-loss", "train.py", 3)]
    report = seqspec.check(tmp_path / "forest.py")
    assert (report.coverage.framework, report.coverage.models, report.diagnostics) == (None, [], [])


def test_a_program_of_other_files_without_keras_is_not_read(tmp_path):
    project(tmp_path, data="def load():\n    return 1\n", train="import data\ndata.load().compile(loss='mse')\n")
    report = seqspec.check(tmp_path / "train.py")
    assert (report.coverage.framework, report.coverage.models) == (None, [])


MERGE = """
    from keras.layers import Dense, Dot

    def merge(a, b):
        wide = Dense(5)(a)
        return Dot(axes=[2, 2])([wide, b])
"""


def test_lines_in_texts_are_those_of_their_file(tmp_path):
    train = """
        from keras import Input, Model
        from keras.layers import Dense
        from merging import merge

        a, b = Input((7, 3)), Input((8, 3))
        small = Dense(4)(b)
        model = Model([a, b], merge(a, small))
    """
    project(tmp_path, merging=MERGE, train=train)
    report = seqspec.check(tmp_path / "train.py")
    assert found(report) == [("shape-mismatch", "merging.py", 6)]
    assert report.diagnostics[0].notes == ("input shapes: (7, 5) from wide (line 5), (8, 4) from small (train.py:7)",)
    own = dedent(train).replace("from merging import merge", "")
    cells = [{"cell_type": "code", "source": each} for each in ("x = 1", dedent(MERGE), own)]
    (tmp_path / "train.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    (finding,) = seqspec.check(tmp_path / "train.ipynb").diagnostics
    assert finding.notes == ("input shapes: (7, 5) from wide (cell 2:5), (8, 4) from small (cell 3:7)",)


def test_a_model_of_an_imported_file_is_selected_by_the_line_that_imports_it(tmp_path):
    train = "import keras\n\nfrom models import build_model\nfirst = build_model(3)\nfirst.compile(loss='mse')\n"
    train += "second = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\n"
    path = project(tmp_path, models=MODELS, train=train) / "train.py"
    result = CliRunner().invoke(cli, ["plot", str(path)])
    assert "second (line 6), build_model (line 3)" in result.output
    assert CliRunner().invoke(cli, ["plot", f"{path}:3"]).exit_code == 0
