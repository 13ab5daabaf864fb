"""The rules of the check, in the order in which they run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from promofuse.rules.base import EXAMPLE_AT, Example, Rule
from promofuse.rules.blind_spots import MissingCost, UnknownStacking, UnreadablePromotion
from promofuse.rules.codes import BudgetAboveStock, CodeMissing, NoPerCustomerLimit
from promofuse.rules.currencies import CurrencySlip
from promofuse.rules.duplicates import DeepDiscountCombines, DuplicatePromotion, OverlappingCoupons
from promofuse.rules.floors import PriceBelowFloor, PriceFarBelowList
from promofuse.rules.limits import CodeWithoutCap
from promofuse.rules.price import BelowCost, MarginBelowMinimum, PriceZeroOrNegative
from promofuse.rules.quantities import BuyGetReversed, FreeItemDearer, TiersOutOfOrder
from promofuse.rules.reach import AmountOffCheapOffers, ScopeGrew
from promofuse.rules.recurrence import SoonAfterIncident
from promofuse.rules.revisions import LargeChange, NumberInWrongField
from promofuse.rules.run import MANY, CheckResult, Listing, check_shop, run_rules
from promofuse.rules.schedule import EndBeforeStart, EndlessPromotion, UnattendedStart, WrongZone
from promofuse.rules.scope import WholeCatalogue
from promofuse.rules.seen_limits import LimitExceeded, SoldOutsideScope, StackedAgainstRules
from promofuse.rules.seen_orders import OrdersAfterEnd, PaidBelowPlan
from promofuse.rules.slips import TypedNumberSlip
from promofuse.rules.stacking import StackBelowCost
from promofuse.rules.tuning import Tables, problem_at
from promofuse.rules.unseen import StaleOrders, UnrecordedPromotion

__all__ = [
    "EXAMPLE_AT",
    "MANY",
    "RULES",
    "CheckResult",
    "Example",
    "Listing",
    "Rule",
    "build_rules",
    "check_shop",
    "run_rules",
]

RULES: Final[tuple[type[Rule], ...]] = (
    BelowCost,
    MarginBelowMinimum,
    PriceZeroOrNegative,
    PriceBelowFloor,
    PriceFarBelowList,
    TypedNumberSlip,
    NumberInWrongField,
    LargeChange,
    BuyGetReversed,
    TiersOutOfOrder,
    CurrencySlip,
    FreeItemDearer,
    StackBelowCost,
    DuplicatePromotion,
    OverlappingCoupons,
    DeepDiscountCombines,
    WholeCatalogue,
    ScopeGrew,
    AmountOffCheapOffers,
    CodeWithoutCap,
    NoPerCustomerLimit,
    CodeMissing,
    BudgetAboveStock,
    EndlessPromotion,
    EndBeforeStart,
    WrongZone,
    UnattendedStart,
    SoonAfterIncident,
    PaidBelowPlan,
    OrdersAfterEnd,
    SoldOutsideScope,
    StackedAgainstRules,
    LimitExceeded,
    MissingCost,
    UnreadablePromotion,
    UnknownStacking,
    StaleOrders,
    UnrecordedPromotion,
)


def build_rules(settings: Mapping[str, Mapping[str, Any]], shops: Collection[str] | None = None) -> tuple[Rule, ...]:
    """All rules with their settings by rule name, the tables `[rules.NAME]`; `shops` are those that there are.

    Raises pydantic's ValidationError with every problem, its place being ("rules", name, key).
    """
    names = {rule.name for rule in RULES}
    problems = [
        problem_at(("rules", name), _no_rule(name), table) for name, table in settings.items() if name not in names
    ]
    built: list[Rule] = []
    for rule in RULES:
        tables = Tables(rule.name, settings.get(rule.name, {}), shops)
        try:
            built.append(_tune(rule.model_validate(tables.settings), tables))
        except ValidationError as error:
            tables.note(error, rule)
        problems += tables.problems
    if problems:
        raise ValidationError.from_exception_data("rules", problems)
    return tuple(built)


def _no_rule(name: str) -> str:
    """Why a table of rules is none, and which was meant."""
    if meant := next((rule.name for rule in RULES if rule.code == name.upper()), ""):
        return f"settings go under the rule's name: [rules.{meant}]"
    alike = get_close_matches(name, [rule.name for rule in RULES], n=1)
    return "no rule has this name; " + (f"did you mean {alike[0]}? " if alike else "") + "`promofuse rules` lists them"


def _tune(rule: Rule, tables: Tables) -> Rule:
    """The rule with its overrides and waivers; what is wrong with them is noted."""
    variants = []
    for number, scope, changed in tables.overrides():
        if (scope.sku or scope.category) and not _looks_closer(type(rule)):
            tables.add(
                "this rule looks at the shop as a whole: only a shop can have its own", changed, "overrides", number
            )
            continue
        try:
            variants.append((scope, type(rule).model_validate({**tables.settings, **changed})))
        except ValidationError as error:
            tables.note(error, type(rule), "overrides", number)
    return rule.tuned(variants, tables.waivers())


def _looks_closer(rule: type[Rule]) -> bool:
    """Whether a rule judges offers or promotions one by one."""
    checks = ("check_offer", "check_promotion", "check_in_shop")
    return any(getattr(rule, name) is not getattr(Rule, name) for name in checks)
