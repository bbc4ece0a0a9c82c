"""The commands on the pages of docs/ that train, evaluate, predict, build and export, run as written.

A page is read in a folder of its own, from top to bottom, as tests/test_docs.py does it, and every command of a
`console` fence is run: `seqspec` in this process, so that TensorFlow is imported once, others by the shell. What is
printed must be what the page shows, but for numbers that vary and for what they decide, which `MASKS` names. Of many
epochs a page shows the first and the last.
"""

import re
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from tests.test_docs import NOT_RUN, PAGES, Page, compare_page

pytestmark = pytest.mark.slow

MASKS = {
    "name of a run": r"(?<=\w)-\d{8}-\d{6}-[0-9a-f]{4}\b",
    "time": r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b",
    "version": r"\b\d+(?:\.\d+){2,}\b",
    "duration": r"\b[\d.,]+ (?:min \d+ s|min|s|ms|µs)\b",
    "size": r"\b[\d.,]+ (?:B|KiB|MiB|bytes)\b",
    "interval": r"(?<=[\[(])\d[\d.]*(?=[,)])|(?<=, )\d+(?=\])|\d[\d.]*–[\d.]+",
    "metric": r"(?<= )\d+\.\d+(?:e[+-]?\d+)?|\b\d+e-\d+\b|(?<=accuracy )\d+|(?<=auc )\d+|(?<=same class )\d+(?=%)",
    "array": r"(?<=^\[)\d+\.\d+(?= )",
    "forecast": r"(?<=,)-?\d+\.\d+|\b\d+%(?= of the origins)",
    "confusion matrix": r"^\w+(?: +\d+)+$",
    "best trials": r"^(?:best|pareto)  .*$|(?<=<duration>)(?:  new best)?$|(?<=\()trial \d+(?=, evaluated once)",
    "verdict": r"(?<=^verdict).*$",
}
"""What varies between machines and runs → what it looks like."""

NEEDED = {"tabular.md": ["palmerpenguins"], "time-series.md": ["statsmodels"]}
"""Page → packages that its data is in."""

NIGHTLY = ("audio.md", "images.md", "microcontroller.md", "time-series.md")
"""Pages whose commands take long; every run has those of others."""

EPOCH = re.compile(r"^epoch +\d+/\d+ ")
RUN = re.compile(r"runs/(\w+)-\d{8}-\d{6}-[0-9a-f]{4}")
TRAINED = [
    path for path in PAGES if re.search(rf"^\$ seqspec ({'|'.join(NOT_RUN)})\b", path.read_text(encoding="utf-8"), re.M)
]


class TrainedPage(Page):
    """A page of which every command is run."""

    def _commands(self, body):
        out = []
        for command in re.split(r"^(?=\$ )", body, flags=re.M):
            first, _, shown = command.partition("\n")
            if not first.startswith("$ "):
                out.append(command)
                continue
            printed = shortened(self._run(RUN.sub(self._newest, first[2:])))
            out.append(command if masked(printed) == masked(shown) else f"{first}\n{printed}")
        return "".join(out)

    def _newest(self, match):
        """The run that this page has made, in place of that of its author."""
        runs = sorted((self.folder / "runs").glob(f"{match[1]}-*"), key=lambda run: run.stat().st_mtime)
        return f"runs/{runs[-1].name}"

    def _run(self, command):
        words = shlex.split(command)
        if words[0] == "cd":
            self.monkeypatch.chdir(words[1])
            return ""
        if words[0] != "seqspec":
            command = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", command)
            done = subprocess.run(command, shell=True, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout
        result = CliRunner().invoke(cli, words[1:])
        assert result.exit_code in (0, 1, 3), result.output
        return result.output


def shortened(text):
    """Output with `...` for all epochs between the first and the last."""
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    epochs = [index for index, line in enumerate(lines) if EPOCH.match(line)]
    if len(epochs) > 2:
        lines[epochs[0] + 1 : epochs[-1]] = ["..."]
    return "".join(f"{line}\n" for line in lines)


def masked(text):
    """Output without what varies."""
    for name, pattern in MASKS.items():
        text = re.sub(pattern, f"<{name}>", text, flags=re.M)
    return re.sub(" +", " ", text).rstrip()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=path.name,
            marks=[
                pytest.mark.needs(*NEEDED.get(path.name, ())),
                *([pytest.mark.nightly] if path.name in NIGHTLY else []),
            ],
        )
        for path in TRAINED
    ],
)
def test_page_commands_print_what_it_shows(path, tmp_path, monkeypatch, request):
    page = TrainedPage(path, tmp_path)
    page.monkeypatch = monkeypatch
    compare_page(page, monkeypatch, request, "data", "runs")


def test_masks_hide_numbers_and_nothing_else():
    line = "epoch 1/30  0.8 s  loss 1.0612  accuracy 0.4444"
    assert masked(line) == masked("epoch 1/30  1.2 s  loss 1.1  accuracy 0.5")
    assert masked(line) != masked("epoch 1/31  0.8 s  loss 1.0612  accuracy 0.4444")
    assert masked("data  train 90, test 30 samples") != masked("data  train 91, test 30 samples")
    assert masked("test  accuracy 1  auc 0.99") == masked("test  accuracy 0.98  auc 1")
    assert masked("trial 2  0.4 s  new best\nverdict  fine: …") == masked("trial 2  3 s\nverdict  undecided: …")
    assert masked("yes, the interval 0.926–0.97 is above") == masked("yes, the interval 0.94–1 is above")
    assert masked("[0.8217461 0.9533633]") == masked("[0.82174623  0.95336324]")
    assert masked('{"class": "setosa", "p": 0.75}') != masked('{"class": "virginica", "p": 0.75}')


def test_forecasts_without_seqspec_are_the_same():
    """The page on time series shows the outputs of one run: those of `predict`, and of Keras alone."""
    [page] = [path for path in TRAINED if path.name == "time-series.md"]
    text = page.read_text(encoding="utf-8")
    predicted = re.findall(r"^\d{4}-\d\d,(\S+),[123]$", text, re.M)
    [alone] = re.findall(r"^\$ python forecast.py\n\[(.*)\]$", text, re.M)
    assert len(predicted) == 3 and alone.split() == predicted
