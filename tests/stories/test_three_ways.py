"""One story through three clients, compared by meaning: `vmfa iam` on its own data, `vmfa iam` on a
server, and the real aws (version 1) on a server. And many concurrent commands on one data directory."""

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


class Client:
    """A program, and the endpoint or data directory that its calls go to."""

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
        """Runs a command. Returns its output or its error, without what differs between runs."""
        done = subprocess.run(
            [self.program, *words], env={**self.environment, **variables}, cwd=self.directory,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )
        if done.returncode == 0:
            assert done.stderr == "", (words, done.stderr)
            return normalised(done.stdout)
        assert done.stdout == "", (words, done.stdout)
        refusal = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation: (.*)", done.stderr)
        if refusal:
            return ("refused", *(part.strip() for part in refusal.groups()))
        # Errors found before a request is sent have other messages in version 1.
        assert done.stderr != "", words
        return ("wrong",)


def normalised(text):
    """Output without what differs between two runs."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)", "TIME", text)
    text = re.sub(r"\b(AIDA|AKIA|ASIA)[A-Z0-9]{16,17}\b", r"\1", text)
    try:
        return json.loads(text)
    except ValueError:
        # Version 1 writes times shorter, and so draws tables narrower.
        return re.sub(r" {2,}|[-+]{2,}", " ", text)


def story(client):
    """Runs all steps. Returns each with its result."""
    run, results = client.run, []

    def step(*words, **variables):
        results.append((words, run(*words, **variables)))
        return results[-1][1]

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
    uri = scan((client.directory / "phone.png").read_bytes())
    seed = re.fullmatch(rf"otpauth://totp/phone@{ACCOUNT}\?secret=([A-Z2-7]{{64}})", uri)[1]
    assert re.fullmatch("[A-Z2-7]{64}", (client.directory / "tablet").read_text())

    serial = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
    enable = ["iam", "enable-mfa-device", "--user-name", "alice", "--serial-number", serial]

    def codes(at):
        return ["--authentication-code1", code(seed, at), "--authentication-code2", code(seed, at + 30)]

    now = int(time.time())
    for problem in [
        enable, [*enable, "--authentication-code1", "12", "--authentication-code2", "123456"],
        [*enable, "--authentication-code1", "abcdef", "--authentication-code2", "123456"],
        [*enable, *codes(now - 7200)],
        ["iam", "enable-mfa-device", "--user-name", "unknown", "--serial-number", serial, *codes(now - 60)],
        ["iam", "deactivate-mfa-device", "--user-name", "alice", "--serial-number", serial],
    ]:
        # The arguments hold codes, which differ between clients.
        results.append((len(results), run(*problem)))
    results.append(("enable", run(*enable, *codes(now - 60))))
    results.append(("enable again", run(*enable, *codes(now - 30))))
    step("iam", "list-mfa-devices", "--user-name", "alice")
    step("iam", "list-mfa-devices", "--user-name", "alice", "--output", "text")
    step("iam", "list-mfa-devices", "--user-name", "unknown")
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
    results.append(("resync", run("iam", "resync-mfa-device", "--user-name", "alice", *tag, *codes(now + 300))))
    step("iam", "deactivate-mfa-device", "--user-name", "alice", *tag)
    step("iam", "delete-virtual-mfa-device", "--cli-input-json", json.dumps({"SerialNumber": serial}))
    step("iam", "delete-virtual-mfa-device", *tag)
    step("iam", "delete-virtual-mfa-device", "--serial-number", f"arn:aws:iam::{ACCOUNT}:mfa/a/b/tablet")
    step("iam", "delete-user", "--user-name", "alice")
    step("iam", "list-users")
    step("iam", "get-account-summary", "--query", "SummaryMap.[MFADevices, Users]")
    return results


class ThreeClients(unittest.TestCase):
    maxDiff = None

    def test_the_same_story(self):
        results = {}
        for name in ["vmfa on its own data", "vmfa on a server", "aws on a server"]:
            directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-client-"))
            self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
            server = None
            if "server" in name:
                server = Server(directory / "served")
                self.addCleanup(server.stop)
            program = BIN / "aws" if name.startswith("aws") else VMFA
            results[name] = story(Client(name, directory, program, server))
        first, *others = results
        for name in others:
            for one, other in zip(results[first], results[name], strict=True):
                self.assertEqual(one, other, name)


class Concurrent(Story):
    """Commands beside a server that holds the data directory, and beside one another."""

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
        """`sts get-session-token` with a code, and calls with the session."""
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
            # With a wrong token it is refused, and never falls back to the root.
            for wrong in ["x", given["SessionToken"][:-4] + "AAAA"]:
                refused = self.vmfa("iam", "list-users", **{**session, "AWS_SESSION_TOKEN": wrong})
                self.assertNotEqual(refused.returncode, 0)
                self.assertEqual(refused.stdout, "")
                self.assertIn(f"access key `{given['AccessKeyId']}` is unknown", refused.stderr)

    def test_concurrent_commands_wait_for_one_another(self):
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
    """Through a link named `aws`, vmfa never uses its own data, and calls no endpoint that is not named."""

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
