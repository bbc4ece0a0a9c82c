"""A model of a program as a separate spec; unknown values become variables, named after their code."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path, SourceLocation, Span, Violation
from seqspec.core.api.messages import counted
from seqspec.core.api.syntax import Document, Tree
from seqspec.programs.layers import sampling
from seqspec.programs.layers.program_model import UNKNOWN_LOSS, ProgramModel, same_tree
from seqspec.programs.program_document import ModelDocument, Program, read_program
from seqspec.programs.values.abstract_values import CREATED_ELSEWHERE, Unknown
from seqspec.programs.values.spans import position


class ImportedSpec(NamedTuple):
    """A model of a program as a spec.

    Attributes:
        tree: The spec.
        variables: The code of the value that each variable replaces.
        notes: What the author has to complete.
        violations: What the spec cannot express, each with its expression in the program.
        samples: Values of the variables with which the spec can be checked.
    """

    tree: Tree
    variables: dict[str, str]
    notes: list[str]
    violations: list[tuple[Violation, ast.AST]]
    samples: list[dict[str, object]]


_NOT_CUSTOM = ("functional", "gone-layer", "own-code", "unknown-condition", "unknown-layer")
"""The notes on layers that a spec cannot declare as custom ones."""


def to_spec(model: ProgramModel, program: Program, module: str) -> ImportedSpec:
    """The spec of a model.

    Args:
        model: The model.
        program: The program that it is from.
        module: The module name of the program, from which its own classes are imported.
    """
    names = _variables(model)
    custom_classes: Tree = {}
    violations = [
        _violation(note.message, note.node) for note in model.notes if model.doubtful or note.kind == "operation"
    ]
    refused = {id(note.node): note for note in model.notes if note.kind in _NOT_CUSTOM}

    def custom_layer(table: Tree, path: Path) -> Tree:
        node = model.opaque[path]
        try:
            if id(node) in refused:
                raise NotDeclarableError(refused[id(node)].message)
            if "custom" not in table:
                raise NotDeclarableError(f"not all arguments of {table['type']} are known")
            call = custom_call(node, *_file_of(node, program, module))
        except NotDeclarableError as error:
            violations.append(_violation(str(error), node))
            return {"custom": str(table.get("custom") or table.get("type"))}
        custom_classes[call.name] = {"import": call.source}
        return {"custom": call.name, **call.arguments}

    def variable(value: Unknown, path: Path) -> object:
        return f"${names[value.identity].name}" if value.identity in names else value

    spec = model.substitute(custom_layer, variable)
    tree: Tree = {"seqspec": 1}
    if names:
        tree["vars"] = {variable.name: variable.name for variable in names.values()}
    notes = [note.message for note in model.notes]
    custom = {**spec.pop("custom", {}), **custom_classes}
    if custom.pop(UNKNOWN_LOSS, None) is not None:
        source = model.unknown_loss and _source(model.unknown_loss, program.source.tree, module)
        notes += _declare_loss(source or None, spec["compile"], custom)
    if custom:
        tree["custom"] = custom
    tree |= spec
    if "input" not in tree["model"]:
        notes.append("the input shape is not known from the program: write input in [model]")
    outputs = (f"declare the output_shape of [custom.{name}]" for name in custom_classes)
    notes += [*_without_unknown_classes(model, tree), *outputs]
    return ImportedSpec(
        tree,
        {variable.name: variable.code for variable in names.values()},
        list(dict.fromkeys(notes)),
        violations,
        _samples(model, {identity: variable.name for identity, variable in names.items()}),
    )


def _samples(model: ProgramModel, names: Mapping[int, str]) -> list[dict[str, object]]:
    """The values that the check tries for the variables, by their names."""
    return [
        {
            names[unknown.value.identity]: values[unknown.path]
            for unknown in model.unknown_values
            if unknown.value.identity in names
        }
        for values in sampling.sample_values(model)
    ]


def _declare_loss(source: str | None, table: Tree, custom: Tree) -> list[str]:
    """Declares the program's own loss from its import path; notes where it is not known, and leaves it out."""
    if source is None:
        del table["loss"]
        return ["the loss is not known from the program: write loss in [compile]"]
    name = source.rpartition(":")[2]
    custom[name] = {"import": source, "kind": "loss"}
    table["loss"] = {"custom": name}
    return []


