"""Programs of a collection of real faulty ones, as documents of seqspec.

What a program says in words of older Kerases, and what its facts say in other words than usual, is read for what it
means. What no document can hold is left out.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from seqspec.core.catalog.index import layer_class, plugin_error
from seqspec.core.catalog.legacy import CLASSES, GONE, PASSED_OVER, renamed
from seqspec.core.catalog.objects import CALLBACK, LOSS, METRIC
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.training_tables import Compile, Fit

_NAMES = {
    "logcosh": "log_cosh",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
    "cosine": "cosine_similarity",
    "uniform": "random_uniform",
    "normal": "random_normal",
    "gaussian": "random_normal",
    "zero": "zeros",
    "one": "ones",
}
"""What older Kerases called losses, metrics and initializers."""
_ARGUMENTS = {"lr": "learning_rate"}
_GONE = frozenset({"decay", "schedule_decay", "period"})
"""What optimizers and callbacks no longer take."""
_CONVOLUTION = re.compile(r"^Convolution(\dD)(Transpose)?$")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def plain(value):
    """Keras's `class_name` and `config` as a document has them."""
    if isinstance(value, dict):
        if "class_name" in value:
            config = value.get("config")
            return {"type": value["class_name"], **{k: plain(v) for k, v in (config or {}).items()}}
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _layer(entry):
    """A layer, by the names of Keras 3."""
    tree = plain(entry)
    if not isinstance(tree, dict) or not isinstance(tree.get("type"), str):
        return tree
    name = _CONVOLUTION.sub(r"Conv\1\2", tree.pop("type"))
    name, more = CLASSES.get(name, (name, {}))
    kind = layer_class(name)
    if name == "Lambda" or (kind is None and name not in GONE and plugin_error(name) is None):
        return {"custom": "OwnLayer"}
    found, known = {}, tree if kind is None else kind.model_fields
    for key, value in tree.items():
        if key in known:
            found[key] = _layer(value) if isinstance(value, dict) and key in ("layer", "cell") else value
        elif new := renamed(key, known):
            found[new] = value
        elif key not in PASSED_OVER:
            found[key] = value
    for key, value in found.items():
        if isinstance(value, str) and key.endswith("initializer"):
            found[key] = _NAMES.get(value, value)
    return {"type": name, **found, **more}


def _object(value, family=None):
    """A loss, a metric or an optimizer, by the names of Keras 3; None for a function of the program's own."""
    value = plain(value)
    if isinstance(value, str):
        value = _NAMES.get(value, value)
    elif isinstance(value, dict) and "type" in value:
        value = {_ARGUMENTS.get(key, key): entry for key, entry in value.items() if entry is not None}
        if value["type"] == "ReduceLROnPlateau" and "epsilon" in value:
            value["min_delta"] = value.pop("epsilon")
        value = {key: entry for key, entry in value.items() if key not in _GONE}
    if family is None:
        return value
    try:
        family.read(value)
    except Violation as violation:
        return None if violation.rule in ("unknown-name", "unsupported-class") else value
    except Violations:
        return value
    return value


def _objects(value, family):
    found = [_object(entry, family) for entry in (value if isinstance(value, list) else [value])]
    return [entry for entry in found if entry is not None]


def _numbers(value, count=None):
    """The numbers of a list, or of text such as "0..255"."""
    if isinstance(value, str):
        value = [float(number) for number in _NUMBER.findall(value.replace("..", " "))]
    if not isinstance(value, (list, tuple)) or (count is not None and len(value) != count):
        return None
    if not all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in value):
        return None
    return list(value)


def _sizes(value):
    return ["?" if size is None else size for size in value] if isinstance(value, (list, tuple)) else None


def _word(value):
    return re.sub(r"[^a-z0-9]", "", str(value or "").lower())


def _encoding(labels):
    word = _word(labels)
    if word in ("onehot", "categorical", "dummies"):
        return "one_hot"
    return "probabilities" if word in ("soft", "probabilities", "distribution") else "integer"


