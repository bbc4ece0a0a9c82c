"""Checks the Keras models of a Python file or notebook and reports each finding at its location in the source.

Errors in the files that a program imports are reported too, since they depend on what the program passes to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from seqspec.core.api.check import ModelReport, ModelsReport, PlacedLayer, Report, suppress
from seqspec.core.api.diagnostics import (
    CODES,
    Diagnostic,
    Related,
    SourceLocation,
    Span,
    Violation,
    at_source,
    family,
    to_diagnostic,
)
from seqspec.core.api.diagnostics import pointer as _pointer
from seqspec.core.api.frontends import SourceModels
from seqspec.core.api.messages import PYTHON, join
from seqspec.core.api.syntax import DIRECTIVE_MARKER, Document, Tree
from seqspec.programs.layers import sampling
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.migration.findings import MigrationDiagnostics
from seqspec.programs.migration.findings import findings as migration_findings
from seqspec.programs.migration.table import checked_arguments, removed_names
from seqspec.programs.migration.target import NEWEST, assumed_target
from seqspec.programs.program_advice import ProgramAdvice, path_of, value_of
from seqspec.programs.program_coverage import coverage_of
from seqspec.programs.program_document import ModelDocument, Program, ProgramDocument
from seqspec.programs.source.edits import NotebookEdits
from seqspec.programs.source.imported_files import PlaceNames
from seqspec.programs.source.program_source import SourceViolation
from seqspec.programs.values.abstract_values import CodeViolation
from seqspec.programs.values.spans import keyword_span, position, span_of

if TYPE_CHECKING:
    from seqspec.core.api.check import LayerReport


def divide(
    diagnostics: Sequence[Diagnostic], program: Program, file: str | None
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings in the program, and the errors in the files that it imports.

    Warnings in these files are reported where they are checked themselves. A fix changes the program alone.
    """
    if program.imports is None or not program.imports.files or file is None:
        return list(diagnostics), []
    own: list[Diagnostic] = []
    others: list[Diagnostic] = []
    for diagnostic in diagnostics:
        if not _is_imported(diagnostic.span, program):
            if diagnostic.fix is not None and any(_is_imported(edit.span, program) for edit in diagnostic.fix.edits):
                diagnostic = replace(diagnostic, fix=None)
            own.append(diagnostic if program.source.cells is not None else in_part(diagnostic, file, program))
        elif diagnostic.severity == "error":
            others.append(in_part(replace(diagnostic, fix=None), file, program))
    for document in imported_documents(program):
        if DIRECTIVE_MARKER in (document.text or ""):
            in_document = [diagnostic for diagnostic in others if diagnostic.file == document.file]
            left, _ = suppress(in_document, [document], None)
            others = [diagnostic for diagnostic in others if diagnostic not in in_document or diagnostic in left]
    return own, others


def _is_imported(span: Span | None, program: Program) -> bool:
    return span is not None and program.imported_at(span.line) is not None


def in_part(diagnostic: Diagnostic, file: str, program: Program) -> Diagnostic:
    """The finding with its location in a cell of the notebook or in an imported file."""

    def shift(span: Span | None) -> tuple[Span | None, str]:
        part = None if span is None else program.part_at(span.line)
        if span is None or part is None:
            return span, file
        return replace(span, line=part.line_of(span.line), end_line=part.line_of(span.end_line)), part.name(file)

    span, name = shift(diagnostic.span)
    related = []
    for other in diagnostic.related:
        at, where = shift(other.span)
        related.append(Related(other.pointer, other.message, at, where))
    return replace(diagnostic, span=span, file=name, related=tuple(related))


def imported_documents(program: Program) -> list[Document]:
    """The imported files as documents, whose names and texts are used to show findings."""
    files = () if program.imports is None else program.imports.files
    return [ProgramDocument({}, file.source.text, file.path, "python") for file in files]


