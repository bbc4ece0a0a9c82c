"""`seqspec explain`: the documentation of a rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import format_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def rule_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The `shell_complete` of rule codes and names."""
    from click.shell_completion import CompletionItem

    from seqspec.core.diagnostics.codes import CODES

    return [
        CompletionItem(identifier, help=code.summary)
        for code in CODES.values()
        for identifier in (code.name, code.code)
        if identifier.startswith(incomplete)
    ]


@click.command("explain")
@click.argument("rule", shell_complete=rule_names)
@format_option(["text", "markdown", "json"], default="text")
def command(rule: str, format_: str) -> None:
    """Explain RULE, a code such as SEQ301 or a name such as softmax-over-one."""
    from seqspec.core.check.rule_docs import explanation

    documented = explanation(rule)
    if documented is None:
        raise click.UsageError(unknown_rule(rule))
    if format_ == "json":
        click.echo(json.dumps(documented.to_dict(), indent=2, ensure_ascii=False))
    elif format_ == "markdown":
        click.echo(documented.markdown(), nl=False)
    else:
        click.echo(documented.text())


_MAX_MATCHES = 12


def unknown_rule(rule: str) -> str:
    """The message for a name that no rule has, with the rules that may be meant."""
    from seqspec.core.config.rule_selection import suggest_rule
    from seqspec.core.diagnostics.codes import CODES

    label = suggest_rule(rule, "").label
    word = rule.lower()
    matches = [code for code in CODES.values() if word in code.name or word in code.summary.lower()]
    if label is not None or not matches:
        return f"unknown rule {rule!r}; {label or 'see seqspec rules'}"
    listed = "".join(f"\n  {code.code} {code.name}: {code.summary}" for code in matches[:_MAX_MATCHES])
    more = f"\n  and {len(matches) - _MAX_MATCHES} more: see seqspec rules" if len(matches) > _MAX_MATCHES else ""
    return f"no rule is called {rule!r}; rules about it:{listed}{more}"
