"""Searches: what is trained, what is kept, and that the test set is read once."""

import json
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.plugins import Logger
from seqspec.training.loggers import group
from tests import ROOT
from tests.nightly import rest_nightly
from tests.training.specs import CLASSES, samples

pytestmark = [pytest.mark.slow, pytest.mark.needs("optuna", "tensorflow")]

DOCUMENT = """\
# The species of a penguin.
seqspec = 1

[vars]
units = 8  # of the hidden layer

[model]
input = [4]
layers = [
  { type = "Dense", units = "$units", activation = "relu" },
  { type = "Dense", units = 3, activation = "softmax" },
]

[target]
kind = "multiclass"
classes = 3

[compile]
optimizer = { type = "Adam", learning_rate = 0.01 }
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]

[fit]
epochs = 2
batch_size = 32

[data]
source = { type = "table", path = "penguins.csv", label = "species" }
split = { by = "random", train = 0.5, validation = 0.25, test = 0.25 }

[runtime]
seed = 7

[search]
objective = "val_loss"
trials = 3

[search.space]
vars.units = { min = 4, max = 64, log = true }
compile.optimizer.learning_rate = { min = 1e-3, max = 1e-1, log = true }
"""


@pytest.fixture
def document(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = samples(120)
    rows = [",".join([*map(str, row), CLASSES[label]]) for row, label in zip(x.tolist(), y)]
    (tmp_path / "penguins.csv").write_text("\n".join(["a,b,c,d,species", *rows]) + "\n")

    def write(name="model.seqspec.toml", space=None, eagerly=True, **search):
        """Writes a document whose trials train eagerly, which for few batches takes less time than graphs."""
        text = DOCUMENT.replace("[fit]", "run_eagerly = true\n\n[fit]") if eagerly else DOCUMENT
        if search:
            text = text.replace(
                "trials = 3", "\n".join(f"{key} = {value}" for key, value in {"trials": 3, **search}.items())
            )
            text = text.replace('objective = "val_loss"\n', "" if "objective" in search else 'objective = "val_loss"\n')
        if space is not None:
            text = text[: text.index("[search.space]")] + f"[search.space]\n{space}\n"
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def weights(run):
    return run.model.get_weights()


def equal(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other))


def test_a_search_trains_what_it_starts_and_its_best_spec_trains_to_the_same_weights(document, tmp_path):
    result = seqspec.search(document(eagerly=False))
    trials = result.trials
    assert [trial.state for trial in trials] == ["done"] * 3
    assert result.state == "done"
    # The document as it is comes first.
    assert trials[0].chosen == {"vars.units": 8, "compile.optimizer.learning_rate": 0.01}
    for trial in trials:
        assert trial.values == [trial.run.history["val_loss"][-1]]
        assert trial.sizes["params"] == trial.run.model.count_params()
        assert "test" not in trial.run.evaluation
    assert result.best.values == min(trial.values for trial in trials)
    text = (result.path / "best.seqspec.toml").read_text()
    assert "# of the hidden layer" in text and "[search" not in text
    (tmp_path / "best.seqspec.toml").write_text(text)
    again = seqspec.train(str(tmp_path / "best.seqspec.toml"))
    assert equal(weights(again), weights(result.best.run))
    assert again.history == result.best.run.history
    # It is the same split: the result of the search on the test set is that of the new run.
    assert again.evaluation["test"]["metrics"] == result.test["metrics"]
    assert [row["number"] for row in result.rows()] == [1, 2, 3]
    report = (result.path / "report.html").read_text()
    assert "vars.units" in report and "done, started" in report


def test_settings_of_the_caller_are_in_the_best_spec(document):
    result = seqspec.search(document(), settings=["fit.epochs=1"], vars={"units": 16}, trials=1)
    best = seqspec.load(str(result.path / "best.seqspec.toml"))
    assert best.fit.epochs == 1
    assert result.best.epochs == 1


