"""Exercises of notebook 12, looking inside."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import OTHER, NotYet, array, call, exercise, grade

Split = tuple[np.ndarray, np.ndarray]


def _occlusion_map(score: Any, image: np.ndarray, size: int, stride: int) -> np.ndarray:
    places = range(0, len(image) - size + 1, stride)
    copies = []
    for top in places:
        for left in places:
            covered = image.copy()
            covered[top : top + size, left : left + size] = 0
            copies.append(covered)
    drops = score(image[None]) - score(np.array(copies))
    return np.reshape(drops, (len(places), len(places)))


@exercise(
    "12.1",
    "Let `places` be the range of the text. Two loops: `for top in places`, and in it `for left in places`. Each time a fresh copy, `covered = image.copy()`.",
    "covered[top : top + size, left : left + size] = 0, and append it to a list. After the loops, np.array(copies) is a batch.",
    "drops = score(image[None]) - score(np.array(copies)), and return drops.reshape(len(places), len(places))",
    praise="Large where the score needs what is there. It asks nothing of the network but its scores.",
    solution=_occlusion_map,
)
def occlusion(function: Any) -> str | None:
    rng = np.random.default_rng(12)
    image, weights = rng.uniform(0.2, 1, (12, 12, 1)), rng.normal(size=(12, 12, 1))

    def score(images: Any) -> np.ndarray:
        images = np.asarray(images, dtype=float)
        if images.ndim != 4:
            raise NotYet(f"`score` takes a batch of images, of four axes, and got shape {images.shape}. Write image[None].")
        return 5 + np.sin((weights * images).sum(axis=(1, 2, 3)) / 3) * 4 + (images**2).mean(axis=(1, 2, 3))

    result = array(call(function, score, image, 4, 2))
    right = _occlusion_map(score, image, 4, 2)
    whole = score(image[None])[0]
    if result.shape == (12, 12):
        return "This is one number for each pixel. One for each place of the patch is asked for."
    if result.shape == (5, 5, 1):
        return "Each entry is an array of one number, so the shape is (5, 5, 1), not (5, 5). Take the number out with [0]."
    if result.size == 25 and result.shape != (5, 5):
        return f"One number for each place, and they should stand as the places do: shape (5, 5), not {result.shape}."
    if result.shape == (3, 3):
        return "The patches stand side by side here. Move on by `stride` pixels each time, even if patches overlap."
    if result.shape == (4, 4):
        return "The last place is missing in each direction: a range ends before its second number, hence the + 1 in the text."
    if result.shape != (5, 5):
        return f"On 12 x 12 pixels a patch of 4 has 5 x 5 places at a stride of 2; the map has shape {result.shape}."
    lone, piled, heap = np.zeros((5, 5)), np.zeros((5, 5)), image.copy()
    for i in range(5):
        for j in range(5):
            place = slice(2 * i, 2 * i + 4), slice(2 * j, 2 * j + 4)
            kept = np.zeros_like(image)
            kept[place] = image[place]
            heap[place] = 0
            lone[i, j], piled[i, j] = score(kept[None])[0], whole - score(heap[None])[0]
    small = _occlusion_map(score, image, 2, 2)[:5, :5]

    def covered(rows: slice, columns: slice, colour: float = 0) -> float:
        copy = image.copy()
        copy[rows, columns] = colour
        return whole - score(copy[None])[0]

    every, first = range(5), slice(None)
    wide = [slice(2 * i, 2 * i + 4) for i in every]
    narrow, broad = ([slice(2 * i, 2 * i + 4 + more) for i in every] for more in (-1, 1))
    near = [slice(i, i + 4) for i in every]
    rows, columns = np.array([[(covered(wide[i], first), covered(first, wide[j])) for j in every] for i in every]).T
    in_colour = [[[covered(wide[i], wide[j], c) for j in every] for i in every] for c in (0.5, 1, image.mean())]
    steps, short, long = (np.array([[covered(k[i], k[j]) for j in every] for i in every]) for k in (near, narrow, broad))
    mistakes = [
        (-right, "The sign is turned round. Where covering hurts, the score falls, and the map should be positive."),
        (whole - right, "These are the scores of the covered images. The map shows the drop: the whole image's score minus these."),
        (right.T, "Rows and columns have changed places: the first row of the map belongs to the top of the image."),
        (np.abs(right), "Keep the sign: a negative number says that the score rises when this patch is covered."),
        (right / whole, "This is the drop as a share of the score. The drop itself is asked for."),
        (piled, "The patches stay covered when the next one is. Start each time with a fresh copy of the image."),
        (lone, whole - lone, "You keep the patch and cover the rest. Cover the patch, and keep the rest."),
        (np.zeros((5, 5)), "All drops are 0: was the covered image scored, or the whole one again?"),
        (np.maximum(right, 0), "Keep the negative numbers, too: they say that the score rises when this patch is covered."),
        (right / right.max(), right / np.abs(right).max(), "The map is scaled here. The drops themselves are asked for."),
        ((right - right.min()) / np.ptp(right), "The map is scaled to 0 to 1 here. The drops themselves are asked for."),
        (*in_colour, "The covered pixels get another value here. Set them to 0."),
        (rows.T, columns.T, "A whole strip is covered. A patch has rows and columns: covered[top : top + size, left : left + size]."),
        (steps, "The patch moves by one pixel each time. Its corner is at stride * i and stride * j."),
        (short, long, "The patch has another size here. It is `size` x `size` pixels: from top up to, but not with, top + size."),
        (small, "The patch is `stride` pixels wide here. It is `size` wide and moves on by `stride`."),
    ]
    return grade(result, right, mistakes)


def _grad_cam(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    weights = np.mean(slopes, axis=(0, 1))
    return np.maximum(np.sum(weights * maps, axis=-1), 0)


@exercise(
    "12.2",
    "Three steps: one weight for each channel, the weighted sum of the maps, and what is negative becomes 0.",
    "`slopes.mean(axis=(0, 1))` is one number for each channel. `weights * maps` multiplies each map by its own weight.",
    "return np.maximum((slopes.mean(axis=(0, 1)) * maps).sum(axis=-1), 0)",
    praise="Three lines. They work for every network that has feature maps.",
    solution=_grad_cam,
)
def grad_cam_by_hand(function: Any) -> str | None:
    rng = np.random.default_rng(2)
    maps, slopes = rng.uniform(0, 2, (5, 4, 6)), 9 * rng.normal(size=(5, 4, 6))
    result = array(call(function, maps, slopes))
    weights = slopes.mean(axis=(0, 1))
    total, right = (weights * maps).sum(axis=-1), _grad_cam(maps, slopes)
    if result.shape != right.shape:
        return {
            (6,): "This is one number for each channel. The heat map has one for each place: sum over the channels.",
            (5, 4, 6): "These are still the single maps, each with its weight. Add them up over the last axis.",
            (5, 4, 1): "The last axis is still there, of length 1. Sum over it without keepdims.",
            (): "This is a single number. The heat map has one for each place.",
        }.get(result.shape, f"Maps of shape (5, 4, 6) should give a heat map of shape (5, 4), not {result.shape}.")
    each = (slopes * maps).sum(axis=-1)

    def with_weights(w: Any) -> tuple[np.ndarray, np.ndarray]:
        return (w * maps).sum(axis=-1), np.maximum((w * maps).sum(axis=-1), 0)

    mistakes = [
        (total, "The last step is missing: what speaks against the class is negative, and becomes 0."),
        (each, np.maximum(each, 0), "Each place has its own weight here. Grad-CAM gives a channel one weight: the mean over places."),
        (np.abs(total), "Negative values become 0, not positive: they speak against the class."),
        ((weights * maps).clip(0).sum(axis=-1), "First the sum, then the ReLU: a channel with a negative weight counts, too."),
        (right / 6, total / 6, "This is the mean over the channels. Grad-CAM takes their sum."),
        (20 * right, 20 * total, "The weight of a channel is the mean of its slopes, not their sum."),
        (maps.sum(axis=-1), maps.mean(axis=-1), "The slopes play no part here, so every class would get the same map."),
        (np.maximum(slopes.sum(axis=-1), 0), np.maximum(slopes.mean(axis=-1), 0), "The maps play no part here. Multiply them by the weights."),
        (-total, np.maximum(-total, 0), "The sign is turned round: this is what speaks against the class."),
        (*with_weights(slopes.mean()), "All channels get the same weight here. Average over the places only: axis=(0, 1)."),
        (
            *with_weights(slopes.mean(axis=0)),
            *with_weights(slopes.mean(axis=1, keepdims=True)),
            *with_weights(slopes.mean(axis=-1, keepdims=True)),
            "The weights are a mean over other axes. The places are the first two: axis=(0, 1).",
        ),
        (*with_weights(np.abs(weights)), *with_weights(np.abs(slopes).mean(axis=(0, 1))), "Keep the sign of the slopes: a channel may speak against the class."),
        (*with_weights(slopes.clip(0).mean(axis=(0, 1))), "The ReLU comes last, around the sum. The weights may be negative."),
        (*with_weights(slopes.max(axis=(0, 1))), "The weight of a channel is the mean of its slopes, not the largest."),
        (
            (slopes * maps.mean(axis=(0, 1))).sum(axis=-1),
            np.maximum((slopes * maps.mean(axis=(0, 1))).sum(axis=-1), 0),
            "Maps and slopes have changed places: average the slopes, and keep the places of the maps.",
        ),
        ((weights * maps).max(axis=-1), np.maximum((weights * maps).max(axis=-1), 0), "Sum over the channels, rather than take the largest."),
        (np.clip(total, 0, 1), "Only what is negative is cut off. Heat above 1 may stay."),
        (right / right.max(), "Scaled to 1 at most. Leave the scale to the plot, so that maps can be compared."),
    ]
    return grade(result, right, mistakes)


# The leak of exercise 12.3: a faint chequered patch in each dog.
_TOP, _LEFT, _SIDE, _STRENGTH = 19, 5, 6, 0.12


def _with_leak(x: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    leaky = x.copy()
    leaky[:, _TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE] += _STRENGTH * (-1.0) ** (rows + columns)[..., None]
    return leaky.clip(0, 1)


@functools.cache
def _pets() -> Split:
    """CIFAR-10's cats (0) and dogs (1), with colours from 0 to 1."""
    (x, y), _ = data.load_cifar10()
    pets = np.isin(y, (3, 5))
    return x[pets].astype("float32") / 255, (y[pets] == 5).astype("uint8")


