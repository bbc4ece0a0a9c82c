"""Fixtures of the integration tests: external tools, a clean environment, a project to check."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.requirements import program_path

PAGE = ROOT / "docs" / "ci.md"
PROJECT = Path(__file__).parent / "project"


@pytest.fixture
def shown(request):
    """Compares the output of a command with what docs/ci.md shows; `--write-golden` writes it there."""

    def compare(command, output, only=lambda line: True):
        text = PAGE.read_text(encoding="utf-8")
        found = re.search(rf"^```console\n\$ {re.escape(command)}\n(.*?)^```$", text, re.M | re.S)
        assert found, f"docs/ci.md does not show {command!r}"
        if request.config.getoption("--write-golden"):
            PAGE.write_text(text[: found.start(1)] + output + text[found.end(1) :], encoding="utf-8")
        else:
            assert list(filter(only, output.splitlines())) == list(filter(only, found[1].splitlines()))

    return compare


def block(language, *, holding):
    """The code block of docs/ci.md in a language that holds some words."""
    text = PAGE.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S):
        if holding in found[1]:
            return found[1]
    raise AssertionError(f"docs/ci.md has no {language} block with {holding!r}")


def git(*args, cwd):
    """Runs git without the configuration of the machine."""
    person = {f"GIT_{who}_{what}": f"tester{at}" for who in ("AUTHOR", "COMMITTER") for what, at in _PERSON.items()}
    env = {**clean(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **person}
    done = subprocess.run([program_path("git"), *args], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


_PERSON = {"NAME": "", "EMAIL": "@example.org"}


def clean(**more):
    """The environment without what a surrounding git, Actions or colour setting would change."""
    own = ("GIT_", "GITHUB_", "GITLAB_", "CI_", "SEQSPEC_", "PYTEST_", "RUNNER_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    for key in ("PYTHONPATH", "FORCE_COLOR", "CI", "CLICOLOR_FORCE"):
        kept.pop(key, None)
    return {**kept, "NO_COLOR": "1", **more}


@pytest.fixture
def project(tmp_path):
    """A project with a document that checks and one that does not, in a folder of its own."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder)
    return folder


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """What a checkout of this repository holds, for tools that install it from there."""
    folder = tmp_path_factory.mktemp("sources") / "seqspec"
    leave = shutil.ignore_patterns("__pycache__")
    for name in ("seqspec", "schemas", "examples"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=leave)
    for name in (
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "action.yml",
        ".pre-commit-hooks.yaml",
    ):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def wheel(sources, tmp_path_factory):
    """The package as an index would hold it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", folder, sources], check=True, capture_output=True, env=clean())
    (made,) = folder.glob("*.whl")
    return made
