"""`seqspec check`: prints the findings of documents and exits with a documented status."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from seqspec import __version__
from seqspec.cli.check_run import CheckRun, path_in_repository
from seqspec.cli.options import echo_raw, file_names, format_option, output_option, painter, set_option
from seqspec.cli.output import echo_note, progress, write
from seqspec.cli.path_options import configurations, exit_on_configuration, find, selection_options
from seqspec.core.config.settings import FAIL_ON, SEVERITIES, ConfigurationError
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
    from seqspec.core.diagnostics.code import Code


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
@click.option(
    "--min-severity", type=click.Choice(SEVERITIES), help="Minimum severity that is reported.  [default: info]"
)
@click.option(
    "--baseline",
    shell_complete=file_names,
    metavar="FILE",
    help="Baseline of known findings, written by `seqspec baseline`; only new findings count.",
)
@click.option(
    "--policy",
    shell_complete=file_names,
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
@selection_options
@set_option
def command(
    paths: tuple[str, ...],
    data: bool,
    allow_custom: tuple[str, ...],
    watch_: bool,
    unsafe_fixes: bool,
    statistics: bool,
    settings: tuple[str, ...],
    **options: Any,
) -> None:
    """Check specs: report everything that Keras would reject, with its line.

    A PATH is a spec, a Python file or notebook, a folder, a pattern such as 'models/**/*.toml', or - for standard
    input; by default the current folder is searched. The keras.Sequential models of Python files are read without
    executing them. The exit code is 0 if there are no findings at or above the minimum severity, 1 if there are, and
    2 for usage or configuration errors; with --fix it is that of the remaining findings. --diff exits with 1 if a file
    would change.
    """
    printing = {name: options.pop(name) for name in _PRINTING}
    if data:
        sys.exit(_with_data(paths, settings, printing["format_"], allow_custom, options))
    fixing = _fixing(paths, printing["fix"], unsafe_fixes, printing["show_diff"], printing["output"], watch_)
    if statistics and printing["format_"] not in STATISTICS:
        supported = ", ".join(STATISTICS)
        raise click.UsageError(f"--statistics supports the formats {supported}, not {printing['format_']}")
    watched = _watched(paths, [*options["configs"], options["policy"], options["baseline"]]) if watch_ else None
    once = _Check(paths, settings, statistics, fixing, options, watched, **printing)
    if watched is not None:
        from seqspec.cli.watch import watch

        sys.exit(watch(watched, once.run))
    sys.exit(once.run())


@dataclass(frozen=True)
class _Check:
    """What one check does, which `--watch` repeats: options of the command, and `configuration` for those of files."""

    paths: tuple[str, ...]
    settings: tuple[str, ...]
    statistics: bool
    fixing: FixRun | None
    configuration: dict[str, Any]
    watched: Watched | None
    format_: str
    output: str | None
    quiet: bool
    jobs: int | None
    fix: bool
    show_diff: bool
    show_files: bool
    stdin_filename: str | None

    def run(self) -> int:
        """Checks the files as they are now; returns the exit code."""
        configured = configurations(self.configuration, **{key: self.configuration[key] for key in _IN_FILES})
        if self.watched is not None:
            self.watched.configured = configured
        discovered = find(self.paths, configured, programs=True)
        if self.show_files:
            write((f"{visible(file)}\n" for file in discovered.files), self.output)
            return 0
        try:
            run = CheckRun(
                discovered,
                configured,
                stdin_filename=self.stdin_filename,
                set_values=self.settings,
                jobs=self.jobs,
                facts=self.format_ == "json" and not self.statistics,
                fixing=self.fixing,
            )
        except ConfigurationError as error:
            exit_on_configuration(error)
        if not self.quiet:
            for folder in discovered.empty:
                echo_note(f"no specs found in {folder}")
        self._print(run)
        if self.fixing is not None and not self.quiet and self.fixing.summary_line():
            click.echo(self.fixing.summary_line(), err=True)
        if not (self.quiet or run.broken or self.show_diff):
            _note_fixed_findings(run)
        return _exit_code(run, self.fixing, self.show_diff)

    def _print(self, run: CheckRun) -> None:
        # Standard output is for the diff, or for the fixed text of standard input.
        to_stderr = self.show_diff or (self.fix and "-" in self.paths)
        context = RenderContext(
            __version__,
            path_in_repository(),
            painter(sys.stdout) if self.output is None and not to_stderr else plain,
            self.quiet,
            bool(run.baselines),
            help_of,
        )
        render = renderer(self.format_, self.statistics)
        with closing(progress(run.checked(), len(run))) as checked:
            if self.show_diff and not self.statistics:
                deque(checked, maxlen=0)
            else:
                _print_findings(checked, render, context, self.output, to_stderr=to_stderr)


_IN_FILES = ("fail_on", "min_severity", "baseline", "policy")
"""The options of a check alone that configuration files have too."""
_PRINTING = ("format_", "output", "quiet", "jobs", "fix", "show_diff", "show_files", "stdin_filename")
"""The options of a check that no configuration file has."""


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


def _with_data(
    paths: tuple[str, ...], settings: Sequence[str], format_: str, allowed: Sequence[str], options: dict[str, object]
) -> int:
    if format_ not in ("text", "json"):
        raise click.UsageError(f"--data supports the formats text and json, not {format_}")
    if "-" in paths:
        raise click.UsageError("--data needs files: paths of data are relative to the spec")
    from seqspec.cli.command_table import CHECK_DATA, needs_extra

    with needs_extra(CHECK_DATA):
        status: int = CHECK_DATA.load()(list(find(paths, configurations(options)).files), settings, format_, allowed)
    return status


def _fixing(
    paths: Sequence[str], fix: bool, unsafe: bool, diff: bool, output: str | None, watch: bool
) -> FixRun | None:
    if not fix and not diff:
        return None
    if watch:
        raise click.UsageError(f"--watch cannot be combined with {'--fix' if fix else '--diff'}")
    if diff and output is not None:
        raise click.UsageError("--diff cannot be combined with --output")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("with --fix or --diff, - must be the only path")
    from seqspec.cli.fix import FixRun

    return FixRun(unsafe, diff)


def _watched(paths: Sequence[str], named: Iterable[str | None]) -> Watched:
    from seqspec.cli.watch import Watched

    if "-" in paths:
        raise click.UsageError("--watch cannot be used with standard input")
    return Watched(paths, named)


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
    """The documentation of a rule, with the URL of its page if the package declares one."""
    from seqspec.core.linter.rule_docs import explanation

    documented = explanation(rule.code)
    if documented is None or not documented.sections:
        return minimal_help(rule)
    pages = _project_url("Rules")
    return RuleHelp(documented.text(), documented.markdown(), f"{pages.rstrip('/')}/{rule.name}.md" if pages else None)


def _project_url(label: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("keras-seqspec").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    pairs = (url.split(", ", 1) for url in urls)
    return next((address for name, address in pairs if name == label), None)
