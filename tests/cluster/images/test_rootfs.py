"""Debian roots are built from signed package sources only."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from cluster import dockercli
from cluster.images import rootfs
from cluster.images.rootfs import RootError, import_root, packages


def test_a_package_list_has_one_name_a_line_and_comments(tmp_path: Path) -> None:
    listing = tmp_path / "packages"
    listing.write_text("# why\nsystemd\n\ndbus  # the bus\n")
    assert packages(listing) == ["systemd", "dbus"]


def test_an_unsigned_package_source_is_refused_and_no_image_is_left(tmp_path: Path) -> None:
    archive, hook = tmp_path / "archive", tmp_path / "a folder" / "hook"
    archive.mkdir()
    hook.parent.mkdir()
    (archive / "Packages").touch()
    (archive / "Release").write_text("Suite: unsigned\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 Packages\n")
    hook.write_text(f'#!/bin/sh\necho "deb copy://{archive} ./" >"$1/etc/apt/sources.list.d/unsigned.list"\n')
    hook.chmod(0o755)
    with pytest.raises(RootError, match=r"is not signed|does not have a Release file"):
        import_root("elasticsearch-fleet/unsigned:test", "bookworm", ["ca-certificates"], hook=hook)
    assert dockercli.image_id("elasticsearch-fleet/unsigned:test") is None


def test_a_root_that_breaks_off_never_has_the_tag_of_a_good_one(tmp_path: Path) -> None:
    """What mmdebstrap has written until then is imported by docker before its status is known."""
    good = "elasticsearch-fleet/broken-off:test"
    archive = tmp_path / "empty.tar"
    tarfile.open(archive, "w").close()
    dockercli.docker("import", str(archive), good)
    before = dockercli.image_id(good)
    try:
        with pytest.raises(RootError, match="exit 3"):
            rootfs._imported(good, ["sh", "-c", f"cat {archive}; exit 3"], "bookworm")
        assert dockercli.image_id(good) == before
    finally:
        dockercli.docker("image", "rm", good)
