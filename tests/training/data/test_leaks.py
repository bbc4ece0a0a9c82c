"""Leaks inserted into data sets of all kinds are all found, and no others are reported."""

import wave
from warnings import catch_warnings, simplefilter

import numpy as np
import pytest

from seqspec.core.check.check import Check
from seqspec.core.diagnostics.message import Setting
from seqspec.core.document.table_formats import TABLE_FORMATS
from seqspec.training.data.prepare import prepare
from seqspec.training.data.split import SETS
from seqspec.training.errors import DataError
from tests.training.data.table_samples import write_sample
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


def divided(whole, generator, leaking):
    """Three sets, and how many samples of each later one are also in one before it: by the pair of sets."""
    order = generator.permutation(120)
    sets = {"train": order[:70], "validation": order[70:95], "test": order[95:]}
    counts = {}
    if leaking:
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            count = int(generator.integers(1, 6))
            chosen = np.setdiff1d(sets[first], np.concatenate([sets[each] for each in sets if each != first]))[:count]
            sets[second] = np.concatenate([sets[second], chosen])
            counts[first, second] = count
    return {name: whole[rows] for name, rows in sets.items()}, counts


def planted(kind, seed):
    generator = np.random.default_rng(seed)
    return divided(made(kind, 120, generator), generator, seed % 2)


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
    assert reported(prepare(Check.of(tree).spec, data=data).warnings) == counts


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        # The model sees single precision.
        (np.float64, np.float32, 3), (np.float32, np.float64, 3), (np.int32, np.float32, 0), (np.uint8, np.int64, 0),
    ],
)  # fmt: skip
def test_sets_of_two_dtypes(train, test, expected):
    """Three samples are equal, but for digits that are lost where the other set has fewer of them."""
    x = np.random.default_rng(0).uniform(0.1, 0.9, (20, 4)) + (np.arange(20)[:, None] if expected else 0)
    sets = x.astype(train), (x[:3] if test != np.int64 else x[:3].astype("int64") + 256).astype(test)
    data = {name: (x, np.arange(len(x)) % 3) for name, x in zip(("train", "test"), sets)}
    found = reported(prepare(Check.of(spec(CLASSIFIER)).spec, data=data).warnings)
    assert found == ({("train", "test"): expected} if expected else {})


def write_sets(folder, kind, sets):
    """Writes samples of numbers or texts by the name of their set; returns the source of each set."""
    sources = {}
    for name, x in sets.items():
        place = folder / name
        place.mkdir()
        labels = np.arange(len(x)) % 3
        columns = {f"f{number}": values for number, values in enumerate(x.T)} | {"label": labels}
        match kind:
            case _ if kind in TABLE_FORMATS:
                write_sample(place / f"d.{kind}", columns, kind)
                sources[name] = {"type": "table", "path": f"{name}/d.{kind}", "label": "label"}
            case "npy":
                np.save(place / "x.npy", x)
                np.save(place / "y.npy", labels)
                sources[name] = {"type": "arrays", "path": name}
            case "npz":
                np.savez(place / "d.npz", x=x, y=labels)
                sources[name] = {"type": "arrays", "path": f"{name}/d.npz"}
            case "text":
                write_sample(place / "d.csv", {"f0": x, "label": labels})
                sources[name] = {"type": "text", "path": f"{name}/d.csv", "column": "f0", "label": "label"}
            case "images" | "audio" | "files":
                for number, each in enumerate(x):
                    (place / "xyz"[number % 3]).mkdir(exist_ok=True)
                    write_file(place / "xyz"[number % 3] / str(number), kind, each)
                more = {"samples": 64} if kind == "audio" else {}
                sources[name] = {"type": "text" if kind == "files" else kind, "path": name, **more}
    return sources


def write_file(path, kind, content):
    match kind:
        case "files":
            path.with_suffix(".txt").write_text(content, encoding="utf-8")
        case "images":
            from PIL import Image

            # Lossless formats only, so that equal pixels are equal samples whatever the file.
            Image.fromarray(content).save(path.with_suffix(".bmp" if int(path.name) % 2 else ".png"))
        case "audio":
            with wave.open(str(path.with_suffix(".wav")), "wb") as clip:
                clip.setparams((1, 2, 8000, 0, "NONE", ""))
                clip.writeframes(content.tobytes())


def in_files(kind, generator):
    """120 samples of the kind of a file, and the input and the layers that they need."""
    match kind:
        case "text" | "files":
            texts = [f'wört {each}, "quoted"' for each in generator.permutation(10**6)[:120]]
            return np.array(texts, object), {"shape": [], "dtype": "string"}, TEXTS
        case "images":
            return generator.integers(0, 256, (120, 6, 6, 3), dtype=np.uint8), [6, 6, 3], FLAT
        case "audio":
            return generator.integers(-30_000, 30_000, (120, 64)).astype("<i2"), [64, 1], FLAT
    return generator.normal(size=(120, 4)), [4], CLASSIFIER


FILES = [*TABLE_FORMATS, "npy", "npz", "text", "files", "images", "audio"]


