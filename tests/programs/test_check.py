"""Findings in programs: line and column, no finding that depends on unknown values, suppressions, fixes."""

import json
import re
from textwrap import dedent

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.syntax.source import parse_text

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
def test_findings_are_at_their_expressions(tmp_path, text):
    assert PLACES[text] in found(check(tmp_path, text))


def test_a_mistake_in_a_function_is_reported_once(tmp_path):
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
def test_unknown_values_cause_no_errors(tmp_path, text):
    report = check(tmp_path, text)
    assert [d.message for d in report.diagnostics if d.severity == "error"] == []


MISSPELT = {
    "m = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2d(4, 3)])": ("unknown-layer", 'write Conv2D'),
    "m = keras.Sequential([keras.Input((8,)), layers.Dens(4)])": ("unknown-layer", "write Dense"),
    "m = keras.Sequential([keras.Input((8, 2)), layers.TimeDistributed(layers.Dens(4))])": (
        "unknown-layer", "write Dense"
    ),
    "m = keras.Sequential([keras.Input((8,)), Dense(1)])\nm.compile('adam', 'mse')\n"
    "m.fit(x, y, validation_split=0.1, epochs=9, callbacks=[keras.callbacks.EarlyStoping(patience=3)])": (
        "unknown-name", "write EarlyStopping"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", MISSPELT)
def test_unknown_names_are_reported(tmp_path, text):
    (diagnostic,) = [each for each in check(tmp_path, text).diagnostics if each.severity == "error"]
    assert diagnostic.name == MISSPELT[text][0]
    assert MISSPELT[text][1] in diagnostic.help


@pytest.mark.parametrize(
    "call", ["layers.MultiHeadAttention(2, 8)", "layers.HashedCrossing(9)", "layers.Mine(4)", "other.Dens(4)"]
)
def test_names_of_other_libraries_are_not_misspellings(tmp_path, call):
    names = {each.name for each in check(tmp_path, f"m = keras.Sequential([keras.Input((8,)), {call}])").diagnostics}
    assert "unknown-layer" not in names


KNOWN_ANYWAY = {
    "m = keras.Sequential([keras.Input((n,)), Dense(k), Conv2D(4, 3)])": "wrong-rank",
    "m = keras.Sequential([Dense(64, input_dim=n), Dense(k, activation='rellu')])": "unknown-name",
    "m = keras.Sequential([keras.Input((n,)), Dense(4), Dense(1, activation='softmax')])\nm.compile('adam', 'mse')": (
        "softmax-over-one"
    ),
    "m = keras.Sequential([LSTM(n), LSTM(4)])": "wrong-rank",
}


@pytest.mark.parametrize("text", KNOWN_ANYWAY)
def test_errors_for_every_possible_value_are_found(tmp_path, text):
    assert KNOWN_ANYWAY[text] in [name for name, *_ in found(check(tmp_path, text))]


def test_doubtful_models_are_not_checked(tmp_path):
    text = (
        "m = keras.Sequential([keras.Input((8, 8, 1))])\nfor x in y():\n    m.add(MaxPooling2D(5))\nm.add(Conv2D(4, 3))"
    )
    assert [name for name, *_ in found(check(tmp_path, text))] == ["not-followed"]


SUPPRESSED = [
    'm = keras.Sequential([keras.Input((8,))])\nm.add(Dense(1, activation="softmax"))  # seqspec: ignore[SEQ301] why',
    'm = keras.Sequential([keras.Input((8,))])\n# seqspec: ignore[softmax-over-one]\nm.add(Dense(1, "softmax"))',
]


@pytest.mark.parametrize("text", SUPPRESSED)
def test_suppressions_apply_to_their_line(tmp_path, text):
    text += "\nm.compile('adam', 'binary_crossentropy')"
    report = check(tmp_path, text)
    assert [d.name for d in report.suppressed] == ["softmax-over-one"] and report.diagnostics == []
    (unused,) = check(tmp_path, text.replace('softmax"', 'sigmoid"')).diagnostics
    assert unused.name == "unused-suppression"


FIXES = {
    'Dense(8, activation="rellu")': 'Dense(8, activation="relu")',
    "Dense(8, activaton='relu')": "Dense(8, activation='relu')",
    "Dense(8, 'rellu',)": "Dense(8, 'relu',)",
}


@pytest.mark.parametrize("text", FIXES)
def test_fixes_change_the_call(tmp_path, text):
    file = tmp_path / "train.py"
    before = HEAD + f"m = keras.Sequential([keras.Input((4,)),   {text}])  # as it is\r\n# the end"
    file.write_bytes(before.encode())
    runner = CliRunner()
    shown = runner.invoke(cli, ["check", "--diff", "--unsafe-fixes", str(file)])
    assert shown.exit_code == 1 and file.read_bytes() == before.encode()
    assert runner.invoke(cli, ["check", "--fix", "--unsafe-fixes", str(file)]).exit_code == 0
    assert file.read_bytes().decode() == before.replace(text, FIXES[text])


def test_fixes_do_not_change_values_outside_of_the_call(tmp_path):
    report = check(tmp_path, "act = 'rellu'\nm = keras.Sequential([keras.Input((4,)), Dense(8, activation=act)])")
    (diagnostic,) = report.diagnostics
    assert (diagnostic.name, diagnostic.fix) == ("unknown-name", None)


def test_fixes_do_not_change_calls_that_create_other_layers(tmp_path):
    text = """
    def block(m, n):
        m.add(MaxPooling2D(pool_size=n))
    m = keras.Sequential([keras.Input((4, 4, 1))])
    for n in (2, 2, 3):
        m.add(Dense(4, activation="softmaxx") if n == 3 else Dense(2))
    """
    assert all(d.fix is None or len(d.fix.edits) == 1 for d in check(tmp_path, text).diagnostics)


def test_folders_are_searched_for_programs(tmp_path, monkeypatch):
    (tmp_path / "train.py").write_text(HEAD + "m = keras.Sequential([Dense(-1)])")
    (tmp_path / "other.py").write_text("print(")
    (tmp_path / "mentions.py").write_text("import keras")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["check", "--show-files"])
    assert result.output == "train.py\n"
    assert CliRunner().invoke(cli, ["check"]).exit_code == 1


def test_programs_without_models_are_skipped(tmp_path):
    file = tmp_path / "other.py"
    file.write_text("print 'Python 2'")
    report = seqspec.check(file)
    assert report.ok and report.diagnostics == [] and report.complete


def test_findings_in_notebooks_are_at_their_cells(tmp_path):
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


def test_lines_in_the_text_of_a_finding_are_those_of_its_cell(tmp_path):
    cells = [
        "from keras import *\nfrom keras.layers import *",
        "left = Input((4, 3))\nright = Input((5, 2))",
        "x = Concatenate(axis=1)([left, right])\nm = Model([left, right], x)",
    ]
    file = tmp_path / "train.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source} for source in cells]}))
    (diagnostic,) = seqspec.check(file).diagnostics
    assert diagnostic.notes == ("input shapes: (4, 3) from left (cell 2:1), (5, 2) from right (cell 2:2)",)


def test_json_reports_have_the_models(tmp_path):
    report = check(tmp_path, "m = keras.Sequential([keras.Input((4,)), Dense(8), Dense(k)])")
    (model,) = report.to_dict()["models"]
    expected = {"name": "m", "line": 4, "complete": True, "unknown": ["k"], "layers": []}
    expected |= {"kind": "sequential", "topology": "chain", "checked": "full", "reasons": []}
    expected["file"] = str(tmp_path / "train.py")
    assert model == expected
    report = check(tmp_path, "m = keras.Sequential([keras.Input((4,)), Dense(8)])")
    assert report.params == 40


def test_import_writes_a_spec(tmp_path):
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


def test_commands_accept_programs_with_one_model(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(HEAD + "m = keras.Sequential([keras.Input((4,)), Dense(8)])")
    result = CliRunner().invoke(cli, ["summary", str(file)])
    assert result.exit_code == 0 and "dense" in result.output
    file.write_text("x = 1")
    assert CliRunner().invoke(cli, ["summary", str(file)]).exit_code == 1


def test_dependencies_of_rules_are_documented():
    from seqspec.core.diagnostics.codes import CODES, Code

    listed = set(re.findall(r'`"(\w+)"`', Code.__doc__))
    assert {name for code in CODES.values() for name in code.depends_on} <= listed
    assert {code.of_arguments for code in CODES.values()} - {""} <= set(CODES)


def test_adapted_layers_are_not_reported_as_unadapted(tmp_path):
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
def test_python_2_is_reported_for_its_syntax_only(tmp_path, line, old):
    file = tmp_path / "train.py"
    file.write_text(f"from keras import Sequential\n{line}\n")
    (found,) = seqspec.check(file).diagnostics
    assert found.code == "SEQ001" and (found.help is not None) is old


def test_indented_cells_are_read(tmp_path):
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


def test_a_function_can_create_several_models(tmp_path):
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
    assert done.exit_code == 1 and "created 2 times" in done.output and "one, two" in done.output
    assert CliRunner().invoke(cli, ["import", f"{file}:two", "-o", str(target)]).exit_code == 0
    assert "units = 9" in target.read_text()


def test_import_errors_are_at_their_line(tmp_path):
    source = "import keras\n", "m = keras.Sequential([keras.Input((4,)), own()])"
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in source]
    file = tmp_path / "train.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    done = CliRunner().invoke(cli, ["import", str(file)])
    assert done.exit_code == 1 and f"{file}:cell 2:1:42" in done.output


def test_import_names_the_place_of_a_syntax_error(tmp_path):
    file = tmp_path / "train.py"
    file.write_text("import keras\nm = keras.Sequential([\n    keras.layers.Dense(3\n    keras.layers.Dense(2)])\n")
    with pytest.raises(SyntaxError) as refused:
        compile(file.read_text(), file, "exec")
    done = CliRunner().invoke(cli, ["import", str(file)])
    place = f"{file}:{refused.value.lineno}:{refused.value.offset}: error[SEQ001]"
    assert done.exit_code == 1 and place in done.output


def test_unparsable_cells_make_their_names_unknown(tmp_path):
    """Labels of an earlier cell are not taken for those that the cell sets, and a layer that it adds is missing."""
    cells = [
        "import keras, numpy as np\nfrom keras.layers import Dense\ny = np.random.randint(0, 4, (100,))\nn = 9\n",
        "print 'old'\nn = 3\ny = keras.utils.to_categorical(load(), n)\nfor k in range(3): pass\n",
        "m = keras.Sequential([keras.Input((4,)), Dense(n, activation='softmax')])\n",
        "m.compile('adam', 'categorical_crossentropy')\nm.fit(x, y, epochs=9, validation_split=0.1)\n",
    ]
    file = tmp_path / "train.ipynb"

    def names(texts):
        entries = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in texts]
        file.write_text(json.dumps({"cells": entries, "metadata": {}, "nbformat": 4}))
        return seqspec.check(file)

    assert "label-encoding-mismatch" in {each.name for each in names([cells[0], *cells[2:]]).diagnostics}
    report = names(cells)
    assert {each.name for each in report.diagnostics} == {"not-followed"}
    assert report.models[0].unknown == ["code_that_cannot_be_parsed"]
    added = names([cells[0], cells[2], "print 'old'\nm.add(Dense(2))", cells[3]])
    assert not added.models[0].complete


