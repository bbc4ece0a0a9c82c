"""Training from the page: requests that are rejected, and a real run with its curves."""

import random
import re

import pytest

from seqspec.editor.playground import train_requests as training
from tests.editor.playground.conftest import looking, serving
from tests.requirements import optional_module

pytestmark = pytest.mark.needs("playwright", "chromium", "page")
expect = optional_module("playwright.sync_api").expect

SPEC = """seqspec = 1

[model]
input = [4]
layers = [
  { type = "Dense", units = 16, activation = "relu" },
  { type = "Dense", units = 3, activation = "softmax" },
]

[target]
kind = "multiclass"
classes = 3

[compile]
optimizer = "adam(0.02)"
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]

[fit]
epochs = 3
batch_size = 16

[data]
source = { type = "table", path = "flowers.csv", features = ["a", "b", "c", "d"], label = "species" }
split = { by = "random", train = 0.6, validation = 0.2, test = 0.2 }

[runtime]
seed = 7
"""
START = 180_000
"""Milliseconds for TensorFlow to start on a busy machine."""


@pytest.fixture
def file(tmp_path):
    """A spec with its data, in a folder of its own."""
    folder = tmp_path / "served"
    folder.mkdir()
    draw = random.Random(1)
    rows = [
        ",".join([*(f"{draw.gauss(kind, 0.5):.2f}" for _ in range(4)), f"kind {kind}"])
        for kind in range(3)
        for _ in range(40)
    ]
    (folder / "flowers.csv").write_text("\n".join(["a,b,c,d,species", *rows]) + "\n")
    path = folder / "model.seqspec.toml"
    path.write_text(SPEC)
    return path


def test_a_small_data_set_in_the_folder_is_trained(file):
    assert training.refusal(file) is None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"flowers.csv"', '"../flowers.csv"', "outside the folder"),
        ('"flowers.csv"', '"/etc/passwd"', "outside the folder"),
        ('"flowers.csv"', '"~/flowers.csv"', "outside the folder"),
        ('"flowers.csv"', '"link.csv"', "outside the folder"),
        ('"relu"', '"rellu"', "has errors"),
        ("[runtime]", '[save]\nfilepath = "../model.keras"\n\n[runtime]', "outside the folder"),
        ("[runtime]", '[report]\nfilepath = "/tmp/report.json"\n\n[runtime]', "outside the folder"),
    ],
)
def test_files_outside_the_folder_are_refused(file, old, new, why):
    outside = file.parent.parent / "flowers.csv"
    outside.write_text((file.parent / "flowers.csv").read_text())
    (file.parent / "link.csv").symlink_to(outside)
    text = SPEC.replace(old, new)
    assert text != SPEC
    file.write_text(text)
    assert why in training.refusal(file)


def test_training_refuses_missing_and_large_data(file, monkeypatch):
    monkeypatch.setattr(training, "MAX_DATA_BYTES", 1000)
    assert "larger than" in training.refusal(file)
    file.write_text(SPEC[: SPEC.index("[data]")])
    assert "no [data]" in training.refusal(file)


@pytest.mark.slow
def test_a_run_with_its_curves_and_the_run_before(browser, file):
    with serving(file, cwd=file.parent) as (address, _), looking(browser, address) as page:
        page.set_default_timeout(START)
        page.click("#tab-training")
        panel = page.locator("#panel-training")
        # Nothing runs before the button is pressed.
        assert not (file.parent / "runs").exists()
        panel.get_by_role("button", name="Train").click()
        expect(panel.get_by_role("status")).to_contain_text("Done.", timeout=START)
        run = next((file.parent / "runs").iterdir())
        expect(panel.get_by_role("status")).to_contain_text(run.name)
        assert (run / "model.keras").is_file()
        picture = panel.get_by_role("img", name=re.compile("^loss by epoch"))
        assert len(picture.locator("polyline.now").first.get_attribute("points").split()) == 3
        assert "no run before" in panel.locator("table").inner_text()

        # A long run beside the one before, which is then stopped.
        file.write_text(SPEC.replace("epochs = 3", "epochs = 5000"))
        page.locator("#notice >> text=was reloaded").wait_for()
        panel.get_by_role("button", name="Train").click()
        expect(panel.get_by_role("status")).to_contain_text("of 5000", timeout=START)
        expect(picture.locator("polyline.before").first).to_be_attached()
        expect(panel.locator(".key.before").first).to_contain_text("run before")
        panel.get_by_role("button", name="Stop").click()
        expect(panel.get_by_role("status")).to_contain_text("Stopped", timeout=START)
        expect(panel.get_by_role("button", name="Train")).to_be_visible()
        assert len(list((file.parent / "runs").iterdir())) == 2


@pytest.mark.slow
def test_page_shows_errors_of_runs(browser, file):
    with serving(file, cwd=file.parent) as (address, _), looking(browser, address) as page:
        page.set_default_timeout(START)
        (file.parent / "flowers.csv").write_text("a,b,c,d\n1,2,3,4\n")
        page.click("#tab-training")
        panel = page.locator("#panel-training")
        panel.get_by_role("button", name="Train").click()
        expect(panel.get_by_role("status")).to_contain_text("The run failed", timeout=START)
        expect(panel.locator("pre")).to_contain_text("species")
