"""`seqspec.testing`: a failing test shows the findings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import seqspec
from seqspec.testing import assert_checks

GOOD = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 2, "name": "head"}]}}
TEXT = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [\n  { type = "Dense", units = 2, activation = "rellu" },\n]\n'
MESSAGE = """{file} has 1 finding:

{file}:5:46: error[SEQ106] unknown-name: model.layers[0] (Dense): unknown activation "rellu"
  |
5 |   {{ type = "Dense", units = 2, activation = "rellu" }},
  |                                              ^^^^^ did you mean "relu"?
  |
  = help: write "relu" (--fix --unsafe-fixes)"""


def test_a_clean_document_gives_its_report():
    assert assert_checks(GOOD).params == 10
    assert assert_checks(GOOD, settings=["layers.head.units=3"]).params == 15


def test_the_message_is_what_check_prints(tmp_path):
    path = tmp_path / "a.seqspec.toml"
    path.write_text(TEXT)
    with pytest.raises(AssertionError) as caught:
        assert_checks(path)
    assert str(caught.value) == MESSAGE.format(file=path)


def test_two_findings_of_a_dict():
    bad = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 0}, {"type": "Flaten"}]}}
    with pytest.raises(AssertionError, match=r"^the spec has 2 findings:\n\n"):
        assert_checks(bad)


def test_a_warning_fails_only_where_it_is_asked_for():
    unused = {**GOOD, "vars": {"width": 3}}
    assert assert_checks(unused).diagnostics[0].severity == "warning"
    with pytest.raises(AssertionError, match="has 1 finding"):
        assert_checks(unused, fail_on="warning")


def test_policy():
    with pytest.raises(AssertionError, match="policy"):
        assert_checks(GOOD, policy={"required": ["compile"]})


def test_a_severity_that_does_not_exist():
    with pytest.raises(ValueError, match="fail_on must be error, warning or info, got 'never'"):
        assert_checks(GOOD, fail_on="never")


def test_pytest_failures_show_only_findings(tmp_path):
    (tmp_path / "model.seqspec.toml").write_text(TEXT)
    (tmp_path / "test_it.py").write_text(
        "from seqspec.testing import assert_checks\n\ndef test_model():\n    assert_checks('model.seqspec.toml')\n"
    )
    root = Path(seqspec.__file__).parent.parent
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "test_it.py"]
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    shown = "\n".join(line[1:].strip() for line in done.stdout.splitlines() if line.startswith("E"))
    expected = MESSAGE.format(file="model.seqspec.toml")
    assert shown == "AssertionError: " + "\n".join(line.strip() for line in expected.splitlines())
    # The frames of seqspec itself are hidden.
    assert "seqspec/testing.py" not in done.stdout
