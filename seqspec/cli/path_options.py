"""The options that say which documents a command takes and which of their findings count."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, TypeVar

import click

from seqspec.cli.options import file_names, painter
from seqspec.config.config_layer import ConfigurationError
from seqspec.config.configuration import Configurations
from seqspec.config.discovery import Found, NothingMatches, discover

F = TypeVar("F", bound=Callable[..., Any])


def selection_options(command: F) -> F:
    """`PATHS...` and the options of the configuration."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: list[Callable[[F], F]] = [
    click.argument("paths", nargs=-1, shell_complete=file_names, metavar="[PATH]..."),
    click.option(
        "--config",
        "configs",
        multiple=True,
        shell_complete=file_names,
        metavar="FILE|KEY=VALUE",
        help="A configuration in place of those that are found, or one value over them: 'fail-on = \"warning\"'.",
    ),
    click.option("--isolated", is_flag=True, help="Look for no configuration."),
    click.option("--select", multiple=True, metavar="RULES", help="Tell these rules alone: codes, names, SEQ1, ALL."),
    click.option("--ignore", multiple=True, metavar="RULES", help="Do not tell these rules either."),
    click.option("--extend-select", multiple=True, metavar="RULES", help="Tell these rules too."),
    click.option("--extend-ignore", multiple=True, metavar="RULES", help="Also ignore these rules."),
    click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out these in place of those of exclude."),
    click.option("--extend-exclude", multiple=True, metavar="PATTERN", help="Leave out these files and folders too."),
    click.option(
        "--force-exclude/--no-force-exclude", default=None, help="Leave out excluded files also where they are named."
    ),
    click.option(
        "--respect-gitignore/--no-respect-gitignore", default=None, help="Leave out what git ignores (default)."
    ),
    click.option(
        "--stdin-filename",
        shell_complete=file_names,
        metavar="FILE",
        help="The name of what is read from standard input for the path -.",
    ),
]

OPTIONS = (
    "configs",
    "isolated",
    "select",
    "ignore",
    "extend_select",
    "extend_ignore",
    "exclude",
    "extend_exclude",
    "force_exclude",
    "respect_gitignore",
)


class Selection(NamedTuple):
    """What the options say."""

    configurations: Configurations
    found: Found


def configurations(options: dict[str, Any], **more: Any) -> Configurations:
    """The configurations of a run; ends with status 2 and the places of what is wrong with them.

    `more` are values of options that only some commands have; None where one was not given.
    """
    files = [text for text in options["configs"] if _is_file(text)]
    if len(files) > 1:
        raise click.UsageError(f"--config: {files[0]} and {files[1]}: one file configures a run")
    given: dict[str, Any] = {}
    for key in ("select", "ignore", "extend_select", "extend_ignore"):
        if options[key]:
            given[key] = [name.strip() for text in options[key] for name in text.split(",")]
    for key in ("exclude", "extend_exclude"):
        if options[key]:
            given[key] = list(options[key])
    given |= {key: options[key] for key in ("force_exclude", "respect_gitignore") if options[key] is not None}
    given |= {key: value for key, value in more.items() if value is not None}
    try:
        return Configurations(
            files[0] if files else None,
            isolated=options["isolated"],
            assignments=[text for text in options["configs"] if not _is_file(text)],
            options={key.replace("_", "-"): value for key, value in given.items()},
        )
    except ConfigurationError as error:
        exit_on_configuration(error)


def find(paths: tuple[str, ...], settings: Configurations, *, programs: bool = False) -> Found:
    """The documents that the paths name; ends with status 2 where one of them names none."""
    try:
        return discover(paths, settings, programs=programs)
    except NothingMatches as error:
        raise click.UsageError(str(error))
    except ConfigurationError as error:
        exit_on_configuration(error)


def exit_on_configuration(error: ConfigurationError) -> NoReturn:
    """Prints what is wrong with a configuration, at its place, and ends with status 2."""
    from seqspec.config.diagnostics import diagnostics
    from seqspec.output.text import full

    paint = painter(sys.stderr)
    for diagnostic, line in diagnostics(error.violations):
        click.echo(full(diagnostic, line, paint) + "\n", err=True)
    count = len(error.violations)
    click.echo(f"{count} error{'' if count == 1 else 's'} in the configuration; nothing was done", err=True)
    sys.exit(2)


def _is_file(text: str) -> bool:
    """Whether the value of `--config` names a file."""
    import os

    return "=" not in text or os.path.exists(text)
