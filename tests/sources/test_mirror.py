# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrors: kept equal to a real public-inbox, bounded as asked, and safe from servers that are not one."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from builders_archive import ENV, git, make_mail, write_epoch
from builders_cli import command
from builders_inbox import Inbox, inbox
from builders_web import Page, Served, Writer, bomb, manifest, relay, served, zipped
from patchwatch.errors import InputError, ServerError
from patchwatch.sources.base import live_messages
from patchwatch.sources.detect import open_source
from patchwatch.sources.mirror import Bounds, Fetched, Mirror, mirror_folder

NOW = 1_800_000_000.0
DAY = 86_400.0
STATE = "patchwatch-mirror.json"


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as made:
        for number in range(3):
            made.add(make_mail(number))
        yield made


@pytest.fixture
def server() -> Iterator[Served]:
    with served({}) as running:
        yield running


@pytest.fixture
def dumb(tmp_path: Path) -> Iterator[Served]:
    """Four epochs of two mails, one year apart, as plain files of a web server: git can clone from those too."""
    pages: dict[str, Page] = {}
    for number in range(4):
        repo = tmp_path / "there" / f"{number}.git"
        write_epoch(
            repo, [("m", make_mail(f"{number}-{n}")) for n in range(2)], when=int(NOW - (4 - number) * 365 * DAY)
        )
        publish(pages, repo, number)
    pages["/list/manifest.js.gz"] = manifest({str(number): f"mark {number}" for number in range(4)})
    with served(pages) as running:
        yield running


def publish(pages: dict[str, Page], repo: Path, number: int) -> None:
    """Put the files of a repository among the pages."""
    git(repo, "update-server-info")
    for path in repo.rglob("*"):
        if path.is_file():
            pages[f"/list/git/{number}.git/{path.relative_to(repo)}"] = Page(path.read_bytes(), "text/plain")
    for name in ("info/refs", "HEAD"):
        page = pages[f"/list/git/{number}.git/{name}"]
        pages[f"/list/git/{number}.git/{name}?service=git-upload-pack"] = page


def subjects(folder: Path) -> list[str]:
    """Return the subjects of all live mail of a mirror, in its order."""
    mails = live_messages(open_source(str(folder)))
    return [mail.data.partition(b"Subject: ")[2].partition(b"\n")[0].decode() for mail in mails]


def epochs(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "git").iterdir())


def test_a_mirror_follows_adding_removing_editing_and_purging(box: Inbox, tmp_path: Path) -> None:
    with box.served() as url:
        mirror = Mirror(url, tmp_path / "m")
        assert mirror.update(NOW) == Fetched(cloned=(0,))
        assert subjects(tmp_path / "m") == ["mail 0", "mail 1", "mail 2"]
        assert mirror.update(NOW) == Fetched()
        box.add(make_mail(3))
        assert mirror.update(NOW) == Fetched(updated=(0,))
        box.remove(make_mail(1))
        assert mirror.update(NOW) == Fetched(updated=(0,))
        assert subjects(tmp_path / "m") == ["mail 0", "mail 2", "mail 3"]
        box.edit("2@example.org", "s/mail.2/other/")
        box.purge(make_mail(0))
        assert mirror.update(NOW) == Fetched(updated=(0,))
        assert subjects(tmp_path / "m") == ["other", "mail 3"]


def test_a_new_epoch_is_cloned_and_older_ones_still_followed(box: Inbox, tmp_path: Path) -> None:
    with box.served() as url:
        mirror = Mirror(url, tmp_path / "m")
        mirror.update(NOW)
        subprocess.run(["git", "init", "-q", "--bare", str(box.archive / "git" / "1.git")], check=True, env=ENV)
        box.add(make_mail(7))
        assert 1 in mirror.update(NOW).cloned
        assert subjects(tmp_path / "m") == ["mail 0", "mail 1", "mail 2", "mail 7"]


