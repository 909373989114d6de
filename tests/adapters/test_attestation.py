# SPDX-License-Identifier: GPL-2.0-or-later
"""Signatures through b4: facts about a mail, from local keys, without network and without a trace."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from builders_mail import mail_bytes
from patchwatch.adapters.b4 import attest, keyring_folders
from patchwatch.model.attestation import Attestation

DKIM = (
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel;\n"
    " h=from:subject:date; bh=AAAA; b=BBBB\n"
)
SIGN = """\
import sys, patatt
message = patatt.PatattMessage(sys.stdin.buffer.read())
message.sign("ed25519", sys.argv[1], identity="jo@example.org", selector="20260101")
sys.stdout.buffer.write(message.as_bytes())
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody, so that no key of whoever runs the tests matters."""
    place = tmp_path / "home"
    place.mkdir()
    for name in list(os.environ):
        if name.startswith(("XDG_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return place


class Signer:
    """Jo Doe with an ed25519 key, and a keyring that holds its public half."""

    def __init__(self, place: Path) -> None:
        key = SigningKey.generate()
        self.keyring = place / "keyring"
        public = self.keyring / "ed25519" / "example.org" / "jo" / "20260101"
        public.parent.mkdir(parents=True)
        public.write_bytes(base64.b64encode(bytes(key.verify_key)))
        self._private = base64.b64encode(bytes(key)).decode()

    def sign(self, mail: bytes) -> bytes:
        command = [sys.executable, "-c", SIGN, self._private]
        done = subprocess.run(command, input=mail, check=True, capture_output=True)
        assert b"X-Developer-Signature" in done.stdout
        return done.stdout


@pytest.fixture
def signer(tmp_path: Path, home: Path) -> Signer:
    return Signer(tmp_path)


def told(mail: bytes, *keyrings: Path) -> dict[str, Attestation]:
    (found,) = attest([("1@example.org", mail)], keyrings=[str(one) for one in keyrings])
    assert {one.message_id for one in found} == {"1@example.org"}
    return {one.kind.value: one for one in found}


def test_signed_mail_passes_with_the_key_of_its_signer(signer: Signer) -> None:
    one = told(signer.sign(mail_bytes()), signer.keyring)["patatt"]
    assert (one.status.value, one.identity, one.detail) == ("pass", "jo@example.org", "")


def test_changed_mail_fails(signer: Signer) -> None:
    signed = signer.sign(mail_bytes())
    tampered = signed.replace(b"int c = 2;", b"int c = 3;")
    assert tampered != signed
    one = told(tampered, signer.keyring)["patatt"]
    assert (one.status.value, one.identity) == ("fail", "jo@example.org")
    assert "failed to validate" in one.detail


def test_key_that_is_not_at_hand_proves_nothing(signer: Signer, tmp_path: Path) -> None:
    for keyrings in ([], [tmp_path / "absent"]):
        one = told(signer.sign(mail_bytes()), *keyrings)["patatt"]
        assert (one.status.value, one.identity) == ("unknown", "jo@example.org")
        assert "no matching ed25519 key" in one.detail


def test_good_signature_of_somebody_else_says_so(signer: Signer) -> None:
    mail = mail_bytes(sender="Eve Other <eve@example.net>")
    one = told(signer.sign(mail), signer.keyring)["patatt"]
    assert (one.status.value, one.identity) == ("pass", "jo@example.org")
    assert "does not match From: eve@example.net" in one.detail


def test_mail_without_signatures_has_none(home: Path) -> None:
    found = told(mail_bytes())
    assert {kind: one.status.value for kind, one in found.items()} == {"dkim": "none", "patatt": "none"}


def test_dkim_without_network_is_unknown(home: Path) -> None:
    one = told(mail_bytes(headers=DKIM))["dkim"]
    assert (one.status.value, one.identity, one.detail) == ("unknown", "example.org", "needs DNS (--online)")


def test_many_mails_are_answered_in_their_order(signer: Signer) -> None:
    signed = signer.sign(mail_bytes())
    mails = [("1@example.org", signed), ("2@example.org", b"no mail"), ("3@example.org", mail_bytes())]
    found = attest(mails, keyrings=[str(signer.keyring)])
    statuses = [{one.kind.value: one.status.value for one in facts} for facts in found]
    assert statuses[0] == {"dkim": "none", "patatt": "pass"}
    assert statuses[1] == {"dkim": "unknown", "patatt": "unknown"}
    assert statuses[2] == {"dkim": "none", "patatt": "none"}


def test_mail_that_ends_b4_costs_only_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = (
        "import sys, patchwatch.adapters.b4 as own\nreal = own._signatures\n"
        "def leave(b4, data, **rest):\n"
        "    if b'leave' in data: sys.exit(3)\n"
        "    if b'crash' in data: import os; os._exit(9)\n"
        "    return real(b4, data, **rest)\n"
        "own._signatures = leave\nown.attest_worker()"
    )
    monkeypatch.setattr("patchwatch.adapters.b4._WORKER", worker)
    bodies = ["leave", "stay", "crash", "stay"]
    found = attest([(f"{n}@example.org", mail_bytes(body=body)) for n, body in enumerate(bodies)], keyrings=[])
    assert [facts[0].status.value for facts in found] == ["unknown", "none", "unknown", "unknown"]
    assert "SystemExit" in found[0][0].detail
    assert found[2][0].detail == "b4 gave no answer"


def test_only_online_has_sockets(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = (
        "import socket, patchwatch.adapters.b4 as own\n"
        "own._signatures = lambda *_, **__: socket.socket().close() or []\n"
        "own.attest_worker()"
    )
    monkeypatch.setattr("patchwatch.adapters.b4._WORKER", worker)
    (offline,) = attest([("1@example.org", mail_bytes())], keyrings=[])
    assert "no network without --online" in offline[0].detail
    assert attest([("1@example.org", mail_bytes())], keyrings=[], online=True) == [[]]


def test_mail_that_takes_too_long_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patchwatch.adapters.b4._WORKER", "import signal; signal.pause()")
    monkeypatch.setattr("patchwatch.adapters.b4._START_SECONDS", 0)
    monkeypatch.setattr("patchwatch.adapters.b4._MAIL_SECONDS", 0.1)
    (facts,) = attest([("1@example.org", mail_bytes())], keyrings=[])
    assert {one.status.value for one in facts} == {"unknown"}


def test_nothing_is_made_in_the_home_and_nothing_printed(
    signer: Signer, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told(signer.sign(mail_bytes(headers=DKIM)), signer.keyring)
    assert list(home.rglob("*")) == []
    assert capfd.readouterr() == ("", "")
    assert "b4" not in sys.modules or sys.modules["b4"].can_network is False


def test_worker_has_no_sockets_unless_online(home: Path) -> None:
    code = (
        "import socket\nfrom patchwatch.adapters.b4 import _forbid_sockets\n_forbid_sockets()\n"
        "import b4, dns.query\n"
        "try: dns.query.udp(dns.message.make_query('example.org', 'TXT'), '127.0.0.1', timeout=1)\n"
        "except OSError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "no network without --online\n"


def test_keyrings_are_those_of_the_user_not_of_a_repository(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs, own = tmp_path / "ours", tmp_path / "theirs", home / ".local" / "share" / "b4" / "keyring"
    for folder in (ours, theirs, own):
        folder.mkdir(parents=True)
    (home / ".gitconfig").write_text(f"[patatt]\n\tkeyringsrc = ref:::.keys\n\tkeyringsrc = {ours}\n")
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    with (repository / ".git" / "config").open("a") as config:
        config.write(f"[patatt]\n\tkeyringsrc = {theirs}\n[b4]\n\tkeyringsrc = {theirs}\n")
    monkeypatch.chdir(repository)
    assert keyring_folders() == [str(ours), str(own)]
