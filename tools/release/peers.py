"""Our recipes against plain Keras, lesson by lesson: same data, same test, processor seconds and the result.

Ours are cells of the masters. Plain Keras is the same lesson with layers as Keras' own examples have them, Adam as
it comes, batches of 32 to 128 and no schedule; it trains until it is as good as ours or has had twice our seconds. Both
run in turn, in one process. The scores are of data that neither was trained on.

`python -m tools.release.peers` runs all lessons and renews docs/performance.md; `... 09 11` prints only these.
Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import datetime
import io
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import keras
import numpy as np
from keras import layers
from matplotlib import pyplot as plt

import dlhelpers
from tools.authors.notebooks import ROOT, masters, read, write_text
from tools.release.bench import PAGE, renewed

BEGIN, END = "<!-- peers: written by tools/release/peers.py -->", "<!-- end of peers -->"
PATIENCE = 2  # times the seconds of ours are what plain Keras gets


class Lesson:
    """A lesson in both ways; the names that the master's cells define are attributes.

    `ours` returns what it trained, `plain` yields it again and again as it trains, and `score` grades either.
    """

    number: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[str] = "accuracy"
    sign: ClassVar[int] = 1  # -1: the smaller score is the better one
    cells: ClassVar[str]

    def __init__(self) -> None:
        (self._path,) = (path for path in masters(ROOT) if path.stem.startswith(self.number))
        self._sources = {cell.id: cell.source for cell in read(self._path).cells}
        self.dlhelpers = dlhelpers
        self.run(self.cells)

    def run(self, cells: str, *kinds: type[ast.stmt]) -> None:
        """Run these cells of the master, or only their statements of these kinds."""
        for cell in cells.split():
            code = ast.parse(self._sources[cell])
            code.body = [statement for statement in code.body if isinstance(statement, kinds or ast.stmt)]
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, f"{self._path.name}, {cell}", "exec"), self.__dict__)
        plt.close("all")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__}: no cell that was run defines {name}")

    def ours(self) -> Any:
        raise NotImplementedError

    def plain(self) -> Iterator[Any]:
        raise NotImplementedError

    def score(self, model: Any) -> float:
        """Return the accuracy of a classifier on the test data of the lesson."""
        return float(np.mean(model.predict(self.x_test, batch_size=500, verbose=0).argmax(axis=1) == self.y_test))


def by_epoch(model: keras.Model, *xy: Any, **options: Any) -> Iterator[keras.Model]:
    """Train a compiled model, an epoch at a time."""
    while True:
        model.fit(*xy, verbose=0, **options)
        yield model


def classifier(shape: tuple[int, ...], *parts: layers.Layer) -> keras.Model:
    model = keras.Sequential([keras.Input(shape), *parts, layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def convolutions(*filters: int) -> list[layers.Layer]:
    pairs = [(layers.Conv2D(n, 3, activation="relu"), layers.MaxPooling2D()) for n in filters]
    return [layer for pair in pairs for layer in pair]


class Banknotes(Lesson):
    number, title, unit, sign = "02", "banknotes, 8 hidden units", "NLL", -1
    cells = "imports load scatter split ex1 scale"

    def ours(self):
        self.run("hidden")
        return self.hidden

    def plain(self):
        model = keras.Sequential([keras.Input((2,)), layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        validation = (self.x_val, self.y_val)
        return by_epoch(model, self.x_train, self.y_train, epochs=10, validation_data=validation)

    def score(self, model):
        p = model.predict(self.x_test, verbose=0)[:, 0]
        return float(self.log_loss(self.y_test, p))


class DenseDigits(Lesson):
    number, title = "07", "MNIST, dense network"
    cells = "imports load few"

    def __init__(self):
        super().__init__()
        self.softmax_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.run("long", ast.FunctionDef)

    def ours(self):
        model = self.dense_net(256, 128, dropout=0.2)
        look = {"batch_size": 100, "validation_data": self.validation, "validation_batch_size": 1000}
        model.fit(self.x_train, self.y_train, epochs=5, verbose=0, **look)
        return model

    def plain(self):
        hidden = [layers.Dense(512, "relu"), layers.Dropout(0.2), layers.Dense(512, "relu"), layers.Dropout(0.2)]
        model = classifier((784,), *hidden)
        return by_epoch(model, self.x_train, self.y_train, batch_size=128, validation_data=self.validation)


class Digits(Lesson):
    number, title = "09", "MNIST, CNN, 20 000 digits"
    cells = "setup load split new-cnn new-dense"

    def ours(self):
        model = self.new_cnn()
        self.fit_digits(model, self.x_train, self.y_train, 4, (self.x_val, self.y_val))
        return model

    def plain(self):
        model = classifier((28, 28, 1), *convolutions(32, 64), layers.Flatten(), layers.Dropout(0.5))
        validation = (self.x_val, self.y_val)
        return by_epoch(model, self.x_train, self.y_train, batch_size=128, validation_data=validation)


class Photographs(Lesson):
    number, title = "11", "CIFAR-10, 10 000 photographs"
    cells = "setup load"

    def __init__(self):
        super().__init__()
        mean, variance = self.x_train.mean(axis=(0, 1, 2)), self.x_train.var(axis=(0, 1, 2))
        self.standardise, self.x_few = layers.Normalization(mean=mean, variance=variance), self.x_train[:4000]
        self.run("whitened one-cycle augment exercise-4")
        self.run("deep-net", ast.FunctionDef)

    def ours(self):
        self.run("final-net")
        return self.last_net

    def plain(self):
        parts = [*convolutions(32, 64), layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
        model = classifier((32, 32, 3), layers.Rescaling(1 / 255), *parts, layers.Dense(64, "relu"))
        return by_epoch(model, self.x_all, self.y_all)


class Transfer(Lesson):
    number, title = "12", "ten labels a class, published network"
    cells = "setup"

    def ours(self):
        self.run("features exercise-4")
        return self.probe.predict(self.features_test)

    def plain(self):
        (x, y), (x_test, _) = self.data.load_cifar10()
        x, x_test = (self.pretrained.preprocess(images, 128) for images in (x[:100], x_test[:600]))
        body = self.pretrained.load_imagenet_network(128)
        body = keras.Model(body.inputs, body.get_layer("features").output)
        body.trainable = False
        model = classifier((128, 128, 3), body)
        for _ in by_epoch(model, x, y[:100], epochs=5):
            yield model.predict(x_test, verbose=0).argmax(axis=1)

    def score(self, model):
        return float(np.mean(model == self.data.load_cifar10()[1][1][:600]))


class Series(Lesson):
    number, title, unit, sign = "13", "a series, causal convolutions", "MSE of the next value", -1
    cells = "setup wave-data"

    def __init__(self):
        super().__init__()
        self.run("wave-train", ast.FunctionDef)

    def ours(self):
        return self.wave_net((1, 5, 25))

    def plain(self):
        look = {"padding": "causal", "activation": "relu"}
        doubled = [layers.Conv1D(16, 2, dilation_rate=2**k, **look) for k in range(7)]
        model = keras.Sequential([keras.Input((None, 1)), *doubled, layers.Conv1D(1, 1), layers.Cropping1D((117, 0))])
        model.compile("adam", "mse")
        return by_epoch(model, self.s_train[:, :-1], self.s_train[:, 118:])

    def score(self, model):
        series = self.s_val[:, :138]
        return float(np.mean((model.predict(series[:, :-1], verbose=0) - series[:, 118:]) ** 2))


class Autoencoder(Lesson):
    number, title, unit, sign = "22", "VAE, a code of 16 numbers", "negative ELBO, nats", -1
    cells = "setup exercise-3 data draw-layer nets fit"

    def ours(self):
        self.run("train-16")
        return self.vae

    def plain(self):
        by_two = {"strides": 2, "padding": "same", "activation": "relu"}
        encoder = [layers.Reshape((28, 28, 1)), *(layers.Conv2D(n, 3, **by_two) for n in (32, 64))]
        encoder += [layers.Flatten(), layers.Dense(16, "relu"), layers.Dense(32)]
        decoder = [layers.Dense(7 * 7 * 64, "relu"), layers.Reshape((7, 7, 64))]
        decoder += [layers.Conv2DTranspose(n, 3, **by_two) for n in (64, 32)]
        decoder += [layers.Conv2DTranspose(1, 3, padding="same"), layers.Flatten()]
        model = keras.Sequential([keras.Input((784,)), *encoder, self.Draw(), *decoder])
        model.compile("adam", self.reconstruction)
        validation = (self.x_val, self.x_val)
        return by_epoch(model, self.x_train, self.x_train, batch_size=128, validation_data=validation)

    def score(self, model):
        return float(np.ravel(model.evaluate(self.x_test, self.x_test, batch_size=500, verbose=0))[0])


class Gan(Lesson):
    number, title, unit, sign = "23", "DCGAN, digits", "Fréchet²", -1
    cells = "imports loss-g ex1 step-d ex2 gan-class"

    def __init__(self):
        super().__init__()
        (x_train, y_train), (x_test, y_test) = self.data.load_mnist()
        self.x_train, self.x_test = (x[..., None].astype("float32") / 255 for x in (x_train, x_test))
        self.y_train, self.y_test = y_train, y_test
        self.run("judge frechet")

    def ours(self):
        self.run("dcgan-nets dcgan-discriminator dcgan-train")
        return self.G_digits

    def plain(self):
        by_two, leaky = {"strides": 2, "padding": "same"}, lambda: layers.LeakyReLU(0.2)
        G = keras.Sequential([keras.Input((16,)), layers.Dense(7 * 7 * 128), layers.Reshape((7, 7, 128))])
        for n in (128, 64):
            for layer in (layers.Conv2DTranspose(n, 4, **by_two), layers.BatchNormalization(), leaky()):
                G.add(layer)
        G.add(layers.Conv2D(1, 5, padding="same", activation="sigmoid"))
        D = keras.Sequential([keras.Input((28, 28, 1))])
        for n in (64, 128):
            for layer in (layers.Conv2D(n, 4, **by_two), leaky()):
                D.add(layer)
        for layer in (layers.Flatten(), layers.Dropout(0.2), layers.Dense(1)):
            D.add(layer)
        model = self.GAN(G, D, z_dim=16, rate=0.0002)
        digits = self.tf.data.Dataset.from_tensor_slices(self.x_train).shuffle(60_000, seed=1).repeat().batch(64)
        for _ in by_epoch(model, digits, steps_per_epoch=200, shuffle=False):
            yield G

    def score(self, model):
        codes = np.random.default_rng(4).normal(size=(5000, 16)).astype("float32")
        made = model.predict(codes, batch_size=500, verbose=0)
        return float(self.frechet(self.feature_moments(made), self.feature_moments(self.x_test[:5000])))


LESSONS = (Banknotes, DenseDigits, Digits, Photographs, Transfer, Series, Autoencoder, Gan)


def compared(kind: type[Lesson]) -> list[str]:
    """Run a lesson in both ways and return its row of the table."""
    lesson = kind()
    keras.utils.set_random_seed(1)
    start = time.process_time()
    model = lesson.ours()
    ours, goal = time.process_time() - start, lesson.score(model)

    keras.utils.set_random_seed(1)
    plain, rounds = 0.0, lesson.plain()
    while plain < PATIENCE * ours:
        start = time.process_time()
        model = next(rounds)
        plain += time.process_time() - start
        reached = lesson.score(model)
        if lesson.sign * (reached - goal) >= 0:
            break
    return [lesson.number, lesson.title, lesson.unit, *(f"{x:.3g}" for x in (ours, goal, plain, reached))]


def main(arguments: list[str] | None = None) -> int:
    """Compare the lessons that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", metavar="NN", help="only the lessons of these notebooks")
    chosen = parser.parse_args(arguments).notebooks

    plt.switch_backend("agg")
    classifier((4,)).fit(np.zeros((8, 4)), np.zeros(8), verbose=0)  # what Keras does once in a process
    head = ["notebook", "lesson", "result", "ours: CPU s", "ours: result", "plain: CPU s", "plain: result"]
    rows = [head, ["---"] * 3 + ["---:"] * 4]
    for kind in LESSONS:
        if not chosen or kind.number in chosen:
            rows.append(compared(kind))
            print(*rows[-1], sep="  ", flush=True)
    if not chosen:
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        lines = f"Measured on {datetime.date.today()}, {os.cpu_count()} cores.\n\n{table}"
        write_text(PAGE, renewed(PAGE.read_text(), lines, BEGIN, END))
    return 0


if __name__ == "__main__":
    sys.exit(main())
