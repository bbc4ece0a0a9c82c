"""`seqspec baseline`: records the current findings, so that `seqspec check --baseline` reports only new ones."""

from __future__ import annotations

import os

import click

from seqspec.cli.check_run import CheckRun
from seqspec.cli.options import configurations, exit_on_configuration, file_option, find, selection_options, set_option
from seqspec.cli.output import echo_note, write
from seqspec.core.config.baseline import DEFAULT, Baseline, read_baseline
from seqspec.core.config.settings import ConfigurationError
from seqspec.core.diagnostics.message import counted


@click.command("baseline")
@file_option(
    "--baseline", "file", help=f"The baseline file to write; by default that of the configuration, or {DEFAULT}."
)
@file_option("--policy", metavar="SCHEMA", help="JSON Schema of the project policy, applied to the expanded spec.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
@selection_options
@set_option
def command(
    paths: tuple[str, ...],
    file: str | None,
    policy: str | None,
    quiet: bool,
    stdin_filename: str | None,
    settings: tuple[str, ...],
    **options: object,
) -> None:
    """Record current findings as a baseline, so that `seqspec check --baseline FILE` only reports new ones.

    With `baseline = "FILE"` in the configuration, `seqspec check` does so by itself.

    Entries of files that are not checked now are kept. Findings of unreadable files are never recorded.
    """
    configured = configurations(options, policy=policy)
    discovered = find(paths, configured, programs=True)
    try:
        run = CheckRun(discovered, configured, stdin_filename=stdin_filename, set_values=settings, baselines=False)
        target = file or configured.of_folder(os.getcwd()).baseline or DEFAULT
        baseline = read_baseline(target) if os.path.exists(target) else Baseline(target)
    except ConfigurationError as error:
        exit_on_configuration(error)
    before = len(baseline)
    refused = documents = 0
    for report, applied in run.reports():
        documents += 1
        refused += baseline.add(applied.reported(report), report.file or "", report.line, complete=report.complete)
    gone = baseline.renew()
    write(baseline.text(), target)
    if quiet:
        return
    count = len(baseline)
    shown = os.path.relpath(target)
    counts = f"{counted(count, 'known finding')} ({before:,} before), {counted(documents, 'file')} checked"
    write([f"{shown}: {counts}\n"])
    if configured.of_folder(os.getcwd()).baseline is None:
        echo_note(
            f'seqspec check --baseline {shown} reports only new findings, as does baseline = "{shown}" in seqspec.toml'
        )
    if gone:
        echo_note(f"removed {gone:,} entries of fixed findings")
    if refused:
        echo_note(f"{counted(refused, 'finding')} of unreadable files not added to the baseline; fix them first")
