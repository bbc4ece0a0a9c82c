"""The table of migration: everything that Keras 3 no longer has, ignores, or treats differently than Keras 1 or 2.

A row is one line. `scripts/migration` runs the trial of each row with both Kerases and records what they do in
`tests/programs/migration/trials.json`, which a test compares with this table. Renamed classes and arguments that saved
models have too are declared in `core.catalog.legacy`; the rows for these are derived from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from seqspec.core.catalog import legacy
from seqspec.programs.keras_api.signatures import IGNORED_BY_KERAS_2
from seqspec.programs.migration.names import KERAS, TF_KERAS

Effect = Literal["raises", "ignored", "changed", "deprecated"]

BOTH = (KERAS, TF_KERAS)
_K = (KERAS,)

NAME, MODULE = "removed-name", "moved-module"
RENAMED, REMOVED, IGNORED = "renamed-argument", "removed-argument", "ignored-argument"
DEFAULT, VALUE, FILE, DATA, OLDEST = (
    "changed-default", "rejected-value", "legacy-file-format", "legacy-data-api", "keras1-name",
)  # fmt: skip


class Row(NamedTuple):
    """One thing that Keras 3 treats differently.

    Attributes:
        name: A path below the package: `"layers.core"`; an argument or a value of a call: `"optimizers.*(lr)"`,
            `"Input(integer)"`; a method of a model, an optimizer, ...: `"Model.fit_generator"`.
        rule: The rule that reports it.
        new: What replaces it: a path below the package, the new name of an argument, or code with the arguments in
            braces: `"ops.normalize({x}, axis={axis})"`.
        trial: An expression with it, in which `keras` is the package; by default the name itself.
        effect: What Keras 3 does with it.
        packages: The packages of which this is true; `tf.keras` has kept some names.
        removed_in: The version of Keras that removed or changed it, 2 or 3.
        help: What to do where `new` cannot say it.
        check: The rule under which the check of a model reports the argument where the target is Keras 3.
    """

    name: str
    rule: str
    new: str = ""
    trial: str = ""
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
    def is_evidence(self) -> bool:
        """Whether a program with it cannot be written for Keras 3, rather than have a mistake in it."""
        return self.effect == "raises" and self.rule not in (VALUE, FILE)


def _moved(names: str, new: str, packages: tuple[str, ...] = BOTH, removed_in: Literal[2, 3] = 3) -> list[Row]:
    return [Row(name, MODULE, new, packages=packages, removed_in=removed_in) for name in names.split()]


PRIVATE = "tensorflow.python.keras"
"""A copy of Keras 2 inside of TensorFlow, whose layers and models cannot be combined with those of Keras 3."""
POSITIONAL_KERNEL = "layers.Conv2D(rows, columns)"
"""The row of the kernels of Keras 1 that are given by position."""

_PRIVATE_LAYER = f"__import__('{PRIVATE}.layers', fromlist=['Dense']).Dense"

_MODULES = (
    *_moved("layers.core layers.convolutional layers.pooling layers.recurrent layers.embeddings", "layers"),
    *_moved("layers.advanced_activations layers.noise layers.local layers.normalization layers.wrappers", "layers"),
    *_moved("layers.merge layers.convolutional_recurrent layers.cudnn_recurrent layers.preprocessing", "layers"),
    *_moved("layers.experimental.preprocessing layers.experimental", "layers"),
    *_moved("utils.np_utils utils.vis_utils utils.generic_utils utils.data_utils utils.layer_utils", "utils"),
    *_moved("utils.all_utils utils.io_utils", "utils"),
    *_moved("engine.topology engine.base_layer engine.input_layer", "layers"),
    *_moved("engine.training engine.sequential engine.functional", "models"),
    *_moved("engine", ""),
    *(
        Row(f"initializations.{name}", OLDEST, removed_in=2, help=f"pass keras.initializers.{new}")
        for name, new in {"normal": "RandomNormal(stddev=scale)", "uniform": "RandomUniform(-scale, scale)"}.items()
    ),
    *_moved("objectives", "losses", removed_in=2),
    *_moved("initializations", "initializers", removed_in=2),
    *_moved("optimizers.adam_v2 optimizers.gradient_descent_v2 optimizers.rmsprop_v2 optimizers.adam", "optimizers"),
    *_moved("optimizer_v2.adam optimizer_v2.gradient_descent optimizer_v2.rmsprop optimizer_v2.adagrad", "optimizers"),
    *_moved("optimizer_v2.adadelta optimizer_v2.adamax optimizer_v2.nadam optimizer_v2.ftrl", "optimizers"),
    *_moved("optimizers.experimental optimizer_v2 optimizers.optimizer_v2", "optimizers"),
    *_moved("backend.tensorflow_backend", "backend"),
    *_moved("mixed_precision.experimental", "mixed_precision"),
    *_moved("preprocessing.text", "", _K),
    Row(
        PRIVATE,
        MODULE,
        "",
        f"{_PRIVATE_LAYER} is keras.layers.Dense",
        "changed",
        (TF_KERAS,),
        2,
        help="import from tensorflow.keras",
    ),
)

_SHORT_NAMES = {
    **dict.fromkeys(("mse", "MSE"), "mean_squared_error"),
    **dict.fromkeys(("mae", "MAE"), "mean_absolute_error"),
    **dict.fromkeys(("mape", "MAPE"), "mean_absolute_percentage_error"),
    **dict.fromkeys(("msle", "MSLE"), "mean_squared_logarithmic_error"),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence"), "kl_divergence"),
    "logcosh": "log_cosh",
}
"""Functions of losses and metrics that only `tf.keras` still has under these names."""

_NAMES = (
    Row("engine.topology.Container", NAME, "Model"),
    Row("engine.training.Model", MODULE, "Model"),
    Row("engine.Model", MODULE, "Model"),
    Row("engine.Layer", MODULE, "layers.Layer"),
    Row("engine.InputSpec", MODULE, "layers.InputSpec"),
    Row("engine.Input", MODULE, "Input"),
    Row("engine.topology.get_source_inputs", MODULE, "utils.get_source_inputs"),
    Row("engine.topology.InputSpec", MODULE, "layers.InputSpec"),
    Row("engine.base_layer.InputSpec", MODULE, "layers.InputSpec"),
    Row("engine.topology.merge", OLDEST, removed_in=2, help="use a layer such as Concatenate or Add"),
    *(
        Row(f"{module}.{name}", NAME, f"layers.{legacy.CLASSES[name][0]}")
        for module in ("layers", "layers.cudnn_recurrent")
        for name in sorted(legacy.CUDNN)
    ),
    Row("layers.AbstractRNNCell", NAME, "layers.Layer"),
    Row("layers.DenseFeatures", NAME, help="use keras.utils.FeatureSpace"),
    Row("layers.LocallyConnected1D", NAME, help="it has no successor; Conv1D shares its weights between positions"),
    Row("layers.LocallyConnected2D", NAME, help="it has no successor; Conv2D shares its weights between positions"),
    Row("layers.local.LocallyConnected1D", NAME, help="it has no successor"),
    Row("layers.local.LocallyConnected2D", NAME, help="it has no successor"),
    Row("layers.RandomHeight", NAME, packages=_K, help="use RandomZoom with height_factor"),
    Row("layers.RandomWidth", NAME, packages=_K, help="use RandomZoom with width_factor"),
    Row("layers.ThresholdedReLU", NAME, "layers.ReLU", packages=_K, help="write ReLU(threshold=theta)"),
    Row("layers.advanced_activations.ThresholdedReLU", NAME, help="write ReLU(threshold=theta)"),
    Row("layers.experimental.SyncBatchNormalization", NAME, help="write BatchNormalization(synchronized=True)"),
    Row("layers.experimental.RandomFourierFeatures", NAME, help="it has no successor"),
    Row("layers.experimental.EinsumDense", MODULE, "layers.EinsumDense"),
    Row("callbacks.BaseLogger", NAME, help="Keras 3 averages the metrics of an epoch itself"),
    Row("callbacks.experimental", NAME, help="use the callback of keras.callbacks"),
    Row("constraints.RadialConstraint", NAME, help="it has no successor"),
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
    *(
        Row(f"{module}.{old}", NAME, f"{module}.{new}", packages=_K)
        for module in ("losses", "metrics")
        for old, new in _SHORT_NAMES.items()
    ),
    Row("losses.cosine_proximity", NAME, "losses.cosine_similarity"),
    Row("metrics.MeanRelativeError", NAME, help="it has no successor"),
    Row("metrics.MeanTensor", NAME, help="use keras.metrics.Mean"),
    Row("models.model_from_yaml", NAME, help="write JSON: keras.models.model_from_json(model.to_json())"),
    Row("models.model_from_config", NAME, help="use keras.Model.from_config"),
    Row("models.experimental", NAME, help="it has no successor"),
    *(
        Row(f"optimizers.legacy.{name}", NAME, f"optimizers.{name}", f"keras.optimizers.legacy.{name}()")
        for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSprop", "SGD")
    ),
    Row("optimizers.TFOptimizer", NAME, help="use an optimizer of Keras"),
    Row("preprocessing.image.ImageDataGenerator", DATA, packages=_K),
    Row("preprocessing.image.DirectoryIterator", DATA, packages=_K),
    Row("preprocessing.image.NumpyArrayIterator", DATA, packages=_K),
    Row("preprocessing.image.Iterator", DATA, packages=_K),
    Row("preprocessing.image.random_rotation", DATA, packages=_K, help="use keras.layers.RandomRotation"),
    Row("preprocessing.image.random_shift", DATA, packages=_K, help="use keras.layers.RandomTranslation"),
    Row("preprocessing.image.random_shear", DATA, packages=_K, help="use keras.layers.RandomShear"),
    Row("preprocessing.image.random_zoom", DATA, packages=_K, help="use keras.layers.RandomZoom"),
    Row("preprocessing.image.random_brightness", DATA, packages=_K, help="use keras.layers.RandomBrightness"),
    Row("preprocessing.image.random_channel_shift", DATA, packages=_K, help="use keras.layers.RandomColorJitter"),
    Row("preprocessing.image.apply_affine_transform", DATA, packages=_K, help="use keras.ops.image.affine_transform"),
    Row("preprocessing.text.Tokenizer", DATA, packages=_K),
    Row("preprocessing.text.one_hot", DATA, packages=_K),
    Row("preprocessing.text.hashing_trick", DATA, packages=_K),
    Row("preprocessing.text.text_to_word_sequence", DATA, packages=_K),
    Row("preprocessing.text.tokenizer_from_json", DATA, packages=_K),
    Row("preprocessing.sequence.TimeseriesGenerator", DATA, packages=_K),
    Row("preprocessing.sequence.skipgrams", DATA, packages=_K),
    Row("preprocessing.sequence.make_sampling_table", DATA, packages=_K),
    Row("utils.GeneratorEnqueuer", NAME, help="use keras.utils.PyDataset"),
    Row("utils.OrderedEnqueuer", NAME, help="use keras.utils.PyDataset"),
    Row("utils.SequenceEnqueuer", NAME, help="use keras.utils.PyDataset"),
    Row("utils.SidecarEvaluator", NAME, help="it has no successor"),
    Row("utils.experimental", NAME, help="it has no successor"),
    Row("utils.HDF5Matrix", NAME, help="read the file with h5py"),
    Row("utils.io_utils.HDF5Matrix", NAME, help="read the file with h5py"),
    Row("utils.multi_gpu_model", NAME, help="use keras.distribution.DataParallel or tf.distribute.MirroredStrategy"),
    Row("utils.multi_gpu_utils.multi_gpu_model", NAME, help="use keras.distribution.DataParallel"),
    Row("utils.to_ordinal", NAME, help="it has no successor"),
    Row("utils.warmstart_embedding_matrix", NAME, help="it has no successor"),
    Row("utils.conv_utils", NAME, help="it was never public"),
    Row("utils.tf_utils", NAME, help="it was never public"),
    Row("utils.layer_utils.count_params", NAME, help="use model.count_params()"),
    Row("utils.layer_utils.print_summary", NAME, help="use model.summary()"),
    Row("utils.np_utils.accuracy", OLDEST, removed_in=2, help="use keras.metrics"),
    Row("utils.generic_utils.Progbar", MODULE, "utils.Progbar"),
    Row("utils.visualize_util", OLDEST, "utils", removed_in=2),
    Row("utils.visualize_util.plot", OLDEST, "utils.plot_model", removed_in=2),
    Row("wrappers.scikit_learn", NAME, help="use keras.wrappers.SKLearnClassifier, or scikeras"),
    *(Row(f"applications.{name}", NAME, help="it has no successor") for name in ("regnet", "resnet_rs")),
    *(
        Row(f"applications.RegNet{kind}{size}", NAME, help="it has no successor")
        for kind in "XY"
        for size in ("002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320")
    ),
    *(
        Row(f"applications.ResNetRS{size}", NAME, help="it has no successor")
        for size in (50, 101, 152, 200, 270, 350, 420)
    ),
)


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
    *_backend(dict.fromkeys(
        "batch_dot batch_get_value batch_normalization batch_set_value bias_add binary_focal_crossentropy "
        "cast_to_floatx categorical_focal_crossentropy conv1d conv2d conv2d_transpose conv3d count_params "
        "ctc_batch_cost ctc_decode ctc_label_dense_to_sparse depthwise_conv2d foldl foldr gradients in_top_k "
        "is_sparse moving_average_update pool2d pool3d random_bernoulli random_normal_variable "
        "random_uniform_variable repeat resize_images resize_volumes rnn separable_conv2d spatial_2d_padding "
        "spatial_3d_padding temporal_padding to_dense update update_add update_sub".split(), ""
    )),
    Row("backend.image_dim_ordering", OLDEST, "backend.image_data_format", removed_in=2),
    Row("backend.set_image_dim_ordering", OLDEST, "backend.set_image_data_format", removed_in=2),
)  # fmt: skip


def _ignored(layer: str, argument: str) -> Row:
    sizes = "0.5" if "Dropout" in layer else "1, 1" if "Separable" in layer else "1"
    trial = f"keras.layers.{layer}({sizes}, {argument}={'False' if argument == 'trainable' else None})"
    return Row(f"layers.{layer}({argument})", VALUE, "", trial, help="leave it out: Keras 2 ignores it")


_IGNORED_BY_KERAS_2 = (_ignored(layer, each) for layer, arguments in IGNORED_BY_KERAS_2.items() for each in arguments)

_ARGUMENTS = (
    Row("optimizers.*(lr)", RENAMED, "learning_rate", "keras.optimizers.Adam(lr=0.1)"),
    Row("optimizers.*(decay)", IGNORED, "", "keras.optimizers.Adam(decay=0.1)", "ignored"),
    Row("optimizers.*(jit_compile)", REMOVED, "", "keras.optimizers.Adam(jit_compile=True)"),
    Row("optimizers.Nadam(schedule_decay)", REMOVED, "", "keras.optimizers.Nadam(schedule_decay=0.004)"),
    Row("optimizers.*(epsilon=None)", VALUE, "", "STEP(keras.optimizers.Adam(epsilon=None))",
        help="leave it out"),
    Row("callbacks.ModelCheckpoint(period)", REMOVED, "", "keras.callbacks.ModelCheckpoint('a.keras', period=2)",
        help='write save_freq="epoch", or an integer number of batches'),
    Row("callbacks.ModelCheckpoint(options)", REMOVED, "", "keras.callbacks.ModelCheckpoint('a.keras', options=None)"),
    Row("callbacks.TensorBoard(batch_size)", REMOVED, "", "keras.callbacks.TensorBoard('logs', batch_size=32)"),
    Row("callbacks.TensorBoard(write_grads)", REMOVED, "", "keras.callbacks.TensorBoard('logs', write_grads=False)"),
    Row("callbacks.TensorBoard(embeddings_layer_names)", REMOVED, "",
        "keras.callbacks.TensorBoard('logs', embeddings_layer_names=None)"),
    Row("callbacks.TensorBoard(embeddings_data)", REMOVED, "",
        "keras.callbacks.TensorBoard('logs', embeddings_data=None)"),
    Row("callbacks.ReduceLROnPlateau(epsilon)", IGNORED, "min_delta",
        "keras.callbacks.ReduceLROnPlateau(epsilon=0.5)", "ignored"),
    Row("callbacks.ProgbarLogger(count_mode)", REMOVED, "", "keras.callbacks.ProgbarLogger(count_mode='steps')"),
    Row("layers.*(weights)", REMOVED, "", "keras.layers.Dense(1, weights=None)",
        help="pass a Constant initializer, or call layer.set_weights after the layer is built"),
    Row("layers.*(input_shape)", IGNORED, "", "keras.layers.Dense(1, input_shape=(2,))", "deprecated"),
    Row("layers.*(batch_input_shape)", REMOVED, "", "keras.layers.Dense(1, batch_input_shape=(1, 2))",
        help="begin the model with keras.Input(batch_shape=...)"),
    Row("layers.*(input_dim)", IGNORED, "", "keras.layers.Dense(1, input_dim=2)", "deprecated"),
    Row("layers.*(input_length)", REMOVED, "", "keras.layers.LSTM(1, input_length=3, input_dim=2)"),
    Row("layers.Embedding(input_length)", IGNORED, "", "keras.layers.Embedding(3, 2, input_length=4)", "deprecated"),
    Row("layers.*(dynamic)", REMOVED, "", "keras.layers.Dense(1, dynamic=True)"),
    Row("layers.*(time_major)", REMOVED, "", "keras.layers.LSTM(1, time_major=False)"),
    Row("layers.*(implementation)", IGNORED, "", "keras.layers.LSTM(1, implementation=2)", "ignored"),
    Row("layers.BatchNormalization(fused)", REMOVED, "", "keras.layers.BatchNormalization(fused=True)"),
    Row("layers.BatchNormalization(virtual_batch_size)", REMOVED, "",
        "keras.layers.BatchNormalization(virtual_batch_size=None)"),
    Row("layers.LeakyReLU(alpha)", RENAMED, "negative_slope", "keras.layers.LeakyReLU(alpha=0.1)", "deprecated"),
    Row("layers.InputLayer(input_shape)", RENAMED, "shape", "keras.layers.InputLayer(input_shape=(2,))", "deprecated"),
    Row("layers.InputLayer(batch_input_shape)", RENAMED, "batch_shape",
        "keras.layers.InputLayer(batch_input_shape=(1, 2))", "deprecated"),
    Row("layers.*(pool_size missing)", VALUE, "", "keras.layers.AveragePooling2D()", help="write pool_size=2"),
    *_IGNORED_BY_KERAS_2,
    Row("layers.merge(mode)", OLDEST, "", "keras.layers.merge([X, X], mode='concat')", removed_in=2,
        help="use a layer such as Concatenate or Add"),
    Row(POSITIONAL_KERNEL, OLDEST, "", "keras.layers.Conv2D(2, 3, 3).strides == (1, 1)", "changed",
        removed_in=2, help="write the kernel size as a tuple"),
    Row("Sequential.add(KerasLayer)", VALUE, "", "keras.Sequential([LAYER_OF_KERAS_2])",
        help="import tf_keras in place of Keras: tensorflow_hub uses it"),
    Row("Input(integer)", VALUE, "", "keras.Input(7)", help="write a tuple: shape=(7,)"),
    Row("layers.InputLayer(integer)", VALUE, "", "keras.layers.InputLayer(7)", help="write a tuple: (7,)"),
    Row("Input(type_spec)", REMOVED, "", "keras.Input(shape=(2,), type_spec=None)"),
    Row("Model(input)", OLDEST, "inputs", "keras.Model(input=X, output=X)", removed_in=2),
    Row("Model(output)", OLDEST, "outputs", "keras.Model(input=X, output=X)", removed_in=2),
    Row("activations.relu(alpha)", RENAMED, "negative_slope", "keras.activations.relu(ARRAY, alpha=0.1)"),
    Row("utils.to_categorical(dtype)", REMOVED, "", "keras.utils.to_categorical([0, 1], dtype='int32')"),
    Row("utils.to_categorical(y)", RENAMED, "x", "keras.utils.to_categorical(y=[0, 1])"),
    Row("utils.to_categorical(nb_classes)", OLDEST, "num_classes", "keras.utils.to_categorical([0, 1], nb_classes=2)",
        removed_in=2),
    Row("preprocessing.image.load_img(grayscale)", REMOVED, "", "BIND(keras.utils.load_img, 'a.png', grayscale=True)",
        help='write color_mode="grayscale"'),
    Row("losses.*(reduction='auto')", VALUE, "", "keras.losses.MeanSquaredError(reduction='auto')",
        help='write reduction="sum_over_batch_size", or leave it out'),
    Row("Model.compile(metrics=object)", VALUE, "", "MODEL.compile('sgd', 'mse', metrics=keras.metrics.AUC())",
        help="write a list: metrics=[...]"),
    Row("Model.compile(third metrics)", VALUE, "",
        "(MODEL.compile('sgd', 'mse', ['mae']), MODEL.fit(ARRAY, ARRAY, verbose=0))", help="write metrics=[...]"),
)  # fmt: skip


def _method(name: str, rule: str, new: str = "", trial: str = "", effect: Effect = "raises", help: str = "") -> Row:
    return Row(f"Model.{name}", rule, new, trial or f"MODEL.{name}", effect, help=help)


_METHODS = (
    _method("fit_generator", NAME, "fit"),
    _method("evaluate_generator", NAME, "evaluate"),
    _method("predict_generator", NAME, "predict"),
    _method("predict_classes", NAME, help="write predict(x).argmax(axis=-1), or predict(x) > 0.5 for one sigmoid unit"),
    _method("predict_proba", NAME, "predict"),
    _method("to_yaml", NAME, "to_json"),
    _method("reset_states", NAME, help="call reset_states of each stateful layer"),
    _method("add_metric", NAME, trial="MODEL.add_metric(1.0, name='m')",
            help="compute the metric in train_step, or pass it to compile"),
    _method("add_loss", NAME, trial="keras.Model(X, X).add_loss(X)",
            help="add it in the call of a layer, or write compute_loss"),
    *(Row(f"Sequential.{name}", NAME, f"{name}s[0]",
          f"keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).{name}") for name in ("input", "output")),
    _method("state_updates", NAME), _method("updates", NAME),
    _method("get_input_at", NAME), _method("get_output_at", NAME),
    _method("get_input_shape_at", NAME), _method("get_output_shape_at", NAME),
    *(_method(f"fit({name})", REMOVED, trial=f"MODEL.fit(ARRAY, ARRAY, verbose=0, {name}={value})",
              help="pass it to keras.utils.PyDataset")
      for name, value in {"workers": 1, "use_multiprocessing": False, "max_queue_size": 10}.items()),
    *(_method(f"predict({name})", REMOVED, trial=f"MODEL.predict(ARRAY, verbose=0, {name}={value})",
              help="pass it to keras.utils.PyDataset")
      for name, value in {"workers": 1, "use_multiprocessing": False, "max_queue_size": 10}.items()),
    *(_method(f"evaluate({name})", REMOVED, trial=f"MODEL.evaluate(ARRAY, ARRAY, verbose=0, {name}={value})",
              help="pass it to keras.utils.PyDataset")
      for name, value in {"workers": 1, "use_multiprocessing": False, "max_queue_size": 10}.items()),
    Row("Model.fit(nb_epoch)", OLDEST, "epochs", "MODEL.fit(ARRAY, ARRAY, nb_epoch=1)", removed_in=2),
    Row("Model.fit(show_accuracy)", OLDEST, "", "MODEL.fit(ARRAY, ARRAY, show_accuracy=True)", removed_in=2),
    _method("train_on_batch(reset_metrics)", REMOVED, trial="MODEL.train_on_batch(ARRAY, ARRAY, reset_metrics=True)"),
    _method("test_on_batch(reset_metrics)", REMOVED, trial="MODEL.test_on_batch(ARRAY, ARRAY, reset_metrics=True)"),
    _method("save(save_format)", IGNORED, trial="MODEL.save(FILE + '.keras', save_format='keras')", effect="deprecated",
            help="name the file *.keras"),
    _method("save(include_optimizer)", IGNORED, trial="MODEL.save(FILE + '.h5', include_optimizer=False)",
            effect="deprecated"),
    _method("save_weights(save_format)", REMOVED, trial="MODEL.save_weights(FILE + '.weights.h5', save_format='h5')"),
    _method("save_weights(file)", FILE, trial="MODEL.save_weights(FILE + '.h5')", help="name the file *.weights.h5"),
    _method("save(folder)", FILE, trial="MODEL.save(FILE)", help="name the file *.keras, or use model.export"),
    _method("save(.h5)", FILE, trial="MODEL.save(FILE + '.h5')", effect="deprecated", help="name the file *.keras"),
    Row("models.save_model(folder)", FILE, "", "keras.models.save_model(MODEL, FILE)", help="name the file *.keras"),
    Row("models.save_model(.h5)", FILE, "", "keras.models.save_model(MODEL, FILE + '.h5')", "deprecated",
        help="name the file *.keras"),
    Row("callbacks.ModelCheckpoint(filepath)", FILE, "", "keras.callbacks.ModelCheckpoint('weights.hdf5')",
        help="name the file *.keras, or *.weights.h5 with save_weights_only", check="bad-value"),
    *(Row(f"Model.fit({name})", VALUE, "", f"MODEL.fit(ARRAY, ARRAY, validation_data=(ARRAY, ARRAY), {name}=1.5)",
          help="write an integer", check="wrong-type") for name in ("steps_per_epoch", "validation_steps")),
    Row("Optimizer.lr", NAME, "learning_rate", "keras.optimizers.Adam().lr"),
    Row("Layer.add_weight(name by position)", VALUE, "", "keras.layers.Layer().add_weight('w', (3, 3))",
        help="write name=..., and the shape first"),
    Row("Layer.output_shape", NAME, "output.shape", "LAYER.output_shape"),
    Row("Layer.input_shape", NAME, "input.shape", "LAYER.input_shape"),
    *(_method(f"compile({name})", REMOVED, trial=f"MODEL.compile('sgd', 'mse', {name}=None)")
      for name in ("sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "cloning")),
    Row("Model.compile(class_mode)", OLDEST, "", "MODEL.compile('sgd', 'mse', class_mode='binary')", removed_in=2),
)  # fmt: skip

_DEFAULTS = (
    *(Row(f"layers.{name}(recurrent_activation default)", DEFAULT, "",
          f"keras.layers.{name}(1, 1).recurrent_activation.__name__", "changed",
          help='write recurrent_activation="hard_sigmoid" for the same results as before')
      for name in ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")),
    Row("regularizers.l1_l2(default)", DEFAULT, "", "vars(keras.regularizers.l1_l2())", "changed",
        help="write l1=0.01, l2=0.01 for the same results as before"),
    Row("optimizers.Lion(learning_rate default)", DEFAULT, "", "float(keras.optimizers.Lion().learning_rate)",
        "changed", help="write learning_rate=1e-4 for the same results as before"),
)  # fmt: skip

_LOSSES = tuple(
    Row(f"Model.compile(loss={old!r})", VALUE, new, f"keras.losses.get({old!r})") for old, new in legacy.LOSSES.items()
)


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

OLDEST_TRIALS: Mapping[str, str] = MappingProxyType({
    "output_dim": "keras.layers.Dense(output_dim=2)",
    "nb_filter": "keras.layers.Conv1D(nb_filter=2, kernel_size=1)",
    "border_mode": "keras.layers.Conv2D(2, 1, border_mode='same')",
    "subsample": "keras.layers.Conv2D(2, 1, subsample=(1, 1))",
    "subsample_length": "keras.layers.Conv1D(2, 1, subsample_length=1)",
    "stride": "keras.layers.MaxPooling1D(2, stride=1)",
    "filter_length": "keras.layers.Conv1D(2, filter_length=1)",
    "pool_length": "keras.layers.MaxPooling1D(pool_length=2)",
    "length": "keras.layers.UpSampling1D(length=2)",
    "atrous_rate": "keras.layers.Conv2D(2, 1, atrous_rate=(1, 1))",
    "dim_ordering": "keras.layers.Conv2D(2, 1, dim_ordering='tf')",
    "bias": "keras.layers.Dense(2, bias=True)",
    "init": "keras.layers.Dense(2, init='uniform')",
    "inner_init": "keras.layers.LSTM(2, inner_init='orthogonal')",
    "inner_activation": "keras.layers.LSTM(2, inner_activation='sigmoid')",
    "beta_init": "keras.layers.BatchNormalization(beta_init='zero')",
    "gamma_init": "keras.layers.BatchNormalization(gamma_init='one')",
    "W_regularizer": "keras.layers.Dense(2, W_regularizer=None)",
    "U_regularizer": "keras.layers.LSTM(2, U_regularizer=None)",
    "b_regularizer": "keras.layers.Dense(2, b_regularizer=None)",
    "W_constraint": "keras.layers.Dense(2, W_constraint=None)",
    "b_constraint": "keras.layers.Dense(2, b_constraint=None)",
    "dropout_W": "keras.layers.LSTM(2, dropout_W=0.1)",
    "dropout_U": "keras.layers.LSTM(2, dropout_U=0.1)",
    "forget_bias_init": "keras.layers.LSTM(2, forget_bias_init='one')",
    "p": "keras.layers.Dropout(p=0.5)",
    "sigma": "keras.layers.GaussianNoise(sigma=0.1)",
    "nb_row": "keras.layers.Conv2D(2, nb_row=1, nb_col=1)",
    "nb_col": "keras.layers.Conv2D(2, nb_row=1, nb_col=1)",
    "kernel_dim1": "keras.layers.Conv3D(2, kernel_dim1=1, kernel_dim2=1, kernel_dim3=1)",
    "kernel_dim2": "keras.layers.Conv3D(2, kernel_dim1=1, kernel_dim2=1, kernel_dim3=1)",
    "kernel_dim3": "keras.layers.Conv3D(2, kernel_dim1=1, kernel_dim2=1, kernel_dim3=1)",
})  # fmt: skip
"""A call with each argument of layers that only Keras 1 has, as `core.catalog.legacy` declares them."""

_OLDEST_ARGUMENTS = tuple(
    Row(f"layers.*({old})", OLDEST, "/".join(legacy.RENAMED.get(old, ())), OLDEST_TRIALS[old], removed_in=2)
    for old in sorted(OLDEST_TRIALS)
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
def checked_arguments() -> frozenset[tuple[str, str]]:
    """The rules of the check of a model and the arguments whose errors only Keras 3 raises."""
    return frozenset((row.check, row.argument or "") for row in TABLE if row.check)


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
