"""The families of objects (activations, initializers, optimizers, ...): by name, as a shorthand, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import FAMILIES, OPTIMIZER, OWN_KINDS, Family, Loss, Metric, Named, Schedule
from seqspec.core.catalog.optimizers.base import RateOrSchedule
from seqspec.core.catalog.optimizers.nested_optimizers import InnerOptimizer, MapOfOptimizers, OptimizerMap
from seqspec.core.document.training_tables import (
    LossOrLosses,
    MetricList,
    MetricOrList,
    MetricOrMetrics,
    WeightsByClass,
)
from seqspec.core.schema import patterns
from seqspec.core.schema.class_schemas import class_definitions, closed_keys, custom_class_name, properties_of
from seqspec.core.schema.descriptions import describe_class, described, summary
from seqspec.core.schema.dispatch import Branch, dispatch, lacks_keys
from seqspec.core.schema.value_schema import (
    NUMBER,
    ItemSchemas,
    Schema,
    ValueSchema,
    schema_factory,
    schema_of,
    strings,
)

_IN_LAYERS = ("activation", "initializer", "regularizer", "constraint")
"""The families of which most layers have arguments."""

_CHOSEN = "Chosen by Keras based on the shapes of labels and predictions."


class FamilySchema:
    """One family: `bare` are the names without arguments, `classes` the classes by the names in `type`.

    Args:
        kind: The kind of arguments that accept the object.
        title: The name of the definition.
        without: Classes that are not part of it.
    """

    def __init__(self, kind: Family, title: str = "", without: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.noun = kind.noun
        self.title = title or "".join(word.capitalize() for word in kind.noun.split())
        module = kind.module()
        self.folded: bool = getattr(module, "FOLDED", False)
        self.bare = {}
        for name, identifier in sorted(kind.names().items()):
            if isinstance(identifier, Named):
                self.bare[name] = summary(identifier.stands_for) if identifier.stands_for else _CHOSEN
            elif not identifier.required():
                self.bare[name] = summary(identifier)
        called: dict[type[KerasObject], list[str]] = {}
        for name in sorted({*kind.names(), *kind.typed()}):
            declared = kind.class_named(name)
            if declared is not None and declared.__name__ not in without:
                called.setdefault(declared, []).append(name)
        self.classes = {self._names(declared, names): declared for declared, names in called.items()}

    def _names(self, declared: type[KerasObject], names: list[str]) -> tuple[str, ...]:
        usual = declared.__name__
        if self.folded:
            return (usual,)
        return (usual, *(name for name in names if name != usual)) if usual in names else tuple(names)

    def definition(self, names: tuple[str, ...]) -> str:
        """The name of the definition of a class."""
        return f"{self.title}.{names[0]}"

    def branches(self) -> list[Branch]:
        """The classes, in the order of their names."""
        return [
            Branch(self.definition(names), names, summary(declared)) for names, declared in sorted(self.classes.items())
        ]

    def text(self) -> str:
        """The pattern of a name alone or with arguments."""
        fold, bare = self.folded, set(self.bare)
        called = {name.lower() if fold else name for names in self.classes for name in names}
        groups = [
            (f"(?:{patterns.ARGUMENTS})?", bare & called),
            ("", bare - called),
            (patterns.ARGUMENTS, called - bare),
        ]
        inside = "|".join(
            f"(?:{patterns.alternatives(sorted(names), fold)})" + (rf"\s*{rest}" if rest else "")
            for rest, names in groups
            if names
        )
        return rf"^\s*(?:{inside})\s*$"

    def table(self) -> Schema:
        """The keywords for a table with `type`, or with `custom` where the family accepts custom classes."""
        tag = described(f"Which {self.noun}.")
        out = dispatch("type", self.branches(), tag, self.folded, structure=self.noun not in _IN_LAYERS)
        if self.noun not in OWN_KINDS:
            return {**out, "required": ["type"]}
        custom_key = {"properties": {"custom": {"$ref": f"#/$defs/Name.{self.noun}"}}, "additionalProperties": True}
        out["allOf"].insert(0, {"if": lacks_keys("type"), "then": custom_key})
        out["allOf"].insert(
            0, {"if": lacks_keys("custom"), "then": {"required": ["type"], "additionalProperties": True}}
        )
        return out

    def definitions(self) -> Iterator[tuple[str, Schema]]:
        """The definitions of its classes."""
        for names, declared in self.classes.items():
            yield from class_definitions(self.definition(names), declared, names, folded=self.folded)


@cache
def family(kind: Family) -> FamilySchema:
    """The family of a kind."""
    return FamilySchema(kind)


_PLAIN = FamilySchema(OPTIMIZER, "PlainOptimizer", without=("LossScaleOptimizer", "MultiOptimizer"))


def _values(objects: FamilySchema) -> ValueSchema:
    values = ValueSchema(
        "object",
        choices=objects.bare,
        string_patterns=(objects.text(),),
        table=objects.table(),
        declares=(objects.kind,),
    )
    return values.named(objects.title, nested=objects.noun in _IN_LAYERS)


@schema_factory(Family)
def _object(kind: Family) -> ValueSchema:
    return _values(family(kind))


@schema_factory(InnerOptimizer)
def _plain_optimizer(mark: InnerOptimizer) -> ValueSchema:
    return _values(_PLAIN)


@schema_factory(MapOfOptimizers)
def _map(mark: MapOfOptimizers) -> ValueSchema:
    tag = described("OptimizerMap, which is optional.", const="OptimizerMap")
    keys = closed_keys({"type": tag, **properties_of(OptimizerMap)}, OptimizerMap.required())
    table = {**describe_class(OptimizerMap), **keys}
    return ValueSchema("object", table=table, declares=(OptimizerMap,))


@schema_factory(RateOrSchedule)
def _learning_rate(mark: RateOrSchedule) -> ValueSchema:
    return (NUMBER | schema_of(Schedule)).named("LearningRate")


@schema_factory(MetricOrMetrics)
def _metric_or_list(mark: MetricOrMetrics) -> ValueSchema:
    metric = schema_of(Metric)
    return (metric | ValueSchema("array", items=ItemSchemas(metric))).named("MetricOrList", nested=False)


@schema_factory(MetricList)
def _metrics(mark: MetricList) -> ValueSchema:
    metric = schema_of(MetricOrList)
    alone = {"type": False, "custom": False, "class_name": False}
    by_output = ValueSchema(
        "object", table={"properties": alone, "additionalProperties": metric.reference()}, entries=metric
    )
    return ValueSchema("array", items=ItemSchemas(metric)) | by_output


@schema_factory(LossOrLosses)
def _losses(mark: LossOrLosses) -> ValueSchema:
    loss = schema_of(Loss)
    loss_or_none = loss.or_none().named("LossOrNone", nested=False)
    tagged = {"type": "object", "anyOf": [{"required": ["type"]}, {"required": ["custom"]}]}
    table: Schema = {
        "properties": {},
        "additionalProperties": True,
        "allOf": [
            {
                "if": tagged,
                "then": {"$ref": f"#/$defs/{loss.definition}"},
                "else": {"minProperties": 1, "additionalProperties": loss_or_none.reference()},
            }
        ],
        "anyOf": [True, {"$ref": f"#/$defs/{loss.definition}"}],
    }
    several = ValueSchema("array", items=ItemSchemas(loss_or_none), table=table, entries=loss_or_none)
    return (loss | several).named("Losses", nested=False)


@schema_factory(WeightsByClass)
def _class_weights(mark: WeightsByClass) -> ValueSchema:
    table = {"propertyNames": {"pattern": "^[0-9]{1,9}$"}, "additionalProperties": NUMBER.reference()}
    return ValueSchema("object", table=table) | strings("balanced")


def definitions() -> Iterator[tuple[str, Schema]]:
    """The definitions of the classes of all families."""
    for member in (*map(family, FAMILIES), _PLAIN):
        yield from member.definitions()
    for noun in OWN_KINDS:
        yield f"Name.{noun}", custom_class_name(noun)
