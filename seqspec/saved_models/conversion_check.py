"""Reads a file a second time in NumPy, and compares it layer by layer with the converted model.

Each layer of the file is computed with the semantics of the Keras that wrote it, on the values of the converted model
at that layer, so that errors do not accumulate and the first layer that differs is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from seqspec.core.frontends.keras_json.wrapped_values import INPUT
from seqspec.saved_models.layer_classes import ignores_masked_steps, is_embedding, masks_values
from seqspec.saved_models.nodes import Layout, Node
from seqspec.saved_models.saved_model import Generation
from seqspec.saved_models.saved_model_error import SavedModelError, numpy


@dataclass
class ConversionCheck:
    """The result of the comparison.

    Attributes:
        against: "keras", or "numpy" where the converted model was also read in NumPy.
        compared: The number of layers that were compared.
        difference: The largest difference, relative to the largest output of the layer.
        unread: The layers that are not implemented in NumPy.
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

    def run(self, index: int) -> tuple[Any, Any]:
        """The values and the mask after layer `index` of the target; must be called in layer order."""

    def set_input(self, values: Any, mask: Any) -> None:
        """Sets the input of the next layer; its dtype stays as it is."""


class NumpyRunner:
    """The converted layers, read with the semantics of Keras 3."""

    def __init__(self, target: Sequence[Node], values: object) -> None:
        from seqspec.saved_models.numpy_layers.tensor import Tensor

        self._target = target
        self._x = Tensor(values)

    def run(self, index: int) -> tuple[Any, Any]:
        from seqspec.saved_models.numpy_layers.layer_table import call_layer

        self._x = call_layer(self._target[index], self._x, Generation(3))
        return self._x

    def set_input(self, values: Any, mask: Any) -> None:
        self._x = self._x._replace(values=_to_float64(values), mask=mask)


class _Segment(NamedTuple):
    source: Node
    targets: list[int]


def _segments(target: Sequence[Node]) -> Iterator[_Segment]:
    """Each layer of the file with the converted layers that replace it."""
    indices: list[int] = []
    source: Node | None = None
    for index, node in enumerate(target):
        if source is not None and not node.completes:
            yield _Segment(source, indices)
            indices, source = [], None
        indices.append(index)
        source = source or node.origin
    if source is not None:
        yield _Segment(source, indices)


def compare_predictions(
    target: Sequence[Node],
    generation: Generation,
    values: Any,
    runner: Runner,
    against: str,
    ignore_masked: bool = False,
    layout: Layout | None = None,
) -> ConversionCheck:
    """Compares every layer; raises `SavedModelError` for the first one that differs.

    With `ignore_masked` the outputs of the model for masked time steps may differ. `layout` is that of `values`, the
    input of the converted model.
    """
    comparison = _Comparison(target, generation, values, runner, against, layout)
    comparison.compare_all(ignore_masked)
    return comparison.check


class _Place(NamedTuple):
    """The state between two layers.

    Attributes:
        x: The values and the mask, in the layout of the file.
        precision: The precision of the dtype of the values.
        layout: How the converted model arranges the values, if differently from the file.
    """

    x: Any
    precision: Any
    layout: Layout | None = None


