"""Documents and runs of the command line for its tests."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from tests import ROOT

GOOD = 'seqspec = 1\n[model]\nname = "m"\ninput = [4]\nlayers = [{ type = "Dense", units = 2 }]\n'
BAD = GOOD.replace("units", "unit")


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, the current one, with a function that writes a file into it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Writes a file into the current folder and gives its name."""

    def write(name, content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return name

    return write


@pytest.fixture
def run():
    """Runs a command within this process."""

    def run(*arguments, env=None):
        return CliRunner().invoke(cli, list(arguments), catch_exceptions=False, env=env)

    return run


@pytest.fixture
def shell():
    """Runs a command as a process of its own, where descriptors, pipes and the exit status matter."""

    def shell(*arguments, env=None, **options):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        options = {"capture_output": True, "text": True, "timeout": 300, **options}
        return subprocess.run([sys.executable, "-m", "seqspec", *arguments], env=environment, **options)

    return shell
