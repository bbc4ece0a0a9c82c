"""The leak scan finds planted leaks of each kind, is silent on clean tables, and its statistics are right."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.training.data.leaks import equal_samples as coincidence
from seqspec.training.data.leaks.column_checks import ColumnScan, check_columns
from seqspec.training.data.leaks.column_views import pure_rows
from seqspec.training.data.leaks.equal_samples import RowHashes, are_coincidences
from seqspec.training.data.leaks.scanned_columns import class_label, column_of_numbers, column_of_objects, number_label
from seqspec.training.data.leaks.similar_images import similar_images
from seqspec.training.data.leaks.statistics import autocorrelation, binned, column_score, group_score, rank_correlation
from seqspec.training.data.prepare import prepare
from seqspec.training.data.samples import Samples
from tests.training.specs import spec

SPLIT = {"by": "random", "validation": 0.15, "test": 0.15, "seed": 3}
ROWS = 800


def write(path, columns):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def tree(features, label="label", *, regression=False, split=SPLIT, **source):
    classes = {"target": {"kind": "regression"}, "compile": {"optimizer": "adam", "loss": "mse"}}
    units = 1 if regression else 10
    layers = [{"type": "Dense", "units": units, **({} if regression else {"activation": "softmax"})}]
    if not regression:
        classes = {"target": {"kind": "multiclass", "classes": units}}
    table = {"type": "table", "path": "t.csv", "features": list(features), "label": label, **source}
    data = {"source": table, **({"split": split} if split else {})}
    return spec(layers, (len(features),), data=data, **classes)


def findings(folder, columns, features, *, regression=False, split=SPLIT, **source):
    """The warnings of a table as (rule, severity, message)."""
    write(folder / "t.csv", columns)
    document = tree(features, regression=regression, split=split, **source)
    return [(each.rule, each.severity, str(each.message)) for each in prepare(Check.of(document).spec, folder).warnings]


def clean(regression, rows=ROWS):
    """Columns that predict the label together, none of them alone; and the label."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(rows, 3)).round(3)
    score = x.sum(axis=1) + generator.normal(0, 0.7, rows)
    label = np.exp(score / 2) * 1000 if regression else np.digitize(score, [-0.8, 0.8])
    return dict(zip("abc", x.T)), label.round(2) if regression else label


def planted(kind, label, generator):
    spread = label.std()
    noise = generator.normal(0, 0.01 * spread, len(label))
    match kind:
        case "copy":
            return label
        case "unit":
            return label * 2.2046
        case "log":
            return np.log(label)
        case "rounded":
            return np.round(label / (0.1 * spread))
        case "bins":
            return np.searchsorted(np.quantile(label, np.linspace(0, 1, 21)[1:-1]), label)
        case "noise":
            return label + noise
        case "codes":
            return np.array([7, 3, 5])[label]
        case "flipped":
            return np.where(generator.random(len(label)) < 0.01, 1, label)
    raise ValueError(kind)


@pytest.mark.parametrize("kind", ["copy", "unit", "log", "rounded", "bins", "noise", "codes", "flipped"])
def test_planted_predictors(tmp_path, kind):
    regression = kind not in ("codes", "flipped")
    columns, label = clean(regression)
    leak = planted(kind, label, np.random.default_rng(2))
    found = findings(tmp_path, {**columns, "leak": leak, "label": label}, "abc", regression=regression)
    # Not a feature: the columns of the model are clean.
    assert found == []
    columns = {**columns, "leak": leak, "label": label}
    [(rule, severity, message)] = findings(tmp_path, columns, [*"abc", "leak"], regression=regression)
    assert rule == ("column-use" if kind == "copy" else "single-predictor") and "leak" in message
    assert severity == (None if kind == "copy" else "warning")


def test_arrays_from_python_take_the_place_of_the_file(tmp_path):
    document = Check.of(tree("abc")).spec
    columns, label = clean(regression=False)
    x = np.stack(list(columns.values()), axis=1)
    rows = {"train": slice(0, 400), "validation": slice(400, ROWS)}
    for data in ((x, label), {name: (x[own], label[own]) for name, own in rows.items()}):
        assert prepare(document, tmp_path, data=data).warnings == ()
    x[:, 1] = label
    [found] = prepare(document, tmp_path, data=(x, label)).warnings
    assert "x[:, 1]" in str(found.message)


