"""Settings of `[fit]` and `[data]` that `seqspec train` rejects although Keras could compile the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import UnknownValueError
from seqspec.core.document.data import Data
from seqspec.core.document.typed_spec import TypedSpec


def untrainable(spec: TypedSpec) -> Iterator[Violation]:
    """Violations for stages that cannot be trained, and for a split that a series cannot have."""
    split = spec.data.split
    for index, stage in enumerate(spec.fit):
        path = spec.stage_path(index)
        if stage.trainable:
            yield from _unknown_layers(spec, stage.trainable, (*path, "trainable"))
        if stage.validation_split and split is not None:
            yield Violation(
                "bad-stage",
                "validation_split and split of [data] are both set",
                path=(*path, "validation_split"),
                help="remove validation_split",
            )
    if "data" in spec.written and _splits_windows(spec.data):
        yield split_series(by="time-k-fold" if split is not None and "k-fold" in split.by else "time")


def split_series(details: str = "", by: str = "time") -> Violation:
    """The violation for a split that leaves gaps in a series: its windows would not be consecutive."""
    return Violation(
        "data-split",
        fmt("a series needs consecutive time steps in each set{}", details),
        path=("data", "split", "by"),
        help=fmt("set {}", Setting("by", by)),
    )


def _unknown_layers(spec: TypedSpec, names: dict[str, object], path: tuple[str | int, ...]) -> Iterator[Violation]:
    layers = spec.stack.layers
    entries = spec.tree["model"].get("layers", ()) if layers else ()
    written = [entry.get("name") if isinstance(entry, Mapping) else None for entry in entries]
    if not layers or written != [None if layer is None else layer.name for layer in layers] or None in layers:
        # It may be the name of a layer that could not be read, or a name that could not be.
        return
    known = list(layer_names(layers))
    for name in names:
        if name not in known:
            listing = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
            yield Violation(
                "bad-stage",
                f'no layer is named "{name}"',
                path=(*path, name),
                anchor="key",
                **suggest(name, known, otherwise=f"the layers are {listing}").arguments(),
            )


def misfits(spec: TypedSpec, layers: Sequence[LayerReport]) -> Iterator[Violation]:
    """Violations for a source whose samples do not fit the model."""
    data = spec.tree.get("data")
    tables = [data, *data.values()] if isinstance(data, Mapping) else []
    sources = [table.get("source") for table in tables if isinstance(table, Mapping)]
    if not any(isinstance(source, Mapping) and source.get("type") == "series" for source in sources):
        return
    from seqspec.core.analysis.training.series_source import series_violations

    with suppress(UnknownValueError):
        yield from series_violations(spec, layers)


def _splits_windows(data: Data) -> bool:
    """Whether the time steps of a series are assigned to sets individually, which leaves gaps."""
    if data.source is None:
        return False
    from seqspec.core.document.sources import GroupKFoldSplit, HashSplit, KFoldSplit, RandomSplit, SeriesSource

    if not isinstance(data.source, SeriesSource):
        return False
    if isinstance(data.split, (KFoldSplit, GroupKFoldSplit)):
        return True
    if not isinstance(data.split, (RandomSplit, HashSplit)):
        return False
    return data.split.validation + data.split.test > 0
