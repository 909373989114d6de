# SPDX-License-Identifier: GPL-2.0-or-later
"""A real public-inbox: an archive that its own tools fill, purge and edit, and its web server on a loopback port."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import missing

_TRIES = 200
_PAUSE = 0.05
_PACKAGES = "public-inbox libsearch-xapian-perl libdbd-sqlite3-perl"
_MISSING = f"public-inbox is missing: apt-get install --no-install-recommends {_PACKAGES}"
ADDRESS = "list@example.org"
LIST_ID = "list.example.org"


class Inbox:
    """One list below *home*; `archive` is its directory, `name` its place on the server."""

    def __init__(self, home: Path, name: str = "list", version: int = 2) -> None:
        self.home = home
        self.name = name
        self.archive = home / name
        (home / "home").mkdir(exist_ok=True)
        (home / "run").mkdir(mode=0o700, exist_ok=True)
        self.run("init", f"-V{version}", "-L", "basic", name, str(self.archive), f"http://127.0.0.1/{name}", ADDRESS)
        self._configure(f"publicinbox.{name}.listid", LIST_ID)
        self._configure("publicinboxmda.spamcheck", "none")
        self._configure("publicinbox.wwwListing", "all")

    @property
    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PI_"))}
        config = self.home / "home" / "pi.config"
        own = {"HOME": str(self.home / "home"), "PI_CONFIG": str(config), "XDG_RUNTIME_DIR": str(self.home / "run")}
        return {**kept, **own, "ORIGINAL_RECIPIENT": ADDRESS, "GIT_CONFIG_NOSYSTEM": "1"}

    def run(self, tool: str, *arguments: str, data: bytes = b"", editor: str = "") -> str:
        """Run `public-inbox-TOOL`; a failure raises with what it said."""
        program = shutil.which(f"public-inbox-{tool}")
        if program is None:
            missing(_MISSING)
        environment = {**self._environment, **({"MAIL_EDITOR": editor} if editor else {})}
        done = subprocess.run(
            [program, *arguments], input=data, env=environment, capture_output=True, cwd=self.home, check=False
        )
        if done.returncode:
            raise RuntimeError(f"public-inbox-{tool}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="replace")

    def _configure(self, key: str, value: str) -> None:
        file = self.home / "home" / "pi.config"
        subprocess.run(["git", "config", "-f", str(file), key, value], check=True, env=self._environment)

    def add(self, mail: bytes) -> None:
        """Deliver one mail."""
        self.run("mda", "--no-precheck", data=mail)

    def remove(self, mail: bytes) -> None:
        """Take one mail out, as a maintainer of the archive does."""
        self.run("learn", "rm", "--all", data=mail)

    def purge(self, mail: bytes) -> None:
        """Rewrite history without a mail."""
        self.run("purge", str(self.archive), data=mail)

    def edit(self, mid: str, sed: str) -> None:
        """Rewrite history with a mail changed by a `sed` command."""
        self.run("edit", "-m", mid, str(self.archive), editor=f"sed -i -e {sed}")

    def index_words(self) -> None:
        """Index all mail with Xapian, as servers with a search do."""
        self._configure(f"publicinbox.{self.name}.indexlevel", "full")
        self.run("index", "-L", "full", "--reindex", str(self.archive))

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve over HTTP; gives `http://127.0.0.1:PORT/NAME/`."""
        program = shutil.which("public-inbox-httpd")
        if program is None:
            missing(_MISSING)
        port = _free_port()
        command = [program, "-W0", "-l", f"http://127.0.0.1:{port}"]
        with (self.home / "httpd.log").open("ab") as log:
            server = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, cwd=self.home)
        url = f"http://127.0.0.1:{port}/{self.name}/"
        try:
            _wait(server, url, self.home / "httpd.log")
            yield url
        finally:
            server.terminate()
            server.wait(20)


def searched(url: str, query: str) -> list[str]:
    """Return the Message-IDs of the mails that the search of a server finds, oldest of 200 last."""
    asked = urllib.parse.urlencode({"q": query, "x": "A"})
    try:
        with urllib.request.urlopen(f"{url}?{asked}", timeout=20) as answer:  # noqa: S310 - loopback
            feed = answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 404:  # nothing found
            return []
        raise
    entries = feed.split("<entry>")[1:]
    links = [re.search(r'<link\s[^>]*href="[^"]*/([^"/]+)/"', entry) for entry in entries]
    return [urllib.parse.unquote(link[1]) for link in links if link]


@contextmanager
def inbox(name: str = "list", version: int = 2) -> Iterator[Inbox]:
    """Make an archive in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="pw-") as place:
        yield Inbox(Path(place), name, version)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Wait until the server answers; the loop ends early when it has died."""
    for _ in range(_TRIES):
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            pass
        else:
            return
        try:
            server.wait(_PAUSE)
            break
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError(f"public-inbox-httpd did not start: {log.read_text(errors='replace')[-2000:]}")
