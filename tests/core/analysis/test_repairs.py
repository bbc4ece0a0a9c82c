"""Models with invalid layers are repaired without an internal error, whatever the invalid value is."""

import pytest

import seqspec


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "Dense", "unit": "Dense", "units": 10},
        {"type": "Conv1D", "cells": {"type": "Dense"}},
        {"type": "Bidirectional", "layer": {"type": "LSTM", "unit": "GRU"}},
    ],
)
def test_the_value_of_an_unknown_argument_may_be_the_name_of_a_layer(layer):
    report = seqspec.check({"seqspec": 1, "model": {"input": [4, 3], "layers": [layer]}})
    names = {finding.name for finding in report.diagnostics}
    assert "unknown-argument" in names and "internal-error" not in names
