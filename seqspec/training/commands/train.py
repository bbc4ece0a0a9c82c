"""`seqspec train`: checks a spec, trains its model, evaluates and saves it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import exit_on_errors, file_names, refuse_data, set_option
from seqspec.training.access import Allowed
from seqspec.training.commands.run_options import (
    SpecCommand,
    logger_option,
    placement_options,
    run_names,
    weights_option,
)
from seqspec.training.commands.training_console import access_options, exit_on_run_errors, format_option, output_of

if TYPE_CHECKING:
    from seqspec.core.api.check import CheckedSpec
    from seqspec.training.planning.plan import TrainOptions


@click.command("train", cls=SpecCommand)
@click.argument("file", shell_complete=file_names)
@click.option(
    "--runs", default="runs", show_default=True, metavar="DIR", help="Folder that run folders are created in."
)
@click.option("--name", metavar="NAME", help="First part of the run folder's name; by default that of the spec.")
@click.option("--from", "start_from", metavar="RUN", shell_complete=run_names, help="Start from the weights of a run.")
@click.option(
    "--allow-other-split", is_flag=True, help="With --from: allow a run that was trained on rows that are held out now."
)
@click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="Short for --set fit.epochs=N.")
@click.option("--batch-size", type=click.IntRange(min=1), metavar="N", help="Short for --set fit.batch_size=N.")
@click.option("--learning-rate", type=float, metavar="X", help="Short for --set fit.learning_rate=X.")
@click.option("--dry-run", is_flag=True, help="Check the spec, read the data and print the sizes, without training.")
@weights_option
@access_options
@click.option("--no-report", is_flag=True, help="Write no plots and no report.html.")
@format_option
@placement_options
@logger_option
@set_option
def command(
    file: str,
    runs: str,
    name: str | None,
    start_from: str | None,
    allow_other_split: bool,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    dry_run: bool,
    weights: str,
    allow_custom: tuple[str, ...],
    allow_data: tuple[str, ...],
    allow_output: tuple[str, ...],
    no_report: bool,
    output: str,
    devices: int | None,
    engine: str | None,
    workers: int | None,
    loggers: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Train the model of a spec, evaluate it and save it in a new run folder.

    The playground, seqspec serve FILE, does the same in its tab Training, with live curves.

    The exit code is 0 on success, 1 for an invalid spec, 2 for usage errors, 3 for invalid data, 4 if the training
    failed, and 130 if it was interrupted (the run can be resumed).
    """
    from seqspec.core.api.check import Check

    refuse_data(file)
    short = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    settings = (*settings, *(f"fit.{key}={value!r}" for key, value in short.items() if value is not None))
    check = Check.of(file, settings=settings)
    exit_on_errors(check.linted)
    from seqspec.training.execution.api import train_checked
    from seqspec.training.planning.placement import Placement
    from seqspec.training.planning.plan import TrainOptions, trainable_spec

    placement = Placement(engine or "local", workers or 1, devices)
    allowed = Allowed(allow_data, allow_output)
    with exit_on_run_errors(check.linted.line), closing(output_of(output)) as report:
        spec = trainable_spec(check, placement=placement)
        options = TrainOptions(
            runs=runs, name=name, allow_custom=allow_custom, allowed=allowed, download=weights != "none",
            start_from=start_from, allow_other_split=allow_other_split, html=True, no_report=no_report,
            placement=placement, loggers=loggers, report=report.receive,
        )  # fmt: skip
        if dry_run:
            _dry_run(spec, options)
        else:
            train_checked(spec, options)


def _dry_run(checked: CheckedSpec, options: TrainOptions) -> None:
    from seqspec.training.execution.api import plan_training
    from seqspec.training.planning.checks import is_cross_validated

    spec, data = checked.spec, plan_training(checked, options)
    if is_cross_validated(spec):
        assert spec.data.split is not None
        trainings, epochs = spec.data.split.count + 1, sum(stage.epochs for stage in spec.fit) or 1
        click.echo(f"trainings   {trainings}: one per fold, then the final model, each of at most {epochs} epochs")
    for set_name, samples in data.sets.items():
        click.echo(f"{set_name:<11} {len(samples):,} samples of shape {tuple(samples.x.shape[1:])}")
    for set_name, counts in data.class_counts().items():
        names = data.labels.class_names() or [str(index) for index in range(len(counts))]
        shown = ", ".join(f"{label} {count:,}" for label, count in list(zip(names, counts))[:20])
        click.echo(f"{set_name:<11} {shown}")
