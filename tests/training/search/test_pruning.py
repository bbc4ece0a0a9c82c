"""Which trials end early: by hand."""

import pytest

from seqspec.core.document.search import Pruner
from seqspec.training.search.pruning import TrialPruner


def pruner(is_max=True, **values):
    return TrialPruner(
        Pruner.model_validate({"type": "asha", "min_epochs": 2, "reduction_factor": 2, **values}), is_max
    )


def test_asha_compares_at_multiples_of_min_epochs():
    found = pruner(min_epochs=3, reduction_factor=3)
    assert [epoch for epoch in range(1, 30) if found.compares_at(epoch)] == [3, 9, 27]


@pytest.mark.parametrize("is_max", [True, False])
def test_asha_lets_one_of_two_go_on(is_max):
    found, ended = pruner(is_max), []
    for number, best in enumerate([0.5, 0.4, 0.6, 0.45], 1):
        # The better value is that of the first epoch: the best so far counts.
        for epoch, value in enumerate([best, best - 0.1], 1):
            found.record(number, value if is_max else -value, epoch)
        ended.append(found.ends(number, 2))
    # 1 of 1, then the best of 2, the best of 3, the 2 best of 4: 0.6 and 0.5.
    assert ended == [False, True, False, True]


def test_an_epoch_that_is_trained_again_replaces_the_later_ones():
    found = pruner()
    for epoch, value in enumerate([0.1, 0.9, 0.9], 1):
        found.record(1, value, epoch)
    found.record(1, 0.2, 2)
    for epoch, value in enumerate([0.3, 0.3], 1):
        found.record(2, value, epoch)
    assert not found.ends(2, 2)


@pytest.mark.parametrize("kind", ["asha", "median"])
def test_a_trial_is_not_ended_after_its_last_epoch(kind):
    found = pruner(type=kind)
    found.begin(2, 0, 2)
    for number, value in ((1, 0.9), (2, 0.1), (3, 0.1)):
        for epoch in (1, 2):
            found.record(number, value, epoch)
    assert [found.ends(number, 2) for number in (2, 3)] == [False, True]


def test_a_trial_below_the_median_ends():
    found = pruner(type="median")
    for number, value in enumerate([0.1, 0.5, 0.9], 1):
        for epoch in (1, 2, 3):
            found.record(number, value, epoch)
    # The medians of the others are 0.7, 0.5 and 0.3.
    assert [found.ends(number, 3) for number in (1, 2, 3)] == [True, False, False]
    assert not found.ends(1, 1)
