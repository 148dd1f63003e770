"""The Elasticsearch image: Debian with Java 8, the official release, and on top our toolkit and the Marvel page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster import dockercli
from cluster.errors import InfraError
from cluster.images import artifact, page, rootfs
from cluster.images.contenthash import content_hash

REPOSITORY = "elasticsearch-fleet/elasticsearch"
NAME = f"{REPOSITORY}:1.7.6"
"""What the units call the image."""

SUITE = "trixie"


@dataclass(frozen=True)
class ElasticsearchImage:
    """What the units run.

    `reference` changes with our files and the release's checksum. Debian's packages are those of the day on which the
    root was built.
    """

    project: Path
    marvel_zip: Path | None = None
    """A plugin's zip to be installed as marvel; None: the project's page is."""

    @property
    def root(self) -> str:
        """The image of the Debian root with Java 8."""
        recipe = [self._source / "packages", self._source / "setup-hook"]
        return f"{REPOSITORY}-root:{content_hash(recipe, SUITE, *rootfs.OPTIONS)}"

    @property
    def reference(self) -> str:
        """The Elasticsearch image."""
        page = self.project / "marvel" if self.marvel_zip is None else self.marvel_zip
        return f"{REPOSITORY}:{content_hash([self._source, page], self.root)}"

    def build(self, reference: str, say: Callable[[str], None]) -> None:
        """Build the image as `reference`, and the root below it, unless they are there."""
        if dockercli.image_id(self.root) is None:
            say("Elasticsearch image: Debian root with Java 8 (about 40 s)")
            self._import_root()
        say("Elasticsearch image: Elasticsearch 1.7.6, the toolkit and the Marvel page")
        pins = artifact.pins(self._source / "VERSIONS")
        archive = artifact.fetch(*pins["elasticsearch"], self.project / ".cluster" / "downloads", say)
        with tempfile.TemporaryDirectory(prefix="elasticsearch-image-") as folder:
            self._stage(Path(folder), archive, say)
            dockercli.build(Path(folder), reference, {"ROOT": self.root})

    @property
    def _source(self) -> Path:
        return self.project / "images" / "elasticsearch"

    def _import_root(self) -> None:
        listing = rootfs.packages(self._source / "packages")
        try:
            rootfs.import_root(self.root, SUITE, listing, hook=self._source / "setup-hook")
        except rootfs.RootError as error:
            raise InfraError(
                f"{error}\nJava 8 comes from Debian sid, which may lose it any day: "
                "ES_IMAGE=<image> brings an image of one's own"
            ) from None

    def _stage(self, context: Path, archive: Path, say: Callable[[str], None]) -> None:
        for entry in self._source.iterdir():
            if entry.is_dir():
                shutil.copytree(entry, context / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(entry, context)
        page.stage(self.project, context / "plugins", self.marvel_zip, say)
        artifact.unpack(archive, context / "elasticsearch")
