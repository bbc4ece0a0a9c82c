"""The nested objects that layers and `compile` take: activations, initializers, regularizers, losses, ...

A document writes them by name (`"relu"`), as a shorthand (`"l2(0.01)"`) or as a table (`{ type = "L2", l2 = 0.01 }`).
The classes of a package are imported on demand.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from seqspec.core.catalog.keras_object import KerasObject, require_valid
from seqspec.core.catalog.markers import ShapeNeutral
from seqspec.core.catalog.validation import validator, wrong_type
from seqspec.core.diagnostics.message import Setting, TableName, Value, Verbatim, fmt, quote_value, shorten
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations

if TYPE_CHECKING:
    from seqspec.core.language.shorthand import ShorthandCall


class Named(KerasObject):
    """An object that must be passed to Keras by name: it is a function, or selected by the output of the model.

    `stands_for` is the equivalent class with its default arguments; None if Keras selects it.
    """

    identifier: str
    stands_for: type[KerasObject] | None = None

    def to_tree(self) -> object:
        """The name, which has no equivalent long form."""
        return self.identifier

    def __repr__(self) -> str:
        return repr(self.identifier)


def named(identifier: str, stands_for: type[KerasObject] | None) -> Named:
    """The object for a name that Keras accepts."""
    return Named.model_construct(identifier=identifier, stands_for=stands_for)


class CustomUse:
    """A use of a custom class, checked against its declaration."""

    @property
    def kind(self) -> str:
        """The declared kind of the class: `"layer"`, `"loss"`, `"metric"` or `"callback"`."""
        raise NotImplementedError


def undeclared(name: object, declared: Iterable[str] = ()) -> Violation:
    """The violation for an undeclared custom class."""
    if not isinstance(name, str):
        return Violation(
            "wrong-type", fmt("custom must be the name of a class, got {}", quote_value(name)), path=("custom",)
        )

    shown = shorten(name)
    declare = fmt("declare it as {} with {}", TableName(("custom", shown)), Setting("import", f"my_module:{shown}"))
    return Violation(
        "bad-custom",
        f'unknown custom class "{shorten(name)}"',
        path=("custom",),
        **suggest(name, declared, declare, SuggestionTemplate.CUSTOM).arguments(),
    )


class Family(ShapeNeutral):
    """Marks a type whose values are objects of one family, given by a name, a shorthand or a table.

    A family is a module of `catalog` with a mapping `NAMES` from all names that Keras's `get` accepts to classes, or to
    `Named` if Keras must get the name itself; a `NameIndex` imports classes on demand. Optionally, the module has a
    mapping `TYPED` (the class for a `type` or a name with arguments, where it is not that of the bare name), a mapping
    `REFUSED` of unsupported classes (name → reason and help), and `FOLDED` if letter case is ignored.
    """

    def __init__(self, family: str, noun: str, keras_module: str | None = None) -> None:
        super().__init__()
        self.family = family
        self.noun = noun
        self.keras_module = keras_module or f"keras.{family}"
        """The module of Keras that has the classes."""
        self._module: ModuleType | None = None
        self._bare: dict[str, KerasObject] = {}
        """The object of each bare name, shared by all documents, because objects are frozen."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            validator(self.read),
            json_schema_input_schema=core_schema.union_schema([core_schema.str_schema(), core_schema.dict_schema()]),
        )

    @property
    def text(self) -> str:
        """The description of accepted values."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def module(self) -> ModuleType:
        """The module of the family, imported when the first object of it is read."""
        if self._module is None:
            self._module = import_module(f"seqspec.core.catalog.{self.family}")
        return self._module

    def names(self) -> Mapping[str, type[KerasObject] | Named]:
        """All names that Keras accepts for this family."""
        names: Mapping[str, type[KerasObject] | Named] = self.module().NAMES
        return names

    def named(self, name: str) -> type[KerasObject] | Named | None:
        """The object of a bare name."""
        return self._of(self.names(), name)

    def typed(self) -> Mapping[str, type[KerasObject] | Named]:
        """The classes for a type or for a name with arguments, where they are not those of the bare names."""
        typed: Mapping[str, type[KerasObject] | Named] = getattr(self.module(), "TYPED", {})
        return typed

    def _of(self, names: Mapping[str, type[KerasObject] | Named], name: str) -> type[KerasObject] | Named | None:
        class_name = names.get(name)
        return names.get(name.lower()) if class_name is None and getattr(self.module(), "FOLDED", False) else class_name

    def class_named(self, name: str) -> type[KerasObject] | None:
        """The class for a type or for a name with arguments."""
        declared = self._of(self.typed(), name) or self.named(name)
        return declared.stands_for if isinstance(declared, Named) else declared

    def read(self, value: object) -> Any:
        if type(value) is str:
            instance = self._bare.get(value)
            if instance is None:
                declared = self.named(value)
                if declared is None:
                    return self._read_text(value)
                instance = self._bare[value] = self._make(declared, {}) if isinstance(declared, type) else declared
            return instance
        if type(value) is dict or isinstance(value, Mapping):
            return self._read_table(value)
        if type(value) is int or type(value) is float:
            raise self._number(value)
        if isinstance(value, CustomUse):
            return self._custom(value)
        if isinstance(value, KerasObject):
            return self._accept(value)
        if value is UNSET:
            # An invalid use of a custom class, which has been reported.
            raise Violations([], None)
        raise wrong_type(self.text, value)

    def _number(self, value: float) -> Violation:
        """The violation for a bare number; its help suggests an object with that number."""
        text = shorten(str(value))
        help: str | None = None
        if self.noun == "optimizer":
            help = fmt("write {}", Value({"type": "Adam", "learning_rate": Verbatim(text)}))
        elif self.noun == "regularizer":
            help = f'write "l2({text})"'
        elif self.noun == "initializer":
            constant = fmt("write {}", Value({"type": "Constant", "value": Verbatim(text)}))
            help = 'write "zeros"' if value == 0 else 'write "ones"' if value == 1 else constant
        return wrong_type(self.text, value).replace(help=help)

    def _accept(self, value: KerasObject) -> KerasObject:
        """Validates an object that was created in Python."""
        name = value.identifier if isinstance(value, Named) else type(value).__name__
        if (isinstance(value, Named) and name in self.names()) or self.class_named(name) is type(value):
            return value
        noun = next((family.noun for family in FAMILIES if family.class_named(name) is type(value)), None)
        declared = self.class_named(name)
        raise Violation(
            "wrong-type",
            f"must be {self.text}, got {name}" if noun is None else f"must be {self.text}, got the {noun} {name}",
            help=None if declared is None else f"import {declared.__name__} from seqspec.{self.family}",
        )

    def _custom(self, value: CustomUse) -> CustomUse:
        if value.kind != self.noun:
            raise Violation(
                "bad-custom",
                f"must be {self.text}, but this class is declared as a {value.kind}",
                path=("custom",),
                help=fmt("write {} in its declaration", Setting("kind", self.noun)) if self.noun in OWN_KINDS else None,
            )
        return value

    def _read_text(self, text: str) -> KerasObject:
        from seqspec.core.language.shorthand import read_call

        call = read_call(text)
        declared = self.class_named(call.name)
        start = text.index(call.name)
        name_range = (start, start + len(call.name))
        if declared is None:
            raise self._unknown(call.name, string_range=name_range)
        if "(" not in text:
            raise Violation(
                "unknown-name",
                f'Keras does not accept "{call.name}" as a bare {self.noun} name',
                string_range=name_range,
                help=self._as_bare_name(call.name, declared),
                recovered_value=UNSET if declared.required() else self._make(declared, {}),
                only_keras=3,
            )
        names = list(declared.model_fields)
        if call.arguments and not names:
            raise Violation(
                "unknown-argument",
                f"{call.name} accepts no arguments",
                string_range=(name_range[1], len(text)),
                help=declared.unknown_argument_help("") or f'write "{call.name}"',
                recovered_value=self._make(declared, {}),
            )
        tree, violations = call.bind(declared.__name__, names)
        instance = _complete(declared.read(tree, violations))
        return require_valid(instance, [_in_shorthand(mistake, call, names, name_range) for mistake in violations])

    def _read_table(self, table: Mapping[str, object]) -> KerasObject:
        name = table.get("type")
        if type(name) is not str:
            raise self._untagged(table, name)
        declared = self.class_named(name)
        if declared is None:
            raise self._unknown(name).prefixed("type")
        return self._make(declared, table)

    def _untagged(self, table: Mapping[str, object], name: object) -> Violation:
        if "custom" in table and name is None:
            violation = undeclared(table["custom"])
            return violation.replace(statement=f"must be {self.text}: {violation.statement}")
        class_name = table.get("class_name")
        if isinstance(class_name, str):
            return Violation(
                "bad-value",
                "must have a type; this is Keras's own serialization format (class_name, config)",
                path=("class_name",),
                anchor="key",
                help=fmt("write {} and the arguments of config", Value({"type": shorten(class_name), ...: ...})),
            )
        if name is not None:
            return Violation("wrong-type", fmt("type must be a name, got {}", quote_value(name)), path=("type",))
        return Violation(
            "missing-argument",
            f"must be {self.text}; this table has no type",
            missing="type",
            help=fmt("write {}", Value({"type": self.type_with(table) or next(iter(self.names()), "")})),
        )

    def type_with(self, arguments: Collection[str]) -> str | None:
        """The first class that has all of these arguments; None if there is none."""
        classes = ((name, class_name) for name, class_name in self.names().items() if isinstance(class_name, type))
        return next((name for name, candidate in classes if candidate.model_fields.keys() >= {*arguments}), None)

    def _make(self, declared: type[KerasObject], tree: Mapping[str, object]) -> KerasObject:
        violations: list[Violation] = []
        instance = declared.read(tree, violations)
        return require_valid(_complete(instance) if violations else instance, violations)

    def _unknown(self, name: str, string_range: tuple[int, int] | None = None) -> Violation:

        refused = getattr(self.module(), "REFUSED", {}).get(name)
        if refused is not None:
            return Violation(
                "unsupported-class", f"cannot be {name}: it {refused[0]}", string_range=string_range, help=refused[1]
            )
        names = self.names()
        meant = suggest(name, names, self._known(name), SuggestionTemplate.STRING)
        recovered: object = UNSET
        if meant.word is not None:
            identifier = names[meant.word]
            if isinstance(identifier, Named):
                recovered = identifier
            elif not identifier.required():
                recovered = self._make(identifier, {})
        return Violation(
            "unknown-name",
            f'unknown {self.noun} "{shorten(name)}"',
            string_range=string_range,
            recovered_value=recovered,
            **meant.arguments(),
        )

    def _known(self, name: str) -> str:
        """The names that start with an unknown one, else all names."""
        begun = [candidate for candidate in self.names() if name and candidate.startswith(f"{name.lower()}_")]
        if begun:
            return "write " + " or ".join(f'"{candidate}"' for candidate in begun[:4])
        return f"available: {shorten(', '.join(sorted(self.names())), 300)}"

    def _as_bare_name(self, name: str, declared: type[KerasObject]) -> str:
        """The help for a class name that Keras does not accept as a bare name."""
        from seqspec.core.language.keys import snake_case

        bare = next((candidate for candidate in (snake_case(name), name.lower()) if candidate in self.names()), None)
        return f'write "{bare}"' if bare is not None else fmt("write {}", Value({"type": declared.__name__}))


def _in_shorthand(
    violation: Violation, call: "ShorthandCall", names: Sequence[str], name_range: tuple[int, int]
) -> Violation:
    """The violation of an argument, at the range of the argument in the text of a call."""
    if violation.string_range is not None:
        return violation
    key = violation.path[0] if violation.path else None
    at = call.place_of(key, names, violation.anchor) if isinstance(key, str) else None
    return violation.replace(string_range=at or name_range, path=(), anchor="value", missing=None)


def _complete(instance: KerasObject | None) -> KerasObject | None:
    """The object, unless a required argument is invalid."""
    return (
        instance
        if instance is not None and all(name in instance.model_fields_set for name in instance.required())
        else None
    )


OWN_KINDS = ("loss", "metric", "callback")
"""The kinds of objects that custom classes can be."""

ACTIVATION = Family("activations", "activation")
INITIALIZER = Family("initializers", "initializer")
REGULARIZER = Family("regularizers", "regularizer")
CONSTRAINT = Family("constraints", "constraint")
OPTIMIZER = Family("optimizers", "optimizer")
SCHEDULE = Family("schedules", "learning rate schedule", "keras.optimizers.schedules")
LOSS = Family("losses", "loss")
METRIC = Family("metrics", "metric")
CALLBACK = Family("callbacks", "callback")
FAMILIES = (ACTIVATION, INITIALIZER, REGULARIZER, CONSTRAINT, OPTIMIZER, SCHEDULE, LOSS, METRIC, CALLBACK)

Activation = Annotated[KerasObject | str | Mapping[str, object], ACTIVATION]
Initializer = Annotated[KerasObject | str | Mapping[str, object], INITIALIZER]
Regularizer = Annotated[KerasObject | str | Mapping[str, object], REGULARIZER]
Constraint = Annotated[KerasObject | str | Mapping[str, object], CONSTRAINT]
Optimizer = Annotated[KerasObject | str | Mapping[str, object], OPTIMIZER]
Schedule = Annotated[KerasObject | str | Mapping[str, object], SCHEDULE]
Loss = Annotated[KerasObject | str | Mapping[str, object], LOSS]
Metric = Annotated[KerasObject | str | Mapping[str, object], METRIC]
Callback = Annotated[KerasObject | str | Mapping[str, object], CALLBACK]


class ClassIndex(Mapping[str, type[KerasObject]]):
    """The classes of a package by name, imported on demand.

    `modules` maps each module of the package to the names of its classes, separated by spaces.
    """

    def __init__(self, package: str, modules: Mapping[str, str]) -> None:
        self.modules = {name: f"{package}.{module}" for module, names in modules.items() for name in names.split()}
        self._found: dict[str, type[KerasObject]] = {}

    def __getitem__(self, name: str) -> type[KerasObject]:
        declared = self._found.get(name)
        if declared is None:
            declared = self._found[name] = getattr(import_module(self.modules[name]), name)
        return declared

    def traits(self, name: str | None) -> frozenset[str]:
        """The traits of a class: see `catalog.traits`; empty for a custom class."""
        return self[name].traits if name is not None and name in self.modules else frozenset()

    def __contains__(self, name: object) -> bool:
        return name in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)


class NameIndex(Mapping[str, type[KerasObject] | Named]):
    """The bare names that Keras accepts, and their objects.

    `names` maps each name to the name of its class, None if Keras selects the class by the output of the model. `named`
    returns the object of a name if that is not the class itself.
    """

    def __init__(
        self,
        classes: ClassIndex,
        names: Mapping[str, str | None],
        named: Callable[[str, type[KerasObject] | None], type[KerasObject] | Named] | None = None,
    ) -> None:
        self._classes = classes
        self._names = names
        self._named = named
        self._found: dict[str, type[KerasObject] | Named] = {}

    def __getitem__(self, name: str) -> type[KerasObject] | Named:
        value = self._found.get(name)
        if value is None:
            class_name = self._names[name]
            cls = None if class_name is None else self._classes[class_name]
            if self._named is not None:
                value = self._named(name, cls)
            else:
                assert cls is not None
                value = cls
            self._found[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
