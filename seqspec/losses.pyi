# The classes of `seqspec.losses`, for type checkers and editors. Written by scripts/generate.
# fmt: off
from seqspec.core.catalog.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from seqspec.core.catalog.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from seqspec.core.catalog.losses.crossentropy import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from seqspec.core.catalog.losses.hinge import CategoricalHinge as CategoricalHinge
from seqspec.core.catalog.losses.hinge import Hinge as Hinge
from seqspec.core.catalog.losses.hinge import SquaredHinge as SquaredHinge
from seqspec.core.catalog.losses.probabilistic import CTC as CTC
from seqspec.core.catalog.losses.probabilistic import KLDivergence as KLDivergence
from seqspec.core.catalog.losses.probabilistic import Poisson as Poisson
from seqspec.core.catalog.losses.regression import CosineSimilarity as CosineSimilarity
from seqspec.core.catalog.losses.regression import Huber as Huber
from seqspec.core.catalog.losses.regression import LogCosh as LogCosh
from seqspec.core.catalog.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from seqspec.core.catalog.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from seqspec.core.catalog.losses.regression import MeanSquaredError as MeanSquaredError
from seqspec.core.catalog.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from seqspec.core.catalog.losses.similarity import Circle as Circle
from seqspec.core.catalog.losses.similarity import Dice as Dice
from seqspec.core.catalog.losses.similarity import Tversky as Tversky
from seqspec.core.catalog.losses.weighted_crossentropy import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from seqspec.core.catalog.losses.weighted_crossentropy import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from seqspec.core.catalog.losses.weighted_crossentropy import CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy
