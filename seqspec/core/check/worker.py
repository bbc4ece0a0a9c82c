"""The worker process: checks chunks of specs and returns compact results.

A result contains little more than the findings: the facts of a valid spec can be recomputed from its text.
"""

from __future__ import annotations

import pickle
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.analysis.report import Report
from seqspec.core.syntax.document import Document

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from seqspec.core.analysis.layer_report import LayerReport
    from seqspec.core.check.task import CheckTask

_stop: Event | None = None
_SENT = ("diagnostics", "complete", "suppressed", "coverage", "on_request", "target")
"""The attributes of a report that are sent in any case."""


class Result(NamedTuple):
    """A report in transit between processes.

    Attributes:
        attributes: Those of the report that `_SENT` names.
        file: The file that was checked.
        kind: The class of its document.
        format: Its format.
        texts: The files involved and their texts, the checked one first, if they may be needed.
        report: The pickled report, if its layers may be needed and cannot be recomputed from the text.
        facts: Its `to_dict`, if requested.
    """

    attributes: dict[str, object]
    file: str | None
    kind: type[Document]
    format: str
    texts: list[tuple[str, str]]
    report: bytes | None
    facts: dict[str, object] | None


class RemoteReport(Report):
    """A report from a worker process; its document and layers are recomputed on demand."""

    def __init__(self, task: CheckTask, result: Result) -> None:
        vars(self).update(result.attributes)
        self._task = task
        self._result = result

    @property
    def file(self) -> str | None:
        """The file that was checked, as named by the caller; None for a dict."""
        return self._result.file

    @property
    def is_single_document(self) -> bool:
        """Whether no other document is involved: the spec extends no other, and the caller sets no values."""
        return self._again.is_single_document

    @cached_property
    def layers(self) -> list[LayerReport]:
        """The layers with their facts."""
        return self._again.layers

    @cached_property
    def document(self) -> Document | None:
        """The document."""
        return self._again.document

    def line(self, file: str | None, number: int) -> str:
        """A line of a file involved in the check, 1-based; empty for a line out of range."""
        document = self._texts.get(file)
        return document.line_text(number) if document is not None else ""

    def to_dict(self) -> dict[str, object]:
        """JSON data, as printed by `seqspec check --format json`."""
        return self._result.facts if self._result.facts is not None else self._again.to_dict()

    @cached_property
    def _texts(self) -> dict[str | None, Document]:
        return {file: Document({}, text, file) for file, text in self._result.texts}

    @cached_property
    def _again(self) -> Report:
        if self._result.report is not None:
            report: Report = pickle.loads(self._result.report)
            return report
        if not self._result.texts:
            return self._task.report()
        from seqspec.core.syntax.source import parse_text

        file, text = self._result.texts[0]
        document = parse_text(text, file, self._result.format, self._task.options.limits, self._result.kind)
        return self._task._replace(source=document).report()


def prepare(stop: Event) -> None:
    """Initializes a worker: SIGINT is left to the main process, and the worker exits when that ends."""
    import signal
    import threading

    global _stop  # noqa: PLW0603  # set once per process, before the first task
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    import os
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def check_chunk(data: bytes) -> bytes:
    """The results of a chunk of tasks, in order; fewer if the run was stopped."""
    results: list[Result] = []
    for task in pickle.loads(data):
        if _stop is not None and _stop.is_set():
            break
        try:
            results.append(_result(task))
        except Exception as error:
            # An internal error must not hide the other reports.
            from seqspec.core.check.task import failed_report

            results.append(_failed(failed_report(task.source, error)))
    return pickle.dumps(results, pickle.HIGHEST_PROTOCOL)


def _failed(report: Report) -> Result:
    return Result(_sent(report), report.file, Document, "toml", [], _pickled(report), report.to_dict())


def _result(task: CheckTask) -> Result:
    report = task.report()
    document = report.document
    if document is None or document.file is None:
        facts = report.to_dict() if task.want == "facts" else None
        return Result(_sent(report), None, Document, "dict", [], None, facts)
    pickled = facts = None
    texts: list[tuple[str, str]] = []
    if report.diagnostics or report.suppressed or report.on_request or task.want == "report":
        texts = [(file, text) for file, text in report.texts() if file is not None]
    if task.want == "facts":
        facts = report.to_dict()
    elif task.want == "report" and not (report.is_single_document and texts):
        pickled = _pickled(report)
    return Result(_sent(report), document.file, type(document), document.format, texts, pickled, facts)


def _sent(report: Report) -> dict[str, object]:
    return {name: getattr(report, name) for name in _SENT}


def _pickled(report: Report) -> bytes | None:
    """The pickled report; None if it cannot be pickled, so that it is recomputed where it is needed."""
    try:
        return pickle.dumps(report, pickle.HIGHEST_PROTOCOL)
    except Exception:
        # An internal error must not hide the other reports.
        return None
