"""Checks the Keras models of a Python file or notebook and reports each finding at its location in the source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.core.analysis.analyze import analyze
from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.report import Report
from seqspec.core.diagnostics.code import family
from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.convert import at_source, to_diagnostic
from seqspec.core.diagnostics.diagnostic import Diagnostic, Related, Span
from seqspec.core.diagnostics.message import join
from seqspec.core.diagnostics.source_location import SourceLocation
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.diagnostics.violation import pointer as _pointer
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.suppression_markers import DIRECTIVE_MARKER
from seqspec.programs import sampling
from seqspec.programs.document import ModelDocument, Program, keyword_span, read_program, span_of
from seqspec.programs.generation import Generation
from seqspec.programs.reading import Reading
from seqspec.programs.source import Cell, Fault, Source

if TYPE_CHECKING:
    from seqspec.core.analysis.layer_report import LayerReport

Lint = Callable[[Facts], Iterable[Violation]]

_NOT_REPORTED = ("missing-input", "bad-version")
"""Required in a spec but not in a program: Keras builds a model when it is called on data."""

_RULES_OF_EXTERNAL_SETTINGS = {
    "adapt": ("preprocessing-not-adapted",),
    "metrics": ("monitor-not-logged", "monitor-without-direction"),
    "learning_rate": (
        "base-model-learning-rate",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "nonpositive-learning-rate",
    ),
    "callbacks": ("nonpositive-learning-rate",),
    "decay": ("schedule-with-reduce-lr-on-plateau",),
    "keras_1": ("best-weights-not-restored",),
    "trainable": ("base-model-frozen-random", "base-model-learning-rate", "no-trainable-weights"),
    "updates": ("few-updates", "ineffective-warmup", "schedule-ends-early", "schedule-outlasts-training"),
    "weights": ("base-model-frozen-random", "base-model-learning-rate", "learning-rate-too-low"),
    "version": ("default-learning-rate", "legacy-h5-format", "monitor-not-logged", "no-cudnn-kernel"),
}
"""Rules about settings that a program may have outside of the model."""

_BEFORE_KERAS_3 = {
    ("bad-value", "filepath"),
    ("wrong-type", "steps_per_epoch"),
    ("wrong-type", "validation_steps"),
}
"""Rules and arguments whose errors older versions of Keras do not raise."""

_OF_BATCHES = ("stateful-batch-mismatch",)
"""Rules that compare the batch size with another; sampled values do not show that they differ."""

_OUTSIDE_OF_PROGRAMS = ("file-not-allowed",)
"""Rules about what seqspec may open, which does not limit programs."""

_SIZE_COMPARISONS = ("bad-reshape", "data-shape-mismatch")
"""Rules that compare sizes; different sampled values do not show that unknown sizes differ."""

_WITH_SIZES = ("model", "data", "target")
"""Tables whose sizes are compared with each other."""

_UNREPORTED_NOTES = ("read-as",)
_RULES_OF_NOTES = {
    "left-out": "unknown-value",
    "unknown-arguments": "unknown-value",
    "gone-layer": "unsupported-layer",
    "numpy-integer": "bad-value",
    "text-for-number": "bad-value",
    "unexpected": "unknown-argument",
}
"""The rule of a note by its kind; of all others it is `not-followed`."""


_RULES_OF_ARGUMENTS = {
    "unknown-key": "unknown-argument",
    "misplaced-key": "unknown-argument",
    "missing-key": "missing-argument",
}
"""The rules of keys of a spec, which are arguments in a program."""


class PlacedLayer(NamedTuple):
    """A layer of a program and the call that creates it.

    Attributes:
        span: The place of the call.
        output: Its output shape; a size that the file does not determine is shown as its code, or `?`.
        layer: Its facts; None where they depend on an unknown size.
    """

    span: Span
    output: str
    layer: LayerReport | None


class ModelReport:
    """The results of a check of one model of a program.

    Attributes:
        name: The variable or function that holds the model.
        line: The line of the call that creates it.
        complete: Whether every layer is known, possibly with unknown sizes.
        unknown: The expressions whose values are not known from the file.
        tree: The model as a spec; unknown values remain objects of the reader.
        layers: Its layers with their facts, empty if sizes are unknown.
        span: The place of the call that creates it.
        placed: Its layers at the calls that make them, in order; several at a call in a loop.
    """

    def __init__(self, reading: Reading, layers: list[LayerReport], span: Span, placed: list[PlacedLayer]) -> None:
        self.name = reading.label
        self.line: int = getattr(reading.node, "lineno", 1)
        self.complete = reading.complete
        self.unknown = list(dict.fromkeys(slot.unknown.text for slot in reading.slots if not slot.of_data))
        self.tree = reading.tree
        self.layers = layers
        self.span = span
        self.placed = placed

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "name": self.name,
            "line": self.line,
            "complete": self.complete,
            "unknown": self.unknown,
            "layers": [layer.to_dict() for layer in self.layers],
        }


class ProgramReport(Report):
    """The report of a program; `models` are its models, `layers` the layers of all of them."""

    models: list[ModelReport]

    def to_dict(self) -> dict[str, Any]:
        """JSON data, as printed by `seqspec check --format json`."""
        return {**super().to_dict(), "models": [model.to_dict() for model in self.models]}


def is_program(file: str) -> bool:
    """Whether a file name is that of a Python program or a notebook."""
    return file.endswith((".py", ".ipynb"))


def check_program(
    document: Document,
    lint: Lint,
    *,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits,
) -> ProgramReport:
    """Checks every model of a program; never raises for an invalid one.

    Args:
        document: The file as returned by `read_source`: its text, or the JSON of a notebook.
        lint: Yields the violations of the rules.
        settings: Values of variables and arguments in the syntax of `--set`.
        policy: A JSON Schema that the spec of every model must satisfy.
        limits: Bounds on the size of what is read.
    """
    notebook = document.format == "notebook"
    text = document.text or ""
    # A file that creates no model is skipped, whether or not it is valid Python.
    program = read_program(text, notebook) if "Sequential" in text else Program(Source(text, None, None, []), [], False)
    file = document.file
    shown = Document({}, program.source.text, file, "python") if notebook or document.text is None else document
    lines = program.source.text.split("\n")
    partial = bool(program.models) or (not notebook and program.source.tree is not None)
    checked: list[Diagnostic] = [_fault(fault, shown, partial) for fault in program.source.faults]
    models: list[ModelReport] = []
    found: list[tuple[Reading, list[Diagnostic]]] = []
    for reading in program.models:
        diagnostics, samples = _check_model(reading, program, file, lines, lint, settings, policy, limits)
        found.append((reading, diagnostics))
        if reading.stage:
            continue
        layers = samples[0] if len(samples) == 1 else []
        models.append(ModelReport(reading, layers, span_of(reading.node, lines), _placed(samples, reading, lines)))
    checked += _with_common_fixes(found, lines)
    if program.exhausted:
        checked.append(_exhausted(shown))
    checked = _deduplicated(checked)
    suppressed: list[Diagnostic] = []
    if DIRECTIVE_MARKER in program.source.text:
        from seqspec.core.suppressions.suppress import suppress

        # If a model is not read completely, layers after that point were not checked.
        passed = frozenset(() if policy is not None else ("policy",))
        checked, suppressed = suppress(checked, [shown], passed if all(model.complete for model in models) else None)
    others: list[Document] = []
    if program.source.cells is not None and file is not None:
        checked = [in_cell(diagnostic, file, program.source.cells) for diagnostic in checked]
        suppressed = [in_cell(diagnostic, file, program.source.cells) for diagnostic in suppressed]
        others = cell_documents(program, file, lines)
    all_layers = [layer for model in models for layer in model.layers]
    complete = not program.source.faults or program.source.tree is not None
    report = ProgramReport(checked, all_layers, shown, others, complete=complete, suppressed=suppressed)
    report.models = models
    return report


def _fault(fault: Fault, document: Document, partial: bool) -> Diagnostic:
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


def _check_model(
    reading: Reading,
    program: Program,
    file: str | None,
    lines: list[str],
    lint: Lint,
    settings: Sequence[str],
    policy: Mapping[str, object] | None,
    limits: Limits,
) -> tuple[list[Diagnostic], list[list[LayerReport]]]:
    """The findings of a model, and its layers in each sample of its unknown values."""
    results: list[list[Diagnostic]] = []
    samples: list[list[LayerReport]] = []
    for tree in sampling.trees(reading):
        document = ModelDocument(tree, reading, program.source.text, file, lines)
        report = analyze(document, settings=settings, policy=policy, limits=limits, lint=lint).report
        results.append([of_program(found) for found in report.diagnostics if not _is_excluded(found, reading)])
        samples.append(report.layers)
    common = sampling.common(results, reading)
    return [*_notes(reading, file, lines), *common], samples


def _placed(samples: list[list[LayerReport]], reading: Reading, lines: list[str]) -> list[PlacedLayer]:
    """The layers of the model up to the first one that differs between samples."""
    placed: list[PlacedLayer] = []
    opaque = min((path[2] for path in reading.opaque if len(path) > 2 and isinstance(path[2], int)), default=None)
    for same in zip(*samples):
        first, index = same[0], same[0].path[2] if len(same[0].path) > 2 else None
        node = reading.values.get(first.path[:3])
        if reading.doubtful or any(placement.path != first.path for placement in same):
            break
        if opaque is not None and isinstance(index, int) and index >= opaque:
            break
        output = sampling.common_text([join(" ", placement.outputs) for placement in same], reading)
        if node is None or output is None:
            continue
        placed.append(PlacedLayer(span_of(node, lines), output, first if len(same) == 1 else None))
    return placed


def _is_excluded(diagnostic: Diagnostic, reading: Reading) -> bool:
    """Whether a finding does not apply to programs, or is reported differently."""
    if diagnostic.name in (*_NOT_REPORTED, *_OUTSIDE_OF_PROGRAMS) or any(
        diagnostic.name in _RULES_OF_EXTERNAL_SETTINGS.get(setting, ()) for setting in reading.unspecified
    ):
        return True
    if diagnostic.name == "missing-argument" and diagnostic.pointer in {_pointer(path) for path in reading.left_out}:
        return True
    argument = diagnostic.pointer.rpartition("/")[2]
    if (diagnostic.name, argument) == ("unknown-size", "stateful") and "batch_size" in reading.unspecified:
        return True
    if reading.generation < Generation.KERAS_3 and (diagnostic.name, argument) in _BEFORE_KERAS_3:
        return True
    if diagnostic.name in _OF_BATCHES and any(slot.path == ("fit", "batch_size") for slot in reading.slots):
        return True
    sizes_open = any(slot.is_size and slot.path[0] in _WITH_SIZES for slot in reading.slots)
    if diagnostic.name in _SIZE_COMPARISONS and (not reading.input_known or sizes_open):
        return True
    if "training" in reading.unspecified and family(diagnostic.code) == "3":
        return True
    if reading.doubtful and family(diagnostic.code) not in ("0", "1"):
        return True
    opaque = {_pointer(path) for path in reading.opaque}
    return any(diagnostic.pointer == path or diagnostic.pointer.startswith(path + "/") for path in opaque)


def _notes(reading: Reading, file: str | None, lines: list[str]) -> list[Diagnostic]:
    """Notes on the parts of the model that could not be read."""
    notes = []
    for note in reading.notes:
        if note.kind in _UNREPORTED_NOTES:
            continue
        violation = Violation(_RULES_OF_NOTES.get(note.kind, "not-followed"), note.message, help=note.help)
        span = keyword_span(note.node, lines) if isinstance(note.node, ast.keyword) else span_of(note.node, lines)
        notes.append(to_diagnostic(violation, path=(), span=span, file=file, format="python"))
    return notes


def _calls_of(reading: Reading, lines: list[str]) -> list[Span]:
    """The places of the calls that make a model: of its layers, `compile` and `fit`."""
    return [
        span_of(node, lines)
        for path, node in reading.values.items()
        if path in (("compile",), ("fit",)) or (len(path) == 3 and path[:2] == ("model", "layers"))
    ]


def _with_common_fixes(found: Sequence[tuple[Reading, list[Diagnostic]]], lines: list[str]) -> list[Diagnostic]:
    """The findings of all models, with the fixes that are right for every model that they change."""
    calls = [_calls_of(reading, lines) for reading, _ in found]
    diagnostics: list[Diagnostic] = []
    for index, (_, own) in enumerate(found):
        others = [(calls[other], found[other][1]) for other in range(len(found)) if other != index]
        diagnostics += [_with_common_fix(diagnostic, others) for diagnostic in own]
    return diagnostics


def _with_common_fix(diagnostic: Diagnostic, others: Sequence[tuple[list[Span], list[Diagnostic]]]) -> Diagnostic:
    """The finding without its fix if that would change a call of another model that does not have the finding."""
    if diagnostic.fix is None:
        return diagnostic
    place = diagnostic.fix.edits[0].span
    for calls, theirs in others:
        same = any(each.code == diagnostic.code and each.span == diagnostic.span for each in theirs)
        if not same and any(_contains(span, place) for span in calls):
            return replace(diagnostic, fix=None)
    return diagnostic


def _contains(span: Span, place: Span) -> bool:
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    return start <= (place.line, place.column) and (place.end_line, place.end_column) <= end


def of_program(diagnostic: Diagnostic) -> Diagnostic:
    """The finding under the rule that programs have for it."""
    rule = _RULES_OF_ARGUMENTS.get(diagnostic.name)
    return diagnostic if rule is None else replace(diagnostic, code=CODES[rule].code, name=rule)


def _deduplicated(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Keeps one finding per rule and location, even if a call creates several models or layers."""
    kept: dict[object, Diagnostic] = {}
    for diagnostic in diagnostics:
        kept.setdefault(
            (diagnostic.code, diagnostic.span, diagnostic.message if diagnostic.name == "not-followed" else ""),
            diagnostic,
        )
    start = Span(0, 0, 0, 0)
    return sorted(
        kept.values(), key=lambda diagnostic: ((diagnostic.span or start).line, (diagnostic.span or start).column)
    )


