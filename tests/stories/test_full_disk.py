"""Disk space of views and tables, and what works on a full disk."""

import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import psycopg

from support import code
from wire import SrvServer

MIB = 1 << 20
FILL = "CREATE TABLE t{} AS SELECT randomblob(4000000) AS x"


class Story(unittest.TestCase):
    """A test with a server of its own."""

    flags = ()

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-disk-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.prepare()
        self.serve()

    def prepare(self):
        """Runs before the server starts."""

    def serve(self):
        self.server = SrvServer(self.directory / "data", *self.flags)
        self.addCleanup(self.server.stop)

    def connect(self, key=None):
        """A session of the owner of a key, or of the root."""
        parameters = dict(self.server.parameters)
        if key:
            parameters["user"], parameters["password"] = key
        connection = psycopg.connect(**parameters, autocommit=True)
        self.addCleanup(connection.close)
        return connection

    def user(self, name):
        """A new user: its identifier, and an access key."""
        [user] = self.server.sql(
            f"INSERT INTO aws.iam.users (UserName) VALUES ('{name}') RETURNING UserId"
        )
        [key] = self.server.sql(
            f"INSERT INTO aws.iam.access_keys (UserName) VALUES ('{name}') "
            "RETURNING AccessKeyId, SecretAccessKey"
        )
        return user["UserId"], (key["AccessKeyId"], key["SecretAccessKey"])

    def device(self, name):
        """A new device: its serial number and its seed."""
        [device] = self.server.sql(
            f"INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('{name}') "
            "RETURNING SerialNumber, Base32StringSeed"
        )
        return device["SerialNumber"], base64.b64decode(device["Base32StringSeed"]).decode()

    def enable(self, name, serial, seed):
        now = int(time.time())
        self.server.vmfa(
            "iam", "enable-mfa-device", "--user-name", name, "--serial-number", serial,
            "--authentication-code1", code(seed, now - 60),
            "--authentication-code2", code(seed, now - 30),
        )

    def sign_in(self, key, serial, seed):
        """A session with MFA."""
        environment = self.server.environment
        self.server.environment = {
            **environment, "AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1]
        }
        try:
            done = self.server.vmfa(
                "sts", "get-session-token", "--serial-number", serial, "--token-code", code(seed)
            )
        finally:
            self.server.environment = environment
        self.assertIn("SessionToken", done.stdout)

    def file(self, user):
        return self.directory / "data" / f"sql-{user}.db"


class Budgets(Story):
    def test_by_default_the_root_has_tables_and_users_do_not(self):
        user, key = self.user("alice")
        session = self.connect(key)
        with self.assertRaises(psycopg.errors.DiskFull) as refused:
            session.execute("CREATE TABLE t (a)")
        self.assertIn("--user-tables SIZE", str(refused.exception))
        self.assertEqual(session.execute("SELECT 1").fetchall(), [(1,)])
        self.assertFalse(self.file(user).exists())
        root = self.connect()
        root.execute("CREATE TABLE t (a)")
        root.execute("DROP TABLE t")

    def test_tables_outlive_keys_and_are_removed_with_their_user(self):
        self.server.stop()
        self.flags = ("--user-tables", "1M")
        self.serve()
        (alice, old), (bob, _) = self.user("alice"), self.user("bob")
        self.connect(old).execute("CREATE TABLE t AS SELECT 7 AS a")
        # A rotated key.
        [new] = self.server.sql(
            "INSERT INTO aws.iam.access_keys (UserName) VALUES ('alice') "
            "RETURNING AccessKeyId, SecretAccessKey"
        )
        self.server.vmfa("iam", "delete-access-key", "--user-name", "alice", "--access-key-id", old[0])
        self.server.vmfa("iam", "update-user", "--user-name", "alice", "--new-user-name", "zoe")
        self.server.stop()
        shutil.copy(self.file(alice), self.file(bob))
        elsewhere = self.directory / "elsewhere"
        elsewhere.write_text("x")
        link = self.file("AIDA0LINK")
        link.symlink_to(elsewhere)
        self.file("AIDA0GONE").with_suffix(".db-wal").write_bytes(b"")
        self.serve()
        session = self.connect((new["AccessKeyId"], new["SecretAccessKey"]))
        self.assertEqual(session.execute("SELECT a FROM t").fetchall(), [(7,)])
        session.close()
        self.server.vmfa("iam", "delete-access-key", "--user-name", "zoe",
                         "--access-key-id", new["AccessKeyId"])
        self.server.vmfa("iam", "delete-user", "--user-name", "zoe")
        self.server.stop()
        self.serve()
        self.wait_until(lambda: not self.file(alice).exists())
        left = sorted(file.name for file in (self.directory / "data").glob("sql-*"))
        self.assertEqual(left, sorted([self.file(bob).name, link.name]))
        self.assertTrue(elsewhere.exists())

    def wait_until(self, condition):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)


