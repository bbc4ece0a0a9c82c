"""The nested objects that layers and `compile` take: activations, initializers, regularizers, losses, ...

A document writes them by name (`"relu"`), as a shorthand (`"l2(0.01)"`) or as a table (`{ type = "L2", l2 = 0.01 }`).
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import ShapeNeutral
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.quote import quote_value, shorten
from seqspec.diagnostics.snippet import Help, Setting, TableName, Value, Written
from seqspec.diagnostics.suggest import Form, suggest
from seqspec.diagnostics.violation import UNSET, Violation, Violations

if TYPE_CHECKING:
    from seqspec.language.shorthand import Call


class Named(KerasObject):
    """An object that Keras must get by its bare name: it makes a function of it, or chooses by the model's output.

    `stands_for` is the class that does the same with its default arguments, None where Keras chooses.
    """

    identifier: str
    stands_for: type[KerasObject] | None = None

    def to_tree(self) -> Any:
        """The name itself: no longer form says the same."""
        return self.identifier

    def __repr__(self) -> str:
        return repr(self.identifier)


def named(identifier: str, stands_for: type[KerasObject] | None) -> Named:
    """The object for a name that Keras reads."""
    return Named.model_construct(identifier=identifier, stands_for=stands_for)


class CustomUse:
    """A use of a class of the author's own, checked against its declaration."""

    @property
    def kind(self) -> str:
        """What the class is declared as: `"layer"`, `"loss"`, `"metric"` or `"callback"`."""
        raise NotImplementedError


def undeclared(name: object, declared: Iterable[str] = ()) -> Violation:
    """The problem for a class of the author's own that is not declared."""
    if not isinstance(name, str):
        return Violation("wrong-type", f"custom must be the name of a class, got {quote_value(name)}", path=("custom",))

    shown = shorten(name)
    declare = Help("declare it as ", TableName(("custom", shown)), " with ", Setting("import", f"my_module:{shown}"))
    return Violation(
        "bad-custom",
        f'unknown custom class "{shorten(name)}"',
        path=("custom",),
        **suggest(name, declared, declare, Form.CUSTOM).arguments(),
    )


