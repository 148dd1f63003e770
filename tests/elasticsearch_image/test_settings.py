"""Settings: from the unit's environment, then from etcd; and what becomes of them on Java's command line."""

import pytest
from toolkit.etcd import Etcd, put
from toolkit.java import command
from toolkit.settings import BadSettings, Settings, from_environment, from_etcd

from cluster.eventually import steadily
from tests.elasticsearch_image.conftest import Instance

NEEDED = {"LABEL": "logs", "INSTANCE": "3", "IP": "10.0.0.3"}


def test_three_things_are_needed_and_a_missing_one_is_named() -> None:
    for name in NEEDED:
        with pytest.raises(BadSettings, match=name):
            from_environment({key: value for key, value in NEEDED.items() if key != name})


def test_a_missing_address_says_where_it_comes_from() -> None:
    with pytest.raises(BadSettings, match="COREOS_PRIVATE_IPV4"):
        from_environment(NEEDED | {"IP": ""})


def test_empty_means_the_default() -> None:
    assert from_environment(NEEDED | {"HTTP_PORT": "", "ES_HEAP_SIZE": ""}) == from_environment(NEEDED)


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(BadSettings, match="HTTP_PORT must be a whole number, not 'http'"):
        from_environment(NEEDED | {"HTTP_PORT": "http"})


