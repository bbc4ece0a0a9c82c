"""Suggestions ("did you mean") for unknown words, with their label and help."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from enum import Enum
from typing import NamedTuple, TypedDict

from seqspec.core.diagnostics.message import Setting, fmt

_OTHER_WORDS: dict[str, str] = {
    # PyTorch's layers
    "linear": "Dense", "fullyconnected": "Dense", "fc": "Dense",
    "batchnorm": "BatchNormalization", "batchnorm1d": "BatchNormalization", "batchnorm2d": "BatchNormalization",
    "batchnorm3d": "BatchNormalization", "layernorm": "LayerNormalization", "groupnorm": "GroupNormalization",
    "maxpool1d": "MaxPooling1D", "maxpool2d": "MaxPooling2D", "maxpool3d": "MaxPooling3D",
    "avgpool1d": "AveragePooling1D", "avgpool2d": "AveragePooling2D", "avgpool3d": "AveragePooling3D",
    "adaptiveavgpool1d": "GlobalAveragePooling1D", "adaptiveavgpool2d": "GlobalAveragePooling2D",
    "adaptivemaxpool1d": "GlobalMaxPooling1D", "adaptivemaxpool2d": "GlobalMaxPooling2D",
    "convtranspose1d": "Conv1DTranspose", "convtranspose2d": "Conv2DTranspose", "convtranspose3d": "Conv3DTranspose",
    "dropout1d": "SpatialDropout1D", "dropout2d": "SpatialDropout2D", "dropout3d": "SpatialDropout3D",
    "zeropad1d": "ZeroPadding1D", "zeropad2d": "ZeroPadding2D", "zeropad3d": "ZeroPadding3D",
    "upsample": "UpSampling2D",
    # PyTorch's arguments
    "outfeatures": "units", "outchannels": "filters", "hiddensize": "units", "embeddingdim": "output_dim",
    "numembeddings": "input_dim", "p": "rate", "bias": "use_bias",
    "vocabsize": "input_dim", "kernel": "kernel_size", "pool": "pool_size", "numfilters": "filters",
    # PyTorch's initializers and losses
    "xavieruniform": "glorot_uniform", "xaviernormal": "glorot_normal", "xavier": "glorot_uniform",
    "kaiminguniform": "he_uniform", "kaimingnormal": "he_normal", "kaiming": "he_normal",
    "crossentropyloss": "sparse_categorical_crossentropy", "nllloss": "sparse_categorical_crossentropy",
    "bceloss": "binary_crossentropy", "bcewithlogitsloss": "binary_crossentropy", "mseloss": "mse", "l1loss": "mae",
    "smoothl1loss": "huber", "huberloss": "huber", "kldivloss": "kl_divergence",
    # dtypes
    "mixedfp16": "mixed_float16", "mixedbf16": "mixed_bfloat16", "fp16": "float16", "fp32": "float32",
    "fp64": "float64", "bf16": "bfloat16", "half": "float16", "double": "float64",
    # the language
    "inputshape": "input", "counts": "class_counts", "train": "fit", "training": "fit", "classification": "multiclass",
    "categorical": "multiclass", "tflite": "litert", "tensorflowlite": "litert", "tensorflowjs": "tfjs",
    # data
    "csv": "table", "parquet": "table", "dataframe": "table", "folder": "images", "npz": "arrays", "npy": "arrays",
    # columns of tables
    "zscore": "standard", "standardize": "standard", "standardscaler": "standard", "minmaxscaler": "min_max",
    "quantiletransformer": "quantile", "log1p": "log", "logarithm": "log", "logarithmic": "log",
    "stratifiedkfold": "k-fold", "repeatedkfold": "k-fold", "crossvalidation": "k-fold", "groupkfold": "group-k-fold",
    "timeseriessplit": "time-k-fold", "dayofweek": "weekday", "dayofyear": "season",
    # templates
    "lstm": "time-series", "rnn": "time-series", "cnn": "image-cnn", "mlp": "dense-classifier",
    "dense": "dense-classifier", "text": "text-classifier", "audio": "audio-classifier",
}  # fmt: skip
"""Names in Keras or in the language by their synonyms, in lower case without `_` and `-`."""

_MAX_COMPARISONS = 100_000
"""The maximum number of comparisons with known words in one check, of short words."""
_SHORT = 8

_comparisons_left: ContextVar[list[int] | None] = ContextVar("comparisons left", default=None)


class BoundedSuggestions:
    """A context that limits the work of `nearest`; beyond the limit, only words that differ in case are suggested."""

    def __enter__(self) -> None:
        self._token = None if _comparisons_left.get() is not None else _comparisons_left.set([_MAX_COMPARISONS])

    def __exit__(self, *error: object) -> None:
        if self._token is not None:
            _comparisons_left.reset(self._token)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is closest to a word, or None if none is close.

    Letter case, `_` and `-` are ignored: `maxpooling2d` is closest to `MaxPooling2D`. Among the words with the smallest
    edit distance, the one with the longest common subsequences is returned.
    """
    if len(word) > 80:
        return None
    left = _comparisons_left.get()
    if left is not None and left[0] < -_MAX_COMPARISONS:
        return None
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(_fold(candidate), candidate)
    wrong = _fold(word)
    if wrong in folded:
        return folded[wrong]

    # `keras.layers.Dense` means `Dense`, and PyTorch's `Linear` does too.
    bare = wrong.rpartition(".")[2]
    other = _OTHER_WORDS.get(bare)
    for meant in (bare, _fold(other) if other is not None else bare):
        if meant in folded:
            return folded[meant]
    if left is not None:
        left[0] -= len(folded) * (1 + len(wrong) // _SHORT)
        if left[0] < 0:
            return None
    from difflib import SequenceMatcher, get_close_matches

    close = get_close_matches(wrong, folded, n=5, cutoff=0.65)
    if close:
        best = min(close, key=lambda c: (_edits(wrong, c), -SequenceMatcher(None, wrong, c).ratio()))
        if _edits(wrong, best) <= max(1, (len(wrong) + 1) // 3):
            return folded[best]
    # Three letters with which only one word begins: "rand" for "random".
    beginning = [candidate for candidate in folded if len(wrong) > 2 and candidate.startswith(wrong)]
    return folded[beginning[0]] if len(beginning) == 1 else None


def same_word(a: str, b: str) -> bool:
    """Whether two words differ only in letter case, `_` and `-`."""
    return _fold(a) == _fold(b)


def _edits(a: str, b: str) -> int:
    """The edit distance of two words, with transpositions."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


class SuggestionTemplate(Enum):
    """The templates of a suggested word in the label and in the help."""

    WORD = ("{}", "{}")
    STRING = ('"{}"', '"{}"')
    REFERENCE = ("{}", '"${}"')
    SHELL = ("'{}'", "'{}'")
    LAYER = ("{}", '"{}"')
    CUSTOM = ('"{}"', "{}")
    PLACEHOLDER = ("{{{}}}", "{{{}}}")


class SuggestionArguments(TypedDict):
    """The keyword arguments of a `Violation` for a suggestion."""

    label: str | None
    help: str | None
    suggestion: str | None


class Suggestion(NamedTuple):
    """A suggested replacement.

    Attributes:
        word: The suggested word; None if none is close.
        form: Its templates.
        otherwise: The help without a suggestion.
    """

    word: str | None
    form: SuggestionTemplate = SuggestionTemplate.WORD
    otherwise: str | None = None

    @property
    def label(self) -> str | None:
        """The label, which is shown next to the caret."""
        return None if self.word is None else f"did you mean {self.form.value[0].format(self.word)}?"

    @property
    def help(self) -> str | None:
        """The help."""
        if self.word is not None and self.form is SuggestionTemplate.CUSTOM:
            return fmt("write {}", Setting("custom", self.word))
        return self.otherwise if self.word is None else f"write {self.form.value[1].format(self.word)}"

    @property
    def help_text(self) -> str | None:
        """The help as text, for contexts without a document."""
        help = self.help
        return None if help is None else str(help)

    def arguments(self) -> SuggestionArguments:
        """The suggestion as keyword arguments of a `Violation`."""
        return {"label": self.label, "help": self.help, "suggestion": self.word}


def suggest(
    wrong: str,
    candidates: Iterable[str],
    otherwise: str | None = None,
    form: SuggestionTemplate = SuggestionTemplate.WORD,
) -> Suggestion:
    """The suggestion for an unknown word.

    Args:
        wrong: The word as written.
        candidates: The known words.
        otherwise: The help if none of them is close.
        form: The templates of the suggested word.
    """
    return Suggestion(nearest(wrong, candidates), form, otherwise)
