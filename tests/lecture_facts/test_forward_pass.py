"""Facts of the lectures about neurons and networks that serve no lesson, computed."""

import numpy as np
import pytest


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softplus(z):
    return np.logaddexp(0, z)


def slope(function, x, h=1e-5):
    """The derivative by a nudge both ways."""
    return (function(x + h) - function(x - h)) / (2 * h)


def multiply(x1, x2, lam, h=softplus, curvature=0.25, shift=0.0):
    """Four hidden units whose output tends to x1 * x2 for small lam."""
    plus, minus = lam * (x1 + x2), lam * (x1 - x2)
    added = h(shift + plus) + h(shift - plus) - h(shift + minus) - h(shift - minus)
    return added / (4 * lam**2 * curvature)


Z = np.linspace(-8, 8, 101)


def test_F001_the_corner_of_the_matrix_product_is_14():
    """[[2,1],[0,3]] times [[3,1,7],[8,2,4]]: the first entry is 2*3 + 1*8 = 14, not 11."""
    product = np.array([[2, 1], [0, 3]]) @ np.array([[3, 1, 7], [8, 2, 4]])
    assert product.tolist() == [[14, 4, 18], [24, 6, 12]]


def test_F002_shapes_of_a_matrix_product():
    """(m x n)(n x p) gives (m x p), each entry a sum over a row and a column; other sizes are refused."""
    A, B = np.arange(9.0).reshape(3, 3), np.arange(6.0).reshape(3, 2)
    entries = [[sum(A[i, k] * B[k, j] for k in range(3)) for j in range(2)] for i in range(3)]
    assert (A @ B).shape == (3, 2) and np.allclose(A @ B, entries)
    with pytest.raises(ValueError, match="core dimension"):
        B @ A


def test_F003_rules_of_the_matrix_product():
    """Distributive and associative, not commutative; (AB)' = B'A' and x'y = y'x."""
    A, B, C = np.random.default_rng(0).normal(size=(3, 3, 3))
    assert np.allclose(A @ (B + C), A @ B + A @ C) and np.allclose(A @ (B @ C), (A @ B) @ C)
    assert np.allclose((A @ B).T, B.T @ A.T) and np.isclose(A[0] @ B[0], B[0] @ A[0])
    assert not np.allclose(A @ B, B @ A)


def test_F034_sigmoid_is_symmetric_and_saturates():
    """sigmoid(0) = 1/2, sigmoid(-z) = 1 - sigmoid(z), and at 10 it is nearly flat."""
    assert sigmoid(0) == 0.5 and np.allclose(sigmoid(-Z), 1 - sigmoid(Z))
    assert np.isclose(sigmoid(10), 0.9999546, atol=1e-7) and np.isclose(slope(sigmoid, 10), 4.54e-5, rtol=1e-3)


def test_F035_softplus_and_its_slope():
    """softplus(0) = log 2, softplus(z) - softplus(-z) = z, its slope is the sigmoid, and it lies just above ReLU."""
    above = softplus(Z) - np.maximum(0, Z)
    assert np.isclose(softplus(0), np.log(2)) and np.allclose(softplus(Z) - softplus(-Z), Z)
    assert np.allclose(slope(softplus, Z), sigmoid(Z)) and ((above > 0) & (above <= np.log(2) + 1e-12)).all()


def test_F085_two_forms_of_the_sigmoid():
    """e^z / (1 + e^z) = 1 / (1 + e^-z), and it lies between 0 and 1."""
    other = np.exp(Z) / (1 + np.exp(Z))
    assert np.allclose(other, sigmoid(Z)) and 0 < other.min() and other.max() < 1


def test_F086_F087_the_logit_inverts_the_sigmoid():
    """log(p / (1 - p)) gives z back, so a threshold t on p is the threshold logit(t) on z; for 0.8 it is 1.3863."""
    logit = lambda p: np.log(p / (1 - p))  # noqa: E731
    assert np.allclose(logit(sigmoid(Z)), Z)
    assert np.isclose(logit(0.8), 1.3863, atol=1e-4) and ((sigmoid(Z) >= 0.8) == (Z >= logit(0.8))).all()