@pytest.mark.parametrize(("share", "expected"), [(0.95, "balanced accuracy 9"), (0.8, "80."), (0.6, "6"), (0.3, "")])
@pytest.mark.parametrize("kind", ["number", "text"])
def test_filled_for_one_class(tmp_path, share, expected, kind):
    """A date of the invoice, which only won offers have, and not all of them."""
    generator = np.random.default_rng(5)
    rows = 4000
    label = (generator.random(rows) < 0.12).astype(int)
    filled = (label == 1) & (generator.random(rows) < share)
    value = generator.integers(100, 999, rows) if kind == "number" else [f"t{each}" for each in range(rows)]
    leak = ["" if not known else each for known, each in zip(filled, value)]
    columns = {"a": generator.normal(size=rows), "leak": leak, "label": label}
    write(tmp_path / "t.csv", columns)
    document = tree([], split=SPLIT)
    source = document["data"]["source"]
    del source["features"]
    number = {"kind": "number", "missing": {"fill": 0.0}}
    category = {"kind": "category", "top": 5, "missing": "category"}
    document["data"]["columns"] = {"a": "number", "leak": number if kind == "number" else category}
    document["target"]["names"] = ["lost", "won", *map(str, range(8))]
    del document["model"]["input"]
    found = [each for each in prepare(Check.of(document).spec, tmp_path).warnings if each.rule == "single-predictor"]
    if not expected:
        assert found == []
        return
    [warning] = found
    assert warning.severity == "warning" and expected in str(warning.message)
    if share < 0.95:
        assert "where it is filled, the label is won in 100.0% of " in str(warning.message)


@pytest.mark.parametrize("share", [0.5, 0.97])
def test_missing_by_chance_reveals_nothing(tmp_path, share):
    """Of a class that most rows have, few filled rows have another one by chance."""
    generator = np.random.default_rng(6)
    label = (generator.random(ROWS) < 1 - share).astype(int)
    x = np.where(generator.random(ROWS) < 0.97, "", generator.integers(0, 9, ROWS).astype(str))
    values = [each or None for each in x]
    assert pure_rows(column_of_objects("x", values), class_label("y", label)) is None


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes", "digits"])
def test_clean_tables_are_silent(tmp_path, name):
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = [f"f{number}" for number in range(bunch.data.shape[1])]
    columns = dict(zip(names, bunch.data.T)) | {"label": bunch.target}
    found = findings(tmp_path, columns, names, regression=name == "diabetes")
    assert [each for each in found if each[1] != "info" and each[0] != "sample-leakage"] == []


def values_of_one_class(kind, of_class, generator):
    match kind:
        case "flag":
            return np.where(of_class & (generator.random(len(of_class)) < 0.95), "P", "N").tolist()
        case "0 unless":
            return np.where(of_class, generator.integers(1, 99, len(of_class)), 0)
        case "45 if not":
            return np.where(
                of_class | (generator.random(len(of_class)) < 0.001), generator.normal(30, 5, len(of_class)), 45
            )


@pytest.mark.parametrize(
    ("kind", "where"),
    [("flag", 'where it is "P"'), ("0 unless", "where it is not 0"), ("45 if not", "where it is not 45")],
)
@pytest.mark.parametrize("classes", [2, 4])
def test_a_value_that_reveals_one_class(kind, where, classes):
    """The balanced accuracy over all classes does not show that one of them is revealed."""
    generator = np.random.default_rng(8)
    codes = np.minimum(generator.geometric(0.4, 2000) - 1, classes - 1)
    label = class_label("result", np.array(["neg", "pos", "void", "lost"], object)[codes])
    values = values_of_one_class(kind, codes == 1, generator)
    leak = column_of_objects("leak", [str(value) for value in values])
    others = column_of_numbers("a", generator.normal(size=2000).round(1))
    found = list(check_columns(ColumnScan([others, leak], [label], {}, ("data", "source"), None)))
    assert [finding.severity for finding in found] == ["warning"]
    if classes > 2:
        assert f"column leak alone predicts result: {where}, the label is pos in " in str(found[0].message)


def test_values_of_clean_columns_reveal_no_class():
    """A rounded number of which one value is in one class, and a flag that 9 of 10 rows of a class have."""
    generator = np.random.default_rng(9)
    codes = generator.integers(0, 3, 600)
    label = class_label("y", codes)
    width = (generator.normal(size=600) * 0.1 + np.array([0.2, 1.3, 2.0])[codes]).round(1)
    flag = np.where((codes == 1) & (generator.random(600) < 0.85), 1, generator.random(600) < 0.03)
    columns = [column_of_numbers("width", width), column_of_numbers("flag", flag)]
    found = check_columns(ColumnScan(columns, [label], {}, ("data", "source"), None))
    assert [finding for finding in found if "where it is" in str(finding.message)] == []


