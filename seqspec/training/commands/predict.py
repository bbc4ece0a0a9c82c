"""`seqspec predict`: the predictions of a trained model for new samples."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from seqspec.cli.options import file_names, output_option
from seqspec.core.output.text import visible
from seqspec.core.syntax.strict_json import to_json
from seqspec.training.commands.training_console import allow_custom_option, exit_on_run_errors


@click.command("predict")
@click.argument("run", shell_complete=file_names)
@click.argument("file", shell_complete=file_names)
@output_option("A .csv, .jsonl, .parquet or .npy file; else JSON Lines on standard output.")
@click.option(
    "--origins", type=click.Choice(["last", "all"]), default="last", show_default=True,
    help="Series: forecast the steps after the last row, or predict for every window.",
)  # fmt: skip
@allow_custom_option
def command(
    run: str, file: str, output: str | None, origins: Literal["last", "all"], allow_custom: tuple[str, ...]
) -> None:
    """Predict for the samples in FILE, which has the format of the training data; labels are not needed.

    Of a time series, the steps after its last row are forecast.
    """
    from seqspec.training.run import load_run

    target = Path(output) if output is not None else None
    if target is not None and target.suffix.lower() not in (".csv", ".jsonl", ".parquet", ".npy"):
        raise click.UsageError(f"{output}: predictions are written as .csv, .jsonl, .parquet or .npy")
    with exit_on_run_errors():
        opened = load_run(run, allow_custom=allow_custom)
        if target is None:
            for part in opened.predictions(
                file, origins=origins, note=lambda line: click.echo(visible(line), err=True)
            ):
                for record in part.records():
                    click.echo(to_json(record, ascii_only=False))
            return
        notes: list[str] = []
        count = opened.predict_file(file, target, origins=origins, note=notes.append)
        counts = [] if opened.is_series and origins == "last" else [f"{count:,} predictions"]
    click.echo(visible(f"{output}: {'; '.join([*counts, *notes])}"), err=True)
