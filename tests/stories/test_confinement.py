"""Attacks on `vmfa srv`, `vmfa sql` and `vmfa shell` by callers with an access key.

After each attack the server runs, other sessions were answered meanwhile, memory stayed within its
budget, the error has the expected SQLSTATE, and the session continues. `VMFA_CONFINEMENT=full` runs
all attacks.
"""

import contextlib
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import attacks
import bare
from attacks import C, CATALOGUE, ENGINE, FITS
from confined import (
    ANSWERED, BOUNDED, CANCELED, CANCELLED, DISK, FULL, HUNG, MEMORY, MIB, NOT_UTF8, OTHER_MEMORY,
    OVER, REFUSED, SQL_MEMORY, UNSUPPORTED, Bystander, Confinement, ConfinedServer, memory, report,
)
from bare import Outcome, bind, describe, execute, parse
from support import ACCOUNT, VMFA, clean_environment, code
from wire import message, opening

# Seconds of `statement_timeout`, and until a cancel request is sent.
TIMEOUT = 0.5
# Seconds that a statement of a user may take, even with a longer `statement_timeout`.
CEILING = 60
# The address of attackers, where it differs from that of other clients.
ELSEWHERE = "127.0.0.2"
ENDLESS = f"WITH RECURSIVE {C} SELECT count(*) FROM c"
ENDLESS_ROWS = f"WITH RECURSIVE {C} SELECT x FROM c"
LARGE_ROWS = f"WITH RECURSIVE {C} SELECT x, hex(zeroblob(100000)) AS h FROM c"
SYNC = message(b"S")


class Statements:
    """A test for each kind of attack."""

    door = None

    @classmethod
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        for kind, listed in attacks.KINDS.items():
            chosen = [attack for attack in listed if cls.door in attack.doors and (attack.core or FULL)]
            if chosen:
                name = f"test_{kind.replace(' ', '_')}"
                setattr(cls, name, lambda self, chosen=chosen: self.run_attacks(chosen))

    def run_attacks(self, chosen):
        for attack in chosen:
            self.run_attack(attack)

    def run_attack(self, attack):
        sizes = list(attack.sizes())
        for values in sizes if FULL else sizes[:2]:
            self.run_sized(attack, values)

    def run_sized(self, attack, values):
        statement = attack.on(self.door)

        def run(client, cancels=False):
            if not cancels:
                # Statements that must succeed get the time that a debug build needs.
                limit = HUNG if attack.states == {None} else TIMEOUT
                client.query(f"SET statement_timeout = '{round(limit * 1000)}ms'")
            timer = threading.Timer(TIMEOUT, cancel, [client])
            if cancels:
                timer.start()
            try:
                if values:
                    return client.execute(statement, *values, patience=HUNG)
                return client.query(statement, patience=HUNG)
            finally:
                timer.cancel()

        longest = HUNG if attack.states == {None} else TIMEOUT + CANCELLED
        name = f"{attack}{f', values of {len(values[0]):,}' if values != attack.values else ''}"
        self.attack(name, run, attack.states, longest)
        if attack.long and FULL:
            self.attack(f"{name}, cancelled", lambda client: run(client, True), attack.states, longest)

    def test_a_cancel_request_ends_statements(self):
        """As a timeout does; for the first attack of each slow kind."""
        for kind in ("slow functions", "sorts", "joins", "regular expressions"):
            chosen = next(attack for attack in attacks.KINDS[kind] if self.door in attack.doors)
            statement = chosen.on(self.door)

            def run(client):
                timer = threading.Timer(TIMEOUT, cancel, [client])
                timer.start()
                try:
                    if chosen.values:
                        return client.execute(statement, *chosen.values, patience=HUNG)
                    return client.query(statement, patience=HUNG)
                finally:
                    timer.cancel()

            self.attack(f"{chosen}, cancelled", run, chosen.states, TIMEOUT + CANCELLED)

    def test_statements_that_are_described_or_explained(self):
        for kind, listed in attacks.KINDS.items():
            for attack in listed:
                if self.door not in attack.doors or not (attack.core or FULL):
                    continue
                statement = attack.on(self.door)

                def look(client):
                    client.query(f"SET statement_timeout = '{round(TIMEOUT * 1000)}ms'")
                    return client.describe(statement, patience=HUNG)

                self.attack(f"Describe {attack}", look, None, TIMEOUT + CANCELLED)
                if not attack.values and self.door == ENGINE:
                    explain = lambda client: client.query(f"EXPLAIN {statement}", patience=HUNG)
                    self.attack(f"EXPLAIN {attack}", explain, None, TIMEOUT + CANCELLED)


class Engine(Statements, Confinement):
    door = ENGINE


class Catalogue(Statements, Confinement):
    door = CATALOGUE


