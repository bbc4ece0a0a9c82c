"""Saved models of older Kerases as models of the installed Keras, and the proof that they compute the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from seqspec.analysis.analyze import AnalysisResult, analyze, environment
from seqspec.compiler.build import build_examined
from seqspec.importers.saved.conversion import Conversion, finish, start
from seqspec.importers.saved.errors import SavedModelError, numpy
from seqspec.importers.saved.nodes import INPUT
from seqspec.importers.saved.proof import NumpyRunner, Proof, prove, random_input

_SIZES = (12, 33, 96)
"""What unknown sizes become in the comparison; a model that is too deep for the first one takes the next."""


@dataclass
class Converted:
    """A saved model as a spec, its analysis, and its weights."""

    conversion: Conversion
    result: AnalysisResult

    @property
    def tree(self) -> dict[str, Any]:
        """The spec."""
        return self.conversion.imported.tree


def convert(file: str, *, architecture: Mapping[str, object] | None = None, theano: bool = False) -> Converted:
    """Reads a saved model and works out its spec and weights; needs neither Keras nor TensorFlow.

    Raises:
        SavedModelError, Violations, OSError: As `start` and `finish` do.
    """
    conversion = start(file, architecture, theano)
    result = analyze(conversion.imported.tree)
    if result.report.ok and result.spec is not None:
        finish(conversion, result.report.layers, environment(result.spec))
    return Converted(conversion, result)


def build_converted(converted: Converted) -> Any:
    """The `keras.Sequential` with the weights of the file, read back from a `.weights.h5`.

    Raises:
        BuildError: Keras is not installed, or rejects the model.
    """
    from seqspec.compiler.silence import import_keras
    from seqspec.importers.saved.write import write_weights

    import_keras()
    model = build_examined(converted.result, download=False)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.weights.h5")
        write_weights(converted.conversion.arrays, path)
        _load(model, path)
    return model


def _load(model: Any, path: str) -> None:
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


def prove_converted(converted: Converted, model: object = None) -> Proof | None:
    """Compares the second reading with `model`, or without it with a reading of the converted layers.

    Returns None where no comparison is possible.

    Raises:
        SavedModelError: A layer computes something else.
    """
    spec = converted.result.spec
    if spec is None or spec.stack is None or spec.stack.input is None:
        return None
    given, failure = spec.stack.input, None
    for size in _SIZES:
        try:
            values = random_input(converted.conversion.source, given.shape, given.dtype, size)
            return _prove(converted, model, values)
        except SavedModelError as error:
            if error.reason == "unverifiable":
                return None
            raise
        except Exception as error:
            # Keras raises errors of any kind for weights and inputs that do not fit.
            failure = error
            if model is None or all(size is not None for size in given.shape[1:]):
                break
    return Proof("numpy" if model is None else "keras", failure=_first_line(failure))


def _first_line(error: Exception | None) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]


def _prove(converted: Converted, model: Any, values: Any) -> Proof:
    conversion = converted.conversion
    layers = [node for node in conversion.target if node.kind != INPUT]
    if model is None:
        return prove(layers, conversion.generation, values, NumpyRunner(layers, values), "numpy")
    try:
        return prove(layers, conversion.generation, values, _KerasRunner(model, values), "keras")
    finally:
        # The states of stateful layers are not part of the model.
        for layer in model.layers:
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
                layer.reset_states()


class _KerasRunner:
    """Calls the layers of a model one after another; masks are passed on as Keras does it."""

    def __init__(self, model: Any, values: Any) -> None:
        import keras

        self._model = model
        self._x = keras.ops.convert_to_tensor(values)

    def run(self, index: int) -> tuple[Any, Any]:
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
        return numpy().asarray(keras.ops.convert_to_numpy(self._x)), None if mask is None else numpy().asarray(mask)


def _as_input(values: Any) -> Any:
    """Inputs as Keras accepts them: texts as a tensor."""
    if values.dtype.kind not in "US":
        return values
    import tensorflow as tf

    return tf.constant(values.astype(object))


def compare_with(model: Any, data: str) -> float:
    """The largest difference of the model's predictions from those in an `.npz` file with `input` and `predictions`.

    It is relative to the largest prediction.

    Raises:
        SavedModelError: The file has no such arrays, or the shapes differ.
    """
    np = numpy()
    try:
        with np.load(data, allow_pickle=False) as arrays:
            given = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError) as error:
        raise SavedModelError("not-a-model", f"{data}: not an .npz file of plain arrays: {error}") from error
    missing = [name for name in ("input", "predictions") if name not in given]
    if missing:
        raise SavedModelError("not-a-model", f"{data}: no array {missing[0]!r}; it needs input and predictions")
    batch = model.input_shape[0] or 32
    try:
        found = np.asarray(model.predict(_as_input(given["input"]), batch_size=batch, verbose=0))
    except Exception as error:
        # Keras raises errors of any kind for weights and inputs that do not fit.
        raise SavedModelError(
            "predictions-differ", f"Keras cannot run the model on {data}: {_first_line(error)}"
        ) from error
    expected = given["predictions"]
    if found.shape != expected.shape:
        raise SavedModelError(
            "predictions-differ",
            f"the predictions have the shape {found.shape}, and those of the data {expected.shape}",
        )
    difference = np.max(np.abs(found.astype(np.float64) - expected), initial=0.0)
    return float(difference / max(1.0, float(np.max(np.abs(expected), initial=0.0))))
