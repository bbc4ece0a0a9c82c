"""`seqspec searches`: lists, shows and deletes searches."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.core.output.text import visible
from seqspec.core.syntax.strict_json import to_json
from seqspec.training.commands.search import search_names
from seqspec.training.commands.training_console import echo_visible, exit_on_run_errors, format_option

if TYPE_CHECKING:
    from seqspec.training.search.results import SearchResult
    from seqspec.training.search.search_folder import SearchFolder


@click.group("searches", invoke_without_command=True)
@click.option("--searches", default="searches", show_default=True, metavar="DIR", help="Folder of the searches.")
@click.pass_context
def command(ctx: click.Context, searches: str) -> None:
    """List, show and delete searches."""
    if ctx.invoked_subcommand is None:
        _list(searches, "text")


@command.command("list")
@click.argument("folder", default="searches")
@format_option
def list_searches(folder: str, output: str) -> None:
    """List the searches in a FOLDER (searches by default), oldest first."""
    _list(folder, output)


def _list(folder: str, output: str) -> None:
    with exit_on_run_errors():
        from seqspec.training.search.search_folder import searches_in

        rows = [_row(each) for each in searches_in(Path(folder))]
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
        shown = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        number = f"trial {row['best']}: " if shown else ""
        echo_visible(f"{row['name']:<{width}}  {row['state']:<11}  {row['trials']:>6}  {number}{shown}")


def _row(search: SearchFolder) -> dict[str, object]:
    from seqspec.training.errors import RunError
    from seqspec.training.run_folder.files import DAMAGED
    from seqspec.training.search.results import SearchResult

    result = SearchResult(search)
    try:
        ranked, trials = result.ranked, result.trials
        best = dict(zip(result.objectives, ranked[0].values or ())) if ranked else {}
        return {
            "name": search.path.name, "state": result.state, "started": search.info["started"], "trials": len(trials),
            "best": ranked[0].number if ranked else None, "values": best,
        }  # fmt: skip
    except RunError:
        name = search.path.name
        return {"name": name, "state": DAMAGED, "started": "", "trials": 0, "best": None, "values": {}}


@command.command("show")
@click.argument("search", shell_complete=search_names)
@click.option("--sort", is_flag=True, help="The best trial first.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True,
    help="Output format.",
)  # fmt: skip
def show(search: str, sort: bool, output: str) -> None:
    """Show the trials of one search."""
    from seqspec.training.search.results import load_search, table_text

    with exit_on_run_errors():
        result = load_search(search)
        rows = result.rows()
        if sort:
            order = {trial.number: place for place, trial in enumerate(result.ranked)}
            rows.sort(key=lambda row: order.get(row["number"], len(rows)))
        if output == "json":
            click.echo(to_json(rows, indent=2))
        elif output == "csv":
            click.echo(table_text(rows), nl=False)
        else:
            _show(result, rows)


def _show(result: SearchResult, rows: list[dict[str, object]]) -> None:
    from seqspec.training.run_folder.files import DONE, RUNNING
    from seqspec.training.search.results import shown

    info = result._folder.info
    echo_visible(f"{result.path.name}: {result.state}, started {info['started']}")
    echo_visible(f"spec        {info['spec'] or 'from Python'}")
    echo_visible(f"seed        {info['seed']}")
    for row in rows:
        cells = [f"{key} {shown(value)}" for key, value in row.items() if value is not None and key != "number"]
        echo_visible(f"trial {row['number']:>5}  {'  '.join(cells)}")
    for tested in info["tested"]:
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in tested["result"]["metrics"].items())
        echo_visible(f"test        trial {tested['trial']}: {metrics}")
    if result.state == DONE and info.get("ended") is not None:
        echo_visible(f"ended       {info['ended']}")
    if result.state not in (DONE, RUNNING):
        echo_visible(f"continue with: seqspec search resume {result.path}")


@command.command("rm")
@click.argument("search", nargs=-1, required=True, shell_complete=search_names)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(search: tuple[str, ...], yes: bool) -> None:
    """Delete searches with their trials."""
    from seqspec.training.errors import unwritten
    from seqspec.training.search.search_folder import SearchFolder

    with exit_on_run_errors():
        folders = [SearchFolder.open(each) for each in search]
        if not yes:
            click.confirm(f"delete {', '.join(visible(folder.path.name) for folder in folders)}?", abort=True)
        for folder in folders:
            with folder.locked():
                pass
            try:
                shutil.rmtree(folder.path)
            except OSError as error:
                raise unwritten(folder.path, error)
