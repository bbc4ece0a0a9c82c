"""The tables `[blocks.NAME]`: lists of layers with parameters, which `{ use = "NAME" }` inserts into the model."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.language.keys import RESERVED_PARAMETERS, is_extension_key
from seqspec.core.language.variables import is_variable_name

_PARAMS = "a table of names and defaults"
_LIST = "a list of layers"
_WRITE_LAYERS = fmt("write {}", Setting("layers", [...]))


def _params(value: object) -> object:
    if not isinstance(value, Mapping):
        raise wrong_type(_PARAMS, value).replace(help=fmt("write {}", Setting("params", {"units": 64})))
    violations = [_bad_name(name) for name in value if not _is_parameter(name)]
    if violations:
        raise Violations(violations)
    return value


def _is_parameter(name: str) -> bool:
    return name not in RESERVED_PARAMETERS and (is_variable_name(name) is not None or is_extension_key(name))


def _bad_name(name: str) -> Violation:
    if name in RESERVED_PARAMETERS:
        message, help = f"{name} is reserved and cannot be a parameter", None
    else:
        message, help = f'invalid name "{name[:60]}"', "use letters, digits, _ and -, starting with a letter"
    return Violation("bad-name", message, path=(name,), anchor="key", help=help)


def _layers(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(_LIST, value).replace(help=_WRITE_LAYERS)
    return value


class Block(Table):
    """One block, as written: its layers may refer to its parameters and to the variables of the spec."""

    title = "a block"

    params: Annotated[dict[str, Any], *read_by(_params, _PARAMS)] = Field(
        default={}, description="Parameter names with their defaults."
    )
    layers: Annotated[list[Any], *read_by(_layers, _LIST)] = Field(
        description='The layers, in order; "$name" is a parameter or a variable.'
    )

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        return super().missing_argument(name).replace(help=_WRITE_LAYERS)
