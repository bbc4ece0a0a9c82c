"""The only table of rules: code, name, severity and one line each.

Families: `SEQ0xx` document, `1xx` names, types and values, `2xx` shapes, `3xx` head, target, loss and metrics,
`4xx` architecture, `5xx` training, `6xx` data and base models, `7xx` cost, `8xx` portability and security.
"""

from __future__ import annotations

from seqspec.diagnostics.code import Code

_TABLE = [
    # The document
    Code("SEQ001", "syntax-error", "error", "The text is not valid TOML or JSON."),
    Code("SEQ002", "unreadable-file", "error", "The file cannot be read as UTF-8 text."),
    Code("SEQ003", "duplicate-key", "error", "A key stands twice in one table."),
    Code("SEQ004", "over-limit", "error", "The document is larger, deeper or longer than the caller allows."),
    Code("SEQ005", "not-finite", "error", "NaN and Infinity are no numbers of the language."),
    Code("SEQ006", "bad-version", "error", "The key `seqspec` is missing or names no known version."),
    Code("SEQ007", "keras-config", "error", "The file is Keras's own to_json(), not a seqspec document."),
    Code("SEQ008", "bad-configuration", "error", "The project's configuration of seqspec cannot be used."),
    Code("SEQ009", "plugin-fault", "error", "A rule or layer of another package cannot be used."),
    Code("SEQ010", "unknown-key", "error", "A key that the language does not know."),
    Code("SEQ011", "missing-key", "error", "A key that must be there is not."),
    Code("SEQ012", "misplaced-key", "error", "A known key stands in the wrong table."),
    Code("SEQ020", "unknown-variable", "error", "A reference to a variable or parameter that is not declared."),
    Code("SEQ021", "bad-reference", "error", "A reference that cannot be read, or takes what is not there."),
    Code("SEQ022", "unused-declaration", "warning", "A variable, parameter, block or custom class that nothing uses."),
    Code("SEQ023", "unknown-block", "error", "`use` names no block of the document."),
    Code("SEQ024", "cycle", "error", "Blocks, variables or documents that need themselves."),
    Code("SEQ025", "bad-repetition", "error", "`repeat` or `for` cannot be carried out."),
    Code("SEQ026", "bad-extends", "error", "The document named by `extends` cannot be used."),
    Code("SEQ027", "bad-override", "error", "An override or a `--set` names no value of the document."),
    Code("SEQ030", "unused-suppression", "warning", "A suppression of findings that there are none of."),
    Code("SEQ031", "bad-suppression", "warning", "A suppression that cannot be read, or names no rule."),
    Code("SEQ040", "not-followed", "info", "Code that is not followed, so that a model is checked in part."),
    Code("SEQ041", "unknown-value", "info", "A value that a program does not state, left out of the check."),
    # Names, types and values
    Code("SEQ101", "unknown-layer", "error", "No Keras layer has this name."),
    Code("SEQ102", "unknown-argument", "error", "The class has no such argument."),
    Code("SEQ103", "missing-argument", "error", "A required argument is not given."),
    Code("SEQ104", "wrong-type", "error", "A value of the wrong type."),
    Code("SEQ105", "bad-value", "error", "A value of the right type that Keras refuses."),
    Code("SEQ106", "unknown-name", "error", "No activation, initializer, loss, ... has this name."),
    Code("SEQ107", "bad-shorthand", "error", 'A shorthand such as "l2(0.01)" that cannot be read.'),
    Code("SEQ108", "unsupported-layer", "error", "A layer that a Sequential model as data cannot hold."),
    Code(
        "SEQ109", "newer-keras", "error", "An argument or class that came with a later Keras than the document names."
    ),
    Code("SEQ110", "duplicate-name", "error", "Two layers of one model have the same name."),
    Code("SEQ111", "bad-name", "error", "A name that Keras cannot use."),
    Code("SEQ112", "conflicting-arguments", "error", "Arguments that Keras refuses together."),
    Code("SEQ113", "bad-layer-entry", "error", "An entry of `layers` that is no layer."),
    Code("SEQ114", "bad-custom", "error", "A custom class whose declaration or use is wrong."),
    Code("SEQ115", "policy", "error", "The document breaks a rule of the house's own policy schema."),
    Code("SEQ116", "bad-keras-range", "error", "The key `keras` names no supported version."),
    Code("SEQ117", "unsupported-class", "error", "A class of Keras that a document cannot hold."),
    Code("SEQ118", "deprecated-argument", "warning", "An argument of an older Keras that is still read."),
    # Shapes
    Code("SEQ201", "missing-input", "error", "The model has no input shape."),
    Code("SEQ202", "bad-input", "error", "The input shape or dtype cannot be used."),
    Code("SEQ210", "wrong-rank", "error", "A layer gets a tensor with the wrong number of axes."),
    Code("SEQ211", "unknown-size", "error", "A layer needs a size that is not known."),
    Code("SEQ212", "window-too-large", "error", "A window is larger than what it slides over."),
    Code("SEQ213", "bad-reshape", "error", "A reshape that does not keep the number of elements."),
    Code("SEQ214", "channel-mismatch", "error", "The number of channels does not suit the layer."),
    Code("SEQ215", "bad-axis", "error", "An axis that the tensor does not have."),
    Code("SEQ216", "wrong-dtype", "error", "A layer gets a dtype that it cannot take."),
    Code("SEQ217", "shape-mismatch", "error", "A layer gets a shape that it cannot take."),
    Code("SEQ218", "several-outputs", "error", "A layer gives several tensors, and the next one takes one."),
]

