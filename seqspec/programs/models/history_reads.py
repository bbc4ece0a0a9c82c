"""What a program reads from the history of its training and from `evaluate`, and whether the model logs it.

Of a model with several outputs, also what its callbacks monitor.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeGuard

from seqspec.core.api.messages import nearest
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import CodeViolation
from seqspec.programs.values.generation import KerasGeneration

_UNCERTAIN = frozenset({"callbacks", "version", "keras_2", "training"})
"""What a program may leave open that changes the logs."""


def unknown_monitors(models: Sequence[ProgramModel]) -> Iterator[CodeViolation]:
    """A note on each callback that monitors what no output of its model logs."""
    by_fit: dict[int, list[ProgramModel]] = {}
    for model in models:
        if model.output_metrics is not None and ("fit",) in model.values:
            by_fit.setdefault(id(model.values["fit",]), []).append(model)
    for outputs in by_fit.values():
        names = logs_of_outputs(outputs)
        if names is None:
            continue
        first = outputs[0]
        for index, callback in enumerate(first.tree["fit"].get("callbacks", ())):
            monitor = callback.get("monitor") if isinstance(callback, dict) else None
            node = first.values.get(("fit", "callbacks", index, "monitor"))
            base = monitor.removeprefix("val_") if isinstance(monitor, str) else "loss"
            if node is None or base in names or base in ("lr", "learning_rate"):
                continue
            meant = [name for name in names if name.endswith(f"_{base}")]
            near = meant[0] if meant else nearest(base, names)
            prefix = "val_" if base != monitor else ""
            # Keras finds the direction by the name of a metric without that of its output.
            mode = ' and mode="min" or "max"' if near not in (None, "loss") and "mode" not in callback else ""
            help = f"logged: {', '.join(names)}" if near is None else f'write monitor="{prefix}{near}"{mode}'
            message = f'{callback["type"]} monitors "{monitor}", which is never logged'
            listing = "" if near is None else f": of several outputs, Keras logs {', '.join(names)}"
            yield CodeViolation("monitor-not-logged", message + listing, node, help)


def logs_of_outputs(models: Sequence[ProgramModel]) -> list[str] | None:
    """The names in the logs of one call of `fit`, without those of validation; None if they are not all known.

    Args:
        models: The model as read for each of its outputs.
    """
    names = ["loss"]
    outputs = models[0].output_names
    if len({model.tree["output"] for model in models}) != len(models) or len(models) != len(outputs):
        return None
    for model in sorted(models, key=lambda model: int(model.tree["output"])):
        metrics = model.output_metrics
        certain = not model.unspecified & _UNCERTAIN and model.generation == KerasGeneration.KERAS_3
        if metrics is None or not certain or model.opaque or model.doubtful or model.alternatives_of is not None:
            return None
        output = outputs[int(model.tree["output"])]
        names += [f"{output}_{name}" for name in ("loss", *metrics)]
    return names


_RATES = ("lr", "learning_rate")
"""What callbacks of Keras log beside the losses and metrics."""


class _Read(NamedTuple):
    """`history.history["acc"]`: the key, its node, and the call of `fit` that returns the history."""

    key: str
    node: ast.AST
    fit: ast.Call


class _Result(NamedTuple):
    """`loss, accuracy = model.evaluate(x, y)` or `scores[1]`: the number of targets, or the position of the value.

    `fit` is the last call that trained the model.
    """

    targets: int | None
    position: int | None
    node: ast.AST
    fit: ast.Call


def missing_logs(models: Sequence[ProgramModel], tree: ast.Module) -> Iterator[CodeViolation]:
    """A note on each value that a program reads from `history` or `evaluate`, and that the model does not log."""
    trained: dict[int, list[ProgramModel]] = {}
    for model in models:
        if ("fit",) in model.values:
            trained.setdefault(id(model.values["fit",]), []).append(model)
    if not trained:
        return
    expected = _expected_keys(tree)
    for read in _reads(tree):
        if isinstance(read, _Result):
            yield from _missing_values(read, trained.get(id(read.fit), ()))
            continue
        if read.key in expected:
            continue
        models_of_fit = trained.get(id(read.fit), ())
        has_several = any(len(model.output_names) > 1 for model in models_of_fit)
        logs = [_logs_of_outputs(models_of_fit)] if has_several else [_logs(model) for model in models_of_fit]
        base = read.key.removeprefix("val_")
        if not logs or read.key in _RATES or any(log is None or read.key in log for log in logs):
            continue
        names = list(logs[0] or ())
        is_older = any(model.generation != KerasGeneration.KERAS_3 for model in models_of_fit)
        if is_older and not _is_missing_in_keras_2(read.key, names):
            continue
        is_unvalidated = base in names and not any(name.startswith("val_") for name in names)
        logged = f"logged: {', '.join(names)}"
        help = "pass validation_data or validation_split to fit" if is_unvalidated else logged
        yield CodeViolation(
            "missing-log", f'"{read.key}" is not in the history of this training: KeyError', read.node, help
        )


def _missing_values(read: _Result, models: Sequence[ProgramModel]) -> Iterator[CodeViolation]:
    """A note on a value that `evaluate` does not return, or on another number of values."""
    metrics = [None if len(model.output_names) > 1 else _metrics(model) for model in models]
    first = metrics[0] if metrics else None
    if first is None or any(metric is None or _is_returned(read, metric) for metric in metrics):
        return
    use = f"{read.targets} values are unpacked" if read.targets is not None else f"value [{read.position}] is read"
    if first:
        message = f"evaluate returns {len(first) + 1} values (loss, {', '.join(first)}), but {use}"
        help = "unpack as many, or change metrics in compile()"
    else:
        message = f"evaluate returns the loss alone, a number, but {use}: compile() has no metrics"
        help = 'pass metrics to compile(), such as ["accuracy"]'
    yield CodeViolation("missing-log", message, read.node, help)


def _is_returned(read: _Result, metrics: Sequence[str]) -> bool:
    if read.targets is not None:
        return read.targets == len(metrics) + 1
    return bool(metrics) and read.position is not None and read.position <= len(metrics)


def _logs(model: ProgramModel) -> list[str] | None:
    """The names in the history of a model; None if they are not all known."""
    metrics = _metrics(model)
    if metrics is None:
        return None
    if model.generation != KerasGeneration.KERAS_3 and "accuracy" in metrics and "acc" not in metrics:
        # Keras before 2.3 logs it as "acc".
        metrics = [*metrics, "acc"]
    return _with_validation(model, ["loss", *metrics])


def _metrics(model: ProgramModel) -> list[str] | None:
    """The names of the metrics of a model; None if they are not all known."""
    uncertain = {"metrics", "callbacks", "training"}
    metrics = model.tree.get("compile", {}).get("metrics") or []
    weighted = model.tree.get("compile", {}).get("weighted_metrics")
    if model.kind == "external" or model.unspecified & uncertain or weighted or "compile" not in model.tree:
        return None
    if not isinstance(metrics, list) or (model.generation == KerasGeneration.KERAS_1 and not metrics):
        # The first versions have `show_accuracy` in `fit`.
        return None
    if not all(isinstance(metric, str) for metric in metrics) or len(set(metrics)) < len(metrics):
        return None
    return metrics


def _is_missing_in_keras_2(key: str, names: Sequence[str]) -> bool:
    """Whether no version of Keras 2 logs a key that is not among the names; some log "mae" under its long name."""
    without_validation = key.startswith("val_") and not any(name.startswith("val_") for name in names)
    return without_validation or key.removeprefix("val_") in ("acc", "accuracy", "loss")


def _logs_of_outputs(models: Sequence[ProgramModel]) -> list[str] | None:
    """The names in the history of a model with several outputs, as read for each; None if they are not all known."""
    names = logs_of_outputs(models)
    return None if names is None or models[0].kind == "external" else _with_validation(models[0], names)


def _with_validation(model: ProgramModel, names: list[str]) -> list[str] | None:
    """The names in the history of a model, those of validation included; None if it is not known whether it is."""
    table = model.tree.get("fit", {})
    if "validation" in model.tree.get("data", {}) or table.get("validation_split") not in (None, 0):
        return [*names, *(f"val_{name}" for name in names)]
    if ("fit", "validation_split") in model.values:
        return None
    return names


def _expected_keys(tree: ast.Module) -> set[str]:
    """The keys that a program adds itself, or whose presence it tests."""
    keys: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Store()):
                keys.add(key)
            case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()]):
                keys.add(key)
            case ast.Call(func=ast.Attribute(attr="update" | "setdefault")):
                parts = list(ast.walk(node))
                keys |= {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
                keys |= {part.arg for part in parts if isinstance(part, ast.keyword) and part.arg is not None}
    return keys


class _HistoryScope(NamedTuple):
    """What names stand for: the history of a call of `fit`, a model trained by one, and the results of `evaluate`.

    Each is the call of `fit`.
    """

    histories: dict[str, ast.Call]
    models: dict[str, ast.Call]
    results: dict[str, ast.Call]

    def without(self, names: set[str]) -> _HistoryScope:
        """The scope after these names were assigned."""
        return _HistoryScope(*({name: call for name, call in known.items() if name not in names} for known in self))


def _reads(tree: ast.Module) -> Iterator[_Read | _Result]:
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.Module, ast.FunctionDef)):
            yield from _reads_of(scope.body, _HistoryScope({}, {}, {}))


def _reads_of(statements: Sequence[ast.stmt], scope: _HistoryScope) -> Iterator[_Read | _Result]:
    """The reads in statements of what they and those before assign and train, one after another."""
    for statement in statements:
        before, scope = scope, scope.without(_assigned_names(statement))
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            continue
        if _is_block(statement):
            # What an earlier iteration of a loop assigns is not in the scope.
            head = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
            for node in chain.from_iterable(map(ast.walk, head)):
                yield from _read(node, scope)
            yield from _reads_of(statement.body, scope)
        elif not _is_guarded(statement):
            for node in ast.walk(statement):
                yield from _read(node, scope)
        if isinstance(statement, (ast.Expr, ast.Assign)):
            yield from _unpacking(statement, before)
            for known, names in zip(scope, _bound(statement, before)):
                known.update(names)
        for name in _receivers(statement, "compile"):
            scope.models.pop(name, None)


def _bound(statement: ast.Expr | ast.Assign, before: _HistoryScope) -> _HistoryScope:
    """What a statement assigns and trains."""
    scope = _HistoryScope({}, {}, {})
    match statement.value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=model), attr="fit" | "fit_generator")) as call:
            scope.models[model] = call
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            history, result = _fit_call(value, before.histories), _evaluated(value, before.models)
            scope.histories.update({} if history is None else {name: history})
            scope.results.update({} if result is None else {name: result})
    return scope


def _unpacking(statement: ast.Expr | ast.Assign, before: _HistoryScope) -> Iterator[_Result]:
    call = _evaluated(statement.value, before.models)
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=items) as targets]) if call is not None:
            if not any(isinstance(item, ast.Starred) for item in items):
                yield _Result(len(items), None, targets, call)


def _is_block(statement: ast.stmt) -> TypeGuard[ast.For | ast.While | ast.With | ast.If]:
    """Whether a statement runs its body as it is written: a loop, `with`, or `if __name__ == "__main__"`."""
    match statement:
        case ast.For() | ast.While() | ast.With() | ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def _evaluated(node: ast.AST, models: dict[str, ast.Call]) -> ast.Call | None:
    """The call that trained the model whose `evaluate` an expression calls; None for a result by name."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="evaluate"), keywords=keywords):
            return None if any(keyword.arg in (None, "return_dict") for keyword in keywords) else models.get(name)
    return None


