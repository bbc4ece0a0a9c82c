"""`seqspec check`: prints the findings of documents and exits with a documented status."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from seqspec import __version__
from seqspec.cli.check_run import CheckRun, path_in_repository
from seqspec.cli.options import (
    configurations,
    echo_raw,
    exit_on_configuration,
    file_option,
    find,
    format_option,
    output_option,
    painter,
    refuse_data,
    selection_options,
    set_option,
)
from seqspec.cli.output import echo_note, progress, write
from seqspec.core.config.settings import FAIL_ON, ConfigurationError
from seqspec.core.diagnostics.coverage import LEVELS
from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.output.base import (
    FORMATS,
    STATISTICS,
    CheckedDocument,
    Render,
    RenderContext,
    RuleHelp,
    minimal_help,
    renderer,
)
from seqspec.core.output.text import plain, visible

if TYPE_CHECKING:
    from seqspec.cli.fix import FixRun
    from seqspec.cli.watch import Watched
    from seqspec.core.config.configuration import Configurations
    from seqspec.core.diagnostics.codes import Code


@click.command("check")
@format_option(list(FORMATS), "Output format of the findings.", default="text")
@output_option("Write the findings to this file, atomically.")
@click.option("-q", "--quiet", is_flag=True, help="Print only findings, without a summary.")
@click.option("--statistics", is_flag=True, help="Print the number of findings per rule.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="Minimum severity that makes the command fail (exit code 1).  [default: error]",
)
@click.option("--keras", metavar="VERSION", help="Version of Keras that Python programs are for.")
@click.option("-v", "--verbose", is_flag=True, help="Also print which Keras each Python program is for, and why.")
@click.option(
    "--fail-on-unchecked",
    type=click.Choice(LEVELS[:-1]),
    is_flag=False,
    flag_value="full",
    metavar="[LEVEL]",
    help="Fail if a model in a Python file is checked below this level: full (the default), graph, calls, settings.",
)
@click.option(
    "--min-severity", type=click.Choice(SEVERITIES), help="Minimum severity that is reported.  [default: info]"
)
@file_option("--baseline", help="Baseline of known findings, written by `seqspec baseline`; only new findings count.")
@file_option(
    "--policy",
    metavar="SCHEMA",
    help="JSON Schema of the project policy, applied to the expanded spec; by default that of the configuration.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes.  [default: 1 for up to a few hundred files, otherwise one per CPU]",
)
@click.option("--fix", is_flag=True, help="Apply safe fixes, which never change the meaning of a valid spec.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also apply unsafe fixes; review the result.")
@click.option("--diff", "show_diff", is_flag=True, help="Print the changes of --fix as a diff without writing files.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked, without checking them.")
@click.option("--watch", "watch_", is_flag=True, help="Watch for changes and re-check until Ctrl-C.")
@click.option("--data", is_flag=True, help="Read the training data too: sizes, ranges, classes, leakage.")
@click.option("--allow-custom", multiple=True, metavar="MODULE", help="With --data: a module that a source may import.")
@file_option(
    "--allow-data",
    multiple=True,
    metavar="FOLDER",
    help="With --data: a folder outside of the project that a spec may read data from.",
)
@click.option(
    "--space",
    type=click.IntRange(min=1),
    metavar="N",
    help="Combinations of [search.space] that are drawn; by default all that differ where these are at most 500.",
)
@selection_options
@set_option
def command(**options: Any) -> None:
    """Check specs: report everything that Keras would reject, with its line.

    A PATH is a spec, a Python file or notebook, a folder, a pattern such as 'models/**/*.toml', or - for standard
    input; by default the current folder is searched. The keras.Sequential models of Python files are read without
    executing them. The exit code is 0 if there are no findings at or above the minimum severity, 1 if there are, and
    2 for usage or configuration errors; with --fix it is that of the remaining findings. --diff exits with 1 if a file
    would change.
    """
    given = _Options(**{name: options.pop(name) for name in _Options._fields})
    for path in given.paths:
        refuse_data(path)
    if given.data:
        sys.exit(_with_data(given, options))
    if given.statistics and given.format_ not in STATISTICS:
        raise click.UsageError(f"--statistics supports the formats {', '.join(STATISTICS)}, not {given.format_}")
    check = _Check(given, options, _fixing(given), _watched(given, options["configs"]) if given.watch_ else None)
    if check.watched is not None:
        from seqspec.cli.watch import watch

        sys.exit(watch(check.watched, check.run))
    sys.exit(check.run())


_WITHOUT_COVERAGE = ("concise", "jsonl", "gitlab", "rdjsonl")
"""The formats that list findings only."""


_FORMATS_WITH_FACTS = ("text", "json")
"""The formats that show what was measured in the data, beside the findings."""


class _Options(NamedTuple):
    """The options of this command alone, by the names of their parameters."""

    paths: tuple[str, ...]
    format_: str
    output: str | None
    quiet: bool
    statistics: bool
    fail_on: str | None
    fail_on_unchecked: str | None
    keras: str | None
    verbose: bool
    min_severity: str | None
    baseline: str | None
    policy: str | None
    jobs: int | None
    fix: bool
    unsafe_fixes: bool
    show_diff: bool
    show_files: bool
    watch_: bool
    data: bool
    allow_custom: tuple[str, ...]
    allow_data: tuple[str, ...]
    space: int | None
    stdin_filename: str | None
    settings: tuple[str, ...]


class _Check(NamedTuple):
    """One check of the files as they are, which `--watch` repeats.

    Attributes:
        options: The options of the command.
        selection: Those that select files and rules, which other commands have too.
        fixing: How fixes are applied; None without them.
        watched: What is watched; None without `--watch`.
    """

    options: _Options
    selection: dict[str, object]
    fixing: FixRun | None
    watched: Watched | None

    def run(self) -> int:
        """Checks the files as they are now; returns the exit code."""
        options = self.options
        configured = _configured(options, self.selection)
        if self.watched is not None:
            self.watched.configured = configured
        discovered = find(options.paths, configured, programs=True)
        if options.show_files:
            write((f"{visible(file)}\n" for file in discovered.files), options.output)
            return 0
        try:
            run = CheckRun(
                discovered,
                configured,
                stdin_filename=options.stdin_filename,
                set_values=options.settings,
                space=options.space,
                jobs=options.jobs,
                facts=options.format_ == "json" and not options.statistics,
                fixing=self.fixing,
            )
        except ConfigurationError as error:
            exit_on_configuration(error)
        if not options.quiet:
            for folder in discovered.empty:
                echo_note(f"no specs found in {folder}")
        self._print(run)
        if self.fixing is not None and not options.quiet and self.fixing.summary_line():
            click.echo(self.fixing.summary_line(), err=True)
        if run.incomplete and not options.quiet and options.format_ in _WITHOUT_COVERAGE:
            echo_note("not everything was checked; --format text lists what was not")
        if options.verbose:
            for file, target in run.targets:
                verb = "checked" if target.is_assumed else "written"
                echo_note(f"{file} is {verb} for {target}")
        if not (options.quiet or run.broken or options.show_diff):
            _note_fixed_findings(run)
        return _exit_code(run, self.fixing, options.show_diff)

    def _print(self, run: CheckRun) -> None:
        options = self.options
        to_stderr = _prints_to_stderr(options)
        context = _context(options, baseline=bool(run.baselines))
        render = renderer(options.format_, options.statistics)
        with closing(progress(run.checked(), len(run))) as checked:
            if options.show_diff and not options.statistics:
                deque(checked, maxlen=0)
            else:
                _print_findings(checked, render, context, options.output, to_stderr=to_stderr)


def _prints_to_stderr(options: _Options) -> bool:
    """Whether standard output is for the diff, or for the fixed text of standard input."""
    return options.show_diff or (options.fix and "-" in options.paths)


def _context(options: _Options, *, baseline: bool = False) -> RenderContext:
    paint = painter(sys.stdout) if options.output is None and not _prints_to_stderr(options) else plain
    return RenderContext(__version__, path_in_repository(), paint, options.quiet, baseline, help_of)


def _print_findings(
    checked: Iterable[CheckedDocument], render: Render, context: RenderContext, output: str | None, *, to_stderr: bool
) -> None:
    if output is not None:
        _write_file(checked, render, context, output)
    elif to_stderr:
        for piece in render(checked, context):
            echo_raw(piece.removesuffix("\n"), err=True)
    else:
        write(render(checked, context))


def _note_fixed_findings(run: CheckRun) -> None:
    """Notes the findings of baselines that no longer occur."""
    for baseline in run.baselines.values():
        if baseline.gone():
            file = os.path.relpath(baseline.file)
            echo_note(
                f"{baseline.gone():,} baseline findings are fixed; remove them from {file} with `seqspec baseline`"
            )


def _exit_code(run: CheckRun, fixing: FixRun | None, show_diff: bool) -> int:
    if run.broken:
        return 2
    if fixing is not None and show_diff:
        return int(fixing.documents > 0 or fixing.failed)
    return int(run.failed or (fixing is not None and fixing.failed))


def _with_data(options: _Options, selection: dict[str, object]) -> int:
    if "-" in options.paths:
        raise click.UsageError("--data needs files: paths of data are relative to the spec")
    own = options.format_ in _FORMATS_WITH_FACTS
    for name, value in (
        ("watch", options.watch_),
        ("statistics", options.statistics),
        (f"output and --format {options.format_}", own and options.output),
    ):
        if value:
            raise click.UsageError(f"--data cannot be combined with --{name}")

    def print_findings(checked: Iterable[CheckedDocument]) -> None:
        render, context = renderer(options.format_), _context(options)
        _print_findings(checked, render, context, options.output, to_stderr=options.show_diff)

    from seqspec.cli.command_table import CHECK_DATA, needs_extra
    from seqspec.core.config.effective import EffectiveConfigurations

    fixing = _fixing(options)
    with needs_extra(CHECK_DATA):
        configured = _configured(options, selection)
        files = list(find(options.paths, configured).files)
        allowed = (options.allow_custom, options.allow_data, configured)
        effective = EffectiveConfigurations(configured)
        try:
            printing = None if own else print_findings
            status: int = CHECK_DATA.load()(
                files, options.settings, options.format_, *allowed, effective, fixing, printing
            )
        except ConfigurationError as error:
            exit_on_configuration(error)
    if fixing is None:
        return status
    if not options.quiet and fixing.summary_line():
        click.echo(fixing.summary_line(), err=True)
    return int(fixing.documents > 0 or fixing.failed) if options.show_diff else status or int(fixing.failed)


def _configured(options: _Options, selection: dict[str, object]) -> Configurations:
    return configurations(
        selection,
        fail_on=options.fail_on,
        fail_on_unchecked=options.fail_on_unchecked,
        keras=options.keras,
        min_severity=options.min_severity,
        baseline=options.baseline,
        policy=options.policy,
    )


def _fixing(options: _Options) -> FixRun | None:
    if not options.fix and not options.show_diff:
        return None
    if options.watch_:
        raise click.UsageError(f"--watch cannot be combined with {'--fix' if options.fix else '--diff'}")
    if options.show_diff and options.output is not None:
        raise click.UsageError("--diff cannot be combined with --output")
    if "-" in options.paths and len(options.paths) > 1:
        raise click.UsageError("with --fix or --diff, - must be the only path")
    from seqspec.cli.fix import FixRun

    return FixRun(options.unsafe_fixes, options.show_diff)


def _watched(options: _Options, configs: Sequence[str]) -> Watched:
    from seqspec.cli.watch import Watched

    if "-" in options.paths:
        raise click.UsageError("--watch cannot be used with standard input")
    return Watched(options.paths, [*configs, options.policy, options.baseline])


def _write_file(checked: Iterable[CheckedDocument], render: Render, context: RenderContext, output: str) -> None:
    """Writes the findings to a file and their summary to standard output."""
    from seqspec.core.output.base import RunSummary

    tally = RunSummary()

    def counted() -> Iterator[CheckedDocument]:
        for document in checked:
            tally.add(document)
            yield document

    write(render(counted(), context), output)
    if not context.quiet:
        write([f"{tally.summary_line()}; see {output}\n"])


def help_of(rule: Code) -> RuleHelp:
    """The documentation of a rule, with the URL of its page unless a plugin declares it."""
    from seqspec.core.check.rule_docs import explanation
    from seqspec.core.diagnostics.codes import family

    documented = explanation(rule.code)
    if documented is None or not documented.sections:
        return minimal_help(rule)
    pages = _documentation_url() if family(rule.code) else None
    return RuleHelp(documented.text(), documented.markdown(), pages and f"{pages}/rules/{rule.name}.md")


def _documentation_url() -> str | None:
    """The address of `docs/` in the repository; None where the package is not installed, as in an archive of it."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("keras-seqspec").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    pairs = (url.split(", ", 1) for url in urls)
    return next((address.rstrip("/") for label, address in pairs if label == "Documentation"), None)
