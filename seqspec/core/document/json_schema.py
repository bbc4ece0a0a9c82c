"""JSON Schemas in documents and policies: validates schemas, and values against them, with our own messages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from seqspec.core.diagnostics.errors import install_command
from seqspec.core.diagnostics.message import Setting, fmt, quote_value, shorten
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Path, Violation, pointer

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_Keyword = Callable[[Any, Any, Any, Any], object]
"""Checks a keyword: its arguments are the validator, the value of the keyword, the instance and the schema."""

_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "null",
}

_BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}

_LENGTHS = {
    "minItems": ("at least", "entry", "entries"),
    "maxItems": ("at most", "entry", "entries"),
    "minLength": ("at least", "character", "characters"),
    "maxLength": ("at most", "character", "characters"),
    "minProperties": ("at least", "key", "keys"),
    "maxProperties": ("at most", "key", "keys"),
}

_MAX_STEPS = 20_000
"""The maximum number of references that are followed for one value: mutual references can double at every step."""

_MAX_KEYWORDS = 300_000
"""The maximum number of keywords that are applied to one value."""

_MAX_SHOWN = 100
"""The maximum number of choices in a message."""

_MAX_VIOLATIONS = 2_000
"""The maximum number of violations that are collected for one schema."""


class _Work:
    """The remaining work budget of one application of a schema, and the sets for its `enum` keywords."""

    def __init__(self) -> None:
        self.references = _MAX_STEPS
        self.keywords = _MAX_KEYWORDS
        self.choices: dict[int, frozenset[object]] = {}


_work: ContextVar[_Work] = ContextVar("work")


class _TooMuchWork(Exception):
    pass


class _UndecidedPattern(Exception):
    """A regular expression cannot be matched in bounded time."""


@lru_cache(maxsize=1)
def is_available() -> bool:
    """Whether jsonschema is available, which it is not in browsers."""
    from importlib.util import find_spec

    return sys.platform != "emscripten" or find_spec("jsonschema") is not None


def policy_violations(
    schema: Mapping[str, object], value: object, rule: str = "policy", subject: str = "the policy"
) -> list[Violation]:
    """The violations of a schema by a value, with paths within the value; a `$ref` is never fetched.

    `subject` is the name of the owner of the schema in messages.
    """
    if not is_available():
        return []
    from jsonschema.exceptions import best_match

    mistakes: list[Violation] = []
    token = _work.set(_Work())
    try:
        for error in _validator(schema).iter_errors(value):
            mistakes += _problems(best_match([error]) or error, rule, subject)
            if len(mistakes) > _MAX_VIOLATIONS:
                break
    except RecursionError:
        mistakes.append(Violation(rule, f"the schema of {subject} contains a reference cycle", anchor="layer"))
    except _TooMuchWork as error:
        mistakes.append(Violation(rule, f"the schema of {subject} {error} for one value", anchor="layer"))
    except _UndecidedPattern as error:
        mistakes.append(
            Violation(
                rule,
                f"the schema of {subject} has a pattern that cannot be matched in bounded time: "
                f"{shorten(str(error), 80)}",
                anchor="layer",
                help=f"write a simpler pattern, or {install_command('regex')}",
            )
        )
    except Exception as error:
        # Some errors in a schema show only when it is applied: a dangling reference, an unknown type.
        message = f"the schema of {subject} cannot be applied: {shorten(str(error), 120)}"
        mistakes.append(Violation(rule, message, anchor="layer"))
    finally:
        _work.reset(token)
    return _distinct(mistakes)


def _validator(schema: Any) -> Draft202012Validator:
    from referencing import Registry

    return _validator_class()(schema, registry=Registry())


@lru_cache(maxsize=1)
def _validator_class() -> type[Draft202012Validator]:
    """The validator of JSON Schema 2020-12 with strict integers, as in the language, and bounded work."""
    from jsonschema import Draft202012Validator, validators

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda checker, value: type(value) is int)
    types = types.redefine("array", lambda checker, value: isinstance(value, (list, tuple)))
    keywords = {**Draft202012Validator.VALIDATORS, **_OWN_KEYWORDS}
    counted = {key: _counted(key, function) for key, function in keywords.items()}
    extend: Any = validators.extend
    extended: type[Draft202012Validator] = extend(Draft202012Validator, counted, type_checker=types)
    return extended


def _counted(key: str, function: _Keyword) -> _Keyword:
    def apply(validator: object, value: object, instance: object, schema: object) -> object:
        work = _work.get()
        work.keywords -= 1
        if work.keywords < 0:
            raise _TooMuchWork(f"applies more than {_MAX_KEYWORDS:,} keywords")
        if key in ("$ref", "$dynamicRef"):
            work.references -= 1
            if work.references < 0:
                raise _TooMuchWork(f"follows more than {_MAX_STEPS:,} references")
        return function(validator, value, instance, schema)

    return apply


def _matches(pattern: str, text: str) -> bool:
    from seqspec.core.language.regex import search

    match = search(pattern, text)
    if match is None:
        raise _UndecidedPattern(pattern)
    return match


def _pattern(validator: object, pattern: str, instance: object, schema: object) -> Iterator[object]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{shorten(instance)} does not match {shorten(pattern)}")


def _pattern_properties(
    validator: Draft202012Validator, patterns: Mapping[str, Mapping[str, object]], instance: object, schema: object
) -> Iterator[object]:
    if not isinstance(instance, Mapping):
        return
    for pattern, part in patterns.items():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, part, path=key, schema_path=pattern)


def _additional_properties(
    validator: Draft202012Validator, part: object, instance: object, schema: Mapping[str, object]
) -> Iterator[object]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, Mapping):
        return
    extras = _extras(schema, instance)
    if isinstance(part, Mapping):
        for key in extras:
            yield from validator.descend(instance[key], part, path=key)
    elif not part and extras:
        yield ValidationError("additional properties")


def _unevaluated_properties(validator: object, part: object, instance: object, schema: object) -> Iterator[object]:
    from jsonschema import Draft202012Validator

    if isinstance(instance, Mapping):
        # jsonschema matches these patterns itself, so `re` must match each in bounded time.
        from seqspec.core.language.regex import is_cheap

        for pattern in _patterns_in(schema):
            for key in instance:
                if not is_cheap(pattern, key):
                    raise _UndecidedPattern(pattern)
    yield from Draft202012Validator.VALIDATORS["unevaluatedProperties"](validator, part, instance, schema) or ()


def _patterns_in(schema: object) -> Iterator[str]:
    for _, part in subschemas(schema, ()):
        patterns = part.get("patternProperties") if isinstance(part, Mapping) else None
        if isinstance(patterns, Mapping):
            yield from patterns


def _unique_items(validator: object, unique: object, instance: object, schema: object) -> Iterator[object]:
    from jsonschema.exceptions import ValidationError

    if unique and isinstance(instance, (list, tuple)) and len({_key(item) for item in instance}) < len(instance):
        yield ValidationError("entries are repeated")


def _enum(validator: object, choices: Iterable[object], instance: object, schema: object) -> Iterator[object]:
    from jsonschema.exceptions import ValidationError

    sets = _work.get().choices
    if id(choices) not in sets:
        sets[id(choices)] = frozenset(map(_key, choices))
    if _key(instance) not in sets[id(choices)]:
        yield ValidationError("none of the choices")


def _key(value: object) -> object:
    """A key that is equal for values that JSON Schema considers equal: 1 and 1.0, but not 1 and true."""
    if isinstance(value, bool) or value is None:
        return str(value), None
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value)), "array"
    if isinstance(value, Mapping):
        return frozenset((key, _key(item)) for key, item in value.items()), "object"
    return value


_OWN_KEYWORDS = {
    "additionalProperties": _additional_properties,
    "enum": _enum,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "uniqueItems": _unique_items,
}
"""The keywords whose implementation in `jsonschema` is quadratic or matches patterns in unbounded time."""


def _extras(schema: Mapping[str, Any], instance: Mapping[str, object]) -> list[str]:
    """The keys that are not covered by `properties` and `patternProperties` of a schema."""
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    return [
        key for key in instance if key not in properties and not any(_matches(pattern, key) for pattern in patterns)
    ]


def schema_mistakes(schema: object, at: Path) -> Iterator[Violation]:
    """The violations in a JSON Schema at the path `at` of a document.

    Schemas in documents are untrusted: keywords that could run forever or refer outside of the schema are rejected.
    """
    if not isinstance(schema, Mapping):
        yield Violation(
            "bad-custom",
            f"args must be a JSON Schema of the arguments, got {quote_value(schema)}",
            path=at,
            help=fmt(
                "write {} and {}", Setting("type", "object"), Setting("properties", {"units": {"type": "integer"}})
            ),
        )
        return
    if not is_available():
        return
    parts = dict(subschemas(schema, ()))
    places = frozenset(f"#{pointer(path)}" for path in parts)
    wrong = False
    for path, part in parts.items():
        for key, value in part.items() if isinstance(part, Mapping) else ():
            violation = _unread(key, value, places)
            if violation is not None:
                wrong = True
                yield violation.prefixed(*at, *path, key)
    if wrong:
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    token = _work.set(_Work())
    try:
        mistakes: list[Violation] = []
        meta = _validator_class()(Draft202012Validator.META_SCHEMA)
        for error in meta.iter_errors(schema):
            mistakes += _problems(best_match([error]) or error, "bad-custom", "args")
        for violation in _distinct(mistakes):
            yield violation.replace(statement=f"invalid JSON Schema: {violation.statement}").prefixed(*at)
    except RecursionError:
        yield Violation("bad-custom", "the schema is nested too deeply", path=at)
    except (_TooMuchWork, _UndecidedPattern) as error:
        yield Violation("bad-custom", f"the schema of args cannot be checked: it {error}", path=at)
    finally:
        _work.reset(token)


_UNREAD = {
    "pattern": "use enum",
    "patternProperties": "declare the arguments in properties",
    "unevaluatedProperties": "use additionalProperties",
    "unevaluatedItems": "use items",
    "$dynamicRef": "use $ref",
    "$recursiveRef": "use $ref",
    "$id": "remove it: $ref can only refer to this schema",
    "$anchor": "use a reference such as #/$defs/size",
    "$dynamicAnchor": "use a reference such as #/$defs/size",
}


def _unread(key: str, value: object, places: frozenset[str]) -> Violation | None:
    if key in _UNREAD:
        return Violation("bad-custom", f"{key} is not supported in a spec", anchor="key", help=_UNREAD[key])
    if key == "$ref" and (not isinstance(value, str) or unquote(value) not in places):
        return Violation(
            "bad-custom",
            f"leads to no schema in these args: {quote_value(value, typed=False)}",
            help='use a reference such as "#/$defs/size"',
        )
    return None


_ONE = (
    "items", "contains", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contentSchema",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_MANY = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")


def subschemas(schema: object, path: Path) -> Iterator[tuple[Path, object]]:
    """A schema and all schemas within it, with their paths."""
    pending: list[tuple[Path, object]] = [(path, schema)]
    while pending:
        at, part = pending.pop()
        if isinstance(part, bool):
            yield at, part
        if not isinstance(part, Mapping):
            continue
        yield at, part
        for key in _ONE:
            if key in part:
                pending.append(((*at, key), part[key]))
        for key in _MANY:
            inner = part.get(key)
            if isinstance(inner, Mapping):
                pending.extend(((*at, key, name), entry) for name, entry in inner.items())
        for key in _LISTS:
            inner = part.get(key)
            if isinstance(inner, list):
                pending.extend(((*at, key, index), entry) for index, entry in enumerate(inner))


def _problems(error: Any, rule: str, subject: str) -> Iterator[Violation]:
    path = tuple(error.absolute_path)
    limit = error.validator_value
    description = error.schema.get("description") if isinstance(error.schema, Mapping) else None
    help = description if isinstance(description, str) else None
    if error.validator == "additionalProperties" and limit is False:
        declared = list(error.schema.get("properties", {}))
        free = [name for name in declared if name not in error.instance]
        for key in _extras(error.schema, error.instance):
            message = f"unexpected argument {shorten(key)} for {subject}"
            if rule == "policy":
                message = f"{shorten(key)} is not allowed here"
            yield _unknown(key, free, declared, Violation(rule, message, path=(*path, key), anchor="key"))
        return
    if error.validator == "required":
        for key in limit:
            if key not in error.instance:
                owner = _name(path).rstrip() or ("the spec" if rule == "policy" else subject)
                message = f"missing key {key} in {owner}"
                help = _described(error.schema, key)
                yield Violation(rule, message, path=path, help=help, anchor="layer", recovered_value=_Missing(key))
        return
    yield Violation(rule, _name(path) + _requirement(error), path=path, help=help)


def _name(path: Path) -> str:
    """The subject of a message: `units `, `sizes[0] `, or nothing for the whole value."""
    if not path:
        return ""
    last = len(path) - 1
    while last > 0 and isinstance(path[last], int):
        last -= 1
    return str(path[last]) + "".join(f"[{index}]" for index in path[last + 1 :]) + " "


def _requirement(error: Any) -> str:
    limit = error.validator_value
    got = quote_value(error.instance)
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            return f"must be {' or '.join(_TYPES.get(kind, str(kind)) for kind in kinds)}, got {got}"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            return f"must be {_BOUNDS[error.validator]} {limit}, got {got}"
        case "enum" if len(limit) != 1:
            allowed = ", ".join(quote_value(item, typed=False) for item in limit[:_MAX_SHOWN])
            return f"must be one of {shorten(allowed, 200)}, got {got}"
        case "enum" | "const":
            wanted = limit[0] if error.validator == "enum" else limit
            return f"must be {quote_value(wanted, typed=False)}, got {got}"
        case "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties":
            allowed, singular, plural = _LENGTHS[error.validator]
            return f"must have {allowed} {limit} {singular if limit == 1 else plural}, got {len(error.instance)}"
        case "multipleOf":
            return f"must be a multiple of {limit}, got {got}"
        case "uniqueItems":
            return f"must not contain duplicates, got {got}"
        case "pattern":
            return f"must match the pattern {shorten(str(limit))}, got {got}"
        case "not":
            return f"must not be {got} here"
        case "anyOf" | "oneOf":
            choices = [item for inner in error.context if inner.validator == "enum" for item in inner.validator_value]
            if choices:
                allowed = ", ".join(quote_value(item, typed=False) for item in choices[:_MAX_SHOWN])
                return f"must be one of {shorten(allowed, 200)}, got {got}"
            return f"matches none of the allowed values, got {got}"
        case "contains":
            return f"lacks a required entry, got {got}"
        case _ if limit is False or error.validator is None:
            return "is not allowed"
        case _:
            return shorten(error.message, 200)


def _described(schema: Mapping[str, object], key: str) -> str | None:
    properties = schema.get("properties")
    entry = properties.get(key) if isinstance(properties, Mapping) else None
    if not isinstance(entry, Mapping):
        return None
    kind = entry.get("type")
    kinds = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
    names = " or ".join(_TYPES[name] for name in kinds if isinstance(name, str) and name in _TYPES)
    text = entry.get("description")
    about = f" ({text.rstrip('.')})" if isinstance(text, str) else ""
    return f"add {key}: {names}{about}" if names else f"add {key}{about}"


def _unknown(key: str, free: Sequence[str], declared: Sequence[str], violation: Violation) -> Violation:

    meant = suggest(key, free, f"available: {', '.join(declared)}"[:300] if declared else violation.help)
    recovered = violation.recovered_value if meant.word is None else meant.word
    return violation.replace(
        label=meant.label or violation.label, help=meant.help, suggestion=meant.word, recovered_value=recovered
    )


class _Missing(str):
    """The name of a missing argument."""


def _distinct(violations: list[Violation]) -> list[Violation]:
    """The violations without duplicates, and without missing keys that a misspelt key explains."""
    meant = {
        (*violation.path[:-1], violation.recovered_value)
        for violation in violations
        if type(violation.recovered_value) is str
    }
    distinct: dict[tuple[Path, str], Violation] = {}
    for violation in violations:
        if (
            not isinstance(violation.recovered_value, _Missing)
            or (*violation.path, violation.recovered_value) not in meant
        ):
            distinct.setdefault((violation.path, violation.message), violation)
    return list(distinct.values())
