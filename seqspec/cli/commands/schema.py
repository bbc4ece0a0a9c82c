"""`seqspec schema`: the JSON Schema of documents, for editors and other tools."""

from __future__ import annotations

import json

import click

from seqspec.cli.options import exit_on_errors, file_names, read_input
from seqspec.core.schema.generation import TASKS, Task, generation_schema


@click.command("schema")
@click.argument("document", required=False, shell_complete=file_names)
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["editors", "generation"]),
    default="editors",
    show_default=True,
    help="Who reads it: editors, or services and engines that make a language model follow it.",
)
@click.option("--task", type=click.Choice(TASKS), help="With --for generation: only the layers that such models use.")
@click.option("--layers", metavar="A,B,...", help="With --for generation: only these layers.")
def command(document: str | None, purpose: str, task: Task | None, layers: str | None) -> None:
    """Print the JSON Schema of specs.

    With DOCUMENT it also contains the variables, blocks and classes that this spec declares or inherits.
    """
    if purpose == "generation":
        if document is not None:
            raise click.UsageError("--for generation describes new specs: leave DOCUMENT out")
        click.echo(_for_generation(task, layers))
        return
    if task is not None or layers is not None:
        raise click.UsageError(f"{'--task' if task else '--layers'} needs --for generation")
    from seqspec.core.schema.spec_schema import schema, text_of

    root = schema()
    if document is not None:
        from seqspec.core.schema.spec_schema import with_declarations

        root = with_declarations(root, _merged(document))
    click.echo(text_of(root), nl=False)


def _for_generation(task: Task | None, layers: str | None) -> str:
    if task is not None and layers is not None:
        raise click.UsageError("use --task or --layers, not both")
    names = None if layers is None else [name.strip() for name in layers.split(",") if name.strip()]
    try:
        return json.dumps(generation_schema(task, names))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _merged(file: str) -> dict[str, object]:
    """A document merged with those that it extends; exits if it cannot be read."""
    from seqspec.core.check.check import Check
    from seqspec.core.language.expansion_context import ExpansionAborted, ExpansionContext, check_values
    from seqspec.core.language.extends import extended
    from seqspec.core.syntax.limits import LIMITS
    from seqspec.core.syntax.source import read_source

    given = read_input(file)
    document = read_source(given) if isinstance(given, str) else given
    if document.readable:
        work = ExpansionContext(document, LIMITS)
        try:
            check_values(document, work)
            return extended(document, work, None).tree
        except ExpansionAborted:
            pass
    exit_on_errors(Check.of(document).validation)
    return {}
