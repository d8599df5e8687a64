"""Facts of the lectures about vectors and matrices, computed."""

import itertools
import math

import numpy as np
import pytest

A = np.array([[2.0, 1.0], [1.0, 2.0]])
SYSTEM = np.array([[1.0, 3, -2, 5], [3, 5, 6, 7], [2, 4, 3, 8]])


def cofactors(M):
    """The determinant, expanded along the first row with the signs (-1)^(i + j)."""
    if len(M) == 1:
        return M[0, 0]
    rest = [np.delete(M[1:], j, axis=1) for j in range(len(M))]
    return sum((-1) ** j * M[0, j] * cofactors(rest[j]) for j in range(len(M)))


def six_terms(M):
    """The rule for 3 x 3: a sum over the six orders of the columns, each with its sign."""
    total = 0.0
    for order in itertools.permutations(range(3)):
        sign = np.linalg.det(np.eye(3)[list(order)])
        total += sign * M[0, order[0]] * M[1, order[1]] * M[2, order[2]]
    return total


def test_F004_transpose():
    """A 3 x 2 matrix becomes 2 x 3 with rows and columns exchanged; a number equals its transpose."""
    M = np.arange(6).reshape(3, 2)
    assert M.T.shape == (2, 3) and all(M.T[j, i] == M[i, j] for i in range(3) for j in range(2))
    assert np.array(7.0).T == 7.0


def test_F005_three_ways_to_a_determinant():
    """Six terms, cofactors and ad - bc agree with NumPy."""
    M = np.random.default_rng(1).normal(size=(3, 3))
    assert np.isclose(six_terms(M), np.linalg.det(M)) and np.isclose(cofactors(M), np.linalg.det(M))
    (a, b), (c, d) = M[:2, :2]
    assert np.isclose(a * d - b * c, np.linalg.det(M[:2, :2])) and cofactors(M[:1, :1]) == M[0, 0]


def test_F006_determinant_is_the_product_of_the_eigenvalues():
    """[[2,1],[1,2]]: 3 = 1 * 3."""
    assert np.isclose(np.linalg.det(A), 3) and np.isclose(np.prod(np.linalg.eigvalsh(A)), 3)


def test_F007_dependent_rows_have_no_inverse():
    """[[1,2],[2,4]] has determinant 0 and rank 1; NumPy refuses to invert it, and a matrix that is not square."""
    flat = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert np.linalg.det(flat) == 0 and np.linalg.matrix_rank(flat) == 1
    for M in (flat, np.ones((3, 2))):
        with pytest.raises(np.linalg.LinAlgError):
            np.linalg.inv(M)


def test_F008_identity_and_inverse():
    """I v = v, the inverse times A is I, and the inverse times b solves A x = b."""
    rng = np.random.default_rng(2)
    M, b = rng.normal(size=(3, 3)), rng.normal(size=3)
    assert np.array_equal(np.eye(3) @ b, b) and np.allclose(np.linalg.inv(M) @ M, np.eye(3))
    assert np.allclose(np.linalg.inv(M) @ b, np.linalg.solve(M, b))


def test_F009_solution_of_three_equations():
    """x + 3y - 2z = 5, 3x + 5y + 6z = 7, 2x + 4y + 3z = 8: (-15, 8, 2), and the determinant is -4."""
    assert np.allclose(np.linalg.solve(SYSTEM[:, :3], SYSTEM[:, 3]), [-15, 8, 2])
    assert np.isclose(np.linalg.det(SYSTEM[:, :3]), -4)


def test_F010_the_seven_stages_of_the_elimination():
    """L2 - 3 L1, L3 - 2 L1, -L2 / 4, L3 + 2 L2, L2 + 3 L3, L1 + 2 L3 - 3 L2 lead to the solution."""
    stages = [SYSTEM.copy()]
    for row, change in (
        (1, lambda L: L[1] - 3 * L[0]),
        (2, lambda L: L[2] - 2 * L[0]),
        (1, lambda L: -L[1] / 4),
        (2, lambda L: L[2] + 2 * L[1]),
        (1, lambda L: L[1] + 3 * L[2]),
        (0, lambda L: L[0] + 2 * L[2] - 3 * L[1]),
    ):
        after = stages[-1].copy()
        after[row] = change(stages[-1])
        stages.append(after)
    assert len(stages) == 7
    assert stages[2].tolist() == [[1, 3, -2, 5], [0, -4, 12, -8], [0, -2, 7, -2]]
    assert stages[4].tolist() == [[1, 3, -2, 5], [0, 1, -3, 2], [0, 0, 1, 2]]
    assert stages[6].tolist() == [[1, 0, 0, -15], [0, 1, 0, 8], [0, 0, 1, 2]]


