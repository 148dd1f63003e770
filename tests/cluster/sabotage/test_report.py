"""What pytest wrote is read as pytest meant it."""

from __future__ import annotations

import pytest

from cluster.sabotage import report
from cluster.sabotage.report import Result

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.fixture
def unset():
    raise RuntimeError("no setup")

@pytest.fixture
def untorn():
    yield
    raise RuntimeError("no teardown")

def test_good(): pass
def test_skipped(): pytest.skip("not today")
def test_unset(unset): pass
def test_untorn(untorn): pass
def test_long(): assert 0, "".join(f"line {n}\\n" for n in range(50))
def test_both(untorn): assert 0, "first line\\nsecond line"

@pytest.mark.parametrize("kind", ["the master's machine"])
def test_kinds(kind): assert {kind} == {"another"}
"""


def test_each_tests_outcome_and_messages_are_found_by_its_node_id(pytester: pytest.Pytester) -> None:
    pytester.mkpydir("e2e")
    module = pytester.path / "e2e" / "test_a.py"
    module.write_text(TESTS)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "--junitxml=out.xml", str(module))

    found = report.read(pytester.path / "out.xml")

    prefix = "e2e/test_a.py::"
    assert found[f"{prefix}test_good"] == Result("passed")
    assert found[f"{prefix}test_skipped"] == Result("skipped", ("not today",))
    assert found[f"{prefix}test_unset"].messages == ()
    assert found[f"{prefix}test_unset"].around[0].startswith(f'{report.SETUP} with "RuntimeError: no setup"')
    assert "line 49" in found[f"{prefix}test_long"].messages[0]
    assert "untorn" not in found[f"{prefix}test_both"].messages[0], "a line of the source is no message"
    assert found[f"{prefix}test_untorn"].outcome == "failed"
    assert "first line\n  second line" in found[f"{prefix}test_both"].messages[0]
    assert "no teardown" in found[f"{prefix}test_both"].around[0]
    assert '"the master\'s machine"' in found[f"{prefix}test_kinds[the master's machine]"].messages[0]
