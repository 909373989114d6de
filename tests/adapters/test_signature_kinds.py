# SPDX-License-Identifier: GPL-2.0-or-later
"""Signatures of patatt with keys of OpenSSH and OpenPGP, made by ssh-keygen and gpg themselves."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_mail import mail_bytes
from patchwatch.adapters.b4 import attest
from peers import missing

SIGN = """\
import sys, patatt
message = patatt.PatattMessage(sys.stdin.buffer.read())
message.sign(sys.argv[1], sys.argv[2], identity="jo@example.org", selector="one")
sys.stdout.buffer.write(message.as_bytes())
"""


class Signer:
    """Jo Doe with a key of one kind, and a keyring that holds its public half."""

    def __init__(self, kind: str, place: Path) -> None:
        self.kind, self.place, self.keyring = kind, place, place / "keyring"
        self.env = {**os.environ, "HOME": str(place), "GNUPGHOME": str(place / "gnupg"), "GIT_CONFIG_NOSYSTEM": "1"}
        public = self.keyring / kind / "example.org" / "jo" / "one"
        public.parent.mkdir(parents=True)
        self.key, text = self._ssh() if kind == "openssh" else self._gpg()
        public.write_bytes(text)

    def run(self, *command: str, data: bytes = b"") -> bytes:
        return subprocess.run(command, input=data, check=True, capture_output=True, env=self.env).stdout

    def _ssh(self) -> tuple[str, bytes]:
        key = self.place / "id"
        self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "jo", "-f", str(key))
        return str(key), key.with_suffix(".pub").read_bytes()

    def _gpg(self) -> tuple[str, bytes]:
        (self.place / "gnupg").mkdir(mode=0o700)
        quiet = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")
        self.run(*quiet, "--quick-generate-key", "Jo Doe <jo@example.org>", "ed25519", "sign", "never")
        lines = self.run("gpg", "--list-keys", "--with-colons").decode().splitlines()
        fingerprint = next(line.split(":")[9] for line in lines if line.startswith("fpr"))
        return fingerprint, self.run("gpg", "--armor", "--export", fingerprint)

    def sign(self, mail: bytes) -> bytes:
        signed = self.run(sys.executable, "-c", SIGN, self.kind, self.key, data=mail)
        assert f"a={self.kind}-sha256".encode() in signed
        return signed

    def close(self) -> None:
        if self.kind == "openpgp":
            self.run("gpgconf", "--kill", "all")


@pytest.fixture(params=["openssh", "openpgp"])
def signer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    tool, package = {"openssh": ("ssh-keygen", "openssh-client"), "openpgp": ("gpg", "gnupg")}[request.param]
    if shutil.which(tool) is None:
        missing(f"{tool} is not installed: apt-get install --no-install-recommends {package}")
    made = Signer(request.param, tmp_path_factory.mktemp("s"))  # short: gpg-agent makes a socket in it
    yield made
    made.close()


def told(mail: bytes, *keyrings: Path) -> tuple[str, str, str]:
    (found,) = attest([("1@example.org", mail)], keyrings=[str(one) for one in keyrings])
    (one,) = (one for one in found if one.kind.value == "patatt")
    return one.status.value, one.identity, one.detail


def test_signed_mail_passes_changed_mail_fails_and_a_key_that_is_not_there_proves_nothing(signer: Signer) -> None:
    signed = signer.sign(mail_bytes())
    assert told(signed, signer.keyring) == ("pass", "jo@example.org", "")
    status, who, detail = told(signed.replace(b"int c = 2;", b"int c = 3;"), signer.keyring)
    assert (status, who) == ("fail", "jo@example.org")
    assert "failed to validate" in detail
    status, _, detail = told(signed)
    assert status == "unknown"
    assert f"no matching {signer.kind} key" in detail


def test_good_signature_of_somebody_else_says_so(signer: Signer) -> None:
    status, who, detail = told(signer.sign(mail_bytes(sender="Eve Other <eve@example.net>")), signer.keyring)
    assert (status, who) == ("pass", "jo@example.org")
    assert "does not match From: eve@example.net" in detail


def test_check_tells_the_signature_with_the_keys_of_the_user(signer: Signer, tmp_path: Path) -> None:
    mail = tmp_path / "signed.eml"
    mail.write_bytes(signer.sign(mail_bytes()))
    (signer.place / ".gitconfig").write_text(f"[patatt]\n\tkeyringsrc = {signer.keyring}\n")
    command = (sys.executable, "-m", "patchwatch", "check", "--policy", "none", "--attest", str(mail))
    shown = signer.run(*command).decode()
    assert "patatt" in shown
    assert "jo@example.org" in shown
    assert "pass" in shown
