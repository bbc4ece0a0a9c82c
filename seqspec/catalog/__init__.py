"""What Keras has, one declaration a class."""
