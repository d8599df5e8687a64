"""How many students can work at once on this machine? Let them work, and renew docs/teaching.md.

`python -m tools.release.class_load`            N students run solved notebook 02 on a JupyterHub of their own, on loopback:
                                        all at once, then with reading between the cells; with TensorFlow's own
                                        number of threads, then with one thread each. N grows until half of the
                                        cells take more than twice as long as alone, or memory gets short.
`python -m tools.release.class_load --memory`   one student alone, notebook by notebook: the memory that it takes.

`--try` writes nothing. What else runs on the machine makes the waits longer; then the rows go to build/ instead.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import random
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from tornado.websocket import WebSocketError

from tools.authors.notebooks import ROOT, THREADS, masters, read, write_text
from tools.release.hub import ClassError, Hub, Student, install, peaks, running, usage

PAGE = ROOT / "docs" / "teaching.md"
BUSY = ROOT / "build" / "teaching.md"  # takes the rows that a busy machine has spoilt
WAITS = "<!-- waits: written by tools/release/class_load.py -->", "<!-- end of waits -->"
MEMORY = "<!-- memory: written by tools/release/class_load.py -->", "<!-- end of memory -->"
LIMIT = 2.0  # times as long as alone
SLOW = 0.2  # seconds; cells that are faster alone have no ratio, their wait is given in seconds
FLOOR = 2 * 2**30  # bytes that must stay free
FOREIGN = 0.1  # the share of all processors that other programs may take while waits are measured
CLASSES = {"at once": (2, 3, 4, 6, 8, 12, 16), "reading": (10, 20, 30)}
HEADER = ["pace", "threads", "students", "half of the cells", "95 % of the cells", "quick cells, 95 %", "longest cell"]
HEADER += ["all cells of a student", "log-in to kernel, 95 %", "a student's memory", "hub and proxy", "processors"]
HEADER += ["failed"]


@dataclass(frozen=True)
class Lesson:
    """The code cells of a notebook, and for each the words that stand before it."""

    name: str
    cells: list[str]
    words: list[int]


@dataclass
class Played:
    """One class: the seconds that student s waited for cell i (None: it failed), and what it took."""

    waits: list[list[float | None]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    stopped: str = ""
    student: float = 0.0  # bytes
    rest: float = 0.0  # bytes
    most: int = 0  # bytes
    processors: float = 0.0  # share of all
    foreign: float = 0.0  # share of all


def lesson(path: Path) -> Lesson:
    """Read a notebook as students meet it: text, then a cell, then text."""
    cells, words, before = [], [], 0
    for cell in read(path).cells:
        if cell.cell_type == "code":
            cells.append(cell.source)
            words.append(before)
            before = 0
        else:
            before += len(cell.source.split())
    return Lesson(path.stem, cells, words)


def pauses(words: Sequence[int], minutes: float, seed: int) -> list[float]:
    """Return the seconds before each cell: in all `minutes`, by the words to read, some students faster than others.

    A student's speed and each single pause vary at random by up to a half, always the same for the same `seed`.
    """
    dice = random.Random(seed)
    speed = dice.uniform(0.75, 1.25)
    whole = 60 * minutes / max(1, sum(words))
    return [whole * count * speed * dice.uniform(0.75, 1.25) for count in words]


# --- statistics ------------------------------------------------------------------------


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed, interpolated; nan if there are none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def alone(runs: Sequence[Played]) -> list[float]:
    """Return for each cell the median of its seconds in the runs of one student.

    Raises
    ------
    SystemExit
        If a cell failed already there.
    """
    bad = [problem for run in runs for problem in [*run.failures, run.stopped] if problem]
    if bad:
        raise SystemExit(f"one student alone: {bad[0]}")
    return [statistics.median(column) for column in zip(*(run.waits[0] for run in runs), strict=True)]


def ratios(run: Played, base: Sequence[float]) -> list[float]:
    """Return wait by wait how many times as long as alone it was, for cells of at least `SLOW` seconds."""
    pairs = [(wait, cell) for waits in run.waits for wait, cell in zip(waits, base, strict=True)]
    return [wait / cell for wait, cell in pairs if wait is not None and cell >= SLOW]


def row(pace: str, threads: int, runs: Sequence[Played], base: Sequence[float]) -> list[str]:
    """Return the cells of the table's row for the repeated runs of one class."""
    several = [ratios(run, base) for run in runs]
    whole = [sum(filter(None, waits)) for run in runs for waits in run.waits if None not in waits]
    waits = [(wait, cell) for run in runs for one in run.waits for wait, cell in zip(one, base, strict=True)]
    done = [(wait, cell) for wait, cell in waits if wait is not None]
    failed = sum(len(run.failures) for run in runs)
    return [
        pace,
        str(threads or "own choice"),
        str(len(runs[0].waits)),
        spread([percentile(part, 0.5) for part in several]),
        spread([percentile(part, 0.95) for part in several]),
        f"{percentile((wait for wait, cell in done if cell < SLOW), 0.95):.1f} s",
        f"{max((wait for wait, _ in done), default=float('nan')):.0f} s",
        f"{percentile(whole, 0.5):.0f} s",
        f"{percentile((start for run in runs for start in run.starts), 0.95):.0f} s",
        f"{statistics.mean(run.student for run in runs) / 1e6:.0f} MB",
        f"{statistics.mean(run.rest for run in runs) / 1e6:.0f} MB",
        f"{statistics.mean(run.processors for run in runs):.0%}",
        str(failed),
    ]


