"""`vmfa configure set` and `get` beside the AWS CLI's, over generated files, names and values.

The original runs in this process: its command takes half a second to start."""

import argparse
import contextlib
import io
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

import botocore.session
from awscli.customizations.configure import get as original_get
from awscli.customizations.configure import set as original_set

from support import VMFA, clean_environment

SEED = 20261130
CASES = 200
PARTS = ["region", "region", "output", "s3", "x", "x", "k.ey", "a-b", "A", "ключ", "a=b", "a:b", "a b", "[x]", "x]", "#x", ";x",
         "aws_access_key_id", "aws_session_token"]
PREFIXES = ["", "", "", "default.", "profile.p.", "profile.a b.", "profile.new.", "profile.ü.", "plugins.", "preview.",
            "p.", "in.", "s3.", "other."]
VALUES = ["", "v", "-1", "a b", " a ", "a = b", "a:b", "# no", "x # y", "x ; y", "'q'", '"q"', "[s]", "ü", "100%", "%(x)s",
          "a\\b", "\t", "a\nb", "a\rb"]
PROFILES = [None, None, None, "p", "new", "a b", "it's", 'q"q', "ü", "x]y", "default"]
CONFIGS = [
    "",
    "[default]\nregion = a\n",
    "[default]\nregion = a",
    "# first\n[default]\n# region = c\nregion = a\n\n[profile p]\noutput = json\n",
    "[default]\ns3 =\n    x = 1\n    y = 2\nregion = a\n[profile p]\ns3 =\n    x = 1\n",
    "[profile p]\nregion=a\noutput : b\n; end\n\n",
    "[profile 'a b']\nregion = a\n[profile \"new\"]\nx = 1\n",
    "[default]\nRegion = a\n",
    "[plugins]\nx = 1\n\n[preview]\nx = 1\n[p]\nregion = old\n",
    "[profile ü]\nключ = 1\n",
]
CREDENTIALS = ["", "[default]\naws_access_key_id = A\n", "[p]\naws_access_key_id = A\n\n[a b]\naws_session_token = T\n"]
# One for each deviation, however the others fall out.
DEVIATING = [
    (("", ""), "region", "v", "p"),
    (("[default]\nregion = a\n[x]\n", ""), "region.x", "v", None),
    (("[default]\ns3 =\n    x = 1\n", ""), "x", "v", None),
    (("[default]\nRegion = a\n", ""), "region", "v", None),
]


class Configure(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-configure-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)

    def test_generated_commands(self):
        deviations = set()
        for number, (files, name, value, profile) in enumerate([*generated(), *DEVIATING]):
            for words in (["set", name, value], ["get", name]):
                original = self.run_in(files, lambda: run_original(words, profile))
                ours = self.run_in(files, lambda: run_ours(words, profile))
                if original == ours:
                    continue
                if reason := deviation(words, profile, files, original):
                    deviations.add(reason)
                    continue
                with self.subTest(number=number, words=words, profile=profile, files=files):
                    self.assertEqual(ours, original)
        self.assertEqual(deviations, {PART_OF_PLUGINS, CRASH, NESTED, SPELLING})

    def run_in(self, files, run):
        """Runs a command with these files. Returns exit code, standard output, and the files after it."""
        paths = [self.home / "config", self.home / "credentials"]
        for path, text in zip(paths, files):
            path.unlink(missing_ok=True)
            if text:
                path.write_text(text)
                path.chmod(0o600)
        environment = {"AWS_CONFIG_FILE": str(paths[0]), "AWS_SHARED_CREDENTIALS_FILE": str(paths[1])}
        with mock.patch.dict(os.environ, {**clean_environment(), **environment}, clear=True):
            code, out = run()
        return code, out, *(path.read_bytes().decode() if path.exists() else "" for path in paths)


def generated():
    choose = random.Random(SEED)
    for _ in range(CASES):
        files = choose.choice(CONFIGS), choose.choice(CREDENTIALS)
        name = choose.choice(PREFIXES) + choose.choice(PARTS)
        if choose.random() < 0.2:
            name += "." + choose.choice(PARTS)
        yield files, name, choose.choice(VALUES), choose.choice(PROFILES)


def run_original(words, profile):
    command = {"set": original_set.ConfigureSetCommand, "get": original_get.ConfigureGetCommand}[words[0]]
    out = io.StringIO()
    with contextlib.ExitStack() as stack:
        # Version 2 has this text where the installed version 1 has a list of names.
        for module in (original_set, original_get):
            stack.enter_context(mock.patch.object(module, "PREDEFINED_SECTION_NAMES", "plugins"))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        try:
            session = botocore.session.Session(profile=profile)
            code = command(session)(words[1:], argparse.Namespace())
        except UnboundLocalError:
            code = CRASH
        except Exception:
            code = 255
    return code, out.getvalue()


def run_ours(words, profile):
    options = ["--profile", profile] if profile else []
    done = subprocess.run([VMFA, "configure", *words, *options], capture_output=True, timeout=30)
    return done.returncode, done.stdout.decode()


# What vmfa does otherwise on purpose (`docs/deviations.md`), and a fault of aws (CRASH).
PART_OF_PLUGINS = "aws writes to [p] where vmfa writes to [profile p]"
CRASH = "aws fails where the setting has no nested ones and its section ends"
NESTED = "aws changes a setting below another one in place of the section's own"
SPELLING = "aws adds a second setting where vmfa finds the one in another case"


def deviation(words, profile, files, original):
    if words[0] == "get":
        return None
    parts = words[1].split(".")
    section = parts[1] if parts[0] == "profile" else profile
    if section and section in "plugins":
        return PART_OF_PLUGINS
    if original[0] == CRASH:
        return CRASH
    setting = parts[-1] if parts[0] in ("default", "profile") else parts[0]
    if setting == "region" and "Region" in files[0]:
        return SPELLING
    return NESTED if f"\n    {setting} = " in files[0] else None


if __name__ == "__main__":
    unittest.main()
