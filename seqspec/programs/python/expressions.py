"""Evaluates expressions of a program, as far as their values are determined by the file alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from seqspec.programs.graphs.functional_models import graph_layers, keras_layers, leaves
from seqspec.programs.keras_api.keras_names import (
    canonical,
    family_of,
    is_input,
    resolve_bare_module,
    resolve_bare_name,
    resolve_star_import,
)
from seqspec.programs.python.assignments import assign
from seqspec.programs.python.functions import call_function, define_function
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.label_encoding import category_codes
from seqspec.programs.python.misused_values import note_shuffled_labels
from seqspec.programs.python.tensor_calls import apply_operator, evaluate_binary
from seqspec.programs.python.tensor_specs import tensor_shape
from seqspec.programs.values import array_values, operators
from seqspec.programs.values.abstract_values import (
    MAX_ITEMS,
    MISSING,
    Argument,
    Array,
    BaseModelLayers,
    BuiltinMethod,
    Call,
    Class,
    CustomValue,
    Dict,
    Either,
    Environment,
    FunctionValue,
    InputPipeline,
    Instance,
    KerasCall,
    List,
    LoopIndex,
    Method,
    ModelValue,
    Ref,
    SequentialLayers,
    SliceWindow,
    Unknown,
    UnknownLayer,
    is_integer,
    is_range_call,
    item_node,
    iterate,
    offset_from_index,
)
from seqspec.programs.values.data_loaders import ATTRIBUTES as DATASET_ATTRIBUTES
from seqspec.programs.values.tensors import SHAPE_ATTRIBUTES, SymbolicTensor, base_input, base_output, is_tensor

MAX_OPERATIONS = 100
"""Maximum nesting of arithmetic operations, such as a sum of many terms."""

BUILTINS = frozenset(
    "abs all any bool dict divmod enumerate filter float format getattr hasattr int isinstance len list map max min "
    "open pow print range reversed round set setattr sorted str sum super tuple type vars zip object input".split()
)
_WIDE_FORMAT = re.compile(r"\d{4,}|\*|\{[^{}]*\{")


def _constant(interpreter: Interpreter, node: ast.Constant, env: Environment) -> object:
    value = node.value
    if isinstance(value, str) and not value.isascii() and not _is_text(value):
        return Unknown(node)
    return Unknown(node) if isinstance(value, (bytes, complex)) or value is ... else value


def _is_text(value: str) -> bool:
    """Whether a string can be written as UTF-8: lone surrogates cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _name(interpreter: Interpreter, node: ast.Name, env: Environment) -> object:
    name = node.id
    holder = env.holder(name)
    if holder is not None:
        return holder[name]
    if name in BUILTINS:
        return Ref(("builtins", name), "builtins")
    if name == "__name__":
        return "__main__"
    for module in reversed(env.modules):
        ref = resolve_star_import(module, name)
        if ref is not None:
            return ref
    return resolve_bare_name(name) or resolve_bare_module(name) or Unknown(node)


def _attribute(interpreter: Interpreter, node: ast.Attribute, env: Environment) -> object:
    return attribute(interpreter, interpreter.evaluate(node.value, env), node.attr, node)


def attribute(interpreter: Interpreter, value: object, name: str, node: ast.expr) -> object:
    """An attribute of a value."""
    value = array_values.as_array(value, node)
    if isinstance(value, Ref):
        if value.path[-1] == "FLAGS":
            return interpreter.flags.get(name, Unknown(node))
        return Ref(canonical((*value.path, name)).path, value.source)
    if isinstance(value, Instance):
        return _instance_attribute(interpreter, value, name, node)
    if isinstance(value, Class):
        member = value.find(name)
        return Unknown(node) if member is MISSING else member
    if isinstance(value, ModelValue):
        return _model_attribute(value, name, node)
    if isinstance(value, SymbolicTensor) or (is_tensor(value) and name in SHAPE_ATTRIBUTES):
        is_shape = name in SHAPE_ATTRIBUTES
        return _shape_attribute(interpreter, value, name, node) if is_shape else BuiltinMethod(value, name)
    if name == "value" and (value is None or is_integer(value)):
        # A size of TensorFlow 1.
        return value
    if isinstance(value, KerasCall):
        if name == "layers":
            return BaseModelLayers([value])
        if name in ("input", "inputs", "output", "outputs"):
            return _layer_tensor(value, name, node)
        if name in value.attributes:
            assigned = value.attributes[name]
            return assigned.value if isinstance(assigned, Argument) else assigned
        argument = value.argument(name)
        return argument.value if argument is not None else BuiltinMethod(value, name)
    if isinstance(value, Array):
        return array_values.attribute(value, name, node)
    if isinstance(value, Either):
        return interpreter.either([attribute(interpreter, element, name, node) for element in value.values], node)
    if isinstance(value, UnknownLayer) and name in ("output", "outputs"):
        return _unknown_layer_output(value, node)
    if name == "codes" and isinstance(value, (Unknown, CustomValue)):
        return category_codes(node)
    if isinstance(value, InputPipeline) and name in DATASET_ATTRIBUTES:
        note_shuffled_labels(interpreter, value, name, node)
        return Unknown(node)
    if isinstance(value, (Unknown, FunctionValue, Method)):
        return Unknown(node)
    return BuiltinMethod(value, name)


