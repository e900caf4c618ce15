"""vmfa on a terminal and with signals: its output, its exit codes, and the files it leaves."""

import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from support import KEY, SECRET, VMFA, Story, clean_environment, code

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CREATE = ["iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "phone",
          "--outfile", "secret", "--bootstrap-method", "Base32StringSeed"]


class Endpoint:
    """Sends the given bodies once `answer` is set; `asked` is set by the first request."""

    def __init__(self, *bodies, delay=0):
        self.asked, self.answer = threading.Event(), threading.Event()
        bodies, endpoint = list(bodies), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                endpoint.asked.set()
                endpoint.answer.wait(30)
                time.sleep(delay)
                body = bodies.pop(0).encode()
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("content-type", "text/xml")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.answer.set()
        self.server.shutdown()
        self.server.server_close()


def answer(action, body):
    return f'<{action}Response xmlns="{NAMESPACE}"><{action}Result>{body}</{action}Result></{action}Response>'


CREATED = answer("CreateVirtualMFADevice", (
    "<VirtualMFADevice><SerialNumber>arn:aws:iam::123456789012:mfa/phone</SerialNumber>"
    # Blobs are Base64, and this one is Base32 text.
    "<Base32StringSeed>SkJTV1kzRFBFSFBLM1BYUA==</Base32StringSeed><QRCodePNG>AAAA</QRCodePNG>"
    "</VirtualMFADevice>"))


def page(at, pages):
    users = "".join(
        f"<member><Path>/</Path><UserName>u{at}-{n}</UserName><UserId>AIDA{at:03}{n:03}</UserId>"
        f"<Arn>arn:aws:iam::123456789012:user/u{at}-{n}</Arn>"
        "<CreateDate>2024-01-02T03:04:05Z</CreateDate></member>" for n in range(100))
    more = f"<IsTruncated>true</IsTruncated><Marker>m{at}</Marker>" if at + 1 < pages else "<IsTruncated>false</IsTruncated>"
    return answer("ListUsers", f"{more}<Users>{users}</Users>")


