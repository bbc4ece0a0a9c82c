"""`seqspec check`: the findings of documents, and an exit status that a script can trust."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from seqspec.analysis.check import check
from seqspec.analysis.report import Report
from seqspec.cli.options import file_names, painter, set_option

_SEVERITIES = ("error", "warning", "info")


@click.command("check")
@click.argument("files", nargs=-1, required=True, shell_complete=file_names, metavar="FILE...")
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
    shell_complete=file_names,
    metavar="SCHEMA",
    help="A JSON Schema with the house's own rules, applied to the expanded document.",
)
@click.option("--watch", "watch_", is_flag=True, help="Check again whenever a document changes, until Ctrl-C.")
@set_option
def command(
    files: tuple[str, ...], format_: str, fail_on: str, policy: str | None, watch_: bool, settings: tuple[str, ...]
) -> None:
    """Check documents: everything that Keras would refuse, at its line.

    Ends with 0 where nothing at or above the failing severity was found, 1 where something was, 2 for wrong use.
    """

    def run() -> tuple[int, list[str]]:
        schema = read_policy(policy) if policy else None
        reports = [check(file, settings=settings, policy=schema) for file in files]
        if format_ == "json":
            click.echo(json.dumps({"version": 1, "documents": [report.to_dict() for report in reports]}, indent=2))
        else:
            _print(reports, format_)
        failing = set(_SEVERITIES[: _SEVERITIES.index(fail_on) + 1]) if fail_on != "never" else set()
        failed = any(diagnostic.severity in failing for report in reports for diagnostic in report.diagnostics)
        return int(failed), [file for report in reports for file in report.files]

    if watch_:
        from seqspec.cli.watch import watch

        sys.exit(watch(lambda: (*files, policy) if policy else files, run))
    sys.exit(run()[0])


def _print(reports: Sequence[Report], format_: str) -> None:
    counts = dict.fromkeys(_SEVERITIES, 0)
    if any(report.diagnostics for report in reports):
        from seqspec.diagnostics.render.text import concise, full

        paint = painter(sys.stdout)
        for report in reports:
            for diagnostic in report.diagnostics:
                counts[diagnostic.severity] += 1
                if format_ == "concise":
                    click.echo(concise(diagnostic, paint))
                else:
                    click.echo(full(diagnostic, report.line, paint) + "\n")
    if format_ == "text":
        documents = f"{len(reports)} document{'' if len(reports) == 1 else 's'} checked"
        found = [f"{counts[s]} {s}{'' if counts[s] == 1 or s == 'info' else 's'}" for s in _SEVERITIES if counts[s]]
        click.echo(f"{documents}: {', '.join(found) if found else 'no findings'}")


def read_policy(file: str) -> dict[str, Any]:
    """The house's policy schema; ends with status 2 where it cannot be read."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        with open(file, encoding="utf-8") as stream:
            schema = json.load(stream)
        Draft202012Validator.check_schema(schema)
    except (OSError, ValueError, RecursionError) as error:
        raise click.UsageError(f"--policy {file}: {error}")
    except SchemaError as error:
        raise click.UsageError(f"--policy {file}: no valid JSON Schema: {error.message}")
    if not isinstance(schema, dict):
        raise click.UsageError(f"--policy {file}: a policy is a JSON object")
    return schema
