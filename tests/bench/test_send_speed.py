"""Durable sending against aiosmtplib with as many connections and no record, to a sink in a process of its own."""

import asyncio
import time

import aiosmtplib

from post_office import SENDER, MailServer, PostOffice, letter

LETTERS = 8_000
CONNECTIONS = 4
LEAST_RATE = 1_200
LEAST_RATIO = 0.35
TEXT = "We are sorry: the price of your order was wrong, and we are cancelling it.\n" * 40  # 3 kB


async def send_bare(letters, port):
    todo = iter(letters)

    async def work():
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await client.connect()
        for one in todo:
            await client.mail(SENDER.address)
            await client.rcpt("buyer@alias.example")
            await client.data(one.raw)
        await client.quit()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


def timed(send):
    """Seconds by the clock, and of the processor in this process."""
    start, used = time.perf_counter(), time.process_time()
    send()
    return time.perf_counter() - start, time.process_time() - used


def test_sending_with_a_record_of_each_letter(tmp_path):
    letters = [letter(number, text=TEXT) for number in range(LETTERS)]
    with PostOffice(tmp_path, letters) as office, MailServer() as sink:
        bare, bare_used = timed(lambda: asyncio.run(send_bare(letters, sink.port)))
        durable, durable_used = timed(lambda: office.send(sink.port))
        states = office.states()
    print(
        f"\n{LETTERS:,} letters of {len(letters[0].raw):,} bytes: {LETTERS / durable:,.0f}/s with a record, "
        f"{LETTERS / bare:,.0f}/s without, ratio {bare / durable:.2f}; of processor time {bare_used / durable_used:.2f}"
    )
    assert states == {"sent": LETTERS}
    assert bare / durable >= LEAST_RATIO
    if LETTERS / bare >= 3 * LEAST_RATE:  # else the machine is busy with other things, and only the ratio speaks
        assert LETTERS / durable >= LEAST_RATE
