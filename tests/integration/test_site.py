"""The documentation site: it builds without a warning, offline, its links lead somewhere, and axe finds nothing."""

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
import time
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import seqspec
import seqspec.plugins
from tests.requirements import missing, tool

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "editors/playground/node_modules/axe-core/axe.min.js"
PAGES = (
    "index.html",
    "quickstart.html",
    "tutorials/tabular.html",
    "reference/cli.html",
    "reference/api.html",
    "rules/wrong-rank.html",
)
SECONDS = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    # Whatever is asked of the network fails at once.
    env = {
        **os.environ,
        "NO_MKDOCS_2_WARNING": "1",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    begin = time.process_time()
    usage = os.times()
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    after = os.times()
    assert done.returncode == 0, done.stdout + done.stderr
    # Processor time: other tests run beside this one.
    assert after.children_user - usage.children_user + time.process_time() - begin < SECONDS
    return folder


def test_links_and_anchors_lead_somewhere(site):
    anchors, links = {}, []
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        anchors[path] = set(re.findall(r'\bid="([^"]+)"', text))
        if path.name != "404.html":
            links += [(path, unescape(link)) for link in re.findall(r'\b(?:href|src)="([^"]+)"', text)]
    broken = set()
    for path, link in links:
        if re.match(r"[a-z]+:", link):
            continue
        target, anchor = urldefrag(link)
        found = (path.parent / unquote(target)).resolve() if target else path
        found = found / "index.html" if found.is_dir() else found
        if not found.exists() or (anchor and found in anchors and unquote(anchor) not in anchors[found]):
            broken.add((path.name, link))
    assert not broken


def test_nothing_is_loaded_from_elsewhere(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(
            r'<(?:script|img|iframe)[^>]* src="https?:|<link[^>]* rel="stylesheet"[^>]*"https?:', text
        )


def test_every_public_name_is_in_the_reference(site):
    text = (site / "reference/api.html").read_text(encoding="utf-8")
    plugins = {f"plugins.{name}" for name in seqspec.plugins.__all__ if name not in seqspec.__all__}
    names = {*seqspec.__all__, *plugins, "testing.assert_checks"}
    assert {name for name in names if f'id="seqspec.{name}"' not in text} == {"__version__"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(site, scheme):
    if not AXE.is_file():
        missing("axe-core", "scripts/ci-tools")
    chromium = tool("chromium")
    from playwright.sync_api import sync_playwright

    handler = functools.partial(Quiet, directory=str(site))
    found = {}
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(color_scheme=scheme)
        for name in PAGES:
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/{name}")
            page.add_script_tag(path=AXE)
            result = page.evaluate("axe.run()")
            found[name] = [(each["id"], each["nodes"][0]["html"][:200]) for each in result["violations"]]
        browser.close()
        server.shutdown()
    assert found == {name: [] for name in PAGES}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_):
        pass
