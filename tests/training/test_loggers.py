"""Loggers, each with the real package: TensorBoard's event files, MLflow's file store, Weights & Biases offline."""

import json
import struct
import subprocess
import sys
import time
from typing import ClassVar

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.catalog.plugins import Plugin
from seqspec.plugins import Logger
from seqspec.training.comparison.runs import remove
from seqspec.training.errors import Interrupted, RunError
from seqspec.training.events import StageEvent, ignore
from seqspec.training.fitting.recorder import Recorder
from seqspec.training.loggers import group
from seqspec.training.loggers.logger import parameters
from seqspec.training.run_folder.folder import RunFolder
from tests.training.specs import SPLIT, samples, spec, table, write_csv, write_spec

X, Y = samples(120)
DATA = {"train": (X[:90], Y[:90]), "test": (X[90:], Y[90:])}
pytestmark = [
    # Of the packages themselves.
    pytest.mark.filterwarnings("default::FutureWarning"),
    pytest.mark.filterwarnings("default::UserWarning"),
]


class Memory(Logger):
    """Keeps what it gets."""

    calls: ClassVar[list] = []

    def start(self, run):
        Memory.calls.append(("start", dict(run.state), run.model.count_params()))
        run.state.setdefault("id", "abc")

    def log_epoch(self, line):
        Memory.calls.append(("epoch", line["epoch"]))

    def finish(self, state, evaluation):
        Memory.calls.append(("finish", state, sorted(evaluation)))


class Failing(Logger):
    def log_epoch(self, line):
        raise OSError("no network")


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(Memory, "calls", [])
    monkeypatch.setitem(group.LOGGERS, "memory", f"{__name__}:Memory")
    monkeypatch.setitem(group.LOGGERS, "failing", f"{__name__}:Failing")
    return Memory.calls


def test_logger_receives_epochs_and_results(memory, tmp_path):
    document = spec(report={"filepath": str(tmp_path / "r.json"), "html": False, "loggers": ["memory"]})
    run = seqspec.train(document, DATA, runs=tmp_path, allow_output=[tmp_path])
    assert memory == [
        ("start", {}, 67), ("epoch", 1), ("epoch", 2), ("finish", "done", ["best", "epochs", "model", "test"]),
    ]  # fmt: skip
    assert json.loads((run.path / "loggers.json").read_text()) == {"memory": {"epoch": 2, "state": {"id": "abc"}}}


def test_a_resumed_run_goes_on_and_logs_no_epoch_twice(memory, tmp_path, monkeypatch):
    original = Recorder.on_epoch_begin

    def interrupts(self, *args, **kwargs):
        if self.done == 2:
            raise KeyboardInterrupt
        original(self, *args, **kwargs)

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(Recorder, "on_epoch_begin", interrupts)
        seqspec.train(spec(fit={"epochs": 3}), DATA, runs=tmp_path, loggers=["memory"])
    assert memory[-1] == ("finish", "interrupted", [])
    memory.clear()
    [path] = tmp_path.iterdir()
    seqspec.resume(path, DATA)
    # What is trained again after the last checkpoint was logged before.
    assert memory[0] == ("start", {"id": "abc"}, 67)
    assert [call[1] for call in memory if call[0] == "epoch"] == [3]


@pytest.mark.parametrize("trial", [None, 3])
def test_a_run_is_of_a_search_where_it_has_a_trial(memory, tmp_path, monkeypatch, trial):
    runs = []
    monkeypatch.setattr(Memory, "start", lambda self, run: runs.append(run))
    path = tmp_path / "trials" / "0003"
    path.mkdir(parents=True)
    (tmp_path / "search.json").write_text("{}")
    of_trial = {} if trial is None else {"trial": trial}
    info = {"state": "running", "started": "", "base": "", "spec": None, "from": None, "python_data": False,
            "download": True, "plan": {}, **of_trial}  # fmt: skip
    (path / "run.json").write_text(json.dumps(info))
    group.LoggerGroup(["memory"], RunFolder(path), {}, ignore, lambda: None).receive(StageEvent(0, "stage 1", 1, 0))
    [run] = runs
    assert run.trial == trial
    assert (run.search.path if run.search is not None else None) == (None if trial is None else tmp_path)


def test_a_logger_that_fails_does_not_end_the_run(memory, tmp_path):
    events = []
    run = seqspec.train(
        spec(), DATA, runs=tmp_path, loggers=["failing", "memory"], report=lambda *event: events.append(event)
    )
    [warning] = [fields["message"] for name, fields in events if name == "warning"]
    assert warning == "the logger failing failed and is not used any more: OSError: no network"
    assert run.state == "done" and ("epoch", 2) in memory


def test_a_logger_of_a_plugin(memory, tmp_path, monkeypatch):
    found = {"acme": Plugin("seqspec.loggers", "acme", f"{__name__}:Memory", Memory)}
    found["broken"] = Plugin("seqspec.loggers", "broken", "acme:Broken", fault="ImportError: no module")
    found["other"] = Plugin("seqspec.loggers", "other", "acme:other", int)
    monkeypatch.setattr(group, "plugins", lambda group: tuple(found.values()) if group == "seqspec.loggers" else ())
    seqspec.train(spec(), DATA, runs=tmp_path, loggers=["acme"])
    assert memory[-1][:2] == ("finish", "done")
    for name, reason in (("broken", "no module"), ("other", "not a subclass")):
        with pytest.raises(seqspec.SpecError, match=reason):
            seqspec.train(spec(), DATA, runs=tmp_path, loggers=[name])


