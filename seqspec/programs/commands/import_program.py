"""`seqspec import` of a model of a Python program."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from seqspec.cli.importing import (
    ImportOptions,
    WeightOptions,
    configured_limits,
    print_findings,
    print_report,
    print_violations,
    write_document,
)
from seqspec.cli.options import exit_without_file
from seqspec.core.api.check import check
from seqspec.core.api.diagnostics import Diagnostic, SourceLocation, Violation, at_source
from seqspec.core.api.frontends import entry_of, kind_of, split_model
from seqspec.core.api.spec import canonical_text
from seqspec.core.api.syntax import Document, read_source
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.layers.sampling import common_findings
from seqspec.programs.program_check import cell_documents, fault_finding, imported_documents, in_part
from seqspec.programs.program_document import Program, ProgramDocument, read_program
from seqspec.programs.spec_import import ImportedSpec, select_model, to_spec
from seqspec.programs.values.spans import span_of


class ProgramImporter:
    """Imports the model of a Python file or notebook; `FILE:NAME` or `FILE:LINE` selects one of several."""

    def accepts(self, file: str, options: ImportOptions, weights: WeightOptions) -> bool:
        """Whether the file is a program, by its name."""
        return _split(file) is not None

    def run(self, file: str, output: str | None, format_: str, options: ImportOptions, weights: WeightOptions) -> None:
        """Writes the spec; values that the program does not determine become variables."""
        named = _split(file)
        assert named is not None
        _import_program(*named, output, format_)


IMPORTER = ProgramImporter()


def _split(file: str) -> tuple[str, str | None] | None:
    """The Python file or notebook of an argument, and the name or line of a model in it."""
    program, model = split_model(file)
    entry = entry_of(program)
    return (program, model) if entry is not None and entry.name == ProgramDocument.frontend else None


def _import_program(file: str, model: str | None, output: str | None, format_: str) -> None:
    document = read_source(file, configured_limits(file), kind_of(file))
    if document.violations:
        print_violations(document.violations, document)
        sys.exit(1)
    program = read_program(document.text or "", document.format == "notebook", document.file)
    if program.source.faults and not program.models:
        source = ProgramDocument({}, program.source.text, document.file, "python")
        _print_findings([fault_finding(fault, source, False) for fault in program.source.faults], program, source)
        sys.exit(1)
    program_model = select_model(program, model)
    if isinstance(program_model, Violation):
        print_violations([program_model], document)
        sys.exit(1)
    imported = to_spec(program_model, program, Path(file).stem.replace("-", "_"))
    if imported.violations:
        _print_program_findings(imported.violations, program, document)
        exit_without_file(len(imported.violations))
    text = canonical_text(imported.tree, format_)
    if format_ == "toml":
        text = _with_comments(text, imported.variables)
    _finish_program(imported, program_model, text, output)


def _print_program_findings(
    violations: Sequence[tuple[Violation, ast.AST]], program: Program, document: Document
) -> None:
    """Prints violations with their location in the program, or in the cell of a notebook."""
    lines = program.text.split("\n")
    source = ProgramDocument({}, program.text, document.file or "", "python")
    reported = [
        at_source(violation.replace(location=SourceLocation(source, (), exact=span_of(node, lines))), source)
        for violation, node in violations
    ]
    _print_findings(reported, program, source)


def _print_findings(reported: Sequence[Diagnostic], program: Program, source: ProgramDocument) -> None:
    """Prints findings in the text of a program, in the cells of a notebook, or in an imported file."""
    file = source.file or ""
    cells = cell_documents(program, file, program.source.text.split("\n"))
    documents = {document.file: document for document in (*cells, *imported_documents(program))}
    for diagnostic in reported:
        placed = in_part(diagnostic, file, program)
        print_findings([placed], documents.get(placed.file, source))


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


def _finish_program(imported: ImportedSpec, program_model: ProgramModel, text: str, output: str | None) -> None:
    """Writes the spec of a program and prints the findings that it has for all values of its variables."""
    source = imported.tree if output is None else output
    write_document(text, imported.notes, output)
    report = check(source)
    if report.ok or not imported.variables:
        print_report(report, report.diagnostics, output)
        return
    names = [*imported.variables]
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    click.echo(f"note: set {shown} in [vars], or with --set vars.{names[0]}=...: not known from the program", err=True)
    reports = [check(source, vars=values) for values in imported.samples]
    diagnostics = common_findings([report.diagnostics for report in reports], program_model)
    print_report(reports[0], diagnostics, output, len({report.params for report in reports}) == 1)
