from functools import reduce

import numpy as np

from dlhelpers.exercises import nb90

turn, area, cosines = nb90._rotation, nb90._area, nb90._cosines


def det(*rows):
    return np.linalg.det(np.array(rows))


def power(steps=100, shorten=True, start=None, value=lambda A, v: v @ A @ v, back=lambda value, v: (value, v)):
    """`power_iteration` of exercise 90.5, right or with one thing changed."""

    def function(A):
        v = np.random.default_rng(3).normal(size=len(A)) if start is None else start(len(A))
        for _ in range(steps):
            v = A @ v
            v = v / np.linalg.norm(v) if shorten else v
        return back(value(A, v), v)

    return function


def by_eigh(A):
    values, vectors = np.linalg.eigh(A)
    k = np.abs(values).argmax()
    return [values[k], vectors[:, k]]


def smallest(A):
    values, vectors = np.linalg.eigh(A)
    k = np.abs(values).argmin()
    return values[k], vectors[:, k]


def largest(A):
    values, vectors = np.linalg.eigh(A)
    return values[-1], vectors[:, -1]


def two_sweeps(M):
    M, n = M.copy(), len(M)
    for k in range(n):
        for i in range(k + 1, n):
            M[i] = M[i] - M[i, k] / M[k, k] * M[k]
    x = np.zeros(n)
    for k in range(n - 1, -1, -1):
        x[k] = (M[k, -1] - M[k, :-1] @ x) / M[k, k]
    return x


def without_the_right_side(M):
    M, right = M[:, :-1].copy(), M[:, -1]
    for k in range(len(M)):
        M[k] = M[k] / M[k, k]
        for i in range(len(M)):
            if i != k:
                M[i] = M[i] - M[i, k] * M[k]
    return right


def old_pivot(M):
    pivots, M = M.copy(), M.copy()
    for k in range(len(M)):
        M[k] = M[k] / pivots[k, k]
        for i in range(len(M)):
            if i != k:
                M[i] = M[i] - M[i, k] * M[k]
    return M[:, -1]


def in_place(M):
    M[:] = np.column_stack([np.eye(len(M)), nb90._eliminate(M)])
    return M[:, -1]


def complex_plane(angle):
    return [[np.exp(1j * angle).real, np.exp(1j * angle).imag], [-np.exp(1j * angle).imag, np.exp(1j * angle).real]]


RIGHT = {
    "90.1": [(turn,), (complex_plane,), (lambda angle: turn(-angle).T,)],
    "90.2": [(nb90._compose,), (lambda matrices: reduce(lambda A, B: A @ B, matrices),), (np.linalg.multi_dot,)],
    "90.3": [(area,), (lambda p, q, r: 0.5 * abs((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])),)],
    "90.4": [
        (lambda q, X: cosines(q, X).argmax(),),
        (lambda q, X: int(np.argmin(np.arccos(cosines(q, X)))),),
        (lambda q, X: np.linalg.norm(X / np.linalg.norm(X, axis=1)[:, None] - q / np.linalg.norm(q), axis=1).argmin(),),
    ],
    "90.5": [(power(),), (power(steps=400),), (by_eigh,), (power(back=lambda value, v: [value, -v]),)],
    "90.6": [("ACF",)],
    "90.7": [(nb90._eliminate,), (two_sweeps,), (lambda M: np.linalg.solve(M[:, :-1], M[:, -1]),)],
    "90.8": [(np.linalg.cond([[1, 1], [1, 1.02]]) * 0.001,), (0.202,)],
}

