"""axe finds nothing in the pages that seqspec writes (diagram, comparison, report) and serves (playground)."""

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from tests.editor.playground.conftest import FLAGS, PATIENCE, TEXT, serving
from tests.integration.test_site import AXE
from tests.requirements import program_path

pytestmark = pytest.mark.needs("playwright", "chromium", "page", "axe-core")

BROKEN = TEXT.replace('"relu"', '"rellu"').replace("units = 10", "units = 0")


@pytest.fixture(scope="module")
def browser():
    chromium = program_path("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


def violations(browser, address, before=lambda page: None):
    found = []
    for scheme in ("light", "dark"):
        # The page's own policy would refuse the script of axe.
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        before(page)
        page.add_script_tag(path=AXE)
        result = page.evaluate("axe.run({exclude: [['.monaco-editor']]})")
        found += [(scheme, each["id"], each["nodes"][0]["html"][:200]) for each in result["violations"]]
        context.close()
    return found


@pytest.mark.parametrize("text", [TEXT, BROKEN], ids=["right", "wrong"])
def test_a_diagram(browser, tmp_path, text):
    spec = tmp_path / "model.toml"
    spec.write_text(text)
    page = tmp_path / "model.html"
    page.write_text(seqspec.plot(spec).html(), encoding="utf-8")
    assert violations(browser, page.as_uri()) == []


def test_a_comparison(browser, tmp_path):
    one, other, page = tmp_path / "one.toml", tmp_path / "other.toml", tmp_path / "diff.html"
    one.write_text(TEXT)
    other.write_text(TEXT.replace("filters = 8", "filters = 16"))
    done = CliRunner().invoke(cli, ["diff", str(one), str(other), "--html", "-o", str(page)])
    assert page.is_file(), done.output
    assert violations(browser, page.as_uri()) == []


@pytest.mark.slow
def test_a_report(browser, tmp_path, monkeypatch):
    import numpy as np

    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(90, 4)).astype("float32")
    spec = {
        "seqspec": 1,
        "model": {"input": [4], "layers": [{"type": "Dense", "units": 3, "activation": "softmax"}]},
        "target": {"kind": "multiclass", "classes": 3},
        "compile": {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
        "fit": {"epochs": 2},
        "runtime": {"seed": 1},
    }
    run = seqspec.train(spec, {"train": (x, np.arange(90) % 3), "test": (x, np.arange(90) % 3)}, html=True)
    assert violations(browser, (run.path / "report.html").resolve().as_uri()) == []


@pytest.mark.slow
@pytest.mark.parametrize("tab", ["model", "findings", "python", "training"])
def test_the_playground(browser, tmp_path, tab):
    file = tmp_path / "model.seqspec.toml"
    file.write_text(BROKEN)

    def opened(page):
        page.locator(".status:not(:empty)").wait_for()
        page.click(f"#tab-{tab}")

    with serving(file, cwd=tmp_path) as (address, _):
        assert violations(browser, address, opened) == []
