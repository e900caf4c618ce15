"""`vmfa srv` in a directory of its own, for clients of PostgreSQL."""

import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading

from support import ACCOUNT, VMFA, clean_environment, drain


class SrvServer:
    """`vmfa srv` as a user starts it, with an access key of the root. `prefix` is a command
    that runs it, such as one that limits its memory."""

    def __init__(self, directory, *flags, environment=None, key=True, prefix=()):
        self.directory = pathlib.Path(directory)
        self.environment = {
            **clean_environment(),
            "VMFA_ACCOUNT_ID": ACCOUNT,
            "VMFA_DATA_DIR": str(self.directory),
            **(environment or {}),
        }
        self.user, self.password = self.new_root_key() if key else (None, None)
        self.process = subprocess.Popen(
            [*prefix, VMFA, "srv", "--pgsrv.port", "0", *flags],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self.drain = threading.Thread(target=drain, args=(self.process.stderr, self.log))
        self.drain.start()
        line = self.process.stdout.readline()
        found = re.match(r"listening on postgres://(\S+):(\d+)\n", line)
        if not found:
            self.process.wait(30)
            raise AssertionError(f"the server did not start: {line} {self.log}")
        self.host, self.port = found[1], int(found[2])

    def new_root_key(self):
        made = self.vmfa("account", "--new-root-key").stdout
        return tuple(re.findall(r"=(\S+)", made))

    def vmfa(self, *arguments, check=True):
        done = subprocess.run(
            [VMFA, *arguments], env=self.environment, capture_output=True, text=True, timeout=60
        )
        if check and done.returncode != 0:
            raise AssertionError(f"vmfa {arguments}: {done.returncode} {done.stderr}")
        return done

    def sql(self, query):
        """The rows that `vmfa sql` returns for a query."""
        done = self.vmfa("sql", "--output", "json", query)
        return json.loads(done.stdout) if done.stdout.strip() else []

    @property
    def parameters(self):
        """The connection parameters for libpq."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": "aws",
            "user": self.user,
            "password": self.password,
        }

    def psql(self, *commands, check=True, **more):
        """Runs the real `psql`."""
        environment = {
            **clean_environment(),
            "PGPASSWORD": self.password or "",
            "PSQLRC": os.devnull,
            "PGCONNECT_TIMEOUT": "20",
        }
        parameters = {"host": self.host, "port": self.port, "dbname": "aws", "user": self.user or "x", **more}
        words = [word for command in commands for word in ("-c", command)]
        options = " ".join(f"{name}={value}" for name, value in parameters.items())
        done = subprocess.run(
            ["psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-At", options, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"psql {commands}: {done.returncode} {done.stderr}")
        return done

    def connect(self):
        """A TCP connection, before the first message."""
        return socket.create_connection((self.host, self.port), timeout=20)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.drain.join(30)
        self.process.stdout.close()
        return status


def message(kind, *parts):
    """A message of the protocol."""
    body = b"".join(parts)
    return kind + struct.pack("!i", len(body) + 4) + body


def opening(**parameters):
    """A StartupMessage."""
    words = "".join(f"{name}\0{value}\0" for name, value in parameters.items())
    return message(b"", struct.pack("!i", 196608), words.encode(), b"\0")
