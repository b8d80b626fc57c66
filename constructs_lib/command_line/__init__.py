"""The command line's commands; `python -m constructs_lib` has what they are called with."""
