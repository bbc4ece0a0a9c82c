"""Examples train on real data that ships inside packages, and reach the figures of examples/README.md."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import seqspec
from tests import ROOT

BARS = {
    "digits_cnn": (["sklearn"], 0.96), "breast_cancer": (["sklearn"], 0.94), "penguins": (["palmerpenguins"], 0.93),
    "tones_audio": ([], 0.95), "reviews_text": ([], 0.95),
}  # fmt: skip
"""What the data ships in, and the accuracy on the test set."""
EVERY_RUN = ("penguins", "reviews_text")


def copy(folder, monkeypatch, name, data):
    for file in ("make_data.py", f"{name}.seqspec.toml"):
        shutil.copy(ROOT / "examples" / file, folder / file)
    subprocess.run([sys.executable, "make_data.py", *data], cwd=folder, check=True, env={**os.environ})
    monkeypatch.chdir(folder)


def train(folder, monkeypatch, name, data, settings=()):
    copy(folder, monkeypatch, name, data)
    return seqspec.train(folder / f"{name}.seqspec.toml", settings=settings).evaluation["test"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bar"),
    [
        pytest.param(
            name,
            bar,
            id=name,
            marks=[pytest.mark.needs(*needs), *([] if name in EVERY_RUN else [pytest.mark.nightly])],
        )
        for name, (needs, bar) in BARS.items()
    ],
)
def test_example_reaches_its_accuracy(tmp_path, monkeypatch, name, bar):
    found = train(tmp_path, monkeypatch, name, [re.sub("_(cnn|audio|text)$", "", name)])
    assert found["metrics"]["accuracy"] >= bar
    assert found["classes"]["baseline"]["accuracy"] < bar - 0.2


@pytest.mark.needs("statsmodels")
def test_forecast_beats_the_last_season(tmp_path, monkeypatch):
    found = train(tmp_path, monkeypatch, "co2_forecast", ["co2"])["forecast"]
    # Every window is an origin.
    assert (found["origins"], found["season"]) == (92, 12)
    assert found["mae"] <= 0.9 * found["seasonal"] and found["seasonal"] < found["last"]


@pytest.mark.nightly
@pytest.mark.needs("skimage")
def test_transfer_learning_reaches_its_accuracy(tmp_path, monkeypatch):
    weights = f"vars.weights={tmp_path / 'data' / 'backbone.weights.h5'}"
    found = train(tmp_path, monkeypatch, "faces_transfer", ["faces", "backbone"], [weights])
    assert found["metrics"]["accuracy"] >= 0.8


SEARCHES = {"digits_search": (["sklearn"], 0.75), "penguins_search": (["palmerpenguins"], 0.85)}
"""What the data ships in, and the accuracy of the best of two trials on the test set."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bar"),
    [
        pytest.param(
            name, bar, id=name,
            marks=[pytest.mark.needs("optuna", *needs), *([pytest.mark.nightly] if name == "penguins_search" else [])],
        )
        for name, (needs, bar) in SEARCHES.items()
    ],
)  # fmt: skip
def test_example_of_a_search(tmp_path, monkeypatch, name, bar):
    copy(tmp_path, monkeypatch, name, [name.removesuffix("_search")])
    result = seqspec.search(tmp_path / f"{name}.seqspec.toml", trials=2)
    assert [trial.state for trial in result.trials] == ["done", "done"] and not result.rejected
    assert result.test["metrics"]["accuracy"] >= bar


def test_readme_names_every_example():
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples").glob("*.seqspec.*"):
        assert path.name in text
    assert set(BARS) | set(SEARCHES) | {"co2_forecast", "faces_transfer"} == {
        path.name.partition(".")[0]
        for path in (ROOT / "examples").glob("*.toml")
        if "[data.source]" in path.read_text()
    }
