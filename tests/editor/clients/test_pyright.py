"""The findings of Pyright, as in VS Code and other editors, for a spec written in Python."""

import json
import os
import subprocess
import sys

import pytest

from tests.core.catalog.test_typing import BAD, WRONG, write_samples
from tests.editor.clients.clients import HERE
from tests.integration.conftest import ROOT
from tests.requirements import program_path

pytestmark = pytest.mark.needs("node", "editor engines")


def test_constructors(tmp_path):
    write_samples(tmp_path)
    command = [
        program_path("node"),
        HERE / "node_modules/pyright/index.js",
        "--outputjson",
        "--pythonpath",
        sys.executable,
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, "good.py", "bad.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    found = json.loads(done.stdout)["generalDiagnostics"]
    errors = [finding for finding in found if finding["severity"] == "error"]
    assert [finding for finding in errors if finding["file"].endswith("good.py")] == []
    # An attribute of the package that it imports on demand may be anything.
    on_demand = {number for number, line in enumerate(BAD.split("\n")) if line.startswith("Conv3d")}
    assert {finding["range"]["start"]["line"] + 1 for finding in errors} == WRONG - on_demand