@pytest.mark.nightly
def test_equal_candidates_are_trained_once_and_an_exhausted_space_ends_the_search(document):
    result = seqspec.search(document(space="vars.units = [8, 16]", trials=10), settings=["fit.epochs=1"])
    assert sorted(trial.chosen["vars.units"] for trial in result.trials) == [8, 16]
    assert "equal to earlier ones" in result.folder.info["ended"]
    grid = seqspec.search(document(space="vars.units = [4, 8, 16]", trials=10, sampler='"grid"', start=[]))
    assert [trial.chosen["vars.units"] for trial in grid.trials] == [4, 8, 16]


def test_limits_reject_and_models_of_other_trials_are_deleted(document):
    # The layers have 4u + u and 3u + 3 parameters.
    space = "vars.units = { min = 4, max = 64 }"
    result = seqspec.search(
        document(space=space, trials=4, keep=1, limits="{ params = 300 }"), settings=["fit.epochs=1"]
    )
    assert all(trial.sizes["params"] == 8 * trial.chosen["vars.units"] + 3 <= 300 for trial in result.trials)
    assert set(result.rejected) <= {"limits.params"}
    kept = [trial.number for trial in result.trials if (trial.folder.path / "model.keras").exists()]
    assert kept == [result.best.number]
    assert all((trial.folder.path / "history.jsonl").exists() for trial in result.trials)


def test_several_objectives_have_a_pareto_set(document):
    space = "vars.units = { min = 4, max = 64 }"
    result = seqspec.search(document(space=space, trials=4, objective='["val_loss", "params"]'))
    values = {trial.number: trial.values for trial in result.trials}
    front = {
        number for number, (loss, params) in values.items()
        if not any(a <= loss and b <= params and (a, b) != (loss, params) for a, b in values.values())
    }  # fmt: skip
    assert {trial.number for trial in result.pareto} == front
    assert result.best.number == min(front, key=lambda number: values[number][0])


def test_evaluations_of_trials_on_the_test_set_are_counted(document):
    result = seqspec.search(document(trials=2), settings=["fit.epochs=1"])
    best, other = result.ranked
    before = result.test
    for trial, warns in ((best, False), (other, True), (other, False)):
        shown = CliRunner().invoke(cli, ["evaluate", str(trial.folder.path), "--on", "test"])
        assert shown.exit_code == 0 and ("warning: evaluation 2 of a trial" in shown.output) is warns
    assert result.test == before
    seqspec.resume_search(result.path, trials=1)
    new = [] if result.best.number == best.number else [result.best.number]
    assert [each["trial"] for each in result.folder.info["tested"]] == [best.number, other.number, *new]
    (result.path / "search.json").write_text("{")
    shown = CliRunner().invoke(cli, ["evaluate", str(other.folder.path), "--on", "test"])
    assert shown.exit_code == 0 and "warning: the evaluation is not counted" in shown.output


@pytest.mark.nightly
def test_budgets_end_a_search(document):
    def ended(**search):
        events = {}
        result = seqspec.search(document(**search), report=events.__setitem__)
        assert events["search_done"]["ended"] == result.folder.info["ended"]
        return result, len(result.trials), result.folder.info["ended"]

    assert ended(trials=9, epochs=4)[1:] == (2, "epochs: 4 of 4 are trained")
    _, count, why = ended(trials=9, stop="{ value = 100.0 }")
    assert count == 1 and why.startswith("stop.value: val_loss of trial 1 is")
    stopped, count, why = ended(trials=6, stop="{ patience = 1 }")
    best = stopped.best.number
    assert (why is None and count == 6) or (
        count - best == 1 and why == f"stop.patience: 1 trial without a better one than trial {best}"
    )
    assert ended(trials=9, time=0.01)[1:] == (1, "time: 0.01 s are over")
    assert ended(trials=1)[1:] == (1, None)


def test_asha_ends_trials_early(document):
    pruner = '{ type = "asha", min_epochs = 1, reduction_factor = 2 }'
    result = seqspec.search(document(trials=5, pruner=pruner), settings=["fit.epochs=4"])
    pruned = [trial for trial in result.trials if trial.state == "pruned"]
    assert all(trial.epochs in (1, 2) for trial in pruned)
    assert all(trial.run.state == "pruned" for trial in pruned)
    assert all(trial.epochs == 4 for trial in result.trials if trial.state == "done")
    assert {trial.state for trial in result.trials} <= {"done", "pruned"}


