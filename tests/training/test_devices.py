"""Training on several devices and workers: equal losses, exact resume, unsupported configurations.

A process keeps its backend and its devices, so that most tests train in processes of their own.
"""

import contextlib
import json
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import textwrap
import time
from importlib.metadata import version

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.errors import install_command
from seqspec.core.diagnostics.message import Setting
from seqspec.training.data.prepare import prepare
from seqspec.training.errors import DataError, PlacementError
from seqspec.training.planning import placement as placements
from seqspec.training.planning.placement import Placement, check_placement
from tests.messages import numbers
from tests.nightly import rest_nightly
from tests.training.data.test_streaming import CASES, tree_of
from tests.training.specs import SPLIT, spec, table, write_csv, write_spec

TOLERANCE = 1e-6
HEAD = """
import json, os, signal, sys
import numpy as np
import seqspec
from tests.training.specs import samples, spec

x, y = samples(263)
data = {"train": (x[:203], y[:203]), "validation": (x[203:], y[203:])}
layers = [
    {"type": "Dense", "units": 8, "activation": "relu"},
    "BatchNormalization",
    {"type": "Dropout", "rate": 0.3},
    {"type": "Dense", "units": 3, "activation": "softmax"},
]
plateau = {"type": "ReduceLROnPlateau", "patience": 1, "factor": 0.5, "min_delta": 0.2}


def tree(backend, **more):
    # 203 samples: the last batch of an epoch has 11, which two devices cannot share equally.
    fit = {"epochs": 4, "batch_size": 16, "class_weight": "balanced", "callbacks": [plateau]}
    return spec(**{"layers": layers, "runtime": {"seed": 7, "backend": backend}, "fit": fit, **more})


def outcome(run):
    return {
        "history": run.history, "best": run.evaluation["best"], "devices": run.lock["devices"],
        "workers": run.lock["workers"], "evaluation": run.evaluation["validation"]["metrics"],
        "weights": [weight.tolist() for weight in run.model.get_weights()],
    }
"""


SECONDS = 1500
"""Seconds after which a process is taken to hang: Ray's workers let all other processes of the machine go first."""


def environment(**more):
    keep = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    return {**keep, "PYTHONPATH": os.getcwd(), "TF_CPP_MIN_LOG_LEVEL": "3", **more}


def start(script, *arguments, **more):
    command = [sys.executable, "-c", HEAD + textwrap.dedent(script), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment(**more), **pipes)


def result(process):
    """The JSON in the last line of what a process prints."""
    try:
        output, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("stalled: " + process.communicate()[1][-2000:])
    assert process.returncode == 0, errors[-3000:]
    return json.loads(output.splitlines()[-1])


def run_script(script, *arguments, **more):
    return result(start(script, *arguments, **more))


def assert_equal_losses(one, other):
    assert one["history"].keys() == other["history"].keys()
    for name, values in one["history"].items():
        assert values == pytest.approx(other["history"][name], abs=TOLERANCE), name
    assert one["evaluation"] == pytest.approx(other["evaluation"], abs=TOLERANCE)