class Terminal:
    """A process on a pseudo-terminal."""

    def __init__(self, words, directory, environment, columns=80, redirect=None):
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                os.chdir(directory)
                if redirect:
                    os.dup2(os.open(redirect, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
                os.execve(VMFA, [VMFA, *words], environment)
            finally:
                os._exit(99)

    def until(self, text, seconds=20):
        """Reads until the text is shown."""
        deadline = time.time() + seconds
        while text.encode() not in self.shown:
            if time.time() > deadline or not self.read(0.1):
                raise AssertionError(f"{text!r} is not in {self.shown!r}")

    def read(self, seconds):
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.shown += more
        return bool(more)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def end(self, seconds=20):
        """Reads all output, and returns the exit code."""
        deadline = time.time() + seconds
        while self.read(0.1):
            if time.time() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError(f"it does not end: {self.shown!r}")
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                while select.select([self.terminal], [], [], 0.1)[0] and self.read(0):
                    pass
                break
        else:
            status = os.waitpid(self.pid, 0)[1]
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


class HomeTest(unittest.TestCase):
    """A test with an own home directory."""

    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="vmfa-story-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.environment = {
            **clean_environment(), "HOME": str(self.home), "TERM": "xterm", "LC_ALL": "C.UTF-8",
            "VMFA_ACCOUNT_ID": "123456789012",
        }
        self.environment.pop("LESS", None)

    def endpoint(self, *bodies, **options):
        endpoint = Endpoint(*bodies, **options)
        self.addCleanup(endpoint.close)
        return endpoint

    def environment_of(self, endpoint):
        return {**self.environment, "AWS_ENDPOINT_URL": endpoint.url, "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def start(self, words, environment=None, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([VMFA, *words], cwd=self.home, stdin=subprocess.DEVNULL, text=True,
                                   env=environment or self.environment, **options)
        self.addCleanup(process.kill)
        return process

    def run_(self, words, **options):
        process = self.start(words, **options)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def shell(self, line, environment=None):
        done = subprocess.run(["bash", "-c", line, str(VMFA)], cwd=self.home,
                              env=environment or self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout, done.stderr

    def on_a_terminal(self, words, environment=None, **options):
        return Terminal(words, self.home, environment or self.environment, **options)

    def devices(self):
        status, out, err = self.run_(["iam", "list-virtual-mfa-devices", "--query",
                                      "VirtualMFADevices[].SerialNumber", "--output", "text"])
        self.assertEqual((status, err), (0, ""))
        return out.split()


class Signals(HomeTest):
    def test_ctrl_c_ends_a_command_with_a_line_and_130(self):
        endpoint = self.endpoint(page(0, 1))
        process = self.start(["iam", "list-users"], self.environment_of(endpoint))
        self.assertTrue(endpoint.asked.wait(20))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=20), ("\n", ""))
        self.assertEqual(process.returncode, 130)

    def interrupted(self, *signals):
        """Sends signals to a creation while it waits for the endpoint."""
        endpoint = self.endpoint(CREATED)
        process = self.start(CREATE, self.environment_of(endpoint))
        self.assertTrue(endpoint.asked.wait(20))
        self.assertTrue((self.home / "secret").exists(), "the file is created before the request is sent")
        first = True
        for number in signals:
            process.send_signal(number)
            if first:
                first = False
                # An empty line, and the reason why it waits.
                self.assertEqual(process.stderr.readline(), "\n")
                self.assertIn("interrupt again", process.stderr.readline())
        return endpoint, process

    def test_ctrl_c_waits_until_the_secret_is_written(self):
        endpoint, process = self.interrupted(signal.SIGINT)
        self.assertIsNone(process.poll())
        endpoint.answer.set()
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertIn("mfa/phone", out)
        self.assertTrue(out.endswith("}\n\n"), out)
        self.assertEqual(err, "")
        self.assertEqual((self.home / "secret").read_text(), "JBSWY3DPEHPK3PXP")

    def test_a_second_ctrl_c_ends_at_once_and_leaves_no_file(self):
        endpoint, process = self.interrupted(signal.SIGINT, signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertFalse((self.home / "secret").exists())
        endpoint, process = self.interrupted(*[signal.SIGINT] * 2)
        self.assertEqual(process.communicate(timeout=20), ("\n", ""))
        self.assertEqual(process.returncode, 130)
        self.assertFalse(endpoint.answer.is_set())
        self.assertFalse((self.home / "secret").exists())

    def test_sigterm_waits_too_and_ends_the_process(self):
        endpoint, process = self.interrupted(signal.SIGTERM)
        self.assertIsNone(process.poll())
        endpoint.answer.set()
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual((self.home / "secret").read_text(), "JBSWY3DPEHPK3PXP")

    def test_an_ignored_signal_stays_ignored(self):
        endpoint = self.endpoint(page(0, 1))
        ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
        process = self.start(["iam", "list-users"], self.environment_of(endpoint), preexec_fn=ignore)
        self.assertTrue(endpoint.asked.wait(20))
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        endpoint.answer.set()
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)


