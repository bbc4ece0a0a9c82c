"""Statements whose result is discarded, and that change nothing."""

import json

import pytest

import seqspec

HEAD = """import numpy as np
import tensorflow as tf
from keras.layers import Dropout, Input
from keras.utils import to_categorical
data = tf.data.Dataset.from_tensor_slices((np.zeros((9, 4)), np.zeros(9)))
inputs = Input((4,))
"""


@pytest.mark.parametrize(
    ("statement", "help"),
    [
        ("data.batch(3)", "write data = data.batch(3)"),
        ("samples.reshape(-1, 1)", "write samples = samples.reshape(-1, 1)"),
        ("samples.astype('float32')", "write samples = samples.astype('float32')"),
        ("np.expand_dims(samples, 0)", "write samples = np.expand_dims(samples, 0)"),
        ("to_categorical(labels, 3)", "write labels = to_categorical(labels, 3)"),
        ("Dropout(0.5)(inputs)", "write inputs = Dropout(0.5)(inputs)"),
        ("np.concatenate([samples, samples])", "assign it to a variable"),
    ],
)
def test_the_result_is_assigned(tmp_path, statement, help):
    file = tmp_path / "program.py"
    file.write_text(f"{HEAD}{statement}\n", encoding="utf-8")
    found = [each for each in seqspec.check(file).diagnostics if each.name == "unused-result"]
    assert [(each.span.line, each.severity, each.help) for each in found] == [(7, "warning", help)]


@pytest.mark.parametrize(
    "statement",
    [
        "rest = data.batch(3)",
        "print(samples.reshape(-1, 1))",
        "np.save('a', samples)",
        "table.reshape()",
        "np.concatenate([samples, samples], out=both)",
        "with pytest.raises(ValueError):\n    samples.reshape(5, 5)",
        "try:\n    samples.reshape(5, 5)\nexcept ValueError:\n    print('no')",
        "data.list()",
    ],
)
def test_other_statements_have_an_effect(tmp_path, statement):
    file = tmp_path / "program.py"
    file.write_text(f"{HEAD}{statement}\n", encoding="utf-8")
    assert [each for each in seqspec.check(file).diagnostics if each.severity != "info"] == []


def test_a_cell_shows_its_last_value(tmp_path):
    cell = {"cell_type": "code", "source": HEAD + "samples.reshape(-1, 1)", "metadata": {}, "outputs": []}
    file = tmp_path / "program.ipynb"
    notebook = {"cells": [{**cell, "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    file.write_text(json.dumps(notebook), encoding="utf-8")
    assert [each for each in seqspec.check(file).diagnostics if each.severity != "info"] == []
