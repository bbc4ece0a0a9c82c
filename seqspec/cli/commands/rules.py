"""`seqspec rules`: lists the rules."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from seqspec.cli.commands.explain import rule_names
from seqspec.cli.options import format_option


@click.command("rules")
@click.argument("selectors", nargs=-1, metavar="[RULE]...", shell_complete=rule_names)
@format_option(["text", "json"], "Output format of the rules.", default="text")
def command(selectors: Sequence[str], format_: str) -> None:
    """List the rules: code, name, severity and summary.

    RULE is a code, a name or a code prefix, such as SEQ3; by default all rules are listed.
    """
    from seqspec.core.catalog.plugins import rule_plugins
    from seqspec.core.check.rule_docs import Explanation
    from seqspec.core.config.rule_selection import specificity, validate_selector
    from seqspec.core.diagnostics.codes import CODES

    rule_plugins()
    for selector in selectors:
        wrong = validate_selector(selector)
        if wrong is not None:
            raise click.UsageError("; ".join(error for error in wrong if error))
    selected = [
        code
        for name, code in CODES.items()
        if not selectors or any(specificity(selector, name) >= 0 for selector in selectors)
    ]
    if format_ == "json":
        entries = [Explanation(code, {}).to_dict() for code in selected]
        for entry in entries:
            del entry["sections"]
        click.echo(json.dumps(entries, indent=2))
        return
    width = max(len(code.name) for code in selected)
    for code in selected:
        click.echo(f"{code.code}  {code.name:<{width}}  {code.severity:<7}  {code.summary}")