def test_the_best_of_folds_is_trained_on_all_of_them(document, tmp_path):
    result = seqspec.search(document(trials=2, folds=3, at='"last"'), settings=["fit.epochs=1"])
    for trial in result.trials:
        folds = [seqspec.load_run(trial.folder.path / "folds" / str(fold)) for fold in (1, 2, 3)]
        losses = [run.history["val_loss"][-1] for run in folds]
        assert trial.values == [pytest.approx(np.mean(losses))]
        assert trial.errors == [pytest.approx(np.std(losses, ddof=1) / np.sqrt(3))]
    (other,) = (trial for trial in result.trials if trial.number != result.best.number)
    assert not (other.folder.path / "model.keras").exists()
    copy = tmp_path / "best.seqspec.toml"
    copy.write_text((result.path / "best.seqspec.toml").read_text())
    again = seqspec.train(str(copy))
    assert equal(weights(again), weights(result.best.run))
    assert again.evaluation["test"]["metrics"] == result.test["metrics"]


def test_the_best_is_retrained_on_training_and_validation_set(document, tmp_path):
    search = {"trials": 2, "repeats": 2, "final": '"retrain"'}
    result = seqspec.search(document(**search), settings=["fit.epochs=2"])
    for trial in result.trials:
        runs = [trial.run, seqspec.load_run(trial.folder.path / "repeats" / "2")]
        assert runs[0].lock["seed"] != runs[1].lock["seed"]
        assert trial.values == [pytest.approx(np.mean([run.history["val_loss"][-1] for run in runs]))]
    final = seqspec.load_run(result.path / "final" / f"{result.best.number:04}")
    rows = [np.load(run.path / "split.npz") for run in (final, result.best.run)]
    assert sorted(rows[0]["train"]) == sorted([*rows[1]["train"], *rows[1]["validation"]])
    assert sorted(rows[0]["test"]) == sorted(rows[1]["test"])
    assert len(final.history["loss"]) == 2 and "val_loss" not in final.history


@pytest.mark.parametrize("folds", rest_nightly((None, 3), 3))
def test_without_a_final_evaluation_the_test_set_is_not_read(document, folds):
    options = {"trials": 1, "at": '"last"', **({"folds": folds} if folds else {})}
    result = seqspec.search(document(final='"none"', **options), settings=["fit.epochs=1"])
    assert result.test is None and result.folder.info["tested"] == []
    assert (result.best.folder.path / "model.keras").exists() is (folds is None)
    result = seqspec.resume_search(result.path, trials=1)
    assert result.test is None and result.folder.info["tested"] == []
    # It may change between starts.
    document(final='"retrain"', **options)
    result = seqspec.resume_search(result.path, trials=1)
    assert [each["trial"] for each in result.folder.info["tested"]] == [result.best.number]
    command = ["search", document(**options), "--set", "search.final=none", "--set", "fit.epochs=1", "--workers", "2"]
    shown = CliRunner().invoke(cli, command)
    assert shown.exit_code == 0 and not re.search(r"^(test|final) ", shown.stdout, re.M), shown.output


@pytest.mark.nightly
def test_a_changed_document_is_named_and_its_trials_can_be_taken_over(document):
    result = seqspec.search(document(space="vars.units = [8, 16, 32]", trials=3))
    path = document(space="vars.units = [16, 32, 64]", start=[], trials=1)
    with pytest.raises(seqspec.RunError, match=r"the document \(.*vars.units.*--from"):
        seqspec.resume_search(result.path, trials=1)
    again = seqspec.search(path, start_from=result.path)
    assert sorted(trial.chosen["vars.units"] for trial in again.trials) == [16, 32, 64]
    before = {trial.chosen["vars.units"]: trial.values for trial in result.trials}
    taken = [trial for trial in again.trials if trial.chosen["vars.units"] in before]
    assert [trial.values for trial in taken] == [before[trial.chosen["vars.units"]] for trial in taken]
    assert all(trial.run.model.count_params() == trial.sizes["params"] for trial in taken)


