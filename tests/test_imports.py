"""A check imports nothing heavy; the import contracts of pyproject.toml hold."""

import json
import subprocess
import sys

import pytest

from tests import ROOT
from tests.requirements import unmeasured

HEAVY = {"keras", "tensorflow", "numpy", "rich"}


@pytest.mark.needs("importlinter")
def test_the_import_contracts():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    env = {**unmeasured(), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def modules_after(code):
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    command = [sys.executable, "-c", script]
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=unmeasured()).stdout
    return set(json.loads(out.splitlines()[-1]))


def test_import_seqspec_is_light():
    assert not modules_after("import seqspec") & (
        HEAVY | {"click", "jsonschema", "pydantic", "pydantic_core", "tomllib"}
    )


def test_a_check_imports_nothing_heavy(tmp_path):
    document = {
        "seqspec": 1,
        "vars": {"n": 3},
        "model": {
            "input": [28, 28, 1],
            "layers": [
                {"type": "Conv2D", "filters": "$n", "kernel_size": 3, "activation": "relu"},
                {"type": "TimeDistributed", "layer": {"type": "LSTM", "units": 4}},
                {"type": "MobileNetV2", "include_top": False, "weights": "none"},
                {"type": "Dense", "units": "wrong"},
            ],
        },
        "compile": {"optimizer": "adam(1e-3)", "loss": "mse", "metrics": ["accuracy"]},
        "fit": {"epochs": 2, "callbacks": [{"type": "EarlyStopping"}]},
    }
    path = tmp_path / "model.seqspec.json"
    path.write_text(json.dumps(document))
    command = (
        "from click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
        f"assert CliRunner().invoke(cli, ['check', {str(path)!r}]).exit_code == 1"
    )
    assert not modules_after(command) & (HEAVY | {"jsonschema"})


def test_a_program_is_written_without_keras():
    document = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 2}]}}
    assert not modules_after(f"import seqspec\nseqspec.to_python({document})") & (HEAVY | {"jsonschema"})


def test_what_predict_needs_before_the_model_imports_no_keras():
    """Keras is imported by what hides the log lines of TensorFlow."""
    code = "from seqspec.training import run\nfrom seqspec.training.prediction import replaced_files, sources"
    assert "keras" not in modules_after(code)
