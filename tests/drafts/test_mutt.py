# SPDX-License-Identifier: GPL-2.0-or-later
"""mutt and neomutt resume a draft and send it with our recipients and thread; a script stands in for the transport."""

import os
from pathlib import Path

import pytest

from builders_imap import PASSWORD, USER, dovecot
from builders_terminal import Terminal, assert_sent_as_drafted, draft_for
from patchwatch.sinks.imap import ImapDrafts, ImapSink
from patchwatch.sinks.open import open_sink
from peers import require


def mutt_settings(folder: Path) -> str:
    transport = folder / "transport"
    transport.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\ncat > {folder}/sent.eml\n')
    transport.chmod(0o700)
    return (
        "set resume_draft_files=yes\n"
        f"set sendmail={transport}\nset sendmail_wait=0\n"
        "set editor=true\nset realname='Pat Maintainer'\nset from=pat@example.com\nset use_from=yes\n"
        "set use_envelope_from=no\nset edit_headers=no\nset copy=no\nset abort_unmodified=no\nset fast_reply=yes\n"
        "set ssl_force_tls=no\nset charset=utf-8\nset send_charset='us-ascii:utf-8'\nset header_cache=''\n"
        f"set folder={folder}\nset spoolfile={folder}/inbox\nset record=''\n"
    )


def send_with(program: str, arguments: list[str], folder: Path, settings: str = "") -> None:
    """Start mutt or neomutt with *arguments* in its compose menu and say y."""
    mutt = require(program, program)
    (folder / "muttrc").write_text(mutt_settings(folder) + settings)
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "TERM": "vt100", "LC_ALL": "C.UTF-8"}
    terminal = Terminal([mutt, "-n", "-F", str(folder / "muttrc"), *arguments], environment, folder)
    try:
        terminal.wait_for(b"y:Send" if program == "mutt" else b"Security: ")  # what stands in the compose menu
        terminal.type(b"y")
        assert terminal.finish() == 0, terminal.shown
    finally:
        terminal.close()


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
@pytest.mark.parametrize("name", ["plain", "hard"])
def test_mutt_sends_the_file_that_we_wrote(name: str, program: str, tmp_path: Path) -> None:
    draft = draft_for(name)
    path = tmp_path / "draft.eml"
    open_sink(f"eml:{path}").put(draft)
    send_with(program, ["-H", str(path)], tmp_path)
    assert_sent_as_drafted(draft, tmp_path)


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
@pytest.mark.parametrize("kind", ["maildir", "mbox"])
@pytest.mark.parametrize("name", ["plain", "hard"])
def test_mutt_recalls_a_draft_and_takes_it_out(name: str, kind: str, program: str, tmp_path: Path) -> None:
    draft = draft_for(name)
    sink = open_sink(f"{kind}:{tmp_path}/Drafts")
    sink.put(draft)
    send_with(program, ["-p"], tmp_path, f"set postponed={tmp_path}/Drafts\nset recall=yes\n")
    assert_sent_as_drafted(draft, tmp_path)
    with sink.opened(write=False) as place:
        assert [entry for entry in place.entries() if not entry.deleted] == []


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_mutt_recalls_a_draft_from_the_server_and_takes_it_out(program: str, tmp_path: Path) -> None:
    require("dovecot", "dovecot-imapd")
    draft = draft_for("hard")
    with dovecot() as server:
        sink = ImapSink(ImapDrafts(account=server.account()))
        sink.put(draft)
        url = f"imap://{USER}@127.0.0.1:{server.port}"
        settings = f"set imap_pass={PASSWORD}\nset ssl_starttls=no\nset folder={url}/\nset postponed={url}/Drafts\n"
        send_with(program, ["-p"], tmp_path, settings + "set recall=yes\nunset tunnel\n")
        with sink.opened(write=False) as place:
            assert [entry for entry in place.entries() if not entry.deleted] == []
    assert_sent_as_drafted(draft, tmp_path)