@pytest.mark.parametrize(("right", "found"), [(0.98, 1), (0.9, 0)])
def test_a_category_of_many_and_rare_classes(right, found):
    generator = np.random.default_rng(10)
    codes = np.minimum(generator.geometric(0.35, 3000), 60) + (generator.random(3000) < 0.02) * generator.integers(
        60, 200, 3000
    )
    said = np.where(generator.random(3000) < right, codes, generator.permutation(codes))
    label = class_label("force", np.array([f"type {code}" for code in codes], object))
    leak = column_of_objects("action", [f"action {code % 170}" for code in said])
    warnings = list(check_columns(ColumnScan([leak], [label], {}, ("data", "source"), None)))
    assert len(warnings) == found
    if found:
        assert warnings[0].severity == "warning" and ": accuracy 97" in str(warnings[0].message)


@pytest.mark.parametrize("kind", ["sum", "difference", "product", "XOR", "sum of classes"])
def test_two_columns_from_which_the_label_is_computed(kind):
    """Also where another column has missing values in most rows."""
    generator = np.random.default_rng(11)
    a, b = generator.normal(size=(2, 900)).round(3)
    match kind:
        case "XOR":
            a, b = generator.integers(0, 2, (2, 900)).astype(float)
            label = class_label("y", np.logical_xor(a, b).astype(int))
        case "sum of classes":
            a, b = generator.integers(0, 4, (2, 900)).astype(float)
            label = class_label("y", a + b)
        case _:
            label = number_label("y", {"sum": a + b, "difference": a - b, "product": a * b}[kind])
    sparse = np.where(generator.random(900) < 0.97, np.nan, generator.normal(size=900))
    columns = {"c": generator.normal(size=900), "a": a, "sparse": sparse, "b": b}
    scanned = [column_of_numbers(name, values) for name, values in columns.items()]
    [found] = check_columns(ColumnScan(scanned, [label], {}, ("data", "source"), None))
    assert found.rule == "sum-of-columns" and "y is computed from a and b: R² 1.0" in str(found.message)
    noise = label._replace(values=generator.permutation(label.values))
    assert list(check_columns(ColumnScan(scanned, [noise], {}, ("data", "source"), None))) == []


def of_arrays(folder, x, y, classes):
    """The findings of arrays in a file, but those of equal samples."""
    np.savez(folder / "d.npz", x=x, y=y)
    layers = [*(["Flatten"] if x.ndim > 2 else []), {"type": "Dense", "units": max(1, classes)}]
    regression = {"target": {"kind": "regression"}, "compile": {"optimizer": "adam", "loss": "mse"}}
    own = {"target": {"kind": "multiclass", "classes": classes}} if classes else regression
    data = {"source": {"type": "arrays", "path": "d.npz"}, "split": SPLIT}
    found = prepare(Check.of(spec(layers, x.shape[1:], data=data, **own)).spec, str(folder)).warnings
    return [(each.rule, each.severity, str(each.message)) for each in found if each.rule != "sample-leakage"]


def with_column(x, values, number):
    """The array with the values as one more feature, of all steps."""
    values = values.reshape(len(values), *[1] * (x.ndim - 1))
    return np.insert(x, number, np.broadcast_to(values, (*x.shape[:-1], 1))[..., 0], axis=-1)


@pytest.mark.parametrize("kind", ["exact", "scaled", "noise", "one-hot"])
@pytest.mark.parametrize("shape", [(6,), (12, 5), (300,)])
@pytest.mark.parametrize("classes", [0, 4])
def test_the_label_in_an_array(tmp_path, kind, shape, classes):
    generator = np.random.default_rng(12)
    x = generator.normal(size=(2500, *shape))
    y = (
        generator.integers(0, classes, 2500)
        if classes
        else x.reshape(2500, -1)[:, :3].sum(axis=1) + generator.normal(size=2500)
    )
    assert of_arrays(tmp_path, x.astype("float32"), y, classes) == []
    if kind == "one-hot" and not classes:
        return
    noise = generator.normal(0, 0.05 if classes else 0.005, 2500)
    leak = {"exact": y, "scaled": y * 0.5 - 3, "noise": y + noise, "one-hot": y == 2}[kind]
    found = of_arrays(tmp_path, with_column(x, leak, 2).astype("float32"), y, classes)
    name = "x[:, :, 2] (mean over the steps)" if len(shape) > 1 else "x[:, 2]"
    assert [rule for rule, severity, message in found if severity != "info" and name in message] != [], found


def test_the_level_of_a_window_is_no_leak_of_the_number_after_it(tmp_path):
    steps = np.random.default_rng(13).normal(size=(500, 31, 3)).cumsum(axis=1).astype("float32")
    assert of_arrays(tmp_path, steps[:, :-1], 5 * steps[:, :-1, 0].mean(axis=1) + steps[:, -1, 1], 0) == []


