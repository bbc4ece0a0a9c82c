"""Specs rewritten as Keras programs that declare their labels and data, with the line of everything in them.

Unlike `seqspec python`, which writes a valid model and leaves the data open, this writes models with mistakes too, and
makes labels and samples with NumPy as `[target]` and `[data]` describe them.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from seqspec.core.catalog.applications.application import Application
from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.objects import ACTIVATION, SCHEDULE
from seqspec.core.codegen.expressions import fraction
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.training_tables import Fit
from seqspec.core.language.numbers import read_fraction
from seqspec.core.language.shorthand import read_call
from seqspec.programs.keras_api.signatures import OBJECTS
from seqspec.programs.program_advice import ADJUSTED
from seqspec.programs.program_check import as_argument_rule

_IMPORTS = ("import numpy as np", "import keras", "from keras import layers, losses, metrics")
_LAYERS = ("layer", "backward_layer", "cell", "layers", "cells")
_FAMILIES = {family.noun: family for family in OBJECTS.values()}
"""The families of objects by the last word of the arguments that accept them."""

_RUNTIME = {"dtype_policy": "config.set_dtype_policy", "seed": "utils.set_random_seed"}

TABLES = frozenset({"seqspec", "model", "target", "data", "compile", "fit", "runtime", "custom"})
"""The tables that a program can declare; specs with others are not rewritten."""


class NotWritten(Exception):
    """A spec that declares something that is not written in programs; the text says what."""


class Program:
    """A program that is being written.

    Args:
        tree: The spec.
        functional: Whether the program calls its layers on tensors, in place of a `Sequential`.

    Attributes:
        lines: Its lines so far.
        places: The line, counted from 1, of each value of the spec, by its JSON Pointer; of arguments, the line of
            their name.
        open_lines: The lines with a value that the spec leaves open or that is not Keras's.
    """

    def __init__(self, tree, functional=False):
        self.tree = tree
        self.functional = functional
        self.lines = [*_IMPORTS]
        self.places = {}
        self.open_lines = set()
        unknown = set(tree) - TABLES
        if unknown:
            raise NotWritten(f"table {min(unknown)}")
        self._custom()
        self._runtime()
        self._data()
        self._model()
        if "compile" in tree:
            self._call("model.compile", tree["compile"], "/compile")
        elif {"target", "data"} & set(tree) and "fit" not in tree:
            # A spec without [compile] leaves open what is optimized.
            self.lines.append("model.compile(optimizer=own_optimizer(), loss=own_loss)")
            self.open_lines.add(len(self.lines))
        self._fit()

    @property
    def text(self):
        """The program."""
        return "\n".join(self.lines) + "\n"

    def line(self, pointer):
        """The line of a value; of the nearest value around it where it has none, 0 where nothing of it is written."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, 0)

    def _custom(self):
        for name, declared in (self.tree.get("custom") or {}).items():
            if declared.get("output_shape") not in (None, "same") or set(declared) - {"import", "kind", "output_shape"}:
                raise NotWritten("a custom class with a shape of its own")
            module, _, target = str(declared.get("import")).partition(":")
            self.lines.append(f"from {module} import {target} as {name}")

    def _runtime(self):
        for key, value in (self.tree.get("runtime") or {}).items():
            function = _RUNTIME.get(key)
            if function is None:
                raise NotWritten(f"{key} in [runtime]")
            self.lines.append(f"keras.{function}({value!r})")
            self.places[f"/runtime/{key}"] = len(self.lines)

    # Data.

    def _data(self):
        data, self.arguments = self.tree.get("data") or {}, {}
        if set(data) - {"train", "validation"}:
            raise NotWritten("data that are read from files")
        train, target = data.get("train") or {}, self.tree.get("target")
        counts = _counts(target) if target else None
        self.lines.append("count = int(input())")
        self.lines.append(f"x_train = {self._samples(train, sum(counts) if counts else None)}")
        count = train.get("samples", sum(counts) if counts else "count")
        labels = "load()" if target is None else "x_train" if target["kind"] == "reconstruction" else None
        self.lines.append(f"y_train = {labels or self._labels(target, count)}")

    def _samples(self, described, count=None):
        """An expression of samples as a table of `[data]` describes them."""
        if set(described) - {"samples", "shape", "range"}:
            raise NotWritten("data with a dtype, an order or a source")
        shape = described.get("shape", self._input_shape() if described else None)
        if shape is None:
            return "load()"
        count = described.get("samples", count or "count")
        sizes = f"({', '.join(map(_size, (count, *shape)))},)"
        bounds = described.get("range")
        return f"np.empty({sizes})" if bounds is None else f"np.random.uniform({bounds[0]}, {bounds[1]}, {sizes})"

    def _input_shape(self):
        given = self.tree["model"].get("input")
        given = given.get("shape") if isinstance(given, dict) else given
        return given if isinstance(given, list) else None

    def _labels(self, target, count):
        """An expression of labels as `[target]` describes them."""
        kind, encoding, shape = target["kind"], target.get("encoding", "integer"), target.get("shape")
        if set(target) - {"kind", "classes", "encoding", "shape", "range", "class_counts"}:
            raise NotWritten("labels with a dtype or names")
        classes = target.get("classes", 2)
        bounds, counts = target.get("range"), _counts(target)
        sizes = f"({', '.join(map(_size, (count, *(shape or ()))))},)"
        if kind == "regression":
            if bounds is None:
                return f"np.random.normal(size={sizes})"
            return f"np.random.uniform({bounds[0]}, {bounds[1]}, {sizes})"
        if kind == "multilabel" and "binary" not in str(self.tree.get("compile", {}).get("loss")).lower():
            raise NotWritten("multi-hot labels under a loss that does not say so")
        if kind == "multilabel":
            return f"np.random.randint(0, 2, ({count}, {classes}))"
        if encoding == "probabilities":
            return f"np.random.dirichlet(np.ones({classes}), {count})"
        if bounds is not None:
            # Indices that were scaled, such as divided by 255 with the images.
            scale = (bounds[1] - bounds[0]) / (classes - 1)
            rows = f"keras.utils.to_categorical(np.random.randint(0, {classes}, {count}), {classes})"
            return f"np.argmax({rows}, axis=-1).reshape({sizes}) * {scale!r} + {bounds[0]!r}"
        if counts is not None:
            labels = f"np.repeat({list(range(classes))}, {counts})"
            return labels if shape in (None, []) else f"{labels}.reshape({sizes})"
        integers = f"np.random.randint(0, {classes}, {sizes if shape is not None else f'({count},)'})"
        return f"keras.utils.to_categorical({integers}, {classes})" if encoding == "one_hot" else integers

    # The model.

    def _model(self):
        model = self.tree["model"]
        if self.functional and not (model.get("input") and model["layers"]):
            raise NotWritten("a functional model without an input or layers")
        if not self.functional:
            self._create("model = keras.Sequential(", model)
        if "input" in model:
            given = model["input"]
            given = given if isinstance(given, dict) else {"shape": given}
            given = {**given, "shape": tuple(None if isinstance(s, str) else s for s in given.get("shape", ()))}
            self._added("keras.Input", given, "/model/input")
            # The input of a program is the shape.
            self.places["/model/input"] = self.places["/model/input/shape"]
        for index, layer in enumerate(model["layers"]):
            self._added(*self._class(layer, "layers"), f"/model/layers/{index}")
        if self.functional:
            self._create("model = keras.Model(\n    inputs,\n    x,", model)

    def _create(self, start, model):
        """The call that creates the model, with its name."""
        self.places["/model"] = self.places["/model/layers"] = len(self.lines) + 1
        self.lines += start.split("\n")
        if "name" in model:
            self.places["/model/name"] = len(self.lines) + 1
            self.lines.append(f"    name={model['name']!r},")
        self.lines.append(")")

    def _added(self, function, arguments, pointer):
        is_input = pointer == "/model/input"
        self.lines.append("model.add(" if not self.functional else "x = inputs = (" if is_input else "x = (")
        self._call(function, arguments, pointer, 1)
        self.lines.append(")(x)" if self.functional and not is_input else ")")

    def _class(self, entry, key):
        """The class of an object, and its arguments."""
        if isinstance(entry, str):
            entry = {"type": entry}
        if not isinstance(entry, dict) or not isinstance(entry.get("type", entry.get("custom")), str):
            raise NotWritten(f"{key} that is not a class")
        arguments = {name: value for name, value in entry.items() if name not in ("type", "custom")}
        name = entry.get("type", entry.get("custom"))
        if not name.isidentifier():
            raise NotWritten(f"the class {name}")
        if "custom" in entry:
            self.open_lines.update((len(self.lines) + 1, len(self.lines) + 2))
            return name, arguments.pop("arguments", {}) | arguments
        if key in _LAYERS:
            found = layer_class(name)
            base = isinstance(found, type) and issubclass(found, Application)
            if name == "Sequential":
                return "keras.Sequential", arguments
            return f"keras.applications.{name}" if base else f"layers.{name}", arguments
        if key == "activation":
            found = ACTIVATION.class_named(name)
            if found is None or found.layer is None:
                raise NotWritten(f"activation {name} with arguments")
            return f"layers.{found.layer}", arguments
        family = _family(key)
        if family is None:
            raise NotWritten(f"an object in {key}")
        return f"{family.keras_module}.{name}", arguments

    # Training.

    def _fit(self):
        fit = self.tree.get("fit")
        described = {"target", "data"} & set(self.tree)
        if fit is None and not (described and "loss" in self.tree.get("compile", {"loss": None})):
            return
        if isinstance(fit, list):
            raise NotWritten("several stages")
        validation = (self.tree.get("data") or {}).get("validation")
        validated = fit is None or validation is not None
        # A spec without [fit] leaves open how the model is trained.
        fit = {"epochs": None, "batch_size": None} if fit is None else fit
        if set(fit) - _OF_FIT:
            raise NotWritten("arguments of [fit] that Keras does not have")
        self.places["/fit"] = len(self.lines) + 1
        self.lines.append("model.fit(")
        for name, pointer in (("x_train", "/data"), ("y_train", "/target")):
            self.lines.append(f"    {name},")
            self.places[pointer] = len(self.lines)
        if validated:
            made = "load()" if not validation else f"({self._samples(validation)}, load())"
            self.lines.append(f"    validation_data={made},")
            self.places["/data/validation"] = len(self.lines)
        for key, value in fit.items():
            if value is None:
                self.lines.append(f"    {key}=int(input()),")
            else:
                self._value(value, f"/fit/{key}", key, 1, f"{key}=")
        self.lines.append(")")

    # Expressions, an argument a line.

    def _call(self, function, arguments, pointer, depth=0, prefix="", at_end=False):
        indent = "    " * depth
        self.places.setdefault(pointer, len(self.lines) + 1)
        self.places[f"{pointer}/type"] = len(self.lines) + 1
        self.lines.append(f"{indent}{prefix}{function}(")
        for key, value in arguments.items():
            if not isinstance(key, str) or not key.isidentifier():
                raise NotWritten(f"argument {key}")
            self._value(value, f"{pointer}/{key}", key, depth + 1, f"{key}=")
        self.lines.append(f"{indent})" + ("," if at_end else ""))

    def _value(self, value, pointer, key, depth, prefix=""):
        indent = "    " * depth
        self.places[pointer] = len(self.lines) + 1
        value = _from_shorthand(value, key)
        objects = key in _LAYERS or _family(key) is not None
        if isinstance(value, dict) and ({"type", "custom"} & set(value) or key in _LAYERS):
            function, arguments = self._class(value, key)
            self._call(function, arguments, pointer, depth, prefix, at_end=True)
        elif isinstance(value, dict) and key == "class_weight":
            numbers = {int(name): weight for name, weight in value.items()}
            self.lines.append(f"{indent}{prefix}{numbers!r},")
        elif isinstance(value, str) and (key in _LAYERS or key == "callbacks"):
            self._call(*self._class(value, key), pointer, depth, prefix, at_end=True)
        elif isinstance(value, (list, tuple)) and objects:
            self.lines.append(f"{indent}{prefix}[")
            for index, entry in enumerate(value):
                self._value(entry, f"{pointer}/{index}", key, depth + 1)
            self.lines.append(f"{indent}],")
        elif isinstance(value, dict):
            raise NotWritten(f"a table in {key}")
        else:
            self.lines.append(f"{indent}{prefix}{_literal(value)},")


