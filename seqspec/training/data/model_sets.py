"""The sets as passed to the model: inputs in its shape and dtype, encoded labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np

from seqspec.core.api.data import SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import Setting, fmt
from seqspec.training.data.column_findings.training import unusable
from seqspec.training.data.column_findings.unseen import unknown_values
from seqspec.training.data.encoding.encoder import Encoder, fit_encoder
from seqspec.training.data.labels import LabelEncoding, encode_labels, known_classes
from seqspec.training.data.missing import complete_sets, filled_sets
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, ReadSets, Samples, shape_text
from seqspec.training.data.series.gaps import lost_set, lost_windows
from seqspec.training.data.series.sets import cut_windows
from seqspec.training.data.split import SETS
from seqspec.training.data.stored import StoredArray, Values
from seqspec.training.errors import DataError


class Inputs(NamedTuple):
    """The sets with their inputs, and what was learned for them from the training set.

    `warnings` are findings of the samples; `dropped` counts windows that are left out for missing values; `fills` and
    `encoder` are those of `PreparedData`.
    """

    sets: Mapping[str, Samples]
    warnings: Sequence[Violation] = ()
    dropped: int = 0
    fills: Array | None = None
    encoder: Encoder | None = None


class SampleCheck(Protocol):
    """Looks for leaks, and for values that are likely wrong, in the samples as they were read.

    `compared` are the samples of each set with inputs that can be compared across sets.
    """

    def __call__(self, compared: Mapping[str, Samples], encoder: Encoder | None = None) -> Sequence[Violation]: ...


def series_inputs(sets: Mapping[str, Samples], source: SeriesSource, context: ReadContext) -> Inputs:
    """Time steps: filled, then cut into windows, of which those with missing values are dropped."""
    steps, fills = filled_sets(sets, context.missing)
    cut = cut_windows(steps, source, context)
    kept, dropped = complete_sets(cut, context.missing, partial(lost_set, steps, source))
    warnings = list(lost_windows(steps, source, sum(map(len, cut.values())), dropped))
    return Inputs(kept, warnings, dropped, fills)


def array_inputs(read: ReadSets, context: ReadContext, findings: SampleCheck) -> Inputs:
    """Numbers or text: filled."""
    warnings = findings(read.samples)
    sets, fills = filled_sets(read.samples, context.missing)
    return Inputs(sets, warnings, fills=fills)


def column_inputs(read: ReadSets, context: ReadContext, findings: SampleCheck, encoder: Encoder | None) -> Inputs:
    """The columns of `[data.columns]`: encoded, with the encoder of a trained model, else with a new one."""
    encoder = encoder or _fitted_encoder(read.train, context)
    if read.rows and context.shards is None:
        warnings = findings(read.samples, encoder)
        return Inputs(_encoded(read.samples, encoder, context), warnings, encoder=encoder)
    # Raw rows of sets with a source each, or of several machines, have dictionaries of their own.
    sets = _encoded(read.samples, encoder, context)
    return Inputs(sets, findings(sets, encoder), encoder=encoder)


def _fitted_encoder(train: Samples, context: ReadContext) -> Encoder:
    """The encoder of the columns, learned from the training set; raises `DataError` if a column cannot be encoded."""
    assert train.raw is not None
    encoder = fit_encoder(train.raw, train.x, context.missing)
    if violations := unusable(encoder):
        raise DataError(violations)
    return encoder


def _encoded(sets: Mapping[str, Samples], encoder: Encoder, context: ReadContext) -> dict[str, Samples]:
    """The sets with raw rows encoded; where they do not fit in memory, when they are read."""
    total = sum(len(samples) for samples in sets.values())
    stream = context.streams(4 * encoder.width * total)
    encoded, refused = {}, []
    for name, samples in sets.items():
        assert samples.raw is not None
        refused += unknown_values(encoder, samples.raw)[1]
        x = encoder.encode(samples.x, samples.raw, stream=stream)
        encoded[name] = replace(samples, x=x, raw=None)
    if refused:
        raise DataError(list({violation.message: violation for violation in refused}.values()))
    return encoded


def model_sets(
    sets: Mapping[str, Samples],
    labels: LabelEncoding,
    group: str | None,
    context: ReadContext,
    encoder: Encoder | None = None,
) -> dict[str, SampleSet]:
    """The sets of samples; raises `DataError` with every violation.

    Args:
        sets: The samples, with the inputs that were made of all that was read.
        labels: How the labels are encoded.
        group: The column whose values the split keeps in one set.
        context: The context in which they were read.
        encoder: What the columns of the inputs were encoded with.
    """
    violations: list[Violation] = []
    encoded = {}
    for name, samples in sets.items():
        x = as_input(samples.x, context, name, violations, encoder)
        y = x if labels.kind == "reconstruction" else samples.y
        if y is None and context.target is not None and not violations:
            violations.append(context.violation("data-labels", f"the {name} set has no labels", help="set label"))
        if y is not None and labels.kind != "reconstruction":
            try:
                y = encode_labels(y, labels, name, samples.where, partial(_label_violation, context))
            except DataError as error:
                violations += _once(error.violations, name, violations)
        groups = None if group is None else samples.columns.get(group)
        weight = None if samples.weight is None else samples.weight.astype(np.float32)
        encoded[name] = SampleSet(x, y, weight, samples.origins, groups)
    if violations:
        raise DataError(violations)
    return encoded


def _label_violation(
    context: ReadContext, rule: str, message: str, key: str | None = None, *, help: str | None = None
) -> Violation:
    """A violation at a key of `[target]` that is written there, else at the source."""
    if key is None or context.target is None or key not in context.target.model_fields_set:
        return context.violation(rule, message, help=help)
    return Violation(rule, message, path=("target", key), help=help)


def _once(violations: Sequence[Violation], name: str, known: list[Violation]) -> list[Violation]:
    """The violations of the labels of a set, if no earlier set has any; else the earlier one names the set too."""
    for index, violation in enumerate(known):
        if violation.rule == "data-labels":
            known[index] = violation.replace(notes=(*violation.notes, f"the {name} set has such labels too"))
            return []
    return list(violations)


def as_input(
    x: Values, context: ReadContext, name: str, violations: list[Violation], encoder: Encoder | None = None
) -> Values:
    """The inputs in the shape and dtype of the model's input; appends a violation if they do not match."""
    shape = context.input_shape
    # The sets of one source have the same mismatch, which is reported once.
    reported = any(violation.rule == "data-mismatch" for violation in violations)
    if x.dtype.kind in "US":
        x = x.astype(object)
    if shape is not None:
        if len(shape) == x.ndim and shape[-1] == 1:
            x = x.mapped(_with_channel, (*x.shape[1:], 1)) if isinstance(x, StoredArray) else _with_channel(x)
        own = x.shape[1:]
        if not reported and (
            len(own) != len(shape) or any(size is not None and size != have for size, have in zip(shape, own))
        ):
            reported = True
            if encoder is not None:
                violations.append(_other_width(shape, encoder))
                return x
            message = f"samples of the {name} set have shape {shape_text(own)}, the model expects {shape_text(shape)}"
            related = [(context.path, "the samples are read here")]
            violations.append(Violation("data-mismatch", message, path=("model", "input"), related=related))
    if (x.dtype == object) != context.string_input:
        kind, wanted = ("numbers", "text") if context.string_input else ("text", "numbers")
        if not reported:
            message = f"samples of the {name} set are {kind}, the model expects {wanted}"
            help = fmt("set {} in the model's input", Setting("dtype", "string")) if kind == "text" else None
            violations.append(Violation("data-mismatch", message, path=("model", "input"), help=help))
    return x.astype(np.float32) if x.dtype.kind == "f" and x.dtype.itemsize > 4 else x