def test_F011_a_hilbert_matrix_loses_all_digits():
    """Its condition number passes 1e16 at n = 12; elimination takes n^3 / 3 steps, so twice the size costs 8 times."""
    n = np.arange(1, 13)
    hilbert = 1 / (n[:, None] + n - 1)
    assert 1e16 < np.linalg.cond(hilbert) < 3e16
    lost = np.linalg.inv(hilbert) @ (hilbert @ np.ones(12)) - 1
    assert abs(lost).max() > 1e-3

    def steps(n):
        return sum((n - k - 1) * (n - k) for k in range(n))

    assert abs(steps(2000) / steps(1000) - 8) < 0.01


def test_F012_three_norms():
    """(3, -4): 7, 5 and 4; zero, triangle and scaling hold; a square is flat near 0 and an absolute value is not."""
    x = np.array([3.0, -4.0])
    y = np.array([-1.0, 2.5])
    assert [np.linalg.norm(x, p) for p in (1, 2, np.inf)] == [7, 5, 4] and x @ x == 25
    for p in (1, 2, np.inf):
        def size(v, p=p):
            return np.linalg.norm(v, p)

        assert size(0 * x) == 0 and size(x + y) <= size(x) + size(y) and np.isclose(size(-3 * x), 3 * size(x))
    assert math.isclose(0.1**2, 0.01) and abs(0.1) == 0.1


def test_F013_angle_between_two_vectors():
    """(1, 0) and (1, 1) are 45 degrees apart."""
    x, y = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    cosine = x @ y / np.linalg.norm(x) / np.linalg.norm(y)
    assert np.isclose(np.degrees(np.arccos(cosine)), 45)


def test_F014_frobenius_norm():
    """[[2,1],[0,3]] has the norm sqrt(14) = 3.7417."""
    M = np.array([[2.0, 1.0], [0.0, 3.0]])
    assert np.isclose(np.sqrt((M**2).sum()), 3.7417, atol=1e-4) and np.isclose(np.linalg.norm(M), np.sqrt(14))