def _without_unknown_classes(model: ProgramModel, tree: Tree) -> list[str]:
    """Leaves out `[target]` if the number of classes is not known, and notes it."""
    if not isinstance(model.tree.get("target", {}).get("classes"), Unknown):
        return []
    del tree["target"]
    return ["the number of classes is not known from the program: write [target]"]


def _violation(message: str, node: ast.AST) -> tuple[Violation, ast.AST]:
    return Violation("not-followed", message, severity="error"), node


class _Variable(NamedTuple):
    """A variable of the spec, and the code of the value that it replaces."""

    name: str
    code: str


def _variables(model: ProgramModel) -> dict[int, _Variable]:
    """A variable for every unknown value, by its identity."""
    variables: dict[int, _Variable] = {}
    for unknown in model.unknown_values:
        if unknown.candidates and unknown.value.identity not in variables and not unknown.from_data:
            name = re.sub(r"\W+", "_", unknown.value.text).strip("_").lower()[:40] or "size"
            name = name if not name[0].isdigit() else f"size_{name}"
            taken = {variable.name for variable in variables.values()}
            number = 2
            unique = name
            while unique in taken:
                unique, number = f"{name}_{number}", number + 1
            variables[unknown.value.identity] = _Variable(unique, unknown.value.text)
    return variables


_PLACE = re.compile(r"(?:cell (?P<cell>[0-9]{1,9}):)?(?P<line>[0-9]{1,9})(?::[0-9]+)?")
"""A line of a program, or of a cell of a notebook, as findings name it; a column may follow."""


def select_model(program: Program, name: str | None = None) -> ProgramModel | Violation:
    """The model that `import` writes as a spec, as `find_model` finds it; a `Violation` says why there is none."""
    model = find_model(program, name)
    if isinstance(model, ProgramModel) and model.kind == "external":
        return Violation("unreadable-file", CREATED_ELSEWHERE, help="name the file that creates it")
    return _of_graph(model, program) if isinstance(model, ProgramModel) and model.calls is not None else model


_OF_MODELS = ("model", "runtime")
"""The tables that are the same in all trainings of a model."""


def find_model(program: Program, name: str | None = None) -> ProgramModel | Violation:
    """The model of a program by its name, its line (`4`), or its line in a cell (`cell 2:1`); by default the only one.

    A `Violation` says why there is none.
    """
    faults = [*program.source.faults, *program.source.unread] if program.source.tree is None else []
    if faults:
        return Violation("syntax-error", faults[0].message, help=faults[0].help)
    selected = program.models
    if not selected:
        why = "no Keras model in this file"
        if program.exhausted:
            why = "the program is too large to analyze completely, and no model was found before the limit"
        return Violation("unreadable-file", why)
    if name is not None:
        line = _line_of(name, program)
        selected = [
            model for model in selected if name in model.names or position(program.own_node(model.node))[0] == line
        ]
    selected = [model for model in selected if not model.is_fragment] or selected
    by_call: dict[int, list[ProgramModel]] = {}
    for model in selected:
        by_call.setdefault(id(model.node), []).append(model)
    selected = []
    for stages in by_call.values():
        models = [model for model in stages if not model.stage] or stages[:1]
        first = models[0]
        if not all(same_tree(model.tree.get(key), first.tree.get(key)) for model in models for key in _OF_MODELS):
            return _several_versions(models, program)
        if not all(same_tree(first.tree | model.tree, first.tree) for model in stages):
            first.not_followed(
                "several-uses",
                "the program compiles or trains this model in several ways; the spec contains the first",
                first.node,
            )
        selected.append(first)
    named = {model.label: model for model in selected if model.complete} or {model.label: model for model in selected}
    if len(named) == 1:
        return next(iter(named.values()))
    labels = [_label(model, program) for model in program.models if not model.stage]
    if not selected:
        return Violation("unreadable-file", f'unknown model "{name}"', help=f"models: {', '.join(labels)}")
    line_form = "'FILE:cell NUMBER:LINE'" if program.source.cells else "FILE:LINE"
    help = f"select one with FILE:NAME or {line_form}"
    return Violation("unreadable-file", f"the file defines several models: {', '.join(labels)}", help=help)


