"""IntegerLookup, StringLookup and TextVectorization: categories and words to numbers or vectors.

A vocabulary is given or learnt by `adapt`; Keras keeps it in a table, not in weights, and does not miss it before data
arrives. A vocabulary file is not opened here, so how many words it holds stays unknown.
"""

from __future__ import annotations

from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.kinds import Boolean, Choice, Either, Integer, ListOf, Number, Optional, Text, show_value
from seqspec.catalog.layer import Layer
from seqspec.catalog.layers.lookup_table import Table
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import BATCH, Dim, Size, show
from seqspec.shapes.tensor import TensorSpec

_INT64 = Integer(minimum=-(2**63), maximum=2**63 - 1)
_MODE = Choice("int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf")
_MODE_DOC = "Numbers, or vectors made of them: one_hot, multi_hot, count or tf_idf."
_FILE = Text("the path of a vocabulary file", neutral=False)
_WORDS = Optional(Either(ListOf(Text("a word")), _FILE))
_IDF = Optional(ListOf(Number(neutral=True)))

_MASK_WORD = ""
_OOV_WORD = "[UNK]"


class _Lengths(ListOf):
    """Lengths of runs of words, which Keras takes as a tuple only."""

    def __init__(self) -> None:
        super().__init__(Integer())

    def read(self, value: Any) -> Any:
        return tuple(super().read(value))


class _Lookup(Layer):
    """What the two lookup layers share."""

    without = ("activity_regularizer", "autocast")

    max_tokens: int | None = arg(
        Optional(Integer(minimum=2)), "Most tokens that the vocabulary may have, special ones included.", default=None
    )
    num_oov_indices: int = arg(Integer(minimum=0), "How many numbers stand for unknown values.", default=1)
    idf_weights: list[float] | None = arg(_IDF, "Inverse document frequency of each entry.", default=None)
    invert: bool = arg(Boolean(), "Whether numbers are turned back into the vocabulary.", default=False)
    output_mode: str = arg(_MODE, _MODE_DOC, default="int")
    sparse: bool = arg(Boolean(neutral=True), "Whether vectors are sparse tensors.", default=False)
    pad_to_max_tokens: bool = arg(
        Boolean(), "Whether vectors have max_tokens places however small the vocabulary.", default=False
    )
    # Keras surprise: the constructor throws this away unread.
    dtype: str | None = arg(Optional(Text("a dtype policy")), "Without effect on this layer.", default=None)

    vocabulary: Any
    mask_token: Any
    oov_token: Any
    _key_dtype = "string"

    def check(self) -> None:
        self._table.check()
        if self.invert and self.oov_token is None:
            raise Violation(
                "conflicting-arguments",
                "invert = true needs an oov_token, what an unknown number is turned into",
                path=("oov_token",),
                help="remove oov_token",
            )

    def compute_dtype(self, env: InferenceContext) -> str:
        return self._key_dtype

    def variable_dtype(self, env: InferenceContext) -> str:
        return self._key_dtype

    @property
    def _table(self) -> Table:
        return Table(
            self.vocabulary,
            self.output_mode,
            self.mask_token,
            self.oov_token,
            self.num_oov_indices,
            self.max_tokens,
            self.pad_to_max_tokens,
            self.idf_weights,
            self.sparse,
            self.invert,
        )

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return x

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return self._table.encode(x.dims, env)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        y = self._table.look_up(x.dims, env)
        return y._replace(dtype=self._key_dtype) if self.invert else y


class IntegerLookup(_Lookup):
    """Turns whole numbers into the indices of a vocabulary."""

    _key_dtype = "int64"

    mask_token: int | None = arg(Optional(_INT64), "Number that stands for a masked value.", default=None)
    oov_token: int | None = arg(Optional(Integer()), "What an unknown index is turned back into.", default=-1)
    vocabulary: Any = arg(
        Optional(Either(ListOf(_INT64), _FILE)), "The numbers, or the path of a file with one a line.", default=None
    )
    vocabulary_dtype: str = arg(Choice("int64"), "Dtype of the vocabulary.", default="int64")
    oov_method: str = arg(
        Choice("floormod", "farmhash", neutral=True),
        "How unknown numbers are spread over several indices.",
        default="floormod",
        since="3.14",
    )
    salt: Any = arg(
        Optional(Either(Integer(), ListOf(Integer(), 2, 2))),
        "One or two numbers that make another hash.",
        default=None,
        since="3.14",
    )

    def check(self) -> None:
        if self.salt is not None and self.oov_method != "farmhash":
            raise Violation(
                "conflicting-arguments",
                f'salt needs oov_method "farmhash", got "{self.oov_method}"',
                path=("salt",),
                help='add oov_method = "farmhash", or remove salt',
            )
        super().check()
        if self.invert and self.oov_token is not None:
            try:
                _INT64.read(self.oov_token)
            except Violation as violation:
                violation.message = f"oov_token {violation.message}"
                raise violation.prefixed("oov_token")


class StringLookup(_Lookup):
    """Turns words into the indices of a vocabulary."""

    mask_token: str | None = arg(
        Optional(Text("a word", neutral=False)), "Word that stands for a masked value.", default=None
    )
    oov_token: str | None = arg(
        Optional(Text("a word", neutral=False)), "What an unknown index is turned back into.", default=_OOV_WORD
    )
    vocabulary: Any = arg(_WORDS, "The words, or the path of a file with one a line.", default=None)
    # Keras surprise: an encoding that does not exist passes until the vocabulary is read back.
    encoding: str = arg(Text("a text encoding"), "Encoding of the words.", default="utf-8")
    salt: Any = arg(
        Optional(Either(Integer(), ListOf(Integer(), 2, 2))),
        "One or two numbers that make another hash.",
        default=None,
        since="3.14",
    )


