"""`seqspec config`: the effective configuration of a file or folder, with the origin of each value."""

from __future__ import annotations

import json
import os

import click

from seqspec.cli.options import configurations, exit_on_configuration, format_option, selection_options
from seqspec.cli.output import write
from seqspec.core.config.effective import plain_settings
from seqspec.core.config.settings import ConfigurationError, Settings


@click.command("config")
@format_option(["text", "json"], default="text")
@selection_options
def command(paths: tuple[str, ...], format_: str, stdin_filename: str | None, **options: object) -> None:
    """Print the effective configuration of a file or folder, by default the current, with the origin of settings."""
    configured = configurations(options)
    entries = []
    try:
        for path in paths or (os.curdir,):
            if not os.path.lexists(path):
                raise click.UsageError(f"{path} does not exist")
            folder = os.path.isdir(path)
            entries.append((path, configured.of_folder(os.path.abspath(path)) if folder else configured.of_file(path)))
    except ConfigurationError as error:
        exit_on_configuration(error)
    if format_ == "json":
        rows = [{"path": path, "file": settings.file, "settings": _rows(settings)} for path, settings in entries]
        write([json.dumps({"version": 1, "configurations": rows}, indent=2) + "\n"])
    else:
        write(_text(path, settings) for path, settings in entries)


def _rows(settings: Settings) -> dict[str, object]:
    return {
        key: {"value": value, "origin": settings.origins.get(key)} for key, value in plain_settings(settings).items()
    }


def _text(path: str, settings: Settings) -> str:
    from seqspec.core.output.text import visible

    file = os.path.relpath(settings.file) if settings.file is not None else "no configuration"
    lines = [f"{path}: {file}", ""]
    rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in plain_settings(settings).items()]
    width = max(len(f"{key} = {value}") for key, value in rows if len(value) < 60)
    for key, value in rows:
        lines.append(f"{f'{key} = {value}':<{width}}  # {settings.origins.get(key, 'default')}")
    return "\n".join(map(visible, lines)) + "\n\n"
