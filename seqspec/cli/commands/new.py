"""`seqspec new`: creates a commented spec from a template, or for data."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqspec.cli.options import add_options, dialect_options, file_option, format_option
from seqspec.core.diagnostics.suggest import Suggestion, nearest
from seqspec.core.document.columns import KINDS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

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


_DEFAULT = "dense-classifier"
_KINDS = (*KINDS, "id", "ignore")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name, help=purpose) for name, purpose in TEMPLATES.items() if name.startswith(incomplete)]


def _kinds(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """The kinds by column, from COLUMN=KIND."""
    kinds = {}
    for text in given:
        column, mark, kind = text.rpartition("=")
        if not mark or not column:
            raise click.BadParameter(f"expected COLUMN=KIND, got {text!r}")
        if kind not in _KINDS:
            raise click.BadParameter(f"unknown kind {kind!r}; choose from {', '.join(_KINDS)}")
        kinds[column] = kind
    return kinds


def _once(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The only value of an option; click would take the last one."""
    if len(given) > 1:
        columns = " and ".join(given)
        raise click.UsageError(f"{param.opts[0]} names one column, got {columns}")
    return given[0] if given else None


def _data_options(command: F) -> F:
    """The options that describe data."""
    options = (
        file_option(
            "--data", metavar="PATH", help="Write a spec for a table, a folder of images, texts or sounds, or arrays."
        ),
        click.option("--label", multiple=True, callback=_once, metavar="COLUMN", help="Column to predict."),
        click.option(
            "--positive", metavar="VALUE",
            help="Class that precision, recall and thresholds are of, of two; by default the rarer one.",
        ),
        click.option(
            "--time", multiple=True, callback=_once, metavar="COLUMN", help="Time column of a series to forecast."
        ),
        click.option("--horizon", type=click.IntRange(min=1), metavar="N", help="Time steps to forecast, with --time."),
        click.option(
            "--group", multiple=True, callback=_once, metavar="COLUMN",
            help="Column of the names of several series, or of groups of rows that a split keeps together.",
        ),
        click.option(
            "--known", multiple=True, metavar="COLUMN",
            help="Column that is known for the future, with --time; repeatable.",
        ),
        click.option(
            "--kind", "kinds", multiple=True, metavar="COLUMN=KIND", callback=_kinds,
            help=f"Kind of a column: {', '.join(_KINDS)}; repeatable. By default inferred.",
        ),
        click.option("--ignore", multiple=True, metavar="COLUMN", help="Column that is not used; repeatable."),
        dialect_options("of a CSV file; by default recognized", is_new=True),
        click.option(
            "--id", multiple=True, callback=_once, metavar="COLUMN", help="Column that identifies a row."
        ),
        file_option("--dictionary", help="Also write a data dictionary, as CSV."),
    )  # fmt: skip
    return add_options(command, options)


@click.command("new")
@click.argument("template", required=False, shell_complete=_names)
@_data_options
@file_option(
    "-o",
    "--output",
    help="Output file, - for standard output; by default named after the template or the data, in the current folder.",
)
@format_option(
    ["toml", "json"], "toml (with comments) or json; by default determined by the output file, otherwise toml."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--list", "list_", is_flag=True, help="List the available templates.")
@click.option("--agents", is_flag=True, help="Print lines for the instructions of a project to coding agents.")
def command(
    template: str | None,
    output: str | None,
    format_: str | None,
    force: bool,
    list_: bool,
    agents: bool,
    **described: Any,
) -> None:
    """Create a commented spec from a template, or for data; it passes the check.

    The default TEMPLATE is dense-classifier. With --data, or a data file in place of the template, the spec is written
    for the data: `seqspec new --data churn.csv --label churned`.
    """
    if agents:
        from importlib.resources import files

        click.echo(files("seqspec.cli").joinpath("agents.md").read_text(encoding="utf-8"), nl=False)
        return
    if list_:
        width = max(map(len, TEMPLATES))
        click.echo("\n".join(f"{name:<{width}}  {purpose}" for name, purpose in TEMPLATES.items()))
        return
    if template is not None and described["data"] is None and template not in TEMPLATES and _is_path(template):
        template, described["data"] = None, template
    if template is not None and template not in TEMPLATES:
        meant = (
            _nearest(template).label or _as_output(template, described["data"]) or f"available: {', '.join(TEMPLATES)}"
        )
        raise click.UsageError(f"unknown template {template!r}; {meant}")
    kind = _format(output, format_)
    if described["data"] is not None:
        sys.exit(_for_data(template, described, output, kind, force))
    parameters = click.get_current_context().command.params
    used = [parameter.opts[0] for parameter in parameters if described.get(str(parameter.name))]
    if used:
        raise click.UsageError(f"{used[0]} describes data: name it with --data")
    name = template or _DEFAULT
    text = document(name, kind)
    if output == "-":
        click.echo(text, nl=False)
        return
    target = Path(output) if output is not None else Path(f"{name.replace('-', '_')}{_SUFFIX}.{kind}")
    write_or_exit(target, text, force)
    click.echo(f"{target}: created from {name}; check it with `seqspec check {target}`")


def _as_output(text: str, data: str | None) -> str | None:
    """The help for the name of a spec in place of a template, beside data."""
    return f"write the spec to a file with -o {text}" if data is not None and _is_path(text) else None


def _is_path(text: str) -> bool:
    """Whether what is in place of a template is data: no template has a suffix or a separator."""
    return (
        "." in text.strip("./\\") or "://" in text or (os.sep in text and os.path.exists(text)) or os.path.isdir(text)
    )


def _for_data(template: str | None, described: dict[str, object], output: str | None, kind: str, force: bool) -> int:
    from seqspec.cli.command_table import NEW_DATA, needs_extra

    with needs_extra(NEW_DATA):
        status: int = NEW_DATA.load()(template, output, kind, force, **described)
    return status


def write_or_exit(target: Path, text: str, force: bool) -> None:
    """Writes a new file; raises `click.UsageError` where it exists or cannot be written."""
    try:
        write_new(target, text, force)
    except FileExistsError:
        raise click.UsageError(f"{target} already exists; choose another file with -o, or use --force to overwrite it")
    except OSError as error:
        raise click.UsageError(f"{target}: {error.strerror or error}")


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
