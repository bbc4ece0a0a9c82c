"""IntegerLookup, StringLookup and TextVectorization: categories and words to numbers or vectors.

A vocabulary is given or learnt by `adapt`; Keras keeps it in a table, not in weights, and does not miss it before data
arrives. A vocabulary file is not opened here, so how many words it holds stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from seqspec.catalog.arguments import arg
from seqspec.catalog.environment import Environment
from seqspec.catalog.kinds import Boolean, Choice, Either, Integer, ListOf, Number, Optional, Text, show_value
from seqspec.catalog.layer import Layer
from seqspec.catalog.layers.preprocessing import check_sparse
from seqspec.diagnostics.problem import Problem
from seqspec.shapes.categories import bag_shape, one_hot_shape
from seqspec.shapes.dims import Dim, Shape, Size
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


class _Table(NamedTuple):
    """A table from a vocabulary to numbers, as Keras makes it when the layer is constructed."""

    vocabulary: Sequence[Any] | str | None
    output_mode: str
    mask_token: Any
    oov_token: Any
    num_oov_indices: int
    max_tokens: int | None
    pad_to_max_tokens: bool
    idf_weights: Sequence[float] | None
    sparse: bool
    invert: bool = False

    @property
    def mode(self) -> str:
        """The mode by its present name."""
        return {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(self.output_mode, self.output_mode)

    @property
    def special(self) -> int:
        """How many numbers are taken before the vocabulary begins."""
        return self.num_oov_indices + (self.mask_token is not None and self.mode == "int")

    def check(self) -> None:
        """Raises the `Problem` for what Keras refuses."""
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise Problem(
                "conflicting-arguments",
                "pad_to_max_tokens = true needs max_tokens, the size to pad to",
                path=("pad_to_max_tokens",),
                help="add max_tokens",
            )
        if self.invert and self.mode != "int":
            raise Problem(
                "conflicting-arguments",
                f'invert = true turns numbers back into the vocabulary and needs output_mode "int", got "{self.mode}"',
                path=("output_mode",),
                help="remove output_mode or invert",
            )
        check_sparse(self.sparse, self.mode)
        if self.idf_weights is not None and self.mode != "tf_idf":
            raise Problem(
                "conflicting-arguments",
                f'idf_weights needs output_mode "tf_idf", got "{self.mode}"',
                path=("idf_weights",),
                help='remove idf_weights, or write output_mode = "tf_idf"',
            )
        if self.vocabulary is None:
            return
        if self.mode == "tf_idf" and self.idf_weights is None:
            raise Problem(
                "conflicting-arguments",
                'vocabulary with output_mode "tf_idf" needs idf_weights beside it',
                path=("vocabulary",),
                help="add idf_weights, one number a word, or remove vocabulary and let adapt learn both",
            )
        if isinstance(self.vocabulary, str):
            if self.mode == "tf_idf":
                raise Problem(
                    "conflicting-arguments",
                    'vocabulary needs a list with output_mode "tf_idf": Keras reads no file there',
                    path=("vocabulary",),
                )
            return
        self._check_words(self.vocabulary)

    def _check_words(self, vocabulary: Sequence[Any]) -> None:
        if not vocabulary:
            raise Problem(
                "bad-value",
                "vocabulary is empty",
                path=("vocabulary",),
                help="remove vocabulary: adapt learns it, or list its words",
            )
        start = self._words_begin(vocabulary)
        if start == len(vocabulary):
            raise Problem(
                "bad-value",
                f"vocabulary holds only the tokens that stand for masked and unknown values: {_shown(vocabulary)}",
                path=("vocabulary",),
            )
        first: dict[Any, int] = {}
        for index, word in enumerate(vocabulary[start:], start):
            # NumPy drops zero characters at the end of a string.
            word = word.rstrip("\0") if isinstance(word, str) else word
            if word in first:
                raise Problem(
                    "bad-value",
                    f"vocabulary needs each entry once, but {_shown(word)} stands at {first[word]} and at {index}",
                    path=("vocabulary", index),
                    related=[(("vocabulary", first[word]), "first here")],
                )
            first[word] = index
        self._check_reserved("mask_token", self.mask_token, first)
        if self.invert:
            self._check_reserved("oov_token", self.oov_token, first)
        size = self.special + len(vocabulary) - start
        if self.max_tokens is not None and size > self.max_tokens:
            raise Problem(
                "conflicting-arguments",
                f"max_tokens is {self.max_tokens}, but the vocabulary makes {size} tokens"
                + (f", {self.special} of them for masked and unknown values" if self.special else ""),
                path=("max_tokens",),
                label=f"needs at least {size}",
            )
        if self.idf_weights is not None and len(self.idf_weights) != len(vocabulary):
            raise Problem(
                "conflicting-arguments",
                f"idf_weights needs one number an entry of vocabulary: {len(vocabulary)}, got {len(self.idf_weights)}",
                path=("idf_weights",),
            )

    def _words_begin(self, vocabulary: Sequence[Any]) -> int:
        """Where the words begin: behind the special tokens, where a vocabulary begins with exactly these."""
        if len(vocabulary) < self.special:
            return 0
        masks = self.special - self.num_oov_indices
        tokens = [self.mask_token] * masks + [self.oov_token] * self.num_oov_indices
        return self.special if list(vocabulary[: self.special]) == tokens else 0

    def _check_reserved(self, name: str, token: Any, words: dict[Any, int]) -> None:
        if token is None or token not in words:
            return
        masks = [self.mask_token] * (self.special - self.num_oov_indices)
        special = [*masks, *[self.oov_token] * min(self.num_oov_indices, 8)]
        raise Problem(
            "bad-value",
            f"vocabulary holds {_shown(token)}, which is the {name}, at {words[token]}",
            path=("vocabulary", words[token]),
            help=f"remove it; a vocabulary that names such tokens begins with exactly {_shown(special)}"
            if special
            else "remove it",
        )

    def depth(self) -> Size:
        """The size of a vector; unknown while the vocabulary is."""
        if self.pad_to_max_tokens:
            assert self.max_tokens is not None
            return self.max_tokens
        if self.vocabulary is None or isinstance(self.vocabulary, str):
            # Keras surprise: max_tokens without pad_to_max_tokens fixes no size before adapt, and a file may exceed it.
            return Dim("vocabulary")
        return self.special + len(self.vocabulary) - self._words_begin(self.vocabulary)

    def encode(self, dims: Shape, env: Environment) -> TensorSpec:
        """What the table makes of a tensor with these sizes."""
        # Keras surprise: with `invert` too it is int64 that is reported, though the vocabulary comes back.
        if self.mode == "int":
            return TensorSpec(dims, "int64")
        if env.keras < (3, 14):
            return TensorSpec((dims[0], self.depth()), "float32")
        # Keras surprise: of samples without axes, all but "one_hot" take the batch for the categories.
        encode = one_hot_shape if self.mode == "one_hot" else bag_shape
        return TensorSpec(encode(dims, self.depth()), "float32")


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else show_value(value)


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
            raise Problem(
                "conflicting-arguments",
                "invert = true needs an oov_token, what an unknown number is turned into",
                path=("oov_token",),
                help="remove oov_token",
            )

    def compute_dtype(self, env: Environment) -> str:
        return self._key_dtype

    def variable_dtype(self, env: Environment) -> str:
        return self._key_dtype

    @property
    def _table(self) -> _Table:
        return _Table(
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

    def cast(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return x

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return self._table.encode(x.dims, env)


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
            raise Problem(
                "conflicting-arguments",
                f'salt needs oov_method "farmhash", got "{self.oov_method}"',
                path=("salt",),
                help='add oov_method = "farmhash", or remove salt',
            )
        super().check()
        if self.invert and self.oov_token is not None:
            try:
                _INT64.read(self.oov_token)
            except Problem as problem:
                problem.message = f"oov_token {problem.message}"
                raise problem.within("oov_token")


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
                    raise Problem(
                        "conflicting-arguments",
                        f'{name} needs output_mode "int", got "{table.mode}"',
                        path=(name,),
                        help=f"remove {name}: each text becomes one vector",
                    )
        table.check()

    def compute_dtype(self, env: Environment) -> str:
        return "string"

    def variable_dtype(self, env: Environment) -> str:
        return "string"

    @property
    def _table(self) -> _Table:
        return _Table(
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

    def cast(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return x

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        # Keras surprise: texts in several columns, and tensors that are no text, pass until data arrives.
        table = self._table
        if table.mode == "int":
            length: Size = Dim("tokens") if self.output_sequence_length is None else self.output_sequence_length
            return TensorSpec((x.dims[0], length), "int64")
        # Keras surprise: the column of shape [1] is reported as an axis of its own, though it goes away.
        if self.split is not None:
            return table.encode((*x.dims, Dim("tokens")), env)
        return table.encode(x.dims if x.rank > 1 else (*x.dims, 1), env)