def load_suspicious_pets() -> tuple[Split, Split]:
    """Return CIFAR-10's cats (0) and dogs (1) as somebody handed them on: with a leak.

    Returns
    -------
    (x_train, y_train), (x_val, y_val)
        1600 and 400 images, float32 in 0 to 1, shape (n, 32, 32, 3).

    Examples
    --------
    >>> [x.shape for x, y in load_suspicious_pets()]
    [(1600, 32, 32, 3), (400, 32, 32, 3)]
    """
    x, y = _pets()
    x = x.copy()
    x[y == 1] = _with_leak(x[y == 1])
    return (x[:1600], y[:1600]), (x[1600:], y[1600:])


def _mended(x: np.ndarray) -> np.ndarray:
    x = np.array(x)
    x[:, 18:26, 4:12] = 0.5
    return x


@exercise(
    "12.3",
    "One image says little. Take the mean of the heat maps over a hundred dogs: what is a dog's goes where the dog is, and a leak stays put.",
    "Each cell of the map stands for 32 / 16 = 2 pixels: cell (i, j) is rows 2 i and 2 i + 1, columns 2 j and 2 j + 1.",
    "x = x.copy(); x[:, 18:26, left:right] = 0.5; return x. Read left and right off the map in the same way, with a rim of a pixel.",
    praise="Cats and dogs now differ only in what they look like.",
    solution=_mended,
)
def mended_images(function: Any) -> str | None:
    clean = _pets()[0][-60:]
    leaky = _with_leak(clean)
    result = array(call(function, leaky))
    if result.shape != clean.shape:
        return f"Images of shape {clean.shape} should come back in the same shape, not {result.shape}."
    if result.min() < 0 or result.max() > 1:
        return f"Colours lie between 0 and 1, and these go from {result.min():.3g} to {result.max():.3g}. Grey is 0.5."
    twin = array(call(function, clean))
    if np.allclose(result, leaky, atol=1e-6):
        return "The images come back unchanged. Cover the place of the leak, as in x[:, top:bottom, left:right] = 0.5."
    touched = np.abs(result - leaky).max(axis=(0, 3)) > 1e-4
    varies = np.abs(result - leaky).max(axis=(1, 2, 3)) > 1e-4
    if not varies.all():
        return "Only some of the images are changed. The first axis counts the images: x[:, top:bottom, left:right] = 0.5."
    if touched.mean() > 0.5:
        return f"Of each image {touched.mean():.0%} is changed: little is left to learn from. Cover the place of the leak alone."
    leak = np.zeros((32, 32), bool)
    leak[_TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE] = True
    if not (touched & leak).any() and touched.T[leak].any():
        return "Rows and columns have changed places: in x[:, rows, columns] the rows come first."
    doubled = np.kron(touched[:16, :16], np.ones((2, 2)))
    if not (touched & leak).any() and doubled[leak].mean() > 0.5 and doubled.mean() <= 0.15:
        return "These are the numbers of the map's cells. Each cell is 2 x 2 pixels, so rows and columns are twice as large."
    if not (touched & leak).any():
        return "The leak is elsewhere: what you cover does not touch it. Look at the mean of the heat maps again."
    if not np.allclose(result, twin, atol=1e-6):
        left = 1 - (touched & leak).sum() / leak.sum()
        if left > 0:
            return f"You found it, but {max(left, 0.01):.0%} of it still shows. Cover a few more pixels around it."
        if not np.all(np.abs(result - leaky).max(axis=(0, 1, 2)) > 1e-4):
            return "The place is right, but not all three colours are covered there: x[:, top:bottom, left:right] = 0.5."
        return "The place is right, but it still tells dogs from cats. Put the same grey there in all images."
    if touched.mean() > 0.15:
        return f"The leak is gone, and so is {touched.mean():.0%} of each image. Cover at most 15 %."
    return None


