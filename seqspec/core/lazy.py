"""Modules that import what they export when it is first used."""

import re
import sys
from collections.abc import Callable
from typing import Any

_EXPORT = re.compile(r"^    from (\S+) import (\w+) as \2$", re.MULTILINE)


def lazy_names(module: str) -> Callable[[str], Any]:
    """The function `__getattr__` of a module whose exports are imports for type checkers, so that each is named once.

    The source of the module has one export per line: `from x import y as y`, indented below `if TYPE_CHECKING:`.
    """
    loader: Any = sys.modules[module].__loader__
    homes = {name: home for home, name in _EXPORT.findall(loader.get_source(module))}

    def __getattr__(name: str) -> Any:  # noqa: N807  (what it is in the module)
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(__import__(homes[name], fromlist=[name]), name)
        setattr(sys.modules[module], name, value)
        return value

    return __getattr__
