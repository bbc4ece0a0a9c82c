"""The engines that start the workers of a run with several processes."""
