"""`vmfa srv` under a memory limit, with a second user whose latency is measured."""

import itertools
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest

import psycopg

from bare import Client
from wire import SrvServer

MIB = 1 << 20
# SECURITY.md states these. Memory of SQL, and of everything else: the program, and memory that was
# freed and not yet returned to the system.
SQL_MEMORY = 512 * MIB
OTHER_MEMORY = 400 * MIB
# Bytes of one value.
VALUE = 4 * MIB
# Seconds within which other sessions are answered.
ANSWERED = 1.0
# Seconds from a cancel request, a timeout or Ctrl-C to the end of the statement.
CANCELLED = 2.0
# Seconds after which an attack that does not end counts as hung.
HUNG = 10
# Limits that the kernel enforces, above the budget: beyond them the process is killed.
CGROUP_LIMIT = 1024 * MIB
ADDRESS_SPACE = 8192 * MIB

# SQLSTATEs.
MEMORY, DISK, CANCELED = "53200", "53100", "57014"
TOO_LONG, TOO_COMPLEX = "54000", "54001"
NOT_UTF8, UNSUPPORTED = "22021", "0A000"
REFUSED = {"42501", "42883", "42P01"}
OVER = {MEMORY, TOO_LONG, TOO_COMPLEX}
# A statement whose cost the budgets bound may also succeed, or run until it is ended.
BOUNDED = OVER | {CANCELED, None}

# The full matrix, or each kind of attack once.
FULL = os.environ.get("VMFA_CONFINEMENT") == "full"


class MemoryLimit:
    """Starts a process under a memory limit: in a control group (version 2 or 1) where one can be
    created, else with a limit on its address space."""

    numbers = itertools.count()

    def __init__(self):
        self.group = None
        name = f"vmfa-{os.getpid()}-{next(self.numbers)}"
        for root, limit in GROUPS:
            group = root / name
            if not (root / "cgroup.procs").exists():
                continue
            try:
                group.mkdir()
                (group / limit).write_text(str(CGROUP_LIMIT))
                self.group = group
                break
            except OSError:
                if group.is_dir():
                    group.rmdir()

    @property
    def prefix(self):
        """The words before a command."""
        if self.group is None:
            return ("prlimit", f"--as={ADDRESS_SPACE}", "--")
        return ("sh", "-c", 'echo 0 > "$0" && exec "$@"', str(self.group / "cgroup.procs"))

    def remove(self):
        """Removes the group, once the process has ended."""
        for _ in range(100 if self.group else 0):
            try:
                return self.group.rmdir()
            except OSError:
                time.sleep(0.05)


