"""The exports of a spec: of a saved model (`seqspec export`), and of the model of a run (`seqspec train`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqspec.core.api.check import Check, CheckedSpec
from seqspec.core.api.data import Target
from seqspec.core.api.diagnostics import Violation, Violations
from seqspec.core.api.frontends import Source
from seqspec.core.api.spec import Export, TypedSpec
from seqspec.core.api.training import EXPORT_FORMATS, ExternalPath, export_limits, limit_help, limit_text
from seqspec.training.access import Access, Allowed, access_of_run
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.prepare import prepare
from seqspec.training.data.prepared import PreparedData
from seqspec.training.errors import ChangedDataError, DataError, ExportError, RunError
from seqspec.training.events import EventCallback, EventHandler, ExportEvent, ModelEvent, handler_of, silent
from seqspec.training.planning.checks import refused_output
from seqspec.training.planning.plan import access_of, raise_violations, seed_of
from seqspec.training.prediction.run_data import data_of_run, spec_of_run
from seqspec.training.records import Evaluation, JsonObject
from seqspec.training.run_folder.folder import RunFolder

_FILE_SUFFIXES = (".toml", ".json", ".py", ".ipynb", ".keras", ".h5", ".hdf5")
_WITHOUT_CLASSES = ("regression", "reconstruction")
"""The kinds of labels that are not classes."""

if TYPE_CHECKING:
    import keras

    from seqspec.saved_models.converted_model import Converted
    from seqspec.training.export.exporter import Exported, ExportJob
    from seqspec.training.export.verify import CheckSamples
    from seqspec.training.job import TrainingJob


def export(
    source: Source,
    model: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,
    output: str | None = None,
    input: str | None = None,
    batch_size: int | None = None,
    best: bool | None = None,
    settings: Sequence[str] = (),
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    allow_output: Collection[str | os.PathLike[str]] = (),
    report: EventCallback = silent,
) -> list[Exported]:
    """Exports a trained model as its spec says, verified with the real runtimes.

    Args:
        source: A spec; a run folder, whose model and data are used; or a saved model, whose spec is read from it.
        model: The saved model (.keras, .h5); by default that of the run folder, or the source.
        format: A format instead of those of `[export]`.
        output: The path of the exported file or folder, which replaces `filepath`.
        input: "encoded" or "columns", instead of `input` in `[export]`.
        batch_size: The fixed number of samples in a batch, instead of `batch_size` in `[export]`.
        best: Whether the model of the best epoch of a run is exported, as in `Run.evaluate`.
        settings: Further values, as `--set` takes them.
        allow_custom: Names of the Python modules that the spec may import.
        allow_data: Folders, or files, outside of the project that the spec may read data from.
        allow_output: Folders outside of the project and the current folder that the spec may write to.
        report: Receives an event `export` for each file, and for a run `model` with the chosen model.

    Raises:
        SpecError: The check finds an error.
        RunError: There is no model, or it is not the model of the spec.
        ExportError: A format cannot hold the model, or the outputs differ; the exports before are kept.
    """
    folder = _run_folder(source)
    saved = _saved_model(source)
    converted = None if saved is None else _converted(saved)
    spec = folder.spec() if folder is not None else source if converted is None else converted.tree
    check = Check.of(spec, settings=settings)
    path = Path(model) if model is not None else saved
    if path is None and folder is not None:
        path = _model_of_run(folder, best, handler_of(report))
    elif best is not None:
        raise RunError("--best and --final choose the model of a run")
    path = _existing(path, check)
    tables = tables_of(check, format, output, path, {"input": input, "batch_size": batch_size})
    allowed = Allowed(allow_data, allow_output)
    if folder is not None:
        access = access_of_run(folder.path, folder.info()["base"], allowed)
    else:
        access = access_of(check, allowed)
    if output is None:
        _require_allowed(check, tables, access)
    for table in tables:
        require_possible(check, table)
    _import_tensorflow()
    job = _job(check, _loaded(path, check, allow_custom, converted), path, folder, allow_custom, access)
    return _exported(job, tables, handler_of(report))


def _existing(path: Path | None, check: Check) -> Path:
    """The saved model; raises `SpecError` for a spec with errors, `RunError` where there is none."""
    check.valid_for("export")
    if path is None:
        raise RunError("a spec has no weights: name the saved model with --model")
    if not path.exists():
        raise RunError(f"{path} does not exist")
    return path


def _import_tensorflow() -> None:
    """Imports Keras with the backend that the formats are written with."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    from seqspec.core.api.compiler import import_keras

    import_keras()


def _exported(job: ExportJob, tables: Sequence[Export], report: EventHandler) -> list[Exported]:
    """Writes the exports one after the other, and reports each."""
    from seqspec.training.export.exporter import export_model

    done = []
    for table in tables:
        exported = export_model(job, table)
        report(ExportEvent(exported.to_dict()))
        done.append(exported)
    return done


def _model_of_run(folder: RunFolder, best: bool | None, report: EventHandler) -> Path:
    """The model of a run that `best` chooses, which is reported."""
    from seqspec.training.run import Run

    run = Run(folder)
    path = folder.best_model if run.uses_best(best) else folder.model
    report(ModelEvent(run.describe_model(best)))
    return path


