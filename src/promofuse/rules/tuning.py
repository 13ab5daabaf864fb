"""Settings of rules: the tables `[rules.NAME]`, overrides by shop, category and SKU, and waivers with an end date."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.rules.history import ShopCase
from promofuse.rules.wording import amount_text
from promofuse.verdicts import Finding, Severity


class Scope(BaseModel):
    """Where an override holds: everything that is named has to fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shop: str = ""
    category: str = ""
    sku: str = ""

    @model_validator(mode="after")
    def _names_something(self) -> Scope:
        if not (self.shop or self.category or self.sku):
            raise ValueError("name a shop, a category or a sku")
        return self

    @property
    def rank(self) -> int:
        """How specific it is: an SKU before a category before a shop."""
        return 4 * bool(self.sku) + 2 * bool(self.category) + bool(self.shop)

    def fits(self, case: OfferCase | PromotionCase | ShopCase) -> bool:
        """Whether a case lies in it; a promotion lies in a category, or on an SKU, with all the offers it covers."""
        if self.shop and self.shop != case.shop:
            return False
        if not (self.category or self.sku):
            return True
        if isinstance(case, ShopCase):
            return False
        covered = (case,) if isinstance(case, OfferCase) else case.covered
        return bool(covered) and all(
            self.category in ("", one.offer.category) and self.sku in ("", one.offer.sku) for one in covered
        )


class Waiver(BaseModel):
    """A finding that a person has accepted until a date: shown, and no cause for alarm.

    `promotions` have to hold all that the finding puts at fault, so that a new stack with one of them is not waived.
    Below `lowest_price` it does not hold: a price accepted once is no leave for a slip.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shop: str = ""
    promotions: tuple[str, ...] = ()
    sku: str = ""
    lowest_price: Fraction | None = Field(None, ge=0)
    reason: str = Field(min_length=3)
    until: datetime

    @field_validator("until", mode="before")
    @classmethod
    def _day(cls, until: object) -> object:
        """A date ends with its day, in UTC; a time needs its offset."""
        if isinstance(until, date) and not isinstance(until, datetime):
            return datetime.combine(until, time.max, UTC)
        if isinstance(until, datetime) and until.tzinfo is None:
            raise ValueError("give the time an offset from UTC, or a date alone")
        return until

    @model_validator(mode="after")
    def _names_something(self) -> Waiver:
        if not (self.shop or self.promotions or self.sku):
            raise ValueError("name a shop, promotions or a sku: a waiver for all would switch the rule off")
        return self

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding, whatever the date and the price."""
        return (
            self.shop in ("", finding.shop)
            and self.sku in ("", finding.sku)
            and (
                not self.promotions or (bool(finding.promotion_ids) and {*finding.promotion_ids} <= {*self.promotions})
            )
        )

    def fault(self, finding: Finding, at: datetime) -> str:
        """Why it does not hold for a finding that it covers; blank where it does."""
        if self.until < at:
            return f"the waiver ended on {_day(self.until)}"
        if self.lowest_price is not None and (finding.price is None or finding.price < self.lowest_price):
            return f"the waiver holds for prices from {amount_text(self.lowest_price, finding.currency)} on"
        return ""


def waive(finding: Finding, waivers: Sequence[Waiver], at: datetime) -> Finding:
    """A finding that a waiver covers is info and says so; one whose waiver does not hold any more says that, too."""
    about = sorted((waiver for waiver in waivers if waiver.covers(finding)), key=_until, reverse=True)
    if not about:
        return finding
    for waiver in about:
        if not waiver.fault(finding, at):
            waived = f"waived until {_day(waiver.until)}: {waiver.reason}"
            return replace(finding, severity=Severity.INFO, waived=True, waiver=waived)
    return replace(finding, waiver=f"{about[0].fault(finding, at)}: {about[0].reason}")


def _day(until: datetime) -> str:
    return f"{until.astimezone(UTC):%Y-%m-%d}"


def _until(waiver: Waiver) -> datetime:
    return waiver.until


class Tables:
    """The tables of one rule, taken apart; problems are collected with their place."""

    def __init__(self, name: str, table: Mapping[str, Any], shops: Collection[str] | None) -> None:
        self._place = ("rules", name)
        self._shops = shops
        self._table = table
        self.settings = {key: value for key, value in table.items() if key not in ("overrides", "waivers")}
        self.problems: list[InitErrorDetails] = []

    def waivers(self) -> tuple[Waiver, ...]:
        """The rule's waivers that can be used."""
        found = []
        for number, given in self._list("waivers"):
            try:
                waiver = Waiver.model_validate(given)
            except ValidationError as error:
                self.note(error, Waiver, "waivers", number)
                continue
            self._check_shop(waiver.shop, "waivers", number)
            found.append(waiver)
        return tuple(found)

    def overrides(self) -> list[tuple[int, Scope, dict[str, Any]]]:
        """The rule's overrides, the most specific first: number, scope, settings."""
        found: dict[Scope, tuple[int, Scope, dict[str, Any]]] = {}
        for number, given in self._list("overrides"):
            settings = {key: value for key, value in given.items() if key not in Scope.model_fields}
            try:
                scope = Scope.model_validate({key: value for key, value in given.items() if key not in settings})
            except ValidationError as error:
                self.note(error, Scope, "overrides", number)
                continue
            self._check_shop(scope.shop, "overrides", number)
            if not settings:
                self.add("it sets nothing", given, "overrides", number)
            elif scope in found:
                self.add(f"the same scope as number {found[scope][0] + 1}", given, "overrides", number)
            else:
                found[scope] = (number, scope, settings)
        return sorted(found.values(), key=lambda override: -override[1].rank)

    def note(self, error: ValidationError, model: type[BaseModel], *place: str | int) -> None:
        """Keep what was wrong with the settings of a model, at its place below the rule's table."""
        for problem in error.errors():
            message = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "extra_forbidden":
                known = ", ".join(model.model_fields)
                message = f"there is no such setting here; there are {known}" if known else "this rule has no settings"
            self.add(message, problem["input"], *place, *problem["loc"])

    def add(self, message: str, given: object, *place: str | int) -> None:
        """Keep one problem."""
        self.problems.append(problem_at((*self._place, *place), message, given))

    def _list(self, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        given = self._table.get(key, [])
        if not isinstance(given, (list, tuple)) or not all(isinstance(one, Mapping) for one in given):
            self.add(f"write it as [[rules.{self._place[1]}.{key}]], a table for each", given, key)
            return
        yield from enumerate(given)

    def _check_shop(self, shop: str, *place: str | int) -> None:
        if shop and self._shops is not None and shop not in self._shops:
            self.add(f"there is no shop {shop!r}; there are {', '.join(sorted(self._shops))}", shop, *place, "shop")


def problem_at(place: tuple[int | str, ...], message: str, given: object) -> InitErrorDetails:
    """A problem of the configuration for pydantic's ValidationError."""
    return InitErrorDetails(
        type=PydanticCustomError("rule_settings", "{why}", {"why": message}), loc=place, input=given
    )
