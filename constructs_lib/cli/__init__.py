"""The command line: one file for each command; `secret-access --help` lists them."""
