"""Predictions from raw columns without seqspec: the encoding of `[data.columns]` inside a Keras or ONNX model.

- `raw_inputs.raw_inputs` lists the inputs of such a model, one per column.
- `encoding_graph.encoded` computes the vector of `encoding.json` from them, with the operations of a framework.
- `keras_model.serving_model` is the Keras model, `onnx_model.with_encoding` the ONNX model.
"""
