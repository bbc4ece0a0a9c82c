"""The arguments of `compile` and `fit` in a program."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.core.catalog.objects import CALLBACK, METRIC
from seqspec.core.diagnostics.snippet import Help
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.document.table import Table
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.document.training import DATA_ARGUMENTS, STAGE_KEYS, Compile, Fit
from seqspec.core.frontends.compile_arguments import (
    DROPPED,
    FIT_GENERATOR_ORDER,
    FIT_ORDER,
    KERAS_2_ORDER,
    OF_OLD_FITS,
)
from seqspec.core.language.keys import ELSEWHERE, move_to
from seqspec.programs import targets
from seqspec.programs.generation import Generation
from seqspec.programs.interpreter import Interpreter
from seqspec.programs.layers import LayerReader, means_channels_first
from seqspec.programs.names import family_of
from seqspec.programs.objects import LEFT_OUT, NOT_KNOWN, holds_unknown, own_name
from seqspec.programs.reading import Path, Reading
from seqspec.programs.signatures import (
    accepts,
    names_of,
    object_declaration,
)
from seqspec.programs.values import (
    Argument,
    CustomObject,
    Either,
    Instance,
    Invocation,
    KerasCall,
    Model,
    State,
    Unknown,
    known_items,
)


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


def stages(state: State) -> list[Stage]:
    """The stages of the training of a model; the first one is that of its first `fit`, or its last `compile`."""
    found: list[Stage] = []
    compiled: Invocation | None = None
    trainable: Mapping[int, object] | None = None
    trained = is_open = False
    for call in state.calls:
        if call.method == "compile":
            if is_open and compiled is not None:
                found.append(Stage(compiled, None, compiled.trainable, trained))
            compiled, trainable, is_open = call, None, True
        else:
            # Keras collects the trainable weights in the first fit after compile.
            trainable = call.trainable if trainable is None else trainable
            found.append(Stage(compiled, call, trainable, trained))
            trained, is_open = True, False
    if is_open or not found:
        found.append(Stage(compiled, None, None, trained))
    first = next((index for index, stage in enumerate(found) if stage.fit is not None), len(found) - 1)
    return [found[first], *found[:first], *found[first + 1 :]]


def _only_predicts(state: State, nested: bool) -> bool:
    """Whether a model is only compiled: it is part of another one, or its weights are loaded."""
    if state.used & {"evaluate", "train_on_batch"} or any(call.method != "compile" for call in state.calls):
        return False
    return nested or bool(state.used)


class ModelReader(LayerReader):
    """Reads one model in one of the states that it can be in, and in one stage of its training."""

    def __init__(
        self, interpreter: Interpreter, model: Model, state: State, stage: Stage, number: int, nested: bool
    ) -> None:
        self.interpreter = interpreter
        self.keras_2 = "tensorflow" not in interpreter.sources
        self.trainable = stage.trainable
        self.reading = Reading(model.label, model.node, interpreter.generation, model.expression, number)
        if self.keras_2 and interpreter.generation < Generation.KERAS_3:
            # The versions of the package keras differ more than those of tf.keras.
            self.reading.unspecified.add("version")
        if interpreter.generation == Generation.KERAS_1:
            self.reading.unspecified.add("keras_2")
        self.channels_first = interpreter.data_format == "channels_first" or (
            self.keras_2 and means_channels_first(state)
        )
        self._model(model, state)
        if stage.compiled is not None:
            self._compile(stage.compiled)
        if stage.fit is not None:
            self._fit(stage.fit)
        for argument in state.unexpected:
            self._unexpected_of_add(argument)
        if _only_predicts(state, nested):
            self.reading.unspecified.add("training")
        if stage.continues:
            self.reading.unspecified.add("weights")
        if len([call for call in state.calls if call.method != "compile"]) > 1 or (stage.fit and stage.fit.repeated):
            self.reading.unspecified.add("updates")
        if (
            interpreter.policy is not None
            and isinstance(interpreter.policy.value, str)
            and interpreter.policy.value != "float32"
        ):
            self.reading.tree["runtime"] = {"dtype_policy": interpreter.policy.value}
            self.reading.place(("runtime", "dtype_policy"), interpreter.policy)

    def _compile(self, call: Invocation) -> None:
        reading = self.reading
        table: dict[str, object] = {}
        misnamed: dict[str, Argument] = {}
        reading.values["compile",] = call.node
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _at(KERAS_2_ORDER, argument.key)
            if key in ("metrics", "weighted_metrics") and isinstance(argument.value, (Unknown, Either)):
                reading.unspecified.add("metrics")
                continue
            path: Path = ("compile", key)
            if key in DROPPED:
                continue
            if key not in names_of(Compile) and self._is_of_spec(key):
                self._unexpected(Compile, key, argument)
                continue
            reading.place(path, argument)
            if key not in names_of(Compile):
                misnamed[key] = argument
                continue
            value = self.value(argument.value, argument.node, path, key)
            if key in ("loss", "optimizer") and isinstance(value, Unknown):
                kept = self._own_loss(value, argument) if key == "loss" else None
                if kept is None:
                    reading.note("left-out", f"{key} is not known: {value.text}", argument.node)
                    continue
                value = kept
            if key in ("metrics", "weighted_metrics") and isinstance(value, list):
                value = self._known_metrics(value, argument.node)
            if isinstance(value, Unknown):
                reading.note("left-out", f"{key} is not known: {value.text}", argument.node)
                continue
            if isinstance(value, (list, dict)) and holds_unknown(value) and key not in ("optimizer", "loss"):
                reading.note("left-out", f"{key} is not known as a whole", argument.node)
                reading.unspecified.add(key)
                continue
            if value is None and key not in ("loss", "metrics", "optimizer"):
                continue
            table[key] = value
        self._misnamed(Compile, table, misnamed, ("compile",))
        if table:
            reading.tree["compile"] = table

    def _own_loss(self, value: Unknown, argument: Argument) -> object:
        """A custom or unknown loss, about which only its presence is recorded."""
        self.reading.tree.setdefault("custom", {})["OwnLoss"] = {"import": "program:OwnLoss", "kind": "loss"}
        return {"custom": "OwnLoss"}

    def _known_metrics(self, value: Sequence[object], node: ast.AST) -> list[object]:
        kept = [
            item
            for item in value
            if not isinstance(item, Unknown) and not (isinstance(item, (list, dict)) and holds_unknown(item))
        ]
        if len(kept) < len(value):
            self.reading.note("left-out", "metrics of the program's own are left out", node)
            self.reading.unspecified.add("metrics")
        # After an omitted metric the paths of later ones would be wrong, so only names are kept.
        return (
            kept if len(kept) == len(value) else [item for item in kept if isinstance(item, str) and METRIC.named(item)]
        )

    def _fit(self, call: Invocation) -> None:
        reading = self.reading
        if call.open is not None:
            # Whether the model is validated, and for how many epochs it is trained, is unknown.
            reading.note("unknown-arguments", f"not all arguments of {call.method} are known: {call.open}", call.node)
            targets.describe(reading, call, self.channels_first)
            return
        reading.values["fit",] = call.node
        table: dict[str, object] = {}
        order = FIT_ORDER if call.method == "fit" else FIT_GENERATOR_ORDER
        misnamed: dict[str, Argument] = {}
        data = reading.tree.setdefault("data", {})
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _at(order, argument.key)
            key = "epochs" if key == "nb_epoch" else key
            if key == "validation_data" and argument.value is not None:
                data["validation"] = {}
                reading.place(("data", "validation"), argument)
            if key in DATA_ARGUMENTS or key in OF_OLD_FITS:
                continue
            path: Path = ("fit", key)
            if key not in Fit.call_arguments():
                if self._is_of_spec(key):
                    self._unexpected(Fit, key, argument)
                else:
                    misnamed[key] = argument
                continue
            reading.place(path, argument)
            if key == "class_weight" and argument.value == "balanced":
                # Only `seqspec train` counts the classes.
                message = 'class_weight must be a dict from class indices to weights, got a string: "balanced"'
                reading.note("text-for-number", message, argument.node)
                continue
            if key == "callbacks":
                found = self._callbacks(argument, path)
                if found:
                    table[key] = found
                continue
            value = self._argument(Fit, key, argument.value, argument.node, path)
            if value is LEFT_OUT or value is NOT_KNOWN or (value is None and not accepts(Fit, key, None)):
                continue
            if isinstance(value, (list, dict)) and holds_unknown(value):
                reading.forget_slots(path)
                continue
            table[key] = value
        self._misnamed(Fit, table, misnamed, ("fit",))
        data.setdefault("train", {})
        reading.values["data",] = call.node
        if call.argument("y", 1) is None or call.method != "fit":
            # A dataset or generator determines the batch size.
            unknown = Unknown(call.node, text="the batch size of the data")
            table.setdefault("batch_size", unknown)
            if table["batch_size"] is unknown:
                self._slot(("fit", "batch_size"), unknown, (1, 32, 100), False, True)
            # Keras does not shuffle their batches.
            shuffled = Unknown(call.node, text="the order of the data")
            table["shuffle"] = shuffled
            self._slot(("fit", "shuffle"), shuffled, (True, False), False, True)
        reading.tree["fit"] = table
        targets.describe(reading, call, self.channels_first)

    def _unexpected_of_add(self, argument: Argument) -> None:
        """Adds a note on an argument of `add` that was meant for the layer."""
        node = argument.keyword or argument.node
        help_ = f"pass {argument.key} to the layer"
        self.reading.note("unexpected", f"unexpected argument {argument.key} for add()", node, help_)

    def _is_of_spec(self, key: str) -> bool:
        """Whether a key has a meaning in specs that it does not have in calls of Keras."""
        return key in STAGE_KEYS or key in ELSEWHERE or DOCUMENT_TABLES.home(key) not in (None, "compile", "fit")

    def _unexpected(self, table: type[Table], key: str, argument: Argument, help: str | None = None) -> None:
        """Adds a note on an argument that no version of Keras has."""
        of_compile = move_to("compile") if DOCUMENT_TABLES.home(key) == "compile" else None
        help_: str | Help = help or ELSEWHERE.get(key) or of_compile or table.listing()
        self.reading.note("unexpected", table.unexpected(key), argument.keyword or argument.node, help_)

    def _callbacks(self, argument: Argument, path: Path) -> list[object]:
        """The built-in callbacks; custom ones are omitted."""
        value = argument.value
        items = known_items(value)
        if not isinstance(items, tuple):
            if not isinstance(items, KerasCall):
                self.reading.unspecified |= {"metrics", "callbacks"}
            items = (items,) if isinstance(items, KerasCall) else ()
        elements = (
            argument.node.elts
            if isinstance(argument.node, (ast.List, ast.Tuple)) and len(argument.node.elts) == len(items)
            else None
        )
        found: list[object] = []
        for index, item in enumerate(items):
            node = elements[index] if elements is not None else argument.node
            if not isinstance(item, KerasCall) or family_of(item.ref) != "callbacks":
                # It can add values to the logs, and change the learning rate.
                self.reading.unspecified |= {"metrics", "callbacks"}
                if isinstance(item, (Instance, CustomObject)):
                    self.reading.note("left-out", f"the callback {own_name(item)} is the program's own", node)
                continue
            known = object_declaration(CALLBACK, item.ref.name) is not None
            if not known and nearest(item.ref.name, CALLBACK.names()) is None:
                # Such as LearningRateScheduler, whose function is code.
                self.reading.unspecified.add("learning_rate")
                continue
            own = (*path, len(found))
            before = len(self.reading.slots)
            made = self.keras_object(item, own)
            if _holds_code(made):
                del self.reading.slots[before:]
                continue
            found.append(made)
        return found


def _at(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"argument {index + 1}"


def _holds_code(value: object) -> bool:
    """Whether a required part of a callback is code, such as the function of a LearningRateScheduler."""
    return isinstance(value, dict) and any(
        isinstance(item, Unknown) and key in ("schedule", "on_epoch_end") for key, item in value.items()
    )
