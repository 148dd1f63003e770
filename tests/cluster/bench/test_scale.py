"""What the measurement of many units reads, and that it belongs to no usual run."""

from __future__ import annotations

from cluster.bench.figures import FIGURES, PHASES, UPSTREAM, USUAL
from cluster.bench.result import Result
from cluster.bench.scale import ASKED, BYTES
from cluster.bench.table import lines

METRICS = """\
# TYPE etcd_network_client_grpc_received_bytes_total counter
etcd_network_client_grpc_received_bytes_total 1.5e+06
etcd_network_client_grpc_sent_bytes_total 500
etcd_network_peer_sent_bytes_total{To="a"} 9
grpc_server_handled_total{grpc_code="OK",grpc_method="Txn",grpc_type="unary"} 17
grpc_server_handled_total{grpc_code="OK",grpc_method="Range",grpc_type="unary"} 3
grpc_server_handled_total{grpc_code="OK",grpc_method="Watch",grpc_type="bidi_stream"} 8
"""


def test_requests_and_bytes_are_those_of_clients_and_streams_are_no_requests() -> None:
    assert sum(map(float, ASKED.findall(METRICS))) == 20
    assert sum(map(float, BYTES.findall(METRICS))) == 1_500_500


def test_upstreams_limits_are_beside_it_and_only_there() -> None:
    figure = next(figure.name for figure in FIGURES if figure.phase == "scale")
    with_it = Result("2026-01-02T030405Z", "abc", {}, {figure: [1.0]})
    assert set(UPSTREAM) <= set(lines(with_it, []))
    assert not set(UPSTREAM) & set(lines(Result("2026-01-02T030405Z", "abc", {}, {"tear-down": [1.0]}), []))


def test_the_usual_bench_is_without_it() -> None:
    assert set(PHASES) - set(USUAL) == {"scale", "marvel"}