class StandardOutput(HomeTest):
    def test_closed_standard_output_is_an_error_before_any_call(self):
        status, _, err = self.shell(f'"$0" {" ".join(CREATE)} >&-')
        self.assertEqual((status, err), (255, "\nvmfa: [ERROR]: [Errno 9] Bad file descriptor\n"))
        self.assertEqual(list(self.home.iterdir()), [])

    def test_a_key_that_cannot_be_printed_is_not_created(self):
        self.assertEqual(self.run_(["iam", "list-users"])[0], 0)
        status, _, err = self.shell('"$0" account --new-root-key >&-')
        self.assertEqual((status, err), (1, "vmfa: standard output: Bad file descriptor (os error 9)\n"))
        self.assertRegex(self.run_(["account"])[1], r"root keys +0\n")

    def test_a_command_without_output_needs_no_standard_output(self):
        self.assertEqual(self.run_(CREATE)[0], 0)
        serial = "arn:aws:iam::123456789012:mfa/phone"
        line = f'"$0" iam delete-virtual-mfa-device --serial-number {serial} >&-'
        self.assertEqual(self.shell(line), (0, "", ""))
        self.assertEqual(self.devices(), [])

    def test_a_full_disk_is_an_error_and_keeps_the_secret(self):
        status, _, err = self.shell(f'"$0" {" ".join(CREATE)} >/dev/full')
        self.assertEqual((status, err), (255, "\nvmfa: [ERROR]: [Errno 28] No space left on device\n"))
        self.assertEqual(len((self.home / "secret").read_text()), 64)
        self.assertEqual(self.devices(), ["arn:aws:iam::123456789012:mfa/phone"])

    def test_no_device_is_created_if_the_seed_cannot_be_written(self):
        # The limit of file sizes simulates a full disk: 8 KiB, less than a QR code may need.
        endpoint = self.endpoint()
        environment = self.environment_of(endpoint)
        status, out, err = self.shell(f'ulimit -f 8; "$0" {" ".join(CREATE)}', environment)
        message = "\nvmfa: [ERROR]: [Errno 27] File too large: 'secret'\n"
        self.assertEqual((status, out, err), (255, "", message))
        self.assertFalse(endpoint.asked.is_set())
        self.assertEqual(list(self.home.iterdir()), [])

    def test_output_in_the_file_of_the_seed_follows_the_seed(self):
        for name, line in [("one", '"$0" {} --outfile /dev/stdout >both'),
                           ("two", '"$0" {} --outfile both >both'),
                           ("three", '{{ echo before; "$0" {} --outfile /dev/stdout; }} >both'),
                           ("four", '"$0" {} --outfile /dev/stdout >>both'),
                           ("five", '"$0" {} --outfile /dev/stdout | cat >both')]:
            words = " ".join(CREATE).replace("phone", name)
            self.assertEqual(self.shell(line.format(words)), (0, "", ""), name)
            both = (self.home / "both").read_text()
            self.assertRegex(both[:64], r"^[A-Z2-7]{64}$", name)
            self.assertEqual(json.loads(both[64:])["VirtualMFADevice"]["SerialNumber"],
                             f"arn:aws:iam::123456789012:mfa/{name}")

    def test_a_closed_pipe_is_no_error(self):
        for words in ["iam help", "iam list-users", "iam list-users --output text", "--version"]:
            line = f'"$0" {words} | true; echo ${{PIPESTATUS[0]}}'
            self.assertEqual(self.shell(line), (0, "0\n", ""), words)


