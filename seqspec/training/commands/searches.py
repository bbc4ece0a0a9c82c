"""`seqspec searches`: lists, shows, compares and deletes searches."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.core.api.messages import shorten, shorten_list, visible
from seqspec.training.commands.run_options import search_names
from seqspec.training.commands.search import by_first, rejected_text, simplest_text
from seqspec.training.commands.search_progress import duration
from seqspec.training.commands.text_tables import fitting, table_lines
from seqspec.training.commands.training_console import echo_visible, exit_on_run_errors, format_option
from seqspec.training.errors import RunError, unwritten
from seqspec.training.run_folder.strict_json import to_json

if TYPE_CHECKING:
    from seqspec.training.search.results import SearchComparison, SearchResult
    from seqspec.training.search.search_folder import SearchFolder

_MAX_NEAR = 20
_MAX_CELL = 40
"""Maximum width of a setting that differs."""


@click.group("searches", invoke_without_command=True)
@click.option("--searches", default="searches", show_default=True, metavar="DIR", help="Folder of the searches.")
@click.pass_context
def command(ctx: click.Context, searches: str) -> None:
    """List, show, compare and delete searches."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_searches, folder=searches)


@command.command("list")
@click.argument("folder", default="searches")
@format_option
def list_searches(folder: str, output: str) -> None:
    """List the searches in a FOLDER (searches by default), oldest first."""
    with exit_on_run_errors():
        from seqspec.training.search.search_folder import searches_in
        from seqspec.training.search.text import shown

        rows = [_row(search_folder) for search_folder in searches_in(Path(folder))]
    if output == "json":
        click.echo(to_json(rows, indent=2))
        return
    if not rows:
        click.echo(f"no searches in {visible(folder)}")
        return
    width = max(len(str(row["name"])) for row in rows)
    click.echo(f"{'search':<{width}}  {'state':<11}  trials  best")
    for row in rows:
        values = row["values"]
        assert isinstance(values, dict)
        best = "  ".join(f"{name} {shown(value)}" for name, value in values.items())
        number = f"trial {row['best']}: " if best else ""
        echo_visible(f"{row['name']:<{width}}  {row['state']:<11}  {row['trials']:>6}  {number}{best}")


def _row(search: SearchFolder) -> dict[str, object]:
    from seqspec.training.run_folder.files import DAMAGED
    from seqspec.training.search.results import SearchResult

    result = SearchResult(search)
    try:
        ranked, trials = result.ranked, result.trials
        best = dict(zip(result.objectives, ranked[0].values or ())) if ranked else {}
        return {
            "name": search.path.name,
            "state": result.state,
            "started": search.info["started"],
            "trials": len(trials),
            "best": ranked[0].number if ranked else None,
            "values": best,
        }
    except RunError:
        name = search.path.name
        return {"name": name, "state": DAMAGED, "started": "", "trials": 0, "best": None, "values": {}}


@command.command("show")
@click.argument("search", shell_complete=search_names)
@click.option("--sort", is_flag=True, help="The best trial first; those that ended early or failed last.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="Output format.",
)
def show(search: str, sort: bool, output: str) -> None:
    """Show the trials of one search."""
    from seqspec.training.run_folder.files import FAILED, PRUNED
    from seqspec.training.search.results import load_search, table_text

    with exit_on_run_errors():
        result = load_search(search)
        rows = result.rows()
        if sort:
            order = {trial.number: place for place, trial in enumerate(result.ranked)}
            unranked = {PRUNED: len(order), FAILED: len(order) + 2}
            rows.sort(key=lambda row: order.get(row["number"], unranked.get(row["state"], len(order) + 1)))
        if output == "json":
            click.echo(to_json(rows, indent=2))
        elif output == "csv":
            click.echo(table_text(rows), nl=False)
        else:
            _show(result, rows)


def _show(result: SearchResult, rows: list[dict[str, object]]) -> None:
    from seqspec.training.run_folder.files import DONE, FAILED, RUNNING
    from seqspec.training.search.results import trained_epochs

    info = result.folder.info
    echo_visible(f"{result.path.name}: {result.state}, started {info['started']}")
    echo_visible(f"spec        {info['spec'] or 'from Python'}")
    goals = ", ".join(f"{objective['metric']} ({objective['direction'][:3]})" for objective in info["objectives"])
    echo_visible(f"objective   {goals}")
    echo_visible(f"seed        {info['seed']}")
    echo_visible(f"time        {duration(info['seconds'])}, {trained_epochs(result.trials):,} epochs")
    for line in _table(result, rows):
        echo_visible(line)
    reasons: dict[str, list[str]] = {}
    for trial in result.trials:
        if trial.error is not None:
            reasons.setdefault(trial.error, []).append(str(trial.number))
    for reason, numbers in reasons.items():
        echo_visible(f"failed      {'trial' if len(numbers) == 1 else 'trials'} {', '.join(numbers)}: {reason}")
    for line in _best(result):
        echo_visible(line)
    for tested in info["tested"]:
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in tested["result"]["metrics"].items())
        echo_visible(f"test        trial {tested['trial']}: {metrics}")
    if result.state == DONE and info.get("ended") is not None:
        echo_visible(f"ended       {info['ended']}")
    if info.get("error"):
        echo_visible(f"error       {info['error']}")
    # Where all trials failed, it would end with the same error.
    all_failed = result.state == FAILED and all(trial.state == FAILED for trial in result.trials)
    if result.state not in (DONE, RUNNING) and not (result.trials and all_failed):
        echo_visible(f"continue with: {result.folder.resume_command}")


