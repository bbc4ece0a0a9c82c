"""From what exists (Keras JSON, saved models, Python programs) to a spec."""
