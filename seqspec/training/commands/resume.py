"""`seqspec resume`: continues an interrupted run."""

from __future__ import annotations

from contextlib import closing

import click

from seqspec.training.commands.run_options import RunCommand, placement_options, run_names
from seqspec.training.commands.training_console import access_options, exit_on_run_errors, format_option, output_of


@click.command("resume", cls=RunCommand)
@click.argument("run", shell_complete=run_names)
@click.option("--epochs", type=click.IntRange(min=1), default=None, metavar="N", help="Add N epochs to the last stage.")
@click.option("--own-spec", is_flag=True, help="Use the spec in the run folder although its source file has changed.")
@access_options
@format_option
@placement_options
def command(
    run: str,
    epochs: int | None,
    own_spec: bool,
    allow_custom: tuple[str, ...],
    allow_data: tuple[str, ...],
    allow_output: tuple[str, ...],
    output: str,
    devices: int | None,
    engine: str | None,
    workers: int | None,
) -> None:
    """Continue a run that was interrupted or killed, or extend one that is done.

    On a CPU the result equals that of a run without interruption. A changed spec, data set or Keras is refused.
    Without --devices, --engine and --workers the run continues on the devices that it was trained on.
    """
    from seqspec.training.execution.api import resume

    with exit_on_run_errors(), closing(output_of(output)) as report:
        resume(
            run, epochs=epochs or 0, allow_custom=allow_custom, allow_data=allow_data, allow_output=allow_output,
            own_spec=own_spec, devices=devices, engine=engine, workers=workers, report=report,
        )  # fmt: skip