@pytest.mark.parametrize("kind", ["name", "name of one class", "tag", "clean"])
def test_the_class_in_texts(tmp_path, kind):
    generator = np.random.default_rng(14)
    names, words = ["sport", "politics", "weather"], np.array([f"w{number}" for number in range(300)])
    for code, name in enumerate(names):
        (tmp_path / "texts" / name).mkdir(parents=True)
        for number in range(60):
            text = " ".join(generator.choice(words[code * 50 : code * 50 + 200], 30))
            added = {
                "name": f"{name.upper()}, ",
                "tag": f"id-{code} ",
                "name of one class": f"{name}: " if code == 1 else "",
            }
            (tmp_path / "texts" / name / f"{number}.txt").write_text(f"{added.get(kind, '')}{text}")
    layers = [
        {"type": "TextVectorization", "vocabulary": ["a"], "output_mode": "multi_hot"},
        {"type": "Dense", "units": 3},
    ]
    data = {"source": {"type": "text", "path": "texts"}, "split": SPLIT}
    document = spec(layers, {"shape": [], "dtype": "string"}, data=data)
    found = [str(each.message) for each in prepare(Check.of(document).spec, str(tmp_path)).warnings]
    expected = {
        "name": ["balanced accuracy 100.0% on rows it was not learned from, by single words such as"],
        "tag": ["balanced accuracy 100.0% on rows it was not learned from, by single words such as"],
        "name of one class": ['where it has the word "politics", the label is politics in 100.0% of'],
        "clean": [],
    }[kind]
    assert len(found) == len(expected) and all(part in message for part, message in zip(expected, found)), found


def test_a_sum_of_columns(tmp_path):
    generator = np.random.default_rng(0)
    parts = generator.integers(0, 1000, (2, ROWS))
    columns = {"a": generator.normal(size=ROWS), "casual": parts[0], "registered": parts[1], "label": parts.sum(axis=0)}
    [(rule, _, message)] = findings(tmp_path, columns, ["a", "casual", "registered"], regression=True)
    assert rule == "sum-of-columns" and "casual, registered" in message


def test_ids(tmp_path):
    columns, label = clean(False)
    columns = {**columns, "no": np.arange(ROWS) * 3 + 17, "label": label}
    [(rule, severity, _)] = findings(tmp_path, columns, [*"abc", "no"])
    assert (rule, severity) == ("id-column", None)
    columns["label"] = np.sort(label)
    [(rule, severity, message)] = findings(tmp_path, columns, [*"abc", "no"])
    assert (rule, severity) == ("id-column", "error") and "predicts label" in message
    assert not column_of_numbers("built", np.arange(1900, 2000)).is_id()
    assert column_of_numbers("building_id", np.arange(1900, 2000)).is_id()


@pytest.mark.parametrize("as_text", [True, False])
def test_groups_in_a_random_split(tmp_path, as_text):
    columns, _ = clean(False)
    generator = np.random.default_rng(4)
    patients = generator.integers(0, 60, ROWS)
    label = generator.integers(0, 3, 60)[patients]
    names = [f"p{each}" for each in patients] if as_text else patients
    columns = {**columns, "patient": names, "label": label}
    [(rule, _, message)] = findings(tmp_path, columns, "abc")
    assert rule == "group-in-random-split" and "patient has 60 values with about 9 rows each" in message
    assert "the same in 100% of the rows of one patient" in message
    group = {"by": "group", "column": "patient", "validation": 0.15, "test": 0.15}
    assert findings(tmp_path, columns, "abc", split=group) == []
    # A quantity with equal values, of which neighbors are alike.
    columns = {**columns, "patient": np.repeat(np.arange(80), 10)[:ROWS], "label": np.repeat(np.arange(3), 300)[:ROWS]}
    assert findings(tmp_path, columns, "abc") == []


def test_dates_in_a_random_split(tmp_path):
    columns, label = clean(True)
    days = [str(np.datetime64("2020-01-01") + np.timedelta64(row, "D")) for row in range(ROWS)]
    found = findings(tmp_path, {**columns, "day": days, "label": label}, "abc", regression=True)
    assert [each[:2] for each in found] == [("time-in-random-split", "info")]
    slow = np.sin(np.arange(ROWS) / 30)
    found = findings(tmp_path, {**columns, "day": days, "label": slow}, "abc", regression=True)
    assert [each[:2] for each in found] == [("time-in-random-split", "warning")]
    time = {"by": "time", "column": "day", "test": 0.2}
    assert findings(tmp_path, {**columns, "day": days, "label": slow}, "abc", regression=True, split=time) == []


