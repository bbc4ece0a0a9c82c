"""The folder that a server reads: which files are in it, with which settings they are checked."""

from __future__ import annotations

import os
from collections.abc import Sequence

from mcp.server.mcpserver.exceptions import ToolError

from seqspec.agents.answers import quoted
from seqspec.core.api.check import CheckSettings, Report, check_source
from seqspec.core.api.diagnostics import Diagnostic
from seqspec.core.api.files import (
    Configurations,
    EffectiveConfiguration,
    EffectiveConfigurations,
    NotRegularFile,
    is_outside,
    require_regular,
)
from seqspec.core.api.frontends import Source, parse
from seqspec.core.api.messages import visible
from seqspec.core.api.syntax import Document

NAMES = {"toml": "spec.seqspec.toml", "json": "spec.seqspec.json", "python": "program.py", "notebook": "notebook.ipynb"}
"""For each format of a text, the name under which it is read, as if it were a file directly in the root."""


class ServedFolder:
    """A folder of which tools read files; nothing outside is opened.

    Args:
        folder: The folder, which is the current one of the process.
    """

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)

    def path(self, name: str) -> str:
        """A file or folder of the project, relative to its root.

        Raises:
            ToolError: It does not exist, is outside of the root, or is neither a regular file nor a folder.
        """
        if not name.isprintable() or not name or "://" in name:
            raise ToolError(f"{quoted(name)} is not the name of a file")
        path = os.path.join(self.folder, name)
        if is_outside(path, self.folder):
            raise ToolError(f"{quoted(name)} is outside of the root of this server, {self.folder}")
        try:
            require_regular(path)
        except FileNotFoundError:
            raise ToolError(f"there is no file {quoted(name)} in {self.folder}")
        except NotRegularFile:
            raise ToolError(f"{quoted(name)} is a device or a pipe, not a file")
        except (OSError, ValueError) as error:
            raise ToolError(
                f"{quoted(name)} cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
            )
        return os.path.relpath(path, self.folder)

    def file(self, name: str) -> str:
        """A file of the project, relative to its root; raises `ToolError` as `path` does, also for a folder."""
        path = self.path(name)
        if os.path.isdir(path):
            raise ToolError(f"{quoted(name)} is a folder: name a file in it")
        return path

    def source(self, file: str, text: str, format: str | None) -> tuple[str, str | Document]:
        """What a tool was called with: its name, and its path or the document of its text.

        Raises:
            ToolError: There is neither a file nor a text, or both; or the file cannot be used.
        """
        if bool(file) == bool(text):
            raise ToolError('name a file with "file", or pass its content as "text"')
        if file:
            name = self.file(file)
            return name, name
        name = NAMES[format or _detected(text)]
        data = text.encode("utf-8", "replace")
        return name, parse(data, name, self.effective(name).settings.limits)

    def effective(self, name: str) -> EffectiveConfiguration:
        """The configuration of a file, read again for each call: the server outlives its edits.

        Raises:
            ToolError: The configuration or the policy is invalid.
        """
        configured = EffectiveConfigurations(Configurations()).of_file(name)
        for error in (configured.error, configured.policy_error):
            if error is not None:
                raise ToolError(visible(f"the configuration cannot be used: {error}"))
        return configured

    def settings(self, configured: EffectiveConfiguration) -> CheckSettings:
        """How a file with a configuration is checked."""
        return CheckSettings(configured.policy, configured.settings.limits, folder=self.folder)

    def check(self, name: str, source: Source) -> tuple[Report, Sequence[Diagnostic]]:
        """The report of a source, and the findings that its configuration selects."""
        configured = self.effective(name)
        report = check_source(source, self.settings(configured))
        return report, configured.reported(report)


def _detected(text: str) -> str:
    """The format of a text without one: notebooks and Keras programs say what they are."""
    start = text.lstrip()[:2000]
    if start.startswith(("{", "[{")):
        return "notebook" if '"cells"' in start or '"nbformat"' in text[-2000:] else "json"
    words = ("import ", "from ", "def ", "#!", '"""')
    return "python" if any(line.startswith(words) for line in start.splitlines()) else "toml"
