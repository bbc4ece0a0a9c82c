"""Converts a Pydantic `ValidationError` to violations, with a recovered value where the intent is unambiguous.

This is the only module that interprets a `ValidationError`. Strict validation finds a mistake; if the intent is clear
(`"32"` is 32, `3.0` is 3), the recovered value replaces it and the class is validated again, so that one mistake hides
no other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from annotated_types import Le, Lt
from pydantic import ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from seqspec.core.catalog.field_kind import FieldKind, Form, kind_of, kind_of_field
from seqspec.core.catalog.keras_object import require_valid
from seqspec.core.catalog.markers import READING, InUnitOfInput
from seqspec.core.diagnostics.message import Message, SpecOrProgram, Value, Verbatim, counted, fmt, quote_value, shorten
from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate, nearest, suggest
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.language.numbers import read_fraction

if TYPE_CHECKING:
    from seqspec.core.catalog.keras_object import KerasObject

K = TypeVar("K", bound="KerasObject")

_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}


# One value


def validate(annotation: object, value: object) -> Any:
    """The validated value; raises `Violation` or `Violations`."""
    return _validate(kind_of(annotation), value)


def _validate(kind: FieldKind, value: object) -> Any:
    if isinstance(value, Mapping) and kind.form is Form.TABLE and not kind.is_read_by_function:
        table: type[KerasObject] = kind.type
        violations: list[Violation] = []
        return require_valid(table.read(value, violations), violations)
    try:
        return kind.adapter.validate_python(value, context=READING)
    except ValidationError as error:
        raise _explain(kind, value, error) from None


def accepts(annotation: object, value: object) -> bool:
    """Whether the type accepts the value."""
    return kind_of(annotation).accepts(value)


def validate_items(annotation: object, values: Sequence[object]) -> list[object]:
    """Validates every element; raises all violations at once, each with the index in its path."""
    violations: list[Violation] = []
    items = [read_entry(violations, index, index, validate, annotation, value) for index, value in enumerate(values)]
    if violations:
        raise Violations(violations, UNSET if any(item is UNSET for item in items) else items)
    return items


def read_entry(
    violations: list[Violation], key: str | int, subject: str | int, read: Callable[..., object], *arguments: object
) -> Any:
    """The value that `read` returns for an entry of a list or table; the recovered one if it raises violations.

    These are appended with the key of the entry.
    """
    try:
        return read(*arguments)
    except Violation as violation:
        violations.append(violation.with_subject(subject).prefixed(key))
        return violation.recovered_value
    except Violations as several:
        violations.extend(item.prefixed(key) for item in several.items)
        return several.recovered_value


def _explain(kind: FieldKind, value: object, error: ValidationError) -> Violation | Violations:
    """The violation for a value that its type rejects."""
    raised = _raised(error)
    if kind.is_read_by_function and raised is not None:
        return raised
    expected = kind.present.text
    match kind.form:
        case Form.LIST:
            return _explain_list(kind, value, raised)
        case Form.MAPPING:
            return _explain_mapping(kind, value, raised)
        case Form.NUMBER:
            return raised or _explain_number(kind, value)
        case Form.UNION:
            return _explain_union(kind, value)
    if raised is not None:
        return raised
    if kind.form is Form.CHOICE and type(value) is str:
        return wrong_choice(value, [str(choice) for choice in kind.choices], expected)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
    if first in _BOUNDS or type(value) in map(type, kind.choices):
        return Violation("bad-value", fmt("must be {}, got {}", expected, shorten(str(value))))
    return wrong_type(expected, value, _recovered(kind, value))


def _raised(error: ValidationError) -> Violation | Violations | None:
    """The violation that our own validator raised for the value itself."""
    for line in error.errors(include_url=False, include_input=False):
        cause = line.get("ctx", {}).get("error")
        if isinstance(cause, (Violation, Violations)):
            return cause
    return None


def _explain_list(kind: FieldKind, value: object, raised: Violation | Violations | None) -> Violation | Violations:
    expected = kind.present.text
    if not isinstance(value, list):
        help: str | None = None
        if type(value) in (int, float):
            help = fmt("write {}", Value([Verbatim(shorten(str(value)))]))
        elif value is not None:
            help = "write it as a list: [ ... ]"
        return wrong_type(expected, value).replace(help=help)
    least, most = kind.lengths
    if len(value) < least or (most is not None and len(value) > most):
        count = counted(len(value), "element")
        return Violation("bad-value", fmt("must be {}, got {} with {}", expected, quote_value(value), count))
    try:
        validate_items(kind.item.annotation, value)
    except Violations as several:
        return several
    return raised or wrong_type(expected, value)


def _explain_mapping(kind: FieldKind, value: object, raised: Violation | Violations | None) -> Violation | Violations:
    if not isinstance(value, dict):
        return wrong_type(kind.present.text, value)
    violations: list[Violation] = []
    for key, entry in value.items():
        read_entry(violations, key, shorten(key), _validate, kind.item, entry)
    return Violations(violations) if violations else raised or wrong_type(kind.present.text, value)


def _explain_number(kind: FieldKind, value: object) -> Violation:
    expected = kind.present.text
    number: object = value
    if type(value) is str:
        number = read_fraction(value)
        if number is None:
            return wrong_type(expected, value, _recovered(kind, value))
    if type(number) is int or type(number) is float:
        most = kind.bounds[1]
        # A smaller number, such as 1.5, is probably not a percentage.
        percent = most in (Le(1), Lt(1)) and 5 <= number <= 100 and number == int(number)
        help = f"write {number / 100:g} for {number:g}%" if percent else None
        if most is not None and kind.mark(InUnitOfInput) is not None:
            help = "it is in the unit of the input: scale the input first, to values of about 1"
        return Violation("bad-value", f"must be {expected}, got {shorten(str(number))}", help=help)
    return wrong_type(expected, value)


def _explain_union(kind: FieldKind, value: object) -> Violation | Violations:
    """A union member that accepts the type but not the value has the most specific explanation."""
    for member in kind.parts:
        try:
            _validate(member, value)
        except Violation as violation:
            if violation.rule != "wrong-type":
                return violation
        except Violations as several:
            return several
    return wrong_type(kind.present.text, value)


def wrong_choice(value: str, choices: Sequence[str], expected: str) -> Violation:
    """The violation for an invalid choice."""
    meant = suggest(value, choices, form=SuggestionTemplate.STRING)
    return Violation(
        "bad-value",
        fmt('must be {}, got "{}"', expected, shorten(value)),
        recovered_value=meant.word or UNSET,
        **meant.arguments(),
    )


def wrong_type(expected: str, value: object, recovered: object = UNSET) -> Violation:
    """The violation for a value of the wrong type; `recovered` is the recovered value."""
    help: str | None = None
    if isinstance(recovered, bool):
        help = fmt("write {}{}", Value(recovered), " without quotes" if isinstance(value, str) else "")
    elif isinstance(recovered, (int, float)):
        help = f"write {value.strip()} without quotes" if isinstance(value, str) else f"write {str(recovered).lower()}"
    elif isinstance(value, str) and "integer" in expected:
        match = _SIZES.fullmatch(value)
        sizes = [size for size in match.groups() if size] if match else []
        help = (
            f"write {sizes[0]} without quotes"
            if len(sizes) == 1
            else fmt("write {}", Value([Verbatim(size) for size in sizes]))
            if sizes
            else None
        )
    return Violation(
        "wrong-type", fmt("must be {}, got {}", expected, quote_value(value)), help=help, recovered_value=recovered
    )


_SIZES = re.compile(r"\s*\(?\s*(\d{1,6})\s*(?:[x×,]\s*(\d{1,6})\s*)?(?:[x×,]\s*(\d{1,6})\s*)?\)?\s*")
"""One to three sizes in a common notation such as 3x3."""


def _recovered(kind: FieldKind, value: object) -> object:
    """The recovered value for a value of the wrong type: 32 for `"32"`, 3 for 3.0, true for `"True"`."""
    meant: object = UNSET
    if kind.form is Form.BOOLEAN and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), UNSET)
    if kind.form is Form.INTEGER:
        if isinstance(value, float) and value.is_integer():
            meant = int(value)
        elif isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) < 20:
            meant = int(value)
    elif kind.form is Form.NUMBER and isinstance(value, str):
        try:
            meant = float(value)
        except ValueError:
            return UNSET
        if not math.isfinite(meant):
            return UNSET
    return meant if meant is not UNSET and kind.present.accepts(meant) else UNSET


# A whole class


def recover(cls: type[K], tree: Mapping[str, object], error: ValidationError, violations: list[Violation]) -> K | None:
    """The instance with recovered values, or None; the mistakes are appended to `violations`."""
    reading = _InvalidTable(cls, tree, violations)
    usable = reading.take(error)
    recovered = reading.instance() if usable else None
    violations.extend(reading.violations)
    return recovered


def _concerns(violation: Violation, key: str) -> bool:
    """Whether a violation is about an argument, or about a key that is a misspelling of it."""
    return violation.path[:1] == (key,) or (violation.anchor == "key" and violation.recovered_value == key)


class _InvalidTable(Generic[K]):
    """A table with mistakes, which are corrected until the class accepts it."""

    def __init__(self, cls: type[K], tree: Mapping[str, object], known: Sequence[Violation]) -> None:
        self.cls = cls
        self.tree = {key: value for key, value in tree.items() if key != cls.tag and key[:2] != "x-"}
        self.names = {field.alias or name: name for name, field in cls.model_fields.items()}
        """The fields by key in a spec."""
        self.known = known
        """Mistakes in the same table that were found earlier."""
        self.violations: list[Violation] = []
        self.left_out: set[str] = set()
        """Required arguments that the check does not need."""

    def take(self, error: ValidationError) -> bool:
        """Handles the mistakes in arguments; returns whether the rest can be an instance."""
        cls = self.cls
        lines = error.errors(include_url=False, include_input=False)
        by_key: dict[object, list[ErrorDetails]] = {}
        for line in lines:
            by_key.setdefault(line["loc"][0] if line["loc"] else None, []).append(line)
        usable = True
        given: dict[str, object] = {}
        for key, value in self.tree.items():
            name = self.names.get(key, key)
            if key not in self.names:
                violation = (
                    legacy_argument(cls, key, self.tree) if key in cls.legacy else cls.unknown_argument(key, self.tree)
                )
                self.violations.append(violation)
                if violation.recovered_value is UNSET:
                    continue
                name = self.names.get(violation.recovered_value, violation.recovered_value)
            elif key not in by_key:
                given[name] = value
                continue
            usable = self._take_value(name, key, value, by_key.get(key, []), given) and usable
        missing = [name for name in cls.required() if name not in given and name not in self.left_out]
        # An unknown argument may be a missing one under another name, which is one mistake.
        violations = (*self.known, *self.violations)
        stray = any(mistake.rule == "unknown-argument" and mistake.recovered_value is UNSET for mistake in violations)
        for name in missing:
            usable = False
            key = cls.model_fields[name].alias or name
            if key not in self.tree and not stray and not any(_concerns(mistake, key) for mistake in self.violations):
                self.violations.append(cls.missing_argument(name))
        self.given = given
        if usable and not self.violations and None in by_key:
            self._take_together(by_key[None][0])
            return False
        return usable

    def _take_value(
        self, name: str, written: str, value: object, lines: Sequence[ErrorDetails], given: dict[str, object]
    ) -> bool:
        kind = kind_of_field(self.cls.model_fields[name])
        try:
            raised = _raised_by(lines, kind, value)
            if raised is not None:
                raise raised
            given[name] = _validate(kind, value)
            return True
        except Violation as violation:
            self.violations.append(violation.with_subject(written).prefixed(written))
            recovered = violation.recovered_value
        except Violations as several:
            for item in several.items:
                named = item.with_subject(written) if item.is_element else item
                self.violations.append(named.prefixed(written))
            recovered = several.recovered_value
        if recovered is not UNSET and kind.accepts(recovered):
            given[name] = recovered
            return True
        if not self.cls.is_optional_for_check(name):
            return False
        if self.cls.model_fields[name].is_required():
            self.left_out.add(name)
        return True

    def instance(self) -> K | None:
        """The instance without the rejected keys; None if it is still invalid."""
        cls = self.cls
        if self.left_out:
            return self._partial_instance()
        try:
            instance: K = cls.__pydantic_validator__.validate_python(self.given, context=READING)
            return instance
        except ValidationError as error:
            line = error.errors(include_url=False, include_input=False)[0]
            if not line["loc"]:
                self._take_together(line)
            return None

    def _partial_instance(self) -> K:
        """The instance without invalid required arguments; combinations of arguments are not checked."""
        fields = self.cls.model_fields
        values = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
        for name, value in self.given.items():
            values[name] = _validate(kind_of_field(fields[name]), value)
        for name in self.left_out:
            del values[name]
        return self.cls.model_construct(set(self.given), **values)

    def _take_together(self, line: ErrorDetails) -> None:
        """Handles combinations that Keras rejects, unless they follow from a known mistake."""
        cause = line["ctx"]["error"]
        wrong = {mistake.path[0] for mistake in self.violations if mistake.path}
        for violation in cause.items if isinstance(cause, Violations) else [cause]:
            again = bool(violation.path) and violation.path[0] in wrong
            if not again and all(self.names[key] in self.given for key in wrong if key in self.names):
                self.violations.append(violation)


def _raised_by(lines: Sequence[ErrorDetails], kind: FieldKind, value: object) -> Violation | Violations | None:
    """The violations of our validators for an argument, if there are no other errors.

    Validating again would repeat the work at every level of nested layers.
    """
    errors = (line.get("ctx", {}).get("error") for line in lines)
    causes = [cause for cause in errors if isinstance(cause, (Violation, Violations))]
    if not causes or len(causes) < len(lines):
        return None
    places = [line["loc"][1:] for line in lines]
    if places == [()]:
        return causes[0] if kind.is_read_by_function else None
    if kind.form is not Form.LIST or not isinstance(value, list) or kind.is_wrapped:
        return None
    if not all(len(path) == 1 and isinstance(path[0], int) for path in places):
        return None
    wrong = {path[0]: cause for path, cause in zip(places, causes)}
    violations: list[Violation] = []

    def read(index: int, entry: object) -> object:
        if index in wrong:
            raise wrong[index]
        return _validate(kind.item, entry)

    items = [read_entry(violations, index, index, read, index, entry) for index, entry in enumerate(value)]
    return Violations(violations, UNSET if any(recovered is UNSET for recovered in items) else items)


def legacy_argument(cls: type[KerasObject], key: str, tree: Mapping[str, object]) -> Violation:
    """The violation for an argument of an older Keras, or a key of an older seqspec, that is still accepted."""
    new = cls.legacy[key]
    if new is not None and not cls.is_of_keras:
        # Of a document, the expansion has reported them.
        from seqspec.core.language.renames import renamed_key, renamed_twice

        return renamed_twice(key, new) if new in tree else renamed_key(key, new)
    return Violation(
        "deprecated-argument",
        f"{key} is deprecated" + (f", use {new}" if new else " and has no effect"),
        path=(key,),
        anchor="key",
        help=f"write {new}" if new else f"remove {key}",
        recovered_value=new or UNSET,
        suggestion=new,
    )


_SIZES_OF_INPUT = frozenset({"in_features", "in_channels", "input_size", "num_features"})
"""Arguments of PyTorch layers that Keras does not need."""

CALL_ARGUMENTS = ("attention_mask", "initial_state", "mask", "return_attention_scores", "training", "use_causal_mask")
"""Arguments of the calls of layers, which their constructors do not have."""

_TAGS = "an entry has exactly one of type (a Keras class), use (a block) and custom (a custom class)"


def unknown_argument(cls: type[KerasObject], key: str, tree: Mapping[str, object]) -> Violation:
    """The violation for an argument that the class does not have."""
    free = [name for name in cls.model_fields if name not in tree]
    near = cls.renamed[key] if cls.renamed.get(key) in free else nearest(key, free)
    hint = cls.unknown_argument_help(key)
    if key in cls.renamed and cls.renamed[key] not in free:
        hint = f"remove it: {key} is {cls.renamed[key]} in Keras 3, which is already set"
    if hint is None and near is None and key in _SIZES_OF_INPUT:
        hint = "remove it: Keras takes the size of the input from the previous layer"
    if hint is None and near is None and key in CALL_ARGUMENTS:
        remove, pass_ = f"remove it: Keras passes {key} to the call", f"pass {key} where the layer is called"
        hint = Message(SpecOrProgram(Message(remove), pass_))
    if hint is None and key == "config":
        hint = f"write the arguments of {cls.__name__} next to type, without config"
    if hint is None and key in ("use", "custom"):
        hint = _TAGS
    if hint is None and near is None:
        near = only_missing_argument(cls, key, tree)
    message = f"unexpected argument {shorten(key)} for {cls.__name__}"
    if hint is not None:
        return Violation("unknown-argument", message, path=(key,), anchor="key", help=hint)
    listing = f"{cls.__name__} accepts {', '.join(cls.model_fields)}"
    return Violation(
        "unknown-argument",
        message,
        path=(key,),
        anchor="key",
        recovered_value=near or UNSET,
        **Suggestion(near, otherwise=listing).arguments(),
    )


def only_missing_argument(cls: type[KerasObject], key: str, tree: Mapping[str, object]) -> str | None:
    """The only missing required argument, if `key` is the only unknown one and its value is accepted."""
    names = {field.alias or name: name for name, field in cls.model_fields.items()}
    unknown = [
        given for given in tree if given not in names and given not in (cls.tag, *cls.legacy) and given[:2] != "x-"
    ]
    if unknown != [key]:
        return None
    required = cls.required()
    missing = [written_key for written_key, name in names.items() if written_key not in tree and name in required]
    if len(missing) != 1:
        return None
    return missing[0] if kind_of_field(cls.model_fields[names[missing[0]]]).accepts(tree[key]) else None


def missing_argument(cls: type[KerasObject], name: str) -> Violation:
    """The violation for a missing required argument."""
    return Violation(
        "missing-argument",
        f"missing argument {name} for {cls.__name__}",
        help=missing_argument_help(cls, name),
        missing=cls.model_fields[name].alias or name,
    )


def missing_argument_help(cls: type[KerasObject], name: str) -> Message:
    """The help for a missing required field."""
    field: FieldInfo = cls.model_fields[name]
    return fmt("add {}: {} ({})", field.alias or name, kind_of_field(field).text, (field.description or "").rstrip("."))


# Errors for programs


def translate_error(cls: type[KerasObject], data: object, error: ValidationError) -> ValidationError:
    """The error with the messages of `seqspec check`; error types are rule names."""
    if not isinstance(data, Mapping):
        return error
    violations: list[Violation] = []
    fields = cls.model_fields
    tree: dict[str, object] = {}
    for key, value in data.items():
        alias = fields[key].alias if key in fields else None
        tree[alias or key] = value
    cls.read(tree, violations)
    return validation_error(cls, data, violations) if violations else error


def validation_error(cls: type[KerasObject], data: object, violations: Sequence[Violation]) -> ValidationError:
    """The error of Pydantic with a line for each violation; raised by a validator, its lines keep their locations."""
    return ValidationError.from_exception_data(cls.__name__, [_line(violation, data) for violation in violations])


def validator(read: Callable[[object], object]) -> Callable[[object, ValidationInfo], object]:
    """A function that raises violations, as a validator of Pydantic.

    In a model of the user, each violation is an error at its own location.
    """

    def validate(value: object, info: ValidationInfo) -> object:
        if info.context is READING:
            return read(value)
        try:
            return read(value)
        except Violation as violation:
            named = violation if info.field_name is None else violation.with_subject(info.field_name)
            violations = [named]
        except Violations as several:
            violations = several.items
        raise ValidationError.from_exception_data("value", [_line(violation, value) for violation in violations])

    return validate


def wrong_class(cls: type[KerasObject], name: str) -> ValidationError:
    """The error for a table with the `type` of another class."""
    violation = Violation("wrong-type", f'type must be "{cls.__name__}", got "{shorten(name)}"', path=("type",))
    return validation_error(cls, {"type": name}, [violation])


def _line(violation: Violation, data: Any) -> InitErrorDetails:
    value = data
    for key in violation.path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            break
    message = violation.message + (f"; {violation.help}" if violation.help else "")
    # Without a context, Pydantic does not format the message, which may contain braces.
    error = PydanticCustomError(violation.rule.replace("-", "_"), message)
    # As in Pydantic, a missing value has the location that it would have.
    loc = violation.path if violation.missing is None else (*violation.path, violation.missing)
    return InitErrorDetails(type=error, loc=loc, input=value)
