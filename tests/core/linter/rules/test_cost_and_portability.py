"""Boundaries of the rules on cost and portability."""

import pytest

import seqspec
from tests.core.linter.rules.test_data import check, data

DENSE = {"type": "Dense", "units": 100, "activation": "relu"}
HEAD = {"type": "Dense", "units": 3, "activation": "softmax"}


@pytest.mark.parametrize(
    ("samples", "units", "severity"),
    [
        (None, 100, None),  # 3 million weights
        (None, 400, "info"),
        (100_000, 400, "info"),
        (2_000, 100, "info"),
        (250, 100, "warning"),
        (100, 100, "info"),  # a trial
        (100, 2000, "warning"),
    ],
)
def test_large_flatten_dense_severity_depends_on_the_weights(samples, units, severity):
    tables = {"data": data(samples=samples)} if samples else {}
    found = check(["Flatten", {"type": "Dense", "units": units}, HEAD], (100, 100, 3), **tables)
    assert found.get("large-flatten-dense") == severity


def test_flattened_base_model_is_one_finding():
    base = {"type": "MobileNetV2", "include_top": False, "trainable": False}
    found = check([base, "Flatten", {"type": "Dense", "units": 300}, HEAD], (224, 224, 3), data=data(samples=500))
    assert "base-model-flatten" in found and "large-flatten-dense" not in found


def test_flattened_vector_is_not_reported():
    assert check(["Flatten", {"type": "Dense", "units": 5000}], (4000,)) == {}


def test_out_of_memory_severity_depends_on_the_batch():
    convolution = {"type": "Conv2D", "filters": 64, "kernel_size": 3, "padding": "same", "activation": "relu"}
    for size, batch, severity in ((256, 32, None), (1024, 64, "info"), (1024, 256, "warning"), ("N", 4096, None)):
        layers = [convolution, convolution, "GlobalAveragePooling2D", HEAD]
        fit = {"compile": {"loss": "sparse_categorical_crossentropy"}, "fit": {"epochs": 1, "batch_size": batch}}
        assert check(layers, (size, size, 3), **fit).get("out-of-memory") == severity


def test_weights_are_compared_with_the_samples():
    wide = [{"type": "Dense", "units": 400, "activation": "relu"}, HEAD]
    assert check(wide, (300,), data=data(samples=100)).get("overparameterized") == "info"
    assert check(wide, (300,), data=data(samples=200)) == {}
    assert check(wide, (20, 300), data=data(samples=100)) == {}  # 20 labels a sample
    assert check([{**wide[0], "trainable": False}, HEAD], (300,), data=data(samples=100)) == {}


def test_partial_and_repeated_seeds_are_reported():
    drop = {"type": "Dropout", "rate": 0.2, "seed": 3}
    train = {"compile": {"loss": "mse"}, "fit": {"epochs": 1}}
    assert check([drop, HEAD]) == {}
    assert check([drop, HEAD], **train) == {"partial-seeding": "info"}
    assert check([drop, HEAD], **train, runtime={"seed": 1}) == {}
    assert check([drop, {**DENSE, "units": 8}, drop, HEAD], **train) == {"repeated-seed": "info"}
    assert check([drop, DENSE, drop, HEAD]) == {}  # other shapes
    assert check([drop, {**drop, "seed": 4}, HEAD]) == {}
    kernels = [
        {"type": "Dense", "units": 8, "kernel_initializer": kernel}
        for kernel in ("he_normal(seed=1)", "he_uniform(seed=1)")
    ]
    assert check([*kernels, HEAD]) == {}


def test_litert_export_checks_layers():
    export = {"export": {"filepath": "m.tflite", "format": "litert"}}
    assert "unsupported-in-export-format" in check([{"type": "LSTM", "units": 2}, HEAD], (5, 2), **export)
    both = {"type": "Bidirectional", "layer": {"type": "GRU", "units": 2}}
    assert "unsupported-in-export-format" in check([both, HEAD], (5, 2), **export)
    assert check([{"type": "LSTM", "units": 2, "unroll": True}, HEAD], (5, 2), **export) == {}
    assert check([{"type": "LSTM", "units": 2}, HEAD], (5, 2), export={"filepath": "saved"}) == {}


