"""Generates the statements that compile, train, evaluate, save and export the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import KerasObject, given_argument, given_arguments
from seqspec.core.catalog.layer_inference import needs_adapt
from seqspec.core.codegen.calls import Objects
from seqspec.core.codegen.data import batch_size_of_validation, is_ordered, labels_of, ordered_lines, with_order
from seqspec.core.codegen.expressions import BracketGroup, Item, call, entries, lines, literal, table, text
from seqspec.core.document.outputs import EvaluationReport, Export
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.shapes.tensor import TensorSpec


def adapt_lines(layers: Sequence[LayerReport]) -> Iterator[str]:
    """`adapt` for each layer that learns from the training inputs."""
    for index, report in enumerate(layers):
        if not needs_adapt(report.layer):
            continue
        inputs = "x_train" if index == 0 else f"keras.Sequential(model.layers[:{index}])(x_train)"
        yield f"model.layers[{index}].adapt({inputs})"


def trainable_lines(stage: Fit) -> Iterator[str]:
    """The statements that freeze and unfreeze layers."""
    unfrozen: list[tuple[str, object]] = []
    for name, wanted in (stage.trainable or {}).items():
        layer = f"model.get_layer({text(name)})"
        yield f"{layer}.trainable = {wanted is not False}"
        last = getattr(wanted, "last", None)
        if last is not None:
            yield f"for layer in {layer}.layers[:-{last}]:"
            yield "    layer.trainable = False"
            yield f"for layer in {layer}.layers[-{last}:]:"
            yield "    layer.trainable = True"
        if wanted is not False:
            unfrozen.append((layer, wanted))
    trained = stage.batch_norm == "trained"
    nested = [f'getattr({layer}, "layers", [])' for layer, wanted in unfrozen if wanted is True or not trained]
    for layers in ["model.layers", *nested] if stage.batch_norm == "frozen" else nested:
        yield f"for layer in {layers}:"
        yield "    if isinstance(layer, keras.layers.BatchNormalization):"
        yield f"        layer.trainable = {trained}"


def with_schedule(compiled: Compile) -> KerasObject | None:
    """The optimizer with a learning rate schedule."""
    optimizer = compiled.optimizer
    if isinstance(optimizer, KerasObject) and isinstance(getattr(optimizer, "learning_rate", None), KerasObject):
        return optimizer
    return None


def class_weight_lines(stage: Fit, one_hot: bool) -> Iterator[str]:
    """Balanced class weights, as the variable `class_weight`."""
    if stage.class_weight == "balanced":
        classes = "keras.ops.argmax(y_train, axis=-1)" if one_hot else "y_train"
        yield f"counts = [int(count) for count in keras.ops.bincount({classes})]"
        yield "class_weight = {"
        yield "    index: len(y_train) / (sum(count > 0 for count in counts) * count)"
        yield "    for index, count in enumerate(counts)"
        yield "    if count"
        yield "}"


SETS = {"train": "train", "validation": "val", "test": "test"}
"""The data sets with the suffixes of their variables."""


def compile_lines(compiled: Compile, spelling: object, objects: Objects, stage: Fit | None = None) -> Iterator[str]:
    """`model.compile(...)`, with the optimizer of the stage if it has one."""
    spellings = dict(entries(spelling))
    values = given_arguments(compiled)
    items = [
        Item(objects.write(values[key], spellings.get(key)), f"{key}=")
        for key in type(compiled).model_fields
        if key in values
    ]
    optimizer = _own_optimizer(compiled, stage) if stage is not None else None
    if optimizer is not None:
        optimizer_item = Item(objects.write(optimizer, None), "optimizer=")
        items = [optimizer_item, *(item for item in items if item.prefix != "optimizer=")]
    yield from lines(call("model.compile", items))


def _own_optimizer(compiled: Compile, stage: Fit) -> KerasObject | None:
    """The optimizer of a stage, if it differs from that of `[compile]`."""
    if isinstance(stage.optimizer, KerasObject):
        return stage.optimizer
    scheduled = with_schedule(compiled)
    if stage.learning_rate is None or scheduled is None:
        return None
    return scheduled.model_copy(update={"learning_rate": stage.learning_rate})


def fit_lines(spec: TypedSpec, objects: Objects, same_order: bool = False) -> Iterator[str]:
    """`model.fit(...)` for each stage; with `same_order`, in the order of `seqspec train`."""
    assert "fit" in spec.written
    spelled = spec.tree["fit"]
    spelled = spelled if isinstance(spelled, list) else [spelled]
    validated = spec.data.has_validation
    for number, (stage, spelling) in enumerate(zip(spec.fit, spelled)):
        if stage.recompiles:
            yield from [""] * bool(number)
            yield from trainable_lines(stage)
            assert "compile" in spec.written
            yield from compile_lines(spec.compile, spec.tree["compile"], objects, stage)
            # Keras does not allow setting the learning rate of an optimizer with a schedule.
            if with_schedule(spec.compile) is None and stage.learning_rate is not None:
                yield f"model.optimizer.learning_rate = {literal(stage.learning_rate)}"
        yield from class_weight_lines(stage, getattr(spec.target, "encoding", None) == "one_hot")
        stage_number = number if same_order and is_ordered(stage) else None
        yield from _stage(stage, entries(spelling), labels_of(spec), validated, objects, stage_number)


def _stage(
    stage: Fit,
    spellings: Mapping[str, object],
    labels: str,
    validated: bool,
    objects: Objects,
    stage_number: int | None,
) -> Iterator[str]:
    if stage_number is not None:
        yield from ordered_lines(stage, stage_number, labels)
    items = (
        [Item("batches"), Item("False", "shuffle=")]
        if stage_number is not None
        else [Item("x_train"), Item(f"{labels}_train")]
    )
    if stage_number is not None and validated:
        items.append(batch_size_of_validation(stage))
    for key, value in stage.fit_arguments().items():
        if stage_number is not None and key in ("batch_size", "shuffle", "validation_batch_size"):
            continue
        if key == "class_weight" and value == "balanced":
            items.append(Item("class_weight", "class_weight="))
        elif key != "callbacks":
            items.append(Item(objects.write(value, spellings.get(key)), f"{key}="))
    if validated:
        items.append(Item(BracketGroup("(", [Item("x_val"), Item(f"{labels}_val")], ")"), "validation_data="))
    callbacks = given_argument(stage, "callbacks")
    # Keras accepts callbacks only as objects, not by name.
    written = objects.write(callbacks, spellings.get("callbacks"), False) if callbacks else BracketGroup("[", [], "]")
    if stage_number is not None:
        written = with_order(written.items if isinstance(written, BracketGroup) else [])
    if callbacks or stage_number is not None:
        items.append(Item(written, "callbacks="))
    yield from lines(call("model.fit", items))


def report_lines(report: EvaluationReport, labels: str) -> Iterator[str]:
    """The model evaluated, and the file about it, if there is one."""
    if report.filepath is None:
        return
    methods = {}
    for name in report.evaluate:
        data = [Item(f"x_{SETS[name]}"), Item(f"{labels}_{SETS[name]}")]
        methods[name] = call("model.evaluate", [*data, Item("True", "return_dict=")])
    yield from lines(table(methods), "report = ")
    yield f'with open({text(report.filepath)}, "w") as file:'
    yield "    json.dump(report, file, indent=2)"


def output_lines(spec: TypedSpec) -> Iterator[str]:
    """The outputs of the trained model: quantization, then the file."""
    if spec.quantize is not None:
        yield from _method("quantize", given_arguments(spec.quantize), "mode")
    if spec.save is not None:
        yield from _method("save", spec.save.save_arguments(), "filepath")


def _method(name: str, arguments: Mapping[str, object], first: str) -> Iterator[str]:
    items = [Item(literal(value), "" if key == first else f"{key}=") for key, value in arguments.items()]
    yield from lines(call(f"model.{name}", sorted(items, key=lambda item: item.prefix != "")))


def export_lines(exports: Sequence[Export], reports: Sequence[LayerReport], start: TensorSpec) -> Iterator[str]:
    """The exports of a spec; a comment for what `Model.export` cannot write.

    Args:
        exports: The tables of `[export]`.
        reports: The layers of the model.
        start: The input of the model.
    """
    able = [
        export
        for export in exports
        if export.optimize == "none" and export.target_format.keras is not None and export.input == "encoded"
    ]
    left_out = [index for index, report in enumerate(reports) if _only_augments(report)]
    model = "inference_model" if left_out and able else "model"
    if model != "model":
        yield "# Model.export would keep augmenting: these layers are left out."
        size = [Item("model.input_shape[1:]")]
        if start.dtype != "float32":
            size.append(Item(text(start.dtype), "dtype="))
        kept = BracketGroup("[", [Item(call("keras.Input", size)), Item(_kept(left_out), "*")], "]")
        yield from lines(call("keras.Sequential", [Item(kept)]), "inference_model = ")
    for export in exports:
        if export not in able:
            yield f"# {export.filepath}: written by seqspec export, not by Model.export."
            continue
        yield from lines(call(f"{model}.export", list(_arguments(export, start))))


def _arguments(export: Export, start: TensorSpec) -> Iterator[Item]:
    yield Item(literal(export.filepath))
    given = export.model_fields_set
    for key in ("format", "opset_version", "verbose"):
        if key in given:
            yield Item(literal(getattr(export, key)), f"{key}=")
    keras = export.target_format.keras
    if export.batch_size is not None or (keras is not None and keras.needs_signature):
        sizes = [size if isinstance(size, int) else None for size in start.dims[1:]]
        shape = ", ".join(map(str, (export.batch_size, *sizes)))
        spec = call(
            "keras.InputSpec",
            [Item(f"({shape},)" if not sizes else f"({shape})", "shape="), Item(text(start.dtype), "dtype=")],
        )
        yield Item(BracketGroup("[", [Item(spec)], "]"), "input_signature=")


def _only_augments(report: LayerReport) -> bool:
    if report.type == "Sequential":
        return bool(report.layers) and all(map(_only_augments, report.layers))
    return bool(report.layer.exports.left_out)


def _kept(left_out: Sequence[int]) -> str | BracketGroup:
    """The layers of the model without some of them."""
    first = len(left_out)
    if list(left_out) == list(range(first)):
        return f"model.layers[{first}:]"
    kept = f"layer for index, layer in enumerate(model.layers) if index not in {tuple(left_out)}"
    return BracketGroup("[", [Item(kept)], "]")