_COUNTS = "Precision|Recall|TruePositives|TrueNegatives|FalsePositives|FalseNegatives"
_SATURATING = "hidden-sigmoid|hidden-tanh|hidden-hard_sigmoid|hidden-hard_tanh|hidden-softsign|hidden-sparse_sigmoid"
_INTEGERS = "bool|uint8|int8|uint16|int16|uint32|int32|uint64|int64"
_PATHS = "save|export|report|base-model|vocabulary|source|filepath|filename|log_dir|backup_dir|directory|root"

_HEAD = [
    Code("SEQ301", "softmax-over-one", "error", "A softmax over a single value, which is always 1.", "softmax"),
    Code(
        "SEQ302", "exclusive-loss-over-one-unit", "error", "A loss over classes on a single output.",
        "exclusive-loss one-output",
    ),
    Code(
        "SEQ303", "logits-without-from-logits", "error", "A cross-entropy of numbers without softmax or sigmoid.",
        "cross-entropy linear-head",
    ),
    Code(
        "SEQ304", "cross-entropy-of-no-probability", "error",
        "A cross-entropy of what is bounded otherwise than a probability.", "cross-entropy other-head",
    ),
    Code(
        "SEQ305", "sigmoid-for-exclusive-classes", "warning",
        "A sigmoid under a loss for classes that exclude each other.", "exclusive-loss sigmoid-head",
    ),
    Code(
        "SEQ306", "softmax-with-binary-loss", "warning", "A softmax under a loss that asks of each class by itself.",
        "binary-loss distribution-head",
    ),
    Code(
        "SEQ307", "activation-and-from-logits", "error",
        "A loss of logits, to which an activation was applied already.", "from_logits sigmoid-head|distribution-head",
    ),
    Code("SEQ308", "bounded-logits", "warning", "A loss of logits that an activation has bounded.", "from_logits"),
    Code(
        "SEQ309", "activation-twice-at-the-end", "error", "A softmax or sigmoid over bounded numbers.",
        "late-activation sigmoid-head|distribution-head",
    ),
    Code(
        "SEQ310", "softmax-with-regression-loss", "warning", "A softmax under a loss that measures distances.",
        "regression-loss|Poisson distribution-head",
    ),
    Code(
        "SEQ311", "bounded-regression-output", "warning", "An output that cannot reach every label.",
        "regression-loss",
    ),
    Code(
        "SEQ312", "regression-loss-for-classes", "warning",
        "A loss that measures distances, for labels that are classes.", "target regression-loss",
    ),
    Code(
        "SEQ313", "cross-entropy-for-numbers", "error", "A cross-entropy for labels that are real numbers.",
        "cross-entropy Regression|Reconstruction",
    ),
    Code("SEQ314", "hinge-without-margin", "warning", "A hinge loss on an output that is never below 0.", "hinge-loss"),
    Code("SEQ315", "poisson-of-negatives", "error", "The poisson loss on an output that may be below 0.", "Poisson"),
    Code(
        "SEQ316", "divergence-of-no-distribution", "warning", "A divergence of outputs that do not sum to 1.",
        "KLDivergence",
    ),
    Code("SEQ317", "summed-loss", "warning", "A loss that grows with the batch size.", "reduction"),
    Code("SEQ318", "no-loss", "error", "A model that is to be trained without a loss.", "fit without-loss"),
    Code(
        "SEQ319", "one-unit-for-several-classes", "error", "One output for labels of several classes.",
        "Multiclass one-output binary-loss|hinge-loss",
    ),
    Code(
        "SEQ320", "exclusive-loss-for-several-labels", "error", "One class a sample, where labels are of several.",
        "Multilabel compile",
    ),
    Code(
        "SEQ321", "independent-sigmoids", "warning", "A sigmoid for each class, where a sample is of exactly one.",
        "encoding binary-loss|regression-loss",
    ),
    Code("SEQ322", "labels-do-not-fit-loss", "error", "Labels in a form that the loss does not take.", "misfit"),
    Code("SEQ323", "units-do-not-match-classes", "error", "Another number of outputs than of classes.", "misfit"),
    Code(
        "SEQ324", "output-keeps-axes", "error", "An output for each place, where a label is for the whole sample.",
        "compile misfit|without-target",
    ),
    Code("SEQ325", "broadcast-loss", "error", "Labels and outputs that are repeated to fit each other.", "misfit"),
    Code("SEQ326", "output-lost-axes", "error", "One output, where labels are one for each place.", "misfit"),
    Code(
        "SEQ327", "labels-outside-loss", "warning", "A loss that fails on some of the labels.",
        "compile Regression|Reconstruction",
    ),
    Code("SEQ328", "bad-label-smoothing", "error", "A label smoothing that hides the labels.", "label_smoothing"),
    Code(
        "SEQ329", "labels-outside-classes", "error", "Labels that are none of the classes.",
        "label-range cross-entropy",
    ),
    Code("SEQ340", "metric-does-not-fit", "error", "A metric that cannot be computed from the labels.", "unfit-metric"),
    Code(
        "SEQ341", "meaningless-metric", "warning", "A metric that compares what does not belong together.",
        "unfit-metric",
    ),
    Code("SEQ342", "constant-metric", "warning", "A metric that shows the same number whatever is learned.", "compile"),
    Code(
        "SEQ343", "accuracy-of-numbers", "warning", "An accuracy on a model that predicts numbers.",
        "compile regression-loss|Regression|Reconstruction",
    ),
    Code(
        "SEQ344", "threshold-for-probabilities", "warning", "A threshold for probabilities, on logits.",
        "binary-loss from_logits",
    ),
    Code(
        "SEQ345", "accuracy-over-columns", "warning", "An accuracy that counts every column by itself.",
        "BinaryAccuracy",
    ),
    Code("SEQ346", "both-columns-counted", "warning", "Precision or recall over both of two classes.", _COUNTS),
    Code(
        "SEQ347", "repeated-metric", "info", "A metric twice, or one that hides the loss.",
        "compile name|several-metrics",
    ),
]  # fmt: skip

