"""Thresholds of binary classifiers: their choice, by hand and by scikit-learn, and their use by a run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from seqspec import load_run, train
from seqspec.core.check.check import Check
from seqspec.core.document.outputs import Threshold as Aim
from seqspec.training.access import ANYWHERE
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.errors import DataError, RunError
from seqspec.training.evaluation.thresholds import assigned_classes, choose_threshold
from seqspec.training.export.export_model import _job

_TRUTH = np.array([0, 0, 1, 0, 1, 1])
_SCORE = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.9])


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (0.3, 0.3),
        ("f1", 0.25),  # 3 of 4 right: F1 6/7
        (Aim(recall=0.6), 0.5),
        (Aim(recall=1), 0.25),
        (Aim(cost=[5, 1]), 0.5),
        (Aim(cost=[1, 5]), 0.25),
        (Aim(cost=[1, 0]), 0.95),
    ],
)
def test_choice_by_hand(declared: float | str | Aim, expected: float) -> None:
    assert choose_threshold(declared, _TRUTH, _SCORE).value == pytest.approx(expected)


@pytest.mark.needs("sklearn")
def test_choice_equals_the_best_of_scikit_learn() -> None:
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_curve, roc_curve

    generator = np.random.default_rng(0)
    truth = generator.integers(2, size=500)
    score = np.clip(generator.normal(0.3 + 0.2 * truth, 0.2), 0.01, 0.99).round(2)
    probability = np.stack([1 - score, score], axis=1)

    def predicted(declared: float | str | Aim) -> np.ndarray:
        labels = LabelEncoding("binary", threshold=choose_threshold(declared, truth, score))
        return assigned_classes(probability, labels)

    precision, recall, _ = precision_recall_curve(truth, score)
    best = np.nanmax(2 * precision * recall / np.maximum(precision + recall, 1e-9))
    assert f1_score(truth, predicted("f1")) == pytest.approx(best)
    false, true, _ = roc_curve(truth, score)
    tn, fp, fn, tp = confusion_matrix(truth, predicted("balanced")).ravel()
    assert tp / (tp + fn) - fp / (fp + tn) == pytest.approx((true - false).max())


def _spec(folder: Path, **report: object) -> dict[str, object]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 2))
    y = np.where(x[:, 0] + generator.normal(size=400) > 1.2, "yes", "no")
    lines = ["a,b,label", *(f"{a:.4f},{b:.4f},{label}" for (a, b), label in zip(x, y))]
    (folder / "table.csv").write_text("\n".join(lines))
    return {
        "seqspec": 1,
        "model": {"input": [2], "layers": [{"type": "Dense", "units": 1, "activation": "sigmoid"}]},
        "target": {"kind": "binary", "names": ["no", "yes"]},
        "compile": {"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"]},
        "fit": {"epochs": 2},
        "data": {
            "source": {"type": "table", "path": str(folder / "table.csv"), "label": "label", "features": ["a", "b"]},
            "split": {"by": "random", "validation": 0.3, "test": 0.3},
        },
        "report": {"html": False, **report},
    }


@pytest.mark.slow
def test_threshold_of_a_run(tmp_path: Path) -> None:
    run = train(_spec(tmp_path, threshold={"recall": 0.9}), runs=tmp_path / "runs", allow_data=[tmp_path])
    stored = json.loads((run.path / "labels.json").read_text())["threshold"]
    classes = run.evaluation["test"]["classes"]
    assert classes["threshold"]["value"] == stored["value"]
    # The confusion matrix is that of the predictions.
    assert classes["threshold"]["recall"] == pytest.approx(classes["confusion"][1][1] / sum(classes["confusion"][1]))
    again = load_run(run.path, allow_data=[tmp_path]).evaluate("validation")["validation"]["classes"]
    assert again["threshold"]["recall"] >= 0.9
    # Exported files say it too.
    job = _job(Check.of(run.spec), run.model, None, run.folder, (), ANYWHERE)
    assert json.loads(job.metadata["threshold"]) == stored["value"]
    run.predict_file(tmp_path / "table.csv", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert {row["class"] == "yes" for row in rows if float(row["p(yes)"]) >= stored["value"]} == {True}
    assert {row["class"] == "no" for row in rows if float(row["p(yes)"]) < stored["value"]} == {True}
    assert set(run.predict(tmp_path / "table.csv", threshold=0.001).classes or ()) == {"yes"}
    with pytest.raises(RunError):
        run.predict(tmp_path / "table.csv", threshold=2)
    interval = run.evaluation["test"]["intervals"]["accuracy"]
    assert interval["value"] == classes["accuracy"]


def test_a_chosen_threshold_needs_validation_data(tmp_path: Path) -> None:
    spec = _spec(tmp_path, threshold="f1")
    spec["data"]["split"].pop("validation")  # type: ignore[index]
    with pytest.raises(DataError) as error:
        train(spec, runs=tmp_path / "runs", allow_data=[tmp_path])
    assert [each.code for each in error.value.diagnostics] == ["SEQ905"]


def test_labels_that_the_loss_implies_are_not_binary(tmp_path: Path) -> None:
    spec = _spec(tmp_path, threshold=0.3)
    del spec["target"]
    spec["compile"] = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy"}
    spec["model"]["layers"][0] |= {"units": 2, "activation": "softmax"}  # type: ignore[index]
    with pytest.raises(DataError) as error:
        train(spec, runs=tmp_path / "runs", allow_data=[tmp_path])
    assert [(each.code, each.pointer) for each in error.value.diagnostics] == [("SEQ905", "/report/threshold")]
