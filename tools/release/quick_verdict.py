"""A plugin of pytest for `mutate`, where the first failure is the verdict: it should come soon."""

from collections import Counter

import pytest
from hypothesis import Phase, settings

# That a test fails is enough, Hypothesis need not look for its simplest failure.
settings.register_profile("quick", phases=[Phase.explicit, Phase.reuse, Phase.generate])
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests with few cases first; cells of notebooks, which are no functions, keep their order."""
    cases = Counter(item.originalname for item in items if isinstance(item, pytest.Function))
    items.sort(key=lambda item: cases[getattr(item, "originalname", None)])
