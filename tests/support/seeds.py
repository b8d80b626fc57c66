"""The seed of a random test. `TEST_SEED=...` repeats a run: a test that fails prints its seed."""

import os
import random


def seed_of_run() -> int:
    """Return the seed of the environment, or else a new one, and print it."""
    seed = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"TEST_SEED={seed}")
    return seed
