"""The outcome of a test depends on neither the tests that ran before it nor on the process that it is given to."""

import json
import os
import random
import subprocess
import sys

import pytest

from tests import ROOT

DRAWS = """
import importlib, json, sys
import tests.conftest
from hypothesis import given, strategies as st

drawn = []

@given(st.lists(st.one_of(st.integers(), st.text(), st.floats(allow_nan=False))))
def draw(values):
    drawn.append(values)

for name in sys.argv[1:]:
    importlib.import_module(name)
draw()
print(json.dumps(drawn))
"""


@pytest.mark.slow
def test_hypothesis_draws_the_same_whatever_modules_are_loaded():
    def drawn(*modules, seed):
        environment = {**os.environ, "HYPOTHESIS_PROFILE": "ci", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", DRAWS, *modules]
        return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)

    few = drawn("seqspec", seed="1")
    assert len(few) == 100
    assert few == drawn("seqspec", "seqspec.core.check.check", "seqspec.cli.main", seed="2")


@pytest.mark.parametrize("time", [1, 2])
def test_random_numbers_begin_anew_with_each_test(time):
    """Both times the same one, though the first test draws."""
    assert random.random() == random.Random(0).random()


@pytest.mark.needs("keras")
@pytest.mark.slow
@pytest.mark.parametrize("time", [1, 2])
def test_keras_begins_anew_with_each_test(time):
    """Names and initial weights of two tests are equal, though the first makes layers and draws."""
    import keras

    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    assert layer.name == "dense"
    keras.utils.set_random_seed(0)
    again = keras.layers.Dense(3)
    again.build((None, 4))
    assert again.name == "dense_1" and (layer.get_weights()[0] == again.get_weights()[0]).all()
