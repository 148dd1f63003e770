"""What else a user notices of units and their options: names, texts, sources, states, [X-Fleet]."""

from __future__ import annotations

import pytest

from cluster.eventually import steadily
from tests.functional.lab import SERVICE, A, Lab, unit
from tests.functional.test_api import OPTIONS, UNITS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a+b.service", "invalid character '+' in unit name"),
        ("x.bogus", ""),
        ("x@1.mount", 'invalid unit type for template: "mount"'),
        ("@x.service", ""),
        (f"{'x' * 250}.service", ""),
    ],
)
def test_names_that_no_unit_may_have_are_refused(lab: Lab, name: str, words: str) -> None:
    refused = lab.n1.api("PUT", f"{UNITS}/{name}", {"options": OPTIONS})
    assert refused.status == 400
    assert words in refused.error[1]


def test_a_name_without_a_type_is_that_of_a_service(lab: Lab) -> None:
    lab.write("x.target.service", SERVICE)
    lab.good("submit x.target")
    assert lab.files("--fields=unit") == ["x.target.service"]


@pytest.mark.parametrize("text", ["[Service\nExecStart=/bin/true\n", "[Service]\nno equals sign\n"], ids=["]", "="])
def test_a_file_that_cannot_be_read_as_a_unit_is_refused(lab: Lab, text: str) -> None:
    lab.write("wrong.service", text)
    refused = lab("submit wrong")
    assert (refused.status, lab.files()) == (1, [])
    assert refused.stderr


def test_units_of_one_text_are_the_same_whatever_their_comments(lab: Lab) -> None:
    lab.good("submit a")
    lab.write("a.service", f"# comment\n\n{A.replace('=', ' = ')}; the end\n")
    done = lab.good("submit a")
    assert "differs" not in done.stderr


def test_a_file_beats_the_template_of_the_registry(lab: Lab) -> None:
    lab.good("submit s@.service")
    lab.write("s@1.service", A)
    lab.good("submit s@1 s@2")
    assert [lab.good(f"cat s@{one}").stdout for one in (1, 2)] == [A, SERVICE]


def test_fleetctl_knows_no_globs(lab: Lab) -> None:
    lab.good("submit b1")
    assert "Units not found in registry" in lab.good("stop 'b*'").stderr