class ProgramModels(SourceModels[Report]):
    """The models of a program, each as several documents if it has values that the program does not determine.

    Args:
        document: The file: its text, or the JSON of a notebook.
        program: What was read of it.
    """

    def __init__(self, document: Document, program: Program) -> None:
        self._raw = document.text or ""
        self._program = program
        self._file = document.file
        is_text = document.format != "notebook" and document.text is not None
        self._text = document if is_text else ProgramDocument({}, program.source.text, document.file, "python")
        self._lines = program.text.split("\n")
        self._models = [*program.models, *program.detached]
        self._samples = [self._documents(model, sampling.sample_trees(model)) for model in self._models]
        self._tails = [self._documents(model, sampling.tail_trees(model), "rank") for model in self._models]
        super().__init__([sample for samples in (*self._samples, *self._tails) for sample in samples])

    def _documents(self, model: ProgramModel, trees: Sequence[Tree], *undetermined: str) -> list[ModelDocument]:
        documents = [ModelDocument(tree, model, self._program.text, self._file, self._lines) for tree in trees]
        for document in documents:
            document.undetermined |= set(undetermined)
        return documents

    def report(self, reports: Sequence[Report]) -> ModelsReport:
        """The findings of all models, each at its place in the file or in a cell of the notebook."""
        program, file, lines = self._program, self._file, self._lines
        source = program.source
        partial = bool(program.contents.models) or (source.cells is None and source.tree is not None)
        partial = partial and not source.around
        checked = [fault_finding(fault, self._text, partial) for fault in source.faults]
        models: list[ModelReport] = []
        nodes: list[ast.AST] = []
        findings: list[tuple[ProgramModel, list[Diagnostic]]] = []
        remaining = iter(reports)
        advice = ProgramAdvice(source.tree or ast.Module([], []), program.skipped_compiles())
        owned = [list(islice(remaining, len(samples))) for samples in self._samples]
        for model, own, samples in zip(self._models, owned, self._tails):
            diagnostics = model_findings(own, model, advice, file, lines)
            diagnostics += tail_findings(list(islice(remaining, len(samples))), model, advice)
            findings.append((model, diagnostics))
            if not model.stage:
                nodes.append(model.node)
                models.append(_model_report(model, [report.layers for report in own], lines, program))
        checked += _note_findings(program.notes, file, lines)
        checked += _with_common_fixes(_common_to_stages(_certain(findings), lines), lines, program.places)
        migration = self._migrate(checked)
        checked = [*migration.checked, *migration.reported]
        if program.exhausted:
            checked.append(_exhausted(self._text))
        checked, imported = divide(_deduplicated(checked), program, file)
        on_request = migration.on_request
        suppressed: list[Diagnostic] = []
        if DIRECTIVE_MARKER in source.text:
            # If a model is not read completely, layers after that point were not checked.
            unchecked = reports[0].unchecked if reports else frozenset(("policy",))
            unchecked = unchecked if all(model.complete for model in models) else None
            checked, on_request, suppressed = self._suppressed(checked, on_request, unchecked)
        cells: list[Document] = []
        if source.cells is not None and file is not None:
            notebook = NotebookEdits(self._raw, source.cells)
            checked, suppressed, on_request = (
                [notebook.moved(in_part(diagnostic, file, program)) for diagnostic in group]
                for group in (checked, suppressed, on_request)
            )
            cells = cell_documents(program, file, lines)
        complete = not source.faults or (source.tree is not None and not source.around)
        coverage, by_node = coverage_of(program, self._raw, file)
        models = [model._replace(coverage=by_node[id(node)]) for node, model in zip(nodes, models)]
        return ModelsReport(
            [*checked, *imported],
            [layer for model in models for layer in model.layers],
            self._text,
            [*cells, *imported_documents(program)],
            complete=complete,
            suppressed=suppressed,
            coverage=coverage,
            on_request=on_request,
            target=program.target,
            models=models,
            is_marginal="Sequential" not in self._raw,
        )

    def _suppressed(
        self, checked: Sequence[Diagnostic], on_request: Sequence[Diagnostic], unchecked: frozenset[str] | None
    ) -> tuple[list[Diagnostic], list[Diagnostic], list[Diagnostic]]:
        """The findings and those on request that no comment suppresses, and all that one does."""
        requested = {id(diagnostic) for diagnostic in on_request}
        every, suppressed = suppress([*checked, *on_request], [self._text], unchecked)
        return (
            [diagnostic for diagnostic in every if id(diagnostic) not in requested],
            [diagnostic for diagnostic in every if id(diagnostic) in requested],
            suppressed,
        )

    def _migrate(self, checked: Sequence[Diagnostic]) -> MigrationDiagnostics:
        """The findings of the models with those of migration."""
        program = self._program
        target, own_lines = program.target or assumed_target(), program.source.text.count("\n") + 1
        return migration_findings(
            target, program.migration, checked, self._lines, self._file, program.models, own_lines
        )