_ARCHITECTURE = [
    Code(
        "SEQ401", "missing-nonlinearity", "warning",
        "Two layers with weights in a row, with only linear layers between.", "unbent",
    ),
    Code("SEQ402", "linear-network", "warning", "A model of several layers that is one linear map.", "unbent"),
    Code(
        "SEQ403", "hidden-softmax", "warning", "A softmax inside the model instead of at its end.",
        "hidden-softmax|hidden-log_softmax|hidden-sparsemax",
    ),
    Code(
        "SEQ404", "double-activation", "warning", "An activation that is applied to what an activation gave.",
        "Activation|ReLU|LeakyReLU|PReLU|ELU|Softmax",
    ),
    Code(
        "SEQ405", "saturating-stack", "warning",
        "A stack of sigmoid layers through which hardly any gradient comes back.", _SATURATING,
    ),
    Code("SEQ406", "deep-plain-stack", "warning", "A deep stack of relu layers whose signal fades.", "relu|relu6"),
    Code("SEQ407", "exponential-stack", "error", "Exponentials of exponentials, which overflow.", "hidden-exponential"),
    Code("SEQ410", "constant-kernel", "error", "A kernel that starts with one value everywhere.", "kernel_initializer"),
    Code(
        "SEQ411", "kernel-scale", "info", "Start values that blow the signal up, or let it fade.",
        "linear kernel_initializer",
    ),
    Code("SEQ412", "selu-initializer", "info", "A selu layer that does not start with lecun_normal.", "selu"),
    Code(
        "SEQ413", "selu-companions", "info", "Dropout or batch normalization among selu layers.",
        "selu dropout|BatchNormalization",
    ),
    Code("SEQ414", "bias-start", "info", "A bias that starts far from zero.", "bias_initializer"),
    Code(
        "SEQ420", "recurrent-activation", "warning", "A recurrent layer whose state can grow without bound.",
        "recurrent",
    ),
    Code(
        "SEQ421", "slow-recurrent", "info", "An argument that keeps LSTM or GRU from the fast implementation of GPUs.",
        "LSTM|GRU",
    ),
    Code(
        "SEQ422", "unclipped-recurrent", "info", "A long recurrence that is trained without clipping.",
        "compile recurrent",
    ),
    Code("SEQ423", "long-recurrent", "info", "A recurrent layer over more than a thousand steps.", "recurrent"),
    Code("SEQ424", "lost-mask", "warning", "A mask that a layer does not hand on.", "Embedding|Masking"),
    Code(
        "SEQ425", "unmasked-padding", "info", "Word numbers from 0 on, without a mask for the padding.",
        "data Embedding",
    ),
    Code("SEQ426", "float-indices", "error", "An embedding of numbers that are no indices.", "Embedding"),
    Code(
        "SEQ430", "normalization-over-one", "error", "A normalization over a single value, which gives a constant.",
        "LayerNormalization|GroupNormalization",
    ),
    Code(
        "SEQ431", "normalization-axis", "warning", "A normalization along another axis than the channels.",
        "BatchNormalization|GroupNormalization axis|data_format",
    ),
    Code(
        "SEQ432", "cancelled-bias", "info", "A bias that the normalization behind it takes away again.",
        "BatchNormalization",
    ),
    Code(
        "SEQ433", "tiny-batch-normalization", "info", "A batch normalization that sees batches of a few samples.",
        "fit BatchNormalization small-batch",
    ),
    Code(
        "SEQ434", "normalization-on-output", "info", "A normalization between the last weights and the loss.",
        "compile normalization",
    ),
    Code(
        "SEQ435", "dropout-before-norm", "warning", "Dropout directly before a batch normalization.",
        "BatchNormalization dropout",
    ),
    Code(
        "SEQ436", "dropout-before-pooling", "info", "Dropout directly before max pooling.",
        "max_pool Dropout|AlphaDropout",
    ),
    Code(
        "SEQ437", "high-dropout", "warning", "A dropout that keeps less than half of the values.",
        "most-dropped",
    ),
    Code("SEQ438", "dropped-everything", "error", "A dropout that lets nothing through.", "most-dropped"),
    Code(
        "SEQ439", "stacked-dropout", "warning", "Dropout on so many layers that hardly anything passes them all.",
        "often-dropped",
    ),
    Code("SEQ440", "input-dropout", "info", "Half of the input or more is dropped.", "half-dropped"),
    Code(
        "SEQ441", "dropout-on-output", "warning", "Dropout or noise between the last weights and the loss.",
        "dropout|GaussianNoise",
    ),
    Code("SEQ442", "heavy-noise", "info", "Noise that is larger than the signal.", "GaussianNoise"),
    Code(
        "SEQ443", "unnormalized-depth", "info", "Many convolutions without normalization under plain gradient descent.",
        "SGD convolution",
    ),
    Code(
        "SEQ450", "strong-regularizer", "warning", "A penalty on the weights that outweighs the loss.",
        "kernel_regularizer",
    ),
    Code("SEQ451", "inert-regularizer", "info", "A penalty that is too small to do anything.", "regularizer"),
    Code(
        "SEQ460", "mixed-data-format", "warning", "Layers of one stack that disagree on where the channels are.",
        "data_format",
    ),
    Code(
        "SEQ461", "channels-order", "warning", "An image with the channels first in a stack with the channels last.",
        "convolution|pooling",
    ),
    Code("SEQ463", "collapsed-map", "warning", "A window that slides over a single value.", "convolution|pooling"),
    Code("SEQ464", "single-unit", "warning", "A hidden layer of one unit.", "linear|recurrent"),
    Code("SEQ465", "missing-output-bias", "info", "A last layer without a bias.", "Dense use_bias"),
    Code("SEQ466", "without-effect", "info", "A layer that hands on what arrives.", "layout|Activation|pooling"),
    Code("SEQ467", "repeated-layer", "info", "The same layer twice in a row.", "normalization|dropout|pooling"),
    Code(
        "SEQ468", "time-distributed-dense", "info", "A Dense layer that TimeDistributed applies to each step.",
        "TimeDistributed",
    ),
    Code("SEQ470", "shrinking-filters", "info", "Fewer filters after a map has been shrunk.", "convolution"),
    Code("SEQ471", "growing-widths", "info", "Hidden Dense layers that grow towards a few outputs.", "Dense"),
]  # fmt: skip

