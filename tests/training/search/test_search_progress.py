"""The line of a terminal while a search runs."""

import os
import re
import sys
import time

import pytest

import seqspec
from seqspec.training.commands import search_progress
from seqspec.training.commands.search import SearchOutput
from seqspec.training.commands.search_progress import SearchProgress, duration
from seqspec.training.commands.training_console import Bar
from seqspec.training.events import event_of
from tests.terminal import Terminal

SEARCH = {
    "trials": 10, "objectives": [("val_loss", "min")], "pruner": "none", "min_epochs": 3, "folder": "searches/a",
    "sets": {"train": 60, "validation": 20, "test": 20}, "folds": None, "repeats": 1, "final": "evaluate",
    "ended_trials": 0, "workers": 1, "space": {"parameters": 3, "combinations": 300, "valid": 200, "exact": False},
}  # fmt: skip


def ended(number, value, best):
    row = {"number": number, "state": "done", "val_loss": value, "epochs": 5, "seconds": 10.0, "params": 10**number}
    return {"trial": row, "error": None, "best": best}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (1000, "16 min"), (3700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_the_line_has_what_ended_what_is_left_and_what_runs(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(search_progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(SearchProgress, "show", lambda self: None)
    monkeypatch.setenv("COLUMNS", "80")
    progress = SearchProgress()
    progress.record(event_of("search", SEARCH))
    assert progress._text() == "0 of 10 trials  0 s  starting"
    # Keras is imported for 8 s; each of 2 workers trains 5 epochs in 10 s, so that 10 trials take 50 s.
    now[0] = 118.0
    for number in (1, 2):
        progress.record(event_of("trial", ended(number, 0.5 * number, number == 1)))
    shown = "2 of 10 trials  18 s, about 40 s left  best 0.5 (trial 1)  starting the next trial"
    assert progress._text() == shown[:79]
    now[0] = 121.0
    assert "21 s, about 37 s left" in progress._text()
    now[0] = 124.0
    for trial in (3, 4):
        progress.record(event_of("trial_epoch", {"trial": trial, "epoch": 3, "logs": {}}))
    assert progress._text() == "2 of 10 trials  24 s, about 34 s left  best 0.5 (trial 1)  3: epoch 3  4: epoch 3"[:79]
    now[0] = 200.0
    assert "about 0 s left" in progress._text()
    monkeypatch.setenv("COLUMNS", "30")
    assert len(progress._text()) == 29


def test_the_line_of_a_search_that_is_resumed_has_all_its_trials(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(search_progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(SearchProgress, "show", lambda self: None)
    progress = SearchProgress()
    progress.record(event_of("search", {**SEARCH, "ended_trials": 6, "objectives": [("macs", "min")]}))
    for number in (7, 8):
        now[0] += 10.0
        row = {**ended(number, 0.5, False)["trial"], "macs": 25_792.0}
        progress.record(event_of("trial", {"trial": row, "error": None, "best": number == 7}))
    # Two trials took 20 s, and two are left.
    shown = "8 of 10 trials  20 s, about 20 s left  best 25,792 (trial 7)  starting the next trial"
    assert progress._text() == shown[:79]


def test_lines_of_trials_are_aligned_and_have_no_control_characters(capsys):
    output = SearchOutput()
    output("search", SEARCH)
    for number, value in ((3, 0.5), (4, 0.25)):
        output("trial_epoch", {"trial": number, "epoch": 1, "logs": {}})
        output("trial", ended(number, value, number == 3))
    output.close()
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-2:] == [
        "trial  3  val_loss 0.5  1,000 parameters  5 epochs  10.0 s  new best",
        "trial  4  val_loss 0.25  10,000 parameters  5 epochs  10.0 s",
    ]
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", captured.out) and captured.err == ""


def test_progress_in_python_prints_searches_and_trainings(capsys):
    progress = seqspec.Progress()
    progress("search", SEARCH)
    progress("trial", ended(3, 0.5, True))
    progress("epoch", {"epoch": 1, "epochs": 9, "seconds": 1.5, "logs": {"loss": 0.25}, "learning_rate": None})
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "trial  3  val_loss 0.5  1,000 parameters  5 epochs  10.0 s  new best", "epoch 1/9  1.5 s  loss 0.25",
    ]  # fmt: skip


def test_on_a_terminal_the_line_is_removed_before_others(tmp_path):
    program = (
        "import time; from seqspec.training.commands.search import SearchOutput; "
        "from tests.training.search.test_search_progress import SEARCH, ended; o = SearchOutput(); "
        "o('search', SEARCH); time.sleep(0.5); o('trial', ended(1, 0.5, True)); time.sleep(0.5); o.close(); "
        "print('finished')"
    )
    with Terminal([sys.executable, "-c", program], tmp_path, PYTHONPATH=":".join(sys.path)) as terminal:
        seen = terminal.until("finished")
    assert "0 of 10 trials" in seen and "1 of 10 trials" in seen
    # What is left of each line after the last time that it is removed.
    lines = [line.split("\x1b[K")[-1].strip() for line in seen.split("\n")]
    assert [line for line in lines if "of 10 trials" in line] == []
    assert any(re.fullmatch(r"trial  1  val_loss 0.5  10 parameters  5 epochs  10.0 s\x1b\[1m  new best\x1b\[0m", line)
               for line in lines)  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only")
def test_no_process_is_forked_while_the_line_is_written():
    class Slow(Bar):
        writing = False

        def _write(self, text):
            self.writing = True
            time.sleep(0.02)
            self.writing = False

    bar = Slow()
    bar.show()
    for _ in range(3):
        while not bar.writing:
            time.sleep(0.001)
        child = os.fork()
        if child == 0:
            os._exit(int(bar.writing))
        assert os.waitpid(child, 0)[1] == 0
    bar.stop()
