"""The language, the catalogue of Keras, shapes, rules and the compiler; it imports no extension."""
