"""Data sets of images, texts and sounds in folders, the generators of `ImageDataGenerator`, and generator functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seqspec.programs.values.abstract_values import (
    Array,
    Call,
    InputPipeline,
    KerasCall,
    Ref,
    Subset,
    Unknown,
    is_integer,
    known_items,
)
from seqspec.programs.values.array_values import arithmetic

if TYPE_CHECKING:
    from collections.abc import Sequence


DIRECTORY_DATASETS = frozenset(
    ("image_dataset_from_directory", "text_dataset_from_directory", "audio_dataset_from_directory")
)
"""Functions of `keras.utils` that read a data set from a folder with a folder for each class."""

FLOWS = frozenset(("flow", "flow_from_directory", "flow_from_dataframe"))
"""Methods of `ImageDataGenerator` that return batches of images and labels."""

ATTRIBUTES = frozenset(
    "batch_size cardinality class_indices class_names classes element_spec file_paths filenames image_shape labels n "
    "num_classes samples".split()
)
"""Attributes of data sets and generators that are known at run time only."""

_FIRST_OF_SPLIT = {
    "image_dataset_from_directory": 7,
    "text_dataset_from_directory": 6,
    "audio_dataset_from_directory": 8,
}
"""The position of `shuffle`, which `seed`, `validation_split` and `subset` follow."""

_CHANNELS = {"rgb": 3, "grayscale": 1, "rgba": 4}
PIXELS = (0.0, 255.0)
_AUGMENTATIONS = frozenset(
    "rotation_range width_shift_range height_shift_range brightness_range shear_range zoom_range channel_shift_range "
    "horizontal_flip vertical_flip".split()
)
_STANDARDIZATIONS = (
    "featurewise_center",
    "featurewise_std_normalization",
    "samplewise_center",
    "samplewise_std_normalization",
    "zca_whitening",
)
CENTERED = (-1.0, 1.0)
_OF_CAFFE = (-123.68, 151.061)
PREPROCESSED = {
    "vgg16": _OF_CAFFE, "vgg19": _OF_CAFFE, "resnet": _OF_CAFFE, "resnet50": _OF_CAFFE,
    "xception": CENTERED, "inception_v3": CENTERED, "inception_resnet_v2": CENTERED, "mobilenet": CENTERED,
    "mobilenet_v2": CENTERED, "nasnet": CENTERED, "resnet_v2": CENTERED, "densenet": (-2.117904, 2.64),
    "mobilenet_v3": PIXELS, "efficientnet": PIXELS, "efficientnet_v2": PIXELS, "convnext": PIXELS,
}  # fmt: skip
"""What `preprocess_input` of each module of `keras.applications` makes of pixels from 0 to 255."""


def preprocess_input(ref: Ref, call: Call) -> object:
    """`preprocess_input` of a module of `keras.applications` for an array."""
    value = call.value(0, "x")
    if not isinstance(value, Array):
        return call.unknown
    return Array(value.shape, "float32", _preprocessed(ref, value.range), node=value.node)


def _preprocessed(ref: object, bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    known = PREPROCESSED.get(ref.path[-2]) if isinstance(ref, Ref) and len(ref.path) > 2 else None
    return known if bounds == PIXELS else None


def directory_dataset(name: str, call: Call) -> object:
    """`image_dataset_from_directory` and its relatives: batches of samples and labels."""
    mode = call.value(2, "label_mode")
    mode = "int" if call.argument(2, "label_mode") is None else mode
    labels = call.value(1, "labels")
    if mode is not None and not isinstance(mode, str):
        return call.unknown
    classes = _class_count(call.value(3, "class_names"))
    count = Unknown(call.node, text="?")
    samples = Array((count,), "string", node=call.node)
    if name.startswith("image"):
        size = _sizes(call.value(6, "image_size"), call, (256, 256))
        channels = _CHANNELS.get(str(call.value(4, "color_mode") or "rgb"))
        samples = Array(_shape(count, size, channels, call), "float32", PIXELS, node=call.node)
    elif name.startswith("audio"):
        samples = Array(None, "float32", node=call.node)
    batch = call.argument(5 if name.startswith("image") else 4, "batch_size")
    batches = 0 if batch is not None and batch.value is None else 1
    items: tuple[object, ...] = (samples,)
    if mode is not None and not (labels is None and call.argument(1, "labels") is not None):
        items = (samples, _labels({"int": "sparse"}.get(mode, mode), count, classes, call, column=True))
    dataset = InputPipeline(items, batches, call.node, subset=_subset(name, call))
    return (dataset, dataset) if call.value("subset") == "both" else dataset


def _subset(name: str, call: Call) -> Subset | None:
    """The part of a folder that a data set reads, if all that decides on it is written in its call."""
    first = _FIRST_OF_SPLIT[name]
    shuffles, seed, split, subset = (
        call.value(first + at, key) for at, key in enumerate(("shuffle", "seed", "validation_split", "subset"))
    )
    shuffles = True if call.argument(first, "shuffle") is None else shuffles
    folder = call.value(0, "directory")
    if call.open is not None or folder is None or subset not in ("training", "validation"):
        return None
    if not isinstance(split, float) or not isinstance(shuffles, bool) or not (seed is None or is_integer(seed)):
        return None
    return Subset(folder, str(subset), split, shuffles, seed, call.node)


def flow(generator: KerasCall, name: str, call: Call) -> InputPipeline:
    """A method of `ImageDataGenerator` that returns batches."""
    batches = _batches(generator, name, call)
    shuffle = call.argument("shuffle", {"flow": 3, "flow_from_directory": 6}.get(name, 10))
    batches.is_shuffled = call.open is None and (shuffle is None or shuffle.value is True)
    return batches


def _batches(generator: KerasCall, name: str, call: Call) -> InputPipeline:
    augmented = any(
        isinstance(argument.key, str) and argument.key in _AUGMENTATIONS and _is_set(argument.value)
        for argument in generator.arguments
    )
    if name == "flow":
        samples = call.value(0, "x")
        items = (samples,) if call.argument(1, "y") is None else (samples, call.value(1, "y"))
        if isinstance(samples, Array):
            bounds = _generated_range(generator, samples.range, call.node)
            items = (Array(samples.shape, "float32", bounds, node=samples.node), *items[1:])
        return InputPipeline(items, 1, call.node, augmented)
    at = 0 if name == "flow_from_directory" else 4
    count = Unknown(call.node, text="?")
    size = _sizes(call.value(1 + at, "target_size"), call, (256, 256))
    channels = _CHANNELS.get(str(call.value(2 + at, "color_mode") or "rgb"))
    bounds = _generated_range(generator, PIXELS, call.node)
    images = Array(_shape(count, size, channels, call), "float32", bounds, node=call.node)
    written = call.argument(4 + at, "class_mode")
    mode = "categorical" if written is None else written.value
    if mode is None:
        return InputPipeline((images,), 1, call.node, augmented)
    if mode == "input":
        return InputPipeline((images, images), 1, call.node, augmented)
    labels: object = call.unknown
    if isinstance(mode, str):
        labels = _labels(mode, count, _class_count(call.value(3 + at, "classes")), call)
    return InputPipeline((images, labels), 1, call.node, augmented)


def _is_set(value: object) -> bool:
    return not isinstance(value, Unknown) and value is not None and value is not False and value != 0


def _generated_range(
    generator: KerasCall, bounds: tuple[float, float] | None, node: ast.AST
) -> tuple[float, float] | None:
    """The range of the images that a generator returns: first its function, then its scaling, then the rest."""
    if generator.open is not None or any(_is_set(generator.value(key)) for key in _STANDARDIZATIONS):
        return None
    if any(isinstance(generator.value(key), Unknown) for key in _STANDARDIZATIONS):
        return None
    function = generator.value("preprocessing_function")
    if function is not None:
        bounds = _preprocessed(function, bounds)
    factor = generator.value("rescale")
    if factor is None or bounds is None:
        return bounds
    scaled = arithmetic(ast.Mult(), Array(range=bounds), factor, node)
    return scaled.range if isinstance(scaled, Array) else None


def _class_count(names: object) -> object:
    items = known_items(names)
    return len(items) if isinstance(items, (tuple, list)) and items else Unknown(text="?")


def _sizes(value: object, call: Call, default: tuple[int, int]) -> Sequence[object]:
    items = known_items(value)
    if value is None:
        return default
    return items if isinstance(items, (tuple, list)) and len(items) == 2 else (call.unknown, call.unknown)


def _shape(count: object, size: Sequence[object], channels: int | None, call: Call) -> tuple[object, ...]:
    return (count, *size, channels if channels is not None else call.unknown)


def _labels(mode: str, count: object, classes: object, call: Call, column: bool = False) -> object:
    """The labels of a `class_mode`; with `column`, binary labels are a column."""
    if mode == "categorical":
        return Array((count, classes), "float32", (0, 1), "one_hot", classes, call.node)
    if mode == "binary":
        return Array((count, 1) if column else (count,), "float32", (0, 1), "integer", 2, call.node)
    if mode == "sparse":
        bounds = (0, classes - 1) if is_integer(classes) else None
        return Array((count,), "int32", bounds, "integer", classes, call.node)
    return call.unknown


def resized(call: Call) -> object:
    """`tf.image.resize`."""
    value, size = call.value(0, "images"), known_items(call.value(1, "size"))
    if not isinstance(value, Array) or not isinstance(size, (tuple, list)) or len(size) != 2:
        return call.unknown
    shape = value.shape
    if shape is not None and len(shape) >= 3:
        shape = (*shape[:-3], *size, shape[-1])
    return Array(shape, "float32", value.range, node=value.node)


def converted(call: Call) -> object:
    """`tf.image.convert_image_dtype`, which scales integers to [0, 1]."""
    value = call.value(0, "image")
    if not isinstance(value, Array):
        return call.unknown
    scaled = (0.0, 1.0) if value.is_integral and value.range == (0, 255) else None
    return Array(value.shape, "float32", scaled, node=value.node)


def is_endless(function: ast.AST) -> bool:
    """Whether a generator certainly never ends: it yields in a `while True` that nothing leaves."""
    loops = [node for node in _own_nodes(function) if isinstance(node, ast.While) and _is_true(node.test)]
    if len(loops) != 1 or any(isinstance(node, (ast.Break, ast.Return, ast.Raise)) for node in _own_nodes(loops[0])):
        return False
    return any(isinstance(node, ast.Yield) for node in _own_nodes(loops[0]))


def ends(function: ast.AST) -> bool:
    """Whether a generator certainly ends after one pass over its data: it only has loops over ranges."""
    nodes = list(_own_nodes(function))
    loops = [node for node in nodes if isinstance(node, (ast.For, ast.While, ast.AsyncFor))]
    if not loops or any(isinstance(node, ast.YieldFrom) for node in nodes):
        return False
    return all(isinstance(loop, ast.For) and _is_pass(loop) for loop in loops)


def _is_pass(loop: ast.For) -> bool:
    """Whether a loop is over a range that is not one of epochs, which repeats the data."""
    called = loop.iter.func if isinstance(loop.iter, ast.Call) else None
    is_range = isinstance(called, ast.Name) and called.id == "range"
    return is_range and "epoch" not in f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}".lower()


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes in a function or loop, without those of inner functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _own_nodes(child)
