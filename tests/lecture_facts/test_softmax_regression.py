"""Facts of the lectures about softmax regression that no notebook computes."""

import numpy as np


def softmax(z):
    powers = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def log_sum_exp(z):
    largest = np.max(z, axis=-1)
    return largest + np.log(np.exp(z - largest[..., None]).sum(axis=-1))


def test_F102_one_hot_vectors_of_three_classes():
    """The classes 1, 2, 3 become the rows of the unit matrix; code that counts from 0 needs the label minus 1."""
    labels = np.array([1, 2, 3, 2])
    one_hot = np.eye(3)[labels - 1]
    assert one_hot.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert (one_hot.argmax(axis=1) + 1 == labels).all() and (one_hot.sum(axis=1) == 1).all()


def test_F103_loss_of_the_true_class_in_three_stages_of_training():
    """The probabilities 0.03, 0.68 and 0.95 of the true class cost 3.51, 0.39 and 0.05."""
    y = np.array([0, 1, 0])
    stages = [(0.90, 0.03, 0.07), (0.20, 0.68, 0.12), (0.03, 0.95, 0.02)]
    losses = [-(y * np.log(p)).sum() for p in np.array(stages)]
    assert np.allclose(losses, [3.5066, 0.3857, 0.0513], atol=5e-5)
    assert np.round(losses, 2).tolist() == [3.51, 0.39, 0.05]


def test_F111_negative_log_likelihood_is_the_sum_of_the_cross_entropies():
    """The likelihood of independent examples is a product, so minus its log is the sum of their cross-entropies.

    One slide's brace marks ln p as the probability; the probability is p, and its logarithm is summed.
    """
    rng = np.random.default_rng(0)
    p, y = softmax(rng.normal(size=(20, 3))), rng.integers(0, 3, 20)
    likelihood = np.prod(p[np.arange(20), y])
    cross_entropies = -(np.eye(3)[y] * np.log(p)).sum(axis=1)
    assert np.isclose(-np.log(likelihood), cross_entropies.sum())
    assert not np.isclose(-np.log(-np.log(p[np.arange(20), y])).sum(), cross_entropies.sum())


def test_F113_decision_regions_are_bounded_by_lines():
    """Between two classes the boundary is (w1 - w2)x + b1 - b2 = 0, here -2 x1 + 3 x2 - 1 = 0."""
    weights, biases = np.array([[1, 3], [2, -1]]), np.array([1, 2])
    assert (weights[:, 0] - weights[:, 1]).tolist() == [-2, 3] and biases[0] - biases[1] == -1
    x1 = np.linspace(-3, 3, 13)
    x2 = (1 + 2 * x1) / 3
    on_the_line = softmax(np.column_stack([x1, x2]) @ weights + biases)
    above = softmax(np.column_stack([x1, x2 + 0.01]) @ weights + biases)
    below = softmax(np.column_stack([x1, x2 - 0.01]) @ weights + biases)
    assert np.allclose(on_the_line, 0.5)
    assert (above.argmax(axis=1) == 0).all() and (below.argmax(axis=1) == 1).all()


def test_F117_log_softmax_never_saturates_in_its_first_term():
    """log p_i = z_i - log-sum-exp(z); its slope for z_i is 1 - p_i, which is 1 where the true class is hopeless."""
    h = 1e-6
    for lead in (-40.0, -3.0, 0.0, 3.0):
        log_p = lambda first: first - log_sum_exp(np.array([first, 0.0, 0.0]))  # noqa: E731
        p = softmax(np.array([lead, 0.0, 0.0]))[0]
        assert np.isclose(log_p(lead), np.log(p))
        assert np.isclose((log_p(lead + h) - log_p(lead - h)) / (2 * h), 1 - p, atol=1e-6)
    assert np.isclose(1 - softmax(np.array([-40.0, 0.0, 0.0]))[0], 1)


def test_F119_sums_and_matrices_give_the_same_scores_and_losses():
    """z = Wx + b with M p + M parameters: squared and softmax loss agree in index and in matrix notation."""
    rng = np.random.default_rng(1)
    n, p, m = 6, 4, 3
    x, w, b = rng.normal(size=(n, p)), rng.normal(size=(m, p)), rng.normal(size=m)
    y = np.eye(m)[rng.integers(0, m, n)]
    assert w.size + b.size == m * p + m
    z = x @ w.T + b
    squared = softmax_loss = 0.0
    for i in range(n):
        scores = [sum(w[k, j] * x[i, j] for j in range(p)) + b[k] for k in range(m)]
        assert np.allclose(scores, z[i])
        squared += sum((y[i, k] - scores[k]) ** 2 for k in range(m))
        softmax_loss += np.log(sum(np.exp(scores))) - sum(y[i, k] * scores[k] for k in range(m))
    assert np.isclose(squared, np.linalg.norm(y - z) ** 2)
    assert np.isclose(softmax_loss, (log_sum_exp(z) - (y * z).sum(axis=1)).sum())
