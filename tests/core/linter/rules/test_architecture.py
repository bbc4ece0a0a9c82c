"""Boundaries of the rules on the architecture: thresholds, unknown sizes, containers, custom layers."""

import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.check.fix import fix
from seqspec.core.syntax.source import parse_text


def report(layers, shape=(16,), **tables):
    if not isinstance(shape, dict):
        shape = list(shape)
    return seqspec.check({"seqspec": 1, "model": {"input": shape, "layers": list(layers)}, **tables})


def found(layers, shape=(16,), **tables):
    return {(each.name, each.severity) for each in report(layers, shape, **tables).diagnostics if each.code[3] == "4"}


def names(layers, shape=(16,), **tables):
    return {name for name, _ in found(layers, shape, **tables)}


def facts_of(layers, shape, **tables):
    document = {"seqspec": 1, "model": {"input": list(shape), "layers": list(layers)}, **tables}
    return Check.of(document).facts


def dense(units, activation="relu", **more):
    return {"type": "Dense", "units": units, "activation": activation, **more}


def conv(filters, size=3, activation="relu", **more):
    return {"type": "Conv2D", "filters": filters, "kernel_size": size, "activation": activation, **more}


HEAD = dense(3, "softmax")
MAP = {"type": "Reshape", "target_shape": [4, 4, 4]}
OWN = {"custom": {"Mine": {"import": "mine:Mine", "input_shape": ["N"], "output_shape": ["N"]}}}


def nested(*layers):
    return {"type": "Sequential", "layers": list(layers)}


def timed(layer):
    return {"type": "TimeDistributed", "layer": layer}


class TestNonlinearity:
    def test_missing_nonlinearity_is_found_in_containers_and_wrappers(self):
        assert names([nested(dense(8, "linear")), dense(8), HEAD]) == {"missing-nonlinearity"}
        assert names([nested(dense(8, "linear"), "ReLU"), dense(8), HEAD]) == set()
        assert "missing-nonlinearity" in names([timed(dense(8, "linear")), dense(8), HEAD], (5, 16))
        normal = {"type": "SpectralNormalization", "layer": dense(8, "linear")}
        assert names([normal, dense(8), HEAD]) == {"missing-nonlinearity"}

    def test_custom_layer_may_be_nonlinear(self):
        assert names([dense(8, "linear"), {"custom": "Mine"}, dense(8), HEAD], **OWN) == set()

    @pytest.mark.parametrize(
        ("layers", "shape", "severity"),
        [
            ([dense(32, "linear"), dense(32), HEAD], (16,), "warning"),
            ([dense(8, "linear"), dense(32), HEAD], (16,), "info"),  # narrows
            ([dense(8, "linear"), dense(8), HEAD], (16,), "warning"),
            ([conv(8), conv(32, activation="linear"), "Flatten", HEAD], (8, 8, 3), "warning"),
            ([conv(2, 1, "linear"), conv(8), "Flatten", HEAD], (8, 8, 3), "info"),
            ([dense(64, "linear"), {"type": "LSTM", "units": 4}, HEAD], (5, 16), "info"),
            ([dense(64, "linear"), MAP, conv(8), "Flatten", HEAD], (16,), "info"),
            ([conv(8, activation="linear"), "MaxPooling2D", conv(8), "Flatten", HEAD], (16, 16, 3), "info"),
        ],
    )  # fmt: skip
    def test_severity_depends_on_the_widths(self, layers, shape, severity):
        assert ("missing-nonlinearity", severity) in found(layers, shape)

    def test_pooling_between_layers_is_linear(self):
        bare = [conv(8, activation="linear"), "MaxPooling2D"]
        once = found([*bare, conv(8), "MaxPooling2D", "Flatten", HEAD], (32, 32, 3))
        twice = found([*bare, *bare, "Flatten", HEAD], (32, 32, 3))
        assert ("missing-nonlinearity", "info") in once
        assert ("missing-nonlinearity", "info") in twice
        assert names([*bare, "ReLU", *bare, "ReLU", "Flatten", HEAD], (32, 32, 3)) == set()

    def test_deliberately_linear_layers_are_not_reported(self):
        depthwise = {"type": "DepthwiseConv2D", "kernel_size": 3}
        assert names([depthwise, conv(8, 1), "Flatten", HEAD], (8, 8, 3)) == set()
        code = [dense(32), dense(2, "linear"), dense(32), dense(16, "linear")]
        assert names(code, target={"kind": "reconstruction"}) == set()
        assert names([dense(32, "linear", trainable=False), dense(8), HEAD]) == set()

    def test_linear_network_is_one_finding(self):
        assert found([dense(32, "linear"), dense(32, "linear"), HEAD]) == {("linear-network", "warning")}
        assert names([dense(32, "linear")]) == set()
        # A linear autoencoder is the analysis of principal components.
        assert "linear-network" not in names([dense(2, "linear"), dense(16, "linear")])

    def test_incomplete_model_is_not_a_linear_network(self):
        layers = [dense(32, "linear"), dense(32, "linear"), {"type": "Zyzzyva"}]
        assert names(layers) == {"missing-nonlinearity"}
        assert names([*layers[:2], {"type": "Dense", "units": -1}]) == {"linear-network"}


