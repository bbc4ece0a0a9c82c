"""Training, evaluation and prediction: with `compiler`, the only package that imports Keras."""
