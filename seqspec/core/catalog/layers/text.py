"""IntegerLookup, StringLookup and TextVectorization, which encode categories and words as indices or vectors.

A vocabulary is declared or learned by `adapt`; Keras keeps it in a table, not in weights, and does not require it
before the first call. A vocabulary file is not opened here, so its size stays unknown.
"""

from typing import Annotated, Literal

from annotated_types import Len
from pydantic import AfterValidator, Field

from seqspec.core.catalog.export_formats import COUNTED, Exports, Limit
from seqspec.core.catalog.keras_object import bad_argument, conflict
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.encoding import encoded_range
from seqspec.core.catalog.layers.lookup_table import VocabularyLayer
from seqspec.core.catalog.markers import NEUTRAL, SHAPING, Expects, Since
from seqspec.core.catalog.traits import SparseInput
from seqspec.core.catalog.types import Maybe, NeutralBool, NeutralNumber, NonNegativeInt, Seed64
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.message import NONE, Setting, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import BATCH, Dim, Interval, Size, TensorSpec, show

_Int64 = Seed64
_File = Annotated[str, Expects("the path of a vocabulary file"), SHAPING]
_Words = Maybe[list[Annotated[str, Expects("a word")]] | _File]
_Idf = Maybe[list[NeutralNumber]]


_Lengths = Annotated[list[int], AfterValidator(tuple)]
"""Lengths of n-grams, which Keras accepts as a tuple only."""


class _LookupLayer(VocabularyLayer):
    """The base class of the two lookup layers."""

    without = ("activity_regularizer", "autocast")
    leading = ("max_tokens", "num_oov_indices", "idf_weights", "invert", "output_mode", "sparse", "pad_to_max_tokens")

    num_oov_indices: NonNegativeInt = Field(default=1, description="Number of out-of-vocabulary (OOV) indices.")
    idf_weights: _Idf = Field(
        default=None, description="Inverse document frequency (IDF) weight of each vocabulary entry."
    )
    invert: bool = Field(default=False, description="Whether to map indices back to vocabulary entries.")
    # Keras surprise: the constructor ignores this argument.
    dtype: Maybe[Annotated[str, Expects("a dtype policy")]] = Field(
        default=None, description="Has no effect on this layer."
    )

    mask_token: object
    oov_token: object
    _key_dtype = "string"

    @property
    def reserved(self) -> tuple[object, object, int]:
        return self.mask_token, self.oov_token, self.num_oov_indices

    @property
    def maps_back(self) -> bool:
        return self.invert

    def check_arguments(self) -> None:
        super().check_arguments()
        if self.invert and self.oov_token is None:
            raise conflict(
                "oov_token",
                fmt("{} requires an oov_token for unknown indices", Setting("invert", True)),
                help="remove oov_token",
            )

    def compute_dtype(self, env: InferenceContext) -> str:
        return self._key_dtype

    def variable_dtype(self, env: InferenceContext) -> str:
        return self._key_dtype

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is not Phase.TRACE:
            return self.encode(x.dims, env)
        y = self.look_up(x.dims, env)
        return y._replace(dtype=self._key_dtype) if self.invert else y

    @property
    def token_count(self) -> int | None:
        if not isinstance(self.vocabulary, list):
            return None
        return self.num_oov_indices + (self.mask_token is not None) + len(self.vocabulary)

    def output_range(self, x: Interval | None) -> Interval | None:
        return encoded_range(self.output_mode, None if self.invert else self.token_count)


