"""`seqspec baseline`: takes today's findings as known, so that `seqspec check --baseline` fails on new ones only."""

from __future__ import annotations

import os

import click

from seqspec.cli.check_run import Run
from seqspec.cli.options import file_names, set_option
from seqspec.cli.output import counted, tell, write
from seqspec.cli.path_options import configurations, exit_on_configuration, find, selection_options
from seqspec.config.baseline import DEFAULT, Baseline, read_baseline
from seqspec.config.config_layer import ConfigurationError


@click.command("baseline")
@click.option(
    "--baseline",
    "file",
    shell_complete=file_names,
    metavar="FILE",
    help=f"The baseline file to write; by default that of the configuration, or {DEFAULT}.",
)
@click.option(
    "--policy",
    shell_complete=file_names,
    metavar="SCHEMA",
    help="JSON Schema of the project policy, applied to the expanded spec.",
)
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
    """Record current findings as a baseline, so that `seqspec check` only reports new ones.

    Entries of files that are not checked now are kept. Findings of unreadable files are never recorded.
    """
    configured = configurations(options, policy=policy)
    found = find(paths, configured, programs=True)
    try:
        run = Run(found, configured, stdin_filename=stdin_filename, set_values=settings, baselines=False)
        target = file or configured.of_folder(os.getcwd()).baseline or DEFAULT
        baseline = read_baseline(target) if os.path.exists(target) else Baseline(target)
    except ConfigurationError as error:
        exit_on_configuration(error)
    before = len(baseline)
    refused = documents = 0
    for report, applied in run.reports():
        documents += 1
        refused += baseline.add(applied.reported(report), report.file or "", report.line, whole=report.whole)
    gone = baseline.renew()
    write(baseline.text(), target)
    if quiet:
        return
    count = len(baseline)
    shown = os.path.relpath(target)
    told = f"{counted(count, 'known finding')} ({before:,} before), {counted(documents, 'file')} checked"
    write([f"{shown}: {told}\n"])
    if gone:
        tell(f"removed {gone:,} entries of fixed findings")
    if refused:
        tell(f"{counted(refused, 'finding')} of unreadable files not added to the baseline; fix them first")
