"""Several machines: two hosts of network namespaces train one model; data that one lacks, a lost host, a silent one."""

import json
import re
import sys
import time

import pytest

from tests.requirements import optional_module
from tests.training.hosts import SECONDS, printed, two_hosts
from tests.training.search.test_search import DOCUMENT, require_whole
from tests.training.specs import SPLIT, spec, table, write_csv

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.needs("jax", "tomli_w", "network namespaces")]
tomli_w = optional_module("tomli_w")
SEQSPEC = (sys.executable, "-m", "seqspec")


@pytest.fixture
def hosts(tmp_path):
    with two_hosts(tmp_path) as hosts:
        yield hosts


def write_model(folder, data="data.csv", epochs=3):
    tree = spec(
        fit={"epochs": epochs, "batch_size": 24},
        data={"source": table(data), "split": SPLIT},
        runtime={"seed": 7, "backend": "jax"},
    )
    (folder / "model.seqspec.toml").write_text(tomli_w.dumps(tree))


def start_job(hosts, *command):
    """One process on each host, with the variables that Slurm sets."""
    slurm = {"SLURM_JOB_ID": "40001", "SLURM_STEP_NODELIST": hosts[0].address, "SLURM_NTASKS": "2"}
    return [
        host.start(
            [*SEQSPEC, *command, "--engine", "jax"],
            **slurm, SLURM_STEP_NUM_TASKS="2", SLURM_PROCID=str(rank), SLURM_LOCALID="0",
        )
        for rank, host in enumerate(hosts)
    ]  # fmt: skip


def start_ray(host, *options):
    """A node of a Ray cluster with one CPU."""
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", *options]
    node = host.start([*ray, f"--node-ip-address={host.address}", "--block", "--num-cpus=1", "--disable-usage-stats"])
    until(node, "Ray runtime started")
    return node


def start_on_ray(host, head, *command):
    """A command with two workers on the cluster, which waits only seconds for hosts that are gone."""
    options = ["--engine", "ray", "--workers", "2"]
    return host.start(
        [*SEQSPEC, *command, *options],
        RAY_ADDRESS=f"{head.address}:6379", RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S="5",
    )  # fmt: skip


def until(process, pattern):
    """Waits until a process prints what matches."""
    end = time.monotonic() + SECONDS
    while not re.search(pattern, printed(process)):
        assert process.poll() is None and time.monotonic() < end, printed(process)
        time.sleep(0.2)


def ended(process, status=0):
    assert process.wait(SECONDS) == status, printed(process)


def history(runs):
    """The losses and metrics of the only run in a folder."""
    (run,) = runs.iterdir()
    lines = map(json.loads, (run / "history.jsonl").read_text().splitlines())
    return [{key: value for key, value in line.items() if "loss" in key or "accuracy" in key} for line in lines]


def close(first, second):
    assert len(first) == len(second) > 0
    for one, two in zip(first, second):
        assert one == pytest.approx(two, rel=1e-5, abs=1e-6)


def test_two_hosts_have_the_losses_of_one_device(hosts):
    first, _ = hosts
    write_csv(first.shared / "data.csv")
    write_model(first.shared)
    for process in start_job(hosts, "train", "model.seqspec.toml", "--runs", "/mnt/two"):
        ended(process)
    ended(first.start([*SEQSPEC, "train", "model.seqspec.toml", "--runs", "/mnt/one"]))
    close(history(first.shared / "two"), history(first.shared / "one"))


def test_data_that_one_host_lacks_is_named_with_the_host(hosts):
    first, second = hosts
    write_csv(first.private / "data.csv")
    write_model(first.shared, "/srv/data.csv")
    command = ("train", "model.seqspec.toml", "--runs", "/mnt/runs", "--allow-data", "/srv")
    head, other = start_job(hosts, *command)
    ended(head, 2)
    ended(other, 3)
    assert f"host {second.name}: /srv/data.csv does not exist" in printed(head)


