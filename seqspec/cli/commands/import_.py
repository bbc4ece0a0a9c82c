"""`seqspec import`: converts a saved model or a Python program to a spec."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import echo_findings, exit_without_file, file_names, output_file
from seqspec.core.config.detect import PROGRAM_ENDINGS
from seqspec.core.diagnostics.convert import at_source
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.message import counted
from seqspec.core.diagnostics.source_location import SourceLocation
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.canonical import canonical_text
from seqspec.core.frontends.keras_json.model import import_model
from seqspec.core.linter.check import check
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits
from seqspec.saved_models.commands.import_saved import Reading, import_saved, input_shape_option, layout_option

if TYPE_CHECKING:
    import ast

    from seqspec.core.analysis.report import Report
    from seqspec.programs.document import Program
    from seqspec.programs.reading import Reading as ProgramReading
    from seqspec.programs.specs import Imported

_LIMITS = Limits(bytes=1 << 26, depth=100)
_FORMATS = ("toml", "json")


@click.command("import")
@click.argument("file", shell_complete=file_names)
@click.option(
    "-o",
    "--output",
    callback=output_file,
    shell_complete=file_names,
    metavar="OUT",
    help="Output file; standard output by default.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["toml", "json"]),
    help="Output format; by default determined by the suffix of OUT, otherwise TOML.",
)
@click.option(
    "--weights",
    shell_complete=file_names,
    metavar="OUT.weights.h5",
    help="Write the weights of a saved model for Keras 3; OUT.keras writes the whole model and needs Keras.",
)
@click.option(
    "--architecture",
    shell_complete=file_names,
    metavar="JSON",
    help="The output of model.to_json(), for a FILE that has only weights.",
)
@click.option(
    "--verify",
    shell_complete=file_names,
    metavar="[keras|numpy|DATA.npz]",
    help="keras, numpy: compare each layer of FILE with the converted layer in Keras or NumPy, on random input. An "
    ".npz file: also compare the predictions for its array input with its array "
    "predictions.  [default: keras if installed]",
)
@click.option("--tolerance", type=float, help="Largest relative difference that --verify accepts.  [default: 1e-4]")
@click.option("--theano", is_flag=True, help="The model was trained with Theano, which files of Keras 1 do not record.")
@click.option(
    "--ignore-masked",
    is_flag=True,
    help="Accept different predictions for masked time steps: after a Bidirectional layer, Keras 3 outputs "
    "zeros there.",
)
@input_shape_option
@layout_option
def command(
    file: str,
    output: str | None,
    format_: str | None,
    weights: str | None,
    architecture: str | None,
    verify: str | None,
    tolerance: float | None,
    theano: bool,
    ignore_masked: bool,
    input_shape: tuple[int | None, ...] | None,
    layout: str,
) -> None:
    """Convert a saved Keras model, or a model of a Python program, to a spec.

    FILE is the output of model.to_json(), a saved model of any Keras (.keras, .h5, SavedModel, checkpoint, model.json
    of TensorFlow.js), or a Python file or notebook. Nothing of it is executed. If a program defines several models,
    FILE:NAME or FILE:LINE selects one. A .keras file that a run has saved contains its spec, which is written as it
    is. Default arguments are omitted; values that a program does not determine become variables.

    With --weights the layers of FILE are also computed in NumPy, as the Keras that wrote it did, and compared with the
    converted model.

    The exit code is 1 if the model contains something that a spec cannot express or if the converted model computes
    something else, in which case no file is written. Without weights it is also 1 if the check of the new spec finds
    an error.
    """
    program = _program(file)
    if program is not None:
        _import_program(*program, output, format_)
        return
    suffix = Path(output).suffix.lower().removeprefix(".") if output is not None else ""
    kind = format_ or (suffix if suffix in _FORMATS else "toml")
    with_weights = (
        any(option is not None for option in (weights, architecture, verify, input_shape))
        or theano
        or ignore_masked
        or layout != "keep"
    )
    if _is_saved(file, with_weights):
        import_saved(
            file,
            output,
            kind,
            weights=weights,
            architecture=architecture,
            verify=verify,
            tolerance=tolerance,
            reading=Reading(theano, ignore_masked, input_shape, layout == "channels_last"),
        )
        return
    if with_weights:
        raise click.ClickException(
            f"{file}: {'not a saved model with weights' if os.path.exists(file) else 'file not found'}"
        )
    if _import_spec(file, kind, output):
        return
    document = _read(file)
    if document.violations:
        _print_violations(document.violations, document)
        sys.exit(1)
    try:
        imported = import_model(document.tree)
    except Violations as several:
        _print_violations(several.items, document)
        exit_without_file(len(several.items))
    _finish(canonical_text(imported.tree, kind), imported.tree, imported.notes, output)


def _import_spec(file: str, kind: str, output: str | None) -> bool:
    """Writes the spec that the model file of a run contains; returns False if it has none."""
    from seqspec.core.syntax.keras_archive import spec_text
    from seqspec.core.syntax.source import parse_text

    try:
        member = spec_text(file, _LIMITS)
    except (OSError, ValueError):
        return False
    if member is None:
        return False
    name, text = member
    name_format = name.rpartition(".")[2]
    document = parse_text(text, f"{file}/{name}", name_format, _LIMITS)
    if document.violations:
        return False
    if name_format != kind or "/" not in name:
        text = canonical_text(document.tree, kind)
    _finish(text, dict(document.tree), [], output)
    return True


def _is_saved(file: str, with_weights: bool) -> bool:
    """Whether a file is imported as a saved model, which it must be if its architecture is not text."""
    from seqspec.saved_models.file import is_saved_model

    return is_saved_model(file) and (with_weights or not is_text_archive(file))


def is_text_archive(file: str) -> bool:
    """Whether the architecture of a saved model can be read without h5py: a `.keras` file or a model.json.

    A `.keras` file with vocabularies in separate files is not.
    """
    from seqspec.core.syntax.keras_archive import has_assets

    try:
        with open(file, "rb") as stream:
            return stream.read(4).lstrip()[:1] in (b"P", b"{") and not has_assets(file)
    except OSError:
        return False


def _finish(text: str, tree: Mapping[str, object], notes: Sequence[str], output: str | None) -> None:
    """Writes the document and prints its findings; exits with status 1 if one is an error."""
    _write_document(text, notes, output)
    report = check(tree if output is None else output)
    _report(report, report.diagnostics, output)


def _write_document(text: str, notes: Sequence[str], output: str | None) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(text, output)


def _report(report: Report, diagnostics: Sequence[Diagnostic], output: str | None, totals: bool = True) -> None:
    """Prints findings and the size of the model; exits with status 1 if a finding is an error."""
    echo_findings(diagnostics, report.line)
    if output is not None:
        params = f", {report.params:,} parameters" if totals else ""
        click.echo(f"{output}: {counted(len(report.layers), 'layer')}{params}")
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        sys.exit(1)


def _finish_program(imported: Imported, reading: ProgramReading, text: str, output: str | None) -> None:
    """Writes the spec of a program and prints the findings that it has for all values of its variables."""
    from seqspec.programs.sampling import common

    source = imported.tree if output is None else output
    _write_document(text, imported.notes, output)
    report = check(source)
    if report.ok or not imported.variables:
        _report(report, report.diagnostics, output)
        return
    names = [*imported.variables]
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    click.echo(f"note: set {shown} in [vars], or with --set vars.{names[0]}=...: not known from the program", err=True)
    reports = [check(source, vars=values) for values in imported.samples]
    found = common([each.diagnostics for each in reports], reading)
    _report(reports[0], found, output, len({each.params for each in reports}) == 1)


def _program(file: str) -> tuple[str, str | None] | None:
    """The Python file or notebook of an argument, and the name or line of a model in it."""
    for ending in PROGRAM_ENDINGS:
        if file.endswith(ending):
            return file, None
        name, separator, model = file.rpartition(f"{ending}:")
        if separator and not os.path.exists(file):
            return name + ending, model
    return None


def _import_program(file: str, model: str | None, output: str | None, format_: str | None) -> None:
    from seqspec.core.syntax.source import read_source
    from seqspec.programs.document import read_program
    from seqspec.programs.specs import chosen, spec_of

    document = read_source(file, _LIMITS)
    if document.violations:
        _print_violations(document.violations, document)
        sys.exit(1)
    program = read_program(document.text or "", document.format == "notebook")
    line = int(model) if model is not None and model.isdecimal() and len(model) < 10 else None
    reading = chosen(program, None if line is not None else model, line)
    if isinstance(reading, Violation):
        _print_violations([reading], document)
        sys.exit(1)
    imported = spec_of(reading, program, Path(file).stem.replace("-", "_"))
    if imported.violations:
        _print_program_findings(imported.violations, program, document)
        exit_without_file(len(imported.violations))
    suffix = Path(output).suffix.lower().removeprefix(".") if output is not None else ""
    kind = format_ or (suffix if suffix in _FORMATS else "toml")
    text = canonical_text(imported.tree, kind)
    if kind == "toml":
        text = _with_comments(text, imported.variables)
    _finish_program(imported, reading, text, output)


def _print_program_findings(
    violations: Sequence[tuple[Violation, ast.AST]], program: Program, document: Document
) -> None:
    """Prints violations with their location in the program, or in the cell of a notebook."""
    from seqspec.programs.check import cell_documents, in_cell
    from seqspec.programs.document import span_of

    lines = program.source.text.split("\n")
    file = document.file or ""
    shown = Document({}, program.source.text, file, "python")
    reported = [
        at_source(violation.replace(location=SourceLocation(shown, (), exact=span_of(node, lines))), shown)
        for violation, node in violations
    ]
    if program.source.cells is None:
        _print_findings(reported, shown)
        return
    cells = {cell.file: cell for cell in cell_documents(program, file, lines)}
    for diagnostic in reported:
        moved = in_cell(diagnostic, file, program.source.cells)
        _print_findings([moved], cells.get(moved.file, shown))


def _with_comments(text: str, variables: dict[str, str]) -> str:
    """The text with the program's code for each variable as a comment."""
    lines = []
    table = ""
    for line in text.split("\n"):
        if line.startswith("["):
            table = line
        name = line.partition(" ")[0]
        code = variables.get(name)
        if line == "[vars]":
            line += "\n# Not known from the program: replace each name with its value."
        lines.append(f"{line}  # {code}" if table == "[vars]" and code is not None and "\n" not in code else line)
    return "\n".join(lines)


def _read(file: str) -> Document:
    from seqspec.core.syntax.keras_archive import NoConfig, config_text
    from seqspec.core.syntax.source import parse_text, read_source

    try:
        text = config_text(file, _LIMITS)
    except NoConfig as error:
        raise click.ClickException(f"{file}: {error}")
    except (OSError, ValueError):
        text = None  # The check of the file as a spec produces a better message.
    if text is not None:
        return parse_text(text, f"{file}/config.json", "json", _LIMITS)
    return read_source(file, _LIMITS)


def _print_findings(diagnostics: Iterable[Diagnostic], document: Document) -> None:
    echo_findings(diagnostics, lambda _, number: document.line_text(number))


def _print_violations(violations: Iterable[Violation], document: Document) -> None:
    """Prints violations; helps are rendered as TOML, also for a file in JSON."""
    _print_findings([at_source(violation, document, format="toml") for violation in violations], document)


def _write(text: str, target: str) -> None:
    from seqspec.core.syntax.atomic_write import replace_text

    try:
        replace_text(target, text)
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror or error}")
