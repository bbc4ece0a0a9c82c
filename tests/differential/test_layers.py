"""Every descriptor against Keras: verdict, blamed layer, shapes, dtypes, weights, counts."""

import pytest

from tests.descriptors import DESCRIPTORS
from tests.parity import differences


@pytest.mark.parametrize("policy", [None, "mixed_float16"])
@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda d: d.type)
def test_equals_keras(descriptor, policy):
    found = [(model, line) for model in descriptor.models() for line in differences(model, policy)]
    assert not found, "\n".join(f"{model}\n    {line}" for model, line in found)
