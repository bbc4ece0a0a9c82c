"""What is checked before a run starts: the spec, and the data that it reads."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.files import ExternalPath, is_address
from seqspec.core.analysis.resolve import resolve_diagnostics
from seqspec.core.analysis.training.loss_compatibility import find_objective_for
from seqspec.core.check.check import Check, MeasuredData
from seqspec.core.config.configuration import Configurations
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.errors import Diagnostics, SpecError
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import TableName
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.folds import FoldSplit
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.frontends.frontend import Source
from seqspec.core.language.overrides import Override
from seqspec.training.access import PROJECT_ONLY, Access, Allowed, Permissions, access_to
from seqspec.training.data.label_checks import require_trainable_labels, require_weightable_classes
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.measure import measured_overrides
from seqspec.training.data.prepare import prepare
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.shards import Shards
from seqspec.training.data.stored import Values, chunks
from seqspec.training.errors import DataError, RunError
from seqspec.training.evaluation.thresholds import require_calibration, require_threshold
from seqspec.training.placement import Placement
from seqspec.training.records import EventHandler
from seqspec.training.run_inputs import RunInputs


def with_implied_classes(analysis: Check, data: PreparedData) -> PreparedData:
    """The data with the kind of its labels, where a cross-entropy says that they are classes."""
    spec, y = analysis.spec, data.train.y
    if spec is None or spec.target is not None or "compile" not in spec.written or y is None or not analysis.layers:
        return data
    output = analysis.layers[-1].output
    if isinstance(output, list) or not output.sample:
        return data
    objective = find_objective_for(spec.compile.loss, spec.tree["compile"].get("loss"), None, output)
    units = output.sample[-1]
    if objective is None or not isinstance(units, int):
        return data
    labels = _implied(data.labels, objective.traits, units, y)
    return data if labels is None else replace(data, labels=labels)


def _implied(labels: LabelEncoding, traits: frozenset[str], units: int, y: Values) -> LabelEncoding | None:
    """The encoding of labels `y` that such a loss compares with `units` outputs; None if they are not classes."""
    if "sparse" in traits:
        # With names the classes are known, and the model may have more outputs.
        return replace(labels, kind="multiclass", classes=labels.classes or units)
    if "categorical" in traits and y.ndim > 1 and y.shape[-1] == units > 1 and _is_one_hot(y):
        return replace(labels, kind="multiclass", classes=units, one_hot=True)
    if "binary" in traits and units == 1 and _is_zero_or_one(y):
        return replace(labels, kind="binary", classes=2)
    return None


def _is_one_hot(y: Values) -> bool:
    return _is_zero_or_one(y) and all((part.sum(axis=-1) == 1).all() for _, part in chunks(y))


def _is_zero_or_one(y: Values) -> bool:
    return all(bool(np.isin(part, (0, 1)).all()) for _, part in chunks(y))


LOCAL = Placement()
"""Training in this process, on one device unless the spec says otherwise."""

_ADAPTED_BY_TRAINING = ("preprocessing-not-adapted",)
"""Rules that do not apply to data passed from Python, because preprocessing layers are adapted to it."""


def checked(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    has_data: bool = False,
    placement: Placement = LOCAL,
    known: Check | None = None,
) -> Check:
    """Checks a spec before training; raises `SpecError`.

    `known` is an existing analysis of the spec, which is then not analyzed again.

    `has_data` means that the data comes from Python. Engines for several workers train on JAX, where the spec and the
    environment do not name another backend.
    """
    analysis = known if known is not None else Check.of(source, vars=vars, settings=settings)
    backend = analysis.spec.runtime.backend if analysis.spec is not None else None
    undecided = backend is None and os.environ.get("KERAS_BACKEND", "jax") == "jax"
    if placement.engine != "local" and undecided:
        analysis = analysis.with_overrides(Override.of(("runtime", "backend"), "jax"))
    spec = analysis.valid_for("train", ignoring=_ADAPTED_BY_TRAINING if has_data else ()).spec
    if "compile" not in spec.written or "model" not in spec.written:
        missing = "compile" if "compile" not in spec.written else "model"
        violation = Violation("missing-key", f"training needs [{missing}]", help=fmt("add {}", TableName((missing,))))
        raise_violations(analysis, [violation])
    return analysis


def with_measured(analysis: Check, prepared: PreparedData) -> Check:
    """The check of the same spec with its data: what the data shows, and the facts that the spec omits as measured."""
    return analysis.with_data(MeasuredData(prepared.warnings, measured_overrides(prepared, analysis)))


def check_with_data(
    analysis: Check, prepared: PreparedData, report: EventHandler, *, has_data: bool = False
) -> list[Diagnostic]:
    """The findings of the spec with its data; warnings that only the data shows are reported.

    Raises `SpecError` for errors, such as the label among the features.
    """
    measured = with_measured(analysis, prepared)
    measured.valid_for("train", ignoring=_ADAPTED_BY_TRAINING if has_data else ())
    known = {(each.name, each.pointer) for each in analysis.linted.diagnostics}
    new = [each for each in measured.linted.diagnostics if (each.name, each.pointer) not in known]
    for diagnostic in new:
        if diagnostic.severity == "warning":
            report("finding", {"diagnostic": diagnostic, "message": diagnostic.message, "line": measured.linted.line})
    return measured.linted.diagnostics


def require_writable_outputs(analysis: Check, access: Access) -> None:
    """Raises `SpecError` for a file to write outside of the project that the caller does not allow.

    Raises `RunError` if an output file cannot be created, or exists and must not be overwritten.
    """
    spec = analysis.spec
    assert spec is not None
    paths = Facts(spec, analysis.layers, spec.environment, ()).files.external_paths
    outside = [refused_output(each, access) for each in paths if each.written]
    if any(outside):
        raise_violations(analysis, [each for each in outside if each is not None])
    outputs = spec.outputs
    save = outputs.save
    saved = [path for path in (save.filepath, save.weights) if path is not None] if save is not None else []
    for path in saved:
        if save is not None and not save.overwrite and os.path.exists(path):
            raise RunError(f"{path} already exists, and [save] has overwrite = false")
    reported = outputs.report.filepath if outputs.report is not None else None
    reports = [] if reported is None else [reported]
    for path in (*saved, *reports, *(table.filepath for table in outputs.export or ())):
        # Folders that are missing are created.
        parent = next(each for each in Path(path).absolute().parents if each.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise RunError(f"{path}: {parent} is not a folder that can be written to")


def refused_output(output: ExternalPath, access: Access) -> Violation | None:
    """The violation for a file outside of what may be written; relative paths start from the current folder."""
    # Keras formats the path of a checkpoint, and a format can fill with slashes.
    if access.is_named(output.path) or (access.writes(output.text) and not _SLASH_IN_FORMAT.search(output.text)):
        return None
    folder = output.text if is_address(output.text) else os.path.dirname(os.path.abspath(output.text))
    message = f'"{output.text[:80]}" is outside of the project and the current folder'
    return Violation("output-not-allowed", message, path=output.path, help=access.help(folder, "output"))


_SLASH_IN_FORMAT = re.compile(r"\{[^{}]*[/\\][^{}]*\}")


def raise_violations(analysis: Check, violations: Sequence[Violation]) -> NoReturn:
    """Raises `SpecError` for violations at paths of the expanded spec."""
    raise SpecError(Diagnostics(resolve_diagnostics(violations, analysis.expansion)))


def seed_of(spec: TypedSpec) -> int:
    """The seed of a spec; 0 if it has none."""
    return spec.runtime.seed if spec.runtime.seed is not None else 0


def base_of(analysis: Check) -> Path:
    """The folder that paths of the spec start from: its own, or the current one."""
    file = analysis.document.file
    return Path(file).resolve().parent if file is not None else Path.cwd()


def access_of(analysis: Check, allowed: Allowed = PROJECT_ONLY, configurations: Configurations | None = None) -> Access:
    """What a spec may read and write: see `access_to`.

    A dict is treated as a file in the current folder, since a program can have received it from anyone. What the caller
    has set with `--set` may lead anywhere.
    """
    named = tuple(override.path for override in analysis.overrides)
    return replace(access_to(base_of(analysis), allowed, configurations), named=named)


def is_cross_validated(spec: TypedSpec) -> bool:
    """Whether the spec is trained once per fold, and then on all samples but the test set."""
    split = spec.data.split
    return isinstance(split, FoldSplit) and split.fold is None


def _first_fold(spec: TypedSpec) -> TypedSpec:
    """The spec of the first fold."""
    assert spec.data.split is not None
    fold = copy.copy(spec)
    fold.data = spec.data.model_copy(update={"split": spec.data.split.model_copy(update={"fold": 1})})
    return fold


def inputs_of(analysis: Check, permissions: Permissions) -> RunInputs:
    """What a run of a spec in its folder is made from."""
    assert analysis.spec is not None
    return RunInputs(analysis, base_of(analysis), seed_of(analysis.spec), permissions)


def read_data(
    inputs: RunInputs,
    *,
    check_leakage: bool = True,
    scratch: str | None = None,
    shards: Shards | None = None,
    joined: bool = False,
) -> PreparedData:
    """Reads the data of a run: see `prepare`. A `DataError` has diagnostics with their locations in the spec."""
    analysis, spec, permissions = inputs.analysis, inputs.spec, inputs.permissions
    read = partial(
        prepare, base=str(inputs.base), data=inputs.arrays, seed=inputs.seed, allowed=tuple(permissions.modules),
        scratch=scratch, shards=shards, access=permissions.access, joined=joined,
    )  # fmt: skip
    try:
        if check_leakage and is_cross_validated(spec):
            # Leaks are those between folds, of which the final model has none.
            first = read(_first_fold(spec))
            prepared = replace(read(spec, check_leakage=False), warnings=first.warnings)
        else:
            prepared = read(spec, check_leakage=check_leakage)
        require_trainable_labels(analysis, prepared)
        prepared = with_implied_classes(analysis, prepared)
        require_weightable_classes(spec, prepared)
        require_threshold(spec, prepared)
        require_calibration(spec, prepared)
        return prepared
    except DataError as error:
        error.diagnostics = resolve_diagnostics(error.violations, analysis.expansion)
        raise