class FullDisk(Story):
    flags = ("--user-tables", "64M")

    def prepare(self):
        if os.geteuid() != 0:
            self.skipTest("only root mounts a small file system")
        data = self.directory / "data"
        data.mkdir(mode=0o700)
        options = "size=96m,mode=0700"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "vmfa-test", data], capture_output=True, text=True
        )
        if mounted.returncode != 0:
            self.skipTest(f"no small file system can be mounted: {mounted.stderr}")
        self.addCleanup(subprocess.run, ["umount", data], check=True)

    def free(self):
        disk = os.statvfs(self.directory / "data")
        return disk.f_bavail * disk.f_frsize

    def fill(self):
        """Fills the disk to its last byte."""
        with open(self.directory / "data" / "filler", "wb", buffering=0) as file:
            block = MIB
            while block:
                try:
                    file.write(b"x" * block)
                except OSError:
                    block //= 2
        self.assertEqual(self.free(), 0)

    def test_signing_in_works_on_a_full_disk(self):
        users = ["alice", "bob", "carol", "dave"]
        keys = {name: self.user(name)[1] for name in users}
        devices = {name: self.device(name) for name in users}
        for name in users[:3]:
            self.enable(name, *devices[name])
        mallory, key = self.user("mallory")
        session = self.connect(key)

        # SQL cannot fill the disk.
        made = 0
        with self.assertRaises(psycopg.errors.DiskFull) as refused:
            for made in range(1000):
                session.execute(FILL.format(made))
        self.assertIn("DROP gives room back", str(refused.exception))
        self.assertGreater(made, 3)
        self.assertGreater(self.free(), 12 * MIB)
        self.assertEqual(session.execute("SELECT 1").fetchall(), [(1,)])
        self.assertEqual(session.execute("SELECT length(x) FROM t0").fetchall(), [(4000000,)])
        with self.assertRaises(psycopg.errors.DiskFull):
            session.execute("INSERT INTO t0 SELECT x FROM t0")
        self.sign_in(keys["alice"], *devices["alice"])
        self.connect(keys["alice"]).close()

        # Another program can fill it.
        self.fill()
        self.sign_in(keys["bob"], *devices["bob"])
        self.enable("dave", *devices["dave"])
        self.connect(keys["bob"]).close()
        self.server.vmfa("account", "--new-root-key")
        root = self.connect()
        for round in range(1500):
            for status in ["Inactive", "Active"]:
                root.execute(
                    "UPDATE aws.iam.access_keys SET Status = %s "
                    "WHERE UserName = 'mallory' AND AccessKeyId = %s",
                    [status, key[0]],
                )
        root.execute(
            "UPDATE aws.iam.access_keys SET Status = 'Inactive' "
            "WHERE UserName = 'mallory' AND AccessKeyId = %s",
            [key[0]],
        )
        with self.assertRaises(psycopg.OperationalError):
            self.connect(key)
        with self.assertRaises(psycopg.errors.DiskFull):
            root.execute("CREATE TABLE t (a)")

        # A restart needs space for the files that SQLite keeps beside the database.
        session.close()
        root.close()
        self.server.stop()
        self.fill_again()
        self.serve()
        self.sign_in(keys["carol"], *devices["carol"])
        self.server.vmfa(
            "iam", "update-access-key", "--user-name", "mallory", "--access-key-id", key[0],
            "--status", "Active",
        )

        # With a little free space, tables can be dropped, which frees more.
        os.truncate(self.directory / "data" / "filler", 0)
        session = self.connect(key)
        for table in range(made):
            session.execute(f"DROP TABLE t{table}")
        self.assertLess(self.file(mallory).stat().st_size, MIB)
        session.execute(FILL.format(0))

    def fill_again(self):
        (self.directory / "data" / "filler").rename(self.directory / "data" / "filler-1")
        self.fill()
        filler = self.directory / "data" / "filler-1"
        self.addCleanup(filler.unlink, missing_ok=True)


if __name__ == "__main__":
    unittest.main()
