"""What migration says about one program: what Keras 3 removed, renamed, ignores or changed."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.api.diagnostics import CODES, Violation, to_diagnostic
from seqspec.core.api.frontends import KerasTarget
from seqspec.core.api.messages import PYTHON, counted
from seqspec.programs.migration.fixes import MigrationFixes
from seqspec.programs.migration.names import TF_KERAS, Module
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
)
from seqspec.programs.migration.target import NEWEST, target_of
from seqspec.programs.migration.uses import Use, find_uses, has_names_of_keras_2, is_large_stride
from seqspec.programs.source.program_source import Source
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.spans import keyword_span, span_of

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Diagnostic, Span
    from seqspec.programs.layers.program_model import ProgramModel


OLDER = "older-keras"
"""The rule of the note on a program that is for an older Keras."""

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


class MigrationDiagnostics(NamedTuple):
    """The findings of a program with those of migration.

    Attributes:
        checked: The findings of its models that are true of the Keras that it is for.
        reported: Those that are always reported.
        on_request: Those that are only reported if their rules are selected by name.
    """

    checked: list[Diagnostic]
    reported: list[Diagnostic]
    on_request: list[Diagnostic]


def findings(
    target: KerasTarget,
    migration: Migration | None,
    checked: Sequence[Diagnostic],
    lines: list[str],
    file: str | None,
    models: Sequence[ProgramModel] = (),
    own_lines: int = 1 << 30,
) -> MigrationDiagnostics:
    """The findings in a program, as the Keras decides them that it is for.

    Args:
        target: The Keras that it is for.
        migration: What migration says about it; None if it does not use Keras itself.
        checked: The findings of its models.
        lines: The lines of its text, and those of the files that it imports after them.
        file: Its file.
        models: Its models.
        own_lines: The number of lines of its own text.
    """
    paired = _paired([] if migration is None else migration.uses, checked, lines, target)
    alone = [
        _as_migration(diagnostic)
        for diagnostic in paired.alone
        if diagnostic.span is not None and diagnostic.span.line <= own_lines
    ]
    if migration is None:
        reported, asked = [], alone
    else:
        fixes = MigrationFixes(migration.module, models, lines)
        shown = _severities(paired, migration, target)
        reported = [_finding(use, fixes, file, severity) for use, severity in shown]
        hidden = [use for use in paired.uses if all(use is not other for other, _ in shown)]
        asked = [_finding(use, fixes, file, _severity_on_request(use)) for use in hidden] + alone
    kept = [diagnostic for diagnostic in paired.checked if _concerns(diagnostic, target)]
    if target.is_assumed:
        kept = [_as_warning(diagnostic) for diagnostic in kept]
    failing = [use for use in paired.uses if use.row.effect == "raises" or (target.version == 1 and _is_of_kernel(use))]
    if target.version != NEWEST:
        places = [(place(use, lines), message(use)) for use in failing]
        places += [(diagnostic.span, diagnostic.message) for diagnostic in alone if diagnostic.span is not None]
        reported += [_note(places, target, file)] if places else []
    elif target.is_assumed:
        kept, reported = _with_assumption(kept, reported, target)
    return MigrationDiagnostics(kept, reported, asked)


class _Paired(NamedTuple):
    """The uses and findings of a program.

    Attributes:
        uses: The uses, without those of which a finding says the same of every Keras.
        checked: The findings, each with the Keras that alone refuses what it is about.
        covered: The uses at whose places there is a finding that only Keras 3 is the reason of.
        alone: The findings that only Keras 3 is the reason of, at whose places there is no use.
    """

    uses: list[Use]
    checked: list[Diagnostic]
    covered: list[Use]
    alone: list[Diagnostic]


def _paired(uses: Sequence[Use], checked: Sequence[Diagnostic], lines: list[str], target: KerasTarget) -> _Paired:
    """Pairs uses with the errors at their places, which are about the same value.

    An error is only that of Keras 3 if the use at its place is of something that an older Keras accepts.
    """
    older = min(target.version, 2)
    errors = [diagnostic for diagnostic in checked if diagnostic.severity == "error" and diagnostic.span is not None]
    kept: list[Use] = []
    covered: list[Use] = []
    only: set[int] = set()
    for use in uses:
        same = [error for error in errors if _is_at(error, use, lines)]
        accepted = use.row.rule in (VALUE, FILE) or (use.row.rule == REMOVED and use.row.removed_in > older)
        if same and not accepted and any(error.only_keras != NEWEST for error in same):
            continue
        kept.append(use)
        if same:
            covered.append(use)
            only |= {id(error) for error in same}
    marked = [
        replace(diagnostic, only_keras=NEWEST) if id(diagnostic) in only else diagnostic for diagnostic in checked
    ]
    alone: dict[object, Diagnostic] = {}
    for diagnostic in checked:
        if diagnostic.only_keras == NEWEST and id(diagnostic) not in only:
            alone.setdefault((diagnostic.name, diagnostic.span, diagnostic.message), diagnostic)
    return _Paired(kept, marked, covered, list(alone.values()))


def _severities(paired: _Paired, migration: Migration, target: KerasTarget) -> list[tuple[Use, str]]:
    """The uses that are always reported, with their severities."""
    uses = [use for use in paired.uses if all(use is not other for other in paired.covered)]
    if target.version == NEWEST and not target.is_assumed:
        return [(use, _SEVERITIES[use.row.effect]) for use in uses]
    # tf.keras and newer versions of the package keras never read the third argument as Keras 1.
    strides = [use for use in uses if is_large_stride(use)]
    is_newer = bool(strides) and target.version == 2 and has_names_of_keras_2(migration.module)
    shown = [use for use in strides if is_newer or _is_newer(use, target)]
    if target.version == NEWEST:
        shown += [use for use in uses if use.row.effect == "raises" and use not in shown]
    return [(use, "warning") for use in shown]


def _severity_on_request(use: Use) -> str:
    return "info" if use.row.effect == "deprecated" else "warning"


def _concerns(diagnostic: Diagnostic, target: KerasTarget) -> bool:
    """Whether a finding is one of a program for a Keras."""
    if diagnostic.only_keras is None or diagnostic.only_keras == target.version:
        return True
    return target.is_assumed and target.version == NEWEST


def _as_warning(diagnostic: Diagnostic) -> Diagnostic:
    """A finding that is not certain where only one version refuses what it is about, and the version is assumed."""
    if diagnostic.only_keras is None:
        return diagnostic
    severity = "warning" if diagnostic.severity == "error" else diagnostic.severity
    return replace(_naming_version(diagnostic), severity=severity)


def _naming_version(diagnostic: Diagnostic) -> Diagnostic:
    version = f"Keras {diagnostic.only_keras}"
    if version in diagnostic.message:
        return diagnostic
    return replace(diagnostic, message=f"{diagnostic.message} (only {version} refuses it)")


_ON_REQUEST = {"unknown-argument": REMOVED}
"""The rules of migration for the findings of other rules than those for values."""


def _as_migration(diagnostic: Diagnostic) -> Diagnostic:
    """A finding that only Keras 3 is the reason of, as one of migration."""
    name = _ON_REQUEST.get(diagnostic.name, VALUE)
    return replace(_naming_version(diagnostic), code=CODES[name].code, name=name, severity="warning")


def _with_assumption(
    kept: list[Diagnostic], reported: list[Diagnostic], target: KerasTarget
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings, the first of those that depend on the assumed version with a note on it."""
    dependent = [
        diagnostic for diagnostic in kept if diagnostic.only_keras is not None and diagnostic.span is not None
    ] + reported
    first = min(dependent, key=_place_of, default=None)
    note = f"Keras {target.version} is assumed: nothing in the project or program says another one (--keras)"

    def noted(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
        return [
            replace(diagnostic, notes=(*diagnostic.notes, note)) if diagnostic is first else diagnostic
            for diagnostic in diagnostics
        ]

    return noted(kept), noted(reported)


def _place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span is not None else (0, 0)


def _is_of_kernel(use: Use) -> bool:
    """Whether a use is a kernel of rows and columns by position, of which Keras 3 takes the columns for strides."""
    return use.row.name == POSITIONAL_KERNEL


def _is_newer(use: Use, target: KerasTarget) -> bool:
    return target.is_assumed or (use.name is not None and use.name.package == TF_KERAS)


def _note(places: Sequence[tuple[Span, str]], target: KerasTarget, file: str | None) -> Diagnostic:
    many = counted(len({span for span, _ in places}), "place")
    first, what = min(places, key=lambda diagnostic: (diagnostic[0].line, diagnostic[0].column))
    violation = Violation(
        OLDER,
        f"{many} will fail in Keras 3: --select migration",
        label=what,
        help="seqspec check --select migration lists all, and fixes most",
        notes=(f"the program is for {target}",),
    )
    return to_diagnostic(violation, path=(), span=first, file=file, notation=PYTHON)


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


class Migration(NamedTuple):
    """What migration says about one program.

    Attributes:
        module: Its names.
        uses: What of it Keras 3 treats differently.
        target: The Keras that it is for.
        generation: The generation of Keras that accepts it.
        is_early: Whether that Keras may differ from Keras 3 in more than names.
    """

    module: Module
    uses: list[Use]
    target: KerasTarget
    generation: KerasGeneration
    is_early: bool


def read_migration(
    source: Source, file: str | None, keras: str | KerasTarget | None, has_models: bool = False
) -> Migration | None:
    """What migration says about a program; None if it does not use Keras.

    Args:
        source: The program.
        file: The file.
        keras: The version of Keras that it is for; None if it or its project says it.
        has_models: Whether it has models of Keras even if it imports nothing of Keras, as posted code does.
    """
    if source.tree is None:
        return None
    module = Module(source.tree)
    if not module.uses_keras and not has_models:
        return None
    uses = find_uses(module)
    target = target_of(module, uses, source, file, keras)
    accepting = _generation(uses, target)
    early = accepting < KerasGeneration.KERAS_3 and not target.is_assumed
    return Migration(module, uses, target, accepting, early)


def _generation(uses: Sequence[Use], target: KerasTarget) -> KerasGeneration:
    """The generation of Keras that accepts a program."""
    if target.version == KerasGeneration.KERAS_3:
        return KerasGeneration.KERAS_3
    of_keras_1 = any(use.row.is_proof and use.row.removed_in == 2 for use in uses)
    return KerasGeneration.KERAS_1 if of_keras_1 else KerasGeneration.KERAS_2
