"""Import statements for Keras 3, and the public names of Keras 3 that fixes may write."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from seqspec.core.api.catalog import APPLICATIONS, LAYERS
from seqspec.core.api.diagnostics import Edit
from seqspec.core.api.language import ALIASES
from seqspec.programs.keras_api.keras_names import OTHER_LAYERS
from seqspec.programs.keras_api.signatures import OBJECTS, object_declaration
from seqspec.programs.migration.names import ImportedName, KerasName, Module
from seqspec.programs.migration.table import PRIVATE
from seqspec.programs.migration.uses import Use, row_of
from seqspec.programs.values.spans import span_of, text_of

MODULES = frozenset(
    "activations applications backend callbacks config constraints datasets initializers layers losses metrics "
    "mixed_precision models ops optimizers optimizers.schedules preprocessing preprocessing.image "
    "preprocessing.sequence random regularizers saving utils wrappers".split()
)
"""The public modules of Keras 3."""

_NAMES = {
    "": "Input Model Sequential Variable name_scope",
    "layers": "InputSpec Input Layer add average concatenate dot maximum minimum multiply subtract "
    "deserialize serialize",
    "models": "Model Sequential clone_model load_model model_from_json save_model",
    "mixed_precision": "DTypePolicy LossScaleOptimizer Policy dtype_policy global_policy set_dtype_policy "
    "set_global_policy",
    "optimizers.schedules": "LearningRateSchedule",
    "backend": "clear_session epsilon floatx image_data_format set_epsilon set_floatx set_image_data_format",
    "random": "beta binomial categorical dropout gamma normal randint shuffle truncated_normal uniform",
    "saving": "custom_object_scope get_custom_objects load_model register_keras_serializable save_model",
    "utils": "CustomObjectScope FeatureSpace Progbar PyDataset Sequence array_to_img audio_dataset_from_directory "
    "custom_object_scope deserialize_keras_object get_custom_objects get_file get_source_inputs "
    "image_dataset_from_directory img_to_array load_img model_to_dot normalize pad_sequences plot_model "
    "register_keras_serializable save_img serialize_keras_object set_random_seed split_dataset "
    "text_dataset_from_directory timeseries_dataset_from_array to_categorical",
    "losses": "cosine_similarity deserialize get serialize kl_divergence log_cosh mean_absolute_error "
    "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error",
    "metrics": "cosine_similarity deserialize get serialize kl_divergence log_cosh mean_absolute_error "
    "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error",
}
"""Other public names than those of the catalog, by module."""


_CLASSES = frozenset(("callbacks", "optimizers"))
"""The modules whose names are classes; strings such as "adam" are not names of them."""


def exists(path: str) -> bool:
    """Whether Keras 3 has a name, by its path below the package."""
    if path in MODULES or path.startswith("ops."):
        return True
    module, _, name = path.rpartition(".")
    if name in _NAMES.get(module, "").split():
        return True
    if module == "layers":
        return name in LAYERS or name in ALIASES or name in OTHER_LAYERS
    if module == "applications":
        return name in APPLICATIONS
    family = OBJECTS.get("schedules" if module == "optimizers.schedules" else module)
    if family is None or (module in _CLASSES and not name[:1].isupper()):
        return False
    return family.named(name) is not None or object_declaration(family, name) is not None


def edits_of(use: Use, module: Module, lines: list[str]) -> tuple[Edit, ...] | None:
    """The edits of the import statement of a use and of what it renames; None if it is not clear how to write it."""
    imported = next((candidate for candidate in module.imports if candidate.alias is use.node), None)
    if imported is None or "#" in text_of(imported.node, lines):
        return None
    if isinstance(imported.node, ast.Import):
        return _plain_import(imported, module, lines)
    if imported.alias.name == "*":
        row = row_of(imported.name)
        if row is None or not row.new or row.help:
            return None
        root = imported.name.written[: len(imported.name.written) - len(imported.name.path)]
        return (Edit(span_of(imported.node, lines), f"from {root}{row.new} import *"),)
    every = [sibling for sibling in module.imports if sibling.node is imported.node]
    if len(every) != len(imported.node.names):
        return None
    root = every[0].name.written[: len(every[0].name.written) - len(every[0].name.path)].rstrip(".")
    root = "tensorflow.keras" if root == PRIVATE else root
    names = [reference.name for reference in module.references()]
    modules: dict[str, list[str]] = {}
    edits: list[Edit] = []
    changed = False
    for sibling in every:
        path = _new_path(sibling, names)
        if path is None and sibling.name.written.startswith(PRIVATE):
            path = sibling.name.path if exists(sibling.name.path) else None
            if path is None:
                return None
        changed = changed or path is not None
        old = sibling.name.path
        target, _, name = (old if path is None else path).rpartition(".")
        local = sibling.alias.asname or sibling.alias.name
        dotted = ".".join(filter(None, (root, target)))
        if (
            path is not None
            and name != local
            and not sibling.alias.asname
            and name[:1].isupper() == local[:1].isupper()
        ):
            if "." not in path or not _may_rename(local, f"{dotted}.{name}", module):
                modules.setdefault(dotted, []).append(f"{name} as {local}")
                continue
            edits += [Edit(span_of(node, lines), name) for node in module.loads(local)]
            if module.bound.get(name) != f"{dotted}.{name}":
                modules.setdefault(dotted, []).append(name)
            continue
        modules.setdefault(dotted, []).append(name if name == local else f"{name} as {local}")
    if not changed:
        return None
    span = span_of(imported.node, lines)
    before = lines[span.line - 1][: span.column - 1]
    separator = f"\n{before}" if not before.strip() else "; "
    statements = [
        f"from {name} import {', '.join(dict.fromkeys(module_path))}" for name, module_path in modules.items()
    ]
    return Edit(span, separator.join(statements)), *edits


def _plain_import(imported: ImportedName, module: Module, lines: list[str]) -> tuple[Edit, ...] | None:
    """`import keras.utils.np_utils as u`."""
    path = _new_path(imported, [reference.name for reference in module.references()])
    if path is None or len(imported.node.names) != 1:
        return None
    root = imported.name.written[: len(imported.name.written) - len(imported.name.path)]
    new = f"import {(root + path).rstrip('.')}"
    if imported.alias.asname is not None:
        new += f" as {imported.alias.asname}"
    return (Edit(span_of(imported.node, lines), new),)


def _new_path(imported: ImportedName, names: Sequence[KerasName]) -> str | None:
    """The path of an imported name in Keras 3, if it has another one; `names` are all that the program uses."""
    row = row_of(imported.name)
    if row is None or row.is_template or (not row.new and row.rule != "moved-module") or row.help:
        return None
    rest = imported.name.path[len(row.name) :].lstrip(".")
    path = ".".join(filter(None, (row.new, rest)))
    longer = [name for name in names if not rest and name.path.startswith(f"{row.name}.")]
    if any(row_of(name) is not row for name in longer):
        return None
    inside = [name.path[len(row.name) :] for name in longer]
    return (
        path
        if path and all(exists(f"{row.new}{attribute}") for attribute in inside) and (inside or exists(path))
        else None
    )


def _may_rename(local: str, dotted: str, module: Module) -> bool:
    """Whether every use of a name can have another one."""
    name = dotted.rpartition(".")[2]
    return not module.is_taken(name) or module.bound.get(name) == dotted


def new_import(statement: str, module: Module, lines: list[str]) -> Edit | None:
    """The edit that adds an import before the first import of Keras."""
    own = {id(imported.node) for imported in module.imports}
    first = next((node for node in module.tree.body if id(node) in own), None)
    if first is None:
        first = next((node for node in module.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))), None)
    if first is None or (isinstance(first, ast.ImportFrom) and first.module == "__future__"):
        return None
    span = span_of(first, lines)
    at = replace(span, end_line=span.line, end_column=span.column)
    return Edit(at, f"{statement}\n{lines[span.line - 1][: span.column - 1]}")
