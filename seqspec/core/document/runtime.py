"""The table `[runtime]`: seed, dtype policy, backend, distribution."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le
from pydantic import Field

from seqspec.core.catalog.dtypes import PolicyText
from seqspec.core.catalog.types import Maybe
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.document.base_table import Table
from seqspec.core.language.keys import MIXED_PRECISION


class Runtime(Table):
    """Seed, dtype policy, backend and distribution."""

    title = "[runtime]"
    renamed: ClassVar[Mapping[str, str]] = {
        "precision": "dtype_policy",
        "policy": "dtype_policy",
        "framework": "backend",
        "strategy": "distribution",
    }

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
    def unknown_argument_help(cls, key: str) -> str | None:
        if key in MIXED_PRECISION:
            return fmt("write {}", Setting("dtype_policy", "mixed_float16"))
        return _COMMAND_OPTIONS.get(key)


_COMMAND_OPTIONS = {
    **dict.fromkeys(
        ("device", "devices", "gpu", "gpus", "accelerator"),
        "devices are chosen for each run, not in the spec: seqspec train --devices N",
    ),
    **dict.fromkeys(
        ("worker", "workers", "num_workers", "nodes"),
        "workers are chosen for each run, not in the spec: seqspec train --workers N",
    ),
}
"""Help for what `seqspec train` has as an option."""
