"""Traits of classes: declared by each class, for built-in classes and those of plugins."""

import ast
from pathlib import Path

import pytest
from pydantic import Field

import seqspec
from seqspec.core.catalog import activations, index, losses, metrics, optimizers, plugins, traits
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.layer_inference import own_weights_with_trainable, traces_sparse
from seqspec.core.catalog.traits import Composition
from seqspec.core.linter.registry import SpecNames, all_rules
from seqspec.core.linter.rule import Requires
from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.snapshot import Snapshot
from seqspec.plugins import AnyLayer, InferenceContext, Layer, Sublayer, TensorSpec, WeightSpec, Wrapper

SEQSPEC = Path(seqspec.__file__).parent


class Scaled(Wrapper):
    """Applies the layer inside, and scales the result by a learned factor."""

    composition = Composition.APPLIED

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext):
        return self.inner(x, env)

    def own_weights(self, x: TensorSpec, env: InferenceContext):
        return [*own_weights_with_trainable(self.layer, x, env), WeightSpec("scale", (), "float32")]


class Branches(Layer):
    """Applies two layers to its input and adds the results, in a way that nothing is assumed about."""

    left: AnyLayer = Field(description="One layer.")
    right: AnyLayer = Field(description="Another layer.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext):
        return self.left.compute_output_spec(x, env)

    def sublayers(self, x: TensorSpec, env: InferenceContext):
        return [Sublayer(("left",), self.left, x), Sublayer(("right",), self.right, x)]


class Projection(Layer):
    """A matrix product."""

    role = "weights"
    traits = frozenset({"dense"})

    units: int = Field(description="The number of outputs.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext):
        return TensorSpec((*x.dims[:-1], self.units), self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext):
        return [WeightSpec("kernel", (x.dims[-1], self.units), self.variable_dtype(env))]


@pytest.fixture(autouse=True)
def _plugins(monkeypatch):
    """The layers of this file, as a package with entry points has them."""
    entries = tuple(
        plugins.Plugin(plugins.LAYERS, cls.__name__, __name__, cls) for cls in (Scaled, Branches, Projection)
    )
    monkeypatch.setattr(plugins, "plugins", lambda group: entries if group == plugins.LAYERS else ())
    index.plugin_layers.cache_clear()
    index.layer_class.cache_clear()
    yield
    index.plugin_layers.cache_clear()
    index.layer_class.cache_clear()


def dense(units, **arguments):
    return {"type": "Dense", "units": units, **arguments}


def scaled(layer):
    return {"type": "Scaled", "layer": layer}


def document(*layers, input=(8,), **tables):
    return {"seqspec": 1, "model": {"input": list(input), "layers": list(layers)}, **tables}


def findings(tree):
    return {found.name: found.pointer for found in seqspec.check(tree).diagnostics}


def test_rules_look_inside_a_wrapper():
    head = scaled(dense(1, activation="softmax"))
    assert findings(document(head))["softmax-over-one"].startswith("/model/layers/0/layer")
    linear = [scaled(dense(16)), scaled(dense(16)), dense(3, activation="softmax")]
    assert findings(document(*linear))["linear-network"].startswith("/model/layers/0/layer")


def test_rules_look_at_layers_inside_in_any_position():
    drop = {"type": "Dropout", "rate": 0.5, "seed": 1}
    branches = {"type": "Branches", "left": drop, "right": drop}
    assert findings(document(dense(8, activation="relu"), branches, dense(2))) == {
        "repeated-seed": "/model/layers/1/right/seed"
    }


@pytest.mark.parametrize("wrap", [lambda layer: layer, scaled], ids=["plain", "wrapped"])
def test_ranges_are_followed_through_a_wrapper(wrap):
    data = {"train": {"range": [0, 255], "samples": 5000}}
    layers = (dense(4, activation="relu"), dense(2))
    assert "unscaled-input" in findings(document(*map(wrap, layers), data=data))
    rescaling = wrap({"type": "Rescaling", "scale": "1/255"})
    assert "unscaled-input" not in findings(document(rescaling, *layers, data=data))


def test_the_editor_sees_layers_inside():
    text = """seqspec = 1
[model]
input = [8]
layers = [{ type = "Scaled", layer = { type = "Branches", left = { type = "Dense", units = 3 }, right = "Identity" } }]
"""
    layers = Snapshot(text, "a.toml", 1, None, LIMITS).layers
    inner = ("model", "layers", 0, "layer")
    assert {path: [layer.type for layer in found] for path, found in layers.items()} == {
        inner[:3]: ["Scaled"],
        inner: ["Branches"],
        (*inner, "left"): ["Dense"],
        (*inner, "right"): ["Identity"],
    }


def test_rules_know_the_role_of_a_layer():
    wide = {"type": "Projection", "units": 16}
    assert findings(document(wide, wide, dense(3, activation="softmax")))["linear-network"].startswith(
        "/model/layers/0"
    )


# The catalogue

FAMILIES = {
    "layers": ({name: layer_class(name) for name in LAYERS}, traits.LAYER_TRAITS),
    "activations": (activations.FUNCTIONS, traits.ACTIVATION_TRAITS),
    "losses": (losses.CLASSES, traits.LOSS_TRAITS),
    "metrics": (metrics.CLASSES, traits.METRIC_TRAITS),
    "optimizers": (optimizers.CLASSES, traits.OPTIMIZER_TRAITS),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_traits_are_all_described_and_used(family):
    classes, described = FAMILIES[family]
    assert set().union(*(classes[name].traits for name in classes)) == described.keys()


def test_the_page_about_plugins_lists_the_traits_of_layers():
    page = (SEQSPEC.parent / "docs/plugins.md").read_text(encoding="utf-8")
    rows = [f"| `{name}` | {meaning} |" for name, meaning in traits.LAYER_TRAITS.items()]
    assert "\n".join(["| --- | --- |", *rows, ""]) in page


def test_rules_require_names_that_exist():
    roles = {layer_class(name).role for name in LAYERS}
    known = {
        "layers": LAYERS.keys() | roles | traits.LAYER_TRAITS.keys(),
        "activations": set(activations.FUNCTIONS) | traits.ACTIVATION_TRAITS.keys(),
        "heads": set(activations.FUNCTIONS) | traits.ACTIVATION_TRAITS.keys(),
        "losses": set(losses.CLASSES) | traits.LOSS_TRAITS.keys(),
        "metrics": set(metrics.CLASSES) | traits.METRIC_TRAITS.keys(),
    }
    required = {field: set() for field in known}
    for rule in all_rules():
        for requires in rule.alternatives:
            for field in known:
                required[field].update(getattr(requires, field))
    assert {field: names - known[field] for field, names in required.items()} == {field: set() for field in known}
    assert SpecNames._fields == Requires._fields


def containers():
    return {name for name in LAYERS if layer_class(name).composition is not Composition.OTHER}


def test_a_layer_with_layers_inside_says_how_it_uses_them():
    holders = {name for name in LAYERS if layer_class(name).sublayers is not Layer.sublayers}
    assert holders == containers()


def test_containers_are_listed_nowhere():
    """No module but the catalogue and the readers of Python and Keras's JSON names several of them."""
    names, lists = containers(), {}
    for path in SEQSPEC.rglob("*.py"):
        place = path.relative_to(SEQSPEC).as_posix()
        if place.startswith(("core/catalog/", "core/frontends/", "programs/", "saved_models/")):
            continue
        strings = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        named = names & {word for text in strings for word in ([text] if " " not in text else ())}
        if len(named) > 1:
            lists[place] = named
    assert lists == {}


def test_sparse_input_is_declared_by_layers():
    """Only layers that pass the tensor to other objects ask these; all others declare `sparse_input`."""
    asking = {name for name in LAYERS if layer_class(name).takes_sparse is not Layer.takes_sparse}
    expected = {"Activation", "Pipeline", "SpectralNormalization"}
    assert asking == expected, "a layer overrides takes_sparse only to ask a layer or an object inside it"


def test_sparse_tensors_by_rank_and_argument():
    dense, dropout = layer_class("Dense").read({"units": 3}, []), layer_class("Dropout").read({"rate": 0}, [])
    vectors, matrices = TensorSpec((2, 8), sparse=True), TensorSpec((2, 4, 8), sparse=True)
    assert dense.takes_sparse(vectors) and not dense.takes_sparse(matrices)
    assert dropout.takes_sparse(matrices)
    assert not layer_class("Dropout").read({"rate": 0.5}, []).takes_sparse(matrices)
    normalization = layer_class("Normalization").read({}, [])
    assert traces_sparse(normalization, vectors) and not normalization.takes_sparse(vectors)
