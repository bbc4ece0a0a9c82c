"""`seqspec plot`: the model as a diagram."""

from __future__ import annotations

import click

from seqspec.cli.options import (
    exit_on_errors,
    exit_on_findings,
    file_names,
    format_option,
    output_option,
    read_input,
    set_option,
)
from seqspec.cli.output import CannotWrite, echo_note, write
from seqspec.core.diagnostics.message import counted


@click.command("plot")
@click.argument("file", shell_complete=file_names)
@output_option("Output file; its ending (svg, png, pdf, html, mmd, dot) is the format. Standard output by default.")
@format_option(
    ["svg", "png", "pdf", "html", "mmd", "dot"],
    "Output format; by default that of the output file, else svg. png and pdf need the extra plot.",
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="Colors; auto follows the viewer's scheme in svg and html, and is light in png and pdf.",
)
@click.option(
    "--scale", type=click.FloatRange(0.1, 10), default=2.0, show_default=True, help="Pixels of a png per CSS pixel."
)
@click.option("--fold/--no-fold", default=True, show_default=True, help="Draw equal copies of a block once.")
@set_option
def command(
    file: str, output: str | None, format_: str | None, theme: str, scale: float, fold: bool, settings: tuple[str, ...]
) -> None:
    """Draw the model of a spec or a program: shapes, parameters, MACs, and findings where they are.

    A model with errors is drawn as far as its shapes are known. FILE may be - for standard input; FILE:NAME or
    FILE:LINE is one of several models of a program.
    """
    from seqspec.core.diagram.plot import FORMATS, format_of, read_plot
    from seqspec.core.diagram.raster import CannotPlot

    if format_ is None:
        format_ = "svg" if output is None else format_of(output)
        if format_ is None:
            raise click.UsageError(f"{output}: the name must end in .{', .'.join(FORMATS)}, or pass --format")
    report, drawn = read_plot(read_input(file), settings=settings, fold=fold)
    if report.document is None or report.document.text is None:
        exit_on_errors(report)
    if drawn is None:
        exit_on_findings(report.diagnostics, report.line)
    try:
        # Click has validated both choices.
        rendered = drawn.render(format_, theme, scale)  # type: ignore[arg-type]
    except CannotPlot as error:
        raise CannotWrite(str(error))
    write([rendered], output)
    errors = sum(diagnostic.severity == "error" for diagnostic in report.diagnostics)
    if errors:
        echo_note(f"{file}: {counted(errors, 'error')}, marked in the diagram")