_MONITORS = "compile EarlyStopping|ModelCheckpoint|OrbaxCheckpoint|ReduceLROnPlateau"
_PATIENT = "compile EarlyStopping|ReduceLROnPlateau"
_BOTH = "compile EarlyStopping ReduceLROnPlateau"
_STATEFUL = "fit recurrent"

_TRAINING: list[Code] = [
    # The optimizer
    Code("SEQ501", "learning-rate-not-positive", "error", "A learning rate of zero or below.", "unusual-rate"),
    Code("SEQ502", "learning-rate-too-high", "warning", "A learning rate at which training diverges.", "unusual-rate"),
    Code("SEQ503", "learning-rate-too-low", "warning", "A learning rate at which weights hardly move.", "unusual-rate"),
    Code(
        "SEQ504", "default-learning-rate", "warning", "Adadelta or Adagrad at Keras's default rate.",
        "Adadelta|Adagrad",
    ),
    Code("SEQ505", "plain-sgd", "info", "Gradient descent without momentum in a deep network.", "SGD"),
    Code("SEQ506", "tiny-epsilon", "warning", "An epsilon that keeps no division safe.", "compile epsilon"),
    Code(
        "SEQ507", "decay-out-of-range", "error", "A running mean that never forgets, or alternates.",
        "compile beta_1|beta_2|rho|momentum|adam_beta_1|adam_beta_2",
    ),
    Code("SEQ508", "nesterov-without-momentum", "warning", "Nesterov momentum where momentum is 0.", "nesterov"),
    Code(
        "SEQ509", "clipping-off", "warning", "A limit for gradients that Keras does not look at.",
        "compile clipnorm|clipvalue|global_clipnorm",
    ),
    Code(
        "SEQ510", "double-weight-decay", "info", "Weight decay and L2 regularizers together.",
        "compile kernel_regularizer",
    ),
    Code(
        "SEQ511", "growing-decay", "warning", "A decay that lets the learning rate grow.",
        "ExponentialDecay|InverseTimeDecay",
    ),
    Code("SEQ512", "schedule-ends-early", "warning", "A learning rate of nothing for much of the run.", "fit schedule"),
    Code("SEQ513", "schedule-outlasts-training", "info", "A schedule that the run cuts off.", "fit schedule"),
    Code("SEQ514", "idle-warmup", "warning", "A warm-up that does not happen, or never ends.", "CosineDecay"),
    Code("SEQ515", "schedule-with-plateau", "error", "Two that set the learning rate.", "schedule ReduceLROnPlateau"),
    Code("SEQ516", "averages-not-kept", "error", "Averages are swapped that nobody keeps.", "compile SwapEMAWeights"),
    Code("SEQ517", "loss-scaling-off", "warning", "Training in float16 without a scaled loss.", "compile runtime"),
    Code("SEQ518", "half-precision-head", "warning", "An output in half precision.", "compile|fit float16|bfloat16"),
    # Fit
    Code("SEQ520", "fit-without-compile", "error", "Training of a model that is not compiled.", "without-compile"),
    Code("SEQ521", "fit-without-optimizer", "error", "Training without an optimizer.", "fit without-optimizer"),
    Code(
        "SEQ522", "nothing-to-train", "error", "Training without a trainable weight.",
        "compile|fit trainable|without-linear",
    ),
    Code("SEQ523", "no-epochs", "error", "A stage that runs no epoch.", "no-epoch"),
    Code("SEQ524", "only-penalties", "warning", "Training on nothing but penalties.", "fit without-loss"),
    Code("SEQ525", "batch-exceeds-samples", "warning", "A batch larger than the data.", "few-steps batch_size"),
    Code("SEQ526", "batch-of-one", "info", "Steps that follow a single sample.", "fit small-batch"),
    Code("SEQ527", "too-few-updates", "info", "Fewer than a hundred updates in all.", "few-steps"),
    Code(
        "SEQ528", "steps-exceed-samples", "warning", "More steps than the data have batches.",
        "fit data steps_per_epoch|validation_steps",
    ),
    Code("SEQ529", "unshuffled", "info", "The same batches in every epoch.", "fit shuffle"),
    Code("SEQ530", "stateful-batches", "error", "Batches of another size than a layer keeps states for.", _STATEFUL),
    Code("SEQ531", "stateful-shuffled", "warning", "States handed on between unrelated samples.", _STATEFUL),
    # Validation
    Code("SEQ540", "no-validation", "info", "Nothing is kept for validation.", "data unvalidated"),
    Code(
        "SEQ542", "split-ignored", "warning", "A part for validation beside a set for it.",
        "fit data validation_split",
    ),
    Code(
        "SEQ543", "validation-settings-unused", "warning", "How to validate, where nothing is validated.",
        "fit validation_batch_size|validation_freq|validation_steps",
    ),
    # Callbacks that watch a number
    Code("SEQ550", "monitor-not-logged", "error", "A callback watches what is never logged.", _MONITORS),
    Code("SEQ551", "monitor-without-direction", "error", "Keras cannot tell which way is good.", _MONITORS),
    Code("SEQ552", "wrong-mode", "error", "A callback takes the worst for the best.", _MONITORS + " mode"),
    Code("SEQ553", "unknown-mode", "warning", "A mode of a callback that Keras does not know.", _MONITORS + " mode"),
    Code("SEQ554", "patience-exceeds-epochs", "warning", "A patience longer than the training.", _PATIENT),
    Code("SEQ555", "stops-before-plateau", "warning", "Training stops before the rate is lowered.", _BOTH),
    Code("SEQ556", "last-weights-kept", "info", "The last weights are kept, not the best.", "compile EarlyStopping"),
    Code(
        "SEQ557", "plateau-cannot-lower", "warning", "A plateau that lowers nothing.",
        "compile ReduceLROnPlateau factor|min_lr",
    ),
    # Checkpoints
    Code("SEQ558", "checkpoint-name", "error", "A file name that Keras cannot fill.", "compile ModelCheckpoint"),
    Code("SEQ559", "checkpoint-overwritten", "info", "A file that is written again and again.", "ModelCheckpoint"),
    Code("SEQ560", "best-between-epochs", "error", "The best of what is not known yet.", "compile ModelCheckpoint"),
    Code("SEQ561", "never-saved", "warning", "A checkpoint that is never reached.", "ModelCheckpoint"),
]  # fmt: skip

