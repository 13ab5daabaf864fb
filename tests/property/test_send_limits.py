"""A limit per minute holds in every minute, whatever the letters do."""

from hypothesis import given
from hypothesis import strategies as st

from promofuse.delivery.pace import Bucket

MINUTE = 60.0


@given(
    per_minute=st.integers(1, 3000),
    start=st.floats(0, 1e6),
    idle=st.lists(st.tuples(st.integers(1, 300), st.floats(0, 200)), min_size=1, max_size=12),
)
def test_no_minute_has_more_letters_than_its_limit(per_minute, start, idle):
    bucket, now, times = Bucket(per_minute), start, []
    for letters, pause in idle:
        for _ in range(letters):
            now += bucket.wait(now)
            bucket.take(now)
            times.append(now)
        now += pause

    first = 0
    for last, time in enumerate(times):
        while times[first] <= time - MINUTE + 1e-4:
            first += 1
        assert last - first + 1 <= per_minute


@given(per_minute=st.integers(1, 3000), letters=st.integers(1, 500))
def test_a_limit_is_used_up(per_minute, letters):
    bucket, now = Bucket(per_minute), 0.0
    for _ in range(letters):
        now += bucket.wait(now)
        bucket.take(now)

    assert now <= letters * MINUTE / per_minute * 1.12 + 1e-6
