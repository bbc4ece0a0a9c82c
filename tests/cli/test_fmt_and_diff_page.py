"""The page on fmt and diff shows real output: its files are written, its commands run in order.

`python -m pytest tests/cli/test_fmt_and_diff_page.py --write-golden` writes the outputs anew.
"""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from seqspec.cli.main import cli
from tests import ROOT

PAGE = ROOT / "docs" / "fmt-and-diff.md"
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n```\w+\n(.*?)```)|(?:```console\n(.*?)```)", re.S)


def test_the_page_shows_real_output(tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def real(match):
        name, content, commands = match.groups()
        if name:
            Path(name).write_text(content, encoding="utf-8")
            return match.group()
        lines = []
        for command in re.findall(r"^\$ seqspec (.*)$", commands, re.M):
            result = CliRunner().invoke(cli, shlex.split(command), catch_exceptions=False)
            lines.append(f"$ seqspec {command}\n{result.output}")
        return "```console\n" + "".join(lines) + "```"

    text = PAGE.read_text(encoding="utf-8")
    shown = BLOCK.sub(real, text)
    if request.config.getoption("--write-golden"):
        PAGE.write_text(shown, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == shown
    assert shown.count("$ seqspec") >= 7
