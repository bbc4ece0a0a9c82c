"""`seqspec python`: the program on standard output or in a file, which is written completely or not at all."""

import os
import stat

import pytest

import seqspec
from tests.cli.conftest import BAD, GOOD, ROOT

PROGRAM = """import keras
from keras import layers

model = keras.Sequential(
    [
        keras.Input(shape=(4,)),
        layers.Dense(2),
    ],
    name="m",
)
"""


def test_standard_output(run, write):
    result = run("python", write("a.toml", GOOD))
    assert (result.exit_code, result.output) == (0, PROGRAM)


def test_settings(run, write):
    name = write("a.toml", GOOD.replace("units = 2", 'units = 2, name = "head"'))
    assert 'layers.Dense(5, name="head")' in run("python", name, "--set", "layers.head.units=5").output


def test_a_file(run, write, folder):
    write("model.py", "old\n")
    os.chmod("model.py", 0o640)
    result = run("python", write("a.toml", GOOD), "-o", "model.py")
    assert (result.exit_code, result.output) == (0, "")
    assert (folder / "model.py").read_text(encoding="utf-8") == PROGRAM
    assert stat.S_IMODE(os.stat("model.py").st_mode) == 0o640
    assert sorted(os.listdir(folder)) == ["a.toml", "model.py"]


def test_mistakes_leave_the_file_alone(run, write, folder):
    write("model.py", "old\n")
    result = run("python", write("bad.toml", BAD), "-o", "model.py")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "error[SEQ102] unknown-argument" in result.stderr
    assert (folder / "model.py").read_text(encoding="utf-8") == "old\n"


def test_a_place_that_cannot_be_written(run, write):
    result = run("python", write("a.toml", GOOD), "-o", "nowhere/model.py")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: nowhere/model.py: ")


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.seqspec.*")), ids=lambda path: path.name)
def test_examples(run, path):
    assert run("python", str(path)).output == seqspec.to_python(path)
