"""`seqspec lsp`: the language server, for editors."""

from __future__ import annotations

import sys

import click


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Communicate over standard input and output (always on).")
def command(stdio: bool) -> None:
    """Run the language server over standard input and output, as editors do."""
    from seqspec.editor.lsp.startup import make_server
    from seqspec.editor.lsp.stdio import serve

    sys.exit(serve(make_server()))
