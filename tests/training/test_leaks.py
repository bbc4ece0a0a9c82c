"""Leaks inserted into 20 data sets are all found, and no others are reported."""

import numpy as np
import pytest

from seqspec.analysis.analyze import analyze
from seqspec.training.data.prepare import prepare
from seqspec.training.data.split import SETS
from seqspec.training.errors import DataError
from tests.training.specs import spec

CLASSIFIER = [{"type": "Dense", "units": 3, "activation": "softmax"}]
FLAT = ["Flatten", *CLASSIFIER]
TEXTS = [{"type": "TextVectorization", "max_tokens": 99, "output_mode": "multi_hot", "pad_to_max_tokens": True},
         *CLASSIFIER]  # fmt: skip


def made(kind, count, generator):
    """Samples of a kind, all of them different."""
    number = np.arange(count)
    match kind:
        case "floats":
            return generator.normal(size=(count, 4)).astype("float32")
        case "one-hot":
            # Differ in one place only, as rows of indicators do.
            return np.eye(count, dtype="float32")
        case "integers":
            return np.stack([number, number % 7, number % 3, -number], axis=1).astype("int32")
        case "near":
            # The closest numbers there are.
            base = np.ones((count, 4), np.float32)
            base[:, 2] = np.float32(1).view(np.int32) + number
            base[:, 2] = (np.float32(1).view(np.int32) + number).astype(np.int32).view(np.float32)
            return base
        case "gaps":
            x = generator.normal(size=(count, 4)).astype("float32")
            x[::3, 1] = np.nan
            return x
        case "images":
            x = np.zeros((count, 6, 6, 1), np.uint8)
            x[number, number % 6, (number // 6) % 6, 0] = 1 + number % 200
            x[:, 0, 0, 0] = number
            return x
        case "texts":
            return np.array([f"word{each} and {each * 3}" for each in number], dtype=object)
    raise ValueError(kind)


def planted(kind, seed):
    """Three sets, and how many samples of each later one are also in one before it: by the pair of sets."""
    generator = np.random.default_rng(seed)
    whole = made(kind, 120, generator)
    order = generator.permutation(120)
    sets = {"train": order[:70], "validation": order[70:95], "test": order[95:]}
    counts = {}
    if seed % 2:
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            count = int(generator.integers(1, 6))
            chosen = np.setdiff1d(sets[first], np.concatenate([sets[each] for each in sets if each != first]))[:count]
            sets[second] = np.concatenate([sets[second], chosen])
            counts[first, second] = count
    return {name: whole[rows] for name, rows in sets.items()}, counts


def reported(warnings):
    """(first set, second set) → number, from the data of the messages."""
    found = {}
    for warning in warnings:
        assert warning.rule == "sample-leakage"
        count, *parts = warning.message.parts
        second, first = (part for part in parts if part in SETS)
        found[first, second] = count.value
    return found


KINDS = ["floats", "one-hot", "integers", "near", "gaps", "images", "texts"]
DUPLICATES = [(kind, seed) for seed, kind in enumerate([*KINDS, *KINDS])]


@pytest.mark.parametrize(("kind", "seed"), DUPLICATES)
def test_equal_samples(kind, seed):
    sets, counts = planted(kind, seed)
    shape, layers = list(sets["train"].shape[1:]), FLAT if kind == "images" else CLASSIFIER
    if kind == "texts":
        shape, layers = {"shape": [], "dtype": "string"}, TEXTS
    data = {name: (x, np.arange(len(x)) % 3) for name, x in sets.items()}
    tree = spec(layers, shape, data={"missing": {"fill": 0.0}} if kind == "gaps" else None)
    assert reported(prepare(analyze(tree).spec, data=data).warnings) == counts


def write_table(path, columns):
    rows = zip(*columns.values())
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]))


@pytest.mark.parametrize("seed", range(6))
def test_groups_and_times(tmp_path, seed):
    generator = np.random.default_rng(seed)
    sets = np.repeat(["train", "validation", "test"], [60, 20, 20])
    groups = np.concatenate([generator.integers(0, 30, 60), generator.integers(30, 40, 20), np.repeat([40, 41], 10)])
    days = np.arange(100)
    expected = {}
    if seed in (1, 3, 5):
        groups[60:62] = groups[:2]
        expected["validation", "group"] = len(set(groups[60:62]))
    if seed in (2, 3):
        days[85:88] = 10
        expected["test", "time"] = 3
    shuffled = generator.permutation(100)
    x = generator.normal(size=(100, 2))
    columns = {
        "a": x[:, 0], "b": x[:, 1], "patient": [f"p{each}" for each in groups],
        "day": [str(np.datetime64("2025-01-01") + int(each)) for each in days], "set": sets,
        "label": np.arange(100) % 3,
    }  # fmt: skip
    write_table(tmp_path / "data.csv", {name: np.asarray(values)[shuffled] for name, values in columns.items()})
    source = {"type": "table", "path": "data.csv", "features": ["a", "b"], "label": "label"}
    split = {"by": "column", "column": "set", "group": "patient", "time": "day"}
    tree = spec(CLASSIFIER, [2], data={"source": source, "split": split})
    found = {}
    for warning in prepare(analyze(tree).spec, str(tmp_path)).warnings:
        count, *parts = warning.message.parts
        (name,) = (part for part in parts if part in SETS)
        found[name, warning.path[-1]] = count.value
    assert found == expected


def test_a_series_is_not_split_at_random(tmp_path):
    write_table(tmp_path / "s.csv", {"value": np.arange(60.0)})
    source = {"type": "series", "path": "s.csv", "window": 4}
    tree = spec([{"type": "Dense", "units": 1}], [4], data={"source": source, "split": {"by": "random", "test": 0.2}},
                target={"kind": "regression"}, compile={"optimizer": "adam(0.01)", "loss": "mse"})  # fmt: skip
    with pytest.raises(DataError) as error:
        prepare(analyze(tree).spec, str(tmp_path))
    [violation] = error.value.violations
    assert (violation.rule, violation.path) == ("data-split", ("data", "split", "by"))
