"""The options that select the documents of a command and the findings that are reported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from seqspec.cli.options import add_options, file_names, file_option, painter
from seqspec.core.config.configuration import Configurations
from seqspec.core.config.discovery import DiscoveredFiles, NothingMatches, discover
from seqspec.core.config.settings import ConfigurationError
from seqspec.core.diagnostics.message import counted

if TYPE_CHECKING:
    from seqspec.core.output.text import Lines
    from seqspec.core.syntax.document import Document

F = TypeVar("F", bound=Callable[..., Any])


def selection_options(command: F) -> F:
    """`PATHS...` and the options of the configuration."""
    return add_options(command, _OPTIONS)


_OPTIONS: list[Callable[[F], F]] = [
    click.argument("paths", nargs=-1, shell_complete=file_names, metavar="[PATH]..."),
    file_option(
        "--config",
        "configs",
        multiple=True,
        metavar="FILE|KEY=VALUE",
        help="A configuration file to use instead of discovered ones, or a setting: 'fail-on = \"warning\"'.",
    ),
    click.option("--isolated", is_flag=True, help="Ignore all configuration files."),
    click.option(
        "--select",
        multiple=True,
        metavar="RULES",
        help="Only run these rules: codes, names, prefixes such as SEQ1, or ALL.",
    ),
    click.option("--ignore", multiple=True, metavar="RULES", help="Also ignore these rules."),
    click.option("--extend-select", multiple=True, metavar="RULES", help="Also enable these rules."),
    click.option("--extend-ignore", multiple=True, metavar="RULES", help="The same as --ignore."),
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="Exclude these patterns instead of those configured by exclude.",
    ),
    click.option("--extend-exclude", multiple=True, metavar="PATTERN", help="Also exclude these patterns."),
    click.option(
        "--force-exclude/--no-force-exclude", default=None, help="Apply exclusions also to files passed explicitly."
    ),
    click.option(
        "--respect-gitignore/--no-respect-gitignore", default=None, help="Skip files ignored by git (default)."
    ),
    file_option("--stdin-filename", help="File name to use for standard input (path -)."),
]


def configurations(options: dict[str, Any], **more: object) -> Configurations:
    """The configurations of a run; exits with status 2 if they are invalid.

    `more` holds the options of some commands only; None for one that was not given.
    """
    files = [text for text in options["configs"] if _is_file(text)]
    if len(files) > 1:
        raise click.UsageError(f"--config: {files[0]} and {files[1]}: only one configuration file is allowed")
    given: dict[str, object] = {}
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


def find(paths: tuple[str, ...], settings: Configurations, *, programs: bool = False) -> DiscoveredFiles:
    """The documents that the paths refer to; exits with status 2 if a path refers to none."""
    try:
        return discover(paths, settings, programs=programs)
    except NothingMatches as error:
        raise click.UsageError(str(error))
    except ConfigurationError as error:
        exit_on_configuration(error)


def exit_on_configuration(error: ConfigurationError) -> NoReturn:
    """Prints the violations of a configuration with their locations, and exits with status 2."""
    from seqspec.core.diagnostics.convert import at_source
    from seqspec.core.output.text import full

    paint = painter(sys.stderr)
    for violation in error.violations:
        assert violation.location is not None
        document = violation.location.document
        click.echo(full(at_source(violation, document), _lines_of(document), paint) + "\n", err=True)
    count = len(error.violations)
    click.echo(f"{counted(count, 'error')} in the configuration; aborted", err=True)
    sys.exit(2)


def _lines_of(document: Document) -> Lines:
    return lambda _, number: document.line_text(number)


def _is_file(text: str) -> bool:
    """Whether the value of `--config` is a file name."""
    import os

    return "=" not in text or os.path.exists(text)
