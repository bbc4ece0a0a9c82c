"""Generates `[export]`: `Model.export` of a model without augmentation layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.codegen.expressions import Group, Item, call, lines
from seqspec.core.codegen.literals import literal, text
from seqspec.core.document.outputs import Export
from seqspec.core.shapes.tensor import TensorSpec


def export_lines(exports: Sequence[Export], reports: Sequence[LayerReport], start: TensorSpec) -> Iterator[str]:
    """The exports of a spec; a comment for what `Model.export` cannot write.

    Args:
        exports: The tables of `[export]`.
        reports: The layers of the model.
        start: The input of the model.
    """
    able = [export for export in exports if export.optimize == "none" and export.format != "tfjs"]
    left_out = [index for index, report in enumerate(reports) if _only_augments(report)]
    model = "inference_model" if left_out and able else "model"
    if model != "model":
        yield "# Model.export would keep augmenting: these layers are left out."
        size = [Item("model.input_shape[1:]")]
        if start.dtype != "float32":
            size.append(Item(text(start.dtype), "dtype="))
        kept = Group("[", [Item(call("keras.Input", size)), Item(_kept(left_out), "*")], "]")
        yield from lines(call("keras.Sequential", [Item(kept)]), "inference_model = ")
    for export in exports:
        if export not in able:
            yield f"# {export.filepath}: written by seqspec export, not by Model.export."
            continue
        yield from lines(call(f"{model}.export", list(_arguments(export, start))))


def _arguments(export: Export, start: TensorSpec) -> Iterator[Item]:
    yield Item(literal(export.filepath))
    given = export.model_fields_set
    for key in ("format", "opset_version", "verbose"):
        if key in given:
            yield Item(literal(getattr(export, key)), f"{key}=")
    # Keras surprise: without a signature, ONNX needs a model that has been called on data.
    if export.batch_size is not None or export.format == "onnx":
        sizes = [size if isinstance(size, int) else None for size in start.dims[1:]]
        shape = ", ".join(map(str, (export.batch_size, *sizes)))
        spec = call("keras.InputSpec", [Item(f"({shape},)" if not sizes else f"({shape})", "shape="),
                                        Item(text(start.dtype), "dtype=")])  # fmt: skip
        yield Item(Group("[", [Item(spec)], "]"), "input_signature=")


def _only_augments(report: LayerReport) -> bool:
    if report.type == "Sequential":
        return bool(report.layers) and all(map(_only_augments, report.layers))
    return bool(report.layer.exports.left_out)


def _kept(left_out: Sequence[int]) -> str | Group:
    """The layers of the model without some of them."""
    first = len(left_out)
    if list(left_out) == list(range(first)):
        return f"model.layers[{first}:]"
    kept = f"layer for index, layer in enumerate(model.layers) if index not in {tuple(left_out)}"
    return Group("[", [Item(kept)], "]")