def tables_of(
    check: Check,
    format: str | None,
    output: str | None,
    model: Path,
    given: Mapping[str, str | int | None],
) -> list[Export]:
    """The exports to make: those of the spec, or the one that the command names, with its keys.

    Raises:
        RunError: The spec has no `[export]` and the command names no format, or one path for several exports.
    """
    declared = list(check.spec.export)
    if format is not None:
        declared = [table for table in declared if table.format == format][:1]
        if not declared:
            suffix = EXPORT_FORMATS[format].suffix
            declared = [_table({"filepath": output or f"{model.stem}-{format}{suffix}", "format": format})]
    if not declared:
        raise RunError("the spec has no [export]: add it, or name a format with --format")
    if output is not None:
        if len(declared) > 1:
            raise RunError("[[export]] has several files: name one with --format to choose its path")
        declared = [_table({**declared[0].to_tree(), "filepath": output})]
    keys = {key: value for key, value in given.items() if value is not None}
    return [_table({**table.to_tree(), **keys}) for table in declared] if keys else declared


def _table(tree: JsonObject) -> Export:
    """A table of the command line; raises `RunError` for a path that its format does not accept."""
    violations: list[Violation] = []
    table = Export.read_table(tree, violations)
    if table is None or violations:
        raise RunError("; ".join(str(violation.message) for violation in violations))
    return table


def _require_allowed(check: Check, tables: Sequence[Export], access: Access) -> None:
    """Raises `SpecError` for a file outside of what the spec may write."""
    paths = [
        ExternalPath(
            table.filepath, (*check.spec.export_path(index), Export.key_of(lambda table: table.filepath)), True
        )
        for index, table in enumerate(tables)
    ]
    refused = [refusal for refusal in (refused_output(path, access) for path in paths) if refusal is not None]
    if refused:
        raise_violations(check, refused)


def require_possible(check: Check, table: Export) -> None:
    """Raises `ExportError` for a layer that the format cannot hold, before Keras is imported."""
    for limit in export_limits(check.layers, table.format, table.batch_size):
        option = " (--batch-size 1)" if "batch_size" in limit.fixes else ""
        raise ExportError(
            f"{limit.entry.name} ({limit.entry.type}) {limit_text(limit, table.format)}; {limit_help(limit)}{option}",
            (limit.limit.operation,),
        )


def _run_folder(source: Source) -> RunFolder | None:
    """The folder of a source that is a run, by a path or a name; None for a file."""
    if not isinstance(source, (str, os.PathLike)) or Path(source).is_file():
        return None
    # What has the suffix of a file is not the name of a run.
    is_name = Path(source).suffix.lower() not in _FILE_SUFFIXES
    return RunFolder.open(source) if is_name or Path(source).is_dir() else None


def _saved_model(source: Source) -> Path | None:
    """The path of a source that is a saved model; None for any other."""
    from seqspec.saved_models.file import is_saved_model

    if not isinstance(source, (str, os.PathLike)) or not Path(source).is_file():
        return None
    return Path(source) if is_saved_model(os.fspath(source)) else None


def _converted(path: Path) -> Converted:
    """A saved model as a spec with weights; raises `RunError` for a file that cannot be read as one."""
    from seqspec.saved_models.converted_model import convert
    from seqspec.saved_models.saved_model import SavedModelError

    try:
        return convert(os.fspath(path))
    except SavedModelError as error:
        raise RunError(f"{path}: {error.message}")
    except Violations as violations:
        raise RunError(f"{path}: {violations.items[0].message}")


def _loaded(path: Path, check: Check, allowed: Collection[str], converted: Converted | None) -> keras.Model:
    """The Keras model of a file; one of Keras 1 or 2, which Keras 3 may not load, is built with its weights."""
    from seqspec.saved_models.converted_model import build_converted, check_conversion
    from seqspec.saved_models.saved_model import SavedModelError
    from seqspec.training.run_folder.loading import load_model

    if converted is None or converted.conversion.generation.keras >= 3:
        return load_model(path, check.spec.to_dict(), allowed, compile=False)
    try:
        model = build_converted(converted)
        check_conversion(converted, model)
    except SavedModelError as error:
        raise RunError(f"{path}: {error.message}")
    return model


def _job(
    check: Check,
    model: keras.Model,
    path: Path,
    folder: RunFolder | None,
    allowed: Collection[str],
    access: Access,
) -> ExportJob:
    from seqspec.training.export.exporter import ExportJob
    from seqspec.training.run_folder.loading import custom_objects

    spec = check.spec
    objects = custom_objects(spec.to_dict(), allowed)
    unroll = unrolled(check, model, path)
    quantize = spec.quantize
    samples = _samples(check, model, folder, allowed, access)
    encoder = folder.encoder() if folder is not None else None
    labels = folder.labels() if folder is not None else spec.target
    return ExportJob(model, samples, quantize, unroll, objects, encoder=encoder, **_of_outputs(spec, labels))


