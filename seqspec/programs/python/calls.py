"""Calls: of Keras, of the file's own functions and classes, of methods, and of a few functions of Python and numpy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from seqspec.programs.graphs.functional_models import (
    MODEL_INPUTS,
    MODEL_OUTPUTS,
    is_functional_call,
)
from seqspec.programs.keras_api.keras_names import INPUTS, MERGING, family_of
from seqspec.programs.keras_api.operations import merging_layer
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.python import array_functions, label_encoding
from seqspec.programs.python.expressions import model_layers
from seqspec.programs.python.external_models import (
    VALIDATIONS,
    WRAPPERS,
    continued_model,
    external_model,
    wrapped_samples,
    wrapper,
)
from seqspec.programs.python.functions import call_function, create_instance
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.journal import MAX_STATES, MUTATING_METHODS, is_same
from seqspec.programs.python.label_encoding import ENCODERS, dataset_method, encoder_method
from seqspec.programs.python.misused_values import (
    change_layers,
    note_attention_arguments,
    note_changed_layers,
    note_fitted_on_rest,
    note_input_arguments,
    note_list_of_tensors,
    note_method_of_class,
    note_method_of_sequential,
    note_misspelt_class,
    note_model_arguments,
    note_uncalled_inputs,
    note_without_inputs,
)
from seqspec.programs.python.python_functions import (
    builtin_function,
    dict_method,
    list_method,
    math_function,
    parser_method,
    string_method,
)
from seqspec.programs.python.tensor_calls import call_layer, operate
from seqspec.programs.python.tensor_specs import tensor_shape
from seqspec.programs.values import array_values, data_loaders, datasets
from seqspec.programs.values.abstract_values import (
    MAX_NESTED_MODELS,
    Argument,
    Array,
    BaseModelLayers,
    BuiltinMethod,
    Call,
    Class,
    CustomValue,
    Dict,
    Doubt,
    Either,
    FunctionValue,
    InputPipeline,
    Instance,
    Invocation,
    KerasCall,
    LayerEntry,
    List,
    Method,
    ModelState,
    ModelValue,
    Partial,
    Ref,
    SequentialLayers,
    Unknown,
    UnknownLayer,
    are_integers,
    element_nodes,
    is_integer,
    iterate,
    known_items,
)
from seqspec.programs.values.tensors import alternatives, has_tensor, is_tensor, merge


def call_value(interpreter: Interpreter, function: object, call: Call) -> object:
    """The value of a call."""
    if isinstance(call.node.func, ast.Attribute) and call.node.func.attr in ("predict", "predict_generator"):
        data = call.value(0, "x", "generator")
        if isinstance(data, InputPipeline):
            interpreter.journal.set_attribute(data, "is_predicted", True)
    if isinstance(function, Ref):
        return _call_ref(interpreter, function, call)
    if isinstance(function, FunctionValue):
        return call_function(interpreter, function, call.arguments, call.node, call.open)
    if isinstance(function, Method):
        arguments = [a.shift(1) for a in call.arguments]
        receiver = Argument(0, function.receiver, call.node.func)
        return call_function(interpreter, function.function, [receiver, *arguments], call.node, call.open)
    if isinstance(function, Class):
        return create_instance(interpreter, function, call.arguments, call.node, call.open)
    if isinstance(function, BuiltinMethod):
        return _method(interpreter, function.receiver, function.name, call)
    if isinstance(function, Partial):
        return _call_partial(interpreter, function, call)
    if isinstance(function, Either):
        return interpreter.either(_call_each(interpreter, function, call), call.node)
    if isinstance(function, Instance) and function.cls is not None and function.cls.keras_base() is None:
        own = function.cls.find("__call__")
        if isinstance(own, FunctionValue):
            return call_value(interpreter, Method(function, own), call)
    if isinstance(function, KerasCall) and function.ref.name == "Rescaling" and not _on_tensors(call):
        return array_values.rescaled(function, call)
    body = _lambda_result(interpreter, function, call) or _posted_merge(interpreter, function, call)
    if body is not None:
        return body
    if isinstance(function, Unknown):
        note_misspelt_class(interpreter, call)
    # Python calls no None, so that the program sets another value elsewhere.
    function = Unknown(call.node.func) if function is None else function
    continued = continued_model(interpreter, call)
    if continued is not None:
        return _model_method(interpreter, continued, "add", call)
    if isinstance(function, KerasCall) and family_of(function.ref) == "layers":
        _follow_eagerly(interpreter, function, call)
    if isinstance(function, (KerasCall, ModelValue)):
        note_uncalled_inputs(interpreter, function, call)
    if isinstance(function, (KerasCall, ModelValue, Instance, CustomValue)) or _on_tensors(call):
        return call_layer(interpreter, function, call)
    external = external_model(interpreter, call)
    if external is not None and isinstance(call.node.func, ast.Attribute):
        return _model_method(interpreter, external, call.node.func.attr, call)
    return _method_value(function, call)


def _call_each(interpreter: Interpreter, functions: Either, call: Call) -> list[object]:
    """What each of several functions returns."""
    results, choices = [], interpreter.choices
    for index, function in enumerate(functions.values):
        if choices.get(functions, index) == index:
            interpreter.choices = {**choices, functions: index}
            results.append(call_value(interpreter, function, call))
    interpreter.choices = choices
    return results


def _follow_eagerly(interpreter: Interpreter, layer: KerasCall, call: Call) -> None:
    """Reads the call of a layer on an array of known shape as one on a symbolic tensor; its result stays unknown."""
    first = call.argument(0, "inputs")
    samples = None if first is None else first.value
    if first is None or not isinstance(samples, Array) or not samples.shape or not are_integers(samples.shape):
        return
    shape = Argument("batch_shape", samples.shape, first.node)
    tensor = KerasCall(Ref(("keras", "layers", "Input"), "keras"), Call([shape], call.node))
    own = KerasCall(layer.ref, Call(layer.arguments, layer.node))
    call_layer(interpreter, own, Call([Argument(0, tensor, first.node)], call.node))


def _posted_merge(interpreter: Interpreter, function: object, call: Call) -> object:
    """The result of `concatenate` and the like in code that does not import them; None for any other call."""
    name = call.node.func
    if not isinstance(function, Unknown) or not isinstance(name, ast.Name) or call.env is None:
        return None
    if name.id not in (*MERGING, "merge") or call.env.holder(name.id) is not None:
        return None
    if any(isinstance(value, Array) for argument in call.arguments for value in _values(argument.value)):
        return None
    return _call_keras(interpreter, Ref(("keras", "layers", name.id), "keras"), call)


def _values(value: object) -> Sequence[object]:
    items = known_items(value)
    return items if isinstance(items, tuple) else (value,)


def _lambda_result(interpreter: Interpreter, layer: object, call: Call) -> object:
    """What the function of a `Lambda` layer computes from tensors; None where it is not followed."""
    if not isinstance(layer, KerasCall) or layer.ref.name != "Lambda" or len(call.arguments) != 1:
        return None
    function = layer.value("function", 0)
    if not isinstance(function, FunctionValue) or layer.argument("arguments") is not None or not _on_tensors(call):
        return None
    tensors = call.arguments[0].value
    results = [
        call_function(interpreter, function, [Argument(0, alternative, call.node)], layer.node)
        for alternative in alternatives(tensors)
    ]
    return interpreter.either(results, call.node) if all(map(has_tensor, results)) else None


def _on_tensors(call: Call) -> bool:
    return any(has_tensor(argument.value) for argument in call.arguments)


def _call_partial(interpreter: Interpreter, function: Partial, call: Call) -> object:
    first = [a for a in function.arguments if isinstance(a.key, int)]
    keywords = [a for a in function.arguments if isinstance(a.key, str) and a.key not in call.keywords]
    spread = [Argument(a.key, a.value, call.node, None, True) for a in (*first, *keywords)]
    arguments = [*spread, *(a.shift(len(first)) for a in call.arguments)]
    return call_value(interpreter, function.function, Call(arguments, call.node, call.open, call.env))


def _method_value(function: object, call: Call) -> object:
    """The result of a method of an unknown object: of a column, or a tuner, such as `hp.Int("units", 32, 512)`."""
    if not isinstance(call.node.func, ast.Attribute):
        return call.unknown
    name = call.node.func.attr
    if name == "map":
        return label_encoding.mapped(call)
    if name == "reshape" and isinstance(function, Unknown) and call.open is None:
        sizes = known_items(call.positional[0]) if len(call.positional) == 1 else tuple(call.positional)
        return (array_values.reshaped_unknown(sizes, call.node) if isinstance(sizes, tuple) else None) or call.unknown
    if name in ("Choice", "suggest_categorical"):
        choices = call.value(1, "values", "choices")
        items = choices.items if isinstance(choices, List) else choices
        if isinstance(items, tuple) and items and all(isinstance(i, (int, float, str, bool)) for i in items):
            return Unknown(call.node, choices=items)
    if name in ("Int", "suggest_int", "Float", "suggest_float", "suggest_uniform", "suggest_loguniform"):
        low, high = call.value(1, "min_value", "low"), call.value(2, "max_value", "high")
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            return Unknown(call.node, choices=(low, high))
    if name == "Boolean":
        return Unknown(call.node, choices=(True, False))
    return call.unknown


def _call_ref(interpreter: Interpreter, ref: Ref, call: Call) -> object:
    path = ref.path
    if path[0] == "builtins":
        return builtin_function(interpreter, path[1], call)
    if path[-1] in WRAPPERS:
        return wrapper(interpreter, ref, call)
    if path[-1] in VALIDATIONS:
        wrapped_samples(interpreter, call.value(0, "estimator"), call.argument(1, "X"))
    if ref.is_keras:
        return _call_keras(interpreter, ref, call)
    dotted = ".".join(path)
    known = array_functions.FUNCTIONS.get(dotted)
    if known is not None and not _on_tensors(call):
        return known(call)
    if path[:2] == ("sklearn", "datasets"):
        dataset = datasets.sklearn_dataset(path[-1], call)
        return call.unknown if dataset is None else dataset
    if dotted == "functools.partial" and call.arguments and call.arguments[0].key == 0:
        return Partial(call.arguments[0].value, [a.shift(-1) for a in call.arguments[1:]])
    if path[-1] == "ArgumentParser":
        return Instance(None, {"__parser__": True})
    if path[-1].startswith("DEFINE_"):
        name, default = call.value(0, "name"), call.value(1, "default", "default_value")
        if isinstance(name, str):
            interpreter.flags[name] = default if default is not None else Unknown(text=f"FLAGS.{name}")
        return None
    if path[0] in ("math", "numpy") and len(path) == 2:
        return math_function(path[1], call)
    if path[0] == "collections" and path[-1] == "OrderedDict" and not call.arguments:
        return Dict()
    if path[-1][:1].isupper():
        # A class of another package; whether it is a layer depends on where it is used.
        return CustomValue(path[-1], call.node)
    if _on_tensors(call):
        return operate(interpreter, ref.name, call.arguments, call.node, path)
    return call.unknown


def _call_keras(interpreter: Interpreter, ref: Ref, call: Call) -> object:
    name = ref.name
    if name == "Sequential":
        return _create_sequential(interpreter, ref, call)
    if len(ref.path) > 2 and ref.path[-2] == "Sequential":
        note_method_of_class(interpreter, ref, call)
        return call.unknown
    if name == "load_data" and len(ref.path) > 2:
        return datasets.keras_dataset(ref.path[-2], call, interpreter.data_format == "channels_first")
    if name == "to_categorical":
        return array_functions.to_categorical(call)
    if name == "int_shape" and call.arguments and is_tensor(call.arguments[0].value):
        return tensor_shape(interpreter, call.arguments[0].value, call.node)
    if name in MERGING and ref.path[1] == "layers" and not call.arguments and call.open is None:
        note_without_inputs(interpreter, name, call)
        return call.unknown
    merged = merging_layer(ref, call)
    if merged is not None:
        layer, inputs = merged
        if _on_tensors(call):
            note_uncalled_inputs(interpreter, layer, Call([*inputs], call.node))
            return call_layer(interpreter, layer, Call([*inputs], call.node))
        if name == "merge":
            # Of models, `merge` of Keras 1 is a layer.
            return call.unknown
        note_uncalled_inputs(interpreter, layer, Call([*inputs], call.node))
        return merge(layer, inputs, call)
    if _on_tensors(call) and not name[:1].isupper():
        return operate(interpreter, name, call.arguments, call.node, ref.path)
    known = array_functions.FUNCTIONS.get(".".join(ref.path))
    if known is not None:
        return known(call)
    if name in data_loaders.DIRECTORY_DATASETS:
        return data_loaders.directory_dataset(name, call)
    if name == "preprocess_input" and not _on_tensors(call):
        return data_loaders.preprocess_input(ref, call)
    if name in _SETTINGS and (name != "backend" or not call.arguments):
        return _setting(interpreter, name, call)
    if name in ("multi_gpu_model", "clone_model", "Policy", "DTypePolicy") and call.arguments:
        return call.arguments[0].value
    if name in INPUTS:
        note_input_arguments(interpreter, ref, call)
    if name in INPUTS or name in ("ImageDataGenerator", "Tokenizer"):
        return KerasCall(ref, call)
    if name in ("Model", "Functional"):
        note_model_arguments(interpreter, ref, call)
        return _functional_model(interpreter, ref, call)
    if name == "get" and len(ref.path) > 2 and call.arguments:
        return call.arguments[0].value
    if name == "pad_sequences":
        return _pad_sequences(call)
    family = family_of(ref)
    if family == "layers" and note_list_of_tensors(interpreter, name, call):
        return call.unknown
    if family is not None and family != "datasets":
        return _created(interpreter, ref, family, call)
    return call.unknown


def _created(interpreter: Interpreter, ref: Ref, family: str, call: Call) -> object:
    """An object of a class of Keras."""
    if not interpreter.is_refused:
        note_attention_arguments(interpreter, ref, call)
    created = _on_misplaced_tensor(interpreter, ref, call) or KerasCall(ref, call)
    if family in ("optimizers", "callbacks") and isinstance(created, KerasCall):
        interpreter.training_objects.append(created)
    if family == "layers" and isinstance(created, KerasCall) and not interpreter.is_refused:
        interpreter.layers.append(created)
    return created


_SETTINGS = frozenset(
    "backend image_data_format image_dim_ordering set_dtype_policy set_global_policy set_image_data_format "
    "set_image_dim_ordering set_policy".split()
)
"""Functions that read or change a setting of Keras."""


def _setting(interpreter: Interpreter, name: str, call: Call) -> object:
    """The result of a function that reads or changes a setting."""
    if name in ("set_image_dim_ordering", "set_image_data_format"):
        value = call.value(0, "dim_ordering", "data_format")
        order = "channels_first" if value in ("th", "channels_first") else None
        interpreter.journal.set_attribute(interpreter, "data_format", order)
        return None
    if name == "image_dim_ordering":
        return "th" if interpreter.data_format == "channels_first" else "tf"
    if name == "image_data_format":
        return interpreter.data_format or "channels_last"
    if name == "backend":
        return "tensorflow"
    interpreter.policy = call.argument(0, "policy", "dtype_policy")
    return None


def _on_misplaced_tensor(interpreter: Interpreter, ref: Ref, call: Call) -> object | None:
    """`Flatten(x)` as `Flatten()(x)`, so that what follows is checked; the mistake is reported at the call."""
    cls = layer_declaration(ref.name)[0] if family_of(ref) == "layers" else None
    tensors = [argument for argument in call.arguments if is_tensor(argument.value)]
    if cls is None or ref.name in _ACCEPT_TENSORS or call.open is not None or len(tensors) != 1 or tensors[0].key != 0:
        return None
    others = [argument.shift(-1) for argument in call.arguments if argument is not tensors[0]]
    if not set(cls.required()) <= {argument.key for argument in others}:
        return None
    return call_layer(interpreter, KerasCall(ref, Call(others, call.node)), Call(tensors, call.node))


_ACCEPT_TENSORS = frozenset(
    "AdditiveAttention Attention Concatenate ContrastLimitedAdaptiveHistogramEqualization ELU HashedCrossing "
    "InputLayer Lambda Masking MixUp Pipeline RMSNormalization RandomColorJitter RandomFlip Rescaling Softmax".split()
)
"""The layers that Keras creates with a symbolic tensor as their first argument."""


def _pad_sequences(call: Call) -> object:
    value, length = call.value(0, "sequences"), call.value(1, "maxlen")
    samples: object = value.shape[0] if isinstance(value, Array) and value.shape else call.unknown
    length = call.unknown if length is None else length
    if not isinstance(length, (int, Unknown)):
        return call.unknown
    # The padding is 0.
    bounds = (0, value.range[1]) if isinstance(value, Array) and value.range is not None else None
    words = value.vocabulary if isinstance(value, Array) else None
    return Array((samples, length), "int32", bounds, node=call.node).replace_fields(vocabulary=words)


def _create_sequential(interpreter: Interpreter, ref: Ref, call: Call) -> ModelValue:
    model = ModelValue(call.node, ref)
    states = [ModelState()]
    layers = call.argument(0, "layers")
    name = call.argument(1, "name")
    if name is not None:
        model.name, model.name_node = name.value, name.node
    if layers is not None and layers.value is not None:
        items = iterate(layers.value)
        if items is None:
            states = [ModelState(doubts=(Doubt("unknown-layers", layers.node, Unknown(layers.node).text),))]
        else:
            stacks: list[tuple[LayerEntry, ...]] = [()]
            for entry in _entries(items, layers.node):
                stacks = [(*stack, alternative) for stack in stacks for alternative in _alternatives(entry)][
                    :MAX_STATES
                ]
            states = [ModelState(stack) for stack in stacks]
    interpreter.begin_model(model, *states)
    return model


def _alternatives(entry: LayerEntry) -> list[LayerEntry]:
    """A layer that is one of several, `Dropout(0.2) if deep else Flatten()`, as each of them."""
    values = entry.value.values if isinstance(entry.value, Either) else (entry.value,)
    if not all(isinstance(value, KerasCall) for value in values):
        return [entry]
    return [LayerEntry(value, entry.node) for value in values]


def _entries(items: Sequence[object], node: ast.AST) -> list[LayerEntry]:
    return [LayerEntry(item, element) for item, element in zip(items, element_nodes(node, len(items)))]


_IGNORED_METHODS = frozenset(
    "summary load_weights save save_weights reset_states evaluate set_weights add_loss export".split()
)


def _functional_model(interpreter: Interpreter, ref: Ref, call: Call) -> ModelValue | CustomValue:
    """The model that `Model(inputs, outputs)` creates."""
    inputs, outputs = call.argument(*MODEL_INPUTS), call.argument(*MODEL_OUTPUTS)
    if inputs is None or outputs is None:
        return CustomValue("Model", call.node, "model")
    model = ModelValue(call.node, ref)
    name = call.argument("name", 2)
    if name is not None:
        model.name, model.name_node = name.value, name.node
    interpreter.begin_functional(model, "functional", inputs.value, outputs.value)
    return model


_USING_METHODS = ("evaluate", "load_weights", "set_weights", "train_on_batch")
"""Methods that say whether a compiled model is trained or evaluated."""

_ADD_ARGUMENTS = ("layer", "layer_instance", "rebuild")
"""The arguments of `Sequential.add`, in any version."""


def _method(interpreter: Interpreter, receiver: object, name: str, call: Call) -> object:
    if isinstance(receiver, ModelValue):
        return _model_method(interpreter, receiver, name, call)
    if isinstance(receiver, SequentialLayers) and name in MUTATING_METHODS:
        change_layers(interpreter, receiver.owner, call.node)
    if isinstance(receiver, BaseModelLayers) and not receiver.part and name in MUTATING_METHODS:
        note_changed_layers(interpreter, receiver, call.node)
    if isinstance(receiver, List):
        return list_method(interpreter, receiver, name, call)
    if isinstance(receiver, Dict):
        return dict_method(interpreter, receiver, name, call)
    if isinstance(receiver, Array):
        if name in ("pop", "insert") or call.value("inplace") is True:
            interpreter.journal.set_attribute(receiver, "shape", None)
        return array_values.method(receiver, name, call)
    if isinstance(receiver, InputPipeline):
        return dataset_method(interpreter, receiver, name, call)
    if isinstance(receiver, CustomValue) and receiver.name in ENCODERS:
        return encoder_method(interpreter, receiver, name, call)
    if isinstance(receiver, CustomValue) and receiver.name in WRAPPERS:
        wrapped_samples(interpreter, receiver, call.argument(0, "X", "x"))
        return receiver if name == "fit" else call.unknown
    if isinstance(receiver, CustomValue):
        return _transformer_method(interpreter, receiver, name, call)
    if isinstance(receiver, str):
        return string_method(receiver, name, call)
    if isinstance(receiver, tuple) and name == "as_list":
        return List(receiver)
    if is_tensor(receiver) and name == "get_shape":
        return tensor_shape(interpreter, receiver, call.node)
    if is_tensor(receiver):
        # The receiver is the first operand.
        operands = [Argument(0, receiver, call.node), *(a.shift(1) for a in call.arguments)]
        return operate(interpreter, name, operands, call.node)
    if isinstance(receiver, KerasCall) and receiver.ref.name == "ImageDataGenerator" and name in data_loaders.FLOWS:
        return data_loaders.flow(receiver, name, call)
    if isinstance(receiver, KerasCall) and receiver.ref.name == "Tokenizer":
        return _tokenized(receiver, name, call)
    if isinstance(receiver, KerasCall) and name == "set_weights":
        interpreter.journal.set_item(receiver.attributes, name, Argument(name, True, call.node))
        for model in interpreter.models:
            if any(entry.value is receiver for state in model.states for entry in state.layers):
                _change_states(interpreter, model, lambda state: state.copy(used=state.used | {"set_weights"}))
    if isinstance(receiver, KerasCall) and family_of(receiver.ref) == "applications" and name in ("add", "pop"):
        note_method_of_sequential(interpreter, name, call)
    if isinstance(receiver, KerasCall) and name == "get_layer":
        return UnknownLayer(call.node, receiver)
    if isinstance(receiver, KerasCall) and name == "adapt":
        interpreter.journal.set_item(receiver.attributes, "adapted", Argument("adapted", True, call.node))
        return None
    if isinstance(receiver, Instance) and "__parser__" in receiver.attributes:
        return parser_method(interpreter, receiver, name, call)
    return call.unknown


def _transformer_method(interpreter: Interpreter, receiver: CustomValue, name: str, call: Call) -> object:
    """Samples transformed by a scaler of scikit-learn, which keeps their shape, or by another transformer."""
    value = call.value(0, "X", "raw_documents")
    if receiver.name not in (*_SCALERS, *_TRANSFORMERS) or value is None:
        return call.unknown
    if name in ("fit", "fit_transform"):
        note_fitted_on_rest(interpreter, receiver.fitted, value, call)
        interpreter.journal.set_attribute(receiver, "fitted", Argument("X", value, call.node))
    if name == "fit":
        return receiver
    if name not in ("fit_transform", "transform"):
        return call.unknown
    fitted = receiver.fitted
    whole = isinstance(value, Unknown) or (isinstance(value, Array) and not value.is_part)
    fitted_on = fitted.node if fitted is not None and fitted.value is value and whole else None
    is_part = isinstance(value, Array) and value.is_part
    creation = receiver.node
    by_default = isinstance(creation, ast.Call) and not creation.args and not creation.keywords
    scale = "standard" if receiver.name == "StandardScaler" and by_default else None
    scaled = Array(node=call.node)
    if receiver.name in _SCALERS and isinstance(value, Array):
        # Samples on which the scaler was not fitted can be out of its range.
        bounds = (0, 1) if receiver.name == "MinMaxScaler" and by_default and name == "fit_transform" else None
        scaled = Array(value.shape, "float64", bounds, node=value.node)
    return scaled.replace_fields(fitted_on=fitted_on, is_part=is_part, scale=scale)


_SCALERS = ("StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "QuantileTransformer", "PowerTransformer")

_TRANSFORMERS = (
    "SimpleImputer", "KNNImputer", "IterativeImputer", "PCA", "TruncatedSVD", "TargetEncoder", "TfidfVectorizer",
)  # fmt: skip
"""Transformers whose values depend on the samples that they are fitted on."""


_MAX_REPETITIONS = 4
"""Maximum number of times that a call of `compile` or `fit` in a loop is read, with other arguments each time."""


def _add_call(state: ModelState, invocation: Invocation) -> ModelState:
    """The state after a call of `compile` or `fit`; the same call with the same arguments in a loop counts once."""
    earlier = [other for other in state.calls if other.node is invocation.node]
    since = next((at for at, other in reversed([*enumerate(state.calls)]) if other.method == "compile"), 0)
    recent = state.calls[since:] if invocation.method != "compile" else state.calls[since : since + 1]
    if invocation.method == "compile":
        state = state.copy(stepped=None)
    if len(earlier) >= _MAX_REPETITIONS or len(state.calls) >= MAX_STATES:
        return state
    if any(_is_same_call(other, invocation) for other in recent):
        return state
    return state.copy(calls=(*state.calls, invocation))


def _is_same_call(one: Invocation, other: Invocation) -> bool:
    """Whether two calls are the same code with the same arguments."""
    return (
        one.node is other.node
        and len(one.arguments) == len(other.arguments)
        and all(a.key == b.key and is_same(a.value, b.value) for a, b in zip(one.arguments, other.arguments))
    )


def _trainable_values(model: ModelValue, depth: int = 0) -> dict[int, object]:
    """The values assigned so far to `trainable` of the layers of a model, by the identity of the layer."""
    values: dict[int, object] = {}
    for value in {id(entry.value): entry.value for state in model.states for entry in state.layers}.values():
        if isinstance(value, KerasCall) and "trainable" in value.attributes:
            values[id(value)] = value.attributes["trainable"]
        elif isinstance(value, ModelValue) and depth < MAX_NESTED_MODELS:
            values |= _trainable_values(value, depth + 1)
    return values


def _tokenized(tokenizer: KerasCall, name: str, call: Call) -> object:
    """The result of a method of a `Tokenizer`."""
    words = tokenizer.value("num_words", 0)
    if words is None and tokenizer.open is None and name == "texts_to_sequences":
        return Array(node=call.node).replace_fields(vocabulary=tokenizer)
    if not is_integer(words):
        return call.unknown
    if name == "texts_to_sequences":
        return Array(node=call.node).replace_fields(vocabulary=words)
    return Array((Unknown(call.node, text="?"), words), node=call.node) if name == "texts_to_matrix" else call.unknown


def _keep_trained(interpreter: Interpreter, model: ModelValue) -> None:
    """Keeps the states in which a model was trained, before its layers change."""

    def continued(state: ModelState) -> ModelState:
        if all(call.method == "compile" for call in state.calls):
            return state
        if len(model.former) < MAX_STATES:
            model.former.append(state)
        return state.copy(calls=())

    _change_states(interpreter, model, continued)


def _with_compile(model: ModelValue, state: ModelState) -> ModelState:
    """A state with the call of `compile` before its layers changed, if there is none since."""
    compiled = [call for former in model.former for call in former.calls if call.method == "compile"]
    return state if state.calls or not compiled else state.copy(calls=(compiled[-1],))


def _model_method(interpreter: Interpreter, model: ModelValue, name: str, call: Call) -> object:
    if name in ("add", "pop") and model.kind == "functional":
        note_method_of_sequential(interpreter, name, call)
        return None
    if name in ("add", "pop"):
        _keep_trained(interpreter, model)
    if name == "add":
        layer = call.argument(0, "layer", "layer_instance")
        if layer is not None:
            entries = _alternatives(LayerEntry(layer.value, layer.node))
            unexpected = tuple(a for a in call.arguments if isinstance(a.key, str) and a.key not in _ADD_ARGUMENTS)
            states = [
                s.copy(layers=(*s.layers, entry), unexpected=(*s.unexpected, *unexpected))
                for s in model.states
                for entry in entries
            ]
            interpreter.journal.set_attribute(model, "states", tuple(states[:MAX_STATES]))
        return None
    if name == "add_loss":
        interpreter.journal.set_attribute(model, "trains_itself", True)
    if name in ("fit", "evaluate", "predict"):
        for argument in call.arguments:
            argument.value = array_values.as_array(argument.value, argument.node)
        data = [call.argument(0, "x"), None if name == "predict" else call.argument(1, "y")]
        new = [(name, dataset) for dataset in data if dataset is not None]
        _change_states(interpreter, model, lambda state: state.copy(data=(*state.data, *new)))
    if name in _USING_METHODS:
        _change_states(interpreter, model, lambda state: state.copy(used=state.used | {name}))
    if name == "train_on_batch":
        trainable = _trainable_values(model)
        _change_states(
            interpreter, model, lambda state: state if state.stepped is not None else state.copy(stepped=trainable)
        )
    if name == "pop":
        _change_states(interpreter, model, lambda state: state.copy(layers=state.layers[:-1]))
        return None
    if name == "build":
        shape = call.argument(0, "input_shape")
        _change_states(interpreter, model, lambda state: state.copy(built=shape))
        return None
    if name in ("compile", "fit", "fit_generator"):
        repeated = interpreter.loops > model.loops
        invocation = Invocation(name, call, _trainable_values(model), repeated)
        if name != "compile":
            _change_states(interpreter, model, lambda state: _with_compile(model, state))
        _change_states(interpreter, model, lambda state: _add_call(state, invocation))
        return None if name == "compile" else call.unknown
    if name in ("predict", "predict_classes"):
        return call.unknown
    if name == "get_layer":
        return _get_layer(model, call)
    if name == "call" or name == "__call__":
        return call_layer(interpreter, model, call)
    if name == "__init__" and model.kind != "sequential" and is_functional_call(call):
        # `super().__init__(inputs, outputs)` in a class of models.
        inputs, outputs = call.value(*MODEL_INPUTS), call.value(*MODEL_OUTPUTS)
        interpreter.begin_functional(model, "functional", inputs, outputs)
        return None
    return None if name in _IGNORED_METHODS else call.unknown


def _get_layer(model: ModelValue, call: Call) -> object:
    """The layer that `model.get_layer` returns, by the name given in its call or by index."""
    name, index = call.value("name", 0), call.value("index", 1)
    layers = model_layers(model) or []
    if is_integer(index) and -len(layers) <= index < len(layers):
        return layers[index]
    named = [layer for layer in layers if isinstance(layer, KerasCall) and layer.value("name") == name]
    return named[0] if len(named) == 1 and isinstance(name, str) else UnknownLayer(call.node, model)


def _change_states(interpreter: Interpreter, model: ModelValue, change: Callable[[ModelState], ModelState]) -> None:
    interpreter.journal.set_attribute(model, "states", tuple(change(state) for state in model.states))