def test_backend_support_is_checked():
    lookup = {"type": "IntegerLookup", "vocabulary": [1, 2], "output_mode": "multi_hot"}
    for backend, told in (("tensorflow", False), ("jax", True), ("torch", True)):
        found = check([lookup, HEAD], (4,), "int64", runtime={"backend": backend})
        assert ("unsupported-by-backend" in found) == told
    train = {"compile": {"loss": "mse"}, "fit": {"epochs": 1}}
    assert "unsupported-by-backend" in check([HEAD], **train, runtime={"backend": "openvino"})
    assert check([HEAD], runtime={"backend": "openvino"}) == {}
    export = {"export": {"filepath": "m.tflite", "format": "litert"}}
    assert "unsupported-by-backend" in check([HEAD], **export, runtime={"backend": "jax"})
    assert check([HEAD], **export, runtime={"backend": "torch"}) == {}


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("models/a.keras", None),
        ("./a.keras", None),
        ("a..b.keras", None),
        ("gs://bucket/../a.keras", None),
        ("../a.keras", "warning"),
        ("models\\..\\..\\a.keras", "warning"),
        ("~/a.keras", "warning"),
        ("/srv/a.keras", "info"),
        ("/srv/../a.keras", "warning"),
        ("C:\\models\\a.keras", "info"),
    ],
)
def test_path_outside_project_severity_depends_on_the_path(path, severity):
    assert check([HEAD], save={"filepath": path}).get("path-outside-project") == severity
    callbacks = [{"type": "ModelCheckpoint", "filepath": path, "save_best_only": True, "monitor": "loss"}]
    fit = {"compile": {"loss": "mse"}, "fit": {"epochs": 9, "callbacks": callbacks}}
    assert check([HEAD], **fit).get("path-outside-project") == severity


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("https://example.org/a.npz", False),
        ("https://user@example.org/a.npz", False),
        ("https://user:word@example.org/a.npz", True),
        ("https://example.org/a.npz?token=abc", True),
        ("https://example.org/a.npz?token=", False),
        ("https://example.org/a@b:c.npz", False),
        ("https://example.org/a.npz?page=2", False),
        ("s3://AKIAABCDEFGHIJKLMNOP/a.npz", True),
        ("hf_models/a.npz", False),
        ({"type": "table", "path": "ftp://a:b@c/d.csv"}, True),
    ],
)
def test_secrets_in_urls_are_reported(source, told):
    assert ("secret-in-document" in check([HEAD], data=data(source=source))) == told


def test_authorization_headers_are_secrets():
    for headers, told in (({"Authorization": "Bearer abc"}, True), ({"Accept": "text"}, False)):
        callbacks = [{"type": "RemoteMonitor", "headers": headers}]
        found = check([HEAD], compile={"loss": "mse"}, fit={"epochs": 1, "callbacks": callbacks})
        assert ("secret-in-document" in found) == told


def test_quantization_of_custom_layers_is_not_reported():
    custom = {"Own": {"import": "mine:Own", "output_shape": "same", "args": {"type": "object"}}}
    assert check([{"custom": "Own"}], custom=custom, quantize={"mode": "int8"}) == {}
    broken = check([HEAD], compile={"loss": "mse"}, quantize={"mode": "int8", "filters": "("})
    assert broken == {"ineffective-quantization": "error"}


def test_legacy_h5_format_is_reported_for_whole_models():
    assert check([HEAD], save={"filepath": "a.h5"}) == {"legacy-h5-format": "info"}
    callbacks = [{"type": "ModelCheckpoint", "filepath": "a.weights.h5", "save_weights_only": True, "monitor": "loss"}]
    fit = {"compile": {"loss": "mse"}, "fit": {"epochs": 9, "callbacks": callbacks}}
    assert "legacy-h5-format" not in check([HEAD], **fit)


def test_rules_skip_invalid_values():
    report = seqspec.check(
        {
            "seqspec": 1,
            "model": {"input": [8], "layers": [{"type": "Dense", "units": -1}]},
            "data": {"train": {"range": [3, 1], "shape": [2, 2]}},
            "fit": {"class_weight": {"a": 1}},
        }
    )
    # Only the missing [compile] does not depend on a value with an error.
    assert [found.code for found in report.diagnostics if found.code > "SEQ3"] == ["SEQ520"]
