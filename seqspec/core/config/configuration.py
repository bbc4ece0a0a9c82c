"""Resolves the configuration files of a project to the settings of each folder.

Only the closest configuration above a file applies; it can extend others with `extend`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.core.config.patterns import Patterns, relative
from seqspec.core.config.settings import CONFIG_NAMES, DEFAULT_EXCLUDE, ConfigLayer, Settings
from seqspec.core.syntax.limits import LIMITS, Limits, is_outside, project_of_configuration, read_file


class Configurations:
    """The settings of every folder of a run.

    Args:
        file: The configuration for all folders, instead of discovered ones.
        isolated: Whether configuration files are ignored.
        assignments: `KEY = VALUE` in TOML; each overrides the configuration file.
        options: Values of keys that have their own command-line option, as TOML values.
        raises_limits: Whether configurations that are not the caller's own may raise limits above the default ones.
    """

    def __init__(
        self,
        file: str | None = None,
        *,
        isolated: bool = False,
        assignments: Sequence[str] = (),
        options: Mapping[str, object] | None = None,
        raises_limits: bool = True,
    ) -> None:
        self._raises_limits = raises_limits
        self._cwd = _working_folder()
        self._isolated = isolated
        self._folders: dict[str, Settings] = {}
        self._top = _overrides(assignments, options or {}, self._cwd)
        self._fixed = self._settings(file, _layers(file, required=True)) if file is not None else None
        self._bare = self._settings(None, [])

    @property
    def is_named(self) -> bool:
        """Whether the caller names the configuration of all folders."""
        return self._fixed is not None

    def of_file(self, file: str) -> Settings:
        """The settings of a file."""
        return self.of_folder(os.path.dirname(os.path.abspath(file)))

    def of_folder(self, folder: str) -> Settings:
        """The settings of the files in a folder, given by its absolute path."""
        if self._fixed is not None:
            return self._fixed
        if self._isolated:
            return self._bare
        visited = []
        settings = self._folders.get(folder)
        while settings is None:
            visited.append(folder)
            settings = self._in(folder)
            above = os.path.dirname(folder)
            if settings is None and above == folder:
                settings = self._bare
            folder = above
            settings = settings or self._folders.get(folder)
        for passed in visited:
            self._folders[passed] = settings
        return settings

    def _in(self, folder: str) -> Settings | None:
        for name in CONFIG_NAMES:
            file = os.path.join(folder, name)
            if os.path.islink(file) and is_outside(file, project_of_configuration(folder)):
                # The target of another user's link is not read, because its text would be quoted.
                continue
            if os.path.isfile(file) and (name != "pyproject.toml" or _mentions(file)):
                layers = _layers(relative(file, self._cwd) or file, required=False)
                if layers is not None:
                    return self._settings(file, layers)
        return None

    def _settings(self, file: str | None, layers: Sequence[ConfigLayer] | None) -> Settings:
        granted = [_granted(layer, self._raises_limits) for layer in layers or []]
        settings = merge_layers(os.path.abspath(file) if file is not None else None, [*granted, *self._top])
        refused = (
            layer.file for layer in layers or [] if not layer.is_own and not layer.values.keys().isdisjoint(_ALLOWING)
        )
        return settings._replace(without_effect=next(refused, None))


def _working_folder() -> str:
    """The working directory; empty if it was deleted, which can happen to a running language server."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _mentions(file: str) -> bool:
    """Whether a `pyproject.toml` may configure seqspec; others are not parsed."""
    try:
        return b"seqspec" in read_file(file, LIMITS.bytes)
    except OSError:
        return False


_ALLOWING = ("allow-data", "allow-output")


def _granted(layer: ConfigLayer, raises_limits: bool) -> ConfigLayer:
    """A configuration without what only one of the caller's own can allow: whoever can open a pull request can write
    the others.
    """
    if layer.is_own:
        return layer
    values: dict[str, Any] = {key: () if key in _ALLOWING else value for key, value in layer.values.items()}
    if not raises_limits and "limits" in values:
        values["limits"] = {name: min(value, getattr(LIMITS, name)) for name, value in values["limits"].items()}
    origins = {
        key: origin if values[key] == layer.values[key] else f"{origin}, which has no effect without --config"
        for key, origin in layer.origins.items()
    }
    return layer._replace(values=values, origins=origins)


def merge_layers(file: str | None, layers: Sequence[ConfigLayer]) -> Settings:
    """The settings of several configurations, of which later ones override earlier ones: tables are merged, the lists
    `extend-select`, `extend-ignore` and `extend-exclude` are concatenated, everything else is replaced.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        for key, value in layer.values.items():
            if key == "select" and layer.option:
                values |= {"ignore": (), "extend-select": (), "extend-ignore": ()}
            if key == "extend-exclude":
                value = (*values.get(key, ()), value)
            elif key in ("extend-select", "extend-ignore") or (key == "ignore" and layer.option):
                value = (*values.get(key, ()), *value)
            elif isinstance(value, Mapping):
                value = {**values.get(key, {}), **value}
            values[key] = value
            origin = layer.origins[key]
            grows = key in origins and (
                key.startswith("extend-") or isinstance(value, Mapping) or (key == "ignore" and layer.option)
            )
            origins[key] = f"{origins[key]}, {origin}" if grows else origin
    plain = {name: value for key, value in values.items() if (name := key.replace("-", "_")) in Settings._fields}
    return Settings(**plain)._replace(
        file=file,
        exclude=(values.get("exclude", Patterns(None, DEFAULT_EXCLUDE)), *values.get("extend-exclude", ())),
        ignore=(*values.get("ignore", ()), *values.get("extend-ignore", ())),
        per_file_ignores=tuple(values.get("per-file-ignores", {}).values()),
        limits=Limits(**values.get("limits", {})),
        origins=origins,
        files=tuple(dict.fromkeys(layer.file for layer in layers if layer.file is not None)),
    )


def _layers(file: str, *, required: bool) -> list[ConfigLayer] | None:
    """The layers of a configuration, its bases first; None if the file does not configure seqspec."""
    from seqspec.core.config.reading import read_layers

    return read_layers(file, required=required)


def _overrides(assignments: Sequence[str], options: Mapping[str, object], base: str) -> list[ConfigLayer]:
    """The layers of the command line."""
    if not assignments and not options:
        return []
    from seqspec.core.config.reading import read_assignment, read_option

    return [
        *(read_assignment(text, base) for text in assignments),
        *(read_option(key, value, base) for key, value in options.items()),
    ]
