"""An alarm put together: what it is about, how much it lost, how bad a night of it can get."""

from __future__ import annotations

from promofuse.instants import moment
from promofuse.velocity.sale import Sale
from promofuse.velocity.stake import judge_stake
from promofuse.verdicts import Alarm, AlarmKind


def compose_alarm(
    kind: AlarmKind,
    sale: Sale,
    score: float,
    message: str,
    *,
    shop: str,
    loss_per_hour: float,
    stock: int | None,
    budget: float,
) -> Alarm:
    """The alarm that a line raises; money in minor units, `stock` None where it is not known or of many SKUs.

    Where no promotion is named the message begins with the SKU, for tables have no column of it.
    """
    watched = sale.watched
    loss_per_unit = max(0.0, sale.loss / sale.scale / (sale.line.quantity or 1))
    stake = judge_stake(
        loss_per_hour=loss_per_hour,
        loss_per_unit=loss_per_unit,
        units_per_hour=loss_per_hour / loss_per_unit if loss_per_unit else 0.0,
        stock=stock,
        budget=budget,
    )
    return Alarm(
        kind=kind,
        shop=shop,
        promotion_id=sale.cause,
        at=moment(sale.at),
        since=moment(watched.scan.plan.since),
        score=score,
        orders=watched.scan.orders,
        lost=round(watched.scan.lost),
        currency=sale.line.currency,
        message=f"{watched.sku}, no promotion named: {message}" if watched.sku else message,
        severity=stake.severity,
        sold_out_minutes=stake.sold_out_minutes,
        sku=watched.sku,
    )