def test_columns_standardized_over_all_rows(tmp_path):
    columns, label = clean(False)
    scaled = {name: (values - values.mean()) / values.std() for name, values in columns.items()}
    [(rule, severity, message)] = findings(tmp_path, {**scaled, "label": label}, "abc")
    assert (
        (rule, severity) == ("fitted-on-everything", None) and message.startswith("3 columns") and "a, b, c" in message
    )
    assert findings(tmp_path, {**columns, "label": label}, "abc") == []


def test_rows_equal_but_for_ids_and_rounding(tmp_path):
    columns, label = clean(False)
    copied = {name: np.concatenate([values, values[:40] + 1e-9]) for name, values in columns.items()}
    copied["row_id"] = np.arange(ROWS + 40)
    copied["label"] = np.concatenate([label, label[:40]])
    found = [each for each in findings(tmp_path, copied, [*"abc", "row_id"]) if each[0] == "sample-leakage"]
    assert found and all("but for row_id" in message for _, _, message in found)


def test_rows_of_coarse_tables_are_equal_by_chance(tmp_path):
    generator = np.random.default_rng(0)
    columns = {name: generator.integers(0, 3, ROWS) for name in "abc"} | {"label": generator.integers(0, 3, ROWS)}
    assert findings(tmp_path, columns, "abc") == []


def test_similar_images():
    from PIL import Image, ImageFilter

    generator = np.random.default_rng(0)

    def picture():
        noise = Image.fromarray(generator.integers(0, 256, (12, 12, 3), dtype=np.uint8))
        return noise.resize((64, 64), Image.Resampling.BICUBIC)

    train = [picture() for _ in range(60)]
    small = train[0].resize((40, 40)).resize((64, 64))
    copies = [small, train[1].transpose(Image.Transpose.FLIP_LEFT_RIGHT), train[2].filter(ImageFilter.BoxBlur(1))]
    sets = {
        name: Samples(np.stack([np.asarray(each) for each in images]))
        for name, images in (("train", train), ("test", [*copies, train[3], *(picture() for _ in range(20))]))
    }
    [found] = similar_images(sets, ())
    # An equal image is reported as an equal sample.
    assert str(found.message).startswith("3 images of the test set (12.5%)") and found.severity == "warning"
    assert "sample 0 ~ sample 0; sample 1 ~ sample 1; sample 2 ~ sample 2" in str(found.message)
    assert list(similar_images({name: Samples(each.x[:, ::4, ::4]) for name, each in sets.items()}, ())) == []


