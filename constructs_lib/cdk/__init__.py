"""The constructs, and everything that loads CDK."""