def test_a_first_download_can_be_bounded_by_number_and_stays_bounded(dumb: Served, tmp_path: Path) -> None:
    url, folder = f"{dumb.url}/list/", tmp_path / "m"
    assert Mirror(url, folder, bounds=Bounds(newest=2)).update(NOW) == Fetched(cloned=(3, 2), left=(1, 0))
    assert Mirror(url, folder).update(NOW) == Fetched(left=(1, 0))
    dumb.paths()
    assert Mirror(url, folder, bounds=Bounds(newest=3)).update(NOW) == Fetched(cloned=(1,), left=(0,))
    assert not [path for path in dumb.paths() if "/3.git" in path or "/2.git" in path]
    assert Mirror(url, folder, bounds=Bounds(newest=0)).update(NOW) == Fetched(cloned=(0,))
    assert epochs(folder) == ["0.git", "1.git", "2.git", "3.git"]


def test_a_first_download_can_be_bounded_by_a_day_in_whole_epochs(dumb: Served, tmp_path: Path) -> None:
    since = NOW - 1.5 * 365 * DAY  # falls into epoch 2, which begins two years ago
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m", bounds=Bounds(since=since))
    assert mirror.update(NOW) == Fetched(cloned=(3, 2), left=(1, 0))
    assert Mirror(f"{dumb.url}/list/", tmp_path / "m").update(NOW) == Fetched(left=(1, 0))


def test_a_bounded_download_that_was_interrupted_stays_bounded(dumb: Served, tmp_path: Path) -> None:
    url, folder = f"{dumb.url}/list/", tmp_path / "m"

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Mirror(url, folder, bounds=Bounds(newest=1)).update(NOW, stop)
    assert Mirror(url, folder).update(NOW) == Fetched(cloned=(3,), left=(2, 1, 0))


def test_epochs_that_are_whole_are_not_fetched_again_after_an_interruption(dumb: Served, tmp_path: Path) -> None:
    seen: list[str] = []

    def stop_at_third(text: str) -> None:
        seen.append(text)
        if len(seen) == 3:
            raise KeyboardInterrupt

    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    with pytest.raises(KeyboardInterrupt):
        mirror.update(NOW, stop_at_third)
    assert seen == ["list: epoch 3", "list: epoch 2", "list: epoch 1"]
    assert mirror.update(NOW) == Fetched(cloned=(1, 0))


@pytest.mark.parametrize("damage", ["half made", "left-over pack", "not renamed"])
def test_a_clone_that_was_killed_is_taken_up(dumb: Served, tmp_path: Path, damage: str) -> None:
    part = tmp_path / "m" / "git" / "3.git.part"
    if damage == "half made":
        (part / "objects").mkdir(parents=True)
    else:
        shutil.copytree(tmp_path / "there" / "3.git", part)
        (part / "objects" / "pack" / "tmp_pack_x1").write_bytes(b"half")
        if damage == "left-over pack":
            shutil.rmtree(part / "refs")
            (part / "refs").mkdir()
    assert Mirror(f"{dumb.url}/list/", tmp_path / "m").update(NOW).cloned == (3, 2, 1, 0)
    assert epochs(tmp_path / "m") == ["0.git", "1.git", "2.git", "3.git"]
    assert not list((tmp_path / "m" / "git" / "3.git" / "objects" / "pack").glob("tmp_*"))
    assert "mail 3-1" in subjects(tmp_path / "m")


def test_a_sync_that_is_killed_while_it_downloads_is_taken_up(dumb: Served, tmp_path: Path) -> None:
    """kill -9 comes when the server has been asked for an object of the third epoch, and never answers."""
    config = tmp_path / "c.toml"
    config.write_text(f'[list.foo]\narchive = "{dumb.url}/list/"\n')
    words = command("--config", config, "--db", tmp_path / "x.db", "sync")
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    asked, answer = Event(), Event()

    def hang(_: Writer) -> None:
        asked.set()
        answer.wait(60)

    whole = dict(dumb.pages)
    for path in [path for path in dumb.pages if "/1.git/objects/" in path]:
        dumb.pages[path] = Page(stream=hang)
    process = subprocess.Popen(words, env=environment, start_new_session=True)
    assert asked.wait(60)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    answer.set()
    folder = tmp_path / "patchwatch" / "mirrors" / dumb.url.partition("://")[2] / "list"
    assert epochs(folder) == ["1.git.part", "2.git", "3.git"]
    dumb.pages.update(whole)
    dumb.paths()
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert done.stderr == "patchwatch: 8 new messages, 0 series judged (foo)\n"
    assert not [path for path in dumb.paths() if "/2.git/" in path]
    assert epochs(folder) == ["0.git", "1.git", "2.git", "3.git"]


