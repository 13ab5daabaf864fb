"""Alarms in the seller's words."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from promofuse.money import decimal_text, power
from promofuse.velocity.one_order import LoneOrder
from promofuse.velocity.scan import Spike

# Signs that mean one currency to any reader; others are written as their code.
_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "RUB": "₽", "TRY": "₺", "CNY": "CN¥"}


def show_money(minor: Fraction, currency: str, *, whole: bool = False) -> str:
    """`$1.93`, `CAD 12.50`; `whole` leaves out the small change from ten units on."""
    unit = power(currency)
    sign = _SIGNS.get(currency, f"{currency} ")
    if whole and abs(minor) >= 10 * unit:
        return f"{sign}{round(minor / unit)}"
    return f"{sign}{decimal_text(round(minor), currency)}"


def describe_spike(spike: Spike, lost: Fraction, depth: float, currency: str, plan: str = "the recorded plan") -> str:
    """`5 loss-making orders in 10 min; expected at most 0.5; losing $1.93/min; $97 so far.`"""
    parts = []
    if spike.window_orders:
        expected = f"{spike.expected:.1f}" if spike.expected < 10 else f"{spike.expected:.0f}"
        parts.append(f"{spike.window_orders} loss-making {_orders(spike.window_orders)} in {spike.window_minutes} min")
        parts.append(f"expected at most {expected}")
    if spike.below_plan:
        parts.append(f"{spike.below_plan} {_orders(spike.below_plan)} paid below {plan}")
    if spike.depth_evidence:
        parts.append(f"the recorded price loses {depth:.0%} of cost, more than this shop's promotions do")
    parts.append(f"losing {show_money(Fraction(spike.loss_per_hour) / 60, currency)}/min")
    parts.append(f"{show_money(lost, currency, whole=True)} so far")
    return "; ".join(parts) + "."


def describe_order(order: LoneOrder, loss: Fraction, currency: str, plan: str = "the plan") -> str:
    """`1 order at $0.99 a unit; the plan is $29.99; losing $18 on it.`"""
    paid = f"1 order at {show_money(order.paid, currency)} a unit"
    if order.planned is not None:
        why = f"{plan} is {show_money(order.planned, currency)}"
    else:
        floor = show_money(order.floor or Fraction(0), currency)
        why = f"{order.stacked} promotions together went below the floor of {floor}"
    return f"{paid}; {why}; losing {show_money(loss, currency, whole=True)} on it."


def describe_bleed(orders: int, lost: Fraction, excess: float, days: float, currency: str) -> str:
    """`$212 lost beyond the plan in 3 days; 41 loss-making orders; $240 so far.`"""
    beyond = show_money(Fraction(excess), currency, whole=True)
    hours = days * 24
    span = f"{days:.0f} days" if days >= 2 else f"{hours:.0f} h" if hours >= 2 else f"{hours * 60:.0f} min"
    so_far = show_money(lost, currency, whole=True)
    return f"{beyond} lost beyond the plan in {span}; {orders} loss-making {_orders(orders)}; {so_far} so far."


def _orders(count: int) -> str:
    return "order" if count == 1 else "orders"
