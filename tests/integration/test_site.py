"""The documentation site: it builds without a warning, offline, its links lead somewhere, and axe finds nothing."""

import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

import seqspec
import seqspec.plugins
from tests import ROOT
from tests.editor.playground.conftest import FLAGS
from tests.editor.playground.test_browser import START
from tests.nightly import rest_nightly
from tests.requirements import program_path

pytestmark = pytest.mark.needs("mkdocs", "git")

AXE = ROOT / "editors/playground/node_modules/axe-core/axe.min.js"
PAGES = (
    "index.html",
    "quickstart.html",
    "tutorials/tabular.html",
    "reference/cli.html",
    "reference/api.html",
    "rules/wrong-rank.html",
)
IDENTITY = {f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
CUT = """Array.from(document.querySelectorAll(".language-console code"))
    .filter((block) => block.scrollWidth > block.clientWidth).map((block) => block.innerText)"""
"""The blocks with what commands print that are wider than their place."""
SECONDS = 60
FIRST_SIGHT_BYTES = 500_000


@pytest.fixture(scope="module")
def site(tmp_path_factory):
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


def test_site_loads_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(
            r'<(?:script|img|iframe)[^>]* src="https?:|<link[^>]* rel="stylesheet"[^>]*"https?:', text
        )


def test_reference_has_every_public_name(site):
    text = (site / "reference/api.html").read_text(encoding="utf-8")
    plugins = {f"plugins.{name}" for name in seqspec.plugins.__all__ if name not in seqspec.__all__}
    names = {*seqspec.__all__, *plugins, "testing.assert_checks"}
    assert {name for name in names if f'id="seqspec.{name}"' not in text} == {"__version__"}


@pytest.mark.needs("mike")
@pytest.mark.nightly
def test_texts_for_language_models(site):
    index = (site / "llms.txt").read_text(encoding="utf-8")
    for _, target in re.findall(r"\[([^\]]+)\]\(([^)]+)\)", index):
        assert (site / target).is_file(), target
    assert "(agents.html)" in index
    assert (site / "llms-full.txt").read_bytes() == (ROOT / "seqspec/agents/language.md").read_bytes()


def test_a_version_of_the_site_is_put_on_a_branch(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(clone)], check=True)

    def run(*command):
        # mike starts mkdocs by its name.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(clone), "PATH": path, **IDENTITY}
        done = subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(program_path("mike"), "deploy", "--update-aliases", "0.1", "latest")
    run(program_path("mike"), "set-default", "latest")
    versions = json.loads(run("git", "show", "gh-pages:versions.json"))
    assert [(each["version"], each["aliases"]) for each in versions] == [("0.1", ["latest"])]
    for page in ("0.1/index.html", "0.1/quickstart.html", "index.html"):
        assert "<html" in run("git", "show", f"gh-pages:{page}")
    # A symbolic link.
    assert run("git", "show", "gh-pages:latest") == "0.1"


@pytest.mark.needs("playwright", "chromium", "axe-core")
@pytest.mark.parametrize("scheme", rest_nightly(("light", "dark"), "light"))
def test_axe_finds_nothing(site, scheme):
    chromium = program_path("chromium")
    from playwright.sync_api import sync_playwright

    handler = functools.partial(Quiet, directory=str(site))
    found, cut = {}, {}
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
            cut[name] = page.evaluate(CUT)
        browser.close()
        server.shutdown()
    assert found == {name: [] for name in PAGES}
    assert cut == {name: [] for name in PAGES}


@pytest.mark.nightly
@pytest.mark.needs("playwright", "chromium", "serverless page")
def test_the_front_page_is_the_playground_when_it_is_asked_for(site):
    chromium = program_path("chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=START)
    handler = functools.partial(Quiet, directory=str(site))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(START)
        asked = []
        page.on("response", lambda answer: asked.append(answer))  # noqa: PLW0108 - playwright marks functions
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/index.html", wait_until="networkidle")
        # The first sight is light: text, and neither the editor nor Python. The index of the search, for which nothing
        # waits, comes later.
        assert not [answer.url for answer in asked if "/playground/" in answer.url]
        sizes = {answer.url: len(answer.body()) for answer in asked if answer.ok and "/search" not in answer.url}
        assert sum(sizes.values()) < FIRST_SIGHT_BYTES, sizes
        assert page.get_by_role("link", name="Quickstart", exact=True).first.get_attribute("href") == "quickstart.html"

        page.get_by_role("button", name="Edit this spec here").click()
        frame = page.frame_locator("#try iframe")
        expect(frame.locator(".status")).to_have_text("1 error", timeout=START)
        frame.locator("#tab-findings").click()
        frame.locator(".fix").click()
        expect(frame.locator(".status")).not_to_contain_text("error")
        frame.locator(".plain >> text=Share").click()
        frame.locator("#notice >> text=nothing was sent").wait_for()
        assert "/index.html#toml=" in page.url and "playground" not in page.url
        assert page.evaluate("navigator.clipboard.readText()") == page.url

        page.reload()
        expect(frame.locator(".status")).not_to_contain_text("error", timeout=START)
        expect(frame.locator(".stack .arguments").first).to_contain_text("relu")
        assert {urlsplit(answer.url).hostname for answer in asked if answer.url.startswith("http")} == {"127.0.0.1"}
        browser.close()
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing; browsers run modules only as JavaScript."""

    def guess_type(self, path):
        return "text/javascript" if str(path).endswith(".mjs") else super().guess_type(path)

    def log_message(self, *_):
        pass