CHANNELS = {
    "K.set_image_dim_ordering('th')\n": [3, 32, 32],
    "": None,
}


@pytest.mark.parametrize("setting", CHANNELS)
def test_channels_first_applies_to_datasets_of_keras(tmp_path, setting):
    """Old Kerases load CIFAR with the channels first where the program, or the user's settings, order them so."""
    text = f"""
from keras import backend as K
{setting}(x, y), _ = keras.datasets.cifar10.load_data()
m = Sequential([Convolution2D(32, 3, 3, border_mode="same", input_shape=(3, 32, 32)), Flatten(), Dense(10)])
m.compile("adam", "mse")
m.fit(x, y, nb_epoch=9)
"""
    report = check(tmp_path, text)
    assert report.models[0].tree["data"]["train"].get("shape") == CHANNELS[setting]
    assert "data-shape-mismatch" not in [each.name for each in report.diagnostics]


def test_spec_syntax_has_no_meaning_in_programs(tmp_path):
    """In a program a dollar sign is one, and Keras knows neither calls in strings nor the name "none"."""
    text = """
m = keras.Sequential([keras.Input((8,)), Dense(4, "relu", name="a$b"), Dense(4, {})])
m.compile("adam", "mse")
m.fit(x, y, epochs=9, validation_split=0.1, callbacks=[keras.callbacks.CSVLogger("$HOME/${run}.csv")])
"""
    assert found(check(tmp_path, text.format("'linear'", run="{run}"))) == []
    for argument in ("kernel_regularizer='l2(0.01)'", "activation='none'", "kernel_initializer='None'"):
        names = [name for name, *_ in found(check(tmp_path, text.format(argument, run="{run}")))]
        assert names[0] == "unknown-name", argument
    target = tmp_path / "m.toml"
    file = tmp_path / "again.py"
    file.write_text(HEAD + text.format("'linear'", run="{run}"))
    assert CliRunner().invoke(cli, ["import", str(file), "-o", str(target)]).exit_code == 0
    assert seqspec.load(target).fit.callbacks[0].filename == "$HOME/${run}.csv"