def test_a_server_that_goes_away_in_the_middle_leaves_no_half_epoch(box: Inbox, tmp_path: Path) -> None:
    allowed = [10_000_000]
    with box.served() as url, relay(url, lambda: allowed[0]) as origin:
        mirror = Mirror(f"{origin}/list/", tmp_path / "m")
        failures = []
        for size in range(200, 10_000, 400):  # manifest, refs, pack: somewhere in each of them
            allowed[0] = size
            try:
                mirror.update(NOW)
                break
            except ServerError as error:
                failures.append((str(error), (tmp_path / "m" / "git" / "0.git").exists()))
        assert len(failures) > 1
        assert all(text.startswith(origin) and not is_there for text, is_there in failures)
        assert subjects(tmp_path / "m") == ["mail 0", "mail 1", "mail 2"]
        before = git(tmp_path / "m" / "git" / "0.git", "rev-parse", "HEAD")
        box.add(make_mail(3, "long\n" * 1_000))
        allowed[0] = 600
        with pytest.raises(ServerError):
            mirror.update(NOW)
        assert git(tmp_path / "m" / "git" / "0.git", "rev-parse", "HEAD") == before
        allowed[0] = 10_000_000
        assert mirror.update(NOW) == Fetched(updated=(0,))


def test_an_equal_fingerprint_is_believed_for_some_hours(dumb: Served, tmp_path: Path) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    mirror.update(NOW)
    dumb.paths()
    mirror.update(NOW + 3600)
    assert dumb.paths() == ["/list/manifest.js.gz"]
    mirror.update(NOW + 7 * 3600)
    asked = dumb.paths()
    assert any("/git/3.git/" in path for path in asked)
    assert not any("/git/2.git/" in path for path in asked)
    mirror.update(NOW + 8 * 3600)
    assert dumb.paths() == ["/list/manifest.js.gz"]


def test_a_clock_that_was_set_back_stops_nothing(dumb: Served, tmp_path: Path) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    mirror.update(NOW)
    dumb.paths()
    mirror.update(NOW - 1000 * DAY)
    assert any("/git/3.git/" in path for path in dumb.paths())
    state = json.loads((tmp_path / "m" / STATE).read_text())
    (tmp_path / "m" / STATE).write_text(json.dumps({**state, "wait_until": NOW + 1000 * DAY}))
    mirror.update(NOW)


def test_a_server_that_asks_to_wait_is_left_alone_that_long(dumb: Served, tmp_path: Path) -> None:
    good = dumb.pages["/list/manifest.js.gz"]
    dumb.pages["/list/manifest.js.gz"] = Page(status=429, headers={"Retry-After": "1000"})
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    with pytest.raises(ServerError, match="asks to be left alone for 1000 seconds"):
        mirror.update(NOW)
    dumb.pages["/list/manifest.js.gz"] = good
    dumb.paths()
    for later in (0, 999):
        with pytest.raises(ServerError, match="asked to be left alone for another"):
            mirror.update(NOW + later)
    assert dumb.paths() == []
    assert mirror.update(NOW + 1101).cloned == (3, 2, 1, 0)
    assert mirror.update(NOW + 1102) == Fetched()


def test_git_that_is_asked_to_wait_waits_too(dumb: Served, tmp_path: Path) -> None:
    for path in [path for path in dumb.pages if "info/refs" in path]:
        dumb.pages[path] = Page(status=429)
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    with pytest.raises(ServerError, match="429"):
        mirror.update(NOW)
    dumb.paths()
    with pytest.raises(ServerError, match="another"):
        mirror.update(NOW + 1)
    assert dumb.paths() == []