class TestActivations:
    def test_output_softmax_is_not_hidden(self):
        assert names([dense(8), dense(3, "linear"), "Softmax"]) == set()
        assert names([dense(8, "softmax"), {"type": "Dropout", "rate": 0.1}, HEAD]) == {"hidden-softmax"}
        assert names([nested(dense(8, "softmax")), HEAD]) == {"hidden-softmax"}

    def test_softmax_before_a_custom_layer_is_not_reported(self):
        layers = [dense(8), dense(1, "softmax"), {"custom": "Mine"}]
        assert names(layers, **OWN) & {"hidden-softmax", "single-unit-layer"} == set()

    def test_double_activation(self):
        assert found([dense(8), "ReLU", HEAD]) == {("double-activation", "info")}
        assert found([dense(8, "sigmoid"), "ReLU", HEAD]) == {("double-activation", "warning")}
        assert names([dense(8), "BatchNormalization", "ReLU", HEAD]) == set()
        assert names([{"type": "LSTM", "units": 8}, "ReLU", HEAD], (5, 4)) == set()

    @pytest.mark.parametrize(
        ("count", "severity"), [(2, None), (3, "info"), (4, "info"), (5, "warning"), (9, "warning")]
    )
    def test_sigmoids(self, count, severity):
        told = found([dense(16, "sigmoid")] * count + [HEAD])
        assert told == ({("vanishing-gradient", severity)} if severity else set())

    def test_normalization_resets_the_count(self):
        layers = [dense(16, "sigmoid"), "BatchNormalization"] * 6 + [HEAD]
        assert names(layers) == set()
        assert names([dense(16, "tanh")] * 12 + [HEAD]) == set()

    @pytest.mark.parametrize(("count", "severity"), [(1, None), (2, "warning"), (3, "error")])
    def test_exponentials(self, count, severity):
        told = found([dense(16, "exponential")] * count + [HEAD], compile={"loss": "mse"})
        assert ({("stacked-exponential", severity)} if severity else set()) == {
            each for each in told if each[0] == "stacked-exponential"
        }

    def test_deep_stacks(self):
        assert found([dense(32)] * 14 + [HEAD]) == set()
        assert found([dense(32)] * 15 + [HEAD]) == {("deep-network-without-normalization", "warning")}
        he = {"kernel_initializer": "he_normal"}
        assert found([dense(32, **he)] * 20 + [HEAD]) == set()
        assert found([dense(32, **he)] * 30 + [HEAD]) == {("deep-network-without-normalization", "warning")}
        stack = [conv(16, padding="same")] * 16 + ["GlobalAveragePooling2D", HEAD]
        assert found(stack, (8, 8, 16)) == {("deep-network-without-normalization", "info")}


