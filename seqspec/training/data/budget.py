"""The memory available for data, as limited by the machine, control groups and resource limits."""

from __future__ import annotations

import os
from pathlib import Path

from seqspec.training.data.stored import Budget

_FRAMEWORK_BYTES = 700 * 2**20
"""Bytes that Keras and TensorFlow need themselves."""
_COPIES = 3
"""Copies of the data that training holds at once: as read, as split, and as a tensor."""


def budget_of(memory: str, folder: str | None = None) -> Budget:
    """The budget for `memory` in `[data]`: "auto", "load" or "stream"; "shard" streams what is not sharded."""
    if memory == "load":
        return Budget(None, folder)
    if memory in ("stream", "shard"):
        return Budget(0, folder)
    available = available_bytes()
    if available is None:
        return Budget(None, folder)
    return Budget(max(0, available - _FRAMEWORK_BYTES) // _COPIES, folder)


def available_bytes() -> int | None:
    """Bytes of memory that this process may still allocate; None if unknown."""
    limits = [limit for limit in (_machine(), *_control_groups(), *_limits()) if limit is not None]
    return max(0, min(limits)) if limits else None


def _machine() -> int | None:
    text = _text(Path("/proc/meminfo"))
    for line in (text or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    try:
        # Half of the total memory, where the free memory is not known.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _control_groups() -> list[int]:
    """Bytes left within the limits of this process's control groups (version 1 and 2) and of their ancestors."""
    left = []
    for line in (_text(Path("/proc/self/cgroup")) or "").splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top = Path("/sys/fs/cgroup" if not controllers else "/sys/fs/cgroup/memory")
        names = (
            ("memory.max", "memory.current") if not controllers else ("memory.limit_in_bytes", "memory.usage_in_bytes")
        )
        group = Path(name.lstrip("/"))
        for folder in (top / group, *(top / parent for parent in group.parents)):
            limit, used = (_text(folder / name) for name in names)
            if limit is not None and used is not None and limit.strip().isdecimal():
                cached = 0
                for entry in (_text(folder / "memory.stat") or "").splitlines():
                    # The kernel drops cached files when memory is needed.
                    if entry.startswith(("inactive_file ", "total_inactive_file ")):
                        cached = int(entry.split()[1])
                left.append(int(limit) - int(used) + cached)
    return left


def _limits() -> list[int]:
    """Bytes left within `ulimit -v` and `ulimit -m`."""
    try:
        import resource
    except ImportError:
        return []
    used = [int(pages) * resource.getpagesize() for pages in (_text(Path("/proc/self/statm")) or "0 0").split()[:2]]
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_RSS)]
    return [limit - size for limit, size in zip(limits, used) if limit != resource.RLIM_INFINITY]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