class TestRefused:
    """Nothing is started, and no framework imported."""

    def violations(self, placement, **tables):
        checked = Check.of(spec(**tables))
        assert checked.report.ok, checked.report.diagnostics
        with pytest.raises(PlacementError) as error:
            check_placement(checked.spec, placement)
        assert {violation.rule for violation in error.value.violations} == {"bad-placement"}
        return error.value.violations

    @pytest.mark.parametrize("engine", ["ray", "jax"])
    def test_tensorflow_with_several_workers(self, engine):
        [found] = self.violations(Placement(engine, 2), runtime={"backend": "tensorflow"}, fit={"batch_size": 16})
        assert found.path == ("runtime", "backend") and Setting("backend", "jax") in found.help.parts

    def test_batches_that_cannot_be_divided(self):
        stages = [{"name": "a", "batch_size": 24}, {"name": "b", "batch_size": 10}, {"name": "c"}]
        [found] = self.violations(Placement(devices=4), runtime={"backend": "tensorflow"}, fit=stages)
        assert found.path == ("fit", 1, "batch_size") and numbers(found.message) == [10, 4]
        assert Setting("batch_size", 8) in found.help.parts
        [found] = self.violations(Placement(devices=3), runtime={"backend": "tensorflow"}, fit={})
        assert found.path == ("fit",) and numbers(found.message) == [32, 3]

    def test_placement_names_missing_packages(self, monkeypatch):
        monkeypatch.setattr(placements, "find_spec", lambda name: None)
        found = self.violations(Placement("ray", 2), runtime={"backend": "jax"}, fit={"batch_size": 16})
        assert [each.help for each in found] == [install_command("jax"), install_command("distributed")]

    def test_workers_without_an_engine(self):
        [found] = self.violations(Placement(workers=2))
        assert found.path == ()

    def test_backends_of_one_device(self):
        [found] = self.violations(Placement(devices=2), runtime={"backend": "torch"})
        assert found.path == ("runtime", "backend")

    def test_several_steps_per_call_on_tensorflow(self):
        compiled = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "steps_per_execution": 4}
        [found] = self.violations(Placement(devices=2), runtime={"backend": "tensorflow"}, compile=compiled)
        assert found.path == ("compile", "steps_per_execution")

    def test_before_a_framework_is_imported(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        data = {"source": table(), "split": SPLIT}
        write_spec(tmp_path / "m.seqspec.json", data=data, runtime={"seed": 1, "backend": "tensorflow"})
        script = (
            "import sys\nfrom seqspec.cli.main import cli\n"
            "try:\n    cli(['train', 'm.seqspec.json', '--engine', 'ray', '--workers', '2'])\n"
            "except SystemExit as error:\n"
            "    assert error.code == 1, error.code\n"
            "assert not {'keras', 'tensorflow', 'jax', 'ray'} & set(sys.modules)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
        )
        assert "[SEQ915] bad-placement" in done.stderr and not (tmp_path / "runs").exists()

    def test_bad_placement_is_reported_by_the_command(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT})
        found = CliRunner().invoke(cli, ["train", str(tmp_path / "m.seqspec.json"), "--devices", "3"])
        assert found.exit_code == 1 and "[SEQ915] bad-placement" in found.output


@pytest.mark.nightly
def test_tensorflow_devices(tmp_path):
    """SEQSPEC_REPEAT sets how often; scripts/measurements/devices repeats it with a watchdog."""
    # Two devices first: TensorFlow keeps the devices that it starts with. Dropout differs from that of one device.
    script = """
    def train(devices):
        return outcome(seqspec.train(document, data, runs=sys.argv[1], devices=devices))

    fit = {"epochs": 2, "batch_size": 16, "class_weight": "balanced"}
    layers[1:3] = [{"type": "BatchNormalization", "synchronized": True}]
    document = tree("tensorflow", fit=fit)
    print(json.dumps([[train(2) for _ in range(int(sys.argv[2]))], train(1)]))
    """
    repeated, one = run_script(script, tmp_path, os.environ.get("SEQSPEC_REPEAT", "1"))
    assert one["devices"] == ["cpu:0"]
    for two in repeated:
        assert two["devices"] == ["cpu:0", "cpu:1"]
        assert_equal_losses(one, two)


RESUMED = """
from seqspec.training.errors import Interrupted
from seqspec.training.fitting.recorder import Recorder

def interrupted(devices):
    original = Recorder.on_epoch_begin
    def interrupts(self, *args, **kwargs):
        if self.done == 2:
            raise KeyboardInterrupt
        original(self, *args, **kwargs)
    Recorder.on_epoch_begin = interrupts
    try:
        seqspec.train(tree("jax"), data, runs=sys.argv[1], name=f"cut{devices}", devices=devices)
    except Interrupted:
        pass
    Recorder.on_epoch_begin = original
    [path] = [name for name in os.listdir(sys.argv[1]) if name.startswith(f"cut{devices}")]
    return outcome(seqspec.resume(os.path.join(sys.argv[1], path), data))

two = outcome(seqspec.train(tree("jax"), data, runs=sys.argv[1], devices=2))
one = outcome(seqspec.train(tree("jax"), data, runs=sys.argv[1]))
print(json.dumps([two, one, interrupted(2), interrupted(1)]))
"""


@pytest.fixture(scope="module")
def jax_runs(tmp_path_factory):
    """Runs on two devices and on one, whole and resumed."""
    return run_script(RESUMED, tmp_path_factory.mktemp("runs"), KERAS_BACKEND="jax")


