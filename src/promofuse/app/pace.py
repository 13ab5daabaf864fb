"""When to look at each shop: at the set pace, and closely for half an hour after a promotion starts or changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from promofuse.facts import Promotion
from promofuse.store.engine import Store
from promofuse.store.promotions import load_promotions

CLOSELY_FOR: Final = timedelta(minutes=30)


class Pace:
    """The last look at each shop, and the times in which it is looked at closely. A restart looks at all at once."""

    def __init__(self, every: int, closely: int) -> None:
        """Seconds between two looks, usually and closely; the closer look is never the slower one."""
        self._every = timedelta(seconds=every)
        self._closely = timedelta(seconds=min(closely, every))
        self._looked: dict[str, datetime] = {}
        self._begun: dict[str, tuple[datetime, ...]] = {}

    @property
    def beat(self) -> int:
        """Seconds between two questions who is due."""
        return int(self._closely.total_seconds())

    def due(self, shops: Iterable[str], at: datetime) -> list[str]:
        """The shops to look at now. A clock that went back makes all due."""
        return [shop for shop in shops if self._is_due(shop, at)]

    def _is_due(self, shop: str, at: datetime) -> bool:
        looked = self._looked.get(shop)
        if looked is None or at < looked:
            return True
        close = any(begun <= at < begun + CLOSELY_FOR for begun in self._begun.get(shop, ()))
        # The scheduler's beat is not exact to the second.
        return at - looked >= (self._closely if close else self._every) - timedelta(seconds=1)

    def looked(self, shop: str, at: datetime, begun: Iterable[datetime]) -> None:
        """A look was taken at `at`; `begun` are the starts and changes that ask for close looks."""
        self._looked[shop] = at
        self._begun[shop] = tuple(begun)


def load_beginnings(store: Store, shop: str, at: datetime) -> tuple[datetime, ...]:
    """When promotions of a shop started or changed within the last half hour, or will start."""
    with store.read() as db:
        return beginnings(load_promotions(db, shop), at)


def beginnings(promotions: Iterable[Promotion], at: datetime) -> tuple[datetime, ...]:
    """Changes seen within the last half hour and starts from then on, the earliest first."""
    oldest = at - CLOSELY_FOR
    live = [promotion for promotion in promotions if promotion.status != "ended"]
    changes = {p.seen_at for p in live if oldest < p.seen_at <= at}
    starts = {p.starts_at for p in live if p.starts_at is not None and oldest < p.starts_at}
    return tuple(sorted(changes | starts))
