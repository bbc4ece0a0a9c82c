"""The table of all layers, gathered from one module a family."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.descriptors.descriptor import Descriptor

DESCRIPTORS: list[Descriptor] = [
    descriptor
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
    if module.name != "descriptor"
    for descriptor in import_module(f"{__name__}.{module.name}").DESCRIPTORS
]
