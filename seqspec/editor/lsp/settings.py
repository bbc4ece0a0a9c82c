"""The configuration of a workspace: which files are documents, and their settings."""

from __future__ import annotations

import os
from collections.abc import Iterable

from seqspec.core.api.files import (
    CONFIG_NAMES,
    ConfigurationError,
    Configurations,
    EffectiveConfiguration,
    EffectiveConfigurations,
    is_document,
    is_left_out,
    is_named_document,
    walk,
)
from seqspec.core.api.frontends import entry_of, has_markers
from seqspec.core.api.syntax import has_key

_HEAD = 1 << 16


class Project:
    """The documents of the workspace and their settings, each read when it is first requested.

    Attributes:
        faults: The errors in policies.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._configurations = Configurations()
        self._effective = EffectiveConfigurations(self._configurations)
        self._files: set[str] = set()
        self._seen: set[str] = set()

    def of(self, file: str) -> EffectiveConfiguration:
        """The effective configuration of a file."""
        effective = self._effective.of_file(file)
        self._files.update(effective.settings.all_files())
        if effective.error is not None:
            self._files.update(effective.error.files())
        policy = effective.settings.policy
        if effective.policy_error is not None and policy is not None and policy not in self._seen:
            self._seen.add(policy)
            self.faults.append(f"policy {policy}: {effective.policy_error}")
        return effective

    def configures(self, file: str) -> bool:
        """Whether a file is a configuration, or a policy or baseline in use."""
        if os.path.basename(file) in (*CONFIG_NAMES, ".gitignore"):
            return True
        real = os.path.realpath(file)
        return any(os.path.realpath(named) == real for named in self._files)

    def includes(self, file: str) -> bool:
        """Whether a file is a document of the workspace."""
        if os.path.basename(file) in CONFIG_NAMES:
            return False
        try:
            settings = self._configurations.of_file(file)
            is_included = settings.include.matches(file) if settings.include is not None else is_document(file)
            return is_included and not is_left_out(file, settings, gitignore=True)
        except (ConfigurationError, OSError, ValueError):
            return False

    def is_document(self, file: str, text: str, format: str) -> bool:
        """Whether an open text is a document: by its name, the configuration, or its content."""
        name = os.path.basename(file)
        if name in CONFIG_NAMES:
            return False
        settings = self.of(file).settings
        if settings.force_exclude and is_left_out(file, settings):
            return False
        if is_named_document(name) or (settings.include is not None and settings.include.matches(file)):
            return True
        return has_key(text[:_HEAD].encode("utf-8", "replace"), format)

    def has_models(self, file: str, text: str) -> bool:
        """Whether an open text that is not a spec may contain models: it has the markers of its front end."""
        entry = entry_of(file)
        if entry is None or not has_markers(entry, text.encode("utf-8", "replace")):
            return False
        return not is_left_out(file, self.of(file).settings, gitignore=True)

    def documents_among(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """The documents among paths and in folders among them, and the remaining files."""
        documents: list[str] = []
        others: list[str] = []
        for path in paths:
            if os.path.isdir(path):
                documents += [file for file in self.walk(path)[0] if self.includes(file)]
            else:
                (documents if self.includes(path) else others).append(path)
        return documents, others

    def walk(self, folder: str) -> tuple[list[str], ConfigurationError | None]:
        """The absolute paths of the documents in a folder, and the invalid configuration that ended the search."""
        files: list[str] = []
        try:
            files.extend(os.path.abspath(file) for file in walk(folder, self._configurations, []))
        except ConfigurationError as error:
            return files, error
        except OSError:
            pass
        return files, None
