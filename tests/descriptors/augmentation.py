"""AugMix, RandomFlip, RandomRotation, ..."""

from tests.descriptors.descriptor import Descriptor

INPUTS = (
    [8, 8, 3],
    ["H", "?", 1],
    [],
    [2, 5, 6, 5],
    {"shape": [8, 8, 3], "batch_size": 2, "dtype": "uint8"},
    {"shape": [3], "dtype": "string"},
)
IMAGE = ([8, 8, 3],)
BEHIND_MASK = ({"type": "Masking"},)

PLAIN = ({}, {"seed": 5, "data_format": "channels_first", "bounding_box_format": "xyxy", "dtype": "float16"})
"""Argument sets that meet every kind of input."""

UNCHECKED_RANGE = ({"value_range": [0, 1]}, {"value_range": [1]}, {"value_range": [0, 1, 2]})
FILLING = (
    {"fill_mode": "wrap", "interpolation": "nearest", "fill_value": 0.5},
    {"fill_mode": "mirror"},
    {"interpolation": "bicubic"},
)


def factors(name, low, high):
    """Values of a factor: at and beyond its bounds, alone and in pairs, too few and too many."""
    beyond = (high + 1, low - 1)
    return (
        *({name: value} for value in (low, high, *beyond, [low, high], [high, low], "none", [])),
        # Keras surprise: only some layers look at both bounds of both numbers.
        *({name: list(pair)} for pair in ((beyond[0], high), (high, beyond[0]), (beyond[1], low), (low, beyond[1]))),
        {name: [high]},
        {name: [high, high, high]},
    )


def described(name, need, arguments=(), layout=True):
    """A layer with its plain argument sets on every input, and the others on one image.

    `need` are the arguments that must be there, `layout` says whether the plain sets are those of most layers.
    """
    plain = PLAIN if layout else ({},)
    return (
        Descriptor(name, arguments=tuple({**need, **more} for more in plain), inputs=INPUTS),
        Descriptor(name, arguments=tuple({**need, **more} for more in arguments), inputs=IMAGE),
    )


INSIDE = (
    {"type": "CutMix"},
    {"type": "CutMix", "dtype": "float16"},
    {"type": "MixUp", "dtype": "int32"},
    {"type": "RandomBrightness", "factor": 0.2},
    {"type": "RandomColorDegeneration", "factor": 0.2},
    {"type": "RandomColorJitter", "hue_factor": 0.2, "data_format": "channels_first"},
    {"type": "RandomElasticTransform"},
    {"type": "RandomElasticTransform", "scale": 0},
    {"type": "RandomErasing", "value_range": [1]},
    {"type": "RandomErasing"},
    {"type": "RandomFlip", "dtype": "float16"},
    {"type": "RandomGaussianBlur"},
    {"type": "RandomGrayscale"},
    {"type": "RandomHue", "factor": 0.2},
    {"type": "RandomHue", "factor": 0.2, "value_range": [0, 2, 3]},
    {"type": "RandomPerspective"},
    {"type": "RandomPosterization", "factor": [2, 4]},
    {"type": "RandomPosterization", "factor": 2.5},
    {"type": "RandomSaturation", "factor": 0.2, "data_format": "channels_first"},
    {"type": "RandomZoom", "height_factor": 0.2},
    {"type": "Solarization"},
)
TRACED = (["H", 8, 3], [8, 8, "C"], [8], {"shape": [8, 8, 4], "batch_size": 2, "dtype": "uint8"})
"""What Keras traces inside a Pipeline. AugMix is left out: it draws at random what it traces."""

DESCRIPTORS = [
    Descriptor(
        "Pipeline",
        arguments=(),
        inputs=(),
        pairs=(
            *(([{"type": "Pipeline", "layers": [layer]}], given) for layer in INSIDE for given in TRACED),
            *(
                ([{"type": "Pipeline", "layers": [{"type": "RandAugment"}]}], given)
                for given in ([8, 8, 3], [8, 8, "C"])
            ),
        ),
    ),
    *described(
        "AugMix",
        {},
        (
            *factors("factor", 0, 1),
            {"all_ops": False, "alpha": -1, "num_chains": 0, "chain_depth": -2, "interpolation": "nearest"},
            {"value_range": [1]},
            {"interpolation": "bicubic"},
            {"trainable": False, "autocast": False},
        ),
    ),
    *described("CutMix", {}, factors("factor", 0, 1)),
    *described("MixUp", {}, ({"alpha": -1}, {"alpha": 0.2})),
    *described(
        "RandAugment",
        {},
        (*factors("factor", 0, 1), {"num_ops": -1}, {"value_range": [1]}, {"interpolation": "bicubic"}),
    ),
    *described("RandomBrightness", {"factor": 0.2}, (*factors("factor", -1, 1), *UNCHECKED_RANGE)),
    *described("RandomColorDegeneration", {"factor": 0.2}, (*factors("factor", -1, 1), *UNCHECKED_RANGE)),
    Descriptor(
        "RandomColorDegeneration",
        arguments=({"factor": 0.2, "data_format": "channels_first"}, {"factor": 0.2}),
        inputs=(
            [3, 8, 8],
            ["C", 8, 8],
            [8, 8, 4],
            [8, 3],
            {"shape": [8, 8], "batch_size": 3},
            {"shape": [8], "batch_size": 3},
        ),
    ),
    *described(
        "RandomColorJitter",
        {},
        (
            *factors("brightness_factor", -1, 1),
            *factors("contrast_factor", 0, 1),
            *factors("saturation_factor", -1, 1),
            *factors("hue_factor", 0, 1),
            *UNCHECKED_RANGE,
            {"value_range": [1], "brightness_factor": 0.1},
            {"value_range": [1], "saturation_factor": 0.1},
            {"value_range": [1], "contrast_factor": 0.1, "hue_factor": 0.1},
        ),
    ),
    *described("RandomContrast", {"factor": 0.2}, (*factors("factor", 0, 1), *UNCHECKED_RANGE)),
    *described(
        "RandomElasticTransform",
        {},
        (*factors("factor", 0, 1), *factors("scale", 0, 1), *FILLING, *UNCHECKED_RANGE),
    ),
    *described(
        "RandomErasing",
        {},
        (
            *factors("factor", 0, 1),
            *factors("scale", 0, 1),
            *UNCHECKED_RANGE,
            {"fill_value": 0},
            {"fill_value": [1, 2, 3]},
            {"fill_value": [1]},
        ),
    ),
    # Keras surprise: a mode that does not exist passes and flips nothing.
    *described("RandomFlip", {}, ({"mode": "vertical"}, {"mode": "diagonal"}, {"seed": 2**63}, {"seed": 1 - 2**63})),
    Descriptor("RandomFlip", arguments=({}, {"dtype": "float64"}), inputs=([5, 6], [5]), before=BEHIND_MASK),
    *described(
        "RandomGaussianBlur",
        {},
        (
            *factors("factor", 0, 1),
            *factors("sigma", 0, 1),
            *UNCHECKED_RANGE,
            *({"kernel_size": size} for size in (5, 4, -3, 0, [3, 5], [3, 4], [3], [3, 3, 3])),
        ),
    ),
    *described(
        "RandomGrayscale", {}, ({"factor": 0}, {"factor": 1}, {"factor": 2}, {"factor": -0.1}, {"factor": [0, 1]})
    ),
    Descriptor(
        "RandomGrayscale", arguments=({}, {"dtype": "float64", "autocast": False}), inputs=IMAGE, before=BEHIND_MASK
    ),
    *described("RandomHue", {"factor": 0.2}, (*factors("factor", 0, 1), *UNCHECKED_RANGE)),
    *described("RandomInvert", {}, (*factors("factor", 0, 1), *UNCHECKED_RANGE)),
    *described(
        "RandomPerspective",
        {},
        (
            *factors("factor", 0, 1),
            *({"scale": scale} for scale in (0, 1, 1.5, -0.1, [0, 1])),
            {"interpolation": "nearest", "fill_value": -1},
            {"interpolation": "bicubic"},
        ),
    ),
    *described("RandomPosterization", {"factor": 4}, (*factors("factor", 1, 8), *UNCHECKED_RANGE, {"factor": 2.5})),
    *described("RandomRotation", {"factor": 0.2}, (*factors("factor", -1, 1), *FILLING)),
    *described("RandomSaturation", {"factor": 0.2}, (*factors("factor", -1, 1), *UNCHECKED_RANGE)),
    *described("RandomSharpness", {"factor": 0.2}, (*factors("factor", 0, 1), *UNCHECKED_RANGE)),
    *described("RandomShear", {}, (*factors("x_factor", 0, 1), *factors("y_factor", 0, 1), *FILLING)),
    *described(
        "RandomTranslation",
        {"height_factor": 0.2, "width_factor": [0, 0.5]},
        (*factors("height_factor", -1, 1), *factors("width_factor", -1, 1), *FILLING),
    ),
    *described(
        "RandomZoom",
        {"height_factor": 0.2},
        (*factors("height_factor", -1, 1), *factors("width_factor", -1, 1), *FILLING),
    ),
    *described(
        "Solarization",
        {},
        (*factors("addition_factor", 0, 1), *factors("threshold_factor", 0, 1), *UNCHECKED_RANGE),
    ),
]