class IntegerLookup(_LookupLayer):
    """Maps integers to indices of a vocabulary."""

    exports = Exports(
        Limit(("onnx", "litert"), "LookupTableFindV2"),
        COUNTED,
        Limit(
            ("openvino", "tfjs"),
            "AsString",
            when=lambda layer: layer.num_oov_indices > 1 and layer.oov_method == "farmhash",
        ),
    )

    _key_dtype = "int64"

    mask_token: Maybe[_Int64] = Field(default=None, description="Integer that represents masked values.")
    oov_token: Maybe[int] = Field(default=-1, description="Token for unknown indices when invert is true.")
    vocabulary: Maybe[list[_Int64] | _File] = Field(
        default=None, description="List of integers, or the path of a file with one per line."
    )
    vocabulary_dtype: Literal["int64"] = Field(default="int64", description="Dtype of the vocabulary.")
    oov_method: Annotated[Annotated[Literal["floormod", "farmhash"], NEUTRAL], Since("3.14")] = Field(
        default="floormod", description="How unknown values are distributed over several OOV indices."
    )
    salt: Annotated[Maybe[int | Annotated[list[int], Len(2, 2)]], Since("3.14")] = Field(
        default=None, description="Hash salt: one or two integers."
    )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA and x.dtype == "string":
            raise Violation(
                "wrong-dtype", "expects integers, got text (dtype string)", anchor="layer", help="use StringLookup"
            )

    def check_arguments(self) -> None:
        if self.salt is not None and self.oov_method != "farmhash":
            raise conflict(
                "salt",
                f'salt requires oov_method "farmhash", got "{self.oov_method}"',
                help=fmt("add {}, or remove salt", Setting("oov_method", "farmhash")),
            )
        super().check_arguments()
        if self.invert and self.oov_token is not None:
            try:
                validate(_Int64, self.oov_token)
            except Violation as violation:
                raise violation.with_subject("oov_token").prefixed("oov_token") from None


class StringLookup(_LookupLayer):
    """Maps words to indices of a vocabulary."""

    exports = Exports(
        Limit(("onnx",), "LookupTableFindV2"),
        Limit(("openvino",), "LookupTableFindV2", when=lambda layer: not layer.invert),
        COUNTED,
        Limit(
            ("litert", "tfjs"),
            "StringToHashBucketStrong",
            when=lambda layer: layer.num_oov_indices > 1 and layer.salt is not None,
        ),
        Limit(("litert",), "StringToHashBucketFast", when=lambda layer: layer.num_oov_indices > 1),
    )
    sparse_input = SparseInput(computed=False, traced=SparseInput(arguments={"output_mode": ("int",)}))

    mask_token: Maybe[Annotated[str, Expects("a word"), SHAPING]] = Field(
        default=None, description="Token that represents masked values."
    )
    oov_token: Maybe[Annotated[str, Expects("a word"), SHAPING]] = Field(
        default="[UNK]", description="Token for unknown indices when invert is true."
    )
    vocabulary: _Words = Field(default=None, description="List of words, or the path of a file with one per line.")
    # Keras surprise: an unknown encoding is accepted until the vocabulary is read back.
    encoding: Annotated[str, Expects("a text encoding")] = Field(default="utf-8", description="Encoding of strings.")
    salt: Annotated[Maybe[int | Annotated[list[int], Len(2, 2)]], Since("3.14")] = Field(
        default=None, description="Hash salt: one or two integers."
    )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA and not self.invert:
            self.require_text(x)


