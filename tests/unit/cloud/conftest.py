from collections.abc import Iterator

import pytest

from tests.aws import Services, services


@pytest.fixture
def aws() -> Iterator[Services]:
    with services() as made:
        yield made
