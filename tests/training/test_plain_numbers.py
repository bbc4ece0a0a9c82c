"""Results in the unit of the labels, and large ones in full."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqspec import load_run, train
from seqspec.training.commands.training_console import show_evaluation
from seqspec.training.comparison.plain_numbers import plain


@pytest.mark.parametrize(("value", "text"), [
    (190312.4, "190,312"), (-10000, "-10,000"), (9999.9, "10,000"), (1903.4, "1903"), (0.12345, "0.1235"),
    (3e14, "3e+14"), (1e-7, "1e-07"), (float("inf"), "inf"), (float("nan"), "nan"),
])  # fmt: skip
def test_plain_numbers(value: float, text: str) -> None:
    assert plain(value) == text


@pytest.mark.slow
def test_prices_have_their_unit(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 2)).astype("float32")
    y = (200_000 + 60_000 * x[:, 0] + 20_000 * generator.normal(size=300)).astype("float32")
    tree = {
        "seqspec": 1,
        "model": {"input": [2], "layers": [{"type": "Dense", "units": 1}]},
        "target": {"kind": "regression", "unit": "€"},
        "compile": {"optimizer": "adam(0.01)", "loss": "mse", "metrics": ["mae"]},
        "fit": {"epochs": 1},
        "report": {},
        "runtime": {"seed": 7},
    }
    run = train(tree, {"train": (x[:200], y[:200]), "test": (x[200:], y[200:])}, runs=tmp_path)
    error = run.evaluation["test"]["residuals"]["mae"]
    assert error > 10_000
    lines: list[str] = []
    show_evaluation("test", run.evaluation["test"], lambda line, _=None: lines.append(line))
    assert any(f"mae {error:,.0f} €" in line for line in lines)
    assert "e+0" not in "".join(line for line in lines if "loss" not in line)
    page = (run.path / "report.html").read_text()
    assert f"<td>{error:,.0f}</td>" in page
    assert "Residuals (test set, €)" in page
    assert "prediction (€)" in page
    found = load_run(run.path).evaluate(data=(x[200:], y[200:]))
    assert all(each["residuals"]["unit"] == "€" for each in found.values())