GROUPS = [
    (pathlib.Path("/sys/fs/cgroup"), "memory.max"),
    (pathlib.Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
]


class Bystander(threading.Thread):
    """A session that runs one query in a loop and measures the latency."""

    def __init__(self, parameters, statement="SELECT Arn FROM aws.iam.caller_identity"):
        super().__init__(daemon=True)
        self.parameters, self.statement = parameters, statement
        self.began, self.longest, self.failure = None, 0.0, None
        self.over = threading.Event()
        self.start()

    def run(self):
        try:
            with psycopg.connect(**self.parameters, autocommit=True) as connection:
                while not self.over.wait(0.05):
                    self.began = time.monotonic()
                    connection.execute(self.statement)
                    self.longest = max(self.longest, time.monotonic() - self.began)
                    self.began = None
        except psycopg.Error as error:
            self.failure = str(error).splitlines()[0]

    def reset(self):
        self.longest = 0.0

    def worst(self):
        """Seconds of the slowest query since the reset, including the one in progress."""
        began = self.began
        return max(self.longest, time.monotonic() - began if began else 0.0)

    def end(self):
        self.over.set()
        self.join(5)


class ConfinedServer:
    """A confined server with users alice, bob and carol; carol is the bystander."""

    def __init__(self, *flags):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-confined-"))
        self.flags, self.server, self.limit, self.bystander = flags, None, None, None
        self.keys = {}
        self.start()

    def start(self):
        self.limit = MemoryLimit()
        keys = self.keys.get("root")
        self.server = SrvServer(
            self.directory / "data", *self.flags, key=keys is None, prefix=self.limit.prefix
        )
        if keys is None:
            self.keys["root"] = self.server.user, self.server.password
            for name in ("alice", "bob", "carol"):
                self.keys[name] = self.new_user(name)
        self.server.user, self.server.password = self.keys["root"]
        self.bystander = Bystander(self.parameters("carol"))

    def new_user(self, name):
        self.server.sql(f"INSERT INTO aws.iam.users (UserName) VALUES ('{name}')")
        return self.new_key(name)

    def new_key(self, name):
        [key] = self.server.sql(
            f"INSERT INTO aws.iam.access_keys (UserName) VALUES ('{name}') "
            "RETURNING AccessKeyId, SecretAccessKey"
        )
        return key["AccessKeyId"], key["SecretAccessKey"]

    def parameters(self, who):
        user, password = self.keys[who]
        return {**self.server.parameters, "user": user, "password": password}

    def client(self, who="alice", **more):
        return Client(self.server, *self.keys[who], **more)

    @property
    def pid(self):
        return self.server.process.pid

    @property
    def lives(self):
        return self.server.process.poll() is None

    def reset(self):
        """Begins a new measurement."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        self.before = memory(self.pid, "VmRSS")
        self.bystander.reset()

    def peak(self):
        """The high-water mark of its memory since the reset, in bytes."""
        return memory(self.pid, "VmHWM")

    def processor_time(self):
        """Seconds that its threads have run."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        self.bystander.end()
        if self.lives:
            self.server.process.kill()
        self.server.stop()
        self.limit.remove()

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Confinement(unittest.TestCase):
    """Tests that share a server, which is restarted if an attack ended it."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.watched = ConfinedServer(*cls.flags)
        cls.addClassCleanup(lambda: cls.watched.remove())

    def attack(self, name, run, states, longest=None, who="alice", allowed=SQL_MEMORY + OTHER_MEMORY):
        """Runs an attack in a session of its own, and asserts that the server survives it. `run` takes
        the session and returns the outcome. `states`: the allowed SQLSTATEs, "closed" if the session
        may end; None allows any. `longest`: seconds within which it must end."""
        with self.subTest(name):
            watched = self.watched
            if not watched.lives or watched.bystander.failure:
                watched.restart()
            pid = watched.pid
            watched.reset()
            outcome, wrong = None, []
            try:
                with watched.client(who) as client:
                    outcome = run(client)
                    if not outcome.closed and not outcome.hung:
                        after = client.query("SELECT 1", patience=5)
                        if after.state or after.closed or after.hung or after.rows != 1:
                            wrong.append(f"the session does not continue: {after}")
            except (OSError, ConnectionError) as error:
                wrong.append(f"the session broke: {error}")
            time.sleep(0.06)
            self.assess(name, pid, outcome, states, longest, allowed, wrong)

    def assess(self, name, pid, outcome, states, longest, allowed, wrong):
        watched = self.watched
        worst = watched.bystander.worst()
        peak = watched.peak() if watched.lives else 0
        if not watched.lives:
            wrong.append(f"the server ended with status {watched.server.process.returncode}")
        elif watched.pid != pid:
            wrong.append("the server is another process")
        elif watched.bystander.failure:
            wrong.append(f"another session ended: {watched.bystander.failure}")
        if peak > allowed:
            wrong.append(f"VmHWM is {peak >> 20} MiB, more than {allowed >> 20}")
        if worst > ANSWERED:
            wrong.append(f"another session waited {worst:.1f} s for an answer")
        if outcome is not None:
            if outcome.hung:
                wrong.append("it does not end")
            elif outcome.closed and "closed" in (states or ()):
                pass
            elif states is not None and outcome.state not in states:
                expected = ", ".join(sorted(str(state) for state in states))
                wrong.append(f"SQLSTATE {outcome.state} ({outcome.text[:160]}), not {expected}")
            elif longest and outcome.took > longest:
                wrong.append(f"it took {outcome.took:.1f} s, more than {longest}")
            if outcome.closed and "closed" not in (states or ()):
                wrong.append(f"its session ended: {outcome.text[:160]}")
        report(f"{type(self).__name__} {name}: {outcome}; {watched.before >> 20} to {peak >> 20} MiB; others {worst:.2f} s; "
               f"{'; '.join(wrong) or 'held'}")
        if outcome is not None and outcome.hung and watched.lives:
            watched.server.process.kill()
            watched.server.process.wait()
        if wrong:
            self.fail(f"{name}: {'; '.join(wrong)}; log: {last(watched.server.log)}")


def memory(pid, name):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024


def last(log):
    """The last two log lines that are not about connections."""
    return [line.strip()[:200] for line in log if "onnect" not in line][-2:]


def report(line):
    """Writes a measurement to the report file, or to standard error."""
    if path := os.environ.get("VMFA_CONFINEMENT_REPORT"):
        with open(path, "a") as file:
            print(line, file=file)
    else:
        print(line, file=sys.stderr)
