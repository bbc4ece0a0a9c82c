"""Functions and methods of Python itself: builtins, `math`, and methods of lists, dicts, strings and `argparse`."""

from __future__ import annotations

import ast
import builtins
import math
import re
from collections.abc import Callable, Iterable, Sequence

from seqspec.programs.python.expressions import attribute
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.journal import forget_items
from seqspec.programs.values.abstract_values import (
    MAX_ITEMS,
    Argument,
    Array,
    Call,
    Dict,
    Either,
    Environment,
    FunctionValue,
    Instance,
    KerasCall,
    List,
    ModelValue,
    Ref,
    Unknown,
    are_integers,
    are_numbers,
    are_strings,
    is_integer,
    iterate,
)

_LIST_METHODS = frozenset(("append", "extend", "insert", "pop", "reverse"))
_DICT_VIEWS: dict[str, Callable[[dict[object, object]], Iterable[object]]] = {
    "items": dict.items,
    "keys": dict.keys,
    "values": dict.values,
}
_STRING_METHODS = frozenset(
    "lower upper strip lstrip rstrip title capitalize startswith endswith replace split".split()
)
_UNSAFE_FORMAT = re.compile(r"\{[^}]*(\d{4,}|\.|\[|\{)")
_CONTAINERS = frozenset("list tuple set sorted reversed enumerate zip dict map filter".split())
_MATH_FUNCTIONS = frozenset(("sqrt", "floor", "ceil", "log", "log2"))
_TYPES: dict[type, str] = {
    bool: "bool", int: "int", float: "float", str: "str", tuple: "tuple", List: "list", Dict: "dict",
}  # fmt: skip
_CONVERSIONS: dict[str, tuple[Callable[..., object], tuple[type, ...]]] = {
    "int": (int, (int, float, str)),
    "float": (float, (int, float, str)),
    "str": (str, (int, float, str)),
    "bool": (bool, (int, float)),
}
"""The functions that convert a value, and the types that they accept."""


def list_method(interpreter: Interpreter, value: List, name: str, call: Call) -> object:
    """The result of a method of a list."""
    arguments = call.positional
    if name == "extend" and arguments:
        more = iterate(arguments[0])
        if more is None:
            forget_items(interpreter.journal, value, call.unknown)
            return None
        arguments = [more]
    if name in _LIST_METHODS and (name != "pop" or value.unknown is None):
        items = list(value.items)
        try:
            result = getattr(items, name)(*arguments)
        except (TypeError, IndexError):
            forget_items(interpreter.journal, value, call.unknown)
            return call.unknown
        interpreter.journal.set_attribute(value, "items", tuple(items))
        return result
    if name == "copy" and value.unknown is None:
        return List(value.items)
    if name in ("sort", "clear", "remove", "pop"):
        forget_items(interpreter.journal, value, call.unknown)
    elif name == "index" and arguments and isinstance(arguments[0], (int, str, float)) and arguments[0] in value.items:
        return value.items.index(arguments[0])
    return call.unknown


def dict_method(interpreter: Interpreter, value: Dict, name: str, call: Call) -> object:
    """The result of a method of a dict."""
    if value.unknown is not None:
        return call.unknown
    items, key = value.items, call.value(0)
    if name in ("get", "pop", "setdefault") and isinstance(key, (str, int, float)):
        if name == "pop":
            interpreter.journal.set_attribute(value, "items", {k: v for k, v in items.items() if k != key})
        return items.get(key, call.value(1))
    if name in _DICT_VIEWS:
        return List(tuple(_DICT_VIEWS[name](items)))
    if name == "copy":
        return Dict(dict(items))
    if name != "update":
        return call.unknown
    if not call.positional or (isinstance(key, Dict) and key.unknown is None):
        more = key.items if isinstance(key, Dict) else {}
        interpreter.journal.set_attribute(value, "items", {**items, **more, **call.keywords})
    else:
        forget_items(interpreter.journal, value, call.unknown)
    return None