class TestRefused:
    def run(self, tmp_path, *arguments, **tables):
        write_csv(tmp_path / "data.csv")
        write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT}, **tables)
        result = CliRunner().invoke(
            cli, ["train", str(tmp_path / "m.seqspec.json"), "--runs", str(tmp_path), *arguments]
        )
        assert result.exit_code == 1 and "[SEQ916] bad-logger" in result.output
        assert not list(tmp_path.glob("m-*"))
        return result.output

    def test_unknown(self, tmp_path):
        assert 'unknown logger "mlfow"' in self.run(tmp_path, report={"filepath": "r.json", "loggers": ["mlfow"]})
        for command in ("train", "search"):
            result = CliRunner().invoke(cli, [command, str(tmp_path / "m.seqspec.json"), "--logger", "mlfow"])
            assert result.exit_code == 2 and "mlflow" in result.output

    def test_not_installed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(group, "find_spec", lambda name: None)
        output = self.run(tmp_path, report={"filepath": "r.json", "loggers": ["mlflow"]})
        assert "pip install 'keras-seqspec[mlflow]'" in output and "m.seqspec.json:1:" in output


@pytest.mark.needs("tensorboard")
def test_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    stages = [{"name": "one", "epochs": 2}, {"name": "two", "epochs": 1}]
    run = seqspec.train(spec(fit=stages), DATA, runs=tmp_path, loggers=["tensorboard"])
    found = EventAccumulator(str(run.path / "tensorboard" / "train")).Reload()
    events = found.Tensors("epoch_loss")
    assert [event.step for event in events] == [0, 1, 2]
    values = [np.frombuffer(event.tensor_proto.tensor_content, "float32")[0] for event in events]
    assert np.allclose(values, run.history["loss"])


@pytest.mark.needs("mlflow")
def test_mlflow(tmp_path, monkeypatch):
    from mlflow import MlflowClient

    uri = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "flowers")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    run = seqspec.train(spec(), DATA, runs=tmp_path / "runs", loggers=["mlflow"])
    client = MlflowClient(uri)
    [found] = client.search_runs([client.get_experiment_by_name("flowers").experiment_id])
    assert found.info.status == "FINISHED" and found.info.run_name == run.path.name
    assert found.data.params["fit.epochs"] == "2" and found.data.params["runtime.seed"] == "7"
    losses = sorted((each.step, each.value) for each in client.get_metric_history(found.info.run_id, "loss"))
    assert losses == list(enumerate(run.history["loss"], 1))
    assert found.data.metrics["test_accuracy"] == run.evaluation["test"]["metrics"]["accuracy"]
    names = {each.path for each in client.list_artifacts(found.info.run_id)}
    assert {"model.keras", "evaluation.json", "history.jsonl", "lock.json"} <= names


def wandb_records(path):
    """The records of a .wandb file: a header of 7 bytes, then LevelDB's log format, blocks of 32 KiB."""
    from wandb.proto import wandb_internal_pb2

    content, offset, parts = path.read_bytes(), 7, []
    while offset + 7 <= len(content):
        if 32768 - offset % 32768 < 7:
            offset += 32768 - offset % 32768
            continue
        _, length, kind = struct.unpack_from("<IHB", content, offset)
        parts.append(content[offset + 7 : offset + 7 + length])
        offset += 7 + length
        # 1 a whole record, 4 the last part of one.
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(b"".join(parts))
            parts = []
            yield record


@pytest.mark.needs("wandb")
def test_wandb_offline(tmp_path, monkeypatch):
    """The file that `wandb sync` uploads."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_PROJECT", "flowers")
    run = seqspec.train(spec(), DATA, runs=tmp_path, loggers=["wandb"])
    [path] = run.path.glob("wandb/offline-run-*/*.wandb")
    # A process of wandb writes the file.
    deadline = time.monotonic() + 60
    while not any(record.HasField("exit") for record in wandb_records(path)) and time.monotonic() < deadline:
        time.sleep(0.2)
    projects, losses, summary = set(), [], {}
    for record in wandb_records(path):
        if record.HasField("run"):
            projects.add(record.run.project)
        found = {item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
        losses += [found["loss"]] if "loss" in found else []
        for item in record.summary.update:
            summary[item.key or item.nested_key[0]] = json.loads(item.value_json)
    assert projects == {"flowers"}
    assert losses == run.history["loss"]
    assert summary["test_accuracy"] == run.evaluation["test"]["metrics"]["accuracy"]


@pytest.mark.parametrize("logger", ["tensorboard", "wandb"])
def test_a_run_is_deleted_with_the_files_of_its_loggers(tmp_path, logger):
    """`runs rm` knows loggers.json and what a logger writes to the run folder, and still refuses any other file."""
    (tmp_path / "run.json").write_text(json.dumps({"state": "done", "loggers": [logger]}))
    (tmp_path / "loggers.json").write_text("{}")
    (tmp_path / logger).mkdir()
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(RunError, match=r"files of your own: notes\.md$"):
        remove(seqspec.load_run(tmp_path))
    (tmp_path / "notes.md").unlink()
    remove(seqspec.load_run(tmp_path))
    assert not tmp_path.exists()


def test_parameters_are_the_leaves_of_a_spec():
    assert parameters({"fit": {"epochs": 2, "callbacks": []}, "seqspec": 1, "model": {"name": "m"}}) == {
        "fit.epochs": "2", "fit.callbacks": "[]", "seqspec": "1", "model.name": "m",
    }  # fmt: skip


def test_loggers_are_imported_on_demand():
    script = "import seqspec.training.execution.api, seqspec.training.loggers.group, sys; print(sorted(sys.modules))"
    output = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert not [name for name in ("'mlflow'", "'wandb'", "'ray'", "'jax'", "'keras'") if name in output]
