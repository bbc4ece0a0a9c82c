"""The public names of Keras 3 that fixes may write."""

from __future__ import annotations

from seqspec.core.catalog.index import APPLICATIONS, LAYERS
from seqspec.core.language.names import ALIASES
from seqspec.programs.keras_api.keras_names import OTHER_LAYERS
from seqspec.programs.keras_api.signatures import OBJECTS, object_declaration

MODULES = frozenset(
    "activations applications backend callbacks config constraints datasets initializers layers losses metrics "
    "mixed_precision models ops optimizers optimizers.schedules preprocessing preprocessing.image "
    "preprocessing.sequence random regularizers saving utils wrappers".split()
)

_NAMES = {
    "": "Input Model Sequential Variable name_scope",
    "layers": "InputSpec Input Layer add average concatenate dot maximum minimum multiply subtract "
    "deserialize serialize",
    "models": "Model Sequential clone_model load_model model_from_json save_model",
    "mixed_precision": "DTypePolicy LossScaleOptimizer Policy dtype_policy global_policy set_dtype_policy "
    "set_global_policy",
    "optimizers.schedules": "LearningRateSchedule",
    "backend": "clear_session epsilon floatx image_data_format set_epsilon set_floatx set_image_data_format",
    "random": "beta binomial categorical dropout gamma normal randint shuffle truncated_normal uniform",
    "saving": "custom_object_scope get_custom_objects load_model register_keras_serializable save_model",
    "utils": "CustomObjectScope FeatureSpace Progbar PyDataset Sequence array_to_img audio_dataset_from_directory "
    "custom_object_scope deserialize_keras_object get_custom_objects get_file get_source_inputs "
    "image_dataset_from_directory img_to_array load_img model_to_dot normalize pad_sequences plot_model "
    "register_keras_serializable save_img serialize_keras_object set_random_seed split_dataset "
    "text_dataset_from_directory timeseries_dataset_from_array to_categorical",
    "losses": "cosine_similarity deserialize get serialize kl_divergence log_cosh mean_absolute_error "
    "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error",
    "metrics": "cosine_similarity deserialize get serialize kl_divergence log_cosh mean_absolute_error "
    "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error",
}


_CLASSES = frozenset(("callbacks", "optimizers"))
"""The modules whose names are classes; strings such as "adam" are not names of them."""


def exists(path: str) -> bool:
    """Whether Keras 3 has a name, by its path below the package."""
    if path in MODULES or path.startswith("ops."):
        return True
    module, _, name = path.rpartition(".")
    if name in _NAMES.get(module, "").split():
        return True
    if module == "layers":
        return name in LAYERS or name in ALIASES or name in OTHER_LAYERS
    if module == "applications":
        return name in APPLICATIONS
    family = OBJECTS.get("schedules" if module == "optimizers.schedules" else module)
    if family is None or (module in _CLASSES and not name[:1].isupper()):
        return False
    return family.named(name) is not None or object_declaration(family, name) is not None