def test_a_search_from_python_is_resumed(document):
    tree = tomllib.loads(Path(document(trials=1)).read_text())
    result = seqspec.search(tree)
    assert len(seqspec.resume_search(result.path, trials=1).trials) == 2


def test_a_wrong_space_starts_nothing(document, tmp_path):
    with pytest.raises(seqspec.SpecError, match="SEQ051"):
        seqspec.search(document(space="vars.unitz = [8, 16]"))
    with pytest.raises(seqspec.SpecError, match="SEQ105") as wrong:
        seqspec.search(document(space="vars.unitz = [8, 16]", trials=0))
    assert "SEQ051" in str(wrong.value)
    assert not (tmp_path / "searches").exists()


def test_a_dry_run_shows_each_candidate_once(document):
    path = document(space="vars.units = [4, 8, 16]", sampler='"grid"')
    result = CliRunner().invoke(cli, ["search", path, "--dry-run"])
    assert sorted(line.split()[2] for line in result.output.splitlines() if line.startswith("candidate")) == [
        "16:", "4:", "8:",
    ]  # fmt: skip


def test_the_warnings_of_the_check_and_settings_without_effect_are_reported_once(document):
    path = document(space="fit.epochs = { value = 1 }", objective='"loss"')
    result = CliRunner().invoke(cli, ["search", path, "--dry-run", "--set", "fit.epochs=3"])
    assert result.stderr.count("warning[SEQ052]") == 1
    assert "warning: the setting fit.epochs has no effect: [search.space] has a value" in result.stderr
    events = []
    seqspec.search(path, trials=1, report=lambda event, fields: events.append((event, fields.get("message"))))
    assert [event for event, _ in events[:2]] == ["finding", "search"]
    assert [message for event, message in events if event == "finding" and "training set" in message] != []


@pytest.mark.nightly
def test_trials_are_added_to_a_search_that_is_done(document):
    result = seqspec.search(document(trials=1))
    with pytest.raises(seqspec.RunError, match="is done: add trials"):
        seqspec.resume_search(result.path)
    again = seqspec.resume_search(result.path, trials=2)
    assert [trial.number for trial in again.trials] == [1, 2, 3]
    (result.path.parent.parent / "penguins.csv").write_text("a,b,c,d,species\n" + "1,2,3,4,adelie\n" * 40)
    with pytest.raises((seqspec.RunError, seqspec.SpecError)):
        seqspec.resume_search(result.path, trials=1)


@pytest.mark.nightly
def test_a_search_that_ended_by_its_time_goes_on_with_a_longer_one(document):
    result = seqspec.search(document(trials=2), settings=["fit.epochs=1", 'search.time="0.01s"'])
    assert len(result.trials) == 1
    for options, left in (({}, "1 of 2"), ({"trials": 2}, "3 of 4"), ({"time": "0.02s"}, "1 of 2")):
        with pytest.raises(seqspec.RunError, match=f"time: .* are over.* {left} trials are left.*--time"):
            seqspec.resume_search(result.path, **options)
    assert len(seqspec.resume_search(result.path, time="1h").trials) == 2
    document(trials=1)
    assert len(seqspec.resume_search(result.path, trials=1).trials) == 3


@pytest.mark.nightly
def test_a_search_that_is_resumed_goes_on_with_start_and_the_grid(document):
    space = {"space": "vars.units = [4, 8, 16, 32]", "start": "[{ vars.units = 32 }, { vars.units = 4 }]"}
    result = seqspec.search(document(trials=2, **space))
    again = seqspec.resume_search(result.path, trials=1)
    assert [trial.chosen["vars.units"] for trial in again.trials] == [8, 32, 4]
    grid = seqspec.search(document(space="vars.units = [4, 8, 16]", trials=2, sampler='"grid"', start=[]))
    again = seqspec.resume_search(grid.path, trials=1)
    assert [trial.chosen["vars.units"] for trial in again.trials] == [4, 8, 16]
    assert again.folder.info["equal"] == 0


