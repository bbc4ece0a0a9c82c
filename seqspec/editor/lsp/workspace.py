"""The workspace: open documents are checked shortly after the last edit, all others in the background.

An open document is checked with the text in the editor; documents that it extends as saved, as in `seqspec check`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls import uris

from seqspec.core.api.diagnostics import Diagnostic
from seqspec.editor.lsp.diagnostics import (
    DocumentCheck,
    DocumentChecker,
    PublishedDiagnostics,
    configuration_findings,
    file_uri,
)
from seqspec.editor.lsp.open_documents import OpenDocument, OpenDocuments
from seqspec.editor.lsp.snapshot import Snapshot

if TYPE_CHECKING:
    from seqspec.core.api.check import ModelsReport


_LOG = logging.getLogger("seqspec")
_MIN_WITH_PROGRESS = 50
"""The number of documents from which progress is shown."""

Progress = Callable[[int, int], Awaitable[None]]
"""Receives the number of checked documents and the total."""


class BackgroundQueue:
    """The queue of files to check.

    Args:
        check: Checks a file that is not open.
        progress: Shows the progress of a long queue; at its end, both numbers are equal.
    """

    def __init__(self, check: Callable[[str], Awaitable[None]], progress: Progress) -> None:
        self._check = check
        self._progress = progress
        self._waiting: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    def later(self, files: Iterable[str]) -> None:
        """Adds files to the queue; a queued file is not added twice."""
        self._waiting.update(dict.fromkeys(files))
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    def end(self) -> None:
        """Stops the queue."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        done, shown = 0, False
        while self._waiting:
            file = next(iter(self._waiting))
            del self._waiting[file]
            if len(self._waiting) >= _MIN_WITH_PROGRESS or shown:
                shown = True
                await self._progress(done, done + len(self._waiting) + 1)
            try:
                await self._check(file)
            except Exception:
                # An internal error must not end the server.
                _LOG.exception("%s was not checked", file)
            done += 1
        if shown:
            await self._progress(done, done)


def inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or inside it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


T = TypeVar("T")


class InlineExecutor(Executor):
    """Runs each job when it is submitted, for environments without threads such as browsers."""

    def submit(self, fn: Callable[..., object], /, *args: object, **kwargs: object) -> Future[Any]:
        future: Future[object] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            # The future raises it in the caller.
            future.set_exception(error)
        return future


def _pool(name: str) -> Executor:
    return InlineExecutor() if sys.platform == "emscripten" else ThreadPoolExecutor(1, name)


