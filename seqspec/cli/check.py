"""`seqspec check`: the findings of documents, and an exit status that a script can trust."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from seqspec.analysis.check import check
from seqspec.analysis.report import Report
from seqspec.cli.options import painter, say, set_option
from seqspec.cli.policy import policy_of

_SEVERITIES = ("error", "warning", "info")


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "concise", "json"]),
    default="text",
    help="How findings are printed.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    default="error",
    show_default=True,
    help="The least severity that ends with status 1.",
)
@click.option(
    "--policy",
    metavar="SCHEMA",
    help="A JSON Schema with the house's own rules, applied to the expanded document; "
    "by default that of [tool.seqspec] in pyproject.toml.",
)
@set_option
def command(files: tuple[str, ...], format_: str, fail_on: str, policy: str | None, settings: tuple[str, ...]) -> None:
    """Check documents: everything that Keras would refuse, at its line.

    Ends with 0 where nothing at or above the failing severity was found, 1 where something was, 2 for wrong use.
    """
    schemas: dict[str, dict[str, Any]] = {}
    reports = [check(file, settings=settings, policy=policy_of(file, policy, schemas)) for file in files]
    if format_ == "json":
        click.echo(json.dumps({"version": 1, "documents": [report.to_dict() for report in reports]}, indent=2))
    else:
        _print(reports, format_)
    failing = set(_SEVERITIES[: _SEVERITIES.index(fail_on) + 1]) if fail_on != "never" else set()
    if any(diagnostic.severity in failing for report in reports for diagnostic in report.diagnostics):
        sys.exit(1)


def _print(reports: Sequence[Report], format_: str) -> None:
    counts = dict.fromkeys(_SEVERITIES, 0)
    if any(report.diagnostics for report in reports):
        from seqspec.diagnostics.render.text import concise, full

        paint = painter(sys.stdout)
        for report in reports:
            for diagnostic in report.diagnostics:
                counts[diagnostic.severity] += 1
                if format_ == "concise":
                    say(concise(diagnostic, paint))
                else:
                    say(full(diagnostic, report.line, paint) + "\n")
    if format_ == "text":
        documents = f"{len(reports)} document{'' if len(reports) == 1 else 's'} checked"
        found = [f"{counts[s]} {s}{'' if counts[s] == 1 or s == 'info' else 's'}" for s in _SEVERITIES if counts[s]]
        click.echo(f"{documents}: {', '.join(found) if found else 'no findings'}")
