"""Facts of the lectures about back-propagation that serve no lesson, computed."""

import numpy as np


def slope(function, x, h=1e-5):
    """The derivative by a nudge both ways."""
    return (function(x + h) - function(x - h)) / (2 * h)


def test_F182_forward_chain_multiplies_the_slopes_in_order():
    """dy/dx is dy/dw_(n-1) times dw_(n-1)/dw_(n-2) ... times dw_1/dx: each slope at its own intermediate value."""
    steps = [(np.exp, np.exp), (np.sin, np.cos), (np.tanh, lambda w: 1 - np.tanh(w) ** 2), (np.square, lambda w: 2 * w)]
    value, dot = 0.3, 1.0
    for function, derivative in steps:
        value, dot = function(value), derivative(value) * dot
    assert np.isclose(dot, slope(lambda x: np.tanh(np.sin(np.exp(x))) ** 2, 0.3))
    mixed = np.exp(0.3) * np.cos(0.3) * (1 - np.tanh(0.3) ** 2) * 0.6  # all at x: the indices mixed up
    assert not np.isclose(mixed, dot, rtol=0.05)


def test_F186_local_rules_of_the_sigmoid_circuit():
    """(e^x)' = e^x, (1/x)' = -1/x^2, (ax)' = a, (c + x)' = 1; in a row they give the sigmoid's slope."""
    x = 0.7
    for function, derivative in [
        (np.exp, np.exp(x)),
        (lambda t: 1 / t, -1 / x**2),
        (lambda t: 3 * t, 3),
        (lambda t: 5 + t, 1),
    ]:
        assert np.isclose(slope(function, x), derivative)
    e = np.exp(-1.0)
    four_gates = -1 / (1 + e) ** 2 * 1 * e * -1
    assert np.isclose(four_gates, 0.196612, atol=1e-6)


def test_F190_the_vector_chain_rule_uses_the_transposed_jacobian():
    """The gradient for x is J' times the gradient for y, with J = dy/dx of shape (outputs, inputs)."""
    rng = np.random.default_rng(0)
    A, upstream, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3)
    jacobian = (1 - np.tanh(A @ x) ** 2)[:, None] * A
    nudged = [slope(lambda t, k=k: upstream @ np.tanh(A @ (x + t * np.eye(3)[k])), 0.0) for k in range(3)]
    assert jacobian.shape == (4, 3) and np.allclose(jacobian.T @ upstream, nudged)


def test_F195_a_gradient_is_no_cure_for_local_minima():
    """Automatic differentiation gives slopes; with exact ones, descent still ends in the nearest minimum."""
    loss, exact = lambda w: (w**2 - 1) ** 2 + 0.3 * w, lambda w: 4 * w * (w**2 - 1) + 0.3
    ends = []
    for w in (2.0, -2.0):
        for _ in range(2000):
            w -= 0.01 * exact(w)
        ends.append(w)
    assert np.allclose(exact(np.array(ends)), 0, atol=1e-9)
    assert loss(ends[0]) > loss(ends[1]) + 0.5


def test_F196_the_same_gradients_serve_any_optimiser():
    """Back-propagation computes gradients and does not learn: two optimisers, one gradient function, one answer."""
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(50, 2)), rng.normal(size=50)
    y = x @ [2.0, -1.0] + 0.1 * noise
    gradient = lambda w: 2 * x.T @ (x @ w - y) / len(y)  # noqa: E731
    plain, heavy, velocity = np.zeros(2), np.zeros(2), np.zeros(2)
    for _ in range(500):
        plain = plain - 0.1 * gradient(plain)
        velocity = 0.9 * velocity - 0.02 * gradient(heavy)
        heavy = heavy + velocity
    exact = np.linalg.lstsq(x, y, rcond=None)[0]
    assert np.allclose(plain, exact, atol=1e-6) and np.allclose(heavy, exact, atol=1e-6)
