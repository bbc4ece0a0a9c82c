"""`seqspec explain`: one rule, with an example and what to write instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def rule_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The `shell_complete` of what names a rule."""
    from click.shell_completion import CompletionItem

    from seqspec.diagnostics.codes import CODES

    return [
        CompletionItem(word, help=code.summary)
        for code in CODES.values()
        for word in (code.name, code.code)
        if word.startswith(incomplete)
    ]


@click.command("explain")
@click.argument("rule", shell_complete=rule_names)
@click.option(
    "--format", "format_", type=click.Choice(["text", "markdown", "json"]), default="text", help="Output format."
)
def command(rule: str, format_: str) -> None:
    """Explain RULE, a code such as SEQ301 or a name such as softmax-over-one."""
    from seqspec.linter.explain import explanation

    found = explanation(rule)
    if found is None:
        raise click.UsageError(_unknown(rule))
    if format_ == "json":
        click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    elif format_ == "markdown":
        click.echo(found.markdown(), nl=False)
    else:
        click.echo(found.text())


def _unknown(word: str) -> str:
    from seqspec.config.rule_selection import suggest_rule

    return f"unknown rule {word!r}; {suggest_rule(word, '').label or 'see seqspec rules'}"
