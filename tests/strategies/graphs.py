"""Programs of functional models: their lines, each of which calls a layer or an operation on earlier tensors."""

from __future__ import annotations

from hypothesis import strategies as st

ONE = (
    "layers.Dense({n})({a})",
    "layers.Dense({n}, activation='relu')({a})",
    "layers.Conv2D({n}, {k})({a})",
    "layers.Conv2D({n}, {k}, padding='same', strides=2)({a})",
    "layers.Conv2DTranspose({n}, 2, strides=2)({a})",
    "layers.SeparableConv2D({n}, {k})({a})",
    "layers.DepthwiseConv2D({k})({a})",
    "layers.MaxPooling2D(2)({a})",
    "layers.AveragePooling2D(2, padding='same')({a})",
    "layers.GlobalAveragePooling2D()({a})",
    "layers.UpSampling2D(2)({a})",
    "layers.ZeroPadding2D(1)({a})",
    "layers.Flatten()({a})",
    "layers.BatchNormalization()({a})",
    "layers.Dropout(0.3)({a})",
    "layers.Reshape((-1, {n}))({a})",
    "layers.LSTM({n}, return_sequences=True)({a})",
    "layers.GRU({n})({a})",
    "layers.Bidirectional(layers.LSTM({n}))({a})",
    "layers.Conv1D({n}, {k}, padding='causal')({a})",
    "layers.Embedding(10, {n})({a})",
    "layers.Activation('tanh')({a})",
    "layers.LayerNormalization()({a})",
    "layers.RepeatVector({n})({a})",
    "layers.TimeDistributed(layers.Dense({n}))({a})",
    "keras.Sequential([layers.Dense({n}), layers.ReLU()])({a})",
    "{a} * 0.5",
    "1 - {a}",
    "{a}[:, 0]",
    "{a}[..., :2]",
    "{a}[:, 1:]",
    "keras.ops.relu({a})",
    "keras.ops.mean({a}, axis=-1, keepdims=True)",
    "keras.ops.max({a}, axis=1)",
    "keras.ops.expand_dims({a}, -1)",
    "keras.ops.transpose({a}, (0, 2, 1))",
    "keras.ops.cast({a}, 'float32')",
)
TWO = (
    "layers.Add()([{a}, {b}])",
    "layers.add([{a}, {b}])",
    "layers.Concatenate()([{a}, {b}])",
    "layers.concatenate([{a}, {b}], axis=1)",
    "layers.Multiply()([{a}, {b}])",
    "layers.Subtract()([{a}, {b}])",
    "layers.Average()([{a}, {b}])",
    "layers.Dot(axes=1)([{a}, {b}])",
    "{a} + {b}",
    "{a} * {b}",
    "keras.ops.concatenate([{a}, {b}], axis=-1)",
    "keras.ops.stack([{a}, {b}], axis={n})",
    "layers.MultiHeadAttention(2, {n})({a}, {b})",
    "layers.Attention()([{a}, {b}])",
    "layers.LSTM({n})({a}, initial_state=[{b}, {b}])",
)
INPUTS = ("(8,)", "(6, 4)", "(12, 12, 3)", "(None, 5)", "(9, 7, 2)", "(8,), dtype='int32'")


@st.composite
def graph_lines(draw: st.DrawFn, most: int = 12) -> list[str]:
    """The lines of a program that name the tensors `t0`, `t1`, ...; some of them Keras rejects."""
    inputs = draw(st.lists(st.sampled_from(INPUTS), min_size=1, max_size=3))
    lines = [f"t{at} = keras.Input({shape})" for at, shape in enumerate(inputs)]
    for at in range(len(lines), len(lines) + draw(st.integers(1, most))):
        names = st.sampled_from([f"t{before}" for before in range(at)])
        form = draw(st.sampled_from(ONE) if draw(st.integers(0, 3)) else st.sampled_from(TWO))
        values = {
            "n": draw(st.sampled_from((2, 3, 4))),
            "k": draw(st.integers(1, 4)),
            "a": draw(names),
            "b": draw(names),
        }
        lines.append(f"t{at} = {form.format(**values)}")
    return lines
