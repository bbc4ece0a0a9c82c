"""Keys whose values are Pydantic models, inside tables that are declared with `arg`."""

from __future__ import annotations

from typing import Any

from seqspec.catalog.kinds import Anything, TableOf, show_value
from seqspec.diagnostics.violation import Violation, Violations
from seqspec.language.names import nearest


class Typed(TableOf):
    """A value that the type `name` of `document.sources` validates; that module is imported when a value is read.

    Args:
        name: A name in `document.sources`.
        what: What the value is, as words that go on from "needs".
        also: The JSON type that is accepted beside a table, for the published schema.
    """

    neutral = True

    def __init__(self, name: str, what: str, also: str | None = None) -> None:
        super().__init__(Anything())
        self.name = name
        self.what = what
        self.also = also

    def read(self, value: Any) -> Any:
        from pydantic import TypeAdapter, ValidationError

        from seqspec.document import sources

        try:
            return TypeAdapter(getattr(sources, self.name)).validate_python(value)
        except ValidationError as error:
            if not isinstance(value, dict):
                raise self.refuse(value)
            raise Violations([_problem(entry, value) for entry in error.errors()[:20]])

    def describe(self) -> str:
        return self.what


class TypedOrText(Typed):
    """The same, or a text that is kept as it is."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(name, what, "string")

    def read(self, value: Any) -> Any:
        return value if isinstance(value, str) else super().read(value)


def _problem(error: Any, tree: dict[str, Any]) -> Violation:
    kind, context = error["type"], error.get("ctx") or {}
    path: list[str | int] = []
    node: Any = tree
    for part in error["loc"]:
        # Pydantic names the member of a union in the location; only keys and indices that exist are kept.
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            continue
        path.append(part)
    at = tuple(path)
    name = "".join(f"{part}: " for part in [".".join(map(str, path))] if part)
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        known = _keys(tree)
        near = nearest(key, known)
        return Violation(
            "unknown-key", f"unknown key {key[:60]}", path=at, anchor="key", suggestion=near,
            label=f"did you mean {near}?" if near else None,
            help=f"write {near}" if near else f"the keys are {', '.join(known)}" if known else None,
        )  # fmt: skip
    if kind in ("missing", "union_tag_not_found"):
        key = str(error["loc"][-1]) if kind == "missing" else str(context["discriminator"]).strip("'")
        return Violation("missing-key", f"missing key {key}", path=at, help=f"add {key} = ...")
    if kind == "union_tag_invalid":
        key = str(context["discriminator"]).strip("'")
        expected = str(context["expected_tags"]).replace("'", "")
        near = nearest(str(context["tag"]), expected.split(", "))
        return Violation(
            "bad-value", f'{key} must be one of {expected}, got "{str(context["tag"])[:60]}"',
            path=(*at, key), label=f"did you mean {near}?" if near else None, suggestion=near,
        )  # fmt: skip
    message = str(error["msg"]).removeprefix("Value error, ")
    rule = "bad-value" if kind in ("value_error", "literal_error") or "than" in kind else "wrong-type"
    if rule == "bad-value" and kind == "value_error":
        return Violation(rule, message, path=at)
    return Violation(rule, f"{name}{message[:1].lower()}{message[1:]}, got {show_value(node)}", path=at)


def _keys(tree: dict[str, Any]) -> list[str]:
    """The keys that the model of a table has, by its tag."""
    from pydantic import BaseModel

    from seqspec.document import sources

    for value in vars(sources).values():
        if isinstance(value, type) and issubclass(value, BaseModel):
            for tag in ("type", "by"):
                field = value.model_fields.get(tag)
                if field is not None and getattr(field.annotation, "__args__", ())[:1] == (tree.get(tag),):
                    return [field.alias or name for name, field in value.model_fields.items() if name not in tree]
    return []
