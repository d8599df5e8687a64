"""Exercises of notebook 90, linear algebra."""

from functools import reduce
from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, chosen_letters, close, exercise, grade, number

# Maps


def _rotation(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s], [-s, c]])


def _turned(function: Any) -> np.ndarray:
    angles = (0.5, np.pi / 2, 2.5, -1.2)
    return np.array([array(call(function, angle), (2, 2)) for angle in angles])


_ROTATION_SLIPS = [
    (lambda a: _rotation(a).T, "This turns clockwise. The first row is where the arrow (1, 0) lands: (cos, sin), above the axis."),
    (lambda a: _rotation(np.deg2rad(a)), "The angle is in radians already, as `np.cos` wants it: no conversion."),
    (lambda a: _rotation(np.rad2deg(a)), "`np.cos` and `np.sin` take radians, and that is what the angle is in: no conversion."),
    (lambda a: _rotation(a) * [[1], [-1]], "This mirrors the letter as well. The second row has its minus at the sine: (-sin, cos)."),
    (lambda a: abs(_rotation(a)), "A minus is missing: (0, 1) lands to the left of the axis."),
    (
        lambda a: np.array([[np.cos(a), np.sin(a)], [np.sin(a), np.cos(a)]]),
        "A minus is missing: when (1, 0) turns up, (0, 1) turns to the left, to (-sin, cos).",
    ),
    (lambda a: _rotation(np.pi / 2 - a), lambda a: _rotation(np.pi / 2 - a).T, "Cosine and sine have changed places: at angle 0 nothing should move."),
    (lambda a: _rotation(a) * [[-1], [1]], lambda a: -_rotation(a), "A sign is wrong in the first row: for a small angle (1, 0) stays near (1, 0)."),
    (lambda a: _rotation(2 * a), lambda a: _rotation(a / 2), "This turns by another angle: the cosine and sine of the angle itself."),
]


@exercise(
    "90.1",
    "You need two rows: where does (1, 0) land when it is turned by the angle, and where does (0, 1) land?",
    "(1, 0) lands at (cos, sin) of the angle. (0, 1) is a quarter turn ahead of it: its first number is negative.",
    "return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])",
    praise="Two rows, two arrows: you can write down any map of the plane like this.",
    solution=_rotation,
)
def rotation_matrix(function: Any) -> str | None:
    mistakes = [(*map(_turned, slips), says) for *slips, says in _ROTATION_SLIPS]
    other = "For an angle of 0.5 this does not turn the letter. Where do (1, 0) and (0, 1) land? Those are the two rows."
    return grade(_turned(function), _turned(_rotation), mistakes, other=other)


def _compose(matrices: list) -> np.ndarray:
    return reduce(np.matmul, matrices)


def _chain(*widths: int) -> list[np.ndarray]:
    rng = np.random.default_rng(sum(widths))
    return [rng.normal(size=shape) for shape in zip(widths, widths[1:], strict=False)]


@exercise(
    "90.2",
    "For two maps it is A @ B, with the map that comes first on the left. For three: (A @ B) @ C.",
    "Start with the first matrix. In a loop over the others, multiply the product so far by the next one, from the right.",
    "product = matrices[0], then: for M in matrices[1:]: product = product @ M. At the end return product.",
    praise="However many linear layers there are, a single matrix does what they do.",
    solution=_compose,
)
def composed(function: Any) -> str | None:
    square, layers = _chain(2, 2, 2, 2), _chain(3, 5, 4, 2)
    A, B, C = square
    got = array(call(function, list(square)), finite=False)
    mistakes = [
        (C @ B @ A, "The order is turned round. X @ A comes first, so the product starts with A: A @ B @ C."),
        (C @ A @ B, B @ A @ C, A @ C @ B, B @ C @ A, "The order is mixed up: the first matrix stands on the left, the last on the right."),
        (A * B * C, "`*` multiplies entry by entry. The matrix product is `@`."),
        (A + B + C, "This adds the maps. One after another is a product."),
        (C, "Only the last matrix is left: multiply it to the product so far, `product @ M`."),
        (A, "Only the first matrix is left. Is the `return` inside the loop?"),
        (A @ B, "The last matrix is missing. Is the `return` inside the loop, or does the loop stop too early?"),
        (B @ C, "The first matrix is missing: start with it, and go on from there."),
        (A @ A @ B @ C, "The first matrix is used twice: start with it and loop over `matrices[1:]`."),
        ((A @ B @ C).T, "This is the transpose of the product."),
    ]
    if got.shape != (2, 2):
        return f"Three matrices of shape (2, 2) give one of shape (2, 2), and this has shape {got.shape}."
    if says := grade(got, A @ B @ C, mistakes, other="For three 2 x 2 matrices the product is another one: A @ B @ C."):
        return says
    for chain in (layers, _chain(2, 4, 3), _chain(2, 3, 2, 3, 2, 2)):
        if not close(array(call(function, list(chain))), _compose(chain)):
            shapes = ", ".join(str(M.shape) for M in chain)
            return f"It works for three square matrices, but not for shapes {shapes}: any number of them, of any shapes that fit."
    return None


