"""The playground: a page with an editor and a picture of the model, served to this machine alone."""
