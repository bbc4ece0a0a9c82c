"""`seqspec import` of programs with custom layers and conditions: a complete spec, or an error."""

import json
import tomllib

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.legacy import MERGES

HEAD = "import keras\nfrom keras import layers\n"


def imported(path, text):
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["import", str(path)])


def test_a_custom_layer_has_its_module_and_arguments(tmp_path):
    program = HEAD + (
        "import other.parts as parts\nfrom mine import Attention as Att\n"
        "class Scale(layers.Layer):\n    def __init__(self, factor, **kw):\n        super().__init__(**kw)\n"
        "m = keras.Sequential([layers.Input((10, 4)), Att(units=4), Scale(2.0, name='s'), parts.Pool(), "
        "layers.Dense(1)])\n"
    )
    found = imported(tmp_path / "my-model.py", program)
    assert found.exit_code == 0
    tree = tomllib.loads(found.stdout)
    assert {name: entry["import"] for name, entry in tree["custom"].items()} == {
        "Attention": "mine:Attention",
        "Scale": "my_model:Scale",
        "Pool": "other.parts:Pool",
    }
    assert tree["model"]["layers"][:3] == [
        {"custom": "Attention", "units": 4},
        {"custom": "Scale", "factor": 2.0, "name": "s"},
        {"custom": "Pool"},
    ]


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        ("Att(3)", 5),
        ("Att(units=size)", 5),
        ("Att(**options)", 5),
        ("layers.Lambda(lambda x: x)", 5),
        ("make()", 5),
    ],
)
def test_inexpressible_code_is_refused_at_its_line(layer, line, tmp_path):
    program = HEAD + f"from mine import Att\nm = keras.Sequential([layers.Input((4,)),\n  {layer},\n])\n"
    found = imported(tmp_path / "m.py", program)
    assert (found.exit_code, found.stdout) == (1, "")
    assert f"m.py:{line}:3: error[SEQ040]" in found.stderr and "no file written" in found.stderr


def test_unknown_model_names_are_reported(tmp_path):
    """A name that no model has, and a name that is missing where there are two: the message lists the models."""
    program = tmp_path / "m.py"
    program.write_text(HEAD + "a = keras.Sequential()\nb = keras.Sequential()\n", encoding="utf-8")
    unknown = CliRunner().invoke(cli, ["import", f"{program}:c"])
    assert unknown.exit_code == 1 and 'unknown model "c"' in unknown.stderr
    ambiguous = CliRunner().invoke(cli, ["import", str(program)])
    assert ambiguous.exit_code == 1 and "the file defines several models: a (line 3), b (line 4)" in ambiguous.stderr


def test_import_selects_a_model_of_a_notebook_by_the_place_that_check_prints(tmp_path):
    code = [
        "import keras\nfrom keras.layers import Dense",
        "\na = keras.Sequential([keras.Input((4,)), Dense(3)])\nb = keras.Sequential([keras.Input((5,)), Dense(2)])",
    ]
    cells = [{"cell_type": "code", "metadata": {}, "source": text, "outputs": []} for text in code]
    file = tmp_path / "a.ipynb"
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    listed = CliRunner().invoke(cli, ["import", str(file)]).stderr
    assert "a (cell 2:2), b (cell 2:3)" in listed
    for place, units in ("cell 2:2", 3), ("cell 2:3:5", 2), ("b", 2):
        assert f"units = {units}" in CliRunner().invoke(cli, ["import", f"{file}:{place}"]).stdout


def test_import_says_that_a_program_is_too_large(tmp_path):
    file = tmp_path / "large.py"
    loops = "".join(f"a{i} = [j * 2 for j in range(100)]\nfor k in a{i}:\n    a{i}.append(k)\n" for i in range(1000))
    file.write_text(f"import keras\n{loops}m = keras.Sequential([keras.layers.Dense(3)])\n")
    assert "too large to analyze completely" in CliRunner().invoke(cli, ["import", str(file)]).stderr


@pytest.mark.parametrize(
    "body",
    [
        "if n > 3:\n  m.add(layers.Dropout(0.5))\nm.add(layers.Dense(1))\n",
        "for _ in range(n):\n  m.add(layers.Dense(4))\n",
    ],
)
def test_conditional_layers_are_not_imported(body, tmp_path):
    found = imported(
        tmp_path / "m.py", HEAD + f"n = int(input())\nm = keras.Sequential()\nm.add(layers.Input((4,)))\n{body}"
    )
    assert (found.exit_code, found.stdout) == (1, "")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "Merge([a, b], mode='concat')",
            "Merge was removed in Keras 2: it merges several models, and",
        ),
        ("MaxoutDense(output_dim=4)", "MaxoutDense was removed in Keras 2"),
        ("keras.Model(i, o)", "a functional model that is not a chain is not read"),
    ],
)
def test_other_layers_are_not_declared_as_custom(tmp_path, layer, message):
    program = "import keras\nfrom keras.layers import Dense, Input, MaxoutDense, Merge\n"
    program += f"m = keras.Sequential([Input((4,)),\n  {layer},\n  Dense(2)])\n"
    found = imported(tmp_path / "m.py", program)
    assert (found.exit_code, found.stdout) == (1, "")
    assert f"m.py:4:3: error[SEQ040] not-followed: {message}" in found.stderr