def test_an_epoch_that_is_not_there_does_not_keep_back_the_others(dumb: Served, tmp_path: Path) -> None:
    for path in [path for path in dumb.pages if "/2.git/" in path]:
        del dumb.pages[path]
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    with pytest.raises(ServerError, match=r"git/2\.git"):
        mirror.update(NOW)
    assert [name for name in epochs(tmp_path / "m") if not name.endswith(".part")] == ["0.git", "1.git", "3.git"]


def test_an_epoch_that_left_the_manifest_is_kept(dumb: Served, tmp_path: Path) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    mirror.update(NOW)
    dumb.pages["/list/manifest.js.gz"] = manifest({"3": "mark 3"})
    assert mirror.update(NOW) == Fetched()
    assert len(epochs(tmp_path / "m")) == 4


def test_a_branch_with_another_name_is_followed(dumb: Served, tmp_path: Path) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    mirror.update(NOW)
    repo = tmp_path / "there" / "3.git"
    write_epoch(repo, [("m", make_mail("3-0")), ("m", make_mail("newer"))], when=int(NOW))
    git(repo, "branch", "-m", "master", "main")
    git(repo, "symbolic-ref", "HEAD", "refs/heads/main")
    for path in [path for path in dumb.pages if "/3.git/" in path]:
        del dumb.pages[path]
    publish(dumb.pages, repo, 3)
    dumb.pages["/list/manifest.js.gz"] = manifest({"3": "renamed"})
    assert mirror.update(NOW) == Fetched(updated=(3,))
    assert "mail newer" in subjects(tmp_path / "m")


HOSTILE = {
    "/list/git/../../../x.git": 1, "/list/git/-1.git": 1, "/list/git/01.git": 1, "/list/git/1.git/../2.git": 1,
    "/list/git/9999999999.git": 1, "/other/git/1.git": 1, "http://elsewhere.example.org/list/git/1.git": 1,
    "/list/git/².git": 1, "/list/git/1": 1, "": 1, "--upload-pack=x/git/1.git": 1,
}  # fmt: skip


def test_keys_of_a_manifest_name_no_place(server: Served, tmp_path: Path) -> None:
    server.pages["/list/manifest.js.gz"] = zipped(json.dumps({key: {"fingerprint": "x"} for key in HOSTILE}).encode())
    with pytest.raises(InputError, match="names no epochs of list"):
        Mirror(f"{server.url}/list/", tmp_path / "m").update(NOW)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["m", "patchwatch-mirror.lock"]


@pytest.mark.parametrize("entry", [None, 1, [], "x", {}, {"fingerprint": 7}, {"fingerprint": "x" * 10_000}])
def test_an_odd_entry_is_an_epoch_without_a_mark(server: Served, tmp_path: Path, entry: object) -> None:
    server.pages["/list/manifest.js.gz"] = zipped(json.dumps({"/list/git/0.git": entry}).encode())
    assert Mirror(f"{server.url}/list/", tmp_path / "m").plan(NOW) == Fetched(cloned=(0,))


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (zipped(b"[" * 100_000), "its manifest cannot be read"),
        (zipped(b'{"a": ' * 50_000 + b"1" + b"}" * 50_000), "its manifest cannot be read"),
        (zipped(b'{"/list/git/0.git": ' + b"9" * 10_000 + b"}"), "its manifest cannot be read"),
        (zipped(b"\xff\xfe\x00"), "its manifest cannot be read"),
        (zipped(b"[]"), "names no epochs"),
        (zipped(b"{}"), "names no epochs"),
        (Page(bomb(64), "application/gzip"), "inflates to more than"),
        (Page(zipped(b"{}").body[:-4], "application/gzip"), "broke off"),
        (Page(b"<html>", "text/html"), "browser check"),
        (Page(b"{}", "application/json"), "instead of gzip"),
        (Page(b"", status=500), "answers 500"),
        (Page(status=302, headers={"Location": "http://127.0.0.1:1/"}), "not followed"),
        (Page(b"no", status=404), "there is no archive here"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_told_and_changes_nothing(server: Served, tmp_path: Path, page: Page, told: str) -> None:
    server.pages["/list/manifest.js.gz"] = page
    with pytest.raises((ServerError, InputError), match=told) as caught:
        Mirror(f"{server.url}/list/", tmp_path / "m").update(NOW)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "m" / "git").exists()


