"""The models of a program as specs: their layers, and the stages of their training in `compile` and `fit`."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.core.catalog.objects import CALLBACK, METRIC
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.diagnostics.violation import Path
from seqspec.core.document.base_table import Table
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.document.training_tables import DATA_ARGUMENTS, STAGE_KEYS, Compile, Fit
from seqspec.core.language.keys import ELSEWHERE, move_to
from seqspec.core.shapes.tensor import TensorSpec
from seqspec.programs.graphs.functional_models import Graph, output_names
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import accepts, argument_names, object_declaration
from seqspec.programs.layers import fit_data
from seqspec.programs.layers.layer_names import automatic_clash
from seqspec.programs.layers.layer_reader import LayerReader, is_theano_ordered
from seqspec.programs.layers.object_reader import OMITTED, UNDETERMINED, contains_unknown, custom_name
from seqspec.programs.layers.program_model import UNKNOWN_LOSS, ProgramModel, same_tree
from seqspec.programs.layers.tensor_specs import tensor_spec
from seqspec.programs.models.call_mistakes import call_mistakes, cut_outputs
from seqspec.programs.models.compile_arguments import DROPPED, OF_OLD_FITS, compile_order, fit_argument
from seqspec.programs.models.fragments import detached_layers, fragments, tails
from seqspec.programs.models.model_inputs import (
    note_batch_axis,
    note_inputs,
    note_labels,
    note_method_data,
    note_single_items,
)
from seqspec.programs.models.model_outputs import (
    MAX_OUTPUTS,
    PER_OUTPUT,
    argument_of_output,
    fit_of_output,
    key_node,
    may_have_more_outputs,
    metric_names,
)
from seqspec.programs.models.unused import unused_calls, unused_inputs
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    CustomObject,
    Dict,
    Either,
    Instance,
    Invocation,
    KerasCall,
    List,
    Model,
    ModelState,
    Unknown,
    element_nodes,
    known_items,
)
from seqspec.programs.values.generation import Generation
from seqspec.programs.values.spans import position
from seqspec.programs.values.tensors import Tensor


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
        trainable = None if compiled is None or state.stepped != compiled.trainable else compiled.trainable
        stages.append(Stage(compiled, None, trainable, trained))
    first = next((index for index, stage in enumerate(stages) if stage.fit is not None), len(stages) - 1)
    return [stages[first], *stages[:first], *stages[first + 1 :]]


def _only_predicts(state: ModelState, nested: bool) -> bool:
    """Whether a model is only compiled: it is part of another one, or its weights are loaded."""
    if state.used & {"evaluate", "train_on_batch"} or any(call.method != "compile" for call in state.calls):
        return False
    return nested or bool(state.used) or any(_has_set_weights(entry.value) for entry in state.layers)


def _has_set_weights(layer: object) -> bool:
    return isinstance(layer, KerasCall) and "set_weights" in layer.attributes


class ModelReader(LayerReader):
    """Reads one model in one of the states that it can be in, and in one stage of its training."""

    def __init__(
        self,
        interpreter: Interpreter,
        model: Model,
        state: ModelState,
        stage: Stage,
        number: int,
        nested: bool,
        output: int = 0,
    ) -> None:
        self.output = output
        self.output_names: list[str | None] = [None]
        if model.kind != "sequential" and model.tensors is not None:
            self.output_names = output_names(model.tensors[1])
        self.interpreter, self.place = interpreter, interpreter.places.name
        self.keras_2 = "tensorflow" not in interpreter.sources
        self.trainable = stage.trainable
        self.result = ProgramModel(model.label, model.node, interpreter.generation, model.expression, number)
        self.result.kind = model.kind
        if isinstance(state.graph, Graph):
            self.result.topology = state.graph.topology
            self.result.alternatives_of = model if len(model.states) > 1 else None
        if self.keras_2 and interpreter.is_early:
            # Versions of the package keras differ more than versions of tf.keras.
            self.result.unspecified.add("version")
        if interpreter.generation == Generation.KERAS_1:
            self.result.unspecified.add("keras_2")
        self.channels_first = interpreter.data_format == "channels_first" or (self.keras_2 and is_theano_ordered(state))
        self._read_model(model, state)
        # Not every combination of branches occurs.
        for mistake in call_mistakes(interpreter, state) if self.result.alternatives_of is None else ():
            self.result.add(mistake)
            self.result.complete &= mistake.rule is not None
        if len(self.output_names) > 1:
            # The names of the logs depend on those of the outputs.
            self.result.tree["output"] = output
            self.result.unspecified |= {"metrics"}
        elif may_have_more_outputs(model, state):
            self.result.unspecified.add("metrics")
        self._read_training(model, stage)
        self._name_logs(model, stage)
        if model.kind == "sequential":
            self._note_automatic_names(state)
        for argument in state.unexpected:
            self._note_add_argument(argument)
        for method, argument in state.data:
            note_method_data(self.result, method, argument)
        note_single_items(self.result, state)
        tests = (argument for method, argument in state.data if method == "evaluate")
        fit_data.describe_test(self.result, next(tests, None), self.channels_first)
        self._add_unspecified(state, stage, nested)
        policy = model.policy
        if policy is not None and isinstance(policy.value, str) and policy.value != "float32":
            self.result.tree["runtime"] = {"dtype_policy": policy.value}
            self.result.place(("runtime", "dtype_policy"), policy)

    def _tensor_input(self, tensor: Tensor, number: int) -> None:
        spec = tensor_spec(self.interpreter, tensor)
        if isinstance(spec, TensorSpec) and spec.shape[0] is None and not spec.sparse and not spec.ragged:
            shape, dtype = Argument("shape", spec.shape[1:], tensor.node), Argument("dtype", spec.dtype, tensor.node)
            self._set_input(shape.value, shape, dtype=dtype, number=number)

    def _read_training(self, model: Model, stage: Stage) -> None:
        """Reads the calls of `compile` and `fit`."""
        if model.trains_itself or model.kind == "external":
            self.result.unspecified.add("labels")
        if model.trains_itself:
            # Its `train_step` may log anything.
            self.result.unspecified.add("metrics")
        if stage.compiled is not None:
            self._read_compile(stage.compiled)
            # A layer of the program's own may add a loss too.
            adds_loss = model.trains_itself or (model.kind != "sequential" and bool(self.result.opaque))
            if adds_loss and self.result.tree.get("compile", {}).get("loss") is None:
                self.result.tree.setdefault("compile", {})["loss"] = self._unknown_loss(stage.compiled.node)
        if stage.fit is None:
            fit_data.note_whole_shape(self.result, None, self.whole_shape)
        else:
            self._read_fit(fit_of_output(stage.fit, self.output_names, self.output))
            note_batch_axis(self.result, stage.fit)
            is_certain = model.kind == "functional" and len(model.states) == 1
            if model.kind == "external":
                self._complete_external()
            for mistake in cut_outputs(model) if is_certain and not model.trains_itself else ():
                self.result.add(mistake)
            if is_certain and model.tensors is not None and stage.fit.method == "fit":
                note_inputs(self.result, model.tensors[0], stage.fit)
                note_labels(self.result, model.tensors, stage.fit)

    def _name_logs(self, model: Model, stage: Stage) -> None:
        """Names the outputs and the metrics of this one, where the program determines what training logs."""
        is_listed = model.tensors is not None and not isinstance(model.tensors[1], Dict)
        is_known = not (model.trains_itself or "add_metric" in self.interpreter.names)
        if len(self.output_names) > 1 and stage.compiled is not None and is_listed and is_known:
            self.result.output_names = self.output_names
            self.result.output_metrics = metric_names(stage.compiled, self.output_names, self.output)

    def _complete_external(self) -> None:
        """What another file determines: `compile`, and so the names of all logs but the loss."""
        tree = self.result.tree
        if "compile" not in tree:
            tree["compile"] = {"loss": self._unknown_loss(self.result.node)}
            names = {"loss"}
            # The object may be a wrapper that splits the validation data off itself, and has epochs of its own.
            if "fit" in tree and tree["fit"].get("validation_split") is None:
                tree["data"].setdefault("validation", {})
            if "fit" in tree and "epochs" not in tree["fit"]:
                epochs = Unknown(self.result.node, text="the number of epochs")
                tree["fit"]["epochs"] = epochs
                self._add_unknown(("fit", "epochs"), epochs, (2, 50, 1000), from_data=True)
        else:
            # Several outputs, or a `train_step`, have logs of other names.
            names = {"loss", *METRIC.names()}
        monitors = (each.get("monitor") for each in tree.get("fit", {}).get("callbacks", ()))
        if not names.issuperset(monitor.removeprefix("val_") for monitor in monitors if isinstance(monitor, str)):
            self.result.unspecified.add("metrics")

    def _add_unspecified(self, state: ModelState, stage: Stage, nested: bool) -> None:
        """Adds what the calls of the model leave open."""
        if _only_predicts(state, nested):
            self.result.unspecified |= {"training", "trainable"}
        elif not state.used and not stage.fit and any(method == "predict" for method, _ in state.data):
            self.result.unspecified.add("predicted")
        if "train_on_batch" in state.used and stage.fit is None and stage.trainable is None:
            # Keras 2 trains what was not frozen in compile, Keras 3 what is not in the first step.
            self.result.unspecified.add("trainable")
        if stage.continues:
            self.result.unspecified.add("weights")
        if len([call for call in state.calls if call.method != "compile"]) > 1 or (stage.fit and stage.fit.repeated):
            self.result.unspecified.add("updates")

    def _note_automatic_names(self, state: ModelState) -> None:
        """Adds a note on a layer whose name is the automatic one of another."""
        clash = automatic_clash(state.layers, self.interpreter.tree)
        if clash is not None and self.result.generation == Generation.KERAS_3:
            message = f'two layers are named "{clash.name}": it is also the automatic name of a layer without one'
            self.result.note("automatic-name", message, clash.node, "choose another name", rule="duplicate-name")

    def _read_compile(self, call: Invocation) -> None:
        result = self.result
        table: dict[str, object] = {}
        misnamed: dict[str, Argument] = {}
        result.values["compile",] = call.node
        order = compile_order(call)
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _name_at(order, argument.key)
            own = self._compile_argument_of_output(key, self._metric_in_list(key, argument))
            if own is not None:
                self._read_compile_argument(key, own, table, misnamed)
            elif key == "loss" and argument.value is not None:
                table["loss"] = self._unknown_loss(argument.node)
        if call.open is not None:
            result.note("unknown-arguments", f"not all arguments of {call.method} are known: {call.open}", call.node)
            result.unspecified.add("metrics")
            if "loss" not in table:
                table["loss"] = self._unknown_loss(call.node)
        self._add_misnamed(Compile, table, misnamed, ("compile",))
        if table:
            result.tree["compile"] = table

    def _metric_in_list(self, key: str, argument: Argument) -> Argument:
        """An argument of `compile`, a single metric as the list that Keras 2 makes of it."""
        if key not in ("metrics", "weighted_metrics") or not isinstance(argument.value, KerasCall):
            return argument
        if not self.output:
            message = f"{key} must be a list of metrics, got {argument.value.ref.name}"
            self.result.note("single-metric", message, argument.node, "write it in a list: [ ... ]", rule="wrong-type")
        return argument if self.result.calls is not None else Argument(key, List([argument.value]), argument.node)

    def _compile_argument_of_output(self, key: str, argument: Argument) -> Argument | None:
        """What an argument of `compile` says about the output that is checked; None if nothing is known about it."""
        of_outputs = isinstance(argument.value, Dict) or (key == "loss" and isinstance(argument.value, List))
        if self.result.kind == "external" and key in PER_OUTPUT and of_outputs:
            # The outputs are in another file.
            if key != "loss":
                self.result.unspecified.add("metrics")
            return None
        if self.result.calls is not None and key in PER_OUTPUT:
            named = Argument(key, argument.value, argument.node, argument.keyword, argument.spread)
            if not self.output:
                self._note_outputs(named)
            return argument_of_output(named, self.output_names, self.output)
        return argument

    def _read_compile_argument(
        self, key: str, argument: Argument, table: dict[str, object], misnamed: dict[str, Argument]
    ) -> None:
        """Adds an argument of `compile` to its table, or to those that `compile` does not have."""
        result = self.result
        if key in DROPPED or (key == "loss_weights" and len(self.output_names) > 1):
            return
        if key in ("metrics", "weighted_metrics") and isinstance(argument.value, (Unknown, Either)):
            result.unspecified.add("metrics")
            return
        if key == "metrics" and argument.key == 2 and isinstance(argument.value, str):
            # Keras 2 accepts one metric without a list, and to Keras 3 it is not one.
            argument = Argument(key, List([argument.value]), argument.node)
        if key not in argument_names(Compile) and self._is_spec_key(key):
            self._note_unexpected(Compile, key, argument)
            return
        path: Path = ("compile", key)
        result.place(path, argument)
        if key not in argument_names(Compile):
            misnamed[key] = argument
            return
        value = self._compile_value(key, argument, path)
        if value is not OMITTED:
            table[key] = value

    def _compile_value(self, key: str, argument: Argument, path: Path) -> object:
        """An argument of `compile` as in a spec; `OMITTED` if it has no effect, or is not known."""
        result = self.result
        value = self.value(argument.value, argument.node, path, key)
        if key == "loss" and isinstance(value, Unknown):
            value = self._unknown_loss(argument.node)
        if key in ("metrics", "weighted_metrics") and isinstance(value, list):
            value = self._known_metrics(value, argument.node)
        if isinstance(value, Unknown):
            result.note("left-out", f"{key} is not known: {value.text}", argument.node)
            return OMITTED
        if isinstance(value, (list, dict)) and contains_unknown(value) and key not in ("optimizer", "loss"):
            result.note("left-out", f"{key} is not known as a whole", argument.node)
            result.unspecified.add(key)
            return OMITTED
        return OMITTED if value is None and key not in ("loss", "metrics", "optimizer") else value

    def _note_outputs(self, argument: Argument) -> None:
        """Adds notes on losses and metrics that do not belong to the outputs of the model."""
        names, value, node = self.output_names, argument.value, argument.node
        items = known_items(value)
        if isinstance(value, Dict) and value.unknown is None and None not in names:
            listing = ", ".join(str(name) for name in names)
            for key in value.items:
                if isinstance(key, str) and key not in names:
                    message = f'{argument.key} is for an output "{key}", which the model does not have'
                    self.result.note("unknown-output", message, key_node(node, key), f"outputs: {listing}")
        if not isinstance(items, tuple) or len(names) == 1 or len(items) == len(names):
            return
        if argument.key != "loss" and (not items or self.result.generation != Generation.KERAS_3):
            # Keras 2 computes each metric of a list for every output.
            return
        count = f"{argument.key} has {len(items)} {'entry' if len(items) == 1 else 'entries'} for {len(names)} outputs"
        if len(items) < len(names) and argument.key == "loss":
            message = f"{count}: the last {len(names) - len(items)} are not trained"
            self.result.note("output-without-loss", message, node, "write a loss, or None, for each output")
        else:
            self.result.note("unknown-output", count, node, "write one entry for each output")

    def _unknown_loss(self, node: ast.AST) -> object:
        """A loss of the program's own, or an unknown one: the check only needs to know that there is one."""
        self.result.unknown_loss = node
        self.result.tree.setdefault("custom", {})[UNKNOWN_LOSS] = {
            "import": f"program:{UNKNOWN_LOSS}", "kind": "loss"
        }  # fmt: skip
        return {"custom": UNKNOWN_LOSS}

    def _known_metrics(self, value: Sequence[object], node: ast.AST) -> list[object]:
        known = [item for item in value if not contains_unknown(item)]
        if len(known) == len(value):
            return known
        self.result.note("left-out", "metrics of the program's own are left out", node)
        self.result.unspecified.add("metrics")
        # After an omitted metric the paths of later ones would be wrong, so only names are kept.
        return [item for item in known if isinstance(item, str) and METRIC.named(item)]

    def _read_fit(self, call: Invocation) -> None:
        result = self.result
        if call.open is not None:
            # Whether the model is validated, and for how many epochs it is trained, is unknown.
            result.note("unknown-arguments", f"not all arguments of {call.method} are known: {call.open}", call.node)
            fit_data.describe_data(result, call, self.channels_first)
            return
        result.values["fit",] = call.node
        table: dict[str, object] = {}
        misnamed: dict[str, Argument] = {}
        data = result.tree.setdefault("data", {})
        for argument in call.arguments:
            key = fit_argument(call, argument.key, result.generation)
            key = "epochs" if key == "nb_epoch" else key
            if key == "validation_data" and argument.value is not None:
                data["validation"] = {}
                result.place(("data", "validation"), argument)
            if key is None or key in DATA_ARGUMENTS or key in OF_OLD_FITS:
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
            self._set_batches_of_data(call, table)
        result.tree["fit"] = table
        fit_data.describe_data(result, call, self.channels_first, self.whole_shape)
        labels = call.argument("y", 1)
        is_ordered = labels is not None and isinstance(labels.value, Array) and labels.value.is_ordered
        if is_ordered and self.interpreter.names.isdisjoint(_SHUFFLING):
            data.setdefault("train", {})["ordered"] = True

    def _set_batches_of_data(self, call: Invocation, table: dict[str, object]) -> None:
        """A dataset or generator determines the size of the batches and their order, which Keras does not change."""
        unknown = Unknown(call.node, text="the batch size of the data")
        table.setdefault("batch_size", unknown)
        if table["batch_size"] is unknown:
            self._add_unknown(("fit", "batch_size"), unknown, (1, 32, 100), from_data=True)
        table["shuffle"] = shuffled = Unknown(call.node, text="the order of the data")
        self._add_unknown(("fit", "shuffle"), shuffled, (True, False), from_data=True)

    def _note_add_argument(self, argument: Argument) -> None:
        """Adds a note on an argument of `add` that was meant for the layer."""
        node = argument.keyword or argument.node
        help_ = f"pass {argument.key} to the layer"
        self.result.note("unexpected", f"unexpected argument {argument.key} for add()", node, help_)

    def _is_spec_key(self, key: str) -> bool:
        """Whether a key has a meaning in specs that it does not have in calls of Keras."""
        return key in STAGE_KEYS or key in ELSEWHERE or DOCUMENT_TABLES.home(key) not in (None, "compile", "fit")

    def _note_unexpected(self, table: type[Table], key: str, argument: Argument) -> None:
        """Adds a note on an argument that no version of Keras has."""
        of_compile = move_to("compile") if DOCUMENT_TABLES.home(key) == "compile" else None
        help = ELSEWHERE.get(key) or of_compile or table.listing()
        self.result.note("unexpected", table.unexpected(key), argument.keyword or argument.node, help)

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
            if item.ref.name == "LambdaCallback":
                self.result.unspecified |= {"metrics", "callbacks"}
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