def _model_report(
    model: ProgramModel, samples: list[list[LayerReport]], lines: list[str], program: Program
) -> ModelReport:
    node = program.own_node(model.node)
    placed = [layer for layer in _place_layers(samples, model, lines) if program.imported_at(layer.span.line) is None]
    return ModelReport(
        model.label,
        position(node)[0],
        model.complete,
        list(dict.fromkeys(unknown.value.text for unknown in model.unknown_values if not unknown.from_data)),
        model.tree,
        samples[0] if len(samples) == 1 else [],
        span_of(node, lines),
        placed,
    )


def fault_finding(fault: SourceViolation, document: Document, partial: bool) -> Diagnostic:
    """The finding on a fault of the source; `partial` says that the rest of the program is checked."""
    rule = "not-followed" if partial else "syntax-error" if fault.line else "unreadable-file"
    exact = Span(fault.line, fault.column, fault.line, fault.column) if fault.line else None
    violation = Violation(rule, fault.message, help=fault.help, location=SourceLocation(document, (), exact=exact))
    diagnostic = at_source(violation, document)
    return diagnostic if exact is not None else replace(diagnostic, span=None)


def _exhausted(document: Document) -> Diagnostic:
    violation = Violation(
        "not-followed",
        "the program is too large to analyze completely, so models may be missing",
        location=SourceLocation(document, (), exact=Span(1, 1, 1, 1)),
    )
    return at_source(violation, document)


def model_findings(
    reports: Sequence[Report],
    model: ProgramModel,
    advice: ProgramAdvice,
    file: str | None,
    lines: list[str],
) -> list[Diagnostic]:
    """The findings of one model of a program that occur with all sampled values, by the reports of its documents."""
    results = [
        [as_argument_rule(diagnostic) for diagnostic in report.diagnostics if not _is_excluded(diagnostic, model)]
        for report in reports
    ]
    notes = _note_findings(model.notes, file, lines)
    return _adjust([*notes, *_with_versions(sampling.common_findings(results, model), model)], model, advice)


def _adjust(findings: Iterable[Diagnostic], model: ProgramModel, advice: ProgramAdvice) -> list[Diagnostic]:
    adjusted = (advice.adjusted(finding, model) for finding in findings)
    return [diagnostic for diagnostic in adjusted if diagnostic is not None]


def tail_findings(reports: Sequence[Report], model: ProgramModel, advice: ProgramAdvice) -> list[Diagnostic]:
    """The findings on the layers after the last one that is not followed, and on the loss of their output."""
    start = sampling.tail_start(model)
    if start is None or not reports:
        return []
    results = [
        [
            diagnostic
            for diagnostic in report.diagnostics
            if family(diagnostic.code) in ("2", "3")
            and _is_after(diagnostic.pointer, start)
            and not _is_excluded(diagnostic, model)
        ]
        for report in reports
    ]
    return _adjust(_with_versions(sampling.common_findings(results, model), model), model, advice)


def _is_after(pointer: str, start: int) -> bool:
    """Whether a finding is about a layer from an index on, or about no single layer."""
    parts = pointer.split("/")
    return parts[:3] != ["", "model", "layers"] or len(parts) < 4 or int(parts[3]) >= start


def _with_versions(diagnostics: Iterable[Diagnostic], model: ProgramModel) -> list[Diagnostic]:
    """The findings, each with the version of Keras that alone refuses what it is about by the table of migration."""
    return [
        replace(diagnostic, only_keras=NEWEST)
        if diagnostic.only_keras is None and _is_of_keras_3(diagnostic, model)
        else diagnostic
        for diagnostic in diagnostics
    ]


def _is_of_keras_3(diagnostic: Diagnostic, model: ProgramModel) -> bool:
    """Whether an older Keras has a name, or accepts an argument, that Keras 3 removed or refuses."""
    if diagnostic.name in ("unknown-name", "unknown-layer"):
        name = value_of(model, diagnostic.pointer)
        return isinstance(name, str) and name in removed_names()
    call, _, argument = diagnostic.pointer.rpartition("/")
    owner = value_of(model, f"{call}/type") or call.rpartition("/")[2]
    return (diagnostic.name, owner, argument) in checked_arguments()


