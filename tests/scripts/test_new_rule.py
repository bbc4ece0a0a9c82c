"""A rule that `scripts/new-rule` creates works, by the commands that it prints."""

import os
import shutil
import subprocess
import sys

import pytest

from tests import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A copy of the files that the commands read and write."""
    unused = shutil.ignore_patterns("__pycache__", "node_modules", "files")
    for folder in (".github", "ci", "docs", "editors", "examples", "schemas", "scripts", "seqspec", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unused)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    return tmp_path


def run(checkout, *command):
    env = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.run([sys.executable, *command], cwd=checkout, env=env, capture_output=True, text=True)


@pytest.mark.slow
def test_a_new_rule_passes_its_tests(checkout):
    created = run(checkout, "scripts/new-rule", "SEQ399", "my-rule-name")
    assert created.stdout.startswith("created seqspec/core/linter/rules/head/my_rule_name.py\n")
    assert run(checkout, "scripts/generate").returncode == 0
    assert (checkout / "docs/rules/my-rule-name.md").exists()
    files = ("tests/test_cases.py", "tests/core/linter/rules/test_every_rule.py")
    tested = run(checkout, "-m", "pytest", *files, "-k", "my-rule-name", "--write-golden")
    assert tested.returncode == 0, tested.stdout
    golden = checkout / "tests/cases/err/head/my-rule-name/model.toml.out"
    assert "warning[SEQ399] my-rule-name: " in golden.read_text()


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("SEQ199", "my-rule-name", "of which the first is the area: 3 head, 4 architecture"),
        ("SEQ399", "MyRule", "MyRule must be lower-case words with hyphens"),
        ("SEQ301", "my-rule-name", "SEQ301 softmax-over-one exists"),
        ("SEQ399", "softmax-over-one", "SEQ301 softmax-over-one exists"),
    ],
)
def test_new_rule_rejects_codes_and_names(code, name, expected):
    result = run(ROOT, "scripts/new-rule", code, name)
    assert result.returncode == 2 and expected in result.stderr
