"""The tail of the negative binomial against an independent implementation."""

import math

import pytest

from promofuse.velocity.counts import surprise


@pytest.mark.parametrize("mean", [0.01, 0.3, 0.5, 1.7, 5.0, 40.0, 700.0])
def test_tails_agree_with_scipy(mean):
    stats = pytest.importorskip("scipy.stats")
    compared = 0
    for count in (1, 2, 3, 5, 8, 13, 40, 200, 800, 3000):
        theirs = -stats.nbinom.logsf(count - 1, 3, 3 / (mean + 3))
        if count > mean and math.isfinite(theirs) and theirs < 600:
            assert surprise(count, mean) == pytest.approx(theirs, rel=1e-9)
            compared += 1
    assert compared >= 2
