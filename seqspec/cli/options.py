"""Options and helpers that several commands share, and those that select documents and findings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from seqspec.core.config.configuration import Configurations
from seqspec.core.config.discovery import DiscoveredFiles, NothingMatches, discover
from seqspec.core.config.settings import ConfigurationError
from seqspec.core.diagnostics.message import counted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from seqspec.core.analysis.report import Report
    from seqspec.core.diagnostics.diagnostic import Diagnostic
    from seqspec.core.diagnostics.violation import WrittenDocument
    from seqspec.core.output.text import Lines, Paint
    from seqspec.core.syntax.document import Document


F = TypeVar("F", bound=Callable[..., Any])


def file_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The `shell_complete` of every argument and option that takes a file or a folder."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def dialect_options(of: str, is_new: bool = False) -> Callable[[F], F]:
    """The options for how a table in a file is written, the fields of `Dialect`; `of` ends their helps.

    Args:
        of: What the file is.
        is_new: Whether only those of `seqspec new` are meant.
    """
    from seqspec.core.document.table_formats import TABLE_OPTIONS, option_choices

    declared = sorted(TABLE_OPTIONS.items(), key=lambda item: item[1].place)
    options: list[Callable[[F], F]] = []
    for name, option in declared:
        if is_new and not option.in_new:
            continue
        choices = option_choices(name)
        kind: dict[str, Any] = {"type": click.Choice(choices)} if choices else {"callback": _dialect_value}
        options.append(click.option(f"--{name}", help=option.help.format(of), metavar=option.metavar, **kind))
    return lambda command: add_options(command, options)


def _dialect_value(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """The value of a field of `Dialect`, read as in a spec."""
    from seqspec.core.diagnostics.violation import Violation
    from seqspec.core.document.table_formats import TABLE_OPTIONS, Dialect

    name = str(param.name)
    if text is None:
        return None
    violations: list[Violation] = []
    value = (TABLE_OPTIONS[name].words or {}).get(text, text)
    dialect = Dialect.read({name: value}, violations)
    if violations or dialect is None:
        violation = violations[0]
        statement = str(violation.message).removeprefix(f"{name} ")
        raise click.BadParameter(f"{statement}; {violation.help}" if violation.help else statement)
    return str(getattr(dialect, name))


def format_option(formats: Sequence[str], help: str = "Output format.", default: str | None = None) -> Callable[[F], F]:
    """`--format`, as the parameter `format_`."""
    return click.option("--format", "format_", type=click.Choice(formats), default=default, help=help)


def output_option(help: str, metavar: str = "FILE") -> Callable[[F], F]:
    """`--output`; the value is None for standard output, also if it is `-`."""

    def file_or_stdout(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        return None if value == "-" else value

    return file_option("-o", "--output", callback=file_or_stdout, metavar=metavar, help=help)


def file_option(*names: str, help: str, metavar: str = "FILE", **settings: Any) -> Callable[[F], F]:
    """An option that takes a file or a folder, which shells complete."""
    return click.option(*names, shell_complete=file_names, metavar=metavar, help=help, **settings)


def add_options(command: F, options: Sequence[Callable[[F], F]]) -> F:
    """A command with options, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def set_option(command: F) -> F:
    """`--set NAME=VALUE`, repeatable."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="Override a value of the spec, such as vars.width=64 or layers.head.units=5.",
    )(command)


def read_input(file: str) -> str | Document:
    """The source that a command analyzes: a file name, or the document on standard input for `-`."""
    if file != "-":
        refuse_data(file)
        return file
    from seqspec.core.syntax.limits import LIMITS
    from seqspec.core.syntax.source import parse_bytes

    return parse_bytes(sys.stdin.buffer.read(LIMITS.bytes + 1), "<stdin>", LIMITS)


def refuse_data(file: str) -> None:
    """Raises `click.UsageError` for data in place of a spec, and for URLs."""
    from seqspec.core.frontends.registry import entry_of
    from seqspec.core.syntax.syntax import syntax_of

    if syntax_of(file) is not None or entry_of(file) is not None:
        if "://" in file:
            raise click.UsageError(f"{file} is a URL: download it first")
        return
    if "." not in file and "://" not in file:
        return
    from seqspec.core.document.sources import is_data, unreadable_data

    if is_data(file):
        hint = unreadable_data(file)
        first = "" if hint is None else f" ({hint})"
        label = "" if file.lower().endswith((".npz", ".npy")) else " --label COLUMN"
        name = "FILE" if hint is not None else file
        raise click.UsageError(f"{file} is data, not a spec{first}; write one with `seqspec new --data {name}{label}`")


def echo_raw(text: str, err: bool = False) -> None:
    """Prints a text with its colors, which the caller has decided on."""
    click.echo(text, err=err, color=True)


def painter(stream: IO[str] | None) -> Paint:
    """Colors if the stream is a terminal; NO_COLOR and FORCE_COLOR are respected."""
    from seqspec.core.output.text import ansi, plain

    if os.environ.get("NO_COLOR"):
        return plain
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return ansi
    return ansi if stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb" else plain


def exit_on_errors(report: Report) -> None:
    """Prints the errors of a document and exits with status 1 if there are any."""
    if not report.ok:
        exit_on_findings(report.diagnostics, report.line)


def exit_on_findings(diagnostics: Sequence[Diagnostic], line: Callable[[str | None, int], str]) -> NoReturn:
    """Prints the errors among the findings and ends with status 1."""
    from seqspec.core.diagnostics.message import counted

    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    echo_findings(errors, line)
    click.echo(f"{counted(len(errors), 'error')}; aborted", err=True)
    sys.exit(1)


def echo_findings(diagnostics: Iterable[Diagnostic], line: Callable[[str | None, int], str]) -> None:
    """Prints findings with their excerpts to standard error; `line` returns a line of a file, 1-based."""
    from seqspec.core.output.text import full

    paint = painter(sys.stderr)
    for diagnostic in diagnostics:
        echo_raw(full(diagnostic, line, paint) + "\n", err=True)


def exit_without_file(errors: int) -> NoReturn:
    """Prints the number of errors because of which no file was written, and exits with status 1."""
    from seqspec.core.diagnostics.message import counted

    click.echo(f"{counted(errors, 'error')}; no file written", err=True)
    sys.exit(1)


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
            raises_limits=False,
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


def _lines_of(document: WrittenDocument) -> Lines:
    return lambda _, number: document.line_text(number)


def _is_file(text: str) -> bool:
    """Whether the value of `--config` is a file name."""
    import os

    return "=" not in text or os.path.exists(text)
