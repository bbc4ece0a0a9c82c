"""Finds in a program what the table of migration lists, by its syntax and its imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from seqspec.core.api.catalog import APPLICATIONS, legacy
from seqspec.programs.keras_api.keras_names import GENERATOR_METHODS, family_of
from seqspec.programs.keras_api.signatures import layer_declaration, renamed_argument
from seqspec.programs.migration.names import KerasName, Module, Receivers
from seqspec.programs.migration.table import (
    DEFAULT,
    FILE,
    NAME,
    OLDEST,
    POSITIONAL_KERNEL,
    PRIVATE,
    KerasChange,
    by_name,
    by_owner,
)
from seqspec.programs.values.abstract_values import Ref


class Use(NamedTuple):
    """One use of something that Keras 3 treats differently.

    Attributes:
        row: What it is.
        node: The place in the program.
        name: What the program names there.
        call: The call, of an argument or a method.
        keyword: The argument.
        new: The replacement, if it differs from that of the row.
    """

    row: KerasChange
    node: ast.AST
    name: KerasName | None = None
    call: ast.Call | None = None
    keyword: ast.keyword | None = None
    new: str = ""

    @property
    def replacement(self) -> str:
        """What replaces it."""
        return self.new or self.row.new


def find_uses(module: Module) -> list[Use]:
    """The uses in a program in the order of the file."""
    if not module.uses_keras:
        return []
    receivers = Receivers(module)
    uses = [*_imports(module), *_references(module)]
    for call in module.calls:
        name = module.resolve(call.func)
        if name is not None:
            uses += _arguments(name, call, module)
        elif isinstance(call.func, ast.Attribute):
            uses += _methods(call, call.func, module, receivers)
    uses += _attributes(module, receivers)
    uses += _hub_layers(module)
    is_older = any(use.row.is_proof for use in uses)
    if any(use.row.is_proof and use.row.removed_in == 2 for use in uses):
        uses += _kernels_by_position(module, uses)
    kept = [use for use in uses if is_older or use.row.rule != DEFAULT]
    return sorted(kept, key=lambda use: (getattr(use.node, "lineno", 0), getattr(use.node, "col_offset", 0)))


def _kernels_by_position(module: Module, uses: Sequence[Use]) -> Iterator[Use]:
    """The convolutions of a program for Keras 1 with the rows and columns of the kernel by position."""
    marked = {id(use.node) for use in uses if use.row.name == POSITIONAL_KERNEL}
    for call in module.calls:
        name = module.resolve(call.func) if len(call.args) == 3 else None
        if name is None or id(call) in marked or not name.path.endswith(("layers.Convolution2D", ".Convolution2D")):
            continue
        if not any(isinstance(argument, (ast.Tuple, ast.List, ast.Starred)) for argument in call.args):
            yield Use(_keyword_rows("layers.Conv2D")["rows, columns"], call, name, call)


def _is_hub_layer(path: str | None) -> bool:
    return path is not None and path.startswith("tensorflow_hub.") and path.endswith(".KerasLayer")


def _hub_layers(module: Module) -> Iterator[Use]:
    """The layers of tensorflow_hub that are added to a `Sequential`."""
    created = {id(call) for call in module.calls if _is_hub_layer(module.absolute(call.func))}
    if not created or "tf_keras" in module.packages:
        return
    names = {
        target.id
        for statement in module.statements
        if isinstance(statement, ast.Assign) and id(statement.value) in created
        for target in statement.targets
        if isinstance(target, ast.Name) and module.assignments(target.id) == 1
    }

    def is_layer(node: ast.expr) -> bool:
        return id(node) in created or (isinstance(node, ast.Name) and node.id in names)

    row = _keyword_rows("Sequential.add")["KerasLayer"]
    for call in module.calls:
        name = module.resolve(call.func)
        is_model = name is not None and name.path.rpartition(".")[2] == "Sequential"
        is_add = isinstance(call.func, ast.Attribute) and call.func.attr == "add"
        items = [
            item for argument in call.args for item in (argument.elts if isinstance(argument, ast.List) else [argument])
        ]
        if is_model or is_add:
            yield from (Use(row, item, None, call) for item in items if is_layer(item))


def row_of(name: KerasName) -> KerasChange | None:
    """The row of a name or of the longest module that contains it."""
    rows = by_name()
    path = name.path
    while path:
        row = rows.get((name.package, path))
        if row is not None:
            return row
        path = path.rpartition(".")[0]
    return rows[name.package, PRIVATE] if name.written.startswith(PRIVATE) else None


def _imports(module: Module) -> Iterator[Use]:
    reported: set[tuple[int, str]] = set()
    for imported in module.imports:
        row = row_of(imported.name)
        if row is not None and (id(imported.node), row.name) not in reported:
            reported.add((id(imported.node), row.name))
            yield Use(row, imported.alias, imported.name)


def _references(module: Module) -> Iterator[Use]:
    for reference in module.references():
        row = row_of(reference.name)
        if row is None:
            continue
        if _is_imported(reference.node, row, module):
            row = _row_of_class(reference.name)
            if row is None:
                continue
        call = module.call_of(reference.node)
        yield Use(row, reference.node, reference.name, call)


def _row_of_class(name: KerasName) -> KerasChange | None:
    """The row of a layer that no module has any more, where its import from a removed module is reported already."""
    row = by_name().get((name.package, f"layers.{name.path.rpartition('.')[2]}"))
    return row if row is not None and row.rule in (NAME, OLDEST) and not name.path.startswith(row.name) else None


def _is_imported(node: ast.expr, row: KerasChange, module: Module) -> bool:
    """Whether the import of the name is reported in its place."""
    while isinstance(node, ast.Attribute):
        node = node.value
    name = module.resolve(node)
    return isinstance(node, ast.Name) and node.id in module.bound and name is not None and row_of(name) is row


_INPUTS = ("Input", "InputLayer")
_REJECTED = {"epsilon": (None, "epsilon=None"), "reduction": ("auto", "reduction='auto'")}
"""The arguments that Keras 3 rejects with one value: the value, and the argument of the row."""


@cache
def _keyword_rows(owner: str) -> dict[str, KerasChange]:
    return {row.argument or "": row for row in by_owner().get(owner, ())}


def _arguments(name: KerasName, call: ast.Call, module: Module) -> Iterator[Use]:
    kind = name.path.rpartition(".")[2]
    if kind in _INPUTS:
        yield from _of_input(kind, name, call)
    if kind == "Model":
        yield from _keywords(("Model",), name, call)
        return
    family = family_of(Ref(("keras", *name.path.split(".")), "keras"))
    owners = [name.path]
    if family is not None:
        owners = [f"{family}.{kind}", f"{family}.*", name.path]
    yield from _keywords(tuple(dict.fromkeys(owners)), name, call)
    if family == "layers":
        yield from _oldest_arguments(kind, name, call)
    yield from _defaults(f"{family}.{kind}", name, call)
    if name.path in ("models.save_model", "saving.save_model") and len(call.args) > 1:
        yield from _saved_model(_keyword_rows("models.save_model"), name, call, call.args[1])
    if (family, kind) == ("callbacks", "ModelCheckpoint"):
        yield from _checkpoint(name, call, module)


def _keywords(owners: tuple[str, ...], name: KerasName, call: ast.Call) -> Iterator[Use]:
    for keyword in call.keywords:
        for owner in owners:
            rows = _keyword_rows(owner)
            row = rows.get(keyword.arg or "")
            value, text = _REJECTED.get(keyword.arg or "", (None, ""))
            if row is None and isinstance(keyword.value, ast.Constant) and keyword.value.value == value:
                row = rows.get(text)
            if row is not None and row.rule != FILE and not row.check:
                if name.package in row.packages and row.rule != OLDEST and not _accepts(row, name):
                    yield Use(row, keyword, name, call, keyword)
                elif row.rule == OLDEST and not owner.startswith("layers.*"):
                    yield Use(row, keyword, name, call, keyword)
                break


def _accepts(row: KerasChange, name: KerasName) -> bool:
    """Whether a class has an argument that other classes of its family do not have."""
    kind = name.path.rpartition(".")[2]
    if not row.name.startswith("layers.*"):
        return False
    cls, _ = layer_declaration(kind)
    return kind in _INPUTS or kind in APPLICATIONS or (cls is not None and (row.argument or "") in cls.model_fields)


def _oldest_arguments(kind: str, name: KerasName, call: ast.Call) -> Iterator[Use]:
    """The arguments of a layer that only Keras 1 has."""
    rows = _keyword_rows("layers.*")
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg not in rows or keyword.arg not in legacy.KERAS_1_ARGUMENTS:
            continue
        cls, _ = layer_declaration(kind)
        if cls is None or keyword.arg in cls.model_fields:
            continue
        new = renamed_argument(cls, keyword.arg)
        if new is None and keyword.arg in legacy.KERNEL_KEYS and "kernel_size" in cls.model_fields:
            new = "kernel_size"
        if new is not None:
            yield Use(rows[keyword.arg], keyword, name, call, keyword, new)
    sizes = [
        argument.value
        for argument in call.args[:3]
        if isinstance(argument, ast.Constant) and type(argument.value) is int
    ]
    # A size and another stride, such as `Conv2D(64, 3, 2)`, is what newer programs write.
    is_kernel = (len(sizes) == 3 and sizes[1] == sizes[2] > 1) or _is_rows_and_columns(call.args)
    if kind in ("Convolution2D", "Conv2D") and is_kernel:
        yield Use(_keyword_rows("layers.Conv2D")["rows, columns"], call, name, call)


def is_large_stride(use: Use) -> bool:
    """Whether a use is a convolution with a kernel of 3, 5, ... and the same stride by position.

    Kernels of even sizes divide images into patches.
    """
    if use.row.name != POSITIONAL_KERNEL or use.call is None:
        return False
    if _is_rows_and_columns(use.call.args):
        return True
    size = use.call.args[1]
    return isinstance(size, ast.Constant) and isinstance(size.value, int) and size.value % 2 == 1


def _is_rows_and_columns(arguments: Sequence[ast.expr]) -> bool:
    """Whether the arguments of a convolution are filters, and the two items of a kernel size: `(8, k[0], k[1])`."""
    match arguments:
        case [_, ast.Subscript(value=size, slice=ast.Constant(value=0)), ast.Subscript() as columns]:
            return (
                isinstance(columns.slice, ast.Constant)
                and columns.slice.value == 1
                and (ast.dump(columns.value) == ast.dump(size))
            )
    return False


def has_names_of_keras_2(module: Module) -> bool:
    """Whether a program has arguments that Keras 1 does not have, such as `kernel_size` or the `epochs` of `fit`."""
    for call in module.calls:
        keywords = {keyword.arg for keyword in call.keywords}
        if isinstance(call.func, ast.Attribute) and call.func.attr.startswith("fit") and "epochs" in keywords:
            return True
        name = module.resolve(call.func)
        kind = "" if name is None else name.path.rpartition(".")[2]
        cls = layer_declaration(kind)[0] if kind else None
        if cls is None:
            continue
        if keywords & legacy.NEW_IN_KERAS_2 or ("padding" in keywords and not kind.startswith("ZeroPadding")):
            return True
    return False


def _is_int(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _of_input(kind: str, name: KerasName, call: ast.Call) -> Iterator[Use]:
    owner = "Input" if kind == "Input" else "layers.InputLayer"
    yield from _keywords((owner,), name, call)
    shape = (
        call.args[0]
        if call.args
        else next((keyword.value for keyword in call.keywords if keyword.arg == "shape"), None)
    )
    if shape is not None and _is_int(shape):
        yield Use(_keyword_rows(owner)["integer"], shape, name, call)


def _defaults(owner: str, name: KerasName, call: ast.Call) -> Iterator[Use]:
    """Calls that leave out an argument whose default has changed."""
    if any(keyword.arg is None for keyword in call.keywords):
        return
    keywords = {keyword.arg for keyword in call.keywords}
    for text, row in _keyword_rows(owner).items():
        argument, _, what = text.partition(" ")
        by_position = len(call.args) > 2 or (argument == "learning_rate" and call.args)
        is_left_out = what == "default" and argument not in keywords and not by_position
        if is_left_out or (text == "default" and not call.args and not keywords):
            yield Use(row, call, name, call)
    if owner.startswith("layers.AveragePooling") and not call.args and "pool_size" not in keywords | {"pool_length"}:
        yield Use(_keyword_rows("layers.*")["pool_size missing"], call, name, call)


def _checkpoint(name: KerasName, call: ast.Call, module: Module) -> Iterator[Use]:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    node = call.args[0] if call.args else keywords.get("filepath")
    tail = ending(module.constant(node)) if node is not None else None
    only = keywords.get("save_weights_only")
    if node is None or not tail or (only is not None and not isinstance(only, ast.Constant)):
        return
    weights = isinstance(only, ast.Constant) and bool(only.value)
    if not tail.endswith((".weights.h5",) if weights else (".keras", ".h5")):
        yield Use(_keyword_rows("callbacks.ModelCheckpoint")["filepath"], node, name, call)


_PLACEHOLDER = re.compile(r".*(?:\}|%\(?\w*\)?[-+ #0-9.]*[a-z])", re.S)


def ending(node: ast.expr) -> str | None:
    """The end of a string that an expression builds; None if it is not known."""
    match node:
        case ast.Constant(value=str(text)):
            return _PLACEHOLDER.sub("", text) or None
        case ast.JoinedStr(values=[*_, ast.Constant(value=str(text))]):
            return text
        case ast.BinOp(op=ast.Add(), right=right):
            return ending(right)
        case ast.BinOp(op=ast.Mod(), left=left):
            return ending(left)
        case ast.Call(func=ast.Attribute(attr="join"), args=[_, *_] as parts):
            return ending(parts[-1])
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return ending(value)
    return None


def _methods(call: ast.Call, func: ast.Attribute, module: Module, receivers: Receivers) -> Iterator[Use]:
    rows = by_owner()
    method = func.attr
    if method in module.defined:
        return
    kind = receivers.kind(func.value)
    name = f"Model.{method}"
    row = by_name().get((receivers.package, name))
    if row is not None and (kind == "model" or (method in GENERATOR_METHODS and kind is None)):
        yield Use(row, func, None, call)
        return
    if method == "add_weight" and isinstance(func.value, ast.Name) and func.value.id == "self":
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield Use(_keyword_rows("Layer.add_weight")["name by position"], first, None, call)
        return
    if kind not in ("model", None) or name not in rows:
        return
    for keyword in call.keywords:
        keyword_row = _keyword_rows(name).get(keyword.arg or "")
        if keyword_row is not None and not keyword_row.check and (kind == "model" or keyword_row.rule == OLDEST):
            yield Use(keyword_row, keyword, None, call, keyword)
    if kind == "model":
        yield from _saved(method, name, call)
        yield from _compiled(method, name, call)


def _saved(method: str, name: str, call: ast.Call) -> Iterator[Use]:
    if method == "save" and call.args:
        yield from _saved_model(_keyword_rows(name), None, call, call.args[0])
    elif method == "save_weights" and call.args:
        tail = ending(call.args[0])
        if tail and not tail.endswith(".weights.h5"):
            yield Use(_keyword_rows(name)["file"], call.args[0], None, call)


def _saved_model(rows: dict[str, KerasChange], name: KerasName | None, call: ast.Call, file: ast.expr) -> Iterator[Use]:
    tail = ending(file)
    if not tail or tail.endswith(".keras"):
        return
    if tail.endswith((".h5", ".hdf5")):
        yield Use(rows[".h5"], file, name, call)
    elif not any(keyword.arg == "save_format" for keyword in call.keywords):
        yield Use(rows["folder"], file, name, call)


def _compiled(method: str, name: str, call: ast.Call) -> Iterator[Use]:
    if method != "compile":
        return
    rows = _keyword_rows(name)
    values = {keyword.arg: keyword.value for keyword in call.keywords}
    loss = values.get("loss", call.args[1] if len(call.args) > 1 else None)
    if isinstance(loss, ast.Constant) and f"loss={loss.value!r}" in rows:
        yield Use(rows[f"loss={loss.value!r}"], loss, None, call)
    metrics = values.get("metrics")
    if isinstance(metrics, ast.Call) and ast.unparse(metrics.func).rpartition(".")[2][:1].isupper():
        yield Use(rows["metrics=object"], metrics, None, call)
    if len(call.args) > 2 and _has_metric(call.args[2]):
        yield Use(rows["third metrics"], call.args[2], None, call)


def _has_metric(node: ast.expr) -> bool:
    """Whether a value is a metric, or has metrics in it, in the notation of a program."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Dict(values=items):
            return any(map(_has_metric, items))
        case ast.Constant(value=str()):
            return True
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2][:1].isupper()


def _attributes(module: Module, receivers: Receivers) -> Iterator[Use]:
    rows = by_name()
    calls = {id(call.func) for call in module.calls}
    for node in module.attributes:
        row: KerasChange | None = None
        if node.attr == "lr" and (
            receivers.kind(node.value) == "optimizer"
            or (isinstance(node.value, ast.Attribute) and node.value.attr == "optimizer")
        ):
            row = rows[receivers.package, "Optimizer.lr"]
        elif node.attr in ("output_shape", "input_shape") and receivers.kind(node.value) == "layer":
            row = rows[receivers.package, f"Layer.{node.attr}"]
        elif node.attr in ("input", "output") and receivers.is_uncalled(node.value):
            row = rows[receivers.package, f"Sequential.{node.attr}"]
        elif node.attr in ("updates", "state_updates") and receivers.kind(node.value) == "model":
            row = rows[receivers.package, f"Model.{node.attr}"]
        if row is not None and id(node) not in calls:
            yield Use(row, node)
