"""Assigns the arrays of a file to layers; every array is used once or reported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from seqspec.core.api.catalog import legacy
from seqspec.core.api.frontends import INPUT
from seqspec.core.api.language import numbered, snake_case
from seqspec.saved_models.layer_classes import adds_weights, is_depthwise, is_lookup
from seqspec.saved_models.nodes import SavedLayer, all_leaves
from seqspec.saved_models.saved_model import (
    Array,
    ByLayer,
    ByObject,
    ByPath,
    ConversionNotes,
    InOneList,
    NamedArrays,
    Reason,
    SavedModel,
    SavedModelError,
    WriterVersions,
)
from seqspec.saved_models.version_fixes import keras_1
from seqspec.saved_models.vocabulary import IDF, has_table
from seqspec.saved_models.weight_roles import Role, roles

_SYNONYMS = {
    **{old: new for new, old in legacy.WEIGHTS_OF_KERAS_1.items() if len(old) > 1},
    "depthwise_kernel": "kernel",
}
_RANDOM = re.compile(r"(StateVar|rng_state|seed_generator|random_generator|_rng|seed)", re.I)

_DEPENDENCIES = "_layer_checkpoint_dependencies"
"""The layers in files of Keras 2.12 to 2.14; 2.12 and 2.13 count a layer with weights twice."""

Slot = tuple[SavedLayer, Role]


def assign_arrays(model: SavedModel, nodes: Sequence[SavedLayer], notes: ConversionNotes) -> None:
    """Assigns the arrays of a file of Keras 1, Keras 2 or TensorFlow.js to its layers.

    Raises:
        SavedModelError: An array is missing, or left over.
    """
    store = model.store
    if isinstance(store, ByLayer):
        _by_layer(store, nodes, model.generation, notes)
    elif isinstance(store, InOneList):
        _in_one_list(store, nodes, model.generation, notes)
    elif isinstance(store, ByPath):
        _by_path(store, nodes, model.generation, notes)
    elif isinstance(store, ByObject):
        _by_object(store, nodes, model.generation, notes)


def _by_layer(store: ByLayer, nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes) -> None:
    filled = [(name, kept) for name, arrays in store.layers if (kept := _without_random(arrays, notes))]
    owners = [node for node in nodes if _slots([node], generation)]
    if len(filled) != len(owners):
        raise wrong_count(len(owners), len(filled), "layers with weights")
    by_name = dict(filled)
    named = len(by_name) == len(filled) and all(node.name in by_name for node in owners)
    for node, (name, arrays) in zip(owners, filled):
        chosen = by_name[node.name] if named else arrays
        _fill(*_match_arrays([node], chosen, generation, node.name or name, notes))


def _in_one_list(
    store: InOneList, nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes
) -> None:
    arrays = _without_random(store.arrays, notes)
    # TensorFlow.js lists the arrays as of one nested model. Its converter lists them layer by layer, in the order of
    # the model, or sorted by the names of the layers if it has read an HDF5 file.
    whole = _slots(nodes, generation)
    one_by_one = [slot for node in nodes for slot in _slots([node], generation)]
    sorted_ = [slot for node in sorted(nodes, key=lambda node: node.name) for slot in _slots([node], generation)]
    if len(arrays) != len(whole):
        raise wrong_count(len(whole), len(arrays), "weights")
    known = (whole, one_by_one, sorted_)
    orders = [order for order in known if _roles_match(order, arrays)] or known
    names = _names(nodes)
    chosen = next((order for order in orders if _names_match(order, arrays, names)), None)
    if chosen is None and any(order != orders[0] for order in orders):
        raise SavedModelError(
            "unverifiable",
            "the names of the weights do not contain those of the layers, and their order does not show to which layer "
            "each belongs",
            "convert the model again with its original layer names",
        )
    _fill(chosen or orders[0], [array for _, array in arrays])


def _names(nodes: Sequence[SavedLayer], outer: frozenset[str] = frozenset()) -> dict[int, frozenset[str]]:
    """The name of each layer and the names of the layers around it, by its identity."""
    names_by_node = {}
    for node in nodes:
        names_by_node[id(node)] = names = outer | {node.name}
        names_by_node |= _names(node.children, names)
    return names_by_node


def _names_match(slots: Sequence[Slot], arrays: NamedArrays, names: Mapping[int, frozenset[str]]) -> bool:
    """Whether, in this order, the name of each array contains the name of its layer, or of a layer around it."""
    return all(not names[id(node)].isdisjoint(name.split("/")[:-1]) for (node, _), (name, _) in zip(slots, arrays))


def group_by_layer(store: InOneList, nodes: Sequence[SavedLayer], model: str) -> ByLayer:
    """The arrays of a converted Keras 3 model by layer; their names begin with the names of the model and the layer.

    Raises:
        SavedModelError: The name of an array contains none of a layer.
    """
    arrays_by_name: dict[str, NamedArrays] = {node.name: [] for node in nodes}
    for name, array in store.arrays:
        parts = name.split("/")[:-1]
        places = parts[1:2] if parts[:1] == [model] and len(parts) > 1 else parts[:1]
        if not places or places[0] not in arrays_by_name:
            raise SavedModelError("weights-left-over", f"the weight {name} belongs to no layer of the architecture")
        arrays_by_name[places[0]].append((name, array))
    return ByLayer(list(arrays_by_name.items()))


def _roles_match(slots: Sequence[Slot], arrays: NamedArrays) -> bool:
    """Whether, in this order, the role of each array matches its name, and the arrays of each layer share a prefix."""
    prefixes: dict[int, str] = {}
    for (node, role), (name, _) in zip(slots, arrays):
        prefix, _, last = name.rpartition("/")
        if _plain_role(last) != _synonym(role.name):
            return False
        if prefixes.setdefault(id(node), prefix) != prefix:
            return False
    return True


def _slots(nodes: Sequence[SavedLayer], generation: WriterVersions) -> list[Slot]:
    """The arrays in the order of a model: trainable ones of all layers, then all others, including frozen layers."""
    first: list[Slot] = []
    others: list[Slot] = []
    for leaf in all_leaves(nodes):
        for role in roles(leaf, generation):
            (first if role.trainable and leaf.trainable else others).append((leaf, role))
    return [*first, *others]


def _match_arrays(
    nodes: Sequence[SavedLayer], arrays: NamedArrays, generation: WriterVersions, where: str, notes: ConversionNotes
) -> tuple[list[Slot], list[Array]]:
    """The slots of layers, and the array of each."""
    slots = _slots(nodes, generation)
    if len(arrays) != len(slots):
        raise wrong_count(len(slots), len(arrays), f"weights of the layer {where!r}")
    if len({id(leaf) for leaf, _ in slots}) == 1:
        return slots, _by_role(slots, arrays)
    by_name = (keras_1.match_names if generation.keras == 1 else _by_layer_name)(slots, arrays)
    if slots != [slot for leaf in all_leaves(nodes) for slot in _slots([leaf], generation)]:
        notes.fixes["nested weights split by trainable"] += 1
    return slots, by_name or [array for _, array in arrays]


def _by_role(slots: Sequence[Slot], arrays: NamedArrays) -> list[Array]:
    """The arrays by the role in their names if all have one, else by order."""
    named = {_plain_role(name.rpartition("/")[2]): array for name, array in arrays}
    wanted = [_synonym(role.name) for _, role in slots]
    if len(named) == len(arrays) and named.keys() >= set(wanted):
        return [named[role] for role in wanted]
    return [array for _, array in arrays]


def _by_layer_name(slots: Sequence[Slot], arrays: NamedArrays) -> list[Array] | None:
    """The arrays by layer name and role, if every name has both and they are unique, also in the model."""
    if len({(node.name, role.name) for node, role in slots}) < len(slots):
        return None  # Keras then numbers the names of the arrays, not of the layers.
    known = {(parts[-2], _plain_role(parts[-1])): array for name, array in arrays if len(parts := name.split("/")) > 1}
    wanted = [(node.name, _synonym(role.name)) for node, role in slots]
    if len(known) < len(arrays) or not known.keys() >= set(wanted):
        return None
    return [known[key] for key in wanted]


def _plain_role(name: str) -> str:
    # Keras numbers the arrays of the second cell of an RNN: kernel_1.
    return _synonym(re.sub(r"(_\d+)?(:\d+)?$", "", name))


def _synonym(name: str) -> str:
    return _SYNONYMS.get(name, name)


def _fill(slots: Sequence[Slot], arrays: Sequence[Array]) -> None:
    for (node, role), array in zip(slots, arrays):
        node.arrays[role.name] = array


def _without_random(arrays: NamedArrays, notes: ConversionNotes) -> NamedArrays:
    """The arrays without the states of random number generators, which Keras 3 stores elsewhere."""
    return [(name, array) for name, array in arrays if not _is_random(name, array, notes)]


def _is_random(name: str, array: Array, notes: ConversionNotes) -> bool:
    """Whether an array is the state of a random number generator, which is noted then."""
    if array.dtype.kind not in "iu" or not _RANDOM.search(name):
        return False
    notes.add(f"the state of a random number generator is not carried over: {name}")
    return True


def wrong_count(needed: int, left: int, what: str) -> SavedModelError:
    """The error for a file with too few or too many arrays."""
    reason: Reason = "weights-missing" if left < needed else "weights-left-over"
    return SavedModelError(reason, f"expected {needed} {what} for this architecture, found {left}")


def _by_path(store: ByPath, nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes) -> None:
    """A `.keras` or `.weights.h5` of TensorFlow's Keras: paths by classes, indices in the order of creation."""
    left = dict(store.arrays)
    root = next((root for root in ("layers", _DEPENDENCIES) if _has(left, root)), "layers")
    _fill_stack(nodes, root, left, generation, root)
    for path, array in left.items():
        if not _is_random(path, array, notes):
            raise SavedModelError("weights-left-over", f"the array {path} belongs to no layer of the architecture")