class TextVectorization(Layer):
    """Splits texts into words and turns these into numbers or vectors."""

    max_tokens: int | None = arg(
        Optional(Integer(minimum=2)), "Most tokens that the vocabulary may have, special ones included.", default=None
    )
    standardize: str | None = arg(
        Optional(Choice("lower_and_strip_punctuation", "lower", "strip_punctuation", neutral=True)),
        "What is done to a text before it is split.",
        default="lower_and_strip_punctuation",
    )
    split: str | None = arg(
        Optional(Choice("whitespace", "character")),
        "Where a text is split; none where it is one.",
        default="whitespace",
    )
    # Keras surprise: lengths of 0 and below pass until data arrives.
    ngrams: Any = arg(
        Optional(Either(Integer(), _Lengths())),
        "Longest run of words that becomes a token too, or the lengths of the runs that become tokens.",
        default=None,
    )
    output_mode: str = arg(_MODE, _MODE_DOC, default="int")
    output_sequence_length: int | None = arg(
        Optional(Integer(minimum=0)), "Number of tokens that each text is cut or padded to.", default=None
    )
    pad_to_max_tokens: bool = arg(
        Boolean(), "Whether vectors have max_tokens places however small the vocabulary.", default=False
    )
    vocabulary: Any = arg(_WORDS, "The words, or the path of a file with one a line.", default=None)
    idf_weights: list[float] | None = arg(_IDF, "Inverse document frequency of each word.", default=None)
    sparse: bool = arg(Boolean(neutral=True), "Whether vectors are sparse tensors.", default=False)
    ragged: bool = arg(Boolean(neutral=True), "Whether texts keep their own numbers of tokens.", default=False)
    encoding: str = arg(Text("a text encoding"), "Encoding of the words.", default="utf-8")

    def check(self) -> None:
        table = self._table
        if table.mode != "int":
            for name, given in (
                ("output_sequence_length", self.output_sequence_length is not None),
                ("ragged", self.ragged),
            ):
                if given:
                    raise Violation(
                        "conflicting-arguments",
                        f'{name} needs output_mode "int", got "{table.mode}"',
                        path=(name,),
                        help=f"remove {name}: each text becomes one vector",
                    )
        table.check()

    def compute_dtype(self, env: InferenceContext) -> str:
        return "string"

    def variable_dtype(self, env: InferenceContext) -> str:
        return "string"

    @property
    def _table(self) -> Table:
        return Table(
            self.vocabulary,
            self.output_mode,
            _MASK_WORD,
            _OOV_WORD,
            1,
            self.max_tokens,
            self.pad_to_max_tokens,
            self.idf_weights,
            self.sparse,
        )

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return x

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: texts in several columns, and tensors that are no text, pass until data arrives.
        table = self._table
        if table.mode == "int":
            length: Size = Dim("tokens") if self.output_sequence_length is None else self.output_sequence_length
            return TensorSpec((x.dims[0], length), "int64")
        # Keras surprise: the column of shape [1] is reported as an axis of its own, though it goes away.
        if self.split is not None:
            return table.encode((*x.dims, Dim("tokens")), env)
        return table.encode(x.dims if x.rank > 1 else (*x.dims, 1), env)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        table = self._table
        lengths = (self.ngrams,) if isinstance(self.ngrams, int) else self.ngrams
        if isinstance(self.ngrams, tuple) and min(self.ngrams, default=1) < 1:
            raise Violation("bad-value", f"ngrams needs positive lengths, got {show_value(lengths)}", path=("ngrams",))
        if self.split is not None:
            return self._traced_words(x, table, env)
        dims = x.dims
        if self.ngrams is not None:
            dims = (*dims[:-1], Dim("tokens"))
        if table.mode != "int":
            return table.look_up(dims, env)
        length = self.output_sequence_length
        if length is not None:
            last = dims[-1]
            if self.ragged:
                length_or_less: Size = min(last, length) if isinstance(last, int) else last
                dims = (*dims[:-1], length_or_less)
            else:
                dims = (*dims[:-1], length)
        return TensorSpec(dims, "int64")

    def _traced_words(self, x: TensorSpec, table: Table, env: InferenceContext) -> TensorSpec:
        if x.rank > 1 and x.dims[-1] != 1:
            raise Violation(
                "wrong-rank" if x.rank > 2 else "shape-mismatch",
                f"splits one text a sample inside a Pipeline: needs (1), but {show(x.sample)} arrives",
                anchor="layer",
                help='write split = "none" for texts that are words already',
            )
        texts = x.dims if x.rank == 1 else x.dims[:-1]
        if self.split == "whitespace" and len(texts) == 1:
            # Splitting by whitespace forgets the size of a batch of texts.
            texts = (BATCH,)
        tokens = Dim("tokens")
        if table.mode == "int":
            length = self.output_sequence_length if not self.ragged else None
            return TensorSpec((*texts, tokens if length is None else length), "int64")
        table.check_known()
        dtype = "float32" if table.mode == "tf_idf" else "int64"
        if table.mode == "one_hot":
            if table.sparse:
                raise Violation(
                    "conflicting-arguments",
                    "sparse = true does not go with one vector a word inside a Pipeline",
                    path=("sparse",),
                    help="remove sparse",
                )
            return TensorSpec((*texts, tokens, table.depth()), dtype)
        if table.mode == "tf_idf":
            table.look_up((BATCH, 2) if len(texts) == 1 else (BATCH, 2, 2), env)
        if table.sparse and len(texts) > 1:
            return table.look_up((BATCH, 2, 2), env)
        batch = texts[0] if len(texts) == 1 and not table.sparse else BATCH
        return TensorSpec((batch, *(Dim() for _ in texts[1:]), table.depth()), dtype)