def test_a_killed_host_ends_the_job_at_once_and_the_run_is_resumed(hosts):
    first, second = hosts
    write_csv(first.shared / "data.csv")
    write_model(first.shared, epochs=400)
    head, _ = start_job(hosts, "train", "model.seqspec.toml", "--runs", "/mnt/two")
    until(head, r"epoch +20/")
    second.kill()
    begun = time.monotonic()
    ended(head, 4)
    assert time.monotonic() - begun < 30
    assert "another worker was lost" in printed(head) and "last good checkpoint" in printed(head)
    (run,) = (first.shared / "two").iterdir()
    for process in start_job(hosts, "resume", f"/mnt/two/{run.name}"):
        ended(process)
    ended(first.start([*SEQSPEC, "train", "model.seqspec.toml", "--runs", "/mnt/one"]))
    close(history(first.shared / "two")[:100], history(first.shared / "one")[:100])


def test_a_silent_host_ends_the_job_and_the_run_is_resumed(hosts):
    first, second = hosts
    write_csv(first.shared / "data.csv")
    write_model(first.shared, epochs=300)
    head, other = start_job(hosts, "train", "model.seqspec.toml", "--runs", "/mnt/two")
    until(head, r"epoch +20/")
    second.link("down")
    # JAX takes a process for dead after 100 seconds, and ends the others.
    assert head.wait(SECONDS) != 0 and other.wait(SECONDS) != 0
    second.link("up")
    (run,) = (first.shared / "two").iterdir()
    for process in start_job(hosts, "resume", f"/mnt/two/{run.name}"):
        ended(process)
    assert len(history(first.shared / "two")) == 300


@pytest.mark.needs("ray")
def test_ray_on_two_hosts(hosts):
    first, second = hosts
    start_ray(first, "--head", "--port=6379", "--include-dashboard=false")
    start_ray(second, f"--address={first.address}:6379")
    write_csv(first.private / "data.csv")
    write_model(first.shared, "/srv/data.csv")
    lacking = start_on_ray(first, first, "train", "model.seqspec.toml", "--runs", "/mnt/none", "--allow-data", "/srv")
    lacking.wait(SECONDS)
    assert "/srv/data.csv does not exist" in printed(lacking) and f"host {second.name}" in printed(lacking)
    write_csv(first.shared / "data.csv")
    write_model(first.shared, epochs=600)
    command = start_on_ray(first, first, "train", "model.seqspec.toml", "--runs", "/mnt/two")
    until(command, r"epoch +20/")
    second.kill()
    ended(command, 4)
    assert "raylet" not in printed(command)
    (run,) = (first.shared / "two").iterdir()
    assert json.loads((run / "run.json").read_text())["state"] == "failed"
    start_ray(second, f"--address={first.address}:6379")
    ended(start_on_ray(first, first, "resume", f"/mnt/two/{run.name}"))
    ended(first.start([*SEQSPEC, "train", "model.seqspec.toml", "--runs", "/mnt/one"]))
    close(history(first.shared / "two")[:100], history(first.shared / "one")[:100])


@pytest.mark.needs("ray", "optuna", "tensorflow")
def test_search_goes_on_when_a_host_is_killed(hosts, monkeypatch):
    first, second = hosts
    start_ray(first, "--head", "--port=6379", "--include-dashboard=false")
    start_ray(second, f"--address={first.address}:6379")
    write_csv(first.shared / "penguins.csv", 400)
    (first.shared / "model.seqspec.toml").write_text(DOCUMENT.replace("trials = 3", "trials = 4"))
    search = start_on_ray(first, first, "search", "model.seqspec.toml", "--set", "fit.epochs=30", "--name", "s")
    end = time.monotonic() + SECONDS
    while len(list(first.shared.glob("searches/s-*/trials/*/history.jsonl"))) < 2:
        assert search.poll() is None and time.monotonic() < end, printed(search)
        time.sleep(0.1)
    second.kill()
    ended(search)
    monkeypatch.chdir(first.shared)
    require_whole(first.shared, 4, "30")