def _receivers(statement: ast.AST, method: str) -> set[str]:
    """The names on which a statement calls a method."""
    names = set()
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr == method:
                names.add(name)
    return names


def _assigned_names(statement: ast.stmt) -> set[str]:
    """The names that a statement assigns, or that are parameters in it."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {name for node in ast.walk(statement) if isinstance(node, ast.Global) for name in node.names}
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}


def _is_guarded(statement: ast.stmt) -> bool:
    """Whether a statement may be prepared for a key that is missing, such as with a branch on the version of Keras."""
    return any(
        isinstance(node, (ast.Try, ast.If, ast.IfExp, ast.BoolOp))
        or (isinstance(node, ast.Compare) and any(isinstance(operator, (ast.In, ast.NotIn)) for operator in node.ops))
        for node in ast.walk(statement)
    )


def _fit_call(node: ast.expr, fits: dict[str, ast.Call]) -> ast.Call | None:
    """The call of `fit` whose history an expression is."""
    match node:
        case ast.Call(func=ast.Attribute(attr="fit" | "fit_generator")):
            return node
        case ast.Name(id=name):
            return fits.get(name)
    return None


def _read(node: ast.AST, scope: _HistoryScope) -> Iterator[_Read | _Result]:
    match node:
        case ast.Subscript(
            value=ast.Attribute(value=owner, attr="history"), slice=ast.Constant(value=str(key)) as key_node
        ):
            call = _fit_call(owner, scope.histories)
            if call is not None:
                yield _Read(key, key_node, call)
        case ast.Subscript(value=value, slice=ast.Constant(value=int(position)), ctx=ast.Load()):
            call = scope.results.get(value.id) if isinstance(value, ast.Name) else _evaluated(value, scope.models)
            if call is not None:
                yield _Result(None, position, node, call)
