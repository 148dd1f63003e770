"""Every mistake is named with its line, and with what was meant."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable

import pytest

from cloudconfig.config import CloudConfig

Mistakes = Callable[[str], list[str]]
Read = Callable[[str], CloudConfig]

MANY = """#cloud-config
hostnam: a
coreos:
  etcd2:
    advertise-client-urls: http://x
  units:
    - name: a.service
      drop-ins: []
      comand: start
    - command: begin
  write_files: []
"""


def test_all_mistakes_of_a_file_are_shown_at_once(mistakes: Mistakes) -> None:
    assert mistakes(MANY) == [
        'line 2: error: unknown key "hostnam": did you mean "hostname"?',
        'line 5: error: unknown key "advertise-client-urls" in coreos.etcd2: '
        'keys are spelled with underscores, "advertise_client_urls"',
        'line 8: error: unknown key "drop-ins" in coreos.units[0]: keys are spelled with underscores, "drop_ins"',
        'line 9: error: unknown key "comand" in coreos.units[0]: did you mean "command"?',
        'line 10: error: coreos.units[1].command: invalid value "begin": one of start, stop, restart, reload, '
        "try-restart, reload-or-restart, reload-or-try-restart",
        'line 10: error: coreos.units[1]: "name" is missing',
        'line 11: error: unknown key "write_files" in coreos: write_files belongs at the top level',
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("units: []", 'unknown key "units": units belongs under coreos'),
        ("coreos: {flannel: {}}", "coreos-cloudinit knew it, these machines have no use for it"),
        ("coreos: {xyzzy: 1}", 'unknown key "xyzzy" in coreos'),
        ("hostname: a b", '"a b" is not a host name'),
        ("hostname: -a", '"-a" is not a host name'),
        ("manage_etc_hosts: yes", 'invalid value "yes": one of localhost'),
        ("users: [{passwd: x}]", '"name" is missing'),
        ("users: [{name: 'a b'}]", "is not a name of a user"),
        ("users: core", 'users: expected a list, got "core"'),
        ("ssh_authorized_keys: {a: b}", "expected a list, got keys and values"),
        ("ssh_authorized_keys: ['-----BEGIN RSA PRIVATE KEY-----']", "this is a private key"),
        ("coreos: {units: [{name: a}]}", '"a" does not end in a type of unit'),
        ("coreos: {units: [{name: ../a.service}]}", "is not a name of a unit"),
        ("coreos: {units: [{name: a.network, command: start}]}", "command: has no meaning for a.network"),
        ("coreos: {units: [{name: a.service, drop_ins: [{name: x.conf}]}]}", 'drop_ins[0]: "content" is missing'),
        ("coreos: {units: [{name: a.service, drop_ins: [{name: x, content: y}]}]}", "must end in .conf"),
        ("coreos: {etcd2: {name: 'a\"b'}}", "must not contain a double quote"),
        ("write_files: [{content: x}]", '"path" is missing'),
        ("write_files: [{path: etc/x}]", "is not an absolute path"),
        ("write_files: [{path: /etc/}]", "is not an absolute path"),
        ("write_files: [{path: /etc/../usr/bin/x}]", "file cannot be written to a read-only filesystem"),
        ("write_files: [{path: /x, permissions: rw-r--r--}]", "invalid value"),
        ("write_files: [{path: /x, permissions: '0999'}]", "an octal mode such as 0644"),
        ("write_files: [{path: /x, owner: 'a b'}]", "user or user:group"),
        ("write_files: [{path: /x, encoding: rot13}]", 'invalid value "rot13"'),
        ("write_files: [{path: /x, encoding: b64, content: '*'}]", "content is not b64"),
        ("write_files: [{path: /x, encoding: gz+b64, content: aGVsbG8=}]", "content is not gz+b64"),
        ("- a", "the file: expected keys and values, got a list"),
        ("hostname: a\nhostname: b", 'key "hostname" stands twice: first in line 1'),
        ("a: &a [*a]", "an alias refers to the value that it stands in"),
        ("hostname: [", "not YAML"),
        ("hostname: a\n--- \nhostname: b", "not YAML"),
    ],
)
def test_a_mistake_is_explained(text: str, wanted: str, mistakes: Mistakes) -> None:
    found = mistakes(text)
    assert any(wanted in line for line in found), found
    assert all(line.startswith("line ") and ": error: " in line for line in found)


def test_yaml_that_cannot_be_read_is_named_with_its_line(mistakes: Mistakes) -> None:
    (line,) = mistakes("#cloud-config\nhostname: a\n\tb: c\n")
    assert line.startswith("line 3: error: not YAML: ")


@pytest.mark.parametrize("encoding", ["b64", "base64", "gz+b64", "gzip+base64", "gz+base64", "gzip+b64"])
def test_packed_content_is_unpacked(encoding: str, read: Read) -> None:
    data = b"\x00hello\n"
    packed = base64.b64encode(gzip.compress(data) if "gz" in encoding else data).decode()
    (file,) = read(f"write_files: [{{path: /x, encoding: {encoding}, content: {packed}}}]").write_files
    assert file.content == data