NUMPY_INTEGERS = {
    "Dense(np.prod((2, 3)))": "units",
    "Embedding(np.prod((2, 3)), 4)": "input_dim",
    "RepeatVector(np.prod((2, 1)))": "n",
    "GroupNormalization(np.prod((2, 1)))": "groups",
    "LSTM(np.prod((2, 1)))": "units",
    "Conv2D(4, np.prod((2, 1)))": "kernel_size",
    "Conv2D(np.prod((2, 1)), 3)": None,
    "Conv2D(4, (np.prod((2, 1)), 2))": None,
    "MaxPooling2D(np.prod((2, 1)))": "pool_size",
    "UpSampling1D(np.prod((2, 1)))": "size",
    "ZeroPadding2D(np.prod((2, 1)))": "padding",
    "DepthwiseConv2D(3, depth_multiplier=np.prod((2, 1)))": None,
    "Reshape((np.prod((2, 3)),))": None,
    "Dense(int(np.prod((2, 3))))": None,
    "Dense(2 * math.prod((2, 3)))": None,
}
SHAPES = {"Conv2D": (8, 8, 4), "MaxPooling2D": (8, 8, 4), "ZeroPadding2D": (8, 8, 4), "DepthwiseConv2D": (8, 8, 4)}
SHAPES |= {"LSTM": (8, 4), "UpSampling1D": (8, 4), "GroupNormalization": (4,), "Embedding": (5,)}


