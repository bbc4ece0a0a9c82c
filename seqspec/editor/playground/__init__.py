"""The playground: a page with an editor and a diagram of the model, served only to this machine."""
