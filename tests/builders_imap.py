# SPDX-License-Identifier: GPL-2.0-or-later
"""A real IMAP server (Dovecot) on a loopback port of its own, with one user and an empty mail store."""

import grp
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from patchwatch.adapters.imap import Account, Imap, encode_folder
from patchwatch.config import ImapConfig
from peers import missing

USER, PASSWORD = "alice", "secret"
_TRIES = 200
_PAUSE = 0.05
_CONFIG = """
protocols = imap
listen = 127.0.0.1
ssl = no
auth_mechanisms = plain
disable_plaintext_auth = no
auth_failure_delay = 0 secs
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%n
{extra}
passdb {{
  driver = passwd-file
  args = {home}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/home/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
_DRAFTS = """
  mailbox {name} {{
    auto = create
    special_use = \\Drafts
  }}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server; *home* holds its files, the mail of the user lies in `mail/alice`."""

    home: Path
    port: int
    pid: int

    def account(self, name: str = "test", command: str = f"printf {PASSWORD}") -> Account:
        """Return how the user reaches it; the password comes from a command."""
        return Account(name=name, host="127.0.0.1", port=self.port, user=USER, tls=False, password_command=command)

    def config(self, *folders: str) -> ImapConfig:
        """Return the same as the user writes it into the configuration."""
        command = f"printf {PASSWORD}"
        listed = list(folders)
        return ImapConfig(
            host="127.0.0.1", port=self.port, user=USER, tls=False, password_command=command, folders=listed
        )

    def open(self) -> Imap:
        """Log in."""
        return Imap(self.account())

    def make(self, folder: str) -> None:
        """Make a folder, as a user's mail program would."""
        self._as_user("CREATE", encode_folder(folder).decode("ascii"))

    def empty(self, folder: str) -> None:
        """Delete a folder and make it anew, so that its UIDs start again."""
        self._as_user("DELETE", encode_folder(folder).decode("ascii"))
        self.make(folder)

    def clear(self, folder: str) -> None:
        """Expunge all mail of a folder; its UIDs go on."""
        name = encode_folder(folder).decode("ascii")
        self._say(f'SELECT "{name}"', "STORE 1:* +FLAGS.SILENT (\\Deleted)", "EXPUNGE", strict=False)

    def flags(self, folder: str) -> dict[int, str]:
        """Return the flags of mails that have any but `\\Recent`, by number."""
        said = self._say(f'EXAMINE "{encode_folder(folder).decode("ascii")}"', "FETCH 1:* (FLAGS)")
        found = re.findall(rb"\* (\d+) FETCH \(FLAGS \(([^()]*)\)", said)
        plain = {int(number): flags.replace(b"\\Recent", b"").strip().decode() for number, flags in found}
        return {number: flags for number, flags in plain.items() if flags}

    def deliver(self, mails: Sequence[bytes]) -> None:
        """Put many mails into the INBOX, as files: quicker than by the protocol."""
        for number, mail in enumerate(mails):
            path = self.home / "mail" / USER / "new" / f"{2_000_000_000 + number}.M{number}.host"
            path.write_bytes(mail)
            path.chmod(0o666)

    def _as_user(self, verb: str, folder: str) -> None:
        self._say(f'{verb} "{folder}"')

    def _say(self, *commands: str, strict: bool = True) -> bytes:
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=20)) as line:
            lines = [f"LOGIN {USER} {PASSWORD}", *commands, "LOGOUT"]
            line.sendall("".join(f"t{n} {one}\r\n" for n, one in enumerate(lines)).encode())
            said = b""
            while f"\nt{len(lines) - 1} ".encode() not in said and (data := line.recv(4096)):
                said += data
        if strict and said.count(b" OK ") < len(lines):
            raise RuntimeError(f"{commands}: {said!r}")
        return said


@contextmanager
def dovecot(*, drafts: str = "Drafts", extra: str = "") -> Iterator[Dovecot]:
    """Start Dovecot with a folder marked for drafts ("": none); its files go with it. Needs `dovecot` in /usr/sbin."""
    user, group = _servant()
    home = Path(tempfile.mkdtemp(prefix="pw-", dir="/tmp"))
    port = _free_port()
    folders = _DRAFTS.format(name=f'"{drafts}"') if drafts else ""
    for name in ("run", "state", "mail", "home"):
        (home / name).mkdir()
    config = _CONFIG.format(home=home, port=port, user=user, group=group, folders=folders, extra=extra)
    (home / "dovecot.conf").write_text(config, encoding="utf-8")
    (home / "passwd").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    command = [str(_program()), "-F", "-c", str(home / "dovecot.conf")]
    if os.getuid() == 0:  # it refuses to serve as root
        subprocess.run(["chown", "-R", f"{user}:{group}", str(home)], check=True)
        command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]
    with (home / "started").open("wb") as told:
        server = subprocess.Popen(command, stdout=told, stderr=told)
    try:
        _wait(server, port, home)
        yield Dovecot(home, port, server.pid)
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _servant() -> tuple[str, str]:
    if os.getuid() == 0:
        return "nobody", "nogroup"
    return pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


def _program() -> Path:
    found = Path(shutil.which("dovecot") or "/usr/sbin/dovecot")
    if not found.exists():
        missing("dovecot is missing: RUNLEVEL=1 apt-get install --no-install-recommends dovecot-imapd")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: "subprocess.Popen[bytes]", port: int, home: Path) -> None:
    """Wait until the server greets; the loop ends early when it has died."""
    for _ in range(_TRIES):
        if server.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
                if probe.recv(4).startswith(b"* OK"):
                    return
        except OSError:
            pass
        try:
            server.wait(_PAUSE)
        except subprocess.TimeoutExpired:
            continue
    log = home / "log"
    raise RuntimeError(f"dovecot did not start: {log.read_text() if log.exists() else (home / 'started').read_text()}")