class Sessions(Confinement):
    """What a session keeps between statements."""

    def series(self, name, messages, states, longest=10, **more):
        """Sends series of messages of the extended protocol, until one fails."""

        def run(client):
            client.query("SET statement_timeout = '2s'")
            whole = Outcome()
            for each in messages() if callable(messages) else messages:
                outcome = client.exchange(each, patience=HUNG)
                whole.rows, whole.took = whole.rows + outcome.rows, whole.took + outcome.took
                if outcome.state or outcome.closed or outcome.hung:
                    whole.state, whole.text = outcome.state, outcome.text
                    whole.closed, whole.hung = outcome.closed, outcome.hung
                    break
            client.query("ROLLBACK")
            return whole

        self.attack(name, run, states, longest, **more)

    def queries(self, name, statements, states, longest=10, **more):
        listed = ([message(b"Q", bare.encoded(text))] for text in statements)
        self.series(name, listed, states, longest, **more)

    def test_cursors(self):
        for door, source in ((ENGINE, LARGE_ROWS), (CATALOGUE, on_catalogue("SELECT x, hex(zeroblob(100000)) AS h FROM c"))):
            small = source.replace("hex(zeroblob(100000))", "1")
            declare = f"BEGIN; DECLARE a CURSOR FOR {source}"
            self.queries(f"{door}: FETCH ALL of an endless cursor", [declare, "FETCH ALL FROM a"],
                         BOUNDED - {None})
            self.queries(f"{door}: FETCH ALL of tiny rows",
                         [f"BEGIN; DECLARE a CURSOR FOR {small}", "FETCH ALL FROM a"], BOUNDED - {None}, longest=30)
            self.queries(f"{door}: MOVE to the end", [f"BEGIN; DECLARE a CURSOR FOR {small}", "MOVE ALL FROM a"],
                         BOUNDED | {UNSUPPORTED, "42601"})
            self.queries(
                f"{door}: 1,000 cursors that hold rows",
                ["BEGIN"] + [f"DECLARE a{n} CURSOR FOR {source}; FETCH 10 FROM a{n}" for n in range(1000)],
                OVER, longest=60,
            )
            self.queries(
                f"{door}: cursors WITH HOLD",
                [f"DECLARE a{n} CURSOR WITH HOLD FOR {source}" for n in range(50)], BOUNDED, longest=60,
            )

    def test_portals(self):
        for door, source in ((ENGINE, LARGE_ROWS), (CATALOGUE, on_catalogue("SELECT x, hex(zeroblob(100000)) AS h FROM c"))):
            held = lambda: ([parse(f"s{n}", source), bind(f"p{n}", f"s{n}"), execute(f"p{n}", 1), message(b"H"),
                             *([SYNC] if n % 2 else [SYNC])] for n in range(1200))
            begin = [[message(b"Q", b"BEGIN\0")]]
            self.series(f"{door}: portals that hold rows", lambda: [*begin, *held()], BOUNDED, longest=60)
            self.series(f"{door}: many portals in one series", lambda: [begin[0], [
                parse("", source), *(part for n in range(900) for part in (bind(f"p{n}", ""), execute(f"p{n}", 1))),
                SYNC,
            ]], BOUNDED, longest=60)
            self.series(f"{door}: a portal that is described, not executed", lambda: [begin[0], [
                parse("", source), *(part for n in range(300) for part in (bind(f"p{n}", ""), message(b"D", b"P", b"p%d\0" % n))),
                SYNC,
            ]], BOUNDED, longest=60)

    def test_prepared_statements(self):
        text = "SELECT '" + "x" * (MIB - 1000) + "' AS x"
        count = 1000 if FULL else 600
        self.series("prepared statements of 1 MiB", lambda: ([parse(f"s{n}", text), SYNC] for n in range(count)),
                    OVER, longest=120)
        tokens = "SELECT " + "1," * 250_000 + "1"
        self.series("prepared statements of 500,000 tokens",
                    lambda: ([parse(f"s{n}", tokens), SYNC] for n in range(100 if FULL else 20)), BOUNDED, longest=120)
        self.series("20,000 small prepared statements",
                    lambda: ([parse(f"s{n}", "SELECT $1") for n in range(at, at + 1000)] + [SYNC]
                             for at in range(0, 20_000, 1000)), OVER, longest=60)
        self.series("names of 1 MiB", lambda: ([parse("n" * MIB + str(n), "SELECT 1"), SYNC] for n in range(700)),
                    OVER | {"42622"}, longest=60)

    def test_bound_values(self):
        value = "v" * (4 * MIB - 1000)
        self.series("portals with values of 4 MiB", lambda: [
            [parse("s", "SELECT length($1)"), SYNC], [message(b"Q", b"BEGIN\0")],
            *([bind(f"p{n}", "s", [value]), SYNC] for n in range(250))], OVER, longest=60)
        hundred = "SELECT " + ", ".join(f"length(${n})" for n in range(1, 101))
        self.series("100 parameters of 4 MiB", lambda: [[parse("", hundred), bind("", "", [value] * 100),
                    execute(""), SYNC]], OVER | {"08P01", "closed"}, longest=60)
        three = "SELECT " + ", ".join(f"length(${n})" for n in range(1, 4))
        self.series("3 parameters of 4 MB", lambda: [[parse("", three), bind("", "", ["v" * 4_000_000] * 3),
                    execute(""), SYNC]], BOUNDED)
        self.series("32,000 parameters", lambda: [[parse("", "SELECT $32000"), bind("", "", ["v" * 400] * 32_000),
                    execute(""), SYNC]], BOUNDED)

    def test_long_texts(self):
        for size in (1, 10, 60):
            length = size * MIB - 100
            for name, text in (
                ("a text", "SELECT '" + "x" * (length - 20) + "'"),
                ("tokens", "SELECT 1" + ",1" * (length // 2 - 10)),
                ("semicolons", ";" * (length - 10)),
                ("blanks", "SELECT 1" + " " * (length - 10)),
                ("parentheses", "SELECT " + "(" * (length - 10)),
                ("IN", "SELECT 1 IN (1" + ",1" * (length // 2 - 20) + ")"),
                ("quotes", "SELECT '" + "''" * (length // 2 - 20) + "'"),
                ("statements", "SELECT 1;" * (length // 9)),
            )[: None if FULL else 3]:
                states = BOUNDED | {"42601"} if size == 1 else OVER | {"08P01", "42601", "closed"}
                self.queries(f"{size} MiB of {name}", [text], states, longest=20)

    def test_copies(self):
        endless = on_catalogue("SELECT x, hex(zeroblob(100000)) AS h FROM c")
        for door, source in ((ENGINE, LARGE_ROWS), (CATALOGUE, endless)):
            self.queries(f"{door}: COPY without end", [f"COPY ({source}) TO STDOUT"], BOUNDED - {None})
            self.queries(f"{door}: COPY of a row that is too large",
                         [f"COPY ({source.replace('100000', '30000000')}) TO STDOUT"], OVER)
            self.attack(f"{door}: COPY that is not read", lambda client: unread(client, f"COPY ({source}) TO STDOUT"), None)
            self.attack(f"{door}: rows that are not read", lambda client: unread(client, source), None)

    def test_transactions(self):
        insert = "INSERT INTO aws.iam.users (UserName) VALUES ('someone');"
        self.queries("queued mutations by the thousand", ["BEGIN", *([insert * 5_000] * (20 if FULL else 4))],
                     OVER | {None}, longest=90)
        self.queries("queued mutations of large values",
                     ["BEGIN", *(f"INSERT INTO aws.iam.users (UserName) SELECT {FITS} /* {n} */;" for n in range(300))],
                     BOUNDED | {UNSUPPORTED, "42601"}, longest=60)
        large = "INSERT INTO aws.iam.users (UserName) VALUES ('" + "x" * (MIB - 100) + "')"
        self.queries("queued mutations of 1 MiB", ["BEGIN", *([large] * 700)], OVER, longest=90)
        self.queries("savepoints by the thousand", ["BEGIN", *("".join(f"SAVEPOINT s{n};" for n in range(1000))
                     for _ in range(20))], OVER | {None})
        self.queries("settings by the thousand", ["".join(f"SET a.b{n}_{at} = '{'x' * 900}';" for n in range(1000))
                     for at in range(600)], OVER | {None}, longest=60)
        self.queries("settings of 1 MB", [f"SET a.b{n} = '{'x' * (MIB - 100)}'" for n in range(700)], OVER, longest=60)
        self.queries("a generator of rows for mutations",
                     [f"INSERT INTO aws.iam.users (UserName) WITH RECURSIVE {C} SELECT x FROM c"],
                     BOUNDED | REFUSED | {"42601", UNSUPPORTED}, longest=10)

    def test_parameters_of_extreme_number_and_size(self):
        self.queries("$65535 in many statements", ["$65535;" * 37_449, "SELECT $65535;" * 20_000], OVER | {"42P02"})
        series = []
        for at in range(2_000):
            series.append(parse(f"s{at}", "SELECT $65535"))
        self.attack("2,000 statements of 65,535 parameters",
                    lambda client: client.exchange([*series, SYNC]), OVER | {None})
        elements = b"{" + b"1," * 8_000_000 + b"1}"
        self.attack("an array of 8,000,000", lambda client: client.exchange(
            [parse("", "SELECT $1::text[]"), bind("", "", [elements]), execute(""), SYNC]), OVER)
        numbers = b"[" + b"1," * 1_900_000 + b"1]"
        self.attack("JSON of 1,900,000 elements in rows of the catalogue", lambda client: client.exchange(
            [parse("", "SELECT $1 FROM pg_catalog.pg_namespace"), bind("", "", [numbers]), execute(""), SYNC]),
            OVER | {None})
        names = ", ".join(["x.*"] * 1_900)
        wide = f'WITH x AS (SELECT 1 AS "{"n" * 10_000}") SELECT {names} FROM x'
        self.attack("60 statements of wide columns", lambda client: client.exchange(
            [message for at in range(60) for message in (parse(f"w{at}", wide), describe(f"w{at}"))] + [SYNC]),
            OVER | {None, CANCELED})
        exec_many = ("EXEC aws.iam.users.users_Tag @UserName = $1, @Tags IN "
                     f"(WITH RECURSIVE {C} SELECT x FROM c LIMIT 100000)")
        self.attack("EXEC for 100,000 values beside one of 4 MB", lambda client: client.exchange(
            [parse("", exec_many), bind("", "", [b"a" * 4_000_000]), execute(""), SYNC]), OVER)

    def test_an_idle_cursor_takes_no_processor_time(self):
        def run(client):
            client.query("SET statement_timeout = '1s'")
            client.query(f"DECLARE c CURSOR WITH HOLD FOR WITH RECURSIVE {C} SELECT x FROM c WHERE x <= 1000")
            fetched = client.query("FETCH 1 FROM c")
            before = self.watched.processor_time()
            time.sleep(2)
            self.assertLess(self.watched.processor_time() - before, 1.5, "its query runs by itself")
            return fetched

        self.attack("an idle cursor", run, {None})

    @unittest.skipUnless(FULL, "takes more than a minute")
    def test_the_ceiling_of_statement_timeout(self):
        def run(client):
            client.query("SET statement_timeout = 0")
            return client.query(ENDLESS, patience=CEILING + 2 * HUNG)

        self.attack("an endless statement without a timeout", run, {CANCELED}, CEILING + CANCELLED)

    def test_messages_that_no_driver_sends(self):
        function = message(b"F", struct.pack("!ihhih", 1, 0, 0, 0, 0)[:12])
        long = message(b"F", b"x" * (16 * MIB + 1))
        self.attack("FunctionCall of 16 MiB", lambda client: client.exchange([long], HUNG), OVER, longest=5)
        self.attack("FunctionCall", lambda client: client.exchange([function], HUNG), {UNSUPPORTED}, longest=2)
        wrong = b"SELECT '\xff\xfe'"
        self.attack("Query that is not UTF-8", lambda client: client.query(wrong), {NOT_UTF8}, longest=2)
        self.attack("Parse that is not UTF-8", lambda client: client.exchange([parse("", wrong), SYNC]),
                    {NOT_UTF8}, longest=2)
        self.attack("Bind that is not UTF-8", lambda client: client.exchange(
            [parse("", "SELECT $1"), bind("", "", [b"\xff\xfe"]), execute(""), SYNC]), {NOT_UTF8}, longest=2)
        self.attack("Bind with a name that is not UTF-8", lambda client: client.exchange(
            [parse("", "SELECT $1"), bind(b"\xff", "", [b"x"]), execute(b"\xff"), SYNC]), {NOT_UTF8}, longest=2)

        def in_a_series(client):
            # It is answered with ReadyForQuery, and Sync with another one.
            refused = client.exchange([parse("", "SELECT 1"), message(b"F", b"x")], HUNG)
            synced = client.exchange([SYNC], HUNG)
            return refused if refused.state else synced

        self.attack("FunctionCall in a series", in_a_series, {UNSUPPORTED}, longest=2)


class Tables(Confinement):
    """Tables and views, which only the root may create unless `--user-tables` is given."""

    def run_all(self, statements, timeout="2s"):
        def run(client):
            client.query(f"SET statement_timeout = '{timeout}'")
            whole = Outcome()
            for statement in statements:
                outcome = client.query(statement, patience=HUNG)
                whole.took += outcome.took
                whole.state, whole.text, whole.rows = outcome.state, outcome.text, outcome.rows
                whole.closed, whole.hung = outcome.closed, outcome.hung
                if outcome.state or outcome.closed or outcome.hung:
                    break
            return whole

        return run

    def disk(self):
        return sum(file.stat().st_size for file in (self.watched.directory / "data").glob("sql*"))

    def test_tables_of_users(self):
        statements = [f"CREATE TABLE t{n} AS SELECT hex(randomblob(1000000)) AS x" for n in range(40)]
        self.attack("tables of a user", self.run_all(statements), REFUSED | {DISK}, longest=10)
        kept = "CREATE MATERIALIZED VIEW v AS SELECT hex(randomblob(1000000)) AS x"
        self.attack("a materialized view of a user", self.run_all([kept]), REFUSED | {DISK}, longest=10)
        self.assertLess(self.disk(), 8 * MIB)

    def test_tables_of_the_root(self):
        # Tables near the budget, one after the other: DROP frees the space.
        big = f"CREATE TABLE {{}} AS WITH RECURSIVE {attacks.COUNT.format(400)} SELECT hex(randomblob(100000)) AS h FROM c"
        for _ in range(3):
            self.attack("a large table and DROP", self.run_all([big.format("large"), "DROP TABLE large"], "20s"),
                        {None}, who="root")
        with self.subTest("DROP frees the space"):
            self.assertLess(self.disk(), 40 * MIB)
        self.attack("CREATE TABLE AS without end", self.run_all(
            [f"CREATE TABLE t AS WITH RECURSIVE {C} SELECT x FROM c"]), {CANCELED, DISK, MEMORY}, who="root", longest=6)
        self.attack("CREATE TABLE AS without end, of large rows", self.run_all(
            [f"CREATE TABLE t AS WITH RECURSIVE {C} SELECT hex(randomblob(1000000)) AS h FROM c"]),
            {CANCELED, DISK, MEMORY}, who="root", longest=6)
        self.attack("INSERT INTO without end", self.run_all(
            ["CREATE TABLE u AS SELECT 1 AS x", f"INSERT INTO u WITH RECURSIVE {C} SELECT x FROM c"]),
            {CANCELED, DISK, MEMORY}, who="root", longest=6)
        self.attack("a table that is joined with itself", self.run_all(
            ["CREATE TABLE w AS SELECT 1 AS x UNION ALL SELECT 2",
             *["INSERT INTO w SELECT x FROM w"] * 14,
             "SELECT a.x FROM w a, w b, w d ORDER BY a.x + b.x"]), {CANCELED, DISK, MEMORY}, who="root", longest=8)
        self.attack("UPDATE to large values", self.run_all(
            [f"UPDATE w SET x = {FITS}"]), {CANCELED, DISK, MEMORY, None}, who="root", longest=6)

    def test_views_of_views(self):
        union = " UNION ALL ".join(["SELECT * FROM {0}"] * 8)
        join = "SELECT a.x FROM " + ", ".join("{0} " + letter for letter in "abcdefgh")
        for name, query in (("unions", union), ("joins", join)):
            statements = [f"CREATE VIEW {name}0 AS SELECT 1 AS x"]
            statements += [f"CREATE VIEW {name}{n} AS {query.format(f'{name}{n - 1}')}" for n in range(1, 6)]
            for level in (4, 5):
                self.attack(f"views of views, {name}", self.run_all([*statements, f"SELECT count(*) FROM {name}{level}"]),
                            BOUNDED | {"42601", "42P07", "42P01"}, who="root", longest=20)
                statements = []
            self.attack(f"views of views in the catalogue, {name}", self.run_all(
                ["SELECT count(*) FROM pg_catalog.pg_attribute"]), BOUNDED, who="root", longest=10)
        many = [";".join(f"CREATE VIEW many{at}_{n} AS SELECT {n} AS x" for n in range(100)) for at in range(10)]
        self.attack("1,000 views", self.run_all([*many, "SELECT count(*) FROM pg_catalog.pg_class"], "20s"),
                    BOUNDED, who="root")


class Disk(unittest.TestCase):
    """A data directory on a small file system, which SQL fills up."""

    def setUp(self):
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-small-"))
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", self.disk],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk])

    def test_mfa_works_on_a_disk_that_sql_has_filled(self):
        watched = ConfinedServer()
        self.addCleanup(watched.remove)
        watched.stop()
        shutil.rmtree(watched.directory)
        watched.directory, watched.keys = self.disk, {}
        watched.start()
        states = []
        for who in ("alice", "root"):
            with watched.client(who) as client:
                for n in range(300):
                    made = client.query(f"CREATE TABLE t{n} AS SELECT hex(randomblob(500000)) AS x", patience=HUNG)
                    if made.state:
                        states.append(made.state)
                        break
                with self.subTest(f"the session of {who} continues"):
                    after = client.query("SELECT 1")
                    self.assertEqual((after.state, after.rows), (None, 1), after)
        free = shutil.disk_usage(self.disk).free
        report(f"Disk: {states}, {free >> 10} KiB are free")
        with self.subTest("SQLSTATEs"):
            self.assertIn(states[:1], [["42501"], [DISK]])
            self.assertEqual(states[1:], [DISK])
        # A user signs in with MFA, and the attacker's key is deactivated.
        iam = lambda *words: watched.server.vmfa("iam", *words)
        user, secret = watched.keys["alice"]
        iam("update-access-key", "--user-name", "alice", "--access-key-id", user, "--status", "Inactive")
        with self.assertRaises(ConnectionError):
            watched.client("alice").close()
        [made] = watched.server.sql("INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region) VALUES "
                                    "('bob', 'us-east-1') RETURNING SerialNumber, Base32StringSeed")
        seed = bare.base64.b64decode(made["Base32StringSeed"]).decode()
        now = int(time.time())
        iam("enable-mfa-device", "--user-name", "bob", "--serial-number", made["SerialNumber"],
            "--authentication-code1", code(seed, now - 60), "--authentication-code2", code(seed, now - 30))
        with watched.client("bob") as client:
            self.assertEqual(client.query("SELECT 1").rows, 1)


class Concurrency(Confinement):
    """Many connections at once."""

    def concurrently(self, name, runs, states, who="alice"):
        """Runs attacks concurrently, with the assertions of `attack`."""

        def all(client):
            outcomes = [None] * len(runs)

            def one(at, key, run):
                try:
                    with self.watched.client(key, source=ELSEWHERE) as other:
                        outcomes[at] = run(other)
                except (OSError, ConnectionError) as error:
                    outcomes[at] = Outcome(text=str(error), closed=True)

            threads = [threading.Thread(target=one, args=(at, *run)) for at, run in enumerate(runs)]
            began = time.monotonic()
            for thread in threads:
                thread.start()
            root = Bystander(self.watched.parameters("root"))
            for thread in threads:
                thread.join(60)
            worst = root.worst()
            root.end()
            took = time.monotonic() - began
            self.assertIsNone(root.failure)
            self.assertLess(worst, ANSWERED, f"{name}: the root waited {worst:.1f} s for an answer")
            ended = [(outcome.state, outcome.text) for outcome in outcomes if outcome]
            bad = [each for each in ended if each[0] not in states]
            report(f"Concurrency {name}: {sorted(str(state) for state, _ in ended)} in {took:.1f} s, root {worst:.2f} s")
            if bad:
                return Outcome(state=bad[0][0], text=bad[0][1], took=took)
            return Outcome(state=next(iter(states)), took=took)

        self.attack(name, all, states, who=who)

    def test_concurrent_memory_attacks(self):
        for kind, statement in (
            ("sorts", f"WITH RECURSIVE {C} SELECT x, hex(zeroblob(50000)) AS h FROM c ORDER BY x DESC"),
            ("sorts in the catalogue", on_catalogue("SELECT x, hex(zeroblob(50000)) AS h FROM c ORDER BY x DESC")),
            ("tiny rows", f"WITH RECURSIVE {C} SELECT count(*) FROM (SELECT DISTINCT x FROM c)"),
            ("aggregates", f"WITH RECURSIVE {C} SELECT json_group_array(x) FROM c"),
            ("wide rows", f"WITH RECURSIVE {C} SELECT {attacks.columns('hex(zeroblob(50000 + {}))', 40)}, x FROM c"),
        ):
            def run(client):
                client.query("SET statement_timeout = '3s'")
                return client.query(statement, patience=HUNG)

            runs = [("alice", run)] * 8 + [("bob", run)] * 8
            self.concurrently(f"8 + 8 connections with {kind}", runs, OVER | {CANCELED, "53300"}, who="carol")

    def test_concurrent_processor_attacks(self):
        def run(client):
            client.query("SET statement_timeout = '3s'")
            return client.query(ENDLESS, patience=HUNG)

        runs = [("alice", run)] * 8 + [("bob", run)] * 8
        self.concurrently("8 + 8 endless statements", runs, {CANCELED, "53300"}, who="carol")

    def test_clients_that_do_not_read(self):
        def run(client):
            return unread(client, LARGE_ROWS, seconds=3)

        self.concurrently("8 + 8 clients that do not read", [("alice", run)] * 8 + [("bob", run)] * 8,
                      {None, MEMORY, "53300"}, who="carol")

    def test_concurrent_portals(self):
        def run(client):
            whole = Outcome()
            client.query("BEGIN")
            for n in range(100):
                whole = client.exchange([parse(f"s{n}", LARGE_ROWS), bind(f"p{n}", f"s{n}"), execute(f"p{n}", 1), SYNC],
                                        patience=HUNG)
                if whole.state or whole.closed or whole.hung:
                    break
            return whole

        self.concurrently("8 + 8 connections with 100 portals", [("alice", run)] * 8 + [("bob", run)] * 8,
                      OVER | {None, "53300"}, who="carol")

    def test_concurrent_bound_values(self):
        def run(client):
            value = "v" * 3_900_000
            whole = Outcome()
            client.exchange([parse("s", "SELECT length($1)"), SYNC])
            client.query("BEGIN")
            for n in range(30):
                whole = client.exchange([bind(f"p{n}", "s", [value]), SYNC], patience=HUNG)
                if whole.state or whole.closed or whole.hung:
                    break
            return whole

        self.concurrently("8 + 8 connections with large values", [("alice", run)] * 8 + [("bob", run)] * 8,
                      OVER | {None, "53300", "closed"}, who="carol")

    def test_announced_messages(self):
        """Incomplete messages, each nearly as long as the limit."""

        def run(client):
            client.socket.sendall(b"Q" + struct.pack("!i", 15 * MIB) + b"x" * (14 * MIB))
            time.sleep(3)
            return Outcome()

        self.concurrently("8 + 8 messages that are begun", [("alice", run)] * 8 + [("bob", run)] * 8, {None}, who="carol")


class Admission(unittest.TestCase):
    """Log-ins while other clients hold connections."""

    def setUp(self):
        self.watched = ConfinedServer()
        self.addCleanup(lambda: self.watched.remove())

    def logs_in(self, who, source="127.0.0.1"):
        began = time.monotonic()
        with self.watched.client(who, source=source) as client:
            self.assertEqual(client.query("SELECT 1").rows, 1)
        took = time.monotonic() - began
        report(f"Admission {self._testMethodName}: {who} from {source} logged in after {took:.2f} s")
        self.assertLess(took, ANSWERED, f"{who} logged in after {took:.1f} s")

    def silent(self, count, source, said=b""):
        """Opens connections that send `said` and then nothing."""
        held = contextlib.ExitStack()
        self.addCleanup(held.close)
        address = self.watched.server.host, self.watched.server.port
        for _ in range(count):
            try:
                connection = held.enter_context(socket.create_connection(address, 2, (source, 0)))
                connection.sendall(said)
            except OSError:
                pass
        return held

    def test_silent_connections(self):
        self.silent(300, ELSEWHERE)
        self.logs_in("bob")
        self.logs_in("root")

    def test_silent_connections_of_the_same_address(self):
        self.silent(300, "127.0.0.1")
        self.logs_in("root")

    def test_connections_that_stop_in_the_middle_of_logging_in(self):
        user, _ = self.watched.keys["alice"]
        self.silent(300, ELSEWHERE, opening(user=user, database="aws"))
        self.logs_in("bob")
        self.logs_in("root")

    def test_connections_of_one_key(self):
        held, refused = [], None
        self.addCleanup(lambda: [client.close() for client in held])
        for _ in range(300):
            try:
                held.append(self.watched.client("alice", source=ELSEWHERE))
            except (OSError, ConnectionError) as error:
                refused = error
                break
        self.assertIsNotNone(refused, "300 connections of one key were accepted")
        self.assertIn("53300", refused.args, refused)
        report(f"Admission: one key has {len(held)} connections: {refused}")
        for who in ("bob", "root"):
            self.logs_in(who)
        # A closed connection makes room for another.
        held.pop().close()
        time.sleep(0.5)
        held.append(self.watched.client("alice", source=ELSEWHERE))

    def test_connections_of_many_keys(self):
        """Connections are reserved for the root, whatever all others hold."""
        held = []
        self.addCleanup(lambda: [client.close() for client in held])
        for at in range(4):
            self.watched.keys[f"user{at}"] = self.watched.new_user(f"user{at}")
        for at in range(4):
            for _ in range(100):
                try:
                    held.append(self.watched.client(f"user{at}", source=f"127.0.0.{2 + at}"))
                except (OSError, ConnectionError):
                    break
        report(f"Admission: four keys have {len(held)} connections")
        self.logs_in("root")

    def test_log_ins_of_strangers(self):
        """Many log-in attempts per second with unknown keys."""
        watched = self.watched
        over = threading.Event()
        counts = [0] * 8

        def flood(at):
            address = watched.server.host, watched.server.port
            while not over.is_set():
                began = time.monotonic()
                try:
                    with socket.create_connection(address, 2, (ELSEWHERE, 0)) as one:
                        one.sendall(opening(user=f"AKIASTRANGER{at}X{counts[at]}", database="aws"))
                        one.recv(1000)
                        first = b"n,,n=,r=abcdefghijklmnop"
                        one.sendall(message(b"p", b"SCRAM-SHA-256\0", struct.pack("!i", len(first)), first))
                        one.recv(1000)
                except OSError:
                    pass
                counts[at] += 1
                over.wait(max(8 / 1500 - (time.monotonic() - began), 0))

        threads = [threading.Thread(target=flood, args=(at,)) for at in range(8)]
        [thread.start() for thread in threads]
        try:
            watched.bystander.reset()
            until, times, commands = time.monotonic() + 3, [], []
            while time.monotonic() < until:
                began = time.monotonic()
                self.logs_in("bob")
                times.append(time.monotonic() - began)
                began = time.monotonic()
                watched.server.vmfa("iam", "list-users")
                commands.append(time.monotonic() - began)
        finally:
            over.set()
            [thread.join() for thread in threads]
        report(f"Admission: {sum(counts) // 3} attempts a second; log-ins {max(times):.2f} s, commands "
               f"{max(commands):.2f} s, queries {watched.bystander.worst():.2f} s at the most")
        self.assertLess(watched.bystander.worst(), ANSWERED)
        self.assertLess(max(commands), 2 * ANSWERED)
        self.assertIsNone(watched.bystander.failure)


class Revocation(unittest.TestCase):
    """Sessions end when their key is deleted or deactivated, or their user deleted."""

    def setUp(self):
        self.watched = ConfinedServer()
        self.addCleanup(lambda: self.watched.remove())

    def ends(self, client, name, seconds=8):
        """Asserts that the server ends a session."""
        began = time.monotonic()
        with self.subTest(name):
            while time.monotonic() - began < seconds:
                outcome = client.query("SELECT 1", patience=seconds)
                if outcome.closed:
                    report(f"Revocation {name}: ended after {time.monotonic() - began:.1f} s")
                    return
                self.assertFalse(outcome.hung, f"{name}: the session hangs")
                time.sleep(0.2)
            self.fail(f"{name}: the session still runs after {seconds} s")

    def through(self, name, change, who="alice"):
        """Asserts that an idle session, and one with an endless statement, end after a change."""
        idle, busy = self.watched.client(who), self.watched.client(who)
        self.addCleanup(idle.close)
        self.addCleanup(busy.close)
        ended = []
        thread = threading.Thread(target=lambda: ended.append(busy.query(ENDLESS, patience=HUNG)))
        thread.start()
        time.sleep(0.3)
        change()
        began = time.monotonic()
        self.ends(idle, f"{name}, idle")
        thread.join(HUNG)
        with self.subTest(f"{name}, busy"):
            [outcome] = ended
            report(f"Revocation {name}, busy: {outcome} after {time.monotonic() - began:.1f} s")
            self.assertFalse(outcome.hung, f"{name}: an endless statement still runs after {HUNG} s")
            if not outcome.closed:
                self.ends(busy, f"{name}, after its statement")
        with self.subTest(f"{name}, silent"):
            self.assertTrue(self.watched.lives)

    def test_a_key_is_deactivated(self):
        key, _ = self.watched.keys["alice"]
        self.through("deactivated", lambda: self.watched.server.vmfa(
            "iam", "update-access-key", "--user-name", "alice", "--access-key-id", key, "--status", "Inactive"))

    def test_a_key_is_deleted(self):
        key, _ = self.watched.keys["alice"]
        self.through("deleted", lambda: self.watched.server.vmfa(
            "iam", "delete-access-key", "--user-name", "alice", "--access-key-id", key))

    def test_a_user_is_deleted(self):
        key, _ = self.watched.keys["bob"]
        data = self.watched.directory / "data"
        before = set(data.glob("sql-*"))
        with self.watched.client("bob") as client:
            client.query("CREATE VIEW v AS SELECT 1 AS x")

        def delete():
            self.watched.server.vmfa("iam", "delete-access-key", "--user-name", "bob", "--access-key-id", key)
            self.watched.server.vmfa("iam", "delete-user", "--user-name", "bob")

        self.through("user deleted", delete, who="bob")
        until = time.monotonic() + 10
        while (left := set(data.glob("sql-*")) - before) and time.monotonic() < until:
            time.sleep(0.2)
        self.assertEqual(left, set(), "the user's views are left behind")

    def test_tables_stay_when_a_key_is_rotated(self):
        with self.watched.client("bob") as client:
            made = client.query("CREATE VIEW v AS SELECT 7 AS x")
        old, _ = self.watched.keys["bob"]
        self.watched.keys["bob"] = self.watched.new_key("bob")
        self.watched.server.vmfa("iam", "delete-access-key", "--user-name", "bob", "--access-key-id", old)
        if made.state is None:
            with self.watched.client("bob") as client:
                self.assertEqual(client.query("SELECT x FROM v").rows, 1)
        else:
            self.assertIn(made.state, REFUSED | {DISK})


class Commands(unittest.TestCase):
    """`vmfa sql` and `vmfa shell`, which have the same budgets."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-commands-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.environment = {
            **clean_environment(), "VMFA_ACCOUNT_ID": ACCOUNT, "VMFA_DATA_DIR": str(self.directory / "data"),
        }

    def start(self, *words, stdin=subprocess.DEVNULL):
        return subprocess.Popen(
            ["prlimit", f"--as={8192 * MIB}", "--", VMFA, *words],
            env=self.environment, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )

    def watch(self, process, seconds, ends=True):
        """Waits for a process. Returns its exit code, its standard error, and its high-water mark of
        memory in bytes. The exit code of one that still runs is None; it is killed if `ends`."""
        peak, until = 0, time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError, TypeError):
                peak = max(peak, memory(process.pid, "VmHWM"))
            time.sleep(0.02)
        if process.poll() is None:
            if ends:
                process.kill()
                process.wait()
            return None, "it does not end", peak
        return process.returncode, process.stderr.read().decode(errors="replace"), peak

    def test_budgets(self):
        """A statement over budget ends with exit code 1; Ctrl-C ends one within it."""
        endless_rows = attacks.core("SELECT x, hex(zeroblob(100)) AS h FROM c", C)
        chosen = [endless_rows, *(attack for name in BUDGETED for attack in attacks.KINDS[name])]
        for attack in chosen:
            if not (attack.core or FULL) or attack.values or ENGINE not in attack.doors:
                continue
            with self.subTest(str(attack)):
                # A table is printed completely, also after Ctrl-C, since its column widths depend on all rows.
                table = attack is endless_rows
                process = self.start("sql", "--output", "table" if table else "csv", attack.on(ENGINE))
                status, said, peak = self.watch(process, PATIENCE, ends=False)
                took = 0.0
                if status is None:
                    process.send_signal(signal.SIGINT)
                    began = time.monotonic()
                    status, said, more = self.watch(process, HUNG)
                    took, peak = time.monotonic() - began, max(peak, more)
                process.stderr.close()
                report(f"Commands sql {attack}: {status}, Ctrl-C {took:.1f} s, {peak >> 20} MiB, {said.strip()[:100]}")
                self.assertLess(peak, SQL_MEMORY + OTHER_MEMORY, f"{attack}: {said[:200]}")
                self.assertIn(status, (0, 1, -signal.SIGINT, 128 + signal.SIGINT), f"{attack}: {said[:200]}")
                self.assertLess(took, HUNG if table else CANCELLED, attack)
                if attack.states <= OVER:
                    self.assertEqual(status, 1, f"{attack}: {said[:200]}")
                    self.assertRegex(said, "out of memory|too long|too big")

    def test_ctrl_c(self):
        slow = attacks.KINDS["slow functions"][0]
        literal = slow.select.replace("$1", "replace(hex(zeroblob(300000)), '0', 'a')").replace(
            "$2", "replace(hex(zeroblob(150000)), '0', 'a') || 'b'")
        for statement in (ENDLESS, ENDLESS_ROWS, literal,
                          f"WITH RECURSIVE {C} SELECT x FROM c ORDER BY x DESC LIMIT 1",
                          f"WITH RECURSIVE {attacks.COUNT.format(3_000)} SELECT count(*) FROM c a, c b, c d"):
            with self.subTest(statement[:80]):
                process = self.start("sql", statement)
                time.sleep(1)
                ended = process.poll()
                process.send_signal(signal.SIGINT)
                began = time.monotonic()
                status, said, peak = self.watch(process, 10)
                process.stderr.close()
                took = time.monotonic() - began
                report(f"Commands Ctrl-C {statement[:60]}: {status} after {took:.1f} s, {peak >> 20} MiB, {said.strip()[:80]}")
                if ended is None:
                    self.assertLess(took, CANCELLED, f"Ctrl-C took effect after {took:.1f} s")
                    self.assertIn(status, (-signal.SIGINT, 128 + signal.SIGINT, 1))
                self.assertLess(peak, SQL_MEMORY + OTHER_MEMORY)

    def test_ctrl_c_in_the_shell(self):
        slow = ("SELECT instr(replace(hex(zeroblob(300000)), '0', 'a'), "
                "replace(hex(zeroblob(150000)), '0', 'a') || 'b') AS n")
        process, terminal = pty.fork()
        if process == 0:
            os.execvpe(VMFA, [VMFA, "shell"], {**self.environment, "PAGER": "", "TERM": "xterm"})
        try:
            self.shown(terminal, ">", 10)
            for statement in (ENDLESS, slow, f"WITH RECURSIVE {C} SELECT x FROM c ORDER BY x DESC LIMIT 1"):
                with self.subTest(statement[:80]):
                    os.write(terminal, f"{statement};\n".encode())
                    time.sleep(1)
                    self.drain(terminal)
                    began = time.monotonic()
                    os.write(terminal, b"\x03")
                    said = self.typed(terminal, "SELECT 'go' || 'es' || 'on' AS x;", "goeson")
                    took = time.monotonic() - began
                    report(f"Commands shell Ctrl-C {statement[:60]}: {took:.1f} s")
                    self.assertIn("goeson", said)
                    self.assertLess(took, CANCELLED + 0.1)
            self.typed(terminal, f"SELECT {attacks.TOO_BIG} AS x;", "too long")
            self.assertIn("stillthere", self.typed(terminal, "SELECT 'still' || 'there' AS x;", "stillthere"))
            peak = memory(process, "VmHWM")
            self.assertLess(peak, SQL_MEMORY + OTHER_MEMORY)
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(terminal)

    def typed(self, terminal, line, answer):
        """Types a line until its answer appears: input is discarded while the editor starts."""
        said, until = "", time.monotonic() + HUNG
        while answer not in said and time.monotonic() < until:
            os.write(terminal, f"{line}\n".encode())
            said += self.shown(terminal, answer, 0.5)
        return said

    def shown(self, terminal, text, patience):
        shown, until = "", time.monotonic() + patience
        while text not in shown and time.monotonic() < until:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65536).decode(errors="replace")
                except OSError:
                    break
        return shown

    def drain(self, terminal):
        while select.select([terminal], [], [], 0)[0]:
            os.read(terminal, 65536)


def on_catalogue(select):
    return f"WITH RECURSIVE cat AS (SELECT 1 FROM pg_catalog.pg_namespace), {C} {select}"


def cancel(client):
    with contextlib.suppress(OSError):
        client.cancel()


def unread(client, statement, seconds=1.5):
    """Sends a statement, reads nothing for some seconds, then cancels it and reads the rest."""
    client.send(b"Q", bare.encoded(statement))
    time.sleep(seconds)
    client.cancel()
    outcome, began = Outcome(), time.monotonic()
    try:
        client.read(outcome, began + HUNG)
    except TimeoutError:
        outcome.hung = True
    except OSError as error:
        outcome.closed, outcome.text = True, str(error)
    outcome.took = time.monotonic() - began
    outcome.state = None if outcome.state == CANCELED else outcome.state
    return outcome


# Kinds of statements that end by themselves or exceed a budget.
BUDGETED = ("large values", "sorts", "sets and groups", "aggregates", "texts that grow")
# Seconds for a command to reach its budget.
PATIENCE = 5 if FULL else 3
# Bytes of a small file system.
SMALL = 96 * MIB

if __name__ == "__main__":
    unittest.main()
