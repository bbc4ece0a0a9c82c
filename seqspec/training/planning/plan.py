"""A run before it starts: what determines it, and where it comes from (a new one, a folder, a part of another run)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, cast

from seqspec.core.api.check import Check, CheckedSpec, resolve_diagnostics
from seqspec.core.api.diagnostics import Diagnostics, SpecError, Violation
from seqspec.core.api.files import Configurations
from seqspec.core.api.language import Override
from seqspec.core.api.messages import TableName, fmt
from seqspec.core.api.spec import TypedSpec
from seqspec.training.access import PROJECT_ONLY, Access, Allowed, Permissions, access_to
from seqspec.training.data.prepared import PreparedData
from seqspec.training.events import EventHandler, ignore
from seqspec.training.planning.placement import Placement, backend_of
from seqspec.training.records import Digests, Lock, RunInfo
from seqspec.training.run_folder.environment import data_digests, git_state, machine, versions
from seqspec.training.run_folder.files import RUNNING, digest_of_tree, now
from seqspec.training.run_folder.folder import RunFolder
from seqspec.training.run_folder.names import stem_of

LOCAL = Placement()
"""Training in this process, on one device unless the spec says otherwise."""

ADAPTED_BY_TRAINING = ("preprocessing-not-adapted",)
"""Rules that do not apply to data passed from Python, because preprocessing layers are adapted to it."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How a spec is trained: see the arguments of `seqspec.train`.

    Attributes:
        allowed: The files that the spec may read and write besides those of its project.
        no_report: Whether no report.html is written even if the spec has `[report]`.
    """

    runs: str | os.PathLike[str] = "runs"
    name: str | None = None
    allow_custom: Collection[str] = ()
    allowed: Allowed = PROJECT_ONLY
    download: bool = True
    start_from: str | os.PathLike[str] | None = None
    allow_other_split: bool = False
    html: bool = False
    no_report: bool = False
    placement: Placement = LOCAL
    loggers: Sequence[str] = ()
    report: EventHandler = ignore

    @property
    def scratch(self) -> str:
        """The folder for streamed data: on the disk of the runs, which has space, never next to the source data."""
        return str(next(path for path in (Path(self.runs), *Path(self.runs).absolute().parents) if path.is_dir()))


@dataclass(frozen=True)
class FoldRun:
    """A fold of a run that is cross-validated, from 1."""

    number: int


@dataclass(frozen=True)
class TrialRun:
    """A trial of a search.

    Attributes:
        number: Its number, from 1.
        name: The name of its run folder.
        checked: Its spec.
        seed: Its seed.
    """

    number: int
    name: str
    checked: CheckedSpec
    seed: int


@dataclass(frozen=True)
class RunPlan:
    """What determines a run, before its data is read.

    On disk `info` is run.json, and the rest is in expanded.json and in `lock`, which is lock.json.

    Attributes:
        checked: The spec.
        base: The folder that paths of the spec start from.
        seed: The seed of the run.
        permissions: What the spec may do.
        placement: Where it is trained.
        info: How it was started, as in run.json.
        arrays: The data, where it comes from Python.
    """

    checked: CheckedSpec
    base: Path
    seed: int
    permissions: Permissions
    placement: Placement
    info: RunInfo
    arrays: object = None

    @classmethod
    def new(
        cls,
        checked: CheckedSpec,
        options: TrainOptions = TrainOptions(),
        data: object = None,
        *,
        seed: int | None = None,
        base: Path | None = None,
        access: Access | None = None,
    ) -> RunPlan:
        """The plan of a new run.

        Args:
            checked: The spec.
            options: How it is trained.
            data: The data, where it comes from Python.
            seed: The seed; by default that of the spec, or 0.
            base: The folder that paths of the spec start from; by default its own.
            access: What the spec may read and write; by default what the options say.
        """
        check, base = checked.check, base if base is not None else base_of(checked.check)
        file = check.document.file
        info: RunInfo = {
            "state": RUNNING, "command": "train", "name": options.name or stem_of(file or "run"),
            "started": now(), "spec": file, "base": str(base),
            "from": str(options.start_from) if options.start_from is not None else None,
            "python_data": data is not None, "download": options.download, "html": options.html,
            "no_report": options.no_report, "loggers": list(options.loggers),
            "settings": list(map(str, check.overrides)), "vars": dict(check.vars or {}),
        }  # fmt: skip
        reach = access if access is not None else access_of(check, options.allowed)
        permissions = Permissions(tuple(options.allow_custom), reach)
        seed = seed_of(checked.spec) if seed is None else seed
        return cls(checked, base, seed, permissions, options.placement, info, data)

    @classmethod
    def load(
        cls, folder: RunFolder, permissions: Permissions, data: object = None, **changes: str | int | None
    ) -> RunPlan:
        """The plan of the run in a folder; `changes` are those of its placement that are not None.

        Raises `SpecError` if the spec in the folder cannot be trained.
        """
        info, lock = folder.info(), folder.lock()
        checked_spec = trainable_spec(Check.of(folder.spec()), has_data=data is not None)
        changed = {key: value for key, value in changes.items() if value is not None}
        placement = Placement(**{**lock.get("placement", {}), **changed})
        return cls(checked_spec, Path(info["base"]), lock["seed"], permissions, placement, info, data)

    def derive(self, kind: FoldRun | TrialRun) -> RunPlan:
        """The plan of a part of this run, of which only the validation set is evaluated."""
        return self._fold(kind) if isinstance(kind, FoldRun) else self._trial(kind)

    def _fold(self, fold: FoldRun) -> RunPlan:
        override, parent = Override.of(("data", "split", "fold"), fold.number), self.info
        info: RunInfo = {
            "state": RUNNING, "command": "train", "name": parent["name"], "started": parent["started"],
            "spec": parent["spec"], "base": parent["base"], "from": parent["from"],
            "python_data": parent["python_data"], "download": parent["download"], "no_report": True,
            "fold": fold.number, "settings": [*parent.get("settings", ()), str(override)],
            "vars": parent.get("vars", {}),
        }  # fmt: skip
        if "trial" in parent:
            # The model of a trial on all folds is not trained: its loggers receive the folds.
            info |= {"trial": parent["trial"], "loggers": parent.get("loggers", [])}
        spec = trainable_spec(self.checked.check.with_overrides(override), has_data=self.arrays is not None)
        return replace(self, checked=spec, info=info)

    def _trial(self, trial: TrialRun) -> RunPlan:
        info: RunInfo = {
            "state": RUNNING, "command": "train", "name": trial.name, "started": now(), "spec": None,
            "base": str(self.base), "from": None, "python_data": False, "download": self.info["download"],
            "no_report": True, "trial": trial.number, "loggers": self.loggers,
        }  # fmt: skip
        return replace(self, checked=trial.checked, seed=trial.seed, info=info)

    def with_info(self, **changes: object) -> RunPlan:
        """The same plan with other values in run.json."""
        return replace(self, info=cast("RunInfo", {**self.info, **changes}))

    def digests(self, prepared: PreparedData) -> Digests:
        """The digests of the spec and of the data."""
        text = self.checked.document.text
        return {
            "spec": hashlib.sha256(text.encode()).hexdigest() if text is not None else None,
            "expanded": digest_of_tree(self.spec.to_dict()),
            **data_digests(prepared, self.base),
        }

    def lock(self, digests: Digests, workers: int, devices: Sequence[str]) -> Lock:
        """The content of lock.json, for the workers and devices that train it."""
        return {
            "versions": versions(backend_of(self.spec)),
            "machine": machine(),
            "git": git_state(self.base),
            "seed": self.seed,
            "engine": self.placement.engine,
            "workers": workers,
            "devices": list(devices),
            "placement": self.placement.to_dict(),
            "digests": digests,
        }

    @property
    def spec(self) -> TypedSpec:
        """The typed spec."""
        return self.checked.spec

    @property
    def loggers(self) -> list[str]:
        """The names of the loggers."""
        return list(self.info.get("loggers", ()))

    @property
    def is_part(self) -> bool:
        """Whether this is a fold of another run, or a trial of a search.

        Only its validation set is evaluated, and no file of `[save]`, `[export]` or `[report]` is written.
        """
        return "fold" in self.info or "trial" in self.info


def trainable_spec(check: Check, *, has_data: bool = False, placement: Placement = LOCAL) -> CheckedSpec:
    """The spec of a document that can be trained; raises `SpecError`.

    `has_data` means that the data comes from Python. Engines for several workers train on JAX, where the spec and the
    environment do not name another backend.
    """
    backend = check.spec.runtime.backend
    undecided = backend is None and os.environ.get("KERAS_BACKEND", "jax") == "jax"
    if placement.engine != "local" and undecided:
        check = check.with_overrides(Override.of(("runtime", "backend"), "jax"))
    result = check.valid_for("train", ignoring=ADAPTED_BY_TRAINING if has_data else ())
    spec = result.spec
    if "compile" not in spec.written or "model" not in spec.written:
        missing = "compile" if "compile" not in spec.written else "model"
        violation = Violation("missing-key", f"training needs [{missing}]", help=fmt("add {}", TableName((missing,))))
        raise_violations(result, [violation])
    return result


def raise_violations(checked: Check | CheckedSpec, violations: Sequence[Violation]) -> NoReturn:
    """Raises `SpecError` for violations at paths of the expanded spec."""
    raise SpecError(Diagnostics(resolve_diagnostics(violations, checked.expansion)))


def seed_of(spec: TypedSpec) -> int:
    """The seed of a spec; 0 if it has none."""
    return spec.runtime.seed if spec.runtime.seed is not None else 0


def base_of(check: Check) -> Path:
    """The folder that paths of the spec start from: its own, or the current one."""
    file = check.document.file
    return Path(file).resolve().parent if file is not None else Path.cwd()


def access_of(check: Check, allowed: Allowed = PROJECT_ONLY, configurations: Configurations | None = None) -> Access:
    """What a spec may read and write: see `access_to`.

    A dict is treated as a file in the current folder, since a program can have received it from anyone. What the caller
    has set with `--set` may lead anywhere.
    """
    named = tuple(override.path for override in check.overrides)
    return replace(access_to(base_of(check), allowed, configurations), named=named)