def spread(values: Sequence[float]) -> str:
    """Return the median of the repeats, with the lowest and highest where they differ in what is shown."""
    texts = [f"{value:.1f}" for value in (min(values), statistics.median(values), max(values))]
    return f"{texts[1]} x" + (f" ({texts[0]} to {texts[2]})" if texts[0] != texts[2] else "")


def why_stop(runs: Sequence[Played], base: Sequence[float]) -> str:
    """Return why no larger class need be tried ("" if one should be)."""
    for run in runs:
        if run.stopped:
            return run.stopped
    failures = [problem for run in runs for problem in run.failures]
    if failures:
        return f"{len(failures)} failed: {failures[0]}"
    middle = statistics.median(percentile(ratios(run, base), 0.5) for run in runs)
    return f"half of the cells take {middle:.1f} times as long as alone" if middle > LIMIT else ""


def too_many(students: int, each: float, free: float) -> str:
    """Return why memory forbids a class of this size ("" if it does not); `each` and `free` in bytes."""
    left = free - students * each
    if left >= FLOOR:
        return ""
    return f"{students} students would leave {left / 1e9:.1f} GB of memory, less than {FLOOR / 1e9:.1f} GB"


# --- the tables ------------------------------------------------------------------------


def between(page: str, markers: tuple[str, str]) -> tuple[str, list[str], str]:
    """Return the page up to the first marker, the lines between the two, and the rest with the second."""
    head, begin, rest = page.partition(markers[0])
    lines, end, tail = rest.partition(markers[1])
    if not begin or not end:
        raise SystemExit(f"{PAGE.name}: the markers {' and '.join(markers)} are missing")
    return head + begin, lines.strip().splitlines(), end + tail


def table_rows(lines: Iterable[str]) -> list[list[str]]:
    """Return the cells of each row of a Markdown table, without its title."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]


def with_waits(page: str, machine: str, rows: list[list[str]]) -> str:
    """Return the page with these rows of one pace and number of threads in place of the earlier ones.

    Rows from another machine go: ratios and memory of two machines do not belong in one table.
    """
    head, lines, tail = between(page, WAITS)
    kept = table_rows(lines) if lines[:1] == [machine] else []
    kept = [cells for cells in kept if cells[:2] != rows[0][:2]] + rows
    kept.sort(key=lambda cells: (list(CLASSES).index(cells[0]), cells[1] != "own choice", cells[1], int(cells[2])))
    text = "\n".join([machine, "", *table(HEADER, kept), "", *answers(kept)])
    return f"{head}\n{text}\n{tail}"


def answers(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return in sentences how large a class may be, as the rows say."""
    lines = []
    for pace, threads in dict.fromkeys((cells[0], cells[1]) for cells in rows):
        group = [cells for cells in rows if (cells[0], cells[1]) == (pace, threads)]
        good = [largest(group, column) for column in (3, 4)]
        lines.append(
            f"- {pace}, threads: {threads}. Half of the cells take at most twice as long as alone with up to "
            f"**{good[0]}** students, 95 % of the cells with up to **{good[1]}**."
        )
    return lines


def largest(rows: Sequence[Sequence[str]], column: int) -> str:
    """Return the largest class before this column exceeds the limit; "n or more" where it never does."""
    best = "0"
    for cells in sorted(rows, key=lambda cells: int(cells[2])):
        if not float(cells[column].split()[0]) <= LIMIT or cells[-1] != "0":
            return best
        best = cells[2]
    return f"{best} or more"


def with_memory(page: str, sizes: Mapping[str, int]) -> str:
    """Return the page with the most bytes that these notebooks took renewed; the largest comes first."""
    head, lines, tail = between(page, MEMORY)
    kept = {cells[0]: cells for cells in table_rows(lines)}
    kept |= {name: [name, f"{size / 1e6:.0f} MB"] for name, size in sizes.items()}
    rows = sorted(kept.values(), key=lambda cells: (-int(cells[1].split()[0]), cells[0]))
    return f"{head}\n" + "\n".join(table(["notebook", "server and kernel, at most"], rows)) + f"\n{tail}"


