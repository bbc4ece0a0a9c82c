"""The engines under test, each started once per session."""

import pytest

from tests.editor.clients.clients import Taplo, Tombi, VSCode
from tests.requirements import program_path, require


def engine_runtime():
    """Node, for the engines whose packages are installed."""
    require("editor engines")
    return program_path("node")


def running(make):
    client = make()
    yield client
    client.close()


@pytest.fixture(scope="session")
def vscode():
    yield from running(lambda: VSCode(engine_runtime()))


@pytest.fixture(scope="session")
def taplo():
    yield from running(lambda: Taplo(engine_runtime()))


@pytest.fixture(scope="session")
def tombi():
    yield from running(lambda: Tombi(program_path("tombi")))
