"""Whether labels have the shape that the loss compares with the output of the model."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.analysis.analyze import AnalysisResult
from seqspec.catalog.objects import CustomUse
from seqspec.diagnostics.snippet import Help, Setting, TableName
from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import source_of
from seqspec.training.data.prepare import PreparedData
from seqspec.training.errors import DataError

Shape = Sequence[int | None]


def require_label_shape(analysis: AnalysisResult, data: PreparedData) -> None:
    """Raises `DataError` for labels whose shape the model cannot be trained on.

    Keras would fail at the first step, or broadcast labels and outputs without an error.
    """
    spec, y = analysis.spec, data.train.y
    if spec is None or spec.target is None or spec.compile is None or y is None or not analysis.report.layers:
        return
    kind, encoding = spec.target.kind, getattr(spec.target, "encoding", "integer")
    loss = spec.compile.loss
    name = loss if isinstance(loss, str) else type(loss).__name__
    if kind == "reconstruction" or isinstance(loss, CustomUse) or name.lower() == "ctc":
        return
    output = analysis.report.layers[-1].output
    if isinstance(output, list):
        return
    found, outputs = y.shape[1:], tuple(size if isinstance(size, int) else None for size in output.shape[1:])
    indices = kind == "multiclass" and encoding == "integer"
    if indices:
        allowed = [outputs[:-1], (*outputs[:-1], 1)]
    else:
        allowed = [outputs, *([outputs[:-1]] if outputs[-1:] == (1,) else [])]
    if spec.target.shape is not None or any(_fits(found, each) for each in allowed):
        return
    message = f"labels of the train set have shape {_shown(found)}, the model outputs {_shown(outputs)}"
    help = None
    if indices and _fits(found, outputs):
        message = f"labels of the train set have shape {_shown(found)}, but [target] declares class indices"
        help = Help(
            "set ",
            Setting("encoding", "one_hot"),
            " in ",
            TableName(("target",)),
            " and a loss for one-hot labels such as categorical_crossentropy",
        )
    described = spec.data
    at = "source" if described is not None and source_of(described.source) is not None else "train"
    path = ("data", at) if described is not None else ()
    raise DataError([Violation("data-labels", message, path=path, help=help)])


def _fits(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(size in (have, None) for have, size in zip(shape, wanted))


def _shown(shape: Shape) -> str:
    inside = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"