def machine() -> str:
    """Return in words on what, and when, the rows were measured."""
    memory = psutil.virtual_memory().total / 2**30
    return f"Measured on {os.cpu_count()} cores and {memory:.0f} GB, {datetime.date.today():%Y-%m}:"


# --- a class ---------------------------------------------------------------------------


async def play(hub: Hub, names: Sequence[str], plan: Lesson, minutes: float, end: float) -> Played:
    """Let a class of students come, work through the notebook, and go.

    Parameters
    ----------
    minutes : float
        The time that each student reads in all; 0: every cell follows at once.
    end : float
        On time.monotonic()'s clock; what is not done by then is broken off.
    """
    run = Played(waits=[[None] * len(plan.cells) for _ in names])
    students = [Student(hub, name) for name in names]
    try:
        working = asyncio.create_task(_work(students, run, plan, minutes))
        guard = asyncio.create_task(_guard(end))
        await asyncio.wait({working, guard}, return_when=asyncio.FIRST_COMPLETED)
        if guard.done():
            run.stopped = guard.result()
        else:
            working.result()
        for task in (working, guard):
            task.cancel()
        await asyncio.gather(working, guard, return_exceptions=True)
    finally:
        await asyncio.gather(*(student.end() for student in students))
    return run


async def _work(students: Sequence[Student], run: Played, plan: Lesson, minutes: float) -> None:
    begun = await asyncio.gather(*(_begin(student, plan.name, run) for student in students))
    before, busy, begin = usage(hub := students[0].hub), _busy(), time.monotonic()
    await asyncio.gather(
        *(
            _run(student, plan.cells, pauses(plan.words, minutes, number), run.waits[number], run.failures)
            for number, student in enumerate(students)
            if begun[number]
        )
    )
    after, whole = usage(hub), (time.monotonic() - begin) * os.cpu_count()
    sizes = after.students()
    run.student = statistics.mean(sizes) if sizes else 0.0
    run.rest = sum(after.bytes.values()) - sum(sizes)
    run.most = max((size for owner, size in peaks(hub).items() if owner not in ("hub", "proxy")), default=0)
    run.processors = (after.processor - before.processor) / whole
    run.foreign = max(0.0, (_busy() - busy) / whole - run.processors)


async def _begin(student: Student, notebook: str, run: Played) -> bool:
    try:
        run.starts.append(await student.begin(f"{notebook}.ipynb"))
    except (ClassError, httpx.HTTPError, WebSocketError, OSError, asyncio.TimeoutError) as error:
        run.failures.append(f"{student.name} did not get in: {type(error).__name__} {error}")
        return False
    return True


async def _run(
    student: Student, cells: Sequence[str], rests: Sequence[float], waits: list[float | None], failures: list[str]
) -> None:
    for number, (source, rest) in enumerate(zip(cells, rests, strict=True)):
        await asyncio.sleep(rest)
        try:
            seconds, problem = await student.run(source)
        except (ClassError, WebSocketError, OSError) as error:
            failures.append(f"{student.name}, code cell {number}: {error}")
            return
        if problem:
            failures.append(f"{student.name}, code cell {number}: {problem}")
        else:
            waits[number] = seconds


async def _guard(end: float) -> str:
    while True:
        free = psutil.virtual_memory().available
        if free < FLOOR:
            return f"memory: {free / 1e9:.1f} GB were left"
        if time.monotonic() > end:
            return "time: the hours given were over"
        await asyncio.sleep(1)


def _busy() -> float:
    """Return the processor seconds that all programs but this one have taken so far."""
    times, own = psutil.cpu_times(), os.times()
    return times.user + times.nice + times.system - own.user - own.system


# --- measurements ----------------------------------------------------------------------


def shared_course(folder: Path) -> dict[str, str]:
    """Copy what students import and read into the folder, read-only; return the environment that leads there."""
    course, cache = folder / "course", folder / "cache"
    cache.mkdir(mode=0o555)
    for name in ("dlhelpers", "data"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*course.rglob("*"), course]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    # Nobody listens at port 9: whatever wants to leave the machine fails at once.
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}
    return {"PYTHONPATH": str(course), "DLHELPERS_CACHE": str(cache), **nowhere}


