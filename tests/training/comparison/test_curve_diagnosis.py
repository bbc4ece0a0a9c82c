"""The interpretation of training curves, and the report and plots of a run."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.diagnostics.codes import CODES
from seqspec.training.commands.training_console import TextOutput, echo_visible, show_evaluation
from seqspec.training.comparison.baselines import class_notes, compared_with_baseline
from seqspec.training.comparison.diagnosis import RELATED, Diagnosis, diagnose_curves, diagnose_folds
from seqspec.training.records import leaks_in
from seqspec.training.report import sections
from tests.training.specs import samples, spec


def kinds(loss, val=None, evaluation=None, findings=()):
    history = {"loss": loss, **({"val_loss": val} if val else {})}
    found = diagnose_curves(history, evaluation or {}, [{"name": name} for name in findings])
    return {each.kind: list(each.related) for each in found}


def test_related_findings_are_rules():
    assert {name for names in RELATED.values() for name in names} <= set(CODES)


def test_the_findings_of_folds_are_those_of_the_kind_that_most_folds_show():
    run = SimpleNamespace(history={}, evaluation={}, spec={})
    folds = [[Diagnosis("shift", "b"), Diagnosis("unfinished", "a", ["few-updates"])]] * 3
    found = {each.kind: list(each.related) for each in diagnose_folds(run, folds)}
    assert found == {"unfinished": ["few-updates"], "shift": []}


def test_curves():
    falling = [1.0, 0.6, 0.5, 0.45, 0.44, 0.439, 0.4389, 0.4388]
    assert kinds(falling, [1.1, 0.7, 0.6, 0.56, 0.55, 0.55, 0.55, 0.55]) == {"fine": []}
    rising = [1.0, 0.7, 0.6, 0.62, 0.7, 0.8, 0.9, 1.0]
    found = kinds(falling, rising, findings=["overparameterized", "few-updates"])
    assert found == {"overfitting": ["overparameterized"]}
    assert kinds([1.0, 1.5, 3.0], findings=["learning-rate-too-high"]) == {"diverging": ["learning-rate-too-high"]}
    assert kinds([1.0, 0.8, 0.6, 0.45, 0.3, 0.2]) == {"unfinished": []}
    assert kinds([1.0, 0.8, 0.7], [1.0, 0.9, 0.8]) == kinds([1.0]) == kinds([]) == {"undecided": []}
    [alone] = diagnose_curves({"loss": falling}, {}, [])
    assert alone.kind == "fine" and "without validation data" in alone.text
    assert kinds([0.5, 0.01, 0.008, 0.006, 0.004, 0.003, 0.002, 0.0015]) == {"fine": []}


@pytest.mark.parametrize(("own", "expected"), [(0.51, {"underfitting"}), (0.9, {"fine"})])
def test_against_the_baseline(own, expected):
    evaluation = {"test": {"classes": {"accuracy": own, "baseline": {"accuracy": 0.5}}}}
    assert set(kinds([1.0, 0.99, 0.989, 0.989], evaluation=evaluation)) == expected


@pytest.mark.parametrize(("trained", "bias", "expected"), [
    (172.0, 563.0, "shift"), (172.0, -563.0, "shift"), (172.0, 20.0, "overfitting"), (450.0, 563.0, "underfitting"),
])  # fmt: skip
def test_a_good_error_in_training_is_not_underfitting(trained, bias, expected):
    """A regression that is worse than the mean on the test set; the error in training is that of the used epoch."""
    residuals = {"mae": 565.0, "rmse": 900.0, "bias": bias, "baseline": {"median_mae": 459.0, "mean_rmse": 890.0}}
    history = {"loss": [1.0, 0.5, 0.49, 0.489], "mae": [600.0, trained, 1.0, 1.0]}
    evaluation = {"restored": 2, "test": {"samples": 9, "metrics": {}, "residuals": residuals}}
    [found] = diagnose_curves(history, evaluation, [])
    assert found.kind == expected and ("in training the error is 172" in found.text) == (expected != "underfitting")
    if expected == "shift":
        assert f"the predictions are 563 too {'high' if bias > 0 else 'low'} on average" in found.text


@pytest.mark.parametrize(("metrics", "mae", "rmse", "expected"), [
    (["mae"], 95.0, 300.0, "underfitting"), (["mae"], 95.0, 150.0, "undecided"), (["mae"], 85.0, 300.0, "fine"),
    (["rmse"], 95.0, 150.0, "fine"), (["mse"], 85.0, 300.0, "underfitting"), ([], 95.0, 300.0, "underfitting"),
])  # fmt: skip
def test_a_regression_is_compared_with_the_best_constant_for_its_measure(metrics, mae, rmse, expected):
    """Of skewed labels the median has the smaller absolute error, the mean the smaller squared one."""
    base = {"median_mae": 90.0, "mean_mae": 110.0, "mean_rmse": 200.0}
    residuals = {"mae": mae, "rmse": rmse, "bias": 0.0, "baseline": base}
    evaluation = {"test": {"samples": 9, "metrics": dict.fromkeys(metrics, 1.0), "residuals": residuals}}
    [found] = diagnose_curves({"loss": [1.0, 0.5, 0.49, 0.489]}, evaluation, [])
    assert found.kind == expected
    if expected != "fine":
        what, error = ("mean", 200) if metrics == ["mse"] else ("median", 90)
        assert f"predicting the {what} of the training labels reaches {error}" in found.text


def test_the_interval_of_a_regression_is_compared_with_the_median():
    interval = {"value": 95.0, "low": 91.0, "high": 99.0, "method": "bootstrap", "level": 0.95}
    residuals = {"mae": 95.0, "rmse": 300.0, "baseline": {"median_mae": 90.0, "mean_mae": 110.0, "mean_rmse": 310.0}}
    compared = compared_with_baseline({"samples": 9, "metrics": {"mae": 95.0}, "residuals": residuals,
                                       "intervals": {"mae": interval}})  # fmt: skip
    assert compared.text == "better than the median of the training labels (90): no, the interval 91–99 is above it"


def class_rows(confusion):
    names = "ab"
    return [{"class": names[row], "samples": sum(counts), "precision": 0.9, "recall": 0.9, "f1": 0.9}
            for row, counts in enumerate(confusion)]  # fmt: skip


@pytest.mark.parametrize(("confusion", "more", "text"), [
    ([[0, 20], [0, 80]], {"threshold": {"value": 0.17}}, "all samples are predicted as b at the threshold 0.17"),
    ([[20, 0], [10, 70]], {"log_loss": 0.9}, "the probabilities are worse than the shares of the classes in training: "
                                             "log loss 0.9, that of the shares is 0.5"),
])  # fmt: skip
def test_a_classifier_that_predicts_one_class_or_bad_probabilities_is_not_fine(confusion, more, text):
    classes = {"accuracy": 0.9, "baseline": {"accuracy": 0.8, "log_loss": 0.5}, "confusion": confusion,
               "per_class": class_rows(confusion), "calibration": {}, **more}  # fmt: skip
    evaluation = {"test": {"samples": 100, "metrics": {}, "classes": classes}}
    [found] = diagnose_curves({"loss": [1.0, 0.5, 0.49, 0.489]}, evaluation, [])
    assert (found.kind, found.text) == ("undecided", f"test set: {text}")
    assert [note.partition(";")[0] for note in class_notes(classes)] == [text]


def test_few_samples_of_a_class_are_said():
    def notes(*samples):
        rows = [{"class": name, "samples": count} for name, count in zip("abc", samples)]
        return class_notes({"accuracy": 1.0, "per_class": rows})

    assert notes(96, 4) == ["few samples of a class: 4 of b; its precision and recall are uncertain"]
    assert notes(990, 10) == notes(6, 12, 12) == []


def test_a_good_accuracy_in_training_is_not_underfitting():
    evaluation = {"test": {"classes": {"accuracy": 0.51, "baseline": {"accuracy": 0.5}}}}
    for accuracy, expected in ((0.95, "overfitting"), (0.52, "underfitting")):
        history = {"loss": [1.0, 0.99, 0.989, 0.989], "accuracy": [0.5, 0.5, 0.5, accuracy]}
        assert [each.kind for each in diagnose_curves(history, evaluation, [])] == [expected]


FLAT = [1.0, 0.6, 0.5, 0.45, 0.44, 0.439]


@pytest.mark.parametrize(("own", "high", "trained", "findings", "expected"), [
    (0.45, 0.48, 0.95, [], "overfitting"), (0.9, 0.92, 0.99, [], "fine"), (0.55, 0.9, 0.95, [], "fine"),
    (0.35, 0.38, 0.45, [], "fine"), (0.15, 0.18, 0.68, ["lagging-moving-statistics"], "not learned"),
    (0.15, 0.18, 0.16, ["lagging-moving-statistics"], "not learned"), (0.15, 0.18, 0.16, [], "underfitting"),
])  # fmt: skip
def test_the_same_epoch_of_training_and_validation(own, high, trained, findings, expected):
    result = {
        "metrics": {}, "intervals": {"accuracy": {"low": own, "high": high}},
        "classes": {"accuracy": own, "baseline": {"accuracy": 0.1}},
    }  # fmt: skip
    evaluation = {"test": result, "model": "best", "best": {"epoch": 2}}
    history = {"loss": FLAT, "accuracy": [0.2, trained, 1.0, 1.0, 1.0, 1.0]}
    [found] = diagnose_curves(history, evaluation, [{"name": name} for name in findings])
    assert found.kind == expected
    assert found.related == (findings if expected != "fine" else ())
    if expected == "overfitting" or trained == 0.68:
        assert f"in training it is {trained:.1%} at epoch 2" in found.text


@pytest.mark.parametrize(
    ("own", "trained", "expected"), [(9.0, 2.0, "overfitting"), (3.0, 1.0, "fine"), (9.0, 8.5, "fine")]
)
def test_a_regression_that_is_good_in_training_only(own, trained, expected):
    residuals = {"mae": own, "rmse": own, "bias": 0.0, "baseline": {"median_mae": 10.0}}
    evaluation = {"test": {"metrics": {"mae": own}, "residuals": residuals}}
    [found] = diagnose_curves({"loss": FLAT, "mae": [trained] * 6}, evaluation, [])
    assert found.kind == expected


def test_results_beside_a_leak_are_in_doubt(capsys):
    classes = {"accuracy": 0.9, "baseline": {"accuracy": 0.5, "majority_class": "a"}}
    interval = {"value": 0.9, "low": 0.8, "high": 0.95, "method": "wilson", "level": 0.95}
    result = {"samples": 90, "metrics": {}, "classes": classes, "intervals": {"accuracy": interval}}
    finding = {"code": "SEQ930", "name": "single-predictor", "severity": "warning"}
    show_evaluation("test", result, echo_visible, leaks_in([finding, {**finding, "severity": "info"}]))
    doubted = "better than the majority class (0.5): in doubt, the check warns of leaks (SEQ930)"
    assert doubted in capsys.readouterr().out and doubted in "".join(sections.results({"test": result}, ["SEQ930"]))
    TextOutput(has_bar=False)("evaluation", {"test": result, "leaks": ["SEQ930"]})
    assert doubted in capsys.readouterr().out
    show_evaluation("test", result, echo_visible)
    assert "(0.5): yes, the interval" in capsys.readouterr().out


def test_majority_class_with_a_good_ranking_lacks_a_threshold():
    classes = {"accuracy": 0.86, "baseline": {"accuracy": 0.86}, "per_class": []}

    def found(area, **more):
        evaluation = {"test": {"samples": 100, "metrics": {"AUC": area}, "classes": {**classes, **more}}}
        return diagnose_curves({"loss": [1.0, 0.9, 0.8, 0.7, 0.69, 0.69]}, evaluation, [])

    [undecided] = found(0.73)
    assert undecided.kind == "undecided" and "choose a threshold in [report]" in undecided.text
    assert [each.kind for each in found(0.51)] == ["underfitting"]
    assert [each.kind for each in found(0.73, threshold={"value": 0.3})] == ["fine"]


def test_leaks_leave_the_verdict_undecided():
    falling = {"loss": [1.0, 0.6, 0.5, 0.45, 0.44, 0.439, 0.4389, 0.4388]}
    leak = {"name": "single-predictor", "severity": "warning"}
    [found] = diagnose_curves(falling, {}, [leak, {"name": "time-in-random-split", "severity": "info"}])
    assert (found.kind, list(found.related)) == ("undecided", ["single-predictor"])
    assert [each.kind for each in diagnose_curves(falling, {}, [{**leak, "severity": "info"}])] == ["fine"]


def test_one_class_alone_is_not_underfitting():
    evaluation = {"test": {"classes": {"accuracy": 1.0, "baseline": {"accuracy": 1.0}}}}
    assert kinds([1.0, 0.99, 0.989, 0.989], evaluation=evaluation) == {"fine": []}


PLOTS = ["history", "confusion", "calibration", "learning_rate", "predictions"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def plotted(tree, x, y, folder):
    tree = {**tree, "report": {"filepath": str(folder / "result.json"), "plots": PLOTS}}
    run = seqspec.train(tree, {"train": (x, y), "test": (x, y)}, runs=folder)
    return run, {path.stem for path in (run.path / "plots").glob("*.svg")}


@pytest.mark.needs("matplotlib")
def test_class_maps_have_no_plot_of_one_class_per_image(tmp_path):
    """Segmentation is reported like other models, without what needs one class per sample."""
    generator = np.random.default_rng(1)
    x, y = generator.normal(size=(12, 8, 8, 1)).astype("float32"), generator.integers(0, 3, (12, 8, 8))
    layer = {"type": "Conv2D", "filters": 3, "kernel_size": 1, "activation": "softmax"}
    target = {"kind": "multiclass", "classes": 3, "shape": [8, 8]}
    run, plots = plotted(spec([layer], (8, 8, 1), target=target), x, y, tmp_path)
    assert plots == {"history", "confusion", "calibration"} and (run.path / "report.html").exists()


@pytest.mark.needs("matplotlib")
def test_predictions_of_logits(tmp_path):
    """A plotted image has the class that its logit stands for: 0.2 is above a probability of 0.5."""
    x = np.ones((6, 8, 8, 1), "float32")
    y = np.array([1, 1, 1, 1, 1, 0])
    layers = ["Flatten", {"type": "Dense", "units": 1, "kernel_initializer": "zeros",
                          "bias_initializer": {"type": "Constant", "value": 0.2}}]  # fmt: skip
    tree = spec(
        layers, (8, 8, 1), target={"kind": "binary", "names": ["cat", "dog"]}, fit={"epochs": 1},
        compile={"optimizer": "sgd(1e-9)", "loss": {"type": "BinaryCrossentropy", "from_logits": True}},
    )  # fmt: skip
    run, plots = plotted(tree, x, np.array(["cat", "dog"], object)[y], tmp_path)
    assert "predictions" in plots
    text = (run.path / "plots" / "predictions.svg").read_text()
    assert text.count(">dog<") == 5 and text.count(">dog, not cat<") == 1


def test_the_report_has_the_findings_about_the_data(tmp_path):
    """As `check --data`: rules that need measured data, and leakage; a regression has its residuals."""
    x, _ = samples(60)
    # Not the sum of the columns, which is a finding of its own.
    y = np.abs(x).sum(axis=1, keepdims=True)
    tree = spec(
        [{"type": "Dense", "units": 1}], target={"kind": "regression"}, compile={"loss": "mse"},
        fit={"epochs": 1, "batch_size": 512},
    )  # fmt: skip
    events = {}
    run = seqspec.train(tree, {"train": (x, y), "test": (x, y)}, runs=tmp_path, html=True, report=events.__setitem__)
    assert events["evaluation"]["leaks"] == ["SEQ907"]
    text = (run.path / "report.html").read_text()
    assert "batch-size-exceeds-samples" in text and "sample-leakage" in text
    residuals = run.evaluation["test"]["residuals"]
    assert "Residuals (test set)" in text and f"<td>{residuals['bias']:.4g}</td>" in text
    result = CliRunner().invoke(cli, ["evaluate", str(run.path)])
    assert result.exit_code == 2 and "came from Python" in result.stderr


@pytest.mark.needs("matplotlib")
def test_class_names_in_any_script(tmp_path, recwarn):
    """The font of matplotlib lacks some characters, which is not reported as a warning; browsers have them."""
    x, y = samples(60)
    names = np.array(["日本 語", "naïve", "🐧"], object)
    run, _ = plotted(spec(fit={"epochs": 1}), x, names[y], tmp_path)
    assert "日本 語" in (run.path / "plots" / "confusion.svg").read_text()
    assert not [each for each in recwarn if "Glyph" in str(each.message)]


def test_the_report_stands_alone(tmp_path, monkeypatch):
    """One file with its charts, without matplotlib; [report] plots are files beside it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    x, y = samples(150)
    tree = spec(fit={"epochs": 3}, report={"filepath": str(tmp_path / "result.json")})
    sets = {"train": (x[:100], y[:100]), "test": (x[100:], y[100:])}
    run = seqspec.train(tree, sets, runs=tmp_path, allow_output=[tmp_path])
    text = (run.path / "report.html").read_text()
    # Loss, accuracy, calibration.
    assert text.count("<svg") == 3 and "Confusion matrix (test set)" in text and "Worst errors" in text
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text) and "@import" not in text and "<script" not in text
    assert (tmp_path / "result.json").exists() and not (run.path / "plots").exists()


