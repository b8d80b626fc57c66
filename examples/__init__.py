"""Stacks that use the constructs as another team would. The test suite synthesizes each."""