def test_F015_orthogonal_diagonal_and_symmetric_matrices():
    """A rotation's inverse is its transpose, diag(v) x = v * x, and a table of distances equals its transpose."""
    c, s = np.cos(0.7), np.sin(0.7)
    Q = np.array([[c, -s], [s, c]])
    assert np.allclose(np.linalg.inv(Q), Q.T) and np.isclose(Q[0] @ Q[1], 0) and np.allclose((Q**2).sum(axis=0), 1)
    v, x = np.array([2.0, 3.0]), np.array([5.0, 7.0])
    assert np.array_equal(np.diag(v) @ x, v * x)
    points = np.random.default_rng(3).normal(size=(4, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    assert np.array_equal(distances, distances.T)


def test_F016_factors_show_what_a_number_hides():
    """12 = 2 * 2 * 3: no multiple of 5, and all its multiples are multiples of 3."""
    assert 12 == 2 * 2 * 3 and 12 % 5 != 0 and all(12 * k % 3 == 0 for k in range(50))


def test_F017_eigenvalues_from_the_characteristic_polynomial():
    """det(A - t I) = t^2 - 4 t + 3 is 0 at the eigenvalues 1 and 3; it takes eigenvalues, not eigenvectors."""
    assert np.allclose(np.poly(A), [1, -4, 3]) and np.allclose(np.sort(np.roots([1, -4, 3])), [1, 3])
    for value, vector in ((1, [1, -1]), (3, [1, 1])):
        assert np.isclose(np.linalg.det(A - value * np.eye(2)), 0)
        assert np.allclose(A @ vector, np.multiply(value, vector))
    assert not np.isclose(np.linalg.det(A - np.diag([1, -1])), 0)


def test_F018_an_eigenvector_may_have_any_length():
    """A (s v) = 3 (s v) for each s, so unit vectors are reported."""
    v = np.array([1.0, 1.0])
    assert all(np.allclose(A @ (s * v), 3 * s * v) for s in (-2, 0.1, 10))
    assert np.allclose(np.linalg.norm(np.linalg.eig(A)[1], axis=0), 1)


def test_F019_eigendecomposition():
    """M = V diag(t) V^-1; a symmetric matrix has real eigenvalues and orthogonal eigenvectors."""
    M = np.array([[0.8, 0.3], [0.2, 0.9]])
    values, V = np.linalg.eig(M)
    assert np.allclose(V @ np.diag(values) @ np.linalg.inv(V), M) and not np.isclose(V[:, 0] @ V[:, 1], 0)
    B = np.random.default_rng(4).normal(size=(4, 4))
    values, Q = np.linalg.eig(B + B.T)
    assert np.isrealobj(values) and np.allclose(Q.T @ Q, np.eye(4)) and np.allclose(Q @ np.diag(values) @ Q.T, B + B.T)


def test_F020_a_circle_becomes_an_ellipse_along_the_eigenvectors():
    """Half axes 3 along (1, 1) and 1 along (1, -1)."""
    angle = np.linspace(0, 2 * np.pi, 721)
    ellipse = A @ [np.cos(angle), np.sin(angle)]
    lengths = np.linalg.norm(ellipse, axis=0)
    longest, shortest = ellipse[:, lengths.argmax()], ellipse[:, lengths.argmin()]
    assert np.allclose(abs(longest), 3 / np.sqrt(2)) and longest.prod() > 0
    assert np.allclose(abs(shortest), 1 / np.sqrt(2)) and shortest.prod() < 0


def test_F021_definite_by_the_signs_of_the_eigenvalues():
    """x'Ax = 2 x1^2 + 2 x1 x2 + 2 x2^2 > 0; X'X is never negative, and only semidefinite if columns repeat."""
    x = np.random.default_rng(5).normal(size=(100, 2))
    form = np.einsum("ni,ij,nj->n", x, A, x)
    assert np.allclose(form, 2 * x[:, 0] ** 2 + 2 * x[:, 0] * x[:, 1] + 2 * x[:, 1] ** 2) and (form > 0).all()
    repeated = np.c_[x, x[:, 0]]
    assert np.isclose(np.linalg.eigvalsh(repeated.T @ repeated).min(), 0)
    assert np.linalg.eigvalsh([[1, 2], [2, 1]]).min() < 0


def test_F036_a_composition_with_holes_in_its_domain():
    """log(cos(exp(sin^3 x))): -0.61563 at 0, and undefined at 1.5 where the cosine is negative."""
    inner = [math.cos(math.exp(math.sin(x) ** 3)) for x in (0.0, 1.5)]
    assert math.isclose(math.log(inner[0]), -0.61563, abs_tol=1e-5) and inner[1] < 0
    with pytest.raises(ValueError, match="math domain error|positive"):
        math.log(inner[1])


def test_F037_a_face_has_56_degrees_of_freedom():
    """3 coordinates, 3 angles and about 50 muscles make exactly 56, not fewer, against a million pixels."""
    freedom = 3 + 3 + 50
    assert freedom == 56 and not freedom < 56 and 1000 * 1000 // freedom > 17_000


def test_F038_polar_coordinates_separate_a_disc_from_a_ring():
    """A linear rule by least squares is little better than guessing on (x, y) and perfect on (r, angle)."""
    rng = np.random.default_rng(6)
    r = np.r_[rng.uniform(0, 1, 500), rng.uniform(1.5, 2.5, 500)]
    angle, ring = rng.uniform(0, 2 * np.pi, 1000), np.arange(1000) >= 500

    def accuracy(features):
        X = np.c_[features, np.ones(1000)]
        score = X @ np.linalg.lstsq(X, 2.0 * ring - 1, rcond=None)[0]
        return np.mean((score > 0) == ring)

    assert accuracy(np.c_[r * np.cos(angle), r * np.sin(angle)]) < 0.65
    assert accuracy(np.c_[r, angle]) == 1


def test_F039_features_that_combine_name_more_patterns():
    """Four binary features name 2^4 = 16 patterns, and four units with one pattern each name four."""
    assert len(set(itertools.product([0, 1], repeat=4))) == 16 and len(np.unique(np.eye(4), axis=0)) == 4


def test_F041_least_squares_where_there_is_no_inverse():
    """The closed form x = A^-1 b is for square matrices of full rank; for the rest there is the pseudo-inverse."""
    rng = np.random.default_rng(7)
    M, b = rng.normal(size=(5, 2)), rng.normal(size=5)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(M)
    x = np.linalg.pinv(M) @ b
    assert np.allclose(x, np.linalg.lstsq(M, b, rcond=None)[0]) and not np.allclose(M @ x, b)
    assert np.allclose(M.T @ (M @ x - b), 0)
