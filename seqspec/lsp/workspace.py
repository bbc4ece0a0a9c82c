"""Findings: of what is open a moment after the last keystroke, of the other documents of the workspace beside that.

What is open counts as its text stands there; what it extends counts as it is saved, as for `seqspec check`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec

from seqspec.analysis.analyze import AnalysisResult
from seqspec.analysis.report import Report
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.linter.check import analyze
from seqspec.lsp.background_queue import Folders, Progress, inside
from seqspec.lsp.edits import repaired
from seqspec.lsp.features.diagnostics import address, of_configuration, published
from seqspec.lsp.open_document import Opened
from seqspec.lsp.published_diagnostics import Findings, PublishedDiagnostics
from seqspec.lsp.settings import Applied, Project
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.source import read_source

T = TypeVar("T")

_LOG = logging.getLogger("seqspec")
_SHARE = 2.0
_LONGEST = 1.0
"""Findings wait for `_SHARE` times as long as those before them took, at most for so many seconds."""


class Checks:
    """All documents that are known of, and what is wrong with them.

    Args:
        publish: Sends the findings of one file to the client.
        warn: Tells what stands in the way of a check and has no place in a file.
        progress: Shows how far the check of the workspace has come.

    Attributes:
        codec: What counts the units of the client.
        folders: The folders of the workspace.
    """

    def __init__(
        self,
        publish: Callable[[types.PublishDiagnosticsParams], None],
        warn: Callable[[str], None],
        progress: Progress,
    ) -> None:
        self.codec = PositionCodec()
        self.folders: list[str] = []
        self._project = Project()
        self._told = PublishedDiagnostics(publish)
        self._warn = warn
        self._open: dict[str, Opened] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._took: dict[str, float] = {}
        # Files that a document extends, so that it is checked again when one of them changes.
        self._bases: dict[str, tuple[str, frozenset[str]]] = {}
        # A client may write the address of a file in another way than we do.
        self._names: dict[str, str] = {}
        self._queue = Folders(self._check_file, progress)
        self._scan: asyncio.Task[None] | None = None
        self._front = ThreadPoolExecutor(1, "seqspec-open")
        self._back = ThreadPoolExecutor(1, "seqspec-workspace")

    def end(self) -> None:
        """Begins nothing more."""
        for uri in list(self._pending):
            self._stop(uri)
        if self._scan is not None:
            self._scan.cancel()
        self._queue.end()
        for pool in (self._front, self._back):
            pool.shutdown(wait=False, cancel_futures=True)

    async def work(self, job: Callable[[], T]) -> T:
        """Does something with what is open, after everything that was begun before."""
        return await asyncio.get_running_loop().run_in_executor(self._front, job)

    # What is open

    def put(self, uri: str, source: str, version: int | None) -> None:
        """Takes a new text of a document."""
        file = uris.to_fs_path(uri) or uri
        if uri not in self._open:
            self._name(uri, file)
        applied = self._project.of(file)
        snapshot = Snapshot(repaired(source), file, version, applied.policy, applied.settings.limits)
        self._open[uri] = Opened(snapshot, self._project, self.codec)
        self._later(uri)

    def _name(self, uri: str, file: str) -> None:
        own = address(file)
        if self._uri(file) != uri:
            self._forget(self._uri(file))
        self._names[own] = uri

    def _uri(self, file: str) -> str:
        """The address of a file, as the client writes it where it has named the file."""
        own = address(file)
        return self._names.get(own, own)

    def close(self, uri: str) -> None:
        """Forgets the text of a document; its findings go on to be told where its file is part of the workspace."""
        opened = self._open.pop(uri, None)
        self._stop(uri)
        self._took.pop(uri, None)
        file = opened.snapshot.file if opened is not None else ""
        if self._contains(file) and self._project.takes(file):
            self._queue.later([file])
        else:
            self._forget(uri)

    def known(self, uri: str) -> Opened | None:
        """The newest text of a document; None for a file that is none of ours."""
        opened = self._open.get(uri)
        return opened if opened is not None and opened.is_ours else None

    def all_open(self) -> list[tuple[str, Snapshot]]:
        """The texts that are open, with their addresses."""
        return [(uri, opened.snapshot) for uri, opened in list(self._open.items())]

    def choosing(self, snapshot: Snapshot) -> Callable[[Report], list[Diagnostic]]:
        """Gives the findings of a report that are to be told of a document."""
        return self._project.of(snapshot.file).chosen

    def findings(self, snapshot: Snapshot) -> list[Diagnostic]:
        """What is wrong with a document and to be told of."""
        return self.choosing(snapshot)(snapshot.result.report)

    def _later(self, uri: str) -> None:
        """Works out the findings of a document once nobody has typed for a moment."""
        self._stop(uri)
        self._pending[uri] = asyncio.get_running_loop().create_task(self._check_open(uri))

    def _stop(self, uri: str) -> None:
        task = self._pending.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _check_open(self, uri: str) -> None:
        await asyncio.sleep(min(_SHARE * self._took.get(uri, 0.0), _LONGEST))
        opened = self._open[uri]
        try:
            found, bases, took = await self.work(lambda: self._of_open(opened))
        except Exception:
            _LOG.exception("%s was not checked", uri)
            return
        if self._open.get(uri) is opened:
            self._took[uri] = took
            self._bases[uri] = opened.snapshot.file, bases
            self._told.tell(uri, self._by_address(found), opened.snapshot.version)
            self._warn_all()

    def _of_open(self, opened: Opened) -> tuple[Findings, frozenset[str], float]:
        start = time.perf_counter()
        snapshot = opened.snapshot
        if not opened.is_ours:
            return {snapshot.file: []}, frozenset(), 0.0
        found = self._found(snapshot.result, snapshot.file, opened.text)
        return found, bases_of(snapshot.result), time.perf_counter() - start

    def _found(self, result: AnalysisResult, file: str, text: Text | None) -> Findings:
        applied = self._project.of(file)
        if applied.error is not None:
            return {file: [], **of_configuration(applied.error, self.codec)}
        report = result.report
        return published(report, applied.chosen(report), file, text, self.codec)

    def _by_address(self, found: Findings) -> Findings:
        return {self._uri(file): told for file, told in found.items()}

    def _warn_all(self) -> None:
        while self._project.faults:
            self._warn(self._project.faults.pop())

    # The workspace

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
        project, folders = self._project, list(self.folders)
        found = await self._beside(lambda: [project.walk(folder) for folder in folders])
        files = [file for documents, _ in found for file in documents]
        there = set(map(self._uri, files))
        for uri in self._told.documents():
            if uri not in there and uri not in self._open:
                self._forget(uri)
        for folder, (_, error) in zip(folders, found, strict=True):
            if error is not None:
                self._told.tell(address(folder), self._by_address(of_configuration(error, self.codec)))
        self._queue.later(files)

    async def _beside(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._back, job)

    def _contains(self, path: str) -> bool:
        return any(inside(path, folder) for folder in self.folders)

    async def _check_file(self, file: str) -> None:
        if self._uri(file) in self._open or not self._contains(file):
            return
        found = await self._beside(lambda: self._of_file(file))
        uri = self._uri(file)
        if uri in self._open:
            return
        if found is None:
            self._forget(uri)
        else:
            self._bases[uri] = file, found[1]
            self._told.tell(uri, self._by_address(found[0]))
        self._warn_all()

    def _of_file(self, file: str) -> tuple[Findings, frozenset[str]] | None:
        """The findings of a file, and what it extends; None where it is no more there."""
        if not os.path.lexists(file):
            return None
        applied: Applied = self._project.of(file)
        limits = applied.settings.limits
        result = analyze(read_source(file, limits), policy=applied.policy, limits=limits)
        return self._found(result, file, None), bases_of(result)

    def _forget(self, uri: str) -> None:
        self._bases.pop(uri, None)
        self._told.tell(uri, {})

    # Changes

    async def changed(self, events: Iterable[types.FileEvent]) -> None:
        """Checks what follows from changes of files: they themselves, and the documents that extend them."""
        paths = [(uris.to_fs_path(event.uri) or "", event.type) for event in events]
        if any(self._project.configures(path) for path, _ in paths):
            self.reload()
            return
        for path, kind in paths:
            if kind == types.FileChangeType.Deleted:
                for uri in self._told.documents():
                    if uri not in self._open and inside(uris.to_fs_path(uri) or "", path):
                        self._forget(uri)
        present = [path for path, kind in paths if kind != types.FileChangeType.Deleted and self._contains(path)]
        files, gone = await self._beside(lambda: self._sorted(present))
        for file in gone:
            if self._uri(file) not in self._open:
                self._forget(self._uri(file))
        self._queue.later(files)
        self.saved(*(path for path, _ in paths))

    def _sorted(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """The documents among some paths and in the folders among them; and the files that are none."""
        documents: list[str] = []
        others: list[str] = []
        for path in paths:
            if os.path.isdir(path):
                documents += [file for file in self._project.walk(path)[0] if self._project.takes(file)]
            else:
                (documents if self._project.takes(path) else others).append(path)
        return documents, others

    def saved(self, *files: str) -> None:
        """Checks the documents again that extend one of the files; all of them where one is a configuration."""
        if any(map(self._project.configures, files)):
            self.reload()
            return
        real = set(map(os.path.realpath, files))
        for uri, (file, bases) in list(self._bases.items()):
            if real.isdisjoint(bases):
                continue
            if uri in self._open:
                self._again(uri)
            else:
                self._queue.later([file])

    def _again(self, uri: str) -> None:
        snapshot = self._open[uri].snapshot
        self.put(uri, snapshot.text, snapshot.version)

    def reload(self) -> None:
        """Reads the configuration anew, and checks every document with it."""
        self._project = Project()
        for uri in list(self._open):
            self._again(uri)
        self.scan()


def bases_of(result: AnalysisResult) -> frozenset[str]:
    """The files that a document extends, by way of others too, and the one that it would extend if it were there."""
    *_, last = documents = [each for each in result.expansion.documents if each.file is not None]
    found = {os.path.realpath(each.file or "") for each in documents[1:]}
    named = last.tree.get("extends") if last.readable else None
    if isinstance(named, str) and "\0" not in named:
        found.add(os.path.realpath(os.path.join(os.path.dirname(last.file or ""), named)))
    return frozenset(found)
