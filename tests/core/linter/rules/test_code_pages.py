"""Requirements of each code that no linter rule reports: a page with tested examples.

Most examples are one spec. The others are files, each named in the line above it, and the commands that check them;
`--write-golden` writes the outputs again.
"""

import re
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.check.check import check
from seqspec.core.check.rule_docs import HEADINGS, explain_code
from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.codes import PAGES as FOLDERS
from seqspec.core.linter.registry import rules
from seqspec.core.syntax.source import parse_text

NOT_RUN = {
    # Needs an installed package: tests/integration/test_plugins.py.
    "plugin-fault",
    # No spec is known to cause it: tests/core/linter/rules/test_internal_errors.py.
    "internal-error",
    # Needs more than 1,000 findings: tests/robustness/test_cost.py.
    "findings-omitted",
    # Need many rows, or images: tests/training/data/test_leak_scan.py.
    "group-in-random-split",
    "similar-images",
}
"""Codes whose page describes the example, with the tests that cover them."""

WITH_COMMANDS = {
    "unreadable-file", "bad-configuration", "bad-extends", "not-followed", "unknown-value", "policy",
    "fitted-before-split", "fitted-on-test", "augmented-validation", "shuffled-predictions",
    "layers-of-copy", "no-gradient", "older-keras", "unused-result",
    *(name for name, code in CODES.items() if code.code.startswith(("SEQ48", "SEQ82", "SEQ9"))),
}  # fmt: skip
"""Codes whose example needs several files, a Python program, options or training data."""

PAGES = {path.stem: path for folder in FOLDERS for path in folder.iterdir()}
LANGUAGE = [code for name, code in CODES.items() if name not in {rule.name for rule in rules()}]
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.M | re.S)

every_code = pytest.mark.parametrize("code", LANGUAGE, ids=lambda code: code.name)


def names(text, file):
    return {diagnostic.name for diagnostic in check(parse_text(text, file)).diagnostics}


def run_blocks(text, folder):
    """The text with the actual outputs of its commands, after writing its files to the folder."""

    def read(match):
        name, language, body = match.groups()
        if language != "console":
            (folder / name).write_text(body, encoding="utf-8")
            return match[0]
        command = body.partition("\n")[0]
        result = CliRunner().invoke(cli, shlex.split(command.removeprefix("$ seqspec ")))
        return f"```console\n{command}\n{result.output.rstrip()}\n```"

    return BLOCK.sub(read, text)


def test_pages_match_the_codes():
    assert set(PAGES) == {code.name for code in LANGUAGE}


@every_code
def test_code_page_has_all_sections(code):
    page = explain_code(code)
    assert tuple(page.sections) == HEADINGS[:4]
    assert all(page.sections.values())
    assert set(re.findall(r"^## (.+)$", PAGES[code.name].read_text(encoding="utf-8"), re.M)) <= set(HEADINGS)


@every_code
def test_code_page_has_tested_examples(code, tmp_path, monkeypatch, request):
    page = explain_code(code)
    if code.name in NOT_RUN:
        assert "Example" not in page.languages
        return
    if code.name not in WITH_COMMANDS:
        bad, file = page.sections["Example"], "model.seqspec.toml"
        if code.name == "keras-config":
            bad, file = BLOCK.fullmatch(bad)[3], "model.seqspec.json"
        assert code.name in names(bad, file)
        assert names(page.sections["Use instead"], "model.seqspec.toml") == set()
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.syspath_prepend(tmp_path)
    path = PAGES[code.name]
    before = path.read_text(encoding="utf-8")
    after = run_blocks(before, tmp_path)
    if request.config.getoption("--write-golden"):
        path.write_text(after, encoding="utf-8")
    else:
        assert after == before
    bad, good = after.split("## Use instead\n")
    assert f"[{code.code}] {code.name}:" in bad
    assert f"[{code.code}]" not in good
    # Only training reports these, and the corrected spec would train.
    assert "$ seqspec check" in good or code.name in ("bad-placement", "bad-logger", "output-not-allowed")


def test_check_reads_no_page(tmp_path):
    spec = tmp_path / "model.seqspec.toml"
    spec.write_text(explain_code(CODES["unknown-key"]).sections["Example"], encoding="utf-8")
    script = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])))\n"
        "import seqspec\n"
        f"assert not seqspec.check({str(spec)!r}).ok\n"
        f"assert not [path for path in opened if path.startswith({tuple(map(str, FOLDERS))!r})]\n"
        "assert 'seqspec.core.check.rule_docs' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
