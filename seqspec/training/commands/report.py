"""`seqspec report`: writes report.html of a run again."""

from __future__ import annotations

import click

from seqspec.core.output.text import visible
from seqspec.training.commands.run_options import RunCommand, run_names
from seqspec.training.commands.training_console import allow_custom_option, exit_on_run_errors


@click.command("report", cls=RunCommand)
@click.argument("run", shell_complete=run_names)
@allow_custom_option
def command(run: str, allow_custom: tuple[str, ...]) -> None:
    """Write report.html of a run again; for a run that is not done, with what there is."""
    from seqspec.training.run import load_run

    with exit_on_run_errors():
        path, missing = load_run(run, allow_custom=allow_custom).write_report()
    if missing is not None:
        click.echo(f"warning: without results of single samples: {visible(missing)}", err=True)
    click.echo(f"{'report':<11} {visible(str(path))}")
