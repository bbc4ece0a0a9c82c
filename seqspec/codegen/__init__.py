"""A checked document to the Keras program that it stands for, without Keras."""
