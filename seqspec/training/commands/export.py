"""`seqspec export`: a trained model in the formats of other runtimes, each file run and compared before it is kept."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from seqspec.cli.options import file_names, set_option
from seqspec.core.api.messages import visible
from seqspec.core.api.training import FORMATS, formats_with_columns
from seqspec.training.commands.run_options import RunCommand, best_option
from seqspec.training.commands.training_console import access_options, exit_on_run_errors, show_export
from seqspec.training.events import EventFields
from seqspec.training.run_folder.strict_json import to_json


@click.command("export", cls=RunCommand)
@click.argument("source", metavar="SPEC|RUN|MODEL", shell_complete=file_names)
@click.option(
    "--model",
    metavar="FILE",
    shell_complete=file_names,
    help="The trained model (.keras or .h5); by default that of the run, or the file itself.",
)
@click.option("--format", type=click.Choice(FORMATS), help="Export to this format only.")
@click.option(
    "--input",
    type=click.Choice(["encoded", "columns"]),
    help="The input: the encoded vector, or one per column "
    f"({', '.join(declared.short_title for declared in formats_with_columns())}), instead of input.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    metavar="N",
    help="The fixed number of samples in a batch, instead of batch_size; LiteRT needs it for recurrent layers.",
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="PATH",
    shell_complete=file_names,
    help="The exported file or folder, instead of filepath.",
)
@best_option
@access_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per file.")
@set_option
def command(
    source: str,
    model: str | None,
    format: str | None,
    input: str | None,
    batch_size: int | None,
    target: str | None,
    best: bool | None,
    allow_custom: tuple[str, ...],
    allow_data: tuple[str, ...],
    allow_output: tuple[str, ...],
    as_json: bool,
    settings: tuple[str, ...],
) -> None:
    """Export a trained model as declared in [export], run each file in its runtime and compare it with the model.

    Of a saved model alone (.keras or .h5), the spec is read from the file; name a format then.

    Samples of the spec's data are used, random inputs where it has none. A file whose outputs differ is not kept.

    The exit code is 0 on success, 1 for an invalid spec, 2 for usage errors, and 4 if a format cannot hold the model
    or the outputs differ.
    """
    from seqspec.training.export.export_model import export

    def report(event: str, fields: EventFields) -> None:
        if event == "model":
            click.echo(f"{'model':<11} {visible(fields['model'])}", err=as_json)
        elif as_json:
            click.echo(to_json(fields))
        else:
            show_export(fields, lambda text: click.echo(visible(text)))

    with exit_on_run_errors(), _cleaning_up():
        export(
            source, model, format=format, output=target, input=input, batch_size=batch_size, best=best,
            settings=settings, allow_custom=allow_custom, allow_data=allow_data, allow_output=allow_output,
            report=report,
        )  # fmt: skip


@contextmanager
def _cleaning_up() -> Iterator[None]:
    """Ends with the usual status on SIGTERM, after the files of an unfinished export are removed."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
