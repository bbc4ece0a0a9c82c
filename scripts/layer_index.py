"""The entries of new layers in the index of the catalog, which the modules of the layers declare."""

import ast
import textwrap
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from seqspec.core.catalog import layers
from seqspec.core.catalog.index import LAYERS
from seqspec.core.catalog.layer import Layer

ROOT = Path(__file__).resolve().parent.parent
INDEX = "seqspec/core/catalog/index.py"
WIDTH = 110


def index_file():
    """The index with the layers that it lacks: public classes of the modules from which no other is derived."""
    text = (ROOT / INDEX).read_text(encoding="utf-8")
    modules = {
        module.name: import_module(f"{layers.__name__}.{module.name}") for module in iter_modules(layers.__path__)
    }
    for family, module in modules.items():
        for name, value in vars(module).items():
            is_layer = isinstance(value, type) and issubclass(value, Layer) and value.__module__ == module.__name__
            if is_layer and name[0] != "_" and name not in LAYERS and not value.__subclasses__():
                text = indexed(text, name, family)
    return {INDEX: text}


def indexed(text, name, family):
    """The text of the index with the name in its family."""
    tree = ast.parse(text)
    families = next(
        node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "_FAMILIES"
    )
    starts = {key.value: key.lineno for key in families.keys} | {None: families.end_lineno}
    names = next((value.value for key, value in zip(families.keys, families.values) if key.value == family), "")
    names = f"{names} {name}".strip()
    entry = f'    "{family}": "{names}",\n'
    if len(entry) > 121:
        wrapped = ' "\n        "'.join(textwrap.wrap(names, WIDTH))
        entry = f'    "{family}": (\n        "{wrapped}"\n    ),\n'
    start = starts.get(family, families.end_lineno)
    end = min((line for line in starts.values() if line > start), default=start)
    lines = text.splitlines(keepends=True)
    return "".join(lines[: start - 1]) + entry + "".join(lines[end - 1 :])
