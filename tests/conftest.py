"""Options and settings of all tests."""

import os

import pytest
from hypothesis import Phase, settings

settings.register_profile("ci", deadline=None, print_blob=True)
# A mutant needs no smallest example.
NO_SHRINKING = (Phase.explicit, Phase.generate)
settings.register_profile("mutants", deadline=None, database=None, max_examples=40, phases=NO_SHRINKING)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser):
    parser.addoption("--run-bench", action="store_true", help="run the benchmarks in tests/bench")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--run-bench"):
        skip = pytest.mark.skip(reason="a benchmark; run with --run-bench")
        for item in items:
            if "bench" in item.path.relative_to(config.rootpath).parts:
                item.add_marker(skip)


pytest_plugins = ["commands", "desk"]
