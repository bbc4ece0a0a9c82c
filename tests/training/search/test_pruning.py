"""Which trials end early, and which candidates are tried first: by hand."""

import pytest

from seqspec.core.document.search import Pruner
from seqspec.core.linter.check import analyze
from seqspec.training.errors import RunError
from seqspec.training.search.pruning import TrialPruner
from seqspec.training.search.start import first_candidates

DOCUMENT = {
    "seqspec": 1,
    "vars": {"units": 8, "widths": [4, 6]},
    "model": {
        "input": [4],
        "layers": [
            {"type": "Dense", "units": "$units", "name": "hidden"},
            {"type": "Dense", "units": 3, "activation": "softmax"},
        ],
    },
    "compile": {"optimizer": "adam(1e-3)", "loss": "sparse_categorical_crossentropy"},
}


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


def test_a_trial_below_the_median_ends():
    found = pruner(type="median")
    for number, value in enumerate([0.1, 0.5, 0.9], 1):
        for epoch in (1, 2, 3):
            found.record(number, value, epoch)
    # The medians of the others are 0.7, 0.5 and 0.3.
    assert [found.ends(number, 3) for number in (1, 2, 3)] == [True, False, False]
    assert not found.ends(1, 1)


def first(space, **search):
    return first_candidates(analyze({**DOCUMENT, "search": {"objective": "loss", "space": space, **search}}))


SPACE = {
    "vars": {"units": {"min": 4, "max": 16}, "widths": {"each": [4, 6, 8], "length": {"min": 1, "max": 3}}},
    "compile": {"optimizer": [{"type": "SGD"}, {"type": "Adam", "learning_rate": {"min": 1e-4, "max": 1e-2}}]},
}


def test_the_document_is_the_first_candidate():
    assert first(SPACE) == [{
        "vars.units": 8, "vars.widths.length": 2, "vars.widths[0]": 4, "vars.widths[1]": 6,
        "compile.optimizer": "Adam", "compile.optimizer[Adam].learning_rate": 1e-3,
    }]  # fmt: skip


def test_layers_are_found_by_name():
    assert first({"layers": {"hidden": {"activation": ["relu", "linear"]}}}) == []
    assert first({"layers": {"hidden": {"units": [4, 8]}}}) == [{"layers.hidden.units": 8}]


def test_a_document_outside_of_its_space_is_not_tried():
    assert first({"vars": {"units": [16, 32]}}) == []


def test_start_names_the_first_candidates():
    start = [{"vars": {"units": 4}}, {"vars": {"units": 16}}]
    assert first({"vars": {"units": {"min": 4, "max": 16}}}, start=start) == [{"vars.units": 4}, {"vars.units": 16}]
    assert first({"vars": {"units": {"min": 4, "max": 16}}}, start=[]) == []
    with pytest.raises(RunError, match="candidate 2 is not in"):
        first({"vars": {"units": [4, 16]}}, start=[{"vars": {"units": 4}}, {"vars": {"units": 5}}])