@pytest.mark.nightly
def test_jax_devices(jax_runs):
    two, one, *_ = jax_runs
    assert two["devices"] == ["cpu:0", "cpu:1"] and one["devices"] == ["cpu:0"]
    assert_equal_losses(one, two)
    assert one["best"]["epoch"] == two["best"]["epoch"]


@pytest.mark.slow
def test_resume_on_jax_is_exact(jax_runs):
    two, one, two_resumed, one_resumed = jax_runs
    assert one == one_resumed
    assert two == two_resumed


def free_port():
    """A port below those that systems give out, so that no other program gets it before the one that it is for."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


def launcher_environment():
    """The variables that mpirun sets for each of two processes."""
    port = free_port()
    return [
        {
            "JAX_PLATFORMS": "cpu", "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://127.0.0.1:9",
            "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": str(rank), "OMPI_COMM_WORLD_LOCAL_RANK": str(rank),
            "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
        }
        for rank in range(2)
    ]  # fmt: skip


@pytest.mark.nightly
def test_processes_of_a_launcher(jax_runs, tmp_path):
    """The environment that mpirun gives its processes, from which JAX learns who they are."""
    script = """
    run = seqspec.train(tree("jax"), data, runs=sys.argv[1], engine="jax")
    print(json.dumps(outcome(run)) if os.environ["OMPI_COMM_WORLD_RANK"] == "0" else "null")
    """
    launched = [start(script, tmp_path, **place) for place in launcher_environment()]
    found, other = [result(process) for process in launched]
    assert other is None and found["workers"] == 2
    assert_equal_losses(jax_runs[1], found)
    # One process has written one run folder.
    [path] = tmp_path.iterdir()
    assert (path / "best.keras").is_file() and len((path / "history.jsonl").read_text().splitlines()) == 4


def launched(folder, *arguments):
    """Two processes of the command, as mpirun starts them."""
    return [
        subprocess.Popen(
            [sys.executable, "-m", "seqspec", *map(str, arguments)], cwd=folder, env=environment(**place),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for place in launcher_environment()
    ]  # fmt: skip


@pytest.mark.needs("jax")
@pytest.mark.nightly
@pytest.mark.parametrize("memory", ["load", "stream"])
def test_killed_processes_of_a_launcher_are_resumed_exactly(tmp_path, memory):
    """SIGKILL after a checkpoint; `seqspec resume` in new processes ends with the same weights and history."""
    write_csv(tmp_path / "data.csv", 1200)
    layers = [{"type": "Dense", "units": 8, "activation": "relu"}, {"type": "Dropout", "rate": 0.3},
              {"type": "Dense", "units": 3, "activation": "softmax"}]  # fmt: skip
    write_spec(
        tmp_path / "m.seqspec.json", layers=layers, fit={"epochs": 60, "batch_size": 16},
        runtime={"seed": 7, "backend": "jax"}, data={"source": table(), "split": SPLIT, "memory": memory},
    )  # fmt: skip
    train = ("train", "m.seqspec.json", "--no-report", "--engine", "jax", "--runs")
    assert [process.wait(timeout=SECONDS) for process in launched(tmp_path, *train, "whole")] == [0, 0]
    for number in range(10):
        processes = launched(tmp_path, *train, f"killed{number}")
        deadline = time.monotonic() + SECONDS
        while not list(tmp_path.glob(f"killed{number}/*/checkpoints/[0-9]*/state.json")):
            assert time.monotonic() < deadline and None in [process.poll() for process in processes]
            time.sleep(0.02)
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        [whole], [killed] = ((tmp_path / name).iterdir() for name in ("whole", f"killed{number}"))
        state = seqspec.load_run(killed)
        # On a busy machine a run may be done before it is killed.
        if state.state == "killed":
            break
    assert state.state == "killed" and 0 < len(state.history["loss"]) < 60
    assert [process.wait(timeout=SECONDS) for process in launched(tmp_path, "resume", killed)] == [0, 0]
    one, other = seqspec.load_run(whole), seqspec.load_run(killed)
    assert other.state == "done" and other.lock["engine"] == "jax" and other.lock["workers"] == 2
    assert one.history == other.history
    assert all(map(np.array_equal, one.model.get_weights(), other.model.get_weights()))


KILLER = """
import os, signal
import keras

