"""Exercises of notebook 11, CIFAR-10 one trick at a time."""

from functools import cache
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, keras_model, number

PHOTO = (32, 32, 3)  # height, width, colours
TARGET, MOST = 0.56, 30_000


@exercise(
    "11.1",
    "The formula stands above the exercise: the accuracy is a = 0.6, and n = 2000 images were counted.",
    "First a(1 - a) = 0.24, then divide by n, then take the root.",
    "standard_error = np.sqrt(0.6 * (1 - 0.6) / 2000)",
    praise="About one percentage point. Two networks that differ by one point may well be equally good.",
)
def standard_error_of_accuracy(error: Any) -> str | None:
    spread = np.sqrt(0.24)
    mistakes = [
        (100 * spread / np.sqrt(2000), "This is in percent. As a share, it is a hundredth of that."),
        (2 * spread / np.sqrt(2000), 1.96 * spread / np.sqrt(2000), "These are two standard errors. One is asked for."),
        (np.sqrt(2 * 0.24 / 2000), 0.015, "This is the standard error of a *difference* of two such accuracies. One accuracy is asked for."),
        (0.01, "About that. Give two digits or more."),
        (0.24 / 2000, "This is the variance. The standard error is its root."),
        (spread, "This is the spread of a single image, right or wrong. Divide by n = 2000 under the root."),
        (spread / 2000, "Divide by n under the root, not after it."),
        (spread / np.sqrt(8000), spread / np.sqrt(4000), spread / 100, "The accuracy was counted on the 2000 validation images. The number of training images plays no part."),
        (np.sqrt(0.6 / 2000), "The factor 1 - a is missing under the root."),
        (np.sqrt(0.4 / 2000), "Under the root stands 0.24/2000: both factors, a and 1 - a, over all images that were counted."),
        (np.sqrt(0.36 / 2000), "This has a twice under the root. The second factor is 1 - a = 0.4."),
        (0.24 / np.sqrt(2000), "The root goes over all of a(1 - a)/n, and here it is over n alone."),
        (1 / np.sqrt(2000), "The factor a(1 - a) is missing under the root."),
    ]
    return grade(number(error), spread / np.sqrt(2000), mistakes, rtol=0.01, atol=0)


@cache
def _photographs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """500 training and 1000 validation images and labels, split as in the notebook."""
    from sklearn.model_selection import train_test_split

    x, y = data.load_cifar10()[0]
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=2000, stratify=y, random_state=0)
    return x_train[:500], y_train[:500], x_val[:1000], y_val[:1000]


@exercise(
    "11.2",
    "photo_net(standardise, whiten) has too many parameters: count them with count_params(). Where are most of them?",
    "Fewer kernels: photo_net(standardise, whiten, filters=(24, 32)). The whitening layer counts, too.",
    "Then train(small, x_train, y_train, epochs=3, rate=one_cycle(0.004, 3, len(x_train))).",
    praise="A small network with a good recipe.",
)
def small_trained_network(model: Any) -> str | None:
    if hasattr(model, "history") and not hasattr(model, "layers"):
        return "This is what `train` returns, the history. Hand over the model that went into it."
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", None) or ())
    if shape[1:] != PHOTO:
        return f"The network should take images, keras.Input((32, 32, 3)), and this one takes {shape[1:] or 'nothing yet'}."
    if tuple(model.output_shape)[1:] != (10,):
        return f"Ten logits for each image are asked for; the output has shape {tuple(model.output_shape)[1:]}."
    if (size := model.count_params()) > MOST:
        return f"It has {size} parameters, and 30 000 are the most."
    x_train, y_train, x, y = _photographs()
    right = _accuracy(model, x, y)
    says = f"It gets {right:.1%} of the validation images right; {TARGET:.0%} are asked for."
    if right >= TARGET:
        if right - _accuracy(model, x_train, y_train) > 0.08:
            return "It knows the validation images better than the training images. Fit it on x_train: validation data are for choosing only."
        if right - _accuracy(model, *data.load_cifar10()[1]) > 0.07:  # the noise is about 0.02
            return "It knows the validation images better than fresh ones. Fit it on x_train: they are a part of x_all."
        return None
    if right < 0.15:
        return f"{says} That is guessing. Was it trained, and does the loss fit the last layer (from_logits)?"
    if _accuracy(model, x / 255, y) > max(0.4, right + 0.1):
        return f"{says} It was trained on pixels from 0 to 1, and x_train goes from 0 to 255: scale them inside the network."
    if not any("Conv" in type(layer).__name__ for layer in model.layers):
        return f"{says} There is no convolution in it."
    if not any("Normalization" in type(layer).__name__ for layer in model.layers):
        return f"{says} There is no normalisation in it, neither of the pixels nor batch norm."
    return f"{says} Does it use batch norm and the one-cycle rate, all of x_train, and enough epochs?"