def _has(arrays: Mapping[str, object], root: str) -> bool:
    return any(path.startswith(f"{root}/") for path in arrays)


def _fill_stack(
    nodes: Sequence[SavedLayer], path: str, left: dict[str, Array], generation: WriterVersions, key: str
) -> None:
    filled = [bool(_slots([node], generation)) for node in nodes]
    names = _stored_names(nodes, [False] * len(nodes))
    if path.endswith(_DEPENDENCIES) and not all(
        _has(left, f"{path}/{name}") for name, has_weights in zip(names, filled) if has_weights
    ):
        names = _stored_names(nodes, filled)
    for node, name in zip(nodes, names):
        if node.kind != INPUT:
            _fill_node(node, f"{path}/{name}", left, generation, key)


def _stored_names(nodes: Sequence[SavedLayer], twice: Sequence[bool]) -> list[str]:
    """The names of the groups of layers: classes with numbers, of which some layers use two."""
    counts: dict[str, int] = {}
    names = []
    for node, uses_two in zip(nodes, twice):
        kind = snake_case(node.stored_kind or node.kind)
        names.append(numbered(kind, counts))
        if uses_two:
            numbered(kind, counts)
    return names


def _fill_node(node: SavedLayer, path: str, left: dict[str, Array], generation: WriterVersions, key: str) -> None:
    if is_lookup(node.kind):
        for name in (f"{path}/vars/{IDF}", f"{path}/_lookup_layer/vars/{IDF}"):
            if name in left:
                node.arrays[IDF] = left.pop(name)
    own = sorted(roles(node, generation), key=lambda role: not role.trainable)
    if own:
        inner = next((f"{path}{part}/vars" for part in ("", "/cell") if f"{path}{part}/vars/0" in left), f"{path}/vars")
        first = 0
        if adds_weights(node.kind) and f"{inner}/1" in left:
            # The kernel of the inner layer, which is stored there too.
            del left[f"{inner}/0"]
            first = 1
        for index, role in enumerate(own, first):
            name = f"{inner}/{index}"
            if name not in left:
                raise SavedModelError("weights-missing", f"the layer {node.name!r} has no {role.name} at {name}")
            node.arrays[role.name] = left.pop(name)
    if node.attribute in ("layers", "cells"):
        inside = key if node.attribute == "layers" else node.attribute
        _fill_stack(node.children, f"{path}/{inside}", left, generation, key)
    for attribute, child in node.parts():
        _fill_node(child, f"{path}/{attribute}", left, generation, key)


