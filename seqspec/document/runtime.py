"""The table `[runtime]`: seed, dtype policy, backend, distribution."""

from __future__ import annotations

from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.dtypes import PolicyName
from seqspec.catalog.kinds import Choice, Integer, Optional
from seqspec.diagnostics.violation import Violation
from seqspec.document.table import Table


class Runtime(Table):
    """What the model runs with."""

    title = "[runtime]"

    seed: int | None = arg(Optional(Integer(minimum=0, maximum=2**32 - 1)), "Seed of all random numbers.", default=None)
    dtype_policy: str = arg(PolicyName(), "Dtype policy of all layers that name none.", default="float32")
    backend: str | None = arg(
        Optional(Choice("tensorflow", "jax", "torch", "openvino")), "Backend of Keras.", default=None
    )
    distribution: str | None = arg(
        Optional(Choice("data_parallel")), "data_parallel: a copy of the model on every device.", default=None
    )


def read_runtime(tree: Any, violations: list[Violation]) -> Runtime | None:
    """Reads the table `runtime`; mistakes are appended to `problems` at paths within it."""
    return Runtime.read_table(tree, violations)
