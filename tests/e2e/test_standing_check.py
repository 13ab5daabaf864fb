"""The daemon's check of a large shop: kept between cycles, and the same as a fresh one after every change."""

from __future__ import annotations

from datetime import datetime

import pytest

from desk import CATALOGUE, promotions
from promofuse.app import standing
from promofuse.app.check import check_stored
from promofuse.app.cycle import run_cycle
from promofuse.app.standing import Checks
from promofuse.cli.options import open_session
from promofuse.rules.standing import StandingCheck
from reports import at


@pytest.fixture
def large(monkeypatch):
    """A shop of two offers counts as a large one; how often one is checked from the beginning."""
    made = []
    usual = StandingCheck.__init__

    def counted(self, *args):
        made.append(args[0])
        usual(self, *args)

    monkeypatch.setattr(standing, "MANY", 1)
    monkeypatch.setattr(StandingCheck, "__init__", counted)
    return made


def test_a_cycle_looks_again_only_at_what_changed(desk, large):
    desk.shop()
    corrected = promotions(
        {"seen_at": at(-120), "percent_off": "97.5", "intended_percent_off": "9.75"},
        {"seen_at": at(20), "percent_off": "9.75", "intended_percent_off": "9.75"},
    )
    dearer = CATALOGUE.replace(b"14.50", b"39.505")
    steps = [
        (10, {}, ["us"]),
        (15, {}, ["us"]),
        (30, {"promotions.csv": corrected}, ["us"]),
        (40, {"catalogue.csv": dearer}, ["us", "us"]),
        (50, {}, ["us", "us"]),
        (45, {}, ["us", "us", "us"]),  # a clock that went back
    ]

    with open_session(desk.base / "config.toml", at(0)) as session:
        checks, told = Checks(), []
        for minutes, files, made in steps:
            desk.put(files)
            moment = datetime.fromisoformat(at(minutes))
            cycle = run_cycle(session.config, session.store, session.keys, moment, checks=checks)
            shop = cycle.shops[0]
            assert not shop.error
            assert large == made
            fresh = check_stored(session.config, session.store, "us", moment)
            assert (shop.findings, shop.unknowns) == (fresh.findings, fresh.unknowns)
            del large[len(made) :]
            told.append({finding.code for finding in shop.findings})

    assert "PF101" in told[0] & told[1]
    assert "PF101" not in told[2]
    assert "PF101" in told[3]


def test_a_check_that_failed_is_not_used_again(desk, large, monkeypatch):
    desk.shop()
    with open_session(desk.base / "config.toml", at(0)) as session:
        checks = Checks()

        def cycle(minutes):
            return run_cycle(
                session.config, session.store, session.keys, datetime.fromisoformat(at(minutes)), checks=checks
            ).shops[0]

        assert not cycle(10).error
        with monkeypatch.context() as broken:
            broken.setattr(StandingCheck, "check", lambda *_, **__: 1 / 0)
            assert "ZeroDivisionError" in cycle(11).error
        assert not cycle(12).error
    assert large == ["us", "us"]
