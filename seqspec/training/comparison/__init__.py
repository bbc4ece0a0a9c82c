"""What results mean: compared with baselines, with the curves of training, and with other runs. No Keras."""
