import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from dlhelpers import data
from dlhelpers.exercises import nb12


def occlusion(
    *, sign=1, drop=True, fresh=True, keep=False, swap=False, flat=False, batch=True, share=False, cover=True, wide=True
):
    """`occlusion_map` of exercise 12.1, right or with one thing changed."""

    def occlusion_map(score, image, size, stride):
        places, found, covered = range(0, len(image) - size + 1, stride), [], image.copy()
        for i in places:
            for j in places:
                covered = image.copy() if fresh else covered
                side = size if wide else stride
                place = slice(i, i + side), slice(j, j + side)
                if keep:
                    covered = np.zeros_like(image)
                    covered[place] = image[place]
                elif cover:
                    covered[place] = 0
                found.append(score(covered[None] if batch else covered)[0])
        whole = score(image[None])[0]
        found = sign * (whole - np.array(found)) if drop else np.array(found)
        found = found / whole if share else found
        found = found if flat else found.reshape(len(places), -1)
        return found.T if swap else found

    return occlusion_map


def patches(*, step=True, more=0, colour=lambda image: 0, rows=True, columns=True, last=lambda heat: heat):
    """`occlusion_map` with one thing of the patch or of the map changed."""

    def occlusion_map(score, image, size, stride):
        n = (len(image) - size) // stride + 1
        heat = np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                top, left = (i * stride, j * stride) if step else (i, j)
                copy = np.array(image)
                where = slice(top, top + size + more), slice(left, left + size + more)
                copy[where[0] if rows else slice(None), where[1] if columns else slice(None)] = colour(image)
                heat[i, j] = score(image[None])[0] - score(copy[None])[0]
        return last(heat)

    return occlusion_map


def side_by_side(score, image, size, stride):
    return occlusion()(score, image, size, size)


def in_place(score, image, size, stride):
    whole = score(image[None])[0]
    image[:size, :size] = 0
    return np.full((5, 5), whole - score(image[None])[0])


def each_pixel(score, image, size, stride):
    return np.zeros(image.shape[:2]) + score(image[None])[0]


def summed(maps, slopes):
    heat = np.zeros(maps.shape[:2])
    for c in range(maps.shape[2]):
        heat += slopes[:, :, c].mean() * maps[:, :, c]
    return heat * (heat > 0)


def weights(slopes):
    return slopes.mean(axis=(0, 1))


def covered(rows, columns, grey=0.5):
    def mended(x):
        x = x.copy()
        x[:, slice(*rows), slice(*columns)] = grey
        return x

    return mended


def first_axis(x):
    x = x.copy()
    x[18:26, 4:12] = 0.5
    return x


def one_colour(x):
    x = x.copy()
    x[:, 18:26, 4:12, 0] = 0.5
    return x


def blurred(x):
    """The patch is smoothed a little, and the leak with it."""
    x = x.copy()
    x[:, 16:28, 4:12] = 0.9 * x[:, 16:28, 4:12] + 0.04
    return x


def bright(x):
    """Grey, but one for each image."""
    x = x.copy()
    x[:, 16:28, 4:12] = x[:, 16:28, 4:12].std(axis=(1, 2), keepdims=True)
    return x


def features(labels=10, test=False, shuffled=False, classes=10):
    """A probe on the features of the judge's own network."""
    import keras

    from dlhelpers import pretrained

    if "body" not in _cache:
        network = pretrained.load_imagenet_network(128)
        _cache["body"] = keras.Model(network.input, network.get_layer("features").output)
        x, y = data.load_cifar10()[0]
        batches = np.split(pretrained.preprocess(x[:100], 128), 2)
        _cache["train"] = np.concatenate([np.asarray(_cache["body"](batch)) for batch in batches]), y[:100]
    x, y = _cache["train"]
    x, y = x[: 10 * labels], y[: 10 * labels]
    x, y = x[y < classes], y[y < classes]
    return LogisticRegression(max_iter=1000).fit(x, np.roll(y, 3) if shuffled else y)


