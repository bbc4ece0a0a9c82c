"""`seqspec runs`: lists, shows, compares and deletes runs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from seqspec.cli.options import file_names
from seqspec.core.output.text import visible
from seqspec.core.syntax.strict_json import to_json
from seqspec.training.commands.training_console import (
    echo_visible,
    exit_on_run_errors,
    format_option,
    show_evaluation,
)


@click.group("runs", invoke_without_command=True)
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="Folder of the runs.")
@click.pass_context
def command(ctx: click.Context, runs: str) -> None:
    """List, show, compare and delete runs."""
    if ctx.invoked_subcommand is None:
        _list(runs, "text")


@command.command("list")
@click.argument("folder", default="runs", shell_complete=file_names)
@format_option
def list_runs(folder: str, output: str) -> None:
    """List the runs in a FOLDER (runs by default)."""
    _list(folder, output)


def _list(folder: str, output: str) -> None:
    from seqspec.training.run import runs_in, summary

    with exit_on_run_errors():
        rows = [summary(run) for run in runs_in(Path(folder))]
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
        click.echo(f"{visible(row['name']):<{width}}  {row['state']:<11}  {row['epochs']:>6}  {visible(on + shown)}")


@command.command("show")
@click.argument("run", shell_complete=file_names)
def show(run: str) -> None:
    """Show one run: state, data, results and epochs."""
    from seqspec.training.run import load_run

    with exit_on_run_errors():
        opened = load_run(run)
        info, lock, evaluation = opened.info, opened.lock, opened.evaluation

    def echo(text: str) -> None:
        click.echo(visible(text))

    versions = ", ".join(f"{name} {value}" for name, value in lock["versions"].items())
    echo(f"{opened.path.name}: {info['state']}, started {info['started']}")
    echo(f"spec        {info['spec'] or 'from Python'}")
    echo(f"versions    {versions}")
    echo(f"seed        {lock['seed']}")
    if "plan" in info:
        sets = ", ".join(f"{name} {count:,}" for name, count in info["plan"]["sets"].items())
        echo(f"data        {sets}")
        echo(f"parameters  {info['plan']['parameters']:,}")
    history = opened.history
    for number in range(len(history.get("loss", ()))):
        logs = "  ".join(
            f"{name} {values[number]:.4g}" for name, values in history.items() if values[number] is not None
        )
        echo(f"epoch {number + 1:>4}  {logs}")
    from seqspec.training.records import evaluated_sets

    for name, result in reversed(evaluated_sets(evaluation).items()):
        show_evaluation(name, result, echo_visible)
    if "error" in info:
        echo(f"error       {info['error']}")


@command.command("compare")
@click.argument("first", shell_complete=file_names)
@click.argument("second", shell_complete=file_names)
@format_option
def compare(first: str, second: str, output: str) -> None:
    """Compare two runs: specs, versions, data and results."""
    from seqspec.training.run import compare as compare_runs
    from seqspec.training.run import load_run

    with exit_on_run_errors():
        comparison = compare_runs(load_run(first), load_run(second))
    if output == "json":
        click.echo(to_json(comparison, indent=2))
        return
    for title in ("spec", "versions"):
        for path, before, after in comparison[title]:
            click.echo(visible(f"{title:<9} {path}: {_short(before)} → {_short(after)}"))
    click.echo("data      " + ("the same" if comparison["data"] else "different"))
    for name, (before, after) in comparison["metrics"].items():
        change = f"  ({after - before:+.4g})" if before is not None and after is not None else ""
        click.echo(visible(f"{name}: {_short(before)} → {_short(after)}{change}"))


@command.command("rm")
@click.argument("run", nargs=-1, required=True, shell_complete=file_names)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(run: tuple[str, ...], yes: bool) -> None:
    """Delete runs; folders that hold other files are kept."""
    from seqspec.training.run import load_run
    from seqspec.training.run import remove as remove_run

    with exit_on_run_errors():
        opened = [load_run(folder) for folder in run]
        if not yes:
            click.confirm(f"delete {', '.join(visible(folder.path.name) for folder in opened)}?", abort=True)
        for folder in opened:
            remove_run(folder)


def _short(value: object) -> str:
    if value is None:
        return "absent"
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)[:80]
