"""What workers say is printed by the process with the terminal, and hurts nobody when that is gone."""

from __future__ import annotations

from cluster.relay import Relay, Speaker


def test_each_line_arrives_in_order_with_the_name_of_who_said_it() -> None:
    told: list[str] = []
    relay = Relay(told.append)
    one, two = Speaker(relay.address, "gw0"), Speaker(relay.address, "esfleet-2")
    one("booting")
    one.name = "esfleet"
    one("the host is not ready:\n  no docker")
    two("booted")
    relay.close()
    assert told == ["[gw0] booting", "[esfleet] the host is not ready:", "[esfleet]   no docker", "[esfleet-2] booted"]


def test_a_line_that_cannot_be_printed_keeps_no_other_back() -> None:
    told: list[str] = []

    def say(line: str) -> None:
        told.append(line)
        if line == "one":
            raise OSError("no terminal")

    relay = Relay(say)
    Speaker(relay.address)("one\ntwo")
    relay.close()
    assert told == ["one", "two"]


def test_nobody_there_is_no_trouble() -> None:
    Speaker("nobody", "gw0")("booting")
