"""The submission to SchemaStore passes its checks: Ajv in strict mode, and both kinds of test files."""

import json
import subprocess

import pytest

from tests.core.schema.test_schema import ROOT, read
from tests.editor.clients.clients import HERE, SCHEMA
from tests.requirements import program_path

pytestmark = pytest.mark.needs("node", "editor engines")

SUBMISSION = ROOT / "schemas" / "schemastore"


def test_ajv_agrees_on_every_file():
    files = {path.name: path for path in sorted((SUBMISSION / "src").rglob("*.*"))}
    (options,) = read(SUBMISSION / "schema-validation-options.json").values()
    command = [program_path("node"), str(HERE / "ajv.mjs"), str(SCHEMA), ",".join(options["unknownKeywords"])]
    documents = json.dumps({name: read(path) for name, path in files.items()})
    done = subprocess.run(command, input=documents, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: path.parts[-3] == "test" for name, path in files.items()}
