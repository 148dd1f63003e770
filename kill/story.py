"""What the killed runs run: one test for each worker, on two machines without Elasticsearch."""

from __future__ import annotations

import os

import pytest

from cluster.eventually import steadily
from cluster.say import Say
from cluster.site import Site

WORKING = "at work"
"""What a test says when it has begun."""


@pytest.mark.parametrize("number", range(int(os.environ.get("STORIES", "1"))))
def test_a_cluster_is_at_work(number: int, site: Site, say: Say) -> None:
    assert site.cluster.machines[number].answers
    say(WORKING)
    if os.environ.get("KILLED") == "a test":
        steadily("nobody has killed the run", lambda: True, during=120)
    assert os.environ.get("KILLED") != "tear-down", "so there is evidence by then"
