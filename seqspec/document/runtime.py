"""The table `[runtime]`: seed, dtype policy, backend, distribution."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import Field

from seqspec.catalog.dtypes import PolicyText
from seqspec.catalog.types import Maybe
from seqspec.diagnostics.snippet import Help, Setting
from seqspec.diagnostics.violation import Violation
from seqspec.document.table import Table
from seqspec.language.keys import ELSEWHERE


class Runtime(Table):
    """What the model runs with."""

    title = "[runtime]"

    seed: Maybe[Annotated[int, Ge(0), Le(2**32 - 1)]] = Field(default=None, description="Global random seed.")
    dtype_policy: PolicyText = Field(default="float32", description="Default dtype policy of all layers.")
    backend: Maybe[Literal["tensorflow", "jax", "torch", "openvino"]] = Field(
        default=None, description="Keras backend."
    )
    deterministic: bool = Field(
        default=False, description="Whether only deterministic operations are used: slower, equal on every run."
    )
    distribution: Maybe[Literal["data_parallel"]] = Field(
        default=None, description="data_parallel: replicate the model on every device."
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | Help | None:
        """Keras's own words for mixed precision in other places."""
        return Help("write ", Setting("dtype_policy", "mixed_float16")) if key in ELSEWHERE else None


def read_runtime(tree: object, violations: list[Violation]) -> Runtime | None:
    """Reads the table `runtime`; mistakes are appended to `violations`, with paths relative to the table."""
    return Runtime.read_table(tree, violations)
