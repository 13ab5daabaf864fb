"""The rules as judges of one shop: each on the cases that it has something to say of, and a crash as an Unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from promofuse.pricing.catalogue import Case, OfferCase, PromotionCase
from promofuse.rules.base import Draft, Rule, Verdict
from promofuse.rules.history import ShopCase
from promofuse.verdicts import Finding, Unknown


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check says of a shop; findings worst and dearest first."""

    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]


class Judges:
    """The rules as the judges of one shop; a rule judges what it overrides a `check_` method for."""

    def __init__(self, rules: Sequence[Rule], shop: ShopCase) -> None:
        self._shop = shop
        self.on_offers = [rule for rule in rules if type(rule).check_offer is not Rule.check_offer]
        self._on_promotions = [rule for rule in rules if type(rule).check_promotion is not Rule.check_promotion]
        self._in_shop = [rule for rule in rules if type(rule).check_in_shop is not Rule.check_in_shop]
        self._on_shop = [rule for rule in rules if type(rule).check_shop is not Rule.check_shop]
        # Asked a million times, most rules have neither overrides nor waivers.
        self._tuned = {rule.code for rule in rules if len(rule.variants) > 1}
        self._waived = {rule.code for rule in rules if rule.waived_until}

    def of_offer(self, case: OfferCase, rules: Iterable[Rule] | None = None) -> Iterator[Verdict]:
        """What all rules on offers, or these of them, say of one offer."""
        for rule in self.on_offers if rules is None else rules:
            yield from self._verdicts(rule, case, lambda rule: rule.check_offer(case))

    def of_promotion(self, case: PromotionCase) -> Iterator[Verdict]:
        """What all rules on promotions say of one promotion."""
        for rule in self._on_promotions:
            yield from self._verdicts(rule, case, lambda rule: rule.check_promotion(case))
        for rule in self._in_shop:
            yield from self._verdicts(rule, case, lambda rule: rule.check_in_shop(case, self._shop))

    def of_shop(self) -> Iterator[Verdict]:
        """What the rules on the whole shop say."""
        for rule in self._on_shop:
            yield from self._verdicts(rule, self._shop, lambda rule: rule.check_shop(self._shop))

    def _verdicts(
        self, rule: Rule, case: Case | ShopCase, check: Callable[[Rule], Iterable[Verdict]]
    ) -> Sequence[Verdict]:
        try:
            told = tuple(check(rule.for_case(case) if rule.code in self._tuned else rule))
            if told and rule.code in self._waived:
                return [rule.waived(said, self._shop.at) if isinstance(said, Draft) else said for said in told]
        except Exception as error:  # noqa: BLE001 any crash must be seen, and must not hide what the others find
            return [rule.unknown(case, f"the rule {rule.name} crashed: {type(error).__name__}: {error}")]
        return told