def _shape_attribute(interpreter: Interpreter, value: SymbolicTensor | KerasCall, name: str, node: ast.expr) -> object:
    shape = tensor_shape(interpreter, value, node)
    if name in ("shape", "_keras_shape"):
        return shape
    return len(shape) if name in ("ndim", "rank") and isinstance(shape, tuple) else Unknown(node)


def _layer_tensor(layer: KerasCall, name: str, node: ast.expr) -> object:
    """The input or output of a base model, or of the only call of a layer."""
    if family_of(layer.ref) == "applications":
        return base_input(layer) if name.startswith("input") else base_output(layer)
    call = layer.output
    if not isinstance(call, SymbolicTensor):
        return Unknown(node)
    return call if name.startswith("output") else call.inputs[0] if len(call.inputs) == 1 else Unknown(node)


def _unknown_layer_output(layer: UnknownLayer, node: ast.expr) -> object:
    """The output of a layer of a model, which depends on the inputs of the model."""
    owner = layer.owner
    if isinstance(owner, KerasCall):
        inputs = [base_input(owner)] if family_of(owner.ref) == "applications" else []
    else:
        inputs = leaves(owner.tensors[0]) if owner is not None and owner.tensors is not None else []
    return SymbolicTensor(Unknown(node), inputs, node) if inputs and all(map(is_tensor, inputs)) else Unknown(node)


def _instance_attribute(interpreter: Interpreter, value: Instance, name: str, node: ast.expr) -> object:
    if name in value.attributes:
        return value.attributes[name]
    if value.cls is None:
        return BuiltinMethod(value, name) if "__parser__" in value.attributes else Unknown(node)
    member = value.cls.find(name)
    if isinstance(member, FunctionValue):
        if member.kind == "property":
            return call_function(interpreter, member, [Argument(0, value, node)], node)
        if member.kind == "class":
            return Method(value.cls, member)
        return member if member.kind == "static" else Method(value, member)
    if member is not MISSING:
        return member
    model = value.attributes.get("__model__")
    return _model_attribute(model, name, node) if isinstance(model, ModelValue) else Unknown(node)


def _model_attribute(value: ModelValue, name: str, node: ast.expr) -> object:
    if name == "layers":
        layers = keras_layers(value) if value.kind != "sequential" else model_layers(value)
        if layers is None and value.kind != "sequential":
            return graph_layers(value)
        return SequentialLayers(value, layers) if layers is not None else Unknown(node)
    if name in ("input", "inputs", "output", "outputs"):
        tensors = value.tensors
        if value.kind == "sequential":
            tensors = (base_input(value), base_output(value))
        if tensors is None:
            return Unknown(node)
        tensor = tensors[not name.startswith("input")]
        return List([tensor]) if name.endswith("s") and isinstance(tensor, (SymbolicTensor, KerasCall)) else tensor
    return BuiltinMethod(value, name)


def model_layers(model: ModelValue) -> list[object] | None:
    """The layers of a `Sequential` without its input, as its `layers` in Keras; None where they are not known."""
    stacks = {state.layers for state in model.states}
    if len(stacks) != 1:
        return None
    layers = [entry.value for entry in stacks.pop()]
    return layers[1:] if layers and is_input(layers[0]) else layers