class TestStartValues:
    def test_constants(self):
        def told(*layers):
            return {
                severity
                for name, severity in found(layers, compile={"loss": "mse"})
                if name == "constant-kernel-initializer"
            }

        zeros, ones = {"kernel_initializer": "zeros"}, {"kernel_initializer": "ones"}
        assert told(dense(8, **zeros), HEAD) == {"error"}
        assert told(dense(8, "linear", **zeros), "ReLU", HEAD) == {"error"}
        assert told(dense(8, "tanh", **zeros), HEAD) == {"warning"}
        assert told(dense(8, "tanh", **zeros), dense(8, **zeros), HEAD) == {"error"}
        assert told(dense(8), dense(3, "linear", **zeros)) == {"info"}
        assert told(dense(8), dense(3, "linear", **ones)) == {"warning"}
        assert told(dense(3, "linear", **zeros)) == set()
        assert told(dense(8, kernel_initializer={"type": "Constant", "value": [[1.0] * 8] * 16}), HEAD) == set()
        assert told(dense(8, trainable=False, **zeros), HEAD) == set()

    @pytest.mark.parametrize(("stddev", "severity"), [(0.1, None), (0.2, None), (0.5, "info"), (1.0, "warning")])
    def test_large(self, stddev, severity):
        start = {"kernel_initializer": {"type": "RandomNormal", "stddev": stddev}}
        told = {each for each in found([dense(32, **start), HEAD], (64,)) if each[0] == "kernel-initializer-scale"}
        assert told == ({("kernel-initializer-scale", severity)} if severity else set())

    @pytest.mark.parametrize(
        ("activation", "stddev", "count", "severity"),
        [
            ("tanh", 0.02, 2, "warning"),
            ("sigmoid", 0.02, 2, "warning"),
            ("relu", 0.02, 2, "info"),
            ("tanh", 0.05, 2, "info"),
            ("tanh", 0.02, 1, "info"),
            ("relu", 0.02, 4, "warning"),
        ],
    )
    def test_small(self, activation, stddev, count, severity):
        start = {"kernel_initializer": {"type": "RandomNormal", "stddev": stddev}}
        stack = [dense(16, activation, **start) for _ in range(count)]
        told = {each for each in found([*stack, HEAD], (16,)) if each[0] == "kernel-initializer-scale"}
        assert told == {("kernel-initializer-scale", severity)}

    def test_following_normalization_excuses_the_initializer(self):
        start = {"kernel_initializer": {"type": "RandomNormal", "stddev": 5.0}, "use_bias": False}
        assert names([dense(32, "linear", **start), "BatchNormalization", "ReLU", HEAD]) == set()

    def test_selu(self):
        assert names([dense(16, "selu"), HEAD]) == set()
        assert found([dense(64, "selu"), HEAD]) == {("selu-initializer", "info")}
        lecun = {"kernel_initializer": "lecun_uniform"}
        assert names([dense(64, "selu", **lecun), {"type": "AlphaDropout", "rate": 0.1}, HEAD]) == set()
        assert names([dense(64, "selu", **lecun), "BatchNormalization", HEAD]) == {"selu-with-dropout"}


