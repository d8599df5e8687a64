"""Facts of the lectures about adversarial examples that serve no lesson as they stand."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_F259_a_sign_perturbation_moves_a_linear_unit_by_epsilon_times_the_L1_norm():
    """No other perturbation of at most epsilon per input moves it further, and it grows with the number of inputs."""
    rng = np.random.default_rng(0)
    epsilon, moved = 0.1, []
    for n in (28 * 28, 4 * 28 * 28):
        w = rng.normal(size=n)
        moved.append(w @ (epsilon * np.sign(w)))
        assert np.isclose(moved[-1], epsilon * np.abs(w).sum())
        others = rng.uniform(-epsilon, epsilon, (200, n))
        assert (others @ w).max() < 0.3 * moved[-1]
        assert moved[-1] > 10 * epsilon * np.linalg.norm(w)  # the Euclidean norm, a slip, is far too small
    assert 3.8 < moved[1] / moved[0] < 4.2


@pytest.mark.filterwarnings("ignore")  # 80 epochs are enough
def test_F260_accuracy_on_adversarial_digits_falls_to_nothing():
    """A net of one hidden layer on scikit-learn's 8 x 8 digits: from above 95 % to below 10 % at a change of 0.2."""
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x / 16, y, test_size=540, stratify=y, random_state=0)
    net = MLPClassifier((64,), max_iter=80, random_state=0, tol=0).fit(x_train, y_train)
    (W1, W2), (b1, b2) = net.coefs_, net.intercepts_

    def slopes(x):
        h = np.maximum(x @ W1 + b1, 0)
        d = softmax(h @ W2 + b2) - np.eye(10)[y_test]
        return ((d @ W2.T) * (h > 0)) @ W1.T

    def accuracy(epsilon):
        return net.score(np.clip(x_test + epsilon * np.sign(slopes(x_test)), 0, 1), y_test)

    found = [accuracy(epsilon) for epsilon in (0, 0.05, 0.1, 0.2)]
    assert found[0] > 0.95 and found[1] > found[2] > found[3]
    assert 0.1 < found[2] < 0.75 and found[3] < 0.1


def test_F261_a_virtual_adversarial_example_needs_no_label():
    """The direction that changes the model's own answer most, here for a softmax of a linear map."""
    rng = np.random.default_rng(1)
    W, x, epsilon = rng.normal(size=(20, 3)), rng.normal(size=(1, 20)), 0.05
    p = softmax(x @ W)

    def divergence(step):
        q = softmax((x + step) @ W)
        return (p * np.log(p / q)).sum()

    fisher = W @ (np.diag(p[0]) - np.outer(p[0], p[0])) @ W.T  # half of it is the divergence, for small steps
    worst = epsilon * np.linalg.eigh(fisher)[1][:, -1]
    found = max(divergence(worst), divergence(-worst))
    tried = rng.normal(size=(500, 20))
    tried = epsilon * tried / np.linalg.norm(tried, axis=1, keepdims=True)
    assert found > max(map(divergence, tried)) and found > 0
    assert np.isclose(found, 0.5 * worst @ fisher @ worst, rtol=0.2)
