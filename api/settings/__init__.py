"""The settings of an installation: from a file, from the environment, and from options of the command line."""
