"""A mail server in a process of its own that refuses, drops, delays or falls silent wherever it is told to.

    python mail_server.py PORT ACCEPTED [FAULTS]

It writes the port to stdout once it listens. Every message is appended to the file ACCEPTED, and is durable there,
before the server says yes; an empty ACCEPTED keeps nothing. FAULTS is a JSON list of faults, of which the first that
fits is done: {"phase": P, "do": D, "share": 0.1, "times": 3, "to": "regex"}.

Phases: banner, ehlo, mail, rcpt, data (instead of 354), body (in the middle of it), dot (before the message is kept),
kept (after it). D: a reply such as "451 later", "drop", "hang", "delay:0.2", "half" (half a reply, then drop).
"""

import asyncio
import hashlib
import json
import os
import random
import re
import socket
import sys
import threading


class Server:
    def __init__(self, accepted, faults, seed):
        self.kept = os.open(accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if accepted else None
        self.faults = faults
        self.chance = random.Random(seed)

    def fault(self, phase, recipient=""):
        for fault in self.faults:
            if fault["phase"] != phase or fault.get("times") == 0:
                continue
            if not re.search(fault.get("to", ""), recipient) or self.chance.random() >= fault.get("share", 1):
                continue
            if "times" in fault:
                fault["times"] -= 1
            return fault["do"]
        return ""

    def keep(self, sender, recipient, message):
        if self.kept is None:
            return
        head, _, body = message.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        dates = [line for line in lines if line.lower().startswith(b"date:")]
        identity = b"".join(
            line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"message-id:")
        )
        undated = b"\r\n".join(line for line in lines if line not in dates) + b"\r\n\r\n" + body
        line = json.dumps(
            {
                "id": identity.decode(),
                "from": sender,
                "to": recipient,
                "dates": len(dates),
                "date": dates[0].partition(b":")[2].strip().decode() if dates else "",
                "sha256": hashlib.sha256(undated).hexdigest(),
            }
        )
        os.write(self.kept, line.encode() + b"\n")
        os.fdatasync(self.kept)


class Session(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.buffer = b""
        self.in_body = self.deaf = False
        self.sender = self.recipient = ""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer("banner", "220 ready")

    def data_received(self, data):
        self.buffer += data
        while not self.deaf:
            if self.in_body:
                end = self.buffer.find(b"\r\n.\r\n")
                if self.buffer and self.server.faults and (do := self.server.fault("body", self.recipient)):
                    self.misbehave(do)
                    return
                if end < 0:
                    return
                message, self.buffer = self.buffer[: end + 2], self.buffer[end + 5 :]
                self.in_body = False
                self.take(message)
            else:
                end = self.buffer.find(b"\r\n")
                if end < 0:
                    return
                line, self.buffer = self.buffer[:end].decode(), self.buffer[end + 2 :]
                self.command(line)

    def command(self, line):
        verb = line[:4].upper()
        if verb in ("EHLO", "HELO"):
            self.answer("ehlo", "250-here\r\n250 8BITMIME")
        elif verb == "MAIL":
            self.sender = line.partition("<")[2].partition(">")[0]
            self.answer("mail", "250 sender ok")
        elif verb == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
            self.answer("rcpt", "250 recipient ok")
        elif verb == "DATA":
            self.in_body = self.answer("data", "354 go on")
        elif verb == "QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")

    def take(self, message):
        if self.server.faults and (do := self.server.fault("dot", self.recipient)):
            self.misbehave(do, lambda: self.keep_it(message))
        else:
            self.keep_it(message)

    def keep_it(self, message):
        self.server.keep(self.sender, self.recipient, message.replace(b"\r\n..", b"\r\n."))
        self.answer("kept", "250 2.0.0 queued as 4F2A")

    def answer(self, phase, reply):
        """Reply, or do what the phase's fault says; returns whether the reply is on its way."""
        if self.server.faults and (do := self.server.fault(phase, self.recipient)):
            self.misbehave(do, lambda: self.transport.write(reply.encode() + b"\r\n"))
            return do.startswith("delay")
        self.transport.write(reply.encode() + b"\r\n")
        return True

    def misbehave(self, do, go_on=lambda: None):
        if do == "drop":
            self.deaf = True
            self.transport.abort()
        elif do == "half":
            self.deaf = True
            self.transport.write(b"250-qu")
            self.transport.close()
        elif do == "hang":
            self.deaf = True
        elif do.startswith("delay:"):
            asyncio.get_running_loop().call_later(float(do.partition(":")[2]), go_on)
        else:
            self.transport.write(do.encode() + b"\r\n")
            if do.startswith("421"):
                self.deaf = True
                self.transport.close()


async def serve(port, accepted, faults):
    server = Server(accepted, faults, seed=os.getpid())
    listener = await asyncio.get_running_loop().create_server(lambda: Session(server), "127.0.0.1", port)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


def die_with_parent():
    """End when stdin closes: a test that fails leaves no server behind."""

    def wait():
        while sys.stdin.buffer.read(4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    die_with_parent()
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]) if len(sys.argv) > 3 else []))
