"""The table of migration: everything that Keras 3 no longer has, ignores, or treats differently than Keras 1 or 2.

`tests/programs/migration/trials.json` has a trial of each row. `scripts/migration` runs it with both Kerases, and
records there what they do, which a test compares with this table. Renamed classes and arguments that saved models have
too are declared in `core.catalog.legacy`; the rows for these are derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from seqspec.core.api.catalog import legacy
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


class KerasChange(NamedTuple):
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
) -> list[KerasChange]:
    """Rows that differ in their name only."""
    return [KerasChange(name, rule, new, effect, packages, removed_in, help, check) for name in names.split()]


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
    KerasChange("engine", MODULE),
    KerasChange("initializations.normal", OLDEST, removed_in=2,
                help="pass keras.initializers.RandomNormal(stddev=scale)"),
    KerasChange("initializations.uniform", OLDEST, removed_in=2,
                help="pass keras.initializers.RandomUniform(-scale, scale)"),
    KerasChange("objectives", MODULE, "losses", removed_in=2),
    KerasChange("initializations", MODULE, "initializers", removed_in=2),
    *_rows("optimizers.adam_v2 optimizers.gradient_descent_v2 optimizers.rmsprop_v2 optimizers.adam optimizer_v2.adam "
           "optimizer_v2.gradient_descent optimizer_v2.rmsprop optimizer_v2.adagrad optimizer_v2.adadelta "
           "optimizer_v2.adamax optimizer_v2.nadam optimizer_v2.ftrl optimizers.experimental optimizer_v2 "
           "optimizers.optimizer_v2", MODULE, "optimizers"),
    KerasChange("backend.tensorflow_backend", MODULE, "backend"),
    KerasChange("mixed_precision.experimental", MODULE, "mixed_precision"),
    KerasChange("preprocessing.text", MODULE, packages=_K),
    KerasChange(PRIVATE, MODULE, effect="changed", packages=(TF_KERAS,), removed_in=2,
                help="import from tensorflow.keras"),
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
    KerasChange("engine.topology.Container", NAME, "Model"),
    *_rows("engine.training.Model engine.Model", MODULE, "Model"),
    KerasChange("engine.Layer", MODULE, "layers.Layer"),
    *_rows("engine.InputSpec engine.topology.InputSpec engine.base_layer.InputSpec", MODULE, "layers.InputSpec"),
    KerasChange("engine.Input", MODULE, "Input"),
    KerasChange("engine.topology.get_source_inputs", MODULE, "utils.get_source_inputs"),
    KerasChange("engine.topology.merge", OLDEST, removed_in=2, help="use a layer such as Concatenate or Add"),
    *(KerasChange(f"{module}.{name}", NAME, f"layers.{legacy.CLASSES[name][0]}")
      for module in ("layers", "layers.cudnn_recurrent") for name in sorted(legacy.CUDNN)),
    KerasChange("layers.AbstractRNNCell", NAME, "layers.Layer"),
    KerasChange("layers.DenseFeatures", NAME, help="use keras.utils.FeatureSpace"),
    KerasChange("layers.LocallyConnected1D", NAME,
                help="it has no successor; Conv1D shares its weights between positions"),
    KerasChange("layers.LocallyConnected2D", NAME,
                help="it has no successor; Conv2D shares its weights between positions"),
    KerasChange("layers.RandomHeight", NAME, packages=_K, help="use RandomZoom with height_factor"),
    KerasChange("layers.RandomWidth", NAME, packages=_K, help="use RandomZoom with width_factor"),
    KerasChange("layers.ThresholdedReLU", NAME, "layers.ReLU", packages=_K, help="write ReLU(threshold=theta)"),
    KerasChange("layers.advanced_activations.ThresholdedReLU", NAME, help="write ReLU(threshold=theta)"),
    KerasChange("layers.experimental.SyncBatchNormalization", NAME, help="write BatchNormalization(synchronized=True)"),
    KerasChange("layers.experimental.EinsumDense", MODULE, "layers.EinsumDense"),
    KerasChange("callbacks.BaseLogger", NAME, help="Keras 3 averages the metrics of an epoch itself"),
    KerasChange("callbacks.experimental", NAME, help="use the callback of keras.callbacks"),
    *(
        KerasChange(f"{family}.{old}", OLDEST, f"{family}.{legacy.OBJECTS[old]}", removed_in=2)
        for family, names in {
            "constraints": ("maxnorm", "nonneg", "unitnorm"),
            "regularizers": ("WeightRegularizer", "ActivityRegularizer", "activity_l1", "activity_l2"),
        }.items()
        for old in names
    ),
    KerasChange("regularizers.l1l2", OLDEST, "regularizers.L1L2", removed_in=2),
    KerasChange("dtensor", NAME, help="use keras.distribution"),
    KerasChange("estimator", NAME, help="train the model with fit"),
    KerasChange("experimental", NAME, help="use the name without experimental"),
    KerasChange("experimental.CosineDecay", MODULE, "optimizers.schedules.CosineDecay"),
    KerasChange("experimental.CosineDecayRestarts", MODULE, "optimizers.schedules.CosineDecayRestarts"),
    KerasChange("losses.Reduction", NAME, packages=_K, help='write reduction="sum_over_batch_size", "sum" or "none"'),
    *(KerasChange(f"{module}.{old}", NAME, f"{module}.{new}", packages=_K)
      for module in ("losses", "metrics") for old, new in _SHORT_NAMES.items()),
    KerasChange("losses.cosine_proximity", NAME, "losses.cosine_similarity"),
    KerasChange("metrics.MeanTensor", NAME, help="use keras.metrics.Mean"),
    KerasChange("models.model_from_yaml", NAME, help="write JSON: keras.models.model_from_json(model.to_json())"),
    KerasChange("models.model_from_config", NAME, help="use keras.Model.from_config"),
    *(KerasChange(f"optimizers.legacy.{name}", NAME, f"optimizers.{name}")
      for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSprop", "SGD")),
    KerasChange("optimizers.TFOptimizer", NAME, help="use an optimizer of Keras"),
    *_rows("preprocessing.image.ImageDataGenerator preprocessing.image.DirectoryIterator "
           "preprocessing.image.NumpyArrayIterator preprocessing.image.Iterator preprocessing.text.Tokenizer "
           "preprocessing.text.one_hot preprocessing.text.hashing_trick preprocessing.text.text_to_word_sequence "
           "preprocessing.text.tokenizer_from_json preprocessing.sequence.TimeseriesGenerator "
           "preprocessing.sequence.skipgrams preprocessing.sequence.make_sampling_table", DATA, packages=_K),
    KerasChange("preprocessing.image.random_rotation", DATA, packages=_K, help="use keras.layers.RandomRotation"),
    KerasChange("preprocessing.image.random_shift", DATA, packages=_K, help="use keras.layers.RandomTranslation"),
    KerasChange("preprocessing.image.random_shear", DATA, packages=_K, help="use keras.layers.RandomShear"),
    KerasChange("preprocessing.image.random_zoom", DATA, packages=_K, help="use keras.layers.RandomZoom"),
    KerasChange("preprocessing.image.random_brightness", DATA, packages=_K, help="use keras.layers.RandomBrightness"),
    KerasChange("preprocessing.image.random_channel_shift", DATA, packages=_K,
                help="use keras.layers.RandomColorJitter"),
    KerasChange("preprocessing.image.apply_affine_transform", DATA, packages=_K,
                help="use keras.ops.image.affine_transform"),
    *_rows(
        "utils.GeneratorEnqueuer utils.OrderedEnqueuer utils.SequenceEnqueuer", NAME, help="use keras.utils.PyDataset"
    ),
    *_rows("utils.HDF5Matrix utils.io_utils.HDF5Matrix", NAME, help="read the file with h5py"),
    KerasChange("utils.multi_gpu_model", NAME,
                help="use keras.distribution.DataParallel or tf.distribute.MirroredStrategy"),
    KerasChange("utils.multi_gpu_utils.multi_gpu_model", NAME, help="use keras.distribution.DataParallel"),
    *_rows("utils.conv_utils utils.tf_utils", NAME, help="it was never public"),
    KerasChange("utils.layer_utils.count_params", NAME, help="use model.count_params()"),
    KerasChange("utils.layer_utils.print_summary", NAME, help="use model.summary()"),
    KerasChange("utils.np_utils.accuracy", OLDEST, removed_in=2, help="use keras.metrics"),
    KerasChange("utils.generic_utils.Progbar", MODULE, "utils.Progbar"),
    KerasChange("utils.visualize_util", OLDEST, "utils", removed_in=2),
    KerasChange("utils.visualize_util.plot", OLDEST, "utils.plot_model", removed_in=2),
    KerasChange("wrappers.scikit_learn", NAME, help="use keras.wrappers.SKLearnClassifier, or scikeras"),
    *_rows("applications.regnet applications.resnet_rs constraints.RadialConstraint "
           "layers.experimental.RandomFourierFeatures layers.local.LocallyConnected1D "
           "layers.local.LocallyConnected2D metrics.MeanRelativeError models.experimental utils.SidecarEvaluator "
           "utils.experimental utils.to_ordinal utils.warmstart_embedding_matrix", NAME, help=_NO_SUCCESSOR),
    *(KerasChange(f"applications.RegNet{kind}{size}", NAME, help=_NO_SUCCESSOR)
      for kind in "XY" for size in "002 004 006 008 016 032 040 064 080 120 160 320".split()),
    *(KerasChange(f"applications.ResNetRS{size}", NAME, help=_NO_SUCCESSOR)
      for size in (50, 101, 152, 200, 270, 350, 420)),
)  # fmt: skip


def _backend(rows: Mapping[str, str], packages: tuple[str, ...] = _K) -> list[KerasChange]:
    return [KerasChange(f"backend.{name}", NAME, new, packages=packages) for name, new in rows.items()]


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
    KerasChange("backend.image_dim_ordering", OLDEST, "backend.image_data_format", removed_in=2),
    KerasChange("backend.set_image_dim_ordering", OLDEST, "backend.set_image_data_format", removed_in=2),
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
    KerasChange("optimizers.*(lr)", RENAMED, "learning_rate"),
    *_rows("optimizers.*(decay) layers.*(implementation)", IGNORED, effect="ignored"),
    KerasChange("optimizers.*(epsilon=None)", VALUE, help="leave it out"),
    KerasChange("callbacks.ModelCheckpoint(period)", REMOVED,
                help='write save_freq="epoch", or an integer number of batches'),
    KerasChange("callbacks.ReduceLROnPlateau(epsilon)", IGNORED, "min_delta", effect="ignored"),
    KerasChange("layers.*(weights)", REMOVED,
        help="pass a Constant initializer, or call layer.set_weights after the layer is built"),
    KerasChange("layers.*(batch_input_shape)", REMOVED, help="begin the model with keras.Input(batch_shape=...)"),
    KerasChange("layers.LeakyReLU(alpha)", RENAMED, "negative_slope", effect="deprecated"),
    KerasChange("layers.InputLayer(input_shape)", RENAMED, "shape", effect="deprecated"),
    KerasChange("layers.InputLayer(batch_input_shape)", RENAMED, "batch_shape", effect="deprecated"),
    *_rows("layers.*(input_shape) layers.*(input_dim) layers.Embedding(input_length)", IGNORED, effect="deprecated"),
    KerasChange("layers.*(pool_size missing)", VALUE, help="write pool_size=2"),
    *(KerasChange(f"layers.{layer}({name})", VALUE, help="leave it out: Keras 2 ignores it")
      for layer, names in IGNORED_BY_KERAS_2.items() for name in names),
    *(KerasChange(f"layers.{layer}({name})", VALUE, help="write an integer", check="wrong-type")
      for layer, name in CONVERTED_BY_KERAS_2.items()),
    KerasChange("layers.BatchNormalization(axis)", VALUE, help="write an integer", check="wrong-type"),
    *_rows("layers.GaussianNoise(stddev) layers.GaussianDropout(rate)", VALUE, help="write a number from 0 to 1",
           check="bad-value"),
    KerasChange("layers.AlphaDropout(rate)", VALUE, packages=_K, help="write a number from 0 to 1", check="bad-value"),
    KerasChange("layers.LeakyReLU(negative_slope)", VALUE, help="write a number from 0 on", check="bad-value"),
    KerasChange("layers.merge(mode)", OLDEST, removed_in=2, help="use a layer such as Concatenate or Add"),
    KerasChange(POSITIONAL_KERNEL, OLDEST, effect="changed", removed_in=2, help="write the kernel size as a tuple"),
    KerasChange("Sequential.add(KerasLayer)", VALUE, help="import tf_keras in place of Keras: tensorflow_hub uses it"),
    KerasChange("Input(integer)", VALUE, help="write a tuple: shape=(7,)"),
    KerasChange("layers.InputLayer(integer)", VALUE, help="write a tuple: (7,)"),
    KerasChange("Model(input)", OLDEST, "inputs", removed_in=2),
    KerasChange("Model(output)", OLDEST, "outputs", removed_in=2),
    KerasChange("activations.relu(alpha)", RENAMED, "negative_slope"),
    KerasChange("utils.to_categorical(y)", RENAMED, "x"),
    KerasChange("utils.to_categorical(nb_classes)", OLDEST, "num_classes", removed_in=2),
    KerasChange("preprocessing.image.load_img(grayscale)", REMOVED, help='write color_mode="grayscale"'),
    KerasChange("losses.*(reduction='auto')", VALUE, help='write reduction="sum_over_batch_size", or leave it out'),
    KerasChange("Model.compile(metrics=object)", VALUE, help="write a list: metrics=[...]"),
    KerasChange("Model.compile(third metrics)", VALUE, help="write metrics=[...]"),
)  # fmt: skip


_NAME_KERAS = "name the file *.keras"

_METHODS = (
    KerasChange("Model.fit_generator", NAME, "fit"),
    KerasChange("Model.evaluate_generator", NAME, "evaluate"),
    *_rows("Model.predict_generator Model.predict_proba", NAME, "predict"),
    KerasChange("Model.predict_classes", NAME,
        help="write predict(x).argmax(axis=-1), or predict(x) > 0.5 for one sigmoid unit"),
    KerasChange("Model.to_yaml", NAME, "to_json"),
    KerasChange("Model.reset_states", NAME, help="call reset_states of each stateful layer"),
    KerasChange("Model.add_metric", NAME, help="compute the metric in train_step, or pass it to compile"),
    KerasChange("Model.add_loss", NAME, help="add it in the call of a layer, or write compute_loss"),
    *(KerasChange(f"Sequential.{name}", NAME, f"{name}s[0]") for name in ("input", "output")),
    *_rows("Model.state_updates Model.updates Model.get_input_at Model.get_output_at Model.get_input_shape_at "
           "Model.get_output_shape_at", NAME),
    *(KerasChange(f"Model.{method}({name})", REMOVED, help="pass it to keras.utils.PyDataset")
      for method in ("fit", "predict", "evaluate") for name in ("workers", "use_multiprocessing", "max_queue_size")),
    KerasChange("Model.fit(nb_epoch)", OLDEST, "epochs", removed_in=2),
    *_rows("Model.fit(show_accuracy) Model.compile(class_mode)", OLDEST, removed_in=2),
    *_rows("Model.train_on_batch(reset_metrics) Model.test_on_batch(reset_metrics) Model.save_weights(save_format)",
           REMOVED),
    KerasChange("Model.save(include_optimizer)", IGNORED, effect="deprecated"),
    KerasChange("Model.save(save_format)", IGNORED, effect="deprecated", help=_NAME_KERAS),
    KerasChange("Model.save_weights(file)", FILE, help="name the file *.weights.h5"),
    KerasChange("Model.save(folder)", FILE, help=f"{_NAME_KERAS}, or use model.export"),
    *_rows("Model.save(.h5) models.save_model(.h5)", FILE, effect="deprecated", help=_NAME_KERAS),
    KerasChange("models.save_model(folder)", FILE, help=_NAME_KERAS),
    KerasChange("callbacks.ModelCheckpoint(filepath)", FILE,
        help=f"{_NAME_KERAS}, or *.weights.h5 with save_weights_only", check="bad-value"),
    *(KerasChange(f"Model.fit({name})", VALUE, help="write an integer", check="wrong-type")
      for name in ("steps_per_epoch", "validation_steps")),
    KerasChange("Optimizer.lr", NAME, "learning_rate"),
    KerasChange("Layer.add_weight(name by position)", VALUE, help="write name=..., and the shape first"),
    *(KerasChange(f"Layer.{name}_shape", NAME, f"{name}.shape") for name in ("output", "input")),
    *(KerasChange(f"Model.compile({name})", REMOVED)
      for name in ("sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "cloning")),
)  # fmt: skip

_DEFAULTS = (
    *(KerasChange(f"layers.{name}(recurrent_activation default)", DEFAULT, effect="changed",
        help='write recurrent_activation="hard_sigmoid" for the same results as before')
      for name in ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")),
    KerasChange("regularizers.l1_l2(default)", DEFAULT, effect="changed",
        help="write l1=0.01, l2=0.01 for the same results as before"),
    KerasChange("optimizers.Lion(learning_rate default)", DEFAULT, effect="changed",
        help="write learning_rate=1e-4 for the same results as before"),
)  # fmt: skip

_LOSSES = tuple(KerasChange(f"Model.compile(loss={old!r})", VALUE, new) for old, new in legacy.LOSSES.items())

_OLDEST_LAYERS = (
    *(
        KerasChange(f"layers.{name}", OLDEST, f"layers.{new}", removed_in=2)
        for name, (new, _) in legacy.CLASSES.items()
        if name in ("Deconvolution2D", "AtrousConvolution1D", "AtrousConvolution2D", "TimeDistributedDense")
    ),
    *(
        KerasChange(f"layers.{name}", OLDEST, removed_in=2, help=f"it {what}")
        for name, what in legacy.GONE.items()
        if "Keras 2" in what
    ),
)

_OLDEST_ARGUMENTS = tuple(
    KerasChange(f"layers.*({old})", OLDEST, "/".join(legacy.RENAMED.get(old, ())), removed_in=2)
    for old in sorted(legacy.KERAS_1_ARGUMENTS - {_ONLY_SAVED})
)

_KEPT = tuple(row._replace(effect="deprecated", packages=(TF_KERAS,)) for row in _NAMES if row.rule == DATA)
"""What `tf.keras` has kept for the time being."""

TABLE: tuple[KerasChange, ...] = (
    *_MODULES, *_NAMES, *_KEPT, *_BACKEND, *_OLDEST_LAYERS, *_ARGUMENTS, *_METHODS, *_DEFAULTS, *_LOSSES,
    *_OLDEST_ARGUMENTS,
)  # fmt: skip


@cache
def by_name() -> Mapping[tuple[str, str], KerasChange]:
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
def by_owner() -> Mapping[str, tuple[KerasChange, ...]]:
    """The rows of arguments by what has them."""
    owners: dict[str, tuple[KerasChange, ...]] = {}
    for row in TABLE:
        if row.argument is not None:
            owners[row.owner] = (*owners.get(row.owner, ()), row)
    return owners
