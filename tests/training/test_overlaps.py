"""Rows that a model was trained on: in a file that it is evaluated on, and in a run that another one starts from."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.training.data.prepare import prepare
from seqspec.training.errors import RunError
from tests.training.specs import spec, table, write_csv, write_spec


def split(**keys):
    return {"by": "random", "validation": 0.2, "test": 0.2, **keys}


def rows_of(tree, folder, seed):
    return {name: rows.tolist() for name, rows in prepare(Check.of(tree).spec, str(folder), seed=seed).rows.items()}


def test_the_seed_of_a_split(tmp_path):
    """It replaces that of the run; without it the split is that of the run's seed, as before."""
    write_csv(tmp_path / "data.csv")
    own = spec(data={"source": table(), "split": split(seed=3)})
    default = spec(data={"source": table(), "split": split()})
    assert rows_of(own, tmp_path, 7) == rows_of(own, tmp_path, 8) == rows_of(default, tmp_path, 3)
    assert rows_of(default, tmp_path, 7) != rows_of(default, tmp_path, 8)
    expected = np.random.default_rng([3, 0]).permutation(120)
    assert sorted(rows_of(own, tmp_path, 7)["train"]) == sorted(expected[:72].tolist())


@pytest.mark.slow
def test_a_file_with_training_rows_is_reported(tmp_path):
    write_csv(tmp_path / "data.csv")
    path = write_spec(tmp_path / "m.seqspec.json", fit={"epochs": 1}, data={"source": table(), "split": split()})
    run = seqspec.train(str(path), runs=tmp_path / "runs")
    lines = (tmp_path / "data.csv").read_text().splitlines()
    train = np.load(run.path / "split.npz")["train"]
    held_out = np.load(run.path / "split.npz")["test"]
    mixed = [*train[:5], *held_out[:5]]
    (tmp_path / "mixed.csv").write_text("\n".join([lines[0], *(lines[1 + row] for row in mixed)]))
    assert run.evaluate(str(tmp_path / "mixed.csv"))[str(tmp_path / "mixed.csv")]["trained_on"] == 5
    (tmp_path / "other.csv").write_text("\n".join([lines[0], *(lines[1 + row] for row in held_out)]))
    [result] = run.evaluate(str(tmp_path / "other.csv")).values()
    assert "trained_on" not in result
    assert run.evaluate(str(tmp_path / "data.csv"))[str(tmp_path / "data.csv")]["trained_on"] == len(train) == 72
    shown = CliRunner().invoke(cli, ["evaluate", str(run.path), "--on", str(tmp_path / "mixed.csv")]).stdout
    assert "warning     5 of 10 samples (50.0%) were in the training set" in shown


@pytest.mark.slow
def test_rows_of_one_of_several_training_files_are_reported(tmp_path):
    write_csv(tmp_path / "data.csv")
    head, *rows = (tmp_path / "data.csv").read_text().splitlines()
    for name, part in (("part0.csv", rows[:90]), ("part1.csv", rows[90:])):
        (tmp_path / name).write_text("\n".join([head, *part]))
    data = {"source": table(path="part*.csv"), "split": split()}
    run = seqspec.train(str(write_spec(tmp_path / "m.seqspec.json", fit={"epochs": 1}, data=data)), runs=tmp_path / "r")
    train = np.load(run.path / "split.npz")["train"]
    [result] = run.evaluate(str(tmp_path / "part1.csv")).values()
    assert result["trained_on"] == (train >= 90).sum()


@pytest.mark.slow
def test_a_run_that_starts_from_another_split(tmp_path):
    write_csv(tmp_path / "data.csv")

    def written(name, run_seed, **keys):
        data = {"source": table(), "split": split(**keys)}
        return str(write_spec(tmp_path / name, fit={"epochs": 1}, runtime={"seed": run_seed}, data=data))

    first = seqspec.train(written("a.seqspec.json", 7), runs=tmp_path / "runs")
    other = written("b.seqspec.json", 8)
    with pytest.raises(RunError, match=r"of the test rows were in the training set of .*\(seed = 7\)"):
        seqspec.train(other, runs=tmp_path / "runs", start_from=first.path)
    assert len(list((tmp_path / "runs").iterdir())) == 1
    same = written("c.seqspec.json", 8, seed=7)
    assert seqspec.train(same, runs=tmp_path / "runs", start_from=first.path).state == "done"
    allowed = seqspec.train(other, runs=tmp_path / "runs", start_from=first.path, allow_other_split=True)
    assert allowed.state == "done"
    # Another table has no rows in common.
    with open(tmp_path / "data.csv", "a", newline="") as file:
        csv.writer(file).writerow([0.1, 0.2, 0.3, 0.4, "adelie"])
    assert seqspec.train(other, runs=tmp_path / "runs", start_from=first.path).state == "done"
    assert json.loads((first.path / "run.json").read_text())["state"] == "done"


@pytest.mark.parametrize(("copies", "severity"), [(1, "info"), (8, "warning")])
def test_few_equal_rows_do_not_put_results_in_doubt(tmp_path, copies, severity):
    """One row of a test set of 60 changes an accuracy by less than half of its standard error."""
    draw = np.random.default_rng(0)
    rows = [[f"{value:.4f}" for value in row] + [str(int(row[0] > 0))] for row in draw.normal(size=(300, 4))]
    for number in range(copies):
        rows[290 + number] = rows[number]
    with open(tmp_path / "data.csv", "w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c", "d", "y"], *rows])
    columns = dict.fromkeys("abcd", "number")
    found = spec(data={
        "source": {"type": "table", "path": "data.csv", "label": "y"}, "columns": columns,
        "split": {"by": "random", "test": 0.2, "seed": 1},
    })  # fmt: skip
    [shared] = [
        each for each in prepare(Check.of(found).spec, str(tmp_path)).warnings
        if each.rule == "sample-leakage" and "test set" in str(each.message)
    ]  # fmt: skip
    assert shared.severity == (None if severity == "warning" else severity), shared.message
    assert bool(shared.notes) == (severity == "info")
