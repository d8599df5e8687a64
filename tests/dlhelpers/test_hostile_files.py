"""Data files made by an enemy are refused: no code runs, no memory or disk fills up, nothing waits for ever.

The checksum stops all of them. The tests of the second half forge it, too, and look at what comes after.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import os
import pickle
import resource
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dlhelpers import data

LOADERS = {
    "load_mnist": "mnist",
    "load_cifar10": "cifar10_train",
    "load_photographs": "photographs",
    "load_banknotes": "banknotes",
    "load_banknote_authentication": "banknote_authentication",
    "load_movie_reviews": "movie_reviews",
    "load_shakespeare": "shakespeare",
}
GIGABYTES = 3 * 10**9
MUCH = 600e6  # bytes of memory that no refusal may add


class Armed:
    """An object whose pickle makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def place(monkeypatch, tmp_path):
    """Empty folders for bundled files and cache; the network gives nothing."""
    import pooch.core

    folders = SimpleNamespace(bundled=tmp_path / "bundled", cache=tmp_path / "cache", trap=tmp_path / "trap")
    folders.bundled.mkdir()
    folders.cache.mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(data, "bundled_folder", lambda: folders.bundled)
    monkeypatch.setenv("DLHELPERS_CACHE", str(folders.cache))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(pooch.core, "time", SimpleNamespace(sleep=lambda seconds: None))
    for name, item in data.REGISTRY.items():
        if item.url:
            monkeypatch.setitem(data.REGISTRY, name, dataclasses.replace(item, url="http://127.0.0.1:9/nothing"))
    yield folders
    assert not folders.trap.exists(), "code of a pickle was run"


@pytest.fixture
def forge(monkeypatch, place):
    """Return a function that puts a file in place and its checksum into the registry."""

    def forge(name: str, raw: bytes) -> None:
        item = data.REGISTRY[name]
        sha256 = hashlib.sha256(raw).hexdigest()
        monkeypatch.setitem(data.REGISTRY, name, dataclasses.replace(item, sha256=sha256, bytes=len(raw)))
        (place.bundled / item.file).write_bytes(raw)

    return forge


def refused(load, match: str) -> None:
    """`load` raises a DataError within a second of work and without much memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    with pytest.raises(data.DataError, match=match):
        load()
    assert time.process_time() - begin < 5
    unit = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < MUCH


def gzip_of_zeros(size: int, head: bytes = b"") -> bytes:
    """A gzip stream that unpacks to `head` and gigabytes of zeros, made from one packed block."""
    block = gzip.compress(bytes(10**8), 9)
    return gzip.compress(head) + block * (size // 10**8)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return gzip_of_zeros(GIGABYTES)


def zip_of(members: dict[str, bytes], claim: int | None = None) -> bytes:
    """A zip file; with `claim`, its directory says that each member has this size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    raw = bytearray(buffer.getvalue())
    at = raw.find(b"PK\x01\x02")
    while claim is not None and at >= 0:
        raw[at + 24 : at + 28] = claim.to_bytes(4, "little")
        at = raw.find(b"PK\x01\x02", at + 4)
    return bytes(raw)


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npy_header(shape: tuple) -> bytes:
    """The beginning of an array that claims a shape, and no data."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


# --- the checksum ----------------------------------------------------------------------


def strange_bytes(kind: str, name: str, trap: Path) -> bytes:
    real = Path(__file__).resolve().parents[2] / "data" / data.REGISTRY[name].file
    if kind == "html":
        return b"<!DOCTYPE html><html><body>Sign in to this network</body></html>"
    if kind == "pickle":
        return pickle.dumps(Armed(trap))
    return real.read_bytes()[:-1] if real.is_file() else b"PK\x03\x04"


@pytest.mark.parametrize("where", ["bundled", "cache"])
@pytest.mark.parametrize("kind", ["html", "pickle", "truncated"])
@pytest.mark.parametrize("loader", LOADERS)
def test_other_files_are_damaged(place, loader, kind, where):
    name = LOADERS[loader]
    path = getattr(place, where) / data.REGISTRY[name].file
    path.write_bytes(strange_bytes(kind, name, place.trap))
    refused(getattr(data, loader), "damaged")


@pytest.mark.parametrize("loader", LOADERS)
def test_a_file_of_terabytes_is_not_read(place, loader):
    path = place.bundled / data.REGISTRY[LOADERS[loader]].file
    with open(path, "wb") as stream:
        stream.truncate(10**12)  # a hole: it takes no space
    refused(getattr(data, loader), "damaged .1000000000000 bytes, more than")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("where", ["bundled", "cache"])
def test_pipes_and_devices_are_not_waited_for(place, where, kind):
    path = getattr(place, where) / "banknote_authentication.zip"
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    refused(data.load_banknote_authentication, "not a file")


def test_a_lock_never_empties_the_file_that_it_points_to(place):
    victim = place.cache.parent / "victim"
    victim.write_text("kept")
    (place.cache / "banknote_authentication.zip.lock").symlink_to(victim)
    refused(data.load_banknote_authentication, "was not found")
    assert victim.read_text() == "kept"


# --- servers that never stop -------------------------------------------------------------


class Endless(BaseHTTPRequestHandler):
    """Send without end, plainly or packed or as the body of a redirect."""

    def do_GET(self):
        packed = self.path == "/packed"
        self.send_response(302 if self.path == "/redirect" else 200)
        if self.path == "/redirect":
            self.send_header("Location", "/plain")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        block = self.server.bomb if packed else bytes(10**6)
        try:
            for _ in range(1000):
                self.wfile.write(block)
                self.server.sent += len(block)
        except OSError:
            pass  # the client has hung up, as it should

    def log_message(self, *args):
        """Keep the test's output clean."""


