"""One story on three ways, compared by meaning: `vmfa iam` on its own data, `vmfa iam` on a server,
and the real aws (version 1) on a server. And many commands at once, on data that others hold."""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from support import ACCOUNT, BIN, KEY, SECRET, VMFA, Server, Story, clean_environment, code, scan


class Way:
    """A program, and where its calls go."""

    def __init__(self, name, directory, program, server=None):
        self.name, self.directory, self.program = name, directory, program
        self.environment = {**clean_environment(), "VMFA_ACCOUNT_ID": ACCOUNT, "HOME": str(directory)}
        if server:
            self.environment |= {
                "AWS_ENDPOINT_URL": server.url,
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_DEFAULT_REGION": "us-east-1",
                "VMFA_DATA_DIR": "/nonexistent/unused",
            }
        else:
            self.environment["VMFA_DATA_DIR"] = str(directory / "data")

    def run(self, *words, **variables):
        """The meaning of what a command does: its answer or its refusal."""
        done = subprocess.run(
            [self.program, *words], env={**self.environment, **variables}, cwd=self.directory,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )
        if done.returncode == 0:
            assert done.stderr == "", (words, done.stderr)
            return plain(done.stdout)
        assert done.stdout == "", (words, done.stdout)
        refusal = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation: (.*)", done.stderr)
        if refusal:
            return ("refused", *(part.strip() for part in refusal.groups()))
        # What is told before anything is sent has other words in version 1.
        assert done.stderr != "", words
        return ("wrong",)


