"""Fixtures: a headless Chromium, the server under test, and requests that must not occur."""

import contextlib
import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.requirements import program_path, require

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

PATIENCE = 120_000
"""Milliseconds after which something that has not happened on a busy machine is taken to have failed."""

NOTICES_STAY = """
const later = window.setTimeout.bind(window);
window.setTimeout = (run, delay, ...more) => (delay === 6000 ? 0 : later(run, delay, ...more));
"""
"""A notice goes after 6 seconds, which is sooner than a busy machine may look for it: in the tests it stays."""

TEXT = """seqspec = 1

[model] # a comment
input = [28, 28, 1]
layers = [
  { type = "Conv2D", filters = 8, kernel_size = 3, activation = "relu" },
  "Flatten",
  { type = "Dense", units = 10, activation = "softmax" },
]
"""


@pytest.fixture(scope="module")
def browser():
    """One browser for the tests of a module: while it is open, none can run an event loop of its own."""
    require("page")
    chromium = program_path("chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def serving(*args, cwd):
    """`seqspec serve`, and the address that it prints."""
    command = [sys.executable, "-m", "seqspec", "serve", "--no-browser", *map(str, args)]
    # The rules' pages that a language server writes go there too.
    env = {**os.environ, "XDG_CACHE_HOME": str(cwd / "cache")}
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            first = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+/#\S+", first)
            assert address, first + process.stdout.read()
            yield address[0], process
        finally:
            process.terminate()


@contextlib.contextmanager
def looking(browser, address, *, ends=False, **options):
    """A page; at its end it must have asked nobody but this machine, and complained of nothing.

    With `ends` the server ends before the page does, so that the browser may complain of a refused connection.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", **options})
    context.add_init_script(NOTICES_STAY)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    try:
        yield page
    finally:
        context.close()
    assert [words for words in wrong if not (ends and "ERR_CONNECTION_REFUSED" in words)] == []
    assert {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))} == {"127.0.0.1"}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("served") / "model.seqspec.toml"


@pytest.fixture(scope="module")
def address(file):
    file.write_text(TEXT)
    with serving(file, cwd=file.parent) as (address, _):
        yield address


@pytest.fixture
def opened(browser, address, file):
    """Opens the file with a text, and waits until it has been checked."""
    contexts = []

    def open_(text=TEXT, **options):
        file.write_text(text, newline="")
        context = looking(browser, address, **options)
        page = context.__enter__()
        contexts.append(context)
        page.locator(".status:not(:empty)").wait_for()
        return page

    yield open_
    for context in contexts:
        context.__exit__(None, None, None)