def _line_of(place: str, program: Program) -> int | None:
    """The line of a place in the text of the program; None for a name."""
    parts = _PLACE.fullmatch(place)
    if parts is None:
        return None
    first = 1
    if parts["cell"] is not None:
        numbered = {cell.number: cell.line for cell in program.source.cells or ()}
        first = numbered.get(int(parts["cell"]), 0)
    return int(parts["line"]) + first - 1 if first else None


def _label(model: ProgramModel, program: Program) -> str:
    """The name of a model and its place, as `select_model` accepts it."""
    return f"{model.label or 'a model'} ({program.places.name(program.own_node(model.node), 1)})"


def _of_graph(model: ProgramModel, program: Program) -> Violation:
    """Why a model that is not a single chain of different layers has no spec."""
    which = _label(model, program)
    why, help = _no_chain(model)
    return Violation(
        "unreadable-file",
        f"{which} {why}, and a spec describes a single chain of layers",
        help=f"{help}; seqspec check and seqspec plot read it as it is",
    )


_PARTS = "import the chains that it consists of, or write the branches as a custom layer"


def _no_chain(model: ProgramModel) -> tuple[str, str]:
    """Where a model is not a chain of different layers, and what can be done."""
    calls = model.calls or []
    if model.topology == "unknown" or not calls:
        return "has tensors that are not known from the program", "build the model from layers that the file calls"
    inputs = len(model.tree.get("inputs", ())) + 1
    if inputs > 1 or len(model.outputs) > 1:
        return f"has {counted(inputs, 'input')} and {counted(len(model.outputs), 'output')}", _PARTS
    names = {source: name for call in calls for source, name in zip(call.inputs, call.names)}
    sources = [source for call in calls for source in call.inputs]
    for source in (-1, *range(len(calls))):
        if sources.count(source) + model.outputs.count(source) > 1 and source in names:
            return f"branches at {names[source]}", _PARTS
    layers = [call.layer for call in calls]
    for index, call in enumerate(calls):
        if call.layer is None:
            name = names.get(index, "the output")
            operation = f"the operation {call.text}" if call.text else "a function"
            return f"computes {name} with {operation}", "write the operation as a custom layer"
        if call.layer in layers[:index]:
            again = names.get(index, "the output")
            shared = "create a layer for each call, or write the calls as a custom layer"
            return f"calls a layer a second time for {again}", shared
    return "has branches", _PARTS


def _several_versions(models: Sequence[ProgramModel], program: Program) -> Violation:
    """Why one call of `Sequential` creates more than one model."""
    which = _label(models[0], program)
    if all(model.names == models[0].names for model in models):
        message = f"{which} depends on a condition that is not known statically; a spec describes one model"
        return Violation("unreadable-file", message, help="set the value that the condition tests")
    common = set.intersection(*(model.names for model in models))
    own = sorted(set.union(*(model.names for model in models)) - common)
    return Violation(
        "unreadable-file",
        f"{which} is created {len(models)} times with different layers or dtype policies; a spec describes one model",
        help=f"select one by a variable that refers to only one of them: {', '.join(own[:10])}",
    )


def model_document(document: Document) -> Document:
    """The only model of a program as a document; one with a violation where there is none, or several."""
    program = read_program(document.text or "", document.format == "notebook", document.file)
    model = select_model(program)
    if isinstance(model, Violation):
        return unreadable(document, program, model)
    text = program.text
    tree = to_spec(model, program, "program").tree
    return ModelDocument(tree, model, text, document.file, text.split("\n"), program)


