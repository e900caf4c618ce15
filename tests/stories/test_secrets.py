"""Seeds, codes and secret keys appear only in the responses that must hold them."""

import base64
import time

import botocore.exceptions

from support import SECRET, Story, code


class Secrets(Story):
    flags = ("--log-format", "json")

    def setUp(self):
        super().setUp()
        self.server.stop()
        # The highest log level.
        self.server.environment["VMFA_LOG"] = "trace"
        self.server.start()

    def test_no_secret_in_logs_files_or_refusals(self):
        key, serial, seed = self.user_with_device("alice")
        sts = self.server.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
        token = code(seed)
        session = sts.get_session_token(SerialNumber=serial, TokenCode=token)["Credentials"]
        used = [token, code(seed, time.time() + 60), code(seed, time.time() + 90)]
        iam = self.server.client()
        refusals = []
        for code_of_error, call in [
            ("AccessDenied", lambda: sts.get_session_token(SerialNumber=serial, TokenCode=token)),
            ("ValidationError", lambda: sts.get_session_token(SerialNumber="x" * 300, TokenCode=token)),
            ("InvalidAuthenticationCode", lambda: iam.resync_mfa_device(
                UserName="alice", SerialNumber=serial,
                AuthenticationCode1=used[2], AuthenticationCode2=used[1],
            )),
            ("ValidationError", lambda: iam.resync_mfa_device(
                UserName="alice", SerialNumber=serial,
                AuthenticationCode1=used[1] + "x", AuthenticationCode2=used[2] + "x",
            )),
        ]:
            with self.assertRaises(botocore.exceptions.ClientError) as caught:
                call()
            self.assertEqual(caught.exception.response["Error"]["Code"], code_of_error)
            refusals.append(str(caught.exception))
        iam.generate_credential_report()
        read = [
            str(iam.list_virtual_mfa_devices()), str(iam.list_mfa_devices(UserName="alice")),
            str(iam.list_access_keys(UserName="alice")), str(iam.get_user(UserName="alice")),
        ]
        self.assertEqual(self.server.stop(), 0)

        raw = base64.b32decode(seed)
        secrets = {
            "seed": seed.encode(),
            "seed in bytes": raw,
            "seed in base64": base64.b64encode(raw),
            "seed in hex": raw.hex().encode(),
            "seed as the wire has it": base64.b64encode(seed.encode()),
            "secret key": key["SecretAccessKey"].encode(),
            "session secret": session["SecretAccessKey"].encode(),
            "session token": session["SessionToken"].encode(),
            "root secret": SECRET.encode(),
        }
        texts = {
            "log": "".join(self.server.log).encode(),
            "output": "".join(self.server.printed).encode(),
            "refusals": "".join(refusals).encode(),
            "responses": "".join(read).encode(),
        }
        for file in self.server.directory.rglob("*"):
            if file.is_file():
                texts[f"file {file.name}"] = file.read_bytes()
                self.assertEqual(file.stat().st_mode & 0o077, 0, f"{file} is open to others")
        self.assertIn(b"EnableMFADevice", texts["log"], "the log has a line for each call")
        for place, text in texts.items():
            for name, secret in secrets.items():
                self.assertNotIn(secret, text, f"{name} in {place}")
        for place in ["log", "output", "refusals"]:
            for token in used:
                self.assertNotIn(token.encode(), texts[place], f"a code in {place}")
