"""The declared datasets, and how many samples each stage of `[fit]` is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import NamedTuple

from seqspec.catalog.keras_object import given_arguments
from seqspec.document.data import Data, Dataset
from seqspec.document.training import Fit

SETS = ("train", "validation", "test")
BATCH_SIZE = 32
"""The default batch size of Keras."""


class Split(NamedTuple):
    """The samples of a training stage and its validation; unknown numbers are None.

    `number` is the index of the stage. `whole` is the number of samples before `validation_split` is applied, `train`
    and `validation` those after it; `validation` is 0 for a stage without validation. `steps` and `validation_steps`
    are numbers of batches.
    """

    number: int
    stage: Fit
    splits: bool
    whole: int | None
    train: int | None
    validation: int | None
    steps: int | None
    validation_steps: int | None


def find_datasets(data: Data | None) -> list[tuple[str, Dataset]]:
    """The declared datasets, in their usual order."""
    given = given_arguments(data) if data is not None else {}
    return [(name, given[name]) for name in SETS if given.get(name) is not None]


def find_splits(data: Data | None, fit: Sequence[Fit]) -> Sequence[Split]:
    """The samples of each stage."""
    train = data.train if data is not None else None
    apart: Dataset | None = data.validation if data is not None else None
    if data is not None and apart is None and data.has_validation:
        apart = Dataset.read({}, [])
    return [_split(number, stage, train, apart) for number, stage in enumerate(fit)]


def _split(number: int, stage: Fit, train: Dataset | None, apart: Dataset | None) -> Split:
    whole = kept = _countable(train.samples if train is not None else None)
    validation: int | None
    # Keras only splits the training data if there is no validation data.
    splits = apart is None and stage.validation_split > 0
    if apart is not None:
        validation = _countable(apart.samples)
    elif not splits:
        validation = 0
    elif whole is None:
        validation = None
    else:
        kept = floor(whole * (1.0 - stage.validation_split))
        validation = whole - kept
    batch = stage.batch_size or BATCH_SIZE
    return Split(
        number,
        stage,
        splits,
        whole,
        kept,
        validation,
        _countable(stage.steps_per_epoch) or _batches(kept, batch),
        _countable(stage.validation_steps) or _batches(validation, stage.validation_batch_size or batch),
    )


def _countable(number: int | None) -> int | None:
    """The number of samples or steps; None if it is not a valid size."""
    return number if number is not None and number < 2**63 else None


def _batches(samples: int | None, batch: int) -> int | None:
    return None if samples is None else ceil(samples / batch)
