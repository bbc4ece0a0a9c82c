"""Examples train on real data that ships inside packages, and reach the figures of examples/README.md."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import seqspec
from tests import ROOT
from tests.requirements import package

BARS = {
    "digits_cnn": ("sklearn", 0.96), "breast_cancer": ("sklearn", 0.94), "penguins": ("palmerpenguins", 0.93),
    "tones_audio": (None, 0.95), "reviews_text": (None, 0.95),
}  # fmt: skip
"""What the data ships in, and the accuracy on the test set."""


def train(folder, monkeypatch, name, data, needs, settings=()):
    if needs is not None:
        package(needs)
    for file in ("make_data.py", f"{name}.seqspec.toml"):
        shutil.copy(ROOT / "examples" / file, folder / file)
    subprocess.run([sys.executable, "make_data.py", *data], cwd=folder, check=True, env={**os.environ})
    monkeypatch.chdir(folder)
    return seqspec.train(folder / f"{name}.seqspec.toml", settings=settings).evaluation["test"]


@pytest.mark.slow
@pytest.mark.parametrize("name", BARS)
def test_accuracy(tmp_path, monkeypatch, name):
    needs, bar = BARS[name]
    found = train(tmp_path, monkeypatch, name, [re.sub("_(cnn|audio|text)$", "", name)], needs)
    assert found["metrics"]["accuracy"] >= bar
    assert found["classes"]["baseline"]["accuracy"] < bar - 0.2


@pytest.mark.slow
def test_forecast(tmp_path, monkeypatch):
    found = train(tmp_path, monkeypatch, "co2_forecast", ["co2"], "statsmodels")["residuals"]
    assert found["mae"] <= found["baseline"]["last_value_mae"] / 2


@pytest.mark.slow
def test_backbone_in_two_stages(tmp_path, monkeypatch):
    weights = f"vars.weights={tmp_path / 'data' / 'backbone.weights.h5'}"
    found = train(tmp_path, monkeypatch, "faces_transfer", ["faces", "backbone"], "skimage", [weights])
    assert found["metrics"]["accuracy"] >= 0.8


def test_every_example_that_trains_is_in_the_readme():
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples").glob("*.seqspec.*"):
        assert path.name in text
    assert set(BARS) | {"co2_forecast", "faces_transfer"} == {
        path.name.partition(".")[0]
        for path in (ROOT / "examples").glob("*.toml")
        if "[data.source]" in path.read_text()
    }
