"""Calls: of Keras, of the file's own functions and classes, of methods, and of a few functions of Python and numpy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from math import ceil, floor, log, log2, sqrt
from typing import TYPE_CHECKING

from seqspec.programs import array_functions, array_values, datasets
from seqspec.programs.abstract_values import (
    MAX_ITEMS,
    MAX_NESTED_MODELS,
    Argument,
    Array,
    BuiltinMethod,
    Call,
    Class,
    CustomObject,
    Dataset,
    Dict,
    Doubt,
    Either,
    Environment,
    Function,
    Instance,
    Invocation,
    KerasCall,
    LayerEntry,
    List,
    Method,
    Model,
    ModelLayers,
    ModelState,
    Partial,
    Ref,
    Unknown,
    are_integers,
    are_numbers,
    are_strings,
    element_nodes,
    is_integer,
    iterate,
)
from seqspec.programs.expressions import model_layers
from seqspec.programs.functions import call_function, create_instance
from seqspec.programs.journal import MAX_STATES, MUTATING_METHODS, forget_items, is_same
from seqspec.programs.keras_names import INPUTS, family_of
from seqspec.programs.label_encoding import ENCODERS, dataset_method, encoder_method

if TYPE_CHECKING:
    from seqspec.programs.interpreter import Interpreter


def call_value(
    interpreter: Interpreter,
    function: object,
    call: Call,
) -> object:
    """The value of a call."""
    if isinstance(function, Ref):
        return _call_ref(interpreter, function, call)
    if isinstance(function, Function):
        return call_function(interpreter, function, call.arguments, call.node)
    if isinstance(function, Method):
        arguments = [_shift_position(a, 1) for a in call.arguments]
        return call_function(
            interpreter, function.function, [Argument(0, function.receiver, call.node.func), *arguments], call.node
        )
    if isinstance(function, Class):
        return create_instance(interpreter, function, call.arguments, call.node)
    if isinstance(function, BuiltinMethod):
        return _method(interpreter, function.receiver, function.name, call)
    if isinstance(function, Partial):
        return _call_partial(interpreter, function, call)
    if isinstance(function, Either):
        return interpreter.either([call_value(interpreter, each, call) for each in function.values], call.node)
    return _tuner_value(function, call)


def _shift_position(argument: Argument, by: int) -> Argument:
    if not isinstance(argument.key, int):
        return argument
    return Argument(argument.key + by, argument.value, argument.node, argument.keyword, argument.spread)


def _call_partial(interpreter: Interpreter, function: Partial, call: Call) -> object:
    first = [a for a in function.arguments if isinstance(a.key, int)]
    keywords = [a for a in function.arguments if isinstance(a.key, str) and a.key not in call.keywords]
    spread = [Argument(a.key, a.value, call.node, None, True) for a in (*first, *keywords)]
    arguments = [*spread, *(_shift_position(a, len(first)) for a in call.arguments)]
    return call_value(interpreter, function.function, Call(arguments, call.node, call.open, call.env))


def _tuner_value(function: object, call: Call) -> Unknown:
    """A value chosen by a tuner: `hp.Int("units", 32, 512)`, `trial.suggest_categorical("units", [32, 64])`."""
    if not isinstance(call.node.func, ast.Attribute):
        return call.unknown
    name = call.node.func.attr
    values = {a.key: a.value for a in call.arguments}
    if name in ("Choice", "suggest_categorical"):
        choices = values.get(1, values.get("values", values.get("choices")))
        items = choices.items if isinstance(choices, List) else choices
        if isinstance(items, tuple) and items and all(isinstance(i, (int, float, str, bool)) for i in items):
            return Unknown(call.node, choices=items)
    if name in ("Int", "suggest_int", "Float", "suggest_float", "suggest_uniform", "suggest_loguniform"):
        low = values.get(1, values.get("min_value", values.get("low")))
        high = values.get(2, values.get("max_value", values.get("high")))
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            return Unknown(call.node, choices=(low, high))
    if name == "Boolean":
        return Unknown(call.node, choices=(True, False))
    return call.unknown


def _call_ref(interpreter: Interpreter, ref: Ref, call: Call) -> object:
    path = ref.path
    if path[0] == "builtins":
        return _builtin(interpreter, path[1], call)
    if ref.is_keras:
        return _call_keras(interpreter, ref, call)
    dotted = ".".join(path)
    known = array_functions.FUNCTIONS.get(dotted)
    if known is not None:
        return known(call)
    if path[:2] == ("sklearn", "datasets"):
        dataset = datasets.sklearn_dataset(path[-1], call)
        return call.unknown if dataset is None else dataset
    if dotted == "functools.partial" and call.arguments and call.arguments[0].key == 0:
        return Partial(call.arguments[0].value, [_shift_position(a, -1) for a in call.arguments[1:]])
    if path[-1] == "ArgumentParser":
        return Instance(None, {"__parser__": True})
    if path[-1].startswith("DEFINE_"):
        name, default = call.value(0, "name"), call.value(1, "default", "default_value")
        if isinstance(name, str):
            interpreter.flags[name] = default if default is not None else Unknown(text=f"FLAGS.{name}")
        return None
    if path[0] in ("math", "numpy") and len(path) == 2:
        return _math_function(path[1], call)
    if path[0] == "collections" and path[-1] == "OrderedDict" and not call.arguments:
        return Dict()
    if path[-1][:1].isupper():
        # A class of another package; whether it is a layer depends on where it is used.
        return CustomObject(path[-1], call.node)
    return call.unknown


def _call_keras(interpreter: Interpreter, ref: Ref, call: Call) -> object:
    name = ref.name
    if name == "Sequential":
        return _create_sequential(interpreter, ref, call)
    if name == "load_data" and len(ref.path) > 2:
        return datasets.keras_dataset(ref.path[-2], call, interpreter.data_format == "channels_first")
    if name == "to_categorical":
        return array_functions.to_categorical(call)
    known = array_functions.FUNCTIONS.get(".".join(ref.path))
    if known is not None:
        return known(call)
    if name in ("set_image_dim_ordering", "set_image_data_format"):
        value = call.value(0, "dim_ordering", "data_format")
        interpreter.data_format = "channels_first" if value in ("th", "channels_first") else None
        return None
    if name == "image_dim_ordering":
        return "th" if interpreter.data_format == "channels_first" else "tf"
    if name == "image_data_format":
        return interpreter.data_format or "channels_last"
    if name in ("set_policy", "set_global_policy", "set_dtype_policy"):
        interpreter.policy = call.argument(0, "policy", "dtype_policy")
        return None
    if name == "backend" and len(call.arguments) == 0:
        return "tensorflow"
    if name in ("multi_gpu_model", "clone_model") and call.arguments:
        return call.arguments[0].value
    if name in ("Policy", "DTypePolicy") and call.arguments:
        return call.arguments[0].value
    if name in INPUTS:
        return KerasCall(ref, call)
    if name in ("Model", "Functional"):
        return CustomObject("Model", call.node, "model")
    if name == "get" and len(ref.path) > 2 and call.arguments:
        return call.arguments[0].value
    if name == "pad_sequences":
        return _pad_sequences(call)
    family = family_of(ref)
    if family is not None and family != "datasets":
        return KerasCall(ref, call)
    return call.unknown


def _pad_sequences(call: Call) -> object:
    value, length = call.value(0, "sequences"), call.value(1, "maxlen")
    samples: object = value.shape[0] if isinstance(value, Array) and value.shape else call.unknown
    if isinstance(value, (List, Dict)) or length is None:
        length = length if length is not None else call.unknown
    return (
        Array((samples, length), "int32", None, node=call.node) if isinstance(length, (int, Unknown)) else call.unknown
    )


def _create_sequential(interpreter: Interpreter, ref: Ref, call: Call) -> Model:
    model = Model(call.node, ref)
    state = ModelState()
    layers = call.argument(0, "layers")
    name = call.argument(1, "name")
    if name is not None:
        model.name, model.name_node = name.value, name.node
    if layers is not None and layers.value is not None:
        items = iterate(layers.value)
        if items is None:
            state.doubts = (Doubt("unknown-layers", layers.node, Unknown(layers.node).text),)
        else:
            stacks: list[tuple[LayerEntry, ...]] = [()]
            for entry in _entries(items, layers.node):
                stacks = [(*stack, each) for stack in stacks for each in _alternatives(entry)][:MAX_STATES]
            interpreter.begin_model(model, *(state.copy(layers=stack) for stack in stacks))
            return model
    interpreter.begin_model(model, state)
    return model


def _alternatives(entry: LayerEntry) -> list[LayerEntry]:
    """A layer that is one of several, `Dropout(0.2) if deep else Flatten()`, as each of them."""
    values = entry.value.values if isinstance(entry.value, Either) else (entry.value,)
    if not all(isinstance(value, KerasCall) for value in values):
        return [entry]
    return [LayerEntry(value, entry.node) for value in values]


def _entries(items: Sequence[object], node: ast.AST) -> list[LayerEntry]:
    return [LayerEntry(item, each) for item, each in zip(items, element_nodes(node, len(items)))]


# Methods.

_IGNORED_METHODS = frozenset(
    "summary load_weights save save_weights reset_states evaluate set_weights add_loss export".split()
)


_USING_METHODS = ("evaluate", "load_weights", "set_weights", "train_on_batch")
"""Methods that say whether a compiled model is trained or evaluated."""

_ADD_ARGUMENTS = ("layer", "layer_instance", "rebuild")
"""The arguments of `Sequential.add`, in any version."""


def _method(interpreter: Interpreter, receiver: object, name: str, call: Call) -> object:
    if isinstance(receiver, Model):
        return _model_method(interpreter, receiver, name, call)
    if isinstance(receiver, ModelLayers) and name in MUTATING_METHODS:
        interpreter.doubt_layers(receiver.owner, call.node)
    if isinstance(receiver, List):
        return _list_method(interpreter, receiver, name, call)
    if isinstance(receiver, Dict):
        return _dict_method(interpreter, receiver, name, call)
    if isinstance(receiver, Array):
        return array_values.method(receiver, name, call)
    if isinstance(receiver, Dataset):
        return dataset_method(interpreter, receiver, name, call)
    if isinstance(receiver, CustomObject) and receiver.name in ENCODERS:
        return encoder_method(interpreter, receiver, name, call)
    if isinstance(receiver, CustomObject):
        return _scaler_method(receiver, name, call)
    if isinstance(receiver, str):
        return _string_method(receiver, name, call)
    if isinstance(receiver, KerasCall) and name == "adapt":
        interpreter.journal.set_item(receiver.attributes, "adapted", Argument("adapted", True, call.node))
        return None
    if isinstance(receiver, Instance) and "__parser__" in receiver.attributes:
        return _parser_method(interpreter, receiver, name, call)
    return call.unknown


def _scaler_method(receiver: CustomObject, name: str, call: Call) -> object:
    """Samples transformed by a scaler of scikit-learn, which keeps their shape."""
    value = call.value(0, "X")
    if receiver.name not in _SCALERS or name not in ("fit_transform", "transform") or not isinstance(value, Array):
        return call.unknown
    creation = receiver.node
    by_default = isinstance(creation, ast.Call) and not creation.args and not creation.keywords
    # Samples on which the scaler was not fitted can be out of its range.
    bounds = (0, 1) if receiver.name == "MinMaxScaler" and by_default and name == "fit_transform" else None
    return Array(value.shape, "float64", bounds, node=value.node)


_SCALERS = ("StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "QuantileTransformer", "PowerTransformer")


_MAX_REPETITIONS = 4
"""Maximum number of times that a call of `compile` or `fit` in a loop is read, with other arguments each time."""


def _add_call(state: ModelState, invocation: Invocation) -> ModelState:
    """The state after a call of `compile` or `fit`; the same call with the same arguments in a loop counts once."""
    earlier = [other for other in state.calls if other.node is invocation.node]
    since = next((at for at, other in reversed([*enumerate(state.calls)]) if other.method == "compile"), 0)
    recent = state.calls[since:] if invocation.method != "compile" else state.calls[since : since + 1]
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


def _trainable_values(model: Model, depth: int = 0) -> dict[int, object]:
    """What the program has assigned to `trainable` of the layers of a model so far, by the identity of the layer."""
    values: dict[int, object] = {}
    for value in {id(entry.value): entry.value for state in model.states for entry in state.layers}.values():
        if isinstance(value, KerasCall) and "trainable" in value.attributes:
            values[id(value)] = value.attributes["trainable"]
        elif isinstance(value, Model) and depth < MAX_NESTED_MODELS:
            values |= _trainable_values(value, depth + 1)
    return values


def _model_method(interpreter: Interpreter, model: Model, name: str, call: Call) -> object:
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
    if name in _USING_METHODS:
        _change_states(interpreter, model, lambda state: state.copy(used=state.used | {name}))
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
        _change_states(interpreter, model, lambda state: _add_call(state, invocation))
        return None if name == "compile" else call.unknown
    if name in ("predict", "predict_classes"):
        return call.unknown
    if name == "get_layer":
        return _get_layer(model, call)
    return None if name in _IGNORED_METHODS else call.unknown


def _get_layer(model: Model, call: Call) -> object:
    """The layer that `model.get_layer` returns, by the name given in its call or by index."""
    values = {argument.key: argument.value for argument in call.arguments}
    name, index = values.get("name", values.get(0)), values.get("index", values.get(1))
    layers = model_layers(model) or []
    if is_integer(index) and -len(layers) <= index < len(layers):
        return layers[index]
    named = [each for each in layers if isinstance(each, KerasCall) and _layer_name(each) == name]
    return named[0] if len(named) == 1 and isinstance(name, str) else call.unknown


def _layer_name(layer: KerasCall) -> object:
    name = layer.argument("name")
    return name.value if name is not None else None


def _change_states(interpreter: Interpreter, model: Model, change: Callable[[ModelState], ModelState]) -> None:
    interpreter.journal.set_attribute(model, "states", tuple(change(state) for state in model.states))


def _list_method(interpreter: Interpreter, value: List, name: str, call: Call) -> object:
    arguments = call.positional
    items = value.items
    if name == "append" and arguments:
        interpreter.journal.set_attribute(value, "items", (*items, arguments[0]))
        return None
    if name == "extend" and arguments:
        more = iterate(arguments[0])
        if more is None:
            forget_items(interpreter.journal, value, call.unknown)
        else:
            interpreter.journal.set_attribute(value, "items", (*items, *more))
        return None
    if name == "insert" and len(arguments) == 2 and is_integer(arguments[0]):
        changed = list(items)
        changed.insert(arguments[0], arguments[1])
        interpreter.journal.set_attribute(value, "items", tuple(changed))
        return None
    if name == "pop" and value.unknown is None and items:
        at = arguments[0] if arguments else -1
        if is_integer(at) and -len(items) <= at < len(items):
            at %= len(items)
            interpreter.journal.set_attribute(value, "items", items[:at] + items[at + 1 :])
            return items[at]
    if name == "copy" and value.unknown is None:
        return List(items)
    if name == "reverse":
        interpreter.journal.set_attribute(value, "items", items[::-1])
        return None
    if name in ("sort", "clear", "remove", "insert", "pop"):
        forget_items(interpreter.journal, value, call.unknown)
        return call.unknown
    if name == "index" and arguments and arguments[0] in items and isinstance(arguments[0], (int, str, float)):
        return items.index(arguments[0])
    return call.unknown


def _dict_method(interpreter: Interpreter, value: Dict, name: str, call: Call) -> object:
    arguments = call.positional
    if value.unknown is not None:
        return call.unknown
    items = value.items
    if name in ("get", "pop", "setdefault") and arguments and isinstance(arguments[0], (str, int, float)):
        key = arguments[0]
        item = items.get(key, arguments[1] if len(arguments) > 1 else None)
        if name == "pop":
            interpreter.journal.set_attribute(value, "items", {k: v for k, v in items.items() if k != key})
        return item
    if name == "items":
        return List(list(items.items()))
    if name == "keys":
        return List(list(items))
    if name == "values":
        return List(list(items.values()))
    if name == "copy":
        return Dict(dict(items))
    if name == "update":
        more = (
            arguments[0].items
            if arguments and isinstance(arguments[0], Dict) and arguments[0].unknown is None
            else None
        )
        named = call.keywords
        if more is None and arguments:
            forget_items(interpreter.journal, value, call.unknown)
        else:
            interpreter.journal.set_attribute(value, "items", {**items, **(more or {}), **named})
        return None
    return call.unknown


_STRING_METHODS = frozenset(
    "lower upper strip lstrip rstrip title capitalize startswith endswith replace split".split()
)


def _string_method(value: str, name: str, call: Call) -> object:
    arguments = [a.value for a in call.arguments]
    if name == "format" and all(isinstance(v, (str, int, float)) for v in arguments):
        import re

        if not re.search(r"\{[^}]*(\d{4,}|\.|\[|\{)", value):
            try:
                text = value.format(*call.positional, **{str(key): item for key, item in call.keywords.items()})
                return text if len(text) <= MAX_ITEMS else call.unknown
            except (ValueError, LookupError, TypeError, OverflowError):
                return call.unknown
    if name in _STRING_METHODS and all(isinstance(v, str) for v in arguments) and len(value) <= MAX_ITEMS:
        try:
            result = getattr(value, name)(*arguments)
        except (TypeError, ValueError):
            return call.unknown
        if isinstance(result, list):
            return List(result[:MAX_ITEMS])
        return result if not isinstance(result, str) or len(result) <= MAX_ITEMS else call.unknown
    if name == "join" and arguments and isinstance(arguments[0], (List, tuple)):
        items = arguments[0].items if isinstance(arguments[0], List) else arguments[0]
        if are_strings(items):
            text = value.join(items)
            return text if len(text) <= MAX_ITEMS else call.unknown
    return call.unknown


def _parser_method(interpreter: Interpreter, parser: Instance, name: str, call: Call) -> object:
    if name == "add_argument":
        words = [a.value for a in call.arguments if isinstance(a.key, int) and isinstance(a.value, str)]
        named = call.keywords
        word = next((w for w in words if w.startswith("--")), words[0] if words else "")
        key = named.get("dest") or word.lstrip("-").replace("-", "_")
        action = named.get("action")
        default = named.get(
            "default", {"store_true": False, "store_false": True}.get(action if isinstance(action, str) else "")
        )
        missing = "default" not in named and action not in ("store_true", "store_false")
        if isinstance(key, str) and key:
            value = (
                Unknown(text=f"args.{key}") if missing and (not word.startswith("-") or default is None) else default
            )
            kind = named.get("type")
            if isinstance(value, str) and isinstance(kind, Ref):
                value = _convert(kind.name, value, call.node)
            interpreter.journal.set_item(parser.attributes, key, value)
        return call.unknown
    if name in ("parse_args", "parse_known_args"):
        values = {key: value for key, value in parser.attributes.items() if key != "__parser__"}
        namespace = Instance(None, values)
        return namespace if name == "parse_args" else (namespace, call.unknown)
    if name == "set_defaults":
        for argument in call.arguments:
            if isinstance(argument.key, str):
                interpreter.journal.set_item(parser.attributes, argument.key, argument.value)
        return None
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return parser
    return call.unknown


# Functions of Python.


def _convert(name: str, value: object, node: ast.AST) -> object:
    try:
        if name == "int" and isinstance(value, (int, float, str)):
            return int(value) if not isinstance(value, str) or len(value) < 20 else Unknown(node)
        if name == "float" and isinstance(value, (int, float, str)):
            return float(value)
        if name == "str" and isinstance(value, (int, float, str, bool)):
            return str(value)
        if name == "bool" and isinstance(value, (int, float, bool)):
            return bool(value)
    except (ValueError, OverflowError):
        pass
    return Unknown(node)


def _builtin(interpreter: Interpreter, name: str, call: Call) -> object:
    arguments = call.positional
    if name == "super":
        return _super(call.env)
    if (
        name in ("int", "round")
        and arguments
        and isinstance(arguments[0], Unknown)
        and arguments[0].formula is not None
    ):
        return Unknown(call.node, formula=arguments[0].formula)
    if name in ("int", "float", "str", "bool") and arguments:
        return _convert(name, arguments[0], call.node)
    if name in ("list", "tuple", "set", "sorted", "reversed", "enumerate", "zip", "dict", "map", "filter"):
        return _container(interpreter, name, arguments, call)
    if name == "range" and 1 <= len(arguments) <= 3 and are_integers(arguments):
        return range(*arguments) if len(arguments) < 3 or arguments[2] != 0 else call.unknown
    if name == "len" and arguments:
        return _length(interpreter, arguments[0], call.node)
    if name in ("max", "min", "sum", "abs", "round", "pow", "divmod"):
        return _calculate(interpreter, name, arguments, call)
    if name == "print":
        return None
    if name == "getattr" and len(arguments) >= 2 and isinstance(arguments[1], str):
        from seqspec.programs.expressions import attribute

        return attribute(interpreter, arguments[0], arguments[1], call.node)
    if name == "isinstance" and len(arguments) == 2:
        return _isinstance(arguments[0], arguments[1], call.node)
    if name == "vars" and arguments and isinstance(arguments[0], Instance):
        return Dict(dict[object, object](arguments[0].attributes.items()))
    return call.unknown


def _super(env: Environment | None) -> object:
    owner = env
    while owner is not None:
        value = owner.variables.get("self")
        if isinstance(value, Instance):
            model = value.attributes.get("__model__")
            return model if isinstance(model, Model) else Unknown(text="super()")
        owner = owner.outer
    return Unknown(text="super()")


def _isinstance(value: object, kinds: object, node: ast.AST) -> object:
    names = [k.name for k in (kinds if isinstance(kinds, tuple) else (kinds,)) if isinstance(k, Ref)]
    if not names or isinstance(value, (Unknown, Either, Array)):
        return Unknown(node)
    type_names = {bool: "bool", int: "int", float: "float", str: "str", tuple: "tuple", List: "list", Dict: "dict"}
    name = value.ref.name if isinstance(value, KerasCall) else type_names.get(type(value))
    if name is None:
        return Unknown(node)
    return name in names or (name == "bool" and "int" in names)


def _length(interpreter: Interpreter, value: object, node: ast.AST) -> object:
    if isinstance(value, Array) and value.shape:
        return value.shape[0]
    if isinstance(value, range) and abs(value.stop - value.start) < 2**62:
        return len(value)
    items = iterate(value)
    return Unknown(node) if items is None else len(items)


def _container(interpreter: Interpreter, name: str, arguments: list[object], call: Call) -> object:
    if name == "dict":
        named = call.keywords
        if not arguments:
            return Dict(dict(named))
        if isinstance(arguments[0], Dict) and arguments[0].unknown is None:
            return Dict({**arguments[0].items, **named})
        return call.unknown
    if name == "map" and len(arguments) == 2:
        items = iterate(arguments[1])
        if items is not None and len(items) <= MAX_ITEMS and isinstance(arguments[0], (Function, Ref)):
            calls = [Call([Argument(0, item, call.node)], call.node) for item in items]
            return List([call_value(interpreter, arguments[0], each) for each in calls])
        return call.unknown
    iterables = [iterate(value) for value in arguments]
    if any(items is None for items in iterables) or (not arguments and name not in ("list", "tuple")):
        return call.unknown
    first: Sequence[object] = (iterables[0] or ()) if iterables else ()
    if name in ("list", "tuple"):
        return List(first) if name == "list" else tuple(first)
    if name == "reversed":
        return List(list(first)[::-1])
    if name == "enumerate":
        start = next((a.value for a in call.arguments if a.key in (1, "start")), 0)
        return List(list(enumerate(first, start))) if is_integer(start) else call.unknown
    if name == "zip":
        return List(list(zip(*[items for items in iterables if items is not None])))
    if not are_numbers(first) and not are_strings(first):
        return call.unknown
    if name == "set":
        return List(list(dict.fromkeys(first)))
    if name == "sorted":
        reverse = call.value("reverse") is True
        return List(sorted(first, reverse=reverse))
    return call.unknown


def _calculate(interpreter: Interpreter, name: str, numbers: list[object], call: Call) -> object:
    if len(numbers) == 1 and name in ("max", "min", "sum"):
        items = iterate(numbers[0])
        if items is None or any(a.key == "key" for a in call.arguments):
            return call.unknown
        numbers = list(items)
    if not numbers or not are_numbers(numbers):
        return call.unknown
    try:
        if name in ("max", "min"):
            return max(numbers) if name == "max" else min(numbers)
        if name == "sum":
            return sum(numbers)
        if name == "abs":
            return abs(numbers[0])
        if name == "round":
            digits = numbers[1] if len(numbers) > 1 else None
            return round(numbers[0], digits) if digits is None or is_integer(digits) else call.unknown
        if name == "pow" and len(numbers) == 2 and abs(numbers[1]) < 64 and abs(numbers[0]) < 2**20:
            return pow(numbers[0], numbers[1])
        if name == "divmod" and len(numbers) == 2:
            return divmod(numbers[0], numbers[1])
    except (ArithmeticError, TypeError, ValueError):
        pass
    return call.unknown


_MATHEMATICS: dict[str, Callable[[float], float]] = {
    "sqrt": sqrt, "floor": floor, "ceil": ceil, "log": log, "log2": log2,
}  # fmt: skip


def _math_function(name: str, call: Call) -> object:
    arguments = [a.value for a in call.arguments]
    if name in ("max", "min", "sum") and len(arguments) == 1 and isinstance(arguments[0], (List, tuple)):
        arguments = list(arguments[0].items if isinstance(arguments[0], List) else arguments[0])
        if arguments and are_numbers(arguments):
            return max(arguments) if name == "max" else min(arguments) if name == "min" else sum(arguments)
    if name == "arange" and 1 <= len(arguments) <= 3 and are_integers(arguments):
        return range(*arguments) if len(arguments) < 3 or arguments[2] != 0 else call.unknown
    function = _MATHEMATICS.get(name)
    if function is not None and len(arguments) == 1 and isinstance(arguments[0], (int, float)):
        try:
            return function(arguments[0])
        except (ValueError, OverflowError):
            pass
    return call.unknown
