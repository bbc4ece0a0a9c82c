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


SERIES = {"type": "series", "path": "load.csv", "target": "load", "features": ["load"], "window": 24, "horizon": 6}


@pytest.mark.parametrize(
    "tree",
    [
        # One repair replaces the list in which the other one repairs a size.
        {
            "model": {
                "input": [6],
                "layers": [{"type": "EinsumDense", "equation": "ab,bc->ac", "output_shape": [-1, 1e308]}],
            }
        },
        {"model": {"input": [4], "layers": ["Flatten"]}, "report": {"threshold": 10**400}},
        # One repair renames the table in which the other one repairs an argument.
        {
            "model": {
                "input": [4],
                "layers": [{"type": "Dense", "units": 3, "kernel_initializers": {"type": "HeNormal", "sed": 1}}],
            }
        },
        {"model": {"input": [60], "layer": [{"type": "Dense", "units": 6}]}, "data": {"source": SERIES}},
        {"model": {"INPUT": [60], "layers": [{"type": "Dense", "units": 6}]}, "data": {"source": SERIES}},
    ],
)
def test_mistakes_beside_each_other_are_no_internal_error(tree):
    names = {found.name for found in seqspec.check({"seqspec": 1, **tree}).diagnostics}
    assert names and "internal-error" not in names