def _by_object(
    store: ByObject, nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes
) -> None:
    """A SavedModel or checkpoint: the graph of objects is followed by the names of attributes."""
    used: set[int] = set()
    _fill_objects(store, store.root, nodes, generation, used)
    left = [index for index in store.arrays if index not in used and _reachable(store, index)]
    if left:
        raise SavedModelError("weights-left-over", f"{len(left)} variables belong to no layer of the architecture")


def _reachable(store: ByObject, target: int) -> bool:
    """Whether a variable belongs to a layer and not to the optimizer or a metric."""
    seen, todo = {store.root}, [store.root]
    while todo:
        for name, child in store.children[todo.pop()].items():
            if child in seen or not re.match(
                r"(layer|layer_with_weights-\d+|layer-\d+|cell|cells|forward_layer|backward_layer|\d+|kernel|bias|gamma|"
                r"beta|moving_mean|moving_variance|recurrent_kernel|embeddings|alpha|mean|variance|count|"
                r"depthwise_kernel|pointwise_kernel|adapt_mean|adapt_variance|summary|vector_u)$",
                name,
            ):
                continue
            seen.add(child)
            todo.append(child)
    return target in seen


def _fill_objects(
    store: ByObject, parent: int, nodes: Sequence[SavedLayer], generation: WriterVersions, used: set[int]
) -> None:
    number = 0
    for node in nodes:
        index = store.children[parent].get(f"layer_with_weights-{number}")
        if not _slots([node], generation):
            # Mutable tables count as weights.
            number += is_lookup(node.kind) and index is not None and has_table(store, index)
            continue
        number += 1
        if index is None:
            raise SavedModelError("weights-missing", f"the file has no weights of the layer {node.name!r}")
        _fill_object(store, index, node, generation, used)
    if f"layer_with_weights-{number}" in store.children[parent]:
        raise SavedModelError("weights-left-over", "the file has weights of more layers than the architecture")