class Kill(keras.callbacks.Callback):
    def __init__(self, flag):
        super().__init__()
        self.flag = flag

    def on_epoch_end(self, epoch, logs=None):
        import jax
        if epoch == 2 and jax.process_index() == 1 and not os.path.exists(self.flag):
            open(self.flag, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.needs("ray")
@pytest.mark.slow
@pytest.mark.parametrize("kills", rest_nightly((False, True), False))
def test_ray_workers(jax_runs, tmp_path, kills):
    """Ray starts two workers on this machine, and starts them again if one of them is killed."""
    (tmp_path / "killer.py").write_text(KILLER)
    if not kills:
        (tmp_path / "killed").touch()
    script = """
    folder = sys.argv[1]
    sys.path.insert(0, folder)
    events = []
    killer = {"custom": "Kill", "flag": os.path.join(folder, "killed")}
    fit = {"epochs": 4, "batch_size": 16, "class_weight": "balanced", "callbacks": [plateau, killer]}
    document = {**tree("jax", fit=fit), "custom": {"Kill": {"import": "killer:Kill", "kind": "callback"}}}
    run = seqspec.train(
        document, data, runs=os.path.join(folder, "runs"), engine="ray", workers=2, allow_custom=["killer"],
        report=lambda event, fields: events.append(event),
    )
    log = (run.path / "log.txt").read_text()
    print(json.dumps([outcome(run), events, log, os.path.exists(killer["flag"])]))
    """
    path = os.pathsep.join([str(tmp_path), os.getcwd()])
    found, events, log, killed = run_script(script, tmp_path, PYTHONPATH=path)
    assert killed and ("continued by new workers" in log) is kills
    assert found["workers"] == 2
    assert_equal_losses(jax_runs[1], found)
    assert events[-1] == "done" and events.count("plan") >= 1
    [run] = (tmp_path / "runs").iterdir()
    epochs = [json.loads(line)["epoch"] for line in (run / "history.jsonl").read_text().splitlines()]
    assert epochs == [1, 2, 3, 4]
    lock = json.loads((run / "lock.json").read_text())
    assert lock["engine"] == "ray" and lock["versions"]["backend_version"] == version("jax")


@pytest.mark.needs("ray")
@pytest.mark.nightly
def test_ray_data_shards_the_data(tmp_path):
    """Two workers, of which none holds the whole set; the command is killed, and resumes on one machine's losses."""
    write_csv(tmp_path / "data.csv", 400)
    import pyarrow.csv
    import pyarrow.parquet

    rows = pyarrow.csv.read_csv(tmp_path / "data.csv")
    pyarrow.parquet.write_table(rows, tmp_path / "data.parquet", row_group_size=60)
    data = {"source": table("data.parquet"), "split": {**SPLIT, "stratify": True}, "memory": "shard"}
    layers = ["Normalization", {"type": "Dense", "units": 3, "activation": "softmax"}]
    fit = {"epochs": 40, "batch_size": 16}
    more = {"runtime": {"seed": 7, "backend": "jax"}, "fit": fit, "layers": layers}
    write_spec(tmp_path / "m.seqspec.json", data=data, **more)
    whole = "run = seqspec.train(sys.argv[1], runs=sys.argv[2])\nprint(json.dumps(outcome(run)))"
    one = run_script(whole, tmp_path / "m.seqspec.json", tmp_path / "local")
    command = [sys.executable, "-m", "seqspec"]
    place = {"cwd": tmp_path, "env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    killed = subprocess.Popen([*command, "train", "m.seqspec.json", "--engine", "ray", "--workers", "2"], **place)
    deadline = time.monotonic() + SECONDS
    while killed.poll() is None and time.monotonic() < deadline:
        lines = [path.read_text().count("\n") for path in tmp_path.glob("runs/*/history.jsonl")]
        if lines and lines[0] >= 2:
            break
        time.sleep(0.02)
    assert lines and lines[0] < 40
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    [run] = (tmp_path / "runs").iterdir()
    script = """
    from seqspec.training.engines import ray_data

    held = []
    original = ray_data.RayShards.keep
    def keep(self, path, samples):
        held.append([ray_data.ray.get(actor.held.remote()) for actor in self._actors])
        original(self, path, samples)
    ray_data.RayShards.keep = keep
    run = seqspec.resume(sys.argv[1])
    print(json.dumps([outcome(run), held]))
    """
    two, [held] = run_script(script, run)
    assert_equal_losses(one, two)
    assert two["workers"] == 2 and len(two["history"]["loss"]) == 40
    [first], [second] = (list(each.values()) for each in held)
    assert first + second == 400 and min(first, second) > 100


class _LocalShards:
    """Shards arrays in this process."""

    def __init__(self):
        self.samples = {}

    def wants(self, size):
        return True

    def known(self, path):
        return None

    def keep(self, path, samples):
        self.samples[path] = samples

    def _numbered(self, parts):
        from seqspec.training.engines import ray_data

        # As Ray Data does it: blocks are cut anywhere, and come in any order.
        found = [block for number, part in enumerate(parts) for block in ray_data._numbered(number, part)]
        return [block.slice(start, 7) for block in found for start in range(0, len(block), 7)][::-1]

    def _actors(self, parts):
        from seqspec.training.engines.ray_data import _Shard

        blocks = self._numbered(parts)
        return [(_Shard(), _Blocks(blocks[number::2])) for number in range(2)]

    def columns(self, parts, size, numbers, others):
        from seqspec.training.data.shards import ShardedColumns
        from seqspec.training.engines import ray_data

        actors = self._actors(parts)
        taken = [actor.take_columns(blocks, 2, "t", numbers, others) for actor, blocks in actors]
        pieces, rest = ray_data._ordered([each[0] for each in taken])
        arrays = {
            key: self._stored(pieces, actors, f"t {key}", (len(names),), "float32") for key, names in numbers.items()
        }
        return ShardedColumns(arrays, rest, {}, any(each[1] for each in taken))

    def rows(self, parts, size, shape, dtype):
        from seqspec.training.engines import ray_data

        actors = self._actors(parts)
        pieces, _ = ray_data._ordered(
            [actor.take_rows(blocks, 2, "r", shape, np.dtype(dtype)) for actor, blocks in actors]
        )
        return self._stored(pieces, actors, "r", shape, dtype)

    def _stored(self, pieces, actors, name, shape, dtype):
        from seqspec.training.engines import ray_data

        remote = [_Remote(actor) for actor, _ in actors]
        return ray_data._stored(pieces, remote, name, shape, np.dtype(dtype))


class _Blocks(list):
    def iter_batches(self, **_):
        return iter(self)


class _Remote:
    def __init__(self, actor):
        self.read = self
        self._actor = actor

    def remote(self, name, rows):
        return self._actor.read(name, rows)


@pytest.mark.needs("ray")
@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case not in ("npz", "text")])
def test_sharded_data_is_the_same(tmp_path, monkeypatch, case):
    """Rows that come in blocks of any size, in any order, are those that one machine reads."""
    from seqspec.training.engines import ray_data

    monkeypatch.setattr(ray_data.ray, "get", lambda found: found)
    CASES[case][0](tmp_path)
    checked = Check.of(tree_of(case, "shard")).spec
    one, two = (prepare(checked, str(tmp_path), seed=7, shards=shards) for shards in (None, _LocalShards()))
    assert one.labels == two.labels and one.features == two.features
    for name, each in one.sets.items():
        other = two.sets[name]
        assert np.array_equal(np.asarray(each.x), np.asarray(other.x)) and other.streams
        assert each.y is None or np.array_equal(np.asarray(each.y), np.asarray(other.y))


@pytest.mark.needs("ray")
@pytest.mark.slow
def test_sharded_data_errors_equal_local_ones(tmp_path):
    """It is reported as where one machine reads the data."""
    write_csv(tmp_path / "data.csv")
    text = (tmp_path / "data.csv").read_text().splitlines()
    text[5] = "wide" + text[5]
    (tmp_path / "data.csv").write_text("\n".join(text))
    checked = Check.of(spec(data={"source": table(), "split": SPLIT})).spec
    found = []
    for shards in (None, _LocalShards()):
        with pytest.raises(DataError) as error:
            prepare(checked, str(tmp_path), shards=shards)
        found.append([(each.rule, each.message) for each in pickle.loads(pickle.dumps(error.value)).violations])
    assert found[0] == found[1]
