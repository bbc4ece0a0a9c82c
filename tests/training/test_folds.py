"""Cross-validation: the rows of folds against scikit-learn, what is learned in a fold, and resuming."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqspec import load_run, resume, train
from seqspec.core.check.check import Check
from seqspec.core.document.sources import FoldSplit, GroupKFoldSplit, KFoldSplit, TimeKFoldSplit
from seqspec.training.access import Allowed, access_to
from seqspec.training.data.prepare import prepare
from seqspec.training.data.samples import Samples
from seqspec.training.data.split import split_rows
from seqspec.training.errors import DataError, Interrupted, RunError
from seqspec.training.planning.folds import fold_metric, interval_half
from seqspec.training.planning.placement import Placement, check_placement
from seqspec.training.run import Run
from tests.training.specs import spec, table, write_csv

_LABELS = np.repeat([0, 1, 2], [60, 27, 16])
_GROUPS = np.array([f"g{number}" for number in np.random.default_rng(1).integers(0, 23, 103)], object)


def _fold_runs(run: Run) -> list[Run]:
    return [load_run(run.path / name) for name in run.evaluation["folds"]["runs"]]


def _samples() -> Samples:
    return Samples(np.zeros((103, 1), np.float32), _LABELS, columns={"group": _GROUPS})


def _folds(split: FoldSplit, seed: int = 7) -> list[dict[str, np.ndarray]]:
    chosen = [split.model_copy(update={"fold": number}) for number in range(1, split.count + 1)]
    return [split_rows(_samples(), each, seed, ("data", "split"))[0] for each in chosen]


@pytest.mark.parametrize(
    "split",
    [
        KFoldSplit(by="k-fold", folds=5, repeats=3, test=0.2, stratify=True),
        KFoldSplit(by="k-fold", folds=4, repeats=2),
        GroupKFoldSplit(by="group-k-fold", column="group", folds=4, repeats=2, test=0.2),
    ],
)
def test_each_row_validates_once_in_each_repeat(split: FoldSplit) -> None:
    folds = _folds(split)
    final, _ = split_rows(_samples(), split, 7, ("data", "split"))
    rest = final["train"]
    assert "validation" not in final
    for start in range(0, split.count, split.folds):
        parts = folds[start : start + split.folds]
        np.testing.assert_array_equal(np.sort(np.concatenate([each["validation"] for each in parts])), rest)
    for each in folds:
        np.testing.assert_array_equal(np.union1d(each["train"], each["validation"]), rest)
        np.testing.assert_array_equal(each.get("test", []), final.get("test", []))
    first, second = folds[0]["validation"], folds[split.folds]["validation"]
    assert not np.array_equal(first, second)


@pytest.mark.needs("sklearn")
def test_sizes_are_those_of_scikit_learn() -> None:
    from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

    x = np.zeros((103, 1))
    sizes = sorted(len(each["validation"]) for each in _folds(KFoldSplit(by="k-fold", folds=4)))
    assert sizes == sorted(len(test) for _, test in KFold(4).split(x))
    counts = [
        np.bincount(_LABELS[each["validation"]]) for each in _folds(KFoldSplit(by="k-fold", folds=5, stratify=True))
    ]
    theirs = [np.bincount(_LABELS[test]) for _, test in StratifiedKFold(5, shuffle=True).split(x, _LABELS)]
    np.testing.assert_array_equal(np.sort(counts, axis=0), np.sort(theirs, axis=0))
    parts = _folds(TimeKFoldSplit(by="time-k-fold", folds=4))
    for own, (trained, tested) in zip(parts, TimeSeriesSplit(4).split(x)):
        assert abs(len(own["train"]) - len(trained)) <= 3
        assert abs(len(own["validation"]) - len(tested)) <= 1


def test_groups_are_in_one_fold() -> None:
    for fold in _folds(GroupKFoldSplit(by="group-k-fold", column="group", folds=4, test=0.2)):
        found = [set(_GROUPS[rows]) for rows in fold.values()]
        assert sum(map(len, found)) == len(set().union(*found))


def test_time_folds_train_on_what_is_older() -> None:
    folds = _folds(TimeKFoldSplit(by="time-k-fold", folds=3, test=0.2, gap=2))
    for fold in folds:
        assert fold["train"].max() + 2 < fold["validation"].min()
        assert fold["validation"].max() < fold["test"].min()
    assert [len(fold["train"]) for fold in folds] == [20, 41, 61]
    assert len({tuple(fold["test"]) for fold in folds}) == 1


def test_time_folds_by_a_column_before_a_fold_is_chosen() -> None:
    days = np.array([f"2024-01-{number // 4 + 1:02}" for number in range(103)], object)
    samples = Samples(np.zeros((103, 1), np.float32), _LABELS, columns={"day": days})
    split = TimeKFoldSplit(by="time-k-fold", folds=2, test=0.2, column="day")
    rows, warnings = split_rows(samples, split, 7, ("data", "split"))
    assert {name: len(each) for name, each in rows.items()} == {"train": 82, "test": 21}
    # The last day of the training set has four samples, of which two are in the test set.
    assert [str(each.message).split(" are")[0] for each in warnings] == ["2 samples of the test set"]


def test_too_few_samples_of_a_class() -> None:
    split = KFoldSplit(by="k-fold", folds=20, stratify=True)
    with pytest.raises(DataError, match="20 folds need 20 samples of each class; 2 has 16"):
        split_rows(_samples(), split, 7, ("data", "split"))
    with pytest.raises(DataError, match="25 folds need 25 groups, and group has 23"):
        split_rows(_samples(), GroupKFoldSplit(by="group-k-fold", column="group", folds=25), 7, ())


def test_interval_by_hand() -> None:
    # t of 4 degrees of freedom is 2.7764; a quarter as many validation as training samples.
    assert interval_half(2.0, 5, 0.25, 0.95) == pytest.approx(2.7764 * 2.0 * (0.2 + 0.25) ** 0.5, rel=1e-4)


@pytest.mark.parametrize("diverged", [np.nan, np.inf])
def test_a_metric_that_is_not_finite_has_no_interval(diverged: float) -> None:
    found = fold_metric("loss", [diverged, 1.0, 2.0], 0.5, 0.95)
    assert not np.isfinite(found["mean"]) and "low" not in found
    assert fold_metric("loss", [1.0, 2.0, 3.0], 0.5, 0)["sd"] == 1.0


def _spec(folder: Path, **split: object) -> dict[str, Any]:
    write_csv(folder / "data.csv")
    split = {"by": "k-fold", "folds": 3, "test": 0.2, "stratify": True, "seed": 1, **split}
    return spec(
        target={"kind": "multiclass", "classes": 3, "names": ["adelie", "chinstrap", "gentoo"]},
        data={"source": table(str(folder / "data.csv")), "split": split},
        fit={
            "epochs": 6,
            "batch_size": 16,
            "callbacks": [{"type": "EarlyStopping", "patience": 2, "restore_best_weights": True}],
        },
        report={"html": False},
    )


def test_a_fold_learns_from_its_training_part(tmp_path: Path) -> None:
    tree = _spec(tmp_path, fold=2)
    tree["data"]["source"].pop("features")
    tree["data"]["columns"] = dict.fromkeys("abcd", "number")
    access = access_to(tmp_path, Allowed([tmp_path]))
    first = prepare(Check.of(tree).spec, access=access)
    lines = (tmp_path / "data.csv").read_text().splitlines()
    held_out = {int(row) for name in ("validation", "test") for row in first.rows[name]}
    changed = [
        ",".join(["99"] * 4 + line.split(",")[4:]) if row - 1 in held_out else line for row, line in enumerate(lines)
    ]
    (tmp_path / "data.csv").write_text("\n".join(changed))
    second = prepare(Check.of(tree).spec, access=access)
    assert first.encoder is not None and second.encoder is not None
    assert first.encoder.to_state() == second.encoder.to_state()
    np.testing.assert_array_equal(first.train.x, second.train.x)
    assert not np.array_equal(first.sets["validation"].x, second.sets["validation"].x)


def test_conflicts(tmp_path: Path) -> None:
    tree = _spec(tmp_path)
    tree["data"]["validation"] = {"samples": 10}
    assert [each.code for each in Check.of(tree).validation.diagnostics] == ["SEQ112"]
    del tree["data"]["validation"]
    tree["data"]["split"]["fold"] = 4
    assert "fold must be at most 3, got 4" in [each.message for each in Check.of(tree).validation.diagnostics]
    del tree["data"]["split"]["fold"]
    tree["runtime"]["backend"] = "jax"
    with pytest.raises(DataError, match="cross-validation trains in one process"):
        check_placement(Check.of(tree).spec, Placement("jax"))


@pytest.mark.slow
def test_interrupted_folds_are_continued(tmp_path: Path) -> None:
    tree = _spec(tmp_path)
    whole = train(copy.deepcopy(tree), runs=tmp_path / "whole", allow_data=[tmp_path])
    folds = whole.evaluation["folds"]
    values = [load_run(whole.path / name).evaluation["validation"]["metrics"]["accuracy"] for name in folds["runs"]]
    assert folds["metrics"]["accuracy"]["values"] == values
    assert folds["metrics"]["accuracy"]["mean"] == pytest.approx(np.mean(values))
    assert folds["metrics"]["accuracy"]["sd"] == pytest.approx(np.std(values, ddof=1))
    assert set(whole.evaluation) == {"model", "epochs", "folds", "test"}
    assert [run.evaluation.keys() & {"test", "validation"} for run in _fold_runs(whole)] == [{"validation"}] * 3
    done = [run.evaluation.get("restored", run.evaluation["epochs"]) for run in _fold_runs(whole)]
    assert whole.evaluation["epochs"] == sorted(done)[1]
    assert "val_loss" not in whole.history and "val_loss" in _fold_runs(whole)[0].history

    def interrupt(event: str, fields: Any) -> None:
        if event == "fold_epoch" and (fields["fold"], fields["epoch"]) == (2, 2):
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        train(copy.deepcopy(tree), runs=tmp_path / "cut", report=interrupt, allow_data=[tmp_path])
    (path,) = (tmp_path / "cut").iterdir()
    assert load_run(path).state == "interrupted"
    assert [load_run(path / "folds" / name).state for name in ("1", "2")] == ["done", "interrupted"]
    continued = resume(path, allow_data=[tmp_path])
    assert continued.evaluation == whole.evaluation
    for own, other in zip(continued.model.get_weights(), whole.model.get_weights()):
        np.testing.assert_array_equal(own, other)


@pytest.mark.slow
def test_a_single_fold_is_an_ordinary_run(tmp_path: Path) -> None:
    tree = _spec(tmp_path)
    whole = train(copy.deepcopy(tree), runs=tmp_path / "whole", allow_data=[tmp_path])
    fold = train(tree, settings=["data.split.fold=2"], runs=tmp_path / "fold", allow_data=[tmp_path])
    assert set(fold.info["plan"]["sets"]) == {"train", "validation", "test"}
    for own, other in zip(fold.model.get_weights(), _fold_runs(whole)[1].model.get_weights()):
        np.testing.assert_array_equal(own, other)
    # The final model has trained on the samples that each fold validates on.
    with pytest.raises(RunError, match="of the validation rows were in the training set"):
        train(tree, start_from=whole.path, runs=tmp_path / "next", allow_data=[tmp_path])


@pytest.mark.slow
def test_threshold_is_the_median_of_the_folds(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(150, 2)).astype("float32")
    y = (x[:, 0] + generator.normal(size=150) > 0.8).astype("int32")
    tree = spec(
        [{"type": "Dense", "units": 1, "activation": "sigmoid"}],
        (2,),
        target={"kind": "binary"},
        compile={"optimizer": "adam(0.05)", "loss": "binary_crossentropy"},
        data={"source": "never-read.npz", "split": {"by": "k-fold", "folds": 3}},
        report={"threshold": "f1", "html": False},
    )
    run = train(tree, (x, y), runs=tmp_path)
    found = sorted(each.folder.labels().threshold.value for each in _fold_runs(run))
    assert run.folder.labels().threshold is not None
    assert run.folder.labels().threshold.value == found[1]
    assert run.info["plan"]["sets"] == {"train": 150}
