"""Paired differences of runs, against the theory of paired samples, and which runs are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec import train
from seqspec.cli.main import cli
from seqspec.training.commands.runs import _data_text
from seqspec.training.comparison.runs import RunComparison, compare_runs, verdict
from seqspec.training.evaluation.intervals import ResamplingUnits, SampleScores, paired_differences
from seqspec.training.run import Run
from tests.training.specs import SPLIT, spec, table, write_csv


def _errors(absolute: np.ndarray, units: ResamplingUnits) -> SampleScores:
    return SampleScores(units, {"absolute": absolute, "squared": absolute**2, "truth": np.zeros(len(absolute))})


def test_differences_of_errors_have_the_interval_of_paired_samples() -> None:
    generator = np.random.default_rng(0)
    one = generator.gamma(2, size=400)
    other = one - 0.05 + generator.normal(scale=0.2, size=400)
    values, intervals = paired_differences(
        _errors(one, ResamplingUnits(400)), _errors(other, ResamplingUnits(400)), 0.95
    )
    found = intervals["mae"]
    assert values["mae"] == found["value"]
    change = other - one
    half = 1.96 * change.std(ddof=1) / 20
    assert found["value"] == pytest.approx(change.mean())
    assert (found["low"], found["high"]) == pytest.approx((change.mean() - half, change.mean() + half), abs=0.15 * half)
    assert verdict("mae", found["low"], found["high"]) == "better"
    # Five samples each are copies of one another.
    groups = np.repeat(np.arange(80), 5)
    grouped = ResamplingUnits(400, groups, "group")
    same = np.repeat(change[:80], 5)
    found = paired_differences(_errors(one, grouped), _errors(one + same, grouped), 0.95)[1]["mae"]
    half = 1.99 * change[:80].std(ddof=1) / np.sqrt(80)
    assert found["high"] - found["low"] == pytest.approx(2 * half, rel=0.15)
    assert found["method"] == "bootstrap by group"


def test_differences_of_classes_by_hand() -> None:
    truth = np.array([0, 1] * 50)
    predicted = truth.copy()
    predicted[:20] = 1 - predicted[:20]
    arrays = {"truth": truth, "score": np.linspace(0, 1, 100)}
    one = SampleScores(ResamplingUnits(100), {**arrays, "predicted": predicted}, 2)
    other = SampleScores.read(SampleScores(ResamplingUnits(100), {**arrays, "predicted": truth}, 2).record())
    _, found = paired_differences(one, other, 0.95)
    assert found["accuracy"]["value"] == pytest.approx(0.2)
    assert 0 < found["accuracy"]["low"] < 0.2 < found["accuracy"]["high"]
    assert (found["auc"]["low"], found["auc"]["value"], found["auc"]["high"]) == (0, 0, 0)
    assert verdict("auc", 0, 0) == "no difference shown"


@pytest.mark.parametrize("blocks", [3, 11])
def test_few_blocks_of_a_series_have_the_t_interval_of_the_mean(blocks: int) -> None:
    generator = np.random.default_rng(1)
    codes = np.repeat(np.arange(blocks), 24)
    units = ResamplingUnits(len(codes), codes, "block", 24)
    one = generator.gamma(2, size=len(codes))
    change = generator.normal(-0.1, 0.05, blocks)
    values, found = paired_differences(_errors(one, units), _errors(one + change[codes], units), 0.95)
    assert list(values) == ["mae", "rmse"] and values["mae"] == pytest.approx(change.mean())
    if blocks == 3:
        assert found == {}
        return
    half = 2.228 * change.std(ddof=1) / np.sqrt(blocks)
    assert list(found) == ["mae"] and found["mae"]["method"] == "t by block"
    bounds = (change.mean() - half, change.mean() + half)
    assert (found["mae"]["low"], found["mae"]["high"]) == pytest.approx(bounds, rel=0.01)


def _series_runs(folder: Path, count: int) -> list[Run]:
    """Runs on a series of days; the second also knows a column that is empty on the third day of the test set."""
    with open(folder / "s.csv", "w") as file:
        file.write("day,open,sold\n")
        for day in range(count):
            date = np.datetime64("2024-01-01") + day
            is_open = "" if day == count - count // 4 + 2 else day % 2
            file.write(f"{date},{is_open},{day * day % 7}\n")
    source = {"type": "series", "path": str(folder / "s.csv"), "time": "day", "target": "sold",
              "features": ["sold"], "horizon": 1, "window": 3}  # fmt: skip
    return [
        train(
            spec(
                [{"type": "Dense", "units": 1}], [3 + len(known)], target={"kind": "regression", "shape": [1]},
                compile={"loss": "mae"}, fit={"epochs": 1}, report={"html": False},
                data={"source": {**source, **({"known": known} if known else {})}, "missing": "drop",
                      "split": {"by": "time", "test": 0.25}},
            ),
            runs=folder / "runs", allow_data=[folder],
        )
        for known in ([], ["open"])
    ]  # fmt: skip


def test_runs_with_other_windows_are_compared_on_the_common_ones(tmp_path: Path) -> None:
    runs = _series_runs(tmp_path, 120)
    [found] = compare_runs(runs)["differences"]
    assert (found["reason"], found["samples"], found["left_out"]) == (None, 29, 1)
    parts = [run.folder.scores("test") for run in runs]
    common = np.isin(parts[0]["window"], parts[1]["window"])
    change = parts[1]["absolute"].mean() - parts[0]["absolute"][common].mean()
    assert found["values"]["mae"] == pytest.approx(change)
    shown = CliRunner().invoke(cli, ["runs", "compare", *(str(run.path) for run in runs)]).output
    assert "of the same 29 samples of the test set; 1 sample of only one of them left out:" in shown
    assert "no interval of rmse: the set has " in shown
    same = CliRunner().invoke(cli, ["runs", "compare", *(str(runs[0].path),) * 2])
    assert same.exit_code == 2 and "is named twice" in same.output


@pytest.mark.slow
def test_runs_that_leave_out_other_short_series(tmp_path: Path) -> None:
    with open(tmp_path / "s.csv", "w") as file:
        file.write("day,shop,sold\n")
        for shop, days in (("A", 28), ("B", 28), ("new", 9)):
            file.writelines(f"2024-01-{day:02d},{shop},{day * day % 7}\n" for day in range(1, days + 1))
    source = {"type": "series", "path": str(tmp_path / "s.csv"), "time": "day", "group": "shop", "target": "sold",
              "features": ["sold"], "horizon": 1}  # fmt: skip
    runs = [
        train(
            spec(
                [{"type": "Dense", "units": 1}], [window], target={"kind": "regression", "shape": [1]},
                compile={"loss": "mae"}, fit={"epochs": 1}, report={"html": False},
                data={"source": {**source, "window": window}, "split": {"by": "time", "test": test}},
            ),
            runs=tmp_path / "runs", allow_data=[tmp_path],
        )
        for window, test in ((2, 0.25), (9, 0.25), (9, 0.4))
    ]  # fmt: skip
    other_window, other_split = (compare_runs(each)["differences"][0]["reason"] for each in (runs[:2], runs[1:]))
    assert other_window is not None and "too short for a window and its horizon" in other_window
    assert other_split is not None and "use the same [data.split]" in other_split


def test_too_few_samples_may_be_the_same(tmp_path: Path) -> None:
    found: dict[str, object] = {
        "run": "b",
        "against": "a",
        "on": "test",
        "samples": 9,
        "metrics": {},
        "reason": "too few",
    }
    comparison = {"data": False, "differences": [found]}
    assert _data_text(cast(RunComparison, comparison)) == "different, except for the test set"
    found["samples"] = 0
    assert "not of the same samples" in _data_text(cast(RunComparison, comparison))


def test_runs_on_the_same_rows(tmp_path: Path) -> None:
    write_csv(tmp_path / "data.csv", 300)
    tree: dict[str, Any] = spec(
        target={"kind": "multiclass", "classes": 3, "names": ["adelie", "chinstrap", "gentoo"]},
        data={"source": table(str(tmp_path / "data.csv")), "split": {**SPLIT, "seed": 1}},
        report={"html": False},
    )
    other_seed = {**tree, "runtime": {"seed": 8}}
    other_split = {**tree, "data": {**tree["data"], "split": {**SPLIT, "seed": 2}}}
    runs = [train(each, runs=tmp_path / "runs", allow_data=[tmp_path]) for each in (tree, other_seed, other_split)]
    same, different = compare_runs(runs)["differences"]
    assert (same["on"], same["samples"], same["reason"]) == ("test", 60, None)
    accuracy = [run.evaluation["test"]["classes"]["accuracy"] for run in runs]
    assert same["metrics"]["accuracy"]["value"] == pytest.approx(accuracy[1] - accuracy[0])
    assert different["metrics"] == {}
    assert different["reason"] is not None and "different rows" in different["reason"]
