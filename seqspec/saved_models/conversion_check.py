"""Computes a file a second time in NumPy, and compares it layer by layer with the converted model.

Each layer of the file is computed with the semantics of the Keras that wrote it, on the values of the converted model
at that layer, so that errors do not accumulate and the first layer that differs is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from seqspec.core.api.frontends import INPUT
from seqspec.saved_models import rounding
from seqspec.saved_models.layer_classes import ignores_masked_steps, is_embedding, masks_values
from seqspec.saved_models.nodes import ChannelLayout, SavedLayer
from seqspec.saved_models.numpy_layers.layer_table import call_layer
from seqspec.saved_models.numpy_layers.tensor import MaskedTensor, UnsupportedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.rounding import DtypePrecision, precision_of
from seqspec.saved_models.saved_model import Array, SavedModelError, WriterVersions


@dataclass
class ConversionCheck:
    """The result of the comparison.

    Attributes:
        against: "keras", or "numpy" where the converted model was also read in NumPy.
        compared: The number of layers that were compared.
        difference: The largest difference, relative to the largest output of the layer.
        not_compared: The layers that are not implemented in NumPy.
        failure: Why the converted model does not run on random input, if it does not.
        masked: How the outputs for masked time steps differ, if they do.
    """

    against: str
    compared: int = 0
    difference: float = 0.0
    not_compared: list[str] = field(default_factory=list)
    failure: str = ""
    masked: str = ""


class Runner(Protocol):
    """Computes the converted model layer by layer."""

    def run(self, index: int) -> tuple[Array, Array | None]:
        """The values and the mask after layer `index` of the target; must be called in layer order."""

    def set_input(self, values: Array, mask: Array | None) -> None:
        """Sets the input of the next layer; its dtype stays as it is."""


class NumpyRunner:
    """The converted layers, read with the semantics of Keras 3."""

    def __init__(self, target: Sequence[SavedLayer], values: Array) -> None:
        self._target = target
        self._x = MaskedTensor(values)

    def run(self, index: int) -> tuple[Array, Array | None]:
        self._x = call_layer(self._target[index], self._x, WriterVersions(3))
        return self._x

    def set_input(self, values: Array, mask: Array | None) -> None:
        self._x = self._x._replace(values=_to_float64(values), mask=mask)


class _Segment(NamedTuple):
    source: SavedLayer
    targets: list[int]


def _segments(target: Sequence[SavedLayer]) -> Iterator[_Segment]:
    """Each layer of the file with the converted layers that replace it."""
    indices: list[int] = []
    source: SavedLayer | None = None
    for index, node in enumerate(target):
        if source is not None and not node.completes:
            yield _Segment(source, indices)
            indices, source = [], None
        indices.append(index)
        source = source or node.origin
    if source is not None:
        yield _Segment(source, indices)


class _Place(NamedTuple):
    """The state between two layers.

    Attributes:
        x: The values and the mask, in the layout of the file.
        precision: The precision of the dtype of the values.
        layout: How the converted model arranges the values, if differently from the file.
    """

    x: MaskedTensor
    precision: DtypePrecision
    layout: ChannelLayout | None = None


class ConversionComparison:
    """The comparison of a model, from its input to its output; `layout` is that of `values`, the converted input."""

    def __init__(
        self,
        target: Sequence[SavedLayer],
        generation: WriterVersions,
        values: Array,
        runner: Runner,
        against: str,
        layout: ChannelLayout | None = None,
    ) -> None:
        self.check = ConversionCheck(against)
        self._layers = [node for node in target if node.kind != INPUT]
        self._generation = generation
        self._runner = runner
        start = _to_float64(values) if layout is None else layout.as_in_file(_to_float64(values))
        self._place = _Place(MaskedTensor(start), precision_of(values), layout)
        self._loose = ""
        """The name of the layer after which masked steps have different values, which later layers may ignore."""
        self._lost_mask = ""
        """The name of the layer after which Keras 3 has another mask."""
        self._added_mask = ""
        """The name of the layer after which only Keras 3 has a mask."""

    def compare_all(self, ignore_masked: bool = False) -> ConversionCheck:
        """Compares every layer; raises `SavedModelError` for the first one that differs.

        With `ignore_masked` the outputs of the model for masked time steps may differ.
        """
        for segment in _segments(self._layers):
            # Zeros, as after a ReLU without a positive input, do not test the kernel of a layer.
            replaced = not self._place.x.values.any() and self._replace_input(segment.source, self._place)
            try:
                if not self._compare(segment, replaced):
                    break
            except UnsupportedLayer as unknown:
                self.check.not_compared.append(
                    f"{segment.source.name or 'a layer'} and all layers after it ({unknown})"
                )
                return self.check
        if not self._loose:
            return self.check
        still_masked = self._place.x.mask is not None
        self.check.masked = f"{self._generation} repeats the output before them, and Keras 3 computes with zeros"
        if not (still_masked and ignore_masked):
            raise SavedModelError(
                "predictions-differ",
                f"the outputs of {self._loose!r} for masked time steps reach "
                f"{'the output of the model' if still_masked else 'layers that use them'}: {self.check.masked}",
                "if you do not use what the model predicts for masked steps, pass --ignore-masked"
                if still_masked
                else None,
            )
        return self.check

    def _replace_input(self, source: SavedLayer, place: _Place) -> bool:
        """Resets to a state with normal random values; returns whether the next layer accepts them."""
        stateful = any(leaf.value("stateful") for leaf in source.leaves())
        if place.x.values.dtype.kind != "f" or rounding.takes_indices(source) or stateful:
            return False
        values = np.random.default_rng(1).standard_normal(place.x.values.shape).astype(np.float32)
        self._place = place._replace(x=place.x._replace(values=_to_float64(values)))
        self._runner.set_input(place.layout.as_converted(values) if place.layout else values, place.x.mask)
        return True

    def _mask_not_passed_on(self, user: SavedLayer) -> SavedModelError:
        return SavedModelError(
            "predictions-differ",
            f"the layer {user.name!r} ({user.kind}) uses the mask of {self._lost_mask!r} in the file, which Keras 3 "
            "does not pass on",
            "where the model was saved, put the layers that create and use the mask into one Sequential inside one "
            "TimeDistributed",
        )

    def _mask_passed_on(self, user: SavedLayer) -> SavedModelError:
        return SavedModelError(
            "predictions-differ",
            f"the layer {user.name!r} ({user.kind}) uses a mask in Keras 3 that {self._added_mask!r} does not pass on "
            f"in {self._generation}",
            "train on with the new model, or without masks where the model was saved",
        )

    def _run(self, segment: _Segment) -> _Place:
        """The state after the converted layers."""
        for index in segment.targets:
            with np.errstate(all="ignore"):
                values, mask = self._runner.run(index)
        layout = self._layers[segment.targets[-1]].layout
        wide = _to_float64(values)
        return _Place(
            MaskedTensor(wide if layout is None else layout.as_in_file(wide), mask), precision_of(values), layout
        )

    def _compare(self, segment: _Segment, replaced: bool) -> bool:
        """Compares a layer, whose input may have been replaced; returns whether the next one can be compared."""
        source, before = segment.source, self._place
        if self._lost_mask and before.x.mask is not None and _uses_mask(source):
            raise self._mask_not_passed_on(source)
        after = self._run(segment)
        actual = after.x.values
        try:
            with np.errstate(all="ignore"):
                expected, mask = call_layer(source, before.x, self._generation)
        except UnsupportedLayer as unsupported:
            return self._skip(source, str(unsupported), after)
        if source.output_rank_unknown and expected.ndim != actual.ndim:
            return self._skip(source, f"{source.kind} built for another rank than its input has", after)
        if self._loose and mask is None and not ignores_masked_steps(source.kind):
            self._place = after._replace(x=MaskedTensor(actual))
            return False
        _require_same_shape(source, expected, actual)
        self._track_mask(source, mask, after.x.mask)
        step_mask = mask if expected.ndim > 2 else None
        # Some layers also round to the dtype of their input.
        precision = max(after.precision, before.precision)
        largest, uncertainty = self._difference(source, expected, actual, precision, step_mask)
        usable = rounding.is_usable(expected)
        untested = _untested_reason(source, expected[usable])
        overflows = (usable & ~np.isfinite(actual)).any()
        if (untested or overflows or uncertainty) and not replaced and self._replace_input(source, before):
            # If rounding has a large effect, it can hide other errors.
            return self._compare(segment, replaced=True)
        self._record(source, largest, uncertainty, untested)
        if ignores_masked_steps(source.kind):
            self._loose = ""
        if step_mask is not None and not self._loose and not _equal(expected, actual, precision.tolerance):
            self._loose = source.name
        self._place = after._replace(x=MaskedTensor(actual, mask))
        return True

    def _skip(self, source: SavedLayer, reason: str, after: _Place) -> bool:
        self.check.not_compared.append(f"{source.name or 'a layer'} ({reason})")
        self._place = after
        return True

    def _track_mask(self, source: SavedLayer, expected: Array | None, actual: Array | None) -> None:
        """Remembers the first layers after which Keras 3 has another mask than the file."""
        if expected is None and actual is not None:
            self._added_mask = self._added_mask or source.name
        elif expected is not None and (actual is None or not np.array_equal(expected, actual)):
            self._lost_mask = self._lost_mask or source.name

    def _difference(
        self, source: SavedLayer, expected: Array, actual: Array, precision: DtypePrecision, mask: Array | None
    ) -> tuple[float, float]:
        """The largest difference, and how far rounding can move the outputs, 0 if the difference is small.

        Raises:
            SavedModelError: The outputs differ by more than rounding explains.
        """
        difference = rounding.difference(expected, actual, mask)
        largest = float(difference.max(initial=0.0))
        if largest <= precision.tolerance:
            return largest, 0.0
        effect = rounding.rounding_effect(source, self._place.x, expected, self._generation, precision, mask)
        if (difference > np.maximum(precision.tolerance, effect)).any():
            if self._added_mask and _uses_mask(source):
                raise self._mask_passed_on(source)
            raise SavedModelError(
                "predictions-differ",
                f"the layer {source.name!r} ({source.kind}) computes something else after the conversion: the "
                f"outputs differ by {largest:.2g}",
                "please report this with the file; nothing was written",
            )
        return largest, float(effect.max())

    def _record(self, source: SavedLayer, largest: float, uncertainty: float, untested: str) -> None:
        if uncertainty > _MAX_ROUNDING_EFFECT and not untested:
            untested = f"rounding changes its outputs by up to {uncertainty:.1g}"
        if untested:
            self.check.not_compared.append(f"{source.name} ({untested})")
        else:
            self.check.difference = max(self.check.difference, largest)
            self.check.compared += 1


def _require_same_shape(source: SavedLayer, expected: Array, actual: Array) -> None:
    if expected.shape != actual.shape:
        raise SavedModelError(
            "predictions-differ",
            f"the layer {source.name!r} ({source.kind}) has the output shape {expected.shape[1:]} in the file, and "
            f"{actual.shape[1:]} after the conversion",
        )


def _uses_mask(node: SavedLayer) -> bool:
    return any(ignores_masked_steps(part.kind) for part in (node, *node.leaves()))


def _untested_reason(source: SavedLayer, expected: Array) -> str:
    """Why these outputs do not test the weights of a layer; empty if they do."""
    if not expected.size:
        return "its outputs are not finite"
    weights = (array for leaf in source.leaves() for array in leaf.arrays.values())
    return "" if expected.any() or not any(array.any() for array in weights) else "its outputs are all zero"


_MAX_ROUNDING_EFFECT = 0.1
"""The maximum effect of rounding with which a layer counts as compared."""


def _equal(expected: Array, actual: Array, tolerance: float) -> bool:
    return bool(np.allclose(expected, actual, rtol=tolerance, atol=tolerance, equal_nan=True))


def _to_float64(values: Array) -> Array:
    values = np.asarray(values)
    return values if values.dtype.kind in "iub" else values.astype(np.float64)


_LARGE_SAMPLE = 1 << 16
"""The number of values per sample above which one sample is compared: NumPy takes seconds for larger images."""


def random_input(source: Sequence[SavedLayer], dims: Sequence[int | None], dtype: str, unknown: int = 12) -> Array:
    """Random values for an input of this shape; raises `SavedModelError` for text."""
    rng = np.random.default_rng(0)
    sample = [unknown if size is None else size for size in dims[1:]]
    samples = 3 if math.prod(sample) <= _LARGE_SAMPLE else 1
    shape = [samples if dims[0] is None else dims[0], *sample]
    first = next((leaf for node in source for leaf in node.leaves() if leaf.kind != INPUT), None)
    if dtype == "string":
        raise SavedModelError("unverifiable", "the model takes text, for which no random input is made")
    if first is not None and is_embedding(first.kind):
        values = rng.integers(1, max(2, int(first.value("input_dim"))), shape)
        values = np.minimum(values, int(first.value("input_dim")) - 1)
        if first.value("mask_zero") and values.ndim > 1 and values.shape[-1] > 2:
            values[..., -1] = 0
        return values.astype(dtype if dtype[:3] in ("int", "uin") else "float32")
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype[:3] in ("int", "uin"):
        return rng.integers(0, 3, shape).astype(dtype)
    floats = rng.uniform(-1, 1, shape)
    if first is not None and masks_values(first.kind) and floats.ndim > 2:
        floats[..., -1, :] = first.value("mask_value", default=0.0)
    return floats.astype("float32" if dtype == "bfloat16" else dtype)