@pytest.mark.parametrize("path", ["plain", "packed", "redirect"])
def test_an_endless_download_is_stopped(place, monkeypatch, bomb, path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    server.handle_error, server.daemon_threads, server.sent, server.bomb = (lambda *args: None), True, 0, bomb
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/{path}"
    item = dataclasses.replace(data.REGISTRY["banknote_authentication"], url=url)
    monkeypatch.setitem(data.REGISTRY, "banknote_authentication", item)
    try:
        refused(data.load_banknote_authentication, "wrong sha256 or too long")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert server.sent < 100e6
    files = [path for path in place.cache.parent.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert not files, "nothing of it stays on the disk"


# --- behind a forged checksum ------------------------------------------------------------


def test_what_files_may_unpack_to_is_what_they_unpack_to():
    folder = data.bundled_folder()
    for item in data.REGISTRY.values():
        if item.file.endswith(".gz") and item.url is None:
            assert len(gzip.decompress((folder / item.file).read_bytes())) == item.unpacked, item.file
    with zipfile.ZipFile(folder / "mnist.npz") as archive:
        assert sum(member.file_size for member in archive.infolist()) == data.REGISTRY["mnist"].unpacked


@pytest.mark.parametrize("loader", ["load_shakespeare", "load_movie_reviews", "load_bike_share"])
def test_a_gzip_bomb_is_not_unpacked(forge, bomb, loader):
    forge(loader.removeprefix("load_"), bomb)
    refused(getattr(data, loader), "does not hold what it should: it unpacks to more than")


@pytest.mark.parametrize("claim", [None, 100])
@pytest.mark.parametrize("name", ["mnist", "banknote_authentication"])
def test_a_zip_bomb_is_not_unpacked(forge, name, claim):
    zeros = npy_header((2 * 10**8,)) + bytes(2 * 10**8)
    members = [f"{part}.npy" for part in ("x_train", "y_train", "x_test", "y_test")]
    names = members if name == "mnist" else ["data_banknote_authentication.txt"]
    forge(name, zip_of(dict.fromkeys(names[:1], zeros), claim))
    refused(getattr(data, f"load_{name}"), "does not hold what it should")


@pytest.mark.parametrize("shape", [(10**15,), (2**40, 2**40), (60_000, 28, 28)])
def test_an_array_that_claims_a_huge_shape_is_refused(forge, shape):
    forge("mnist", zip_of({"x_train.npy": npy_header(shape)}))
    refused(data.load_mnist, "does not hold what it should")


@pytest.mark.parametrize("kind", ["pickle", "npy", "npz"])
def test_pickled_arrays_are_not_loaded(forge, place, kind):
    objects = npy(np.array([Armed(place.trap)], dtype=object))
    files = {"pickle": pickle.dumps(Armed(place.trap)), "npy": objects, "npz": zip_of({"x_train.npy": objects})}
    forge("mnist", files[kind])
    refused(data.load_mnist, "mnist.npz does not hold what it should")
    np.load(io.BytesIO(objects), allow_pickle=True)
    assert place.trap.exists(), "the trap works"
    place.trap.unlink()


@pytest.mark.parametrize("kind", ["png", "eps", "huge webp", "html", "cut"])
def test_only_a_webp_picture_of_the_known_size_is_decoded(forge, kind):
    from PIL import Image

    buffer = io.BytesIO()
    if kind in ("png", "eps"):
        Image.new("RGB", (640, 854)).save(buffer, kind)
    elif kind == "huge webp":
        Image.new("RGB", (16_000, 200)).save(buffer, "webp", lossless=True, method=0)
    elif kind == "cut":
        buffer.write(b"RIFF\x10\x00\x00\x00WEBPVP8L")
    else:
        buffer.write(b"<html></html>")
    forge("photographs", buffer.getvalue())
    refused(data.load_photographs, "does not hold what it should|cannot read WebP")


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for info, raw in members:
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


def member(name: str, raw: bytes = b"", **fields) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, raw


FIRST = "cifar-10-batches-bin/data_batch_1.bin"


@pytest.mark.parametrize(
    "archive",
    [
        [member("../../trap", b"1"), member("/tmp/trap-of-dlhelpers", b"1")],
        [member(FIRST, type=tarfile.SYMTYPE, linkname="/etc/passwd")],
        [member(FIRST, type=tarfile.SYMTYPE, linkname="../../../../etc/passwd")],
        [member(FIRST, type=tarfile.LNKTYPE, linkname="/etc/passwd")],
        [member(FIRST, type=tarfile.SYMTYPE, linkname=FIRST)],
        [member(FIRST, type=tarfile.FIFOTYPE)],
        [member(FIRST, type=tarfile.CHRTYPE, devmajor=1, devminor=5)],
        [member(FIRST, type=tarfile.DIRTYPE)],
        [member(FIRST, b"too short")],
        [],
    ],
)
def test_paths_links_and_devices_in_an_archive_are_refused(forge, place, monkeypatch, archive):
    monkeypatch.chdir(place.cache)
    forge("cifar10_full", tar_of(*archive))
    refused(lambda: data.load_cifar10(full=True), "does not hold what it should")
    assert not list(place.cache.iterdir()) and not Path("/tmp/trap-of-dlhelpers").exists()


def test_the_pickled_edition_of_cifar10_is_refused(forge, place):
    batches = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch", "batches.meta"]
    armed = pickle.dumps(Armed(place.trap))
    forge("cifar10_full", tar_of(*(member(f"cifar-10-batches-py/{batch}", armed) for batch in batches)))
    refused(lambda: data.load_cifar10(full=True), "does not hold what it should")
    forge("cifar10_full", tar_of(*(member(f"cifar-10-batches-bin/{batch}.bin", armed) for batch in batches)))
    refused(lambda: data.load_cifar10(full=True), "is not a file of")


@pytest.mark.parametrize("kind", ["zeros", "long name", "long header"])
def test_an_archive_that_unpacks_to_gigabytes_is_refused(forge, kind):
    """A long name or header is read into memory by tarfile, whatever its size."""
    types = {"zeros": tarfile.REGTYPE, "long name": tarfile.GNUTYPE_LONGNAME, "long header": tarfile.XHDTYPE}
    info, _ = member("x", type=types[kind])
    info.size = GIGABYTES
    forge("cifar10_full", gzip_of_zeros(GIGABYTES, info.tobuf(tarfile.GNU_FORMAT)))
    refused(lambda: data.load_cifar10(full=True), "it unpacks to more than")


NO_END = """
import io, tarfile
info = tarfile.TarInfo("x")
raw = bytearray(info.tobuf(tarfile.GNU_FORMAT))
raw[124:136] = b"\\xff" * 11 + b"\\x00"  # a size below zero
raw[148:156] = b" " * 8
raw[148:156] = b"%06o\\0 " % sum(raw)
import gzip
from dlhelpers import data
try:
    data._cifar10_archive(gzip.compress(bytes(raw) + bytes(1024)))
except data.DataError as error:
    print(error)
"""


def test_a_member_of_negative_size_is_no_endless_loop():
    done = subprocess.run([sys.executable, "-c", NO_END], capture_output=True, text=True, timeout=60)
    assert "does not hold what it should" in done.stdout, done.stderr