class Family(ShapeNeutral):
    """Marks a type whose values are objects of one family, given by a name, a shorthand or a table.

    A family is a module of `catalog` with a table `NAMES` from every name that Keras's `get` reads to its class, or to
    a `Named` where Keras must get the name itself; a `NameIndex` imports a class when one of its names is looked up.
    The module may have a function `typed`, the class for a type or a name with arguments where these differ, a table
    `REFUSED` of the classes that a spec cannot hold (name → reason and way out), and `FOLDED` where letter case does
    not count.
    """

    def __init__(self, family: str, noun: str) -> None:
        super().__init__()
        self.family = family
        self.noun = noun
        self._module: object = None
        self._bare: dict[str, KerasObject] = {}
        """The object of each bare name: objects are frozen, so all documents can share it."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            json_schema_input_schema=core_schema.union_schema([core_schema.str_schema(), core_schema.dict_schema()]),
        )

    @property
    def text(self) -> str:
        """What a value has to be."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def module(self) -> Any:
        """The module of the family, imported when the first object of it is read."""
        if self._module is None:
            self._module = import_module(f"seqspec.catalog.{self.family}")
        return self._module

    def names(self) -> Mapping[str, type[KerasObject] | Named]:
        """Every name that Keras reads for this family."""
        names: Mapping[str, type[KerasObject] | Named] = self.module().NAMES
        return names

    def named(self, name: str) -> type[KerasObject] | Named | None:
        """What a bare name stands for."""
        found = self.names().get(name)
        if found is None and getattr(self.module(), "FOLDED", False):
            found = self.names().get(name.lower())
        return found

    def typed(self, name: str) -> type[KerasObject] | None:
        """The class for a type or for a name with arguments."""
        typed = getattr(self.module(), "typed", None)
        found: type[KerasObject] | None = typed(name) if typed is not None else None
        if found is None:
            bare = self.named(name)
            found = bare.stands_for if isinstance(bare, Named) else bare
        return found

    def read(self, value: Any) -> Any:
        if type(value) is str:
            made = self._bare.get(value)
            if made is None:
                found = self.named(value)
                if found is None:
                    return self._read_text(value)
                made = self._bare[value] = self._make(found, {}) if isinstance(found, type) else found
            return made
        if type(value) is dict or isinstance(value, Mapping):
            return self._read_table(value)
        if type(value) in (int, float):
            raise self._number(value)
        if isinstance(value, CustomUse):
            return self._custom(value)
        if isinstance(value, KerasObject):
            return self._made(value)
        if value is UNSET:
            # A use of a custom class whose mistake is already known.
            raise Violations([], None)
        raise wrong_type(self.text, value)

    def _number(self, value: float) -> Violation:
        """The violation for a bare number; its help suggests an object with that number."""
        text = shorten(str(value))
        help: str | Help | None = None
        if self.noun == "optimizer":
            help = Help("write ", Value({"type": "Adam", "learning_rate": Written(text)}))
        elif self.noun == "regularizer":
            help = f'write "l2({text})"'
        elif self.noun == "initializer":
            constant = Help("write ", Value({"type": "Constant", "value": Written(text)}))
            help = 'write "zeros"' if value == 0 else 'write "ones"' if value == 1 else constant
        return wrong_type(self.text, value).replace(help=help)

    def _made(self, value: KerasObject) -> KerasObject:
        """An object that was made in Python."""
        name = value.identifier if isinstance(value, Named) else type(value).__name__
        if (isinstance(value, Named) and name in self.names()) or self.typed(name) is type(value):
            return value
        families = (ACTIVATION, INITIALIZER, REGULARIZER, CONSTRAINT, OPTIMIZER, SCHEDULE, LOSS, METRIC, CALLBACK)
        noun = next((family.noun for family in families if family.typed(name) is type(value)), None)
        here = self.typed(name)
        raise Violation(
            "wrong-type",
            f"must be {self.text}, got {name}" if noun is None else f"must be {self.text}, got the {noun} {name}",
            help=None if here is None else f"import {here.__name__} from seqspec.{self.family}",
        )

    def _custom(self, value: Any) -> object:
        if value.kind != self.noun:
            raise Violation(
                "bad-custom",
                f"must be {self.text}, but this class is declared as a {value.kind}",
                path=("custom",),
                help=Help("write ", Setting("kind", self.noun), " in its declaration")
                if self.noun in _CUSTOM_KINDS
                else None,
            )
        return value

    def _read_text(self, text: str) -> KerasObject:
        from seqspec.language.shorthand import read_call

        call = read_call(text)
        found = self.typed(call.name)
        start = text.index(call.name)
        place = (start, start + len(call.name))
        if found is None:
            raise self._unknown(call.name, string_range=place)
        if "(" not in text:
            raise Violation(
                "unknown-name",
                f'Keras does not accept "{call.name}" as a bare {self.noun} name',
                string_range=place,
                help=self._as_bare_name(call.name, found),
                recovered_value=UNSET if found.required() else self._make(found, {}),
            )
        names = list(found.model_fields)
        if call.arguments and not names:
            raise Violation(
                "unknown-argument",
                f"{call.name} accepts no arguments",
                string_range=(place[1], len(text)),
                help=found.unknown_argument_help("") or f'write "{call.name}"',
                recovered_value=self._make(found, {}),
            )
        tree, violations = call.bind(found.__name__, names)
        made = _complete(found.read(tree, violations))
        if violations:
            located = [_in_shorthand(violation, call, names, place) for violation in violations]
            raise Violations(located, UNSET if made is None else made)
        assert made is not None
        return made

    def _read_table(self, table: Mapping[str, object]) -> KerasObject:
        name = table.get("type")
        if type(name) is not str:
            raise self._untagged(table, name)
        found = self.typed(name)
        if found is None:
            raise self._unknown(name).prefixed("type")
        return self._make(found, {key: value for key, value in table.items() if key != "type"})

    def _untagged(self, table: Mapping[str, Any], name: Any) -> Violation:
        if "custom" in table and name is None:
            violation = undeclared(table["custom"])
            return violation.replace(statement=f"must be {self.text}: {violation.statement}")
        if isinstance(table.get("class_name"), str):
            return Violation(
                "bad-value",
                "must have a type; this is Keras's own serialization format (class_name, config)",
                path=("class_name",),
                anchor="key",
                help=Help(
                    "write ", Value({"type": shorten(table["class_name"]), ...: ...}), " and the arguments of config"
                ),
            )
        if name is not None:
            return Violation("wrong-type", f"type must be a name, got {quote_value(name)}", path=("type",))
        return Violation(
            "missing-argument",
            f"must be {self.text}; this table has no type",
            help=Help("write ", Value({"type": next(iter(self.names()), "")})),
        )

    def _make(self, found: type[KerasObject], tree: Mapping[str, object]) -> KerasObject:
        violations: list[Violation] = []
        made = found.read(tree, violations)
        if violations:
            made = _complete(made)
            raise Violations(violations, UNSET if made is None else made)
        assert made is not None
        return made

    def _unknown(self, name: str, string_range: tuple[int, int] | None = None) -> Violation:

        refused = getattr(self.module(), "REFUSED", {}).get(name)
        if refused is not None:
            return Violation(
                "unsupported-class", f"cannot be {name}: it {refused[0]}", string_range=string_range, help=refused[1]
            )
        names = self.names()
        meant = suggest(name, names, self._known(name), Form.STRING)
        recovered: object = UNSET
        if meant.word is not None:
            found = names[meant.word]
            if isinstance(found, Named):
                recovered = found
            elif not found.required():
                recovered = self._make(found, {})
        return Violation(
            "unknown-name",
            f'unknown {self.noun} "{shorten(name)}"',
            string_range=string_range,
            recovered_value=recovered,
            **meant.arguments(),
        )

    def _known(self, name: str) -> str:
        """The names that a wrong one is the beginning of, else all of them."""
        begun = [known for known in self.names() if name and known.startswith(f"{name.lower()}_")]
        if begun:
            return "write " + " or ".join(f'"{known}"' for known in begun[:4])
        return f"available: {shorten(', '.join(sorted(self.names())), 300)}"

    def _as_bare_name(self, name: str, found: type[KerasObject]) -> str | Help:
        """What to write for a class name that Keras does not read as a bare name."""
        from seqspec.language.names import snake_case

        bare = next((known for known in (snake_case(name), name.lower()) if known in self.names()), None)
        return f'write "{bare}"' if bare is not None else Help("write ", Value({"type": found.__name__}))