def in_cell(diagnostic: Diagnostic, file: str, cells: list[Cell]) -> Diagnostic:
    """The finding with its location in a cell of the notebook."""

    def moved(span: Span | None) -> tuple[Span | None, str]:
        if span is None:
            return None, file
        cell = next((cell for cell in reversed(cells) if cell.line <= span.line), None)
        if cell is None:
            return span, file
        shift = cell.line - 1
        return replace(span, line=span.line - shift, end_line=span.end_line - shift), cell_name(file, cell)

    span, name = moved(diagnostic.span)
    related = []
    for other in diagnostic.related:
        at, where = moved(other.span)
        related.append(Related(other.pointer, other.message, at, where))
    # The source of a cell is a JSON string, so edits of the code are not edits of the file.
    return replace(diagnostic, span=span, file=name, related=tuple(related), fix=None)


def cell_name(file: str, cell: Cell) -> str:
    """The name of a cell in findings: `notebook.ipynb:cell 3`."""
    return f"{file}:cell {cell.number}"


def cell_documents(program: Program, file: str, lines: list[str]) -> list[Document]:
    """Each cell of a notebook as a document, whose name and text are used to show findings."""
    documents = []
    for cell in program.source.cells or ():
        text = "\n".join(lines[cell.line - 1 : cell.line - 1 + cell.lines])
        documents.append(Document({}, text, cell_name(file, cell), "python"))
    return documents
