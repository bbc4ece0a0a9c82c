"""IntegerLookup, StringLookup, TextVectorization."""

from tests.descriptors.descriptor import Descriptor

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf")
EMBEDDING = {"type": "Embedding", "input_dim": 9, "output_dim": 3, "mask_zero": True}
DENSE = {"type": "Dense", "units": 2}
WORDS = ["a", "b", "c"]


def _strings(*shapes, **more):
    return tuple({"shape": shape, "dtype": "string", **more} for shape in shapes)


SHAPES = (
    *_strings([3], [1], [4, 3], ["T", 1], [4, "?"], []),
    *_strings([3], [], batch_size=2),
    {"shape": [3], "dtype": "int32"},
    [3],
)
FEW = _strings([3], [1])

LOOKUPS = (
    *({"output_mode": mode} for mode in MODES),
    *({"output_mode": mode, "max_tokens": 6, "pad_to_max_tokens": True} for mode in MODES),
)
REFUSED = (
    {"max_tokens": 1},
    {"pad_to_max_tokens": True},
    {"num_oov_indices": -1},
    {"sparse": True},
    {"invert": True, "output_mode": "one_hot"},
    {"invert": True, "oov_token": "none"},
    {"idf_weights": [1]},
    {"vocabulary": []},
    {"output_mode": "binary_hot"},
    {"autocast": False},
    {"activity_regularizer": "l2"},
)

