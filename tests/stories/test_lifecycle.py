"""The life of a device, through the real aws command line and boto3."""

import json
import os
import time
import unittest
import urllib.parse

from support import ACCOUNT, Story, code, scan


class AwsCommandLine(Story):
    def test_from_user_to_deleted_device(self):
        aws = self.server.aws
        aws("iam", "create-user", "--user-name", "alice")
        png = self.directory / "code.png"
        made = aws(
            "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "phone",
            "--outfile", str(png), "--bootstrap-method", "QRCodePNG",
        )
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
        self.assertEqual(json.loads(made.stdout), {"VirtualMFADevice": {"SerialNumber": serial}})
        uri = urllib.parse.urlsplit(scan(png.read_bytes()))
        self.assertEqual((uri.scheme, uri.netloc, uri.path), ("otpauth", "totp", f"/phone@{ACCOUNT}"))
        parameters = urllib.parse.parse_qs(uri.query, strict_parsing=True)
        self.assertEqual(list(parameters), ["secret"])
        seed = parameters["secret"][0]
        self.assertRegex(seed, "^[A-Z2-7]{64}$")

        now = int(time.time())
        pair = ["--authentication-code1", code(seed, now - 30), "--authentication-code2", code(seed, now)]
        enable = ["iam", "enable-mfa-device", "--user-name", "alice", "--serial-number", serial]
        swapped = aws(*enable, "--authentication-code1", pair[3], "--authentication-code2", pair[1], check=False)
        self.assertEqual(swapped.returncode, 255)
        self.assertIn(
            "An error occurred (InvalidAuthenticationCode) when calling the EnableMFADevice "
            "operation: Authentication code for device is not valid.",
            swapped.stderr,
        )
        aws(*enable, *pair)
        again = aws(*enable, *pair, check=False)
        self.assertIn("MFA Device for user alice already exists.", again.stderr)

        mine = json.loads(aws("iam", "list-mfa-devices", "--user-name", "alice").stdout)
        self.assertEqual([d["SerialNumber"] for d in mine["MFADevices"]], [serial])
        self.assertRegex(mine["MFADevices"][0]["EnableDate"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        assigned = json.loads(aws("iam", "list-virtual-mfa-devices", "--assignment-status", "Assigned").stdout)
        self.assertEqual(assigned["VirtualMFADevices"][0]["User"]["UserName"], "alice")
        self.assertNotIn(seed, json.dumps(assigned))

        aws("iam", "tag-mfa-device", "--serial-number", serial, "--tags", "Key=team,Value=ops")
        tags = json.loads(aws("iam", "list-mfa-device-tags", "--serial-number", serial).stdout)
        self.assertEqual(tags["Tags"], [{"Key": "team", "Value": "ops"}])
        aws("iam", "untag-mfa-device", "--serial-number", serial, "--tag-keys", "team")

        later = int(time.time())
        aws(
            "iam", "resync-mfa-device", "--user-name", "alice", "--serial-number", serial,
            "--authentication-code1", code(seed, later + 300), "--authentication-code2", code(seed, later + 330),
        )
        summary = json.loads(aws("iam", "get-account-summary").stdout)["SummaryMap"]
        self.assertEqual((summary["MFADevices"], summary["MFADevicesInUse"]), (1, 1))

        delete = ["iam", "delete-virtual-mfa-device", "--serial-number", serial]
        self.assertIn("Must deactivate first.", aws(*delete, check=False).stderr)
        self.assertIn(
            "must remove tokens from principal first.",
            aws("iam", "delete-user", "--user-name", "alice", check=False).stderr,
        )
        aws("iam", "deactivate-mfa-device", "--user-name", "alice", "--serial-number", serial)
        aws(*delete)
        aws("iam", "delete-user", "--user-name", "alice")
        self.assertEqual(json.loads(aws("iam", "list-virtual-mfa-devices").stdout), {"VirtualMFADevices": []})

    def test_the_seed_as_text_goes_to_a_private_file(self):
        file = self.directory / "seed"
        self.server.aws(
            "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "phone",
            "--outfile", str(file), "--bootstrap-method", "Base32StringSeed",
        )
        self.assertRegex(file.read_text(), "^[A-Z2-7]{64}$")

    def test_lists_are_paged_to_their_end(self):
        iam = self.server.client()
        for number in range(105):
            iam.create_virtual_mfa_device(VirtualMFADeviceName=f"d{number}")
        listed = json.loads(self.server.aws("iam", "list-virtual-mfa-devices", "--page-size", "10").stdout)
        serials = [device["SerialNumber"] for device in listed["VirtualMFADevices"]]
        self.assertEqual(len(set(serials)), 105)
        page = iam.list_virtual_mfa_devices()
        self.assertEqual((len(page["VirtualMFADevices"]), page["IsTruncated"]), (100, True))


class Boto3(Story):
    def test_sessions_sign_requests_prove_mfa_and_end_with_their_key(self):
        key, serial, seed = self.user_with_device("alice")
        sts = self.server.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
        identity = sts.get_caller_identity()
        self.assertEqual(identity["Arn"], f"arn:aws:iam::{ACCOUNT}:user/alice")

        plain = sts.get_session_token()["Credentials"]
        session = self.session(plain)
        self.assertEqual(session("sts").get_caller_identity()["Arn"], identity["Arn"])
        self.refused(
            session("iam").list_mfa_devices,
            "InvalidClientTokenId", "The security token included in the request is invalid.", 403,
        )
        self.refused(
            session("sts").get_session_token,
            "AccessDenied", "Cannot call GetSessionToken with session credentials", 403,
        )

        token = code(seed)
        with_mfa = sts.get_session_token(SerialNumber=serial, TokenCode=token)["Credentials"]
        self.refused(
            lambda: sts.get_session_token(SerialNumber=serial, TokenCode=token),
            "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ", 403,
        )
        own = self.session(with_mfa)("iam")
        self.assertEqual(len(own.list_mfa_devices()["MFADevices"]), 1)
        self.refused(
            lambda: self.server.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
            .deactivate_mfa_device(SerialNumber=serial),
            "AccessDenied",
            "To complete this action, please ensure that you are authenticated with an MFA device "
            "that is enabled for this user.",
        )
        own.deactivate_mfa_device(UserName="alice", SerialNumber=serial)

        # Deleting the access key that made a session revokes it.
        self.server.client().delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
        self.refused(own.list_mfa_devices, "InvalidClientTokenId")

    def session(self, credentials):
        return lambda service: self.server.client(
            service, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        )

    def test_signatures_are_checked_whatever_the_region(self):
        for region in ["us-east-1", "eu-central-1", "local"]:
            self.assertEqual(self.server.client(region=region).list_users()["Users"], [])
        self.refused(
            self.server.client(secret="x" * 40).list_users,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.",
            403,
        )
        self.refused(
            self.server.client(key="AKIAXXXXXXXXXXXXXXXX").list_users,
            "InvalidClientTokenId", "The security token included in the request is invalid.", 403,
        )

    def test_presigned_requests_are_answered(self):
        import urllib.request

        url = self.server.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
        with urllib.request.urlopen(url, timeout=10) as answer:
            body = answer.read().decode()
            self.assertEqual(answer.headers["content-type"], "text/xml")
            self.assertIn(answer.headers["x-amzn-requestid"], body)
        self.assertIn(f"<Arn>arn:aws:iam::{ACCOUNT}:root</Arn>", body)

    def test_what_terraform_calls_when_it_destroys_a_user(self):
        iam = self.server.client()
        iam.create_user(UserName="alice")
        user = {"UserName": "alice"}
        self.assertEqual(iam.list_groups_for_user(**user)["Groups"], [])
        self.assertEqual(iam.list_access_keys(**user)["AccessKeyMetadata"], [])
        self.assertEqual(iam.list_ssh_public_keys(**user)["SSHPublicKeys"], [])
        self.assertEqual(iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"], [])
        self.assertEqual(iam.list_mfa_devices(**user)["MFADevices"], [])
        self.refused(
            lambda: iam.delete_login_profile(**user),
            "NoSuchEntity", "Login Profile for User alice cannot be found.", 404,
        )
        self.assertEqual(iam.list_signing_certificates(**user)["Certificates"], [])
        self.assertEqual(iam.list_service_specific_credentials(**user)["ServiceSpecificCredentials"], [])
        self.assertEqual(iam.list_user_policies(**user)["PolicyNames"], [])
        self.assertEqual(iam.list_attached_user_policies(**user)["AttachedPolicies"], [])
        iam.delete_user(**user)
        self.refused(lambda: iam.list_groups_for_user(**user), "NoSuchEntity")

    def test_the_credential_report_shows_who_has_mfa(self):
        self.user_with_device("alice")
        iam = self.server.client()
        iam.create_user(UserName="Bob")
        self.refused(iam.get_credential_report, "ReportNotPresent", status=410)
        self.assertEqual(iam.generate_credential_report()["State"], "STARTED")
        self.assertEqual(iam.generate_credential_report()["State"], "COMPLETE")
        lines = iam.get_credential_report()["Content"].decode().split("\n")
        header = lines[0].split(",")
        rows = [dict(zip(header, line.split(","))) for line in lines[1:]]
        self.assertEqual([row["user"] for row in rows], ["<root_account>", "alice", "Bob"])
        self.assertEqual([row["mfa_active"] for row in rows], ["false", "true", "false"])

    def test_the_qr_code_has_the_account_alias(self):
        iam = self.server.client()
        iam.create_account_alias(AccountAlias="example-corp")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="a+b=c,d.e@f-g_h")["VirtualMFADevice"]
        uri = urllib.parse.urlsplit(scan(device["QRCodePNG"]))
        self.assertEqual(urllib.parse.unquote(uri.path), "/a+b=c,d.e@f-g_h@example-corp")
        self.assertEqual(uri.query, f"secret={device['Base32StringSeed'].decode()}")

    def test_acknowledged_changes_survive_kill_9(self):
        _, serial, seed = self.user_with_device("alice")
        self.server.kill()
        self.server.start()
        iam = self.server.client()
        self.assertEqual(iam.list_mfa_devices(UserName="alice")["MFADevices"][0]["SerialNumber"], serial)
        iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
        now = int(time.time())
        self.refused(
            lambda: iam.enable_mfa_device(
                UserName="alice", SerialNumber=serial,
                AuthenticationCode1=code(seed, now - 90), AuthenticationCode2=code(seed, now - 60),
            ),
            "InvalidAuthenticationCode",
        )


class WithIssuer(Story):
    flags = ("--issuer", "Example Corp")

    def test_the_issuer_is_in_label_and_parameter(self):
        device = self.server.client().create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        self.assertEqual(
            scan(device["QRCodePNG"]),
            f"otpauth://totp/Example%20Corp:d@{ACCOUNT}?secret={seed}&issuer=Example%20Corp",
        )


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    unittest.main()
