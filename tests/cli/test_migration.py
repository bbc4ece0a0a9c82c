"""Which Keras a program targets, what is reported for each, and on request."""

import json

import pytest

from seqspec.programs.migration import target
from seqspec.programs.migration.requirements import generation_of, read_requirements

PROGRAM = """import keras
from keras import layers

model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam({rate}), loss="mse")
"""


@pytest.mark.parametrize(
    ("text", "file", "expected"),
    [
        ("keras>=3", "requirements.txt", (3, "keras>=3 in requirements.txt:1")),
        ("numpy\ntensorflow==2.10.0  # old", "requirements.txt", (2, "tensorflow==2.10.0 in requirements.txt:2")),
        ("tensorflow-gpu<2.16", "requirements.txt", (2, "tensorflow-gpu<2.16 in requirements.txt:1")),
        ("tensorflow>=2.16\ntf_keras", "requirements.txt", (2, "tf_keras in requirements.txt:2")),
        ("tensorflow>=2.0", "requirements.txt", None),
        ("tensorflow\nkeras-tuner==1.4\n# keras==2", "requirements.txt", None),
        ("tensorflow~=2.17", "requirements.txt", (3, "tensorflow~=2.17 in requirements.txt:1")),
        (
            'dependencies = ["tensorflow[and-cuda]>=2.16"]',
            "pyproject.toml",
            (3, "tensorflow>=2.16 in pyproject.toml:1"),
        ),
        ('tensorflow = "^2.16"', "pyproject.toml", (3, "tensorflow^2.16 in pyproject.toml:1")),
        ('keras = {version = "2.3.1"}', "Pipfile", None),
        ("  - tensorflow=2.4", "environment.yml", (2, "tensorflow=2.4 in environment.yml:1")),
        ('[[package]]\nname = "keras"\nversion = "3.4.1"\n', "uv.lock", (3, "keras 3.4.1 in uv.lock:2")),
        ('"keras": {\n  "hashes": [],\n  "version": "==2.4.3"', "Pipfile.lock", (2, "keras 2.4.3 in Pipfile.lock:1")),
    ],
)
def test_requirements_say_which_keras(text, file, expected):
    assert generation_of(list(read_requirements(text, file))) == expected


def check(run, write, text, *options, **files):
    """The rules and severities of the findings of a program, with the files of its project."""
    for name, content in files.items():
        write(name.replace("__", "."), content)
    path = write("train.py", text)
    result = run("check", path, "--format", "json", *options)
    found = json.loads(result.stdout)["documents"][0]["diagnostics"]
    return [(each["name"], each["severity"]) for each in found if each["code"].startswith(("SEQ82", "SEQ045"))]


OLD = PROGRAM.format(rate="lr=0.001")
ERROR, NOTE, WARNING = ("renamed-argument", "error"), ("older-keras", "info"), ("renamed-argument", "warning")


def test_the_target_decides_what_is_reported(run, write):
    assert check(run, write, OLD) == [WARNING]
    assert check(run, write, OLD + "model.fit_generator(x)\n") == [NOTE]
    assert check(run, write, OLD, "--keras", "3.15") == [ERROR]
    assert check(run, write, OLD, "--config", 'keras = "3"') == [ERROR]
    assert check(run, write, OLD, "--select", "migration") == [WARNING]
    assert check(run, write, OLD, "--select", "SEQ822") == [WARNING]
    assert check(run, write, OLD + "keras.ops.mean(x)\n") == [ERROR]
    assert check(run, write, OLD, requirements__txt="tensorflow==2.15\n") == [NOTE]
    assert check(run, write, OLD, requirements__txt="tensorflow==2.16\n") == [ERROR]
    assert check(run, write, OLD, "--keras", "2", requirements__txt="keras>=3\n") == [NOTE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "checked for Keras 3 (keras 3."),
        ("keras.ops.mean(x)\n", "written for Keras 3 (only Keras 3 has keras.ops)"),
        ("model.fit_generator(x)\n", "written for Keras 2 (names in it that Keras 3 does not have)"),
        ("import tensorflow as tf\ntf.placeholder('float32')\n", "written for Keras 2 (only TensorFlow 1 has tf.pla"),
        ("import os\nos.environ['KERAS_BACKEND'] = 'theano'\n", "written for Keras 2 (Keras 3 does not have its KER"),
        ("print model\n", "written for Keras 2 (it is Python 2)"),
        ("import nets\n", "written for Keras 2 (names in it that Keras 3 does not have, in the imported nets.py)"),
    ],
)
@pytest.mark.needs("keras")
def test_what_a_program_proves_decides_before_the_environment(run, write, text, expected):
    write("nets.py", "import keras\nfrom keras.layers.core import Dense\nlayer = Dense(3)\n")
    assert expected in run("check", write("train.py", OLD + text), "--verbose").stderr


