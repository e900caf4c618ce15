"""A client of the wire protocol that counts rows and discards them.

libpq keeps the rows of a result until the last has come; an attack's rows would fill the memory of
the test. This client also sends messages that no driver sends, from any loopback address.
"""

import base64
import dataclasses
import hashlib
import hmac
import secrets
import socket
import struct
import time

from wire import message, opening


@dataclasses.dataclass
class Outcome:
    """How a series of messages ended."""

    # SQLSTATE of the last error; None if there was none.
    state: str = None
    text: str = ""
    rows: int = 0
    size: int = 0
    # Seconds until ReadyForQuery.
    took: float = 0.0
    # Whether the server closed the connection before ReadyForQuery.
    closed: bool = False
    # Whether there was no ReadyForQuery in time.
    hung: bool = False

    def __str__(self):
        ended = "hung" if self.hung else "connection closed" if self.closed else self.state or "ok"
        return f"{ended} after {self.took:.1f} s, {self.rows} rows, {self.size >> 20} MiB {self.text[:90]}"


class Client:
    """A session. It logs in with SCRAM-SHA-256, or raises ConnectionError with the server's message."""

    def __init__(self, server, user=None, password=None, source="127.0.0.1", patience=30):
        self.address = server.host, server.port
        self.source = source
        self.patience = patience
        self.socket = socket.create_connection(self.address, patience, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key = None
        try:
            self.log_in(user or server.user, password or server.password)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.socket.settimeout(1)
            self.socket.sendall(message(b"X"))
        except OSError:
            pass
        self.socket.close()

    def log_in(self, user, password):
        nonce = base64.b64encode(secrets.token_bytes(18)).decode()
        first = f"n=,r={nonce}"
        self.socket.sendall(opening(user=user, database="aws"))
        while True:
            kind, body = self.receive()
            if kind == b"E":
                raise ConnectionError(fields(body).get("M", ""), fields(body).get("C"))
            if kind == b"Z":
                return
            if kind == b"K":
                self.key = body
            if kind != b"R":
                continue
            step, rest = struct.unpack("!i", body[:4])[0], body[4:]
            if step == 10:
                response = f"n,,{first}".encode()
                self.send(b"p", b"SCRAM-SHA-256\0", struct.pack("!i", len(response)), response)
            if step == 11:
                self.send(b"p", proof(password, first, rest.decode()).encode())

    def send(self, kind, *parts):
        self.socket.sendall(message(kind, *parts))

    def query(self, text, patience=None):
        """Runs statements in the simple protocol."""
        return self.exchange([message(b"Q", encoded(text))], patience)

    def execute(self, text, *values, patience=None):
        """Runs a statement in the extended protocol, its values as texts."""
        series = [parse("", text), bind("", "", values), message(b"E", b"\0", bytes(4)), message(b"S")]
        return self.exchange(series, patience)

    def describe(self, text, patience=None):
        """Parses and describes a statement."""
        return self.exchange([parse("", text), message(b"D", b"S\0"), message(b"S")], patience)

    def exchange(self, messages, patience=None):
        """Sends a series that ends with Query or Sync, and reads to ReadyForQuery."""
        began = time.monotonic()
        outcome = Outcome()
        try:
            self.socket.settimeout(patience or self.patience)
            for each in messages:
                self.socket.sendall(each)
            self.read(outcome, began + (patience or self.patience))
        except TimeoutError:
            outcome.hung = True
        except OSError as error:
            outcome.closed = True
            outcome.text = outcome.text or str(error)
        outcome.took = time.monotonic() - began
        return outcome

    def read(self, outcome, until):
        while True:
            kind, body = self.receive(until, keep=b"EZ")
            if kind == b"E":
                said = fields(body)
                outcome.state, outcome.text = said.get("C"), said.get("M", "")
            elif kind == b"D" or kind == b"d":
                outcome.rows += 1
                outcome.size += body
            elif kind == b"Z":
                return

    def receive(self, until=None, keep=None):
        """A message: its type, and its body if the type is in `keep`, else the length of the body."""
        kind, length = struct.unpack("!ci", self.take(5, until))
        if keep is None or kind in keep:
            return kind, self.take(length - 4, until)
        self.take(length - 4, until, discard=True)
        return kind, length - 4

    def take(self, length, until=None, discard=False):
        taken = bytearray(min(length, PIECE) if discard else length)
        view, at = memoryview(taken), 0
        while at < length:
            if until is not None:
                self.socket.settimeout(max(until - time.monotonic(), 0.001))
            room = view[: length - at] if discard else view[at:]
            came = self.socket.recv_into(room)
            if came == 0:
                raise ConnectionError("the server closed the connection")
            at += came
        return bytes(taken) if not discard else b""

    def cancel(self):
        """Sends a cancel request for this session."""
        with socket.create_connection(self.address, self.patience, (self.source, 0)) as other:
            other.sendall(message(b"", struct.pack("!i", 80877102), self.key))
            other.recv(1)


def parse(name, text, types=()):
    return message(b"P", encoded(name), encoded(text), numbers(types, "!i"))


def bind(portal, statement, values=()):
    values = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    bound = b"".join(struct.pack("!i", len(value)) + value for value in values)
    return message(
        b"B", encoded(portal), encoded(statement), bytes(2),
        struct.pack("!H", len(values)), bound, bytes(2),
    )


def describe(statement):
    return message(b"D", b"S" + encoded(statement))


def execute(portal, rows=0):
    return message(b"E", encoded(portal), struct.pack("!i", rows))


def numbers(all, form):
    return struct.pack("!H", len(all)) + b"".join(struct.pack(form, each) for each in all)


def encoded(text):
    return (text if isinstance(text, bytes) else text.encode()) + b"\0"


def fields(body):
    """The fields of an ErrorResponse."""
    parts = bytes(body).split(b"\0")
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in parts if part}


def proof(password, first, challenge):
    """The client's final message of SCRAM-SHA-256 (RFC 5802, RFC 7677)."""
    said = dict(part.split("=", 1) for part in challenge.split(","))
    salted = salted_password(password, said["s"], int(said["i"]))
    final = f"c=biws,r={said['r']}"
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    signature = hmac.digest(stored, f"{first},{challenge},{final}".encode(), "sha256")
    made = bytes(one ^ other for one, other in zip(client, signature))
    return f"{final},p={base64.b64encode(made).decode()}"


def salted_password(password, salt, rounds):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), rounds)


# Bytes of a discarded message that are read at once.
PIECE = 1 << 20