def _accuracy(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    z = np.concatenate([np.asarray(model(part.astype("float32"), training=False), dtype=float) for part in np.array_split(x, 4)])
    if not np.isfinite(z).all():
        raise NotYet("The outputs are nan: training has blown up. Take a smaller learning rate.")
    return float(np.mean(z.argmax(axis=1) == y))


def _residual_block(z: Any) -> Any:
    from keras import layers

    n, start = z.shape[-1], z
    z = layers.Conv2D(n, 3, padding="same", use_bias=False)(z)
    z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(z))
    z = layers.Conv2D(n, 3, padding="same", use_bias=False)(z)
    z = layers.BatchNormalization(momentum=0.9)(z)
    return layers.ReLU()(layers.Add()([start, z]))


@exercise(
    "11.3",
    "Follow the drawing. Keep the input under a name of its own, such as start, since it is needed again at the end.",
    "The road: Conv2D(n, 3, padding=\"same\", use_bias=False), BatchNormalization, ReLU, Conv2D, BatchNormalization. Here n = z.shape[-1].",
    "Then the end: return layers.ReLU()(layers.Add()([start, z]))",
    praise="This is the block of the original residual network.",
    solution=_residual_block,
)
def residual_block(function: Any) -> str | None:
    model = _model_of_block(function)
    parts = _parts(model)
    kinds = [type(part).__name__ for part in parts]
    convs = [part for part in parts if type(part).__name__ == "Conv2D"]
    norms = [part for part in parts if type(part).__name__ == "BatchNormalization"]
    if len(convs) != 2:
        return f"There should be two convolutions in the block, and there are {len(convs)}."
    if any("Dropout" in kind for kind in kinds):
        return "There is no dropout in the drawing. Leave it out."
    if any(tuple(conv.kernel_size) != (3, 3) for conv in convs):
        return "The convolutions should be 3 x 3."
    if any(conv.filters != 6 for conv in convs):
        return f"Each convolution keeps the number of channels: for 6 channels it has 6 kernels, and these have {[conv.filters for conv in convs]}."
    if len(norms) != 2:
        return f"There should be two batch norms, one behind each convolution; here BatchNormalization stands {len(norms)} times."
    if any(conv.activation.__name__ != "linear" for conv in convs):
        return "The ReLU comes after the batch norm. Leave the activation of the convolution out, and write a ReLU layer."
    x = np.random.default_rng(5).normal(size=(5, 8, 8, 6)).astype("float32")
    return _form_of_block(np.asarray(model(x)), x, convs, norms, kinds)


def _parts(model: Any) -> list[Any]:
    """The layers and operations of a model in order, those of a model inside of it as well."""
    inside = getattr(model, "operations", None) or model.layers  # a Sequential has layers alone
    return [part for one in inside for part in (_parts(one) if hasattr(one, "layers") else [one])]


_SAME_SHAPE = 'F(z) needs the shape of z: is padding="same" there, no stride, and is the number of kernels z.shape[-1]?'


