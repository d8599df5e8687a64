"""Whatever happens to a data file: the data, or one DataError that says what to do next.

Downloads come from a small server on the loopback address; nothing here needs a network.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import math
import os
import socket
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
from tests.dlhelpers.refusals import refused

BODY = bytes(range(256)) * 400  # 102 400 bytes
TOY = data.Item("toy.bin", hashlib.sha256(BODY).hexdigest(), len(BODY), "tests", "none", "nobody")


class Handler(BaseHTTPRequestHandler):
    """Answer each path with one kind of trouble; count the requests."""

    def do_GET(self):
        kind = self.path.strip("/")
        self.server.requests.append(kind)
        if kind in ("404", "500"):
            self.send_error(int(kind))
        elif kind == "redirect":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
        elif kind == "flaky" and self.server.requests.count(kind) < 3:
            self.send(BODY[:1000], len(BODY))
        else:
            self.answer(kind)

    def answer(self, kind: str) -> None:
        """Send the body whole, cut, changed or late."""
        if kind == "silent":
            self.server.stop.wait(5)
        elif kind == "cut":
            self.send(BODY[:50_000], len(BODY))
        elif kind == "cut_without_length":
            self.send(BODY[:50_000], None)
        elif kind == "changed":
            self.send(b"\x01" + BODY[1:], len(BODY))
        elif kind == "stuck":
            self.send(BODY[:50_000], len(BODY), pause=5)
        else:
            self.send(BODY, len(BODY), pause=0.3 if kind == "slow" else 0)

    def send(self, body: bytes, length: int | None, pause: float = 0) -> None:
        """Send headers and body, then wait before the connection closes."""
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body[:-1])
        self.wfile.flush()
        self.server.stop.wait(pause)
        self.wfile.write(body[-1:])

    def log_message(self, *args):
        """Keep the test's output clean."""


@pytest.fixture
def server():
    """A server on the loopback address with an empty list of requests."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None  # clients that hang up are part of the tests
    server.requests, server.stop = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def place(monkeypatch, tmp_path):
    """Empty folders for bundled files, cache and temporary files, and no waiting."""
    import pooch.core

    folders = SimpleNamespace(**{n: tmp_path / n for n in ("bundled", "cache", "temporary")})
    folders.bundled.mkdir()
    folders.temporary.mkdir()
    monkeypatch.setattr(data, "bundled_folder", lambda: folders.bundled)
    monkeypatch.setenv("DLHELPERS_CACHE", str(folders.cache))
    monkeypatch.setattr(tempfile, "tempdir", str(folders.temporary))
    monkeypatch.setattr(pooch.core, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setitem(data.REGISTRY, "toy", TOY)
    return folders


@pytest.fixture
def offer(monkeypatch, server, place):
    """Return a function that gives the toy file an address with one kind of trouble."""

    def offer(kind: str) -> None:
        url = f"http://127.0.0.1:{server.server_port}/{kind}"
        monkeypatch.setitem(data.REGISTRY, "toy", dataclasses.replace(TOY, url=url))

    return offer


def kept(folder: Path) -> set[str]:
    """Return the names of the files in a folder, lock files left out."""
    return {p.name for p in folder.glob("*") if p.suffix != ".lock"} if folder.is_dir() else set()


# --- bundled files -----------------------------------------------------------------


def break_file(path: Path, how: str) -> None:
    """Put a broken file where a good one should be."""
    broken = {
        "truncated": BODY[:1000],
        "empty": b"",
        "one byte changed": BODY[:500] + b"\xff" + BODY[501:],
        "one byte more": BODY + b"\n",
    }
    if how == "a folder":
        path.mkdir()
    elif how != "missing":
        path.write_bytes(broken[how])


HOW = ["missing", "truncated", "empty", "one byte changed", "one byte more", "a folder"]


@pytest.mark.parametrize("how", HOW)
def test_a_broken_bundled_file_is_one_error(place, how):
    path = place.bundled / TOY.file
    break_file(path, how)
    with pytest.raises(data.DataError) as caught:
        data._read("toy")
    message = str(caught.value)
    assert str(path) in message and str(place.cache / TOY.file) in message
    assert "git checkout -- data/toy.bin" in message and "tools.data.build_data toy" in message
    assert ("damaged" in message) == (how not in ("missing", "a folder"))


@pytest.mark.parametrize("how", HOW)
def test_a_broken_bundled_file_is_downloaded_if_it_has_an_address(place, offer, how):
    break_file(place.bundled / TOY.file, how)
    offer("good")
    assert data._read("toy") == BODY
    assert kept(place.cache) == {TOY.file}


def test_an_unreadable_file_is_one_error(place, monkeypatch):
    """Simulated, because an administrator reads everything."""

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(data.DataError, match="toy.bin: Permission denied"):
        data._read("toy")


@pytest.mark.parametrize("name", [name for name in dir(data) if name.startswith("load_")])
def test_every_loader_refuses_other_bytes(place, monkeypatch, name):
    registered = "cifar10_train" if name == "load_cifar10" else name.removeprefix("load_")
    item = dataclasses.replace(data.REGISTRY[registered], url=None)
    monkeypatch.setitem(data.REGISTRY, registered, item)
    (place.bundled / item.file).write_bytes(b"<html>Sign in to this network</html>")
    with pytest.raises(data.DataError, match=f"(?s){item.file} was not found in good order.*damaged"):
        getattr(data, name)()


def test_an_installed_package_is_told_to_install_again(place, monkeypatch, tmp_path):
    monkeypatch.setattr(data, "__file__", str(tmp_path / "dlhelpers" / "data.py"))
    with pytest.raises(data.DataError, match="--force-reinstall"):
        data._read("toy")


def test_the_cache_serves_when_the_bundled_file_is_broken(place):
    break_file(place.bundled / TOY.file, "truncated")
    place.cache.mkdir()
    (place.cache / TOY.file).write_bytes(BODY)
    assert data._read("toy") == BODY


# --- downloads ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["good", "redirect", "slow", "flaky"])
def test_a_download_is_cached(place, offer, server, kind):
    offer(kind)
    assert data._read("toy") == BODY
    requests = len(server.requests)
    assert data._read("toy") == BODY
    assert len(server.requests) == requests, "the second time it comes from the cache"
    assert kept(place.cache) == {TOY.file}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@pytest.mark.parametrize("folder, file", [(0o755, 0o644), (0o750, 0o640), (0o700, 0o600)])
def test_who_may_read_the_cache_may_read_what_is_downloaded_into_it(place, offer, folder, file):
    place.cache.mkdir()
    place.cache.chmod(folder)
    offer("good")
    data._read("toy")
    assert (place.cache / TOY.file).stat().st_mode & 0o777 == file


@pytest.mark.parametrize(
    "kind, reason",
    [
        ("404", "answered 404"),
        ("500", "answered 500"),
        ("cut", "download failed"),
        ("cut_without_length", "damaged"),
        ("changed", "damaged"),
        ("silent", "download failed"),
        ("stuck", "download failed"),
    ],
)
def test_a_download_that_stays_bad_is_one_error(place, offer, server, monkeypatch, kind, reason):
    monkeypatch.setattr(data, "TIMEOUT", 0.2)
    offer(kind)
    start = time.perf_counter()
    with pytest.raises(data.DataError, match=reason) as caught:
        data._read("toy")
    assert time.perf_counter() - start < 4, "less than the server keeps one client waiting"
    assert f"save it as {place.cache / TOY.file}" in str(caught.value)
    assert server.requests == [kind] * (1 + data.RETRIES)
    assert kept(place.cache) == kept(place.temporary) == set()


def test_no_network_is_one_error(place, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/toy"
    monkeypatch.setitem(data.REGISTRY, "toy", dataclasses.replace(TOY, url=url))
    with pytest.raises(data.DataError, match="(?s)ConnectionError.*Check the network"):
        data._read("toy")
    assert kept(place.cache) == set()


@pytest.mark.parametrize("how", ["truncated", "empty", "one byte changed"])
def test_a_broken_file_in_the_cache_is_replaced(place, offer, how):
    place.cache.mkdir()
    break_file(place.cache / TOY.file, how)
    offer("good")
    assert data._read("toy") == BODY
    assert (place.cache / TOY.file).read_bytes() == BODY


# --- disks ---------------------------------------------------------------------------


def test_a_cache_that_cannot_be_made_is_passed_by(place, offer, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DLHELPERS_CACHE", str(tmp_path / "file" / "cache"))
    offer("good")
    assert data._read("toy") == BODY
    assert kept(place.temporary) == set(), "the temporary folder is removed"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_cache_that_refuses_to_write_is_passed_by(place, offer, monkeypatch, number):
    refuse_downloads(monkeypatch, number, place.cache)
    offer("good")
    assert data._read("toy") == BODY
    assert kept(place.cache) == kept(place.temporary) == set()


def test_all_disks_full_is_one_error(place, offer, monkeypatch):
    refuse_downloads(monkeypatch, errno.ENOSPC, place.cache.parent)
    offer("good")
    with pytest.raises(data.DataError, match="No space left.*free some space, or set DLHELPERS_CACHE"):
        data._read("toy")
    assert kept(place.cache) == kept(place.temporary) == set()


def refuse_downloads(monkeypatch, number: int, folder: Path) -> None:
    """Let the writing of a download below this folder fail half way with a system error."""
    import pooch

    class Broken(pooch.HTTPDownloader):
        def __call__(self, url, output_file, *args, **kwargs):
            if folder in Path(output_file).parents:
                Path(output_file).write_bytes(BODY[:1000])
                raise OSError(number, os.strerror(number), str(output_file))
            return super().__call__(url, output_file, *args, **kwargs)

    monkeypatch.setattr(pooch, "HTTPDownloader", Broken)


# --- several processes -----------------------------------------------------------------

CLIENT = """
import sys
if sys.argv[3] == "unlocked":
    sys.modules["fcntl"] = None  # as on Windows
