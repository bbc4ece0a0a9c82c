"""A project on disk in which seqspec is run as a subprocess."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli

GOOD = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 2 }]\n'
BAD = """seqspec = 1
[model]
input = [4]
layers = [
  { type = "Dens", units = 2, activation = "relu" },
  { type = "Dense", unit = 3 },
]
"""
WARNS = 'seqspec = 1\n[vars]\nwidth = 3\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 2 }]\n'
BROKEN = "seqspec = 1\n[model\n"


class Project:
    """Files in a folder that is the current one."""

    def __init__(self, root):
        self.root = Path(root)

    def add(self, name, text=GOOD):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *args, status=0, stdin=None):
        result = CliRunner().invoke(cli, args, input=stdin, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    def files(self, *args):
        return self.run("check", "--show-files", *args).stdout.splitlines()


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return Project(tmp_path)
