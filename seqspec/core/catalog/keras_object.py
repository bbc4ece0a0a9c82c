"""The base class of typed data: Keras classes and tables of a spec as Pydantic models.

    class Dropout(Layer):
        \"\"\"Sets a random fraction of its inputs to zero during training.\"\"\"

        rate: UnitInterval = Field(description="Fraction of the inputs to drop, between 0 and 1.")
        seed: Maybe[int] = Field(default=None, description="Random seed.")

Models are strict and frozen. `model_fields_set` holds the arguments that were written; only these are passed to Keras.
"""

import sys
from collections.abc import Callable, Container, Mapping, Sequence, Set
from copy import copy
from inspect import Parameter, Signature, cleandoc
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

from seqspec.core.catalog.markers import READING, all_marks, field_type, for_rank, unwrap
from seqspec.core.catalog.plain import freeze, to_plain, tree_of
from seqspec.core.diagnostics.suggest import same_word
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.language.keras import series

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

T = TypeVar("T")
K = TypeVar("K", bound="KerasObject")


def _own_annotations(cls: type) -> Mapping[str, object]:
    """The annotations in the body of a class, in their order: Python 3.14 evaluates them on demand."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(cls, format=Format.FORWARDREF)
    annotations: Mapping[str, object] = cls.__dict__.get("__annotations__", {})  # noqa: RUF063  # without an import of inspect
    return annotations


def _complete_schema(schema: JsonDict, cls: type["KerasObject"]) -> None:
    """Adds the type to the JSON Schema of a class, and takes the arguments out of its description."""
    if cls.tag == "type":
        tag: JsonDict = {"const": cls.__name__, "description": "Name of the class.", "title": "Type", "type": "string"}
        properties = schema.get("properties")
        schema["properties"] = {"type": tag, **(properties if isinstance(properties, dict) else {})}
    documentation = next((base.__dict__["__doc__"] for base in cls.__mro__ if base.__dict__.get("__doc__")), None)
    if isinstance(documentation, _Documentation) and documentation.text is not None:
        schema["description"] = cleandoc(documentation.text)


class KerasObject(BaseModel):
    """A Keras class as data. Its fields are its arguments, with the names and defaults of Keras."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        populate_by_name=True,
        json_schema_extra=_complete_schema,
    )

    tag: ClassVar[str] = "type"
    """The key of a table that selects the class."""

    renamed: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Synonyms of arguments in older Keras versions or other programs → their names."""

    since: ClassVar[str | None] = None
    """The Keras version that introduced the class, if that is later than the oldest supported one."""

    traits: ClassVar[frozenset[str]] = frozenset()
    """Properties of the class for rules: see `catalog.traits`."""

    rank: ClassVar[int] = 0
    """The number of spatial axes, if the class has any."""

    leading: ClassVar[tuple[str, ...]] = ()
    """The arguments that come first, where base classes declare them in another order."""

    trailing: ClassVar[tuple[str, ...]] = ()
    """The arguments that come last, as `**kwargs` in Keras."""

    without: ClassVar[tuple[str, ...]] = ()
    """The inherited arguments that this class does not accept."""

    accepted: ClassVar[frozenset[str]] = frozenset()
    """The keys of the class in a table."""

    name_from_class: ClassVar[Callable[[str], str] | None] = None
    """How the default of `name` follows from the name of the class, if it does."""

    legacy: ClassVar[Mapping[str, str | None]] = {}
    """Arguments of older Keras versions that are still accepted: the new name, or None for one that is ignored.

    Those of a table are former names of its keys in seqspec, which the fields declare with `Formerly`.
    """

    is_of_keras: ClassVar[bool] = True
    """Whether the class is one of Keras, not a table of the language."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields
        if cls.since is not None:
            series(cls.since)
        for name in cls.without:
            if name in fields:
                # Code of the base class still reads it.
                setattr(cls, name, fields[name].default)
        order = cls._field_order()
        if list(fields) != order:
            ordered = {name: fields[name] for name in order}
            fields.clear()
            fields.update(ordered)
        if cls.rank:
            for name, field in fields.items():
                if any(hasattr(mark, "for_rank") for mark in (*field.metadata, *all_marks(field.annotation))):
                    fields[name] = bound = copy(field)
                    bound.annotation, bound.metadata = unwrap(for_rank(field_type(field), cls.rank))
        if cls.name_from_class is not None and "name" not in _own_annotations(cls):
            cls._set_default("name", cls.name_from_class(cls.__name__))
        if "__signature__" not in cls.__dict__:
            cls.__signature__ = _LazySignature()  # type: ignore[assignment]  # a descriptor
        cls.__doc__ = _Documentation(cls.__dict__.get("__doc__"))  # type: ignore[assignment]  # a descriptor
        cls.accepted = frozenset([*fields, *[field.alias for field in fields.values() if field.alias is not None]])
        _forget_class_variables(cls)

    @classmethod
    def _set_default(cls, name: str, default: object) -> None:
        """Changes the default of an inherited argument."""
        cls.model_fields[name] = field = copy(cls.model_fields[name])
        field.default = default

    @classmethod
    def _field_order(cls) -> list[str]:
        """The fields in Keras's order, in which a shorthand binds them.

        Pydantic keeps a field in the position of its first declaration in a base class; here, a redeclared field has
        the position in the subclass, and the arguments of the whole family come last.
        """
        order = [name for name in _own_annotations(cls) if name in cls.model_fields]
        inherited: dict[str, None] = {}
        for base in reversed(cls.__bases__):
            if issubclass(base, KerasObject) and base is not KerasObject:
                inherited.update(dict.fromkeys(base.model_fields))
        names = [*(name for name in inherited if name not in order), *order]
        names = [name for name in names if name not in cls.without and name in cls.model_fields]
        first = [name for name in cls.leading if name in names]
        last = [name for name in cls.trailing if name in names]
        return [*first, *(name for name in names if name not in first and name not in last), *last]

    if not TYPE_CHECKING:

        def __init__(self, /, *positional: object, **data: object) -> None:
            """Raises `pydantic.ValidationError` for arguments that Keras does not accept."""
            if positional:
                raise TypeError(_only_by_keyword(type(self), positional))
            data = to_plain(data)
            try:
                validated = self.__pydantic_validator__.validate_python(data, self_instance=self)
            except ValidationError as error:
                raise _translated(type(self), data, error) from None
            if validated is not self:
                raise TypeError(f"{type(self).__name__} is a base class: create one of its subclasses")
            freeze(self)

        # With this, Pydantic does not call this constructor for validation; it only improves messages.
        __init__.__pydantic_base_init__ = True
        # Arguments are keyword-only; positional ones get a better message.
        __init__.__signature__ = Signature(
            [Parameter("self", Parameter.POSITIONAL_ONLY), Parameter("data", Parameter.VAR_KEYWORD)]
        )

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Like Pydantic's, with the messages of `seqspec check`; NumPy scalars and tuples are accepted."""
        if isinstance(obj, Mapping):
            obj = to_plain(obj)
        try:
            return freeze(super().model_validate(obj, **options))
        except ValidationError as error:
            raise _translated(cls, obj, error) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Like Pydantic's, with the messages of `seqspec check`."""
        try:
            return freeze(super().model_validate_json(json_data, **options))
        except ValidationError as error:
            if any(line["type"] == "json_invalid" for line in error.errors(include_url=False, include_context=False)):
                raise
            import json

            raise _translated(cls, json.loads(json_data), error) from None

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Like Pydantic's; both modes have the same schema, since what is written can be read again."""
        return super().model_json_schema(*args, **{**options, "mode": "validation"})

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> "JsonSchemaValue":
        if handler.mode == "validation":
            return handler(core_schema)
        # In a model of the user; Pydantic would describe the return type of the serializer.
        schema = cls.model_json_schema()
        return cast("JsonSchemaValue", _without_references(schema, schema.pop("$defs", {})))

    @classmethod
    def read(cls, tree: Mapping[str, object], violations: list[Violation]) -> Self | None:
        """Reads the arguments from a table of a spec.

        Every mistake is appended to `violations`, with a path inside the table. Returns the instance, with
        recovered values for wrong arguments, or None if one cannot be recovered.
        """
        arguments = dict(tree)
        arguments.pop(cls.tag, None)
        try:
            instance: Self = cls.__pydantic_validator__.validate_python(arguments, context=READING)
            return instance
        except ValidationError as error:
            from seqspec.core.catalog.validation import recover

            return recover(cls, tree, error, violations)

    @classmethod
    def default_of(cls, name: str) -> object:
        """The default of an argument in Keras; None if it has none or does not exist."""
        field = cls.model_fields.get(name)
        return None if field is None or field.is_required() else field.default

    @classmethod
    def field_of(cls, key: str) -> FieldInfo:
        """The field of a key as a spec writes it."""
        return next(field for name, field in cls.model_fields.items() if key in (name, field.alias))

    @classmethod
    def required(cls) -> tuple[str, ...]:
        """The names of the arguments without a default."""
        return tuple(name for name, field in cls.model_fields.items() if field.is_required())

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """A copy with changes. Unlike in Pydantic, the changes are validated."""
        copied = super().model_copy(deep=deep)
        return type(self).model_validate({**given_arguments(copied), **update}) if update else copied

    @model_validator(mode="before")
    @classmethod
    def _drop_tag(cls, data: object) -> object:
        """Removes the tag and extension keys (`x-...`); raises if the tag names another class."""
        if (type(data) is not dict and not isinstance(data, Mapping)) or data.keys() <= cls.accepted:
            return data
        name = data.get(cls.tag)
        if cls.tag == "type" and isinstance(name, str) and not same_word(name, cls.__name__):
            # In a model of the user, or a union of classes: `read` has found the class by its name.
            from seqspec.core.catalog.validation import wrong_class

            raise wrong_class(cls, name)
        return {key: value for key, value in data.items() if key != cls.tag and key[:2] != "x-"}

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.check_arguments()
        return self

    def check_arguments(self) -> None:
        """Raises `Violation` for combinations of arguments that Keras's constructor rejects."""

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        """The help for an argument that is unknown for a known reason, such as one of an older Keras."""
        return None

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        """The violation for a key that is not an argument of the class."""
        from seqspec.core.catalog.validation import unknown_argument

        return unknown_argument(cls, key, tree)

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        """The violation for a missing required argument."""
        from seqspec.core.catalog.validation import missing_argument

        return missing_argument(cls, name)

    @classmethod
    def is_optional_for_check(cls, name: str) -> bool:
        """Whether the check can continue without a value for this field."""
        from seqspec.core.catalog.field_kind import kind_of_field

        return kind_of_field(cls.model_fields[name]).is_shape_neutral

    @model_serializer(mode="wrap")
    def _long_form(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> object:
        return _selected(self.to_tree(), info.include, info.exclude)

    def to_tree(self) -> Any:
        """The long form as plain data: the tag and the arguments that were written."""
        return {self.tag: type(self).__name__} | {key: tree_of(value) for key, value in given_arguments(self).items()}

    def __str__(self) -> str:
        return repr(self)

    def __repr_args__(self) -> Sequence[tuple[str | None, object]]:
        return list(given_arguments(self).items())


def _forget_class_variables(cls: type[KerasObject]) -> None:
    """Pydantic has noted them, but would evaluate their annotations again for each subclass."""
    cls.__annotations__ = {name: value for name, value in cls.__annotations__.items() if name in cls.model_fields}


_forget_class_variables(KerasObject)


class _Documentation:
    """The docstring of a class with its arguments, for `help`."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __get__(self, instance: object, cls: type[KerasObject]) -> str | None:
        if self.text is None or "\nArgs:" in self.text:
            return self.text
        from seqspec.core.catalog.field_kind import kind_of_field

        arguments = [
            f"    {field.alias or name} ({kind_of_field(field).text}): {field.description}"
            for name, field in cls.model_fields.items()
            if field.description
        ]
        return "\n".join([cleandoc(self.text), "", "Args:", *arguments]) if arguments else self.text


class _LazySignature:
    """The signature of a class that Pydantic has not built yet."""

    def __get__(self, instance: object, cls: type[KerasObject]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        cls.model_rebuild()
        return cls.__signature__


def _only_by_keyword(cls: type[KerasObject], values: tuple[object, ...]) -> str:
    from seqspec.core.diagnostics.message import shorten

    # Required arguments come first in Keras too; others may have another order than the fields.
    required = [name for name, field in cls.model_fields.items() if field.is_required()]
    named = [f"{name}={value!r}" for name, value in zip(required, values, strict=False)]
    text = ", ".join([*named, "…"] if len(named) < len(values) else named)
    return f"{cls.__name__} accepts keyword arguments only: write {cls.__name__}({shorten(text, 80)})"


def _selected(tree: object, include: Container[object] | None, exclude: Container[object] | None) -> object:
    """The keys of a table that `include` and `exclude` of `model_dump` select, as sets or nested dicts of keys."""
    if not isinstance(tree, dict) or (include is None and exclude is None):
        return tree
    chosen = {}
    for key, value in tree.items():
        wanted = include.get(key) if isinstance(include, Mapping) else None
        unwanted = exclude.get(key) if isinstance(exclude, Mapping) else None
        left_out = exclude is not None and key in exclude and not isinstance(unwanted, (Mapping, Set))
        if (include is None or key in include) and not left_out:
            deeper = [None if part is True or part is ... else part for part in (wanted, unwanted)]
            chosen[key] = _selected(value, *deeper)
    return chosen


def _translated(cls: type[KerasObject], data: object, error: ValidationError) -> ValidationError:
    from seqspec.core.catalog.validation import translate_error

    return translate_error(cls, data, error)


def _without_references(schema: object, definitions: Mapping[str, object]) -> object:
    """A JSON Schema with the definitions in place of the references to them."""
    if isinstance(schema, list):
        return [_without_references(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _without_references(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _without_references(value, definitions) for key, value in schema.items() if key != "discriminator"}


def argument_of(declaration: KerasObject, name: str, default: object = None) -> Any:
    """The value of an argument, or its default in Keras; `default` if the class does not have the argument.

    `getattr` with a default is ten times slower for missing attributes of Pydantic models.
    """
    return declaration.__dict__.get(name, default)


def given_argument(declaration: KerasObject, name: str, default: object = None) -> Any:
    """The value of an argument that was written; `default` if it was not or does not exist."""
    return declaration.__dict__[name] if name in declaration.__pydantic_fields_set__ else default


def given_arguments(declaration: KerasObject) -> dict[str, Any]:
    """The arguments that were written, without defaults; these are passed to Keras."""
    values = declaration.__dict__
    given = declaration.__pydantic_fields_set__
    return {name: values[name] for name in values if name in given}


def require_valid(instance: T | None, violations: Sequence[Violation]) -> T:
    """The instance that was read; raises `Violations` if there are mistakes, with what could be recovered."""
    if violations:
        raise Violations(list(violations), UNSET if instance is None else instance)
    assert instance is not None
    return instance


def unchecked(cls: type[K], **given: Any) -> K:
    """An instance with arguments that are known to be valid."""
    return cls.model_construct(**given)


def place_of(declaration: KerasObject, name: str) -> dict[str, Any]:
    """The path and anchor of a violation: those of an argument if it is written, else those of the layer."""
    return {"path": (name,)} if name in declaration.model_fields_set else {"anchor": "layer"}


def bad_argument(name: str, requirement: str, *, label: str | None = None, help: str | None = None) -> Violation:
    """The violation for an argument whose value does not meet a requirement, such as `must be positive, got 0`."""
    return Violation("bad-value", f"{name} " + requirement, path=(name,), label=label, help=help)


def conflict(
    name: str,
    statement: str,
    *,
    label: str | None = None,
    related: Sequence[tuple[tuple[str | int, ...], str]] = (),
    help: str | None = None,
) -> Violation:
    """The violation for an argument that cannot be combined with the others of its table."""
    return Violation("conflicting-arguments", statement, path=(name,), label=label, related=related, help=help)


def family_of(declared: KerasObject) -> str:
    """The family of an object, which is its module in `keras`: `"metrics"`, `"initializers"`."""
    # seqspec.core.catalog.metrics.regression → metrics
    return type(declared).__module__.removeprefix(f"{__package__}.").partition(".")[0]
