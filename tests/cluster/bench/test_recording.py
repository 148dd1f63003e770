"""What a machine prints of its recorder, and what follows from it."""

import pytest

from cluster.bench.idling import Cost
from cluster.bench.recording import cost
from cluster.errors import InfraError


def test_memory_is_in_megabytes_and_the_processor_in_percent_of_one() -> None:
    assert cost("100\n7 50 10\n7 53 11\n 9765 kB\n", 20) == Cost(9765 * 1024 / 1e6, 0.2)


@pytest.mark.parametrize("told", ["", "100\n7 50 10\n9765 kB\n", "100\n7 50 10\n8 1 1\n9765 kB\n"])
def test_a_recorder_that_was_not_there_all_the_time_has_no_cost(told: str) -> None:
    with pytest.raises(InfraError, match="recorder"):
        cost(told, 20)