_DATA = [
    Code(
        "SEQ601", "unscaled-input", "warning", "Large values reach the first layer with weights unscaled.",
        "range|dtype|uint8",
    ),
    Code("SEQ602", "scaled-twice", "warning", "Scaling that leaves next to nothing.", "Rescaling|Normalization"),
    Code(
        "SEQ603", "never-adapted", "warning", "A preprocessing layer that is told nothing about the data.",
        "fit Normalization|Discretization|StringLookup|IntegerLookup|TextVectorization",
    ),
    Code("SEQ604", "data-shape", "error", "Samples of another shape than the input.", "data shape"),
    Code("SEQ605", "batch-in-shape", "warning", "The batch in the shape of the input.", "data|fit"),
    Code("SEQ606", "token-out-of-range", "error", "Numbers that an Embedding has no vector for.", "Embedding"),
    Code(
        "SEQ607", "class-weight-mismatch", "warning", "Class weights that do not suit the labels.",
        "fit class_weight",
    ),
    Code(
        "SEQ608", "class-imbalance", "warning", "Rare classes that nothing makes up for or shows.",
        "fit class_counts",
    ),
    Code(
        "SEQ609", "bias-without-prior", "info", "A head that starts with rare classes as frequent.",
        "fit class_counts",
    ),
    Code(
        "SEQ610", "counts-disagree", "warning", "Numbers about classes that cannot all be right.",
        "target names|class_counts",
    ),
    Code("SEQ611", "empty-split", "error", "A set without samples.", "data|fit validation_split|empty-set"),
    Code("SEQ612", "ordered-split", "warning", "Classes in order that are split or not shuffled.", "fit ordered"),
    Code("SEQ613", "same-data", "warning", "One source for two sets.", "data source"),
    Code("SEQ614", "unlike-sets", "warning", "Sets whose values have another scale.", "several-ranges"),
    Code("SEQ615", "impossible-range", "error", "Values that the dtype cannot hold.", "data range dtype|" + _INTEGERS),
    Code("SEQ616", "integer-input", "error", "Whole numbers where a layer computes with floats.", _INTEGERS),
    Code(
        "SEQ617", "unscaled-target", "warning", "Labels of large numbers that nothing scales.",
        "target range regression-loss",
    ),
    Code("SEQ620", "base-model-pixels", "warning", "Pixels that a base model does not know.", "base-model"),
    Code("SEQ621", "base-model-top", "warning", "Layers that learn from a base model's own classes.", "base-model"),
    Code("SEQ622", "base-model-flattened", "warning", "A base model flattened into a Dense.", "base-model Flatten"),
    Code("SEQ623", "base-model-random", "warning", "A base model with random weights that is frozen.", "base-model"),
    Code("SEQ624", "base-model-small-images", "info", "Images far smaller than a base model knows.", "base-model"),
    Code(
        "SEQ625", "base-model-unfrozen", "warning", "Pretrained weights trained like fresh ones.",
        "base-model compile",
    ),
    Code("SEQ626", "base-model-pooling", "warning", "A word for pooling that pools nothing.", "base-model"),
    Code("SEQ630", "late-augmentation", "warning", "Random changes of features instead of images.", "augmentation"),
    Code("SEQ631", "augmented-batch", "error", "A batch that is taken for one image.", "image-layer"),
    Code("SEQ632", "heavy-augmentation", "info", "Random changes that are very strong.", "augmentation"),
    Code("SEQ633", "augmentation-range", "warning", "Changes of colors in another range.", "augmentation"),
    Code("SEQ634", "mixed-images", "warning", "Images that are blended without their labels.", "MixUp|CutMix"),
    Code("SEQ635", "idle-augmentation", "warning", "Random changes that change nothing.", "augmentation"),
    Code("SEQ636", "image-layer-fails", "error", "An image layer that fails when images arrive.", "image-layer"),
]  # fmt: skip

