"""The table of commands, which is read without importing what it names; plugins add to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from keyword import iskeyword
from typing import Any, NamedTuple

import click

from seqspec.core.catalog.plugins import COMMANDS as GROUP
from seqspec.core.catalog.plugins import Plugin, plugins
from seqspec.core.diagnostics.errors import MissingPackageError, install_command


class MissingExtra(click.ClickException):
    """A command whose packages are not installed."""

    exit_code = 2


class CommandEntry(NamedTuple):
    """A command, imported when it runs.

    Attributes:
        name: Its name.
        help: What it does, in one line.
        group: The heading under which `seqspec --help` lists it.
        module: The module with its `command`.
        extra: The extra that installs the packages which it needs, if any.
    """

    name: str
    help: str
    group: str
    module: str
    extra: str | None = None

    def load(self) -> Any:
        """The `click.Command`, or another object in place of it."""
        return import_module(self.module).command


class PluginEntry(NamedTuple):
    """A command of a plugin: the entry point, and the fault of one that cannot be used."""

    name: str
    help: str
    group: str
    plugin: Plugin
    extra: str | None = None

    def load(self) -> click.Command:
        """The command; a broken one is an error in one line."""
        command, fault = self.plugin.value, self.plugin.fault
        if fault is None and isinstance(command, click.Command):
            return command
        fault = fault or f"expected a click.Command, got a {type(command).__name__}"
        raise click.ClickException(f'the command "{self.name}" of {self.plugin.target} cannot be used: {fault}')


Entry = CommandEntry | PluginEntry

_CLI, _TRAINING, _EDITOR = "seqspec.cli.commands", "seqspec.training.commands", "seqspec.editor.commands"
_AGENTS = "seqspec.agents.commands"
_GROUPS: dict[str, dict[str, tuple[str, str, str | None]]] = {
    "Specs": {
        "check": (_CLI, "Check specs: report everything that Keras would reject, with its line.", None),
        "explain": (_CLI, "Explain a rule: what it does, why it matters and what to use instead.", None),
        "rules": (_CLI, "List the rules.", None),
        "baseline": (_CLI, "Record current findings as a baseline, so that only new ones are reported.", None),
        "config": (_CLI, "Print the effective configuration and the origin of each setting.", None),
        "summary": (_CLI, "Print the layers of a spec with shapes, parameters and cost.", None),
        "plot": (_CLI, "Draw the model of a spec: shapes, parameters, MACs, and findings where they are.", None),
        "expand": (_CLI, "Print the expanded spec, with variables, blocks and shorthand resolved.", None),
        "fmt": (_CLI, "Format specs, or convert them between TOML and JSON.", None),
        "diff": (_CLI, "Print the semantic changes between two specs, or since a git revision.", None),
        "new": (_CLI, "Create a commented spec from a template, or for data.", None),
    },
    "Models": {
        "python": (_CLI, "Generate the equivalent Keras code.", None),
        "build": (_CLI, "Build the Keras model of a spec and save it as a .keras file.", "tensorflow"),
        "import": (
            _CLI,
            "Convert a saved model of any Keras, with its weights, or a Keras program to a spec.",
            "import",
        ),
        "upgrade": (
            _CLI,
            "Migrate specs to the current language version, and saved models to the installed Keras.",
            "import",
        ),
    },
    "Training": {
        "train": (_TRAINING, "Train the model of a spec, evaluate it and save it in a run folder.", "tensorflow"),
        "resume": (_TRAINING, "Continue a run where it was interrupted, or extend it.", "tensorflow"),
        "evaluate": (_TRAINING, "Evaluate the model of a run.", "tensorflow"),
        "predict": (_TRAINING, "Predict for new samples with the model of a run.", "tensorflow"),
        "export": (
            _TRAINING,
            "Export a trained model to ONNX, OpenVINO, LiteRT, ..., verified with their runtimes.",
            "tensorflow",
        ),
        "report": (_TRAINING, "Write the report of a run again.", "tensorflow"),
        "runs": (_TRAINING, "List, show, compare and delete runs.", "tensorflow"),
        "search": (_TRAINING, "Search the best hyperparameters and architecture for a spec.", "search"),
        "searches": (_TRAINING, "List, show and delete searches.", "search"),
    },
    "Editors, agents and shells": {
        "schema": (_CLI, "Print the JSON Schema of specs, for editors and other tools.", None),
        "lsp": (_EDITOR, "Run the language server over standard input and output, as editors do.", "lsp"),
        "serve": (_EDITOR, "Open the playground: a local web editor with a live model diagram.", "serve"),
        "mcp": (_AGENTS, "Run the server for assistants and coding agents (MCP): check, fix, convert, train.", "mcp"),
        "completion": (_CLI, "Print the shell completion script for bash, zsh or fish.", None),
    },
}
"""Heading → name → the package with the module of the command, what it does, the extra that it needs."""

CHECK_DATA = CommandEntry(
    "check --data", "Check the training data too.", "Training", f"{_TRAINING}.check_data", "train"
)
NEW_DATA = CommandEntry("new --data", "Create a commented spec for data.", "Training", f"{_TRAINING}.new_data", "train")
"""Options that the training extension runs."""


@cache
def commands() -> dict[str, Entry]:
    """All commands by name, in the order of `seqspec --help`; plugins cannot replace the others."""
    entries: dict[str, Entry] = {}
    for group, rows in _GROUPS.items():
        for name, (package, help, extra) in rows.items():
            # `import` cannot be the name of a module.
            module = f"{package}.{name}_" if iskeyword(name) else f"{package}.{name}"
            entries[name] = CommandEntry(name, help, group, module, extra)
    for plugin in plugins(GROUP):
        entries.setdefault(plugin.name, PluginEntry(plugin.name, _help_of(plugin), "Plugins", plugin))
    return entries


def _help_of(plugin: Plugin) -> str:
    if isinstance(plugin.value, click.Command):
        return plugin.value.get_short_help_str(120)
    return f"cannot be used: {plugin.fault or 'no click.Command'}"


@contextmanager
def needs_extra(entry: Entry) -> Iterator[None]:
    """Exits with status 2 and one line where a package that the command needs is not installed."""
    try:
        yield
    except MissingPackageError as error:
        raise MissingExtra(str(error)) from error
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if entry.extra is None or package in ("", "seqspec"):
            raise
        reason = f"needs {package}, which is not installed: {install_command(entry.extra)}"
        raise MissingExtra(f"seqspec {entry.name} {reason}") from error