_SHUFFLING = frozenset({"shuffle", "permutation", "permuted", "sample"})
"""The names of functions that shuffle."""
_UNUSED_INPUT = "pass it to a layer, or leave it out of the inputs of the model"


def read_models(interpreter: Interpreter, tree: ast.AST) -> list[ProgramModel]:
    """Every model of a program in file order; equal models created by one call are listed once."""
    nested = _nested(interpreter)
    unused, unread = unused_calls(interpreter, tree), unused_inputs(interpreter, tree)
    models: list[ProgramModel] = []
    for model in interpreter.models:
        versions: list[ProgramModel] = []
        for state in (*model.former, *model.states):
            if not state.calls and (id(model) in nested or _is_rest(model, state)):
                continue
            for number, stage in enumerate(training_stages(state)):
                for output in range(_checked_outputs(model, state)):
                    reader = ModelReader(interpreter, model, state, stage, number, id(model) in nested, output)
                    version = reader.result
                    version.stage = number or output
                    version.names = set(model.names)
                    for tensor in unused.get(id(model), ()):
                        message = f"the result {tensor.label} reaches no output of a model"
                        version.note("unused-layer-call", message, tensor.node, "pass it to the next layer")
                    for value in unread.get(id(model), ()):
                        name = value.label or "one of its inputs"
                        version.note("unused-input", f"no output depends on {name}", value.node, _UNUSED_INPUT)
                    if model.former and state not in model.former:
                        version.unspecified.add("weights")
                    others = [other for other in versions if same_tree(other.tree, version.tree)]
                    if not any(_has_calls_of(other, version) for other in others):
                        versions.append(version)
        for version in versions:
            _add_model(version, models)
    for fragment in fragments(interpreter):
        state = fragment.states[0]
        part = ModelReader(interpreter, fragment, state, Stage(None, None, None, False), 1, True).result
        part.is_fragment = True
        if interpreter.sources:
            # A function receives what is before its layers.
            part.notes = [note for note in part.notes if note.kind not in ("earlier-layers", "left-out")]
        models.append(part)
    for tail in tails(interpreter):
        for stage in training_stages(tail.states[0]):
            part = ModelReader(interpreter, tail, tail.states[0], stage, 1, False).result
            part.is_fragment = part.is_tail = True
            part.notes = []
            models.append(part)
    if interpreter.exhausted:
        models = [model for model in models if not any(_is_unfinished(model, other) for other in models)]
    return sorted(models, key=lambda model: position(model.node))


