"""Export: the inference model, the file, its real runtime, and only then the file in its place."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

import keras
import numpy as np
import tensorflow as tf

import seqspec
from seqspec.core.api.compiler import discard_stderr
from seqspec.core.api.data import NumberColumn, Regression
from seqspec.core.api.spec import INT8, Export, Quantize, TypedSpec
from seqspec.core.api.training import EXPORT_FORMATS, FORMATS, quantization_error
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError, MissingPackage
from seqspec.training.export.base import Exportable, ExportRuntime, Format, FormatWithColumns, Options, batches
from seqspec.training.export.columns import ColumnsFormat
from seqspec.training.export.inference_model import inference_model
from seqspec.training.export.verify import (
    BATCH,
    TOLERANCES,
    CheckSamples,
    OutputComparison,
    compare,
    latency,
    outputs_of,
    predict,
)
from seqspec.training.records import JsonObject
from seqspec.training.run_folder.files import write_json

_QUANTIZED = 0.3
"""The tolerance (relative root mean square) for a model changed by `Model.quantize`, compared with the original."""
_ROUNDED = 0.01
"""The tolerance for a file compared with the quantized model that it was exported from."""
_OTHER_POLICY = 0.05
"""The tolerance for a float32 copy of a model that computes in another dtype."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """The result of one export.

    Attributes:
        filepath: The file or folder.
        format: The format.
        optimize: How its weights were compressed; "none" for float32.
        quantize: The mode of `[quantize]`; None without it.
        bytes: The size of all files.
        runtime: The runtime with its version; None if it is not installed and nothing was verified.
        samples: The number of samples compared, and `source`, where they come from.
        comparison: How far the outputs are from `Model.predict`; None if not verified.
        accuracy: The accuracy of the file, and `model_accuracy` that of the model; None without classes.
        microseconds: The median time of one sample; None if not verified.
        notes: What was changed for the export.
    """

    filepath: str
    format: str
    optimize: str
    quantize: str | None
    bytes: int
    runtime: str | None = None
    samples: int
    source: str
    comparison: OutputComparison | None = None
    accuracy: float | None = None
    model_accuracy: float | None = None
    microseconds: float | None = None
    notes: tuple[str, ...]

    def to_dict(self) -> JsonObject:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class ExportJob:
    """A trained model that is exported, once or several times.

    `unroll` are the names of the recurrent layers to unroll; paths start from `base`; `encoder` is the encoding of
    the columns of the run, None if its input is not encoded; `has_classes` says whether an output can be a class, and
    `class_names` are the names of the classes where they have any; `units` are those that the spec declares,
    and `threshold` is that of a binary classifier, None for 0.5.
    """

    model: keras.Model
    samples: CheckSamples
    quantize: Quantize | None = None
    unroll: Collection[str] = ()
    custom_objects: Mapping[str, object] | None = None
    base: Path = Path()
    encoder: Encoder | None = None
    has_classes: bool = True
    class_names: Sequence[str] | None = None
    units: Mapping[str, object] = field(default_factory=dict)
    threshold: float | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """What files say of themselves: the version of seqspec, and as JSON classes, encoding, units and threshold."""
        names = {} if self.class_names is None else {"class_names": json.dumps(list(self.class_names))}
        encoding = {} if self.encoder is None else {"encoding": json.dumps(self.encoder.to_state())}
        units = {"units": json.dumps(self.units)} if self.units else {}
        threshold = {} if self.threshold is None else {"threshold": json.dumps(self.threshold)}
        return {"seqspec": seqspec.__version__, **names, **encoding, **units, **threshold}


def units_of(spec: TypedSpec) -> dict[str, object]:
    """The units that a spec declares: those of the inputs by their columns, and that of the label."""
    kinds = spec.data.columns
    inputs = {name: kind.unit for name, kind in (kinds or {}).items() if isinstance(kind, NumberColumn) and kind.unit}
    label = spec.target.unit if isinstance(spec.target, Regression) else None
    return {**({"inputs": inputs} if inputs else {}), **({} if label is None else {"label": label})}


def export_model(job: ExportJob, table: Export) -> Exported:
    """Writes one export, runs it, compares it with `Model.predict`, and puts it in its place.

    Raises:
        ExportError: The format cannot hold the model, or the outputs differ; what was at the place before is kept.
        MissingPackage: What writes the format is not installed.
    """
    written = _format(table)
    format: Format = written
    quantize = quantize_arguments(job.quantize)
    exportable = inference_model(
        job.model, batch_size=table.batch_size, unroll=job.unroll, quantize=quantize, custom_objects=job.custom_objects
    )
    _require_quantization(exportable, table)
    columns = ColumnsFormat(job.encoder, written) if table.input == "columns" else None
    samples = columns.samples if columns else replace(job.samples, x=_as_input(job.samples.x, exportable))
    job = replace(job, samples=samples)
    notes = list(exportable.notes)
    representative = None
    if table.optimize in INT8:
        representative, source = job.samples.representative(table.representative)
        representative = _as_input(representative, exportable)
        notes.append(f"int8 ranges measured on {len(representative):,} samples of {source}")
    try:
        if columns is not None:
            format = columns
            outputs = columns.predict(job.model)
            expected = _reference(exportable, outputs, quantize, lambda: columns.predict(exportable.model))
        else:
            outputs = _predict(job.model, exportable, job.samples.x)
            expected = _reference(exportable, outputs, quantize, lambda: predict(exportable, job.samples.x))
    except tf.errors.OpError as error:
        raise ExportError(f"Keras cannot run the model on {job.samples.source}: {error.message.splitlines()[0][:300]}")
    with _Staging(job.base / table.filepath) as staging:
        with discard_stderr():
            options = Options(table.optimize, table.opset_version, representative, job.metadata)
            format.write(staging.path, exportable, options)
        size = sum(file.stat().st_size for file in staging.folder.rglob("*") if file.is_file())
        if job.encoder is not None and columns is None:
            name = f"{staging.path.stem}.encoding.json"
            write_json(staging.folder / name, job.encoder.to_state())
            notes.append(f"the input is encoded as {name} says")
        mode = job.quantize.mode if job.quantize is not None else None
        exported = Exported(
            filepath=table.filepath, format=table.format, optimize=table.optimize, quantize=mode, bytes=size,
            samples=len(job.samples.x), source=job.samples.source, notes=tuple(notes),
        )  # fmt: skip
        try:
            with discard_stderr():
                runtime = format.load(staging.path, exportable)
        except MissingPackage as error:
            exported = replace(exported, notes=(*notes, f"not verified: {error}"))
        else:
            exported = _verified(exported, runtime, exportable, table, job, expected, outputs)
        staging.keep()
    return exported


def _require_quantization(exportable: Exportable, table: Export) -> None:
    """Raises `ExportError` for a quantized layer that the format does not support, of a model saved as such too."""
    for layer in exportable.model._flatten_layers():
        if not isinstance(layer, (keras.layers.Dense, keras.layers.EinsumDense)) or layer.quantization_mode is None:
            continue
        reason = quantization_error(layer.quantization_mode, table.format)
        if reason is not None:
            option = ' with optimize = "int8"' if "optimize" in table.target_format.options else ""
            raise ExportError(
                f"{layer.name} {reason}: export the model from before its quantization{option}, or one that is "
                "quantized to int4"
            )


def _format(table: Export) -> FormatWithColumns:
    """The module that writes the format; raises `ExportError` where the backend does not."""
    if keras.backend.backend() != "tensorflow":
        raise ExportError(f"exports need the TensorFlow backend, and Keras uses {keras.backend.backend()}")
    if table.format not in FORMATS:
        message = f'format = "{table.format}" needs the torch backend; use the program of seqspec python instead'
        raise ExportError(message)
    format: FormatWithColumns = import_module(f"seqspec.training.export.{table.format}")
    return format


def _verified(
    exported: Exported,
    runtime: ExportRuntime,
    exportable: Exportable,
    table: Export,
    job: ExportJob,
    expected: Array,
    outputs: Array,
) -> Exported:
    """Runs the file and closes its runtime; raises `ExportError` if the outputs are not those expected.

    Args:
        exported: The result without what the runtime computes.
        runtime: The opened file.
        exportable: The model that was written.
        table: The table of the export.
        job: The samples.
        expected: The outputs of what was written, (samples, ...).
        outputs: Those of the trained model, which differ after quantization.
    """
    x, classes = job.samples.x, job.samples.classes
    try:
        with discard_stderr():
            exported_outputs = outputs_of(runtime, x, exportable.batch_size)
        comparison = compare(expected, exported_outputs, job.has_classes)
        _require_equal(table, comparison, job.quantize is not None)
        microseconds = latency(runtime, x, exportable.batch_size)
    finally:
        runtime.close()
    return replace(
        exported,
        runtime=runtime.name,
        comparison=comparison,
        accuracy=_accuracy(exported_outputs, classes),
        model_accuracy=_accuracy(outputs, classes),
        microseconds=microseconds,
    )


def save_quantized(job: ExportJob, filepath: str) -> Exported:
    """Writes the model that `[quantize]` has changed as a .keras file, without the state of the optimizer.

    Raises:
        ExportError: Keras cannot quantize the model, or the quantized model is not usable.
    """
    assert job.quantize is not None
    quantize = quantize_arguments(job.quantize)
    exportable = inference_model(job.model, quantize=quantize, custom_objects=job.custom_objects, keep_layers=True)
    x = job.samples.x
    outputs = _predict(job.model, exportable, x)
    _reference(exportable, outputs, quantize, lambda: predict(exportable, x))
    with _Staging(job.base / filepath) as staging:
        exportable.model.save(staging.path)
        size = staging.path.stat().st_size
        loaded = keras.models.load_model(staging.path, custom_objects=dict(job.custom_objects or {}), compile=False)
        own = np.asarray(loaded.predict(x, verbose=0))
        comparison = compare(outputs, own, job.has_classes)
        staging.keep()
    return Exported(
        filepath=filepath, format="keras", optimize="none", quantize=job.quantize.mode, bytes=size,
        runtime=f"keras {keras.__version__}", samples=len(x), source=job.samples.source, comparison=comparison,
        accuracy=_accuracy(own, job.samples.classes), model_accuracy=_accuracy(outputs, job.samples.classes),
        notes=(*exportable.notes, "without the state of the optimizer"),
    )  # fmt: skip


def quantize_arguments(table: Quantize | None) -> dict[str, object] | None:
    """The arguments of `Model.quantize`."""
    if table is None:
        return None
    arguments: dict[str, object] = {"mode": table.mode}
    if table.filters is not None:
        arguments["filters"] = table.filters
    return arguments


def _as_input(x: Array, exportable: Exportable) -> Array:
    """Samples in the dtype of the input, to which Keras casts them itself and the runtimes do not."""
    return x if x.dtype.kind in "OSU" else x.astype(exportable.signature.dtype.as_numpy_dtype, copy=False)


def _predict(model: keras.Model, exportable: Exportable, x: Array) -> Array:
    """The outputs of `Model.predict`, or of XLA where TensorFlow's kernels cannot run the model."""
    size = exportable.batch_size or min(BATCH, len(x))
    try:
        # A stateful layer starts from the same state each time.
        _reset(model)
        # NumPy stores strings as objects, which Keras does not accept.
        given = [(tf.constant(part) if part.dtype == object else part, count) for part, count in batches(x, size)]
        parts = [np.asarray(model.predict_on_batch(part))[:count] for part, count in given]
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError):
        compiled = tf.function(exportable.function, jit_compile=True)
        parts = [np.asarray(compiled(part))[:count] for part, count in batches(x, size)]
    return np.concatenate(parts)