def _model_of_block(function: Any) -> Any:
    """A model of one block, for 8 x 8 places with 6 channels, with random weights."""
    import keras

    inputs, rng = keras.Input((8, 8, 6)), np.random.default_rng(7)
    try:
        out = call(function, inputs)
    except NotYet as problem:
        helps = {
            "incompatible shapes": _SAME_SHAPE,
            "Cannot broadcast": _SAME_SHAPE,
            "used as a boolean": "Make the layer first, then call it on z: layers.ReLU()(z), and not layers.ReLU(z).",
            "too many positional": "layers.Add() takes one list: layers.Add()([start, z]).",
            "instances of 'tuple' and": "The number of kernels is one number: z.shape[-1].",
        }
        help = next((help for part, help in helps.items() if part in str(problem)), None)
        if help is None:
            raise
        raise NotYet(f"{str(problem).rstrip('.')}. {help}") from problem
    if isinstance(out, (tuple, list)):
        raise NotYet("Return one tensor.")
    if not keras.backend.is_keras_tensor(out):
        raise NotYet(f"The block should return a tensor that is made from z, and this is {type(out).__name__}. Call each layer on something.")
    if tuple(out.shape) == (None, 8, 8, 12):
        raise NotYet("Input and result stand side by side here, 12 channels from 6. Add them up: layers.Add()([start, z]).")
    if tuple(out.shape) != (None, 8, 8, 6):
        raise NotYet(f'The block keeps the shape: (None, 8, 8, 6) goes in, and {tuple(out.shape)} comes out. Is padding="same" there?')
    try:
        model = keras.Model(inputs, out)
    except ValueError as problem:
        raise NotYet("What comes out does not depend on z. Is each layer called on the tensor before it?") from problem
    for weight in model.weights:
        values = rng.normal(size=weight.shape)
        weight.assign(1 + 0.5 * np.abs(values) if "variance" in weight.name else 0.5 * values)
    return model


def _form_of_block(out: np.ndarray, x: np.ndarray, convs: list, norms: list, kinds: list) -> str | None:
    """Compare with the block, and with blocks that have one thing changed, all from the same layers."""

    def relu(a: Any) -> np.ndarray:
        return np.maximum(np.asarray(a), 0)

    def part(k: int, a: Any) -> np.ndarray:
        return np.asarray(norms[k](np.asarray(convs[k](np.asarray(a, "float32"))), training=False))

    def early(k: int, a: Any) -> np.ndarray:
        return np.asarray(convs[k](relu(norms[k](np.asarray(a, "float32"), training=False))))

    first = relu(part(0, x))
    f, straight = part(1, first), part(1, part(0, x))
    swapped = np.asarray(norms[1](relu(convs[1](np.asarray(norms[0](relu(convs[0](x)), training=False)))), training=False))
    ends = "F ends in a ReLU here, so it can only raise z, never lower it. The ReLU comes after the addition."
    no_relu = "The ReLU after the addition is missing."
    inner = "There is no ReLU between the two convolutions. Without it, they are one linear map."
    variants = [
        (relu(x + relu(f)), "F ends in a ReLU here, and a second one comes after the addition. The second is enough: F should be able to lower z."),
        (x + relu(f), ends),
        (x + f, no_relu),
        (relu(f), f, "There is no shortcut: z itself is not added to F(z)."),
        (relu(x + straight), x + straight, inner),
        (relu(first + f), first + f, "The shortcut starts behind the first convolution. It starts at the input, around both."),
        (relu(2 * x + f), "The input is added twice."),
        (relu(2 * f), "F(z) is added to itself: the name z was overwritten on the way. Keep the input under another name, such as start."),
        (relu(x) + f, "The ReLU is on the shortcut alone. It comes after the addition."),
        (relu(x * f), x * f, "The two are multiplied. Add them up."),
        (relu(x - f), relu(f - x), "One is subtracted from the other. Add them up."),
        (relu((x + f) / 2), "This is the mean of the two. Add them up."),
        (relu(x + swapped), x + swapped, "The batch norms stand behind the ReLUs. The order is convolution, batch norm, ReLU."),
        (relu(norms[1](np.asarray(x + np.asarray(convs[1](first)), "float32"), training=False)), "The second batch norm stands behind the addition. It is a part of F(z), before the addition."),
        (relu(part(1, relu(x + part(0, x)))), part(1, first + x), relu(part(1, first + x)), "The input is added in the middle. It is added once, at the end."),
        (x + early(1, early(0, x)), "This is the later variant with batch norm and ReLU *before* each convolution. It works well, too; build the one in the drawing."),
    ]
    message = grade(out, relu(x + f), variants, rtol=1e-3, atol=1e-4, other="The parts are there, but not joined as in the drawing.")
    joined = {"Add"} & set(kinds) or any("add" in kind.lower() for kind in kinds)
    return message if joined or message is None or "parts are there" not in message else "There is no addition in the block."