WRONG = {
    "90.1": [
        (lambda a: turn(a).T, "clockwise"),
        (lambda a: turn(np.deg2rad(a)), "radians already"),
        (lambda a: turn(np.rad2deg(a)), "take radians"),
        (lambda a: turn(a) * [[1], [-1]], "mirrors"),
        (lambda a: [[np.cos(a), np.sin(a)], [np.sin(a), np.cos(a)]], "minus is missing"),
        (lambda a: turn(np.pi / 2 - a), "changed places"),
        (lambda a: -turn(a), "first row"),
        (lambda a: turn(2 * a), "another angle"),
        (lambda a: turn(a)[0], "shape"),
        (lambda a: np.eye(2), "does not turn"),
        (turn(0.5), "function"),
    ],
    "90.2": [
        (lambda Ms: reduce(np.matmul, Ms[::-1]), "turned round"),
        (lambda Ms: reduce(np.multiply, Ms), "entry by entry"),
        (sum, "adds"),
        (lambda Ms: Ms[-1], "Only the last"),
        (lambda Ms: Ms[0], "Only the first"),
        (lambda Ms: Ms[0] @ Ms[1], "last matrix is missing"),
        (lambda Ms: reduce(np.matmul, Ms[1:]), "first matrix is missing"),
        (lambda Ms: Ms[0] @ reduce(np.matmul, Ms), "twice"),
        (lambda Ms: reduce(np.matmul, Ms).T, "transpose"),
        (lambda Ms: Ms[0] @ Ms[1] @ Ms[2], "out of range"),
        (lambda Ms: reduce(np.matmul, Ms, np.eye(2)), "do not fit"),
        (lambda Ms: reduce(np.matmul, Ms[:3]), "any number"),
        (lambda Ms: np.linalg.det(reduce(np.matmul, Ms)), "shape"),
    ],
    "90.3": [
        (lambda p, q, r: 2 * area(p, q, r), "parallelogram"),
        (lambda p, q, r: det(q - p, r - p) / 2, "sign"),
        (lambda p, q, r: det(q - p, r - p), "signed"),
        (lambda p, q, r: abs(det(q, r)) / 2, "origin"),
        (lambda p, q, r: abs(det(q - p, r)) / 2, "Both rows"),
        (lambda p, q, r: np.linalg.norm(q - p) * np.linalg.norm(r - p) / 2, "right angle"),
        (lambda p, q, r: np.sqrt(2 * area(p, q, r)) / 2, "root"),
        (lambda p, q, r: 5.5, "two sides"),
        (lambda p, q, r: np.array([q - p, r - p]), "One number"),
        (lambda p, q, r: det(p, q, r), "square"),
    ],
    "90.4": [
        (lambda q, X: np.linalg.norm(X - q, axis=1).argmin(), "distance"),
        (lambda q, X: (X @ q).argmax(), "favours long rows"),
        (lambda q, X: cosines(q, X).argmin(), "largest"),
        (lambda q, X: abs(cosines(q, X)).argmax(), "opposite"),
        (lambda q, X: (X @ q / np.linalg.norm(X)).argmax(), "dot product alone"),
        (lambda q, X: cosines(q, X).max(), "cosine itself"),
        (lambda q, X: np.arccos(cosines(q, X)).min(), "angle itself"),
        (lambda q, X: cosines(q, X).argmax() + 1, "from 0"),
        (lambda q, X: (X @ q / np.linalg.norm(X, axis=1) ** 2).argmax(), "square"),
        (lambda q, X: (X @ q / abs(X).sum(axis=1)).argmax(), "L²"),
        (lambda q, X: np.linalg.norm(X, axis=1).argmin(), "length alone"),
        (lambda q, X: cosines(q, X), "all rows"),
        (lambda q, X: X[cosines(q, X).argmax()], "a row"),
        (lambda q, X: (X @ q / np.linalg.norm(X, axis=0)).argmax(), "broadcast"),
    ],
    "90.5": [
        (power(shorten=False, steps=1000), "overflows"),
        (power(steps=1), "more steps"),
        (power(start=lambda n: np.eye(n)[0]), "at random"),
        (power(start=np.ones), "at random"),
        (power(value=lambda A, v: np.linalg.norm(A @ v)), "sign"),
        (power(value=lambda A, v: (A @ v)[0]), "eigenvalue should be"),
        (power(back=lambda value, v: (v, value)), "wrong order"),
        (power(back=lambda value, v: value), "two things"),
        (power(back=lambda value, v: (value, 2 * v)), "length 1"),
        (power(back=lambda value, v: (value, v[::-1])), "not its eigenvector"),
        (power(back=lambda value, v: (value, v[:1])), "a vector of"),
        (smallest, "largest size"),
        (largest, "sign does not count"),
    ],
    "90.6": [
        ("BDE", "*not*"),
        ("ABCF", "saddle"),
        ("ACDF", "semi"),
        ("ACEF", "hill"),
        ("AF", "C is missing"),
        ("AC", "F is missing"),
        ("CF", "A is missing"),
        ("XYZ", "letters"),
    ],
    "90.7": [
        (lambda M: np.column_stack([np.eye(len(M)), nb90._eliminate(M)]), "whole table"),
        (nb90._no_division, "diagonal"),
        (nb90._only_below, "above"),
        (without_the_right_side, "came in"),
        (lambda M: -nb90._eliminate(M), "sign"),
        (lambda M: nb90._eliminate(M)[::-1], "reverse"),
        (lambda M: nb90._eliminate(M)[:-1], "unknowns"),
        (old_pivot, "whole row"),
        (in_place, "copy"),
        (lambda M: nb90._eliminate(M) / 0, "nan or infinite"),
    ],
    "90.8": [
        (np.linalg.cond([[1, 1], [1, 1.02]]), "condition number"),
        (20.2, "per cent"),
        (2.02, "0.01"),
        (0.001 / 202, "Upside down"),
        (0.001, "error of the data"),
        (0.02, "determinant"),
        (0.2, "rounded"),
        ("0,202", "text"),
    ],
}
