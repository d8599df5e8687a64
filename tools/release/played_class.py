"""Grade a class that is played: 30 hand-ins of five notebooks, right, half done, wrong, broken and hostile.

`python -m tools.release.played_class` writes them into a temporary folder, grades them as `make grade` does, and says
how long that took and which cells of the table are not what they should be.
"""

from __future__ import annotations

import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.authors.make_student import without_solutions
from tools.authors.notebooks import ROOT, masters, read, to_text
from tools.teaching.grade import EXERCISE, course, grade

# What stands in the place of the solution.
RIGHT_IN_OTHER_WORDS = {
    "01.1": "x = y = 0\nz = 1.0 + 0.3 * x + 0.1 * y\np_zero = 1 / (1 + np.exp(-z))",
    "01.2": "logits = np.dot(X, W) + b\nreturn 1 / (1 + np.exp(-logits))",
    "01.3": "slope, intercept = -w[0] / w[1], -b / w[1]\nreturn [slope, intercept]",
    "01.4": "error = sigmoid(np.dot(w, x) + b) - y\nreturn w - rate * error * x, b - rate * error",
    "01.5": "w_or = np.array([20.0, 20.0])\nb_or = -10.0",
    "03.1": "return np.linalg.lstsq(X, y, rcond=None)[0]",
    "03.2": "supported = ['C', 'B']",
    "03.3": "n, k = X.shape\nb = np.zeros(k)\nfor i in range(steps):\n"
    "    error = 1 / (1 + np.exp(-(X @ b))) - y\n    b -= rate * error @ X / n\nreturn b",
    "03.4": "yes = (p >= threshold).astype(int)\n"
    "return (yes * y).sum() / y.sum(), (yes * (1 - y)).sum() / (1 - y).sum()",
    "03.6": "errors = []\nfor i in range(len(y)):\n    keep = np.arange(len(y)) != i\n"
    "    b = np.linalg.lstsq(X[keep], y[keep], rcond=None)[0]\n    errors.append((y[i] - X[i] @ b) ** 2)\n"
    "return sum(errors) / len(errors)",
    "05.1": "slopes = np.array([-2.0, 0.0, 4.0])",
    "05.3": "return np.dot(g, W.T), np.dot(X.T, g)",
    "05.5": "culprits = {4: 'b', 3: 'd', 2: 'a', 1: 'c'}",
    "06.1": "rates = (1 / 3, 1 / 6)",
    "06.2": "new_v = beta * v - rate * g\nreturn w + new_v, new_v",
    "06.3": "m = m + 0.1 * (g - m)\nv = v + 0.001 * (g * g - v)\n"
    "step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)\nreturn w - rate * step, m, v",
    "06.6": "mean, variance = np.mean(h, axis=0), np.var(h, axis=0)\n"
    "return beta + gamma * (h - mean) / np.sqrt(variance + 0.001)",
    "16.3": "p = np.full(10, 0.2 / 9)\np[0] = 0.8\nfloor = -np.sum(p * np.log(p))",
    "16.5": "m = a.max(axis=0)\nreturn m + np.log(np.mean(np.exp(a - m), axis=0))",
    "16.6": "came = rng.binomial(days, said)\n"
    "return float(np.sum(days * np.abs(came / days - said)) / np.sum(days))",
}  # fmt: skip
WRONG = {
    "01.1": "p_zero = 1.0",
    "01.2": "return X @ W + b",
    "01.3": "return w[0] / w[1], b / w[1]",
    "01.4": "p = sigmoid(x @ w + b)\nreturn w + rate * (p - y) * x, b + rate * (p - y)",
    "01.5": "w_or, b_or = [1, 1], -1.5",
    "01.6": "xor_net = keras.Sequential([keras.Input((2,)), layers.Dense(1, activation='sigmoid')])",
    "03.1": "return X.T @ y",
    "03.2": "supported = 'ABC'",
    "03.3": "b = np.zeros(X.shape[1])\nfor _ in range(steps):\n"
    "    p = 1 / (1 + np.exp(-X @ b))\n    b = b + rate * X.T @ (p - y) / len(y)\nreturn b",
    "03.4": "called = p < threshold\nreturn called[y == 1].mean(), called[y == 0].mean()",
    "03.5": "curved = keras.Sequential([keras.Input((5,)), layers.Dense(1, activation='sigmoid')])",
    "03.6": "b = np.linalg.solve(X.T @ X, X.T @ y)\nreturn np.mean((y - X @ b) ** 2)",
    "05.1": "slopes = [2, 0, -4]",
    "05.2": "for value in tape:\n    inputs = [parent.data for parent in value.parents]\n"
    "    parts = rules[value.op](gradients[value], value.data, *inputs)\n"
    "    for parent, part in zip(value.parents, parts):\n        gradients[parent] = part\nreturn gradients",
    "05.3": "return X.T @ g, g @ W.T",
    "05.4": "deep = [Value(np.zeros(s)) for s in [(2, 8), 8, (8, 8), 8, (8, 1), 1]]",
    "05.5": "culprits = {1: 'A', 2: 'B', 3: 'C', 4: 'D'}",
    "06.1": "rates = [2 / 3, 1 / 3]",
    "06.2": "return w - rate * g, v",
    "06.3": "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g**2\nreturn w - rate * m / (np.sqrt(v) + 1e-7), m, v",
    "06.4": "causes = {'C': 1, 'D': 2, 'E': 3, 'F': 4, 'G': 5, 'H': 6}",
    "06.5": "mended = {sick: patient(sick)[0] for sick in 'ACFG'}",
    "06.6": "return gamma * h + beta",
    "16.1": "scale = ops.softplus(outputs[:, 1:])\nt = (y - outputs[:, :1]) / scale\nreturn ops.mean(t + ops.exp(-t))",
    "16.2": "gumbel_model = keras.Sequential([keras.Input((1,)), layers.Dense(2)])",
    "16.3": "floor = -np.log(0.8)",
    "16.4": "calm = keras.Sequential([keras.Input((784,)), layers.Dense(10)])",
    "16.5": "return a.mean(axis=0)",
    "16.6": "return np.mean(abs(said - said))",
}  # fmt: skip
BROKEN = ("raise ValueError('?')", "x = (", "this_name_is_not_known", "1 / 0", "import no_such_package", "[][3]")
# What the table must say where an exercise asks for values. A function runs only when the judge calls it, and an error
# in it is a wrong answer.
HOSTILE = {
    "import dlhelpers.exercises.core as c\nc.judge = lambda *answers: print('right')": "tampered",
    "open('../../../escaped.txt', 'w')": "cell failed",
    "import os\nos.fork()": "cell failed",
    "import socket\nsocket.create_connection(('example.org', 80))": "cell failed",
    "import subprocess\nsubprocess.run(['touch', 'escaped'])": "cell failed",
    "import os\nos._exit(0)": "cell failed",
}


