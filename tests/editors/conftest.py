"""The engines that the tests ask, each started once."""

import functools
import os

import pytest

from tests.editors.clients import HERE, Taplo, Tombi, VSCode
from tests.integration.conftest import tool


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


@functools.cache
def packages():
    """Node with the packages of this folder; without them a test is skipped, or fails in CI."""
    node = tool("node")
    installed = HERE / "node_modules" / ".installed"
    if not installed.exists() or installed.read_bytes() != (HERE / "package.json").read_bytes():
        missing = "the packages of tests/editors are not installed: scripts/ci-tools"
        (pytest.fail if os.environ.get("SEQSPEC_REQUIRE_TOOLS") else pytest.skip)(missing)
    return node


def running(make):
    client = make()
    yield client
    client.close()


@pytest.fixture(scope="session")
def vscode():
    yield from running(lambda: VSCode(packages()))


@pytest.fixture(scope="session")
def taplo():
    yield from running(lambda: Taplo(packages()))


@pytest.fixture(scope="session")
def tombi():
    yield from running(lambda: Tombi(tool("tombi")))
