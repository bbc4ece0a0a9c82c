"""Golden documents: `tests/cases/ok` check clean, `tests/cases/err` give exactly the text that stands beside them.

After a change of messages, `python -m pytest tests/test_cases.py --write-golden` writes the texts anew; read what
changed.
"""

from pathlib import Path

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli

CASES = Path(__file__).parent / "cases"


def documents(kind):
    found = [path for path in sorted((CASES / kind).rglob("*")) if path.suffix in (".toml", ".json")]
    return [pytest.param(path, id=path.relative_to(CASES / kind).as_posix()) for path in found]


def checked(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("NO_COLOR", "1")
    return CliRunner().invoke(cli, ["check", path.name], catch_exceptions=False)


@pytest.mark.parametrize("path", documents("ok"))
def test_clean(path, monkeypatch):
    result = checked(path, monkeypatch)
    assert result.output == "1 document checked: no findings\n"
    assert result.exit_code == 0


@pytest.mark.parametrize("path", documents("err"))
def test_findings(path, monkeypatch, request):
    result = checked(path, monkeypatch)
    golden = path.with_name(path.name + ".out")
    if request.config.getoption("--write-golden"):
        golden.write_text(result.output, encoding="utf-8")
    assert golden.exists(), f"no expected output:\n{result.output}"
    assert result.output == golden.read_text(encoding="utf-8")
    assert result.exit_code == (1 if "error[" in result.output else 0)


def test_every_expected_output_has_its_document():
    for golden in (CASES / "err").rglob("*.out"):
        assert golden.with_suffix("").exists(), f"{golden} belongs to no document"


def test_the_readme_shows_real_output():
    readme = (CASES.parent.parent / "README.md").read_text(encoding="utf-8")
    golden = (CASES / "err" / "readme" / "model.seqspec.toml.out").read_text(encoding="utf-8")
    assert golden[: golden.index("\n1 document checked")] in readme
