"""The workspace: what is open is checked a moment after the last keystroke, its other documents beside that.

What is open counts as its text is there; what it extends counts as it is saved, as for `seqspec check`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls import uris

from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.lsp.background_queue import BackgroundQueue, Progress, inside
from seqspec.lsp.checker import CheckedDocument, DocumentChecker
from seqspec.lsp.diagnostics import address, of_configuration
from seqspec.lsp.open_documents import OpenDocument, OpenDocuments
from seqspec.lsp.published_diagnostics import PublishedDiagnostics
from seqspec.lsp.snapshot import Snapshot

if TYPE_CHECKING:
    from seqspec.linter.program import ProgramReport

T = TypeVar("T")


class InlineExecutor(Executor):
    """Does each job when it is submitted: where there are no threads, as in a browser."""

    def submit(self, fn: Callable[..., Any], /, *args: object, **kwargs: object) -> Future[Any]:
        future: Future[object] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            # The future passes it on to the caller.
            future.set_exception(error)
        return future


def _pool(name: str) -> Executor:
    return InlineExecutor() if sys.platform == "emscripten" else ThreadPoolExecutor(1, name)


class Workspace:
    """All documents that are known of, and what is wrong with them.

    Args:
        publish: Sends the findings of one file to the client.
        warn: Reports what prevents a check and has no place in a file.
        progress: Shows how far the check of the workspace has come.

    Attributes:
        checker: Checks a document.
        open: The documents that an editor has open.
        folders: The folders of the workspace.
    """

    def __init__(
        self,
        publish: Callable[[types.PublishDiagnosticsParams], None],
        warn: Callable[[str], None],
        progress: Progress,
    ) -> None:
        self.checker = DocumentChecker(warn)
        self.open = OpenDocuments(self._check_open)
        self.folders: list[str] = []
        self._published = PublishedDiagnostics(publish)
        # Files that a document extends, so that it is checked again when one of them changes.
        self._bases: dict[str, tuple[str, frozenset[str]]] = {}
        self._queue = BackgroundQueue(self._check_file, progress)
        self._scan: asyncio.Task[None] | None = None
        self._front = _pool("seqspec-open")
        self._back = _pool("seqspec-workspace")

    def end(self) -> None:
        """Begins nothing more."""
        self.open.end()
        if self._scan is not None:
            self._scan.cancel()
        self._queue.end()
        for pool in (self._front, self._back):
            pool.shutdown(wait=False, cancel_futures=True)

    async def work(self, job: Callable[[], T]) -> T:
        """Does something with what is open, after everything that was begun before."""
        return await asyncio.get_running_loop().run_in_executor(self._front, job)

    async def _beside(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._back, job)

    # What is open

    def put(self, uri: str, source: str, version: int | None) -> None:
        """Takes a new text of a document."""
        file = uris.to_fs_path(uri) or uri
        if uri not in self.open and self._published.uri(file) != uri:
            self._forget(self._published.uri(file))
            self._published.name(uri, file)
        self.open.put(uri, self.checker.open(file, source, version))

    def close(self, uri: str) -> None:
        """Forgets the text of a document; its findings are still published where its file is part of the workspace."""
        opened = self.open.close(uri)
        file = opened.snapshot.file if opened is not None else ""
        if self._contains(file) and self.checker.project.takes(file):
            self._queue.later([file])
        else:
            self._forget(uri)

    def known(self, uri: str) -> OpenDocument | None:
        """The newest text of a document; None for a file that is not a document of seqspec."""
        opened = self.open.get(uri)
        return opened if opened is not None and opened.is_ours else None

    def program(self, uri: str) -> tuple[ProgramReport, OpenDocument] | None:
        """The report of the newest text of a Python program with Keras models; None for another file."""
        opened = self.open.get(uri)
        report = opened.program if opened is not None else None
        return (report, opened) if opened is not None and report is not None else None

    def findings(self, snapshot: Snapshot) -> list[Diagnostic]:
        """The findings of a document that are reported."""
        return self.checker.reporting(snapshot)(snapshot.result.report)

    async def _check_open(self, uri: str, opened: OpenDocument) -> float | None:
        found = await self.work(lambda: self.checker.check_open(opened))
        if self.open.get(uri) is not opened:
            return None
        self._publish(uri, opened.snapshot.file, found, opened.snapshot.version)
        return found.seconds

    def _publish(self, uri: str, file: str, found: CheckedDocument, version: int | None = None) -> None:
        self._bases[uri] = file, found.bases
        self._published.publish(uri, found.findings, version)
        self.checker.warn_all()

    def _forget(self, uri: str) -> None:
        self._bases.pop(uri, None)
        self._published.publish(uri, {})

    # The folders

    def begin(self, first: Callable[[], None]) -> None:
        """Does something before anything else, and then looks for the documents of the workspace."""
        ready = self._front.submit(first)
        self._scan = asyncio.get_running_loop().create_task(self._look(ready))

    def scan(self) -> None:
        """Looks for the documents of the workspace, and checks those that are not open."""
        if self._scan is not None:
            self._scan.cancel()
        self._scan = asyncio.get_running_loop().create_task(self._look())

    async def _look(self, ready: Future[None] | None = None) -> None:
        if ready is not None:
            await asyncio.wrap_future(ready)
        project, folders = self.checker.project, list(self.folders)
        found = await self._beside(lambda: [project.walk(folder) for folder in folders])
        files = [file for documents, _ in found for file in documents]
        there = set(map(self._published.uri, files))
        for uri in self._published.documents():
            if uri not in there and uri not in self.open:
                self._forget(uri)
        for folder, (_, error) in zip(folders, found, strict=True):
            if error is not None:
                self._published.publish(address(folder), of_configuration(error, self.checker.codec))
        self._queue.later(files)

    def _contains(self, path: str) -> bool:
        return any(inside(path, folder) for folder in self.folders)

    async def _check_file(self, file: str) -> None:
        if self._published.uri(file) in self.open or not self._contains(file):
            return
        found = await self._beside(lambda: self.checker.check_file(file))
        uri = self._published.uri(file)
        if uri in self.open:
            return
        if found is None:
            self._forget(uri)
        else:
            self._publish(uri, file, found)

    # Changes

    async def changed(self, events: Iterable[types.FileEvent]) -> None:
        """Checks what follows from changes of files: they themselves, and the documents that extend them."""
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
        files, gone = await self._beside(lambda: project.documents_among(present))
        for file in gone:
            if self._published.uri(file) not in self.open:
                self._forget(self._published.uri(file))
        self._queue.later(files)
        self.saved(*(path for path, _ in paths))

    def saved(self, *files: str) -> None:
        """Checks the documents again that extend one of the files; all of them where one is a configuration."""
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