def test_a_plan_writes_nothing(dumb: Served, tmp_path: Path) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m", bounds=Bounds(newest=1))
    assert mirror.plan(NOW) == Fetched(cloned=(3,), left=(2, 1, 0))
    assert not (tmp_path / "m").exists()
    mirror.update(NOW)
    dumb.pages["/list/manifest.js.gz"] = manifest({"3": "other", "2": "mark 2"})
    assert Mirror(f"{dumb.url}/list/", tmp_path / "m").plan(NOW) == Fetched(updated=(3,), left=(2,))


def test_two_at_once_keep_apart(dumb: Served, tmp_path: Path) -> None:
    def again(_: str) -> None:
        with pytest.raises(ServerError, match="another process is mirroring this list"):
            Mirror(f"{dumb.url}/list/", tmp_path / "m").update(NOW)

    assert Mirror(f"{dumb.url}/list/", tmp_path / "m").update(NOW, again).cloned == (3, 2, 1, 0)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"fingerprints": 1}', "\0", '{"fingerprints": {}, "left": [[]]}'])
def test_a_damaged_note_of_ours_costs_a_look_only(dumb: Served, tmp_path: Path, content: str) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    mirror.update(NOW)
    (tmp_path / "m" / STATE).write_text(content)
    assert mirror.update(NOW) == Fetched()


def test_a_hook_or_setting_in_the_mirror_runs_nothing(dumb: Served, tmp_path: Path) -> None:
    mirror = Mirror(f"{dumb.url}/list/", tmp_path / "m")
    mirror.update(NOW)
    here = tmp_path / "m" / "git" / "3.git"
    (here / "hooks").mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-fetch"):
        (here / "hooks" / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
        (here / "hooks" / name).chmod(0o755)
    write_epoch(tmp_path / "there" / "3.git", [("m", make_mail("new"))])
    for path in [path for path in dumb.pages if "/3.git/" in path]:
        del dumb.pages[path]
    publish(dumb.pages, tmp_path / "there" / "3.git", 3)
    dumb.pages["/list/manifest.js.gz"] = manifest({"3": "new"})
    assert mirror.update(NOW) == Fetched(updated=(3,))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://lore.example.org/qemu-devel/", "lore.example.org/qemu-devel"),
        ("https://Lore.Example.org:8080/a/b", "lore.example.org:8080/a/b"),
        ("https://lore.example.org/f%20oo/", "lore.example.org/f oo"),
    ],
)
def test_the_place_of_a_mirror_follows_from_its_url(url: str, place: str) -> None:
    assert mirror_folder(url, Path("/m")) == Path("/m") / place


@pytest.mark.parametrize(
    "path", ["", "/", "/..", "/a/../b", "/a/%2e%2e/b", "/.git", "/a//b", "/%00", "/a%2F..%2Fb", "/%0a"]
)
def test_a_url_without_a_list_has_no_place(path: str) -> None:
    with pytest.raises(InputError, match="names no list"):
        mirror_folder(f"https://example.org{path}", Path("/m"))


def test_a_server_cannot_send_git_to_another_one(dumb: Served, tmp_path: Path) -> None:
    objects = [path for path in dumb.pages if "/3.git/objects/" in path]
    with served({path: dumb.pages[path] for path in objects}) as other:
        for path in objects:
            del dumb.pages[path]
        for name in ("http-alternates", "alternates"):
            dumb.pages[f"/list/git/3.git/objects/info/{name}"] = Page(f"{other.url}/list/git/3.git/objects\n".encode())
        refs = Page(status=302, headers={"Location": f"{other.url}/list/git/2.git/info/refs?service=git-upload-pack"})
        dumb.pages["/list/git/2.git/info/refs?service=git-upload-pack"] = refs
        with pytest.raises(ServerError):
            Mirror(f"{dumb.url}/list/", tmp_path / "m").update(NOW)
        assert any("/3.git/objects/info/" in path for path in dumb.paths())
        assert other.asked == []