@pytest.mark.parametrize("layer", NUMPY_INTEGERS)
def test_numpy_integers_that_keras_rejects_are_reported(tmp_path, layer):
    key = NUMPY_INTEGERS[layer]
    shape = SHAPES.get(layer.partition("(")[0], (6,))
    report = check(tmp_path, f"import math\nimport numpy as np\nm = keras.Sequential([keras.Input({shape}), {layer}])")
    wrong = [d for d in report.diagnostics if d.severity == "error" or d.code == "SEQ105"]
    assert [(d.code, d.message.partition(" ")[0]) for d in wrong] == ([("SEQ105", key)] if key else [])
    if key:
        only_in_keras_3 = key in ("units", "input_dim", "output_dim")
        assert wrong[0].severity == ("warning" if only_in_keras_3 else "error")
        assert "int(np.prod(" in wrong[0].help


@pytest.mark.slow
@pytest.mark.parametrize("layer", NUMPY_INTEGERS)
def test_keras_rejects_numpy_integers(layer):
    import math

    import keras
    import numpy as np

    shape = SHAPES.get(layer.partition("(")[0], (6,))
    names = {"np": np, "math": math, **vars(keras.layers)}
    try:
        keras.Sequential([keras.Input(shape), eval(layer, names)])
        accepted = True
    except (TypeError, ValueError):
        accepted = False
    assert accepted == (NUMPY_INTEGERS[layer] is None)


@pytest.mark.parametrize(
    "program",
    [
        "m = keras.Sequential([keras.Input((4,)), Dense(4, **kw), Dense(1)])",
        "m = keras.Sequential([keras.Input((4,)), Dropout(**kw), Dense(1)])",
        "m = keras.Sequential([keras.Input((4,)), Dense(1)])\nm.compile('adam', **kw)\nm.fit(x, y)",
        "m = keras.Sequential([keras.Input((4,)), Dense(1)])\nm.compile(**kw)\nm.fit(x, y)",
    ],
)
def test_arguments_that_are_not_known_are_not_taken_for_left_out(program, tmp_path):
    assert {name for name, *_ in found(check(tmp_path, program))} == {"unknown-value"}


