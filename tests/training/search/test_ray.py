"""A search whose workers are actors on two nodes of a Ray cluster, of which one is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.search.test_search import DOCUMENT, command, require_whole, wait_for
from tests.training.specs import CLASSES, samples

pytestmark = [pytest.mark.slow, pytest.mark.needs("optuna", "tensorflow", "ray")]


@pytest.fixture
def cluster():
    """A cluster on this machine: a node for the coordinator and one worker, and one for the other worker."""
    from ray.cluster_utils import Cluster

    found = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "_system_config": {"health_check_failure_threshold": 2,
                                                         "health_check_period_ms": 500}},
    )  # fmt: skip
    found.add_node(num_cpus=1)
    yield found
    found.shutdown()


def actors():
    """The processes of the actors that train, by their node."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes().startswith(b"ray::_Actor.work"):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                found.setdefault(parent, []).append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.nightly
@pytest.mark.parametrize("whom", ["actor", "node", "coordinator"])
def test_trials_of_what_is_killed_go_on(cluster, tmp_path, monkeypatch, whom):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    x, y = samples(400)
    rows = [",".join([*map(str, row), CLASSES[label]]) for row, label in zip(x.tolist(), y)]
    (tmp_path / "penguins.csv").write_text("\n".join(["a,b,c,d,species", *rows]) + "\n")
    (tmp_path / "model.seqspec.toml").write_text(DOCUMENT.replace("trials = 3", "trials = 4"))
    process = command(
        "search", "model.seqspec.toml", "--engine", "ray", "--workers", "2", "--set", "fit.epochs=30", "--name", "s",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
    )  # fmt: skip
    wait_for(tmp_path, lambda: len(list(tmp_path.glob("searches/s-*/trials/*/history.jsonl"))) > 1)
    (nodes := actors()) or pytest.fail("no actor trains")
    if whom == "actor":
        os.kill(next(iter(nodes.values()))[0], signal.SIGKILL)
    elif whom == "coordinator":
        process.send_signal(signal.SIGINT)
    else:
        cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
    text, _ = process.communicate(timeout=400)
    # A search that was interrupted is resumed without Ray.
    assert process.returncode == (130 if whom == "coordinator" else 0), text
    require_whole(tmp_path, 4, "30")


def test_a_cluster_that_is_too_small_is_an_error(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penguins.csv").write_text("a,b,c,d,species\n" + "1,2,3,4,adelie\n" * 40)
    (tmp_path / "model.seqspec.toml").write_text(DOCUMENT)
    found = subprocess.run(
        [sys.executable, "-m", "seqspec", "search", "model.seqspec.toml", "--engine", "ray", "--workers", "3"],
        capture_output=True, text=True,
        env={**os.environ, "RAY_ADDRESS": cluster.address, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert found.returncode == 2
    assert "3 workers need as many CPUs; the Ray cluster has 2" in found.stderr
