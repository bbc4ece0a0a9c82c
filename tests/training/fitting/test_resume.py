"""A run that is interrupted anywhere and resumed has the weights and history of an uninterrupted one."""

import errno
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import seqspec
from seqspec.core.document.table_formats import TABLE_FORMATS
from seqspec.training.data.feed import Feed
from seqspec.training.errors import Interrupted, ResumeError, RunError, TrainingError
from seqspec.training.fitting.recorder import Recorder
from seqspec.training.run_folder import checkpoints as checkpoints_module
from seqspec.training.run_folder.checkpoints import Checkpoints
from tests.nightly import rest_nightly
from tests.training.data import test_streaming as streaming
from tests.training.specs import SPLIT, samples, spec, table, write_csv, write_spec

X, Y = samples(300)
DATA = {"train": (X[:200], Y[:200]), "validation": (X[200:], Y[200:])}
LAYERS = [
    {"type": "GaussianNoise", "stddev": 0.1},
    {"type": "Dense", "units": 8, "activation": "relu", "name": "hidden"},
    "BatchNormalization",
    {"type": "Dropout", "rate": 0.3},
    {"type": "Dense", "units": 3, "activation": "softmax"},
]
PLATEAU = {"type": "ReduceLROnPlateau", "patience": 1, "factor": 0.5, "min_delta": 0.05}
STOPPING = {"type": "EarlyStopping", "patience": 2, "min_delta": 0.02, "restore_best_weights": True}
COSINE = {"type": "CosineDecay", "initial_learning_rate": 0.02, "decay_steps": 60}
STAGES = [
    {"name": "head", "epochs": 3, "trainable": {"hidden": False}, "callbacks": [PLATEAU]},
    {"name": "fine", "epochs": 3, "trainable": {"hidden": True}, "optimizer": "adam(1e-3)", "callbacks": [STOPPING]},
    {"name": "on", "epochs": 2, "shuffle": "batch"},
]
ACCUMULATING = {"type": "Adam", "gradient_accumulation_steps": 3}
SGD = {"type": "SGD", "learning_rate": COSINE, "momentum": 0.9}
CASES = {
    "plateau": {"fit": {"epochs": 6, "callbacks": [PLATEAU]}},
    "early stopping": {"fit": {"epochs": 9, "callbacks": [STOPPING, PLATEAU]}},
    "schedule": {"fit": {"epochs": 5}, "compile": {"optimizer": SGD}},
    "averages": {"fit": {"epochs": 4}, "compile": {"optimizer": {"type": "Adam", "use_ema": True}}},
    "accumulation": {"fit": {"epochs": 4}, "compile": {"optimizer": ACCUMULATING}},
    "steps": {"fit": {"epochs": 5, "steps_per_epoch": 3, "batch_size": 32}},
    "stages": {"fit": STAGES},
}


class Killed(BaseException):
    """Ends a run as a signal would: nothing handles it."""


def tree(case):
    tables = CASES[case]
    compiled = {"optimizer": "adam(0.02)", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    return spec(LAYERS, **{**tables, "compile": {**compiled, **tables.get("compile", {})}})


def outcome(run):
    """Everything that must be equal: weights, history, best weights."""
    history = [{key: line[key] for key in ("epoch", "stage", "stage_epoch", "learning_rate", "logs")}
               for line in run.folder.history()]  # fmt: skip
    return run.model.get_weights(), (history, run.describe_model()), run.best_model.get_weights()


def assert_equal(one, other):
    assert one[1] == other[1]
    for first, second in ((one[0], other[0]), (one[2], other[2])):
        assert len(first) == len(second)
        assert all(np.array_equal(a, b) for a, b in zip(first, second))


def interrupted(tmp_path, monkeypatch, document, event, at):
    """A run that ends at the `at`-th time that a method of the recorder is called."""
    calls = [0]
    original = getattr(Recorder, event)

    def dies(self, *args, **kwargs):
        calls[0] += 1
        if calls[0] == at:
            raise Killed
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Recorder, event, dies)
        # After every epoch, and not as often as the speed of the machine allows.
        patched.setattr("seqspec.training.fitting.recorder._MIN_TRAINING_RATIO", 0)
        seqspec.train(document, DATA, runs=tmp_path, name="killed")
    [path] = tmp_path.glob("killed-*")
    return path