def test_numpy_integers_in_variables_are_followed(tmp_path):
    """It stays one until it is computed with; other sizes made of it are known."""
    text = """
    import numpy as np
    shape = (4, 7)
    size = np.prod(shape)
    m = keras.Sequential([keras.Input((size,)), Dense(size), Dense(size + 1), Reshape((1, 29))])
    """
    assert [each for each in found(check(tmp_path, text)) if each[0] != "linear-network"] == [("bad-value", 8, "size")]


@pytest.mark.parametrize(
    ("call", "marked"),
    [
        ("m = keras.Sequential([keras.Input((3,)), Rescaling('1/255')])", "'1/255'"),
        ("m = keras.Sequential([keras.Input((3,)), Rescaling(1/255)])", None),
        ("m = keras.Sequential([keras.Input((3,)), Dropout(rate='1/4')])", "'1/4'"),
        (
            "m = keras.Sequential([keras.Input((3,)), Dense(1)])\n"
            "m.compile(keras.optimizers.Adam('1/1000'), 'mse', metrics=['mae'])",
            "'1/1000'",
        ),
    ],
)
def test_fractions_in_strings_are_reported(tmp_path, call, marked):
    """Keras fails on it: Rescaling when it is called, the others at once."""
    report = check(tmp_path, call)
    assert [each[2] for each in found(report) if each[0] == "bad-value"] == ([marked] if marked else [])


XOR = """
import numpy as np
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])
m = keras.Sequential([keras.Input((2,)), Dense(8, activation="tanh"), Dense(1{last})])
m.compile("adam", "{loss}"{metrics})
m.fit(X, y, epochs=500)
"""


@pytest.mark.parametrize(
    ("last", "loss", "metrics", "warned"),
    [
        ("", "mse", "", False),
        ("", "mse", ", metrics=['mae']", False),
        ("", "mse", ", metrics=['accuracy']", True),
        (", activation='sigmoid'", "mse", "", True),
    ],
)
def test_two_values_can_be_numbers(tmp_path, last, loss, metrics, warned):
    """A linear output with a regression loss is a legal regression on 0 and 1; a sigmoid or accuracy shows classes."""
    rules = [each[0] for each in found(check(tmp_path, XOR.format(last=last, loss=loss, metrics=metrics)))]
    assert ("regression-loss-for-classification" in rules) == warned


def test_fixes_are_right_for_every_model_of_a_function(tmp_path):
    """The last layer of one model needs no activation, although the same call creates a hidden layer of another."""
    text = """
    def build():
        m = keras.Sequential([keras.Input((8,)), Dense(4, "relu"), Dense(3)])
        return m
    one = build()
    two = build()
    two.add(Dense(1))
    """
    (finding,) = [each for each in check(tmp_path, text).diagnostics if each.name == "missing-nonlinearity"]
    assert finding.span.line == 6 and finding.fix is None
    (finding,) = [
        each
        for each in check(tmp_path, text.replace("one = build()", "one = None")).diagnostics
        if each.name == "missing-nonlinearity"
    ]
    assert finding.fix is not None


STATEFUL = {
    "[layers.Embedding(50, 8), layers.LSTM(4, stateful=True)]": True,
    "[layers.LSTM(4, stateful=True)]": True,
    "[keras.Input((5,), batch_size=4), layers.Embedding(50, 8), layers.LSTM(4, stateful=True)]": True,
    "[keras.Input((5,)), layers.Embedding(50, 8), layers.LSTM(4, stateful=True)]": False,
}


@pytest.mark.parametrize("stack", STATEFUL)
def test_batch_size_of_a_model_built_later_is_unknown(tmp_path, stack):
    shape = "n, 5" if "Embedding" in stack else "n, 5, 2"
    text = f"m = keras.Sequential({stack})\nk = keras.Sequential({stack})\nk.build(({shape}))\n"
    names = [each.name for each in check(tmp_path, text).diagnostics if each.severity == "error"]
    assert names == ([] if STATEFUL[stack] else ["unknown-size"] * 2)