def string_method(value: str, name: str, call: Call) -> object:
    """The result of a method of a string."""
    arguments = [argument.value for argument in call.arguments]
    result: object = None
    try:
        if name == "format" and all(isinstance(v, (str, int, float)) for v in arguments):
            if not _UNSAFE_FORMAT.search(value):
                result = value.format(*call.positional, **{str(key): item for key, item in call.keywords.items()})
        elif name in _STRING_METHODS and are_strings(arguments) and len(value) <= MAX_ITEMS:
            result = getattr(value, name)(*arguments)
        elif name == "join" and arguments and isinstance(arguments[0], (List, tuple)):
            items = arguments[0].items if isinstance(arguments[0], List) else arguments[0]
            result = value.join(items) if are_strings(items) else None
    except (ValueError, LookupError, TypeError, OverflowError):
        return call.unknown
    if isinstance(result, list):
        return List(result[:MAX_ITEMS])
    return call.unknown if result is None or (isinstance(result, str) and len(result) > MAX_ITEMS) else result


def parser_method(interpreter: Interpreter, parser: Instance, name: str, call: Call) -> object:
    """The result of a method of an `ArgumentParser`, whose options have their defaults."""
    if name == "add_argument":
        _add_option(interpreter, parser, call)
    if name in ("parse_args", "parse_known_args"):
        namespace = Instance(None, {key: value for key, value in parser.attributes.items() if key != "__parser__"})
        return namespace if name == "parse_args" else (namespace, call.unknown)
    if name == "set_defaults":
        for key, value in call.keywords.items():
            interpreter.journal.set_item(parser.attributes, str(key), value)
        return None
    return parser if name in ("add_argument_group", "add_mutually_exclusive_group") else call.unknown


def _add_option(interpreter: Interpreter, parser: Instance, call: Call) -> None:
    flags = [flag for flag in call.positional if isinstance(flag, str)]
    flag = next((flag for flag in flags if flag.startswith("--")), flags[0] if flags else "")
    options = call.keywords
    name = options.get("dest") or flag.lstrip("-").replace("-", "_")
    if not isinstance(name, str) or not name:
        return
    action = options.get("action")
    if "default" in options or action in ("store_true", "store_false"):
        value = options.get("default", action == "store_false")
    else:
        value = Unknown(text=f"args.{name}")
    kind = options.get("type")
    if isinstance(value, str) and isinstance(kind, Ref):
        value = _convert(kind.name, value, call.node)
    interpreter.journal.set_item(parser.attributes, name, value)


def _convert(name: str, value: object, node: ast.AST) -> object:
    function, types = _CONVERSIONS.get(name, (None, ()))
    # Long strings take too long to convert.
    is_long = name == "int" and isinstance(value, str) and len(value) >= 20
    if function is None or not isinstance(value, types) or is_long:
        return Unknown(node)
    try:
        return function(value)
    except (ValueError, OverflowError):
        return Unknown(node)


def _whole(name: str, value: Unknown, node: ast.AST) -> Unknown:
    """`int(value)` or `round(value)` of a formula."""
    if value.formula is None or not isinstance(value.formula[0], ast.Div):
        return Unknown(node, formula=value.formula)
    return Unknown(node, formula=(ast.FloorDiv(), *value.formula[1:])) if name == "int" else Unknown(node)


def builtin_function(interpreter: Interpreter, name: str, call: Call) -> object:
    """The result of a builtin function."""
    arguments = call.positional
    first = arguments[0] if arguments else None
    if name == "super":
        return _super(call.env)
    if name in ("int", "round") and isinstance(first, Unknown) and first.formula is not None:
        return _whole(name, first, call.node)
    if name in _CONVERSIONS and arguments:
        return _convert(name, first, call.node)
    if name in _CONTAINERS:
        return _container(interpreter, name, arguments, call)
    if name == "range":
        return _range(arguments, call)
    if name == "len" and arguments:
        return _length(first, call.node)
    if name in ("max", "min", "sum", "abs", "round", "pow", "divmod"):
        return _calculate(name, arguments, call)
    if name == "print":
        return None
    if name == "getattr" and len(arguments) >= 2 and isinstance(arguments[1], str):
        return attribute(interpreter, first, arguments[1], call.node)
    if name == "isinstance" and len(arguments) == 2:
        return _isinstance(first, arguments[1], call.node)
    if name == "vars" and isinstance(first, Instance):
        return Dict(dict[object, object](first.attributes.items()))
    return call.unknown


def _range(arguments: list[object], call: Call) -> object:
    if not 1 <= len(arguments) <= 3 or not are_integers(arguments):
        return call.unknown
    return range(*arguments) if len(arguments) < 3 or arguments[2] != 0 else call.unknown


def _super(env: Environment | None) -> object:
    owner = env
    while owner is not None:
        value = owner.variables.get("self")
        if isinstance(value, Instance):
            model = value.attributes.get("__model__")
            return model if isinstance(model, ModelValue) else Unknown(text="super()")
        owner = owner.outer
    return Unknown(text="super()")