class TextVectorization(VocabularyLayer):
    """Splits texts into words and encodes them as indices or vectors."""

    exports = Exports(Limit(("onnx", "openvino", "litert"), "StaticRegexReplace"), Limit(("tfjs",), "StringSplitV2"))

    leading = (
        "max_tokens", "standardize", "split", "ngrams", "output_mode", "output_sequence_length", "pad_to_max_tokens",
        "vocabulary", "idf_weights", "sparse",
    )  # fmt: skip

    standardize: Maybe[Annotated[Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"], NEUTRAL]] = (
        Field(default="lower_and_strip_punctuation", description="Text standardization before splitting.")
    )
    split: Maybe[Literal["whitespace", "character"]] = Field(
        default="whitespace", description="How texts are split into tokens; none for no splitting."
    )
    # Keras surprise: lengths of 0 and below are accepted until the layer is called on data.
    ngrams: Maybe[int | _Lengths] = Field(default=None, description="Maximum n-gram size, or a list of n-gram sizes.")
    output_sequence_length: Maybe[NonNegativeInt] = Field(
        default=None, description="Number of tokens to truncate or pad each text to."
    )
    vocabulary: _Words = Field(default=None, description="List of words, or the path of a file with one per line.")
    idf_weights: _Idf = Field(default=None, description="Inverse document frequency (IDF) weight of each word.")
    ragged: NeutralBool = Field(default=False, description="Whether the output is ragged.")
    encoding: Annotated[str, Expects("a text encoding")] = Field(default="utf-8", description="Encoding of strings.")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            self.require_text(x)

    def check_arguments(self) -> None:
        if self.mode != "int":
            for name, given in (
                ("output_sequence_length", self.output_sequence_length is not None),
                ("ragged", self.ragged),
            ):
                if given:
                    raise conflict(
                        name,
                        f'{name} requires output_mode "int", got "{self.mode}"',
                        help=f"remove {name}: each text is encoded as one vector",
                    )
        super().check_arguments()

    def compute_dtype(self, env: InferenceContext) -> str:
        return "string"

    def variable_dtype(self, env: InferenceContext) -> str:
        return "string"

    @property
    def reserved(self) -> tuple[object, object, int]:
        return "", "[UNK]", 1

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: several columns of text, and inputs other than text, are accepted until it is called on data.
        if env.phase is Phase.TRACE:
            return self._traced(x, env)
        if self.mode == "int":
            length: Size = Dim("tokens") if self.output_sequence_length is None else self.output_sequence_length
            return TensorSpec((x.dims[0], length), "int64")
        # Keras surprise: a column of shape [1] is reported as a separate axis, although the computation removes it.
        if self.split is not None:
            return self.encode((*x.dims, Dim("tokens")), env)
        return self.encode(x.dims if x.rank > 1 else (*x.dims, 1), env)

    def _traced(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        lengths = (self.ngrams,) if isinstance(self.ngrams, int) else self.ngrams
        if isinstance(self.ngrams, tuple) and min(self.ngrams, default=1) < 1:
            raise bad_argument("ngrams", fmt("must be positive, got {}", quote_value(lengths)))
        if self.split is not None:
            return self._traced_words(x, env)
        dims = x.dims
        if self.ngrams is not None:
            dims = (*dims[:-1], Dim("tokens"))
        if self.mode != "int":
            return self.look_up(dims, env)
        length = self.output_sequence_length
        if length is not None:
            last = dims[-1]
            if self.ragged:
                length_or_less: Size = min(last, length) if isinstance(last, int) else last
                dims = (*dims[:-1], length_or_less)
            else:
                dims = (*dims[:-1], length)
        return TensorSpec(dims, "int64")

    def _traced_words(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if x.rank > 1 and x.dims[-1] != 1:
            raise Violation(
                "wrong-rank" if x.rank > 2 else "shape-mismatch",
                fmt(
                    "splits one text per sample inside a Pipeline: expected input of shape (1), got {}", show(x.sample)
                ),
                anchor="layer",
                help=fmt("write {} for texts that are already split", Setting("split", NONE)),
            )
        texts = x.dims if x.rank == 1 else x.dims[:-1]
        if self.split == "whitespace" and len(texts) == 1:
            # Splitting by whitespace loses the batch size.
            texts = (BATCH,)
        tokens = Dim("tokens")
        if self.mode == "int":
            length = self.output_sequence_length if not self.ragged else None
            return TensorSpec((*texts, tokens if length is None else length), "int64")
        self.check_known()
        dtype = "float32" if self.mode == "tf_idf" else "int64"
        if self.mode == "one_hot":
            if self.sparse:
                raise conflict(
                    "sparse",
                    fmt("{} is not supported with one vector per word inside a Pipeline", Setting("sparse", True)),
                    help="remove sparse",
                )
            return TensorSpec((*texts, tokens, self.depth()), dtype)
        if self.mode == "tf_idf":
            self.look_up((BATCH, 2) if len(texts) == 1 else (BATCH, 2, 2), env)
        if self.sparse and len(texts) > 1:
            return self.look_up((BATCH, 2, 2), env)
        batch = texts[0] if len(texts) == 1 and not self.sparse else BATCH
        return TensorSpec((batch, *(Dim() for _ in texts[1:]), self.depth()), dtype)

    @property
    def token_count(self) -> int | None:
        return 2 + len(self.vocabulary) if isinstance(self.vocabulary, list) else None
