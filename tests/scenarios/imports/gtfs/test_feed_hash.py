"""The hash of a feed depends on its tables, not on how they are packed."""

import zipfile
from pathlib import Path

import feeds
from feeds import metro

from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.feed_hash import feed_sha256


def test_packing_does_not_matter_and_contents_do(tmp_path: Path) -> None:
    feed = feeds.write(tmp_path / "a.zip", metro())
    own = read_feed(feed).sha256
    assert own == feed_sha256(feeds.write(tmp_path / "in_a_folder.zip", metro(), "feed/"))
    with zipfile.ZipFile(feed) as archive, zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as other:
        for name in reversed(archive.namelist()):
            other.writestr(name, archive.read(name))
        other.writestr("readme.md", "not a table")
    assert own == feed_sha256(tmp_path / "b.zip")
    files = metro()
    files["stop_times.txt"][-1][2] = "8:30:01"
    assert own != feed_sha256(feeds.write(tmp_path / "c.zip", files))