class TestRecurrence:
    @pytest.mark.parametrize(("steps", "severity"), [(20, "info"), (21, "warning"), ("T", "warning")])
    def test_relu(self, steps, severity):
        layers = [{"type": "GRU", "units": 4, "activation": "relu"}, HEAD]
        assert found(layers, (steps, 3)) == {("recurrent-activation", severity)}

    def test_clipping(self):
        layers = [{"type": "LSTM", "units": 4}, HEAD]
        loss = "sparse_categorical_crossentropy"
        assert names(layers, (101, 3), compile={"loss": loss, "optimizer": "adam"}) == {"recurrent-without-clipping"}
        assert names(layers, (101, 3), compile={"loss": loss}) == {"recurrent-without-clipping"}
        assert names(layers, (100, 3), compile={"loss": loss}) == set()
        assert names(layers, ("T", 3), compile={"loss": loss}) == set()
        for key in ("clipnorm", "clipvalue", "global_clipnorm"):
            optimizer = {"type": "Adam", key: 1.0}
            assert names(layers, (101, 3), compile={"loss": loss, "optimizer": optimizer}) == set()

    @pytest.mark.parametrize(("steps", "severity"), [(1000, None), (1001, "info"), (2001, "warning")])
    def test_length(self, steps, severity):
        told = found([{"type": "LSTM", "units": 4}, HEAD], (steps, 3))
        assert told == ({("long-sequence", severity)} if severity else set())

    def test_long_sequence_is_found_in_wrappers(self):
        inner = {"type": "LSTM", "units": 4, "unroll": True}
        assert names([{"type": "Bidirectional", "layer": inner}, HEAD], (5, 3)) == {"no-cudnn-kernel"}
        film = {"type": "ConvLSTM2D", "filters": 2, "kernel_size": 2, "activation": "relu"}
        assert names([film, "Flatten", HEAD], (30, 4, 4, 1)) == {"recurrent-activation"}


class TestNormalizationAndDropout:
    def test_axis(self):
        norm = {"type": "BatchNormalization", "axis": 1}
        first = {"data_format": "channels_first", "use_bias": False}
        assert "normalization-axis" in names([conv(4), norm, "Flatten", HEAD], (8, 8, 3))
        assert names([conv(4, **first), norm, "Flatten", HEAD], (3, 8, 8)) == set()
        assert names([conv(4), {"type": "BatchNormalization", "axis": 3}, "Flatten", HEAD], (8, 8, 3)) == set()
        assert "normalization-axis" not in names([dense(4), norm, HEAD])
        assert "normalization-axis" not in names([{"type": "Reshape", "target_shape": [4, 4]}, norm, "Flatten", HEAD])

    def test_bias(self):
        plain = {"type": "Dense", "units": 4}
        assert names([plain, "BatchNormalization", "ReLU", HEAD]) == {"bias-before-batch-norm"}
        assert names([plain, {"type": "Dropout", "rate": 0.1}, "LayerNormalization", "ReLU", HEAD]) == set()

    @pytest.mark.parametrize(("rate", "severity"), [(0.5, None), (0.51, "info"), (0.6, "warning"), (0.99, "warning")])
    def test_rates(self, rate, severity):
        told = found([dense(8), {"type": "Dropout", "rate": rate}, HEAD])
        assert told == ({("high-dropout-rate", severity)} if severity else set())

    @pytest.mark.parametrize(("count", "severity"), [(3, None), (4, "info"), (5, "info"), (6, "warning")])
    def test_stacked(self, count, severity):
        told = found([dense(8), {"type": "Dropout", "rate": 0.5}] * count + [HEAD])
        assert told == ({("stacked-dropout", severity)} if severity else set())

    def test_low_rates_are_not_stacked_dropout(self):
        assert names([dense(8), {"type": "Dropout", "rate": 0.4}] * 9 + [HEAD]) == set()

    def test_dropout_after_the_last_weights_is_reported(self):
        drop = {"type": "Dropout", "rate": 0.2}
        loss = {"compile": {"loss": "mse"}}
        assert found([dense(8), dense(1, "linear"), drop], **loss) == {("dropout-on-output", "warning")}
        assert found([dense(8), dense(1, "sigmoid"), drop], **loss) == {("dropout-on-output", "warning")}
        assert found([dense(8), dense(1, "linear"), drop]) == {("dropout-on-output", "info")}
        assert found([{"type": "LSTM", "units": 4}, drop], (5, 3), **loss) == {("dropout-on-output", "info")}
        assert found([dense(8), {"custom": "Mine"}, drop], **loss, **OWN) == set()

    def test_small_batches(self):
        layers = [dense(8, "linear", use_bias=False), "BatchNormalization", "ReLU", HEAD]
        tables = {"compile": {"loss": "sparse_categorical_crossentropy"}}

        def told(size):
            return {each for each in found(layers, **tables, fit={"batch_size": size}) if "batch" in each[0]}

        assert told(8) == set()
        assert told(7) == {("batch-norm-with-small-batch", "info")}
        assert told(1) == {("batch-norm-with-small-batch", "warning")}
        frozen = [dense(8), {"type": "BatchNormalization", "trainable": False}, HEAD]
        assert "batch-norm-with-small-batch" not in names(frozen, **tables, fit={"batch_size": 1})


