"""From `[data]` to training arrays: read and split, inputs, labels; what is learned is learned from the training set.

`prepare` names the steps. `read_sets` reads the sets, `inputs` makes their inputs, by what was read: time steps of a
series, raw rows of the columns of `[data.columns]`, or numbers and text. `model_sets` encodes labels, and what it
returns is passed to the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seqspec.core.api.data import Data, Fill, Regression, SeriesSource, TableSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import Setting, fmt
from seqspec.core.api.spec import TypedSpec
from seqspec.training.access import Access, access_to
from seqspec.training.data.budget import budget_of
from seqspec.training.data.column_findings.missing_rows import missing_values
from seqspec.training.data.column_findings.training import far_labels, uninformative_columns
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.inputs import Inputs, array_inputs, column_inputs, series_inputs
from seqspec.training.data.labels import LabelScale, fit_label_scale, fit_labels, ignored_class
from seqspec.training.data.leaks.scan import scan
from seqspec.training.data.missing import refuse_missing
from seqspec.training.data.model_sets import classes_outside_train, model_sets
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.read_sets import read_sets
from seqspec.training.data.samples import ReadContext, ReadSets, Samples
from seqspec.training.data.shards import Shards
from seqspec.training.data.split import columns_of, group_column
from seqspec.training.errors import DataError


def prepare(
    spec: TypedSpec,
    base: str = ".",
    *,
    data: object = None,
    seed: int = 0,
    allowed: Sequence[str] = (),
    check_leakage: bool = True,
    scratch: str | None = None,
    shards: Shards | None = None,
    access: Access | None = None,
    encoder: Encoder | None = None,
    joined: bool = False,
) -> PreparedData:
    """The data of a spec, ready for training.

    Args:
        spec: A checked spec.
        base: Folder that paths in the spec start from.
        data: Arrays from Python instead of the sources: x, (x, y), (x, y, weight), or a table of these by set.
        seed: Seed of a random split.
        allowed: Python modules that a source may import.
        check_leakage: Whether equal samples across sets are looked for.
        scratch: Folder for data that is streamed, which must exist; the temporary folder by default.
        shards: Shards data among machines.
        access: The files that may be read; by default those of the project of `base`.
        encoder: The encoder of a trained model, which is used instead of a new one.
        joined: Whether the validation set of a split is a part of the training set.

    Raises:
        DataError: The data cannot be used; every violation has its place in the spec.
    """
    context = replace(
        context_of(spec, base, access if access is not None else access_to(base), scratch),
        columns=columns_of(spec.data.split),
        allowed=tuple(allowed),
        shards=shards,
        trained=encoder is not None,
    )
    if data is not None:
        context = replace(context, kinds=None)
    _require_divisible(spec, context)
    read = read_sets(spec, context, data, seed, joined)
    _require_values(read, context)

    def findings(compared: Mapping[str, Samples], encoder: Encoder | None = None) -> Sequence[Violation]:
        return _findings(spec, read, compared, encoder, context) if check_leakage else ()

    if read.series is not None:
        inputs = series_inputs(read.samples, read.series, context)
    elif read.train.raw is not None:
        inputs = column_inputs(read, context, findings, encoder)
    else:
        inputs = array_inputs(read, context, findings)
    return _prepared(spec, read, inputs, context)


def context_of(spec: TypedSpec, base: str, access: Access, scratch: str | None = None) -> ReadContext:
    """The context in which the data of a spec is read; the arguments are those of `prepare`."""
    table, model_input = spec.data, spec.stack.input
    context = ReadContext(
        base,
        Data.key_path(lambda data: data.source),
        budget=budget_of(table.memory, scratch),
        access=access,
        kinds=table.columns,
        target=spec.target,
        missing=table.missing,
    )
    if model_input is None:
        return context
    return replace(context, string_input=model_input.dtype == "string", input_shape=tuple(model_input.shape[1:]))


def _require_divisible(spec: TypedSpec, context: ReadContext) -> None:
    """Raises `DataError` for columns of `[data.columns]` that are to be divided among workers."""
    if context.kinds is not None and context.shards is not None and spec.data.memory == "shard":
        message = "the columns of [data.columns] cannot be divided among the workers of a Ray cluster"
        help = fmt("set {}: each worker reads the files", Setting(Data.key_of(lambda data: data.memory), "stream"))
        raise DataError([Violation("data-mismatch", message, path=Data.key_path(lambda data: data.memory), help=help)])


def _require_values(read: ReadSets, context: ReadContext) -> None:
    """Raises `DataError` for missing values that are neither filled nor dropped, and for infinite ones."""
    # A set of a series whose steps are all in a gap is refused with its windows.
    present = {name: samples for name, samples in read.samples.items() if len(samples)}
    paths = {name: read.paths.get(name, context.path) for name in present}
    violations = refuse_missing(present, paths, isinstance(context.missing, Fill), context.missing == "drop")
    if read.train.raw is not None:
        violations += missing_values(read.samples, context.missing)
    if violations:
        raise DataError(violations)


def _findings(
    spec: TypedSpec, read: ReadSets, compared: Mapping[str, Samples], encoder: Encoder | None, context: ReadContext
) -> list[Violation]:
    """Values that are likely wrong, columns without information, and leaks."""
    train = read.train
    violations = far_labels(train, context)
    if encoder is not None and train.raw is not None:
        source = spec.data.source
        ignored = list(source.ignore or ()) if isinstance(source, TableSource) else None
        violations += uninformative_columns(encoder, train.raw, train.x, ignored)
    return [*violations, *scan(spec, read, compared, context)]


def _prepared(spec: TypedSpec, read: ReadSets, inputs: Inputs, context: ReadContext) -> PreparedData:
    """The sets with encoded labels, and all that was learned."""
    train = inputs.sets["train"]
    labels = fit_labels(train.y, spec.target, train.labels, ignored_class(spec))
    sets = model_sets(inputs.sets, labels, group_column(spec.data.split), context, inputs.encoder)
    # The sets of one source have the same files and warnings.
    files = dict.fromkeys(file for samples in inputs.sets.values() for file in samples.files)
    of_sources = {
        (warning.path, warning.message): warning for samples in inputs.sets.values() for warning in samples.warnings
    }
    outside = classes_outside_train(sets, labels, context)
    return PreparedData(
        sets=sets,
        labels=labels,
        rows=read.rows,
        fills=inputs.fills,
        features=train.features,
        label_columns=train.labels,
        files=list(files),
        dropped=read.dropped + inputs.dropped,
        warnings=(*read.warnings, *inputs.warnings, *of_sources.values(), *outside),
        encoder=inputs.encoder,
        label_scale=_label_scale(spec, sets),
        names={name: samples.where for name, samples in inputs.sets.items()},
    )


def _label_scale(spec: TypedSpec, sets: Mapping[str, SampleSet]) -> LabelScale | None:
    """The scale of the labels, learned from the training set; raises `DataError` where they cannot be scaled."""
    target, source, y = spec.target, spec.data.training_source, sets["train"].y
    if not isinstance(target, Regression) or target.scale == "none" or y is None:
        return None
    # The steps of one value are scaled alike; several values, or labels, each by itself.
    forecasts_one = (
        sets["train"].origins is not None and isinstance(source, SeriesSource) and isinstance(source.target, str)
    )
    scale = fit_label_scale(target.scale, y, each=not forecasts_one)
    if "validation" in sets and (validation := sets["validation"].y) is not None:
        scale.require_scalable(validation, "validation")
    return scale
