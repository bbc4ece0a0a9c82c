"""The playground without a server: Pyodide runs the checker in the page, which loads files only from its host."""

import functools
import http.server
import threading

import pytest

from tests import ROOT
from tests.editor.playground.conftest import TEXT, looking
from tests.requirements import optional_module

pytestmark = pytest.mark.needs("playwright", "chromium", "page", "serverless page")
expect = optional_module("playwright.sync_api").expect


BUILT = ROOT / "build" / "playground"
START = 120_000
"""Milliseconds for Python to start on a busy machine."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the folder; browsers run modules only as JavaScript."""

    def guess_type(self, path):
        return "text/javascript" if str(path).endswith(".mjs") else super().guess_type(path)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=str(BUILT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="module")
def page(browser, address):
    with looking(browser, address, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.locator(".stack .type >> text=Dense").first.wait_for(timeout=START)
        yield page


def write(page, text):
    """Replaces the document."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("#editor .view-lines").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+v")


def test_the_real_checker_finds_fixes_and_draws(page):
    write(page, TEXT.replace('"relu"', '"rellu"'))
    page.locator(".status >> text=1 error").wait_for()
    page.click("#tab-findings")
    expect(page.locator(".finding .message")).to_have_text('unknown activation "rellu"')
    page.click(".fix")
    page.locator(".status >> text=no findings").wait_for()
    page.click("#tab-model")
    assert page.locator(".flow .shape").all_inner_texts()[1:] == ["(26, 26, 8)", "(5408)", "(10)"]
    page.locator("#editor >> text=/3 layers · .*54,170 parameters/").wait_for()
    page.click("#tab-python")
    page.locator(".code-area .view-line >> text=Sequential").wait_for()
    page.click("#tab-model")


def test_the_document_is_shown_before_python_has_started(browser, address):
    with looking(browser, "about:blank") as page:
        page.route("**/packages.zip", lambda route: None)
        page.goto(address)
        page.locator("#editor .view-line >> text=[vars]").wait_for()
        page.locator("#panel >> text=The checker is starting").wait_for()
        page.unroute_all(behavior="ignoreErrors")


def test_the_picture_is_exported(page):
    with page.expect_download() as found:
        page.select_option(".exports", "svg")
    assert found.value.path().read_text().startswith("<svg")


def test_a_link_holds_the_spec(page):
    write(page, TEXT.replace("units = 10", "units = 12"))
    page.locator(".stack .arguments >> text=units 12").wait_for()
    page.click(".plain >> text=Share")
    page.locator("#notice >> text=nothing was sent").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "#toml=" in link and page.url == link
    page.reload()
    page.locator(".stack .arguments >> text=units 12").wait_for(timeout=START)


def test_serverless_page_names_unchecked_parts(page):
    custom = '[custom.Mine]\nimport = "mine:Mine"\ninput_shape = ["n"]\noutput_shape = ["n"]\n'
    write(page, f'seqspec = 1\n{custom}[model]\ninput = [4]\nlayers = [{{ custom = "Mine" }}]\n')
    page.click("#tab-findings")
    page.locator("#panel-findings >> text=Not checked in the browser: the arguments of custom classes").wait_for()
