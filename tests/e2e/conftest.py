"""An emulated AWS that enforces IAM, for the tests that deploy.

Each module of tests starts its own, with a port and a folder that no other has: modules can run at
the same time, in several workers of pytest-xdist.
"""

from collections.abc import Iterator

import pytest

from demo.emulator import Aws, emulated_aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with emulated_aws(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.deployment)
