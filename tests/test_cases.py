"""Golden documents: `tests/cases/ok` have no findings, `tests/cases/err` have exactly the text next to them.

Documents of `ok` that are about the language and about what Keras takes are clean of all that Keras would refuse; those
in the folders of rules are clean altogether. A file `NAME.options` beside a document has the options of its check, one
a line.

After a change of messages, `python -m pytest tests/test_cases.py --write-golden` writes the texts anew; read what
changed.
"""

from pathlib import Path

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.linter.registry import AREAS

CASES = Path(__file__).parent / "cases"
LANGUAGE = "--select=SEQ0,SEQ1,SEQ2"


def documents(kind):
    found = [path for path in sorted((CASES / kind).rglob("*")) if path.suffix in (".toml", ".json", ".py", ".ipynb")]
    return [pytest.param(path, id=path.relative_to(CASES / kind).as_posix()) for path in found]


def checked(path, monkeypatch, *options):
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("NO_COLOR", "1")
    return CliRunner().invoke(cli, ["check", path.name, *options], catch_exceptions=False)


@pytest.mark.parametrize("path", documents("ok"))
def test_ok_cases_have_no_findings(path, monkeypatch):
    of_a_rule = path.relative_to(CASES / "ok").parts[0] in AREAS.values()
    result = checked(path, monkeypatch, *(() if of_a_rule else (LANGUAGE,)))
    assert result.output == "1 file checked: no findings\n"
    assert result.exit_code == 0


@pytest.mark.parametrize("path", documents("err"))
def test_err_cases_have_the_recorded_findings(path, monkeypatch, request):
    beside = path.with_name(path.name + ".options")
    result = checked(path, monkeypatch, *(beside.read_text(encoding="utf-8").splitlines() if beside.exists() else ()))
    golden = path.with_name(path.name + ".out")
    if request.config.getoption("--write-golden"):
        golden.write_text(result.output, encoding="utf-8")
    assert golden.exists(), f"no expected output; write it with --write-golden:\n{result.output}"
    assert result.output == golden.read_text(encoding="utf-8"), "if this is intended, use --write-golden"
    assert result.exit_code == (1 if "error[" in result.output else 0)


def test_outputs_have_documents():
    for ending in ("out", "options"):
        for golden in (CASES / "err").rglob(f"*.{ending}"):
            assert golden.with_suffix("").exists(), f"{golden} belongs to no document"


def test_the_readme_shows_real_output():
    readme = (CASES.parent.parent / "README.md").read_text(encoding="utf-8")
    golden = (CASES / "err" / "readme" / "model.seqspec.toml.out").read_text(encoding="utf-8")
    assert golden[: golden.index("\nfixes: ")] in readme
