"""An emulated AWS that enforces IAM, for the tests that deploy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.emulator import Aws, emulated_aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with emulated_aws(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.deployment)
