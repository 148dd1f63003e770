"""The ways to fleetd: TCP, TLS, and through another machine by ssh."""

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.fleet.ctl.fleetd_double import Fleetd
from tests.fleet.ctl.harness import ON_N1, PROJECT, BecameError, Fleetctl, program
from tests.fleet.ctl.relay import Relay

# An ssh whose destination is this machine: it runs the last word, or connects to where -W says, and notes its words.
SSH = """
echo "$@" >>"$LOG"
for last; do case $before in -W) to=$last;; esac; before=$last; done
if test "$to"; then exec {python} -c '{connect}' "$to"; fi
unset FLEETCTL_ASKPASS  # as what another machine runs
exec sh -c "$last"
"""
CONNECT = """
import os, socket, sys, threading
host, _, port = sys.argv[1].rpartition(":")
far = socket.create_connection((host.strip("[]"), int(port)))
def back():
    while data := far.recv(65536): os.write(1, data)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536): far.sendall(data)
"""


@contextmanager
def relayed(endpoint: str, context: ssl.SSLContext | None = None) -> Iterator[int]:
    with Relay(endpoint, context) as relay:
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield relay.port
        relay.shutdown()
        thread.join()


@contextmanager
def served(body: bytes) -> Iterator[int]:
    """A server that answers whatever is asked with this body; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """How ssh was called."""
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    monkeypatch.setenv("LOG", str(tmp_path / "called"))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    program(tmp_path / "bin" / "ssh", SSH.format(python=sys.executable, connect=CONNECT), monkeypatch)
    fleetctl = tmp_path / "bin" / "fleetctl"
    fleetctl.write_text(f"#!{sys.executable} -S\nimport sys\nfrom fleet.ctl.main import main\nsys.exit(main())\n")
    fleetctl.chmod(0o755)
    return tmp_path / "called"


def test_the_endpoint_may_be_tcp_and_the_flag_beats_the_variable(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relayed(fleetd.endpoint) as port:
        monkeypatch.setenv("FLEETCTL_ENDPOINT", f"http://127.0.0.1:{port}")
        listed = fleetctl("list-machines")
        assert (listed.status, len(listed.out.splitlines())) == (0, 3)
        monkeypatch.setenv("FLEETCTL_ENDPOINT", "http://127.0.0.1:1")
        assert fleetctl(f"--endpoint=http://127.0.0.1:{port},http://nobody", "list-machines") == listed


def test_a_server_that_is_no_fleetd_is_told_apart(fleetctl: Fleetctl) -> None:
    with served(b"[1, 2]") as port:
        result = fleetctl(f"--endpoint=http://127.0.0.1:{port}", "list-machines")
    assert (result.status, "this is no fleetd" in result.err) == (1, True)


def test_a_tunnel_goes_to_the_socket_of_another_machine(fleetd: Fleetd, fleetctl: Fleetctl, called: Path) -> None:
    fleetd.know("a.service")
    result = fleetctl("--tunnel=10.99.0.2:2022", "start", "a")
    assert result == (0, f"Unit a.service launched {ON_N1}\n", "")
    (how,) = called.read_text().splitlines()
    path = fleetd.endpoint.removeprefix("unix://")
    assert how.endswith(f"core@10.99.0.2 -- fleetctl fd-forward {path}")
    assert {"Port=2022", "ConnectTimeout=10", "StrictHostKeyChecking=ask"} <= set(how.split())


def test_a_tunnel_goes_to_a_tcp_endpoint_of_another_machine(
    fleetd: Fleetd, fleetctl: Fleetctl, called: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETCTL_TUNNEL", "10.99.0.2")
    monkeypatch.setenv("FLEETCTL_SSH_USERNAME", "admin")
    with relayed(fleetd.endpoint) as port:
        result = fleetctl(f"--endpoint=http://127.0.0.1:{port}", "list-machines")
        assert (result.status, len(result.out.splitlines())) == (0, 3)
        assert called.read_text().rstrip().endswith(f"-W [127.0.0.1]:{port} admin@10.99.0.2")


def test_machines_are_reached_through_the_tunnel_too(
    fleetd: Fleetd, fleetctl: Fleetctl, called: Path, becomes: type[BecameError]
) -> None:
    with pytest.raises(becomes) as became:
        fleetctl("--tunnel=10.99.0.2", "--known-hosts-file=/tmp/100% sure", "ssh", "1", "pwd")
    (proxy,) = (word for word in became.value.arguments if word.startswith("ProxyCommand="))
    assert proxy.endswith("-W '[%h]:%p' core@10.99.0.2")
    assert 'UserKnownHostsFile="/tmp/100%%%% sure"' in proxy, "once for ssh, once for the ssh that it runs"
    assert became.value.arguments[-3:] == ["core@10.99.0.1", "--", "pwd"]


@pytest.mark.parametrize(
    ("tunnel", "message"), [("10.99.0.2", "SSH_AUTH_SOCK is not set"), ("h:x", '"h:x" is not host[:port]')]
)
def test_a_tunnel_that_cannot_be_is_explained(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch, tunnel: str, message: str
) -> None:
    if tunnel == "h:x":
        monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    result = fleetctl("--tunnel", tunnel, "destroy", "a")
    assert (result.status, result.out, fleetd.requests) == (1, "", [])
    assert result.err.startswith("Unable to initialize client: ")
    assert message in result.err


def test_a_tunnel_that_breaks_leaves_the_last_word_to_ssh(
    fleetctl: Fleetctl, called: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "other" / "ssh", "echo no route >&2; exit 255", monkeypatch)
    result = fleetctl("--tunnel=10.99.0.2", "list-units")
    assert result.status == 1
    assert "no route" in result.err
    assert "without a reply" in result.err or "closed" in result.err


def test_the_far_end_of_a_tunnel_says_what_it_cannot_reach(fleetctl: Fleetctl) -> None:
    missing = fleetctl("fd-forward", "/nowhere/fleet.sock")
    assert missing == (1, "", "Unable to connect to /nowhere/fleet.sock: [Errno 2] No such file or directory\n")
    assert fleetctl("fd-forward") == (1, "", "Exactly one socket must be given\n")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One authority, and a certificate for 127.0.0.1 of its own."""
    folder = tmp_path_factory.mktemp("certificates")
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=fleet", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "certificate"]
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    return folder


