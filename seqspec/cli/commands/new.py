"""`seqspec new`: creates a commented document from a template."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.cli.options import file_names, format_option
from seqspec.core.diagnostics.suggest import Suggestion, nearest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

TEMPLATES = {
    "dense-classifier": "classification of tabular data",
    "image-cnn": "image classification with a small convolutional network",
    "transfer-learning": "image classification by fine-tuning a network pretrained on ImageNet",
    "time-series": "multivariate time series forecasting from a window of any length",
    "text-classifier": "binary text classification from token indices",
    "audio-classifier": "classification of short audio clips from the raw waveform",
    "autoencoder": "convolutional image autoencoder",
}
_SUFFIX = ".seqspec"


def _known(ctx: click.Context, param: click.Parameter, name: str) -> str:
    """The name of the template; an unknown one is rejected with the closest name."""
    if name not in TEMPLATES:
        meant = _nearest(name).label or f"available: {', '.join(TEMPLATES)}"
        raise click.UsageError(f"unknown template {name!r}; {meant}")
    return name


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name, help=purpose) for name, purpose in TEMPLATES.items() if name.startswith(incomplete)]


@click.command("new")
@click.argument("template", default="dense-classifier", callback=_known, shell_complete=_names)
@click.option(
    "-o",
    "--output",
    shell_complete=file_names,
    metavar="FILE",
    help="Output file, - for standard output; by default the template's name in the current folder.",
)
@format_option(
    ["toml", "json"], "toml (with comments) or json; by default determined by the output file, otherwise toml."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--list", "list_", is_flag=True, help="List the available templates.")
def command(template: str, output: str | None, format_: str | None, force: bool, list_: bool) -> None:
    """Create a commented spec from a template; it passes the check.

    The default TEMPLATE is dense-classifier.
    """
    if list_:
        width = max(map(len, TEMPLATES))
        click.echo("\n".join(f"{name:<{width}}  {purpose}" for name, purpose in TEMPLATES.items()))
        return
    kind = _format(output, format_)
    text = document(template, kind)
    if output == "-":
        click.echo(text, nl=False)
        return
    target = Path(output) if output is not None else Path(f"{template.replace('-', '_')}{_SUFFIX}.{kind}")
    try:
        write_new(target, text, force)
    except FileExistsError:
        raise click.UsageError(f"{target} already exists; choose another file with -o, or use --force to overwrite it")
    except OSError as error:
        raise click.UsageError(f"{target}: {error.strerror or error}")
    click.echo(f"{target}: created from {template}; check it with `seqspec check {target}`")


def document(template: str, kind: str) -> str:
    """The text of a template as `"toml"` or `"json"`."""
    from importlib.resources import files

    name = f"templates/{template}{_SUFFIX}.toml"
    text = files("seqspec.cli").joinpath(name).read_text(encoding="utf-8")
    if kind == "toml":
        return text
    from seqspec.core.document.canonical import format_document
    from seqspec.core.syntax.source import parse_text

    return format_document(parse_text(text, format="toml"), kind).text


def write_new(target: Path, text: str, force: bool = False) -> None:
    """Writes the text to a temporary file and moves it; an existing file is replaced only with `force`."""
    if not force and os.path.lexists(target):
        raise FileExistsError(target)
    if target.is_dir():
        raise IsADirectoryError(None, "this is a folder, not a file")
    if not target.parent.is_dir():
        raise NotADirectoryError(None, f"{target.parent} is not a folder")
    from seqspec.core.syntax.atomic_write import replace_text

    if force:
        replace_text(os.fspath(target), text)
        return
    # A hard link, unlike a rename, fails if another process has created the file meanwhile.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as beside:
        finished = os.path.join(beside, target.name)
        replace_text(finished, text)
        try:
            os.link(finished, target)
        except FileExistsError:
            raise
        except OSError:
            # The file system has no hard links.
            os.rename(finished, target)


def _format(output: str | None, format_: str | None) -> str:
    named = os.path.splitext(output or "")[1].lower().removeprefix(".")
    if named not in ("toml", "json"):
        return format_ or "toml"
    if format_ not in (None, named):
        raise click.UsageError(f"{output}: the suffix is {named}, but --format is {format_}")
    return named


def _nearest(template: str) -> Suggestion:
    """The template that was most likely meant; one word of its name suffices."""
    parts = {part: name for name in TEMPLATES for part in (*name.split("-"), name) if part != "classifier"}
    near = nearest(template, parts)
    return Suggestion(parts[near] if near else None)
