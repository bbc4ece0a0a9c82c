"""When the page is rebuilt, and the errors if it cannot be."""

import shutil
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from tests import ROOT


@pytest.fixture
def script(tmp_path):
    loader = SourceFileLoader("page_script", str(ROOT / "scripts" / "page"))
    module = module_from_spec(spec_from_loader("page_script", loader))
    loader.exec_module(module)
    module.SOURCES = tmp_path / "sources"
    module.PAGE = tmp_path / "page"
    module.STAMP = module.PAGE / "sources.sha256"
    shutil.copytree(ROOT / "editors" / "playground" / "src", module.SOURCES / "src")
    module.PAGE.mkdir()
    return module


def test_page_is_built_after_changes(script, monkeypatch):
    ran = []
    monkeypatch.setattr(script, "npm", lambda arguments: ran.append(arguments[0]))
    assert not script.is_built()
    script.build()
    assert ran == ["install", "exec"] and script.is_built()
    main = script.SOURCES / "src" / "main.ts"
    text = main.read_text()
    main.write_text(text + "\n")
    assert not script.is_built()
    main.write_text(text)
    assert script.is_built()
    main.rename(main.with_name("other.ts"))
    assert not script.is_built()


def test_page_stamp_ignores_node_modules(script):
    before = script.stamp()
    package = script.SOURCES / "node_modules" / "vite"
    package.mkdir(parents=True)
    (package / "index.js").write_text("x")
    assert script.stamp() == before


def test_page_without_a_server_is_as_new_as_seqspec(script, tmp_path):
    script.ROOT = tmp_path
    module = tmp_path / "seqspec" / "module.py"
    module.parent.mkdir()
    module.write_text("1")
    before = script.browser_stamp()
    assert script.browser_stamp() == before
    module.write_text("2")
    assert script.browser_stamp() != before


def test_page_without_sources_is_kept(script):
    shutil.rmtree(script.SOURCES)
    assert not script.is_built()
    (script.PAGE / "index.html").write_text("page")
    assert script.is_built()
    with pytest.raises(script.Failed, match="no sources"):
        script.build()


def test_page_build_reports_failures(script, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(script.Failed, match="there is no npm"):
        script.build()
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 3\n")
    npm.chmod(0o755)
    with pytest.raises(script.Failed, match=r"npm install .* failed:\nno network"):
        script.build()
    assert not script.is_built()