def _place_layers(samples: list[list[LayerReport]], model: ProgramModel, lines: list[str]) -> list[PlacedLayer]:
    """The layers of the model up to the first one that differs between samples."""
    placed: list[PlacedLayer] = []
    opaque = min((path[2] for path in model.opaque if len(path) > 2 and isinstance(path[2], int)), default=None)
    for same in zip(*samples):
        first, index = same[0], same[0].path[2] if len(same[0].path) > 2 else None
        node = model.call_nodes.get(index) if isinstance(index, int) else None
        node = node or model.values.get(first.path[:3])
        if model.doubtful or any(placement.path != first.path for placement in same):
            break
        if opaque is not None and isinstance(index, int) and index >= opaque:
            break
        output = sampling.common_text([join(" ", placement.outputs) for placement in same], model)
        if node is None or output is None:
            continue
        placed.append(PlacedLayer(span_of(node, lines), output, first if len(same) == 1 else None))
    return placed


def _is_excluded(diagnostic: Diagnostic, model: ProgramModel) -> bool:
    """Whether a finding does not apply to programs, or is reported differently."""
    if diagnostic.name == "missing-argument" and diagnostic.pointer in {_pointer(path) for path in model.omitted}:
        return True
    if model.is_fragment and family(diagnostic.code) not in ("1", "2", "3" if model.is_tail else ""):
        return True
    scope = CODES[diagnostic.name].scope
    if model.is_detached and scope != "call":
        return diagnostic.name not in ("bad-value", "wrong-type") or not _is_literal(diagnostic.pointer, model)
    argument = diagnostic.pointer.rpartition("/")[2]
    if (diagnostic.name, argument) == ("unknown-size", "stateful") and "model_batch_size" in model.unspecified:
        return True
    if "training" in model.unspecified and family(diagnostic.code) == "3":
        return True
    if model.kind == "external" and scope == "settings":
        return False
    if model.doubtful and family(diagnostic.code) not in ("0", "1"):
        return True
    opaque = {_pointer(path) for path in model.opaque}
    return any(diagnostic.pointer == path or diagnostic.pointer.startswith(path + "/") for path in opaque)


def _is_literal(pointer: str, model: ProgramModel) -> bool:
    """Whether a value is written in the call: the branches before it do not exclude it."""
    node = model.values.get(path_of(pointer))
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and node.value is not None


def _note_findings(notes: Iterable[CodeViolation], file: str | None, lines: list[str]) -> list[Diagnostic]:
    findings = []
    for note in notes:
        if note.rule is None:
            continue
        violation = Violation(
            note.rule, note.message, help=note.help, severity=note.severity, only_keras=note.only_keras
        )
        span = keyword_span(note.node, lines) if isinstance(note.node, ast.keyword) else span_of(note.node, lines)
        findings.append(to_diagnostic(violation, path=(), span=span, file=file, notation=PYTHON))
    return findings


def _certain(findings: Sequence[tuple[ProgramModel, list[Diagnostic]]]) -> list[tuple[ProgramModel, list[Diagnostic]]]:
    """The findings without errors of shapes that not every alternative of a model has.

    The conditions of a program belong together, so that not every combination of their branches occurs.
    """
    common: dict[int, set[tuple[str, Span | None]]] = {}
    for model, diagnostics in findings:
        if model.alternatives_of is not None:
            places = {(diagnostic.code, diagnostic.span) for diagnostic in diagnostics}
            common[id(model.alternatives_of)] = common.get(id(model.alternatives_of), places) & places

    def is_certain(model: ProgramModel, diagnostic: Diagnostic) -> bool:
        if model.alternatives_of is None or family(diagnostic.code) != "2":
            return True
        return (diagnostic.code, diagnostic.span) in common[id(model.alternatives_of)]

    return [
        (model, [diagnostic for diagnostic in diagnostics if is_certain(model, diagnostic)])
        for model, diagnostics in findings
    ]


