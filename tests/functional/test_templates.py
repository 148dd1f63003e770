"""Templates, and the replacement of a unit's text: V26 to V32."""

from __future__ import annotations

from tests.functional.lab import SERVICE, A, Lab

CHANGED = A.replace("Svc A", "Svc B")


def test_v26_an_instance_has_the_text_of_the_registrys_template(lab: Lab) -> None:
    lab.write("s@.service", f"[Unit]\nDescription=%p number %i\n\n{SERVICE}")
    lab.good("submit s@.service")
    lab.folder.here.joinpath("elsewhere").mkdir()
    lab.good("start s@2 s@3", at="elsewhere")
    lab.wait_active("s@2.service", "s@3.service")
    names, hashes = zip(*(row.split() for row in lab.files("--fields=unit,hash")), strict=True)
    assert names == ("s@.service", "s@2.service", "s@3.service")
    assert len(set(hashes)) == 1
    assert "Description=%p number %i" in lab.good("cat s@2").lines


def test_v27_an_instance_needs_its_template(lab: Lab) -> None:
    refused = lab("start zz@1")
    assert refused.status == 1
    assert "unable to find template Unit(zz@.service) in Registry or on filesystem" in refused.stderr


def test_v28_a_template_itself_cannot_be_started(lab: Lab) -> None:
    lab.good("submit s@.service")
    refused = lab("start s@.service")
    assert refused.status == 1
    assert '400: cannot activate template "s@.service"' in refused.stderr
    assert lab.files("--fields=unit,dstate") == ["s@.service inactive"]


def test_v29_a_changed_file_is_told_and_not_taken(lab: Lab) -> None:
    lab.good("submit a")
    lab.write("a.service", CHANGED)
    done = lab.good("submit a")
    told = "WARNING: Unit a.service in registry differs from local unit file a.service. Add --replace to override."
    assert told in done.stderr
    assert lab.good("cat a").stdout == A


def test_v30_replace_has_the_new_text_run(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    before, hashed = lab.node_of("a.service").pid("a"), lab.units("--fields=hash")
    lab.write("a.service", CHANGED)
    lab.good("start --replace a")
    lab.wait_active("a.service")
    assert lab.good("cat a").stdout == CHANGED
    assert lab.units("--fields=hash") != hashed
    assert lab.node_of("a.service").pid("a") not in (0, before)


def test_v31_replace_with_the_same_text_does_nothing(lab: Lab) -> None:
    lab.good("submit --replace a")
    assert lab.good("submit --replace a").lines == ["Found same Unit(a.service) in Registry, nothing to do"]


def test_v32_submit_does_not_replace_what_runs(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    before = lab.pids()
    lab.write("a.service", CHANGED)
    refused = lab.good("submit --replace a")
    words = "Warning: can not replace Unit(a.service) in state 'launched', use the appropriate command"
    assert words in refused.stderr
    assert lab.good("cat a").stdout == A
    assert lab.pids() == before
