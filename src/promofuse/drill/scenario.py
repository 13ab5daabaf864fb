"""A drill's scenario: a night as data that anyone can read, change and add to; docs/drills.md tells every key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from promofuse.errors import UsageError
from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.response.plan import PLANS
from promofuse.response.triage import Decision

Cells = Mapping[str, str | int | bool | datetime | list[str | int]]  # a row of a plain file, by column


class State(StrEnum):
    """What became of an order by the time somebody noticed."""

    UNSHIPPED = "unshipped"
    NO_ADDRESS = "no-address"
    WITH_INNOCENT = "with-innocent"
    PENDING = "pending"
    ASKED = "asked"
    BUYER_CANCELLED = "buyer-cancelled"
    SHIPPED = "shipped"
    PART_SHIPPED = "part-shipped"
    MARKETPLACE = "marketplace"
    MARKETPLACE_SHIPPED = "marketplace-shipped"


# What the design's table says of each state, in words of its own: triage is held against it.
CALLS_FOR: Final = {
    State.UNSHIPPED: Decision.CANCEL,
    State.NO_ADDRESS: Decision.CANCEL,
    State.WITH_INNOCENT: Decision.CANCEL,
    State.PENDING: Decision.WAIT,
    State.ASKED: Decision.BUYER_REQUESTED,
    State.BUYER_CANCELLED: Decision.GONE,
    State.SHIPPED: Decision.TOO_LATE,
    State.PART_SHIPPED: Decision.TOO_LATE,
    State.MARKETPLACE: Decision.REQUEST,
    State.MARKETPLACE_SHIPPED: Decision.TOO_LATE,
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Trade(_Table):
    """The ordinary days: orders at the full price, spread over the day."""

    sku: str = ""  # blank: the first offer
    price: Decimal | None = None  # None: the offer's list price, else its price
    orders_a_day: int = Field(30, ge=0, le=2000)
    days: int = Field(21, ge=1, le=60)


class Stream(_Table):
    """Orders of one kind in [first, last]; `paid` is what one unit costs the buyer after all discounts.

    `quantities` and `states` are gone through in turn. A `fault` is what the response has to find.
    """

    first: AwareDatetime
    last: AwareDatetime
    count: int = Field(ge=1, le=20_000)
    sku: str
    paid: Decimal = Field(ge=0)
    price: Decimal | None = None  # before discounts; None: what is paid, so that no discount shows
    currency: str = ""
    promotions: tuple[str, ...] = ()
    quantities: tuple[int, ...] = Field((1,), min_length=1)
    states: tuple[State, ...] = Field((State.UNSHIPPED,), min_length=1)
    fault: bool = True
    rising: bool = False  # faster and faster
    one_buyer_from: int = Field(0, ge=0)  # orders of so many units are all one buyer's; 0: none are

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.first > self.last:
            raise ValueError("first is later than last")
        return self

    def times(self) -> list[datetime]:
        """When each of its orders came in."""
        span, power = self.last - self.first, 0.5 if self.rising else 1.0
        return [self.first + span * (number / max(1, self.count - 1)) ** power for number in range(self.count)]


class Person(_Table):
    """What the seller did, and when he noticed in the story. `sku` or `promotion`: he looked it up himself."""

    noticed: AwareDatetime
    plan: str = "cancel-all"
    sku: str = ""
    promotion: str = ""
    since: AwareDatetime | None = None  # from when on the setting was wrong, where he looked it up himself

    @model_validator(mode="after")
    def _known_plan(self) -> Self:
        if self.plan not in PLANS:
            raise ValueError(f"no plan {self.plan!r}; plans: {', '.join(PLANS)}")
        return self


class WorstFinding(_Table):
    """A finding that the check must make: its code and what it must say of the money."""

    code: str
    price: str = ""
    contribution: str = ""
    exposure: str = ""


class ExpectedAlarm(_Table):
    """Which tripwire at the latest after how many loss-making orders; several kinds may be first."""

    kinds: tuple[str, ...]
    orders: int = Field(ge=1)


class Expected(_Table):
    """How the night has to go. Without `alarm` the watch must be silent, without `worst` the check."""

    codes: tuple[str, ...]
    worst: WorstFinding | None = None
    alarm: ExpectedAlarm | None = None
    running: bool = False  # the fault stands already when the check first sees it


class Scenario(_Table):
    """One night. `offers`, `promotions` and `sold` are rows of the plain files, by column."""

    title: str = Field("", max_length=60)  # what it is in a few words, for the table
    about: str
    source: str = ""
    at: AwareDatetime  # when the check looks
    platform: str = "amazon"
    marketplace: str = ""
    currency: str = "USD"
    zone: str = ""
    language: str = ""  # of the buyers; blank: the marketplace's
    fee_rate: str = "0.15"  # of offers that name none
    offers: tuple[dict[str, Any], ...] = Field(min_length=1)
    promotions: tuple[dict[str, Any], ...] = ()
    sold: tuple[dict[str, Any], ...] = ()
    incidents: tuple[dict[str, Any], ...] = ()
    trade: Trade = Trade()
    orders: tuple[Stream, ...] = ()
    person: Person | None = None
    expected: Expected

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        for table, kind in (("offers", Offer), ("promotions", Promotion), ("sold", OrderLine)):
            columns = {field.name for field in fields(kind)}
            for number, row in enumerate(getattr(self, table), start=1):
                if unknown := sorted(row.keys() - columns):
                    raise ValueError(f"{table} {number}: no column {unknown[0]!r}; docs/files.md lists them")
        return self

    @model_validator(mode="after")
    def _somebody_acts(self) -> Self:
        skus = {str(row.get("sku")) for row in self.offers}
        for number, stream in enumerate(self.orders, start=1):
            if stream.sku not in skus:
                raise ValueError(f"orders {number}: no offer {stream.sku!r}; offers: {', '.join(sorted(skus))}")
        if self.faults and self.person is None:
            raise ValueError("orders of a fault need a table [person] with the time `noticed`")
        return self

    @property
    def faults(self) -> tuple[Stream, ...]:
        """The orders that the response has to find."""
        return tuple(stream for stream in self.orders if stream.fault)

    def currency_of(self, stream: Stream) -> str:
        """The currency of a stream's orders."""
        return stream.currency or self.currency


def states_of(stream: Stream) -> Iterator[tuple[int, State]]:
    """Quantity and state of each order of a stream."""
    return islice(zip(cycle(stream.quantities), cycle(stream.states), strict=False), stream.count)


def scenario_names() -> list[str]:
    """The names of the drills that come with Promofuse."""
    return sorted(path.name.removesuffix(".toml") for path in _shipped().iterdir() if path.name.endswith(".toml"))


def scenario_path(name: str) -> Path:
    """Where a drill's file lies: a shipped one by name, or one's own by path."""
    return Path(name) if name.endswith(".toml") else Path(str(_shipped() / f"{name}.toml"))


def load_scenario(name: str) -> Scenario:
    """A shipped drill by name, or a file by path. Raises UsageError that names file, key and reason."""
    path = scenario_path(name)
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        raise UsageError(
            f"no drill {name!r}", hint="`promofuse drill` lists them; a file of your own ends with .toml"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="docs/drills.md has a whole one") from None
    try:
        return Scenario.model_validate(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(str(part) for part in wrong["loc"]) or "file"
        more = f", and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        reason = wrong["msg"].removeprefix("Value error, ")
        raise UsageError(f"{path}: {place}: {reason}{more}", hint="docs/drills.md tells every key") from None


def _shipped() -> Any:
    return resources.files("promofuse.drill") / "scenarios"
