"""Stories of `vmfa srv`, through real PostgreSQL clients."""

import base64
import os
import pathlib
import pty
import random
import select
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import psycopg
import psycopg2
import sqlalchemy

from support import KEY, SECRET, Server, code
from wire import SrvServer, message, opening

SERIAL = "arn:aws:iam::123456789012:mfa/alice-phone"
ENABLE = (
    "EXEC aws.iam_api.mfa_devices.mfa_devices_Enable @AuthenticationCode1=%s, "
    "@AuthenticationCode2=%s, @SerialNumber=%s, @UserName=%s, @region='us-east-1'"
)
DEACTIVATE = "EXEC aws.iam_api.mfa_devices.mfa_devices_Deactivate @SerialNumber=%s, @UserName=%s"
DELETE = "DELETE FROM aws.iam.virtual_mfa_devices WHERE SerialNumber=%s AND region='us-east-1'"
JDBC = pathlib.Path(__file__).parent / "jdbc" / "LifeCycle.java"
COUNT = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT n FROM c"


class Story(unittest.TestCase):
    """A test with a server of its own."""

    flags = ()
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-wire-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.server = self.serve(*self.flags)

    def serve(self, *flags, **more):
        server = SrvServer(self.directory / "data", *flags, **more)
        self.addCleanup(server.stop)
        return server

    def psycopg(self, server=None, **more):
        parameters = {**(server or self.server).parameters, "autocommit": True, **more}
        connection = psycopg.connect(**parameters)
        self.addCleanup(connection.close)
        return connection

    def user_key(self, name):
        """A user with an access key: its id and its secret."""
        self.server.sql(f"INSERT INTO aws.iam.users (UserName) VALUES ('{name}')")
        [key] = self.server.sql(
            f"INSERT INTO aws.iam.access_keys (UserName) VALUES ('{name}') "
            "RETURNING AccessKeyId, SecretAccessKey"
        )
        return key["AccessKeyId"], key["SecretAccessKey"]

    def life(self, run, refused):
        """The life of a device. `run` runs a statement with values and returns its rows; `refused` returns
        the SQLSTATE and the detail of its error."""
        run("INSERT INTO aws.iam.users (UserName) VALUES (%s)", ["alice"])
        [(serial, seed)] = run(
            "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region) "
            "VALUES (%s, 'us-east-1') RETURNING SerialNumber, Base32StringSeed",
            ["alice-phone"],
        )
        self.assertEqual(serial, SERIAL)
        seed = base64.b64decode(seed).decode()
        unassigned = (
            "SELECT SerialNumber FROM aws.iam.virtual_mfa_devices "
            "WHERE region='us-east-1' AND AssignmentStatus=%s"
        )
        self.assertEqual([tuple(row) for row in run(unassigned, ["Unassigned"])], [(serial,)])
        now = int(time.time())
        run(ENABLE, [code(seed, now - 60), code(seed, now - 30), serial, "alice"])
        [(user, found, date)] = run(
            "SELECT UserName, SerialNumber, EnableDate FROM aws.iam_api.mfa_devices "
            "WHERE region='us-east-1' AND UserName=%s",
            ["alice"],
        )
        self.assertEqual((user, found), ("alice", serial))
        self.assertLess(abs(date.timestamp() - now), 60)
        [(who, whole)] = run(
            "SELECT json_extract(User, '$.UserName') AS who, User FROM aws.iam.virtual_mfa_devices "
            "WHERE region='us-east-1' AND AssignmentStatus='Assigned'",
            [],
        )
        self.assertEqual((who, whole["UserName"]), ("alice", "alice"))
        self.assertEqual(refused(DELETE, [serial]), ("2BP01", "DeleteConflict"))
        run(DEACTIVATE, [serial, "alice"])
        run(DELETE, [serial])
        [(count,)] = run("SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices", [])
        self.assertEqual(count, 0)


