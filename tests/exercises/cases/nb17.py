import numpy as np

from dlhelpers import data
from tests.exercises.cases.shared import GAUSSIAN_NLL, price

RAW_SD = 20 * np.log1p(np.exp(-0.5))
PRESSURE = data.load_blood_pressure()["sbp"].to_numpy()[:300]


def inside(y, low, high):
    return (low <= y) & (y <= high)


RIGHT = {
    "17.1": [(lambda y, mean, sd: np.mean(price(y, mean, sd)),), (lambda y, m, s: [float(price(y, m, s).mean())],)],
    "17.2": [(136, RAW_SD), (np.array([136.0]), [9.4815])],
    "17.3": [(PRESSURE[:, None],), (PRESSURE.reshape(-1, 1).astype(float).tolist(),)],
    "17.4": [(["B", "D"],), ("BD",), ({"b", "d"},), (["D, B"],)],
    "17.5": [(lambda y, low, high: np.mean(inside(y, low, high)),), (lambda y, a, b: [float(inside(y, a, b).mean())],)],
    "17.6": [(0.9,), (np.float32(0.9),)],
}

WRONG = {
    "17.1": [*GAUSSIAN_NLL, (lambda y: 0.0, "TypeError")],
    "17.2": [
        ((136, -10), "negative"),
        ((136, 10), "absolute"),
        ((136, -0.5), "raw"),
        ((136, 20 * np.exp(-0.5)), "exp"),
        ((136, RAW_SD / 20), "units"),
        ((136, 4.5399e-5), "First softplus"),
        ((136, 130 + RAW_SD), "wider"),
        ((136, 0.0), "ReLU"),
        ((136, 9.5), "rounded"),
        ((136, 20 * np.log1p(np.exp(0.5))), "sign"),
        ((0.3, RAW_SD), "mm Hg"),
        ((6, RAW_SD), "offset"),
        ((RAW_SD, 136), "order"),
    ],
    "17.3": [
        ((PRESSURE,), ".T"),
        ((PRESSURE[None],), "(1, 300)"),
        ((np.tile(PRESSURE, (300, 1)),), "square"),
        ((np.column_stack([PRESSURE, PRESSURE]),), "Two columns"),
        ((PRESSURE[:10, None],), "300 targets"),
        ((np.zeros((300, 1)),), "first 300"),
        ((PRESSURE[:, None, None],), "(300, 1)"),
    ],
    "17.4": [
        ((["A", "C"],), "stays the same"),
        ((["B", "C", "D"],), "bend"),
        ((["A", "B", "D"],), "more points"),
        ((["B"],), "direction"),
        ((["D"],), "left and right"),
        ((["E"],), "letters"),
        ((4,), "letters"),
    ],
    "17.5": [
        ((inside,), "each observation"),
        ((lambda y, low, high: np.sum(inside(y, low, high)),), "how many"),
        ((lambda y, low, high: np.sum(inside(y, low, high)) / 4000,), "len(y)"),
        ((lambda y, low, high: 100 * np.mean(inside(y, low, high)),), "percent"),
        ((lambda y, low, high: 1 - np.mean(inside(y, low, high)),), "outside"),
        ((lambda y, low, high: np.mean(y <= high),), "upper"),
        ((lambda y, low, high: np.mean(y >= low),), "lower"),
        ((lambda y, low, high: np.mean((y >= low) | (y <= high)),), "not |"),
        ((lambda y, low, high: np.mean((y >= low.min()) & (y <= high.max())),), "own"),
        ((lambda y, low, high: float(low[0] <= y[0] <= high[0]) / len(y),), "first alone"),
        ((lambda y, low, high: np.mean((y < low) & (y > high)),), "both signs"),
        ((lambda y, low, high: np.mean((y.mean() >= low) & (y.mean() <= high)),), "not the mean"),
        ((lambda y, low, high: np.mean(high - low),), "width"),
        ((lambda y, low, high: np.mean(low <= y and y <= high),), "chained"),
        ((lambda y, low, high: np.mean(low <= y & y <= high),), "brackets"),
    ],
    "17.6": [
        ((0.1,), "other way"),
        ((9,), "ratio"),
        ((1 / 9,), "wrong way"),
        ((8 / 9,), "Solve"),
        ((0.8,), "(900 + 100)"),
        ((0.5,), "median"),
        ((90,), "percent"),
        ((0.95,), "costs decide"),
    ],
}
