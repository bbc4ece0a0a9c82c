"""`seqspec python`: the equivalent Keras program."""

from __future__ import annotations

import click

from seqspec.cli.options import exit_on_errors, file_names, output_option, read_input, set_option
from seqspec.cli.output import write
from seqspec.core.check.check import Check
from seqspec.core.codegen.write import NoProgram, program


@click.command("python")
@click.argument("file", shell_complete=file_names)
@output_option("Output file.")
@click.option("--same-order", is_flag=True, help="Use the same sample order as seqspec train; requires a seed.")
@set_option
def command(file: str, output: str | None, same_order: bool, settings: tuple[str, ...]) -> None:
    """Generate the equivalent Keras code."""
    check = Check.of(read_input(file), settings=settings)
    exit_on_errors(check.validation)
    try:
        text = program(check, same_order)
    except NoProgram as error:
        raise click.UsageError(str(error))
    write([text], output)
