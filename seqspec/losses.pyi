# The classes of `seqspec.losses`, for type checkers and editors. Written by scripts/generate.
# fmt: off
from seqspec.catalog.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from seqspec.catalog.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from seqspec.catalog.losses.crossentropy import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from seqspec.catalog.losses.hinge import CategoricalHinge as CategoricalHinge
from seqspec.catalog.losses.hinge import Hinge as Hinge
from seqspec.catalog.losses.hinge import SquaredHinge as SquaredHinge
from seqspec.catalog.losses.probabilistic import CTC as CTC
from seqspec.catalog.losses.probabilistic import KLDivergence as KLDivergence
from seqspec.catalog.losses.probabilistic import Poisson as Poisson
from seqspec.catalog.losses.regression import CosineSimilarity as CosineSimilarity
from seqspec.catalog.losses.regression import Huber as Huber
from seqspec.catalog.losses.regression import LogCosh as LogCosh
from seqspec.catalog.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from seqspec.catalog.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from seqspec.catalog.losses.regression import MeanSquaredError as MeanSquaredError
from seqspec.catalog.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from seqspec.catalog.losses.similarity import Circle as Circle
from seqspec.catalog.losses.similarity import Dice as Dice
from seqspec.catalog.losses.similarity import Tversky as Tversky
from seqspec.catalog.losses.weighted_crossentropy import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from seqspec.catalog.losses.weighted_crossentropy import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from seqspec.catalog.losses.weighted_crossentropy import CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy
