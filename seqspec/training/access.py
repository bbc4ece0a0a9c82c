"""The files that a run may read and write, those of the project and what the caller allows, and its permissions.

A spec can come from anyone, so it does not decide which files are opened, and neither does a configuration that is not
the caller's own. Its limits count where the command runs in its folder: one that was unpacked with the spec has none.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.files import LIMITS, ConfigurationError, Configurations, Limits, is_outside, project_folder
from seqspec.core.api.training import is_address
from seqspec.training.errors import RunError


@dataclass(frozen=True)
class Access:
    """The folders that paths in a spec may lead to, links resolved, and how large the data may be.

    Attributes:
        project: The folder of the project; None where no folder is known to be the caller's.
        data: Folders, or files, outside of it that data may be read from.
        output: Folders outside of it that may be written to.
        limits: Limits on the size of the data.
        ignored: The configuration that allows folders without being the caller's own.
        named: The paths in the spec whose values the caller has set (`--set`), which may lead anywhere.
        anywhere: Whether any file may be read, because the caller names it.
    """

    project: str | None = None
    data: Sequence[str] = ()
    output: Sequence[str] = ()
    limits: Limits = LIMITS
    ignored: str | None = None
    named: Sequence[Sequence[str]] = ()
    anywhere: bool = False

    def is_named(self, path: Path) -> bool:
        """Whether the caller has set the value at a path of the spec."""
        keys = [str(key) for key in path]
        return any(keys[: len(named)] == list(named) for named in self.named)

    def reads(self, file: str) -> bool:
        """Whether data may be read from a file or a folder."""
        return self.anywhere or _is_in(file, (self.project, *self.data))

    def writes(self, file: str) -> bool:
        """Whether a file may be written: in the project, in the current folder, or where the caller allows it."""
        if is_address(file):
            return any(file.startswith(folder) for folder in self.output)
        return _is_in(file, (self.project, os.path.realpath(os.curdir), *self.output))

    def is_allowed_output(self, file: str) -> bool:
        """Whether the caller allows the folder of a file, wherever the project is."""
        return _is_in(file, self.output)

    def help(self, folder: str, kind: str) -> str:
        """How to allow a folder; `kind` is "data" or "output"."""
        shown = _resolved(folder)
        option = f"allow it with {option_for(shown, kind)}"
        if self.ignored is not None:
            return f"{option}; {self.ignored} allows folders only where it is named with --config, an option of check"
        return f'{option}, or allow_{kind}=["{shown}"] in Python'


def option_for(folder: str, kind: str) -> str:
    """The option that allows a folder, for a shell; `kind` is "data" or "output"."""
    return f"--allow-{kind} {shlex.quote(folder)}"


ANYWHERE = Access(anywhere=True)
"""For files that the caller names."""


class Allowed(NamedTuple):
    """What the caller allows besides the project: files and folders of data, and folders to write to."""

    data: Collection[str | os.PathLike[str]] = ()
    output: Collection[str | os.PathLike[str]] = ()


PROJECT_ONLY = Allowed()


class Permissions(NamedTuple):
    """What a spec may do: which Python modules it may import, by name, and which files it may read and write."""

    modules: Collection[str]
    access: Access


def access_to(
    folder: str | os.PathLike[str], allowed: Allowed = PROJECT_ONLY, configurations: Configurations | None = None
) -> Access:
    """What a spec in a folder may read and write.

    Its project is the folder of its configuration, else the nearest one with a pyproject.toml or .git, else its own.

    Args:
        folder: The folder of the spec, or of what was first given for it.
        allowed: What the caller allows.
        configurations: Those that the command has read.

    Raises:
        RunError: The configuration is invalid.
    """
    start = os.path.realpath(folder)
    try:
        configurations = configurations or Configurations()
        settings = configurations.of_folder(start)
    except ConfigurationError as error:
        raise RunError(f"invalid configuration: {_reason(error)}")
    data, output = tuple(map(_resolved, allowed.data)), tuple(map(_resolved, allowed.output))
    data = (*data, *map(_resolved, settings.allow_data))
    output = (*output, *map(_resolved, settings.allow_output))
    own = Access(_project(start, settings.file), data, output, ignored=settings.without_effect)
    file = settings.file
    if file is None or configurations.is_named or not is_outside(os.getcwd(), os.path.dirname(file)):
        return replace(own, limits=settings.limits)
    return own


def _project(folder: str, configuration: str | None) -> str:
    """The folder of the project that a folder is in; never the home folder, whose configuration is for all projects."""
    home = os.path.realpath(os.path.expanduser("~"))
    configured = [os.path.dirname(configuration)] if configuration is not None else []
    for top in (*configured, project_folder(folder)):
        if not is_outside(folder, top) and is_outside(home, top):
            return os.path.realpath(top)
    return folder


def access_of_run(run: str | os.PathLike[str], base: str, allowed: Allowed = PROJECT_ONLY) -> Access:
    """What an existing run may read and write.

    Args:
        run: The run folder.
        base: The folder of its spec as the run folder has it. It counts if it is in the project of the current folder,
            or of the one that has the folder of runs: a run folder of someone else can name any folder.
        allowed: What the caller allows.
    """
    for near in (os.getcwd(), os.path.dirname(os.path.dirname(os.path.realpath(run)))):
        project = access_to(near).project
        if project is not None and not is_outside(base, project):
            return access_to(base, allowed)
    return replace(access_to(os.getcwd(), allowed), project=None)


def _resolved(folder: str | os.PathLike[str]) -> str:
    name: str = os.path.expanduser(os.fspath(folder))
    return name if is_address(name) else os.path.realpath(name)


def _is_in(file: str, folders: Sequence[str | None]) -> bool:
    """Whether a file is in one of these folders, whose links are resolved; a folder may be the file itself."""
    real = os.path.normcase(os.path.realpath(file))
    tops = (os.path.normcase(folder).rstrip(os.sep) for folder in folders if folder is not None)
    return any(real == top or real.startswith(top + os.sep) for top in tops)


def _reason(error: ConfigurationError) -> str:
    violation = error.violations[0]
    return f"{', '.join(error.files()[:1]) or 'seqspec.toml'}: {violation.message}"