class Pager(HomeTest):
    """The pager reads keys from the terminal while vmfa waits for it."""

    def test_the_pager_gets_ctrl_c_while_it_runs(self):
        pager = "sh -c 'trap \"echo trapped\" INT; cat; echo shown; read x </dev/tty; read x </dev/tty; echo left'"
        terminal = self.on_a_terminal(["iam", "list-users"], {**self.environment, "AWS_PAGER": pager})
        terminal.until("shown")
        terminal.type("\x03")
        terminal.until("trapped")
        time.sleep(0.2)
        terminal.type("\n\n")
        self.assertEqual(terminal.end(), 0)
        self.assertIn(b"left", terminal.shown)

    def test_the_command_ends_with_a_pager_that_ctrl_c_ended(self):
        pager = "sh -c 'cat; echo shown; exec sleep 20'"
        terminal = self.on_a_terminal(["iam", "list-users"], {**self.environment, "AWS_PAGER": pager})
        terminal.until("shown")
        terminal.type("\x03")
        self.assertEqual(terminal.end(), 130)

    def test_quitting_the_pager_early_is_no_error(self):
        pages = self.endpoint(*[page(at, 30) for at in range(30)])
        pages.answer.set()
        words = ["iam", "list-users", "--output", "text"]
        environment = {**self.environment_of(pages), "AWS_PAGER": "less"}
        terminal = self.on_a_terminal(words, environment)
        terminal.until("USERS")
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)
        self.assertNotIn(b"ERROR", terminal.shown)
        for pager in ["true", "head -1"]:
            pages = self.endpoint(*[page(at, 9) for at in range(9)])
            pages.answer.set()
            environment = {**self.environment_of(pages), "AWS_PAGER": pager}
            terminal = self.on_a_terminal(words, environment)
            self.assertEqual(terminal.end(), 0)
            self.assertNotIn(b"ERROR", terminal.shown)

    def test_colours_in_a_pager_lack_the_resets_of_a_terminal(self):
        environment = {**self.environment, "AWS_PAGER": "cat -v"}
        self.run_(["iam", "create-user", "--user-name", "alice"])
        shown = []
        for pager in ["cat -v", ""]:
            environment = {**self.environment, "AWS_PAGER": pager}
            words = ["iam", "list-users", "--output", "table", "--query", "Users[].UserName"]
            terminal = self.on_a_terminal(words, environment)
            self.assertEqual(terminal.end(), 0)
            shown.append(terminal.shown.decode())
        self.assertIn("^[[1m^[[34malice^[[0m", shown[0])
        self.assertNotIn("|^[[0m", shown[0])
        self.assertIn("\x1b[1m\x1b[34malice\x1b[0m", shown[1])
        self.assertIn("|\x1b[0m", shown[1])


class Prompt(HomeTest):
    def test_a_line_is_completed_shown_and_run(self):
        terminal = self.on_a_terminal(["--cli-auto-prompt"])
        terminal.until("> vmfa ")
        terminal.type("iam list-vir\t")
        terminal.until("list-virtual-mfa-devices ")
        terminal.type("--output te\t\r")
        self.assertEqual(terminal.end(), 0)
        self.assertIn("> vmfa iam list-virtual-mfa-devices --output text", plain(terminal.shown))
        terminal = self.on_a_terminal(["iam", "create-user", "--cli-auto-prompt"])
        terminal.until("needs --user-name")
        terminal.type("--user-name alice\r")
        self.assertEqual(terminal.end(), 0)
        self.assertIn("user/alice", plain(terminal.shown))

    def test_ctrl_c_and_ctrl_d_end_the_prompt(self):
        for key in "\x03\x04":
            terminal = self.on_a_terminal(["--cli-auto-prompt"])
            terminal.until("> vmfa ")
            before = terminal.echoes()
            terminal.type(key)
            self.assertEqual(terminal.end(), 130)
            self.assertFalse(before, "the editor echoes by itself")

    def test_on_partial_prompts_after_wrong_arguments(self):
        environment = {**self.environment, "AWS_CLI_AUTO_PROMPT": "on-partial"}
        terminal = self.on_a_terminal(["iam", "get-user", "--user-nam"], environment)
        terminal.until("> vmfa ")
        self.assertNotIn(b"ERROR", terminal.shown)
        terminal.type("\x15iam list-users\r")
        self.assertEqual(terminal.end(), 0)
        terminal = self.on_a_terminal(["iam", "list-users"], environment)
        self.assertEqual(terminal.end(), 0)
        self.assertNotIn(b"> vmfa", terminal.shown)

    def test_without_a_terminal_it_is_an_error(self):
        status, out, err = self.run_(["iam", "list-users", "--cli-auto-prompt"])
        warning = "Warning: Input is not a terminal (fd=0).\n\nvmfa: [ERROR]:\n"
        self.assertEqual((status, out, err), (255, "", warning))


