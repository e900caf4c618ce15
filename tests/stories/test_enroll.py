"""`vmfa mfa` on a terminal, with a code command, and beside oathtool."""

import codecs
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from support import KEY, SECRET, VMFA, Story, clean_environment, code

OATHTOOL = "oathtool --totp --base32 -"
# The same, but the previous code comes first, so that no test waits for the next one.
PREVIOUS_CODE_FIRST = """
    now=$(date +%s)
    [ -e "$VMFA_SEED_FILE.asked" ] || now=$((now - 30))
    touch "$VMFA_SEED_FILE.asked"
    oathtool --totp --base32 --now "@$now" "$(cat "$VMFA_SEED_FILE")"
"""


class Terminal:
    """A process on a pseudo-terminal, and the keys typed there."""

    def __init__(self, arguments, environment, rows=45, columns=80):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execve(VMFA, [str(VMFA), *arguments], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = ""
        # A read may end within a character.
        self.decode = codecs.getincrementaldecoder("utf-8")().decode

    def until(self, pattern, patience=60):
        """Waits until new output matches, and returns the output up to there."""
        end = time.monotonic() + patience
        while not (match := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.terminal], [], [], 1)
            if ready:
                try:
                    self.seen += self.decode(os.read(self.terminal, 65536))
                except OSError:
                    # The process closed its terminal.
                    end = 0
            if time.monotonic() > end and not re.search(pattern, self.seen):
                raise AssertionError(f"`{pattern}` did not come: {self.seen!r}")
        seen, self.seen = self.seen[: match.end()], self.seen[match.end():]
        return seen

    def type(self, text):
        os.write(self.terminal, text.encode())

    def ended(self):
        _, status = os.waitpid(self.process, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


class Enroll(unittest.TestCase):
    """On an own data directory, without a server."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-enroll-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.environment = {
            **clean_environment(),
            "VMFA_DATA_DIR": str(self.directory / "data"),
            "VMFA_ACCOUNT_ID": "123456789012",
            "TERM": "xterm-256color",
        }
        self.vmfa("iam", "create-user", "--user-name", "alice")

    def vmfa(self, *arguments, input=None, returns=0, **environment):
        done = subprocess.run(
            [VMFA, *arguments],
            env={**self.environment, **environment},
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.assertEqual(done.returncode, returns, done.stderr)
        return done

    def devices(self, status):
        listed = self.vmfa("iam", "list-virtual-mfa-devices", "--assignment-status", status)
        return [device["SerialNumber"] for device in json.loads(listed.stdout)["VirtualMFADevices"]]

    def test_a_script_enrols_and_signs_in(self):
        seed = self.directory / "seed"
        done = self.vmfa(
            "mfa", "enroll", "--user-name", "alice", "--seed-file", str(seed), "--code-command", OATHTOOL,
        )
        serial = "arn:aws:iam::123456789012:mfa/alice"
        self.assertEqual((done.stdout, done.stderr), (serial + "\n", ""))
        self.assertEqual(stat.S_IMODE(seed.stat().st_mode), 0o600)
        self.assertRegex(seed.read_text(), r"\A[A-Z2-7]{64}\n\Z")
        self.assertEqual(self.devices("Assigned"), [serial])

        # vmfa prints the codes that oathtool prints, from a file and from a pipe. `--wait` gives a code
        # that enrolling has not used.
        before = time.time()
        shown = self.vmfa("mfa", "code", "--wait", str(seed)).stdout.strip()
        self.assertIn(shown, [code(seed.read_text().strip(), at) for at in (time.time(), before + 30)])
        piped = json.loads(self.vmfa("mfa", "code", "--json", "-", input=seed.read_text()).stdout)
        self.assertEqual((piped["Period"], piped["Code"] == piped["NextCode"]), (30, False))
        key = json.loads(self.vmfa("iam", "create-access-key", "--user-name", "alice").stdout)["AccessKey"]
        self.vmfa(
            "sts", "get-session-token", "--serial-number", serial, "--token-code", shown,
            AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
        )
        drift = self.vmfa("mfa", "verify-clock", "--seed-file", str(seed), "--code", code(seed.read_text().strip()))
        self.assertIn("the device's clock is", drift.stdout)

    def test_a_failing_code_command_leaves_no_device(self):
        seed = self.directory / "seed"
        enroll = ["mfa", "enroll", "--user-name", "alice", "--seed-file", str(seed), "--code-command"]
        done = self.vmfa(*enroll, "exit 7", returns=1)
        self.assertEqual(
            (done.stdout, done.stderr),
            ("", "vmfa: the code command failed: exit status: 7; deleted device "
             "`arn:aws:iam::123456789012:mfa/alice`\n"),
        )
        self.assertFalse(seed.exists())
        seed.write_text("another\n")
        done = self.vmfa(*enroll, OATHTOOL, returns=1)
        self.assertIn("already exists", done.stderr)
        self.assertEqual(seed.read_text(), "another\n")
        self.assertEqual(self.devices("Any"), [])

    def test_a_person_types_codes(self):
        terminal = Terminal(["mfa", "enroll", "--user-name", "alice"], self.environment)
        screen = terminal.until("code 1 of 2: ")
        key = "".join(re.findall(r"[A-Z2-7]{4}", "".join(re.findall(r"(?m)^  [A-Z2-7 ]+\r$", screen))))
        self.assertEqual(len(key), 64)
        self.assertIn(f"otpauth://totp/alice@123456789012?secret={key}", screen)
        self.assertGreater(len(re.findall("█|▀|▄", screen)), 400)
        # The countdown is drawn above the line that is typed.
        terminal.until(r"\x1b7\x1b\[1A\rtype the code that is shown; it changes in .. s\x1b\[K\x1b8")
        terminal.type("12345\n")
        terminal.until("a code has 6 digits")
        # The data directory is free while a person types.
        self.assertEqual(self.devices("Unassigned"), ["arn:aws:iam::123456789012:mfa/alice"])
        terminal.until("code 1 of 2: ")
        first = code(key)
        terminal.type(first + "\n")
        terminal.until("code 2 of 2: ")
        terminal.type(first + "\n")
        terminal.until("that is the same code")
        terminal.until("code 2 of 2: ")
        while (second := code(key)) == first:
            time.sleep(0.5)
        terminal.type(f"{second[:3]} {second[3:]}\n")
        terminal.until("enabled the device for user `alice`:\r\narn:aws:iam::123456789012:mfa/alice\r\n")
        self.assertEqual(terminal.ended(), 0)
        self.assertEqual(self.devices("Assigned"), ["arn:aws:iam::123456789012:mfa/alice"])

    def test_ctrl_c_and_ctrl_d_delete_the_device(self):
        for key, code, why in [("\x03", 130, "interrupted"), ("\x04", 1, "standard input ended")]:
            terminal = Terminal(["mfa", "enroll", "--user-name", "alice"], self.environment)
            terminal.until("code 1 of 2: ")
            terminal.type(key)
            terminal.until(f"vmfa: .*{why}.*deleted device `arn:aws:iam::123456789012:mfa/alice`\r\n")
            self.assertEqual(terminal.ended(), code)
            self.assertEqual(self.devices("Any"), [])

    def test_a_signal_deletes_the_device(self):
        for number in [signal.SIGTERM, signal.SIGHUP]:
            terminal = Terminal(["mfa", "enroll", "--user-name", "alice"], self.environment)
            terminal.until("code 1 of 2: ")
            os.kill(terminal.process, number)
            terminal.until("deleted device `arn:aws:iam::123456789012:mfa/alice`\r\n")
            self.assertEqual(terminal.ended(), 128 + number)
            self.assertEqual(self.devices("Any"), [])

    def test_verify_clock_needs_an_endpoint_or_a_code(self):
        done = self.vmfa("mfa", "verify-clock", returns=1)
        self.assertIn("no clock to compare with", done.stderr)


class ThroughAnEndpoint(Story):
    def setUp(self):
        super().setUp()
        self.environment = {
            **clean_environment(),
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "VMFA_DATA_DIR": str(self.directory / "none"),
        }

    def vmfa(self, *arguments):
        return subprocess.run(
            [VMFA, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120,
        )

    def test_a_script_enrols_through_an_endpoint(self):
        iam = self.server.client()
        iam.create_user(UserName="alice")
        seed = self.directory / "seed"
        done = self.vmfa(
            "mfa", "enroll", "--user-name", "alice", "--virtual-mfa-device-name", "phone", "--path", "/it/",
            "--seed-file", str(seed), "--code-command", PREVIOUS_CODE_FIRST, "--endpoint-url", self.server.url,
        )
        serial = "arn:aws:iam::123456789012:mfa/it/phone"
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, serial + "\n", ""))
        devices = iam.list_mfa_devices(UserName="alice")["MFADevices"]
        self.assertEqual([device["SerialNumber"] for device in devices], [serial])
        self.assertFalse((self.directory / "none").exists())

    def test_verify_clock_compares_with_an_endpoint(self):
        done = self.vmfa("mfa", "verify-clock", "--against", self.server.url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Athis machine's clock agrees with that of http://\S+, to within \d\.\d s\n\Z")


if __name__ == "__main__":
    unittest.main()
