"""Examples train on real data that ships inside packages, and reach a bar well below what was measured."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import seqspec

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bar"), [("digits_cnn", 0.95), ("breast_cancer", 0.92)])
def test_accuracy(tmp_path, monkeypatch, name, bar):
    for file in ("make_data.py", f"{name}.seqspec.toml"):
        shutil.copy(ROOT / "examples" / file, tmp_path / file)
    data = name.removesuffix("_cnn")
    subprocess.run([sys.executable, "make_data.py", data], cwd=tmp_path, check=True, env={**os.environ})
    monkeypatch.chdir(tmp_path)
    run = seqspec.train(tmp_path / f"{name}.seqspec.toml")
    assert run.evaluation["test"]["metrics"]["accuracy"] >= bar
    assert run.evaluation["test"]["classes"]["baseline"]["accuracy"] < bar - 0.2