class _Comparison:
    """The comparison of a model, from its input to its output."""

    def __init__(
        self,
        target: Sequence[Node],
        generation: Generation,
        values: Any,
        runner: Runner,
        against: str,
        layout: Layout | None = None,
    ) -> None:
        from seqspec.saved_models.numpy_layers.tensor import Tensor
        from seqspec.saved_models.rounding import precision_of

        self.check = ConversionCheck(against)
        self._layers = [node for node in target if node.kind != INPUT]
        self._generation = generation
        self._runner = runner
        given = _to_float64(values) if layout is None else layout.as_in_file(_to_float64(values))
        self._place = _Place(Tensor(given), precision_of(values), layout)
        self._loose = ""
        """The name of the layer after which masked steps have different values, which later layers may ignore."""
        self._lost_mask = ""
        """The name of the layer after which Keras 3 has another mask."""
        self._added_mask = ""
        """The name of the layer after which only Keras 3 has a mask."""

    def compare_all(self, ignore_masked: bool) -> None:
        """Compares every layer; raises `SavedModelError` for the first one that differs."""
        from seqspec.saved_models.numpy_layers.tensor import UnsupportedLayer

        for segment in _segments(self._layers):
            # Zeros, as after a ReLU without a positive input, do not test the kernel of a layer.
            replaced = not self._place.x.values.any() and self._replace_input(segment.source, self._place)
            try:
                if not self._compare(segment, replaced):
                    break
            except UnsupportedLayer as unknown:
                self.check.not_compared.append(f"{segment.source.name} and all layers after it ({unknown})")
                return
        if not self._loose:
            return
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

    def _replace_input(self, source: Node, place: _Place) -> bool:
        """Resets to a state with normal random values; returns whether the next layer accepts them."""
        from seqspec.saved_models.rounding import takes_indices

        np = numpy()
        stateful = any(leaf.value("stateful") for leaf in source.leaves())
        if place.x.values.dtype.kind != "f" or takes_indices(source) or stateful:
            return False
        values = np.random.default_rng(1).standard_normal(place.x.values.shape).astype(np.float32)
        self._place = place._replace(x=place.x._replace(values=_to_float64(values)))
        self._runner.set_input(place.layout.as_converted(values) if place.layout else values, place.x.mask)
        return True

    def _mask_not_passed_on(self, user: Node) -> SavedModelError:
        return SavedModelError(
            "predictions-differ",
            f"the layer {user.name!r} ({user.kind}) uses the mask of {self._lost_mask!r} in the file, which Keras 3 "
            "does not pass on",
            "where the model was saved, put the layers that create and use the mask into one Sequential inside one "
            "TimeDistributed",
        )

    def _mask_passed_on(self, user: Node) -> SavedModelError:
        return SavedModelError(
            "predictions-differ",
            f"the layer {user.name!r} ({user.kind}) uses a mask in Keras 3 that {self._added_mask!r} does not pass on "
            f"in {self._generation}",
            "train on with the new model, or without masks where the model was saved",
        )

    def _run(self, segment: _Segment) -> tuple[Any, Any, Layout | None]:
        """The values and mask after the converted layers, and their layout."""
        for index in segment.targets:
            with numpy().errstate(all="ignore"):
                values, mask = self._runner.run(index)
        return values, mask, self._layers[segment.targets[-1]].layout

    def _compare(self, segment: _Segment, replaced: bool) -> bool:
        """Compares a layer, whose input may have been replaced; returns whether the next one can be compared."""
        from seqspec.saved_models import rounding
        from seqspec.saved_models.numpy_layers.layer_table import call_layer
        from seqspec.saved_models.numpy_layers.tensor import Tensor, UnsupportedLayer

        np = numpy()
        source, before = segment.source, self._place
        if self._lost_mask and before.x.mask is not None and _uses_mask(source):
            raise self._mask_not_passed_on(source)
        values, mask, layout = self._run(segment)
        own = rounding.precision_of(values)
        found = _to_float64(values) if layout is None else layout.as_in_file(_to_float64(values))
        # Some layers also round to the dtype of their input.
        precision = max(own, before.precision)
        try:
            with np.errstate(all="ignore"):
                read = call_layer(source, before.x, self._generation)
        except UnsupportedLayer as unknown:
            self.check.not_compared.append(f"{source.name} ({unknown})")
            self._place = _Place(Tensor(found, mask), own, layout)
            return True
        expected = read.values
        if source.output_rank_unknown and expected.ndim != found.ndim:
            self.check.not_compared.append(f"{source.name} ({source.kind} built for another rank than its input has)")
            self._place = _Place(Tensor(found, mask), own, layout)
            return True
        recurrent = ignores_masked_steps(source.kind)
        if self._loose and read.mask is None and not recurrent:
            self._place = _Place(Tensor(found), own, layout)
            return False
        if expected.shape != found.shape:
            raise SavedModelError(
                "predictions-differ",
                f"the layer {source.name!r} ({source.kind}) has the output shape {expected.shape[1:]} in the file, and "
                f"{found.shape[1:]} after the conversion",
            )
        if read.mask is None and mask is not None:
            self._added_mask = self._added_mask or source.name
        elif not np.array_equal(read.mask, mask):
            self._lost_mask = self._lost_mask or source.name
        known = read.mask if read.mask is not None and expected.ndim > 2 else None
        difference = rounding.difference(expected, found, known)
        largest = float(difference.max(initial=0.0))
        usable = rounding.is_usable(expected)
        silent = _untested_reason(source, expected[usable])
        ordinary = not silent and not (usable & ~np.isfinite(found)).any()
        uncertain = 0.0
        if largest > precision.tolerance:
            rounding_effect = rounding.rounding_effect(source, before.x, expected, self._generation, precision, known)
            if (difference > np.maximum(precision.tolerance, rounding_effect)).any():
                if self._added_mask and _uses_mask(source):
                    raise self._mask_passed_on(source)
                raise SavedModelError(
                    "predictions-differ",
                    f"the layer {source.name!r} ({source.kind}) computes something else after the conversion: the "
                    f"outputs differ by {largest:.2g}",
                    "please report this with the file; nothing was written",
                )
            ordinary = False
            uncertain = float(rounding_effect.max())
        if not ordinary and not replaced and self._replace_input(source, before):
            # If rounding has a large effect, it can hide other errors.
            return self._compare(segment, replaced=True)
        if silent:
            self.check.not_compared.append(f"{source.name} ({silent})")
        elif uncertain > _MAX_ROUNDING_EFFECT:
            self.check.not_compared.append(f"{source.name} (rounding changes its outputs by up to {uncertain:.1g})")
        else:
            self.check.difference = max(self.check.difference, largest)
            self.check.compared += 1
        if recurrent:
            self._loose = ""
        if known is not None and not self._loose and not _equal(expected, found, precision.tolerance):
            self._loose = source.name
        self._place = _Place(Tensor(found, read.mask), own, layout)
        return True


