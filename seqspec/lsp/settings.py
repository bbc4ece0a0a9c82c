"""The files of a workspace: which of them are documents, which configure others, and what applies to each."""

from __future__ import annotations

import os
from collections.abc import Iterable

from seqspec.config.config_layer import ConfigurationError
from seqspec.config.configuration import Configurations
from seqspec.config.detect import has_key, is_document, is_named_document, mentions_model
from seqspec.config.effective import EffectiveConfiguration, EffectiveConfigurations
from seqspec.config.settings import CONFIG_NAMES
from seqspec.config.walk import is_left_out

_HEAD = 1 << 16


class Project:
    """Which files of the workspace are documents, and what applies to each, as it was when first requested.

    Attributes:
        faults: Why policies cannot be used, each in a sentence.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._configurations = Configurations()
        self._effective = EffectiveConfigurations(self._configurations)
        self._files: set[str] = set()
        self._seen: set[str] = set()

    def of(self, file: str) -> EffectiveConfiguration:
        """What applies to a file."""
        found = self._effective.of_file(file)
        self._files.update(found.settings.all_files())
        if found.error is not None:
            self._files.update(found.error.files())
        policy = found.settings.policy
        if found.policy_error is not None and policy is not None and policy not in self._seen:
            self._seen.add(policy)
            self.faults.append(f"policy {policy}: {found.policy_error}")
        return found

    def configures(self, file: str) -> bool:
        """Whether a file says what applies to documents: a configuration, or a policy or baseline that one names."""
        if os.path.basename(file) in (*CONFIG_NAMES, ".gitignore"):
            return True
        real = os.path.realpath(file)
        return any(os.path.realpath(named) == real for named in self._files)

    def takes(self, file: str) -> bool:
        """Whether a walk through its folder takes a file for a document."""
        if os.path.basename(file) in CONFIG_NAMES:
            return False
        try:
            settings = self._configurations.of_file(file)
            wanted = settings.include.matches(file) if settings.include is not None else is_document(file)
            return wanted and not is_left_out(file, settings, gitignore=True)
        except (ConfigurationError, OSError, ValueError):
            return False

    def means(self, file: str, text: str, format: str) -> bool:
        """Whether an open text is a document: by its name, by what the configuration includes, or by what it holds."""
        name = os.path.basename(file)
        if name in CONFIG_NAMES:
            return False
        settings = self.of(file).settings
        if settings.force_exclude and is_left_out(file, settings):
            return False
        if is_named_document(name) or (settings.include is not None and settings.include.matches(file)):
            return True
        return has_key(text[:_HEAD].encode("utf-8", "replace"), format)

    def means_program(self, file: str, text: str) -> bool:
        """Whether an open text is a Python program that may hold a Keras model."""
        if not file.endswith(".py") or not mentions_model(text.encode("utf-8", "replace")):
            return False
        return not is_left_out(file, self.of(file).settings, gitignore=True)

    def documents_among(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """The documents among some paths and in the folders among them; and the files that are not."""
        documents: list[str] = []
        others: list[str] = []
        for path in paths:
            if os.path.isdir(path):
                documents += [file for file in self.walk(path)[0] if self.takes(file)]
            else:
                (documents if self.takes(path) else others).append(path)
        return documents, others

    def walk(self, folder: str) -> tuple[list[str], ConfigurationError | None]:
        """The documents of a folder, by their absolute paths, and the configuration at which the walk had to stop."""
        from seqspec.config.walk import walk

        found: list[str] = []
        try:
            found.extend(os.path.abspath(file) for file in walk(folder, self._configurations, []))
        except ConfigurationError as error:
            return found, error
        except OSError:
            pass
        return found, None