def _of_outputs(spec: TypedSpec, labels: LabelEncoding | Target | None) -> dict[str, Any]:
    """What files say of the outputs: as the model was trained, or as the spec declares them."""
    from seqspec.training.export.exporter import units_of

    threshold = labels.threshold if isinstance(labels, LabelEncoding) else None
    return {
        "has_classes": labels is None or labels.kind not in _WITHOUT_CLASSES,
        "class_names": None if labels is None else labels.names,
        "units": units_of(spec),
        "threshold": None if threshold is None else threshold.value,
    }


def unrolled(check: Check | CheckedSpec, model: keras.Model, path: Path | None = None) -> list[str]:
    """The names of the layers that the spec unrolls; raises `RunError` if the model is not that of the spec."""
    from seqspec.training.serving.scaled_labels import UNDO_LOG, UNDO_SCALE

    reports = check.layers
    added = (UNDO_SCALE, UNDO_LOG)
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer" and layer.name not in added]
    named = f"{path} " if path is not None else "the model "
    if len(layers) != len(reports):
        raise RunError(f"{named}has {len(layers)} layers, the spec {len(reports)}: it is not the model of this spec")
    names = []
    for number, (layer, entry) in enumerate(zip(layers, reports)):
        kind = type(layer).__name__
        # The class of a base model is Functional, and custom classes have their own names.
        if kind != entry.type and hasattr(entry.layer, "unroll"):
            message = f"{named}has {kind} at layer {number}, the spec {entry.type}: it is not the model of this spec"
            raise RunError(message)
        inner = entry.layers[0].layer if entry.type == "Bidirectional" and entry.layers else entry.layer
        if getattr(inner, "unroll", False) is True:
            names.append(layer.name)
    return names


def _samples(
    check: Check, model: keras.Model, folder: RunFolder | None, allowed: Collection[str], access: Access
) -> CheckSamples:
    from seqspec.training.export.verify import random_samples, samples_of

    spec = check.spec
    source = model.inputs[0]
    reason = "the spec names no data"
    if folder is not None and folder.info()["python_data"]:
        reason = "the data of the run came from Python"
    elif spec.data.has_training_source:
        try:
            data = _data(check, folder, allowed, access)
            return samples_of(data.sets, data.labels)
        except ChangedDataError as error:
            reason = str(error)
        except DataError as error:
            reason = f"the data cannot be read: {str(error).splitlines()[0][:200]}"
    samples = random_samples(check, tuple(source.shape), str(source.dtype))
    return replace(samples, source=f"random inputs ({reason})")


def _data(check: Check, folder: RunFolder | None, allowed: Collection[str], access: Access) -> PreparedData:
    """The data of the spec; of a run as it was split, unless the spec names other data than that of the run."""
    spec = check.spec
    if folder is not None and spec.tree.get("data") == spec_of_run(folder).tree.get("data"):
        return data_of_run(folder, allowed, access).prepared
    base = folder.info()["base"] if folder is not None else os.path.dirname(check.document.file or "") or "."
    seed = folder.lock()["seed"] if folder is not None else seed_of(spec)
    encoder = folder.encoder() if folder is not None else None
    return prepare(spec, base, seed=seed, allowed=tuple(allowed), check_leakage=False, encoder=encoder, access=access)


def export_trained(job: TrainingJob, model: keras.Model, labels: LabelEncoding) -> list[JsonObject]:
    """Applies `[quantize]` and `[export]` at the end of training; returns a record per file.

    A failed export is reported, and the others are still written: the trained model is not lost.
    """
    spec = job.spec
    if spec.quantize is None and not spec.export:
        return []
    from seqspec.training.export.exporter import ExportJob, export_model, save_quantized
    from seqspec.training.export.verify import samples_of
    from seqspec.training.run_folder.loading import custom_objects

    samples = samples_of(job.data.sets, labels)
    exporting = ExportJob(
        model,
        samples,
        spec.quantize,
        unrolled(job.plan.checked, model),
        custom_objects(spec.to_dict(), job.plan.permissions.modules),
        encoder=job.data.encoder,
        **_of_outputs(spec, labels),
    )
    records: list[JsonObject] = []
    steps: list[tuple[str, str, Callable[[], Exported]]] = []
    if spec.quantize is not None and spec.save is not None:
        path = spec.save.filepath
        steps.append((path, "keras", partial(save_quantized, exporting, path)))
    for table in spec.export:
        steps.append((table.filepath, table.format, partial(export_model, exporting, table)))
    for filepath, format, make in steps:
        try:
            record = make().to_dict()
        except ExportError as error:
            record = {"filepath": filepath, "format": format, "error": str(error)}
        job.folder.log(f"export {filepath}: {record.get('error') or 'done'}")
        job.report(ExportEvent(record))
        records.append(record)
    return records


def require_exported(evaluation: Evaluation) -> None:
    """Raises `ExportError` for the exports of a finished run that failed."""
    failed = [record for record in evaluation.get("exports", ()) if "error" in record]
    if failed:
        raise ExportError("; ".join(f"{record['filepath']} was not exported: {record['error']}" for record in failed))