@pytest.mark.needs("keras")
@pytest.mark.parametrize("stack", STATEFUL)
def test_keras_builds_later_models_for_the_batch(stack):
    import keras

    given = {"keras": keras, "layers": keras.layers}
    x = keras.ops.ones((4, 5) if "Embedding" in stack else (4, 5, 2))
    if STATEFUL[stack]:
        assert eval(f"keras.Sequential({stack})", given)(x).shape == (4, 4)
    else:
        with pytest.raises(ValueError, match="batch"):
            eval(f"keras.Sequential({stack})", given)


def test_tensor_shapes_are_read(tmp_path):
    text = "import tensorflow as tf\nm = keras.Sequential([Conv2D(4, 9)])\nm.build(tf.TensorShape([None, 8, 8, 1]))\n"
    assert ("window-too-large", 5, "9") in found(check(tmp_path, text))


NO_ERRORS = {
    "an autoencoder of data of unknown width": """
        import tensorflow as tf
        X = tf.cast(load(), tf.float32)
        m = keras.Sequential([Dense(64, activation="relu", input_shape=X.shape[1:]), Dense(500)])
        m.compile("adam", "mse")
        m.fit(X, X)
        """,
    "a parameter whose default is None": """
        def create_model(num_classes=None):
            return keras.Sequential([keras.Input((3,)), Dense(4, activation="relu"), Dense(num_classes)])
        """,
    "an autoencoder in a function that is called twice": """
        def train(X, width):
            m = keras.Sequential([keras.Input((X.shape[1],)), Dense(4, activation="relu"), Dense(width)])
            m.compile("adam", "mse")
            m.fit(X, X)
        train(load("a"), 30)
        train(load("b"), 20)
        """,
    "sequences of the length of the data, which Keras 3 finds out": """
        import numpy as np
        m = keras.Sequential([Embedding(100, 8), Flatten(), Dense(1, activation="sigmoid")])
        m.compile("adam", "binary_crossentropy")
        m.fit(load(), load())
        n = keras.Sequential([Embedding(100, 8, input_length=80), Flatten(), Dense(1, activation="sigmoid")])
        n.compile("adam", "binary_crossentropy")
        n.fit(np.random.randint(0, 100, (64, 50)), np.random.randint(0, 2, 64))
        """,
    "noise of the shape of unknown labels": """
        import numpy as np
        y = load()
        y = y + np.random.normal(0, 0.1, y.shape)
        m = keras.Sequential([keras.Input((20, 1)), LSTM(8, return_sequences=True), Dense(1)])
        m.compile("adam", "mse")
        m.fit(load(), y)
        """,
}


@pytest.mark.parametrize("name", NO_ERRORS)
def test_what_may_be_right_is_no_error(tmp_path, name):
    assert check(tmp_path, NO_ERRORS[name]).ok


BLOCK = """
i = keras.Input((8, 8, 4))
y = Conv2D(8, 3, strides=2, padding="same", activation="relu")(i)
s = Conv2D(8, 1, strides=2, padding="same")(i)
m = keras.Model(i, {})
"""


@pytest.mark.parametrize(("output", "reported"), [("add([y, BatchNormalization()(s)])", 0), ("Conv2D(2, 3)(s)", 1)])
def test_strides_of_a_shortcut_are_meant(tmp_path, output, reported):
    """The projection of a residual block has a window of 1 by 1 and the strides of the block."""
    names = [name for name, *_ in found(check(tmp_path, BLOCK.format(output)))]
    assert names.count("strides-exceed-window") == reported


@pytest.mark.parametrize("labels", ["binary", None])
def test_labels_that_may_be_numbers_get_no_other_loss(labels):
    """A metric that counts classes can be the mistake as well as the loss."""
    model = {"input": [8], "layers": ["Flatten", {"type": "Dense", "units": 1, "activation": "sigmoid"}]}
    tree = {"seqspec": 1, "model": model, "compile": {"loss": "mse", "metrics": ["accuracy"]}}
    tree |= {"target": {"kind": labels}} if labels else {}
    report = seqspec.check(parse_text(json.dumps(tree), "a.json", "json"))
    (finding,) = [each for each in report.diagnostics if each.name == "regression-loss-for-classification"]
    assert (finding.fix is not None) == bool(labels)


