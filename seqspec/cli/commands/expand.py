"""`seqspec expand`: the expanded document, with the origin of each value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from seqspec.cli.options import exit_on_errors, file_names, format_option, read_input, set_option
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.message import quote_json
from seqspec.core.diagnostics.violation import Path, pointer
from seqspec.core.document.canonical import canonical_text
from seqspec.core.language.variables import escaped
from seqspec.core.output.text import visible
from seqspec.core.syntax.document import Document


@click.command("expand")
@click.argument("file", shell_complete=file_names)
@format_option(["toml", "json"], "Output format; by default that of the spec.")
@click.option("--origins", is_flag=True, help="Print the file and line of every value instead of the spec.")
@set_option
def command(file: str, format_: str | None, origins: bool, settings: tuple[str, ...]) -> None:
    """Print the expanded spec, with variables, blocks and shorthand resolved."""
    check = Check.of(read_input(file), settings=settings)
    exit_on_errors(check.validation)
    expansion, spec = check.expansion, check.spec
    if origins:
        for path, value in _leaves(expansion.tree, ()):
            origin = expansion.origin(path)
            steps = "".join(f" ({step.describe()}: {_place(step.document, step.path)})" for step in origin.via)
            click.echo(visible(f"{pointer(path)} = {quote_json(value)}  {_place(origin.document, origin.path)}{steps}"))
        return
    click.echo(canonical_text(escaped(spec.to_dict()), format_ or check.document.format), nl=False)


def _place(document: Document, path: Path) -> str:
    span = document.span(path, "value")
    return f"{document.file or '(set by the caller)'}" + (f":{span.line}:{span.column}" if span else "")


def _leaves(tree: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list) and any(isinstance(item, (Mapping, list)) for item in tree):
        for index, value in enumerate(tree):
            yield from _leaves(value, (*path, index))
    else:
        yield path, tree