class TestRegularizers:
    def test_equal_penalties_are_one_finding(self):
        penalty = {"kernel_regularizer": "l2(0.1)"}
        layers = [dense(8, **penalty), dense(8, kernel_regularizer="l2"), nested(dense(8, **penalty)), HEAD]
        strong = [each for each in report(layers).diagnostics if each.name == "strong-regularizer"]
        assert [each.statement.split(" dominates")[0].split(" is ")[0] for each in strong] == [
            "L2 of 0.1 in 2 layers",
            "L2 of 0.01",
        ]

    def test_fix_of_equal_penalties_changes_all_copies(self):
        text = """
seqspec = 1
model.input = [16]
model.layers = [{ use = "b", repeat = 2 }, { type = "Dense", units = 8, kernel_regularizer = "l2(0.1)" }]
blocks.b.layers = [{ type = "Dense", units = 8, activation = "relu", kernel_regularizer = "l2(0.1)" }]
"""
        fixed = fix(parse_text(text, "x.toml"), unsafe=True).text
        assert fixed.count("l2 = 0.0001") == 2 and "l2(0.1)" not in fixed


class TestShapes:
    def test_collapsed_maps(self):
        same = {"padding": "same"}
        assert names([conv(4, 3, **same), "Flatten", HEAD], (1, 1, 3)) == {"kernel-on-single-position"}
        assert names([conv(4, 1), "Flatten", HEAD], (1, 1, 3)) == set()
        assert names([conv(4, [1, 3], **same), "Flatten", HEAD], (1, 9, 3)) == set()
        assert names([conv(4, [3, 1], **same), "Flatten", HEAD], (1, 9, 3)) == {"kernel-on-single-position"}
        assert names([conv(4, 3, **same), "GlobalAveragePooling2D", HEAD], ("H", "W", 3)) == set()

    @pytest.mark.parametrize(
        ("shape", "told"), [((3, 32, 32), True), ((32, 32, 3), False), ((3, 32, 4), False), ((4, 32, 32), False)]
    )
    def test_channels_order(self, shape, told):
        assert ("channels-first-input" in names([conv(4), "Flatten", HEAD], shape)) is told

    def test_data_formats(self):
        first = {"data_format": "channels_first"}
        pool = {"type": "MaxPooling2D", **first}
        assert names([conv(4, **first), pool, "Flatten", HEAD], (3, 16, 16)) == set()
        assert names([conv(4), pool, "Flatten", HEAD], (16, 16, 3)) == {"mixed-data-format"}

    def test_single_units(self):
        assert found([dense(8), dense(1), HEAD]) == {("single-unit-layer", "warning")}
        assert found([dense(1, "tanh"), HEAD], (1,)) == {("single-unit-layer", "info")}
        assert found([dense(1), HEAD], (1,)) == {("single-unit-layer", "warning")}
        assert found([dense(1, "linear"), "ReLU", HEAD], (1,)) == {("single-unit-layer", "warning")}
        assert found([{"type": "LSTM", "units": 1}, HEAD], (6, 1)) == {("single-unit-layer", "warning")}
        assert found([dense(8), dense(1), dense(16, "linear")], target={"kind": "reconstruction"}) == set()
        assert found([dense(8), dense(2), dense(8, "softmax")]) == set()
        assert found([dense(8), dense(2), dense(9, "softmax")]) == {("single-unit-layer", "info")}
        assert "single-unit-layer" not in names([dense(1), "Flatten", HEAD], (5, 16))

    def test_layers_without_effect(self):
        assert names([dense(8), "Flatten", HEAD]) == {"no-op-layer"}
        assert names(["Flatten", dense(8), HEAD], (4, 4)) == set()
        assert names(["Flatten"]) == set()
        subsampling = {"type": "MaxPooling2D", "pool_size": 1, "strides": 2}
        assert names([conv(4), subsampling, "Flatten", HEAD], (9, 9, 3)) == {"strides-exceed-window"}
        assert names([{"type": "Permute", "dims": [2, 1]}, "Flatten", HEAD], (4, 4)) == set()

    def test_strides_follow_the_data_format(self):
        layers = [
            conv(4, [2, 3], data_format="channels_first"),
            {"type": "MaxPooling2D", "data_format": "channels_first"},
        ]
        first, second = facts_of(layers, (3, 9, 8)).stack.windows
        assert (first.window, first.sizes) == ((2, 3), (9, 8))
        assert (second.window, second.sizes) == ((2, 2), (8, 6))
        assert (first.strides, second.strides) == ((1, 1), (2, 2))

    @pytest.mark.parametrize(
        ("layer", "shape", "fires"),
        [
            (conv(4, 1, strides=2), (8, 8, 3), True),
            (conv(4, 2, strides=2), (8, 8, 3), False),
            (conv(4, [3, 1], strides=2), (8, 8, 3), True),
            (conv(4, [3, 1], strides=2), (8, 1, 3), False),  # a single column, which the window covers
            (conv(4, 3, strides=4), (3, 3, 3), False),
            (conv(4, 3, strides=4), (4, 4, 3), True),  # the last row and column
            (conv(4, 1, strides=2), ("H", "W", 3), True),
            (conv(4, 1, strides=2, data_format="channels_first"), (3, 1, 1), False),
            ({"type": "MaxPooling2D", "pool_size": 3, "strides": 2}, (8, 8, 3), False),
            ({"type": "DepthwiseConv2D", "kernel_size": 1, "strides": 2}, (8, 8, 3), True),
            # A transposed convolution reads every position.
            ({"type": "Conv2DTranspose", "filters": 4, "kernel_size": 1, "strides": 2}, (8, 8, 3), False),
        ],
    )  # fmt: skip
    def test_strides_larger_than_the_window(self, layer, shape, fires):
        """The rule fires exactly where a position between two windows, or after the last one, is never read."""
        assert ("strides-exceed-window" in names([layer, "Flatten", HEAD], shape)) is fires


class TestMasks:
    def test_custom_layer_may_use_the_mask(self):
        own = {"custom": {"Pool": {"import": "mine:Pool", "input_shape": ["T", "C"], "output_shape": ["C"]}}}
        embedding = {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}
        shape = {"shape": [6], "dtype": "int32"}
        assert names([embedding, {"custom": "Pool"}, HEAD], shape, **own) == set()
        assert names([embedding, "Flatten", HEAD], shape) == {"dropped-mask"}

    def test_padding(self):
        embedding = {"type": "Embedding", "input_dim": 9, "output_dim": 4}
        shape = {"shape": [6], "dtype": "int32"}
        lstm = {"type": "LSTM", "units": 4}
        zero = {"data": {"train": {"range": [0, 8]}}}
        assert names([embedding, lstm, HEAD], shape, **zero) == {"unmasked-padding"}
        assert names([embedding, lstm, HEAD], shape) == set()
        assert names([embedding, lstm, HEAD], shape, data={"train": {"range": [1, 8]}}) == set()
        assert names([embedding, lstm, HEAD], {"shape": ["T"], "dtype": "int32"}, **zero) == set()
        assert names([embedding, "Flatten", HEAD], shape, **zero) == set()
