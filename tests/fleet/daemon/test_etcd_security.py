"""etcd behind TLS, with client certificates and with users: a real one, its certificates made here."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.daemon.config import Config, ConfigError
from fleet.daemon.credentials import Credentials
from fleet.daemon.etcd import Etcd, Put, Unavailable
from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import Cluster


@dataclass
class Authority:
    """Signs certificates by the openssl command."""

    directory: Path

    @property
    def certificate(self) -> str:
        return str(self.directory / "ca.crt")

    def create(self) -> None:
        self._openssl("req", "-x509", *_KEY, "-subj", "/CN=ca", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt")

    def sign(self, name: str) -> tuple[str, str]:
        """The files of a certificate for a server or client at 127.0.0.1, and of its key."""
        self._openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.directory / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
        self._openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-days", "2", "-extfile", "extensions", "-out", f"{name}.crt"),
        )
        return str(self.directory / f"{name}.crt"), str(self.directory / f"{name}.key")

    def _openssl(self, *words: str) -> None:
        if shutil.which("openssl") is None:
            pytest.fail("this test makes certificates: apt-get install openssl", pytrace=False)
        subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True)


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.create()
    return authority


@pytest.fixture(scope="module")
def guarded(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    """An etcd that speaks TLS, and only with whom the authority knows."""
    certificate, key = authority.sign("server")
    flags = ["--cert-file", certificate, "--key-file", key, "--client-cert-auth"]
    flags += ["--trusted-ca-file", authority.certificate]
    server = EtcdServer(tmp_path_factory.mktemp("guarded") / "data", "https", flags)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> dict[str, str]:
    certificate, key = authority.sign("client")
    return {"etcd_cafile": authority.certificate, "etcd_certfile": certificate, "etcd_keyfile": key}


async def test_a_cluster_lives_on_an_etcd_that_speaks_tls_with_known_clients_only(
    guarded: EtcdServer, trusted: dict[str, str], prefix: str, tmp_path: Path
) -> None:
    async with Cluster(guarded.url, prefix, tmp_path, **trusted) as cluster:
        machine = await cluster.add()
        await machine.run_unit("a.service")
        await cluster.eventually(lambda: cluster.current("a.service") == "launched")


@pytest.mark.parametrize("missing", [("etcd_cafile",), ("etcd_certfile", "etcd_keyfile")])
async def test_an_etcd_of_another_authority_and_a_client_without_certificate_are_not_spoken_to(
    guarded: EtcdServer,
    trusted: dict[str, str],
    prefix: str,
    tmp_path: Path,
    missing: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    options = {key: value for key, value in trusted.items() if key not in missing}
    async with Cluster(guarded.url, prefix, tmp_path, **options) as cluster:
        machine = cluster.prepare()
        await machine.start()
        await cluster.eventually(lambda: "registry: etcd is not available" in caplog.text)
        assert not machine.failed
        assert (await machine.request("GET", "/machines")).status == 503


async def test_a_user_logs_in_again_when_etcd_has_forgotten_who_that_was(
    own_etcd: EtcdServer, prefix: str, tmp_path: Path
) -> None:
    own_etcd.control("user", "add", "root:secret")
    own_etcd.control("user", "grant-role", "root", "root")
    own_etcd.control("user", "add", "fleet:pass")
    own_etcd.control("role", "add", "fleet")
    own_etcd.control("role", "grant-permission", "fleet", "--prefix=true", "readwrite", prefix)
    own_etcd.control("user", "grant-role", "fleet", "fleet")
    own_etcd.control("auth", "enable")
    async with Cluster(own_etcd.url, prefix, tmp_path, etcd_username="fleet", etcd_password="pass") as cluster:
        machine = await cluster.add()
        await machine.submit("a.service")
        own_etcd.stop()
        own_etcd.start()  # tokens live in memory
        await cluster.eventually(lambda: not machine.daemon.mirror.fresh)
        await cluster.eventually(lambda: machine.daemon.mirror.fresh and machine.daemon.presence.lease)
        await machine.run_unit("b.service")
        await cluster.eventually(lambda: cluster.current("b.service") == "launched")


@pytest.mark.parametrize("user", [{}, {"etcd_username": "fleet", "etcd_password": "guess"}])
async def test_whom_etcd_does_not_know_is_told_so_and_goes_on_asking(
    own_etcd: EtcdServer, prefix: str, tmp_path: Path, user: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    own_etcd.control("user", "add", "root:secret")
    own_etcd.control("user", "grant-role", "root", "root")
    own_etcd.control("auth", "enable")
    async with Cluster(own_etcd.url, prefix, tmp_path, **user) as cluster:
        machine = cluster.prepare()
        await machine.start()
        reason = "authentication failed" if user else "user name is empty"
        await cluster.eventually(lambda: reason in caplog.text)
        own_etcd.control("--user", "root:secret", "auth", "disable")
        await cluster.eventually(lambda: machine.daemon.presence.lease)
        assert not machine.failed


async def test_a_name_is_not_asked_for_where_nobody_has_one(own_etcd: EtcdServer, prefix: str) -> None:
    etcd = Etcd([own_etcd.url], 1.0, Credentials(user="fleet", password="pass"))
    async with asyncio.timeout(20):
        while True:
            try:
                assert (await etcd.commit([Put(f"{prefix}a", "")])).succeeded
                break
            except Unavailable:
                await asyncio.sleep(0.05)
    await etcd.close()


def test_a_certificate_without_its_key_and_a_file_that_is_not_there_are_fatal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="belong together"):
        Credentials.read(Config.of({"etcd_certfile": "a"}))
    with pytest.raises(ConfigError, match=r"etcd_cafile: .*nobody: No such file"):
        Credentials.read(Config.of({"etcd_cafile": str(tmp_path / "nobody")}))


def test_secrets_are_not_shown() -> None:
    config = Config.of({"etcd_username": "fleet", "etcd_password": "pass"})
    assert "pass'" not in repr(config)
    assert "pass'" not in repr(Credentials.read(config))