@pytest.mark.parametrize(("instances", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)])
def test_a_quorum_is_a_majority(instances: int, quorum: int) -> None:
    assert from_environment(NEEDED | {"INSTANCES": str(instances)}).quorum == quorum


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("INSTANCES", "0", "1 to 1000"),
        ("REPLICAS", "-1", "0 to 1000"),
        ("HTTP_PORT", "65536", "1 to 65535"),
        ("LEASE_TTL", "0", "3 to 86400"),
        ("HOST_TTL", "2", "3 to 86400"),
        ("NO_MASTER_TIMEOUT", "0", "1 to 86400"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_with_its_bounds(name: str, value: str, bounds: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} must be {bounds}, not {value}"):
        from_environment(NEEDED | {name: value})


def test_a_switch_is_on_or_off() -> None:
    assert from_environment(NEEDED).marvel_recorder == "on"
    assert from_environment(NEEDED | {"MARVEL_RECORDER": "off"}).marvel_recorder == "off"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("MARVEL_RECORDER", "false", "MARVEL_RECORDER must be on or off, not 'false'; it stays off"),
        ("MARVEL_SPOOL_MB", "16m", "MARVEL_SPOOL_MB must be a whole number, not '16m'; it stays 8"),
        ("MARVEL_RETENTION_DAYS", "0", "MARVEL_RETENTION_DAYS must be 1 to 36500, not 0; it stays 3"),
    ],
)
def test_a_bad_setting_of_the_history_is_told_and_stays_as_it_was(
    name: str, value: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    marvel = {"MARVEL_RECORDER": "off", "MARVEL_SPOOL_MB": "8", "MARVEL_RETENTION_DAYS": "3"}
    own = from_environment(NEEDED | marvel)
    assert from_etcd(own, {name: value, "REPLICAS": "2"}) == (own.changed({"REPLICAS": "2"}), [])
    assert why in capsys.readouterr().err


def test_no_node_stays_down_for_a_bad_setting_of_the_history(one: Instance) -> None:
    lease = one.run("lease", INSTANCES="1", MARVEL_RECORDER="false")
    lease.says("MARVEL_RECORDER must be on or off, not 'false'; it stays on")
    lease.says("its node may start")


def test_the_smallest_numbers_are_taken() -> None:
    smallest = {"INSTANCES": "1", "REPLICAS": "0", "LEASE_TTL": "3", "HOST_TTL": "3"}
    settings = from_environment(NEEDED | smallest)
    assert (settings.instances, settings.replicas, settings.lease_ttl, settings.host_ttl) == (1, 0, 3, 3)


def test_etcd_says_nothing_of_who_and_where_an_instance_is() -> None:
    own = from_environment(NEEDED)
    found = {
        "LABEL": "x",
        "INSTANCE": "9",
        "IP": "10.9.9.9",
        "MACHINE": "m",
        "ETCD": "http://x:1",
        "FLEET_SOCKET": "/x",
        "MARVEL_SPOOL": "/x",
    }
    assert from_etcd(own, found) == (own, sorted(found))


def test_what_etcd_sets_is_stronger_than_the_unit() -> None:
    own = from_environment(NEEDED | {"REPLICAS": "3"})
    changed, ignored = from_etcd(own, {"REPLICAS": "2", "REPLICA": "1"})
    assert (changed.replicas, ignored) == (2, ["REPLICA"])


def test_etcd_sets_for_all_machines_and_typing_errors_are_told(one: Instance, etcd: Etcd) -> None:
    label = one.settings.label
    values = {"INSTANCES": "1", "INSTANCE_COUNT": "9", "INSTANCE": "7"}
    etcd.transact([], [put(f"/config/{label}/{name}", value) for name, value in values.items()])
    lease = one.run("lease")
    lease.says("its node may start")
    lease.says(f"ignored, there is no such setting: /config/{label}/INSTANCE_COUNT")
    lease.says(f"ignored, only the unit can say it: /config/{label}/INSTANCE")
    assert one.lock.claim(one.lock.look())
    with one.node():
        # Alone it is the quorum now, so it needs a master.
        steadily("it holds", lease.is_running, during=1)
        assert one.lock.look().holder is not None


def options(**variables: str) -> dict[str, str]:
    arguments = command(from_environment(NEEDED | variables), ["10.0.0.1:9300", "10.0.0.2:9300"])
    pairs = [argument.removeprefix("-Des.").partition("=") for argument in arguments if argument.startswith("-Des.")]
    return {name: value for name, _, value in pairs}


def test_the_node_is_named_for_its_label_and_instance() -> None:
    assert options()["node.name"] == "logs-3"
    assert options()["cluster.name"] == "logs"
    assert options(CLUSTER_NAME="all logs")["cluster.name"] == "all logs"


def test_the_promised_label_and_replicas_are_the_defaults() -> None:
    assert options()["node.label"] == "ElasticSearch_logging"
    assert options()["index.number_of_replicas"] == "3"


def test_the_quorum_and_the_hosts_are_given() -> None:
    assert options()["discovery.zen.minimum_master_nodes"] == "3"
    assert options()["discovery.zen.ping.unicast.hosts"] == "10.0.0.1:9300,10.0.0.2:9300"


def test_a_master_that_does_not_let_a_node_in_is_not_asked_for_a_minute() -> None:
    assert options()["discovery.zen.join_timeout"] == "10s"
    assert options(JOIN_TIMEOUT="4s")["discovery.zen.join_timeout"] == "4s"


def test_no_hosts_are_no_option() -> None:
    assert not [argument for argument in command(from_environment(NEEDED), []) if "unicast" in argument]


def test_nothing_is_given_weakly() -> None:
    assert not [name for name in options() if name.startswith("default.")]


def test_ones_own_options_come_last_and_so_win() -> None:
    assert options(ES_OPTS="-Des.index.number_of_replicas=1")["index.number_of_replicas"] == "1"
    arguments = command(from_environment(NEEDED | {"JAVA_OPTS": "-Xmx64m"}), [])
    assert arguments.index("-Xmx64m") > arguments.index("-Xmx1g")


def test_quotes_in_options_keep_a_blank() -> None:
    assert options(ES_OPTS="'-Des.node.rack=row 1'")["node.rack"] == "row 1"


def test_no_part_runs_with_bad_settings(one: Instance) -> None:
    for part in ("node", "lease", "discovery", "hosts"):
        process = one.run(part, INSTANCES="five")
        assert process.ends() == 2
        assert "INSTANCES must be a whole number" in process.journal


def test_another_word_is_told_the_usage(one: Instance) -> None:
    assert one.run("nodes").ends() == 2
    assert "usage: node | lease | discovery | hosts" in one.parts[-1].journal


def test_hosts_prints_the_live_ones(one: Instance) -> None:
    one.hosts.publish()
    one.run("hosts").says(f"127.0.0.1:{one.settings.transport_port}")


def test_defaults_are_those_of_the_units() -> None:
    settings = Settings("l", "1", "ip")
    assert (settings.lease_ttl, settings.host_ttl, settings.http_port, settings.transport_port) == (15, 10, 9200, 9300)
