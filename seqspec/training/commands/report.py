"""`seqspec report`: writes report.html of a run again."""

from __future__ import annotations

import click

from seqspec.core.api.messages import visible
from seqspec.training.commands.run_options import RunCommand, run_names
from seqspec.training.commands.training_console import exit_on_run_errors, reading_options


@click.command("report", cls=RunCommand)
@click.argument("run", shell_complete=run_names)
@reading_options
def command(run: str, allow_custom: tuple[str, ...], allow_data: tuple[str, ...]) -> None:
    """Write report.html of a run again; for a run that is not done, with what there is."""
    from seqspec.training.execution.report_again import report_again
    from seqspec.training.run_folder.folder import RunFolder

    with exit_on_run_errors():
        path, missing = report_again(RunFolder.open(run), allow_custom, allow_data)
    if missing is not None:
        click.echo(f"warning: without results of single samples: {visible(missing)}", err=True)
    click.echo(f"{'report':<11} {visible(str(path))}")
