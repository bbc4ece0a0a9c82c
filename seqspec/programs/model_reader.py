"""The arguments of `compile` and `fit` in a program."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.core.catalog.objects import CALLBACK, METRIC
from seqspec.core.diagnostics.snippet import Help
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.document.base_table import Table
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.document.training_tables import DATA_ARGUMENTS, STAGE_KEYS, Compile, Fit
from seqspec.core.language.keys import ELSEWHERE, move_to
from seqspec.programs import targets
from seqspec.programs.abstract_values import (
    Argument,
    CustomObject,
    Either,
    Instance,
    Invocation,
    KerasCall,
    Model,
    ModelState,
    Unknown,
    element_nodes,
    known_items,
)
from seqspec.programs.compile_arguments import DROPPED, FIT_GENERATOR_ORDER, FIT_ORDER, KERAS_2_ORDER, OF_OLD_FITS
from seqspec.programs.generation import Generation
from seqspec.programs.interpreter import Interpreter
from seqspec.programs.keras_names import family_of
from seqspec.programs.layer_reader import LayerReader, is_theano_ordered
from seqspec.programs.object_reader import OMITTED, UNDETERMINED, contains_unknown, custom_name
from seqspec.programs.program_model import UNKNOWN_LOSS, Path, ProgramModel, same_tree
from seqspec.programs.signatures import accepts, argument_names, object_declaration


class Stage(NamedTuple):
    """A call of `fit` and the call of `compile` before it; a call of `compile` that no `fit` follows.

    Attributes:
        compiled: The call of `compile`.
        fit: The call of `fit`.
        trainable: The values assigned to `trainable` of layers when the training starts; None if it is not known when.
        continues: Whether the model has been trained before.
    """

    compiled: Invocation | None
    fit: Invocation | None
    trainable: Mapping[int, object] | None
    continues: bool


def training_stages(state: ModelState) -> list[Stage]:
    """The stages of the training of a model; the first one belongs to its first `fit`, or its last `compile`."""
    stages: list[Stage] = []
    compiled: Invocation | None = None
    trainable: Mapping[int, object] | None = None
    trained = is_open = False
    for call in state.calls:
        if call.method == "compile":
            if is_open and compiled is not None:
                stages.append(Stage(compiled, None, compiled.trainable, trained))
            compiled, trainable, is_open = call, None, True
        else:
            # Keras collects the trainable weights in the first fit after compile.
            trainable = call.trainable if trainable is None else trainable
            stages.append(Stage(compiled, call, trainable, trained))
            trained, is_open = True, False
    if is_open or not stages:
        stages.append(Stage(compiled, None, None, trained))
    first = next((index for index, stage in enumerate(stages) if stage.fit is not None), len(stages) - 1)
    return [stages[first], *stages[:first], *stages[first + 1 :]]


def _only_predicts(state: ModelState, nested: bool) -> bool:
    """Whether a model is only compiled: it is part of another one, or its weights are loaded."""
    if state.used & {"evaluate", "train_on_batch"} or any(call.method != "compile" for call in state.calls):
        return False
    return nested or bool(state.used)


class ModelReader(LayerReader):
    """Reads one model in one of the states that it can be in, and in one stage of its training."""

    def __init__(
        self, interpreter: Interpreter, model: Model, state: ModelState, stage: Stage, number: int, nested: bool
    ) -> None:
        self.interpreter = interpreter
        self.keras_2 = "tensorflow" not in interpreter.sources
        self.trainable = stage.trainable
        self.result = ProgramModel(model.label, model.node, interpreter.generation, model.expression, number)
        if self.keras_2 and interpreter.generation < Generation.KERAS_3:
            # Versions of the package keras differ more than versions of tf.keras.
            self.result.unspecified.add("version")
        if interpreter.generation == Generation.KERAS_1:
            self.result.unspecified.add("keras_2")
        self.channels_first = interpreter.data_format == "channels_first" or (self.keras_2 and is_theano_ordered(state))
        self._read_model(model, state)
        if stage.compiled is not None:
            self._read_compile(stage.compiled)
        if stage.fit is not None:
            self._read_fit(stage.fit)
        for argument in state.unexpected:
            self._note_add_argument(argument)
        if _only_predicts(state, nested):
            self.result.unspecified.add("training")
        if stage.continues:
            self.result.unspecified.add("weights")
        if len([call for call in state.calls if call.method != "compile"]) > 1 or (stage.fit and stage.fit.repeated):
            self.result.unspecified.add("updates")
        if (
            interpreter.policy is not None
            and isinstance(interpreter.policy.value, str)
            and interpreter.policy.value != "float32"
        ):
            self.result.tree["runtime"] = {"dtype_policy": interpreter.policy.value}
            self.result.place(("runtime", "dtype_policy"), interpreter.policy)

    def _read_compile(self, call: Invocation) -> None:
        result = self.result
        table: dict[str, object] = {}
        misnamed: dict[str, Argument] = {}
        result.values["compile",] = call.node
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _name_at(KERAS_2_ORDER, argument.key)
            if key in ("metrics", "weighted_metrics") and isinstance(argument.value, (Unknown, Either)):
                result.unspecified.add("metrics")
                continue
            path: Path = ("compile", key)
            if key in DROPPED:
                continue
            if key not in argument_names(Compile) and self._is_spec_key(key):
                self._note_unexpected(Compile, key, argument)
                continue
            result.place(path, argument)
            if key not in argument_names(Compile):
                misnamed[key] = argument
                continue
            value = self.value(argument.value, argument.node, path, key)
            if key in ("loss", "optimizer") and isinstance(value, Unknown):
                if key == "optimizer":
                    result.note("left-out", f"{key} is not known: {value.text}", argument.node)
                    continue
                value = self._unknown_loss(argument.node)
            if key in ("metrics", "weighted_metrics") and isinstance(value, list):
                value = self._known_metrics(value, argument.node)
            if isinstance(value, Unknown):
                result.note("left-out", f"{key} is not known: {value.text}", argument.node)
                continue
            if isinstance(value, (list, dict)) and contains_unknown(value) and key not in ("optimizer", "loss"):
                result.note("left-out", f"{key} is not known as a whole", argument.node)
                result.unspecified.add(key)
                continue
            if value is None and key not in ("loss", "metrics", "optimizer"):
                continue
            table[key] = value
        if call.open is not None:
            result.note("unknown-arguments", f"not all arguments of {call.method} are known: {call.open}", call.node)
            result.unspecified.add("metrics")
            if "loss" not in table:
                table["loss"] = self._unknown_loss(call.node)
        self._add_misnamed(Compile, table, misnamed, ("compile",))
        if table:
            result.tree["compile"] = table

    def _unknown_loss(self, node: ast.AST) -> object:
        """A loss of the program's own, or an unknown one: the check only needs to know that there is one."""
        self.result.unknown_loss = node
        self.result.tree.setdefault("custom", {})[UNKNOWN_LOSS] = {
            "import": f"program:{UNKNOWN_LOSS}", "kind": "loss"
        }  # fmt: skip
        return {"custom": UNKNOWN_LOSS}

    def _known_metrics(self, value: Sequence[object], node: ast.AST) -> list[object]:
        known = [
            item
            for item in value
            if not isinstance(item, Unknown) and not (isinstance(item, (list, dict)) and contains_unknown(item))
        ]
        if len(known) < len(value):
            self.result.note("left-out", "metrics of the program's own are left out", node)
            self.result.unspecified.add("metrics")
        # After an omitted metric the paths of later ones would be wrong, so only names are kept.
        return (
            known
            if len(known) == len(value)
            else [item for item in known if isinstance(item, str) and METRIC.named(item)]
        )

    def _read_fit(self, call: Invocation) -> None:
        result = self.result
        if call.open is not None:
            # Whether the model is validated, and for how many epochs it is trained, is unknown.
            result.note("unknown-arguments", f"not all arguments of {call.method} are known: {call.open}", call.node)
            targets.describe_data(result, call, self.channels_first)
            return
        result.values["fit",] = call.node
        table: dict[str, object] = {}
        order = FIT_ORDER if call.method == "fit" else FIT_GENERATOR_ORDER
        misnamed: dict[str, Argument] = {}
        data = result.tree.setdefault("data", {})
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _name_at(order, argument.key)
            key = "epochs" if key == "nb_epoch" else key
            if key == "validation_data" and argument.value is not None:
                data["validation"] = {}
                result.place(("data", "validation"), argument)
            if key in DATA_ARGUMENTS or key in OF_OLD_FITS:
                continue
            path: Path = ("fit", key)
            if key not in Fit.call_arguments():
                if self._is_spec_key(key):
                    self._note_unexpected(Fit, key, argument)
                else:
                    misnamed[key] = argument
                continue
            result.place(path, argument)
            if key == "class_weight" and argument.value == "balanced":
                # Only `seqspec train` counts the classes.
                message = 'class_weight must be a dict from class indices to weights, got a string: "balanced"'
                result.note("text-for-number", message, argument.node)
                continue
            if key == "callbacks":
                callbacks = self._callbacks(argument, path)
                if callbacks:
                    table[key] = callbacks
                continue
            value = self._argument(Fit, key, argument.value, argument.node, path)
            if value is OMITTED or value is UNDETERMINED or (value is None and not accepts(Fit, key, None)):
                continue
            if isinstance(value, (list, dict)) and contains_unknown(value):
                result.forget_unknown(path)
                continue
            table[key] = value
        self._add_misnamed(Fit, table, misnamed, ("fit",))
        data.setdefault("train", {})
        result.values["data",] = call.node
        if call.argument("y", 1) is None or call.method != "fit":
            # A dataset or generator determines the batch size.
            unknown = Unknown(call.node, text="the batch size of the data")
            table.setdefault("batch_size", unknown)
            if table["batch_size"] is unknown:
                self._add_unknown(("fit", "batch_size"), unknown, (1, 32, 100), from_data=True)
            # Keras does not shuffle their batches.
            shuffled = Unknown(call.node, text="the order of the data")
            table["shuffle"] = shuffled
            self._add_unknown(("fit", "shuffle"), shuffled, (True, False), from_data=True)
        result.tree["fit"] = table
        targets.note_whole_shape(result, call, self.whole_shape)
        targets.describe_data(result, call, self.channels_first)

    def _note_add_argument(self, argument: Argument) -> None:
        """Adds a note on an argument of `add` that was meant for the layer."""
        node = argument.keyword or argument.node
        help_ = f"pass {argument.key} to the layer"
        self.result.note("unexpected", f"unexpected argument {argument.key} for add()", node, help_)

    def _is_spec_key(self, key: str) -> bool:
        """Whether a key has a meaning in specs that it does not have in calls of Keras."""
        return key in STAGE_KEYS or key in ELSEWHERE or DOCUMENT_TABLES.home(key) not in (None, "compile", "fit")

    def _note_unexpected(self, table: type[Table], key: str, argument: Argument, help: str | None = None) -> None:
        """Adds a note on an argument that no version of Keras has."""
        of_compile = move_to("compile") if DOCUMENT_TABLES.home(key) == "compile" else None
        help_: str | Help = help or ELSEWHERE.get(key) or of_compile or table.listing()
        self.result.note("unexpected", table.unexpected(key), argument.keyword or argument.node, help_)

    def _callbacks(self, argument: Argument, path: Path) -> list[object]:
        """The built-in callbacks; custom ones are omitted."""
        value = argument.value
        items = known_items(value)
        if not isinstance(items, tuple):
            if not isinstance(items, KerasCall):
                self.result.unspecified |= {"metrics", "callbacks"}
            items = (items,) if isinstance(items, KerasCall) else ()
        callbacks: list[object] = []
        for item, node in zip(items, element_nodes(argument.node, len(items))):
            if not isinstance(item, KerasCall) or family_of(item.ref) != "callbacks":
                # It can add values to the logs, and change the learning rate.
                self.result.unspecified |= {"metrics", "callbacks"}
                if isinstance(item, (Instance, CustomObject)):
                    self.result.note("left-out", f"the callback {custom_name(item)} is the program's own", node)
                continue
            known = object_declaration(CALLBACK, item.ref.name) is not None
            if not known and nearest(item.ref.name, CALLBACK.names()) is None:
                # Such as LearningRateScheduler, whose function is code.
                self.result.unspecified.add("learning_rate")
                continue
            item_path = (*path, len(callbacks))
            before = len(self.result.unknown_values)
            callback = self.keras_object(item, item_path)
            if _needs_code(callback):
                del self.result.unknown_values[before:]
                continue
            callbacks.append(callback)
        return callbacks


