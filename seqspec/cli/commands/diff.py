"""`seqspec diff`: the semantic changes between two documents."""

from __future__ import annotations

import os
import sys

import click

from seqspec.cli.options import file_names, output_file
from seqspec.cli.output import write
from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.linter.check import analyze


@click.command("diff")
@click.argument("files", nargs=-1, required=True, shell_complete=file_names, metavar="OLD NEW | --git REV FILE")
@click.option("--git", "revision", metavar="REV", help="Compare the file at this git revision with the current file.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    help="Output format; markdown is meant for a pull request comment, html has both models side by side.",
)
@click.option("--html", is_flag=True, help="Short for --format html.")
@click.option("-o", "--output", shell_complete=file_names, callback=output_file, metavar="FILE", help="Output file.")
def command(files: tuple[str, ...], revision: str | None, format_: str, html: bool, output: str | None) -> None:
    """Print the semantic changes between two specs, or since a git revision.

    Layout, comments, shorthand, variables and blocks with the same expansion, and explicit defaults are not changes.
    The exit code is 0 if there are no semantic changes and no new errors, 1 otherwise, and 2 for usage errors.
    """
    if revision is None and len(files) != 2:
        raise click.UsageError("pass two files, or --git REV and one file")
    if revision is not None and len(files) != 1:
        raise click.UsageError("pass only one file with --git REV")
    if "-" in files:
        raise click.UsageError("diff does not accept standard input")
    new_name = files[-1]
    old_name = files[0] if revision is None else f"{revision}:{files[0]}"
    old: AnalysisResult | None
    new: AnalysisResult | None
    if revision is None:
        old, new = (None if file == os.devnull else _analyze(file) for file in files)
    else:
        from seqspec.cli.revision import at_revision

        with at_revision(revision, files[0]) as path:
            old = _analyze(path) if path is not None else None
        new = _analyze(new_name) if old is None or os.path.lexists(new_name) else None
    from seqspec.core.compare.compare import Comparison

    comparison = Comparison(old, new)
    format_ = "html" if html else format_
    if format_ == "json":
        from seqspec.cli.diff_json import render
    elif format_ == "markdown":
        from seqspec.cli.diff_markdown import render
    elif format_ == "html":
        from seqspec.cli.diff_html import render
    else:
        from seqspec.cli.diff_text import render
    write([render(comparison, old_name, new_name)], output)
    if any(diagnostic.name == "internal-error" for diagnostic in comparison.new):
        sys.exit(2)
    if comparison.changed or any(diagnostic.severity == "error" for diagnostic in comparison.new):
        sys.exit(1)


def _analyze(file: str) -> AnalysisResult:
    result = analyze(file)
    if result.document.text is None:
        violation = result.report.diagnostics[0]
        help = f" ({violation.help})" if violation.help else ""
        raise click.UsageError(f"{file}: {violation.message}{help}")
    return result
