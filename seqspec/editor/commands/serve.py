"""`seqspec serve`: the playground, a web page with an editor and a diagram of the model."""

from __future__ import annotations

import contextlib
import html
import os
import sys
import tempfile
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import file_names

if TYPE_CHECKING:
    from seqspec.editor.playground.documents import Example


@click.command("serve")
@click.argument("file", required=False, shell_complete=file_names)
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default 8750, or any free port.")
@click.option("--no-browser", is_flag=True, help="Print the address without opening a browser.")
def command(file: str | None, port: int | None, no_browser: bool) -> None:
    """Open the playground: a local web editor with a live model diagram, findings and Keras code.

    With FILE the page edits and saves that file; without FILE it starts from the templates of `seqspec new` and saves
    nothing. Press Ctrl+C to stop.
    """
    from seqspec.editor.playground.documents import Documents, NotEditable
    from seqspec.editor.playground.serve import PAGE, run

    if not (PAGE / "index.html").is_file():
        raise click.ClickException(
            "this installation does not include the playground page: install a released wheel of "
            "keras-seqspec, or Node.js 20 and then run scripts/page in a checkout"
        )
    documents = Documents(file) if file is not None else Documents(examples=_examples())
    if file is not None:
        try:
            documents.load()
        except NotEditable as error:
            raise click.UsageError(f"{file} {error}")

    def opened(address: str) -> None:
        click.echo(f"Serving {file or 'the templates'} at {address}\nPress Ctrl+C to stop.")
        if not no_browser and _has_screen():
            # The address is printed even if the file cannot be written.
            with contextlib.suppress(OSError):
                click.launch(_page_to(address, cleanup))

    with contextlib.ExitStack() as cleanup:
        try:
            run(documents, port, opened)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise click.ClickException(f"cannot listen on port {port}: {reason}")


def _page_to(address: str, cleanup: contextlib.ExitStack) -> str:
    """A private HTML file that redirects to an address, because other users can see the arguments of processes."""
    folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="seqspec-", ignore_cleanup_errors=True))
    file = os.path.join(folder, "playground.html")
    target = html.escape(address)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(
            f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={target}">'
            f'<title>seqspec serve</title><a href="{target}">The playground</a>\n'
        )
    return file


def _has_screen() -> bool:
    """Whether a graphical browser can open; without a display, a text browser would take over the terminal."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _examples() -> list[Example]:
    from seqspec.cli.commands.new import TEMPLATES, document
    from seqspec.editor.playground.documents import Example

    return [Example(name, purpose, document(name, "toml")) for name, purpose in TEMPLATES.items()]
