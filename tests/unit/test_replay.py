"""Replaying a folder of plain files: leaks are found within a few orders, calm shops stay silent, order is restored."""

import csv
import gzip
import random
import sys
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

import promofuse.replay
from promofuse.errors import UsageError
from promofuse.replay import ALARM_COLUMNS, replay, write_alarms
from promofuse.velocity.settings import WatchSettings
from promofuse.verdicts import Alarm, AlarmKind
from simulated_shop import MINUTE, START, SimulatedShop, simulate

SETTINGS = WatchSettings()


@cache
def leaking() -> SimulatedShop:
    return simulate(11, skus=24, days=12, leaks=4, quiet_days=6)


@pytest.fixture
def folder(tmp_path):
    leaking().write(tmp_path)
    return tmp_path


def test_a_leak_is_found_within_a_few_orders(folder):
    replayed = replay(folder, SETTINGS, since=START + timedelta(days=6))

    leaks = {leak.promotion_id: leak for leak in leaking().leaks if leak.speed > 10}
    assert leaks
    for promotion_id, leak in leaks.items():
        first = next(a for a in replayed.alarms if a.promotion_id == promotion_id)
        before = [
            line
            for line in leaking().lines
            if promotion_id in line.promotion_ids and leak.start <= line.ordered_at and line.seen_at <= first.at
        ]
        assert leak.start <= first.at <= leak.end
        assert len(before) <= 6
    assert sum(a.promotion_id not in {leak.promotion_id for leak in leaking().leaks} for a in replayed.alarms) == 0
    assert replayed.lines == len(leaking().lines)
    assert replayed.gaps == ()


def test_a_calm_shop_is_silent(tmp_path):
    simulate(5, skus=24, days=10).write(tmp_path)

    assert replay(tmp_path, SETTINGS).alarms == ()


def test_since_and_until_bound_the_alarms_but_not_the_history(folder):
    alarms = replay(folder, SETTINGS).alarms
    last = alarms[-1].at

    later = replay(folder, SETTINGS, since=last - timedelta(hours=1)).alarms
    assert later
    assert all(a.at >= last - timedelta(hours=1) for a in later)
    assert replay(folder, SETTINGS, until=last).alarms == tuple(a for a in alarms if a.at < last)


def test_an_unsorted_file_gives_the_same_alarms(folder, monkeypatch):
    monkeypatch.setattr(promofuse.replay, "_SORT_AT_ONCE", 700)
    monkeypatch.setattr(promofuse.replay, "_MERGE_AT_ONCE", 100)
    expected = replay(folder, SETTINGS)
    shuffled = sorted(leaking().lines, key=lambda line: line.order_id)
    random.Random(3).shuffle(shuffled)
    leaking().write(folder, shuffled)

    assert replay(folder, SETTINGS) == expected


def test_later_states_of_a_line_are_not_counted_again(folder):
    expected = replay(folder, SETTINGS)
    twice = [line for line in leaking().lines for _ in range(2)]
    leaking().write(folder, sorted(twice + leaking().lines[-500:], key=lambda line: line.seen_at))

    assert replay(folder, SETTINGS) == expected


