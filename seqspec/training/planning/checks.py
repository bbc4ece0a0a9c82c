"""What is checked before a run starts: the spec, and the data that it reads."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from seqspec.core.api.check import Check, CheckedSpec, Facts, MeasuredData, resolve_diagnostics
from seqspec.core.api.data import FoldSplit
from seqspec.core.api.diagnostics import Diagnostic, Violation
from seqspec.core.api.spec import TypedSpec
from seqspec.core.api.training import ExternalPath, find_objective_for, is_address
from seqspec.training.access import Access
from seqspec.training.data.label_column import require_trainable_labels, require_weightable_classes
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.measure import measured_overrides
from seqspec.training.data.prepare import prepare
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.samples import Samples
from seqspec.training.data.shards import Shards
from seqspec.training.data.stored import Values, chunks
from seqspec.training.errors import DataError, RunError
from seqspec.training.evaluation.thresholds import require_calibration, require_threshold
from seqspec.training.events import EventHandler, FindingEvent
from seqspec.training.planning.plan import ADAPTED_BY_TRAINING, RunPlan, raise_violations


def with_implied_classes(checked: CheckedSpec, data: PreparedData) -> PreparedData:
    """The data with the kind of its labels, where a cross-entropy says that they are classes."""
    spec, y = checked.spec, data.train.y
    if spec.target is not None or "compile" not in spec.written or y is None or not checked.layers:
        return data
    output = checked.layers[-1].output
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


def with_measured(checked: CheckedSpec, prepared: PreparedData) -> Check:
    """The check of the same spec with its data: what the data shows, and the facts that the spec omits as measured."""
    return checked.check.with_data(MeasuredData(prepared.warnings, measured_overrides(prepared, checked)))


def check_with_data(
    checked: CheckedSpec, prepared: PreparedData, report: EventHandler, *, has_data: bool = False
) -> list[Diagnostic]:
    """The findings of the spec with its data; warnings that only the data shows are reported.

    Raises `SpecError` for errors, such as the label among the features.
    """
    measured = with_measured(checked, prepared)
    measured.valid_for("train", ignoring=ADAPTED_BY_TRAINING if has_data else ())
    known = {(each.name, each.pointer) for each in checked.check.linted.diagnostics}
    new = [each for each in measured.linted.diagnostics if (each.name, each.pointer) not in known]
    for diagnostic in new:
        if diagnostic.severity == "warning":
            report(FindingEvent(diagnostic, diagnostic.message, measured.linted.line))
    return measured.linted.diagnostics


def require_writable_outputs(checked: CheckedSpec, access: Access) -> None:
    """Raises `SpecError` for a file to write outside of the project that the caller does not allow.

    Raises `RunError` if an output file cannot be created, or exists and must not be overwritten.
    """
    spec = checked.spec
    paths = Facts(spec, checked.layers, spec.environment, ()).files.external_paths
    outside = [refused_output(each, access) for each in paths if each.written]
    if any(outside):
        raise_violations(checked, [each for each in outside if each is not None])
    save = spec.save
    saved = [path for path in (save.filepath, save.weights) if path is not None] if save is not None else []
    for path in saved:
        if save is not None and not save.overwrite and os.path.exists(path):
            raise RunError(f"{path} already exists, and [save] has overwrite = false")
    reports = [] if spec.report.filepath is None else [spec.report.filepath]
    for path in (*saved, *reports, *(table.filepath for table in spec.export)):
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


def is_cross_validated(spec: TypedSpec) -> bool:
    """Whether the spec is trained once per fold, and then on all samples but the test set."""
    split = spec.data.split
    return isinstance(split, FoldSplit) and split.fold is None


def _first_fold(spec: TypedSpec) -> TypedSpec:
    """The spec of the first fold."""
    assert spec.data.split is not None
    data = spec.data.model_copy(update={"split": spec.data.split.model_copy(update={"fold": 1})})
    return replace(spec, written={**spec.written, "data": data})


def read_data(
    plan: RunPlan,
    *,
    check_leakage: bool = True,
    scratch: str | None = None,
    shards: Shards[Samples] | None = None,
    joined: bool = False,
) -> PreparedData:
    """Reads the data of a run: see `prepare`. A `DataError` has diagnostics with their locations in the spec."""
    checked, spec, permissions = plan.checked, plan.spec, plan.permissions
    read = partial(
        prepare, base=str(plan.base), data=plan.arrays, seed=plan.seed, allowed=tuple(permissions.modules),
        scratch=scratch, shards=shards, access=permissions.access, joined=joined,
    )  # fmt: skip
    try:
        if check_leakage and is_cross_validated(spec):
            # Leaks are those between folds, of which the final model has none.
            first = read(_first_fold(spec))
            prepared = replace(read(spec, check_leakage=False), warnings=first.warnings)
        else:
            prepared = read(spec, check_leakage=check_leakage)
        require_trainable_labels(checked, prepared)
        prepared = with_implied_classes(checked, prepared)
        require_weightable_classes(spec, prepared)
        require_threshold(spec, prepared)
        require_calibration(spec, prepared)
        return prepared
    except DataError as error:
        error.diagnostics = resolve_diagnostics(error.violations, checked.expansion)
        raise