@pytest.mark.parametrize(("recalls", "expected"), [((0.7, 0.8), {"fine"}), ((0.49, 0.5), {"underfitting"})])
def test_a_weighted_model_is_compared_by_balanced_accuracy(recalls, expected):
    """Its accuracy can be below that of the majority class although it is useful."""
    rows = [{"recall": recall, "samples": count} for recall, count in zip(recalls, (90, 10))]
    classes = {"accuracy": 0.71, "baseline": {"accuracy": 0.9}, "per_class": rows}
    evaluation = {"test": {"classes": classes, "metrics": {}}}
    history = {"loss": [1.0, 0.99, 0.989, 0.989]}
    assert {each.kind for each in diagnose_curves(history, evaluation, [], weighted=True)} == expected
    assert {each.kind for each in diagnose_curves(history, evaluation, [])} == {"underfitting"}
    del evaluation["test"]["classes"]["per_class"]
    assert {each.kind for each in diagnose_curves(history, evaluation, [], weighted=True)} == {"fine"}


def test_restored_weights_are_not_overfitted() -> None:
    history = {"loss": [1.0, 0.8, 0.6, 0.4, 0.3, 0.2], "val_loss": [1.0, 0.8, 0.7, 0.9, 1.1, 1.4]}
    assert diagnose_curves(history, {}, [])[0].kind == "overfitting"
    [fine] = diagnose_curves(history, {"model": "final", "epochs": 6, "restored": 3}, [])
    assert (fine.kind, fine.text) == ("fine", "the validation loss rises after epoch 3, whose weights the model has")
    best = {"model": "best", "epochs": 6, "best": {"epoch": 3, "val_loss": 0.7}}
    assert diagnose_curves(history, best, [])[0].kind == "fine"


