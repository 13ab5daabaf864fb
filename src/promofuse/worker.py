"""The daemon: the cycle at its pace, one instance by lock, drained on SIGTERM, with a heartbeat that others can read.

Whatever goes wrong in a cycle is logged and the next one tries again; the store is what a restart goes on from.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from promofuse.app import now
from promofuse.app.cycle import Cycle, run_cycle
from promofuse.app.pace import Pace, load_beginnings
from promofuse.app.purge import purge
from promofuse.app.standing import Checks
from promofuse.config import Config
from promofuse.errors import PromofuseError
from promofuse.store.engine import Store
from promofuse.store.locks import only_one
from promofuse.store.privacy import Keys

if TYPE_CHECKING:
    from apscheduler.events import JobEvent, JobExecutionEvent
    from apscheduler.schedulers.background import BackgroundScheduler

LOCK: Final = "daemon.lock"
HEARTBEAT: Final = "heartbeat.json"
JUMP: Final = timedelta(minutes=2)  # a clock that differs more from the last cycle's plus the pace has jumped, or slept
FORGET_AFTER: Final = timedelta(minutes=10)  # after the start, then daily

log = structlog.get_logger("promofuse")


@contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """Hold the daemon's lock; raises Refused if another daemon has it. The system frees it on any kind of death."""
    taken = f"another daemon works on {data_dir}"
    with only_one(data_dir / LOCK, taken, hint="stop that one first, or use its log"):
        yield


class Daemon:
    """Looks at each shop every `watch.every` seconds, closely after a promotion began, until it is told to stop."""

    def __init__(self, config: Config, store: Store, keys: Keys, clock: Callable[[], datetime] = now) -> None:
        self._config, self._store, self._keys, self._clock = config, store, keys, clock
        self._stop = threading.Event()
        self._last: datetime | None = None
        self._checks = Checks()
        self._errors: dict[str, str] = {}  # of each shop's last look
        self._pace = Pace(config.watch.every, config.watch.closely)
        self.cycles = 0

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; a cycle that runs is finished first."""
        from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
        from apscheduler.schedulers.background import BackgroundScheduler

        scheduler: BackgroundScheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        scheduler.add_listener(self._missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
        scheduler.add_job(self.look, "interval", seconds=self._pace.beat, next_run_time=now(), id="cycle")
        scheduler.add_job(self.forget, "interval", hours=24, next_run_time=now() + FORGET_AFTER, id="purge")
        previous = {number: signal.signal(number, self._end) for number in (signal.SIGTERM, signal.SIGINT)}
        log.info("daemon.start", shops=list(self._config.shops), every=self._config.watch.every)
        scheduler.start()
        _tell_systemd("READY=1")
        try:
            self._stop.wait()
        finally:
            _tell_systemd("STOPPING=1")
            scheduler.shutdown(wait=True)  # threads: a running cycle is waited for
            for number, handler in previous.items():
                signal.signal(number, handler)
            log.info("daemon.stop", cycles=self.cycles)

    def tick(self) -> Cycle | None:
        """One cycle over all shops; never raises. None where it could not even begin, and the reason is logged."""
        return self._cycle(self._clock(), list(self._config.shops))

    def look(self) -> None:
        """One cycle over the shops that are due; never raises."""
        at = self._clock()
        due = self._pace.due(self._config.shops, at)
        if due or not self._config.shops:
            self._cycle(at, due)
        else:
            _tell_systemd("WATCHDOG=1")

    def _cycle(self, at: datetime, shops: list[str]) -> Cycle | None:
        self._watch_clock(at)
        try:
            cycle = run_cycle(self._config, self._store, self._keys, at, shops, self._checks)
            for shop in shops:
                self._pace.looked(shop, at, load_beginnings(self._store, shop, at))
        except (PromofuseError, OSError) as error:
            log.error("cycle.failed", reason=str(error))
            return None
        except Exception as error:  # noqa: BLE001  a full disk or a locked database today is none tomorrow
            log.error("cycle.failed", reason=f"{type(error).__name__}: {error}")
            return None
        self.cycles += 1
        log_cycle(cycle)
        self._beat(cycle)
        _tell_systemd("WATCHDOG=1")
        return cycle

    def forget(self) -> None:
        """Forget buyers whose time is up, in the database and the outbox; never raises. The inbox is the seller's."""
        try:
            done = purge(self._config, self._store, self._keys, self._clock(), inbox=False)
        except Exception as error:  # noqa: BLE001  as for a cycle
            log.error("purge.failed", reason=f"{type(error).__name__}: {error}")
            return
        log.info("purge", buyers=done.buyers, incidents=list(done.incidents), problems=list(done.problems))

    def _watch_clock(self, at: datetime) -> None:
        """Say so if the clock went back or the machine slept; the watch goes by readings and loses nothing."""
        every = timedelta(seconds=self._config.watch.every)
        if self._last is not None:
            if at < self._last:
                log.warning("clock.back", before=self._last.isoformat(), now=at.isoformat())
            elif at - self._last > every + JUMP:
                log.warning("clock.gap", before=self._last.isoformat(), now=at.isoformat())
        self._last = at

    def _beat(self, cycle: Cycle) -> None:
        """Leave a sign of life beside the database, replaced as a whole."""
        path = self._config.data_dir / HEARTBEAT
        fresh = path.with_suffix(".tmp")
        self._errors |= {shop.shop: shop.error for shop in cycle.shops}
        beat = {
            "at": cycle.at.isoformat(),
            "cycles": self.cycles,
            "open_incidents": cycle.open_incidents,
            "errors": {shop: error for shop, error in self._errors.items() if error},
        }
        with suppress(OSError):
            fresh.write_text(json.dumps(beat), "utf-8")
            fresh.replace(path)

    def _end(self, number: int, _: Any) -> None:
        log.info("daemon.signal", signal=signal.Signals(number).name)
        self._stop.set()

    @staticmethod
    def _missed(event: JobEvent | JobExecutionEvent) -> None:
        error = getattr(event, "exception", None)
        log.warning("cycle.missed", code=event.code, reason=str(error) if error else "the cycle before still runs")