def test_merge_layers_name_their_replacement(tmp_path):
    path = tmp_path / "m.py"
    path.write_text(
        "from keras.models import Sequential\nfrom keras.layers import Dense, Merge\n"
        "a, b = Sequential([Dense(4, input_dim=3)]), Sequential([Dense(4, input_dim=3)])\n"
        "m = Sequential()\nm.add(Merge([a, b], mode='mul'))\nm.add(Dense(1))\n"
    )
    older, note = seqspec.check(path).diagnostics
    assert older.name == "older-keras"
    assert (note.name, note.span.line) == ("not-followed", 5)
    assert "keras.layers.Multiply()" in note.help


@pytest.mark.needs("keras")
@pytest.mark.parametrize("mode", sorted(MERGES))
def test_replacements_of_merge_layers_merge(mode):
    import keras

    layer = eval(MERGES[mode], vars(keras.layers))
    assert layer([keras.ops.ones((2, 3)), keras.ops.ones((2, 3))]).shape[0] == 2


UNKNOWN = HEAD + (
    "m = keras.Sequential([keras.Input((X.shape[1],)), layers.Dense(units), layers.Dropout(rate), "
    "layers.Dense({last})])\nm.compile('adam', 'mse')\n"
)


def test_unknown_values_become_variables(tmp_path):
    file, target = tmp_path / "m.py", tmp_path / "m.toml"
    file.write_text(UNKNOWN.format(last="classes"))
    done = CliRunner().invoke(cli, ["import", str(file), "-o", str(target)])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{target}: 3 layers\n"
    assert done.stderr == (
        "note: set x_shape_1, units, rate, classes in [vars], or with --set vars.x_shape_1=...: "
        "not known from the program\n"
    )
    text = target.read_text()
    assert "[vars]\n# Not known from the program: replace each name with its value.\n" in text
    values = ["vars.x_shape_1=4", "vars.units=8", "vars.rate=0.1", "vars.classes=3"]
    settings = [word for value in values for word in ("--set", value)]
    assert CliRunner().invoke(cli, ["check", *settings, str(target)]).exit_code == 0


LOOPS = {
    "layers.Dense(sizes[i])": 3,
    "layers.Dense(n // (i + 1))": 3,
    "layers.Dense(hp.Int(f'units_{i}', 8, 64))": 3,
    "layers.Dense(random.randint(8, 64))": 3,
    "layers.Dense(hp.Int('units', 8, 64))": 1,
    "layers.Dense(config.units)": 1,
    "layers.Dense(n * 2)": 1,
    "layers.Dense(len(config.names))": 1,
}


@pytest.mark.parametrize(("layer", "variables"), LOOPS.items(), ids=list(LOOPS))
def test_an_expression_with_several_values_becomes_several_variables(layer, variables, tmp_path):
    program = HEAD + (
        "import random\ndef build(sizes, n, hp, config):\n    m = keras.Sequential([keras.Input((8,))])\n"
        f"    for i in range(3):\n        m.add({layer})\n    return m\n"
    )
    tree = tomllib.loads(imported(tmp_path / "m.py", program).stdout)
    assert len(tree["vars"]) == len({layer["units"] for layer in tree["model"]["layers"]}) == variables


def test_a_width_that_a_loop_halves_becomes_several_variables(tmp_path):
    program = HEAD + (
        "def build(width):\n    m = keras.Sequential([keras.Input((8,))])\n"
        "    for i in range(3):\n        m.add(layers.Dense(width))\n        width //= 2\n    return m\n"
    )
    tree = tomllib.loads(imported(tmp_path / "m.py", program).stdout)
    assert [layer["units"] for layer in tree["model"]["layers"]] == ["$width", "$width_2", "$width_3"]


COMPILES = {
    "loss=params['loss']": None,
    "loss=self.loss": None,
    "**options": None,
    "loss=focal(2.0)": None,
    "loss=focal": "m:focal",
}


@pytest.mark.parametrize(("arguments", "source"), COMPILES.items(), ids=list(COMPILES))
def test_a_loss_is_imported_from_where_it_is_or_left_to_the_author(arguments, source, tmp_path):
    program = HEAD + (
        "def focal(y_true, y_pred):\n    return y_true - y_pred\n"
        "m = keras.Sequential([keras.Input((8,)), layers.Dense(1)])\n"
        f"m.compile('adam', {arguments})\n"
    )
    done = imported(tmp_path / "m.py", program)
    tree = tomllib.loads(done.stdout)
    if source is None:
        assert "custom" not in tree and "loss" not in tree["compile"]
        assert "note: the loss is not known from the program: write loss in [compile]" in done.stderr
    else:
        assert tree["custom"]["focal"] == {"import": source, "kind": "loss"}
        assert tree["compile"]["loss"] == {"custom": "focal"}


def test_errors_for_every_value_are_reported(tmp_path):
    file = tmp_path / "m.py"
    file.write_text(UNKNOWN.format(last="classes, activation='rellu'"))
    done = imported(file, file.read_text())
    assert done.exit_code == 1 and tomllib.loads(done.stdout)["vars"].keys() == {
        "x_shape_1",
        "units",
        "rate",
        "classes",
    }
    assert "unknown activation" in done.stderr and "positive integer" not in done.stderr


def test_input_sizes_can_stay_unknown(tmp_path):
    done = imported(tmp_path / "m.py", HEAD + "m = keras.Sequential([keras.Input((h, w, 3)), layers.Conv2D(4, 3)])\n")
    assert (done.exit_code, done.stderr) == (0, "")
    assert tomllib.loads(done.stdout)["vars"] == {"h": "h", "w": "w"}
