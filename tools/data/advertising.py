"""Invent 200 markets that have the published moments of the Advertising data.

The book's table (James, Witten, Hastie and Tibshirani) is in no package that the course may carry. Its means,
covariances, extremes and first five rows are published numbers, and least squares sees nothing else: every
coefficient, standard error, t, R² and correlation of the book comes out of the invented table as well.

1. Media budgets are drawn with roughly the right shape. Gauss-Newton steps then move them, as little as
   possible, until TV, radio, newspaper and TV·radio have the published means and covariances.
2. Sales are the least-squares plane that the moments determine, plus noise that is orthogonal to the media and
   has the length that the moments leave.

The published rows, and the smallest and largest value of each column, are pinned. `SEED` was chosen so that all
numbers stay between these extremes and that the leave-one-out error of sales on TV and radio, which depends on more
than moments, is that of the book's table to four decimals: 2.9107.
"""

from __future__ import annotations

import numpy as np

COLUMNS = ["TV", "radio", "newspaper", "sales"]  # budgets in 1000 US dollars, sales in 1000 units
N, SEED, DECIMALS = 200, 3057, 6
FIRST_ROWS = np.array(
    [
        [230.1, 37.8, 69.2, 22.1],
        [44.5, 39.3, 45.1, 10.4],
        [17.2, 45.9, 69.3, 9.3],
        [151.5, 41.3, 58.5, 18.5],
        [180.8, 10.8, 58.4, 12.9],
    ]
)
LOWEST = np.array([0.7, 0.0, 0.3, 1.6])
HIGHEST = np.array([296.4, 49.6, 114.0, 27.0])
# Of TV, radio, newspaper, sales and TV·radio; covariances divide by n.
MEAN = np.array([147.0425, 23.264, 30.554, 14.0225, 3490.3099])
COVARIANCE = np.array(
    [
        [7334.09514375, 69.51318, 105.389855, 348.63824375, 190100.30817925],
        [69.51318, 219.325604, 113.924494, 44.41251, 33828.9015164],
        [105.389855, 113.924494, 471.936784, 25.811685, 18330.8168154],
        [348.63824375, 44.41251, 25.811685, 27.08574375, 16817.57113225],
        [190100.30817925, 33828.9015164, 18330.8168154, 16817.57113225, 11238101.33339699],
    ]
)
_X, _UPPER = [0, 1, 2, 4], np.triu_indices(4)


def invent(seed: int = SEED) -> np.ndarray:
    """Return the table, float64 of shape (200, 4), columns as in `COLUMNS`, not yet rounded.

    Parameters
    ----------
    seed : int
        Of the budgets and the noise.

    Raises
    ------
    RuntimeError
        If the moments cannot be met from this seed.

    Examples
    --------
    >>> invent().mean(axis=0).round(4).tolist()
    [147.0425, 23.264, 30.554, 14.0225]
    """
    rng = np.random.default_rng(seed)
    budgets = _with_moments(*_first_guess(rng))
    return np.column_stack([budgets, _sales(budgets, rng)])


def _first_guess(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Budgets (200, 3) of roughly the right shape, and which of them may move."""
    normal = rng.normal(size=(N, 2)) @ np.array([[1, 0.36], [0, 0.93]])
    share = (normal.argsort(axis=0).argsort(axis=0) + 0.5) / N  # uniform, correlated
    share = np.column_stack([rng.uniform(size=N), share[:, 0], -0.22 * np.log(1 - 0.98 * share[:, 1])])
    budgets = LOWEST[:3] + share * (HIGHEST[:3] - LOWEST[:3])
    free = np.ones((N, 3), dtype=bool)
    budgets[:5], free[:5] = FIRST_ROWS[:, :3], False
    for column in range(3):
        row = 5 + 2 * column
        budgets[row : row + 2, column], free[row : row + 2, column] = (LOWEST[column], HIGHEST[column]), False
    return budgets, free


def _features(budgets: np.ndarray) -> np.ndarray:
    return np.column_stack([budgets, budgets[:, 0] * budgets[:, 1]])


def _with_moments(budgets: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Move the free budgets until the four features have their means and covariances."""
    target = np.concatenate([MEAN[_X], COVARIANCE[np.ix_(_X, _X)][_UPPER]])
    step = free * [85.0, 15.0, 22.0]  # in standard deviations
    for _ in range(30):
        features = _features(budgets)
        centred = features - features.mean(axis=0)
        moments = np.concatenate([features.mean(axis=0), (centred.T @ centred / N)[_UPPER]])
        wrong = 1 - moments / target
        if abs(wrong).max() < 1e-14:
            break
        slope = np.tile(np.eye(3, 4), (N, 1, 1))  # of each feature, by each budget
        slope[:, 0, 3], slope[:, 1, 3] = budgets[:, 1], budgets[:, 0]
        pair = slope[..., None] * centred[:, None, None, :]
        pair = (pair + pair.swapaxes(2, 3))[..., _UPPER[0], _UPPER[1]]
        jacobian = np.concatenate([slope, pair], axis=2) / N / target * step[..., None]
        change = np.linalg.lstsq(jacobian.reshape(-1, 14).T, wrong, rcond=None)[0].reshape(N, 3)
        budgets = np.clip(budgets + step * change, LOWEST[:3], HIGHEST[:3])
    if abs(wrong).max() > 1e-12:
        raise RuntimeError(f"the budgets miss their moments by {abs(wrong).max():.1e}")
    return budgets


def _sales(budgets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sales with the moments; pinned in the first five markets and in the two with the extremes."""
    slopes = np.linalg.solve(COVARIANCE[np.ix_(_X, _X)], COVARIANCE[_X, 3])
    plane = MEAN[3] + (_features(budgets) - MEAN[_X]) @ slopes
    pinned = [*range(5), 5, int(plane.argmax())]
    others = np.setdiff1d(np.arange(N), pinned)
    noise = np.zeros(N)
    noise[pinned] = [*FIRST_ROWS[:, 3], LOWEST[3], HIGHEST[3]] - plane[pinned]
    design = np.column_stack([np.ones(N), _features(budgets)])
    balance = -np.linalg.lstsq(design[others].T, design.T @ noise, rcond=None)[0]
    free = rng.normal(size=len(others))
    free -= design[others] @ np.linalg.lstsq(design[others], free, rcond=None)[0]
    left = N * (COVARIANCE[3, 3] - slopes @ COVARIANCE[_X, 3]) - noise @ noise - balance @ balance
    if left < 0:
        raise RuntimeError("the pinned sales leave no noise for the other markets")
    noise[others] = balance + free * np.sqrt(left / (free @ free))
    return plane + noise