from dlhelpers import data
item = data.Item("toy.bin", sys.argv[1], None, "tests", "none", "nobody", sys.argv[2])
data.REGISTRY["toy"] = item
sys.exit(len(data._read("toy")) != 102_400)
"""


def start_client(server, kind: str, cache: Path, lock: str = "locked") -> subprocess.Popen:
    """Start a process that asks for the toy file."""
    url = f"http://127.0.0.1:{server.server_port}/{kind}"
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, TOY.sha256, url, lock],
        env={**os.environ, "DLHELPERS_CACHE": str(cache)},
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("lock", ["locked", "unlocked"])
def test_many_processes_at_once(server, tmp_path, lock):
    clients = [start_client(server, "slow", tmp_path, lock) for _ in range(12)]
    errors = [client.communicate(timeout=120)[1].decode() for client in clients]
    assert [client.returncode for client in clients] == [0] * 12, errors
    assert kept(tmp_path) == {TOY.file}
    assert (tmp_path / TOY.file).read_bytes() == BODY
    if lock == "locked" and sys.platform != "win32":
        assert len(server.requests) == 1


def test_a_process_killed_half_way_leaves_no_file_and_no_lock(server, place, offer):
    client = start_client(server, "stuck", place.cache)
    while not server.requests:
        time.sleep(0.02)
    client.kill()
    client.communicate()
    assert not (place.cache / TOY.file).exists()
    offer("good")
    assert data._read("toy") == BODY


# --- what is inside a download -----------------------------------------------------------


def test_the_full_cifar10_is_read_in_its_order(monkeypatch):
    row, buffer = bytes([10, 11] + [10] * 1022 + [20] * 1024 + [30] * 1024), io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for i, name in reversed(list(enumerate([*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]))):
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = 2 * 3073
            tar.addfile(info, io.BytesIO(bytes([i]) + row + bytes([9]) + row))
    monkeypatch.setattr(data, "_read", lambda name: buffer.getvalue())
    (x_train, y_train), (x_test, y_test) = data.load_cifar10(full=True)
    assert x_train.shape == (10, 32, 32, 3) and x_test.shape == (2, 32, 32, 3)
    assert y_train.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9] and y_test.tolist() == [5, 9]
    assert x_train[:, 1:].reshape(-1, 3).tolist() == [[10, 20, 30]] * (10 * 31 * 32)
    assert x_train[0, 0, :3].tolist() == [[10, 20, 30], [11, 20, 30], [10, 20, 30]]
    assert x_train.flags.writeable and y_test.flags.writeable


def test_banknote_authentication(monkeypatch):
    rows = "3.6216,8.6661,-2.8073,-0.44699,0\n-1.3,-4.1,6.2,-0.9,1\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("data_banknote_authentication.txt", rows)
    monkeypatch.setattr(data, "_read", lambda name: buffer.getvalue())
    table = data.load_banknote_authentication()
    assert list(table.columns) == ["variance", "skewness", "curtosis", "entropy", "class"]
    assert table["class"].tolist() == [0, 1] and table["variance"].dtype == "float64"


def test_a_pillow_without_webp_is_one_error(monkeypatch):
    image = pytest.importorskip("PIL.Image")

    def refuse(stream):
        from PIL import UnidentifiedImageError

        raise UnidentifiedImageError

    monkeypatch.setattr(image, "open", refuse)
    with pytest.raises(data.DataError, match="cannot read WebP"):
        data.load_photographs()


@pytest.mark.parametrize("bad", ["no", None, 2, math.nan, [True], np.array([True, False])])
def test_full_is_true_or_false(bad):
    refused(lambda: data.load_cifar10(bad), "full")


def test_folders_are_folders_or_refused(monkeypatch, tmp_path):
    assert data.bundled_folder().is_dir()
    for good in (str(tmp_path), "relative", "with space/ä", "a" * 200):
        monkeypatch.setenv("DLHELPERS_CACHE", good)
        assert str(data.cache_folder()) == good
    monkeypatch.setenv("DLHELPERS_CACHE", "")
    assert data.cache_folder().name == "dlhelpers"
    monkeypatch.setenv("DLHELPERS_CACHE", "~nobody-of-this-name/cache")
    refused(data.cache_folder, "DLHELPERS_CACHE", kinds=data.DataError)
