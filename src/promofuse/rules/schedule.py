"""PF6xx, schedule: when a promotion starts and ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.stacking import begins
from promofuse.rules.base import (
    EXAMPLE_AT,
    Example,
    Rule,
    Verdict,
    depth_unknown,
    example_offer,
    example_promotion,
    last_chance,
    what_to_do,
)
from promofuse.rules.history import History, ShopCase
from promofuse.rules.wording import duration_text, percent_text, time_text
from promofuse.verdicts import Severity


def _known_zone(zone: str) -> str:
    if zone:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no time zone {zone!r}; write it like Asia/Shanghai") from None
    return zone


Zone = Annotated[str, AfterValidator(_known_zone)]

_DAY = timedelta(days=1)
_MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
_IN_LOS_ANGELES = History(zone="America/Los_Angeles")


class EndlessPromotion(Rule):
    """
    A deep discount has no end, or one that is far away.

    ## Why it matters
    What has no end is forgotten, and meets the promotions of next year. Sellers who set one up for a week leave it
    running for months.

    ## What to do
    Set an end; it can be moved while the promotion runs.
    """

    code: ClassVar[str] = "PF601"
    name: ClassVar[str] = "endless-promotion"
    severity: ClassVar[Severity] = Severity.INFO
    longest_days: int = Field(90, ge=1, description="From how many days on a promotion counts as endless.")
    deep: Fraction = Field(Fraction(3, 10), gt=0, le=1, description="Share of the price from which an end is needed.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="40 % off without an end",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(40)),),
            fires=True,
        ),
        Example(
            name="40 % off for a year",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(40), starts_at=EXAMPLE_AT, ends_at=EXAMPLE_AT + 365 * _DAY),
            ),
            fires=True,
        ),
        Example(
            name="40 % off for a week",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(40), ends_at=EXAMPLE_AT + 7 * _DAY),),
            fires=False,
        ),
        Example(
            name="10 % off without an end",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="15.00 off without an end, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(15)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Deep promotions whose end is missing or too far away."""
        promotion = case.promotion
        ends = promotion.ends_at
        if promotion.level == "shipping" or not case.computable:
            return
        if ends is not None and ends - max(begins(promotion), case.at) <= timedelta(days=self.longest_days):
            return
        share = case.largest_share()
        if share is None:
            yield self.unknown(case, depth_unknown(case))
        elif share >= self.deep:
            until = "without an end" if ends is None else f"until {time_text(ends)}"
            yield self.on_promotion(
                case,
                words=(f"{promotion.promotion_id} takes {percent_text(share)} off {until}.", "Set an end date."),
            )


class EndBeforeStart(Rule):
    """
    A promotion ends before it starts, so it never runs.

    ## Why it matters
    Nothing is lost by it, but one of the two dates is a slip, and whoever corrects it in a hurry gets the next one
    wrong.

    ## What to do
    Correct the date that is wrong.
    """

    code: ClassVar[str] = "PF602"
    name: ClassVar[str] = "end-before-start"
    severity: ClassVar[Severity] = Severity.WARNING
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="it ends a day before it starts",
            offers=(example_offer(),),
            promotions=(
                example_promotion(
                    percent_off=Fraction(10), starts_at=EXAMPLE_AT + 3 * _DAY, ends_at=EXAMPLE_AT + 2 * _DAY
                ),
            ),
            fires=True,
        ),
        Example(
            name="it ends a day after it starts",
            offers=(example_offer(),),
            promotions=(
                example_promotion(
                    percent_off=Fraction(10), starts_at=EXAMPLE_AT + 2 * _DAY, ends_at=EXAMPLE_AT + 3 * _DAY
                ),
            ),
            fires=False,
        ),
        Example(
            name="both dates are long past",
            offers=(example_offer(),),
            promotions=(
                example_promotion(
                    percent_off=Fraction(10), starts_at=EXAMPLE_AT - 2 * _DAY, ends_at=EXAMPLE_AT - 3 * _DAY
                ),
            ),
            fires=False,
        ),
    )

    def check_shop(self, shop: ShopCase) -> Iterable[Verdict]:
        """Revisions in force whose range is empty, as long as one of the two dates is still to come."""
        for promotion_id in dict.fromkeys(revision.promotion_id for revision in shop.revisions):
            promotion = shop.book.revision(promotion_id, shop.at)
            if promotion is None or promotion.status == "ended":
                continue
            starts, ends = promotion.starts_at, promotion.ends_at
            if starts is None or ends is None or starts < ends or max(starts, ends) <= shop.at:
                continue
            message = (
                f"{promotion_id} ends at {time_text(ends)}, before it starts at {time_text(starts)}: it never runs."
            )
            yield self.on_shop(
                shop,
                words=(message, "Correct the date that is wrong."),
                promotion_ids=(promotion_id,),
                currency=promotion.currency,
            )


