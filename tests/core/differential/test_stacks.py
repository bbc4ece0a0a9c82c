"""Random stacks compared with Keras: acceptance, failing layer, inferred facts, and a model that runs."""

import re

import keras
import numpy as np
from hypothesis import given, settings

from seqspec.core.check.check import Check
from seqspec.core.compiler.build import build_analyzed
from tests.introspection import KERAS
from tests.keras_comparison import differences
from tests.keras_oracle import judge, restart_drawing
from tests.strategies.stacks import models


def unlike(model, *policy):
    """Where seqspec and Keras differ.

    Keras surprise: before 3.15 some layers take sizes of zero and below, such as `Dense(0)`. Documents refuse them in
    every version, and nothing else of such a stack is compared there. A negative size of a crop is accepted in every
    version (of RandomCrop inside a Pipeline), and fails on the first batch of `fit`.
    """
    found = [words for words in differences(model, *policy) if not NEGATIVE_CROP.search(words)]
    if KERAS < (3, 15) and any(REFUSED_SINCE.search(words) for words in found):
        return []
    return found


NEGATIVE_CROP = re.compile(
    r"^verdict: Keras accepts.* \((?:Center|Random)Crop\): .* must be a non-negative integer, got -\d+$"
)
REFUSED_SINCE = re.compile(r"^verdict: Keras accepts.* must be a positive integer, got (0|-\d+)$")

UNKNOWN = 12


def test_a_negative_crop_inside_a_pipeline_is_the_only_difference():
    crop = {"type": "RandomCrop", "height": 3, "width": -1}
    pipeline = {"type": "Pipeline", "layers": [crop]}
    assert len(differences({"input": [3, 2, 4], "layers": [pipeline]})) == 1
    assert differences({"input": [3, 2, 4], "layers": [crop]}) == []
    assert unlike({"input": [3, 2, 4], "layers": [pipeline]}) == []


@given(models())
def test_random_stacks_equal_keras(model):
    assert unlike(model) == []


@given(models(illegal=0.5))
def test_stacks_with_illegal_arguments_equal_keras(model):
    assert unlike(model) == []


def test_a_window_of_an_stft_initializer_without_samples_equals_keras():
    """SciPy makes no window of length 0; without a window Keras fills the empty kernel."""
    for window in ("hann", "none"):
        alpha = {"type": "STFT", "window": window}
        layers = [{"type": "PReLU", "alpha_initializer": alpha, "shared_axes": [2]}]
        assert unlike({"input": [0, 1, 4], "layers": layers}) == []


def test_a_reshape_with_one_unknown_size_equals_keras():
    """Inside a Pipeline TensorFlow refuses it at once if it cannot fit and the batch size is known."""
    for batch_size in (None, 1, 2):
        for shape in ([3, "?", 10], ["?", 4], ["?", "?", 4]):
            given = {"shape": shape, "batch_size": batch_size} if batch_size else {"shape": shape}
            for target in ([1], [24], [60], [-1, 4]):
                reshape = {"type": "Reshape", "target_shape": target}
                for layer in (reshape, {"type": "Pipeline", "layers": [reshape]}):
                    assert unlike({"input": given, "layers": [layer]}) == [], (given, layer)


@settings(max_examples=30)
@given(models(longest=3))
def test_stacks_in_mixed_precision_equal_keras(model):
    assert unlike(model, "mixed_float16") == []


def has_empty(verdict):
    return any(0 in shape for facts in verdict.layers for shape, _ in facts.outputs)


def with_sizes(model):
    """The model with the sizes that `run` gives to unknown ones."""
    given = model["input"]
    shape = given["shape"] if isinstance(given, dict) else given
    shape = [size if isinstance(size, int) else UNKNOWN for size in shape]
    return {**model, "input": {**given, "shape": shape} if isinstance(given, dict) else shape}


def run(model):
    """What a forward pass gives: the shapes and dtypes of the outputs, or that Keras fails."""
    given = model.inputs[0]
    shape = [
        2 if axis == 0 and size is None else UNKNOWN if size is None else size for axis, size in enumerate(given.shape)
    ]
    if given.dtype == "string":
        data = np.full(shape, "a b c")
    else:
        data = np.ones(shape, given.dtype if given.dtype != "bfloat16" else "float32")
    restart_drawing()
    try:
        found = model(data)
    except Exception:
        return "Keras fails"
    return [(tuple(y.shape), keras.backend.standardize_dtype(y.dtype)) for y in keras.tree.flatten(found)]


@settings(max_examples=40)
@given(models(longest=4, illegal=0.0))
def test_built_models_run_as_those_made_by_hand(model):
    verdict = judge(model, keep_model=True)
    if not verdict.accepts or has_empty(verdict) or has_empty(judge(with_sizes(model))):
        # TensorFlow ends the whole process on some tensors without elements.
        return
    document = {"seqspec": 1, "keras": "=={}.{}.*".format(*KERAS), "model": model}
    result = Check.of(document)
    built = build_analyzed(result)
    assert [layer.name for layer in built.layers] == [report.name for report in result.layers]
    for layer, report in zip(built.layers, result.layers):
        ours = [(weight.name, weight.shape) for weight in report.weights]
        assert [(weight.name, tuple(weight.shape)) for weight in layer.weights] == ours
    for variable, by_hand in zip(built.variables, verdict.model.variables):
        # The states of the seed generators too, so that both draw the same.
        variable.assign(by_hand)
    assert run(built) == run(verdict.model)


def test_runs_of_a_layer_that_draws_its_operations_are_equal():
    """AugMix fails on some inputs with some of the operations that it draws, so two runs must draw the same ones."""
    model = {"input": [2, 1], "layers": [{"type": "AugMix", "chain_depth": 1, "dtype": "mixed_bfloat16"}]}
    runs = [run(judge(model, keep_model=True).model) for _ in range(12)]
    assert runs == runs[:1] * 12
