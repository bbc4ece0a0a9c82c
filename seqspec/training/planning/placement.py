"""Where a run is trained: engine, workers and devices; what keeps a spec from it, before Keras is imported."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from seqspec.core.api.diagnostics import Path as TreePath
from seqspec.core.api.diagnostics import Violation, install_command
from seqspec.core.api.messages import Setting, TableName, fmt
from seqspec.core.api.spec import TypedSpec
from seqspec.core.api.training import BATCH_SIZE
from seqspec.training.errors import PlacementError

_BACKENDS = ("tensorflow", "jax", "torch")
"""The backends of Keras; each has the name of its package."""
_MULTI_DEVICE = ("tensorflow", "jax")
_ON_TENSORFLOW = "Keras cannot fit a model on several TensorFlow workers (MultiWorkerMirroredStrategy fails in Keras 3)"
_JAX = fmt("{} in {}", Setting("backend", "jax"), TableName(("runtime",)))


@dataclass(frozen=True)
class Placement:
    """The processes and devices that train a run.

    Args:
        engine: "local", this process; "ray", workers that Ray Train starts; "jax", one process of a job that a launcher
            (Slurm, Open MPI) started on every machine.
        workers: Processes, for engine "ray"; with "jax" the launcher says how many there are.
        devices: Devices of each process; None for one, or for all where the spec has `distribution = "data_parallel"`.
        restarts: How often Ray restarts the workers after one of them was lost.
    """

    engine: str = "local"
    workers: int = 1
    devices: int | None = None
    restarts: int = 3

    def to_dict(self) -> dict[str, object]:
        """Plain data for lock.json."""
        return asdict(self)


def backend_of(spec: TypedSpec) -> str:
    """The backend that Keras will use, determined without importing it."""
    if spec.runtime.backend is not None:
        return spec.runtime.backend
    return default_backend()


def default_backend() -> str:
    """The backend of the imported Keras, else that of the environment or of Keras's configuration file."""
    keras = sys.modules.get("keras")
    if keras is not None:
        return str(keras.backend.backend())
    named = os.environ.get("KERAS_BACKEND")
    if named:
        return named
    try:
        home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        backend = json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError, RuntimeError):
        backend = None
    return backend if isinstance(backend, str) else "tensorflow"


def check_placement(spec: TypedSpec, placement: Placement) -> None:
    """Raises `PlacementError` if the spec cannot be trained with this placement; imports no backend."""
    violations = list(_of_engine(spec, placement))
    known = placement.workers * (placement.devices or 1)
    if not violations and placement.engine != "jax":
        violations = list(batch_size_violations(spec, known))
    if violations:
        raise PlacementError(violations)


def _misplaced(message: str, path: TreePath = (), help: str | None = None) -> Violation:
    return Violation("bad-placement", message, path=path, help=help)


def _of_engine(spec: TypedSpec, placement: Placement) -> list[Violation]:
    backend = backend_of(spec)
    path: TreePath = ("runtime", "backend") if spec.runtime.backend is not None else ()
    engine = placement.engine
    if engine == "local" and placement.workers > 1:
        return [_misplaced(f"{placement.workers} workers need an engine", help="add --engine ray")]
    if engine != "local" and backend != "jax":
        reason = f"the engine {engine} needs the backend jax, not {backend}"
        if backend == "tensorflow":
            reason = _ON_TENSORFLOW
        return [_misplaced(reason, path, "set " + _JAX)]
    split = spec.data.split
    if engine != "local" and split is not None and "k-fold" in split.by and split.fold is None:
        message = f"cross-validation trains in one process, not with --engine {engine}"
        return [_misplaced(message, ("data", "split", "by"), fmt("train one fold at a time: {}", Setting("fold", 1)))]
    several = (placement.devices or 1) > 1
    if several and backend not in _MULTI_DEVICE:
        return [_misplaced(f"several devices need the backend tensorflow or jax, not {backend}", path)]
    violations = mirrored_violations(spec) if several and backend == "tensorflow" else []
    if backend in _BACKENDS and find_spec(backend) is None:
        install = install_command(backend) if backend != "torch" else "pip install torch"
        violations.append(_misplaced(f"the backend {backend} is not installed", path, install))
    if engine == "ray" and find_spec("ray") is None:
        violations.append(_misplaced("Ray is not installed", help=install_command("distributed")))
    return violations


def mirrored_violations(spec: TypedSpec) -> list[Violation]:
    """Violations for settings that do not work on several devices with TensorFlow."""
    steps = spec.compile.steps_per_execution
    if steps == 1:
        return []
    message = f"steps_per_execution {steps} fails in Keras with several TensorFlow devices"
    return [_misplaced(message, ("compile", "steps_per_execution"), "remove it, or set " + _JAX)]


def batch_size_violations(spec: TypedSpec, replicas: int) -> list[Violation]:
    """Violations for stages whose (global) batch size is not divisible by the number of replicas."""
    if replicas < 2:
        return []
    violations = []
    for index, stage in enumerate(spec.fit):
        size = stage.batch_size or BATCH_SIZE
        if size % replicas:
            path = spec.stage_path(index)
            share = max(1, round(size / replicas))
            setting = Setting("batch_size", share * replicas)
            help = fmt("batch_size is global: set {}, for {} samples per device", setting, share)
            message = fmt("batch_size {} cannot be divided among {} devices", size, replicas)
            violations.append(_misplaced(message, (*path, "batch_size") if stage.batch_size else path, help))
    if not spec.fit and BATCH_SIZE % replicas:
        message = fmt("batch_size {} (the default) cannot be divided among {} devices", BATCH_SIZE, replicas)
        violations.append(_misplaced(message, help=fmt("set batch_size in {}", TableName(("fit",)))))
    return violations
