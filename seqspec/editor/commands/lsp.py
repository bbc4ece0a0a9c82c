"""`seqspec lsp`: the language server, for editors."""

from __future__ import annotations

import sys

import click

from seqspec.core.diagnostics.install_hints import install_command


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Communicate over standard input and output (always on).")
def command(stdio: bool) -> None:
    """Run the language server over standard input and output, as editors do."""
    try:
        from seqspec.editor.lsp.server import make_server
        from seqspec.editor.lsp.stdio import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException(f"the language server needs pygls: {install_command('lsp')}")
    sys.exit(serve(make_server()))
