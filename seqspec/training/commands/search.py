"""`seqspec search`: searches the best values of a spec, continues a search, and prints its best spec."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import echo_raw, exit_on_errors, file_names, painter, refuse_data, set_option
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import TOML, counted, visible
from seqspec.training.access import Allowed
from seqspec.training.commands.run_options import SpecCommand, logger_option, search_names, weights_option
from seqspec.training.commands.search_progress import SearchProgress
from seqspec.training.commands.training_console import (
    EventOutput,
    allow_data_option,
    echo_visible,
    exit_on_run_errors,
    format_option,
    output_of,
    reading_options,
)
from seqspec.training.events import (
    Event,
    EventHandler,
    RetrainedEvent,
    SearchDoneEvent,
    SearchEvent,
    SearchStoppingEvent,
    SearchTakenEvent,
    TestedEvent,
    TrialEvent,
)

if TYPE_CHECKING:
    from seqspec.core.api.check import Check
    from seqspec.core.api.search import SpaceSummary
    from seqspec.training.records import JsonObject
    from seqspec.training.search.results import Simplest

_DRY_CANDIDATES, _DRY_DRAWN = 20, 200
_OF_SEARCHES = ("list", "show", "compare", "rm")
"""The commands of `seqspec searches`."""


class SearchGroup(click.Group):
    """`search FILE` is short for `search run FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            if args[0] in _OF_SEARCHES and not ctx.resilient_parsing and not os.path.exists(args[0]):
                raise click.UsageError(f"did you mean seqspec searches {args[0]}?", ctx)
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Adds those of `search FILE`."""
        run = self.commands["run"]
        with formatter.section("Options of seqspec search FILE"):
            records = [param.get_help_record(ctx) for param in run.params if isinstance(param, click.Option)]
            formatter.write_dl([record for record in records if record is not None])
        super().format_options(ctx, formatter)


class SearchOutput(EventOutput):
    """The plan, a line per trial, and the best; on a terminal also a line with the trials that are running."""

    def __init__(self, has_line: bool = True) -> None:
        is_live = has_line and sys.stderr.isatty() and sys.stdout.isatty()
        self._progress = SearchProgress() if is_live else None
        self._columns: list[int] = []
        self._begun = time.monotonic()
        self._width = 1
        self._names: list[str] = []
        self._retrained: RetrainedEvent | None = None
        self._test: TestedEvent | None = None

    def receive(self, event: Event) -> None:
        """Shows an event."""
        if self._progress is not None:
            self._progress.record(event)
        with self._progress.hidden() if self._progress is not None and self.shows(event) else nullcontext():
            super().receive(event)

    def close(self) -> None:
        """Removes the line with the running trials."""
        if self._progress is not None:
            self._progress.stop()

    def _show_search(self, event: SearchEvent) -> None:
        self._width = len(str(event.trials))
        self._names = [name for name, _ in event.objectives]
        goals = ", ".join(f"{name} ({direction})" for name, direction in event.objectives)
        step = "fold 1" if event.folds else f"epoch {event.min_epochs}"
        pruner = "" if event.pruner == "none" else f"; {event.pruner} from {step}"
        echo_visible(_space_line(event.space))
        echo_visible(f"objective   {goals}{pruner}")
        sets = event.sets
        used = "" if event.final == "none" else " until the end"
        held = f"; test {sets['test']:,}, not used{used}" if "test" in sets else ""
        shown = ", ".join(f"{name} {count:,}" for name, count in sets.items() if name != "test")
        folds = f" in {event.folds} folds" if event.folds else ""
        echo_visible(f"data        {shown} samples{folds}{held}")
        if event.repeats > 1:
            echo_visible(f"repeats     {event.repeats} trainings of each candidate")
        echo_visible(f"folder      {event.folder}")

    def _show_trial(self, event: TrialEvent) -> None:
        from seqspec.training.run_folder.files import DONE

        fields = event.record
        row = fields["trial"]
        shown = _values(row, self._names, fields.get("standard_errors"))
        cells = [f"trial {row['number']:>{self._width}}", shown or row["state"]]
        cells.append(_size(row, self._names))
        cells += [counted(row["epochs"], "epoch"), f"{row['seconds']:.1f} s"]
        self._columns = [max(pair) for pair in zip_longest(self._columns, map(len, cells), fillvalue=0)]
        # The values are aligned at their names, what is counted at its unit.
        padded = [
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, self._columns))
            if width
        ]
        line = "  ".join(padded)
        if row["state"] != DONE and _values(row, self._names):
            line += f"  {row['state']}"
        if fields["error"] is not None:
            line += f": {fields['error']}"
        echo_raw(visible(line.rstrip()) + (painter(sys.stdout)("  new best", "bold") if fields["best"] else ""))

    def _show_search_stopping(self, event: SearchStoppingEvent) -> None:
        click.echo("interrupted: waiting for the checkpoints of the running trials", err=True)

    def _show_search_taken(self, event: SearchTakenEvent) -> None:
        fields = event.record
        echo_visible(f"taken over  {fields['taken']:,} of {counted(fields['trials'], 'trial')} of {fields['from']}")

    def _show_retrained(self, event: RetrainedEvent) -> None:
        self._retrained = event

    def _show_test(self, event: TestedEvent) -> None:
        self._test = event

    def _show_search_done(self, event: SearchDoneEvent) -> None:
        if event.ended is not None:
            echo_visible(f"ended       after {event.trials:,} of {event.budget:,} trials: {event.ended}")
        best = event.best
        known = ", ".join(filter(None, [_values(best, self._names), _size(best, self._names)]))
        echo_visible(f"best        trial {best['number']}{by_first(self._names)}: {known}")
        if event.pareto:
            echo_visible(f"pareto      trials {', '.join(map(str, sorted(event.pareto)))}")
        echo_visible(f"rejected    {rejected_text(event.rejected, event.equal)}")
        tested, final = self._test, self._retrained
        if tested is not None and tested.result is None:
            echo_visible("test        none: the value of the best trial is optimistic, since it was chosen by it")
        elif tested is not None and tested.result is not None:
            metrics = "  ".join(f"{name} {value:.4g}" for name, value in tested.result["metrics"].items())
            times = tested.evaluations
            once = "evaluated once" if times == 1 else f"evaluation {times} of a trial on the test set"
            echo_visible(f"test        {metrics} (trial {tested.trial}, {once})", None if times == 1 else "warning")
        if final is not None:
            what = f"trained on training and validation set for {counted(final.epochs, 'epoch')}"
            echo_visible(f"final       {final.folder}: {what}")
        echo_visible(f"spec        {event.spec}")
        echo_visible(f"report      {event.report}")
        echo_visible(f"done in {time.monotonic() - self._begun:.1f} s")


def _space_line(space: SpaceSummary) -> str:
    how = "checked" if space["exact"] else "drawn"
    share = f"{space['valid']:,} of {space['combinations']:,} combinations {how} can be trained"
    return f"space       {counted(space['parameters'], 'parameter')}; {share}"


def rejected_text(rejected: Mapping[str, int], equal: int) -> str:
    """How many candidates were rejected, the most frequent reasons first, and how many are equal to earlier ones."""
    reasons = ", ".join(
        f"{rule} {count:,}" for rule, count in sorted(rejected.items(), key=lambda rejected: -rejected[1])
    )
    shown = f" ({reasons})" if reasons else ""
    return f"{counted(sum(rejected.values()), 'candidate')}{shown}; {equal:,} equal to earlier ones"


def by_first(names: Sequence[str]) -> str:
    """By which of several objectives a trial is the best."""
    return f" by {names[0]}" if len(names) > 1 else ""


def _size(row: JsonObject, names: Sequence[str]) -> str:
    """The parameters of a trial, unless they are an objective."""
    return "" if row["params"] is None or "params" in names else f"{row['params']:,} parameters"


def _values(row: JsonObject, names: list[str], errors: Sequence[float] | None = None) -> str:
    from seqspec.training.search.text import shown

    bounds = {name: f" ± {error:.2g}" for name, error in zip(names, errors or ()) if error}
    return "  ".join(f"{name} {shown(row[name])}{bounds.get(name, '')}" for name in names if row.get(name) is not None)


_workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Trials that are trained at a time, each in its process.",
)
_per_device_option = click.option(
    "--per-device", type=click.IntRange(min=1), metavar="N", help="Each GPU serves N of the workers."
)
_engine_option = click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="ray: the workers are actors of the cluster of RAY_ADDRESS; searches are on storage that all machines see.",
)


@click.group("search", cls=SearchGroup)
def command() -> None:
    """Search the best values of a spec with [search], in a new folder: seqspec search FILE.

    The exit code is that of train; 130 if the search was interrupted (it can be resumed).
    """


def _duration(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The `callback` of a duration, which is reported at its option."""
    from seqspec.core.api.search import seconds

    try:
        if value is not None:
            seconds(value)
    except Violation as violation:
        raise click.BadParameter(str(violation.statement), ctx, param)
    return value


_time_option = click.option(
    "--time",
    "limit",
    callback=_duration,
    metavar="DURATION",
    help="No trial starts after this time of all starts together, such as 2h or 30min.",
)


@command.command("run", cls=SpecCommand)
@click.argument("file", shell_complete=file_names)
@click.option("--trials", type=click.IntRange(min=1), metavar="N", help="Short for --set search.trials=N.")
@_time_option
@click.option(
    "--searches", default="searches", show_default=True, metavar="DIR", help="Folder that searches are created in."
)
@click.option("--name", metavar="NAME", help="First part of the folder's name; by default that of the spec.")
@click.option("--dry-run", is_flag=True, help="Print the data, the space and some candidates, without training.")
@weights_option
@click.option(
    "--from",
    "start_from",
    metavar="SEARCH",
    shell_complete=search_names,
    help="Take over the trials of another search that lie in the space.",
)
@_workers_option
@_per_device_option
@_engine_option
@reading_options
@format_option
@logger_option
@set_option
def run(
    file: str,
    trials: int | None,
    limit: str | None,
    searches: str,
    name: str | None,
    dry_run: bool,
    weights: str,
    start_from: str | None,
    workers: int,
    per_device: int | None,
    engine: str,
    allow_custom: tuple[str, ...],
    allow_data: tuple[str, ...],
    output: str,
    loggers: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Search the best values of the spec FILE, in a new folder."""
    from seqspec.core.api.check import Check
    from seqspec.core.api.search import has_only_budgets

    refuse_data(file)
    short = {"trials": trials, "time": limit}
    own = [f"search.{key}={TOML.value(value)}" for key, value in short.items() if value is not None]
    check = Check.of(file, settings=(*settings, *own))
    if not check.linted.ok and not has_only_budgets(check):
        # With those of the space.
        exit_on_errors(check.report)
    from seqspec.training.search.api import search_checked
    from seqspec.training.search.places import SearchConcurrency

    with exit_on_run_errors(check.linted.line), closing(output_of(output, SearchOutput)) as report:
        if dry_run:
            _dry_run(check, allow_custom, allow_data, report.receive)
            return
        search_checked(
            check, searches=searches, name=name, allow_custom=allow_custom, allow_data=allow_data,
            download=weights != "none", start_from=start_from, places=SearchConcurrency(workers, per_device, engine),
            loggers=loggers, report=report.receive,
        )  # fmt: skip


@command.command("resume")
@click.argument("search", shell_complete=search_names)
@click.option("--trials", type=click.IntRange(min=1), metavar="N", help="Add N trials, also to a search that is done.")
@_time_option
@_workers_option
@_per_device_option
@_engine_option
@allow_data_option
@format_option
def resume(
    search: str,
    trials: int | None,
    limit: str | None,
    workers: int,
    per_device: int | None,
    engine: str,
    allow_data: tuple[str, ...],
    output: str,
) -> None:
    """Continue a search that was interrupted, killed or ended by a budget, or add trials to one that is done.

    Trials continue from their checkpoints. A changed document, data set or Keras is refused.
    """
    from seqspec.training.search.api import resume_search

    with exit_on_run_errors(), closing(output_of(output, SearchOutput)) as report:
        resume_search(
            search, trials=trials or 0, time=limit, allow_data=allow_data, workers=workers, per_device=per_device,
            engine=engine, report=report,
        )  # fmt: skip


@command.command("best")
@click.argument("search", shell_complete=search_names)
@click.option("-o", "--output", "path", metavar="FILE", help="Write it to a new file, .toml or .json.")
@click.option("--force", is_flag=True, help="With -o: overwrite an existing file.")
@click.option("--trial", type=click.IntRange(min=1), metavar="N", help="The spec of another trial.")
@click.option("--simplest", is_flag=True, help="The trial with the fewest parameters within one standard error.")
def best(search: str, path: str | None, force: bool, trial: int | None, simplest: bool) -> None:
    """Print the spec of the best trial: the document as written, with its values.

    The standard error is that of repeats or folds, or else from the interval of the metric on the validation set.
    """
    from seqspec.cli.commands.new import write_or_exit
    from seqspec.training.search.api import spec_text
    from seqspec.training.search.results import load_search

    if force and path is None:
        raise click.UsageError("--force requires -o")
    if simplest and trial is not None:
        raise click.UsageError("--simplest and --trial exclude each other")
    if path is not None and not path.endswith((".toml", ".json")):
        raise click.UsageError(f"--output {visible(path)}: a spec must end in .toml or .json")
    with exit_on_run_errors():
        result = load_search(search)
        if simplest:
            chosen_trial = result.simplest
            trial = chosen_trial.trial.number
            click.echo(visible(simplest_text(chosen_trial, result.objectives[0])), err=True)
        spec = spec_text(result, trial, None if path is None else os.path.splitext(path)[1][1:])
    if path is None:
        click.echo(spec.text, nl=False)
        return
    write_or_exit(Path(path), spec.text, force)
    number = result.best.number if trial is None else trial
    echo_visible(f"{path}: trial {number} of {result.path}")
    if spec.lost:
        click.echo(f"{visible(path)}: JSON has no comments; dropped {counted(len(spec.lost), 'comment')}", err=True)


def simplest_text(simplest: Simplest, name: str) -> str:
    """The smallest trial within one standard error of the best, and where the error is from."""
    trial, best = simplest.trial, simplest.best
    assert trial.values is not None and best.values is not None
    params = f"{trial.sizes['params']:,} parameters" if trial.sizes.get("params") is not None else "unknown size"
    if trial.number == best.number:
        unbeaten = f"no smaller one is within {simplest.error:.2g}, {simplest.source}"
        return f"trial {trial.number}, the best: {params}; {unbeaten}"
    return (
        f"trial {trial.number}: {name} {trial.values[0]:.4g}, {params}; within one standard error "
        f"({simplest.error:.2g}, {simplest.source}) of trial {best.number}: {best.values[0]:.4g}, "
        f"{best.sizes.get('params') or 0:,} parameters"
    )


def _dry_run(check: Check, allow_custom: tuple[str, ...], allow_data: tuple[str, ...], report: EventHandler) -> None:
    import random

    from seqspec.core.api.search import drawn
    from seqspec.training.search.jobs import read_search_data
    from seqspec.training.search.plan import plan_of, seed_in
    from seqspec.training.search.text import shown

    plan = plan_of(check, seed_in(check) or 0, None, allow_custom, True, Allowed(allow_data), report=report)
    data = read_search_data(plan, report)
    echo_visible(_space_line(plan.space))
    for name, shape in data.facts().shapes.items():
        echo_visible(f"{name:<11} {shape[0]:,} samples of shape {shape[1:]}")
    generator = random.Random(plan.seed)
    candidates = [drawn(plan.search.space, generator) for _ in range(_DRY_DRAWN)]
    different = {tuple(candidate.chosen.items()): candidate for candidate in candidates}
    for candidate in list(different.values())[:_DRY_CANDIDATES]:
        checked = plan.checker.checked(candidate)
        reason, params = checked.reason, checked.sizes.get("params")
        what = f"{params or 0:,} parameters" if reason is None else f"rejected: {reason.rule} {reason.name}"
        values = "  ".join(f"{key} {shown(value)}" for key, value in checked.candidate.chosen.items())
        echo_visible(f"candidate   {values}: {what}")
