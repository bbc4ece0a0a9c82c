"""The commands and files of docs/distributed.md, run on this machine: Ray on the loopback, Open MPI, a script as srun.

What a page cannot know is replaced: machines, the shared folder, and how many workers there are.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.requirements import optional_module
from tests.test_docs import FENCE, ROOT
from tests.training.specs import SPLIT, spec, table, write_csv
from tests.training.test_devices import SECONDS, free_port

pytestmark = pytest.mark.needs("jax", "tomli_w", "yaml")
tomli_w, yaml = map(optional_module, ("tomli_w", "yaml"))

SRUN = """#!{python}
# Starts what follows twice, each with the variables that Slurm sets.
import os, subprocess, sys
both = [
    subprocess.Popen(sys.argv[1:], env={{
        **os.environ, "SLURM_JOB_ID": "{job}", "SLURM_STEP_NODELIST": "127.0.0.1", "SLURM_NTASKS": "2",
        "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank),
    }})
    for rank in range(2)
]
sys.exit(max(each.wait() for each in both))
"""


def block(holding):
    text = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
    (found,) = [body for _, _, _, body in FENCE.findall(text) if holding in body]
    return found


@pytest.fixture
def folder(tmp_path):
    """A project with a spec, its data, and `seqspec` and `srun` to call."""
    write_csv(tmp_path / "data.csv")
    tree = spec(fit={"epochs": 1, "batch_size": 24}, data={"source": table("data.csv"), "split": SPLIT})
    (tmp_path / "model.seqspec.toml").write_text(tomli_w.dumps(tree), encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    job = 40000 + os.getpid() % 4000
    (programs / "seqspec").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seqspec "$@"\n')
    (programs / "srun").write_text(SRUN.format(python=sys.executable, job=job))
    for path in programs.iterdir():
        path.chmod(0o755)
    return tmp_path


def environment(folder, **more):
    keep = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        **keep, "PATH": path, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu",
        "RAY_USAGE_STATS_ENABLED": "0", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", **more,
    }  # fmt: skip


def trained(command, folder, **more):
    """Runs a command of the page, and expects one finished run."""
    for there, here in (
        ("/shared/runs", "runs"),
        ("--workers 8", "--workers 2"),
        ("-n 8", "-n 2"),
        ("--devices 4", "--devices 2"),
    ):
        command = command.replace(there, here)
    done = subprocess.run(
        ["bash", "-e", "-c", command], cwd=folder, env=environment(folder, **more), capture_output=True, text=True,
        timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    (run,) = (folder / "runs").iterdir()
    assert (run / "model.keras").is_file() and (run / "evaluation.json").is_file()
    assert done.stdout.count("done in") == 1, done.stdout


def test_devices(folder):
    trained(block("seqspec train model.seqspec.toml --devices 4"), folder)


@pytest.mark.needs("ray")
def test_ray(folder):
    export, generate, head, join, train = block("ray start --head").splitlines()
    name, mode = re.fullmatch(r"export (\w+)=(\w+)", export).groups()
    # The token of the cluster is written to the home folder.
    token = {name: mode, "HOME": str(folder)}
    subprocess.run(shlex.split(generate), env=environment(folder, **token), check=True, capture_output=True)
    port = free_port()
    nodes = []
    try:
        for command in (head, join):
            words = shlex.split(command.replace("FIRST_MACHINE", "127.0.0.1").replace("6379", str(port)))
            words += ["--block", "--num-cpus=1", "--disable-usage-stats"]
            if "--head" in words:
                words += ["--node-ip-address=127.0.0.1", "--include-dashboard=false"]
            with (folder / f"{len(nodes)}.log").open("w") as log:
                # They end with the process that waits for them.
                nodes.append(subprocess.Popen(words, env=environment(folder, **token), stdout=log, stderr=log))
            end = time.monotonic() + SECONDS
            while "Ray runtime started" not in (folder / f"{len(nodes) - 1}.log").read_text():
                assert nodes[-1].poll() is None and time.monotonic() < end, (
                    folder / f"{len(nodes) - 1}.log"
                ).read_text()
                time.sleep(0.5)
        trained(train.replace("FIRST_MACHINE:6379", f"127.0.0.1:{port}"), folder, **token)
        # The job of Kubernetes runs its command beside the head of its cluster.
        (folder / "runs").rename(folder / "before")
        (folder / "model.seqspec.toml").rename(folder / "flowers.seqspec.toml")
        command = entrypoint().replace("/data/", "").replace("--workers 4", "--workers 2")
        trained(command, folder, RAY_ADDRESS=f"127.0.0.1:{port}", **token)
    finally:
        for node in reversed(nodes):
            node.terminate()
        for node in nodes:
            node.wait(300)


def entrypoint():
    return yaml.safe_load(block("apiVersion: ray.io/v1"))["spec"]["entrypoint"]


@pytest.mark.needs("kubernetes_validate")
def test_kubernetes():
    import kubernetes_validate

    job = yaml.safe_load(block("apiVersion: ray.io/v1"))
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    mounts = []
    for group in groups:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **group["template"]}
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for container in pod["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes
            mounts += [mount["mountPath"] for mount in container["volumeMounts"]]
    (workers,) = cluster["workerGroupSpecs"]
    command = entrypoint()
    assert f"--workers {workers['replicas']} " in command
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    (mounted,) = set(mounts)
    assert re.findall(r"(?<= )/\w+", command) == [mounted, mounted]


def test_slurm(folder):
    script = block("#SBATCH")
    (options,) = re.findall("^#SBATCH (.*)$", script, re.M)
    assert all(
        re.fullmatch(r"--(nodes|ntasks-per-node|gpus-per-task|cpus-per-task)=\d+", each) for each in options.split()
    )
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    trained(script, folder)


@pytest.mark.needs("mpirun")
def test_open_mpi(folder):
    (folder / "hosts").write_text("localhost slots=2\n")
    trained(block("mpirun -n 8"), folder)
