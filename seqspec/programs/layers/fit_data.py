"""The labels and data of `fit` as the tables `[target]` and `[data]`, as far as the program determines them."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from seqspec.core.api.catalog import LOSS, METRIC, Family, Named, layer_class
from seqspec.core.api.syntax import Tree
from seqspec.programs.layers.candidates import candidate_sizes
from seqspec.programs.layers.program_model import ProgramModel, UnknownValue
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    BuiltinMethod,
    Dict,
    Generator,
    InputPipeline,
    Invocation,
    KerasCall,
    Subset,
    Unknown,
    are_integers,
    is_integer,
)
from seqspec.programs.values.data_loaders import ends, is_endless
from seqspec.programs.values.generation import KerasGeneration


def describe_data(model: ProgramModel, fit: Invocation, channels_first: bool = False) -> None:
    """Adds the tables to the tree of a model that is trained.

    Args:
        model: The model.
        fit: The call of `fit`.
        channels_first: Whether the program uses channels-first images.
    """
    samples, labels = fit.argument("x", 0, "generator"), fit.argument("y", 1)
    if samples is not None:
        _note_batches(model, samples, "the training data")
        _note_validation_split(model, samples.value, fit)
        _note_generator(model, samples, fit)
    pair = None if samples is None else _dataset_pair(samples.value)
    if samples is not None and pair is not None:
        whole = samples
        samples = Argument(whole.key, pair[0], whole.node)
        labels = Argument(whole.key, pair[1], whole.node) if len(pair) == 2 else None
    elif fit.method != "fit":
        samples = labels = None
    if labels is not None:
        table = _target_table(model, samples, labels)
        if table:
            model.tree["target"] = table
            model.values["target",] = labels.node
    if pair is None:
        _note_missing_labels(model, samples, labels, fit)
    else:
        _note_batch_size(model, fit)
    if samples is not None:
        _note_fitted(model, samples.value)
    if samples is not None and isinstance(samples.value, Array):
        _note_vocabulary(model, samples.value)
        _describe_set(model, "train", samples.value, samples.node, channels_first)
    _describe_validation(model, fit, channels_first)


def _target_table(model: ProgramModel, samples: Argument | None, labels: Argument) -> Tree:
    """`[target]` of a model, as its labels show it; empty if they do not."""
    loss = traits_of(model.tree.get("compile", {}).get("loss"))
    if samples is not None and samples.value is labels.value and isinstance(labels.value, (Array, Unknown)):
        if not _knows_reconstruction(model):
            return {}
        sizes = model.tree["model"].get("input")
        is_scaled = isinstance(labels.value, Array) and labels.value.scale is not None and "regression" in loss
        if is_scaled and isinstance(sizes, list):
            # Values of both signs, which not every output reaches.
            return {"kind": "regression", "scale": "standard", "shape": _sample_shape(tuple(sizes))}
        return {"kind": "reconstruction"}
    if not isinstance(labels.value, Array):
        return {}
    value = labels.value
    if value.dtype == "str" and loss:
        message, help = "the labels are text, which no loss accepts", "encode them, such as with LabelEncoder"
        model.note("label-encoding-mismatch", message, labels.node, help)
        return {}
    is_one_hot = value.encoding == "one_hot" and "cross_entropy" in loss
    if value.shape is None and is_one_hot and _predicts_vectors(model):
        # A cross-entropy refuses labels of another rank.
        value = value.replace_fields(shape=(Unknown(value.node, text="?"), value.classes))
    table = _target(value, loss, _predicts_numbers(model, loss)) or _unknown_classes(model, value)
    if not table:
        _note_label_shape(model, value, loss, labels)
    _note_lengths(model, samples, labels)
    if value.encoding == "one_hot" and value.shape is not None and len(value.shape) == 3:
        _note_twice_one_hot(model, value.shape[1:], labels)
    return table


def _describe_validation(model: ProgramModel, fit: Invocation, channels_first: bool) -> None:
    validation = fit.argument("validation_data", 7 if fit.method == "fit" else 5)
    if validation is not None:
        _note_batches(model, validation, "the validation data")
        _note_augmentation(model, validation)
        _note_subsets(model, fit.argument("x", 0, "generator"), validation)
    validation_pair = None if validation is None else _dataset_pair(validation.value) or validation.value
    compares_labels = "labels" not in model.unspecified and traits_of(model.tree.get("compile", {}).get("loss"))
    if validation is not None and isinstance(validation.value, Array) and compares_labels:
        help = f"pass {Unknown(validation.node).text} and its labels as a pair"
        model.note("missing-argument", "validation_data has no labels", validation.node, help)
    if validation is not None and isinstance(validation_pair, tuple) and validation_pair:
        first = validation_pair[0]
        if isinstance(first, Array):
            _describe_set(model, "validation", first, validation.node, channels_first)
        if len(validation_pair) > 1 and isinstance(validation_pair[1], Array):
            _note_other_encoding(model, validation_pair[1], validation)


_ENCODINGS = {"integer": "class indices", "one_hot": "one-hot"}


def _note_other_encoding(model: ProgramModel, labels: Array, validation: Argument) -> None:
    """Notes validation labels that are class indices where those of the training data are one-hot, or the opposite."""
    loss = traits_of(model.tree.get("compile", {}).get("loss"))
    tables = [model.tree.get("target", {}), _target(labels, loss, _predicts_numbers(model, loss))]
    if not all(table.get("kind") in ("binary", "multiclass") for table in tables):
        return
    train, held_out = (str(table.get("encoding", "integer")) for table in tables)
    if {train, held_out} == _ENCODINGS.keys() and "cross_entropy" in loss:
        message = f"the validation labels are {_ENCODINGS[held_out]}, but the training labels are {_ENCODINGS[train]}"
        model.note("label-encoding-mismatch", message, validation.node, "encode both in the same way")


def describe_test(model: ProgramModel, samples: Argument | None, channels_first: bool) -> None:
    """Adds the samples that a trained model is evaluated on first."""
    train = model.tree.get("data", {}).get("train")
    if train is None or samples is None or not isinstance(samples.value, Array):
        return
    if train != _sample_table(samples.value):
        _describe_set(model, "test", samples.value, samples.node, channels_first)


def _knows_reconstruction(model: ProgramModel) -> bool:
    """Whether the output can be compared with the input: all sizes are known, or only that of vectors."""
    sizes = model.tree["model"].get("input")
    if not model.input_known or not isinstance(sizes, list):
        return model.input_known
    layers = model.tree["model"].get("layers")
    last = layers[-1] if layers else None
    dense = isinstance(last, Mapping) and last.get("type") == "Dense"
    return all(map(is_integer, sizes)) or (len(sizes) == 1 and dense)


def _dataset_pair(value: object) -> tuple[object, ...] | None:
    """The samples and labels of a batched data set, whose batch size is not the one of `fit`."""
    if not isinstance(value, InputPipeline) or value.batches != 1:
        return None
    # Samples that are also the labels stay the same object.
    uncounted = {
        id(item): item.replace_fields(counts=None, shape=_with_unknown_count(item))
        for item in value.items
        if isinstance(item, Array)
    }
    return tuple(uncounted.get(id(item), item) for item in value.items)


def _note_batches(model: ProgramModel, data: Argument, name: str) -> None:
    """Notes a data set that is never batched, or twice, if the declared input shows that Keras rejects it."""
    value = data.value
    sizes = model.tree["model"].get("input")
    if not isinstance(value, InputPipeline) or value.batches == 1 or not isinstance(sizes, list) or not value.items:
        return
    samples = value.items[0]
    if not isinstance(samples, Array) or samples.shape is None or len(samples.shape) != len(sizes) + 1:
        return
    # Keras adds a last axis of size 1 to batches that lack it, such as to a single sample.
    is_adjusted = bool(sizes) and sizes[-1] == 1
    if not sizes or (is_adjusted and (value.batches or len(sizes) == 1 or list(samples.shape[1:]) != sizes)):
        return
    if value.batches:
        message, help = f"{name} is batched {value.batches} times: each batch holds batches", "batch it once"
    else:
        message, help = f"{name} is not batched: Keras takes each sample for a batch", "add .batch(32)"
    loss = traits_of(model.tree.get("compile", {}).get("loss"))
    # Only categorical losses compare the ranks of the labels and of the output.
    severity = "warning" if is_adjusted and ("cross_entropy" not in loss or "binary" in loss) else None
    model.note("data-shape-mismatch", message, value.node or data.node, help, severity=severity)


def _note_batch_size(model: ProgramModel, fit: Invocation) -> None:
    """Notes a batch size for data that has batches already: Keras 2 refuses it, Keras 3 ignores it."""
    size = fit.argument("batch_size", 2)
    if fit.method != "fit" or size is None or size.value is None:
        return
    message, help = "batch_size has no effect: the data set has batches already", "pass batch_size to the data set"
    severity = "warning" if model.generation == KerasGeneration.KERAS_3 else None
    node = size.keyword or size.node
    model.note("conflicting-arguments", message, node, help, severity=severity)


def _note_validation_split(model: ProgramModel, samples: object, fit: Invocation) -> None:
    """Notes a part of a data set or generator for validation, which Keras splits off arrays alone."""
    split, data = fit.argument("validation_split", 6), fit.argument("validation_data", 7)
    if fit.method != "fit" or split is None or not isinstance(split.value, float) or not split.value:
        return
    if isinstance(samples, (InputPipeline, Generator)) and (data is None or data.value is None):
        message = "validation_split needs arrays: Keras cannot split a data set or generator"
        help = "split the data set with take and skip, and pass validation_data"
        model.note("conflicting-arguments", message, split.keyword or split.node, help)


def _note_generator(model: ProgramModel, samples: Argument, fit: Invocation) -> None:
    """Notes a generator that never ends an epoch, or has no batches for the second one."""
    steps = fit.value("steps_per_epoch", 12 if fit.method == "fit" else 1, "samples_per_epoch")
    epochs = model.tree.get("fit", {}).get("epochs")
    if fit.open is not None or not isinstance(samples.value, Generator) or steps is not None:
        return
    name = samples.value.function.name
    if is_endless(samples.value.function):
        message = f"steps_per_epoch is missing: {name}() never ends, and so the first epoch"
        model.note("missing-argument", message, fit.node, "pass steps_per_epoch")
    elif is_integer(epochs) and epochs > 1 and ends(samples.value.function):
        message = f"{name}() ends after the first epoch, but the model is trained for {epochs}"
        help = "repeat its loop under while True, and pass steps_per_epoch"
        model.note("steps-exceed-samples", message, samples.node, help)


def _note_augmentation(model: ProgramModel, validation: Argument) -> None:
    """Notes validation data that a generator changes at random."""
    value = validation.value
    if isinstance(value, InputPipeline) and value.is_augmented:
        message = "the validation data is augmented at random, differently in every epoch"
        help = "use a generator without augmentation, such as ImageDataGenerator(rescale=1/255)"
        model.note("augmented-validation", message, value.node or validation.node, help)


def _note_subsets(model: ProgramModel, samples: Argument | None, validation: Argument) -> None:
    """Notes parts of one folder that overlap, or that Keras refuses to split."""
    values = [dataset.value for dataset in (samples, validation) if dataset is not None]
    data = [value for value in values if isinstance(value, InputPipeline)]
    subsets = [subset.subset for subset in data if subset.subset is not None]
    for subset in subsets:
        if subset.shuffles and subset.seed is None:
            message = "the files are shuffled before validation_split splits them, which needs a seed"
            model.note("missing-argument", message, subset.node, "pass the same seed to both subsets")
            return
    if len(subsets) < 2:
        return
    one, other = subsets
    if one == other and data[0] is not data[1]:
        # `take` and `skip` divide what one call reads.
        return
    is_text = isinstance(one.folder, str)
    if (one.folder != other.folder) if is_text else (one.folder is not other.folder):
        return
    overlap = _overlap(one, other)
    if overlap is not None:
        message, help = overlap
        model.note("overlapping-subsets", message, other.node, help)


def _overlap(one: Subset, other: Subset) -> tuple[str, str] | None:
    """Why the training data and the validation data contain the same files, and what to write instead."""
    if one.name == other.name:
        right = "training" if one.name == "validation" else "validation"
        return f'the training data and the validation data are both the subset "{one.name}"', f'write subset="{right}"'
    orders = [f"seed={dataset.seed}" if dataset.shuffles else "shuffle=False" for dataset in (one, other)]
    share = "training and validation data share files:"
    if orders[0] != orders[1]:
        message = f"{share} these are shuffled differently before the split ({' and '.join(orders)})"
        return message, f"write {orders[0]}" if other.shuffles else f"write shuffle=True, {orders[0]}"
    if one.name == "training" and other.split > one.split:
        message = f"{share} validation_split is {one.split:g} for training, but {other.split:g} here"
        return message, f"write validation_split={one.split:g}"
    return None


def is_whole_shape(value: object) -> bool:
    """Whether a value is `x.shape` of unknown data, which includes the number of samples."""
    return isinstance(value, Unknown) and is_shape_attribute(value.node)


def is_shape_attribute(node: ast.AST | None) -> bool:
    """Whether an expression is `x.shape`."""
    return isinstance(node, ast.Attribute) and node.attr == "shape" and isinstance(node.value, ast.Name)


def note_whole_shape(model: ProgramModel, fit: Invocation | None) -> None:
    """Notes an input shape that includes the number of samples: of those of `fit`, or of a part of a split."""
    samples, shape = None if fit is None else fit.argument("x", 0), model.whole_shape
    if shape is None:
        return
    value, data = shape.value, None if samples is None else samples.value
    if isinstance(value, Unknown):
        is_whole = any(
            (samples is not None and operand is data) or (isinstance(operand, Array) and operand.is_part)
            for operand in value.operands
        )
    else:
        is_whole = isinstance(data, Array) and data.shape is value
    if is_whole:
        text = Unknown(shape.node).text
        message = f"the input shape is {text}, which includes the number of samples"
        model.note("data-shape-mismatch", message, shape.node, f"write {text}[1:]")


def _note_missing_labels(
    model: ProgramModel, samples: Argument | None, labels: Argument | None, fit: Invocation
) -> None:
    """Notes arrays without labels for a model with a loss of Keras."""
    value = None if samples is None else samples.value
    arrays = list(value.items.values()) if isinstance(value, Dict) else [value]
    are_arrays = bool(arrays) and all(isinstance(array, Array) or _is_joined(array) for array in arrays)
    if fit.method != "fit" or fit.open is not None or "labels" in model.unspecified or not are_arrays:
        return
    if labels is None and traits_of(model.tree.get("compile", {}).get("loss")):
        message = "fit() is missing y: the model is trained with a loss, which compares labels"
        model.note("missing-argument", message, fit.node, "pass the labels as y")


def _is_joined(value: object) -> bool:
    """Whether unknown arrays are joined to a value, which is an array and not a data set then."""
    match value.node if isinstance(value, Unknown) else None:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy" | "tf" | "tensorflow"), attr=name)):
            return name in ("concat", "concatenate", "hstack", "stack", "vstack")
    return False


_MAX_OPERANDS = 4
"""Maximum number of steps from a value to one that it is computed from."""


def _fitted_part(value: object, depth: int = 0) -> ast.AST | None:
    """The call that fitted a transformer before a value, or one that it is computed from, was split off."""
    if isinstance(value, Array):
        # One part alone may be all that is used.
        is_split = value.is_part and (value.whole is None or value.whole.parts > 1)
        return value.fitted_on if is_split else None
    if not isinstance(value, Unknown) or depth >= _MAX_OPERANDS:
        return None
    parts = (_fitted_part(operand, depth + 1) for operand in value.operands)
    return next((node for node in parts if node is not None), None)


def _note_fitted(model: ProgramModel, samples: object) -> None:
    """Notes a transformer that was fitted before the samples were split."""
    node = _fitted_part(samples)
    if node is None:
        return
    called = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    name = called.id if isinstance(called, ast.Name) else "the transformer"
    message = f"{name} is fitted before the split, so the training data depends on the validation or test samples"
    help = "split first; call fit_transform on the training part, and transform on the others"
    model.note("fitted-before-split", message, node, help)


def _note_vocabulary(model: ProgramModel, samples: Array) -> None:
    """Notes an Embedding with fewer vectors than the tokens that it may receive."""
    layers = model.tree["model"].get("layers")
    first = layers[0] if layers else None
    if samples.vocabulary is None or not isinstance(first, Mapping) or first.get("type") != "Embedding":
        return
    size, words = first.get("input_dim"), samples.vocabulary
    if isinstance(words, KerasCall):
        _note_word_index(model, size, words)
        return
    if not is_integer(size) or size >= words:
        return
    message = f"the tokenizer has num_words={words}, but the Embedding has vectors for indices 0 to {size - 1}"
    node = model.values.get(("model", "layers", 0, "input_dim"), model.node)
    help = f"write {words}"
    model.note("embedding-index-out-of-range", message, node, help, severity="warning")


def _note_word_index(model: ProgramModel, size: object, tokenizer: KerasCall) -> None:
    """Notes an Embedding without a vector for the last word of the tokenizer, whose indices start at 1."""
    code = size.node if isinstance(size, Unknown) else None
    if not isinstance(size, Unknown) or not isinstance(code, ast.Call) or not isinstance(code.func, ast.Name):
        return
    if code.func.id != "len" or len(code.args) != 1:
        return
    words = code.args[0]
    if isinstance(words, ast.Attribute):
        is_own = words.attr in _WORDS and any(operand is tokenizer for operand in size.operands)
    else:
        held = (operand for operand in size.operands if isinstance(operand, BuiltinMethod))
        is_own = any(held_call.receiver is tokenizer and held_call.name in _WORDS for held_call in held)
    if is_own:
        message = f"the Embedding has vectors for indices 0 to {size.text} - 1, but those of the words start at 1"
        node = model.values.get(("model", "layers", 0, "input_dim"), model.node)
        model.note("embedding-index-out-of-range", message, node, f"write {size.text} + 1")


_WORDS = ("word_index", "index_word")


def _note_twice_one_hot(model: ProgramModel, sizes: tuple[object, ...], labels: Argument) -> None:
    """Notes labels with two axes of classes for a model that outputs vectors."""
    if _predicts_vectors(model) and sizes[0] == sizes[1]:
        shape = ", ".join(map(_size_text, sizes))
        message = f"each label has shape ({shape}), but the model outputs a vector: they are one-hot twice"
        model.note("label-encoding-mismatch", message, labels.node, "call to_categorical once")


def _note_label_shape(model: ProgramModel, value: Array, loss: frozenset[str], labels: Argument) -> None:
    """Notes labels of unknown content that a loss refuses for their shape."""
    units = _output_units(model) if _predicts_vectors(model) else None
    sizes = value.shape[1:] if value.shape else None
    if sizes is None or not are_integers(sizes) or not is_integer(units) or units < 2:
        return
    if "sparse" in loss and len(sizes) == 1 and sizes != (1,):
        expected, help = "a class index, shape ()", "use a categorical loss for one value per class"
    elif "equal_shapes" in loss and sizes != (units,):
        expected, help = f"labels of shape ({units})", f"provide one value for each of the {units} outputs"
        if "categorical" in loss and sizes in ((), (1,)):
            help = "use a sparse loss for class indices, or call to_categorical"
    else:
        return
    shape = ", ".join(map(_size_text, sizes))
    message = f"the loss expects {expected}, but each label has shape ({shape})"
    model.note("label-encoding-mismatch", message, labels.node, help)


def _output_units(model: ProgramModel) -> object:
    """The units of the Dense layer that determines the size of the output; None where another layer may."""
    for layer in reversed(model.tree["model"].get("layers") or []):
        name = layer.get("type") if isinstance(layer, Mapping) else None
        if name == "Dense":
            return layer.get("units")
        if name not in _KEEP_RANK:
            return None
    return None


def _note_lengths(model: ProgramModel, samples: Argument | None, labels: Argument) -> None:
    """Notes samples and labels of different numbers."""
    if samples is None or not isinstance(samples.value, Array) or not isinstance(labels.value, Array):
        return
    counts = [value.shape[0] if value.shape else None for value in (samples.value, labels.value)]
    if are_integers(counts) and counts[0] != counts[1]:
        message = f"there are {counts[0]:,} samples, but {counts[1]:,} labels"
        model.note("data-shape-mismatch", message, labels.node)


def _unknown_classes(model: ProgramModel, labels: Array) -> Tree:
    """Labels of a known encoding with an unknown number of classes: as many as output units, and at least two."""
    if labels.encoding not in ("one_hot", "integer") or not isinstance(labels.classes, Unknown):
        return {}
    rank = 2 if labels.encoding == "one_hot" else 1
    # Labels of an unknown shape are those of a model that returns one vector per sample.
    if not _predicts_vectors(model) if labels.shape is None else len(labels.shape) != rank:
        return {}
    layers = model.tree["model"].get("layers") or []
    units = next(
        (layer["units"] for layer in reversed(layers) if isinstance(layer, Mapping) and "units" in layer), None
    )
    if units is None:
        return {}
    one_hot = {"encoding": "one_hot"} if labels.encoding == "one_hot" else {}
    if is_integer(units) and units <= 2:
        return {"kind": "binary", **one_hot}
    if is_integer(units):
        # Keras refuses any other number.
        return {"kind": "multiclass", "classes": units, **one_hot}
    classes, choices = labels.classes, candidate_sizes(labels.classes, 0) if labels.classes.choices else ()
    if isinstance(classes.node, ast.Call) and not choices:
        classes = Unknown(labels.node, text="?")
    model.unknown_values.append(UnknownValue(("target", "classes"), classes, choices, False, True))
    return {"kind": "multiclass", "classes": classes, **one_hot}


_VECTORS = frozenset(
    "Flatten GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D".split()
)
"""Layers that return one vector per sample whatever they receive."""

_KEEP_RANK = frozenset(
    "Activation BatchNormalization Dense Dropout LayerNormalization LeakyReLU PReLU ReLU Softmax".split()
)


def _predicts_vectors(model: ProgramModel) -> bool:
    """Whether the output is certainly one vector per sample, by the types of the last layers of a stack."""
    if model.calls is not None or model.doubtful:
        return False
    for layer in reversed(model.tree["model"].get("layers") or []):
        name = layer.get("type") if isinstance(layer, Mapping) else None
        if name in _VECTORS:
            return True
        if name in ("LSTM", "GRU", "SimpleRNN", "Bidirectional"):
            inner = layer.get("layer", layer)
            return isinstance(inner, Mapping) and inner.get("return_sequences") in (None, False)
        if name not in _KEEP_RANK:
            return False
    sizes = model.tree["model"].get("input")
    return isinstance(sizes, list) and len(sizes) == 1


def _with_unknown_count(samples: Array) -> tuple[object, ...] | None:
    return (Unknown(samples.node, text="?"), *samples.shape[1:]) if samples.shape else None


def _describe_set(model: ProgramModel, name: str, samples: Array, node: ast.AST, channels_first: bool) -> None:
    table = _sample_table(samples)
    sizes = table.get("shape")
    if channels_first and sizes is not None and [sizes[-1], *sizes[:-1]] == model.tree["model"].get("input"):
        # The old Keras version of the program also loads images in this order.
        del table["shape"]
    elif sizes is None and not channels_first:
        _note_known_sizes(model, samples, node)
    if table:
        model.tree.setdefault("data", {})[name] = table
        model.values["data", name] = node


def _note_known_sizes(model: ProgramModel, samples: Array, node: ast.AST) -> None:
    """Notes samples of which one size is known and is not that of the declared input."""
    declared = model.tree["model"].get("input")
    shape = samples.shape[1:] if samples.shape else ()
    if not isinstance(declared, list) or len(declared) != len(shape):
        return
    if any(is_integer(size) and is_integer(other) and size != other for size, other in zip(declared, shape)):
        texts = [", ".join(map(_size_text, sizes)) for sizes in (declared, shape)]
        message = f"the declared input is ({texts[0]}), but samples have shape ({texts[1]})"
        model.note("data-shape-mismatch", message, node)


def _size_text(size: object) -> str:
    return "None" if size is None else str(size) if is_integer(size) else "?"


def traits_of(entry: object, family: Family = LOSS) -> frozenset[str]:
    """The traits of a loss or metric; none for a custom or unknown one."""
    name = entry.get("type") if isinstance(entry, Mapping) else entry
    if not isinstance(name, str):
        return frozenset()
    declared = family.named(name) if isinstance(entry, str) else family.class_named(name)
    declared = declared.stands_for if isinstance(declared, Named) else declared
    return frozenset(getattr(declared, "traits", ()))


def _predicts_numbers(model: ProgramModel, loss: frozenset[str]) -> bool:
    """Whether a model is trained as a regression throughout: loss, last layer and metrics.

    Values of 0 and 1 in one column are then numbers as well as classes, such as those of XOR. With a sigmoid or an
    accuracy the program itself says that they are classes.
    """
    layers = model.tree["model"].get("layers")
    last = layers[-1] if layers else None
    if not isinstance(last, Mapping) or last.get("activation") not in (None, "linear"):
        return False
    cls = layer_class(str(last.get("type")))
    if cls is None or "activation" not in cls.model_fields:
        return False
    metrics = model.tree.get("compile", {}).get("metrics", [])
    metrics = metrics if isinstance(metrics, list) else [metrics]
    return "regression" in loss and all("distance" in traits_of(metric, METRIC) for metric in metrics)


def _target(labels: Array, loss: frozenset[str], numbers: bool) -> Tree:
    """The labels as `[target]`; nothing if neither they nor the loss determine their kind."""
    classes, shape = labels.classes, labels.shape
    one_hot = labels.encoding in ("one_hot", "probabilities")
    if one_hot and is_integer(classes) and classes > 1 and shape is not None and len(shape) == 2:
        kind = {"kind": "multiclass", "classes": classes}
        if classes == 2 and labels.encoding == "one_hot":
            kind = {"kind": "binary"}
        return {**kind, "encoding": labels.encoding}
    if labels.encoding == "integer" and is_integer(classes):
        return _class_target(labels, classes)
    if labels.encoding == "multi_hot":
        return {"kind": "multilabel", "classes": classes}
    if labels.encoding == "number":
        return _regression_target(labels, loss)
    if labels.encoding is None and labels.is_integral:
        return _integer_target(labels, loss, numbers)
    return _regression_target(labels, loss) if labels.scale is not None or numbers else {}


def _class_target(labels: Array, classes: int) -> Tree:
    """Class indices."""
    table: Tree = {"kind": "binary"} if classes == 2 else {"kind": "multiclass", "classes": classes}
    if labels.range is not None and labels.range != (0, classes - 1):
        table["range"] = list(labels.range)
    if labels.shape is not None and len(labels.shape) > 1:
        table["shape"] = _sample_shape(labels.shape[1:])
    counts = labels.counts
    if counts is not None and sorted(counts) == list(range(classes)):
        table["class_counts"] = [counts[index] for index in range(classes)]
    return table


def _integer_target(labels: Array, loss: frozenset[str], numbers: bool) -> Tree:
    """The target for integers from 0: binary, class indices if the loss expects these, else regression.

    With `numbers`, two values alone do not mean classes.
    """
    if labels.range == (-1, 1) and {"cross_entropy", "binary"} <= loss:
        return {"kind": "binary", "range": [-1, 1]} if labels.shape is not None and len(labels.shape) == 1 else {}
    if labels.range is None or labels.shape is None or labels.range[0] < 0 or labels.range[1] < 1:
        return _regression_target(labels, loss)
    high, shape = int(labels.range[1]), labels.shape
    single = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    if labels.range[0] > 0:
        # Class indices that do not start at 0, if the loss is for several classes.
        is_class = "cross_entropy" in loss and "binary" not in loss and (single or "sparse" in loss)
        return _class_target(labels, high + 1) if is_class else _regression_target(labels, loss)
    if (single and high == 1 and not numbers) or ("cross_entropy" in loss and (single or "sparse" in loss)):
        return _class_target(labels, high + 1)
    if "binary" in loss and high == 1 and len(shape) > 2:
        return _class_target(labels, 2)
    if "binary" in loss and high == 1 and len(shape) == 2 and is_integer(shape[1]):
        return {"kind": "multilabel", "classes": shape[1]}
    return _regression_target(labels, loss)


def _regression_target(labels: Array, loss: frozenset[str]) -> Tree:
    """A regression target, if the loss expects one."""
    if labels.shape is None and labels.scale is not None and "regression" in loss:
        # Scalers return tables.
        return {"kind": "regression", "scale": labels.scale, "shape": ["?"]}
    if not labels.shape or (labels.encoding is None and "regression" not in loss):
        return {}
    bounds = labels.range
    inside = bounds is not None and bounds[0] >= 0 and bounds[1] <= 1
    # Random numbers from 0 to 1 may be meant as class probabilities.
    if "cross_entropy" in loss and (bounds is None or (inside and "binary" not in loss)):
        return {}
    table: Tree = {"kind": "regression"}
    if labels.scale is not None:
        table["scale"] = labels.scale
    elif bounds is not None and bounds[0] < bounds[1]:
        table["range"] = list(bounds)
    if len(labels.shape) > 1:
        table["shape"] = _sample_shape(labels.shape[1:])
    return table


def _sample_shape(shape: tuple[object, ...]) -> list[int | str]:
    return [int(size) if is_integer(size) else "?" for size in shape]


_LARGE_DEVIATION = 10
"""Normal values of this deviation or more certainly include large ones."""


def _drawn_range(samples: Array) -> tuple[float, float] | None:
    """A range that normal values certainly exceed, if it is large."""
    if samples.normal is None or samples.normal[1] < _LARGE_DEVIATION:
        return None
    mean, deviation = samples.normal
    return mean - 2 * deviation, mean + 2 * deviation


def _sample_table(samples: Array) -> Tree:
    table: dict[str, object] = {}
    shape = samples.shape
    if shape and is_integer(shape[0]):
        table["samples"] = int(shape[0])
    if shape and len(shape) > 1 and all(is_integer(size) for size in shape[1:]):
        table["shape"] = _sample_shape(shape[1:])
    bounds = samples.range or _drawn_range(samples)
    if bounds is not None:
        table["range"] = list(bounds)
    return table