def _in_shorthand(violation: Violation, call: "Call", names: Sequence[str], place: tuple[int, int]) -> Violation:
    """The violation of an argument, at the range of the argument in the text of a call."""
    if violation.string_range is not None:
        return violation
    key = violation.path[0] if violation.path else None
    at = call.place_of(key, names, violation.anchor) if isinstance(key, str) else None
    return violation.replace(string_range=at or place, path=(), anchor="value")


def _complete(made: KerasObject | None) -> KerasObject | None:
    """The object, unless a required argument of it could not be read."""
    return made if made is not None and all(name in made.model_fields_set for name in made.required()) else None


_CUSTOM_KINDS = ("loss", "metric", "callback")

ACTIVATION = Family("activations", "activation")
INITIALIZER = Family("initializers", "initializer")
REGULARIZER = Family("regularizers", "regularizer")
CONSTRAINT = Family("constraints", "constraint")
OPTIMIZER = Family("optimizers", "optimizer")
SCHEDULE = Family("schedules", "learning rate schedule")
LOSS = Family("losses", "loss")
METRIC = Family("metrics", "metric")
CALLBACK = Family("callbacks", "callback")

Activation = Annotated[KerasObject | str | Mapping[str, Any], ACTIVATION]
Initializer = Annotated[KerasObject | str | Mapping[str, Any], INITIALIZER]
Regularizer = Annotated[KerasObject | str | Mapping[str, Any], REGULARIZER]
Constraint = Annotated[KerasObject | str | Mapping[str, Any], CONSTRAINT]
Optimizer = Annotated[KerasObject | str | Mapping[str, Any], OPTIMIZER]
Schedule = Annotated[KerasObject | str | Mapping[str, Any], SCHEDULE]
Loss = Annotated[KerasObject | str | Mapping[str, Any], LOSS]
Metric = Annotated[KerasObject | str | Mapping[str, Any], METRIC]
Callback = Annotated[KerasObject | str | Mapping[str, Any], CALLBACK]
