"""Generates the statements that compile, train, evaluate and save the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqspec.core.catalog.keras_object import KerasObject, given_argument, given_arguments
from seqspec.core.codegen.expressions import Group, Item, call, lines
from seqspec.core.codegen.literals import entries, literal, table, text
from seqspec.core.codegen.object_code import Objects
from seqspec.core.codegen.order import batch_size_of_validation, is_ordered, ordered_lines, with_order
from seqspec.core.codegen.sample_code import labels_of
from seqspec.core.codegen.stage_code import class_weight_lines, learning_rate_lines, trainable_lines, with_schedule
from seqspec.core.document.outputs import Outputs, Report
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.document.typed_spec import TypedSpec

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
    """The optimizer of a stage, if it differs from the optimizer of `[compile]`."""
    if isinstance(stage.optimizer, KerasObject):
        return stage.optimizer
    scheduled = with_schedule(compiled)
    if stage.learning_rate is None or scheduled is None:
        return None
    return scheduled.model_copy(update={"learning_rate": stage.learning_rate})


def fit_lines(spec: TypedSpec, objects: Objects, same_order: bool = False) -> Iterator[str]:
    """`model.fit(...)` for each stage; with `same_order`, in the order of `seqspec train`."""
    assert spec.fit is not None
    spelled = spec.tree["fit"]
    spelled = spelled if isinstance(spelled, list) else [spelled]
    validated = spec.data is not None and spec.data.has_validation
    for number, (stage, spelling) in enumerate(zip(spec.fit, spelled)):
        if stage.recompiles:
            yield from [""] * bool(number)
            yield from trainable_lines(stage)
            assert spec.compile is not None
            yield from compile_lines(spec.compile, spec.tree["compile"], objects, stage)
            # Keras does not allow setting the learning rate of an optimizer with a schedule.
            if with_schedule(spec.compile) is None:
                yield from learning_rate_lines(stage)
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
        items.append(Item(Group("(", [Item("x_val"), Item(f"{labels}_val")], ")"), "validation_data="))
    callbacks = given_argument(stage, "callbacks")
    # Keras accepts callbacks only as objects, not by name.
    written = objects.write(callbacks, spellings.get("callbacks"), False) if callbacks else Group("[", [], "]")
    if stage_number is not None:
        written = with_order(written.items if isinstance(written, Group) else [])
    if callbacks or stage_number is not None:
        items.append(Item(written, "callbacks="))
    yield from lines(call("model.fit", items))


def evaluated(outputs: Outputs | None) -> list[str]:
    """The sets on which the model is evaluated at the end."""
    return [] if outputs is None or outputs.report is None else list(outputs.report.evaluate)


def report_lines(report: Report, labels: str) -> Iterator[str]:
    """The model evaluated, and the file about it."""
    methods = {}
    for name in report.evaluate:
        data = [Item(f"x_{SETS[name]}"), Item(f"{labels}_{SETS[name]}")]
        methods[name] = call("model.evaluate", [*data, Item("True", "return_dict=")])
    yield from lines(table(methods), "report = ")
    yield f'with open({text(report.filepath)}, "w") as file:'
    yield "    json.dump(report, file, indent=2)"


def output_lines(outputs: Outputs) -> Iterator[str]:
    """The outputs of the trained model: quantization, then the file."""
    if outputs.quantize is not None:
        yield from _method("quantize", given_arguments(outputs.quantize), "mode")
    if outputs.save is not None:
        yield from _method("save", outputs.save.save_arguments(), "filepath")


def _method(name: str, arguments: Mapping[str, object], first: str) -> Iterator[str]:
    items = [Item(literal(value), "" if key == first else f"{key}=") for key, value in arguments.items()]
    yield from lines(call(f"model.{name}", sorted(items, key=lambda item: item.prefix != "")))
