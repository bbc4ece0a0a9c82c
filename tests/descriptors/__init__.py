"""The table of all layers, gathered from one module a family."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from seqspec.core.catalog.index import APPLICATIONS
from tests.descriptors.descriptor import Descriptor

DESCRIPTORS: list[Descriptor] = [
    descriptor
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
    if module.name != "descriptor"
    for descriptor in import_module(f"{__name__}.{module.name}").DESCRIPTORS
]

FIRST_MODELS: dict[str, dict[str, Any]] = {
    descriptor.type: next(descriptor.models())
    for descriptor in reversed(DESCRIPTORS)
    if descriptor.arguments and descriptor.type != "Pipeline" and descriptor.type not in APPLICATIONS
}
"""For each layer with argument sets, the model with the first argument set and the first input of its descriptor."""