@pytest.mark.parametrize("leaking", [True, False])
@pytest.mark.parametrize("kind", FILES)
def test_equal_samples_in_files(tmp_path, kind, leaking):
    """Each set has a source of its own; every other kind is streamed."""
    generator = np.random.default_rng(FILES.index(kind))
    whole, shape, layers = in_files(kind, generator)
    sets, counts = divided(whole, generator, leaking)
    sources = write_sets(tmp_path, kind, sets)
    memory = ("load", "stream")[(FILES.index(kind) + leaking) % 2]
    data = {**{name: {"source": source} for name, source in sources.items()}, "memory": memory}
    prepared = prepare(Check.of(spec(layers, shape, data=data)).spec, str(tmp_path))
    assert reported(prepared.warnings) == counts
    assert prepared.train.streams == (memory == "stream")


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
        "day": [str(np.datetime64("2025-01-01") + np.timedelta64(int(each), "D")) for each in days], "set": sets,
        "label": np.arange(100) % 3,
    }  # fmt: skip
    write_table(tmp_path / "data.csv", {name: np.asarray(values)[shuffled] for name, values in columns.items()})
    source = {"type": "table", "path": "data.csv", "features": ["a", "b"], "label": "label"}
    split = {"by": "column", "column": "set", "group": "patient", "time": "day"}
    tree = spec(CLASSIFIER, [2], data={"source": source, "split": split})
    found = {}
    for warning in prepare(Check.of(tree).spec, str(tmp_path)).warnings:
        count, *parts = warning.message.parts
        (name,) = (part for part in parts if part in SETS)
        found[name, warning.path[-1]] = count.value
    assert found == expected


def warnings_of(folder, **columns):
    """What is reported of a table whose column `set` divides it; `columns` are those of a group and a time."""
    import pyarrow
    import pyarrow.parquet

    content = {"a": [float(row) for row in range(8)], "label": [0, 1, 2, 0, 1, 2, 0, 1],
               "set": ["train"] * 4 + ["val"] * 2 + ["test"] * 2, **columns}  # fmt: skip
    pyarrow.parquet.write_table(pyarrow.table(content), folder / "d.parquet")
    source = {"type": "table", "path": "d.parquet", "features": ["a"], "label": "label"}
    split = {"by": "column", "column": "set", **{name: name for name in columns}}
    found = prepare(Check.of(spec(CLASSIFIER, [1], data={"source": source, "split": split})).spec, str(folder)).warnings
    return [str(warning.message) for warning in found]


def test_samples_without_a_group_have_none_in_common(tmp_path):
    nan = float("nan")
    assert warnings_of(tmp_path, group=["p", None, "q", None, "r", None, "s", None]) == []
    assert warnings_of(tmp_path, group=[1.0, nan, 2.0, nan, 3.0, nan, 4.0, nan]) == []


def test_groups_of_the_validation_and_the_test_set(tmp_path):
    [found] = warnings_of(tmp_path, group=["a", "b", "c", "d", "e", "f", "f", "e"])
    assert found == "2 groups are in both the validation and the test set: e, f"


def test_times_are_compared_exactly(tmp_path):
    """Nanoseconds that are equal as floats; the same hours in two time zones, of which NumPy would warn."""
    first = 1_735_689_600_000_000_000
    assert warnings_of(tmp_path, time=[first + row for row in range(8)]) == []
    [found] = warnings_of(tmp_path, time=[first + row for row in (0, 1, 2, 6, 7, 8, 5, 9)])
    assert found.startswith("1 sample of the test set")
    with catch_warnings():
        simplefilter("error")
        assert warnings_of(tmp_path, time=[f"2025-01-01T0{row}:00Z" for row in range(8)]) == []
        assert (
            warnings_of(tmp_path, time=[f"2025-01-01T0{row % 4 + 4}:00+0{4 - row // 4 * 4}:00" for row in range(8)])
            == []
        )
    with pytest.raises(DataError, match="missing"):
        warnings_of(tmp_path, time=[1.0, float("nan"), 3, 4, 5, 6, 7, 8])


def test_samples_of_one_time_on_both_sides_of_a_cut(tmp_path):
    """As of several shops on each day; the gap of the help removes them."""
    days = np.repeat(np.arange(25), 4)
    write_table(tmp_path / "d.csv", {"a": np.arange(100.0) ** 0.5, "day": days, "label": np.arange(100) % 3})
    source = {"type": "table", "path": "d.csv", "features": ["a"], "label": "label"}

    def found(**more):
        split = {"by": "time", "column": "day", "validation": 0.25, "test": 0.25, **more}
        return prepare(
            Check.of(spec(CLASSIFIER, [1], data={"source": source, "split": split})).spec, str(tmp_path)
        ).warnings

    [warning] = found()
    assert (warning.rule, warning.path) == ("sample-leakage", ("data", "split", "column"))
    assert str(warning.message).startswith("2 samples of the validation set")
    [gap] = [part for part in warning.help.parts if isinstance(part, Setting)]
    assert gap == Setting("gap", 2)
    assert found(gap=2) == () and found(train=0.48) == ()


def test_a_series_is_not_split_at_random(tmp_path):
    write_table(tmp_path / "s.csv", {"value": np.arange(60.0)})
    source = {"type": "series", "path": "s.csv", "window": 4}
    tree = spec([{"type": "Dense", "units": 1}], [4], data={"source": source, "split": {"by": "random", "test": 0.2}},
                target={"kind": "regression"}, compile={"optimizer": "adam(0.01)", "loss": "mse"})  # fmt: skip
    with pytest.raises(DataError) as error:
        prepare(Check.of(tree).spec, str(tmp_path))
    [violation] = error.value.violations
    assert (violation.rule, violation.path) == ("data-split", ("data", "split", "by"))