def _softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


def _both_sides(predict: Any, x: Any) -> Any:
    return (predict(x) + predict(x[:, :, ::-1])) / 2


@exercise(
    "11.4",
    "The axes of x are image, height, width, colour. Left and right are the two ends of the width.",
    "x[:, :, ::-1] is every image, mirrored left to right. Call predict on both, and take the mean.",
    "return (predict(x) + predict(x[:, :, ::-1])) / 2",
    praise="Two opinions for the price of two predictions, and no training at all.",
    solution=_both_sides,
)
def mirrored_mean(function: Any) -> str | None:
    rng = np.random.default_rng(4)
    x, weights = rng.integers(0, 256, (4, 6, 6, 3)).astype("uint8"), rng.normal(size=(6 * 6 * 3, 10))
    seen: list[Any] = []

    def predict(images: Any) -> np.ndarray:
        images = np.asarray(images, dtype=float)
        if images.ndim != 4:
            raise NotYet(f"`predict` takes a batch, of shape (images, height, width, 3). It was given one of shape {images.shape}.")
        if images.shape[1:] != (6, 6, 3):
            raise NotYet(f"`predict` got images of shape {images.shape[1:]}, from {x.shape[1:]}. Mirroring keeps all pixels: ::-1, not :-1.")
        seen.append(images)
        return np.tanh(images.reshape(len(images), -1) @ weights / 3000)

    predict.__qualname__ = "predict"
    result = array(call(function, predict, x.copy()))
    if not seen:
        return "The function never calls `predict`. It is a function like model.predict: predict(x) gives the logits."
    ways = {
        "as it is": x,
        "mirrored": x[:, :, ::-1],
        "on its head": x[:, ::-1],
        "colours": x[..., ::-1],
        "order": x[::-1],
        "half turn": x[:, ::-1, ::-1],
        "side": np.swapaxes(x, 1, 2),
    }
    z = {name: predict(images) for name, images in ways.items()}
    first = z["as it is"]
    if result.shape == x.shape:
        return "These are images. Return logits: what `predict` gives for both versions, averaged."
    if result.shape == (2, *first.shape):
        return "These are both sets of logits, one after the other. Take their mean, np.mean(..., axis=0)."
    if result.shape != first.shape:
        return f"Ten logits for each of the {len(x)} images are asked for, shape {first.shape}; the result has {result.shape}."
    mistakes = [
        ((first + z["on its head"]) / 2, "These images stand on their heads. Turn the width around (axis 2), not the height."),
        ((first + z["colours"]) / 2, "Red and blue have changed places here: this was the colour axis."),
        ((first + z["order"]) / 2, "This is the list of images in reverse order. Each image itself must be mirrored."),
        ((first + z["half turn"]) / 2, "This is half a turn: left and right changed places, but top and bottom did, too."),
        ((first + z["side"]) / 2, "Height and width were swapped, which turns the images on their sides."),
        (first + z["mirrored"], "This is the sum of both. Divide by 2 for the mean."),
        (z["mirrored"], "These are the logits of the mirrored images alone. Average them with those of x."),
        (first, "These are the logits of the images as they are. Where is the mirrored version?"),
        (first + z["mirrored"] / 2, "Brackets: add both first, then divide by 2."),
        ((first + first[:, ::-1]) / 2, "Here the *logits* are turned around, so each class gets another one's. Mirror the images."),
        ((_softmax(first) + _softmax(z["mirrored"])) / 2, "These are averaged probabilities. The mean of the logits is asked for."),
        (predict((x + x[:, :, ::-1]) / 2), predict((x + x[:, :, ::-1].astype(float)) / 2), "This averages the *images*, which gives ghosts. Average the two predictions."),
        ((first + predict(x[::-1, ::-1, ::-1, ::-1])) / 2, "All axes are turned around here, that of the images and that of the colours, too. Turn axis 2 alone."),
        (_softmax((first + z["mirrored"]) / 2), "There is a softmax at the end. The mean of the logits is asked for."),
        (np.maximum(first, z["mirrored"]), "This is the larger of the two. The mean is asked for."),
    ]
    message = grade(result, (first + z["mirrored"]) / 2, mistakes)
    if message == OTHER and not np.allclose(result, array(call(function, predict, x.copy()))):
        return "A second call gives other logits: the images are mirrored at random. Mirror each of them, x[:, :, ::-1]."
    return message