def _isinstance(value: object, kinds: object, node: ast.AST) -> object:
    names = [k.name for k in (kinds if isinstance(kinds, tuple) else (kinds,)) if isinstance(k, Ref)]
    if not names or isinstance(value, (Unknown, Either, Array)):
        return Unknown(node)
    name = value.ref.name if isinstance(value, KerasCall) else _TYPES.get(type(value))
    if name is None:
        return Unknown(node)
    return name in names or (name == "bool" and "int" in names)


def _length(value: object, node: ast.AST) -> object:
    if isinstance(value, Array) and value.shape:
        return value.shape[0]
    if isinstance(value, range) and abs(value.stop - value.start) < 2**62:
        return len(value)
    items = iterate(value)
    return Unknown(node) if items is None else len(items)


def _container(interpreter: Interpreter, name: str, arguments: list[object], call: Call) -> object:
    first: object = arguments[0] if arguments else ()
    if name == "dict":
        if arguments and (not isinstance(first, Dict) or first.unknown is not None):
            return call.unknown
        return Dict({**(first.items if isinstance(first, Dict) else {}), **call.keywords})
    if name == "map" and len(arguments) == 2:
        mapped = iterate(arguments[1])
        if mapped is None or len(mapped) > MAX_ITEMS or not isinstance(first, (FunctionValue, Ref)):
            return call.unknown
        return List([interpreter.call(first, Call([Argument(0, item, call.node)], call.node)) for item in mapped])
    iterables = [items for items in map(iterate, arguments) if items is not None]
    if len(iterables) < len(arguments) or (not arguments and name not in ("list", "tuple")):
        return call.unknown
    items: Sequence[object] = iterables[0] if iterables else ()
    if name in ("list", "tuple"):
        return List(items) if name == "list" else tuple(items)
    if name == "reversed":
        return List(items[::-1])
    if name == "enumerate":
        start = call.value(1, "start") if call.argument(1, "start") is not None else 0
        return List(tuple(enumerate(items, start))) if is_integer(start) else call.unknown
    if name == "zip":
        return List(tuple(zip(*iterables)))
    if not are_numbers(items) and not are_strings(items):
        return call.unknown
    if name == "set":
        return List(tuple(dict.fromkeys(items)))
    return List(sorted(items, reverse=call.value("reverse") is True)) if name == "sorted" else call.unknown


def _calculate(name: str, numbers: Sequence[object], call: Call) -> object:
    """The result of `max`, `sum`, `abs`, ... of numbers."""
    reduces = name in ("max", "min", "sum")
    if reduces and len(numbers) == 1:
        numbers = () if call.argument("key") is not None else iterate(numbers[0]) or ()
    if not numbers or not are_numbers(numbers):
        return call.unknown
    if name == "pow" and (len(numbers) != 2 or abs(numbers[1]) >= 64 or abs(numbers[0]) >= 2**20):
        return call.unknown
    try:
        return getattr(builtins, name)(*([numbers] if reduces else numbers))
    except (ArithmeticError, TypeError, ValueError):
        return call.unknown


def _arange(arguments: list[object], call: Call) -> object:
    """`np.arange`; integers are a `range`, over which loops can iterate."""
    if not are_numbers(arguments) or all(map(is_integer, arguments)) or not 0 < len(arguments) <= 3:
        return _range(arguments, call)
    start, stop, step = ([*arguments, 1])[:3] if len(arguments) > 1 else (0, *arguments, 1)
    count = math.ceil((stop - start) / step) if step else 0
    if count <= 0:
        return call.unknown
    last = start + (count - 1) * step
    return Array((count,), "float64", (min(start, last), max(start, last)), "number", node=call.node)


def math_function(name: str, call: Call) -> object:
    """The result of a function of `math`, or of NumPy for numbers."""
    arguments = [argument.value for argument in call.arguments]
    if name in ("max", "min", "sum") and len(arguments) == 1 and isinstance(arguments[0], (List, tuple)):
        return _calculate(name, arguments, call)
    if name == "arange":
        return _arange(arguments, call)
    if name in _MATH_FUNCTIONS and len(arguments) == 1 and isinstance(arguments[0], (int, float)):
        try:
            return getattr(math, name)(arguments[0])
        except (ValueError, OverflowError):
            pass
    return call.unknown
