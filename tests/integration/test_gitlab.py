"""The GitLab template: valid in GitLab's schema, and its script run as by the runner."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from tests.integration.conftest import ROOT, clean
from tests.requirements import program_path

TEMPLATE = ROOT / "ci" / "gitlab" / "seqspec.gitlab-ci.yml"
JOB = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["seqspec"]


@pytest.mark.needs("check-jsonschema")
def test_the_schema_of_gitlab():
    check = [program_path("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", TEMPLATE]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A fresh Python, as the image has one."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


def job(image, project, wheel, **variables):
    # A variable of the pipeline goes before one of the job.
    variables = {**JOB["variables"], "SEQSPEC_PACKAGE": str(wheel), **variables}
    env = clean(**{**variables, "PATH": f"{image}{os.pathsep}{os.environ['PATH']}"})
    script = "set -eo pipefail\n" + "\n".join(JOB["script"])
    return subprocess.run([program_path("bash"), "-c", script], cwd=project, env=env, capture_output=True, text=True)


@pytest.mark.nightly
def test_the_job(image, project, wheel):
    done = job(image, project, wheel, SEQSPEC_PATHS="models")
    assert done.returncode == 1, done.stderr
    assert 'unknown activation "rellu"' in done.stdout
    report = json.loads((project / JOB["artifacts"]["reports"]["codequality"]).read_text())
    assert [entry["location"]["path"] for entry in report] == ["models/prices.seqspec.toml"] * 2
    assert [entry["location"]["lines"]["begin"] for entry in report] == [7, 8]

    never = job(image, project, wheel, SEQSPEC_PATHS="models", SEQSPEC_FAIL_ON="never")
    assert never.returncode == 0, never.stderr

    # Without paths it is what the configuration includes; a further argument is handed on.
    (project / "models" / "prices.seqspec.toml").unlink()
    clean_ = job(image, project, wheel, SEQSPEC_ARGS="--set model.name=other")
    assert clean_.returncode == 0, clean_.stderr
    assert clean_.stdout == "1 file checked: no findings\n"
    assert json.loads((project / "gl-code-quality-report.json").read_text()) == []


def test_a_wrong_path_fails(image, project, wheel):
    done = job(image, project, wheel, SEQSPEC_PATHS="nowhere")
    assert done.returncode in (1, 2)
    assert "nowhere" in done.stdout + done.stderr
