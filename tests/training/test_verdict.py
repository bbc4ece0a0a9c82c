"""What the curves of a run are said to show, and the report and plots of a run."""

import re

import pytest

import seqspec
from seqspec.diagnostics.codes import CODES
from seqspec.training.verdict import RELATED, verdicts
from tests.training.specs import samples, spec


def kinds(loss, val=None, evaluation=None, findings=()):
    history = {"loss": loss, **({"val_loss": val} if val else {})}
    found = verdicts(history, evaluation or {}, [{"name": name} for name in findings])
    return {each.kind: list(each.related) for each in found}


def test_related_findings_are_rules():
    assert {name for names in RELATED.values() for name in names} <= set(CODES)


def test_curves():
    falling = [1.0, 0.6, 0.5, 0.45, 0.44, 0.439, 0.4389, 0.4388]
    assert kinds(falling, [1.1, 0.7, 0.6, 0.56, 0.55, 0.55, 0.55, 0.55]) == {"fine": []}
    rising = [1.0, 0.7, 0.6, 0.62, 0.7, 0.8, 0.9, 1.0]
    found = kinds(falling, rising, findings=["overparameterized", "few-updates"])
    assert found == {"overfitting": ["overparameterized"]}
    assert kinds([1.0, 1.5, 3.0], findings=["learning-rate-too-high"]) == {"diverging": ["learning-rate-too-high"]}
    assert kinds([1.0, 0.8, 0.6, 0.45, 0.3, 0.2]) == {"unfinished": []}
    assert kinds([0.5, 0.01, 0.008, 0.006, 0.004, 0.003, 0.002, 0.0015]) == {"fine": []}


@pytest.mark.parametrize(("own", "expected"), [(0.51, {"underfitting"}), (0.9, {"fine"})])
def test_against_the_baseline(own, expected):
    evaluation = {"test": {"classes": {"accuracy": own, "baseline": {"accuracy": 0.5}}}}
    assert set(kinds([1.0, 0.99, 0.989, 0.989], evaluation=evaluation)) == expected


def test_the_report_stands_alone(tmp_path):
    x, y = samples(150)
    tree = spec(fit={"epochs": 3}, report={"filepath": str(tmp_path / "result.json")})
    run = seqspec.train(tree, {"train": (x[:100], y[:100]), "test": (x[100:], y[100:])}, runs=tmp_path)
    text = (run.path / "report.html").read_text()
    assert text.count("<svg") == 3 and "currentColor" in text
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text) and "@import" not in text and "<script" not in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {path.name for path in (run.path / "plots").iterdir()} == {
        f"{name}.{suffix}" for name in ("history", "confusion", "calibration") for suffix in ("svg", "png")
    }
    assert (tmp_path / "result.json").exists()
