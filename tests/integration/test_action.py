"""The GitHub Action: its metadata, its shell script, and its steps run as by the runner."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import PAGE, ROOT, clean, git
from tests.requirements import program_path

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


@pytest.mark.needs("check-jsonschema")
def test_the_schema_of_actions():
    check = [program_path("check-jsonschema"), "--builtin-schema", "vendor.github-actions", ROOT / "action.yml"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.needs("shellcheck")
def test_the_shell_of_the_steps(tmp_path):
    for index, step in enumerate(STEPS):
        if "run" in step:
            # An input in a script would be code that anybody can write; it is a variable of the environment instead.
            assert "${{" not in step["run"]
            file = tmp_path / f"{index}.sh"
            file.write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"])
            done = subprocess.run([program_path("shellcheck"), file], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout


def workflows():
    return re.findall(r"^```yaml\n(# \.github/workflows/.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("number", range(len(workflows())))
def test_the_workflows_of_the_page(number, tmp_path):
    done = actionlint(workflows()[number], tmp_path)
    assert done.returncode == 0, done.stdout


def test_actionlint_reads_the_inputs(tmp_path):
    done = actionlint(workflows()[0].replace("paths: models", "folders: models"), tmp_path)
    assert done.returncode == 1
    assert 'input "folders" is not defined in action' in done.stdout


def actionlint(workflow, folder):
    file = folder / ".github" / "workflows" / "models.yml"
    file.parent.mkdir(parents=True)
    # With the action in the repository itself, actionlint compares the inputs with its metadata.
    file.write_text(re.sub(r"(?<=uses: )[\w.-]+/seqspec@\S+", "./", workflow))
    shutil.copy(ROOT / "action.yml", folder)
    git("init", "-q", cwd=folder)
    return subprocess.run([program_path("actionlint"), "-no-color"], cwd=folder, capture_output=True, text=True)


class Runner:
    """Runs the steps of the action with bash, as GitHub's runner does."""

    def __init__(self, folder, project, checkout):
        self.temp, self.project, self.checkout = folder, project, checkout
        folder.mkdir(exist_ok=True)
        self.python = sys.executable

    def run(self, installed=None, **inputs):
        values = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
        values |= {"python": self.python} | {name.replace("_", "-"): value for name, value in inputs.items()}
        assert values.keys() == ACTION["inputs"].keys()
        known = {f"inputs.{name}": value for name, value in values.items()}
        status, log, uploaded = 0, "", None
        for step in STEPS:
            if "uses" in step:
                assert step["if"] == "${{ !cancelled() && steps.check.outputs.sarif-file != '' }}"
                if known.get("steps.check.outputs.sarif-file"):
                    uploaded = {key: self.value(text, known) for key, text in step["with"].items()}
                continue
            if status:
                # A step without `if` runs only after success.
                continue
            if step["id"] == "install" and installed:
                outputs, done = installed, None
            else:
                outputs, done = self.step(step, known)
                status, log = done.returncode, log + done.stdout + done.stderr
            known |= {f"steps.{step['id']}.outputs.{name}": value for name, value in outputs.items()}
        return status, log, uploaded, known

    def step(self, step, known):
        output = self.temp / "output"
        output.write_text("")
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        env = clean(
            **{name: self.value(text, known) for name, text in step["env"].items()},
            GITHUB_ACTIONS="true",
            GITHUB_OUTPUT=str(output),
            GITHUB_ACTION_PATH=str(self.checkout),
            GITHUB_WORKSPACE=str(self.project),
            RUNNER_TEMP=str(self.temp),
        )
        assert step["shell"] == "bash"
        command = [program_path("bash"), "--noprofile", "--norc", "-eo", "pipefail", script]
        done = subprocess.run(command, cwd=self.project, env=env, capture_output=True, text=True)
        return dict(line.split("=", 1) for line in output.read_text().splitlines()), done

    @staticmethod
    def value(text, known):
        return EXPRESSION.sub(lambda found: known.get(found[1], ""), text)