@pytest.mark.needs("sklearn")
def test_scores_equal_direct_calculations():
    generator = np.random.default_rng(0)
    values, label = generator.integers(0, 4, 400), generator.integers(0, 3, 400)
    exact = column_of_numbers("x", label + 10.0)
    assert column_score(exact, class_label("y", label)) == 1.0
    assert abs(column_score(column_of_numbers("x", values), class_label("y", label))) < 0.15
    codes = binned(column_of_numbers("x", values), 20)
    assert [set(values[codes == code]) for code in np.unique(codes)] == [{0}, {1}, {2}, {3}]
    numbers = generator.normal(size=400).round(2)
    noisy = numbers + generator.normal(0, 0.1, 400)
    from scipy.stats import spearmanr

    assert rank_correlation(numbers, noisy) == pytest.approx(spearmanr(numbers, noisy)[0], abs=1e-12)
    assert autocorrelation(np.arange(400.0), number_label("y", noisy)) == pytest.approx(
        np.corrcoef(noisy[:-1], noisy[1:])[0, 1]
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_group_predicts_each_row_from_its_others(seed):
    generator = np.random.default_rng(seed)
    codes, label = generator.integers(0, 25, 200), generator.integers(0, 3, 200)
    guesses, means = [], []
    numbers = generator.normal(size=200)
    for row in range(200):
        others = np.flatnonzero((codes == codes[row]) & (np.arange(200) != row))
        counts = np.bincount(label[others] if len(others) else label, minlength=3)
        guesses.append(set(np.flatnonzero(counts == counts.max())))
        means.append(numbers[others].mean() if len(others) else numbers.mean())
    right = group_score(codes, class_label("y", label))[1]
    # Ties can be broken either way.
    least = np.mean([each == {truth} for each, truth in zip(guesses, label)])
    assert least <= right <= np.mean([truth in each for each, truth in zip(guesses, label)])
    expected = 1 - ((numbers - means) ** 2).sum() / ((numbers - numbers.mean()) ** 2).sum()
    assert group_score(codes, number_label("y", numbers))[0] == pytest.approx(expected)


def test_kinds_of_columns():
    assert column_of_objects("a", ["1", None, "2.5"]).kind == "number"
    dates = column_of_objects("a", ["1970-01-02", None])
    assert dates.kind == "date" and dates.values[0] == 86_400_000_000 and np.isnan(dates.values[1])
    texts = column_of_objects("a", ["x", None, "y", "x"])
    assert texts.kind == "text" and texts.values.tolist() == [0, -1, 1, 0]
    assert column_of_objects("a", [1_000, "1_000"]).kind == "text"


def run(*args):
    return CliRunner().invoke(cli, list(map(str, args)), catch_exceptions=False)


def spec_with_groups(folder, comment=""):
    columns, _ = clean(False)
    patients = np.random.default_rng(4).integers(0, 60, ROWS)
    label = np.random.default_rng(5).integers(0, 3, 60)[patients]
    write(folder / "t.csv", {**columns, "patient": [f"p{each}" for each in patients], "label": label})
    path = folder / "m.seqspec.toml"
    path.write_text(
        'seqspec = 1\n[model]\ninput = [3]\nlayers = [{ type = "Dense", units = 3, activation = "softmax" }]\n'
        '[target]\nkind = "multiclass"\nclasses = 3\n[compile]\nloss = "sparse_categorical_crossentropy"\n'
        '[data]\nsource = { type = "table", path = "t.csv", features = ["a", "b", "c"], label = "label" }\n'
        f'split = {{ by = "random", test = 0.2, seed = 1 }}{comment}\n'
    )
    return path


def test_the_fix_of_a_group_is_applied(tmp_path):
    path = spec_with_groups(tmp_path)
    assert "SEQ933" in run("check", "--data", path).output
    result = run("check", "--data", "--diff", "--unsafe-fixes", path)
    assert (
        '+split = { by = "group", test = 0.2, seed = 1, column = "patient" }' in result.output and result.exit_code == 1
    )
    assert 'by = "random"' in path.read_text()
    result = run("check", "--data", "--fix", "--unsafe-fixes", path)
    assert result.exit_code == 0 and "Fixed 1 finding" in result.stderr and "SEQ933" not in result.stdout
    assert 'by = "group", test = 0.2, seed = 1, column = "patient"' in path.read_text()


def test_findings_of_data_are_suppressed_and_selected(tmp_path):
    path = spec_with_groups(tmp_path, "  # seqspec: ignore[SEQ933] patients come back")
    assert "SEQ933" not in run("check", "--data", path).output
    # Without the data it is not known whether the comment is used.
    assert run("check", path).output.count("SEQ030") == 0
    path = spec_with_groups(tmp_path)
    assert "SEQ933" not in run("check", "--data", "--ignore", "SEQ933", path).output
    assert run("check", "--data", "--fail-on", "warning", path).exit_code == 1
    [found] = json.loads(run("check", "--data", "--format", "json", path).stdout)
    [group] = [each for each in found["diagnostics"] if each["code"] == "SEQ933"]
    assert group["pointer"] == "/data/split" and group["span"]["line"] == 12


def encoded(folder, columns, kinds, *, split=SPLIT, sets=None):
    """The findings of a table whose columns are declared."""
    write(folder / "t.csv", columns)
    source = {"type": "table", "path": "t.csv", "label": "label"}
    data = {"source": source, "columns": kinds, "split": split}
    if sets is not None:
        data = {"columns": kinds, **{name: {"source": {**source, "path": path}} for name, path in sets.items()}}
    document = spec([{"type": "Dense", "units": 3, "activation": "softmax"}], data=data)
    document["model"].pop("input")
    return [
        (each.rule, each.severity, each.path, str(each.message))
        for each in prepare(Check.of(document).spec, folder).warnings
    ]


def test_leaks_among_declared_columns(tmp_path):
    columns, label = clean(False)
    generator = np.random.default_rng(0)
    names = np.array(["low", "middle", "high"], object)[label]
    mixed = {
        **columns, "color": generator.choice(["red", "green", "blue"], ROWS), "status": names, "note": names,
        "code": [f"u{number}" for number in generator.permutation(ROWS)], "label": label,
    }  # fmt: skip
    kinds = {"a": "number", "b": "number", "c": "number", "color": "category"}
    assert {each[0] for each in encoded(tmp_path, mixed, kinds)} <= {"unused-column"}
    found = encoded(tmp_path, mixed, {**kinds, "status": "category"})
    assert [each[:3] for each in found if each[0] == "single-predictor"] == [
        ("single-predictor", "warning", ("data", "columns", "status"))
    ]
    found = encoded(tmp_path, mixed, {**kinds, "note": {"kind": "text", "top": 5}})
    assert [each[2] for each in found if each[0] == "single-predictor"] == [("data", "columns", "note")]
    found = encoded(tmp_path, mixed, {**kinds, "code": {"kind": "category", "top": 20}})
    assert [each[:3] for each in found if each[0] == "id-column"] == [("id-column", None, ("data", "columns", "code"))]


def parts_of_columns(is_first, generator):
    """Columns of which a part is a rare class: the column, its kind, and what the finding names."""
    days = np.datetime64("2020-01-01") + generator.permutation(ROWS)
    numbers = generator.random(ROWS).round(6)
    blank = np.array([str(day) if first else "" for day, first in zip(days, is_first)], object)
    seasons = np.array([f"{generator.integers(1990, 2020)}-{7 if first else 2:02}-11" for first in is_first], object)
    filler = generator.choice([f"w{number}" for number in range(60)], (ROWS, 6))
    notes = np.array(
        [" ".join([*words, "left" if first else "here"]) for words, first in zip(filler, is_first)], object
    )
    return {
        "number": (np.where(is_first, numbers.astype(str), ""), "number", "by whether it is missing"),
        "date": (blank, "date", "by whether it is missing"),
        "month": (seasons, "date", "by its month"),
        "text": (notes, {"kind": "text", "top": 5}, 'by single words such as "'),
    }


@pytest.mark.parametrize("kind", ["number", "date", "month", "text"])
def test_a_part_of_a_column_that_is_the_label(tmp_path, kind):
    columns, _ = clean(False)
    label = np.random.default_rng(8).random(ROWS) < 0.06
    column, declared, by = parts_of_columns(label, np.random.default_rng(0))[kind]
    if isinstance(declared, str) and kind != "month":
        declared = {"kind": declared, "missing": {"fill": "mean", "flag": True}}
    kinds = {"a": "number", "b": "number", "c": "number", "part": declared}
    table = {**columns, "part": column, "label": label.astype(int)}
    found = [each for each in encoded(tmp_path, table, kinds) if each[0] == "single-predictor"]
    assert [each[1:3] for each in found] == [("warning", ("data", "columns", "part"))] and by in found[0][3]
    # The same column says nothing of another label.
    table["label"] = np.random.default_rng(5).permutation(table["label"])
    assert [each for each in encoded(tmp_path, table, kinds) if each[0] == "single-predictor"] == []


@pytest.mark.parametrize("own_sources", [False, True])
def test_equal_rows_of_declared_columns(tmp_path, own_sources):
    columns, label = clean(False)
    generator = np.random.default_rng(0)
    mixed = {**columns, "city": generator.choice(list("pqrstu"), ROWS), "label": label}
    doubled = {name: np.concatenate([values, values[:30]]) for name, values in mixed.items()}
    kinds = {"a": "number", "b": "number", "c": "number", "city": "category"}
    write(tmp_path / "test.csv", {name: values[700:] for name, values in mixed.items()})
    sets = {"train": "t.csv", "test": "test.csv"} if own_sources else None
    found = [each for each in encoded(tmp_path, doubled, kinds, sets=sets) if each[0] == "sample-leakage"]
    assert found and ("100 samples of the test set (100.0%)" in found[0][3] or not own_sources)
    assert [each for each in encoded(tmp_path, mixed, kinds) if each[0] == "sample-leakage"] == []


@pytest.mark.parametrize("copies", [60, ROWS])
def test_a_table_that_was_exported_twice(tmp_path, copies):
    """The newest rows and their copies are in one set, where no other finding sees them."""
    columns, label = clean(False)
    days = np.datetime64("2020-01-01") + np.arange(ROWS)
    table = {"day": days.astype(str).astype(object), **columns, "label": label}
    kinds = {"day": "date", "a": "number", "b": "number", "c": "number"}
    split = {"by": "time", "column": "day", "validation": 0.15, "test": 0.15}
    assert encoded(tmp_path, table, kinds, split=split) == []
    twice = {name: np.concatenate([values, values[:copies]]) for name, values in table.items()}
    found = [each for each in encoded(tmp_path, twice, kinds, split=split) if each[0] == "data-values"]
    assert [each[1:3] for each in found] == [("warning", ("data", "source"))]
    assert ("60 samples" if copies == 60 else "560 samples") in found[0][3]
    # Rows of a few categories are equal by chance.
    generator = np.random.default_rng(0)
    coarse = {"day": table["day"], **{name: generator.integers(0, 3, ROWS) for name in "abc"}, "label": label}
    coarse["day"] = np.sort(generator.choice(table["day"][:20], ROWS))
    found = encoded(tmp_path, coarse, kinds, split={**split, "gap": 60})
    assert [each for each in found if each[0] == "data-values"] == []


def test_rows_of_dependent_columns_can_be_equal_by_chance(tmp_path):
    """Tariffs fix most columns of a customer: two customers of one tariff are equal, but are different samples."""
    generator = np.random.default_rng(0)
    tariff = generator.integers(0, 60, ROWS)
    names = "abcde"
    fixed = {name: generator.integers(0, 8, 60)[tariff] for name in names}
    table = {**fixed, "sex": generator.choice(list("fm"), ROWS), "label": generator.integers(0, 3, ROWS)}
    kinds = {**dict.fromkeys(names, "number"), "sex": "category"}
    found = [each for each in encoded(tmp_path, table, kinds) if each[0] == "sample-leakage"]
    assert found and {each[1] for each in found} == {"info"}
    # A measured column makes equal rows copies.
    measured = {"weight": generator.normal(size=ROWS).round(4), **table}
    copied = {name: np.concatenate([values, values[:60]]) for name, values in measured.items()}
    found = [each for each in encoded(tmp_path, copied, {"weight": "number", **kinds}) if each[0] == "sample-leakage"]
    assert found and {each[1] for each in found} == {None}


def test_a_sample_without_equal_rows_does_not_say_that_they_are_chance(monkeypatch):
    generator = np.random.default_rng(0)
    rows, labels = generator.integers(0, 3, (2, 400, 4)).astype(np.float32), generator.integers(0, 3, (2, 400))
    sets = [Samples(x, y) for x, y in zip(rows, labels)]
    hashing = RowHashes(sets[0])
    assert are_coincidences(hashing, sets)
    monkeypatch.setattr(coincidence, "_MAX_ROWS", 20)
    assert not are_coincidences(hashing, sets)


def test_the_fix_of_a_column_puts_it_in_ignore(tmp_path):
    columns, label = clean(False)
    names = np.array(["low", "middle", "high"], object)[label]
    write(tmp_path / "t.csv", {**columns, "status": names, "label": label})
    path = tmp_path / "m.seqspec.toml"
    path.write_text(
        'seqspec = 1\n[model]\nlayers = [{ type = "Dense", units = 3, activation = "softmax" }]\n'
        '[target]\nkind = "multiclass"\nclasses = 3\n[compile]\nloss = "sparse_categorical_crossentropy"\n'
        '[data.source]\ntype = "table"\npath = "t.csv"\nlabel = "label"\nignore = ["c"]\n'
        '[data.columns]\na = "number"\nb = "number"\nstatus = ["low", "middle", "high"]\n'
    )
    result = run("check", "--data", "--fix", "--unsafe-fixes", path)
    assert result.exit_code == 0 and "Fixed 1 finding" in result.stderr, result.output
    assert 'ignore = ["c", "status"]' in path.read_text() and "status = " not in path.read_text()


def test_equal_texts_are_equal_rows():
    """As the encoder splits words: punctuation and case are no difference, their order is."""
    from seqspec.core.document.columns import read_columns
    from seqspec.training.data.encoding.raw import RawReader
    from seqspec.training.data.leaks.column_views import RowValues

    reader = RawReader(read_columns({"n": "number", "t": {"kind": "text"}}))
    reader.append({"n": ["0", "-0.0", "0", "1"], "t": ["a b", "A, b!", "b a", "a b"]})
    rows, raw = reader.finish()
    found = RowValues(Samples(rows, raw=raw)).of(rows)
    assert (found[0] == found[1]).all() and len(np.unique(found, axis=0)) == 3


def test_columns_beside_the_features_are_those_of_the_same_rows(tmp_path):
    """Rows with missing values are dropped before the split."""
    columns, _ = clean(False)
    generator = np.random.default_rng(4)
    patients = generator.integers(0, 60, ROWS)
    a = np.where(generator.random(ROWS) < 0.2, "", columns["a"].astype(str))
    table = {**columns, "a": a, "patient": patients, "label": generator.integers(0, 3, 60)[patients]}
    write(tmp_path / "t.csv", table)
    document = tree("abc")
    document["data"]["missing"] = "drop"
    found = prepare(Check.of(document).spec, tmp_path)
    assert found.dropped == int((a == "").sum())
    [group] = [each for each in found.warnings if each.rule == "group-in-random-split"]
    assert "the same in 100% of the rows of one patient" in str(group.message)