def test_status_columns_are_not_looked_at(folder):
    expected = replay(folder, SETTINGS).alarms
    with gzip.open(folder / "orders.csv.gz", "rt", newline="") as file:
        rows = list(csv.reader(file))
    with gzip.open(folder / "orders.csv.gz", "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*rows[0], "status", "cancelled_by"])
        writer.writerows([*row, "cancelled", "seller"] for row in rows[1:])

    assert replay(folder, SETTINGS).alarms == expected


def test_a_bad_row_is_a_gap_and_the_rest_is_read(folder):
    with gzip.open(folder / "orders.csv.gz", "at", newline="") as file:
        file.write("X,1,yesterday,,SIM-001,1,1.00,0,USD,\n")
    replayed = replay(folder, SETTINGS)

    (gap,) = replayed.gaps
    assert (gap.file, gap.column, replayed.lines) == ("orders.csv.gz", "ordered_at", len(leaking().lines))


def rewritten(folder, change):
    """The folder's order rows, header first, put down again as `change` gives them."""
    with gzip.open(folder / "orders.csv.gz", "rt", newline="") as file:
        rows = list(csv.reader(file))
    with gzip.open(folder / "orders.csv.gz", "wt", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([rows[0], *change(rows[1:])])


@pytest.fixture
def sorts(monkeypatch):
    """Every history is large; the files that DuckDB was asked to sort, and those that it left."""
    monkeypatch.setattr(promofuse.replay, "_LARGE", 0)
    asked, left = [], []

    class Told(promofuse.replay.SortedRows):
        def __init__(self, path, without):
            asked.append(path.name)
            super().__init__(path, without)

        def by(self, times):
            try:
                yield from super().by(times)
            except promofuse.replay.NotSortable:
                left.append(self._path.name)
                raise

    monkeypatch.setattr(promofuse.replay, "SortedRows", Told)
    return asked, left


@pytest.mark.parametrize("seed", [None, 3])
def test_a_large_history_is_sorted_by_duckdb_and_raises_the_same_alarms(folder, monkeypatch, sorts, seed):
    def disturb(rows):
        rows = [*rows, ["X", "1", "yesterday", "", "SIM-001", "1", "1.00", "0", "USD", ""], [""] * len(rows[0])]
        rows += rows[200:400]  # repeated, and some lines wait for their seen_at
        for row in rows[::7]:
            row[3] = ""
        if seed is not None:
            random.Random(seed).shuffle(rows)
        return rows

    rewritten(folder, disturb)
    by_duckdb = replay(folder, SETTINGS)
    assert sorts == (["orders.csv.gz"], [])
    monkeypatch.setattr(promofuse.replay, "can_sort", lambda: False)
    plain = replay(folder, SETTINGS)

    assert by_duckdb == plain
    assert len(plain.gaps) == 1
    assert plain.alarms


def test_order_files_of_two_shapes_are_merged_by_duckdb_as_they_are_without(folder, monkeypatch, sorts):
    with gzip.open(folder / "orders.csv.gz", "rt", newline="") as file:
        header, *rows = csv.reader(file)
    half = len(rows) // 2
    with gzip.open(folder / "orders.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([header, *rows[:half]])  # CR LF
    with (folder / "orders-2.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(row[::-1] for row in [header, *rows[half:][::-1]])
    by_duckdb = replay(folder, SETTINGS)
    monkeypatch.setattr(promofuse.replay, "can_sort", lambda: False)

    assert by_duckdb == replay(folder, SETTINGS)
    assert by_duckdb.lines == len(rows)
    assert sorts == (["orders-2.csv", "orders.csv.gz"], [])


@pytest.mark.parametrize("sku", ["SIM\n001", 'a "b" c'])
def test_what_duckdb_may_read_otherwise_is_streamed(folder, monkeypatch, sorts, sku):
    rewritten(folder, lambda rows: [[*rows[0][:4], sku, *rows[0][5:]], *rows[1:]])
    by_duckdb = replay(folder, SETTINGS)
    monkeypatch.setattr(promofuse.replay, "can_sort", lambda: False)

    assert by_duckdb == replay(folder, SETTINGS)
    assert sorts[1] == (["orders.csv.gz"] if "\n" in sku else [])


def test_without_the_extra_a_large_history_is_streamed(folder, monkeypatch, sorts):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    expected = replay(folder, SETTINGS)
    monkeypatch.setattr(promofuse.replay, "_LARGE", 1 << 60)

    assert sorts == ([], [])
    assert replay(folder, SETTINGS) == expected


def test_a_folder_without_orders_is_an_error(folder):
    (folder / "orders.csv.gz").unlink()

    with pytest.raises(UsageError, match="no orders"):
        replay(folder, SETTINGS)


def test_alarms_are_written_as_csv(tmp_path):
    at = datetime(2027, 3, 1, 8, 30, 0, 250_000, tzinfo=UTC)
    alarm = Alarm(
        kind=AlarmKind.SPIKE, shop="sim", promotion_id="=P;1", at=at, since=at - MINUTE, score=11.239, orders=5,
        lost=9712, currency="USD", message="5 loss-making orders in 10 min; $97 so far.",
    )  # fmt: skip
    write_alarms(tmp_path / "alarms.csv", [alarm])

    with (tmp_path / "alarms.csv").open(newline="") as file:
        header, row = csv.reader(file)
    assert tuple(header) == ALARM_COLUMNS
    assert row == [
        "2027-03-01T08:30:00.250000Z", "'=P;1", "spike", "11.24", "5", "97.12", "USD",
        "5 loss-making orders in 10 min; $97 so far.",
    ]  # fmt: skip
