"""The models of a program as specs: their layers, and the stages of their training in `compile` and `fit`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from seqspec.core.api.catalog import METRIC
from seqspec.core.api.diagnostics import Path
from seqspec.programs.graphs.functional_models import FunctionalGraph, output_names
from seqspec.programs.layers import fit_data
from seqspec.programs.layers.layer_names import automatic_clash
from seqspec.programs.layers.layer_reader import LayerReader, is_theano_ordered
from seqspec.programs.layers.program_model import ProgramModel, same_tree
from seqspec.programs.models.call_mistakes import call_mistakes, cut_outputs
from seqspec.programs.models.model_inputs import (
    note_batch_axis,
    note_inputs,
    note_labels,
    note_method_data,
    note_single_items,
)
from seqspec.programs.models.model_layers import read_layers
from seqspec.programs.models.training_reader import (
    MAX_OUTPUTS,
    FitCall,
    Output,
    fit_of_output,
    may_have_more_outputs,
    metric_names,
    only_predicts,
    read_compile,
    read_fit,
    training_stages,
)
from seqspec.programs.models.unused import detached_layers, fragments, tails, unused_calls, unused_inputs
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import Dict, ModelState, ModelValue, Unknown
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.spans import position


def read_model(
    interpreter: Interpreter,
    model: ModelValue,
    state: ModelState,
    stage: FitCall,
    number: int = 0,
    nested: bool = False,
    index: int = 0,
) -> ProgramModel:
    """Reads a model in one of the states that it can be in, in one stage of its training, for one of its outputs.

    Args:
        interpreter: The program.
        model: The model.
        state: The state.
        stage: The stage.
        number: Its index among the stages.
        nested: Whether the model is part of another one.
        index: The index of the output.
    """
    result = _begin(interpreter, model, state, number)
    keras_2 = "tensorflow" not in interpreter.sources
    channels_first = interpreter.data_format == "channels_first" or (keras_2 and is_theano_ordered(state))
    if keras_2 and interpreter.is_early:
        # Versions of the package keras differ more than versions of tf.keras.
        result.unspecified.add("version")
    reader = LayerReader(result, keras_2, channels_first, stage.trainable)
    output = Output(_output_names(model), index)
    read_layers(reader, interpreter, model, state)
    # Not every combination of branches occurs.
    for mistake in call_mistakes(interpreter, state) if result.alternatives_of is None else ():
        result.add(mistake)
        result.complete &= mistake.rule != "not-followed"
    if output.is_one_of_several:
        # The names of the logs depend on those of the outputs.
        result.tree["output"] = index
        result.unspecified |= {"metrics"}
    elif may_have_more_outputs(model, state):
        result.unspecified.add("metrics")
    _read_training(reader, interpreter, model, stage, output)
    _name_logs(result, interpreter, model, stage, output)
    _note_calls(result, interpreter, model, state)
    tests = (argument for method, argument in state.data if method == "evaluate")
    fit_data.describe_test(result, next(tests, None), channels_first)
    _add_unspecified(result, state, stage, nested)
    policy = model.policy
    if policy is not None and isinstance(policy.value, str) and policy.value != "float32":
        result.tree["runtime"] = {"dtype_policy": policy.value}
        result.place(("runtime", "dtype_policy"), policy)
    return result


def _begin(interpreter: Interpreter, model: ModelValue, state: ModelState, number: int) -> ProgramModel:
    """A model of which nothing is read."""
    result = ProgramModel(model.label, model.node, interpreter.generation, model.expression, number)
    result.kind = model.kind
    if isinstance(state.graph, FunctionalGraph):
        result.topology = state.graph.topology
        result.alternatives_of = model if len(model.states) > 1 else None
    if interpreter.generation == KerasGeneration.KERAS_1:
        result.unspecified.add("keras_2")
    return result


def _output_names(model: ModelValue) -> Sequence[str | None]:
    """The names of the outputs of a model, None where unknown; that of a `Sequential` has none."""
    return [None] if model.kind == "sequential" or model.tensors is None else output_names(model.tensors[1])


def _read_training(
    reader: LayerReader, interpreter: Interpreter, model: ModelValue, stage: FitCall, output: Output
) -> None:
    """Reads the calls of `compile` and `fit`."""
    result = reader.result
    if model.trains_itself or model.kind == "external":
        result.unspecified.add("labels")
    if model.trains_itself:
        # Its `train_step` may log anything.
        result.unspecified.add("metrics")
    if stage.compiled is not None:
        read_compile(reader, stage.compiled, output)
        # A layer of the program's own may add a loss too.
        adds_loss = model.trains_itself or (model.kind != "sequential" and bool(result.opaque))
        if adds_loss and result.tree.get("compile", {}).get("loss") is None:
            result.tree.setdefault("compile", {})["loss"] = result.declare_loss(stage.compiled.node)
    if stage.fit is None:
        fit_data.note_whole_shape(result, None)
        return
    read_fit(reader, fit_of_output(stage.fit, output), interpreter.names)
    note_batch_axis(result, stage.fit)
    if model.kind == "external":
        _complete_external(result)
    if model.kind != "functional" or len(model.states) != 1:
        return
    for mistake in cut_outputs(model) if not model.trains_itself else ():
        result.add(mistake)
    if model.tensors is not None and stage.fit.method == "fit":
        note_inputs(result, model.tensors[0], stage.fit)
        note_labels(result, model.tensors, stage.fit)


def _name_logs(
    result: ProgramModel, interpreter: Interpreter, model: ModelValue, stage: FitCall, output: Output
) -> None:
    """Names the outputs and the metrics of this one, where the program determines what training logs."""
    is_listed = model.tensors is not None and not isinstance(model.tensors[1], Dict)
    is_known = not (model.trains_itself or "add_metric" in interpreter.names)
    if output.is_one_of_several and stage.compiled is not None and is_listed and is_known:
        result.output_names = output.names
        result.output_metrics = metric_names(stage.compiled, output)


def _complete_external(result: ProgramModel) -> None:
    """What another file determines: `compile`, and so the names of all logs but the loss."""
    tree, node = result.tree, result.node
    # Several outputs, or a `train_step`, have logs of other names.
    names = {"loss", *METRIC.names()}
    if "compile" not in tree:
        tree["compile"] = {"loss": result.declare_loss(node)}
        names = {"loss"}
        # The object may be a wrapper that splits the validation data off itself, and has epochs of its own.
        if "fit" in tree and tree["fit"].get("validation_split") is None:
            tree["data"].setdefault("validation", {})
        if "fit" in tree and "epochs" not in tree["fit"]:
            tree["fit"]["epochs"] = epochs = Unknown(node, text="the number of epochs")
            result.add_unknown(("fit", "epochs"), epochs, (2, 50, 1000), from_data=True)
    callbacks = (callback for callback in tree.get("fit", {}).get("callbacks", ()) if isinstance(callback, dict))
    monitors = (callback.get("monitor") for callback in callbacks)
    if not names.issuperset(monitor.removeprefix("val_") for monitor in monitors if isinstance(monitor, str)):
        result.unspecified.add("metrics")


def _note_calls(result: ProgramModel, interpreter: Interpreter, model: ModelValue, state: ModelState) -> None:
    """Adds notes on mistakes in the calls of methods, and on a layer whose name is the automatic one of another."""
    clash = automatic_clash(state.layers, interpreter.tree) if model.kind == "sequential" else None
    if clash is not None and result.generation == KerasGeneration.KERAS_3:
        message = f'two layers are named "{clash.name}": it is also the automatic name of a layer without one'
        result.note("duplicate-name", message, clash.node, "choose another name")
    for argument in state.unexpected:
        node, help = argument.keyword or argument.node, f"pass {argument.key} to the layer"
        result.note("unknown-argument", f"unexpected argument {argument.key} for add()", node, help)
    for method, argument in state.data:
        note_method_data(result, method, argument)
    note_single_items(result, state)


def _add_unspecified(result: ProgramModel, state: ModelState, stage: FitCall, nested: bool) -> None:
    """Adds what the calls of the model leave open."""
    if only_predicts(state, nested):
        result.unspecified |= {"training", "trainable"}
    elif not state.used and not stage.fit and any(method == "predict" for method, _ in state.data):
        result.unspecified.add("predicted")
    if "train_on_batch" in state.used and stage.fit is None and stage.trainable is None:
        # Keras 2 trains what was not frozen in compile, Keras 3 what is not in the first step.
        result.unspecified.add("trainable")
    if stage.continues:
        result.unspecified.add("weights")
    if len([call for call in state.calls if call.method != "compile"]) > 1 or (stage.fit and stage.fit.repeated):
        result.unspecified.add("updates")


def read_models(interpreter: Interpreter, tree: ast.AST) -> list[ProgramModel]:
    """Every model of a program in file order; equal models created by one call are listed once."""
    nested = _nested(interpreter)
    unused = [*unused_calls(interpreter, tree), *unused_inputs(interpreter, tree)]
    models: list[ProgramModel] = []
    for model in interpreter.models:
        notes = [note for owner, note in unused if owner is model]
        versions: list[ProgramModel] = []
        for version in _versions(interpreter, model, id(model) in nested):
            for note in notes:
                version.add(note)
            others = [other for other in versions if same_tree(other.tree, version.tree)]
            if not any(_has_calls_of(other, version) for other in others):
                versions.append(version)
        for version in versions:
            _add_model(version, models)
    for fragment in fragments(interpreter):
        part = read_model(interpreter, fragment, fragment.states[0], FitCall(), 1, nested=True)
        part.is_fragment = True
        if interpreter.sources:
            # A function receives what is before its layers.
            part.notes = [note for note in part.notes if note.kind not in ("earlier-layers", "left-out")]
        models.append(part)
    for tail in tails(interpreter):
        for stage in training_stages(tail.states[0]):
            part = read_model(interpreter, tail, tail.states[0], stage, 1)
            part.is_fragment = part.is_tail = True
            part.notes = []
            models.append(part)
    if interpreter.exhausted:
        models = [model for model in models if not any(_is_unfinished(model, other) for other in models)]
    return sorted(models, key=lambda model: position(model.node))


def _versions(interpreter: Interpreter, model: ModelValue, nested: bool) -> Iterator[ProgramModel]:
    """A model in each of its states, in each stage of its training, for each output."""
    for state in (*model.former, *model.states):
        if not state.calls and (nested or _is_rest(model, state)):
            continue
        for number, stage in enumerate(training_stages(state)):
            for output in range(_checked_outputs(model, state)):
                version = read_model(interpreter, model, state, stage, number, nested, output)
                version.stage = number or output
                version.names = set(model.names)
                if model.former and state not in model.former:
                    version.unspecified.add("weights")
                yield version


def read_detached_layers(interpreter: Interpreter) -> list[ProgramModel]:
    """The layers outside of models as one model, of which only the calls of single layers are checked."""
    parts: list[ProgramModel] = []
    for detached in detached_layers(interpreter):
        part = read_model(interpreter, detached, detached.states[0], FitCall(), 1, nested=True)
        part.is_fragment = part.is_detached = part.doubtful = True
        part.calls = []
        part.notes = [note for note in part.notes if note.rule == "unknown-argument"]
        parts.append(part)
    return parts


def _checked_outputs(model: ModelValue, state: ModelState) -> int:
    """The number of outputs whose losses are checked one by one: those of a compiled model."""
    count = len(_output_names(model)) if any(call.method == "compile" for call in state.calls) else 1
    return count if count <= MAX_OUTPUTS else 1


def _is_rest(model: ModelValue, state: ModelState) -> bool:
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
        graphs = [state.graph for state in model.states if isinstance(state.graph, FunctionalGraph)]
        sources = [call.source for graph in graphs for call in graph.calls]
        sources += [entry.value for state in model.states for entry in state.layers]
        nested |= {id(source) for source in sources if isinstance(source, ModelValue)}
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
