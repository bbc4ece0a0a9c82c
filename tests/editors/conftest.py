"""The engines that the tests ask, each started once."""

import functools
import os

import pytest

from tests.editors.clients import HERE, Taplo, Tombi, VSCode
from tests.integration.conftest import ROOT, tool


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
        missing = f"the packages of {folder.relative_to(ROOT)} are not installed: scripts/ci-tools"
        (pytest.fail if os.environ.get("SEQSPEC_REQUIRE_TOOLS") else pytest.skip)(missing)
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
