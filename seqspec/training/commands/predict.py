"""`seqspec predict`: the predictions of a trained model for new samples."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import click

from seqspec.cli.options import file_names, output_option
from seqspec.core.api.messages import counted, visible
from seqspec.training.commands.run_options import (
    RunCommand,
    best_option,
    name_run_on_errors,
    run_names,
    say_model,
    written_options,
)
from seqspec.training.commands.training_console import allow_custom_option, exit_on_run_errors
from seqspec.training.records import FORECAST_LEVEL
from seqspec.training.run_folder.strict_json import to_json


@click.command("predict", cls=RunCommand)
@click.argument("run", shell_complete=run_names)
@click.argument("file", nargs=-1, required=True, shell_complete=file_names)
@output_option("A .csv, .jsonl, .parquet or .npy file; else JSON Lines on standard output.")
@best_option
@click.option(
    "--origins",
    type=click.Choice(["last", "all"]),
    default="last",
    show_default=True,
    help="Series: forecast the steps after the last row, or predict for every window.",
)
@click.option(
    "--interval",
    is_flag=True,
    help=f"Series: add bounds that hold {FORECAST_LEVEL:.0%} of the errors of the validation set.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="X",
    help="Binary labels: predict the second class from this probability on; by default as chosen in training, or 0.5.",
)
@click.option("--force", is_flag=True, help="With -o: overwrite a file that is not one of these predictions.")
@written_options
@allow_custom_option
def command(
    run: str,
    file: tuple[str, ...],
    output: str | None,
    best: bool | None,
    origins: Literal["last", "all"],
    interval: bool,
    threshold: float | None,
    force: bool,
    allow_custom: tuple[str, ...],
    **dialect: Any,
) -> None:
    """Predict for the samples in each FILE, which has the format of the training data; labels are not needed.

    A FILE can be a folder, a pattern, a single image, or - for CSV or JSON Lines on standard input. Rows that cannot
    be read have no prediction, and the reason in a column "error". Of a time series, the steps after its last row are
    forecast; known values of these steps are rows at the end of the same FILE, with an empty target.
    """
    from seqspec.training.run import load_run

    target = Path(output) if output is not None else None
    if target is not None and target.suffix.lower() not in (".csv", ".jsonl", ".parquet", ".npy"):
        raise click.UsageError(f"{output}: predictions are written as .csv, .jsonl, .parquet or .npy")
    if force and target is None:
        raise click.UsageError("--force requires -o")
    stdin = sys.stdin.buffer
    with exit_on_run_errors():
        opened = load_run(run, allow_custom=allow_custom, **dialect)
        with name_run_on_errors(opened):
            if target is None:
                parts = opened.predictions(
                    file, origins=origins, threshold=threshold, best=best, errors="mark", stdin=stdin,
                    interval=interval, note=lambda line: click.echo(visible(line), err=True),
                )  # fmt: skip
                say_model(opened, best, err=True)
                for part in parts:
                    for record in part.records():
                        click.echo(to_json(record, ascii_only=False))
                return
            notes: list[str] = []
            count = opened.predict_file(
                file, target, origins=origins, threshold=threshold, best=best, errors="mark", stdin=stdin,
                note=notes.append, force=force, interval=interval,
            )  # fmt: skip
            say_model(opened, best, err=True)
        counts = [] if opened.is_series and origins == "last" else [counted(count, "prediction")]
    click.echo(visible(f"{output}: {'; '.join([*counts, *notes])}"), err=True)