class Clients(Story):
    def test_psql(self):
        psql = lambda *commands: self.server.psql(*commands).stdout.splitlines()
        self.assertEqual(psql("INSERT INTO users (UserName) VALUES ('alice')"), ["INSERT 0 1"])
        made = psql(
            "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region) "
            "VALUES ('alice-phone', 'us-east-1') RETURNING SerialNumber, Base32StringSeed"
        )
        serial, seed = made[0].split("|")
        self.assertEqual((serial, made[1]), (SERIAL, "INSERT 0 1"))
        seed, now = base64.b64decode(seed).decode(), int(time.time())
        enable = ENABLE.replace("%s", "'{}'").format(code(seed, now - 60), code(seed, now - 30), serial, "alice")
        self.assertEqual(psql(enable), ["EXEC"])
        # Several statements in one message: those after a failure are not run.
        done = self.server.psql(
            f"SELECT UserName FROM mfa_devices WHERE UserName = 'alice'; "
            f"DELETE FROM iam.virtual_mfa_devices WHERE SerialNumber = '{serial}'; SELECT 3",
            "SELECT 4",
            check=False,
        )
        self.assertEqual(done.stdout, "alice\n")
        self.assertIn("ERROR:  MFA VirtualDevice in use", done.stderr)
        self.assertIn("DETAIL:  DeleteConflict", done.stderr)
        self.assertEqual(psql(DEACTIVATE.replace("%s", "'{}'").format(serial, "alice")), ["EXEC"])
        self.assertEqual(psql(DELETE.replace("%s", "'{}'").format(serial)), ["DELETE 1"])
        self.assertEqual(psql("SELECT count(*) FROM aws.iam.virtual_mfa_devices"), ["0"])

    def test_psql_shows_the_catalogue(self):
        show = lambda command: self.server.psql(command).stdout.splitlines()
        user = self.server.user
        self.server.psql("CREATE VIEW names AS SELECT UserName FROM aws.iam.users")
        self.assertIn(f"iam|virtual_mfa_devices|table|{user}", show(r"\dt"))
        self.assertIn(f"public|names|view|{user}", show(r"\d"))
        self.assertEqual(show(r"\dv"), [f"public|names|view|{user}"])
        self.assertEqual(show(r"\dn"), [f"{name}|{user}" for name in ("iam", "iam_api", "public")])
        self.assertIn(
            "iam_api|mfa_devices.mfa_devices_Deactivate||UserName text, SerialNumber text|proc",
            show(r"\df"),
        )
        self.assertTrue(show(r"\l")[0].startswith(f"aws|{user}|UTF8"))
        for name in ("virtual_mfa_devices", "iam.virtual_mfa_devices"):
            self.assertEqual(
                show(rf"\d {name}"),
                [
                    "Base32StringSeed|text|||",
                    "EnableDate|timestamp with time zone|||",
                    "QRCodePNG|text|||",
                    "SerialNumber|text|||",
                    "Tags|json|||",
                    "User|json|||",
                ],
            )
        self.assertEqual(show(r"\du"), [f"{user}||{{}}"])
        self.assertEqual(show(r"\sv names")[-1], "SELECT UserName FROM aws.iam.users")
        commands = r"""
            \d+ users;\d names;\dt+ iam.*;\df+;\du+;\dp;\z;\di;\ds;\dm;\dT;\dT+;\dx;\da;\dO;\do;\dy
            \db+;\drds;\dRp;\dRs;\des;\det;\deu;\dew;\dE;\dconfig;\dn+;\l+;\conninfo;\dd;\dL+;\dc;\dC;\dD
            \dF;\dFd;\dFp;\dFt;\dg;\dl;\dA;\dAc;\dAf;\dAo;\dAp;\ddp;\dP;\dS;\dX;\dti;\encoding;\timing;\x
            \sf mfa_devices.mfa_devices_Enable"""
        for command in commands.replace("\n", ";").split(";"):
            with self.subTest(command.strip()):
                self.server.psql(command.strip())

    def test_psql_meta_commands_on_results(self):
        def psql(script):
            options = " ".join(f"{name}={value}" for name, value in self.server.parameters.items())
            done = subprocess.run(["psql", "--no-psqlrc", "-At", options], input=script,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stderr, "")
            return done.stdout.splitlines()

        self.assertEqual(
            psql("SELECT UserName, CreateDate, 1 AS \"N\" FROM users \\gdesc"),
            ["UserName|text", "CreateDate|timestamp with time zone", "N|bigint"],
        )
        self.assertEqual(psql("SELECT 'SELECT 1', 'SELECT 2' \\gexec"), ["1", "2"])
        crossed = "SELECT 'a' AS v, 'b' AS h, 1 UNION SELECT 'c', 'd', 2 \\crosstabview"
        self.assertEqual(psql(crossed), ["a|1|", "c||2"])
        self.assertEqual(psql("SELECT 7 AS n \\gset x_\nSELECT :x_n + 1;"), ["8"])

    def test_programs_beside_psql(self):
        environment = {"PGPASSWORD": self.server.password, "PGUSER": self.server.user,
                       "PGHOST": self.server.host, "PGPORT": str(self.server.port), "PGDATABASE": "aws"}

        def run(*words):
            return subprocess.run(words, env={**os.environ, **environment}, capture_output=True,
                                  text=True, timeout=60)

        self.assertIn("aws", run("psql", "-l").stdout)
        self.assertIn("accepting connections", run("pg_isready").stdout)
        self.assertIn("nothing here that pg_dump could dump", run("pg_dump", "--schema-only").stderr)

    def test_psql_completes_names(self):
        environment = {
            **os.environ, "PGPASSWORD": self.server.password, "PAGER": "", "PSQL_HISTORY": "/dev/null"
        }
        parameters = self.server.parameters
        words = [f"{name}={parameters[name]}" for name in ("host", "port", "dbname", "user")]
        process, terminal = pty.fork()
        if process == 0:
            os.execvpe("psql", ["psql", "--no-psqlrc", " ".join(words)], environment)
        try:
            self.assertIn("aws=>", expect(terminal, "aws=>"))
            os.write(terminal, b"SELECT count(*) FROM virt\t")
            self.assertIn("virtual_mfa_devices", expect(terminal, "virtual_mfa_devices"))
            os.write(terminal, b";\n")
            self.assertIn("(1 row)", expect(terminal, "(1 row)"))
            os.write(terminal, b"\\q\n")
        finally:
            os.close(terminal)
            os.waitpid(process, 0)

    def test_psycopg_3(self):
        connection = self.psycopg()

        def run(statement, values):
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        def refused(statement, values):
            with self.assertRaises(psycopg.Error) as caught:
                run(statement, values)
            return caught.exception.sqlstate, caught.exception.diag.message_detail

        self.life(run, refused)
        # Binary values, both ways.
        cursor = connection.cursor(binary=True)
        cursor.execute("SELECT %b, %b, %b, count(*) n FROM aws.iam.users", ["x", 5, 1.5])
        self.assertEqual(cursor.fetchall(), [("x", 5, 1.5, 1)])
        self.assertEqual(cursor.description[3].type_code, 20)
        # Values are never parsed as SQL.
        for text in ("it's", "\\", "a\\' OR 1=1 --", '"', "$1 ; drop", "é\n"):
            self.assertEqual(connection.execute("SELECT %s", [text]).fetchone(), (text,))
        # Prepared statements, and streamed rows.
        for name in ("alice", "stranger") * 4:
            rows = connection.execute(
                "SELECT UserName FROM aws.iam.users WHERE UserName = %s", [name], prepare=True
            ).fetchall() if name == "alice" else []
            self.assertEqual(len(rows), name == "alice")
        self.assertEqual(len(list(connection.cursor().stream(COUNT.format(5000)))), 5000)
        connection = self.psycopg()
        with connection.pipeline():
            first, second = connection.execute("SELECT 1"), connection.execute("SELECT %s", ["b"])
            self.assertEqual((first.fetchone(), second.fetchone()), ((1,), ("b",)))

    def test_psycopg_2(self):
        connection = psycopg2.connect(**self.server.parameters)
        self.addCleanup(connection.close)
        connection.autocommit = True

        def run(statement, values):
            cursor = connection.cursor()
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        def refused(statement, values):
            with self.assertRaises(psycopg2.Error) as caught:
                run(statement, values)
            return caught.exception.pgcode, caught.exception.diag.message_detail

        self.life(run, refused)
        for text in ("it's", "\\", "a\\' OR 1=1 --", '"', "é\n"):
            self.assertEqual(run("SELECT %s", [text]), [(text,)])

    def test_sqlalchemy(self):
        for driver in ("psycopg", "psycopg2"):
            with self.subTest(driver):
                parameters = self.server.parameters
                url = sqlalchemy.URL.create(
                    f"postgresql+{driver}", parameters["user"], parameters["password"], parameters["host"], parameters["port"], "aws"
                )
                engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
                self.addCleanup(engine.dispose)
                self.through_sqlalchemy(engine)

    def through_sqlalchemy(self, engine):
        inspector = sqlalchemy.inspect(engine)
        self.assertIn("virtual_mfa_devices", inspector.get_table_names())
        self.assertEqual(inspector.get_table_names(schema="iam_api"), ["mfa_device", "mfa_devices"])
        columns = inspector.get_columns("virtual_mfa_devices", schema="iam")
        self.assertEqual(
            [(column["name"], str(column["type"])) for column in columns],
            [("Base32StringSeed", "TEXT"), ("EnableDate", "TIMESTAMP"), ("QRCodePNG", "TEXT"),
             ("SerialNumber", "TEXT"), ("Tags", "JSON"), ("User", "JSON")],
        )
        self.assertEqual(inspector.get_pk_constraint("users")["constrained_columns"], [])
        self.assertEqual(inspector.get_foreign_keys("users") + inspector.get_indexes("users"), [])
        metadata = sqlalchemy.MetaData()
        users = sqlalchemy.Table("users", metadata, schema="iam", autoload_with=engine)
        with engine.connect() as connection:

            def run(statement, values):
                parts = statement.split("%s")
                named = "".join(f"{part}:v{at}" for at, part in enumerate(parts[:-1])) + parts[-1]
                values = {f"v{at}": value for at, value in enumerate(values)}
                result = connection.execute(sqlalchemy.text(named), values)
                return result.all() if result.returns_rows else []

            def refused(statement, values):
                with self.assertRaises(sqlalchemy.exc.DBAPIError) as caught:
                    run(statement, values)
                error = caught.exception.orig
                state = getattr(error, "sqlstate", None) or error.pgcode
                return state, error.diag.message_detail

            self.life(run, refused)
            named = sqlalchemy.select(users.c.UserName).where(users.c.UserName == "alice")
            self.assertEqual(connection.execute(named).scalars().all(), ["alice"])
            run("DELETE FROM aws.iam.users WHERE UserName = %s", ["alice"])

    def test_pgjdbc(self):
        parameters = self.server.parameters
        done = subprocess.run(
            ["java", "-cp", "/usr/share/java/postgresql.jar", JDBC,
             f"jdbc:postgresql://{parameters['host']}:{parameters['port']}/aws"],
            env={**os.environ, "PGUSER": parameters["user"], "PGPASSWORD": parameters["password"]},
            capture_output=True, text=True, timeout=180,
        )
        self.assertEqual(done.stderr, "")
        self.assertEqual(
            done.stdout.splitlines(),
            [
                f"made: {SERIAL}",
                "enabled: alice 1",
                "refused: 2BP01 DeleteConflict",
                "deleted: 1 left 0",
                "tables: virtual_mfa_devices",
                "columns: Base32StringSeed:text EnableDate:timestamptz QRCodePNG:text "
                "SerialNumber:text Tags:json User:json",
                "keys: ",
                "indexes: ",
                "schemas: iam iam_api information_schema pg_catalog public",
                "values: -11.5 it's",
                "portions: 1 2 3 (7) 4 5",
            ],
        )


