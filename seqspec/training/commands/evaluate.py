"""`seqspec evaluate`: evaluates a trained model."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean, stdev
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import file_names
from seqspec.core.api.messages import columns, counted, visible
from seqspec.training.commands.run_options import RunCommand, best_option, run_names, say_model, written_options
from seqspec.training.commands.text_tables import padded
from seqspec.training.commands.training_console import (
    echo_visible,
    exit_on_run_errors,
    format_option,
    reading_options,
    show_evaluation,
)
from seqspec.training.comparison.plain_numbers import plain
from seqspec.training.errors import RunError
from seqspec.training.run_folder.names import search_above
from seqspec.training.run_folder.strict_json import to_json

if TYPE_CHECKING:
    from seqspec.training.records import SetEvaluation
    from seqspec.training.run import Run


@click.command("evaluate", cls=RunCommand)
@click.argument("run", shell_complete=run_names)
@click.option(
    "--on", metavar="SET|FILE", shell_complete=file_names, help="train, validation, test, or a file with labels."
)
@click.option(
    "--backtest",
    "parts",
    type=click.IntRange(min=2, max=100),
    metavar="K",
    help="Series: train again on K growing parts, and test on the steps after each.",
)
@best_option
@written_options
@reading_options
@format_option
def command(
    run: str,
    on: str | None,
    parts: int | None,
    best: bool | None,
    allow_custom: tuple[str, ...],
    allow_data: tuple[str, ...],
    output: str,
    **dialect: str | None,
) -> None:
    """Evaluate the model of a run: loss, metrics, per-class results, calibration, residuals and baselines."""
    from seqspec.core.api.data import Dialect
    from seqspec.training.data.split import SETS
    from seqspec.training.run import load_run

    written = Dialect.of(dialect).given()
    if written and (on is None or on in SETS):
        raise click.UsageError(f"--{next(iter(written))} is for a file that --on names")
    if parts is not None:
        if on is not None:
            raise click.UsageError("--backtest tests on parts of the training file: it cannot be combined with --on")
        from seqspec.training.execution.backtest import backtest
        from seqspec.training.run_folder.folder import RunFolder

        with exit_on_run_errors():
            _backtest(backtest(RunFolder.open(run), parts, allow_custom, allow_data), parts, output)
        return
    with exit_on_run_errors():
        opened = load_run(run, allow_custom=allow_custom, allow_data=allow_data, **written)
        results = opened.evaluate(on, best=best, note=lambda line: click.echo(visible(line), err=True))
        say_model(opened, best, err=output == "json")
        if "test" in results:
            _count(opened, results["test"])
    if output == "json":
        click.echo(to_json(results, indent=2))
        return
    for name, result in results.items():
        show_evaluation(name, result, echo_visible, opened.folder.leaks())
        _details(result)


def _count(run: Run, result: SetEvaluation) -> None:
    """Records that a trial of a search was evaluated on the test set, and warns where another one was before."""
    from seqspec.training.search.search_folder import SearchFolder

    above, trial = search_above(run.path), run.info.get("trial")
    if above is None or trial is None:
        return
    search = SearchFolder(above)
    try:
        with search.locked():
            if any(tested["trial"] == trial for tested in search.info["tested"]):
                return
            count = search.add_test({"trial": trial, "result": result, "run": str(run.path)})
    except (OSError, RunError) as error:
        # The folder may be damaged or read-only, or the search at work.
        warning = f"the evaluation is not counted in {search.path.name}: {error}"
    else:
        if count == 1:
            return
        warning = search.test_warning(count)
    click.echo(f"warning: {visible(warning)}", err=True)


def _backtest(results: Iterator[SetEvaluation], parts: int, output: str) -> None:
    """Prints the forecasts of each part when they are known, and their mean."""
    from seqspec.training.comparison.baselines import relative_error

    forecasts = []
    for number, result in enumerate(results, 1):
        forecast = result.get("forecast")
        if forecast is None:
            raise click.UsageError("--backtest needs a regression")
        forecasts.append(forecast)
        if output == "text":
            relative = relative_error(forecast["relative"], forecast)
            origins = f"{counted(forecast['origins'], 'origin')} of {counted(forecast['horizon'], 'step')}"
            echo_visible(f"part {number}/{parts}    {origins}: mae {plain(forecast['mae'])}{relative}")
    errors = [forecast["mae"] for forecast in forecasts]
    better = sum(forecast["relative"] is not None and forecast["relative"] < 1 for forecast in forecasts)
    if output == "json":
        click.echo(to_json({"mae": mean(errors), "sd": stdev(errors), "parts": forecasts}, indent=2))
        return
    echo_visible(f"backtest    mae {plain(mean(errors))} ± {plain(stdev(errors))} (sd of {parts} parts)")
    severity = None if better == parts else "warning" if better > parts / 2 else "error"
    echo_visible(f"{'':<11} better than the baseline in {better} of {parts} parts", severity)


def _details(result: SetEvaluation) -> None:
    classes, residuals = result.get("classes"), result.get("residuals")
    if residuals is not None:
        shown = "".join(f"  {float(level):.0%} {plain(value)}" for level, value in residuals["quantiles"].items())
        r2 = "" if residuals["r2"] is None else f"  R² {residuals['r2']:.4g}"
        click.echo(f"{'':<11} residuals: bias {plain(residuals['bias'])}{r2}  quantiles{shown}")
    if classes is None:
        return
    rows = classes["per_class"]
    width = max(len("class"), *(columns(row["class"]) for row in rows))
    counted, overlap = f"{classes.get('unit', 'sample')}s", "    IoU" if "mean_iou" in classes else ""
    digits = max(len(counted), *(len(f"{row['samples']:,}") for row in rows))
    click.echo(f"\n{'class':<{width}}  precision  recall     F1{overlap}  {counted:>{digits}}")
    for row in rows:
        iou = f"  {row['iou']:>5.3f}" if "iou" in row else ""
        click.echo(
            f"{padded(row['class'], width)}  {row['precision']:>9.3f}  {row['recall']:>6.3f}  {row['f1']:>5.3f}{iou}  "
            f"{row['samples']:>{digits},}"
        )
    if "mean_iou" in classes:
        click.echo(f"mean IoU {classes['mean_iou']:.3f}")
    click.echo(f"expected calibration error {classes['calibration']['expected_error']:.3f}")
    confusion = classes.get("confusion")
    if confusion is not None and len(confusion) <= 12:
        click.echo("\nconfusion matrix (rows: true class, columns: predicted)")
        cell = max(len(f"{value:,}") for line in confusion for value in line) + 2
        for row, line in zip(rows, confusion):
            click.echo(padded(row["class"], width) + "".join(f"{value:>{cell},}" for value in line))
    click.echo()