def test_resuming_a_search_reports_the_errors_of_its_document(document):
    result = seqspec.search(document(trials=1))
    document(space="vars.unitz = [8, 16]")
    with pytest.raises(seqspec.SpecError, match="SEQ051"):
        seqspec.resume_search(result.path, trials=1)
    Path(result.folder.info["spec"]).write_text("seqspec = 1\n[search]\ntrials = 'a'\n")
    with pytest.raises(seqspec.SpecError):
        seqspec.resume_search(result.path, trials=1)


def test_a_torn_line_of_the_journal_is_cut_off(document):
    result = seqspec.search(document(trials=1))
    before = result.path / "journal.log"
    whole = before.read_bytes()
    before.write_bytes(whole + b'{"op_code": 4, "worker_id": "a')
    again = seqspec.resume_search(result.path, trials=1)
    assert before.read_bytes().startswith(whole)
    assert [trial.number for trial in again.trials] == [1, 2]
    for line in before.read_text().splitlines():
        json.loads(line)


def command(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "seqspec", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # A shell starts what runs in the background with SIGINT ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler), **options,
    )  # fmt: skip


def test_garbage_in_the_labels_of_the_test_set_changes_the_test_line_only(document, tmp_path):
    first = seqspec.search(document(trials=1), settings=["fit.epochs=1"])
    rows = np.load(first.best.folder.path / "split.npz")["test"]
    lines = (tmp_path / "penguins.csv").read_text().splitlines()
    outputs = []
    for garbage in (False, True):
        written = list(lines)
        for row in rows if garbage else ():
            label = CLASSES[(CLASSES.index(written[row + 1].rpartition(",")[2]) + 1) % 3]
            written[row + 1] = written[row + 1].rpartition(",")[0] + "," + label
        (tmp_path / "penguins.csv").write_text("\n".join(written) + "\n")
        shown = CliRunner().invoke(cli, ["search", document(trials=2), "--workers", "1", "--name", "same"])
        assert shown.exit_code == 0, shown.output
        outputs.append(re.sub(r"-\d{8}-\d{6}-\w{4}|[\d.]+ s\b", "", shown.output).splitlines())
    different = [(a, b) for a, b in zip(*outputs) if a != b]
    assert len(outputs[0]) == len(outputs[1])
    assert [a.split()[0] for a, _ in different] == ["test"]


def test_a_search_that_is_interrupted_goes_on(document, tmp_path):
    path = document(trials=3, eagerly=False)
    process = command("search", path, "--workers", "2", "--set", "fit.epochs=30", "--name", "s")
    wait_for(tmp_path, lambda: any(tmp_path.glob("searches/s-*/trials/*/history.jsonl")))
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 130, text
    (folder,) = tmp_path.glob("searches/s-*")
    assert text.rstrip().endswith(f"continue with: seqspec search resume {folder.relative_to(tmp_path)} --workers 2")
    require_whole(tmp_path, 3, "30")


def test_a_search_whose_output_is_not_read_any_more_can_be_resumed(document, tmp_path):
    process = command("search", document(trials=9), "--format", "json", "--name", "s")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=120) == 1
    (search,) = tmp_path.glob("searches/s-*")
    assert seqspec.load_search(str(search)).state == "interrupted"


@pytest.mark.nightly
@pytest.mark.parametrize("whom", ["worker", "coordinator", "both"])
def test_a_search_that_is_killed_loses_and_repeats_no_trial(document, tmp_path, whom):
    path = document(trials=4, eagerly=False)
    process = command("search", path, "--workers", "2", "--set", "fit.epochs=30", "--name", "s")
    wait_for(tmp_path, lambda: any(tmp_path.glob("searches/s-*/trials/*/history.jsonl")))
    time.sleep(0.3)
    if whom != "coordinator":
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        subprocess.run(["kill", "-9", children[-1]])
    if whom != "worker":
        process.kill()
    text, _ = process.communicate(timeout=300)
    assert process.returncode == (0 if whom == "worker" else -9), text
    require_whole(tmp_path, 4, "30")


def wait_for(folder, condition):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing happened in {list(folder.rglob('*'))}")