class WrongZone(Rule):
    """
    A start or an end looks as if it was typed in another time zone.

    ## Why it matters
    Midnight typed in UTC is four in the afternoon of the day before in Los Angeles: the promotion runs for eight hours
    in which nobody expects it, beside the one that it was to replace. The night in which the clocks change does the
    same for one hour. It is told for dates still to come: midnight in UTC that is not midnight at the marketplace, and
    an hour beside midnight where the clocks change before the start. Midnight in UTC is info where nothing else of the
    promotion is at midnight at the marketplace: a shop may count its days in UTC.

    ## What to do
    Compare the time with the one that the marketplace shows, in its own zone.
    """

    code: ClassVar[str] = "PF603"
    name: ClassVar[str] = "wrong-zone"
    severity: ClassVar[Severity] = Severity.WARNING
    zone: Zone = Field("", description="The shop's own zone, e.g. Europe/Berlin; blank: the marketplace's zone.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="it starts at midnight UTC on a marketplace in Los Angeles",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=_MIDNIGHT),),
            fires=True,
            history=_IN_LOS_ANGELES,
        ),
        Example(
            name="the clocks change before its start, and it starts at one in the morning",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=datetime(2027, 3, 31, 23, tzinfo=UTC)),),
            fires=True,
            history=History(zone="Europe/Berlin"),
        ),
        Example(
            name="it starts at midnight in Los Angeles",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=_MIDNIGHT + timedelta(hours=8)),),
            fires=False,
            history=_IN_LOS_ANGELES,
        ),
        Example(
            name="it starts at midnight UTC on a marketplace in London, in winter",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=_MIDNIGHT),),
            fires=False,
            history=History(zone="Europe/London"),
        ),
        Example(
            name="it has started already",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=_MIDNIGHT - 7 * _DAY),),
            fires=False,
            history=_IN_LOS_ANGELES,
        ),
        Example(
            name="it starts at midnight UTC, and the marketplace is not known",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=_MIDNIGHT),),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Starts, and ends of scheduled promotions, that are odd at the marketplace and plain elsewhere."""
        promotion, name = case.promotion, case.promotion.promotion_id
        if promotion.starts_at is None or promotion.starts_at <= case.at:
            return
        times = [("starts", promotion.starts_at), ("ends", promotion.ends_at)]
        plain = [(what, when) for what, when in times if when is not None and when.timetz() == time(tzinfo=UTC)]
        place = self.zone or shop.history.zone
        if not place:
            if plain:
                reason = f"whether {name} {plain[0][0]} at midnight: set the shop's marketplace, or zone of this rule"
                yield self.unknown(case, reason)
            return
        zone = ZoneInfo(place)
        odd = [(what, when, "midnight in UTC") for what, when in plain if when.astimezone(zone).time() != time()]
        mixed = not odd or any(when is not None and when.astimezone(zone).time() == time() for _, when in times)
        if not odd and _beside_midnight(promotion.starts_at, promotion.seen_at, zone):
            odd = [("starts", promotion.starts_at, "an hour beside midnight, and the clocks change before it")]
        if not odd:
            return
        what, when, why = odd[0]
        local = f"{when.astimezone(zone):%Y-%m-%d %H:%M}"
        until = last_chance(case, (promotion,), each=True)
        yield self.on_promotion(
            case,
            words=(
                f"{name} {what} at {local} in {place}: that is {why}.",
                what_to_do((promotion,), until, case.at, each=True),
            ),
            severity=Severity.WARNING if mixed else Severity.INFO,
        )


def _beside_midnight(starts: datetime, typed: datetime, zone: ZoneInfo) -> bool:
    """Whether a start is off midnight by exactly what the clocks change between its typing and itself."""
    now, then = typed.astimezone(zone), starts.astimezone(zone)
    change = (then.utcoffset() or timedelta()) - (now.utcoffset() or timedelta())
    return bool(change) and (then - change).time() == time()


class UnattendedStart(Rule):
    """
    A deep discount starts while the shop sleeps.

    ## Why it matters
    Of the losses that became known every third began in the night and was found five to ten hours later. A slip that
    starts while somebody looks costs minutes.

    ## What to do
    Move the start into your working hours, or let `promofuse daemon` watch it with `[alerts]` set.
    """

    code: ClassVar[str] = "PF604"
    name: ClassVar[str] = "unattended-start"
    severity: ClassVar[Severity] = Severity.INFO
    zone: Zone = Field("", description="Where you work, e.g. Asia/Shanghai; blank: the marketplace's zone.")
    night_from: int = Field(23, ge=0, le=23, description="Hour from which nobody looks.")
    night_until: int = Field(6, ge=0, le=23, description="Hour from which somebody looks again.")
    deep: Fraction = Field(
        Fraction(3, 10), gt=0, le=1, description="Share of the price from which a start in the night is told."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="50 % off starts at midnight",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(50), starts_at=_MIDNIGHT + timedelta(hours=8)),),
            fires=True,
            history=_IN_LOS_ANGELES,
        ),
        Example(
            name="50 % off starts at ten in the morning",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(50), starts_at=_MIDNIGHT + timedelta(hours=18)),),
            fires=False,
            history=_IN_LOS_ANGELES,
        ),
        Example(
            name="10 % off starts at midnight",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=_MIDNIGHT + timedelta(hours=8)),),
            fires=False,
            history=_IN_LOS_ANGELES,
        ),
        Example(
            name="15.00 off starts at midnight, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(15), starts_at=_MIDNIGHT + timedelta(hours=8)),),
            fires=None,
            history=_IN_LOS_ANGELES,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Scheduled deep promotions whose start lies in the night."""
        promotion, zone = case.promotion, self.zone or shop.history.zone
        starts = promotion.starts_at
        if starts is None or starts <= case.at or not zone or promotion.level == "shipping" or not case.computable:
            return
        local = starts.astimezone(ZoneInfo(zone))
        early, late = local.hour < self.night_until, local.hour >= self.night_from
        if not ((early or late) if self.night_from > self.night_until else (early and late)):
            return
        share = case.largest_share()
        if share is None:
            yield self.unknown(case, depth_unknown(case))
        elif share >= self.deep:
            yield self.on_promotion(
                case,
                words=(
                    f"{promotion.promotion_id} takes {percent_text(share)} off from {local:%H:%M} in {zone} on, in "
                    f"{duration_text(starts - case.at)}, while nobody looks.",
                    "Move the start into working hours, or let the daemon watch it with [alerts] set.",
                ),
            )
