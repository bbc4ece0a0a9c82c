"""The catalog of Keras: one declaration per class."""
