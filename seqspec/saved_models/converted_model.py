"""Converts saved models of older Keras versions to the installed Keras, and compares the predictions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from seqspec.core.api.check import Check, CheckSettings
from seqspec.core.api.compiler import build_analyzed
from seqspec.core.api.diagnostics import Violations
from seqspec.core.api.files import LIMITS, Limits
from seqspec.core.api.frontends import INPUT
from seqspec.core.api.syntax import Tree
from seqspec.saved_models.conversion import Conversion, plan_conversion
from seqspec.saved_models.conversion_check import ConversionCheck, ConversionComparison, NumpyRunner, random_input
from seqspec.saved_models.fill_weights import fill_weights
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, SavedModelError

if TYPE_CHECKING:
    import keras

_SIZES = (12, 33, 96)
"""The sizes that replace unknown ones in the comparison, tried in this order: deep models need larger inputs."""


@dataclass
class Converted:
    """A saved model as a spec, its analysis, and its weights; whether its outputs for masked steps may differ."""

    conversion: Conversion
    result: Check
    ignore_masked: bool = False

    @property
    def tree(self) -> Tree:
        """The spec."""
        return self.conversion.imported.tree


def convert(
    file: str,
    *,
    architecture: Mapping[str, object] | None = None,
    theano: bool = False,
    ignore_masked: bool = False,
    input_shape: Sequence[int | None] | None = None,
    move_channels: bool = False,
    limits: Limits = LIMITS,
) -> Converted:
    """Reads a saved model and works out its spec and weights; needs neither Keras nor TensorFlow.

    With `move_channels`, channels_first becomes channels_last in the whole model, also in its input.

    Raises:
        SavedModelError, Violations, OSError: As `plan_conversion` and `fill_weights` do.
    """
    plan = partial(plan_conversion, file, architecture, theano, input_shape, move_channels, limits=limits)
    try:
        return _converted(plan(), ignore_masked)
    except _WrongOrder as wrong:
        # The shapes of the weights show it, where they depend on it.
        with suppress(SavedModelError, Violations):
            converted = _converted(plan(channels_first=True), ignore_masked)
            if converted.result.validation.ok:
                return converted
        raise wrong.error from None


class _WrongOrder(Exception):
    """The weights of a model do not fit with the order of the axes that was assumed."""

    def __init__(self, error: SavedModelError) -> None:
        super().__init__(error.message)
        self.error = error


def _converted(conversion: Conversion, ignore_masked: bool) -> Converted:
    check = Check.of(conversion.imported.tree, options=CheckSettings(limits=conversion.limits))
    if any(diagnostic.name == "missing-input" for diagnostic in check.validation.diagnostics):
        raise SavedModelError(
            "input-shape",
            "the file does not have the input shape of the model",
            'pass the shape of one sample with --input-shape, such as "28,28,1" or "?,16"',
        )
    if check.validation.ok:
        try:
            fill_weights(conversion, check.layers, check.spec.environment)
        except SavedModelError as error:
            if error.reason == "weights-shape" and conversion.assumed_order:
                raise _WrongOrder(error) from None
            raise
    return Converted(conversion, check, ignore_masked)


def build_converted(converted: Converted) -> keras.Model:
    """The `keras.Sequential` with the weights of the file, read back from a `.weights.h5`.

    Raises:
        BuildError: Keras is not installed, or rejects the model.
    """
    from seqspec.core.api.compiler import import_keras
    from seqspec.saved_models.weights_h5 import write_weights

    import_keras()
    model = build_analyzed(converted.result, download=False)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.weights.h5")
        write_weights(converted.conversion.arrays, path)
        _load(model, path)
    return model


def _load(model: keras.Model, path: str) -> None:
    import warnings

    with warnings.catch_warnings():
        # The optimizer of the file is left out on purpose.
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        try:
            model.load_weights(path)
        except Exception as error:
            # Keras raises errors of any kind for weights and inputs that do not fit.
            raise SavedModelError("weights-shape", f"Keras does not load the converted weights: {error}") from error


def has_keras() -> bool:
    """Whether the comparison with Keras is possible."""
    return find_spec("keras") is not None and find_spec("tensorflow") is not None


def check_conversion(converted: Converted, model: object = None) -> ConversionCheck | None:
    """Compares the second reading with `model`, or without it with a reading of the converted layers.

    Returns None where no comparison is possible.

    Raises:
        SavedModelError: A layer computes something else.
    """
    tensor, failure = converted.result.spec.stack.input, None
    if tensor is None:
        return None
    for size in _SIZES:
        try:
            values = random_input(converted.conversion.source, tensor.shape, tensor.dtype, size)
            return _compare_predictions(converted, model, values)
        except SavedModelError as error:
            if error.reason == "unverifiable":
                return None
            raise
        except Exception as error:
            # Keras raises errors of any kind for weights and inputs that do not fit.
            failure = error
            if model is None or all(size is not None for size in tensor.shape[1:]):
                break
    return ConversionCheck("numpy" if model is None else "keras", failure=_first_line(failure))


def _first_line(error: Exception | None) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]


def _compare_predictions(converted: Converted, model: keras.Model, values: Array) -> ConversionCheck:
    conversion = converted.conversion
    layers = [node for node in conversion.target if node.kind != INPUT]
    runner: Any = NumpyRunner(layers, values) if model is None else _KerasRunner(model, values)
    against = "numpy" if model is None else "keras"
    try:
        comparison = ConversionComparison(layers, conversion.generation, values, runner, against, conversion.layout)
        check = comparison.compare_all(converted.ignore_masked)
        if check.masked:
            conversion.notes.add(f"the predictions for masked time steps differ: {check.masked}")
        return check
    finally:
        # The states of stateful layers are not part of the model.
        for layer in model.layers if model is not None else ():
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
                layer.reset_states()


class _KerasRunner:
    """Calls the layers of a model one after another; masks are passed on as Keras does it."""

    def __init__(self, model: keras.Model, values: Array) -> None:
        import keras

        self._model = model
        self._x = keras.ops.convert_to_tensor(values)

    def run(self, index: int) -> tuple[Array, Array | None]:
        import inspect

        import keras
        from keras.src.backend import get_keras_mask

        layer = self._model.layers[index]
        training = {"training": False} if "training" in inspect.signature(layer.call).parameters else {}
        self._x = layer(self._x, **training)
        if isinstance(self._x, (list, tuple)):
            raise SavedModelError("unverifiable", f"the layer {layer.name!r} has several outputs")
        mask = get_keras_mask(self._x)
        # Some layers output sparse tensors.
        return np.asarray(keras.ops.convert_to_numpy(self._x)), None if mask is None else np.asarray(mask)

    def set_input(self, values: Array, mask: Array | None) -> None:
        import keras
        from keras.src.backend import set_keras_mask

        dtype = keras.backend.standardize_dtype(self._x.dtype)
        self._x = keras.ops.convert_to_tensor(values, dtype)
        if mask is not None:
            set_keras_mask(self._x, keras.ops.convert_to_tensor(mask))


def _as_input(values: Array) -> object:
    """Inputs as Keras accepts them: texts as a tensor."""
    if values.dtype.kind not in "US":
        return values
    import tensorflow as tf

    return tf.constant(values.astype(object))


def _mask_of(model: keras.Model, values: Array) -> keras.KerasTensor | None:
    """The mask of the outputs of a model, or None."""
    from keras.src.backend import get_keras_mask

    mask = get_keras_mask(model(_as_input(values), training=False))
    return None if mask is None else np.asarray(mask)


def compare_with(model: keras.Model, data: str, converted: Converted) -> float:
    """The largest difference of the model's predictions from those in an `.npz` file with `input` and `predictions`.

    It is relative to the largest prediction. The arrays are those of the model in the file: they are moved if the
    converted one has the channels on another axis. Masked time steps are left out if they may differ.

    Raises:
        SavedModelError: The file has no such arrays, or the shapes differ.
    """
    try:
        with np.load(data, allow_pickle=False) as arrays:
            stored = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError) as error:
        raise SavedModelError("not-a-model", f"{data}: not an .npz file of plain arrays: {error}") from error
    missing = [name for name in ("input", "predictions") if name not in stored]
    if missing:
        raise SavedModelError("not-a-model", f"{data}: no array {missing[0]!r}; it needs input and predictions")
    batch = model.input_shape[0] or 32
    start, end = converted.conversion.layout, converted.conversion.output_layout
    try:
        values = stored["input"] if start is None else start.as_converted(stored["input"])
        predictions = np.asarray(model.predict(_as_input(values), batch_size=batch, verbose=0))
    except Exception as error:
        # Keras raises errors of any kind for weights and inputs that do not fit.
        raise SavedModelError(
            "predictions-differ", f"Keras cannot run the model on {data}: {_first_line(error)}"
        ) from error
    if end is not None and start is not None:
        predictions = end.as_in_file(predictions)
    expected = stored["predictions"]
    if predictions.shape != expected.shape:
        raise SavedModelError(
            "predictions-differ",
            f"the predictions have the shape {predictions.shape}, and those of the data {expected.shape}",
        )
    mask = _mask_of(model, values) if converted.ignore_masked else None
    if mask is not None and mask.shape == predictions.shape[:2]:
        predictions, expected = predictions[mask], expected[mask]
    difference = np.max(np.abs(predictions.astype(np.float64) - expected), initial=0.0)
    return float(difference / max(1.0, float(np.max(np.abs(expected), initial=0.0))))
