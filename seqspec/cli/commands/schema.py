"""`seqspec schema`: the JSON Schema of documents, for editors and other tools."""

from __future__ import annotations

import click

from seqspec.cli.options import exit_on_errors, file_names, read_input


@click.command("schema")
@click.argument("document", required=False, shell_complete=file_names)
def command(document: str | None) -> None:
    """Print the JSON Schema of specs.

    With DOCUMENT it also contains the variables, blocks and classes that this spec declares or inherits.
    """
    from seqspec.core.schema.spec_schema import schema, text_of

    root = schema()
    if document is not None:
        from seqspec.core.schema.spec_schema import with_declarations

        root = with_declarations(root, _merged(document))
    click.echo(text_of(root), nl=False)


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