@pytest.mark.parametrize("case", rest_nightly(CASES, "stages"))
def test_equal_after_an_interruption(tmp_path, monkeypatch, case, exhaustive):
    document = tree(case)
    whole = seqspec.train(document, DATA, runs=tmp_path / "whole")
    expected = outcome(whole)
    total = len(expected[1][0])
    points = [("on_epoch_begin", total // 2 + 1)]
    if case == "stages" or (exhaustive and case in ("plateau", "early stopping")):
        # Before a checkpoint is written, and between the last epoch and the end of its stage.
        points += [("write", total // 2), ("write", total + 1)]
    for number, (event, when) in enumerate(points):
        runs = tmp_path / str(number)
        path = interrupted(runs, monkeypatch, document, event, when)
        resumed = seqspec.resume(path, DATA)
        assert resumed.state == "done"
        assert_equal(expected, outcome(resumed))


def test_interrupted_while_the_model_is_saved(tmp_path, monkeypatch):
    document = tree("stages")
    expected = outcome(seqspec.train(document, DATA, runs=tmp_path / "whole"))

    def dies(*arguments):
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("seqspec.training.fitting.trained_model.save_model", dies)
        seqspec.train(document, DATA, runs=tmp_path / "killed")
    [path] = (tmp_path / "killed").iterdir()
    assert_equal(expected, outcome(seqspec.resume(path, DATA)))


@pytest.mark.parametrize(
    "case",
    rest_nightly(("npy", *TABLE_FORMATS, "images", "text", "audio", "python"), "npy", "csv", "images", "python"),
)
def test_streamed_data_is_the_same_after_an_interruption(tmp_path, monkeypatch, case):
    """Killed in the middle of the second epoch, while batches are read from disk."""
    monkeypatch.chdir(tmp_path)
    if case == "python":
        np.save("x.npy", samples()[0])
        source = {"type": "python", "import": "tests.training.specs:mapped", "args": {"folder": str(tmp_path)}}
        document = spec(data={"source": source, "split": SPLIT, "memory": "stream"})
    else:
        streaming.CASES[case][0](tmp_path)
        document = streaming.tree_of(case, "stream")
    document["fit"] = {"epochs": 3, "batch_size": 8}
    allowed = {"allow_custom": ["tests.training.specs"]}
    expected = outcome(seqspec.train(document, runs=tmp_path / "whole", **allowed))
    original = Feed.rows

    def dies(self, step):
        if self.epoch == 1 and step == self.steps // 2 and self.shuffle:
            raise Killed
        return original(self, step)

    # TensorFlow wraps what ends its reading thread.
    with monkeypatch.context() as patched, pytest.raises((Killed, TrainingError)):
        patched.setattr(Feed, "rows", dies)
        seqspec.train(document, runs=tmp_path / "killed", **allowed)
    [path] = (tmp_path / "killed").iterdir()
    assert len(seqspec.load_run(path).history["loss"]) == 1
    assert_equal(expected, outcome(seqspec.resume(path, **allowed)))


def test_two_interruptions_and_more_epochs(tmp_path, monkeypatch):
    document = tree("plateau")
    longer = {**document, "fit": {**document["fit"], "epochs": 8}}
    expected = outcome(seqspec.train(longer, DATA, runs=tmp_path / "whole"))
    path = interrupted(tmp_path / "killed", monkeypatch, document, "on_epoch_begin", 3)
    run = seqspec.resume(path, DATA)
    assert len(run.history["loss"]) == 6
    with pytest.raises(ResumeError, match="done"):
        seqspec.resume(path, DATA)
    assert_equal(expected, outcome(seqspec.resume(path, DATA, epochs=2)))


def test_incomplete_checkpoints_are_removed(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(1, {}, {"v0": np.zeros(2)})
    (tmp_path / ".000002.4711").mkdir()
    (tmp_path / ".000002.4711" / "arrays.npz").write_bytes(b"half")
    checkpoints.write(2, {}, {"v0": np.ones(2)})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001", "000002"]
    checkpoints.write(3, {}, {"v0": np.full(2, 2.0)})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000002", "000003"]
    assert checkpoints.last()[0].arrays["v0"].tolist() == [2, 2]


def damage(path):
    """Damages a file as a disk does: a bit is another one."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The outcome of a run that nothing interrupts."""
    return outcome(seqspec.train(tree("plateau"), DATA, runs=tmp_path_factory.mktemp("whole")))


class TestDamagedCheckpoints:
    @pytest.fixture
    def run(self, tmp_path, monkeypatch):
        """A run that ended in its fifth epoch: (folder, its checkpoints, the newest last)."""
        path = interrupted(tmp_path, monkeypatch, tree("plateau"), "on_epoch_begin", 5)
        folders = sorted((path / "checkpoints").iterdir())
        assert [each.name for each in folders] == ["000003", "000004"]
        return path, folders

    @pytest.mark.parametrize("name", ["arrays.npz", "state.json", "missing", "text"])
    def test_the_one_before_is_used(self, run, whole, name):
        path, (_, newest) = run
        if name == "missing":
            (newest / "arrays.npz").unlink()
        elif name == "text":
            (newest / "state.json").write_text('"text"')
        else:
            damage(newest / name)
        events = []
        resumed = seqspec.resume(path, DATA, report=lambda event, fields: events.append((event, fields)))
        [warning] = [fields["message"] for event, fields in events if event == "warning"]
        assert str(newest) in warning and "continued after epoch 3" in warning
        assert_equal(whole, outcome(resumed))

    def test_nothing_is_lost_if_all_are_damaged(self, run, whole, tmp_path):
        path, folders = run
        kept = tmp_path / "backup"
        shutil.copytree(folders[0], kept)
        for each in folders:
            damage(each / "arrays.npz")
        history = (path / "history.jsonl").read_text()
        with pytest.raises(ResumeError, match=r"no checkpoint can be read.*nothing was changed.*delete .*checkpoints"):
            seqspec.resume(path, DATA)
        assert (path / "history.jsonl").read_text() == history and all(each.is_dir() for each in folders)
        shutil.rmtree(folders[0])
        shutil.copytree(kept, folders[0])
        assert_equal(whole, outcome(seqspec.resume(path, DATA)))

    def test_without_checkpoints_training_begins_again_and_says_so(self, run, whole):
        path, _ = run
        shutil.rmtree(path / "checkpoints")
        events = []
        resumed = seqspec.resume(path, DATA, report=lambda event, fields: events.append(event))
        assert events.count("warning") == 1 and events.count("epoch") == 6
        assert_equal(whole, outcome(resumed))


def test_the_checkpoint_is_not_in_memory_after_training(tmp_path, monkeypatch):
    from seqspec.training.fitting.trained_model import TrainedModel
    from seqspec.training.run_folder.checkpoints import Checkpoint

    path = interrupted(tmp_path, monkeypatch, tree("plateau"), "on_epoch_begin", 5)
    finish, held = TrainedModel.finish, []

    def finished(self):
        gc.collect()
        checkpoints = [each for each in gc.get_objects() if isinstance(each, Checkpoint)]
        held.extend(each for each in checkpoints if each.path.is_relative_to(path))
        finish(self)

    monkeypatch.setattr(TrainedModel, "finish", finished)
    assert seqspec.resume(path, DATA).state == "done"
    assert not held


def test_killed_while_a_checkpoint_is_written(tmp_path, monkeypatch, whole):
    """Half of the files are there, under another name: the checkpoint before counts."""
    document = tree("plateau")
    original = checkpoints_module._write
    calls = []

    def dies(path, write):
        calls.append(path)
        if len(calls) == 6:
            path.write_bytes(b"half")
            raise Killed
        return original(path, write)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(checkpoints_module, "_write", dies)
        patched.setattr("seqspec.training.fitting.recorder._MIN_TRAINING_RATIO", 0)
        # A process that is killed removes nothing.
        patched.setattr(checkpoints_module.shutil, "rmtree", lambda *arguments, **options: None)
        seqspec.train(document, DATA, runs=tmp_path / "killed")
    [path] = (tmp_path / "killed").iterdir()
    assert any(each.name.startswith(".") for each in (path / "checkpoints").iterdir())
    assert_equal(whole, outcome(seqspec.resume(path, DATA)))


def test_killed_while_the_report_is_written(tmp_path, monkeypatch, whole):
    """The run is not done before its report is there: resume writes it, and the results are those of the run."""
    document = tree("plateau")

    def dies(*arguments, **options):
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("seqspec.training.report.page.write_text", dies)
        seqspec.train(document, DATA, runs=tmp_path / "killed", html=True)
    [path] = (tmp_path / "killed").iterdir()
    run = seqspec.load_run(path)
    assert run.state == "killed" and run.info["state"] == "running" and (path / "model.keras").exists()
    resumed = seqspec.resume(path, DATA)
    assert resumed.state == "done" and (path / "report.html").exists()
    assert_equal(whole, outcome(resumed))


def test_a_full_disk_while_the_report_is_written(tmp_path, monkeypatch, whole):
    def full(path, text):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patched, pytest.raises(TrainingError, match=r"report\.html: no space left"):
        patched.setattr("seqspec.training.report.page.write_text", full)
        seqspec.train(tree("plateau"), DATA, runs=tmp_path, html=True)
    [path] = tmp_path.iterdir()
    assert seqspec.load_run(path).state == "failed"
    resumed = seqspec.resume(path, DATA)
    assert resumed.state == "done" and (path / "report.html").exists() and not resumed.info["error"]
    assert_equal(whole, outcome(resumed))


def test_interrupted_between_checkpoints(tmp_path, monkeypatch, whole):
    """The last epoch that is done is kept, though its checkpoint was not due."""
    document = tree("plateau")
    original = Recorder.on_epoch_begin

    def interrupts(self, epoch, logs=None):
        if epoch == 4:
            raise KeyboardInterrupt
        original(self, epoch, logs)

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(Recorder, "on_epoch_begin", interrupts)
        # Checkpoints after the first one are not due.
        patched.setattr("seqspec.training.fitting.recorder._MIN_TRAINING_RATIO", 10**9)
        seqspec.train(document, DATA, runs=tmp_path / "interrupted")
    [path] = (tmp_path / "interrupted").iterdir()
    assert seqspec.load_run(path).state == "interrupted"
    found, damaged = Checkpoints(path / "checkpoints").last()
    assert found.state["done"] == 4 and not damaged
    epochs = []
    resumed = seqspec.resume(
        path, DATA, report=lambda event, fields: epochs.append(fields["epoch"]) if event == "epoch" else None
    )
    assert epochs == [5, 6]
    assert_equal(whole, outcome(resumed))


def test_a_stop_ends_training_after_the_next_batch(tmp_path, monkeypatch, whole):
    """The epochs before it are kept; the one that it cut is trained again."""
    original = Recorder.on_epoch_begin

    def stops(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 3:
            self.stop.reason = "interrupted"

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(Recorder, "on_epoch_begin", stops)
        seqspec.train(tree("plateau"), DATA, runs=tmp_path)
    [path] = tmp_path.iterdir()
    run = seqspec.load_run(path)
    assert run.state == "interrupted" and len(run.history["loss"]) == 3
    assert_equal(whole, outcome(seqspec.resume(path, DATA)))


@pytest.fixture
def default_sigterm():
    """The handler of a process in which no earlier test has started Ray, which sets its own and leaves it."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("default_sigterm")
def test_sigterm_interrupts(tmp_path, monkeypatch):
    original = Recorder.on_epoch_begin

    def terminates(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched, pytest.raises(Interrupted, match="seqspec resume"):
        patched.setattr(Recorder, "on_epoch_begin", terminates)
        seqspec.train(tree("plateau"), DATA, runs=tmp_path)
    [path] = tmp_path.iterdir()
    assert seqspec.load_run(path).state == "interrupted"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert Checkpoints(path / "checkpoints").last()[0].state["done"] == 2


def test_order_depends_on_seed_stage_and_epoch_only():
    from seqspec.training.data.feed import Feed
    from seqspec.training.data.prepared import SampleSet

    def rows(feed):
        return [int(value) for batch in feed.batches() for value in batch[0].numpy().reshape(-1)]

    data = SampleSet(np.arange(50, dtype="int64")[:, None], None)
    for shuffle in (True, False, "batch"):
        for steps in (None, 3, 9):
            feed = Feed(data, 8, 7, 0, shuffle, steps)
            for epoch in (0, 1, 4):
                feed.epoch = epoch
                assert rows(feed) == feed.order(epoch).tolist() == rows(feed)
            if steps is None:
                assert sorted(feed.order(3).tolist()) == list(range(50))
    assert rows(Feed(data, 8, 7, 0, True)) != rows(Feed(data, 8, 8, 0, True)) != rows(Feed(data, 8, 8, 1, True))


class TestRefusals:
    @pytest.fixture
    def run(self, tmp_path, monkeypatch):
        write_csv(tmp_path / "data.csv")
        write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT})
        calls = []
        original = Recorder.on_epoch_begin

        def dies(self, *args, **kwargs):
            calls.append(1)
            if len(calls) == 2:
                raise Killed
            return original(self, *args, **kwargs)

        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(Recorder, "on_epoch_begin", dies)
            seqspec.train(tmp_path / "m.seqspec.json", runs=tmp_path / "runs")
        [path] = (tmp_path / "runs").iterdir()
        return path

    def refused(self, run, **more):
        with pytest.raises(ResumeError) as error:
            seqspec.resume(run, **more)
        return error.value.changed

    def test_resume_names_changed_files(self, run, tmp_path):
        (tmp_path / "data.csv").write_text((tmp_path / "data.csv").read_text().replace("0.", "1.", 1))
        assert self.refused(run) == ["data.csv (changed)"]

    def test_the_spec_changed(self, run, tmp_path):
        before = (tmp_path / "m.seqspec.json").read_text()
        (tmp_path / "m.seqspec.json").write_text(before.replace('"epochs": 2', '"epochs": 3'))
        assert self.refused(run) == ["the spec (fit.epochs)"]
        assert len(seqspec.resume(run, own_spec=True).history["loss"]) == 2

    def test_a_spec_that_means_the_same(self, run, tmp_path):
        """Comments, order and notation do not count."""
        document = json.loads((tmp_path / "m.seqspec.json").read_text())
        document["target"] = {"classes": 3, "kind": "multiclass"}
        (tmp_path / "m.seqspec.json").write_text(json.dumps(dict(reversed(document.items())), indent=4) + "\n")
        assert seqspec.resume(run).state == "done"

    def test_the_spec_has_errors_now(self, run, tmp_path):
        (tmp_path / "m.seqspec.json").write_text("{")
        assert self.refused(run) == ["the spec (it has errors)"]

    def test_the_run_folder_was_edited(self, run):
        expanded = json.loads((run / "expanded.json").read_text())
        expanded["fit"]["batch_size"] = 8
        (run / "expanded.json").write_text(json.dumps(expanded))
        assert self.refused(run) == ["the expanded spec"]

    def test_another_keras(self, run):
        lock = json.loads((run / "lock.json").read_text())
        lock["versions"]["keras"] = "3.12.0"
        (run / "lock.json").write_text(json.dumps(lock))
        [changed] = self.refused(run)
        assert changed.startswith("keras (3.12.0 ")

    def test_a_folder_that_is_none(self, tmp_path):
        with pytest.raises(RunError, match=r"run\.json"):
            seqspec.resume(tmp_path)

    def test_the_folder_may_move(self, run, tmp_path):
        moved = tmp_path / "elsewhere"
        shutil.move(run, moved)
        assert seqspec.resume(moved).state == "done"


SCRIPT = [sys.executable, "-m", "seqspec"]


def start(folder, runs):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": os.getcwd()}
    command = [*SCRIPT, "train", "m.seqspec.json", "--runs", runs]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.parametrize("memory", rest_nightly(("load", "stream"), "load"))
def test_killed_process(tmp_path, memory):
    """SIGKILL in the middle of training; scripts/measurements/kills sends it at many random moments."""
    write_csv(tmp_path / "data.csv", 4000)
    data = {"source": table(), "split": SPLIT, "memory": memory}
    more = {"fit": {"epochs": 30, "callbacks": [PLATEAU]}, "data": data}
    write_spec(tmp_path / "m.seqspec.json", layers=LAYERS, **more)
    assert start(tmp_path, "whole").wait(timeout=400) == 0
    [path] = (tmp_path / "whole").iterdir()
    expected = outcome(seqspec.load_run(path))
    for number in range(10):
        runs = tmp_path / f"runs{number}"
        process = start(tmp_path, runs.name)
        deadline = time.monotonic() + 400
        # Training has begun when the first epoch is recorded.
        while process.poll() is None and not list(runs.glob("*/history.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        [path] = runs.iterdir()
        # On a busy machine a run may be done before it is killed.
        if process.wait() == -signal.SIGKILL and seqspec.load_run(path).state != "done":
            break
    assert process.returncode == -signal.SIGKILL
    seqspec.resume(path)
    assert_equal(expected, outcome(seqspec.load_run(path)))
