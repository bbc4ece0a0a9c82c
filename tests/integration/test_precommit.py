"""The hooks, installed and run by pre-commit."""

import os
import re
import subprocess

import pytest
import yaml

from tests.integration.conftest import ROOT, block, clean, git
from tests.requirements import program_path

pytestmark = pytest.mark.needs("git", "pre-commit")


def test_the_manifest_is_valid():
    done = subprocess.run(
        [program_path("pre-commit"), "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def hooks(sources, tmp_path_factory):
    """A git repository of seqspec, and where pre-commit keeps what it installs."""
    git("init", "-q", cwd=sources)
    git("add", ".", cwd=sources)
    git("commit", "-q", "-m", "seqspec", cwd=sources)
    git("tag", "v0.1.0", cwd=sources)
    return sources, tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def commit(hooks, project):
    """A project under git with the configuration of docs/ci.md, and pre-commit run in it."""
    repository, home = hooks
    config = yaml.safe_load(block("yaml", holding="# .pre-commit-config.yaml"))
    config["repos"][0]["repo"] = str(repository)
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git("init", "-q", cwd=project)
    git("add", ".", cwd=project)

    def run(*args):
        env = clean(PRE_COMMIT_HOME=str(home), GIT_CONFIG_GLOBAL=os.devnull, TERM="dumb", COLUMNS="100")
        command = [program_path("pre-commit"), *args, "--color", "never"]
        return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=300)

    return run


def test_the_hooks_in_a_project(commit, project, shown):
    first = commit("run", "--all-files")
    assert first.returncode == 1, first.stderr
    assert not re.search("Traceback|error: ", first.stderr)
    installing = r"\A(?:\[(?:INFO|WARNING)\].*\n)*"
    shown("pre-commit run --all-files", re.sub(installing, "", first.stdout))

    # What seqspec-fmt has changed, and what the findings say, is put right: the commit passes.
    prices = project / "models" / "prices.seqspec.toml"
    prices.write_text(prices.read_text().replace("rellu", "relu").replace("rate = 1.5", "rate = 0.5"))
    git("add", ".", cwd=project)
    second = commit("run", "--all-files")
    assert second.returncode == 0, second.stdout

    # What the configuration excludes stays out of it, although pre-commit names each file.
    prices.write_text(prices.read_text().replace("relu", "rellu"))
    (project / "seqspec.toml").write_text('exclude = ["models/prices*"]\n')
    git("add", ".", cwd=project)
    excluded = commit("run", "seqspec-check", "--all-files")
    assert excluded.returncode == 0, excluded.stdout

    # Other files do not concern the hooks.
    (project / "pyproject.toml").write_text("[project]\n")
    git("add", ".", cwd=project)
    third = commit("run", "--files", "pyproject.toml")
    assert third.returncode == 0
    assert third.stdout.count("(no files to check)Skipped") == 2


def test_try_repo(commit, hooks):
    done = commit("try-repo", str(hooks[0]), "seqspec-check", "--files", "models/prices.seqspec.toml")
    assert done.returncode == 1, done.stderr
    assert "models/prices.seqspec.toml:7:47: error[SEQ106] unknown-name: " in done.stdout
