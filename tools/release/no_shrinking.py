"""A plugin of pytest for `mutate`: that a test fails is enough, Hypothesis need not look for its simplest failure."""

from hypothesis import Phase, settings

settings.register_profile("no shrinking", phases=[Phase.explicit, Phase.reuse, Phase.generate])
settings.load_profile("no shrinking")