_TRIANGLES = np.array([[[1, 1], [4, 2], [2, 5]], [[0, 0], [1, 3], [4, 1]], [[-2, 1], [3, -1], [0.5, 4]], [[1, 1], [2, 2], [4, 4]]], float)


def _area(p: Any, q: Any, r: Any) -> float:
    return abs(np.linalg.det(np.array([q - p, r - p]))) / 2


def _areas(function: Any) -> np.ndarray:
    return np.array([number(call(function, *triangle.copy())) for triangle in _TRIANGLES])


def _det(*rows: Any) -> float:
    return float(np.linalg.det(np.array(rows)))


_AREA_SLIPS = [
    (lambda p, q, r: abs(_det(q - p, r - p)), "This is the parallelogram. The triangle is half of it."),
    (
        lambda p, q, r: _det(q - p, r - p) / 2,
        lambda p, q, r: _det(r - p, q - p) / 2,
        "Right up to the sign: an area is not negative, whichever way round the corners are named. Take `abs`.",
    ),
    (lambda p, q, r: _det(q - p, r - p), lambda p, q, r: _det(r - p, q - p), "Half of it, without the sign, would be right: this is the signed parallelogram."),
    (
        lambda p, q, r: abs(_det(q, r)) / 2,
        lambda p, q, r: abs(_det(p, q)) / 2,
        lambda p, q, r: abs(_det(p, r)) / 2,
        "This is a triangle with one corner at the origin. The sides of yours are the differences q - p and r - p.",
    ),
    (lambda p, q, r: abs(_det(q - p, r)) / 2, lambda p, q, r: abs(_det(q, r - p)) / 2, "Both rows should be sides: q - p and r - p."),
    (
        lambda p, q, r: np.linalg.norm(q - p) * np.linalg.norm(r - p) / 2,
        "Half the product of two sides is the area for a right angle only.",
    ),
    (lambda p, q, r: np.sqrt(abs(_det(q - p, r - p))) / 2, "No root: the determinant is the area itself."),
]


@exercise(
    "90.3",
    "The determinant gives the area of a parallelogram. Which two sides of it would make the triangle half of it?",
    "The sides q - p and r - p, as the two rows of a matrix: np.array([q - p, r - p]).",
    "return abs(np.linalg.det(np.array([q - p, r - p]))) / 2",
    praise="Half a parallelogram, wherever the triangle lies.",
)
def area_of_triangle(function: Any) -> str | None:
    mistakes = [(*map(_areas, slips), says) for *slips, says in _AREA_SLIPS]
    other = "For the corners (1, 1), (4, 2), (2, 5) the area is 5.5. The rows of the matrix are two sides, q - p and r - p."
    return grade(_areas(function), _areas(_area), mistakes, other=other)


# Lengths and angles


