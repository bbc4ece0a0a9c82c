"""Trains specs with Keras, for a comparison with the facts and findings of seqspec."""

import warnings

import numpy as np

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.compiler.build import build_analyzed
from seqspec.core.compiler.keras_model import fit_arguments
from seqspec.core.diagnostics.codes import family

SAMPLES = 8


def document(callbacks=(), fit=None, compile=None, **tables):
    """A small document; what is given goes over its tables."""
    return {
        "seqspec": 1,
        "model": {"input": [3], "layers": [{"type": "Dense", "units": 1, "activation": "sigmoid"}]},
        "compile": {"optimizer": "sgd", "loss": "binary_crossentropy", "metrics": ["accuracy"], **(compile or {})},
        "fit": {"epochs": 2, "batch_size": 4, **({"callbacks": list(callbacks)} if callbacks else {}), **(fit or {})},
        "data": {"train": {"samples": SAMPLES}},
        **tables,
    }


def facts_of(tree):
    """What is known of a document, as the rules read it."""
    return Check.of(tree).facts


def told(tree):
    """The findings of the rules on training by name, each with its severity."""
    return {found.name: found.severity for found in seqspec.check(tree).diagnostics if family(found.code) == "5"}


class Outcome:
    """What came of a training: the error, the warnings, what was logged, the model as it is then."""

    def __init__(self, error, said, logged, model, before):
        self.error = error
        self.said = said
        self.logged = logged
        self.model = model
        self.before = before

    @property
    def epochs(self):
        """Epochs that ended; 0 where nothing was logged at all."""
        return len(self.logged.get("loss", ()))

    @property
    def moved(self):
        """Whether training changed a weight."""
        return any(not np.array_equal(a, b) for a, b in zip(self.before, self.model.get_weights()))


def data_of(tree):
    shape = [size if isinstance(size, int) else 4 for size in tree["model"]["input"]["shape"]] if isinstance(
        tree["model"]["input"], dict
    ) else tree["model"]["input"]  # fmt: skip
    count = tree.get("data", {}).get("train", {}).get("samples", SAMPLES)
    random = np.random.default_rng(0)
    x = random.random((count, *shape), dtype="float32")
    return x, (x.reshape(count, -1)[:, :1] > 0.5).astype("float32")


def train(tree):
    """Builds a document and trains it, stage by stage, on random samples."""
    result = Check.of(tree)
    assert result.validation.ok, result.validation.diagnostics
    model = build_analyzed(result)
    before = [weight.copy() for weight in model.get_weights()]
    x, y = data_of(tree)
    logged, error = {}, None
    validation = tree.get("data", {}).get("validation")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for stage in result.spec.fit:
            arguments = fit_arguments(stage)
            if validation is not None:
                part = validation.get("samples", SAMPLES)
                arguments["validation_data"] = (np.tile(x, (2, *[1] * (x.ndim - 1)))[:part], np.tile(y, (2, 1))[:part])
            try:
                history = model.fit(x, y, **{"verbose": 0, **arguments}).history
            except Exception as raised:
                error = raised
                break
            for name, values in history.items():
                logged.setdefault(name, []).extend(values)
    return Outcome(error, [str(entry.message) for entry in said], logged, model, before)