def _reference(
    exportable: Exportable, outputs: Array, quantize: Mapping[str, object] | None, predict_copy: Callable[[], Array]
) -> Array:
    """The outputs that the file is compared with: of the model, or of its copy if that is quantized or in float32.

    A quantized or float32 copy is itself compared with the model first.
    """
    if quantize is None and not exportable.replaced:
        return outputs
    own = predict_copy()
    comparison = compare(outputs, own)
    if quantize is None and comparison.spread > _OTHER_POLICY:
        raise ExportError(f"computed in float32 the outputs of the model differ by {comparison.difference:.2g}")
    if quantize is not None and comparison.spread > _QUANTIZED:
        raise ExportError(
            f'Model.quantize(mode="{quantize["mode"]}") changes the outputs by {comparison.difference:.2g} '
            f"(root mean square {comparison.spread:.1%}): the quantized model is not usable"
        )
    return own


def _require_equal(table: Export, comparison: OutputComparison, quantized: bool) -> None:
    usual = TOLERANCES[table.optimize]
    if quantized:
        # With quantized activations, a difference in the last bit can become one of a whole quantization step.
        usual = max(usual, _ROUNDED)
    tolerance = usual if table.tolerance is None else table.tolerance
    error = comparison.error(table.optimize)
    if tolerance is not False and not error <= tolerance:
        raise ExportError(
            f"{table.target_format.title} outputs differ from Model.predict by {comparison.difference:.3g} on "
            f"{comparison.samples:,} samples: relative error {error:.2g}, tolerance {tolerance:g}; the file is not kept"
        )