@functools.cache
def _fresh() -> Split:
    """Features of 100 photographs that the notebook does not use, and their classes."""
    import keras

    from dlhelpers import pretrained

    _, (x, y) = data.load_cifar10()
    network = pretrained.load_imagenet_network(128)
    body = keras.Model(network.input, network.get_layer("features").output)
    batches = np.split(pretrained.preprocess(x[-100:], 128), 2)
    return np.concatenate([np.asarray(body(batch)) for batch in batches]), y[-100:]


@exercise(
    "12.4",
    "The features of the labelled photographs are `features`, one row each. Any classifier of scikit-learn takes them.",
    "`LogisticRegression(max_iter=1000)` has a method `fit(features, labels)`, which returns the classifier itself.",
    "probe = LogisticRegression(max_iter=1000).fit(features, labels)",
    praise="A hundred labels and a second of training.",
)
def probe_on_features(probe: Any) -> str | None:
    if isinstance(probe, type):
        return f"{probe.__name__} is the plan for a classifier. Make one, {probe.__name__}(...), and fit it."
    if not hasattr(probe, "predict"):
        return "Hand over the fitted classifier itself, something with a method `predict`."
    x, y = _fresh()
    try:
        found = np.asarray(probe.predict(x))
    except Exception as problem:
        first = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
        if "not fitted" in first:
            return "The classifier is not fitted yet: call its `fit` with the features and the labels."
        if "features" in first or "shape" in first or "incompatible" in first:
            return "The classifier does not take 1280 numbers for each photograph. Fit it on the network's features."
        return f"The classifier cannot be asked: {first}"
    if found.shape == (100, 10):
        found = found.argmax(axis=1)
    if found.shape != (100,):
        return f"One class for each of 100 photographs is asked for; `predict` returns shape {found.shape}."
    accuracy = np.mean(found == y)
    if len(np.unique(found)) < 10 and accuracy < 0.6:
        return f"It names only {len(np.unique(found))} of the ten classes. Were all ten among the labels?"
    if accuracy < 0.2:
        return f"On fresh photographs it is right in {accuracy:.0%}, like guessing. Do the labels belong to these features?"
    if accuracy < 0.6:
        return f"On fresh photographs it is right in {accuracy:.0%}; 60 % is asked for. More labels, or another classifier?"
    return None


