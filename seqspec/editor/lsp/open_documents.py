"""The open documents, each checked shortly after the last edit."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from pygls.workspace import PositionCodec

from seqspec.core.config.configuration import Configurations
from seqspec.core.config.effective import EffectiveConfiguration, EffectiveConfigurations
from seqspec.core.config.settings import CONFIG_NAMES, ConfigurationError
from seqspec.core.config.walk import has_key, is_document, is_left_out, is_named_document
from seqspec.core.frontends.registry import entry_of, has_markers
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

if TYPE_CHECKING:
    from seqspec.core.analysis.report import ModelsReport


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
        from seqspec.core.config.walk import walk

        files: list[str] = []
        try:
            files.extend(os.path.abspath(file) for file in walk(folder, self._configurations, []))
        except ConfigurationError as error:
            return files, error
        except OSError:
            pass
        return files, None


_LOG = logging.getLogger("seqspec")
_WAIT_SHARE = 2.0
_MAX_WAIT_SECONDS = 1.0
"""The maximum delay of a check, which is `_WAIT_SHARE` times the duration of the previous one."""


class OpenDocument:
    """One version of an open document.

    Args:
        snapshot: The version with its lazily computed facts.
        project: The configuration of the workspace.
        codec: The position encoding of the client.
    """

    def __init__(self, snapshot: Snapshot, project: Project, codec: PositionCodec) -> None:
        self.snapshot = snapshot
        self._project = project
        self._codec = codec

    @cached_property
    def text(self) -> PositionMap:
        """The position map of its text."""
        return PositionMap(self.snapshot.text, self._codec)

    @cached_property
    def is_ours(self) -> bool:
        """Whether it is a spec."""
        snapshot = self.snapshot
        return entry_of(snapshot.file) is None and self._project.is_document(
            snapshot.file, snapshot.text, snapshot.document.format
        )

    @cached_property
    def program(self) -> ModelsReport | None:
        """The report of a program that may contain a Keras model; None for another text."""
        snapshot = self.snapshot
        if not snapshot.document.has_positions or not self._project.has_models(snapshot.file, snapshot.text):
            return None
        from seqspec.core.analysis.report import ModelsReport

        report = snapshot.check(snapshot.document)
        return report if isinstance(report, ModelsReport) else None


class OpenDocuments:
    """The open documents by URI.

    Args:
        check: Checks a document and publishes its findings; returns the duration in seconds, or None if the text
            changed meanwhile.
    """

    def __init__(self, check: Callable[[str, OpenDocument], Awaitable[float | None]]) -> None:
        self._check = check
        self._open: dict[str, OpenDocument] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._seconds: dict[str, float] = {}

    def __contains__(self, uri: str) -> bool:
        return uri in self._open

    def get(self, uri: str) -> OpenDocument | None:
        """The latest version of a document; None if it is not open."""
        return self._open.get(uri)

    def items(self) -> list[tuple[str, OpenDocument]]:
        """The open documents with their URIs."""
        return list(self._open.items())

    def put(self, uri: str, opened: OpenDocument) -> None:
        """Stores a new version of a document, and checks it after a delay without edits."""
        self._open[uri] = opened
        self._stop(uri)
        self._pending[uri] = asyncio.get_running_loop().create_task(self._check_later(uri))

    def close(self, uri: str) -> OpenDocument | None:
        """Removes a document and returns it."""
        self._stop(uri)
        self._seconds.pop(uri, None)
        return self._open.pop(uri, None)

    def end(self) -> None:
        """Stops all checks."""
        for uri in list(self._pending):
            self._stop(uri)

    def _stop(self, uri: str) -> None:
        task = self._pending.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _check_later(self, uri: str) -> None:
        await asyncio.sleep(min(_WAIT_SHARE * self._seconds.get(uri, 0.0), _MAX_WAIT_SECONDS))
        try:
            seconds = await self._check(uri, self._open[uri])
        except Exception:
            # An internal error must not end the server.
            _LOG.exception("%s was not checked", uri)
            return
        if seconds is not None:
            self._seconds[uri] = seconds
