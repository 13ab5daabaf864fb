"""Which promotions name an SKU in common, kept up promotion by promotion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promofuse.facts import Promotion


class SharedSkus:
    """The SKUs that promotions name, by the set of promotions that name them: there are few such sets."""

    def __init__(self) -> None:
        self._promotions: dict[str, Promotion] = {}
        self._set_of: dict[str, int] = {}  # SKU or * -> number of the set
        self._sets: list[frozenset[str]] = [frozenset()]
        self._numbers: dict[frozenset[str], int] = {frozenset(): 0}
        self._sizes: list[int] = [0]

    def update(self, promotions: Iterable[Promotion]) -> None:
        """Take these promotions in the place of all before; only those that name other SKUs cost anything."""
        now = {promotion.promotion_id: promotion for promotion in promotions}
        for promotion_id, known in self._promotions.items():
            if promotion_id not in now or now[promotion_id].skus != known.skus:
                self._move(promotion_id, known.skus, add=False)
        for promotion_id, promotion in now.items():
            known_skus = self._promotions[promotion_id].skus if promotion_id in self._promotions else None
            if known_skus != promotion.skus:
                self._move(promotion_id, promotion.skus, add=True)
        self._promotions = now

    def near(self) -> Mapping[str, set[str]]:
        """For each promotion all that name an SKU of it, itself among them; `*` is every SKU."""
        found: dict[str, set[str]] = {promotion_id: {promotion_id} for promotion_id in self._promotions}
        everywhere = self._sets[self._set_of.get("*", 0)]
        used = (members for members, size in zip(self._sets, self._sizes, strict=True) if size)
        for members in (*used, *(frozenset((*everywhere, one)) for one in found if everywhere)):
            for promotion_id in members:
                found[promotion_id] |= members
        return found

    def _move(self, promotion_id: str, skus: Iterable[str], *, add: bool) -> None:
        """Add one promotion to the sets of SKUs, or take it out of them."""
        moved: dict[int, int] = {}
        sizes, set_of = self._sizes, self._set_of
        for sku in dict.fromkeys(skus):
            old = set_of.get(sku, 0)
            new = moved.get(old)
            if new is None:
                members = self._sets[old]
                new = moved[old] = self._number(members | {promotion_id} if add else members - {promotion_id})
            set_of[sku] = new
            sizes[old] -= 1
            sizes[new] += 1

    def _number(self, members: frozenset[str]) -> int:
        number = self._numbers.get(members)
        if number is None:
            number = self._numbers[members] = len(self._sets)
            self._sets.append(members)
            self._sizes.append(0)
        return number