_FLOOR = -(0.91 * np.log(0.91) + 9 * 0.01 * np.log(0.01))


@exercise(
    "11.5",
    "Cross-entropy is the sum of target times -log p over the ten classes. Here p equals the target everywhere.",
    "One class has target 0.91, nine have 0.01: 0.91 * (-log 0.91) + 9 * 0.01 * (-log 0.01).",
    "lowest = -(0.91 * np.log(0.91) + 9 * 0.01 * np.log(0.01))",
    praise="It is the entropy of the targets. So a smoothed training loss never comes near 0, and cannot be compared with an NLL.",
)
def floor_of_smoothed_loss(loss: Any) -> str | None:
    if np.size(loss) in (2, 10):
        return "The best probabilities are the targets themselves. What is asked for is the loss that they give, one number."
    loss = number(loss)
    if close(loss, 0, atol=1e-3):
        return "0 is the lowest loss for one-hot targets. The smoothed ones ask for 0.01 in nine classes, and these count, too."
    mistakes = [
        (0.91, "This is the best probability of the true class. The loss that the best probabilities give is asked for."),
        (-(0.91 * np.log(0.91) + 0.09 * np.log(0.09)), "There are nine other classes with 0.01 each, not one with 0.09."),
        (-(0.9 * np.log(0.9) + 0.09 * np.log(0.01)), -(0.9 * np.log(0.91) + 0.1 * np.log(0.01)), "The true class has the target 0.91, and the nine others have 0.09 together."),
        (-np.log(0.01), "This is -log of one other class's probability. Weight each -log p with its target and add up."),
        (-_FLOOR, "The minus sign is missing."),
        (-np.log(0.91), "This is -log of the true class's probability. The other nine targets are not 0: they count, too."),
        (-0.91 * np.log(0.91), "This is the term of the true class alone. The nine others are missing."),
        (-(0.9 * np.log(0.9) + 0.1 * np.log(0.1)), "There are nine other classes with 0.01 each, not one with 0.1."),
        (-(0.91 * np.log(0.91) + 0.01 * np.log(0.01)), "There are nine other classes, each with a target of 0.01."),
        (-(0.91 * np.log(0.91) + 10 * 0.01 * np.log(0.01)), "There are nine other classes, not ten."),
        (-(0.9 * np.log(0.9) + 9 * 0.1 / 9 * np.log(0.1 / 9)), "These targets are 0.9 and 0.1/9. Keras' are 0.91 and 0.01: the 0.1 is shared among all ten."),
        (-(np.log(0.91) + 9 * np.log(0.01)), "Weight each logarithm with its target."),
        (_FLOOR / np.log(10), _FLOOR / np.log(2), "Use the natural logarithm, np.log."),
        (np.log(10), "That is the loss of a network that knows nothing."),
        (_FLOOR / 10, "Add up over the ten classes; do not take their mean."),
    ]
    return grade(loss, _FLOOR, mistakes)