def _other_width(shape: Sequence[int | None], encoder: Encoder) -> Violation:
    own = f"has {shape[0]} values" if len(shape) == 1 else f"has the shape {shape_text(shape)}"
    message = f"the input {own}, but the columns are encoded as {encoder.width}: {encoder.describe()}"
    help = fmt("omit input, or write {}", Setting("input", [encoder.width]))
    return Violation("data-mismatch", message, path=("model", "input"), help=help)


def _with_channel(x: Array) -> Array:
    return x[..., None]


def classes_outside_train(
    sets: Mapping[str, SampleSet], labels: LabelEncoding, context: ReadContext
) -> list[Violation]:
    """A warning for each set with classes that no training sample has."""
    known = known_classes(sets["train"].y, labels)
    if known is None or labels.kind is None:
        return []
    seen = set(np.unique(known).tolist())
    names = labels.class_names()
    violations = []
    for name in SETS[1:]:
        indices = known_classes(sets[name].y, labels) if name in sets else None
        if indices is None:
            continue
        unseen = sorted(set(np.unique(indices).tolist()) - seen)
        if unseen:
            shown = ", ".join(names[index] if names else str(index) for index in unseen[:5])
            message = f"classes of the {name} set that no training sample has: {shown}"
            violations.append(context.violation("data-labels", message, severity="warning"))
    return violations
