"""The commands in docs/ci.md that need no installation; the others are tested in this folder too."""

import re
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
import yaml

import seqspec
from tests.integration.conftest import PAGE, PROJECT, ROOT, block, clean
from tests.requirements import program_path

ELSEWHERE = {"pre-commit run --all-files"}


def commands():
    return re.findall(r"^```console\n\$ (.*)$", PAGE.read_text(encoding="utf-8"), re.M)


def test_commands_of_the_page_are_all_run():
    assert {command for command in commands() if not command.startswith(("seqspec ", "pytest "))} == ELSEWHERE


@pytest.mark.parametrize("command", [command for command in commands() if command.startswith("seqspec ")])
def test_the_page_shows_real_output(command, project, shown):
    args = [sys.executable, "-m", *command.split()]
    done = subprocess.run(args, cwd=project, env=clean(PYTHONPATH=str(ROOT)), capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode == 1
    shown(command, done.stdout)


def test_pytest(project, shown):
    (project / "test_models.py").write_text(block("python", holding="# test_models.py"))
    command = "pytest -q test_models.py"
    args = [sys.executable, "-m", *command.split(), "-p", "no:cacheprovider", "--rootdir", str(project)]
    done = subprocess.run(
        args, cwd=project, env=clean(PYTHONPATH=str(ROOT), COLUMNS="100"), capture_output=True, text=True
    )
    assert done.returncode == 1
    # What pytest itself says differs from version to version.
    shown(command, re.sub(r"in [0-9.]+s", "in 0.02s", done.stdout), only=lambda line: line.startswith("E "))


def test_the_document_of_the_page():
    assert (PROJECT / "models" / "prices.seqspec.toml").read_text() == block("toml", holding='name = "prices"')


def test_the_inputs_of_the_action():
    rows = re.findall(r"^\| `([a-z-]+)` \| (?:`(\w+)`)? ?\| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert rows == [(name, i["default"], i["description"]) for name, i in inputs.items()]


def test_the_lines_for_tox_and_nox():
    (command,) = tomllib.loads(block("toml", holding="# tox.toml"))["env"]["models"]["commands"]
    assert command == ["seqspec", "check", "models"]


def test_the_session_of_nox(project, monkeypatch):
    ran = []

    class Session:
        def install(self, package):
            assert package == f"keras-seqspec=={seqspec.__version__}"

        def run(self, *command):
            ran.append(subprocess.run([sys.executable, "-m", *command], cwd=project, env=clean(PYTHONPATH=str(ROOT))))

    # Nox itself would install the package from an index.
    monkeypatch.setitem(sys.modules, "nox", SimpleNamespace(session=lambda function: function))
    names = {}
    exec(block("python", holding="# noxfile.py"), names)
    names["models"](Session())
    assert [done.returncode for done in ran] == [1]


@pytest.mark.needs("check-jsonschema")
def test_gitlab_takes_the_pipeline(tmp_path):
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(block("yaml", holding="# .gitlab-ci.yml"))
    check = [program_path("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", str(file)]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