def test_an_https_endpoint_is_trusted_by_its_authority_or_without_any(
    fleetd: Fleetd, fleetctl: Fleetctl, certificates: Path, tmp_path: Path
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificates / "certificate", certificates / "key")
    with relayed(fleetd.endpoint, server) as port:
        endpoint = f"--endpoint=https://127.0.0.1:{port}"
        listed = fleetctl(endpoint, "list-machines")
        assert (listed.status, len(listed.out.splitlines())) == (0, 3)
        assert fleetctl(endpoint, f"--ca-file={certificates}/certificate", "list-machines") == listed
        pair = [f"--cert-file={certificates}/certificate", f"--key-file={certificates}/key"]
        untrusted = fleetctl(endpoint, *pair, "list-machines")
        assert (untrusted.status, "certificate verify failed" in untrusted.err) == (1, True)


def test_an_https_endpoint_may_ask_who_is_there(fleetd: Fleetd, fleetctl: Fleetctl, certificates: Path) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "certificate"))
    server.load_cert_chain(certificates / "certificate", certificates / "key")
    server.verify_mode = ssl.CERT_REQUIRED
    with relayed(fleetd.endpoint, server) as port:
        words = [f"--endpoint=https://127.0.0.1:{port}", f"--ca-file={certificates}/certificate"]
        assert fleetctl(*words, "list-machines").status == 1
        words += [f"-cert-file={certificates}/certificate", f"-key-file={certificates}/key"]
        assert fleetctl(*words, "list-machines").status == 0


@pytest.mark.parametrize(
    "words", [["--ca-file=/nowhere"], ["--cert-file=/nowhere"], ["-key-file=x", "-cert-file=/nowhere"]]
)
def test_certificates_that_cannot_be_had_are_named(fleetctl: Fleetctl, words: list[str]) -> None:
    result = fleetctl("--endpoint=https://127.0.0.1:1", *words, "list-machines")
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("Unable to initialize client: ")


def test_what_ssh_asks_is_answered_by_a_line_of_stdin(
    fleetd: Fleetd, called: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As fleet did where there is no terminal. The stdin that counts is fleetctl's: a tunnel's ssh has its own."""
    monkeypatch.setenv("FLEETCTL_TUNNEL", "10.99.0.2")
    program(
        tmp_path / "asking" / "ssh",
        'if test -z "$ASKED"; then ASKED=1; export ASKED; "$SSH_ASKPASS" "password: " && exit 1\n'
        '  test "$("$SSH_ASKPASS" "sure (yes/no)? ")" = yes || exit 255; fi\n'
        f'exec {tmp_path}/bin/ssh "$@"',
        monkeypatch,
    )
    for answer, status in (("yes\nrest", 0), ("no\n", 1), ("", 1)):
        done = subprocess.run(
            ["setsid", "--wait", str(tmp_path / "bin" / "fleetctl"), "list-machines"],
            input=answer,
            capture_output=True,
            text=True,
            env={**os.environ, "FLEETCTL_ENDPOINT": fleetd.endpoint},
        )
        assert done.returncode == status, done.stderr
        assert "sure (yes/no)? " in done.stderr
