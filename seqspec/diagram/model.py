"""The typed description of a diagram: what there is to draw of a model, without sizes or colours of the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.violation import Path, pointer

Kind = Literal["layer", "backbone"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """The shape of one sample, unknown sizes by name, and the dtype; both None where nothing is known."""

    shape: tuple[int | str, ...] | None
    dtype: str | None

    def __str__(self) -> str:
        return "?" if self.shape is None else f"({', '.join(map(str, self.shape))})"


@dataclass(frozen=True, slots=True)
class Weight:
    """A variable of a layer."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that the check has reached.

    Attributes:
        arguments: What the author set, as text.
        pointer: JSON Pointer into the document that has the layer.
        path: The same as a path, where that is the document itself; else None, and `file` names the other one.
        macs: Multiply-accumulates per sample: a number, a formula of unknown sizes, or None.
        memory: Bytes that training keeps for the backward pass, for the batch size of the diagram.
        kind: `"backbone"` for a base model of `keras.applications`, which is one box.
        frozen: It has parameters, and `trainable = false` on it or around it keeps all of them from training.
        findings: Positions in `Diagram.findings` of what was found at this layer.
    """

    name: str
    type: str
    arguments: tuple[tuple[str, str], ...]
    pointer: str
    path: Path | None
    file: str | None
    input: Tensor
    outputs: tuple[Tensor, ...]
    params: int
    trainable: int
    macs: int | str | None
    memory: int | str | None
    weights: tuple[Weight, ...]
    more_weights: int
    layers: tuple[Layer, ...]
    kind: Kind
    frozen: bool
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """Layers of a group that come `times` times one after the other, alike in all but their names."""

    times: int
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The layers that one entry of the document became: a use of a block, or a repeated layer."""

    group: str
    block: bool
    path: Path | None
    times: int
    copies: tuple[Copy, ...]
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A layer from the first one that fails on; `finding` says why, at the first of them."""

    name: str | None
    type: str
    arguments: tuple[tuple[str, str], ...]
    pointer: str
    path: Path | None
    finding: int | None


@dataclass(frozen=True, slots=True)
class HeadRow:
    """What training makes of the output: the loss, the optimizer, the metrics or the target."""

    key: Literal["loss", "target", "optimizer", "metrics"]
    words: tuple[str, ...]
    path: Path
    findings: tuple[int, ...]

    def __str__(self) -> str:
        return ", ".join(self.words)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes; `optimizer` is None without one, `activations` a formula where sizes are unknown."""

    weights: int
    gradients: int
    optimizer: int | None
    activations: int | str | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over the layers that are reached."""

    layers: int
    params: int
    trainable: int
    macs: int | str | None
    batch: int
    memory: Memory


@dataclass(frozen=True, slots=True)
class Diagram:
    """All that there is to draw of one model.

    Attributes:
        entries: Layers and groups, from the input to the output.
        more: How many entries are left out at the end.
        unreached: The layers from the first one that fails on.
        elsewhere: Positions in `findings` of what belongs to none of the boxes.
    """

    name: str | None
    input: Tensor
    input_path: Path
    entries: tuple[Layer | Group, ...]
    more: int
    unreached: tuple[Unreached, ...]
    head: tuple[HeadRow, ...]
    totals: Totals
    findings: tuple[Diagnostic, ...]
    elsewhere: tuple[int, ...]

    def layers(self) -> Iterator[Layer]:
        """The layers that are drawn, equal copies once, without those inside others."""
        for entry in self.entries:
            if isinstance(entry, Group):
                for copy in entry.copies:
                    yield from copy.layers
            else:
                yield entry


def plain(value: object, locate: Callable[[Path], Any] = pointer) -> Any:
    """A part of a diagram as JSON data: each `path` becomes a `range`, which `locate` looks up.

    Args:
        value: A description, or a part of one.
        locate: Returns what a client knows a path of the document by.
    """
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is None:
        return [plain(item, locate) for item in value] if isinstance(value, tuple) else value
    out = {}
    for name in fields:
        field = getattr(value, name)
        if name == "path":
            out["range"] = None if field is None else locate(field)
        else:
            out[name] = plain(field, locate)
    return out
