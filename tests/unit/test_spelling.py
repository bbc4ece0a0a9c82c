"""What a message says to write, in the spelling of a JSON document."""

import pytest

from seqspec.syntax.spelling import in_json


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('put { type = "Rescaling", scale = 1.0 } before', 'put { "type": "Rescaling", "scale": 1.0 } before'),
        ("write class_weight = { 0 = 1.0 } in [fit]", 'write "class_weight": { "0": 1.0 } in "fit"'),
        ("write layers = [{ ... }], or [[model.layers]] as a header of each", 'write "layers": [{ ... }]'),
        ("or [data.validation] where there is one", 'or "validation" in "data" where there is one'),
        ("write [10], or [ ... ] around it", "write [10], or [ ... ] around it"),
        ('remove it, or keep it as "x-note": "..."', 'remove it, or keep it as "x-note": "..."'),
    ],
)
def test_keys_and_tables(words, expected):
    assert in_json(words) == expected
