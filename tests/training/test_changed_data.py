"""Files that changed since a run was trained: a set that is drawn from them would have training samples."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.training.errors import ChangedDataError, RunError
from seqspec.training.run import load_run
from tests.training.specs import CLASSES, SPLIT, mapped, samples, spec, table, write_csv

pytestmark = pytest.mark.slow

REGRESSION = {
    "target": {"kind": "regression"},
    "compile": {"optimizer": "adam(0.01)", "loss": "mse", "metrics": ["mae"]},
}
VECTORS = {"type": "TextVectorization", "vocabulary": ["film", *CLASSES], "output_mode": "multi_hot"}
HIDDEN = [{"type": "Dense", "units": 8, "activation": "relu"}, {"type": "Dense", "units": 3, "activation": "softmax"}]


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def trained(folder, tree):
    path = folder / "m.seqspec.json"
    path.write_text(json.dumps(tree))
    return seqspec.train(str(path), runs=folder / "runs")


def lines_of(path):
    head, *rows = path.read_text().splitlines()
    return head, rows


def write_table(folder):
    write_csv(folder / "data.csv")
    return spec(data={"source": table(), "split": SPLIT}), "data.csv"


def write_folds(folder):
    tree, path = write_table(folder)
    return tree | {"data": {"source": table(), "split": {"by": "k-fold", "folds": 2, "test": 0.2}}}, path


def write_series(folder):
    values = np.random.default_rng(0).normal(size=120).cumsum()
    (folder / "data.csv").write_text(
        "\n".join(["step,sold", *(f"{step},{value}" for step, value in enumerate(values))])
    )
    source = {"type": "series", "path": "data.csv", "time": "step", "features": ["sold"], "window": 5}
    split = {"by": "time", "validation": 0.2, "test": 0.2}
    layers = ["Flatten", {"type": "Dense", "units": 1}]
    return spec(layers, (5, 1), data={"source": source, "split": split}, **REGRESSION), "data.csv"


def write_arrays(folder):
    x, y = samples()
    np.savez(folder / "data.npz", x=x, y=y)
    return spec(data={"source": "data.npz", "split": SPLIT}), "data.npz"


def write_array_folder(folder):
    (folder / "arrays").mkdir()
    for name, values in zip("xy", samples()):
        np.save(folder / "arrays" / f"{name}.npy", values)
    return spec(data={"source": {"type": "arrays", "path": "arrays"}, "split": SPLIT}), "arrays"


def write_texts(folder):
    for name in CLASSES:
        (folder / "texts" / name).mkdir(parents=True)
        for number in range(15):
            (folder / "texts" / name / f"{number}.txt").write_text(f"film {number}")
    tree = spec([VECTORS, *HIDDEN], {"shape": [], "dtype": "string"})
    return tree | {"data": {"source": {"type": "text", "path": "texts"}, "split": SPLIT}}, "texts"


def write_images(folder):
    from PIL import Image

    draw = np.random.default_rng(0)
    for name in CLASSES:
        (folder / "images" / name).mkdir(parents=True)
        for number in range(15):
            pixels = draw.integers(0, 255, (4, 4), np.uint8)
            Image.fromarray(pixels).save(folder / "images" / name / f"{number}.png")
    source = {"type": "images", "path": "images", "channels": 1}
    return spec(["Flatten", {"type": "Rescaling", "scale": 0.004}, *HIDDEN], (4, 4, 1)) | {
        "data": {"source": source, "split": SPLIT}
    }, "images"


def shuffle(path):
    head, rows = lines_of(path)
    path.write_text("\n".join([head, *np.random.default_rng(1).permutation(rows)]))


def shorten(path):
    head, rows = lines_of(path)
    path.write_text("\n".join([head, *rows[:-7]]))


def extend(path):
    head, rows = lines_of(path)
    last = int(rows[-1].split(",")[0]) if head.startswith("step") else None
    path.write_text("\n".join([head, *rows, *(rows[:9] if last is None else [f"{last + 1},0.5"])]))


def edit_array(path):
    arrays = dict(np.load(path))
    arrays["x"][0] += 1
    np.savez(path, **arrays)


def edit_array_of_folder(path):
    np.save(path / "x.npy", np.load(path / "x.npy")[::-1])


def add_text(path):
    (path / CLASSES[0] / "new.txt").write_text("film")


def remove_text(path):
    (path / CLASSES[2] / "7.txt").unlink()


def swap_images(path):
    one, other = (path / CLASSES[0] / f"{number}.png" for number in (1, 2))
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


CASES = [
    (write_table, shuffle, ["data.csv (changed)"]),
    (write_table, shorten, ["data.csv (changed)"]),
    (write_table, extend, ["data.csv (changed)"]),
    (write_folds, shuffle, ["data.csv (changed)"]),
    (write_series, extend, ["data.csv (changed)"]),
    (write_arrays, edit_array, ["data.npz (changed)"]),
    (write_array_folder, edit_array_of_folder, ["arrays/x.npy (changed)"]),
    (write_texts, add_text, [f"texts/{CLASSES[0]}/new.txt (added)"]),
    (write_texts, remove_text, [f"texts/{CLASSES[2]}/7.txt (removed)"]),
    pytest.param(
        write_images, swap_images, [f"images/{CLASSES[0]}/{number}.png (changed)" for number in (1, 2)],
        marks=pytest.mark.needs("PIL"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("write", "change", "changed"), CASES,
    ids=lambda value: value.__name__ if callable(value) else None,
)  # fmt: skip
def test_a_set_is_not_drawn_from_changed_files(tmp_path, monkeypatch, write, change, changed):
    monkeypatch.chdir(tmp_path)
    tree, path = write(tmp_path)
    run = trained(tmp_path, tree)
    before = run.evaluate("test")
    change(tmp_path / path)
    for on in ("test", "train", None):
        with pytest.raises(ChangedDataError, match="changed since the run was trained") as error:
            load_run(run.path).evaluate(on)
        assert error.value.changed == changed
        assert f"--on {path}" in str(error.value)
    refused = invoke("evaluate", run.path, "--on", "test")
    assert (refused.exit_code, refused.stdout) == (3, ""), refused.output
    report = invoke("report", run.path)
    assert report.exit_code == 0
    assert f"without results of single samples: the data of {run.path} changed" in report.stderr
    notes = []
    [result] = load_run(run.path).evaluate(path, note=notes.append).values()
    assert result["samples"] >= 3 * before["test"]["samples"]
    assert "trained_on" not in result
    assert [note for note in notes if "cannot be counted" in note and changed[0] in note], notes


@pytest.mark.parametrize("missing", [None, {"fill": "mean"}])
def test_sets_with_files_of_their_own(tmp_path, missing):
    for name, count in (("train", 90), ("validation", 45), ("test", 60)):
        write_csv(tmp_path / f"{name}.csv", count)
    data = {name: {"source": table(f"{name}.csv")} for name in ("train", "validation", "test")}
    run = trained(tmp_path, spec(data=data if missing is None else {**data, "missing": missing}))
    before = run.evaluate("test")
    shuffle(tmp_path / "validation.csv")
    assert load_run(run.path).evaluate("test") == before
    with pytest.raises(ChangedDataError, match=r"validation\.csv \(changed\); the samples of the validation set"):
        load_run(run.path).evaluate("validation")
    extend(tmp_path / "train.csv")
    if missing is None:
        # Also the baseline is that of the labels that the model was trained on.
        assert load_run(run.path).evaluate("test") == before
    else:
        with pytest.raises(ChangedDataError, match=r"train\.csv \(changed\)"):
            load_run(run.path).evaluate("test")
    shuffle(tmp_path / "test.csv")
    with pytest.raises(ChangedDataError, match=r"test\.csv \(changed\)"):
        load_run(run.path).evaluate("test")


def test_a_folder_of_a_set_with_files_of_its_own(tmp_path):
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
        write_texts(tmp_path / name)
    data = {name: {"source": {"type": "text", "path": f"{name}/texts"}} for name in ("train", "test")}
    tree, _ = write_texts(tmp_path)
    run = trained(tmp_path, tree | {"data": data})
    remove_text(tmp_path / "train" / "texts")
    assert set(load_run(run.path).evaluate("test")) == {"test"}
    remove_text(tmp_path / "test" / "texts")
    with pytest.raises(ChangedDataError) as error:
        load_run(run.path).evaluate("test")
    assert f"test/texts/{CLASSES[2]}/7.txt (removed)" in error.value.changed


def test_the_data_of_a_function(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "x.npy", samples()[0])
    source = {"type": "python", "import": f"{mapped.__module__}:mapped", "args": {"folder": str(tmp_path)}}
    tree = spec(data={"source": source, "split": SPLIT})
    (tmp_path / "m.seqspec.json").write_text(json.dumps(tree))
    module = mapped.__module__
    run = seqspec.train(str(tmp_path / "m.seqspec.json"), runs=tmp_path / "runs", allow_custom=[module])
    assert load_run(run.path, allow_custom=[module]).evaluate("test")
    np.save(tmp_path / "x.npy", samples()[0][::-1])
    with pytest.raises(ChangedDataError, match=r"the data; .* data=\(x, y\)"):
        load_run(run.path, allow_custom=[module]).evaluate("test")


def test_a_split_that_is_drawn_otherwise(tmp_path):
    """As after an update, or an edit of the spec in the run folder."""
    tree, _ = write_table(tmp_path)
    run = trained(tmp_path, tree)
    expanded = json.loads((run.path / "expanded.json").read_text())
    expanded["data"]["split"]["seed"] = 11
    (run.path / "expanded.json").write_text(json.dumps(expanded))
    with pytest.raises(RunError, match="the rows of the train and the validation and the test set"):
        load_run(run.path).evaluate("test")


@pytest.mark.needs("tensorflow")
def test_exports_of_a_run_do_not_draw_from_changed_files(tmp_path):
    tree, path = write_table(tmp_path)
    run = trained(tmp_path, tree)
    arguments = ("export", run.path, "--format", "tf_saved_model", "-o", tmp_path / "out", "--json")
    assert json.loads(invoke(*arguments).stdout)["source"] == "the test set"
    shuffle(tmp_path / path)
    assert "data.csv (changed)" in json.loads(invoke(*arguments).stdout)["source"]


def test_rows_of_a_file_in_another_order_are_all_evaluated(tmp_path):
    tree, path = write_table(tmp_path)
    run = trained(tmp_path, tree)
    with open(tmp_path / path, newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    shuffle(tmp_path / path)
    shown = invoke("evaluate", run.path, "--on", tmp_path / path, "--format", "json")
    [result] = json.loads(shown.stdout).values()
    assert result["samples"] == rows == 120
    assert "cannot be counted" in shown.stderr