def _fill_object(store: ByObject, index: int, node: SavedLayer, generation: WriterVersions, used: set[int]) -> None:
    children = store.children[index]
    for role in roles(node, generation):
        # Keras surprise: Keras 2 calls the kernel of a DepthwiseConv2D, and only that, depthwise_kernel.
        names = (role.name, "depthwise_kernel" if is_depthwise(node.kind) else role.name)
        holders = (index, children.get("cell", index))
        place = next(
            (store.children[h][n] for h in holders for n in names if store.children[h].get(n) in store.arrays), None
        )
        if place is None:
            raise SavedModelError("weights-missing", f"the layer {node.name!r} has no variable {role.name}")
        node.arrays[role.name] = store.arrays[place]
        used.add(place)

    def follow(child: SavedLayer, *names: str) -> None:
        at = index
        for name in names:
            step = store.children[at].get(name)
            if step is None:
                if all(not roles(leaf, generation) for leaf in child.leaves()):
                    return
                raise SavedModelError("weights-missing", f"the layer {node.name!r} has no part {name}")
            at = step
        _fill_object(store, at, child, generation, used)

    if node.attribute == "layers":
        _fill_objects(store, index, node.children, generation, used)
    elif node.attribute == "cells":
        for number, child in enumerate(node.children):
            follow(child, "cells", str(number))
    for attribute, child in node.parts():
        follow(child, attribute)