class Workspace:
    """All documents of the workspace and their findings.

    Args:
        publish: Sends the findings of one file to the client.
        warn: Reports errors without a location in a file.
        progress: Shows the progress of the check of the workspace.

    Attributes:
        checker: Checks a document.
        open: The open documents.
        folders: Workspace folders of the workspace.
    """

    def __init__(
        self, publish: Callable[[types.PublishDiagnosticsParams], None], warn: Callable[[str], None], progress: Progress
    ) -> None:
        self.checker = DocumentChecker(warn)
        self.open = OpenDocuments(self._check_open)
        self.folders: list[str] = []
        self._published = PublishedDiagnostics(publish)
        # The files that each document extends; it is checked again when one of them changes.
        self._bases: dict[str, tuple[str, frozenset[str]]] = {}
        self._queue = BackgroundQueue(self._check_file, progress)
        self._scan: asyncio.Task[None] | None = None
        self._front = _pool("seqspec-open")
        self._back = _pool("seqspec-workspace")

    def end(self) -> None:
        """Stops the workspace."""
        self.open.end()
        if self._scan is not None:
            self._scan.cancel()
        self._queue.end()
        for pool in (self._front, self._back):
            pool.shutdown(wait=False, cancel_futures=True)

    async def work(self, job: Callable[[], T]) -> T:
        """Runs a job on the thread for open documents, after earlier jobs."""
        return await asyncio.get_running_loop().run_in_executor(self._front, job)

    async def _in_background(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._back, job)

    # Open documents

    def put(self, uri: str, source: str, version: int | None) -> None:
        """Stores a new version of a document."""
        file = uris.to_fs_path(uri) or uri
        if uri not in self.open and self._published.uri(file) != uri:
            self._forget(self._published.uri(file))
            self._published.name(uri, file)
        self.open.put(uri, self.checker.open(file, source, version))

    def close(self, uri: str) -> None:
        """Removes an open document; its findings stay published if its file is part of the workspace."""
        opened = self.open.close(uri)
        file = opened.snapshot.file if opened is not None else ""
        if self._contains(file) and self.checker.project.includes(file):
            self._queue.later([file])
        else:
            self._forget(uri)

    def find(self, uri: str) -> OpenDocument | None:
        """The latest version of a document; None for a file that is not a spec."""
        opened = self.open.get(uri)
        return opened if opened is not None and opened.is_ours else None

    def program(self, uri: str) -> tuple[ModelsReport, OpenDocument] | None:
        """The report of the latest version of a Python program with Keras models; None for another file."""
        opened = self.open.get(uri)
        report = opened.program if opened is not None else None
        return (report, opened) if opened is not None and report is not None else None

    def findings(self, snapshot: Snapshot) -> list[Diagnostic]:
        """The reported findings of a document."""
        return self.checker.reporting(snapshot)(snapshot.result.report)

    async def _check_open(self, uri: str, opened: OpenDocument) -> float | None:
        checked = await self.work(lambda: self.checker.check_open(opened))
        if self.open.get(uri) is not opened:
            return None
        self._publish(uri, opened.snapshot.file, checked, opened.snapshot.version)
        return checked.seconds

    def _publish(self, uri: str, file: str, checked: DocumentCheck, version: int | None = None) -> None:
        self._bases[uri] = file, checked.bases
        self._published.publish(uri, checked.findings, version)
        self.checker.warn_all()

    def _forget(self, uri: str) -> None:
        self._bases.pop(uri, None)
        self._published.publish(uri, {})

    # Workspace folders

    def begin(self, first: Callable[[], None]) -> None:
        """Runs an initial job, and then searches for the documents of the workspace."""
        ready = self._front.submit(first)
        self._scan = asyncio.get_running_loop().create_task(self._look(ready))

    def scan(self) -> None:
        """Searches for the documents of the workspace, and checks those that are not open."""
        if self._scan is not None:
            self._scan.cancel()
        self._scan = asyncio.get_running_loop().create_task(self._look())

    async def _look(self, ready: Future[None] | None = None) -> None:
        if ready is not None:
            await asyncio.wrap_future(ready)
        project, folders = self.checker.project, list(self.folders)
        files_by_folder = await self._in_background(lambda: [project.walk(folder) for folder in folders])
        files = [file for documents, _ in files_by_folder for file in documents]
        known_uris = set(map(self._published.uri, files))
        for uri in self._published.documents():
            if uri not in known_uris and uri not in self.open:
                self._forget(uri)
        for folder, (_, error) in zip(folders, files_by_folder, strict=True):
            if error is not None:
                self._published.publish(file_uri(folder), configuration_findings(error, self.checker.codec))
        self._queue.later(files)

    def _contains(self, path: str) -> bool:
        return any(inside(path, folder) for folder in self.folders)

    async def _check_file(self, file: str) -> None:
        if self._published.uri(file) in self.open or not self._contains(file):
            return
        checked = await self._in_background(lambda: self.checker.check_file(file))
        uri = self._published.uri(file)
        if uri in self.open:
            return
        if checked is None:
            self._forget(uri)
        else:
            self._publish(uri, file, checked)

    # Changes

    async def changed(self, events: Iterable[types.FileEvent]) -> None:
        """Checks changed files and the documents that extend them."""
        paths = [(uris.to_fs_path(event.uri) or "", event.type) for event in events]
        if any(self.checker.project.configures(path) for path, _ in paths):
            self.reload()
            return
        for path, kind in paths:
            if kind == types.FileChangeType.Deleted:
                for uri in self._published.documents():
                    if uri not in self.open and inside(uris.to_fs_path(uri) or "", path):
                        self._forget(uri)
        present = [path for path, kind in paths if kind != types.FileChangeType.Deleted and self._contains(path)]
        project = self.checker.project
        files, gone = await self._in_background(lambda: project.documents_among(present))
        for file in gone:
            if self._published.uri(file) not in self.open:
                self._forget(self._published.uri(file))
        self._queue.later(files)
        self.saved(*(path for path, _ in paths))

    def saved(self, *files: str) -> None:
        """Checks the documents that extend one of the files again; all documents if one is a configuration."""
        if any(map(self.checker.project.configures, files)):
            self.reload()
            return
        real = set(map(os.path.realpath, files))
        for uri, (file, bases) in list(self._bases.items()):
            if real.isdisjoint(bases):
                continue
            opened = self.open.get(uri)
            if opened is not None:
                self._again(uri, opened)
            else:
                self._queue.later([file])

    def _again(self, uri: str, opened: OpenDocument) -> None:
        self.put(uri, opened.snapshot.text, opened.snapshot.version)

    def reload(self) -> None:
        """Reads the configuration again, and checks every document with it."""
        self.checker.reload()
        for uri, opened in self.open.items():
            self._again(uri, opened)
        self.scan()
