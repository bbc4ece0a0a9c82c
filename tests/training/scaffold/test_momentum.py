"""The momentum of BatchNormalization that a first spec has, by the number of steps of an epoch."""

import pytest

from seqspec.training.scaffold.media import batch_normalization


@pytest.mark.parametrize(
    ("count", "momentum"), [(100, "0.8"), (180, "0.8"), (1_797, "0.8"), (1_900, "0.9"), (4_900, "0.95"), (50_000, None)]
)
def test_moving_statistics_follow_within_a_quarter_of_an_epoch(count, momentum):
    written = batch_normalization(count)
    assert written == (
        '"BatchNormalization",' if momentum is None else f'{{ type = "BatchNormalization", momentum = {momentum} }},'
    )