def _call(interpreter: Interpreter, node: ast.Call, env: Environment) -> object:
    function = interpreter.evaluate(node.func, env)
    return interpreter.call(function, evaluate_arguments(interpreter, node, env))


def evaluate_arguments(interpreter: Interpreter, node: ast.Call, env: Environment) -> Call:
    """The arguments of a call."""
    arguments: list[Argument] = []
    open_text: str | None = None
    position = 0
    for expression in node.args:
        if isinstance(expression, ast.Starred):
            items = iterate(interpreter.evaluate(expression.value, env))
            if items is None:
                open_text = Unknown(expression).text
                continue
            for item in items:
                arguments.append(Argument(position, item, expression, spread=True))
                position += 1
        else:
            arguments.append(Argument(position, interpreter.evaluate(expression, env), expression))
            position += 1
    for keyword in node.keywords:
        value = interpreter.evaluate(keyword.value, env)
        if keyword.arg is not None:
            arguments.append(Argument(keyword.arg, value, keyword.value, keyword))
        elif isinstance(value, Dict) and value.unknown is None:
            for key, item in value.items.items():
                if isinstance(key, str):
                    arguments.append(Argument(key, item, item_node(keyword.value, key), spread=True))
        else:
            open_text = "**" + Unknown(keyword.value).text
    return Call(arguments, node, open_text, env)


def _sequence(interpreter: Interpreter, node: ast.List | ast.Tuple, env: Environment) -> object:
    items: list[object] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            more = iterate(interpreter.evaluate(element.value, env))
            if more is None:
                return Unknown(node)
            items += more
        else:
            items.append(interpreter.evaluate(element, env))
    return tuple(items) if isinstance(node, ast.Tuple) else List(items)


def _dict(interpreter: Interpreter, node: ast.Dict, env: Environment) -> object:
    items: dict[object, object] = {}
    for key_node, value_node in zip(node.keys, node.values):
        value = interpreter.evaluate(value_node, env)
        if key_node is None:
            if not isinstance(value, Dict) or value.unknown is not None:
                return Unknown(node)
            items |= value.items
            continue
        key = interpreter.evaluate(key_node, env)
        if not isinstance(key, (str, int, float, bool, type(None))):
            return Unknown(node)
        items[key] = value
    return Dict(items)


def _binary(interpreter: Interpreter, node: ast.BinOp, env: Environment) -> object:
    if interpreter.operations >= MAX_OPERATIONS:
        return Unknown(node)
    interpreter.operations += 1
    try:
        left, right = interpreter.evaluate(node.left, env), interpreter.evaluate(node.right, env)
    finally:
        interpreter.operations -= 1
    return evaluate_binary(interpreter, node.op, left, right, node)


def _unary(interpreter: Interpreter, node: ast.UnaryOp, env: Environment) -> object:
    value = interpreter.evaluate(node.operand, env)
    if isinstance(node.op, ast.USub) and is_tensor(value):
        return apply_operator(interpreter, "neg", node, value)
    if isinstance(node.op, ast.USub) and isinstance(value, Array):
        return array_values.arithmetic(ast.Mult(), value, -1, node)
    if isinstance(node.op, ast.Not):
        known = operators.truth_value(value)
        return Unknown(node) if known is None else not known
    if isinstance(value, (int, float)):
        if isinstance(node.op, ast.USub):
            return -value
        if isinstance(node.op, ast.UAdd):
            return +value
        if isinstance(value, int):
            return ~value
    return Unknown(node)


def _boolean(interpreter: Interpreter, node: ast.BoolOp, env: Environment) -> object:
    is_or = isinstance(node.op, ast.Or)
    unknown = False
    value: object = None
    for operand in node.values:
        value = interpreter.evaluate(operand, env)
        known = operators.truth_value(value)
        if known is None:
            unknown = True
        elif known is is_or:
            return value if not unknown or not is_or else Unknown(node)
    return Unknown(node) if unknown else value


def _compare(interpreter: Interpreter, node: ast.Compare, env: Environment) -> object:
    left = interpreter.evaluate(node.left, env)
    if isinstance(left, Array) and len(node.ops) == 1 and isinstance(node.ops[0], _ELEMENTWISE):
        interpreter.evaluate(node.comparators[0], env)
        return array_values.compare(left)
    outcome: bool | None = True
    for operator, operand in zip(node.ops, node.comparators):
        right = interpreter.evaluate(operand, env)
        result = operators.compare(operator, left, right)
        outcome = False if result is False else outcome and result
        left = right
    return Unknown(node) if outcome is None else outcome


