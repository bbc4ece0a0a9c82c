"""The encoding of columns as tensor operations, written once for Keras and ONNX.

The columns of a kind are encoded together, so that the number of operations does not depend on the number of columns
(except for categories and texts). At the end, the values are brought into the order of the vector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar

import numpy as np

from seqspec.training.data.encoding.base import EPSILON, ColumnEncoding
from seqspec.training.data.encoding.booleans import BooleanEncoding
from seqspec.training.data.encoding.categories import CategoricalEncoding, category_key
from seqspec.training.data.encoding.dates import NO_DATE, SECONDS_PER_DAY, YEAR_DAYS, DateEncoding, value_places
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.encoding.numbers import SEGMENTS, NumberEncoding
from seqspec.training.data.encoding.texts import TextEncoding
from seqspec.training.data.samples import Array
from seqspec.training.serving.raw_inputs import NO_INTEGER, Part

Tensor = TypeVar("Tensor")
Operand: TypeAlias = Tensor | Array | np.generic
"""A tensor or a constant, which has a dtype too."""
Inputs = Mapping[tuple[str, Part], Tensor]
"""The inputs by column and part, each of shape (batch, width)."""

NOWHERE = -1
"""The place of a value that is not in the vector."""


_SERVED = (NumberEncoding, BooleanEncoding, CategoricalEncoding, DateEncoding, TextEncoding)


class Operations(Protocol[Tensor]):
    """The operations of a framework; operands are broadcast."""

    def apply(self, name: str, *operands: Operand[Tensor]) -> Tensor:
        """An elementwise operation.

        `name` is one of abs, add, cos, divide, equal, floor_divide, greater_equal, is_nan, less, log1p, logical_or,
        maximum, minimum, mod, multiply, sign, sin, subtract and where.
        """

    def to_float(self, x: Tensor) -> Tensor:
        """Cast to float32."""

    def to_int(self, x: Tensor) -> Tensor:
        """Cast to int32."""

    def concatenate(self, parts: Sequence[Tensor]) -> Tensor:
        """Joined along the last axis."""

    def take(self, x: Tensor, places: Sequence[int]) -> Tensor:
        """The values at places of the last axis."""

    def expand(self, x: Tensor) -> Tensor:
        """With one more axis, the last one."""

    def sum(self, x: Tensor) -> Tensor:
        """The sum over the last axis."""

    def zeros_like(self, x: Tensor) -> Tensor:
        """Zeros of float32."""

    def lookup(self, x: Tensor, values: Sequence[str] | Sequence[int]) -> Tensor:
        """One-hot (batch, 1 + values) of x (batch, 1); the first place is that of all other values."""

    def words(self, x: Tensor, words: Sequence[str]) -> Tensor:
        """Multi-hot (batch, 1 + words) of the texts x (batch, 1); the first place is that of all other words."""


def encoded(ops: Operations[Tensor], encoder: Encoder, inputs: Inputs[Tensor], *, codes: bool = False) -> Tensor:
    """The vectors (batch, width) of the columns.

    Args:
        ops: The framework.
        encoder: The encoding.
        inputs: The inputs of `raw_inputs(encoder, codes=codes)`.
        codes: Whether categories are their places and texts the vectors of their words.
    """
    return _EncodingGraph(ops, encoder, inputs, codes).build()


class _EncodingGraph(Generic[Tensor]):
    """Encoded values, and the place of each in the vector."""

    def __init__(self, ops: Operations[Tensor], encoder: Encoder, inputs: Inputs[Tensor], codes: bool) -> None:
        self._ops = ops
        self._encoder = encoder
        self._inputs = inputs
        self._codes = codes
        self._start = {name: place.start for name, place in encoder.places().items()}
        self._values: list[Tensor] = []
        self._places: list[int] = []

    def build(self) -> Tensor:
        """The vectors; raises `ValueError` for a column of a kind without operations."""
        unknown = next((encoding for encoding in self._encoder.encodings if not isinstance(encoding, _SERVED)), None)
        if unknown is not None:
            raise ValueError(f"it has no operations for {unknown.name}, a column of the kind {unknown.kind}")
        kinds: dict[type[ColumnEncoding] | str, list[ColumnEncoding]] = {}
        for encoding in self._encoder.encodings:
            kinds.setdefault(encoding.scale if isinstance(encoding, NumberEncoding) else type(encoding), []).append(
                encoding
            )
        for group in kinds.values():
            numbers = [encoding for encoding in group if isinstance(encoding, NumberEncoding)]
            booleans = [encoding for encoding in group if isinstance(encoding, BooleanEncoding)]
            dates = [encoding for encoding in group if isinstance(encoding, DateEncoding)]
            if numbers:
                self._add_numbers(numbers)
            if booleans:
                self._add_booleans(booleans)
            if dates:
                self._add_dates(dates)
            for encoding in group:
                if isinstance(encoding, CategoricalEncoding):
                    self._add_category(encoding)
                elif isinstance(encoding, TextEncoding):
                    self._add_text(encoding)
        return self._ordered()

    def _ordered(self) -> Tensor:
        """The values in the order of the vector; zeros in places that no value has."""
        width = self._encoder.width
        source = {place: at for at, place in enumerate(self._places) if place != NOWHERE}
        if len(source) < width:
            self._values.append(self._ops.zeros_like(self._ops.take(self._values[0], [0])))
        values = self._ops.concatenate(self._values)
        order = [source.get(place, len(self._places)) for place in range(width)]
        return values if order == list(range(len(self._places))) else self._ops.take(values, order)

    def _add(self, values: Tensor, places: Sequence[int]) -> None:
        self._values.append(values)
        self._places += places

    def _column(self, encoding: ColumnEncoding) -> Tensor:
        return self._inputs[encoding.name, "value"]

    def _add_flags(self, missing: Tensor, encodings: Sequence[NumberEncoding | BooleanEncoding | DateEncoding]) -> None:
        """Flags, the last values of their columns; `missing` has a value per column."""
        if any(encoding.flag for encoding in encodings):
            ends = [
                self._start[encoding.name] + encoding.width - 1 if encoding.flag else NOWHERE for encoding in encodings
            ]
            self._add(self._ops.to_float(missing), ends)

    def _add_numbers(self, encodings: Sequence[NumberEncoding]) -> None:
        """Numbers of the same scale."""
        apply = self._ops.apply
        x = self._ops.concatenate([self._column(encoding) for encoding in encodings])
        missing = apply("is_nan", x)
        x = apply("where", missing, np.float32(0), x)
        if any(encoding.clip is not None for encoding in encodings):
            limits = _row([encoding.clip or (-np.inf, np.inf) for encoding in encodings])
            x = apply("minimum", apply("maximum", x, limits[:, 0]), limits[:, 1])
        # A missing value is filled before it is scaled.
        fills = _row([_scaled_fill(encoding) for encoding in encodings])
        self._add(apply("where", missing, fills, self._scaled(x, encodings)), [self._start[e.name] for e in encodings])
        self._add_flags(missing, encodings)

    def _scaled(self, x: Tensor, encodings: Sequence[NumberEncoding]) -> Tensor:
        apply = self._ops.apply
        match encodings[0].scale:
            case "none":
                return x
            case "quantile":
                knots = _row([encoding.knots for encoding in encodings])
                widths = _row([encoding.widths for encoding in encodings])
                steps = apply("subtract", self._ops.expand(x), knots)
                steps = apply("divide", steps, np.maximum(widths, EPSILON))
                steps = apply("minimum", apply("maximum", steps, np.float32(0)), np.float32(1))
                return apply("divide", self._ops.sum(steps), np.float32(SEGMENTS))
            case "log":
                x = apply("multiply", apply("sign", x), apply("log1p", apply("abs", x)))
        means, variances = [encoding.mean for encoding in encodings], [encoding.variance for encoding in encodings]
        return self._standardized(x, means, variances)

    def _standardized(self, x: Tensor, mean: Sequence[float], variance: Sequence[float]) -> Tensor:
        divisor = np.maximum(np.sqrt(_row(variance)), EPSILON)
        return self._ops.apply("divide", self._ops.apply("subtract", x, _row(mean)), divisor)

    def _add_booleans(self, encodings: Sequence[BooleanEncoding]) -> None:
        x = self._ops.concatenate([self._column(encoding) for encoding in encodings])
        missing = self._ops.apply("is_nan", x)
        fills = _row([np.nan if encoding.fill is None else encoding.fill for encoding in encodings])
        self._add(self._ops.apply("where", missing, fills, x), [self._start[encoding.name] for encoding in encodings])
        self._add_flags(missing, encodings)

    def _add_category(self, encoding: CategoricalEncoding) -> None:
        start, x = self._start[encoding.name], self._column(encoding)
        if self._codes:
            places = np.arange(encoding.places, dtype=np.int32)
            self._add(self._ops.to_float(self._ops.apply("equal", x, places)), range(start, start + encoding.places))
            return
        other, missing = (NOWHERE if at is None else start + at for at in (encoding.other, encoding.missing_place))
        known = range(start, start + len(encoding.values))
        if encoding.dtype == "boolean":
            values = self._ops.apply("equal", x, np.array(encoding.values, np.float32))
            self._add(self._ops.to_float(values), known)
            self._add(self._ops.to_float(self._ops.apply("is_nan", x)), [missing])
        elif encoding.dtype == "integer":
            self._add(self._ops.lookup(x, [*map(int, encoding.values), NO_INTEGER]), [other, *known, missing])
        else:
            self._add(self._ops.lookup(x, [*map(category_key, encoding.values), ""]), [other, *known, missing])

    def _add_text(self, encoding: TextEncoding) -> None:
        start = self._start[encoding.name]
        if self._codes:
            self._add(self._column(encoding), range(start, start + encoding.top))
        elif encoding.words:
            words = range(start, start + len(encoding.words))
            self._add(self._ops.words(self._column(encoding), encoding.words), [NOWHERE, *words])

    def _add_dates(self, encodings: Sequence[DateEncoding]) -> None:
        apply = self._ops.apply
        days = self._ops.concatenate([self._column(encoding) for encoding in encodings])
        missing = apply("equal", days, np.int32(NO_DATE))
        days = apply("where", missing, np.int32(0), days)
        parts = self._calendar(days, encodings)
        parts |= self._clock(encodings)
        unstarted = None
        elapsed = [encoding for encoding in encodings if "elapsed" in encoding.parts]
        if elapsed:
            parts["elapsed"], unstarted = self._elapsed(elapsed)
        names = list(parts)
        values = self._ops.concatenate([value for part in names for value in parts[part]])
        # The place of each part of each column among these values.
        order, masks, targets, mean, variance, fill = [], [], [], [], [], []
        widths = {part: len(_members(part, encodings)) for part in names}
        starts = dict(zip(names, np.cumsum([0, *(widths[part] * len(parts[part]) for part in names)]).tolist()))
        for column, encoding in enumerate(encodings):
            for part, places in value_places(encoding.parts).items():
                member = _members(part, encodings).index(encoding)
                for number, place in enumerate(places):
                    order.append(starts[part] + number * widths[part] + member)
                    masks.append(len(encodings) + member if part == "elapsed" else column)
                    targets.append(self._start[encoding.name] + place)
            mean += encoding.mean
            variance += encoding.variance
            fill += [np.nan] * len(encoding.mean) if encoding.fill is None else encoding.fill
        all_missing = [missing] if unstarted is None else [missing, unstarted]
        absent = self._ops.take(self._ops.concatenate(all_missing), masks)
        scaled = self._standardized(self._ops.take(values, order), mean, variance)
        self._add(apply("where", absent, _row(fill), scaled), targets)
        flagged = [len(encodings) + elapsed.index(e) if e in elapsed else at for at, e in enumerate(encodings)]
        self._add_flags(self._ops.take(self._ops.concatenate(all_missing), flagged), encodings)

    def _calendar(self, days: Tensor, encodings: Sequence[DateEncoding]) -> dict[str, list[Tensor]]:
        """The values of the parts that depend on the day, each (batch, columns with this part)."""
        apply, wanted = self._ops.apply, {part for encoding in encodings for part in encoding.parts}
        parts_of_date: dict[str, list[Tensor]] = {}
        if wanted & {"year", "month", "season"}:
            year, month, day = self._civil(days)
            parts_of_date["year"] = [self._ops.to_float(year)]
            parts_of_date["month"] = self._cycle(apply("subtract", month, np.int32(1)), 12)
            parts_of_date["season"] = self._cycle(day, YEAR_DAYS)
        if wanted & {"weekday", "weekend"}:
            weekday = apply("mod", apply("add", days, np.int32(3)), np.int32(7))
            parts_of_date["weekday"] = self._cycle(weekday, 7)
            parts_of_date["weekend"] = [self._ops.to_float(apply("greater_equal", weekday, np.int32(5)))]
        kept = {}
        for part in parts_of_date.keys() & wanted:
            members = [at for at, encoding in enumerate(encodings) if part in encoding.parts]
            kept[part] = [self._ops.take(value, members) for value in parts_of_date[part]]
        return kept

    def _civil(self, days: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `dates.civil`."""

        def by(name: str, x: Tensor, number: int) -> Tensor:
            return self._ops.apply(name, x, np.int32(number))

        def minus(x: Tensor, other: Tensor) -> Tensor:
            return self._ops.apply("subtract", x, other)

        def plus(x: Tensor, other: Tensor) -> Tensor:
            return self._ops.apply("add", x, other)

        def over(x: Tensor, number: int) -> Tensor:
            return by("floor_divide", x, number)

        apply = self._ops.apply
        shifted = by("add", days, 719_468)
        era = over(shifted, 146_097)
        of_era = minus(shifted, by("multiply", era, 146_097))
        corrected = minus(plus(minus(of_era, over(of_era, 1_460)), over(of_era, 36_524)), over(of_era, 146_096))
        year_of_era = over(corrected, 365)
        leap_days = minus(over(year_of_era, 4), over(year_of_era, 100))
        of_year = minus(of_era, plus(by("multiply", year_of_era, 365), leap_days))
        shifted_month = over(by("add", by("multiply", of_year, 5), 2), 153)
        month = apply("where", by("less", shifted_month, 10), by("add", shifted_month, 3), by("add", shifted_month, -9))
        year = plus(plus(year_of_era, by("multiply", era, 400)), self._ops.to_int(by("less", month, 3)))
        multiples = {count: by("equal", by("mod", year, count), 0) for count in (4, 100, 400)}
        # Every multiple of 100 is one of 4, and every multiple of 400 one of 100.
        leap = plus(
            minus(self._ops.to_int(multiples[4]), self._ops.to_int(multiples[100])), self._ops.to_int(multiples[400])
        )
        before = by("less", of_year, 306)
        day = apply("where", before, plus(by("add", of_year, 59), leap), by("add", of_year, -306))
        return year, month, day

    def _cycle(self, step: Tensor, period: float) -> list[Tensor]:
        angle = self._ops.apply("multiply", self._ops.to_float(step), np.float32(2 * np.pi / period))
        return [self._ops.apply("sin", angle), self._ops.apply("cos", angle)]

    def _clock(self, encodings: Sequence[DateEncoding]) -> dict[str, list[Tensor]]:
        members = _members("hour", encodings)
        if not members:
            return {}
        seconds = self._ops.concatenate([self._inputs[member.name, "seconds"] for member in members])
        return {"hour": self._cycle(self._ops.apply("floor_divide", seconds, np.int32(3600)), 24)}

    def _elapsed(self, encodings: Sequence[DateEncoding]) -> tuple[list[Tensor], Tensor]:
        """The days since another date (batch, columns), and where one of the two is missing."""
        differences, unknown = [], []
        apply = self._ops.apply
        for encoding in encodings:
            days = self._column(encoding)
            missing = apply("equal", days, np.int32(NO_DATE))
            first: Tensor | np.int32
            second: Tensor | np.int32
            if encoding.since is None:
                first, second = np.int32(encoding.origin[0]), np.int32(encoding.origin[1])
            else:
                start = self._inputs[encoding.since, "value"]
                unstarted = apply("equal", start, np.int32(NO_DATE))
                first = apply("where", unstarted, np.int32(0), start)
                second = self._inputs[encoding.since, "seconds"]
                missing = apply("logical_or", missing, unstarted)
            whole = apply("subtract", apply("where", missing, np.int32(0), days), first)
            rest = apply("subtract", self._inputs[encoding.name, "seconds"], second)
            fraction = apply("divide", self._ops.to_float(rest), np.float32(SECONDS_PER_DAY))
            differences.append(apply("add", self._ops.to_float(whole), fraction))
            unknown.append(missing)
        return [self._ops.concatenate(differences)], self._ops.concatenate(unknown)


def _members(part: str, encodings: Sequence[DateEncoding]) -> list[DateEncoding]:
    return [encoding for encoding in encodings if part in encoding.parts]


def _row(values: object) -> Array:
    return np.array(values, np.float32)


def _scaled_fill(encoding: NumberEncoding) -> float:
    """The encoded value of a missing number."""
    fill = np.array([np.nan if encoding.fill is None else encoding.fill], np.float32)
    return float(encoding.scaled(fill)[0])
