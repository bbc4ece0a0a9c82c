"""Two hosts on this machine: network, mount and host name namespaces, with addresses, /tmp and disk of their own.

A shared folder lies at /mnt on both, as network storage would.
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from tests import ROOT

SECONDS = 300
"""After which a command has hung."""


class Host:
    """One of the two hosts."""

    def __init__(self, name, address, shared, private):
        self.name, self.address = name, address
        self.shared, self.private = shared, private
        mounts = (
            f"hostname {name}; mount --bind {shared} /mnt; mount --bind {private} /srv; "
            f"mount --bind {shared}/hosts /etc/hosts; "
            "mount -t tmpfs tmpfs /dev/shm; mount -t tmpfs tmpfs /tmp; echo ready; exec sleep infinity"
        )
        words = ["ip", "netns", "exec", name, "unshare", "--mount", "--uts", "sh", "-ec", mounts]
        self._holder = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "ready\n"

    def kill(self):
        """Kills everything that runs on the host."""
        pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True).stdout.split()
        for pid in set(map(int, pids)) - {self._holder.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)

    def close(self):
        """Ends the host."""
        self.kill()
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def start(self, command, **environment):
        """A process of the host, in a process group of its own; its output is in `private`."""
        log = self.private / f"{time.monotonic_ns()}.log"
        keep = {key: value for key, value in os.environ.items() if key not in ("KERAS_BACKEND", "RAY_ADDRESS")}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        env = {
            **keep, "PATH": path, "PYTHONPATH": str(ROOT),
            "HOME": str(self.shared / "home"), "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu",
            "RAY_USAGE_STATS_ENABLED": "0", **environment,
        }  # fmt: skip
        words = [
            "nsenter",
            "-m",
            "-u",
            "-n",
            "-t",
            str(self._holder.pid),
            "sh",
            "-c",
            'cd /mnt; exec "$@"',
            "sh",
            *command,
        ]
        with log.open("w") as file:
            process = subprocess.Popen(words, env=env, stdout=file, stderr=file, start_new_session=True)
        process.log = log
        return process

    def link(self, state):
        """Sets the link of the host to the other one `up` or `down`: down, it neither answers nor refuses."""
        _ip("-n", self.name, "link", "set", "wire", state)


def printed(process):
    """What a process has printed."""
    return process.log.read_text(errors="replace")


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def two_hosts(folder):
    """The hosts, which end with everything that runs on them."""
    shared = folder / "shared"
    (shared / "home").mkdir(parents=True)
    names = [f"sq{os.getpid() % 100_000}{letter}" for letter in "ab"]
    addresses = ["10.77.0.1", "10.77.0.2"]
    lines = ["127.0.0.1 localhost", *map(" ".join, zip(addresses, names))]
    (shared / "hosts").write_text("".join(f"{line}\n" for line in lines))
    hosts = []
    try:
        for name, address in zip(names, addresses):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
            private = folder / name
            private.mkdir()
            hosts.append(Host(name, address, shared, private))
        _ip("-n", names[0], "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", names[1])
        for name, address in zip(names, addresses):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "wire")
            _ip("-n", name, "link", "set", "wire", "up")
        yield hosts
    finally:
        for host in hosts:
            host.close()
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