def plain(text):
    """An answer without what cannot be the same twice."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)", "TIME", text)
    text = re.sub(r"\b(AIDA|AKIA|ASIA)[A-Z0-9]{16,17}\b", r"\1", text)
    try:
        return json.loads(text)
    except ValueError:
        # Version 1 writes times shorter, and so draws tables narrower.
        return re.sub(r" {2,}|[-+]{2,}", " ", text)


def story(way):
    """All steps, with the meaning of each."""
    run, told = way.run, []

    def step(*words, **variables):
        told.append((words, run(*words, **variables)))
        return told[-1][1]

    step("sts", "get-caller-identity")
    step("iam", "list-virtual-mfa-devices")
    step("iam", "create-user", "--user-name", "alice", "--path", "/team/", "--tags", "Key=a,Value=b c")
    step("iam", "create-user", "--user-name", "alice")
    step("iam", "create-user", "--user-name", "al ice")
    step("iam", "get-user", "--user-name", "alice", "--output", "text")
    step("iam", "list-users", "--output", "table")
    create = ["iam", "create-virtual-mfa-device", "--virtual-mfa-device-name"]
    step(*create, "phone", "--outfile", "phone.png", "--bootstrap-method", "QRCodePNG")
    step(*create, "phone", "--outfile", "again.png", "--bootstrap-method", "QRCodePNG")
    step(*create, "tablet", "--path", "/a/b/", "--outfile", "tablet", "--bootstrap-method", "Base32StringSeed",
         "--tags", '[{"Key":"k","Value":""}]')
    step(*create, "x", "--outfile", "nowhere/x", "--bootstrap-method", "QRCodePNG")
    step(*create, "bad name", "--outfile", "bad", "--bootstrap-method", "QRCodePNG")
    uri = scan((way.directory / "phone.png").read_bytes())
    seed = re.fullmatch(rf"otpauth://totp/phone@{ACCOUNT}\?secret=([A-Z2-7]{{64}})", uri)[1]
    assert re.fullmatch("[A-Z2-7]{64}", (way.directory / "tablet").read_text())

    serial = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
    enable = ["iam", "enable-mfa-device", "--user-name", "alice", "--serial-number", serial]

    def codes(at):
        return ["--authentication-code1", code(seed, at), "--authentication-code2", code(seed, at + 30)]

    now = int(time.time())
    for problem in [
        enable, [*enable, "--authentication-code1", "12", "--authentication-code2", "123456"],
        [*enable, "--authentication-code1", "abcdef", "--authentication-code2", "123456"],
        [*enable, *codes(now - 7200)],
        ["iam", "enable-mfa-device", "--user-name", "nobody", "--serial-number", serial, *codes(now - 60)],
        ["iam", "deactivate-mfa-device", "--user-name", "alice", "--serial-number", serial],
    ]:
        # The codes of the problem are not part of what is compared.
        told.append((len(told), run(*problem)))
    told.append(("enable", run(*enable, *codes(now - 60))))
    told.append(("enable again", run(*enable, *codes(now - 30))))
    step("iam", "list-mfa-devices", "--user-name", "alice")
    step("iam", "list-mfa-devices", "--user-name", "alice", "--output", "text")
    step("iam", "list-mfa-devices", "--user-name", "nobody")
    step("iam", "get-mfa-device", "--serial-number", serial)
    for status in ["Any", "Assigned", "Unassigned", "Bogus"]:
        step("iam", "list-virtual-mfa-devices", "--assignment-status", status)
    devices = ["iam", "list-virtual-mfa-devices"]
    step(*devices, "--output", "table")
    step(*devices, "--query", "VirtualMFADevices[?User].[User.UserName, SerialNumber]", "--output", "text")
    step(*devices, "--max-items", "1", "--query", "length(VirtualMFADevices)")
    step(*devices, "--query", "VirtualMFADevices[")
    step(*devices, "--page-size", "1")
    step(*devices, "--no-paginate", "--query", "IsTruncated")
    tag = ["--serial-number", serial]
    step("iam", "tag-mfa-device", *tag, "--tags", "Key=team,Value=ops", "Key=x,Value='a,b'")
    step("iam", "tag-mfa-device", *tag, "--tags", "Key=team,Value=ops", "Key=team,Value=b")
    step("iam", "list-mfa-device-tags", *tag)
    step("iam", "untag-mfa-device", *tag, "--tag-keys", "team", "none")
    step("iam", "list-mfa-device-tags", *tag, "--output", "text")
    step("iam", "delete-virtual-mfa-device", *tag)
    step("iam", "delete-user", "--user-name", "alice")
    told.append(("resync", run("iam", "resync-mfa-device", "--user-name", "alice", *tag, *codes(now + 300))))
    step("iam", "deactivate-mfa-device", "--user-name", "alice", *tag)
    step("iam", "delete-virtual-mfa-device", "--cli-input-json", json.dumps({"SerialNumber": serial}))
    step("iam", "delete-virtual-mfa-device", *tag)
    step("iam", "delete-virtual-mfa-device", "--serial-number", f"arn:aws:iam::{ACCOUNT}:mfa/a/b/tablet")
    step("iam", "delete-user", "--user-name", "alice")
    step("iam", "list-users")
    step("iam", "get-account-summary", "--query", "SummaryMap.[MFADevices, Users]")
    return told


class ThreeWays(unittest.TestCase):
    maxDiff = None

    def test_the_same_story(self):
        told = {}
        for name in ["vmfa on its own data", "vmfa on a server", "aws on a server"]:
            directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-way-"))
            self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
            server = None
            if "server" in name:
                server = Server(directory / "served")
                self.addCleanup(server.stop)
            program = BIN / "aws" if name.startswith("aws") else VMFA
            told[name] = story(Way(name, directory, program, server))
        first, *others = told
        for name in others:
            for one, other in zip(told[first], told[name], strict=True):
                self.assertEqual(one, other, name)


class Mixed(Story):
    """Short commands beside a server that holds the data directory, and beside one another."""

    def vmfa(self, *words, **variables):
        environment = {**clean_environment(), "VMFA_DATA_DIR": str(self.server.directory), **variables}
        return subprocess.run([VMFA, *words], env=environment, capture_output=True, text=True, timeout=120)

    def test_commands_see_what_the_server_does_and_the_other_way_round(self):
        self.assertEqual(self.vmfa("iam", "create-user", "--user-name", "alice").returncode, 0)
        self.assertEqual([user["UserName"] for user in self.server.client().list_users()["Users"]], ["alice"])
        self.server.client().create_user(UserName="bob")
        self.server.stop()
        names = self.vmfa("iam", "list-users", "--query", "Users[].UserName", "--output", "text")
        self.assertEqual(names.stdout, "alice\tbob\n")
        self.server.start()
        self.assertEqual(self.vmfa("iam", "delete-user", "--user-name", "bob").stderr, "")
        self.assertEqual(len(self.server.client().list_users()["Users"]), 1)

    def test_a_session_acts_through_the_socket(self):
        """`sts get-session-token` with a code, and what may be done with what it gives."""
        key, serial, seed = self.user_with_device("alice")
        own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        words = ["sts", "get-session-token", "--serial-number", serial, "--token-code", code(seed)]
        given = json.loads(self.vmfa(*words, **own).stdout)["Credentials"]
        session = {"AWS_ACCESS_KEY_ID": given["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                   "AWS_SESSION_TOKEN": given["SessionToken"]}
        self.assertNotEqual(given["AccessKeyId"], key["AccessKeyId"])
        for held in [True, False]:
            if not held:
                # The same without a server, on the directory itself.
                self.server.stop()
            caller = json.loads(self.vmfa("sts", "get-caller-identity", **session).stdout)
            self.assertEqual(caller["Arn"], f"arn:aws:iam::{ACCOUNT}:user/alice")
            devices = json.loads(self.vmfa("iam", "list-mfa-devices", "--user-name", "alice", **session).stdout)
            self.assertEqual([device["SerialNumber"] for device in devices["MFADevices"]], [serial])
            refused = self.vmfa("iam", "list-users", **session)
            self.assertEqual((refused.returncode, refused.stdout), (254, ""))
            self.assertIn("(AccessDenied)", refused.stderr)
            # Without its token, or with another's, it is nobody's: it never falls back to the root.
            for wrong in ["x", given["SessionToken"][:-4] + "AAAA"]:
                refused = self.vmfa("iam", "list-users", **{**session, "AWS_SESSION_TOKEN": wrong})
                self.assertNotEqual(refused.returncode, 0)
                self.assertEqual(refused.stdout, "")
                self.assertNotIn("AccessDenied", refused.stderr)

    def test_many_at_once_queue(self):
        for held in [True, False]:
            if not held:
                self.server.stop()
            with concurrent.futures.ThreadPoolExecutor(24) as pool:
                names = [f"u{held}{number}" for number in range(24)]
                done = list(pool.map(lambda name: self.vmfa("iam", "create-user", "--user-name", name), names))
            self.assertEqual([one.stderr for one in done if one.returncode], [])
            listed = json.loads(self.vmfa("iam", "list-users").stdout)["Users"]
            self.assertLessEqual(set(names), {user["UserName"] for user in listed})


class ThroughALink(unittest.TestCase):
    """Called `aws`, vmfa never acts on its own data, and never goes to AWS unasked."""

    def test_no_endpoint_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            link = pathlib.Path(directory) / "aws"
            link.symlink_to(VMFA)
            environment = {**clean_environment(), "HOME": directory, "AWS_DEFAULT_REGION": "us-east-1",
                           "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
            done = subprocess.run([link, "iam", "list-users"], env=environment, capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, r"^\naws: \[ERROR\]: .*(?s:.*)--endpoint-url")
            self.assertEqual(os.listdir(directory), ["aws"])


if __name__ == "__main__":
    unittest.main()