def read_detached_layers(interpreter: Interpreter) -> list[ProgramModel]:
    """The layers outside of models as one model, of which only the calls of single layers are checked."""
    parts: list[ProgramModel] = []
    for detached in detached_layers(interpreter):
        part = ModelReader(interpreter, detached, detached.states[0], Stage(None, None, None, False), 1, True).result
        part.is_fragment = part.is_detached = part.doubtful = True
        part.calls = []
        part.notes = [note for note in part.notes if note.kind == "unexpected"]
        parts.append(part)
    return parts


def _checked_outputs(model: Model, state: ModelState) -> int:
    """The number of outputs whose losses are checked one by one: those of a compiled model."""
    if model.kind == "sequential" or model.tensors is None or not any(c.method == "compile" for c in state.calls):
        return 1
    count = len(output_names(model.tensors[1]))
    return count if count <= MAX_OUTPUTS else 1


def _is_rest(model: Model, state: ModelState) -> bool:
    """Whether a state is what is left of a trained model after layers were removed."""
    return any(len(state.layers) < len(former.layers) for former in model.former)


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
    """The models that are layers of others, and functional models all calls of which belong to a larger one."""
    nested: set[int] = set()
    callers: dict[int, set[int]] = {}
    calls: dict[int, set[int]] = {}
    for model in interpreter.models:
        graphs = [state.graph for state in model.states if isinstance(state.graph, Graph)]
        sources = [call.source for graph in graphs for call in graph.calls]
        sources += [entry.value for state in model.states for entry in state.layers]
        nested |= {id(source) for source in sources if isinstance(source, Model)}
        calls[id(model)] = {id(call) for graph in graphs for call in graph.calls}
        for call in calls[id(model)]:
            callers.setdefault(call, set()).add(id(model))
    for model in interpreter.models:
        own = calls[id(model)]
        larger = set.intersection(*(callers[call] for call in own)) if own else set()
        if any(len(calls[other]) > len(own) for other in larger):
            nested.add(id(model))
    return nested


def _contains(one: ProgramModel, other: ProgramModel) -> bool:
    """Whether a model contains everything that another one of the same call of `Sequential` contains.

    One under a dtype policy does not contain one under the default policy.
    """
    if one.node is not other.node or ("runtime" in one.tree and "runtime" not in other.tree):
        return False
    return all(key in one.tree and same_tree(one.tree[key], other.tree[key]) for key in other.tree)


def _has_calls_of(one: ProgramModel, other: ProgramModel) -> bool:
    """Whether a model is compiled and trained by the same calls as another."""
    return all(path not in other.values or one.values.get(path) is other.values[path] for path in _CALLS)


_CALLS: tuple[Path, ...] = (("compile",), ("fit",))
"""The paths of the calls that train a model."""
