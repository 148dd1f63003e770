"""Debian roots are built from signed package sources only."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster import dockercli
from cluster.images.rootfs import RootError, import_root, packages


def test_a_package_list_has_one_name_a_line_and_comments(tmp_path: Path) -> None:
    listing = tmp_path / "packages"
    listing.write_text("# why\nsystemd\n\ndbus  # the bus\n")
    assert packages(listing) == ["systemd", "dbus"]


def test_an_unsigned_package_source_is_refused_and_no_image_is_left(tmp_path: Path) -> None:
    archive, hook = tmp_path / "archive", tmp_path / "hook"
    archive.mkdir()
    (archive / "Packages").touch()
    (archive / "Release").write_text("Suite: unsigned\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 Packages\n")
    hook.write_text(f'#!/bin/sh\necho "deb copy://{archive} ./" >"$1/etc/apt/sources.list.d/unsigned.list"\n')
    hook.chmod(0o755)
    with pytest.raises(RootError, match=r"is not signed|does not have a Release file"):
        import_root("elasticsearch-fleet/unsigned:test", "bookworm", ["ca-certificates"], hook=hook)
    assert dockercli.image_id("elasticsearch-fleet/unsigned:test") is None
