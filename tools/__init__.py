"""Programs for contributors, which the Makefile runs."""
