"""The random policies of the tests: `tools` has them, as the benchmarks use them too."""

from tools.random_policies import NAMES, random_document

__all__ = ["NAMES", "random_document"]