class Codes(HomeTest):
    """`Enter MFA code for …: ` of a profile with a role."""

    def setUp(self):
        super().setUp()
        config = self.home / "config"
        config.write_text(
            "[profile source]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = x\n"
            "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = source\n"
            "mfa_serial = arn:aws:iam::123456789012:mfa/phone\nregion = us-east-1\n")
        self.environment |= {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "role"}
        self.denied = self.endpoint("<Error/>")
        self.environment["AWS_ENDPOINT_URL"] = self.denied.url

    def test_a_code_is_not_shown_while_it_is_typed(self):
        terminal = self.on_a_terminal(["iam", "list-users"], redirect=str(self.home / "out"))
        terminal.until("Enter MFA code for arn:aws:iam::123456789012:mfa/phone: ")
        self.assertFalse(terminal.echoes())
        terminal.type("123456\n")
        self.assertTrue(self.denied.asked.wait(20))
        self.assertTrue(terminal.echoes())
        os.kill(terminal.pid, signal.SIGINT)
        self.assertEqual(terminal.end(), 130)
        self.assertNotIn(b"123456", terminal.shown.replace(b"123456789012", b""))

    def test_ctrl_c_at_the_prompt_restores_the_terminal(self):
        terminal = self.on_a_terminal(["iam", "list-users"])
        terminal.until("Enter MFA code")
        terminal.type("\x03")
        deadline = time.time() + 20
        while not terminal.echoes() and time.time() < deadline:
            time.sleep(0.05)
        self.assertTrue(terminal.echoes())
        self.assertEqual(terminal.end(), 130)


class Progress(HomeTest):
    def test_a_long_list_shows_a_count_until_it_is_complete(self):
        pages = self.endpoint(*[page(at, 5) for at in range(5)], delay=0.5)
        pages.answer.set()
        out = self.home / "out"
        terminal = self.on_a_terminal(["iam", "list-users"], self.environment_of(pages), redirect=str(out))
        self.assertEqual(terminal.end(), 0)
        shown = terminal.shown.decode()
        self.assertRegex(shown, r"[2-5]00 items so far")
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)
        self.assertNotIn("so far", out.read_text())


class Debug(Story):
    """`--debug` with a real server."""

    def test_no_secret_is_printed(self):
        home = self.directory / "home"
        home.mkdir()
        environment = {**clean_environment(), "HOME": str(home), "AWS_REGION": "us-east-1",
                       "AWS_ENDPOINT_URL": self.server.url}
        output, secrets = "", [SECRET]

        def run(*words, key=(KEY, SECRET)):
            nonlocal output
            pair = {"AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1]}
            done = subprocess.run([VMFA, *words, "--debug"], env={**environment, **pair}, cwd=home,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)
            output += done.stderr
            return done.stdout

        run("iam", "create-user", "--user-name", "phone")
        key = tuple(run("iam", "create-access-key", "--user-name", "phone", "--output", "text",
                        "--query", "AccessKey.[AccessKeyId,SecretAccessKey]").split())
        run(*CREATE)
        seed = (home / "secret").read_text()
        serial = "arn:aws:iam::123456789012:mfa/phone"
        codes = [code(seed, time.time() + 30 * step) for step in (-2, -1, 0)]
        run("iam", "enable-mfa-device", "--user-name", "phone", "--serial-number", serial,
            "--authentication-code1", codes[0], f"--authentication-code2={codes[1]}")
        session = run("sts", "get-session-token", "--serial-number", serial, "--token-code", codes[2],
                      "--query", "Credentials.[SecretAccessKey,SessionToken]", "--output", "text", key=key)
        secrets += [key[1], seed, *codes, *session.split()]
        self.assertRegex(output, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - MainThread - awscli.clidriver - DEBUG - ")
        for secret in secrets:
            # A code may be part of a longer number, such as the time.
            self.assertIsNone(re.search(rf"(?<!\d){re.escape(secret)}(?!\d)", output))


def plain(shown):
    """The text of terminal output, without escape sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="replace"))


if __name__ == "__main__":
    unittest.main()
