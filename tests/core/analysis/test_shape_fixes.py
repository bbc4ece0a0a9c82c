"""Fixes of layers that do not accept the shape of their input, each built by Keras in the slow tests."""

import json

import pytest

import seqspec

DENSE = {"type": "Dense", "units": 10, "activation": "softmax"}
LSTM = {"type": "LSTM", "units": 4}


def conv(**arguments):
    return {"type": "Conv2D", "filters": 8, "kernel_size": 3, **arguments}


CASES = [
    ([28, 28], [conv(), "Flatten", DENSE], 'add { "type": "Reshape", "target_shape": [28, 28, 1] } before it'),
    ([784], [conv(), "Flatten", DENSE], 'add { "type": "Reshape", "target_shape": [28, 28, 1] } before it'),
    ([3072], [conv(), "Flatten", DENSE], 'add { "type": "Reshape", "target_shape": [32, 32, 3] } before it'),
    ([13], [LSTM, DENSE], 'add { "type": "Reshape", "target_shape": [13, 1] } before it'),
    ([13], [conv(), "Flatten", DENSE], "remove Conv2D"),
    ([28, 28, 1], ["Flatten", conv(), DENSE], "move Flatten after the layers that need its axes"),
    ([28, 28, 1], [conv(), {"type": "MaxPooling1D", "pool_size": [2]}, "Flatten", DENSE], "use MaxPooling2D"),
    ([28, 28, 3], [{"type": "Conv1D", "filters": 3, "kernel_size": [3]}, "Flatten", DENSE], "use Conv2D"),
    ([32, 28, 28, 1], [conv(), "Flatten", DENSE], 'set "input": [28, 28, 1]'),
    ([28, 28, 3], [LSTM, DENSE], 'add { "type": "Reshape", "target_shape": [28, 84] } before it'),
    (["T", 16], [LSTM, LSTM, DENSE], 'set "return_sequences": true in lstm'),
    (
        ["T", 16],
        [{"type": "Bidirectional", "layer": LSTM}, LSTM, DENSE],
        'set "return_sequences": true in bidirectional',
    ),
    ([5, 5, 3], [conv(), conv(), conv(), "Flatten", DENSE], 'set "padding": "same"'),
    ([8, 8, 3], [{"type": "MaxPooling2D", "pool_size": 9}, "Flatten", DENSE], 'set "padding": "same"'),
    ([28, 28, 1], [{"type": "Reshape", "target_shape": [28, 29]}, "Flatten", DENSE], 'set "target_shape": [28, 28]'),
    ([None, None, 3], [conv(), "Flatten", DENSE], "use GlobalAveragePooling2D in place of Flatten"),
]
"""The input, the layers, and the title of the fix of their first error."""


def fixed(tmp_path, shape, layers):
    path = tmp_path / "model.seqspec.json"
    path.write_text(json.dumps({"seqspec": 1, "model": {"input": shape, "layers": layers}}))
    errors = [finding for finding in seqspec.check(path).diagnostics if finding.severity == "error"]
    return errors[0], seqspec.fix(path, unsafe=True)


@pytest.mark.parametrize(("shape", "layers", "title"), CASES, ids=[title for *_, title in CASES])
def test_the_model_is_valid_after_the_fix(shape, layers, title, tmp_path):
    finding, result = fixed(tmp_path, shape, layers)
    assert finding.fix is not None and not finding.fix.safe
    assert finding.fix.message == title
    assert [each.name for each in result.report.diagnostics if each.severity == "error"] == []
    assert result.report.layers[-1].type == "Dense"


@pytest.mark.slow
@pytest.mark.needs("keras")
@pytest.mark.parametrize(("shape", "layers", "title"), CASES, ids=[title for *_, title in CASES])
def test_keras_builds_what_was_fixed_and_refuses_it_before(shape, layers, title, tmp_path):
    import keras

    from tests.keras_oracle import judge

    _, result = fixed(tmp_path, shape, layers)
    document = json.loads(result.text)
    model = seqspec.build(document)
    sizes = [size if isinstance(size, int) else 20 for size in document["model"]["input"]]
    assert model(keras.ops.zeros((2, *sizes))).shape[-1] == 10
    expanded = [layer if isinstance(layer, dict) else {"type": layer} for layer in layers]
    assert not judge({"input": {"shape": shape}, "layers": expanded}).accepts


def test_the_fix_that_reaches_furthest_is_chosen(tmp_path):
    # The pooling would accept its input with padding, and leave the convolution after it nothing to slide over.
    pooling = {"type": "MaxPooling2D", "pool_size": 9}
    finding, _ = fixed(tmp_path, [8, 8, 3], [pooling, conv(activation="relu"), "Flatten", DENSE])
    assert finding.fix.message == "remove MaxPooling2D"


def test_layers_of_a_block_that_is_used_elsewhere_are_not_changed(tmp_path):
    path = tmp_path / "model.seqspec.json"
    block = {"cells": {"layers": [LSTM]}}
    layers = [{"use": "cells"}, {"use": "cells"}, DENSE]
    path.write_text(json.dumps({"seqspec": 1, "blocks": block, "model": {"input": ["T", 16], "layers": layers}}))
    finding = seqspec.check(path).diagnostics[0]
    # return_sequences = true in both would be another error.
    assert finding.name == "wrong-rank" and (finding.fix is None or "return_sequences" not in finding.fix.message)


def test_a_layer_inside_another_one_has_no_fix_of_its_own(tmp_path):
    pipeline = {"type": "Pipeline", "layers": [{"type": "Reshape", "target_shape": [1]}]}
    shape = {"shape": [3, "?", 10], "batch_size": 1}
    [finding, *_] = seqspec.check({"seqspec": 1, "model": {"input": shape, "layers": [pipeline]}}).diagnostics
    assert finding.name == "bad-reshape" and finding.fix is None