def test_F089_the_worst_binary_crossentropy_of_keras():
    """The NLL of one example has no upper limit; Keras keeps p 1e-7 away from 0 and 1, so it stops at 16.118."""
    assert np.isclose(-np.log(1e-7), 16.118, atol=1e-3) and -np.log(1e-30) > 60


def test_F121_F122_tanh_is_a_stretched_sigmoid():
    """tanh z = (e^z - e^-z) / (e^z + e^-z) = 2 sigmoid(2z) - 1; it is not max(0, z)."""
    by_formula = (np.exp(Z) - np.exp(-Z)) / (np.exp(Z) + np.exp(-Z))
    assert np.allclose(by_formula, np.tanh(Z)) and np.allclose(2 * sigmoid(2 * Z) - 1, np.tanh(Z))
    assert np.isclose(np.tanh(1), 0.76159, atol=1e-5) and not np.isclose(np.tanh(1), max(0, 1))


def test_F131_the_best_linear_fit_of_xor_is_one_half():
    """Least squares on XOR: both weights 0, bias 1/2, so the mean squared error is 1/4."""
    corners, xor = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]]), np.array([0, 1, 1, 0.0])
    best, *_ = np.linalg.lstsq(corners, xor, rcond=None)
    assert np.allclose(best, [0, 0, 0.5]) and np.isclose(np.mean((corners @ best - xor) ** 2), 0.25)


def test_F136_F139_parameters_of_dense_networks():
    """A layer from m to n units has n(m + 1) parameters: 9 for the XOR network 2-2-1, 257 for 6-16-8-1."""
    count = lambda *units: sum(n * (m + 1) for m, n in zip(units, units[1:], strict=False))  # noqa: E731
    shapes = [(6, 16), (16,), (16, 8), (8,), (8, 1), (1,)]
    assert count(2, 2, 1) == 4 + 2 + 2 + 1 == 9
    assert count(6, 16, 8, 1) == np.concatenate([np.zeros(shape).ravel() for shape in shapes]).size == 257


def test_F145_four_hidden_units_multiply():
    """With softplus, 3 * (-2) comes out as -3.3869, -5.9361, -5.99935 for lam 1, 0.1, 0.01: an error as lam^2."""
    found = [multiply(3, -2, lam) for lam in (1, 0.1, 0.01)]
    assert np.allclose(found, [-3.3869, -5.9361, -5.99935], atol=1e-4)
    assert 95 < (found[1] + 6) / (found[2] + 6) < 105


def test_F146_the_product_needs_a_curved_activation():
    """The curvature at 0 must not be 0: for sigmoid and tanh it is, and a bias of 1 repairs the sigmoid."""
    curvature = lambda h, z: (h(z + 1e-4) - 2 * h(z) + h(z - 1e-4)) / 1e-8  # noqa: E731
    assert abs(curvature(sigmoid, 0.0)) < 1e-6 and abs(curvature(np.tanh, 0.0)) < 1e-6
    at_1 = sigmoid(1) * (1 - sigmoid(1)) * (1 - 2 * sigmoid(1))
    assert np.isclose(curvature(sigmoid, 1.0), at_1, atol=1e-5) and np.isclose(at_1, -0.0908, atol=1e-4)
    assert abs(multiply(3, -2, 0.01, sigmoid, at_1, shift=1.0) + 6) < 0.01


def test_F147_F148_F149_F150_parameters_for_products():
    """1000 inputs have 500 500 products. Ten of them take a network 40 081 parameters, a linear model of the ten 11."""
    n, layer = 1000, 1000 * 1001
    products = len([1 for i in range(n) for _ in range(i, n)])
    network = lambda k: 4 * k * (n + 1) + 4 * k + 1  # noqa: E731  # four hidden units a product
    assert products == 500_500 and network(500_000) == 2_004_000_001 and network(10) == 40_081
    assert 10 + 1 == 11 and 4 * 250 == 1000 and 2**10 >= 1000 and 10 * layer == 10_010_000
