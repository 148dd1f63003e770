"""What commands do with arguments that are missing or unknown, and [Install]: V66 to V69."""

from __future__ import annotations

import pytest

from tests.functional.lab import SERVICE, Lab


@pytest.mark.parametrize("command", ["submit", "load", "start", "stop", "unload", "restart", "destroy"])
def test_v66_no_units_are_no_error(lab: Lab, command: str) -> None:
    done = lab.good(command)
    assert done.stdout == ""
    assert "No units given" in done.stderr


@pytest.mark.parametrize("arguments", ["cat", "cat a b1", "journal"])
def test_v66_cat_and_journal_want_exactly_one_unit(lab: Lab, arguments: str) -> None:
    refused = lab(arguments)
    assert refused.status == 1
    assert refused.stderr


def test_v67_destroy_passes_over_what_is_not_there(lab: Lab) -> None:
    lab.good("submit a")
    assert lab.good("destroy a zzz").lines == ["Destroyed a.service"]


def test_v68_the_first_unit_that_is_nowhere_ends_a_start(lab: Lab) -> None:
    refused = lab("start a zzz")
    assert refused.status == 1
    assert lab.files("--fields=unit,dstate") == ["a.service inactive"]


def test_v69_install_has_systemd_start_what_fleet_has_only_loaded(lab: Lab) -> None:
    lab.write("main.service", SERVICE)
    lab.write("side.service", f"{SERVICE}\n[Install]\nWantedBy=main.service\n\n[X-Fleet]\nMachineOf=main.service\n")
    lab.good("load main side")
    lab.good("start main")
    lab.wait_active("main.service", "side.service")
    assert lab.files("--fields=unit,dstate") == ["main.service launched", "side.service loaded"]
    link = "ls /run/systemd/system/main.service.wants/side.service"
    node = lab.node_of("side.service")
    assert node.run(link, check=False).ok
    lab.good("unload side")
    assert not node.run(link, check=False).ok
