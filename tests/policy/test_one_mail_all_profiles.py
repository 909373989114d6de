# SPDX-License-Identifier: GPL-2.0-or-later
"""One mail under every profile: the table that a careful reader of those policies would write."""

from pathlib import Path

import pytest

from builders_mail import read
from builders_series import make_series
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.model.verdict import Effect, Verdict
from patchwatch.policy.files import Profile
from patchwatch.policy.loader import load_policies

TABLE = Path(__file__).with_name("one_mail_all_profiles.txt")
POLICIES = load_policies()
PROFILES = sorted((profile for profile in POLICIES.profiles if not profile.abstract), key=str)

MAIL = """\
From: Ivo Kranz <ivo@example.org>
To: devel@example.org
Subject: [PATCH] buffer: refuse requests that wrap around
Date: Tue, 15 Sep 2026 09:15:00 +0000
Message-ID: <20260915.1@example.org>

The sum wraps around for a request near the largest size, and the check
lets it pass. Compare with what is left instead.
{sentence}
Fixes: 1a2b3c4d5e6f ("buffer: grow on demand")
{trailers}
---
 src/buffer.c | 5 +++--
 1 file changed, 3 insertions(+), 2 deletions(-)

diff --git a/src/buffer.c b/src/buffer.c
index 1a2b3c4..5d6e7f8 100644
--- a/src/buffer.c
+++ b/src/buffer.c
@@ -40,7 +40,8 @@ int reserve(struct buffer *buf, size_t more)
 \tsize_t need;
 \n-\tneed = used + more;
-\tif (need > room)
+\tif (more > room - used)
 \t\treturn -1;
+\tneed = used + more;
+\tbuf->peak = need;
 \treturn grow(buf, need);
 }}
"""
PERSON = "Signed-off-by: Ivo Kranz <ivo@example.org>"
TAG = "Assisted-by: Claude:claude-opus-4-6"
SENTENCE = "This patch was written with the help of Claude Code."
ANALYSIS = "The crash was analysed with the help of Claude Code."
AGENT = "Claude <noreply@anthropic.com>"
VARIANTS = {
    "human": ("nothing about AI", "", (PERSON,)),
    "tagged": (TAG, "", (TAG, PERSON)),
    "llm": ("Assisted-by: LLM", "", ("Assisted-by: LLM", PERSON)),
    "prose": (SENTENCE, SENTENCE, (PERSON,)),
    "analysis": (ANALYSIS, ANALYSIS, (PERSON,)),
    "co-author": (f"Co-authored-by: {AGENT}", "", (f"Co-authored-by: {AGENT}", PERSON)),
    "signed": (f"Signed-off-by: {AGENT}", "", (f"Signed-off-by: {AGENT}", PERSON)),
}
HEAD = """\
One small bug fix, seven times, under every profile. A person signs it off each time; it differs in one line:

{variants}

Columns: the mail; the outcome; the rules that ask or decline; after `|` the rules that only inform; after `?` the
questions for a person. A text that is proposed, unwritten or withdrawn only informs.
"""


def verdict(profile: Profile | str, variant: str) -> Verdict:
    _, sentence, trailers = VARIANTS[variant]
    text = MAIL.format(sentence=f"\n{sentence}\n" if sentence else "", trailers="\n".join(trailers))
    (series,) = assemble([read(text.encode())])
    return judge(series, POLICIES.get(str(profile), None))


def asked(found: Verdict) -> list[str]:
    return sorted({finding.rule for finding in found.findings if finding.effect is not Effect.NONE})


def told(found: Verdict) -> list[str]:
    plain = {finding.rule for finding in found.findings if finding.effect is Effect.NONE}
    return sorted(plain - {"unadopted-policy"})


def row(profile: Profile, variant: str) -> str:
    found = verdict(profile, variant)
    parts = [f"    {variant:<10} {found.outcome:<8} {' '.join(asked(found))}"]
    if informing := told(found):
        parts.append(f"| {' '.join(informing)}")
    if found.human:
        parts.append(f"? {' '.join(question.id for question in found.human)}")
    return " ".join(part.rstrip() for part in parts).rstrip()


def block(profile: Profile) -> str:
    head = profile.data["policy"]
    rows = "\n".join(row(profile, variant) for variant in VARIANTS)
    return f"{profile} ({profile.status}, {head.get('stance', '')})\n{rows}\n"


