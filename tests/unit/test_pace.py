"""How fast to send: buckets, pauses, and when to give up. Times are seconds of no clock in particular."""

import pytest

from promofuse.config import MailConfig
from promofuse.delivery.account import PROVIDERS, Limits
from promofuse.delivery.pace import Bucket, Pace, Patience
from promofuse.delivery.smtp import Trouble


def pace(**limits):
    return Pace(Limits(**limits), jitter=lambda: 1.0)


def test_a_bucket_lets_them_through_evenly():
    bucket = Bucket(30)

    assert bucket.wait(100.0) == 0
    bucket.take(100.0)
    assert bucket.wait(100.0) == pytest.approx(2.0)
    assert bucket.wait(101.5) == pytest.approx(0.5)
    assert bucket.wait(102.0) == pytest.approx(0)


def test_a_fast_bucket_has_a_small_burst():
    bucket = Bucket(6000)
    for _ in range(11):
        assert bucket.wait(5.0) == 0
        bucket.take(5.0)

    assert bucket.wait(5.0) == pytest.approx(1 / 99.8, rel=0.01)


def test_without_limits_nothing_waits():
    free = pace()
    for _ in range(1000):
        free.take("alias.example", 1.0)

    assert free.wait(1.0) == free.wait_for("alias.example", 1.0) == 0
    assert not free.day_is_full


def test_a_domain_waits_for_itself_only():
    slow = pace(per_domain=60)
    slow.take("alias.example", 0.0)

    assert slow.wait_for("alias.example", 0.0) == pytest.approx(1.0)
    assert slow.wait_for("other.example", 0.0) == 0


def test_the_day_counts_what_went_before():
    one = pace(per_day=3)
    one.sent_before(2)
    assert not one.day_is_full
    one.take("alias.example", 0.0)
    assert one.day_is_full


def test_a_busy_server_gets_half_the_connections_and_pauses_that_double():
    one = pace(connections=8)
    one.went_wrong(Trouble.BUSY, "421 slow down", 10.0)
    assert (one.connections, one.paused_until, one.reason) == (4, 12.0, "421 slow down")

    one.went_wrong(Trouble.BUSY, "421 slow down", 11.0)  # another connection tells the same
    assert (one.connections, one.paused_until) == (4, 12.0)

    one.went_wrong(Trouble.BUSY, "421 slow down", 12.0)
    one.went_wrong(Trouble.BUSY, "421 slow down", 16.0)
    assert (one.connections, one.paused_until) == (1, 24.0)
    assert one.wait(20.0) == 4.0


def test_connections_come_back_one_by_one():
    one = pace(connections=4)
    one.went_wrong(Trouble.BUSY, "432", 0.0)
    for _ in range(Pace.RECOVERY):
        one.went_well()
    assert one.connections == 3
    for _ in range(5 * Pace.RECOVERY):
        one.went_well()
    assert one.connections == 4


def test_a_letter_that_goes_through_forgets_the_trouble():
    one = pace()
    one.went_wrong(Trouble.CONNECTION, "dropped", 0.0)
    one.went_wrong(Trouble.CONNECTION, "dropped", 10.0)
    assert one.paused_until == 14.0
    one.went_well()
    one.went_wrong(Trouble.CONNECTION, "dropped", 20.0)
    assert one.paused_until == 22.0
    assert one.connections == 4  # a lost connection is not a full server


def test_pauses_have_jitter_and_an_end():
    calm = Pace(Limits(), Patience(first=2, longest=5), jitter=lambda: 0.0)
    calm.went_wrong(Trouble.CONNECTION, "dropped", 0.0)
    assert calm.paused_until == 1.0
    for now in (10.0, 20.0, 30.0):
        calm.went_wrong(Trouble.CONNECTION, "dropped", now)
    assert calm.paused_until == 32.5


@pytest.mark.parametrize(
    ("trouble", "times"),
    [
        (Trouble.CONNECTION, 6),
        (Trouble.BUSY, 10),
        (Trouble.LOGIN, 2),
        (Trouble.SENDER, 2),
        (Trouble.REFUSED, 20),
    ],
)
def test_it_gives_up_after_so_many_in_a_row_and_says_why(trouble, times):
    one = pace()
    for number in range(times - 1):
        one.went_wrong(trouble, "no", number * 1000.0)
    assert one.gave_up is None
    one.went_wrong(trouble, "535 no", times * 1000.0)

    assert (one.gave_up, one.reason) == (trouble, "535 no")


def test_a_refused_letter_does_not_slow_the_others():
    one = pace()
    one.went_wrong(Trouble.REFUSED, "550 no such user", 0.0)
    one.went_wrong(Trouble.NONE, "450 greylisted", 0.0)

    assert (one.wait(0.0), one.connections) == (0, 4)


def test_a_letter_is_tried_again_a_few_times():
    patience = Patience(letter=(10.0, 40.0))
    one = Pace(Limits(), patience, jitter=lambda: 0.5)

    assert [one.letter_wait(tries) for tries in range(3)] == [10.0, 40.0, None]


def test_the_configuration_overrules_the_provider_but_not_its_connections():
    assert MailConfig(provider="microsoft365").limits == Limits(connections=3, per_minute=30, per_day=10_000)
    assert MailConfig(provider="ses", max_per_minute=6000, max_per_day=100).limits == Limits(
        connections=4, per_minute=6000, per_day=100
    )
    assert MailConfig(max_connections=2, max_per_domain=20).limits == Limits(connections=2, per_domain=20)


def test_providers_are_named_in_the_configuration_and_dated():
    allowed = MailConfig.model_fields["provider"].annotation.__args__

    assert set(allowed) == {"", *PROVIDERS}
    assert all(one.source.startswith("https://") and one.as_of.year >= 2026 for one in PROVIDERS.values())


def test_the_configuration_names_the_server():
    mail = MailConfig(host="smtp.example", port=587, security="starttls", username="me", password="secret")

    assert (mail.server.where, mail.server.security, mail.server.password) == ("smtp.example:587", "starttls", "secret")
    assert "secret" not in repr(mail.server)
