# SPDX-License-Identifier: GPL-2.0-or-later
"""Templates are checked when loaded; maintainers' own files replace ours one by one."""

from pathlib import Path

import pytest

from builders_drafts import CLAUSE, ME, NOW, disclosure, evidence, finding, message, series, target, unsigned, verdict
from patchwatch.drafts.compose import compose
from patchwatch.drafts.text import wrap
from patchwatch.drafts.wording import DEFAULT, Templates, lay_out
from patchwatch.errors import UsageError
from patchwatch.model.verdict import Effect, Finding


def body(*findings: Finding, templates: Templates = DEFAULT) -> str:
    whole = series(message(disclosures=(disclosure(),)))
    draft = compose(target(), whole, verdict(*findings), ME, now=NOW, templates=templates)
    return draft.data.decode().partition("\n\n")[2]


def write(folder: Path, name: str, text: str) -> Templates:
    (folder / f"{name}.txt").write_text(text)
    return Templates(folder)


def test_our_own_templates_are_without_fault() -> None:
    DEFAULT.check()


def test_all_faults_are_told_at_once_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "reply.txt").write_text("# fine ${nothing}\nHi ${first},\n")
    (tmp_path / "undisclosed-ai.txt").write_text(
        "[fact]\nok ${quote}\ncosts $5\nAcked-by: me <me@example.org>\n${reply}\n"
    )
    with pytest.raises(UsageError) as caught:
        Templates(tmp_path).check()
    told = str(caught.value).split("\n")
    assert [line.partition(": ")[0] for line in told] == [
        f"{tmp_path}/reply.txt:2",
        f"{tmp_path}/reply.txt",
        f"{tmp_path}/undisclosed-ai.txt:3",
        f"{tmp_path}/undisclosed-ai.txt:4",
        f"{tmp_path}/undisclosed-ai.txt:5",
    ]
    assert "unknown name ${first}" in told[0]
    assert "$$" in told[2]
    assert "trailer" in told[3]


def test_a_file_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "single.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"single\.txt: cannot be read"):
        Templates(tmp_path).check()


def test_a_frame_of_b4_works_unchanged(tmp_path: Path) -> None:
    text = body(
        finding(), templates=write(tmp_path, "reply", "# b4's\nHi ${firstname},\n\n${reply}\n\nCheers,\n${myname}\n")
    )
    assert text.startswith("Hi Jo,\n\nOn Sun, Nov 01, 2026 at 10:00:00AM +0100, Jo Contributor wrote:\n> Assisted-by")
    assert text.endswith("v2?\n\nCheers,\nPat Maintainer\n\n-- \nPat Maintainer\n")


def test_a_frame_may_hold_its_own_signature(tmp_path: Path) -> None:
    text = body(finding(), templates=write(tmp_path, "reply", "${reply}\n-- \n${signature}\nfoo subsystem\n"))
    assert text.endswith("v2?\n-- \nPat Maintainer\nfoo subsystem\n")


def test_a_rule_text_without_sections_is_the_whole_reply(tmp_path: Path) -> None:
    text = body(finding(), templates=write(tmp_path, "undisclosed-ai", "See ${url}, ${firstname}.\n"))
    assert f"\n\nSee {CLAUSE}, Jo.\n\n-- \n" in text


def test_a_later_folder_wins(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "undisclosed-ai.txt").write_text(f"From {name}.\n")
    assert "From two." in body(finding(), templates=Templates(tmp_path / "one", tmp_path / "two"))


def test_one_clause_is_cited_once_and_several_each_with_their_point() -> None:
    same = body(finding(), unsigned())
    assert same.count(CLAUSE) == 1
    assert "Two points, both from this text:" in " ".join(same.split())
    other = "https://foo.example.org/dco"
    different = body(finding(), unsigned(clause=other))
    assert different.count(CLAUSE) == different.count(other) == 1
    assert f"\n  {other}\n" in different


def test_at_most_three_points_the_heaviest_first_and_the_rest_counted() -> None:
    found = [finding(rule, text=rule) for rule in ("a-rule", "b-rule", "c-rule", "d-rule")]
    text = body(*found, finding("e-rule", text="e-rule", effect=Effect.DECLINE))
    points = [line for line in text.split("\n") if line.startswith("- ")]
    assert points == ["- E-rule.", "- A-rule.", "- B-rule.", "- and 2 smaller points"]


def test_the_same_rule_in_several_patches_is_one_point() -> None:
    one, two = message("p1@example.org"), message("p2@example.org")
    draft = compose(
        target("p1@example.org"),
        series(one, two),
        verdict(unsigned("p1@example.org"), unsigned("p2@example.org")),
        ME,
        now=NOW,
    )
    assert "in the commit log of patches 1 and 2." in " ".join(draft.data.decode().split())


def test_words_of_the_mail_are_never_taken_as_names_of_a_template() -> None:
    text = body(finding("some-rule", evidence(line=None), text="costs ${url} and $5"))
    assert "Costs ${url} and $5." in " ".join(text.split())


@pytest.mark.parametrize("rule", ["undisclosed-ai", "agent-sign-off", "declared-ai-content", "missing-sign-off"])
def test_quotes_that_look_like_trailers_stay_in_quotes(rule: str) -> None:
    quote = "Co-developed-by: " + "Robo " * 9 + "<robo@robo.example>"
    text = body(finding(rule, evidence("p9@example.org", 3, quote)), finding("other", text="x"))
    assert not [line for line in text.split("\n") if line.lstrip().startswith(("Co-", "<robo"))]


def test_wrapping_keeps_urls_tables_quotes_and_quoted_tags_whole() -> None:
    url = "https://example.org/" + "x" * 90
    table = "  " + "a/" * 60 + "b.c +1"
    tag = '"Assisted-by: Robo:robo-1.5 with a tool or two"'
    lines = lay_out(f"{'word ' * 14}{tag} end\n{url}\n{table}\n> {'q ' * 50}\nmore")
    assert lines[1].startswith(tag)
    assert url in lines
    assert table in lines
    assert lines[-1] == "more"
    assert wrap("- " + "word " * 20)[1].startswith("  word")