def unreadable(document: Document, program: Program, violation: Violation) -> Document:
    """The document of a program without the model that was selected, with the violation that says why."""
    document.readable = False
    is_unread = program.source.tree is None and program.source.cells is None
    fault = next(iter(program.source.faults), None) if is_unread else None
    exact = Span(fault.line, fault.column, fault.line, fault.column) if fault is not None and fault.line else None
    document.violations.append(violation.replace(location=SourceLocation(document, (), exact=exact)))
    return document


class CustomCall(NamedTuple):
    """A layer of a custom class.

    Attributes:
        name: The name of the class.
        source: Its import path, as `"module:Class"`.
        arguments: Its arguments by keyword.
    """

    name: str
    source: str
    arguments: dict[str, object]


class NotDeclarableError(Exception):
    """A layer that a spec cannot declare; the message says why."""


def _file_of(node: ast.AST, program: Program, module: str) -> tuple[ast.Module | None, str]:
    """The file with a node, and the name of its module; `module` is that of the program."""
    imported = program.imported_at(position(node)[0])
    return (program.source.tree, module) if imported is None else (imported.source.tree, imported.module)


def custom_call(node: ast.AST, program: ast.AST | None, module: str) -> CustomCall:
    """The custom layer that an expression creates.

    Args:
        node: The expression.
        program: The whole program.
        module: The module name of the program, from which its own classes are imported.

    Raises:
        NotDeclarableError: For everything but a call of a class of the file or of an imported module whose
            arguments are literals.
    """
    if not isinstance(node, ast.Call) or program is None:
        raise NotDeclarableError("a spec declares layers of classes only")
    source = _source(node.func, program, module)
    if source is None:
        raise NotDeclarableError(f"{ast.unparse(node.func)} is not a class of this file or of an imported module")
    name = source.rpartition(":")[2]
    arguments: dict[str, object] = {}
    parameters = _parameters(name, program) if source == f"{module}:{name}" else None
    for index, argument in enumerate(node.args):
        if parameters is None or index >= len(parameters) or isinstance(argument, ast.Starred):
            message = f"the name of positional argument {index + 1} of {name} is unknown: pass it by keyword"
            raise NotDeclarableError(message)
        arguments[parameters[index]] = _literal(argument, name)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotDeclarableError(f"the arguments {ast.unparse(keyword)} of {name} are unknown")
        arguments[keyword.arg] = _literal(keyword.value, name)
    return CustomCall(name, source, arguments)


def _literal(node: ast.AST, name: str) -> object:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise NotDeclarableError(f"argument {ast.unparse(node)[:60]} of {name} is not a literal")
    if value is not None and not isinstance(value, (bool, int, float, str, list, tuple, dict)):
        raise NotDeclarableError(f"argument {ast.unparse(node)[:60]} of {name} cannot be written in a spec")
    return value


def _source(function: ast.AST, program: ast.AST | None, module: str) -> str | None:
    """`"module:name"` of a class or function; None if it is neither defined in the file nor imported."""
    parts = ast.unparse(function).split(".")
    if program is None or not all(part.isidentifier() for part in parts):
        return None
    for node in ast.walk(program):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and parts == [node.name]:
            return f"{module}:{node.name}"
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            for alias in node.names:
                if parts[0] == (alias.asname or alias.name):
                    path = [node.module, *([alias.name] if len(parts) > 1 else []), *parts[1:-1]]
                    return f"{'.'.join(path)}:{parts[-1] if len(parts) > 1 else alias.name}"
        if isinstance(node, ast.Import) and len(parts) > 1:
            for alias in node.names:
                if parts[0] == alias.asname:
                    return f"{'.'.join([alias.name, *parts[1:-1]])}:{parts[-1]}"
                if alias.asname is None and parts[0] == alias.name.partition(".")[0]:
                    return f"{'.'.join(parts[:-1])}:{parts[-1]}"
    return None


def _parameters(name: str, program: ast.AST) -> list[str] | None:
    """The positional parameters of a class of the file; None if its `__init__` is not in the class."""
    for node in ast.walk(program):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    return [argument.arg for argument in (*item.args.posonlyargs, *item.args.args)][1:]
    return None
