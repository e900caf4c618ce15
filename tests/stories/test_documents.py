"""The console blocks of the documents, run as written. The blocks of one document share a shell and
a home directory; output that a block shows must match, apart from keys, codes, seeds and times."""

import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import BIN, VMFA, clean_environment

ROOT = pathlib.Path(__file__).parents[2]
# The account of the examples.
ACCOUNT = "666934858776"
# Servers of the examples, and the ports that they listen on by default. Another process may have them.
SERVERS = {"vmfa serve": ("4599", "--listen 127.0.0.1:"), "vmfa srv": ("5466", "--pgsrv.port ")}


class Documents(unittest.TestCase):
    maxDiff = None

    def test_readme(self):
        document = (ROOT / "README.md").read_text()
        [build] = re.findall(r"^cargo run --release -- ((?:.*\\\n)*[^#\n]*)", document, re.MULTILINE)
        self.check(document, first=f"vmfa {build}")

    def test_sql(self):
        self.check((ROOT / "docs/sql.md").read_text())

    def test_configuration(self):
        self.check((ROOT / "docs/configuration.md").read_text())

    def test_operating(self):
        self.check((ROOT / "docs/operating.md").read_text())

    def check(self, document, first="true"):
        """Runs the commands of a document after `first`, and compares their output."""
        home = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-documents-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        for command, (port, option) in SERVERS.items():
            free = free_port()
            document = document.replace(port, free)
            document = re.sub(rf"^\$ {command}\b", rf"\g<0> {option}{free}", document, flags=re.MULTILINE)
        commands = [(first, ""), *examples(document)]
        (home / "script").write_text("\n".join(
            step(number, command) for number, (command, _) in enumerate(commands)) + "\nkill $(jobs -p)\n")
        (home / "target").mkdir()
        (home / "target/release").symlink_to(VMFA.parent)
        environment = {
            **clean_environment(), "HOME": str(home), "VMFA_ACCOUNT_ID": ACCOUNT,
            "PATH": f"{VMFA.parent}:{BIN}:{os.environ['PATH']}",
        }
        # The files of the home directory.
        del environment["AWS_CONFIG_FILE"], environment["AWS_SHARED_CREDENTIALS_FILE"]
        subprocess.run(["bash", "script"], cwd=home, env=environment, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=180)
        for number, (command, expected) in enumerate(commands):
            with self.subTest(command):
                out, err = ((home / f"{number}.{end}").read_text() for end in ("out", "err"))
                if expected:
                    self.assertRegex(masked(out or err), pattern(expected))
                else:
                    self.assertEqual((home / f"{number}.status").read_text(), "0\n", err)


def step(number, command):
    """A command whose output and exit code go to files. A server is waited for."""
    lines = [f"{{ {command}", f"}} >{number}.out 2>{number}.err", f"echo $? >{number}.status"]
    if command.endswith("&"):
        lines.append(f"for _ in {{1..200}}; do grep -q listening {number}.out && break; sleep 0.1; done")
    return "\n".join(lines)


def examples(document):
    """The commands of the console blocks, each with the output that is shown."""
    for block in re.findall(r"^```console\n(.*?)^```", document, re.MULTILINE | re.DOTALL):
        lines = iter(block.splitlines())
        command, shown = None, []
        for line in lines:
            if not line.startswith("$ "):
                shown.append(line)
                continue
            if command:
                yield command, "\n".join(shown).strip()
            command, shown = line[2:], []
            while not is_complete(command):
                command += "\n" + next(lines)
        yield command, "\n".join(shown).strip()


def is_complete(command):
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return not command.endswith("\\")


def pattern(expected):
    """What output must look like: `…` stands for anything."""
    return r"(?s)\A\s*" + ".*".join(map(re.escape, masked(expected).split("…"))) + r"\s*\Z"


def masked(text):
    """A text without what differs between two runs."""
    for form, name in MASKS:
        text = re.sub(form, name, text)
    return text


MASKS = [
    (r"\b[A-Z2-7]{64}\b", "SEED"),
    (r"[A-Za-z0-9+/]{80,}=*", "BLOB"),
    (r"\b(AKIA|ASIA|AIDA)[A-Z0-9]{16,17}\b", r"\1…"),
    (r"(?<=SECRET_ACCESS_KEY=)\S+", "SECRET"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)", "TIME"),
    (r"\b\d{6}\b", "CODE"),
    (r"\bprocess \d+", "process N"),
    (r"/\S*/\.local/share", "~/.local/share"),
]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


if __name__ == "__main__":
    unittest.main()
