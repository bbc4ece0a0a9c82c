"""Rules on random specs: no exceptions, valid locations, fixes that can be applied."""

from random import Random

import pytest

import seqspec
from tests.strategies.stacks import random_model

LOSSES = ["mse", "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "poisson"]
TARGETS = [
    {"kind": "reconstruction"},
    {"kind": "regression"},
    {"kind": "binary"},
    {"kind": "multiclass", "classes": 5},
    {"kind": "multilabel", "classes": 3},
]
OPTIMIZERS = ["sgd", "adam", {"type": "SGD", "learning_rate": 0.3}, {"type": "Adam", "clipnorm": 1.0}]
RANGES = [[0, 1], [0, 255], [-1, 1], [0.0, 9.5]]


def random_document(rng):
    document = {"seqspec": 1, "model": random_model(rng)}
    if rng.random() < 0.7:
        document["compile"] = {"loss": rng.choice(LOSSES), "optimizer": rng.choice(OPTIMIZERS), "metrics": ["accuracy"]}
        if rng.random() < 0.5:
            document["fit"] = {"batch_size": rng.choice([1, 4, 32]), "epochs": rng.choice([1, 20])}
    if rng.random() < 0.5:
        document["target"] = rng.choice(TARGETS)
    if rng.random() < 0.5:
        document["data"] = {"train": {"range": rng.choice(RANGES), "samples": rng.choice([10, 5000])}}
    return document


@pytest.mark.parametrize("part", range(4))
def test_rules_report_valid_locations_in_random_specs(part):
    told = set()
    for seed in range(part * 250, part * 250 + 250):
        document = random_document(Random(seed))
        for found in seqspec.check(document).diagnostics:
            told.add(found.name)
            at = document
            for key in filter(None, found.pointer.split("/")):
                at = at[int(key)] if isinstance(at, list) else at[key]
            assert found.message and "None" not in found.message, (seed, found)
    assert len(told) > 40
