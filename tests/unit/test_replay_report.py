"""The page of a replay: what it says, that it draws what was seen, and that nothing in it can be run."""

import re
from xml.etree import ElementTree as ET

from markupsafe import escape

from promofuse.app.plots import write_report
from promofuse.replay import replay
from promofuse.velocity.settings import WatchSettings
from simulated_shop import START, simulate


def page(tmp_path, seed, leaks):
    folder = tmp_path / "shop"
    folder.mkdir()
    simulate(seed, skus=24, days=12, leaks=leaks, quiet_days=6).write(folder)
    played = replay(folder, WatchSettings(), since=START.replace(day=7), plots=True)
    out = tmp_path / "report.html"
    write_report(out, "<b>mine</b>", played.alarms, played.tracks, played.first, played.last, played.lines)
    return played, out.read_text("utf-8")


def test_it_says_how_often_and_shows_each_alarm(tmp_path):
    played, text = page(tmp_path, 11, 4)
    assert played.alarms
    days = round((played.last - played.first).total_seconds() / 86400)
    times = f"{len(played.alarms)} time{'s' if len(played.alarms) > 1 else ''}"
    assert f"Over {days} days" in text and f"it would have alarmed {times}" in text
    assert text.count("<tr><td>") == len(played.alarms)
    for alarm in played.alarms:
        assert str(escape(alarm.message)) in text
    drawings = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]
    assert len(drawings) == 2 * len({a.promotion_id for a in played.alarms})
    assert all(drawing.find("line") is not None for drawing in drawings)
    assert any(len(drawing.findall("rect")) >= 2 for drawing in drawings)


def test_nothing_from_elsewhere_and_nothing_to_run(tmp_path):
    _, text = page(tmp_path, 11, 4)
    assert "<b>mine</b>" not in text and "&lt;b&gt;mine&lt;/b&gt;" in text
    assert not re.search(r"<script|src=|href=|url\(|https?:", text)


def test_a_calm_shop_has_a_page_too(tmp_path):
    played, text = page(tmp_path, 5, 0)
    assert played.alarms == ()
    assert "it would not have alarmed" in text and "<svg" not in text


def test_plots_change_no_alarm(tmp_path):
    played, _ = page(tmp_path, 11, 4)
    assert replay(tmp_path / "shop", WatchSettings(), since=START.replace(day=7)).alarms == played.alarms
