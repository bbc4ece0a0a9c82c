"""Fixes of the output of a stack: its activation, the number of its units, axes that labels do not have."""

from __future__ import annotations

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.head import backwards
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.diagnostics.diagnostic import TreeEdit, TreeFix, insert, remove, set_value
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Path
from seqspec.core.shapes.tensor import all_known

_KEEP_AXES = frozenset({"activation", "dropout", "norm"})


def activation_edit(facts: Facts, activation: str) -> TreeEdit | None:
    """The edit with which the output has another activation: in its layer, in place of one, or after the last layer."""
    head = facts.output.head
    if head is None:
        return None
    argument = (*head.entry.path, "activation")
    if head.simple and (head.written or not head.after):
        return set_value(argument, activation)
    if facts.graph is not None:
        return None
    if head.entry.type == "Activation":
        return set_value(argument, activation)
    entry = {"type": "Activation", "activation": activation}
    if head.entry.role == "activation":
        return set_value(head.entry.path, entry)
    return insert(_end(facts), entry)


def activation_fix(facts: Facts, activation: str) -> TreeFix | None:
    """The fix that is `activation_edit` alone."""
    edit = activation_edit(facts, activation)
    if edit is None:
        return None
    return TreeFix("" if edit.path[-1] == "activation" else f"add {activation} at the end", (edit,))


def without_activation(facts: Facts) -> TreeFix | None:
    """The fix that removes the layer which is the activation of the output."""
    head = facts.output.head
    if head is None or head.entry.role != "activation" or facts.graph is not None:
        return None
    return TreeFix(fmt("remove {}", head.entry.type), (remove(head.entry.path),))


def units_path(facts: Facts) -> Path | None:
    """The path of the number of output units, of the last layer that has one and whose units reach the output."""
    for entry in backwards(facts.output.layers):
        if "units" in entry.layer.model_fields_set:
            return (*entry.path, "units")
        if entry.input.sample != entry.outputs[0].sample:
            return None
    return None


def classes_fix(facts: Facts, classes: int, loss: str | None = None) -> TreeFix | None:
    """The fix with which the output has a probability for each class, and optionally the loss for it."""
    path, edit = units_path(facts), activation_edit(facts, "softmax")
    objective = facts.output.objective
    if path is None or edit is None or objective is None:
        return None
    edits = [set_value(path, classes), edit]
    if loss is not None:
        edits.append(set_value(objective.path, loss))
    return TreeFix(fmt("set {} with softmax", Setting("units", classes)), tuple(edits))


def one_unit_fix(facts: Facts) -> TreeFix | None:
    """The fix with which the output is the probability of the second of two classes."""
    path, edit = units_path(facts), activation_edit(facts, "sigmoid")
    if path is None or edit is None:
        return None
    return TreeFix(fmt("set {} with sigmoid", Setting("units", 1)), (set_value(path, 1), edit))


def flattened_fixes(facts: Facts) -> list[TreeFix]:
    """The fixes that join the axes before the Dense layers at the end or take their mean, the most likely one first."""
    layers = facts.output.layers
    if facts.graph is not None or not layers or any(len(entry.path) != 3 for entry in layers):
        return []
    first: LayerReport | None = None
    for entry in reversed(layers):
        if "dense" not in entry.traits and entry.role not in _KEEP_AXES:
            break
        if "dense" in entry.traits:
            first = entry
    incoming = layers[-1].outputs[0] if first is None else first.input
    at, where = (_end(facts), "at the end") if first is None else (first.path, f"before {first.name}")
    fixes = []
    if first is not None and all_known(incoming.sample):
        fixes.append(TreeFix(f"add Flatten {where}", (insert(at, "Flatten"),)))
    if 1 <= incoming.rank - 2 <= 3:
        pooling = f"GlobalAveragePooling{incoming.rank - 2}D"
        fixes.append(TreeFix(f"add {pooling} {where}", (insert(at, pooling),)))
    return fixes


def dense_fix(facts: Facts) -> TreeFix | None:
    """The fix that adds an output layer with weights to a model without one."""
    objective, labels = facts.output.objective, facts.output.labels
    if facts.graph is not None or objective is None:
        return None
    exclusive = "exclusive" in objective.traits
    units = labels.classes if labels is not None and labels.classes else 2 if exclusive else 1
    activation = "softmax" if exclusive else "sigmoid" if "binary" in objective.traits else "linear"
    if objective.loss == "Poisson":
        activation = "softplus"
    entry = {"type": "Dense", "units": units, "activation": activation}
    return TreeFix("add a Dense layer at the end", (insert(_end(facts), entry),))


def _end(facts: Facts) -> Path:
    return ("model", "layers", len(facts.spec.stack.layers))