def _literal(value):
    """A value as Python code; a fraction in a string is a number in a spec, and a division in a program."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return fraction(value) if isinstance(value, str) and read_fraction(value) is not None else repr(value)


_OF_FIT = set(Fit.model_fields) - {"stage", "trainable", "batch_norm", "optimizer", "learning_rate", "name"}
"""The keys of `[fit]` that are arguments of Keras's `fit`."""


def _family(key):
    """The family of the objects that an argument accepts, such as kernel_initializer or metrics; None without one."""
    if key == "learning_rate":
        return SCHEDULE
    word = key.rpartition("_")[2]
    found = _FAMILIES.get(word) or _FAMILIES.get(word.removesuffix("s"))
    return None if found is ACTIVATION else found


def _from_shorthand(value, key):
    """An object that is written as `"l2(0.01)"` as a table."""
    family = ACTIVATION if key == "activation" else _family(key)
    if family is None or not isinstance(value, str) or ("(" not in value and value.lower() != "none"):
        return value
    if value.lower() == "none":
        return None
    try:
        call = read_call(value)
        found = family.class_named(call.name) or family.named(call.name)
        if found is None:
            return {"type": value}
        arguments, violations = call.bind(found.__name__, list(found.model_fields))
    except Violation as violation:
        raise NotWritten(violation.message) from violation
    if violations:
        raise NotWritten(violations[0].message)
    return {"type": found.__name__, **arguments}