_COST = [
    Code("SEQ701", "flattened-explosion", "warning", "A flattened map with very many weights on it.", "Flatten"),
    Code("SEQ702", "out-of-memory", "warning", "Training takes more memory than devices have.", "fit"),
    Code("SEQ703", "lopsided-cost", "info", "One layer makes nearly all multiply-adds."),
    Code("SEQ704", "more-weights-than-data", "info", "Far more weights than samples.", "data"),
    Code("SEQ705", "double-precision", "info", "A model that computes in float64.", "runtime"),
]  # fmt: skip

_PORTABILITY = [
    Code("SEQ801", "partly-seeded", "info", "Single seeds without one for the whole run.", "fit seed|initializer"),
    Code("SEQ802", "repeated-seed", "info", "One seed that draws the same numbers twice.", "seed|initializer"),
    Code("SEQ803", "litert-select-ops", "warning", "Layers that LiteRT runs only with TensorFlow's own.", "export"),
    Code("SEQ804", "backend-cannot", "error", "What the backend of the document cannot do.", "runtime"),
    Code("SEQ805", "legacy-format", "info", "Whole models saved as HDF5.", "save|ModelCheckpoint"),
    Code("SEQ806", "path-outside", "warning", "A path that leaves the project.", _PATHS),
    Code("SEQ807", "secret-in-document", "error", "A password or key in the document.", _PATHS + "|headers"),
    Code("SEQ808", "nothing-to-quantize", "warning", "A quantization that changes nothing.", "quantize"),
    Code("SEQ809", "quantized-half", "error", "int8 of layers that compute in float16.", "quantize"),
]  # fmt: skip

CODES: dict[str, Code] = {
    entry.name: entry
    for table in (_TABLE, _HEAD, _ARCHITECTURE, _TRAINING, _DATA, _COST, _PORTABILITY)
    for entry in table
}
"""The rules by name."""

ESSENTIAL = ("syntax-error", "unreadable-file", "over-limit", "bad-configuration", "plugin-fault")
"""Rules that nothing turns off: where one of them speaks, a document was not checked."""