DESCRIPTORS = [
    Descriptor(
        "IntegerLookup",
        arguments=(
            *LOOKUPS,
            *({"output_mode": mode, "vocabulary": [7, 8, 9]} for mode in MODES),
            {"output_mode": "tf_idf", "vocabulary": [7, 8], "idf_weights": [0.5, 1]},
            {"output_mode": "tf_idf", "idf_weights": [0.5, 1]},
            {"vocabulary": [7, 8], "invert": True, "mask_token": 0, "num_oov_indices": 0},
        ),
        inputs=(*SHAPES, {"shape": [3], "dtype": "int64"}),
        pairs=(
            ([{"type": "IntegerLookup"}, EMBEDDING, {"type": "LSTM", "units": 2}], {"shape": [4], "dtype": "int64"}),
        ),
    ),
    Descriptor(
        "IntegerLookup",
        arguments=(
            *REFUSED,
            {"output_mode": "one_hot", "vocabulary": [-1, 7, 8], "num_oov_indices": 1},
            {"output_mode": "one_hot", "vocabulary": [-1, -1, 7], "num_oov_indices": 2},
            {"output_mode": "one_hot", "vocabulary": [0, -1, 7], "mask_token": 0},
            {"vocabulary": [0, -1, 7], "mask_token": 0, "trainable": False, "dtype": "float16"},
            {"vocabulary": [-1]},
            {"vocabulary": [7, 7]},
            {"vocabulary": [7, 0], "mask_token": 0},
            {"vocabulary": [7, -1], "invert": True},
            {"vocabulary": [7, 8, 9], "max_tokens": 3},
            {"vocabulary": [2**63 - 1, 1 - 2**63]},
            {"mask_token": 2**63},
            {"oov_token": 2**64, "invert": True},
            {"output_mode": "tf_idf", "vocabulary": [7, 8], "idf_weights": [0.5]},
            {"vocabulary_dtype": "int64"},
            {"vocabulary_dtype": "int32"},
            {"dtype": "int8"},  # Keras surprise: thrown away unread
        ),
        inputs=({"shape": [3], "dtype": "int64"},),
    ),
    Descriptor(
        "StringLookup",
        arguments=(
            *LOOKUPS,
            *({"output_mode": mode, "vocabulary": WORDS} for mode in MODES),
            {"output_mode": "tf_idf", "vocabulary": WORDS, "idf_weights": [1, 2, 3]},
            # Keras surprise: numbers are reported though words come back.
            {"vocabulary": WORDS, "invert": True},
        ),
        inputs=SHAPES,
        pairs=(([{"type": "StringLookup", "vocabulary": WORDS, "output_mode": "multi_hot"}, DENSE], FEW[0]),),
    ),
    Descriptor(
        "StringLookup",
        arguments=(
            *REFUSED,
            {"vocabulary": ["[UNK]", "a"], "output_mode": "one_hot"},
            {"vocabulary": ["a", "[UNK]"], "output_mode": "one_hot"},
            {"vocabulary": ["a", "[UNK]"], "invert": True},
            {"vocabulary": ["", "[UNK]", "a"], "mask_token": ""},
            {"vocabulary": ["", "[UNK]", "a"], "mask_token": "", "output_mode": "count"},
            {"vocabulary": ["[UNK]"]},
            {"vocabulary": ["a", "A", "a "]},
            {"vocabulary": ["a", "b", "a"]},
            {"vocabulary": WORDS, "max_tokens": 3},
            {"vocabulary": WORDS, "max_tokens": 3, "num_oov_indices": 0, "oov_token": "none"},
            {"encoding": "no-such-encoding"},  # Keras surprise: not looked at
            {"vocabulary_dtype": "string"},
        ),
        inputs=FEW,
    ),
    Descriptor(
        "TextVectorization",
        arguments=(
            *LOOKUPS,
            *({"output_mode": mode, "split": "none", "vocabulary": WORDS} for mode in MODES),
            {"output_mode": "tf_idf", "vocabulary": WORDS, "idf_weights": [1, 2, 3], "split": "character"},
            {"output_sequence_length": 5, "ngrams": 2, "standardize": "none"},
        ),
        inputs=SHAPES,
        pairs=(
            (
                [{"type": "TextVectorization", "output_sequence_length": 5}, EMBEDDING, {"type": "LSTM", "units": 2}],
                FEW[1],
            ),
            ([{"type": "TextVectorization"}, EMBEDDING, "Flatten", DENSE], FEW[1]),
            ([{"type": "TextVectorization", "output_mode": "multi_hot"}, DENSE], FEW[1]),
            ([{"type": "TextVectorization", "output_mode": "multi_hot", "vocabulary": WORDS}, DENSE], FEW[1]),
        ),
    ),
    Descriptor(
        "TextVectorization",
        arguments=(
            {"output_sequence_length": 0, "ragged": True, "dtype": "float16", "trainable": False},
            {"output_sequence_length": -1},
            {"output_sequence_length": 0, "output_mode": "count"},
            {"ragged": True, "output_mode": "count"},
            {"sparse": True},
            {"sparse": True, "output_mode": "count"},
            {"ngrams": [1, 3]},
            {"ngrams": -1},  # Keras surprise: passes until data arrives
            {"standardize": "upper"},
            {"split": "sentence"},
            {"max_tokens": 1},
            {"pad_to_max_tokens": True},
            {"vocabulary": []},
            {"vocabulary": ["", "[UNK]", "a"]},
            {"vocabulary": ["", "[UNK]", "a"], "output_mode": "count"},
            {"vocabulary": WORDS, "max_tokens": 4},
            {"vocabulary": WORDS, "output_mode": "tf_idf", "idf_weights": [1]},
            {"idf_weights": [1]},
            {"dtype": "int8"},
            {"oov_token": "x"},
        ),
        inputs=FEW,
    ),
    # Inside a Pipeline Keras runs the computation, and reports what really comes out.
    Descriptor(
        "Pipeline",
        arguments=tuple(
            {"layers": [layer]}
            for layer in (
                {"type": "IntegerLookup", "vocabulary": [7, 8], "output_mode": "count"},
                {"type": "IntegerLookup", "output_mode": "one_hot", "max_tokens": 6},
                {"type": "IntegerLookup", "output_mode": "tf_idf", "vocabulary": [7, 8], "idf_weights": [1, 2]},
                {"type": "StringLookup", "vocabulary": WORDS, "invert": True},
                {"type": "StringLookup", "vocabulary": WORDS, "output_mode": "one_hot"},
                {"type": "TextVectorization", "output_sequence_length": 5},
                {"type": "TextVectorization", "split": "none", "output_sequence_length": 2, "ragged": True},
                {"type": "TextVectorization", "split": "character", "vocabulary": WORDS, "output_mode": "multi_hot"},
                {"type": "TextVectorization", "ngrams": [0, 1]},
            )
        ),
        inputs=SHAPES,
    ),
]
