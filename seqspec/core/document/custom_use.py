"""Resolves uses of custom classes, `{ custom = "Name", ... }`."""

from collections.abc import Iterator, Mapping

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.objects import CustomUse, undeclared
from seqspec.core.diagnostics.violation import UNSET, Path, Violation
from seqspec.core.document.custom import Classes, CustomClass
from seqspec.core.document.custom_layer import CustomLayer, layer_type
from seqspec.core.language.numbers import read_fraction
from seqspec.core.syntax.document import Tree


class CustomObject(KerasObject, CustomUse):
    """A use of a custom loss, metric or callback."""

    definition: CustomClass
    arguments: Tree

    @property
    def kind(self) -> str:
        return self.definition.kind

    def to_tree(self) -> Tree:
        """The long form."""
        return {"custom": self.definition.name, **self.arguments}


def resolve_custom(tree: object, classes: Classes | None, violations: list[Violation], path: Path = ()) -> object:
    """A copy of the tree with every `{ custom = ... }` replaced by the resolved object.

    An invalid use becomes `UNSET`, after a report. `classes` is None if `[custom]` could not be read.
    """
    if isinstance(tree, Mapping):
        if "custom" in tree and "type" not in tree:
            return _use(tree, classes, violations, path)
        return {
            key: value if key[:2] == "x-" else resolve_custom(value, classes, violations, (*path, key))
            for key, value in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return [resolve_custom(value, classes, violations, (*path, index)) for index, value in enumerate(tree)]
    return tree


def _use(tree: Mapping[str, object], classes: Classes | None, violations: list[Violation], path: Path) -> object:
    name = tree["custom"]
    if classes is None:
        return UNSET
    if not isinstance(name, str) or name not in classes:
        violations.append(undeclared(name, classes).prefixed(*path))
        return UNSET
    declared = classes[name]
    if declared is None:
        return UNSET
    layer_arguments = Layer.model_fields if declared.kind == "layer" else {}
    properties = declared.properties
    common: dict[str, object] = {}
    arguments: dict[str, object] = {}
    for key, value in tree.items():
        if key == "custom" or (key[:2] == "x-" and key not in properties):
            continue
        if key in layer_arguments and key not in properties:
            common[key] = value
        else:
            arguments[key] = _as_declared(value, properties.get(key))
    mistakes = list(_argument_mistakes(declared, arguments))
    violations.extend(violation.prefixed(*path) for violation in mistakes)
    if declared.kind != "layer":
        return UNSET if mistakes else CustomObject.model_construct(definition=declared, arguments=arguments)
    read: list[Violation] = []
    layer: CustomLayer | None = layer_type(declared).read({**common, "class_arguments": arguments}, read)
    violations.extend(violation.prefixed(*path) for violation in read)
    if layer is None or mistakes:
        return UNSET
    return layer


def _as_declared(value: object, schema: object) -> object:
    """Fractions as numbers and `"none"` as null, if the schema accepts these and no string."""
    if not isinstance(value, str) or not isinstance(schema, Mapping):
        return value
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if "string" in kinds:
        return value
    if value == "none" and "null" in kinds:
        return None
    fraction = read_fraction(value) if "number" in kinds else None
    return value if fraction is None else fraction


def _argument_mistakes(declared: CustomClass, arguments: Mapping[str, object]) -> Iterator[Violation]:
    if not declared.args:
        return
    from seqspec.core.document.json_schema import policy_violations

    yield from policy_violations(declared.args, arguments, rule="bad-custom", subject=declared.name)
