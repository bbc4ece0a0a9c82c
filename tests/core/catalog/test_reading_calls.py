"""Layers written as calls, which specs do not have: the table to write instead, and the check goes on with it."""

import pytest

import seqspec


@pytest.mark.parametrize(
    ("call", "table"),
    [
        ("Dense(4)", '{ type = "Dense", units = 4 }'),
        ("Dense(4, activation='relu')", '{ type = "Dense", units = 4, activation = "relu" }'),
        ("Conv1D(8, kernel_size=3)", '{ type = "Conv1D", filters = 8, kernel_size = 3 }'),
        ({"type": "Dense(4)"}, '{ type = "Dense", units = 4 }'),
        ({"type": "Dense(4)", "activation": "relu"}, '{ type = "Dense", units = 4, ... }'),
        ("Dense(4", '{ type = "Dense", argument = ... }'),
        ({"type": "Dense(4", "name": "a"}, '{ type = "Dense", argument = ... }'),
    ],
)
def test_a_call_is_answered_with_its_table(call, table):
    document = {"seqspec": 1, "model": {"input": [9, 2], "layers": [call]}}
    (found,) = seqspec.check(document).diagnostics
    assert found.name == "unknown-layer" and str(found.help).endswith(table)
