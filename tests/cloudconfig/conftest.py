from __future__ import annotations

from collections.abc import Callable

import pytest

from cloudconfig import config
from cloudconfig.actions import Action
from cloudconfig.config import CloudConfig
from cloudconfig.plan import plan
from cloudconfig.problems import Rejected

ADDRESSES = {"COREOS_PRIVATE_IPV4": "10.0.0.1"}


@pytest.fixture
def mistakes() -> Callable[[str], list[str]]:
    """Return the mistakes in a cloud-config, as the user reads them."""

    def read(text: str) -> list[str]:
        try:
            config.read(text)
        except Rejected as error:
            return str(error).splitlines()
        return []

    return read


@pytest.fixture
def read() -> Callable[[str], CloudConfig]:
    return config.read


@pytest.fixture
def planned() -> Callable[[str], list[Action]]:
    return lambda text: plan(config.read(text), ADDRESSES)
