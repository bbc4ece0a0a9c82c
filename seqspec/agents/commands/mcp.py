"""`seqspec mcp`: the server for assistants and coding agents."""

from __future__ import annotations

import os
import secrets

import click

from seqspec.cli.options import file_names

TOKEN = "SEQSPEC_MCP_TOKEN"
"""The environment variable with the token of the HTTP server, so that a client can be configured before it starts."""


@click.command("mcp")
@click.option(
    "--root", default=".", show_default="the current folder", metavar="DIR", shell_complete=file_names,
    type=click.Path(exists=True, file_okay=False), help="The project; nothing outside of it is read.",
)  # fmt: skip
@click.option("--allow-train", is_flag=True, help="Also offer to train specs of the project.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Serve HTTP on this machine, with a token, in place of stdio."
)
def command(root: str, allow_train: bool, port: int | None) -> None:
    """Run the server for assistants and coding agents (MCP) over standard input and output.

    Its tools check, fix, explain and convert specs and Keras programs, and describe data and runs. Nothing of a file is
    executed. With --port the token is that of the environment variable SEQSPEC_MCP_TOKEN, or a new one, which is
    printed.
    """
    from seqspec.agents.server import make_server, serve_http

    # Paths in answers are relative to the project.
    os.chdir(root)
    server = make_server(".", allow_train=allow_train)
    if port is None:
        server.run("stdio")
        return
    token = os.environ.get(TOKEN)
    if token is not None and len(token) < 16:
        raise click.UsageError(f"{TOKEN} must have at least 16 characters")
    click.echo(f"Serving {os.getcwd()} at http://127.0.0.1:{port}/mcp", err=True)
    if token is None:
        token = secrets.token_urlsafe(24)
        click.echo(f"Header: Authorization: Bearer {token}", err=True)
    serve_http(server, port, token)