@pytest.fixture(scope="module")
def installed(tmp_path_factory, sources):
    """What the step `install` gives; it runs once for all tests."""
    folder = tmp_path_factory.mktemp("runner")
    runner = Runner(folder, folder, sources)
    outputs, done = runner.step(STEPS[0], {"inputs.python": sys.executable, "inputs.version": ""})
    assert done.returncode == 0, done.stderr
    return outputs


@pytest.fixture
def runner(tmp_path, project, sources):
    return Runner(tmp_path / "temp", project, sources)


def test_findings_fail_the_job_and_are_annotated(runner, installed):
    status, log, uploaded, _ = runner.run(installed, paths="models")
    assert status == 1
    assert "::error file=models/prices.seqspec.toml,line=7," in log
    assert uploaded is None


def test_a_clean_project_passes(runner, installed):
    (runner.project / "models" / "prices.seqspec.toml").unlink()
    assert runner.run(installed)[:2] == (0, "1 file checked: no findings\n")


def test_paths_one_a_line_and_further_arguments(runner, installed):
    folder = runner.project / "with blanks"
    folder.mkdir()
    shutil.copy(runner.project / "models" / "digits.seqspec.toml", folder / "a b.seqspec.toml")
    paths = "  models/digits.seqspec.toml\n\nwith blanks\n"
    status, log, _, _ = runner.run(
        installed, paths=paths, args="--set\nmodel.name=x  --set model.name=y", format="text"
    )
    assert (status, log) == (0, "2 files checked: no findings\n")


def test_fail_on(runner, installed):
    assert runner.run(installed, paths="models", fail_on="never")[0] == 0
    status, log, _, _ = runner.run(installed, paths="models", fail_on="sometimes")
    assert status == 2
    assert "sometimes" in log


@pytest.mark.parametrize("hostile", ["$(touch owned)", "`touch owned`", '"; touch owned; "', "--help;touch owned"])
def test_an_input_is_never_run(hostile, runner, installed):
    for name in ("paths", "args", "format", "fail_on"):
        runner.run(installed, **{name: hostile})
    assert not (runner.project / "owned").exists()


def test_sarif_is_written_and_uploaded_although_the_check_fails(runner, installed):
    status, log, uploaded, known = runner.run(installed, paths="models", sarif="true")
    assert status == 1
    assert "::error" in log
    assert uploaded == {"sarif_file": known["steps.check.outputs.sarif-file"], "category": "seqspec"}
    sarif = json.loads(Path(uploaded["sarif_file"]).read_text())
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["SEQ106", "SEQ105"]
    assert Runner.value(ACTION["outputs"]["sarif-file"]["value"], known) == uploaded["sarif_file"]


@pytest.mark.parametrize(
    ("version", "package"),
    [
        ("", "CHECKOUT"),
        ("latest", "keras-seqspec"),
        ("0.1.0", "keras-seqspec==0.1.0"),
        (">=0.1,<0.2", "keras-seqspec>=0.1,<0.2"),
    ],
)
def test_versions(version, package, runner, tmp_path):
    # A Python that makes an environment whose pip only says what it was asked for.
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        'venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;\n'
        f'pip) for last; do :; done; printf %s "$last" > "{tmp_path}/asked";;\n'
        "esac\n"
    )
    python.chmod(0o755)
    runner.step(STEPS[0], {"inputs.python": str(python), "inputs.version": version})
    assert (tmp_path / "asked").read_text() == package.replace("CHECKOUT", str(runner.checkout))


def test_an_old_python_is_told(runner, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    runner.python = str(python)
    status, log, _, _ = runner.run()
    assert status == 2
    assert log.startswith("::error title=seqspec::seqspec needs Python 3.11 or newer")


def test_the_wheel_carries_the_templates(installed):
    done = subprocess.run(
        [installed["seqspec"], "new", "-o", "-"], env=clean(), cwd=os.sep, capture_output=True, text=True
    )
    assert done.stdout.startswith("# A classifier for tabular data")