def test_the_table_is_the_one_that_was_read(pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` writes it anew; then read it against the texts, line by line."""
    variants = "\n".join(f"    {name:<10} {line}" for name, (line, _, _) in VARIANTS.items())
    found = "\n".join([HEAD.format(variants=variants), *map(block, PROFILES)])
    if pytestconfig.getoption("--update-golden"):
        TABLE.write_text(found, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == found


@pytest.mark.parametrize(
    ("policy", "variant", "outcome", "rules"),
    [
        ("linux@7.0", "tagged", "ready", []),
        ("linux@7.0", "prose", "ask", ["undisclosed-ai"]),
        ("linux@7.0", "signed", "ask", ["agent-sign-off", "undisclosed-ai"]),
        ("linux@7.3", "llm", "ready", []),
        ("linux@7.3", "tagged", "ready", []),
        ("linux@7.3", "co-author", "ask", ["undisclosed-ai"]),
        ("kubernetes@2026-04", "tagged", "ask", ["forbidden-disclosure-tag", "undisclosed-ai"]),
        ("kubernetes@2026-04", "prose", "ready", []),
        ("kubernetes@2026-04", "co-author", "ask", ["forbidden-disclosure-tag", "undisclosed-ai"]),
        ("util-linux@2026-06", "tagged", "ready", []),
        ("util-linux@2026-06", "prose", "ready", []),
        ("util-linux@2026-06", "co-author", "ask", ["forbidden-disclosure-tag"]),
        ("gentoo@2024-04", "tagged", "decline", ["declared-ai-content"]),
        ("gentoo@2024-04", "prose", "decline", ["declared-ai-content"]),
        ("qemu@2025-06", "tagged", "decline", ["declared-ai-content"]),
        ("qemu@2025-06", "prose", "decline", ["declared-ai-content"]),
        ("qemu@2025-06", "analysis", "ready", []),
        ("qemu@2026-05-v2", "tagged", "ready", []),
        ("libvirt@2025-07", "tagged", "decline", ["declared-ai-content"]),
        ("libvirt@2025-07", "analysis", "ready", []),
        ("netbsd@2024-05", "tagged", "ask", ["declared-ai-content"]),
        ("pip@2026-03", "tagged", "ready", []),
        ("pip@2026-03", "co-author", "ask", ["forbidden-disclosure-tag"]),
        ("zephyr@2026", "co-author", "ask", ["forbidden-disclosure-tag", "undisclosed-ai"]),
        ("curl@2025-05", "tagged", "ready", []),
        ("git@2025-10", "tagged", "ready", []),
        ("xen@2026-06", "prose", "ask", ["undisclosed-ai"]),
        ("rust@2026-08", "tagged", "ask", ["outside-allowed-scenario"]),
        ("gcc@2026-07", "tagged", "ready", []),
        ("gcc@2026-07", "co-author", "ask", ["undisclosed-ai"]),
    ],
)
def test_what_a_reader_of_the_text_would_say(policy: str, variant: str, outcome: str, rules: list[str]) -> None:
    found = verdict(policy, variant)
    assert (found.outcome, asked(found)) == (outcome, rules)


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_persons_fix_is_ready_everywhere(profile: Profile) -> None:
    found = verdict(profile, "human")
    assert (found.outcome, asked(found), found.human) == ("ready", [], ())


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_only_texts_in_force_have_an_effect_and_only_texts_read_decline(profile: Profile, variant: str) -> None:
    policy = POLICIES.get(str(profile), None)
    found = verdict(profile, variant)
    if not policy.binding:
        assert asked(found) == []
    # Gentoo's page is known from sources that agree; every other text that declines was read.
    if all(source.via != "text" for source in policy.sources) and profile.id != "gentoo":
        assert found.outcome != "decline"


@pytest.mark.parametrize(
    ("list_id", "project"),
    [
        ("devel.lists.libvirt.org", "libvirt"),
        ("gcc-patches.gcc.gnu.org", "gcc"),
        ("binutils.sourceware.org", "binutils"),
        ("xen-devel.lists.xenproject.org", "xen"),
        ("ovs-dev.openvswitch.org", "ovs"),
        ("tools.kernel.org", "b4"),
        ("curl-library.lists.haxx.se", "curl"),
        ("gentoo-dev.gentoo.org", "gentoo"),
        ("debian-devel.lists.debian.org", "debian"),
        ("devel.lists.fedoraproject.org", "fedora"),
        ("u-boot.lists.denx.de", "none"),  # unwritten: it never binds
    ],
)
def test_projects_with_lists_are_found_by_them(list_id: str, project: str) -> None:
    assert POLICIES.select(make_series(list_id=list_id)).ref.id == project