def test_a_column_can_have_nearly_all_importance():
    from seqspec.training.report.importance import Importance

    def dominant(**increases):
        return Importance("log loss", 0.1, 900, "validation", increases).dominant

    assert dominant(refund=2.0, a=0.1, b=0.02, c=-0.1) == "refund"
    assert dominant(refund=2.0, a=0.5, b=0.02, c=-0.1) is dominant(refund=2.0, a=0.1) is None


def test_a_column_with_nearly_all_importance_is_named_by_the_verdict(tmp_path):
    """The label is one of four columns."""
    x = np.random.default_rng(0).normal(size=(300, 4)).round(3)
    with open(tmp_path / "data.csv", "w") as file:
        file.write("a,b,c,d,y\n")
        file.writelines(f"{','.join(map(str, row))},{2 * row[1]}\n" for row in x.tolist())
    tree = spec(
        [{"type": "Dense", "units": 1}], [4], target={"kind": "regression"},
        compile={"optimizer": "adam(0.1)", "loss": "mse"}, fit={"epochs": 30},
        data={"source": {"type": "table", "path": str(tmp_path / "data.csv"), "label": "y"},
              "split": {"by": "random", "validation": 0.2, "test": 0.2}},
    )  # fmt: skip
    said = []
    run = seqspec.train(
        tree, runs=tmp_path / "runs", allow_data=[tmp_path], html=True,
        report=lambda event, fields: said.extend(fields["diagnoses"] if event == "verdict" else ()),
    )  # fmt: skip
    assert said[-1]["kind"] == "undecided" and "fine" not in [each["kind"] for each in said]
    assert said[-1]["text"].startswith("nearly all of the importance is that of b: is it known when the prediction")
    assert said[-1]["text"] in (run.path / "report.html").read_text()


def test_the_baselines_of_earlier_runs_are_shown(capsys):
    residuals = {"mae": 1.0, "rmse": 2.0, "bias": 0.0, "baseline": {"mean_mae": 3.0, "last_value_mae": 4.0}}
    show_evaluation("test", {"samples": 9, "metrics": {"mae": 1.0}, "residuals": residuals}, echo_visible)
    assert "; mean of the training labels: mae 3, last value: mae 4" in capsys.readouterr().out
