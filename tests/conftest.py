"""Every test begins with the same seeds, whichever tests ran before it in its process."""

from __future__ import annotations

import random

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(1)  # Keras draws the seeds of its layers from it
    np.random.seed(1)
