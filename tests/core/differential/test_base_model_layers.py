"""Base models with their arguments, images and refusals, compared with Keras as every layer is."""

import pytest

from seqspec.core.catalog.index import APPLICATIONS
from tests.core.differential.test_layers import OLDER, POLICIES, assert_equal, models_of_every_run
from tests.descriptors import DESCRIPTORS

EVERY_RUN = ("MobileNet", "MobileNetV3Small", "VGG16")
"""Those with most of the arguments, images and refusals."""


def is_nightly(descriptor, policy):
    """Three are compared in single precision with the newest Keras in every run; others and in other ways at night."""
    return policy is not None or OLDER or descriptor.type not in EVERY_RUN


@pytest.mark.parametrize(
    ("descriptor", "policy"),
    [
        pytest.param(
            descriptor,
            policy,
            id=f"{descriptor.type}-{policy}",
            marks=[pytest.mark.nightly] if is_nightly(descriptor, policy) else [],
        )
        for descriptor in DESCRIPTORS
        if descriptor.type in APPLICATIONS
        for policy in POLICIES
    ],
)
def test_equals_keras(descriptor, policy, exhaustive):
    assert_equal(descriptor.models() if exhaustive else models_of_every_run(descriptor, policy), policy)