def test_a_reconstruction_of_another_size_is_a_mistake_of_the_layers(tmp_path):
    text = "x = np.random.rand(64, 12, 12, 1)\nm = keras.Sequential([keras.Input((12, 12, 1)), Conv2D(1, 3)])\n"
    text += "m.compile('adam', 'mse')\nm.fit(x, x)\n"
    report = check(tmp_path, "import numpy as np\n" + text)
    (finding,) = [each for each in report.diagnostics if each.name == "label-encoding-mismatch"]
    assert "labels of shape" not in finding.help and "(12, 12, 1)" in finding.help


@pytest.mark.parametrize(
    "text",
    [
        "model = Sequential()\nmodel.add(LSTM(8, input_shape=(t, v)))\nmodel.add(LSTM(8))\n",
        "model = models.Sequential()\nmodel.add(layers.LSTM(8, input_shape=(t, v)))\nmodel.add(layers.LSTM(8))\n",
        "i = Input(shape=(t, v))\nmodel = Model(i, LSTM(8)(LSTM(8)(i)))\n",
        "i = tf.keras.Input(shape=(t, v))\nx = tf.keras.layers.LSTM(8)(i)\nm = tf.keras.Model(i, layers.LSTM(8)(x))\n",
    ],
)
def test_posted_code_has_no_imports(tmp_path, text):
    (tmp_path / "m.py").write_text(text)
    assert [each.name for each in seqspec.check(tmp_path / "m.py").diagnostics] == ["wrong-rank"]
    (tmp_path / "m.py").write_text("from mine import LSTM, Model, Sequential, layers, models, tf\n" + text)
    assert "wrong-rank" not in {each.name for each in seqspec.check(tmp_path / "m.py").diagnostics}


def test_the_keras_of_posted_code(tmp_path):
    """`lr` does not say that it is for Keras 2, as every version has `learning_rate`; `fit_generator` does."""
    text = "model.compile(optimizer=tf.keras.optimizers.Adam({}=0.1), loss='mse')\nmodel.fit(x, y, callbacks=[{}])\n"
    text += "ModelCheckpoint('m.hdf5')\n"
    refused = {
        "lr": ["renamed-argument", "bad-value", "legacy-file-format"],
        "learning_rate": ["bad-value", "legacy-file-format"],
    }
    for name, rules in refused.items():
        (tmp_path / "m.py").write_text(text.format(name, "keras.callbacks.ModelCheckpoint('m.hdf5')"))
        found = [
            each
            for each in seqspec.check(tmp_path / "m.py").diagnostics
            if each.only_keras == 3 or "SEQ82" in each.code
        ]
        assert [(each.name, each.severity) for each in found] == [(rule, "warning") for rule in rules]
    (tmp_path / "m.py").write_text(
        text.format("lr", "keras.callbacks.ModelCheckpoint('m.hdf5')") + "model.fit_generator(g)"
    )
    assert [each.name for each in seqspec.check(tmp_path / "m.py").diagnostics if each.severity != "info"] == []


def test_an_own_fit_of_a_program_without_keras(tmp_path):
    """A class of another file may have other arguments."""
    text = "from mine import make\nm = make()\nm.compile(loss='mse')\nm.fit(x_train=x, y_train=y, epochs=3)\n"
    (tmp_path / "m.py").write_text(text)
    assert [each.name for each in seqspec.check(tmp_path / "m.py").diagnostics if each.severity == "error"] == []


def test_sizes_of_pooling_that_keras_accepts(tmp_path):
    """Keras requires that `int()` accepts each of several sizes, and that one size is an integer."""
    text = "m = keras.Sequential([keras.Input((14, 14, 3)), layers.AveragePooling2D({}), layers.Flatten(), Dense(3)])\n"
    for sizes, is_wrong in (("(7.0, 7.0)", False), ("(3.5, 3.5)", False), ("7.0", True)):
        found = {each.name for each in check(tmp_path, text.format(sizes)).diagnostics}
        assert ("wrong-type" in found) is is_wrong