def _uses_mask(node: Node) -> bool:
    return any(ignores_masked_steps(part.kind) for part in (node, *node.leaves()))


def _untested_reason(source: Node, expected: Any) -> str:
    """Why these outputs do not test the weights of a layer; empty if they do."""
    if not expected.size:
        return "its outputs are not finite"
    weights = (array for leaf in source.leaves() for array in leaf.arrays.values())
    return "" if expected.any() or not any(array.any() for array in weights) else "its outputs are all zero"


_MAX_ROUNDING_EFFECT = 0.1
"""The maximum effect of rounding with which a layer counts as compared."""


def _equal(expected: object, found: object, tolerance: float) -> bool:
    np = numpy()
    return bool(np.allclose(expected, found, rtol=tolerance, atol=tolerance, equal_nan=True))


def _to_float64(values: Any) -> Any:
    np = numpy()
    values = np.asarray(values)
    return values if values.dtype.kind in "iub" else values.astype(np.float64)


def random_input(source: Sequence[Node], dims: Sequence[int | None], dtype: str, unknown: int = 12) -> Any:
    """Random values for an input of this shape; raises `SavedModelError` for text."""
    np = numpy()
    rng = np.random.default_rng(0)
    shape = [size if size is not None else (3 if axis == 0 else unknown) for axis, size in enumerate(dims)]
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
    values = rng.uniform(-1, 1, shape)
    if first is not None and masks_values(first.kind) and values.ndim > 2:
        values[..., -1, :] = first.value("mask_value", default=0.0)
    return values.astype("float32" if dtype == "bfloat16" else dtype)
