"""Creates the Keras model of a checked document, with the arguments of `fit`, and writes model files."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
from keras.src.backend.common import global_state

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.compiler.keras_objects import LayerBuilder, Loader, allow_none, make
from seqspec.core.compiler.quiet_backend import without_logs
from seqspec.core.diagnostics.errors import BuildError
from seqspec.core.document.model_table import ModelLayers
from seqspec.core.document.runtime import Runtime
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.shapes.tensor import TensorSpec
from seqspec.core.syntax.atomic_write import renamed

_COUNTERS = "object_name_uids"


@contextmanager
def fresh_names() -> Iterator[None]:
    """Resets the counters of automatic names, so that a model has the same names in every process."""
    before = global_state.get_global_attribute(_COUNTERS)
    global_state.set_global_attribute(_COUNTERS, defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTERS, before if before is not None else defaultdict(int))


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Temporarily sets the global dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build_model(
    stack: ModelLayers,
    reports: Sequence[LayerReport],
    env: InferenceContext,
    *,
    compile: Compile | None = None,
    runtime: Runtime | None = None,
    download: bool = True,
    load: Loader = allow_none,
) -> keras.Sequential:
    """The `keras.Sequential` of a document, compiled where it has `[compile]`.

    Layer names are those of the report, and automatic names are counted from zero, so that they are the same in every
    process. The dtype policy of `env` is active while the model is created. A seed in `runtime` is set globally, as by
    `keras.utils.set_random_seed`, and so is a distribution, as by `keras.distribution.set_distribution`.

    Args:
        stack: The table `[model]`.
        reports: The reports of the layers: each with its layer, name and input.
        env: The inference context of the document.
        compile: The table `[compile]`.
        runtime: The table `[runtime]`.
        download: Whether base models get the pretrained weights of the document; otherwise they are randomly
            initialized.
        load: Loads custom classes, see `compiler.keras_objects.loader`.

    Raises:
        BuildError: The document is valid but cannot be built here.
    """
    if runtime is not None:
        _use(runtime)
    builder = LayerBuilder(env, download, load)
    with fresh_names(), dtype_policy(env.policy.name):
        layers = [builder.build(report.layer, report.name, report.input) for report in reports]
        start = [] if stack.input is None else [_input(stack.input, stack.input_name)]
        try:
            model = keras.Sequential([*start, *layers], name=stack.name)
        except Exception as error:
            # Keras raises errors of any kind for its arguments.
            raise BuildError(f"Keras {keras.__version__} rejected the model: {str(error)[:500]}") from error
        if compile is not None:
            compile_model(model, compile, load)
    return model


def compile_model(model: keras.Model, table: Compile, load: Loader = allow_none) -> None:
    """Compiles the model from the table `[compile]`."""
    arguments = {key: make(value, load) for key, value in given_arguments(table).items()}
    try:
        model.compile(**arguments)
    except Exception as error:
        # Keras raises errors of any kind for its arguments.
        raise BuildError(f"Keras {keras.__version__} rejected [compile]: {str(error)[:500]}") from error


def _input(spec: TensorSpec, name: str | None) -> object:
    batch = spec.dims[0]
    arguments: dict[str, object] = {"dtype": spec.dtype}
    if isinstance(batch, int):
        arguments["batch_size"] = batch
    if name is not None:
        arguments["name"] = name
    for flag in ("sparse", "ragged"):
        if getattr(spec, flag):
            arguments[flag] = True
    return keras.Input(spec.shape[1:], **arguments)


def _use(runtime: Runtime) -> None:
    wanted = runtime.backend
    if wanted is not None and wanted != keras.backend.backend():
        raise BuildError(
            f"[runtime] requires the backend {wanted}, but Keras uses {keras.backend.backend()}: "
            f"use another Python process, or set KERAS_BACKEND={wanted} before it starts"
        )
    if runtime.seed is not None:
        with without_logs():
            # Imports TensorFlow where it is installed, on every backend.
            keras.utils.set_random_seed(runtime.seed)
    if runtime.distribution == "data_parallel":
        try:
            keras.distribution.set_distribution(keras.distribution.DataParallel())
        except Exception as error:
            # Keras raises errors of any kind for its arguments.
            raise BuildError(
                f"Keras cannot distribute the model over the available devices: {str(error)[:500]}"
            ) from error


def build_callbacks(stage: Fit, load: Loader = allow_none) -> list[object]:
    """Creates the callbacks of one stage; callbacks have state, so each call creates new ones."""
    return [make(callback, load) for callback in stage.callbacks or ()]


def fit_arguments(stage: Fit, load: Loader = allow_none) -> dict[str, Any]:
    """The arguments of `Model.fit` for one stage, except the data."""
    arguments = {key: value for key, value in stage.fit_arguments().items() if key != "callbacks"}
    return {**arguments, "callbacks": build_callbacks(stage, load)}


def save_model(model: keras.Model, target: Path, members: Mapping[str, str] | None = None) -> None:
    """Writes a model in the format of the suffix, so that an existing file is never left incomplete.

    Args:
        model: The model.
        target: A .keras or .h5 file.
        members: Further files for the archive of a .keras file, name → text.

    Raises:
        OSError: The file cannot be written; an existing file is unchanged.
    """
    with renamed(target) as partial:
        model.save(partial)
        if members:
            with zipfile.ZipFile(partial, "a") as archive:
                for name, text in members.items():
                    archive.writestr(name, text)
