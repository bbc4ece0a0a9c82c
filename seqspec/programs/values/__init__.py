"""Values of names while a Python program is read: constants, arrays, datasets, tensors, models; and their operators."""