def _with(source: str, body: str) -> str:
    """An exercise's solved cell with another body between the two marks."""
    before, _, rest = source.partition("# BEGIN SOLUTION\n")
    _, _, after = rest.partition("# END SOLUTION")
    indent = before.rpartition("\n")[2]
    return before + ("\n" + indent).join(body.split("\n")) + after


def _hand_in(number: str, bodies: Mapping[str, str] | None = None) -> str:
    """The solved notebook, or one with these answers and the other exercises untouched."""
    notebook = read(next(path for path in masters(ROOT) if path.name.startswith(number)))
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = []
        ids = EXERCISE.findall(cell.source)
        if ids and bodies is not None:
            body = bodies.get(ids[0])
            cell.source = without_solutions(cell.source) if body is None else _with(cell.source, body)
    return to_text(notebook)


def _is_function(number: str, id: str) -> bool:
    cell = next(cell for cell in course()[number] if id in EXERCISE.findall(cell))
    return "    # BEGIN SOLUTION" in cell


def write(folder: Path, numbers: Sequence[str]) -> dict[tuple[str, str], str]:
    """Write six hand-ins of each notebook; return what the table must say, by student and exercise."""
    expected = {}

    def keep(student: str, texts: list[str], outcomes: Mapping[str, str]) -> None:
        with zipfile.ZipFile(folder / f"{student}_1_assignsubmission_file.zip", "w") as archive:
            for n, text in enumerate(texts):
                archive.writestr(f"try {n}.ipynb", text)
        expected.update({(student, id): outcome for id, outcome in outcomes.items()})

    for number in numbers:
        ids = [id for id in WRONG if id.startswith(number)]
        tricks = dict(zip(ids, HOSTILE, strict=False))
        functions = {id for id in ids if _is_function(number, id)}
        own = {id: body for id, body in RIGHT_IN_OTHER_WORDS.items() if id in ids}
        solved = dict.fromkeys(ids, "solved")
        keep(f"right {number}", [_hand_in(number)], solved)
        keep(f"own words {number}", [_hand_in(number, own)], {id: "solved" if id in own else "not tried" for id in ids})
        keep(f"wrong {number}", [_hand_in(number, WRONG)], dict.fromkeys(ids, "wrong"))
        broken = _hand_in(number, dict(zip(ids, BROKEN, strict=False)))
        failed = {id: "wrong" if id in functions else "cell failed" for id in ids} | {ids[1]: "cell failed"}
        keep(f"broken {number}", [broken], failed)  # the second one is no Python at all
        caught = {id: HOSTILE[trick] for id, trick in tricks.items()}
        for id in functions & {id for id, trick in tricks.items() if "_exit" not in trick and "judge" not in trick}:
            caught[id] = "wrong"
        keep(f"hostile {number}", [_hand_in(number, tricks)], caught)
        keep(f"twice {number}", [_hand_in(number, WRONG), _hand_in(number)], solved)
    return expected


def main() -> None:
    """Play the class, grade it, compare."""
    numbers = sys.argv[1:] or ["01", "03", "05", "06", "16"]
    with tempfile.TemporaryDirectory() as name:
        expected = write(Path(name), numbers)
        begin = time.monotonic()
        grades = grade(Path(name))
        seconds = time.monotonic() - begin
    found = {key: result.outcome for key, result in grades.results.items()}
    wrong = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
    for key in wrong:
        print(*key, "should be:", expected.get(key), "is:", grades.results.get(key))
    print(f"{len({student for student, _ in expected})} hand-ins, {len(expected)} cells, {len(wrong)} of them wrong, "
          f"{seconds:.0f} s")  # fmt: skip
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