def _conditional(interpreter: Interpreter, node: ast.IfExp, env: Environment) -> object:
    known = operators.truth_value(interpreter.evaluate(node.test, env))
    if known is not None:
        return interpreter.evaluate(node.body if known else node.orelse, env)
    return interpreter.either([interpreter.evaluate(node.body, env), interpreter.evaluate(node.orelse, env)], node)


def _subscript(interpreter: Interpreter, node: ast.Subscript, env: Environment) -> object:
    value = interpreter.evaluate(node.value, env)
    if is_tensor(value):
        return apply_operator(interpreter, "getitem", node, value, *_indices(interpreter, node.slice, env))
    return array_values.part_of(value, node.slice, _indexed(interpreter, value, node, env))


def _indexed(interpreter: Interpreter, value: object, node: ast.Subscript, env: Environment) -> object:
    if isinstance(node.slice, ast.Slice):
        part = _slice(interpreter, node.slice, env)
        if part is None and isinstance(value, Array):
            window = _window(interpreter, node.slice, env)
            return array_values.with_length(value, Unknown(node) if window is None else window.length)
        return Unknown(node) if part is None else operators.take_slice(value, part, node)
    if isinstance(node.slice, ast.Tuple) and isinstance(value, Array):
        return array_values.item(value, tuple(_index_part(interpreter, elt, env) for elt in node.slice.elts), node)
    if isinstance(node.slice, ast.Tuple) and isinstance(value, Unknown) and array_values.is_table(value):
        return array_values.columns(tuple(_index_part(interpreter, elt, env) for elt in node.slice.elts), node)
    key = interpreter.evaluate(node.slice, env)
    named = array_values.named_columns(key, node) if isinstance(value, Unknown) else None
    return named if named is not None else _item(interpreter, value, key, node)


def _item(interpreter: Interpreter, value: object, key: object, node: ast.Subscript) -> object:
    if isinstance(value, Either):
        return interpreter.either([_item(interpreter, element, key, node) for element in value.values], node)
    return operators.item(value, key, node)


