"""The data of models with several inputs: what Keras rejects, and what it accepts."""

import pytest

from tests.programs.test_check import check

HEAD = """
import keras
import numpy as np
from keras import layers
a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
o = layers.Dense(1)(layers.concatenate([a, b]))
m = keras.Model({inputs}, o)
m.compile("sgd", "mse")
A, B, y = np.random.rand(8, 4), np.random.rand(8, 6), np.random.rand(8)
"""
REJECTED = ["A", "[A]", "[B, A]", "[A, B, B]", "{'a': A, 'bb': B}", "{'a': B, 'b': A}"]
ACCEPTED = ["[A, B]", "(A, B)", "{'a': A, 'b': B}", "{'b': B, 'c': B, 'a': A}"]


def found(tmp_path, program):
    return [each for each in check(tmp_path, program).diagnostics if each.name == "data-shape-mismatch"]


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("inputs", ["[a, b]", "{'a': a, 'b': b}"])
@pytest.mark.parametrize("x", REJECTED + ACCEPTED)
def test_data_of_several_inputs(tmp_path, inputs, x):
    program = HEAD.format(inputs=inputs) + f"m.fit({x}, y, verbose=0)\n"
    if x in REJECTED:
        assert {each.severity for each in found(tmp_path, program)} == {"error"}
        with pytest.raises(ValueError, match=r"expects 2|incompatible|Missing data"):
            exec(program, {})
    else:
        assert found(tmp_path, program) == []
        exec(program, {})


@pytest.mark.needs("keras", "tensorflow")
def test_validation_data_of_several_inputs(tmp_path):
    program = HEAD.format(inputs="[a, b]") + "m.fit([A, B], y, validation_data=([B, A], y))\n"
    assert len(found(tmp_path, program)) == 2
    with pytest.raises(ValueError, match="incompatible"):
        exec(program, {})


@pytest.mark.parametrize("x", ["load()", "[load(), B]", "{name: A, 'b': B}", "[A, load()[:8]]"])
def test_unknown_data_is_not_reported(tmp_path, x):
    assert found(tmp_path, HEAD.format(inputs="[a, b]") + f"m.fit({x}, y)\n") == []