def test_the_environment_decides_before_the_default(run, write, monkeypatch):
    monkeypatch.setattr(target, "version", lambda package: "2.15.0")
    target.assumed_target.cache_clear()
    try:
        path = write("train.py", OLD)
        assert "checked for Keras 2 (keras 2.15.0 is installed)" in run("check", path, "--verbose").stderr
        assert check(run, write, OLD) == [NOTE]
    finally:
        target.assumed_target.cache_clear()


def test_json_says_the_target(run, write):
    documents = json.loads(run("check", write("train.py", OLD), "--keras", "2.15", "--format", "json").stdout)
    assert documents["documents"][0]["keras"] == {"version": 2, "reason": "keras = 2.15 is set", "assumed": False}


def test_one_line_says_how_many_places_fail_in_keras_3(run, write):
    old = OLD + 'model.compile("adam", "mse", metrics="mae")\nmodel.fit_generator(x)\n'
    result = run("check", write("train.py", old))
    assert result.stdout.count("older-keras") == 1
    assert "3 places will fail in Keras 3: --select migration" in result.stdout
    found = run("check", write("train.py", old), "--select", "migration", "--format", "concise").stdout
    assert [name in found for name in ("renamed-argument", "rejected-value", "removed-name")] == [True] * 3


def test_a_program_without_old_names_has_no_note(run, write):
    new = PROGRAM.format(rate="0.001")
    assert check(run, write, new) == check(run, write, new, requirements__txt="keras<3\n") == []


def test_the_target_and_its_reason_are_shown(run, write):
    write("requirements.txt", "keras==2.15\n")
    result = run("check", write("train.py", OLD), "--verbose")
    assert "train.py is written for Keras 2 (keras==2.15 in requirements.txt:1)" in result.stderr
    assert run("check", write("train.py", OLD), "--keras", "four").exit_code == 2


def test_old_names_switch_no_rule_off(run, write):
    """The rules see the value that the old name means."""
    program = PROGRAM.format(rate="lr=1.0") + 'model.fit(x, y, callbacks=[keras.callbacks.EarlyStopping("val_los")])\n'
    found = json.loads(run("check", write("train.py", program), "--format", "json").stdout)["documents"][0][
        "diagnostics"
    ]
    assert {"learning-rate-too-high", "monitor-not-logged"} <= {each["name"] for each in found}
    wrong = "import keras\nkeras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, stride=2)])\n"
    found = json.loads(run("check", write("wrong.py", wrong), "--format", "json").stdout)["documents"][0]["diagnostics"]
    assert [each["name"] for each in found if each["severity"] == "error"] == ["unknown-argument"]


def test_suppressions_and_baselines_apply(run, write):
    path = write("train.py", OLD.replace('loss="mse")', 'loss="mse")  # seqspec: ignore[SEQ822] still Keras 2'))
    assert run("check", path, "--select", "migration", "--fail-on", "info").exit_code == 0


def test_parallel_checks_report_the_same(run, write):
    for number in range(3):
        write(f"train{number}.py", OLD)
    one, two = (run("check", ".", "--select", "migration", "--jobs", jobs).stdout for jobs in ("1", "2"))
    assert one == two
    assert one.count("renamed-argument") == 3


@pytest.mark.parametrize(
    ("first", "version", "expected"),
    [
        ("!pip install -q tensorflow==2.10", "3.12.1", "Keras 2 (tensorflow==2.10 in pip install)"),
        ("%pip install 'keras>=3.4'", "3.9.1", "Keras 3 (keras>=3.4 in pip install)"),
        ("import os", "3.12.1", "Keras 3 (the kernel is Python 3.12)"),
        ("import os", "3.8.1", "Keras 2 (the kernel is Python 3.8)"),
    ],
)
def test_notebooks_say_their_target(run, write, first, version, expected):
    cells = [{"cell_type": "code", "source": source} for source in (first, PROGRAM.format(rate="0.01"))]
    metadata = {"language_info": {"name": "python", "version": version}}
    path = write("train.ipynb", json.dumps({"cells": cells, "metadata": metadata}))
    assert f"train.ipynb is written for {expected}" in run("check", path, "--verbose").stderr