def _size(size):
    return "count" if isinstance(size, str) else str(size)


def _counts(target):
    counts = target.get("class_counts")
    return list(counts.values()) if isinstance(counts, dict) else counts


class Comparison(NamedTuple):
    """What a spec and the program written from it do not share, each as `(line, code, severity, name, message)`.

    Attributes:
        missing: What is found in the spec alone, with the line of the program where it should be.
        more: What is found in the program alone.
        findings: All findings of the program.
    """

    missing: list
    more: list
    findings: list


def _severity(found):
    """The severity of a finding, where it is the same in a spec and in a program."""
    return "" if found.name in ADJUSTED and found.severity != "error" else found.severity


def compare(tree, folder, check, ignored=(), functional=False):
    """Compares the findings of a spec with those of the program written from it.

    Args:
        tree: The spec, without variables and blocks.
        folder: Where the program is written.
        check: Returns the report of a spec or of a path.
        ignored: The names of findings that are not compared.
        functional: Whether the program has a functional model.

    Raises:
        NotWritten: No program can be written.
    """
    program = Program(json.loads(json.dumps(tree)), functional)
    path = Path(folder) / "program.py"
    path.write_text(program.text, encoding="utf-8")
    wanted = {}
    for each in map(as_argument_rule, check(tree).diagnostics):
        if each.name not in ignored:
            key = (program.line(each.pointer), each.code, _severity(each))
            wanted.setdefault(key, (*key, each.name, f"{each.pointer}: {each.message}"))
    got = {}
    findings = check(path).diagnostics
    for each in findings:
        line = each.span.line if each.span is not None else 0
        note = each.name in ("unknown-value", "not-followed") and line in program.open_lines
        if each.name not in ignored and not note:
            key = (line, each.code, _severity(each))
            got.setdefault(key, (*key, each.name, each.message))
    missing = [wanted[key] for key in sorted(wanted.keys() - got.keys())]
    return Comparison(missing, [got[key] for key in sorted(got.keys() - wanted.keys())], list(findings))
