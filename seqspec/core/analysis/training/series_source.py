"""A series source against the rest of the spec: input and output of the model, and the split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.diagnostics.message import InputShape, Message, Setting, TableName, counted, fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.data import Data
from seqspec.core.document.sources import SeriesSource, TimeKFoldSplit, TimeSplit
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.shapes.tensor import Shape, show


def series_violations(spec: TypedSpec, layers: Sequence[LayerReport]) -> Iterator[Violation]:
    """Violations for windows that do not fit the model, and for a second time column."""
    data = spec.data
    tables: list[tuple[Path, object]] = [(Data.key_path(lambda data: data.source), data.source)]
    tables += [
        (("data", name, "source"), part.source)
        for name in ("train", "validation", "test")
        if (part := getattr(data, name)) is not None
    ]
    split = data.split if isinstance(data.split, (TimeSplit, TimeKFoldSplit)) else None
    for path, source in tables:
        if not isinstance(source, SeriesSource):
            continue
        if (source.time or source.group) and split is not None and split.column not in (None, source.time):
            time = f'its time, "{source.time}"' if source.time else "the order of its rows"
            help = fmt("set {} in the source", Setting("time", split.column))
            yield Violation(
                "conflicting-arguments",
                f'each series is split by {time}, not by "{split.column}"',
                path=("data", "split", "column"),
                help="remove it" if source.time else help,
            )
        if spec.stack.input is not None:
            yield from _input(spec, source, spec.stack.input.sample, path)
        if layers and layers[-1].path == ("model", "layers", len(spec.tree["model"].get("layers", ())) - 1):
            yield from _output(spec, source, layers[-1], path)


def _input(spec: TypedSpec, source: SeriesSource, shape: Shape, path: Path) -> Iterator[Violation]:
    """Violations for an input of another shape than a window, and for future values that it has no place for."""
    features, known, window = len(source.features or ()), source.known_values, source.window
    if len(shape) == 1 and isinstance(shape[0], int):
        future = source.horizon * known
        rest = shape[0] - future
        wanted = [window * features + future] if features else None
        fits = rest == window * features if features else rest > 0 and rest % window == 0
    elif len(shape) >= 2:
        wanted = [window, features + known] if features else None
        sizes = shape[:2] if len(shape) == 2 or shape[2] == 1 else shape
        fits = all(size == want or not isinstance(size, int) for size, want in zip(sizes, wanted or [window]))
        fits &= len(sizes) == 2
    else:
        return
    place = ("model", "input", "shape") if isinstance(spec.tree["model"].get("input"), dict) else ("model", "input")
    if not fits:
        parts: list[str] = [counted(window, "step"), *([" with " + counted(features, "feature")] if features else [])]
        if known:
            steps = f" for {counted(source.horizon, 'step')}" if len(shape) == 1 else ""
            what = "known column" if source.calendar is None else "known value"
            parts.append(f" and {counted(known, what)}{steps}")
        yield Violation(
            "data-mismatch",
            Message("the input has shape ", show(shape), ", a window has ", *parts)
            + (f": {show(tuple(wanted))}" if wanted else ""),
            path=place,
            related=[(path, "the windows are cut here")],
            help=_input_help(wanted, place) if wanted else None,
        )
    elif known and len(shape) > 1 and source.horizon > 1:
        flat = [window * features + source.horizon * known] if features else None
        yield Violation(
            "unused-known",
            fmt(
                "{}: the model sees known values of the window, not those of the {} to forecast",
                ", ".join((*(source.known or ()), *(source.calendar or ()))),
                counted(source.horizon, "step"),
            ),
            path=(*path, "known" if source.known else "calendar"),
            related=[(place, "a row for each step of the window")],
            help=Message(
                "use a flat input", *((", ", InputShape(flat)) if flat else ()), ", or ", Setting("horizon", 1)
            ),
        )


def _input_help(wanted: Sequence[int], place: Path) -> Message:
    """The setting, also as an option: windows and columns are often changed by options too."""
    option = f'--set "{".".join(map(str, place))}={list(wanted)}"'
    return fmt("set {} (on the command line: {})", InputShape(wanted), option)


def _output(spec: TypedSpec, source: SeriesSource, last: LayerReport, path: Path) -> Iterator[Violation]:
    """The violation for a number of outputs that is not that of the values to forecast."""
    if spec.target is not None and spec.target.kind != "regression":
        return
    if not source.targets or isinstance(last.output, list):
        return
    sizes = [size for size in last.output.sample if isinstance(size, int)]
    wanted = source.horizon * len(source.targets)
    if len(sizes) != len(last.output.sample) or prod(sizes) == wanted:
        return
    targets = counted(len(source.targets), "target")
    default = "" if source.target is not None else ": all features, as target is not set"
    message = fmt("the model outputs {}, a forecast has {} (", counted(prod(sizes), "value"), wanted)
    yield Violation(
        "data-mismatch",
        message + f"{counted(source.horizon, 'step')} of {targets}{default})",
        path=(*last.path, "units") if hasattr(last.layer, "units") else last.path,
        related=[((*path, "horizon") if "horizon" in source.model_fields_set else path, "the forecast")],
        help=_output_help(source, wanted, spec),
    )


def _output_help(source: SeriesSource, wanted: int, spec: TypedSpec) -> Message:
    if source.target is None and len(source.targets) > 1:
        return fmt("name the columns to forecast: {}", Setting("target", source.targets[0]))
    shape = (" and ", Setting("shape", [wanted]), " in ", TableName(("target",))) if wanted > 1 else ()
    return Message("set ", Setting("units", wanted), *(shape if spec.target is not None else ()))