def require_whole(folder, count, epochs):
    """The search, resumed if it is not done, has each trial once, with the weights that its spec trains to."""
    (search,) = folder.glob("searches/s-*")
    if seqspec.load_search(str(search)).state != "done":
        process = command("search", "resume", str(search), "--workers", "2", cwd=ROOT)
        text, _ = process.communicate(timeout=300)
        assert process.returncode == 0, text
    result = seqspec.load_search(str(search))
    assert [(trial.number, trial.state) for trial in result.trials] == [(n, "done") for n in range(1, count + 1)]
    assert len({trial.digest for trial in result.trials}) == count
    assert sorted(path.name for path in (search / "trials").iterdir()) == [f"{n:04}" for n in range(1, count + 1)]
    for trial in result.trials:
        copy = folder / f"again{trial.number}.seqspec.toml"
        copy.write_text((trial.folder.path / "document.toml").read_text())
        again = seqspec.train(str(copy))
        assert len(again.history["loss"]) == int(epochs)
        assert again.history == trial.run.history
        assert equal(weights(again), weights(trial.run))


class Memory(Logger):
    """Writes what it gets to a file of the search."""

    def write(self, *line):
        with open(self.path / "calls.jsonl", "a") as file:
            file.write(f"{json.dumps(line)}\n")

    def start_search(self, search):
        self.path = search.path
        search.state["id"] = "parent"
        self.write("search", search.config["objective"])

    def finish_search(self, state, results):
        self.write("done", state, results)

    def start(self, run):
        self.path, self.trial = run.search.path, run.trial
        self.write("trial", run.trial, run.search.state, run.search.name, run.part)

    def log_epoch(self, line):
        self.write("epoch", self.trial, line["epoch"])

    def finish(self, state, evaluation):
        self.write("end", self.trial, state)


def calls_in(result):
    return [json.loads(line) for line in (result.path / "calls.jsonl").read_text().splitlines()]


def test_loggers_know_the_search_and_receive_the_last_epoch_of_pruned_trials(document, monkeypatch):
    monkeypatch.setitem(group.LOGGERS, "memory", f"{__name__}:Memory")
    pruner = '{ type = "asha", min_epochs = 1, reduction_factor = 2 }'
    result = seqspec.search(document(trials=4, pruner=pruner), settings=['report.loggers=["memory"]'])
    calls = calls_in(result)
    assert calls[0] == ["search", [{"metric": "val_loss"}]]
    best = {"best_val_loss": result.best.values[0], "trials": 4, "rejected": 0}
    assert calls[-1] == ["done", "done", best]
    for trial in result.trials:
        own = [call for call in calls if call[1] == trial.number and call[0] != "search"]
        state = "interrupted" if trial.state == "pruned" else "done"
        epochs = [["epoch", trial.number, epoch] for epoch in range(1, trial.epochs + 1)]
        start = ["trial", trial.number, {"id": "parent"}, result.path.name, ""]
        assert own == [start, *epochs, ["end", trial.number, state]]


def test_loggers_of_the_caller_receive_each_fold_and_repeat_also_when_it_is_resumed(document, monkeypatch):
    monkeypatch.setitem(group.LOGGERS, "memory", f"{__name__}:Memory")
    settings = ["fit.epochs=1"]
    result = seqspec.search(document(trials=1, folds=2), settings=settings, loggers=["memory"])
    assert runs_in(result) == [(1, "folds/1"), (1, "folds/2"), (1, "")]
    seqspec.resume_search(result.path, trials=1)
    assert {(2, "folds/1"), (2, "folds/2")} <= {*runs_in(result)}
    result = seqspec.search(document(trials=1, repeats=2), settings=settings, loggers=["memory"])
    assert runs_in(result) == [(1, ""), (1, "repeats/2")]


def runs_in(result):
    """The trials and their parts that a logger received whole."""
    calls = calls_in(result)
    found = [(call[1], call[4]) for call in calls if call[0] == "trial"]
    assert len(found) == sum(call[0] == "epoch" for call in calls)
    assert [call[2] for call in calls if call[0] == "end"] == ["done"] * len(found)
    return found
