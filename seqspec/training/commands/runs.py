"""`seqspec runs`: lists, shows, compares and deletes runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import echo_raw, file_names, painter
from seqspec.core.api.messages import counted, shorten, shorten_list, visible
from seqspec.training.commands.run_options import RunCommand, run_names
from seqspec.training.commands.text_tables import fitting, padded, width_of
from seqspec.training.commands.training_console import (
    echo_visible,
    exit_on_run_errors,
    fold_lines,
    format_option,
    show_evaluation,
)
from seqspec.training.records import evaluated_sets
from seqspec.training.run_folder.names import RUNS
from seqspec.training.run_folder.strict_json import to_json

if TYPE_CHECKING:
    from seqspec.training.comparison.runs import RunComparison, RunDifference
    from seqspec.training.run import Run

_MAX_CELL = 40
"""Maximum width of a value in a table."""

_sort_option = click.option(
    "--sort", metavar="KEY", help="A metric such as test.auc, best first; or name, started, state or epochs."
)


@click.group("runs", invoke_without_command=True)
@click.option("--runs", default=RUNS, show_default=True, metavar="DIR", help="Folder of the runs.")
@click.pass_context
def command(ctx: click.Context, runs: str) -> None:
    """List, show, compare and delete runs."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_runs, folder=runs)


@command.command("list")
@click.argument("folder", default=RUNS, shell_complete=file_names)
@_sort_option
@format_option
def list_runs(folder: str, sort: str | None, output: str) -> None:
    """List the runs in a FOLDER (runs by default), oldest first."""
    from seqspec.training.comparison.runs import run_rows

    with exit_on_run_errors():
        rows = run_rows(Path(folder), sort)
    if output == "json":
        click.echo(to_json(rows, indent=2))
        return
    if not rows:
        click.echo(f"no runs in {visible(folder)}")
        return
    width = max(len(row["name"]) for row in rows)
    click.echo(f"{'run':<{width}}  {'state':<11}  epochs  results")
    for row in rows:
        shown = "  ".join(f"{name} {value:.4g}" for name, value in row["metrics"].items())
        on = f"{row['on']}: " if row["on"] else ""
        text = row["error"] if row["error"] is not None else on + shown
        click.echo(f"{visible(row['name']):<{width}}  {row['state']:<11}  {row['epochs']:>6}  {visible(text)}")


@command.command("show", cls=RunCommand)
@click.argument("run", shell_complete=run_names)
def show(run: str) -> None:
    """Show one run: state, data, results and epochs."""
    from seqspec.training.run import load_run

    with exit_on_run_errors():
        _show(load_run(run))


def _show(run: Run) -> None:
    info, lock, evaluation, state = run.info, run.lock, run.evaluation, run.state
    versions = ", ".join(f"{name} {value}" for name, value in lock["versions"].items())
    echo_visible(f"{run.path.name}: {state}, started {info['started']}")
    echo_visible(f"spec        {info['spec'] or 'from Python'}")
    echo_visible(f"versions    {versions}")
    echo_visible(f"seed        {lock['seed']}")
    if "plan" in info:
        sets = ", ".join(f"{name} {count:,}" for name, count in info["plan"]["sets"].items())
        echo_visible(f"data        {sets}")
        echo_visible(f"parameters  {info['plan']['parameters']:,}")
    history = run.history
    for epoch, values in enumerate(zip(*history.values()), 1):
        logs = "  ".join(f"{name} {value:.4g}" for name, value in zip(history, values) if value is not None)
        echo_visible(f"epoch {epoch:>4}  {logs}")
    if "model" in evaluation:
        echo_visible(f"model       {run.describe_model(evaluation['model'] == 'best')}")
    for line in fold_lines(evaluation["folds"]) if "folds" in evaluation else ():
        echo_visible(line)
    for name, result in reversed(evaluated_sets(evaluation).items()):
        show_evaluation(name, result, echo_visible, run.folder.leaks())
    if info.get("error"):
        echo_visible(f"error       {info['error']}")
    if state not in ("done", "running"):
        echo_visible(f"continue with: seqspec resume {run.path}")


@command.command("compare", cls=RunCommand)
@click.argument("run", nargs=-1, required=True, shell_complete=run_names)
@_sort_option
@format_option
def compare(run: tuple[str, ...], sort: str | None, output: str) -> None:
    """Compare runs: the settings that differ, versions, data and results."""
    from seqspec.training.comparison.runs import compare_runs
    from seqspec.training.run import load_run

    if len(run) < 2:
        raise click.UsageError("name two runs or more")
    with exit_on_run_errors():
        loaded = [load_run(folder) for folder in run]
        names = [loaded_run.path.resolve() for loaded_run in loaded]
        for number, path in enumerate(names):
            if path in names[:number]:
                raise click.UsageError(f"{run[number]} is named twice: a run is compared with others")
        comparison = compare_runs(loaded, sort)
    if output == "json":
        click.echo(to_json(comparison, indent=2))
        return
    _show_comparison(comparison)