def target(data):
    """The table [target] of what is known of the labels; None where that is not enough for one."""
    kind, labels, shape = _word(data.get("task")), data.get("labels"), _sizes(data.get("y_shape"))
    encoding, limits = _encoding(labels), _numbers(data.get("y_range"), 2)
    classes = data.get("num_classes") or data.get("classes")
    if not isinstance(classes, int):
        classes = shape[-1] if shape and encoding != "integer" and isinstance(shape[-1], int) else None
    if classes is None and limits and encoding == "integer" and limits[0] == 0 and limits[1] % 1 == 0:
        classes = int(limits[1]) + 1
    sums = bool(data.get("y_rows_sum_to_one")) or kind == "distribution"
    if sums and shape:
        return {"kind": "multiclass", "classes": shape[-1], "encoding": "probabilities"}
    if str(labels).replace(" ", "") in ("-1..1", "-1/1", "-1,1") or kind in ("regression", "forecast", "forecasting"):
        table = {"kind": "regression"}
        if limits:
            table["range"] = limits
        return table | ({"shape": shape} if shape else {})
    if kind in ("reconstruction", "autoencoder", "autoencoding"):
        return {"kind": "reconstruction"}
    if kind in ("binary", "binaryclassification"):
        table, classes = {"kind": "binary", "encoding": encoding}, 2
    elif kind in ("multiclass", "multiclassclassification", "classification", "categorical") and classes:
        table = {"kind": "multiclass", "classes": classes, "encoding": encoding}
    elif kind in ("multilabel", "multilabelclassification") and classes:
        table, encoding = {"kind": "multilabel", "classes": classes}, "multi_hot"
    else:
        return None
    if limits and encoding == "integer" and limits != [0, classes - 1]:
        table["range"] = limits
    balance = data.get("class_balance")
    balance = list(balance.values()) if isinstance(balance, dict) else balance
    if isinstance(balance, list) and len(balance) == classes and all(isinstance(count, int) for count in balance):
        table["class_counts"] = balance
    usual = [] if encoding == "integer" else [classes]
    return table | ({"shape": shape} if shape is not None and shape != usual else {})


def _input(program, data):
    """The input with its batch. A program that declares no shape takes the one of its data."""
    first = program["layers"][0] if program["layers"] else None
    first = first.get("config") if isinstance(first, dict) else None
    says = {**(first or {}), **{key: value for key, value in program.items() if value is not None}}
    batch, *rest = says.get("batch_input_shape") or says.get("batch_shape") or (None,)
    shape = _sizes(rest or says.get("input_shape") or says.get("shape") or data.get("x_shape"))
    if shape is None or not isinstance(batch, int):
        return shape
    return {"shape": shape, "batch_size": batch}


def _data(data, fit):
    known = {"samples": data.get("samples"), "shape": _sizes(data.get("x_shape")), "range": data.get("x_range")}
    known["range"] = _numbers(known["range"], 2)
    tree = {"train": {key: value for key, value in known.items() if isinstance(value, (int, list))}}
    if fit.pop("validation_data", False):
        tree["validation"] = {}
    return {key: value for key, value in tree.items() if value or key == "validation"}


def _compile(given):
    table = {key: value for key, value in given.items() if value is not None and key in Compile.model_fields}
    for key, family in (("optimizer", None), ("loss", LOSS)):
        if key in table and isinstance(table[key], (str, dict)):
            table[key] = _object(table[key], family)
    for key in ("metrics", "weighted_metrics"):
        if key in table:
            table[key] = _objects(table[key], METRIC)
    own = table.get("loss", "") is None
    return ({key: plain(value) for key, value in table.items() if value is not None}, own)


def document(program):
    """The program as a seqspec document."""
    data = program.get("data") or {}
    shape = _input(program, data)
    layers = [_layer(entry) for entry in program["layers"]]
    if layers and isinstance(layers[0], dict) and layers[0].get("type") == "InputLayer":
        del layers[0]
    model = {"layers": layers}
    tree = {"seqspec": 1, "model": model if shape is None else {"input": shape, **model}}
    fit = {key: plain(value) for key, value in (program.get("fit") or {}).items() if value is not None}
    if labels := target(data):
        tree["target"] = labels
    if sets := _data(data, fit):
        tree["data"] = sets
    given, own = _compile(program.get("compile") or {})
    # What is of the program's own is declared, and nothing is known of it.
    custom = {"OwnLayer": {"import": "program:OwnLayer", "output_shape": "same"}}
    custom = custom if {"custom": "OwnLayer"} in layers else {}
    if own:
        custom["OwnLoss"] = {"import": "program:OwnLoss", "kind": "loss"}
        given["loss"] = {"custom": "OwnLoss"}
    if custom:
        tree["custom"] = custom
    if given:
        tree["compile"] = given
    if "callbacks" in fit:
        fit["callbacks"] = _objects(fit["callbacks"], CALLBACK)
    fit["epochs"] = fit.pop("nb_epoch", None) or fit.get("epochs")
    fit = {key: value for key, value in fit.items() if value is not None and key in Fit.model_fields}
    if fit:
        tree["fit"] = fit
    return tree
