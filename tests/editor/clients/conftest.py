"""The engines under test, each started once per session."""

import functools

import pytest

from tests.editor.clients.clients import HERE, Taplo, Tombi, VSCode
from tests.integration.conftest import ROOT
from tests.requirements import missing, tool


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


@functools.cache
def installed(folder):
    """Node, with the packages of a folder; without them a test is skipped, or fails in CI."""
    node = tool("node")
    mark = folder / "node_modules" / ".installed"
    if not mark.exists() or mark.read_bytes() != (folder / "package.json").read_bytes():
        missing(f"the npm packages of {folder.relative_to(ROOT)}")
    return node


def running(make):
    client = make()
    yield client
    client.close()


@pytest.fixture(scope="session")
def vscode():
    yield from running(lambda: VSCode(installed(HERE)))


@pytest.fixture(scope="session")
def taplo():
    yield from running(lambda: Taplo(installed(HERE)))


@pytest.fixture(scope="session")
def tombi():
    yield from running(lambda: Tombi(tool("tombi")))