def _common_to_stages(
    findings: Sequence[tuple[ProgramModel, list[Diagnostic]]], lines: list[str]
) -> list[tuple[ProgramModel, list[Diagnostic]]]:
    """The findings without those on callbacks that wait too long for one of several calls of `fit` only."""

    def is_common(model: ProgramModel, diagnostic: Diagnostic) -> bool:
        if diagnostic.name != "patience-exceeds-epochs":
            return True
        for other, others in findings:
            if other is model or other.node is not model.node:
                continue
            places = [span_of(node, lines) for path, node in other.values.items() if path[:2] == ("fit", "callbacks")]
            if diagnostic.span in places and not any(
                other_diagnostic.span == diagnostic.span for other_diagnostic in others
            ):
                return False
        return True

    return [
        (model, [diagnostic for diagnostic in diagnostics if is_common(model, diagnostic)])
        for model, diagnostics in findings
    ]


def _model_calls(model: ProgramModel, lines: list[str]) -> list[Span]:
    """The places of the calls that make a model: of its layers, `compile` and `fit`."""
    return [
        span_of(node, lines)
        for path, node in model.values.items()
        if path in (("compile",), ("fit",)) or (len(path) == 3 and path[:2] == ("model", "layers"))
    ]


def _with_common_fixes(
    findings: Sequence[tuple[ProgramModel, list[Diagnostic]]], lines: list[str], places: PlaceNames
) -> list[Diagnostic]:
    """The findings of all models, with the fixes that are right for every model that they change."""
    calls = [_model_calls(model, lines) for model, _ in findings]
    diagnostics: list[Diagnostic] = []
    for index, (model, own) in enumerate(findings):
        others = [(*findings[other], calls[other]) for other in range(len(findings)) if other != index]
        diagnostics += [_with_common_fix(diagnostic, model, others, places) for diagnostic in own]
    return diagnostics


def _with_common_fix(
    diagnostic: Diagnostic,
    model: ProgramModel,
    others: Sequence[tuple[ProgramModel, list[Diagnostic], list[Span]]],
    places: PlaceNames,
) -> Diagnostic:
    """The finding without its fix if that would change a call of another model that does not have the finding.

    If the other one is the same model in another training, the help does not recommend that change either.
    """
    if diagnostic.fix is None:
        return diagnostic
    place = diagnostic.fix.edits[0].span
    for other, theirs, calls in others:
        same = any(
            their_diagnostic.code == diagnostic.code and their_diagnostic.span == diagnostic.span
            for their_diagnostic in theirs
        )
        if not same and any(_contains(span, place) for span in calls):
            call = _other_training(model, other)
            where = None if call is None else places.name(call, place.line)
            help = f"change this training or its data: {where} uses the same model" if where else None
            return replace(diagnostic, help=help or diagnostic.help, fix=None)
    return diagnostic


def _other_training(model: ProgramModel, other: ProgramModel) -> ast.AST | None:
    """The first call that trains a model in another way; None if `other` is not the same model."""
    if other.node is not model.node:
        return None
    calls = (other.values.get(path) for path in (("compile",), ("fit",)))
    return next((call for call in calls if call is not None and call not in model.values.values()), None)


def _contains(span: Span, place: Span) -> bool:
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    return start <= (place.line, place.column) and (place.end_line, place.end_column) <= end


def as_argument_rule(diagnostic: Diagnostic) -> Diagnostic:
    """The finding under the rule for arguments, which the keys of a spec are in a program."""
    name = CODES[diagnostic.name].of_arguments
    return replace(diagnostic, code=CODES[name].code, name=name) if name else diagnostic


def _deduplicated(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Keeps one finding per rule and location, even if a call creates several models or layers."""
    unique: dict[object, Diagnostic] = {}
    for diagnostic in diagnostics:
        text = diagnostic.message if diagnostic.name == "not-followed" else ""
        unique.setdefault((diagnostic.code, diagnostic.span, text), diagnostic)
    return sorted(
        unique.values(),
        key=lambda diagnostic: (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else (0, 0),
    )


def cell_documents(program: Program, file: str, lines: list[str]) -> list[Document]:
    """Each cell of a notebook as a document, whose name and text are used to show findings."""
    documents: list[Document] = []
    for cell in program.source.cells or ():
        text = "\n".join(lines[cell.line - 1 : cell.line - 1 + cell.lines])
        documents.append(ProgramDocument({}, text, cell.name(file), "python"))
    return documents
