"""A vmfa server in a directory of its own, and the real clients that talk to it.

Servers listen on a free loopback port and are stopped after the test.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import boto3
import botocore.config
import botocore.exceptions

VMFA = pathlib.Path(os.environ.get("VMFA", "target/debug/vmfa")).resolve()
BIN = pathlib.Path(sys.executable).parent
ACCOUNT = "123456789012"
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# Background jobs of a script ignore Ctrl-C, and their children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Server:
    """`vmfa serve` as a user starts it."""

    def __init__(self, directory, *flags, account=ACCOUNT, environment=None):
        self.directory = pathlib.Path(directory)
        self.flags = flags
        self.environment = {
            **clean_environment(),
            "VMFA_ACCOUNT_ID": account,
            "VMFA_ROOT_ACCESS_KEY_ID": KEY,
            "VMFA_ROOT_SECRET_ACCESS_KEY": SECRET,
            **(environment or {}),
        }
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [VMFA, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.directory, *self.flags],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed, self.log = [], []
        self.drains = [threading.Thread(target=drain, args=(self.process.stderr, self.log))]
        self.drains[0].start()
        for line in self.process.stdout:
            self.printed.append(line)
            if match := re.match(r"listening on (https?://\S+)", line):
                self.url = match[1]
                break
        else:
            raise AssertionError(f"the server did not start: {self.log}")
        self.drains.append(threading.Thread(target=drain, args=(self.process.stdout, self.printed)))
        for thread in self.drains[1:]:
            thread.start()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.ended()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """Waits until the process has exited and its output is read. Returns the exit code."""
        status = self.process.wait(30)
        for thread in self.drains:
            thread.join(30)
        return status

    def client(self, service="iam", key=KEY, secret=SECRET, token=None, region="us-east-1"):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def aws(self, *arguments, key=KEY, secret=SECRET, check=True):
        """Runs the real `aws`."""
        environment = {
            **clean_environment(),
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        done = subprocess.run(
            [BIN / "aws", "--endpoint-url", self.url, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"aws {arguments}: {done.returncode} {done.stderr}")
        return done


class Story(unittest.TestCase):
    """A test with a server of its own."""

    flags = ()
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-story-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.server = Server(self.directory / "data", *self.flags)
        self.addCleanup(lambda: self.server.stop())

    def refused(self, call, code, message=None, status=None):
        """Asserts that a boto3 call raises this error."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call()
        response = caught.exception.response
        self.assertEqual(response["Error"]["Code"], code)
        if message is not None:
            self.assertEqual(response["Error"]["Message"], message)
        if status is not None:
            self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)

    def user_with_device(self, name):
        """A user with an access key and an enabled device."""
        iam = self.server.client()
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
        now = int(time.time())
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=serial,
            AuthenticationCode1=code(seed, now - 60),
            AuthenticationCode2=code(seed, now - 30),
        )
        return key, serial, seed


def code(seed, at=None):
    """The code that oathtool computes."""
    at = int(time.time()) if at is None else int(at)
    done = subprocess.run(
        ["oathtool", "--totp", "--base32", "--now", f"@{at}", "-"],
        input=seed, capture_output=True, text=True, check=True,
    )
    return done.stdout.strip()


def scan(png):
    """The text of the QR code in a PNG, as zbarimg reads it."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(png)
        file.flush()
        done = subprocess.run(
            ["zbarimg", "--quiet", "--raw", file.name], capture_output=True, text=True, check=True
        )
    return done.stdout.strip()


def clean_environment():
    """The environment without variables and files of AWS clients and vmfa."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VMFA"))}
    return {**kept, "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}


def drain(stream, lines):
    with stream:
        lines.extend(stream)