def _name_at(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"argument {index + 1}"


def _needs_code(value: object) -> bool:
    """Whether a required part of a callback is code, such as the function of a LearningRateScheduler."""
    return isinstance(value, dict) and any(
        isinstance(item, Unknown) and key in ("schedule", "on_epoch_end") for key, item in value.items()
    )


def read_models(interpreter: Interpreter) -> list[ProgramModel]:
    """Every model of a program in file order; equal models created by one call are listed once."""
    nested = _nested(interpreter)
    models: list[ProgramModel] = []
    for model in interpreter.models:
        versions: list[ProgramModel] = []
        for state in model.states:
            if id(model) in nested and not state.calls:
                continue
            for number, stage in enumerate(training_stages(state)):
                version = ModelReader(interpreter, model, state, stage, number, id(model) in nested).result
                version.names = set(model.names)
                if not any(same_tree(other.tree, version.tree) and _has_calls_of(other, version) for other in versions):
                    versions.append(version)
        for version in versions:
            _add_model(version, models)
    if interpreter.exhausted:
        models = [model for model in models if not any(_is_unfinished(model, other) for other in models)]
    return sorted(models, key=lambda model: (getattr(model.node, "lineno", 0), getattr(model.node, "col_offset", 0)))


def _add_model(model: ProgramModel, models: list[ProgramModel]) -> None:
    """Adds a model unless another one of the same call of `Sequential` contains it.

    If it is only compiled or trained by other calls, it is a further stage of that model.
    """
    fuller = next((other for other in models if other.stage <= model.stage and _contains(other, model)), None)
    if fuller is not None:
        fuller.names |= model.names
        if _has_calls_of(fuller, model):
            return
        model.stage = model.stage or 1
    for other in list(models):
        if fuller is None and model.stage <= other.stage and _contains(model, other):
            model.names |= other.names
            if _has_calls_of(model, other):
                models.remove(other)
            other.stage = other.stage or 1
    models.append(model)


def _is_unfinished(model: ProgramModel, other: ProgramModel) -> bool:
    """Whether a model has only the first layers of another that the same call creates."""
    own, layers = model.tree["model"]["layers"], other.tree["model"]["layers"]
    return model.node is other.node and len(own) < len(layers) and same_tree(own, layers[: len(own)])


def _nested(interpreter: Interpreter) -> set[int]:
    """The models that are layers of others."""
    return {
        id(e.value)
        for model in interpreter.models
        for state in model.states
        for e in state.layers
        if isinstance(e.value, Model)
    }


def _contains(one: ProgramModel, other: ProgramModel) -> bool:
    """Whether a model contains everything that another one of the same call of `Sequential` contains."""
    return one.node is other.node and all(
        key in one.tree and same_tree(one.tree[key], other.tree[key]) for key in other.tree
    )


def _has_calls_of(one: ProgramModel, other: ProgramModel) -> bool:
    """Whether a model is compiled and trained by the same calls as another."""
    return all(path not in other.values or one.values.get(path) is other.values[path] for path in _CALLS)


_CALLS: tuple[Path, ...] = (("compile",), ("fit",))
"""The paths of the calls that train a model."""