def test_load_of_a_launched_unit_stops_it(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    assert lab.good("load a").lines == [f"Unit a.service loaded {lab.n1.here}"]
    lab.wait_units(f"a.service {lab.n1.place} inactive dead")


def test_the_old_names_of_options_are_taken(lab: Lab) -> None:
    lab.write_all(
        {
            "id.service": unit(f"X-ConditionMachineID={lab.n3.id}"),
            "of.service": unit("X-ConditionMachineOf=id.service"),
            "metadata.service": unit("X-ConditionMachineMetadata=region=a"),
            "not.service": unit("X-Conflicts=*.service"),
        }
    )
    lab.good("start id of metadata")
    lab.good("start not")
    places = {"id.service": [lab.n3], "of.service": [lab.n3], "metadata.service": [lab.n1], "not.service": [lab.n2]}
    lab.wait("each is where it says", lambda: lab.where() == places)


def test_an_option_that_is_not_known_is_told_and_passed_over(lab: Lab) -> None:
    lab.write("odd.service", unit("Bogus=1", "MachineMetadata=bogus"))
    done = lab.good("start odd")
    assert 'unrecognized requirement in [X-Fleet] section: "Bogus"' in done.stderr
    lab.wait_active("odd.service")


@pytest.mark.parametrize("word", ["yes", "ON", "1", "t"])
def test_global_is_true_in_many_words(lab: Lab, word: str) -> None:
    lab.write("word.service", unit("Global=false", f"Global={word}"))
    lab.good("submit word")
    assert lab.files("--fields=unit,global,target") == ["word.service true global"]


def test_an_edit_of_metadata_moves_what_runs(lab: Lab) -> None:
    lab.write("here.service", unit("MachineMetadata=region=a"))
    lab.write("g.service", unit("Global=true", "MachineMetadata=region=a"))
    lab.good("start here g")
    lab.wait("they run on n1", lambda: lab.where() == {"here.service": [lab.n1], "g.service": [lab.n1]})
    regions = {lab.n1: "x", lab.n2: "a"}
    changes = [
        {"op": "replace", "path": f"/{node.id}/metadata/region", "value": {"value": value}}
        for node, value in regions.items()
    ]
    assert lab.n3.api("PATCH", "/fleet/v1/machines", changes).status == 204
    lab.wait("they run on n2", lambda: lab.where() == {"here.service": [lab.n2], "g.service": [lab.n2]})
    lab.wait("n1 has no unit any more", lambda: lab.n1.files() == set())


def test_a_unit_whose_peer_is_gone_waits_for_its_return(lab: Lab) -> None:
    lab.write("pong.service", unit("MachineOf=a.service"))
    lab.good("start a pong")
    lab.wait_active("a.service", "pong.service")
    lab.good("destroy a")
    lab.wait("pong waits", lambda: lab.files("--fields=unit,state,target") == ["pong.service inactive -"])
    lab.wait("and has stopped", lambda: lab.units() == [])
    lab.good("start a")
    lab.wait_active("a.service", "pong.service")


def test_a_global_unit_counts_where_it_fits_once_it_is_wanted(lab: Lab) -> None:
    lab.write("g.service", unit("Global=true", "MachineMetadata=region=a"))
    lab.good("submit g")
    lab.good("start a")
    lab.wait("it counts not yet", lambda: lab.where() == {"a.service": [lab.n1]})
    lab.good("destroy a")
    lab.good("load g")
    lab.good("start b1")
    lab.wait_active("b1.service")
    assert lab.node_of("b1.service") == lab.n2, "n1 carries the global unit already, though it is only loaded"


def test_a_oneshot_is_launched_and_no_failure(lab: Lab) -> None:
    lab.write("once.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    lab.good("start once")
    lab.wait_units(f"once.service {lab.n1.place} inactive dead")
    assert lab.files("--fields=unit,dstate") == ["once.service launched"]


def test_start_of_what_fails_says_so_with_the_units_last_words(lab: Lab) -> None:
    lab.write("bad.service", "[Service]\nExecStart=/bin/sh -c 'echo last words; exit 3'\n")
    refused = lab("start bad")
    assert refused.status == 1
    assert "last words" in refused.stderr


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("timer", "[Timer]\nOnActiveSec=1h\n"),
        ("path", "[Path]\nPathExists=/nowhere/at/all\n"),
        ("socket", "[Socket]\nListenStream=127.0.0.1:49999\n"),
    ],
)
def test_units_of_other_types_run(lab: Lab, suffix: str, text: str) -> None:
    lab.write_all({f"typed.{suffix}": text, "typed.service": unit(f"MachineOf=typed.{suffix}")})
    lab.good(f"load typed.{suffix} typed.service")
    lab.good(f"start typed.{suffix}")
    lab.wait_active(f"typed.{suffix}")


def test_no_unit_is_ever_on_two_machines_while_it_is_moved_to_and_fro(lab: Lab) -> None:
    lab.write("here.service", unit("MachineMetadata=region=a"))
    lab.good("start here")
    path = "metadata/region"

    def alone() -> bool:
        return sum(lab.everywhere(lambda node: node.processes("^/bin/sleep 100000"))) <= 1

    for target, other in ((lab.n2, lab.n1), (lab.n1, lab.n2)):
        changes = [
            {"op": "replace", "path": f"/{target.id}/{path}", "value": {"value": "a"}},
            {"op": "replace", "path": f"/{other.id}/{path}", "value": {"value": "b"}},
        ]
        assert lab.n1.api("PATCH", "/fleet/v1/machines", changes).status == 204
        steadily("it runs once at most", alone, during=1, every=0.02)
        lab.wait("it has moved", lambda target=target: lab.where() == {"here.service": [target]})  # type: ignore[misc]