def _table(result: SearchResult, rows: list[dict[str, object]]) -> Iterator[str]:
    """The trials; on a terminal without the columns that do not fit, which are named below."""
    names = dict.fromkeys(key for row in rows for key in row)
    table = {"trial" if key == "number" else key: [_short(row.get(key)) for row in rows] for key in names}
    table["seconds"] = [f"{row['seconds']:.1f}" for row in rows]
    kept, hidden = fitting(table, list(table)[: 2 + len(result.objectives)])
    yield from table_lines({key: table[key] for key in kept}, [key for key in kept if key != "state"])
    if hidden:
        yield f"also        {', '.join(hidden)} (--format csv)"


def _best(result: SearchResult) -> Iterator[str]:
    """The best trials, those within its standard error, and what was not trained."""
    from seqspec.training.search.text import shown

    info, ranked = result.folder.info, result.ranked
    if ranked:
        values = "  ".join(f"{name} {shown(value)}" for name, value in zip(result.objectives, ranked[0].values or ()))
        yield f"best        trial {ranked[0].number}{by_first(result.objectives)}: {values}"
    if len(result.objectives) > 1 and ranked:
        yield f"pareto      trials {', '.join(str(trial.number) for trial in result.pareto)}"
    with contextlib.suppress(RunError):
        simplest = result.simplest
        yield f"simplest    {simplest_text(simplest, result.objectives[0])}"
        near = shorten_list([str(trial.number) for trial in simplest.near], _MAX_NEAR)
        yield f"near        {near}: within one standard error of the best"
    yield f"rejected    {rejected_text(result.rejected, info['equal'])}"


@command.command("compare")
@click.argument("search", nargs=-1, required=True, shell_complete=search_names)
@format_option
def compare(search: tuple[str, ...], output: str) -> None:
    """Compare searches: their best trials, what they took, and what differs between their documents."""
    from seqspec.training.search.results import compare_searches, load_search

    if len(search) < 2:
        raise click.UsageError("name two searches or more")
    with exit_on_run_errors():
        comparison = compare_searches([load_search(folder) for folder in search])
    if output == "json":
        click.echo(to_json(comparison, indent=2))
        return
    for line in _comparison_lines(comparison):
        echo_visible(line)


def _comparison_lines(comparison: SearchComparison) -> Iterator[str]:
    names = list(dict.fromkeys(name for objectives in comparison["objectives"] for name in objectives))
    metrics = dict.fromkeys(name for scores in comparison["test"] if scores is not None for name in scores)
    table = {
        "search": comparison["searches"],
        "state": comparison["states"],
        "trials": [f"{count:,}" for count in comparison["trials"]],
        "rejected": [f"{count:,}" for count in comparison["rejected"]],
        "epochs": [f"{count:,}" for count in comparison["epochs"]],
        "time": [duration(seconds) for seconds in comparison["seconds"]],
        "best": ["" if best_trial is None else f"trial {best_trial['number']}" for best_trial in comparison["best"]],
        **{name: [_short((best_trial or {}).get(name)) for best_trial in comparison["best"]] for name in names},
        "params": [_short((best_trial or {}).get("params")) for best_trial in comparison["best"]],
        **{f"test.{name}": [_short((scores or {}).get(name)) for scores in comparison["test"]] for name in metrics},
    }
    yield from table_lines(table, [key for key in table if key not in ("search", "state", "best")])
    for name, values in comparison["chosen"].items():
        yield f"value       {name}: {', '.join(_short(value) or 'none' for value in values)}"
    for key, values in comparison["settings"].items():
        yield f"different   {key}: {', '.join(shorten(_short(value) or 'absent', _MAX_CELL) for value in values)}"
    if not comparison["data"]:
        yield "data        different, so the values cannot be compared"
    elif not comparison["comparable"]:
        yield "objective   different, so the values cannot be compared"


def _short(value: object) -> str:
    from seqspec.training.search.text import shown

    return "" if value is None else shown(value)


@command.command("rm")
@click.argument("search", nargs=-1, required=True, shell_complete=search_names)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(search: tuple[str, ...], yes: bool) -> None:
    """Delete searches with their trials."""
    from seqspec.training.search.search_folder import SearchFolder

    with exit_on_run_errors():
        folders = [SearchFolder.open(folder) for folder in search]
        if not yes:
            click.confirm(f"delete {', '.join(visible(folder.path.name) for folder in folders)}?", abort=True)
        for folder in folders:
            with folder.locked():
                pass
            try:
                shutil.rmtree(folder.path)
            except OSError as error:
                raise unwritten(folder.path, error)