def _indices(interpreter: Interpreter, node: ast.expr, env: Environment) -> list[object]:
    """The parts of the index of a tensor."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [_index_part(interpreter, part, env) for part in parts]


def _slice(interpreter: Interpreter, node: ast.Slice, env: Environment) -> slice | None:
    """A slice; None where it is not known."""
    parts = [None if part is None else interpreter.evaluate(part, env) for part in (node.lower, node.upper, node.step)]
    return slice(*parts) if all(part is None or is_integer(part) for part in parts) else None


def _window(interpreter: Interpreter, node: ast.Slice, env: Environment) -> SliceWindow | None:
    """A slice of known length whose ends depend on a loop index."""
    if node.lower is None or node.upper is None or node.step is not None:
        return None
    ends = [offset_from_index(interpreter.evaluate(part, env)) for part in (node.lower, node.upper)]
    lower, upper = ends
    if lower is None or upper is None or lower[0] is not upper[0] or upper[1] <= lower[1]:
        return None
    return SliceWindow(upper[1] - lower[1])


def _index_part(interpreter: Interpreter, node: ast.expr, env: Environment) -> object:
    """A part of the index of an array: `:`, `...`, a number; None for a new axis."""
    if isinstance(node, ast.Slice):
        return _slice(interpreter, node, env) or _window(interpreter, node, env) or Unknown(node)
    if isinstance(node, ast.Constant) and node.value is ...:
        return ...
    value = interpreter.evaluate(node, env)
    return None if isinstance(value, Ref) and value.name == "newaxis" else value


def _f_string(interpreter: Interpreter, node: ast.JoinedStr, env: Environment) -> object:
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            value = interpreter.evaluate(part.value, env)
            spec = interpreter.evaluate(part.format_spec, env) if part.format_spec is not None else ""
            if not isinstance(value, (str, int, float)) or not isinstance(spec, str) or _WIDE_FORMAT.search(spec):
                return Unknown(node)
            try:
                text += format(value, spec) if part.conversion != 114 else repr(value)
            except (ValueError, OverflowError):
                return Unknown(node)
        if len(text) > MAX_ITEMS:
            return Unknown(node)
    return text


def _comprehension(
    interpreter: Interpreter, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, env: Environment
) -> object:
    items: list[object] = []
    inner = Environment(env)
    for _ in _bindings(interpreter, node.generators, inner):
        if _ is None or len(items) > MAX_ITEMS:
            return _similar_items(interpreter, node, inner)
        items.append(interpreter.evaluate(node.elt, inner))
    return List(items)


def _similar_items(
    interpreter: Interpreter, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, env: Environment
) -> object:
    """A list of unknown length, such as of windows `[series[i : i + 24] for i in range(n)]`, if an item is an array."""
    unknown = Unknown(node)
    first = node.generators[0]
    if not isinstance(node, ast.ListComp) or len(node.generators) > 1 or first.ifs or not is_range_call(first.iter):
        return unknown
    assign(interpreter, first.target, LoopIndex(first.target), env)
    element = interpreter.evaluate(node.elt, env)
    if not isinstance(element, Array) or element.shape is None:
        return unknown
    similar = List()
    similar.unknown, similar.element = unknown, element
    return similar


def _dict_comprehension(interpreter: Interpreter, node: ast.DictComp, env: Environment) -> object:
    items: dict[object, object] = {}
    inner = Environment(env)
    for _ in _bindings(interpreter, node.generators, inner):
        key = interpreter.evaluate(node.key, inner) if _ else None
        if _ is None or len(items) > MAX_ITEMS or not isinstance(key, (str, int, float)):
            return Unknown(node)
        items[key] = interpreter.evaluate(node.value, inner)
    return Dict(items)


def _bindings(interpreter: Interpreter, generators: list[ast.comprehension], env: Environment) -> Iterator[bool | None]:
    """Yields True for each evaluation of the element, and None if the items or conditions are unknown."""
    if not generators:
        yield True
        return
    first, *others = generators
    items = iterate(interpreter.evaluate(first.iter, env))
    if items is None:
        yield None
        return
    for item in items:
        assign(interpreter, first.target, item, env)
        conditions = [operators.truth_value(interpreter.evaluate(test, env)) for test in first.ifs]
        if None in conditions:
            yield None
            return
        if all(conditions):
            yield from _bindings(interpreter, others, env)


def _walrus(interpreter: Interpreter, node: ast.NamedExpr, env: Environment) -> object:
    value = interpreter.evaluate(node.value, env)
    assign(interpreter, node.target, value, env)
    return value


def _starred(interpreter: Interpreter, node: ast.Starred, env: Environment) -> object:
    return interpreter.evaluate(node.value, env)


def _yield(interpreter: Interpreter, node: ast.Yield, env: Environment) -> object:
    if node.value is not None:
        interpreter.evaluate(node.value, env)
    interpreter.generators.add(id(env))
    return Unknown(node)


def _set(interpreter: Interpreter, node: ast.Set, env: Environment) -> object:
    inner = node.elts[0]
    if isinstance(inner, ast.Set) and len(inner.elts) == 1 and isinstance(inner.elts[0], ast.Call):
        return _template(interpreter, inner.elts[0], env)
    items = [interpreter.evaluate(element, env) for element in node.elts]
    return List(items) if all(isinstance(item, (str, int, float)) for item in items) else Unknown(node)


def _template(interpreter: Interpreter, node: ast.Call, env: Environment) -> object:
    """The value of a hyperas template such as `{{choice([32, 64])}}` or `{{uniform(0, 1)}}`."""
    arguments = evaluate_arguments(interpreter, node, env).arguments
    values = arguments[0].value if arguments else None
    items = values.items if isinstance(values, List) else tuple(argument.value for argument in arguments)
    known = items and all(isinstance(item, (int, float, str, bool)) for item in items)
    return Unknown(node, choices=items if known else ())


_ELEMENTWISE = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
"""The comparisons that compare an array value by value."""

HANDLERS: dict[type[ast.expr], Callable[[Interpreter, Any, Environment], object]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Dict: _dict,
    ast.Set: _set,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Subscript: _subscript,
    ast.JoinedStr: _f_string,
    ast.Lambda: define_function,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.NamedExpr: _walrus,
    ast.Starred: _starred,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
}
