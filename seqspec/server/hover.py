"""What the pointer is on: its explanation, and for a layer what arrives there and leaves."""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol import types

from seqspec.language.references import read_text
from seqspec.server.context import innermost
from seqspec.server.facts import facts, layers_of
from seqspec.server.slots import LayerSlot, shown
from seqspec.server.snapshot import Snapshot
from seqspec.server.tables import slot_at
from seqspec.server.text import Text


def hover(snapshot: Snapshot, text: Text, offset: int) -> types.Hover | None:
    """The explanation of what stands at an offset; None where there is none."""
    found = innermost(snapshot.document, offset)
    if found is None:
        return None
    path, on = found
    start, end, key_start, key_end = snapshot.document.places()[path]
    value = snapshot.at(path)
    parts: list[str] = []
    holder = slot_at(path[:-1], snapshot.tree, snapshot.own)
    if on == "key" or isinstance(value, (bool, int, float)):
        key = holder.keys(snapshot.at(path[:-1])).get(path[-1]) if isinstance(path[-1], str) else None
        if key is not None:
            parts.append(f"**{path[-1]}**: {key.doc}")
        if path[:1] == ("vars",) and len(path) == 2:
            parts.append(f"The variable `${path[1]}`: `{shown(value)}`")
        if path[:1] == ("blocks",) and len(path) == 2:
            parts.append(snapshot.own.block_doc(str(path[1])))
    else:
        parts += _references(snapshot, value) if isinstance(value, str) and "$" in value else []
        parts.append(slot_at(path, snapshot.tree, snapshot.own).doc(value))
    if _about_layer(path, on, value, snapshot):
        layers = layers_of(snapshot, path)
        if layers:
            parts.append(facts(layers))
    said = "\n\n".join(part for part in parts if part)
    if not said:
        return None
    place = text.range(key_start, key_end) if on == "key" else text.range(start, end)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said), place)


def _about_layer(path: tuple[str | int, ...], on: str, value: object, snapshot: Snapshot) -> bool:
    """Whether what stands there is a layer, or names one."""
    if isinstance(slot_at(path, snapshot.tree, snapshot.own), LayerSlot):
        return isinstance(value, (str, Mapping))
    return path[-1] in ("type", "use", "custom", "name") and isinstance(
        slot_at(path[:-1], snapshot.tree, snapshot.own), LayerSlot
    )


def _references(snapshot: Snapshot, value: str) -> list[str]:
    try:
        names = [reference.name for reference in read_text(value).references]
    except Exception:
        return []
    return [f"`${name}` is `{shown(snapshot.own.variables[name])}`" for name in names if name in snapshot.own.variables]
