#!/usr/bin/env python3
"""Makes the files for the `quakes` and `penguins` examples.

    npm pack vega-datasets@3.2.1
    pip download --no-deps --no-binary :all: palmerpenguins==0.1.6
    python3 make_small.py vega-datasets-3.2.1.tgz palmerpenguins-0.1.6.tar.gz

The same input gives the same bytes: no clock or file name goes into the gzip headers.
(Another version of zlib may compress differently; the text inside stays the same.)
"""

import gzip
import hashlib
import json
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VEGA_SHA256 = "6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3"
PENGUINS_SHA256 = "9b5193e5c49a7f697ab47635aa3cea036cfc04ae66af992386e86ba89e7456ec"


def main(vega: Path, palmer: Path) -> None:
    with checked(vega, VEGA_SHA256) as tar:
        quakes = tar.extractfile("package/data/earthquakes.json").read()
        world = json.load(tar.extractfile("package/data/world-110m.json"))
    n_quakes = len(json.loads(quakes)["features"])
    assert n_quakes == 1707, n_quakes
    (HERE / "earthquakes.json.gz").write_bytes(compress(quakes))
    rings = land(world)
    text = json.dumps(rings, separators=(",", ":")).replace("]],[[", "]],\n[[") + "\n"
    (HERE / "land.json.gz").write_bytes(compress(text.encode()))
    with checked(palmer, PENGUINS_SHA256) as tar:
        penguins = tar.extractfile("palmerpenguins-0.1.6/palmerpenguins/data/penguins.csv").read()
    n_penguins = penguins.count(b"\n") - 1
    assert n_penguins == 344, n_penguins
    (HERE / "penguins.csv").write_bytes(penguins)
    print(f"{n_quakes:,} events, {len(rings):,} rings of land, {n_penguins:,} penguins")


def checked(archive: Path, sha256: str) -> tarfile.TarFile:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != sha256:
        sys.exit(f"{archive} is another version: its SHA-256 is {digest}")
    return tarfile.open(archive)


def land(topology: dict) -> list:
    """The rings of the object `land`, as pairs of longitude and latitude."""
    scale, origin = topology["transform"]["scale"], topology["transform"]["translate"]

    def arc(index: int) -> list:
        points, x, y = [], 0, 0
        for dx, dy in topology["arcs"][index if index >= 0 else ~index]:
            x, y = x + dx, y + dy
            points.append([round(x * scale[0] + origin[0], 2), round(y * scale[1] + origin[1], 2)])
        return points if index >= 0 else points[::-1]

    rings = []
    for polygon in topology["objects"]["land"]["arcs"]:
        for arcs in polygon:
            points = []
            for index in arcs:
                # Each arc begins where the one before it ends.
                points = points[:-1] + arc(index)
            rings.append(points)
    return rings


def compress(text: bytes) -> bytes:
    return gzip.compress(text, compresslevel=9, mtime=0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
