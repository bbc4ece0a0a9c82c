"""Random stacks saved by the installed Keras and imported again: predictions must be equal."""

from __future__ import annotations

import json
import os
import random
import tempfile
import warnings
from typing import Any, NamedTuple

import numpy as np

from seqspec.saved_models.converted_model import build_converted, check_conversion, convert
from tests.keras_oracle import batch_for, judge, keras
from tests.random_weights import randomize
from tests.strategies.stacks import random_model

FORMATS = ("h5", "keras", "weights.h5")


class Outcome(NamedTuple):
    """What became of a stack: "equal", "different", "refused", or why it is left out.

    A stack is left out if Keras does not accept, call or save it, or predicts something else each time; `saved` has the
    formats that Keras wrote.
    """

    verdict: str
    detail: str = ""
    saved: tuple[str, ...] = ()


def outcome(seed: int) -> Outcome:
    """Saves the stack of a seed in every format, imports each file, and compares what the models predict."""
    rng = random.Random(seed)
    table = random_model(rng, illegal=0.0)
    verdict = judge(table, keep_model=True)
    if not verdict.accepts or verdict.model is None:
        return Outcome("not accepted")
    if 0 in batch_for(table["input"]).shape or any(
        0 in shape for facts in verdict.layers for shape, _ in facts.outputs
    ):
        # TensorFlow itself ends the process on some empty tensors.
        return Outcome("empty")
    model = verdict.model
    numbers = np.random.default_rng(seed)
    try:
        randomize(model, numbers)
    except ValueError:
        # A weight of another shape than its declaration: TensorFlow itself refuses the values.
        return Outcome("not callable")
    x = batch_for(table["input"])
    try:
        expected = [_plain(y) for y in keras.tree.flatten(model(x, training=False))]
    except Exception:
        return Outcome("not callable")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _compared(model, x, expected, folder)


def _compared(model: Any, x: Any, expected: list[Any], folder: str) -> Outcome:
    saved: list[str] = []
    known: dict[str, Any] | None = None
    tree: dict[str, Any] = {}
    lost = ""
    for kind in FORMATS:
        path = os.path.join(folder, f"model.{kind}")
        architecture = None
        try:
            if kind == "weights.h5":
                model.save_weights(path)
                architecture = json.loads(model.to_json())
            else:
                model.save(path)
        except Exception:
            # Keras refuses some names in HDF5, and objects without a config.
            continue
        saved.append(kind)
        try:
            found = convert(path, architecture=architecture)
            message = next((d.message for d in found.result.validation.diagnostics if d.severity == "error"), "")
        except Exception as error:
            message = f"{type(error).__name__}: {str(error)[:300]}"
        if message and not _reads(path, model, kind):
            saved.remove(kind)
            lost = kind
            continue
        if message:
            return Outcome("refused", f"{kind}: {message}", tuple(saved))
        arrays = found.conversion.arrays
        if known is not None and found.tree["model"] == tree["model"] and _same(known, arrays):
            continue
        known, tree = arrays, found.tree
        try:
            again = build_converted(found)
            check_conversion(found, again)
            ours = [_plain(y) for y in keras.tree.flatten(again(x, training=False))]
        except Exception as error:
            return Outcome("refused", f"{kind}: {type(error).__name__}: {str(error)[:300]}", tuple(saved))
        if len(ours) != len(expected):
            return Outcome("different", f"{kind}: {len(ours)} outputs", tuple(saved))
        for mine, theirs in zip(ours, expected):
            if not _equal(mine, theirs, _tolerance(model)):
                blame = _blame(path, kind, x, ours)
                if blame == "different" and not _repeats(model, x, expected):
                    # TensorFlow reads memory beyond its tensors, as in a convolution wider than its input.
                    return Outcome("not repeatable")
                if blame == "different":
                    return Outcome(blame, kind, tuple(saved))
                saved.remove(kind)
                lost = kind
                break
    return Outcome("equal", lost and f"{lost}: lost by Keras", tuple(saved)) if saved else Outcome("not saved")


def _reads(path: str, model: Any, kind: str) -> bool:
    """Whether Keras reads its own file."""
    try:
        if kind == "weights.h5":
            keras.models.model_from_json(model.to_json())
        else:
            keras.models.load_model(path, compile=False)
    except Exception:
        return False
    return True


def _blame(path: str, kind: str, x: Any, ours: list[Any]) -> str:
    """Whether the file itself says something else than the model: then Keras reads from it what seqspec reads."""
    if kind != "weights.h5":
        try:
            theirs = keras.models.load_model(path, compile=False)(x, training=False)
        except Exception:
            return "different"
        if all(_equal(mine, _plain(y)) for mine, y in zip(ours, keras.tree.flatten(theirs))):
            return "lost by Keras"
    return "different"


def _repeats(model: Any, x: Any, expected: list[Any]) -> bool:
    """Whether the model predicts the same each time."""
    again = ([_plain(y) for y in keras.tree.flatten(model(x, training=False))] for _ in range(20))
    return all(all(map(_equal, ys, expected)) for ys in again)


def _plain(y: Any) -> Any:
    """An output as an array; some layers output sparse tensors."""
    return np.asarray(keras.ops.convert_to_numpy(y))


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[path], other[path], equal_nan=True) for path in one)


_HALF = {"float16": 2e-3, "bfloat16": 2e-2}


def _tolerance(model: Any) -> float:
    """The relative tolerance: an import adds LoRA to the kernel, which half precision rounds otherwise."""
    adapted = (layer.compute_dtype for layer in model._flatten_layers() if getattr(layer, "lora_rank", None))
    return max((_HALF.get(dtype, 1e-4) for dtype in adapted), default=1e-4)


def _equal(mine: Any, theirs: Any, tolerance: float = 1e-4) -> bool:
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return False
    if mine.dtype.kind not in "fc":
        return bool(np.array_equal(mine, theirs))
    return bool(np.allclose(mine, theirs, rtol=tolerance, atol=tolerance / 10, equal_nan=True))
