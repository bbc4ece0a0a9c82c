"""The base class of layers with a vocabulary: its tokens, those for masked and unknown values, and their indices."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import Field

from seqspec.core.catalog.keras_object import bad_argument, conflict
from seqspec.core.catalog.layer import VOCABULARY_SIZE, InferenceContext, Layer
from seqspec.core.catalog.layers.encoding import check_sparse, encoded
from seqspec.core.catalog.traits import Casting, Variables
from seqspec.core.catalog.types import Maybe, NeutralBool
from seqspec.core.diagnostics.message import InputShape, Setting, TableName, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import bag_shape, one_hot_shape
from seqspec.core.shapes.tensor import Dim, Shape, Size, TensorSpec


class VocabularyLayer(Layer):
    """A layer with a table from a vocabulary to indices, as created by its constructor."""

    variables = Variables(adapted="vocabulary")
    traits = frozenset({"tensorflow_only", "token_index"})
    casting = Casting(floats=False)

    max_tokens: Maybe[Annotated[int, Ge(2)]] = Field(
        default=None, description="Maximum vocabulary size, including special tokens."
    )
    output_mode: Literal["int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf"] = Field(
        default="int", description="Output: indices (int), or vectors: one_hot, multi_hot, count or tf_idf."
    )
    sparse: NeutralBool = Field(default=False, description="Whether the output vectors are sparse tensors.")
    pad_to_max_tokens: bool = Field(
        default=False, description="Whether to pad output vectors to max_tokens for a smaller vocabulary."
    )

    vocabulary: Any
    idf_weights: Any

    @property
    def reserved(self) -> tuple[object, object, int]:
        """The token for masked values, that for unknown ones, and the number of indices for unknown ones."""
        raise NotImplementedError

    @property
    def maps_back(self) -> bool:
        """Whether it maps indices to the vocabulary."""
        return False

    @property
    def mode(self) -> str:
        """The output mode by its current name."""
        return {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(self.output_mode, self.output_mode)

    @property
    def _special(self) -> int:
        """The number of indices reserved before the vocabulary."""
        mask, _, unknown = self.reserved
        return unknown + (mask is not None and self.mode == "int")

    def check_arguments(self) -> None:
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise conflict(
                "pad_to_max_tokens",
                fmt("{} requires max_tokens, the size to pad to", Setting("pad_to_max_tokens", True)),
                help="add max_tokens",
            )
        if self.maps_back and self.mode != "int":
            raise conflict(
                "output_mode",
                f'invert = true maps indices back to the vocabulary and requires output_mode "int", got "{self.mode}"',
                help="remove output_mode or invert",
            )
        check_sparse(self.sparse, self.mode)
        if self.idf_weights is not None and self.mode != "tf_idf":
            raise conflict(
                "idf_weights",
                f'idf_weights requires output_mode "tf_idf", got "{self.mode}"',
                help=fmt("remove idf_weights, or write {}", Setting("output_mode", "tf_idf")),
            )
        if self.vocabulary is None:
            return
        if self.mode == "tf_idf" and self.idf_weights is None:
            raise conflict(
                "vocabulary",
                'vocabulary with output_mode "tf_idf" requires idf_weights',
                help="add idf_weights, one per vocabulary entry, or remove vocabulary and let adapt() compute both",
            )
        if isinstance(self.vocabulary, str):
            if self.mode == "tf_idf":
                raise conflict(
                    "vocabulary", 'vocabulary must be a list with output_mode "tf_idf": Keras does not read a file here'
                )
            return
        self._check_words(self.vocabulary)

    def _check_words(self, vocabulary: Sequence[object]) -> None:
        if not vocabulary:
            raise bad_argument(
                "vocabulary", "is empty", help="remove vocabulary, so that adapt() computes it, or list its words"
            )
        start = self._words_begin(vocabulary)
        if start == len(vocabulary):
            raise bad_argument("vocabulary", f"contains only the mask and OOV tokens: {_shown(vocabulary)}")
        first: dict[object, int] = {}
        for index, term in enumerate(vocabulary[start:], start):
            if term in first:
                raise Violation(
                    "bad-value",
                    f"vocabulary must not contain duplicates, but {_shown(term)} is at index {first[term]} and {index}",
                    path=("vocabulary", index),
                    related=[(("vocabulary", first[term]), "first occurrence")],
                )
            first[term] = index
        mask, oov, _ = self.reserved
        self._check_reserved("mask_token", mask, first)
        if self.maps_back:
            self._check_reserved("oov_token", oov, first)
        size = self._special + len(vocabulary) - start
        if self.max_tokens is not None and size > self.max_tokens:
            raise conflict(
                "max_tokens",
                fmt("max_tokens is {}, but the vocabulary has {} tokens", self.max_tokens, size)
                + (f", including {self._special} mask and OOV tokens" if self._special else ""),
                label=fmt("needs at least {}", size),
            )
        if self.idf_weights is not None and len(self.idf_weights) != len(vocabulary):
            raise conflict(
                "idf_weights",
                fmt(
                    "idf_weights must have one number for each of the {} vocabulary entries, got {}",
                    len(vocabulary),
                    len(self.idf_weights),
                ),
            )

    def _words_begin(self, vocabulary: Sequence[object]) -> int:
        """The index of the first word: after the special tokens if the vocabulary starts with exactly these."""
        if len(vocabulary) < self._special:
            return 0
        mask, oov, unknown = self.reserved
        tokens = [mask] * (self._special - unknown) + [oov] * unknown
        return self._special if list(vocabulary[: self._special]) == tokens else 0

    def _check_reserved(self, name: str, token: object, indices: dict[object, int]) -> None:
        if token is None or token not in indices:
            return
        mask, oov, unknown = self.reserved
        special = [mask] * (self._special - unknown) + [oov] * min(unknown, 8)
        raise Violation(
            "bad-value",
            f"vocabulary contains the {name} {_shown(token)} at index {indices[token]}",
            path=("vocabulary", indices[token]),
            help=f"remove it; a vocabulary that includes special tokens must begin with exactly {_shown(special)}"
            if special
            else "remove it",
        )

    def depth(self) -> Size:
        """The size of a vector; unknown as long as the vocabulary is."""
        if self.pad_to_max_tokens:
            assert self.max_tokens is not None
            return self.max_tokens
        if self.vocabulary is None or isinstance(self.vocabulary, str):
            # Keras surprise: max_tokens without pad_to_max_tokens fixes no size before adapt, and a file may exceed it.
            return Dim(VOCABULARY_SIZE)
        return self._special + len(self.vocabulary) - self._words_begin(self.vocabulary)

    def encode(self, dims: Shape, env: InferenceContext) -> TensorSpec:
        """The output for a tensor of this shape, as reported by shape inference."""
        # Keras surprise: int64 is reported even with `invert`, which returns words of the vocabulary.
        if self.mode == "int":
            return TensorSpec(dims, "int64")
        if env.keras < (3, 14):
            return TensorSpec((dims[0], self.depth()), "float32")
        # Keras surprise: for scalar samples, all modes but "one_hot" treat the batch as the categories.
        encode = one_hot_shape if self.mode == "one_hot" else bag_shape
        return TensorSpec(encode(dims, self.depth()), "float32")

    def look_up(self, dims: Shape, env: InferenceContext) -> TensorSpec:
        """The output for a tensor of this shape when Keras runs the layer."""
        if self.mode == "int":
            return TensorSpec(dims, "int64")
        self.check_known()
        if self.mode != "tf_idf":
            return encoded(dims, self.mode, self.depth(), "int64", self.sparse)
        depth = self.depth()
        if self.vocabulary is None and len(self.idf_weights or ()) not in (1, depth):
            raise Violation(
                "conflicting-arguments",
                fmt("requires {} idf_weights inside a Pipeline, got {}", depth, len(self.idf_weights or ())),
                path=("idf_weights",) if self.idf_weights is not None else (),
                anchor="value" if self.idf_weights is not None else "layer",
            )
        if self.sparse and len(dims) > 1:
            raise conflict(
                "sparse",
                'sparse = true is not supported with output_mode "tf_idf" inside a Pipeline',
                help="remove sparse",
            )
        return encoded(dims, "count", depth, "int64", self.sparse)._replace(dtype="float32")

    def check_known(self) -> None:
        """Raises a `Violation` if vectors are requested before the size of the vocabulary is known."""
        if self.vocabulary is None and not self.pad_to_max_tokens:
            raise conflict(
                "output_mode",
                f'output_mode "{self.mode}" requires a vocabulary inside a Pipeline, where adapt() is not available',
                help=fmt("add vocabulary, or max_tokens and {}", Setting("pad_to_max_tokens", True)),
            )

    def require_text(self, x: TensorSpec) -> None:
        """Raises a `Violation` for an input that is not text."""
        if x.dtype != "string":
            raise Violation(
                "wrong-dtype",
                f"expects text (dtype string), got dtype {x.dtype}",
                anchor="layer",
                label="expects text",
                help=fmt("write {} in {}", InputShape([...], {"dtype": "string"}), TableName(("model",))),
            )


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else quote_value(value)
