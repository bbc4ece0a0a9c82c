"""Training data: sources, splits, label encoding, missing values, leakage. Imports NumPy, never Keras."""
