"""The static check of candidates against Keras: a small version of scripts/measurements/search-spaces."""

import pytest

from tests.nightly import rest_nightly
from tests.test_repository import script

pytestmark = [pytest.mark.slow, pytest.mark.needs("keras")]


@pytest.mark.parametrize("name", rest_nightly(("digits_cnn", "microcontroller", 1, 3), "digits_cnn", 1))
def test_keras_builds_what_is_accepted_and_refuses_what_is_rejected(name):
    spaces = script("measurements/search-spaces")
    source = str(spaces.SPACES / f"{name}.seqspec.toml") if isinstance(name, str) else spaces.random_space(name)
    _, wrong, built = spaces.measure(str(name), source, 100, 10, 1)
    assert not wrong
    assert built["valid"] and built["limit"] + built["invalid"]