def log_cycle(cycle: Cycle) -> None:
    """One rich line for each shop, one for the mail."""
    for shop in cycle.shops:
        facts: dict[str, Any] = {
            "shop": shop.shop,
            "at": cycle.at.isoformat(),
            "files": shop.read.files,
            "rows": shop.read.rows,
            "gaps": len(shop.read.gaps),
            "seconds": round(shop.read.seconds, 2),
            "findings": len(shop.findings),
            "unknowns": len(shop.unknowns),
            "alarms": len(shop.alarms),
            "incidents": [r.case.incident_id for r in shop.responses if r.case],
            "problems": [problem for r in shop.responses if r.projection for problem in r.projection.problems],
            "data_as_of": shop.data_as_of.isoformat() if shop.data_as_of else None,
            "stale": shop.stale,
        }
        if shop.error:
            log.error("shop.cycle", error=shop.error, **facts)
        else:
            log.info("shop.cycle", **facts)
        for question in shop.questions:
            log.warning("question", shop=shop.shop, promotion=question.promotion_id, says=question.message)
        for alarm in shop.alarms:
            log.warning(
                "alarm",
                shop=shop.shop,
                promotion=alarm.promotion_id,
                kind=alarm.kind.value,
                severity=alarm.severity.value,
                sold_out_minutes=alarm.sold_out_minutes,
                says=alarm.message,
            )
    if cycle.mail_error:
        log.error("mail.failed", reason=cycle.mail_error, next="tried again in the next cycle")
    elif cycle.told:
        log.info("mail.sent", messages=cycle.told)


def configure_log() -> None:
    """Structured lines on stderr: for people on a terminal, JSON otherwise."""
    import sys

    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _tell_systemd(state: str) -> None:
    """sd_notify(3): one datagram to the socket that systemd names; nothing where there is none."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(state.encode())
