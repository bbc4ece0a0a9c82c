"""The findings of migration: what Keras 3 removed, renamed, ignores or changed, by the Keras that a program targets."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.diagnostics.convert import to_diagnostic
from seqspec.core.diagnostics.message import counted
from seqspec.core.diagnostics.notation import PYTHON
from seqspec.core.diagnostics.violation import Violation
from seqspec.programs.migration.fixes import MigrationFixes
from seqspec.programs.migration.names import TF_KERAS
from seqspec.programs.migration.table import (
    DATA,
    DEFAULT,
    FILE,
    IGNORED,
    MODULE,
    OLDEST,
    POSITIONAL_KERNEL,
    PRIVATE,
    REMOVED,
    RENAMED,
    VALUE,
    checked_arguments,
)
from seqspec.programs.migration.uses import Use, has_names_of_keras_2, is_large_stride
from seqspec.programs.values.spans import keyword_span, span_of

if TYPE_CHECKING:
    from seqspec.core.analysis.report import KerasTarget
    from seqspec.core.diagnostics.diagnostic import Diagnostic, Span
    from seqspec.programs.layers.program_model import ProgramModel
    from seqspec.programs.migration.migration import Migration

OLDER = "older-keras"
"""The rule of the note on a program that is written for an older Keras."""

_BACKEND = "backend."
_ALL = "seqspec check --select migration lists all uses, and fixes most"

_SEVERITIES = {"raises": "error", "ignored": "warning", "changed": "warning", "deprecated": "info"}

_SPECIAL = {
    "Input(integer)": "Keras 3 does not accept an integer as shape",
    "layers.InputLayer(integer)": "Keras 3 does not accept an integer as shape",
    "Layer.add_weight(name by position)": "Keras 3 does not accept the name of a weight by position",
    "Sequential.add(KerasLayer)": "KerasLayer of tensorflow_hub is a layer of Keras 2, which models of Keras 3 refuse",
    "Sequential.input": "in Keras 3 a Sequential model that is never called has no attribute input",
    "Sequential.output": "in Keras 3 a Sequential model that is never called has no attribute output",
    "layers.*(pool_size missing)": "Keras 3 requires pool_size",
    "optimizers.*(epsilon=None)": "Keras 3 does not accept epsilon=None",
    "losses.*(reduction='auto')": 'Keras 3 does not accept reduction="auto"',
    "Model.compile(metrics=object)": "Keras 3 does not accept a metric that is not in a list",
    "Model.compile(third metrics)": "the third argument of compile is loss_weights in Keras 3, metrics in Keras 2",
    POSITIONAL_KERNEL: "the third argument is the stride since Keras 2, the number of columns in Keras 1",
    "Model.save_weights(file)": "Keras 3 saves weights only to files whose names end in .weights.h5",
    "Model.save(folder)": "Keras 3 saves models only to files whose names end in .keras or .h5",
    "Model.save(.h5)": "HDF5 is a legacy format of models",
    "models.save_model(folder)": "Keras 3 saves models only to files whose names end in .keras or .h5",
    "models.save_model(.h5)": "HDF5 is a legacy format of models",
    "callbacks.ModelCheckpoint(filepath)": "Keras 3 saves models as .keras, and weights as .weights.h5",
    PRIVATE: "tensorflow.python.keras is a copy of Keras 2, which cannot be combined with Keras 3",
    "layers.merge(mode)": "the function merge was removed in Keras 2",
}
"""What is said of rows whose name is not that of something in the program."""


class Findings(NamedTuple):
    """The findings of a program with those of migration.

    Attributes:
        checked: The findings of its models that are true of the Keras that it is written for.
        reported: Those that are always reported.
        on_request: Those that are only reported if their rules are selected by name.
    """

    checked: list[Diagnostic]
    reported: list[Diagnostic]
    on_request: list[Diagnostic]


def only_in_keras_3(diagnostic: Diagnostic) -> bool:
    """Whether an older Keras does not raise an error that the check finds, or does not have the argument of its fix."""
    return (
        diagnostic.name == "no-cudnn-kernel"
        or (diagnostic.name, diagnostic.pointer.rpartition("/")[2]) in checked_arguments()
    )


def findings(
    migration: Migration,
    checked: Sequence[Diagnostic],
    lines: list[str],
    file: str | None,
    models: Sequence[ProgramModel] = (),
) -> Findings:
    """The findings of migration in a program.

    Args:
        migration: What migration says about it.
        checked: The findings of its models.
        lines: The lines of its text.
        file: Its file.
        models: Its models.
    """
    target = migration.target
    uses, checked = _distinct(migration.uses, checked, lines, target.version)
    fixes = MigrationFixes(migration.module, models, lines)
    if target.version == 3:
        return Findings(checked, [_finding(use, fixes, file, _SEVERITIES[use.row.effect]) for use in uses], [])
    # tf.keras and newer versions of the package keras never read the third argument as Keras 1.
    strides = [use for use in uses if is_large_stride(use)]
    is_newer = bool(strides) and target.version == 2 and has_names_of_keras_2(migration.module)
    strides = [use for use in strides if is_newer or _is_newer(use, target)]
    uses = [use for use in uses if use not in strides]
    reported = [_finding(use, fixes, file, "warning") for use in strides]
    asked = [_finding(use, fixes, file, "info" if use.row.effect == "deprecated" else "warning") for use in uses]
    rejected = [use for use in uses if use.row.effect == "raises" or (target.version == 1 and _is_of_kernel(use))]
    if target.is_guess or target.version is None:
        # Nothing says that an older Keras is installed: each construct is noted where Keras 3 fails.
        reported += [_note_of_construct(same, fixes, file) for same in _by_construct(rejected)]
    elif rejected:
        reported.append(_note(rejected, target, lines, file))
    return Findings(checked, reported, asked)


def _is_of_kernel(use: Use) -> bool:
    """Whether a use is a kernel of rows and columns by position, of which Keras 3 takes the columns for strides."""
    return use.row.name == POSITIONAL_KERNEL


def _by_construct(uses: Sequence[Use]) -> list[list[Use]]:
    """The uses of each construct, in the order of the first ones.

    Functions of the backend are one construct, but for those without a successor.
    """
    found: dict[str, list[Use]] = {}
    for use in uses:
        is_function = use.row.name.startswith(_BACKEND) and use.row.rule != MODULE and bool(use.row.new)
        found.setdefault(_BACKEND if is_function else use.row.name, []).append(use)
    return list(found.values())


def _note_of_construct(same: Sequence[Use], fixes: MigrationFixes, file: str | None) -> Diagnostic:
    first, others = same[0], len({use.row.name for use in same}) - 1
    many = f", like {counted(others, 'other function')} of the backend" if others else ""
    many = many or (f" ({len(same)} times)" if len(same) > 1 else "")
    violation = Violation(OLDER, f"{message(first)}{many}", help=help_of(first), notes=(_ALL,))
    return to_diagnostic(violation, path=(), span=place(first, fixes.lines), file=file, notation=PYTHON)


def _is_newer(use: Use, target: KerasTarget) -> bool:
    return target.version is None or (use.name is not None and use.name.package == TF_KERAS)


def _note(rejected: Sequence[Use], target: KerasTarget, lines: list[str], file: str | None) -> Diagnostic:
    written = f"written for Keras {target.version}: " if target.version is not None else ""
    many = counted(len(rejected), "use")
    names = dict.fromkeys(subject(use) for use in rejected)
    shown = ", ".join(list(names)[:4]) + (", ..." if len(names) > 4 else "")
    violation = Violation(
        OLDER,
        f"{written}{many} that Keras 3 rejects: {shown}",
        help="list and fix them with seqspec check --select migration",
        notes=() if target.is_guess or target.version is None else (target.reason,),
    )
    return to_diagnostic(violation, path=(), span=place(rejected[0], lines), file=file, notation=PYTHON)


def _distinct(
    uses: Sequence[Use], checked: Sequence[Diagnostic], lines: list[str], version: int | None
) -> tuple[list[Use], list[Diagnostic]]:
    """The uses and the findings of models without one of each pair that is about the same value.

    An older Keras accepts a value of which the check of a model reports an error, so that the use remains.
    """
    errors = [each for each in checked if each.severity == "error" and each.span is not None]
    same: list[Use] = []
    dropped: set[int] = set()
    for use in uses:
        found = [error for error in errors if _is_at(error, use, lines)]
        accepted = use.row.rule in (VALUE, FILE) or (use.row.rule == REMOVED and use.row.removed_in > (version or 3))
        if found and version in (1, 2) and accepted:
            dropped |= {id(each) for each in found}
        elif found:
            same.append(use)
    return [use for use in uses if use not in same], [each for each in checked if id(each) not in dropped]


def _is_at(diagnostic: Diagnostic, use: Use, lines: list[str]) -> bool:
    """Whether an error is about what is used: it is at the call, or in the argument."""
    if diagnostic.span is None or (use.name is None and isinstance(use.node, ast.Attribute)):
        # The check of a model knows the methods of an older Keras: its errors at a method are about the call.
        return False
    span, at = span_of(use.node, lines), (diagnostic.span.line, diagnostic.span.column)
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    return at == start if isinstance(use.node, ast.Call) and use.node is use.call else start <= at < end


def place(use: Use, lines: list[str]) -> Span:
    """The place of a use."""
    return keyword_span(use.node, lines) if isinstance(use.node, ast.keyword) else span_of(use.node, lines)


def subject(use: Use) -> str:
    """What a use is of, in a few words: `lr`, `fit_generator`, `keras.layers.core`."""
    row = use.row
    if use.keyword is not None and row.rule not in (VALUE, FILE):
        return f"{use.keyword.arg}"
    if use.name is not None and row.argument is None:
        return _written(use)
    return row.owner.rpartition(".")[2] if row.argument is None else row.owner.rpartition(".")[2].replace("*", "value")


def _written(use: Use) -> str:
    """The path of the row with the package of the program: `tensorflow.keras.layers.core`."""
    assert use.name is not None
    path, written = use.name.path, use.name.written
    return f"{written.removesuffix(path) if written.endswith(path) and written != path else 'keras.'}{use.row.name}"


def _owner(use: Use) -> str:
    if use.name is not None:
        return use.name.path.rpartition(".")[2]
    return use.row.owner.removeprefix("Model.")


def message(use: Use) -> str:
    """What Keras 3 does with a use."""
    row = use.row
    if row.name in _SPECIAL:
        return _SPECIAL[row.name]
    removed = f"was removed in Keras {row.removed_in}"
    if row.rule == DEFAULT:
        argument = row.argument or ""
        return f"{_owner(use)}: Keras 3 has another default {argument.removesuffix('default').strip() or 'strength'}"
    if row.rule == VALUE and row.argument is not None:
        return f"Keras 3 does not accept {row.argument}"
    if use.keyword is None:
        what = _written(use) if use.name is not None else row.owner
        if row.rule == MODULE:
            return f"the module {what} {removed}" if row.new or row.argument is None else f"{what} {removed}"
        if row.effect == "deprecated":
            return f"{what} is deprecated in Keras 3"
        return f"{what} {removed}"
    argument = f"{_owner(use)}: {use.keyword.arg}"
    if row.rule == OLDEST:
        return f"{argument} is the Keras 1 name of {use.replacement}" if use.replacement else f"{argument} {removed}"
    if row.rule == RENAMED:
        return f"{argument} was renamed to {row.new} in Keras 3"
    if row.rule == IGNORED and row.effect == "deprecated":
        return f"{argument} is deprecated in Keras 3"
    if row.rule == IGNORED:
        return f"{_owner(use)}: Keras 3 ignores {use.keyword.arg}"
    return f"{argument} {removed}"


def help_of(use: Use) -> str | None:
    """How to write a use for Keras 3."""
    row = use.row
    if row.help:
        return row.help
    if row.argument in ("input_shape", "input_dim", "input_length") and row.rule == IGNORED:
        return "leave it out" if row.argument == "input_length" else "begin the model with keras.Input(shape=...)"
    if row.argument == "decay":
        return "pass a schedule: learning_rate=keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)"
    if row.rule == DATA:
        if ".text" in row.name:
            return "use keras.layers.TextVectorization"
        if ".sequence" in row.name:
            return "use keras.utils.timeseries_dataset_from_array"
        return "use keras.utils.image_dataset_from_directory, and layers such as RandomFlip and Rescaling"
    if row.rule in (REMOVED, FILE) or not use.replacement:
        return "leave it out" if row.rule == REMOVED else None
    if row.is_template:
        text = row.new.replace("{", "").replace("}", "")
        return f"write {'keras.' if not row.new.startswith('{') else ''}{text}"
    if use.keyword is not None:
        return f"write {use.replacement}={'(...)' if use.replacement == 'kernel_size' else '...'}"
    if use.name is None or row.owner.startswith(("Model.", "Layer.", "Optimizer.", "Sequential.")):
        return f"write {use.replacement}" if row.rule != VALUE else f'write "{use.replacement}"'
    if row.rule == MODULE:
        return f"import from {_root(use)}{use.replacement}"
    return f"use {_root(use)}{use.replacement}"


def _root(use: Use) -> str:
    return "tensorflow.keras." if use.name is not None and use.name.package == "tf.keras" else "keras."


def _finding(use: Use, fixes: MigrationFixes, file: str | None, severity: str) -> Diagnostic:
    violation = Violation(use.row.rule, message(use), help=help_of(use), severity=severity)
    span = place(use, fixes.lines)
    return to_diagnostic(violation, path=(), span=span, file=file, notation=PYTHON, fix=fixes.of(use))