def measure(pace: str, threads: int, sizes: Sequence[int], options: argparse.Namespace, end: float) -> bool:
    """Measure classes that grow, print and write their rows; return whether all went well."""
    plan = lesson(_master(options.notebook))
    minutes = options.minutes if pace == "reading" else 0.0
    rows, foreign, good, each = [], 0.0, True, 0.0  # each: a class shares pages, so one student tells nothing of it
    with tempfile.TemporaryDirectory(prefix="class-load-") as name:
        environment = shared_course(Path(name)) | ({key: str(threads) for key in THREADS} if threads else {})
        with running(Path(name), environment, end - time.monotonic() + 300) as hub:

            def one(students: int, number: int, reading: float) -> Played:
                names = [f"class{students:03d}x{number}s{seat:03d}" for seat in range(students)]
                return asyncio.run(play(hub, names, plan, reading, end))

            singles = [one(1, number, 0.0) for number in range(max(3, options.repeats))]
            base = alone(singles)
            rows.append(row(pace, threads, singles, base))
            print(f"{pace}, {threads or 'own'} threads\n{' | '.join(HEADER)}\n{' | '.join(rows[0])}", flush=True)
            for students in sizes:
                reason = too_many(students, each, psutil.virtual_memory().available)
                if not reason:
                    runs = [one(students, number, minutes) for number in range(options.repeats)]
                    each = max(run.student for run in runs) or each
                    foreign = max(foreign, *(run.foreign for run in runs))
                    reason = why_stop(runs, base)
                    good = good and not any(run.failures for run in runs)
                    if not any(run.stopped for run in runs):
                        rows.append(row(pace, threads, runs, base))
                        print(" | ".join(rows[-1]), flush=True)
                    for problem in [problem for run in runs for problem in run.failures][:10]:
                        print(f"  {problem}", flush=True)
                if reason:
                    print(f"no larger class: {reason}", flush=True)
                    break
    foreign = max(foreign, *(run.foreign for run in singles))
    print(f"other programs took {foreign:.0%} of the processors", flush=True)
    if not options.try_only:
        busy = foreign > FOREIGN
        target = BUSY if busy else PAGE
        write_text(target, with_waits(PAGE.read_text(), machine(), rows))
        print(f"wrote {target}{': measure again on an idle machine' if busy else ''}", flush=True)
        return good and not busy
    return good


def measure_memory(names: Sequence[str], options: argparse.Namespace, end: float) -> bool:
    """Let one student alone run each notebook, print and write what memory it takes; return whether all ran."""
    good = True
    with tempfile.TemporaryDirectory(prefix="class-load-") as name:
        with running(Path(name), shared_course(Path(name)), end - time.monotonic() + 300) as hub:
            for path in [_master(name) for name in names] or masters(ROOT):
                run = asyncio.run(play(hub, [f"memory{path.stem[:2]}"], lesson(path), 0.0, end))
                problems = [*run.failures, *filter(None, [run.stopped])]
                print(f"{path.stem}: at most {run.most / 1e6:.0f} MB", *problems, flush=True)
                good = good and not problems
                if not problems and not options.try_only:
                    write_text(PAGE, with_memory(PAGE.read_text(), {path.stem[:2]: run.most}))
    return good


def _master(number: str) -> Path:
    for path in masters(ROOT):
        if path.stem[:2] == number:
            return path
    raise SystemExit(f"there is no notebook {number}")


def _numbers(text: str) -> list[int]:
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise argparse.ArgumentTypeError(f"numbers such as 2,4,8, not {text!r}")
    return [int(number) for number in text.split(",")]


def main(arguments: list[str] | None = None) -> int:
    """Measure what the command line asks for; return 1 if a cell failed or nothing could be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pace", choices=list(CLASSES), action="append", help="default: both")
    parser.add_argument("--threads", type=int, action="append", help="of a student; 0: own choice (default: 0, 1)")
    parser.add_argument("--students", type=_numbers, help="class sizes such as 2,4,8 (default: by pace)")
    parser.add_argument("--minutes", type=float, default=10.0, help="that a student reads in all (default: 10)")
    parser.add_argument("--repeats", type=int, default=1, help="of each class (default: 1; one student: at least 3)")
    parser.add_argument("--notebook", default="02", help="which one the class runs (default: 02)")
    parser.add_argument("--hours", type=float, default=6.0, help="after which everything ends (default: 6)")
    parser.add_argument("--memory", nargs="*", metavar="NN", help="only the memory of these notebooks (none: all)")
    parser.add_argument("--try", dest="try_only", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    if not sys.platform.startswith("linux"):
        parser.error("memory is read from /proc, which only Linux has")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that the hub ends, too
    install()
    end, good = time.monotonic() + 3600 * options.hours, True
    if options.memory is not None:
        return 0 if measure_memory(options.memory, options, end) else 1
    for pace in options.pace or CLASSES:
        for threads in options.threads or [0, 1]:
            good = measure(pace, threads, options.students or CLASSES[pace], options, end) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
