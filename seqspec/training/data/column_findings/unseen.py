"""Values that the training set did not have, of other sets and of files for a trained model."""

from __future__ import annotations

import numpy as np

from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import counted, fmt
from seqspec.training.data.column_findings.wrong_values import MAX_FAR, column_path, counts_text, quoted
from seqspec.training.data.encoding.categories import CategoricalEncoding
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.encoding.numbers import NumberEncoding
from seqspec.training.data.encoding.raw import RawColumns, field_names, row_chunks
from seqspec.training.data.samples import Samples
from seqspec.training.data.tables.point_thousands import THOUSANDS_HELP


def unknown_values(encoder: Encoder, raw: RawColumns) -> tuple[list[str], list[Violation]]:
    """Notes about values that are encoded as zeros, and errors for those that `unknown = "error"` refuses."""
    notes, refused = [], []
    for encoding in encoder.encodings:
        if not isinstance(encoding, CategoricalEncoding):
            continue
        column = raw.columns[encoding.name]
        if (others := encoding.many_others(column)) is not None:
            rows = f"{sum(others.values()):,} of {int(sum(column.counts)):,} rows"
            rare = f"another {encoding.name} than the frequent ones of training, where {encoding.other_share:.1%} have"
            notes.append(f"{rows} have {rare}: {counts_text(others)}, encoded as other")
        counts = encoding.unknown_values(column)
        if not counts:
            continue
        total = sum(counts.values())
        verb = "has" if total == 1 else "have"
        message = fmt("{} {} an unknown {}: {}", counted(total, "row"), verb, encoding.name, counts_text(counts))
        if encoding.unknown == "error":
            refused.append(Violation("undeclared-value", message, path=column_path(encoding.name)))
        else:
            notes.append(f"{message}, encoded as none")
    return notes, refused


def far_values(encoder: Encoder, samples: Samples) -> list[str]:
    """Notes about columns of numbers with values far outside of the training range."""
    raw = samples.raw
    assert raw is not None
    counts: dict[str, int] = {}
    shown: dict[str, list[str]] = {}
    start = 0
    encodings = [encoding for encoding in encoder.encodings if isinstance(encoding, NumberEncoding)]
    for part in row_chunks(samples.x):
        for encoding in encodings:
            [field] = field_names(raw.kinds, encoding.name)
            far = np.flatnonzero(encoding.is_far(part[field]))
            if len(far):
                counts[encoding.name] = counts.get(encoding.name, 0) + len(far)
                places = shown.setdefault(encoding.name, [])
                rest = far[: MAX_FAR - len(places)].tolist()
                places += [f"{part[field][row]:g} in {samples.where(start + row)}" for row in rest]
        start += len(part)
    return [
        str(
            fmt(
                "{} far outside of the training range of {}, {:g} to {:g}: {}{}; "
                "are the unit and the decimal sign those of the training data?",
                counted(counts[encoding.name], "row"),
                quoted(encoding.name),
                encoding.low,
                encoding.high,
                ", ".join(shown[encoding.name]),
                ", …" if counts[encoding.name] > len(shown[encoding.name]) else "",
            )
        )
        for encoding in encodings
        if encoding.name in counts
    ]


def like_thousands(encoder: Encoder, samples: Samples) -> tuple[list[str], list[Violation]]:
    """Notes about columns of numbers that look like thousands, and errors where that is all of their values."""
    notes, refused = [], []
    for encoding in encoder.encodings:
        thousands = samples.thousands.get(encoding.name)
        if (
            not isinstance(encoding, NumberEncoding)
            or thousands is None
            or not thousands.is_doubtful(encoding.low, encoding.high, encoding.typical)
        ):
            continue
        message = thousands.message(encoding.name, encoding.low, encoding.high, "training values")
        if thousands.is_below(encoding.low):
            refused.append(Violation("data-values", message, path=column_path(encoding.name), help=THOUSANDS_HELP))
        else:
            notes.append(f"{message}; {THOUSANDS_HELP}")
    return notes, refused
