"""The smallest input sizes in `summary`: Keras builds the model with them, and rejects the next smaller size."""

import pytest
from hypothesis import assume, given, settings

import seqspec
from seqspec.core.analysis.min_input_size import min_input_sizes
from seqspec.core.check.check import Check
from seqspec.core.language.keras import SUPPORTED
from tests.introspection import KERAS
from tests.keras_oracle import judge
from tests.strategies.stacks import models

LARGE = 1024


def smallest(model):
    spec = Check.of({"seqspec": 1, "keras": "=={}.{}.*".format(*KERAS), "model": model}).spec
    return min_input_sizes(spec.stack.layers, spec.stack.input, spec.environment)


def with_size(model, name, size):
    """The model with a number for one name and large ones for the others; unnamed sizes are named by their axis."""
    given = model["input"] if isinstance(model["input"], dict) else {"shape": model["input"]}
    shape = []
    for axis, entry in enumerate(given["shape"], 1):
        own = f"axis {axis}" if entry == "?" else entry
        shape.append(entry if isinstance(entry, int) else size if own == name else LARGE)
    return {**model, "input": {**given, "shape": shape}}


def compare(model):
    for name, size in smallest(model).items():
        if size is None:
            continue
        assert judge(with_size(model, name, size)).accepts, (name, size)
        if size > 1:
            assert not judge(with_size(model, name, size - 1)).accepts, (name, size)


CASES = [
    (["T", 3], [{"type": "Conv1D", "filters": 2, "kernel_size": 5, "dilation_rate": 3}], {"T": 13}),
    (["T", 3], [{"type": "Conv1D", "filters": 2, "kernel_size": 3, "strides": 2}, "MaxPooling1D"] * 2, {"T": 21}),
    (["H", "W", 3], [{"type": "Conv2D", "filters": 2, "kernel_size": [7, 1]}], {"H": 7, "W": 1}),
    (["S", "S", 3], [{"type": "AveragePooling2D", "pool_size": [2, 9]}], {"S": 9}),
    (["?", "T", 3], [{"type": "Conv2D", "filters": 2, "kernel_size": [2, 4]}], {"axis 1": 2, "T": 4}),
    (["T", 4], [{"type": "Cropping1D", "cropping": [100, 70]}], {"T": 171}),
    (["T", 4], [{"type": "Reshape", "target_shape": [-1, 6]}], {"T": 3}),
    (["T"], ["Flatten", {"type": "Reshape", "target_shape": [5]}], {"T": 5}),
    (["T", 4], [{"type": "LSTM", "units": 2}], {"T": 1}),
    (["T", 4], [{"type": "Conv1D", "filters": 2, "kernel_size": 300}], {"T": 300}),
]


@pytest.mark.parametrize(("shape", "layers", "expected"), CASES, ids=[str(case[1]) for case in CASES])
def test_smallest(shape, layers, expected):
    model = {"input": shape, "layers": layers}
    if SUPPORTED[-1] == KERAS:
        # An older Keras accepts windows that are larger than what they slide over.
        assert smallest(model) == expected
    compare(model)


def test_a_model_that_no_size_builds():
    model = {
        "input": ["T", 4],
        "layers": [{"type": "Reshape", "target_shape": [-1, 3]}, {"type": "Reshape", "target_shape": [2]}],
    }
    assert smallest(model) == {"T": None}


@settings(max_examples=40)
@given(models(longest=4, illegal=0.0))
def test_random_models(model):
    given = model["input"]["shape"] if isinstance(model["input"], dict) else model["input"]
    assume(any(isinstance(entry, str) for entry in given))
    assume(seqspec.check({"seqspec": 1, "model": model}).ok)
    compare(model)
