"""The configurations that docs/editors.md shows, tried with the programs that read them."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.editors.clients import SCHEMA
from tests.integration.conftest import ROOT, clean, tool

PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
GOOD = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 3 }]\n'


def block(holding):
    """The block of the page that holds some words."""
    (found,) = [body for body in re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.M | re.S) if holding in body]
    return found


@pytest.fixture
def project(tmp_path):
    """A project with the schema, a document that is valid and one that is not."""
    shutil.copy(SCHEMA, tmp_path / "seqspec.schema.json")
    (tmp_path / "good.seqspec.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.seqspec.toml").write_text(GOOD.replace("units", "unit"), encoding="utf-8")
    return tmp_path


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=clean())


def test_tombi_reads_its_configuration(project):
    (project / "tombi.toml").write_text(block("[[schemas]]"), encoding="utf-8")
    assert run([tool("tombi"), "lint", "--offline", "good.seqspec.toml"], project).returncode == 0
    done = run([tool("tombi"), "lint", "--offline", "bad.seqspec.toml"], project)
    assert done.returncode == 1
    assert '"units" is required' in done.stdout + done.stderr


def test_tombi_reads_the_first_line(project):
    line = block("#:schema")
    (project / "bad.seqspec.toml").write_text(line + GOOD.replace("units", "unit"), encoding="utf-8")
    done = run([tool("tombi"), "lint", "--offline", "bad.seqspec.toml"], project)
    assert '"units" is required' in done.stdout + done.stderr


def test_check_jsonschema(project):
    words = block("check-jsonschema --schemafile seqspec.schema.json models").split()
    command = [sys.executable, "-m", "check_jsonschema", *words[1:-1]]
    assert run([*command, "good.seqspec.toml"], project).returncode == 0
    done = run([*command, "bad.seqspec.toml"], project)
    assert done.returncode == 1 and "'units' is a required property" in done.stdout
