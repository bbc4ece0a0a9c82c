"""The table of migration: everything that Keras 3 no longer has, ignores, or treats differently than Keras 1 or 2.

`tests/programs/migration/trials.json` has a trial of each row. `scripts/migration` runs it with both Kerases, and
records there what they do, which a test compares with this table. Renamed classes and arguments that saved models have
too are declared in `core.catalog.legacy`; the rows for these are derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from seqspec.core.catalog import legacy
from seqspec.programs.keras_api.signatures import CONVERTED_BY_KERAS_2, IGNORED_BY_KERAS_2
from seqspec.programs.migration.names import KERAS, TF_KERAS

Effect = Literal["raises", "ignored", "changed", "deprecated"]

BOTH = (KERAS, TF_KERAS)
_K = (KERAS,)

NAME, MODULE = "removed-name", "moved-module"
RENAMED, REMOVED, IGNORED = "renamed-argument", "removed-argument", "ignored-argument"
DEFAULT, VALUE, FILE, DATA, OLDEST = (
    "changed-default",
    "rejected-value",
    "legacy-file-format",
    "legacy-data-api",
    "keras1-name",
)


class Row(NamedTuple):
    """One thing that Keras 3 treats differently.

    Attributes:
        name: A path below the package: `"layers.core"`; an argument or a value of a call: `"optimizers.*(lr)"`,
            `"Input(integer)"`; a method of a model, an optimizer, ...: `"Model.fit_generator"`.
        rule: The rule that reports it.
        new: What replaces it: a path below the package, the new name of an argument, or code with the arguments in
            braces: `"ops.normalize({x}, axis={axis})"`.
        effect: What Keras 3 does with it.
        packages: The packages of which this is true; `tf.keras` has kept some names.
        removed_in: The version of Keras that removed or changed it, 2 or 3.
        help: What to do where `new` cannot say it.
        check: The rule under which the check of a model reports a value of the argument that only Keras 3 refuses.
    """

    name: str
    rule: str
    new: str = ""
    effect: Effect = "raises"
    packages: tuple[str, ...] = BOTH
    removed_in: Literal[2, 3] = 3
    help: str = ""
    check: str = ""

    @property
    def owner(self) -> str:
        """The function, class or method whose argument it is; the name itself of anything else."""
        return self.name.partition("(")[0]

    @property
    def argument(self) -> str | None:
        """The name of the argument."""
        return self.name.partition("(")[2].rstrip(")") or None

    @property
    def is_template(self) -> bool:
        """Whether `new` is code with the arguments of the call."""
        return "{" in self.new

    @property
    def is_proof(self) -> bool:
        """Whether a program with it is for an older Keras, rather than has a mistake in it.

        Every Keras 2 also has the new name of a renamed argument, so that the old one is a habit.
        """
        return self.effect == "raises" and self.rule not in (VALUE, FILE, RENAMED)


def _rows(
    names: str,
    rule: str,
    new: str = "",
    *,
    effect: Effect = "raises",
    packages: tuple[str, ...] = BOTH,
    removed_in: Literal[2, 3] = 3,
    help: str = "",
    check: str = "",
) -> list[Row]:
    """Rows that differ in their name only."""
    return [Row(name, rule, new, effect, packages, removed_in, help, check) for name in names.split()]


PRIVATE = "tensorflow.python.keras"
"""A copy of Keras 2 inside of TensorFlow, whose layers and models cannot be combined with those of Keras 3."""
_ONLY_SAVED = "U_constraint"
"""An argument of Keras 1 that only saved models have."""
POSITIONAL_KERNEL = "layers.Conv2D(rows, columns)"
"""The row of the kernels of Keras 1 that are given by position."""

_MODULES = (
    *_rows(
        "layers.core layers.convolutional layers.pooling layers.recurrent layers.embeddings "
        "layers.advanced_activations layers.noise layers.local layers.normalization layers.wrappers layers.merge "
        "layers.convolutional_recurrent layers.cudnn_recurrent layers.preprocessing layers.experimental "
        "layers.experimental.preprocessing engine.topology engine.base_layer engine.input_layer", MODULE, "layers",
    ),
    *_rows("utils.np_utils utils.vis_utils utils.generic_utils utils.data_utils utils.layer_utils utils.all_utils "
           "utils.io_utils", MODULE, "utils"),
    *_rows("engine.training engine.sequential engine.functional", MODULE, "models"),
    Row("engine", MODULE),
    Row("initializations.normal", OLDEST, removed_in=2, help="pass keras.initializers.RandomNormal(stddev=scale)"),
    Row("initializations.uniform", OLDEST, removed_in=2, help="pass keras.initializers.RandomUniform(-scale, scale)"),
    Row("objectives", MODULE, "losses", removed_in=2),
    Row("initializations", MODULE, "initializers", removed_in=2),
    *_rows("optimizers.adam_v2 optimizers.gradient_descent_v2 optimizers.rmsprop_v2 optimizers.adam optimizer_v2.adam "
           "optimizer_v2.gradient_descent optimizer_v2.rmsprop optimizer_v2.adagrad optimizer_v2.adadelta "
           "optimizer_v2.adamax optimizer_v2.nadam optimizer_v2.ftrl optimizers.experimental optimizer_v2 "
           "optimizers.optimizer_v2", MODULE, "optimizers"),
    Row("backend.tensorflow_backend", MODULE, "backend"),
    Row("mixed_precision.experimental", MODULE, "mixed_precision"),
    Row("preprocessing.text", MODULE, packages=_K),
    Row(PRIVATE, MODULE, effect="changed", packages=(TF_KERAS,), removed_in=2, help="import from tensorflow.keras"),
)  # fmt: skip

_SHORT_NAMES = {
    **dict.fromkeys(("mse", "MSE"), "mean_squared_error"),
    **dict.fromkeys(("mae", "MAE"), "mean_absolute_error"),
    **dict.fromkeys(("mape", "MAPE"), "mean_absolute_percentage_error"),
    **dict.fromkeys(("msle", "MSLE"), "mean_squared_logarithmic_error"),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence"), "kl_divergence"),
    "logcosh": "log_cosh",
}
"""Functions of losses and metrics that only `tf.keras` still has under these names."""

_NO_SUCCESSOR = "it has no successor"

_NAMES = (
    Row("engine.topology.Container", NAME, "Model"),
    *_rows("engine.training.Model engine.Model", MODULE, "Model"),
    Row("engine.Layer", MODULE, "layers.Layer"),
    *_rows("engine.InputSpec engine.topology.InputSpec engine.base_layer.InputSpec", MODULE, "layers.InputSpec"),
    Row("engine.Input", MODULE, "Input"),
    Row("engine.topology.get_source_inputs", MODULE, "utils.get_source_inputs"),
    Row("engine.topology.merge", OLDEST, removed_in=2, help="use a layer such as Concatenate or Add"),
    *(Row(f"{module}.{name}", NAME, f"layers.{legacy.CLASSES[name][0]}")
      for module in ("layers", "layers.cudnn_recurrent") for name in sorted(legacy.CUDNN)),
    Row("layers.AbstractRNNCell", NAME, "layers.Layer"),
    Row("layers.DenseFeatures", NAME, help="use keras.utils.FeatureSpace"),
    Row("layers.LocallyConnected1D", NAME, help="it has no successor; Conv1D shares its weights between positions"),
    Row("layers.LocallyConnected2D", NAME, help="it has no successor; Conv2D shares its weights between positions"),
    Row("layers.RandomHeight", NAME, packages=_K, help="use RandomZoom with height_factor"),
    Row("layers.RandomWidth", NAME, packages=_K, help="use RandomZoom with width_factor"),
    Row("layers.ThresholdedReLU", NAME, "layers.ReLU", packages=_K, help="write ReLU(threshold=theta)"),
    Row("layers.advanced_activations.ThresholdedReLU", NAME, help="write ReLU(threshold=theta)"),
    Row("layers.experimental.SyncBatchNormalization", NAME, help="write BatchNormalization(synchronized=True)"),
    Row("layers.experimental.EinsumDense", MODULE, "layers.EinsumDense"),
    Row("callbacks.BaseLogger", NAME, help="Keras 3 averages the metrics of an epoch itself"),
    Row("callbacks.experimental", NAME, help="use the callback of keras.callbacks"),
    *(
        Row(f"{family}.{old}", OLDEST, f"{family}.{legacy.OBJECTS[old]}", removed_in=2)
        for family, names in {
            "constraints": ("maxnorm", "nonneg", "unitnorm"),
            "regularizers": ("WeightRegularizer", "ActivityRegularizer", "activity_l1", "activity_l2"),
        }.items()
        for old in names
    ),
    Row("regularizers.l1l2", OLDEST, "regularizers.L1L2", removed_in=2),
    Row("dtensor", NAME, help="use keras.distribution"),
    Row("estimator", NAME, help="train the model with fit"),
    Row("experimental", NAME, help="use the name without experimental"),
    Row("experimental.CosineDecay", MODULE, "optimizers.schedules.CosineDecay"),
    Row("experimental.CosineDecayRestarts", MODULE, "optimizers.schedules.CosineDecayRestarts"),
    Row("losses.Reduction", NAME, packages=_K, help='write reduction="sum_over_batch_size", "sum" or "none"'),
    *(Row(f"{module}.{old}", NAME, f"{module}.{new}", packages=_K)
      for module in ("losses", "metrics") for old, new in _SHORT_NAMES.items()),
    Row("losses.cosine_proximity", NAME, "losses.cosine_similarity"),
    Row("metrics.MeanTensor", NAME, help="use keras.metrics.Mean"),
    Row("models.model_from_yaml", NAME, help="write JSON: keras.models.model_from_json(model.to_json())"),
    Row("models.model_from_config", NAME, help="use keras.Model.from_config"),
    *(Row(f"optimizers.legacy.{name}", NAME, f"optimizers.{name}")
      for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSprop", "SGD")),
    Row("optimizers.TFOptimizer", NAME, help="use an optimizer of Keras"),
    *_rows("preprocessing.image.ImageDataGenerator preprocessing.image.DirectoryIterator "
           "preprocessing.image.NumpyArrayIterator preprocessing.image.Iterator preprocessing.text.Tokenizer "
           "preprocessing.text.one_hot preprocessing.text.hashing_trick preprocessing.text.text_to_word_sequence "
           "preprocessing.text.tokenizer_from_json preprocessing.sequence.TimeseriesGenerator "
           "preprocessing.sequence.skipgrams preprocessing.sequence.make_sampling_table", DATA, packages=_K),
    Row("preprocessing.image.random_rotation", DATA, packages=_K, help="use keras.layers.RandomRotation"),
    Row("preprocessing.image.random_shift", DATA, packages=_K, help="use keras.layers.RandomTranslation"),
    Row("preprocessing.image.random_shear", DATA, packages=_K, help="use keras.layers.RandomShear"),
    Row("preprocessing.image.random_zoom", DATA, packages=_K, help="use keras.layers.RandomZoom"),
    Row("preprocessing.image.random_brightness", DATA, packages=_K, help="use keras.layers.RandomBrightness"),
    Row("preprocessing.image.random_channel_shift", DATA, packages=_K, help="use keras.layers.RandomColorJitter"),
    Row("preprocessing.image.apply_affine_transform", DATA, packages=_K, help="use keras.ops.image.affine_transform"),
    *_rows(
        "utils.GeneratorEnqueuer utils.OrderedEnqueuer utils.SequenceEnqueuer", NAME, help="use keras.utils.PyDataset"
    ),
    *_rows("utils.HDF5Matrix utils.io_utils.HDF5Matrix", NAME, help="read the file with h5py"),
    Row("utils.multi_gpu_model", NAME, help="use keras.distribution.DataParallel or tf.distribute.MirroredStrategy"),
    Row("utils.multi_gpu_utils.multi_gpu_model", NAME, help="use keras.distribution.DataParallel"),
    *_rows("utils.conv_utils utils.tf_utils", NAME, help="it was never public"),
    Row("utils.layer_utils.count_params", NAME, help="use model.count_params()"),
    Row("utils.layer_utils.print_summary", NAME, help="use model.summary()"),
    Row("utils.np_utils.accuracy", OLDEST, removed_in=2, help="use keras.metrics"),
    Row("utils.generic_utils.Progbar", MODULE, "utils.Progbar"),
    Row("utils.visualize_util", OLDEST, "utils", removed_in=2),
    Row("utils.visualize_util.plot", OLDEST, "utils.plot_model", removed_in=2),
    Row("wrappers.scikit_learn", NAME, help="use keras.wrappers.SKLearnClassifier, or scikeras"),
    *_rows("applications.regnet applications.resnet_rs constraints.RadialConstraint "
           "layers.experimental.RandomFourierFeatures layers.local.LocallyConnected1D "
           "layers.local.LocallyConnected2D metrics.MeanRelativeError models.experimental utils.SidecarEvaluator "
           "utils.experimental utils.to_ordinal utils.warmstart_embedding_matrix", NAME, help=_NO_SUCCESSOR),
    *(Row(f"applications.RegNet{kind}{size}", NAME, help=_NO_SUCCESSOR)
      for kind in "XY" for size in "002 004 006 008 016 032 040 064 080 120 160 320".split()),
    *(Row(f"applications.ResNetRS{size}", NAME, help=_NO_SUCCESSOR) for size in (50, 101, 152, 200, 270, 350, 420)),
)  # fmt: skip


def _backend(rows: Mapping[str, str], packages: tuple[str, ...] = _K) -> list[Row]:
    return [Row(f"backend.{name}", NAME, new, packages=packages) for name, new in rows.items()]


_SAME_OPS = (
    "abs all any arange argmax argmin cast clip concatenate cos cumprod cumsum dot equal exp expand_dims eye greater "
    "greater_equal less less_equal log max maximum mean min minimum ndim not_equal one_hot ones ones_like "
    "prod reshape round shape sigmoid sign sin softmax softplus softsign sqrt square squeeze stack std "
    "sum tanh tile transpose var zeros zeros_like binary_crossentropy categorical_crossentropy "
    "sparse_categorical_crossentropy hard_sigmoid"
).split()
"""Functions of the backend that `keras.ops` has with the same arguments in the same order."""

_BACKEND = (
    *_backend({name: f"ops.{name}" for name in _SAME_OPS}),
    *_backend({"pow": "ops.power", "permute_dimensions": "ops.transpose", "switch": "ops.where"}),
    *_backend({"random_normal": "random.normal", "random_uniform": "random.uniform"}),
    *_backend({"truncated_normal": "random.truncated_normal", "dropout": "random.dropout"}),
    *_backend({"eval": "ops.convert_to_numpy", "get_value": "ops.convert_to_numpy"}),
    *_backend({"stop_gradient": "ops.stop_gradient", "name_scope": "name_scope"}),
    *_backend({"variable": "Variable({value})", "constant": "ops.convert_to_tensor"}),
    *_backend({"int_shape": "{x}.shape", "dtype": "{x}.dtype", "set_value": "{x}.assign({value})"}),
    *_backend({"flatten": "ops.reshape({x}, (-1,))", "relu": "ops.relu({x})", "elu": "ops.elu({x})"}),
    *_backend({"batch_flatten": "ops.reshape({x}, (ops.shape({x})[0], -1))", "reverse": "ops.flip({x}, {axes})"}),
    *_backend({"gather": "ops.take({reference}, {indices}, axis=0)"}),
    *_backend({"repeat_elements": "ops.repeat({x}, {rep}, {axis})"}),
    *_backend({"l2_normalize": "ops.normalize({x}, axis={axis})", "map_fn": "ops.map({fn}, {elems})"}),
    *_backend({"print_tensor": "", "function": "", "placeholder": ""}, BOTH),
    *_backend({"in_test_phase": "", "in_train_phase": "", "learning_phase": "", "learning_phase_scope": ""}, BOTH),
    *_backend({"set_learning_phase": "", "local_conv1d": "", "local_conv2d": "", "reset_uids": ""}, BOTH),
    *_backend({"manual_variable_initialization": "", "normalize_batch_in_training": "", "random_binomial": ""}, BOTH),
    *_backend({"get_session": "", "set_session": "", "control_dependencies": ""}, BOTH),
    *_backend(
        dict.fromkeys(
            "batch_dot batch_get_value batch_normalization batch_set_value bias_add binary_focal_crossentropy "
            "cast_to_floatx categorical_focal_crossentropy conv1d conv2d conv2d_transpose conv3d count_params "
            "ctc_batch_cost ctc_decode ctc_label_dense_to_sparse depthwise_conv2d foldl foldr gradients in_top_k "
            "is_sparse moving_average_update pool2d pool3d random_bernoulli random_normal_variable "
            "random_uniform_variable repeat resize_images resize_volumes rnn separable_conv2d spatial_2d_padding "
            "spatial_3d_padding temporal_padding to_dense update update_add update_sub".split(),
            "",
        )
    ),
    Row("backend.image_dim_ordering", OLDEST, "backend.image_data_format", removed_in=2),
    Row("backend.set_image_dim_ordering", OLDEST, "backend.set_image_data_format", removed_in=2),
)


_ARGUMENTS = (
    *_rows(
        "optimizers.*(jit_compile) optimizers.Nadam(schedule_decay) callbacks.ModelCheckpoint(options) "
        "callbacks.TensorBoard(batch_size) callbacks.TensorBoard(write_grads) "
        "callbacks.TensorBoard(embeddings_layer_names) callbacks.TensorBoard(embeddings_data) "
        "callbacks.ProgbarLogger(count_mode) layers.*(input_length) layers.*(dynamic) layers.*(time_major) "
        "layers.BatchNormalization(fused) layers.BatchNormalization(virtual_batch_size) Input(type_spec) "
        "utils.to_categorical(dtype)", REMOVED,
    ),
    Row("optimizers.*(lr)", RENAMED, "learning_rate"),
    *_rows("optimizers.*(decay) layers.*(implementation)", IGNORED, effect="ignored"),
    Row("optimizers.*(epsilon=None)", VALUE, help="leave it out"),
    Row("callbacks.ModelCheckpoint(period)", REMOVED, help='write save_freq="epoch", or an integer number of batches'),
    Row("callbacks.ReduceLROnPlateau(epsilon)", IGNORED, "min_delta", effect="ignored"),
    Row("layers.*(weights)", REMOVED,
        help="pass a Constant initializer, or call layer.set_weights after the layer is built"),
    Row("layers.*(batch_input_shape)", REMOVED, help="begin the model with keras.Input(batch_shape=...)"),
    Row("layers.LeakyReLU(alpha)", RENAMED, "negative_slope", effect="deprecated"),
    Row("layers.InputLayer(input_shape)", RENAMED, "shape", effect="deprecated"),
    Row("layers.InputLayer(batch_input_shape)", RENAMED, "batch_shape", effect="deprecated"),
    *_rows("layers.*(input_shape) layers.*(input_dim) layers.Embedding(input_length)", IGNORED, effect="deprecated"),
    Row("layers.*(pool_size missing)", VALUE, help="write pool_size=2"),
    *(Row(f"layers.{layer}({name})", VALUE, help="leave it out: Keras 2 ignores it")
      for layer, names in IGNORED_BY_KERAS_2.items() for name in names),
    *(Row(f"layers.{layer}({name})", VALUE, help="write an integer", check="wrong-type")
      for layer, name in CONVERTED_BY_KERAS_2.items()),
    Row("layers.BatchNormalization(axis)", VALUE, help="write an integer", check="wrong-type"),
    *_rows("layers.GaussianNoise(stddev) layers.GaussianDropout(rate)", VALUE, help="write a number from 0 to 1",
           check="bad-value"),
    Row("layers.AlphaDropout(rate)", VALUE, packages=_K, help="write a number from 0 to 1", check="bad-value"),
    Row("layers.LeakyReLU(negative_slope)", VALUE, help="write a number from 0 on", check="bad-value"),
    Row("layers.merge(mode)", OLDEST, removed_in=2, help="use a layer such as Concatenate or Add"),
    Row(POSITIONAL_KERNEL, OLDEST, effect="changed", removed_in=2, help="write the kernel size as a tuple"),
    Row("Sequential.add(KerasLayer)", VALUE, help="import tf_keras in place of Keras: tensorflow_hub uses it"),
    Row("Input(integer)", VALUE, help="write a tuple: shape=(7,)"),
    Row("layers.InputLayer(integer)", VALUE, help="write a tuple: (7,)"),
    Row("Model(input)", OLDEST, "inputs", removed_in=2),
    Row("Model(output)", OLDEST, "outputs", removed_in=2),
    Row("activations.relu(alpha)", RENAMED, "negative_slope"),
    Row("utils.to_categorical(y)", RENAMED, "x"),
    Row("utils.to_categorical(nb_classes)", OLDEST, "num_classes", removed_in=2),
    Row("preprocessing.image.load_img(grayscale)", REMOVED, help='write color_mode="grayscale"'),
    Row("losses.*(reduction='auto')", VALUE, help='write reduction="sum_over_batch_size", or leave it out'),
    Row("Model.compile(metrics=object)", VALUE, help="write a list: metrics=[...]"),
    Row("Model.compile(third metrics)", VALUE, help="write metrics=[...]"),
)  # fmt: skip


_NAME_KERAS = "name the file *.keras"

_METHODS = (
    Row("Model.fit_generator", NAME, "fit"),
    Row("Model.evaluate_generator", NAME, "evaluate"),
    *_rows("Model.predict_generator Model.predict_proba", NAME, "predict"),
    Row("Model.predict_classes", NAME,
        help="write predict(x).argmax(axis=-1), or predict(x) > 0.5 for one sigmoid unit"),
    Row("Model.to_yaml", NAME, "to_json"),
    Row("Model.reset_states", NAME, help="call reset_states of each stateful layer"),
    Row("Model.add_metric", NAME, help="compute the metric in train_step, or pass it to compile"),
    Row("Model.add_loss", NAME, help="add it in the call of a layer, or write compute_loss"),
    *(Row(f"Sequential.{name}", NAME, f"{name}s[0]") for name in ("input", "output")),
    *_rows("Model.state_updates Model.updates Model.get_input_at Model.get_output_at Model.get_input_shape_at "
           "Model.get_output_shape_at", NAME),
    *(Row(f"Model.{method}({name})", REMOVED, help="pass it to keras.utils.PyDataset")
      for method in ("fit", "predict", "evaluate") for name in ("workers", "use_multiprocessing", "max_queue_size")),
    Row("Model.fit(nb_epoch)", OLDEST, "epochs", removed_in=2),
    *_rows("Model.fit(show_accuracy) Model.compile(class_mode)", OLDEST, removed_in=2),
    *_rows("Model.train_on_batch(reset_metrics) Model.test_on_batch(reset_metrics) Model.save_weights(save_format)",
           REMOVED),
    Row("Model.save(include_optimizer)", IGNORED, effect="deprecated"),
    Row("Model.save(save_format)", IGNORED, effect="deprecated", help=_NAME_KERAS),
    Row("Model.save_weights(file)", FILE, help="name the file *.weights.h5"),
    Row("Model.save(folder)", FILE, help=f"{_NAME_KERAS}, or use model.export"),
    *_rows("Model.save(.h5) models.save_model(.h5)", FILE, effect="deprecated", help=_NAME_KERAS),
    Row("models.save_model(folder)", FILE, help=_NAME_KERAS),
    Row("callbacks.ModelCheckpoint(filepath)", FILE,
        help=f"{_NAME_KERAS}, or *.weights.h5 with save_weights_only", check="bad-value"),
    *(Row(f"Model.fit({name})", VALUE, help="write an integer", check="wrong-type")
      for name in ("steps_per_epoch", "validation_steps")),
    Row("Optimizer.lr", NAME, "learning_rate"),
    Row("Layer.add_weight(name by position)", VALUE, help="write name=..., and the shape first"),
    *(Row(f"Layer.{name}_shape", NAME, f"{name}.shape") for name in ("output", "input")),
    *(Row(f"Model.compile({name})", REMOVED)
      for name in ("sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "cloning")),
)  # fmt: skip

_DEFAULTS = (
    *(Row(f"layers.{name}(recurrent_activation default)", DEFAULT, effect="changed",
        help='write recurrent_activation="hard_sigmoid" for the same results as before')
      for name in ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")),
    Row("regularizers.l1_l2(default)", DEFAULT, effect="changed",
        help="write l1=0.01, l2=0.01 for the same results as before"),
    Row("optimizers.Lion(learning_rate default)", DEFAULT, effect="changed",
        help="write learning_rate=1e-4 for the same results as before"),
)  # fmt: skip

_LOSSES = tuple(Row(f"Model.compile(loss={old!r})", VALUE, new) for old, new in legacy.LOSSES.items())

_OLDEST_LAYERS = (
    *(
        Row(f"layers.{name}", OLDEST, f"layers.{new}", removed_in=2)
        for name, (new, _) in legacy.CLASSES.items()
        if name in ("Deconvolution2D", "AtrousConvolution1D", "AtrousConvolution2D", "TimeDistributedDense")
    ),
    *(
        Row(f"layers.{name}", OLDEST, removed_in=2, help=f"it {what}")
        for name, what in legacy.GONE.items()
        if "Keras 2" in what
    ),
)

_OLDEST_ARGUMENTS = tuple(
    Row(f"layers.*({old})", OLDEST, "/".join(legacy.RENAMED.get(old, ())), removed_in=2)
    for old in sorted(legacy.KERAS_1_ARGUMENTS - {_ONLY_SAVED})
)

_KEPT = tuple(row._replace(effect="deprecated", packages=(TF_KERAS,)) for row in _NAMES if row.rule == DATA)
"""What `tf.keras` has kept for the time being."""

TABLE: tuple[Row, ...] = (
    *_MODULES, *_NAMES, *_KEPT, *_BACKEND, *_OLDEST_LAYERS, *_ARGUMENTS, *_METHODS, *_DEFAULTS, *_LOSSES,
    *_OLDEST_ARGUMENTS,
)  # fmt: skip


@cache
def by_name() -> Mapping[tuple[str, str], Row]:
    """The rows by package and name."""
    return {(package, row.name): row for row in TABLE for package in row.packages}


@cache
def checked_arguments() -> frozenset[tuple[str, str, str]]:
    """The rules of the check of a model with the classes or methods and arguments whose errors only Keras 3 raises."""
    return frozenset((row.check, row.owner.rpartition(".")[2], row.argument or "") for row in TABLE if row.check)


@cache
def removed_names() -> frozenset[str]:
    """The names of classes and functions that Keras 3 removed, without their modules."""
    return frozenset(row.name.rpartition(".")[2] for row in TABLE if row.rule == NAME and row.argument is None)


@cache
def by_owner() -> Mapping[str, tuple[Row, ...]]:
    """The rows of arguments by what has them."""
    owners: dict[str, tuple[Row, ...]] = {}
    for row in TABLE:
        if row.argument is not None:
            owners[row.owner] = (*owners.get(row.owner, ()), row)
    return owners
