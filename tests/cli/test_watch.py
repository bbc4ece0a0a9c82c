"""`seqspec check --watch`: runs again after a change, ends with the last status."""

import os
import signal
import sys

import click
import pytest

from seqspec.cli.watch import Watched, watch
from seqspec.core.config.configuration import Configurations

GOOD = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 2, activation = "relu" }]\n'
BAD = GOOD.replace("relu", "rellu")


def put(path, text):
    """Writes a file as editors do, in one step: on a busy machine it could be seen while it is empty."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


class Script:
    """Does one thing at each look, then Ctrl-C."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def __call__(self, seconds):
        if not self.steps:
            raise KeyboardInterrupt
        step = self.steps.pop(0)
        if step is not None:
            step()


def counted(*statuses):
    runs = []

    def run():
        runs.append(1)
        return statuses[min(len(runs), len(statuses)) - 1]

    return runs, run


def test_a_change_runs_again_and_the_last_status_stays(tmp_path):
    file = tmp_path / "a"
    file.write_text("1")
    runs, run = counted(0, 1)
    status = watch(lambda: [str(file)], run, sleep=Script(None, lambda: file.write_text("22"), None, None))
    assert (status, len(runs)) == (1, 2)


def test_watch_waits_for_changes(tmp_path):
    (tmp_path / "a").write_text("1")
    runs, run = counted(0)
    assert watch(lambda: [str(tmp_path / "a")], run, sleep=Script(*[None] * 5)) == 0
    assert len(runs) == 1


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path):
    file = tmp_path / "a"
    file.write_text("1")
    runs, run = counted(0)
    steps = [lambda n=n: file.write_text("x" * n) for n in (2, 3, 4)]
    watch(lambda: [str(file)], run, sleep=Script(*steps, None))
    assert len(runs) == 2


def test_new_and_vanished_files_are_changes(tmp_path):
    (tmp_path / "a").write_text("1")
    runs, run = counted(0)
    new = lambda: (tmp_path / "b").write_text("1")  # noqa: E731
    gone = (tmp_path / "a").unlink
    watch(lambda: map(str, tmp_path.iterdir()), run, sleep=Script(new, None, gone, None))
    assert len(runs) == 3


def test_a_change_during_the_run_is_not_lost(tmp_path):
    file = tmp_path / "a"
    file.write_text("1")
    runs = []

    def run():
        runs.append(1)
        if len(runs) == 1:
            file.write_text("22")
        return 0

    watch(lambda: [str(file)], run, sleep=Script(None, None))
    assert len(runs) == 2


def test_watch_includes_missing_bases(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.seqspec.toml").write_text('seqspec = 1\nextends = "parts/b.seqspec.toml"\n')
    watched = Watched(["a.seqspec.toml"], ["policy.json", None])
    assert "a.seqspec.toml" not in set(watched())
    watched.configured = Configurations(isolated=True)
    seen = set(watched())
    assert {"a.seqspec.toml", "parts/b.seqspec.toml", "policy.json"} <= seen
    assert str(tmp_path / "pyproject.toml") in seen
    (tmp_path / "parts").mkdir()
    # Documents that extend each other have no end.
    (tmp_path / "parts" / "b.seqspec.toml").write_text('seqspec = 1\nextends = "../a.seqspec.toml"\n')
    assert list(watched()).count("a.seqspec.toml") == 1
    (tmp_path / "a.seqspec.toml").write_text("seqspec = 1\n")
    assert "parts/b.seqspec.toml" not in set(watched())


def test_a_configuration_error_is_shown_and_watching_goes_on(tmp_path, capsys):
    file = tmp_path / "a"
    file.write_text("1")
    runs = []

    def run():
        runs.append(1)
        if len(runs) == 1:
            raise click.UsageError("no such rule")
        return 0

    assert watch(lambda: [str(file)], run, sleep=Script(lambda: file.write_text("22"), None, None)) == 0
    assert "no such rule" in capsys.readouterr().err


def test_a_closed_pipe_is_the_end():
    def run():
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        watch(list, run, sleep=Script())


def test_stopped_in_the_first_run():
    def run():
        raise KeyboardInterrupt

    assert watch(list, run) == 130


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_watch_clears_the_terminal(tmp_path):
    from tests.terminal import Terminal

    base, document = tmp_path / "base.seqspec.toml", tmp_path / "a.seqspec.toml"
    base.write_text(GOOD)
    document.write_text('seqspec = 1\nextends = "base.seqspec.toml"\n')
    command = [sys.executable, "-m", "seqspec", "check", "--watch", "a.seqspec.toml"]
    with Terminal(command, tmp_path, NO_COLOR="1", PYTHONPATH=os.getcwd()) as terminal:
        first = terminal.until("press Ctrl-C to stop")
        assert "1 file checked: no findings" in first
        # What stood there before is cleared away.
        assert first.startswith("\x1b[2J")
        put(base, BAD)
        second = terminal.until("press Ctrl-C to stop")
        assert "\x1b[2J" in second
        assert 'unknown activation "rellu"' in second
        assert terminal.interrupt(signal.SIGINT) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_configurations_patterns_and_new_files(tmp_path):
    from tests.terminal import Terminal

    (tmp_path / "seqspec.toml").write_text("include = 3\n")
    command = [sys.executable, "-m", "seqspec", "check", "--watch", "--format", "concise", "*.seqspec.toml"]
    with Terminal(command, tmp_path, NO_COLOR="1", PYTHONPATH=os.getcwd()) as terminal:
        assert "matches" in terminal.until("press Ctrl-C to stop")
        put(tmp_path / "a.seqspec.toml", BAD)
        # The configuration is read now, and is wrong; it is told once.
        wrong = terminal.until("press Ctrl-C to stop")
        assert wrong.count("seqspec.toml:1:") == 1
        put(tmp_path / "seqspec.toml", 'ignore = ["unknown-name"]\n')
        assert "SEQ106" not in terminal.until("press Ctrl-C to stop")
        (tmp_path / "seqspec.toml").unlink()
        assert "SEQ106" in terminal.until("press Ctrl-C to stop")
        put(tmp_path / "a.seqspec.toml", GOOD)
        terminal.until("press Ctrl-C to stop")
        assert terminal.interrupt(signal.SIGINT) == 0


def test_standard_input_cannot_be_watched():
    from click.testing import CliRunner

    from seqspec.cli.main import cli

    result = CliRunner().invoke(cli, ["check", "--watch", "-"])
    assert result.exit_code == 2
    assert "--watch cannot be used with standard input" in result.output