def _cosines(query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return rows @ query / (np.linalg.norm(rows, axis=1) * np.linalg.norm(query))


def _tables() -> list[tuple[np.ndarray, np.ndarray]]:
    """Queries and rows in which each way to choose a row chooses others."""
    rng = np.random.default_rng(21)
    return [(rng.normal(size=4), rng.normal(size=(7, 4)) * rng.uniform(0.3, 4, size=(7, 1))) for _ in range(8)]


def _chosen(function: Any) -> np.ndarray:
    return np.array([number(call(function, query.copy(), rows.copy())) for query, rows in _tables()])


_NEAREST_SLIPS = [
    (lambda q, X: np.linalg.norm(X - q, axis=1).argmin(), lambda q, X: abs(X - q).sum(axis=1).argmin(), "This is the smallest distance. A long row can point the same way and be far off: compare the cosines."),
    (lambda q, X: (X @ q).argmax(), lambda q, X: (X @ q / np.linalg.norm(q)).argmax(), "The dot product alone favours long rows. Divide it by the length of each row."),
    (lambda q, X: _cosines(q, X).argmin(), "This is the *largest* angle. The larger the cosine, the smaller the angle."),
    (lambda q, X: abs(_cosines(q, X)).argmax(), "A cosine of -1 is the opposite direction: without the `abs`."),
    (lambda q, X: (X @ q / np.linalg.norm(X)).argmax(), "Each row has a length of its own: `np.linalg.norm(rows, axis=1)`."),
    (lambda q, X: _cosines(q, X).max(), "This is the cosine itself. Asked for is the number of the row, which `argmax` gives."),
    (lambda q, X: np.arccos(_cosines(q, X)).min(), "This is the angle itself. Asked for is the number of the row, which `argmin` gives."),
    (lambda q, X: 1 + _cosines(q, X).argmax(), "Rows are counted from 0."),
    (lambda q, X: (X @ q / np.linalg.norm(X, axis=1) ** 2).argmax(), "Divide by the length of the row, and not by its square."),
    (lambda q, X: (X @ q / abs(X).sum(axis=1)).argmax(), "The cosine needs the ordinary length, the L² norm: `np.linalg.norm(rows, axis=1)`."),
    (lambda q, X: np.linalg.norm(X, axis=1).argmin(), lambda q, X: np.linalg.norm(X, axis=1).argmax(), "This chooses by length alone, and not by the angle."),
]


@exercise(
    "90.4",
    "The smallest angle has the largest cosine. `rows @ query` gives all dot products at once.",
    "Divide by the length of each row, `np.linalg.norm(rows, axis=1)`. The length of the query is the same for all.",
    "return (rows @ query / np.linalg.norm(rows, axis=1)).argmax()",
    praise="This is how a search engine and an attention head find what is similar.",
)
def nearest_row(function: Any) -> str | None:
    query, rows = _tables()[0]
    first = call(function, query.copy(), rows.copy())
    size = array(first, finite=False).size
    if size == len(rows):
        return "These are values for all rows. Asked for is the number of one row: `argmax`."
    if size == len(query):
        return "This is a row. Asked for is its number, which `argmax` gives."
    mistakes = [(*map(_chosen, slips), says) for *slips, says in _NEAREST_SLIPS]
    other = "Another row has the smaller angle: the largest dot product, once each row is divided by its length."
    right = _chosen(lambda q, X: _cosines(q, X).argmax())
    return grade(_chosen(function), right, mistakes, rtol=0, other=other)


# Eigenvectors


def _symmetric(*eigenvalues: float) -> np.ndarray:
    """A symmetric matrix with these eigenvalues, in random directions."""
    n = len(eigenvalues)
    Q = np.linalg.qr(np.random.default_rng(n).normal(size=(n, n)))[0]
    return Q * eigenvalues @ Q.T


def _power(A: np.ndarray, steps: int = 200) -> tuple[float, np.ndarray]:
    v = np.random.default_rng(0).normal(size=len(A))
    for _ in range(steps):
        v = A @ v
        v = v / np.linalg.norm(v)
    return v @ A @ v, v


@exercise(
    "90.5",
    "Start with a random v. Each step has two lines: multiply by A, then divide by the length.",
    "After the loop v hardly turns any more, so A v = λ v. A dot product with v then gives λ: v @ A @ v.",
    "for _ in range(100): v = A @ v; v = v / np.linalg.norm(v). Then: return v @ A @ v, v",
    praise="Multiply, shorten, repeat: search engines once ranked the whole web in this way.",
)
def power_method(function: Any) -> str | None:
    cases = [
        (_symmetric(5.0, 2.5, 1.0, 0.5), "a 4 x 4 matrix with the eigenvalues 5, 2.5, 1 and 0.5"),
        (np.array([[2.0, 1.0], [1.0, 2.0]]), "the matrix of the picture"),
        (np.diag([1.0, 3.0]), "diag(1, 3)"),
        (np.array([[2.0, -1.0], [-1.0, 2.0]]), "[[2, -1], [-1, 2]]"),
        (_symmetric(2.0, -6.0, 1.0), "a matrix with the eigenvalues -6, 2 and 1"),
    ]
    for A, name in cases:
        if says := _power_problem(call(function, A.copy()), A, name):
            return says
    return None


def _power_problem(result: Any, A: np.ndarray, name: str) -> str | None:
    values, vectors = np.linalg.eigh(A)
    k = abs(values).argmax()
    value, v = _value_and_vector(result, len(A))
    along = abs(v @ vectors[:, k]) / max(np.linalg.norm(v), 1e-300)
    found = f"For {name}"
    if close(value, values[k]) and along > 0.9999:
        return None if close(np.linalg.norm(v), 1) else f"{found}, value and direction are right. Return v with length 1."
    if along > 0.9999 and close(value, -values[k]):
        return f"{found}, the sign of the eigenvalue is lost: a length is never negative. Take v @ A @ v."
    if along > 0.9999:
        return f"{found}, the direction is right, but the eigenvalue should be {values[k]:.3g}, and this is {value:.3g}."
    if close(A @ v, value * v) and np.any(v):
        if close(value, values[-1]):
            return f"{found}, this is the largest eigenvalue and its eigenvector. By size, {values[k]:.3g} comes first: the sign does not count."
        return (
            f"{found}, this is an eigenvalue and its eigenvector, but not of the largest size. Did you start exactly in a direction that "
            "stays, such as (1, 0) or (1, 1)? Start at random, and let A do the choosing."
        )
    if close(value, values[k]):
        return f"{found}, the eigenvalue is right, but v is not its eigenvector."
    return f"{found}, A v is not a multiple of v yet. Take more steps, each with A @ v and a division by the length."


def _value_and_vector(result: Any, n: int) -> tuple[float, np.ndarray]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise NotYet("Return two things, separated by a comma: the eigenvalue and v.")
    parts = [array(part, finite=False) for part in result]
    if not all(np.isfinite(part).all() for part in parts):
        raise NotYet("The result is nan or infinite: without the division by its length, v grows with every step until it overflows.")
    if parts[0].size == n and parts[1].size == 1:
        raise NotYet("Right kind of answer in the wrong order: first the eigenvalue, then v.")
    if parts[0].size != 1 or parts[1].size != n:
        raise NotYet(f"Return one number and a vector of {n} numbers; these have the shapes {parts[0].shape} and {parts[1].shape}.")
    return float(parts[0].reshape(())), parts[1].ravel()


@exercise(
    "90.6",
    "The signs of the entries say little. Ask for the eigenvalues of each: np.linalg.eigvalsh(M).",
    "Positive definite: *all* eigenvalues are above 0. An eigenvalue of 0 leaves a flat direction and is not enough.",
    "B has the eigenvalues -1 and 3, D has 0 and 2, E has -3 and -1. The others have positive ones only.",
    praise="Negative entries may do no harm, and positive ones may be no help.",
)
def positive_definite(letters: Any) -> str | None:
    chosen = chosen_letters(letters, "ABCDEF")
    wrong = {
        "E": "E is a hill: both of its eigenvalues are negative, and so their product, the determinant, is positive.",
        "D": "D has an eigenvalue of 0: along (1, -1) the bottom is flat, so it is positive *semi*definite only.",
        "B": "All entries of B are positive, and yet x = (1, -1) gives -2: it is a saddle.",
    }
    missing = {
        "A": "A is missing: it is the matrix of section 5, and its eigenvalues are 1 and 3.",
        "C": "C is missing: negative entries do no harm. What are its eigenvalues?",
        "F": "F is missing: 0.01 is small, but it is positive. The bowl is a long valley.",
    }
    if chosen == set("BDE"):
        return "These are the three that are *not* positive definite."
    return next((says for letter, says in wrong.items() if letter in chosen), None) or next(
        (says for letter, says in missing.items() if letter not in chosen), None
    )


# Equations


def _eliminate(M: np.ndarray) -> np.ndarray:
    M = np.array(M, float)
    for k in range(len(M)):
        M[k] = M[k] / M[k, k]
        for i in range(len(M)):
            if i != k:
                M[i] = M[i] - M[i, k] * M[k]
    return M[:, -1]


def _no_division(M: np.ndarray) -> np.ndarray:
    M = M.copy()
    for k in range(len(M)):
        for i in range(len(M)):
            if i != k:
                M[i] = M[i] - M[i, k] / M[k, k] * M[k]
    return M[:, -1]


def _only_below(M: np.ndarray) -> np.ndarray:
    M = M.copy()
    for k in range(len(M)):
        M[k] = M[k] / M[k, k]
        for i in range(k + 1, len(M)):
            M[i] = M[i] - M[i, k] * M[k]
    return M[:, -1]


def _systems() -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [np.column_stack([rng.normal(size=(n, n)) + 4 * np.eye(n), rng.normal(size=n)]) for n in (3, 2, 5)]


@exercise(
    "90.7",
    "Copy M first. For each k: divide row k by its entry M[k, k], then clear column k in all *other* rows.",
    "Clear it like this: M[i] = M[i] - M[i, k] * M[k], for every i other than k. The answer is the last column, M[:, -1].",
    "M = M.astype(float); for k in range(len(M)): M[k] = M[k] / M[k, k]; for i in range(len(M)): if i != k: M[i] -= M[i, k] * M[k]",
    praise="This is the algorithm of the picture, for any number of unknowns.",
    solution=_eliminate,
)
def elimination(function: Any) -> str | None:
    example = np.array([[1.0, 3, -2, 5], [3, 5, 6, 7], [2, 4, 3, 8]])
    for M in (_systems()[0], example, *_systems()[1:]):
        n, right = len(M), np.linalg.solve(M[:, :-1], M[:, -1])
        got = array(call(function, M.copy()), finite=False)
        if got.shape in ((n, n + 1), (n, n)):
            return "This is the whole table. Return its last column alone, M[:, -1]: that is x."
        if got.size != n:
            return f"For {n} equations there are {n} unknowns, and this has shape {got.shape}."
        if not np.isfinite(got).all():
            return "The result is nan or infinite, and no entry M[k, k] becomes 0 here: divide by the entry as it is *now*, not at the start."
        mistakes = [
            (_no_division(M), "The table is diagonal, but there are no ones on its diagonal: divide each row k by M[k, k]."),
            (_only_below(M), "You cleared the column below the diagonal only. Clear it above, too: all rows i other than k."),
            (M[:, -1], "This is the right-hand side as it came in."),
            (-right, "The sign is turned round."),
            (right[::-1], "Right numbers in the reverse order: x[0] belongs to the first column."),
        ]
        other = f"For {n} equations the answer does not solve them. Each step must change the whole row, right-hand side included."
        if says := grade(got.ravel(), right, mistakes, other=other):
            return says
    return None


_NEARLY_PARALLEL = np.array([[1.0, 1.0], [1.0, 1.02]])


@exercise(
    "90.8",
    "The rule: the relative error of the solution is at most the condition number times the relative error of the data.",
    "np.linalg.cond(A) is about 202. And 0.1 % is 0.001.",
    "worst = np.linalg.cond(A) * 0.001",
    praise="Data good to one part in a thousand, and the answer may still be off by 20 %.",
)
def worst_error(worst: Any) -> str | None:
    condition = np.linalg.cond(_NEARLY_PARALLEL)
    inverse = np.linalg.inv(_NEARLY_PARALLEL)
    mistakes = [
        (condition, "This is the condition number. Multiply it by the relative error of the data."),
        (condition * 0.1, "This is in per cent. Give it as a fraction, as 0.1 % is 0.001."),
        (condition * 0.01, "0.1 % is 0.001, and not 0.01."),
        (0.001 / condition, 1 / condition, "Upside down: the condition number makes the error *larger*."),
        (0.001, "This is the error of the data. The condition number makes it larger."),
        (np.linalg.det(_NEARLY_PARALLEL), 0.001 / np.linalg.det(_NEARLY_PARALLEL), "The determinant does not tell: it changes when the equations are multiplied by a number."),
        (np.linalg.norm(inverse, 2) * 0.001, "The inverse alone is half of it: the condition number is the largest stretch times the largest stretch back."),
    ]
    return grade(number(worst), condition * 0.001, mistakes, rtol=0.004, rounding=True)
