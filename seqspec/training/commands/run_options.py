"""Arguments and options of the commands that train, or work on runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqspec.cli.options import add_options, dialect_options
from seqspec.core.api.messages import visible
from seqspec.training.errors import DataError
from seqspec.training.run_folder.names import RUNS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from seqspec.training.run import Run

F = TypeVar("F", bound=Callable[..., Any])


class RunCommand(click.Command):
    """A command whose arguments name runs: `-1` is the last run, and not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        arguments = [
            os.path.join(RUNS, argument) if re.fullmatch(r"-[1-9]\d*", argument) else argument for argument in args
        ]
        return super().parse_args(ctx, arguments)


class SpecCommand(click.Command):
    """A command that reads a spec, which says how a setting is written that is not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from seqspec.core.api.spec import Compile, Fit

        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            key = error.option_name.lstrip("-").replace("-", "_")
            table = "compile" if key in Compile.model_fields else "fit" if key in Fit.model_fields else None
            if table is None:
                raise
            raise click.UsageError(f"no option {error.option_name}: write --set {table}.{key}=VALUE", ctx)


def _names_in(folder: str, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The `shell_complete` of an argument that names a run or a search: those in a folder, or any path."""
    from click.shell_completion import CompletionItem

    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    completions = [CompletionItem(name) for name in ("latest", *names) if name.startswith(incomplete)]
    return completions or [CompletionItem(incomplete, type="file")]


run_names, search_names = partial(_names_in, RUNS), partial(_names_in, "searches")


def written_options(command: F) -> F:
    """The options for how a file is written where it is not as in training: a parameter for each field of `Dialect`."""
    return dialect_options("of the FILE, where it is not that of the training data")(command)


def best_option(command: F) -> F:
    """`--best/--final`, as the parameter `best`."""
    return click.option(
        "--best/--final",
        default=None,
        help="The model of the best epoch, or the one at the end of training; by default the best where the spec has "
        "[save] best.",
    )(command)


weights_option = click.option(
    "--weights",
    type=click.Choice(["declared", "none"]),
    default="declared",
    show_default=True,
    help="none: base models start with random weights, nothing is downloaded.",
)


def placement_options(command: F) -> F:
    """Adds `--devices`, `--engine` and `--workers`."""
    return add_options(command, (
        click.option("--devices", type=click.IntRange(min=1), metavar="N",
                     help="Devices of this machine, or of each worker."),
        click.option("--engine", type=click.Choice(["local", "ray", "jax"]), help="ray: Ray starts the workers. "
                     "jax: this is one of the processes that srun or mpirun started."),
        click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Worker processes, for --engine ray."),
    ))  # fmt: skip


def logger_option(command: F) -> F:
    """`--logger`, as the parameter `loggers`."""
    return click.option(
        "--logger",
        "loggers",
        multiple=True,
        metavar="NAME",
        callback=_existing_loggers,
        help="Also log to tensorboard, mlflow or wandb, or to a logger of a plugin.",
    )(command)


def _existing_loggers(context: click.Context, option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    if names:
        from seqspec.training.loggers.group import unknown_logger

        for name in names:
            unknown = unknown_logger(name)
            if unknown is not None:
                raise click.BadParameter(f"{unknown.message}; {unknown.help}")
    return names


@contextmanager
def name_run_on_errors(run: Run) -> Iterator[None]:
    """Prints the name of the run whose model is used where the data does not fit it."""
    try:
        yield
    except DataError:
        click.echo(f"{'run':<11} {visible(run.path.name)}", err=True)
        raise


def say_model(run: Run, best: bool | None, *, err: bool = False) -> None:
    """Prints which model is used."""
    click.echo(f"{'model':<11} {visible(run.describe_model(best))}", err=err)
