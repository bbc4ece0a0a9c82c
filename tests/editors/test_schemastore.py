"""The submission to SchemaStore passes its checks: Ajv in strict mode, and both kinds of test files."""

import json
import subprocess

from seqspec.schema import schemastore
from tests.editors.clients import HERE, SCHEMA
from tests.editors.conftest import installed
from tests.test_schema import ROOT, read

FOLDER = ROOT / "schemas" / "schemastore" / "src"


def test_ajv_agrees_on_every_file():
    files = {path.name: path for path in sorted(FOLDER.rglob("*.*"))}
    command = [installed(HERE), str(HERE / "ajv.mjs"), str(SCHEMA), ",".join(schemastore.KEYWORDS)]
    documents = json.dumps({name: read(path) for name, path in files.items()})
    done = subprocess.run(command, input=documents, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: path.parts[-3] == "test" for name, path in files.items()}