def on_pixels():
    x, y = data.load_cifar10()[0]
    return RandomForestClassifier(5, random_state=0).fit(x[:50].reshape(50, -1), y[:50])


class Rows:
    """A classifier whose `predict` gives ten probabilities for each photograph, as a Keras model does."""

    def predict(self, x):
        return features().predict_proba(x)


_cache = {}
nb12._fresh(), nb12._pets()  # computed now, so that no single verdict takes long

RIGHT = {
    "12.1": [(occlusion(),), (nb12._occlusion_map,)],
    "12.2": [(summed,), (nb12._grad_cam,), (lambda maps, slopes: np.maximum(maps @ weights(slopes), 0),)],
    "12.3": [
        (covered((16, 28), (4, 12)),),
        (covered((18, 26), (4, 12), 0.0),),
        (covered((19, 25), (5, 11), (0.5, 0.4, 0.3)),),
    ],
    "12.4": [(features(),), (Rows(),)],
    "12.5": [
        (lambda x, slopes, epsilon: np.clip(x + epsilon * np.sign(slopes), 0, 1),),
        (lambda x, slopes, epsilon: np.minimum(np.maximum(x + np.sign(slopes) * epsilon, 0), 1).astype("float32"),),
    ],
}

WRONG = {
    "12.1": [
        (occlusion(sign=-1), "sign is turned"),
        (occlusion(drop=False), "covered images"),
        (occlusion(swap=True), "changed places"),
        (occlusion(flat=True), "should stand"),
        (occlusion(fresh=False), "stay covered"),
        (occlusion(keep=True), "keep the patch"),
        (occlusion(share=True), "share"),
        (occlusion(cover=False), "All drops are 0"),
        (occlusion(batch=False), "batch of images"),
        (lambda *arguments: abs(occlusion()(*arguments)), "Keep the sign"),
        (side_by_side, "side by side"),
        (occlusion(wide=False), "moves on"),
        (each_pixel, "each pixel"),
        (in_place, "itself"),
        (patches(step=False), "one pixel each time"),
        (patches(more=-1), "another size"),
        (patches(more=1), "another size"),
        (patches(colour=lambda image: 0.5), "to 0"),
        (patches(colour=np.mean), "to 0"),
        (patches(columns=False), "strip"),
        (patches(rows=False), "strip"),
        (patches(last=lambda heat: heat[..., None]), "out with [0]"),
        (patches(last=lambda heat: heat[:4, :4]), "last place is missing"),
        (patches(last=lambda heat: np.maximum(heat, 0)), "negative numbers"),
        (patches(last=lambda heat: heat / heat.max()), "scaled"),
        (patches(last=lambda heat: (heat - heat.min()) / np.ptp(heat)), "scaled"),
    ],
    "12.2": [
        (lambda maps, slopes: maps @ weights(slopes), "last step"),
        (lambda maps, slopes: np.maximum((maps * slopes).sum(axis=-1), 0), "own weight"),
        (lambda maps, slopes: abs(maps @ weights(slopes)), "not positive"),
        (lambda maps, slopes: np.maximum(maps * weights(slopes), 0).sum(axis=-1), "First the sum"),
        (lambda maps, slopes: maps @ np.maximum(weights(slopes), 0), "negative weight counts"),
        (lambda maps, slopes: maps @ weights(np.maximum(slopes, 0)), "may be negative"),
        (lambda maps, slopes: np.maximum((slopes.mean() * maps).sum(axis=-1), 0), "same weight"),
        (lambda maps, slopes: np.maximum((slopes.mean(axis=0) * maps).sum(axis=-1), 0), "other axes"),
        (lambda maps, slopes: np.maximum((slopes.mean(axis=-1, keepdims=True) * maps).sum(axis=-1), 0), "other axes"),
        (lambda maps, slopes: maps @ abs(weights(slopes)), "sign of the slopes"),
        (lambda maps, slopes: np.maximum(maps @ slopes.max(axis=(0, 1)), 0), "not the largest"),
        (lambda maps, slopes: np.maximum(slopes @ weights(maps), 0), "changed places"),
        (lambda maps, slopes: np.maximum(maps * weights(slopes), 0).max(axis=-1), "take the largest"),
        (lambda maps, slopes: np.clip(maps @ weights(slopes), 0, 1), "above 1"),
        (lambda maps, slopes: np.maximum(maps @ weights(slopes), 0)[..., None], "keepdims"),
        (lambda maps, slopes: np.maximum(maps @ weights(slopes), 0) / 6, "mean over the channels"),
        (lambda maps, slopes: np.maximum(maps @ slopes.sum(axis=(0, 1)), 0), "not their sum"),
        (lambda maps, slopes: maps.mean(axis=-1), "slopes play no part"),
        (lambda maps, slopes: np.maximum(slopes.sum(axis=-1), 0), "maps play no part"),
        (lambda maps, slopes: np.maximum(-maps @ weights(slopes), 0), "against"),
        (lambda maps, slopes: weights(slopes), "each channel"),
        (lambda maps, slopes: weights(slopes) * maps, "single maps"),
    ],
    "12.3": [
        (lambda x: x, "unchanged"),
        (np.copy, "unchanged"),
        (covered((0, 8), (0, 8)), "elsewhere"),
        (covered((4, 12), (4, 12)), "elsewhere"),
        (covered((9, 13), (2, 6)), "Each cell"),
        (first_axis, "counts the images"),
        (one_colour, "three colours"),
        (covered((16, 28), (4, 12), 127), "between 0 and 1"),
        (covered((4, 12), (16, 28)), "rows come first"),
        (covered((19, 22), (5, 11)), "still shows"),
        (covered((0, 32), (0, 32)), "little is left"),
        (covered((12, 31), (1, 16)), "15 %"),
        (blurred, "tells dogs from cats"),
        (bright, "tells dogs from cats"),
        (lambda x: x[:, :28], "same shape"),
    ],
    "12.4": [
        (LogisticRegression(), "not fitted"),
        (LogisticRegression, "plan"),
        (features(labels=1), "60 % is asked"),
        (features(shuffled=True), "guessing"),
        (features(classes=5), "of the ten classes"),
        (on_pixels(), "1280"),
        (0.7, "predict"),
    ],
    "12.5": [
        (lambda x, slopes, epsilon: x + epsilon * np.sign(slopes), "clip"),
        (lambda x, slopes, epsilon: np.clip(x - epsilon * np.sign(slopes), 0, 1), "lowers"),
        (lambda x, slopes, epsilon: epsilon * np.sign(slopes), "alone"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * slopes, 0, 1), "sign of the slopes"),
        (lambda x, slopes, epsilon: np.clip(x + np.sign(slopes), 0, 1), "not 1"),
        (lambda x, slopes, epsilon: np.clip(x * (1 + epsilon * np.sign(slopes)), 0, 1), "black pixels"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * (slopes > 0), 0, 1), "move down"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * slopes / np.linalg.norm(slopes), 0, 1), "scales"),
        (lambda x, slopes, epsilon: np.minimum(x + epsilon * np.sign(slopes), 1), "one end"),
        (lambda x, slopes, epsilon: np.maximum(x + epsilon * np.sign(slopes), 0), "one end"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * np.sign(slopes), 0, 255), "one end"),
        (lambda x, slopes, epsilon: x + np.clip(epsilon * np.sign(slopes), 0, 1), "not the step"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * np.sign(slopes), -epsilon, epsilon), "limits"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * np.sign(x), 0, 1), "sign of the pixels"),
        (lambda x, slopes, epsilon: np.clip(np.sign(x + epsilon * slopes), 0, 1), "slopes alone"),
        (lambda x, slopes, epsilon: np.clip(x + epsilon * slopes / abs(slopes).max(), 0, 1), "scales"),
        (lambda x, slopes, epsilon: x, "unchanged"),
        (lambda x, slopes, epsilon: (x + epsilon * np.sign(slopes))[0], "shape"),
    ],
}