def _show_comparison(comparison: RunComparison) -> None:
    """Prints a table with a row per run; settings that do not fit in a terminal's width are named below it."""
    metrics = _shown_metrics(comparison)
    settings = {key: [_short(value) for value in values] for key, values in comparison["settings"].items()}
    results = {key: ["" if value is None else f"{value:.4g}" for value in values] for key, values in metrics.items()}
    table = {"run": comparison["runs"], **settings, **results}
    kept, unshown = fitting(table, ["run", *results])
    best = {key: _best(key, values) for key, values in metrics.items()}
    paint = painter(sys.stdout)
    widths = {key: width_of(key, table[key]) for key in kept}
    click.echo("  ".join(padded(key, widths[key], key in results) for key in kept))
    for index in range(len(comparison["runs"])):
        cells = {key: padded(table[key][index], widths[key], key in results) for key in kept}
        shown = [paint(cell, "bold") if best.get(key) == index else cell for key, cell in cells.items()]
        echo_raw("  ".join(shown))
    if unshown:
        click.echo(visible(f"also different: {shorten_list(unshown, 8)} (--format json)"))
    for name, versions in comparison["versions"].items():
        click.echo(visible(f"versions    {name}: {', '.join(map(str, versions))}"))
    click.echo(f"data        {_data_text(comparison)}")
    for difference in comparison["differences"]:
        _show_difference(difference)


def _data_text(comparison: RunComparison) -> str:
    """Whether the results are of the same samples."""
    if comparison["data"]:
        return "the same"
    compared = comparison["differences"]
    if compared and all(run_data["samples"] for run_data in compared):
        return f"different, except for the {compared[0]['on']} set"
    return "different, so the results are not of the same samples"


def _show_difference(difference: RunDifference) -> None:
    """Prints the differences of two runs on the same samples, or why there are none."""
    from seqspec.training.comparison.baselines import bounds_text
    from seqspec.training.comparison.runs import verdict

    name = f"difference  {difference['run']} − {difference['against']}"
    if difference["reason"] is not None:
        echo_visible(f"{name}: not computed, {difference['reason']}")
        return
    left_out = (
        f"; {counted(difference['left_out'], 'sample')} of only one of them left out" if difference["left_out"] else ""
    )
    echo_visible(
        f"{name}, of the same {counted(difference['samples'], 'sample')} of the {difference['on']} set{left_out}:"
    )
    for metric, value in difference["values"].items():
        text = f"{'':<11} {metric} {value:+.4g}"
        if (interval := difference["metrics"].get(metric)) is not None:
            low, high = interval["low"], interval["high"]
            text += f"{bounds_text(low, high)}: {verdict(metric, low, high)}"
        echo_visible(text)
    if difference["no_intervals"] is not None:
        unbounded = [metric for metric in difference["values"] if metric not in difference["metrics"]]
        echo_visible(f"{'':<11} no interval of {', '.join(unbounded)}: {difference['no_intervals']}")


def _shown_metrics(comparison: RunComparison) -> dict[str, list[float | None]]:
    """The metrics of the test set, or else of the validation set, or of the folds."""
    for name in ("test.", "validation.", "folds.", ""):
        metrics = {key: values for key, values in comparison["metrics"].items() if key.startswith(name)}
        if metrics:
            return metrics
    return {}


def _best(key: str, values: Sequence[float | None]) -> int | None:
    """The index of the best value of a metric; None if there is nothing to choose from."""
    from seqspec.training.evaluation.metric_names import is_higher_better

    known = {value: index for index, value in reversed(list(enumerate(values))) if value is not None and value == value}
    if len(known) < 2:
        return None
    return known[max(known) if is_higher_better(key) else min(known)]


@command.command("rm", cls=RunCommand)
@click.argument("run", nargs=-1, required=True, shell_complete=run_names)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(run: tuple[str, ...], yes: bool) -> None:
    """Delete runs; folders that hold other files are kept."""
    from seqspec.training.comparison.runs import remove as remove_run
    from seqspec.training.comparison.runs import require_removable
    from seqspec.training.run import load_run

    with exit_on_run_errors():
        opened = [load_run(folder) for folder in run]
        for folder in opened:
            require_removable(folder)
        if not yes:
            click.confirm(f"delete {', '.join(visible(folder.path.name) for folder in opened)}?", abort=True)
        for folder in opened:
            remove_run(folder)


def _short(value: object) -> str:
    if value is None:
        return "absent"
    if isinstance(value, float):
        return f"{value:.4g}"
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _MAX_CELL)