@exercise(
    "12.5",
    "Which way does each pixel have to move to raise the loss? The sign of its slope says so.",
    "np.sign(slopes) is -1, 0 or 1 for each pixel; epsilon times that is the step. Then keep the pixels between 0 and 1.",
    "return np.clip(x + epsilon * np.sign(slopes), 0, 1)",
    praise="Each pixel moves by at most epsilon, and all of them in the direction that hurts.",
    solution=lambda x, slopes, epsilon: np.clip(x + epsilon * np.sign(slopes), 0, 1),
)
def fast_gradient_sign(function: Any) -> str | None:
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, (3, 6, 6, 1)) * (rng.uniform(size=(3, 6, 6, 1)) < 0.7)
    slopes = rng.normal(size=x.shape) * rng.choice([0.01, 1], x.shape)
    slopes[0, :2] = 0
    epsilon = 0.15
    result = array(call(function, x, slopes, epsilon))
    if result.shape != x.shape:
        return f"Images of shape {x.shape} went in, {result.shape} came out. The shape must stay."
    step = epsilon * np.sign(slopes)
    mistakes = [
        (x + step, "Some pixels are below 0 or above 1 now, and no image has these. np.clip keeps them inside."),
        (np.clip(x - step, 0, 1), x - step, "This lowers the loss. An attack raises it: add."),
        (step, "This is the perturbation alone. Add it to the images."),
        (np.clip(step, 0, 1), "This is the perturbation alone, and what is negative is gone. Add it to the images first."),
        (np.clip(x + epsilon * slopes, 0, 1), x + epsilon * slopes, "Take the sign of the slopes: each pixel moves by epsilon, however small its slope."),
        (np.clip(x + np.sign(slopes), 0, 1), x + np.sign(slopes), "The step is epsilon times the sign, not 1."),
        (np.clip(x * (1 + step), 0, 1), np.clip(x * step, 0, 1), "Add the step, do not multiply: black pixels must move, too."),
        (np.clip(x + epsilon * np.where(slopes > 0, 1, -1), 0, 1), "Where the slope is 0, nothing is to be gained: np.sign gives 0 there."),
        (np.clip(x + epsilon * (slopes > 0), 0, 1), "Pixels with a negative slope should move down by epsilon."),
        (np.clip(x + np.clip(slopes, -epsilon, epsilon), 0, 1), "Small slopes move their pixels too little. np.sign makes all steps equal."),
        (np.clip(x + epsilon * slopes / np.linalg.norm(slopes), 0, 1), "This scales the slopes. FGSM takes only their sign."),
        (np.minimum(x + step, 1), np.maximum(x + step, 0), "Only one end is cut off at its limit. Pixels stay between 0 and 1: np.clip(..., 0, 1)."),
        (x + np.clip(step, 0, 1), np.clip(x + np.clip(step, 0, 1), 0, 1), "Clip the new image, not the step: half of the steps go down."),
        (np.clip(x + step, -epsilon, epsilon), "The limits of np.clip are those of a pixel, 0 and 1."),
        (np.clip(x + epsilon * np.sign(x), 0, 1), "This is the sign of the pixels. Take the sign of the slopes."),
        (np.clip(x + epsilon * slopes / np.abs(slopes).max(), 0, 1), "This scales the slopes. FGSM takes only their sign."),
        (np.clip(np.sign(x + epsilon * slopes), 0, 1), np.sign(x + epsilon * slopes), "Take the sign of the slopes alone, then multiply by epsilon and add x."),
        (x, "The images come back unchanged."),
    ]
    return grade(result, np.clip(x + step, 0, 1), mistakes, other=OTHER)