def _reset(model: keras.Model) -> None:
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()


def _accuracy(outputs: Array, classes: Array | None) -> float | None:
    """The fraction of correctly classified samples; None if the outputs are not one vector of classes per sample."""
    if classes is None or outputs.ndim != 2 or outputs.shape[1] < 2:
        return None
    return float((outputs.argmax(axis=1) == classes).mean())


class _Staging:
    """A folder next to the target in which the file is written and verified before it is moved into place."""

    def __init__(self, target: Path) -> None:
        self.target = target
        if target.is_dir() and any(target.iterdir()) and not any((target / name).exists() for name in _OURS):
            raise ExportError(f"{target} is a folder with other files; it is not replaced")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.folder = Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        except OSError as error:
            raise ExportError(f"{target}: {error.strerror or error}")
        self.path = self.folder / target.name

    def __enter__(self) -> _Staging:
        return self

    def keep(self) -> None:
        """Moves the files into place; the file that refers to the others is moved last."""
        replaced = self.folder / "replaced"
        try:
            if self.path.is_dir() and self.target.is_dir():
                os.replace(self.target, replaced)
            for file in sorted(self.folder.iterdir(), key=lambda name: name == self.path):
                if file != replaced:
                    os.replace(file, self.target.parent / file.name)
        except OSError as error:
            raise ExportError(f"{self.target}: {error.strerror or error}")
        finally:
            # Interrupted in between, the earlier export stays.
            if replaced.exists() and not self.target.exists():
                os.replace(replaced, self.target)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        # As on a full disk, to which TensorFlow writes with its own errors.
        if isinstance(error, (OSError, tf.errors.OpError)):
            reason = error.strerror if isinstance(error, OSError) else error.message.splitlines()[0][:300]
            raise ExportError(f"{self.target}: {reason or error}") from None


_OURS = tuple(declared.contents for declared in EXPORT_FORMATS.values() if declared.contents is not None)
"""The files that identify a folder as an earlier export, which may be replaced."""