class Sessions(Story):
    def test_mutations_wait_for_commit(self):
        connection = self.psycopg(autocommit=False)
        count = lambda: self.server.sql("SELECT count(*) AS n FROM aws.iam.users")[0]["n"]
        connection.execute("INSERT INTO aws.iam.users (UserName) VALUES ('alice')")
        self.assertEqual(count(), 0)
        connection.rollback()
        self.assertEqual(count(), 0)
        connection.execute("INSERT INTO aws.iam.users (UserName) VALUES ('alice')")
        connection.commit()
        self.assertEqual(count(), 1)
        # After an error, a transaction accepts only its end.
        with self.assertRaises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM iam.nothing")
        with self.assertRaises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_settings(self):
        connection = self.psycopg()
        connection.execute("SET application_name TO 'story'")
        self.assertEqual(connection.info.parameter_status("application_name"), "story")
        self.assertEqual(connection.execute("SHOW application_name").fetchone(), ("story",))
        self.assertEqual(
            connection.execute("SELECT current_setting('application_name')").fetchone(), ("story",)
        )
        for refused in ("SET client_encoding TO 'LATIN1'", "SET nothing = 1"):
            with self.assertRaises(psycopg.Error):
                connection.execute(refused)
        version = connection.execute("SELECT version()").fetchone()[0]
        self.assertRegex(version, r"^PostgreSQL 15\.0 \(vmfa ")

    def test_cursors_of_drivers(self):
        query = COUNT.format("%s").replace("SELECT n FROM", "SELECT CAST(n AS INTEGER) AS n FROM")
        whole, rows = 3_000 * 3_001 // 2, 3_000
        connection = self.psycopg(autocommit=False)
        for binary in (False, True):
            with connection.cursor("some", binary=binary) as cursor:
                cursor.itersize = 700
                cursor.execute(query % "%s", [rows])
                self.assertEqual(cursor.description[0].type_code, 20)
                self.assertEqual(sum(row[0] for row in cursor), whole)
        connection.commit()
        connection = psycopg2.connect(**self.server.parameters)
        self.addCleanup(connection.close)
        with connection.cursor("held", withhold=True) as cursor, connection.cursor() as other:
            cursor.itersize = 700
            cursor.execute(query % rows)
            other.execute("INSERT INTO aws.iam.users (UserName) VALUES ('alice')")
            connection.commit()
            self.assertEqual(sum(row[0] for row in cursor), whole)
        parameters = self.server.parameters
        for driver in ("psycopg", "psycopg2"):
            url = sqlalchemy.URL.create(
                f"postgresql+{driver}", parameters["user"], parameters["password"], parameters["host"], parameters["port"], "aws"
            )
            engine = sqlalchemy.create_engine(url)
            self.addCleanup(engine.dispose)
            with engine.connect() as connection:
                streamed = connection.execution_options(yield_per=700)
                result = streamed.execute(sqlalchemy.text(query % rows))
                self.assertEqual(sum(row.n for row in result), whole)

    def test_copies(self):
        query = "SELECT 'a\"b,c' AS a, NULL AS b, '' AS c, UserName FROM aws.iam.users"
        self.server.psql("INSERT INTO users (UserName) VALUES ('alice')")
        copy = lambda options: self.server.psql(f"COPY ({query}) TO STDOUT {options}").stdout
        self.assertEqual(copy("WITH (FORMAT csv, HEADER)"), 'a,b,c,UserName\n"a""b,c",,"",alice\n')
        self.assertEqual(copy("CSV DELIMITER ';' NULL '-' FORCE QUOTE *"), '"a""b,c";-;"";"alice"\n')
        self.assertEqual(copy(""), 'a"b,c\t\\N\t\talice\n')
        file = self.directory / "users.csv"
        self.server.psql(f"\\copy iam.users (UserName, Path) to '{file}' csv header")
        self.assertEqual(file.read_text(), "UserName,Path\nalice,/\n")
        connection = self.psycopg()
        with connection.cursor().copy(f"COPY ({COUNT.format(3_000)}) TO STDOUT") as rows:
            self.assertEqual(sum(int(number) for (number,) in rows.rows()), 3_000 * 3_001 // 2)
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as rows:
            rows.set_types(["text"] * 4)
            self.assertEqual(list(rows.rows()), [('a"b,c', None, "", "alice")])
        for refused in ("COPY users FROM STDIN", f"COPY ({query}) TO '/tmp/x'"):
            with self.assertRaises(psycopg.errors.FeatureNotSupported):
                connection.execute(refused)
        # An error in the middle ends the rows, not the connection.
        broken = "SELECT json_extract(CASE value WHEN 2000 THEN '{' ELSE '{}' END, '$') FROM c"
        with self.assertRaises(psycopg.Error):
            with connection.cursor().copy(f"COPY ({COUNT.format(3000).split(' SELECT n FROM')[0]} "
                                          f"{broken.replace('value', 'n')}) TO STDOUT") as rows:
                list(rows)
        self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_statements_of_poolers(self):
        connection = self.psycopg()
        connection.execute("SET application_name TO 'story'")
        for statement in ("UNLISTEN *", "RESET ALL", "CLOSE ALL", "DEALLOCATE ALL", "DISCARD ALL",
                          "SELECT pg_advisory_unlock_all()", "SET SESSION AUTHORIZATION DEFAULT"):
            with self.subTest(statement):
                connection.execute(statement)
        self.assertEqual(connection.execute("SHOW application_name").fetchone(), ("",))
        for refused in ("LISTEN news", "NOTIFY news", "PREPARE a AS SELECT 1"):
            with self.subTest(refused), self.assertRaises(psycopg.errors.FeatureNotSupported):
                connection.execute(refused)
        # A driver with a small statement cache closes the others.
        connection.prepared_max = 2
        for at in range(8):
            self.assertEqual(connection.execute(f"SELECT {at}", prepare=True).fetchone(), (at,))

    def test_a_statement_is_cancelled(self):
        connection = self.psycopg()
        timer = threading.Timer(0.5, connection.cancel)
        timer.start()
        began = time.monotonic()
        with self.assertRaises(psycopg.errors.QueryCanceled):
            connection.execute("SLEEP 60000")
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_a_wrong_statement_does_not_end_the_connection(self):
        connection = self.psycopg()
        for query in ("SELEC 1", "SELECT (", "SELECT 'x", 'SELECT "x', "/* ", "SELECT * FROM nowhere",
                      "SELECT nothing(1)", "SELECT 1 FROM pg_catalog.pg_nothing", "EXEC a.b.c",
                      "COPY users FROM STDIN", "SELECT " + "(" * 5000, "SELECT $1", "SELECT $9000000000000000000"):
            with self.subTest(query[:40]), self.assertRaises(psycopg.Error) as caught:
                connection.execute(query.encode(), prepare=None)
            self.assertFalse(connection.closed, caught.exception)
        # A statement that is too long is refused, and the next one is read.
        with self.assertRaises(psycopg.Error):
            connection.execute(b"SELECT '" + b"x" * (2 << 20) + b"'", prepare=None)
        for _ in range(100):
            self.assertEqual(connection.execute("SELECT count(*) FROM aws.iam.users").fetchone(), (0,))

    def test_bytes_of_any_kind_end_one_connection_at_most(self):
        chance = random.Random(5466)
        # Connect first: the failures below use up the log-in attempts of this address.
        bodies = (b"\x00" * 9, b"Q\xff\xff\xff\xff", b"Q\0\0\0\0")
        steady, *victims = [self.psycopg() for _ in range(1 + len(bodies))]
        login = opening(user=self.server.user, database="aws")
        openings = [b"", login, message(b"", b"\x04\xd2\x16\x2f"), message(b"", b"\x04\xd2\x16\x30")]
        for at in range(60):
            with self.server.connect() as connection:
                connection.settimeout(0.05)
                sent = openings[at % len(openings)] + chance.randbytes(chance.randrange(200))
                try:
                    connection.sendall(sent)
                    connection.recv(4096)
                except OSError:
                    pass
        # Also after the log-in.
        for connection, body in zip(victims, bodies):
            os.write(connection.fileno(), body)
            with self.assertRaises(psycopg.Error):
                connection.execute("SELECT 1")
        self.assertEqual(steady.execute("SELECT 1").fetchone(), (1,))
        self.assertNotIn("panicked", "".join(self.server.log))

    def test_rows_stream(self):
        connection = self.psycopg()
        connection.execute("SELECT 1")
        before = peak(self.server.process.pid)
        count = sum(1 for _ in connection.cursor().stream(COUNT.format(300_000)))
        self.assertEqual(count, 300_000)
        self.assertLess(peak(self.server.process.pid) - before, 16 << 10)

    def test_sigterm_ends_sessions_with_their_reason(self):
        connection = self.psycopg()
        self.assertEqual(self.server.stop(), 0)
        with self.assertRaises(psycopg.OperationalError) as caught:
            connection.execute("SELECT 1")
        self.assertIn("terminating connection due to administrator command", str(caught.exception))


class LogIn(Story):
    def refused(self, server=None, **more):
        with self.assertRaises(psycopg.OperationalError) as caught:
            self.psycopg(server, **more)
        return str(caught.exception).splitlines()[0].split("FATAL:  ")[-1]

    def test_passwords(self):
        key, secret = self.user_key("alice")
        wrong = "password authentication failed for user `{}`"
        self.assertEqual(self.refused(password="wrong"), wrong.format(self.server.user))
        self.assertEqual(self.refused(user="AKIASTRANGER", password="x"), wrong.format("AKIASTRANGER"))
        self.assertEqual(self.refused(dbname="other"), "database `other` does not exist")
        # A session acts as the owner of its key, while the key is active.
        alice = self.psycopg(user=key, password=secret)
        arn = "SELECT Arn FROM aws.iam.caller_identity"
        self.assertEqual(alice.execute(arn).fetchone(), ("arn:aws:iam::123456789012:user/alice",))
        with self.assertRaises(psycopg.errors.InsufficientPrivilege) as caught:
            alice.execute("INSERT INTO aws.iam.users (UserName) VALUES ('bob')")
        self.assertEqual(caught.exception.diag.message_detail, "AccessDenied")
        self.server.vmfa("iam", "update-access-key", "--user-name", "alice", "--access-key-id", key,
                         "--status", "Inactive")
        # Its calls are refused at once, and the session ends soon.
        while not alice.closed:
            with self.assertRaises(psycopg.Error) as caught:
                alice.execute(arn)
            time.sleep(0.05)
        self.assertIn(f"access key `{key}` was deleted or deactivated", str(caught.exception))
        self.assertEqual(self.refused(user=key, password=secret), wrong.format(key))
        logged = "".join(self.server.log)
        self.assertNotIn(secret, logged)
        self.assertNotIn(self.server.password, logged)

    def test_too_many_connections(self):
        held = []
        with self.assertRaises(psycopg.OperationalError) as caught:
            for _ in range(300):
                held.append(self.psycopg())
        self.assertIn(f"too many connections of access key `{self.server.user}`", str(caught.exception))
        self.assertEqual(len(held), 64)
        # A cancel request still works, and a closed connection makes room for another.
        timer = threading.Timer(0.5, held[0].cancel)
        timer.start()
        with self.assertRaises(psycopg.errors.QueryCanceled):
            held[0].execute("SLEEP 60000")
        held.pop().close()
        time.sleep(0.5)
        self.assertEqual(self.psycopg().execute("SELECT 1").fetchone(), (1,))

    def test_users_do_not_see_the_views_of_others(self):
        key, secret = self.user_key("alice")
        root, alice = self.psycopg(), self.psycopg(user=key, password=secret)
        root.execute("CREATE MATERIALIZED VIEW names AS SELECT UserName FROM aws.iam.users")
        self.assertEqual(root.execute("SELECT * FROM names").fetchall(), [("alice",)])
        with self.assertRaises(psycopg.Error):
            alice.execute("SELECT * FROM names")

    def test_beside_a_server_that_holds_the_directory(self):
        self.server.stop()
        served = Server(self.directory / "data")
        self.addCleanup(served.stop)
        self.server = self.serve(key=False)
        self.server.user, self.server.password = KEY, SECRET
        key, secret = self.user_key("alice")
        self.assertEqual(self.psycopg().execute("SELECT UserName FROM users").fetchall(), [("alice",)])
        alice = self.psycopg(user=key, password=secret)
        arn = "SELECT Arn FROM aws.iam.caller_identity"
        self.assertEqual(alice.execute(arn).fetchone(), ("arn:aws:iam::123456789012:user/alice",))
        self.assertIn("password authentication failed", self.refused(password="wrong"))
        self.assertIn("password authentication failed for user `Zoë`", self.refused(user="Zoë"))
        # A session ends when its key is deleted where it is held.
        [second] = self.server.sql(
            "INSERT INTO aws.iam.access_keys (UserName) VALUES ('alice') "
            "RETURNING AccessKeyId, SecretAccessKey"
        )
        ended = self.psycopg(user=second["AccessKeyId"], password=second["SecretAccessKey"])
        served.client().delete_access_key(UserName="alice", AccessKeyId=second["AccessKeyId"])
        while not ended.closed:
            with self.assertRaises(psycopg.Error) as caught:
                ended.execute(arn)
            time.sleep(0.05)
        self.assertIn("was deleted or deactivated", str(caught.exception))
        # The holder may be killed, restarted and stopped: sessions continue.
        steady = self.psycopg()
        count = "SELECT count(*) FROM aws.iam.users"
        for end in (served.kill, served.stop):
            self.assertEqual(steady.execute(count).fetchone(), (1,))
            end()
            if end is served.stop:
                break
            served.start()
        self.assertEqual(alice.execute(arn).fetchone(), ("arn:aws:iam::123456789012:user/alice",))
        steady.execute("INSERT INTO aws.iam.users (UserName) VALUES ('bob')")
        self.assertEqual(self.psycopg().execute(count).fetchone(), (2,))
        # Now this process holds the directory, and other commands use its socket.
        self.assertEqual(self.server.sql(f"{count.replace('count(*)', 'count(*) AS n')}"), [{"n": 2}])
        self.assertEqual(self.server.stop(), 0)

    def test_acknowledged_users_survive_kill_9(self):
        made, key = [], (self.server.user, self.server.password)

        def make(writer):
            connection = psycopg.connect(**self.server.parameters, autocommit=True)
            for at in range(100_000):
                name = f"{writer}-{at}"
                try:
                    [(arn,)] = connection.execute(
                        "INSERT INTO aws.iam.users (UserName) VALUES (%s) RETURNING Arn", [name]
                    )
                except psycopg.Error:
                    return
                made.append(name)

        writers = [threading.Thread(target=make, args=(writer,)) for writer in range(4)]
        [writer.start() for writer in writers]
        while len(made) < 40:
            time.sleep(0.01)
        self.server.process.kill()
        [writer.join(30) for writer in writers]
        self.server.stop()
        self.server = self.serve(key=False)
        self.server.user, self.server.password = key
        there = {name for (name,) in self.psycopg().execute("SELECT UserName FROM aws.iam.users")}
        # All acknowledged users exist, and at most one unacknowledged user of each writer.
        self.assertEqual(set(made) - there, set())
        self.assertLessEqual(len(there) - len(made), len(writers))
        self.psycopg().execute("INSERT INTO aws.iam.users (UserName) VALUES ('after')")

    def test_an_endpoint(self):
        self.server.stop()
        served = Server(self.directory / "other")
        self.addCleanup(served.stop)
        environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        self.server = self.serve("--endpoint-url", served.url, environment=environment, key=False)
        self.server.user, self.server.password = KEY, SECRET
        self.psycopg().execute("INSERT INTO users (UserName) VALUES ('alice')")
        names = [user["UserName"] for user in served.client().list_users()["Users"]]
        self.assertEqual(names, ["alice"])
        self.assertIn("password authentication failed", self.refused(password="wrong"))

    def test_insecure_needs_no_password_on_loopback_only(self):
        self.server.stop()
        self.server = self.serve("--insecure", key=False)
        connection = psycopg.connect(host=self.server.host, port=self.server.port, user="me", dbname="aws")
        self.addCleanup(connection.close)
        arn = "SELECT Arn FROM aws.iam.caller_identity"
        self.assertEqual(connection.execute(arn).fetchone(), ("arn:aws:iam::123456789012:root",))
        self.server.stop()
        for flags in (["--insecure"], []):
            done = self.server.vmfa("srv", "--pgsrv.address", "0.0.0.0", "--pgsrv.port", "0", *flags, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("reached from other machines", done.stderr)

    def test_tls(self):
        self.server.stop()
        ca = self.certificate("ca", "/CN=ca")
        self.certificate("server", "/CN=127.0.0.1", signer="ca")
        self.certificate("client", "/CN=client", signer="ca")
        files = {name: str(self.directory / name) for name in ("server.key", "server.crt")}
        plain = f'{{"keyFilePath": "{files["server.key"]}", "certFilePath": "{files["server.crt"]}"}}'
        authority = base64.b64encode(ca.read_bytes()).decode()
        mutual = plain[:-1] + f', "clientCAs": ["{authority}"]}}'
        client = {name: str(self.directory / f"client.{end}") for name, end in (("sslcert", "crt"), ("sslkey", "key"))}

        self.server = self.serve("--pgsrv.tls", plain)
        for more in ({"sslmode": "require"}, {"sslmode": "verify-ca", "sslrootcert": str(ca)},
                     {"sslmode": "require", "channel_binding": "require"}):
            self.assertEqual(self.psycopg(**more).execute("SELECT 1").fetchone(), (1,))
        self.assertEqual(self.refused(sslmode="disable"), "this server is reached by TLS only")
        self.server.stop()

        self.server = self.serve("--pgsrv.tls", mutual)
        self.assertEqual(self.server.psql("SELECT 1", sslmode="require", **client).stdout, "1\n")
        with self.assertRaises(psycopg.OperationalError):
            self.psycopg(sslmode="require", sslcert="/nonexistent")
        self.assertEqual(self.refused(sslmode="disable"), "this server is reached by TLS only")

    def certificate(self, name, subject, signer=None):
        key, certificate = self.directory / f"{name}.key", self.directory / f"{name}.crt"
        signed = []
        if signer:
            signed = ["-CA", self.directory / f"{signer}.crt", "-CAkey", self.directory / f"{signer}.key",
                      "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", subject, "-keyout", key, "-out", certificate, *signed],
            check=True, capture_output=True,
        )
        key.chmod(0o600)
        return certificate


def expect(terminal, text, patience=20):
    """Reads the output of a terminal until a text appears."""
    shown, until = "", time.monotonic() + patience
    while text not in shown and time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
    return shown


def peak(process):
    """The high-water mark of the memory of a process, in KiB."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    unittest.main()
