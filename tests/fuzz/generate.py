# SPDX-License-Identifier: GPL-2.0-or-later
"""Hypothesis as a fuzzer: seeds of a target, cut up, joined again and mixed with the tokens that hurt parsers."""

from pathlib import Path

from hypothesis import strategies as st

CORPUS = Path(__file__).parents[2] / "fixtures" / "hostile" / "corpus"

_TOKENS = tuple(
    rb"""=?x?b?!!?= =?utf-8?q?=C3?= =?utf-8?b?A?= =?utf-8*en?q?a?= ;_x* ;_x*0*= ;_x*99999=1 :; (( )) <> <a@b> " \ \" =
    =41 -- --b --b-- --- --_ diff_--git_a/x_b/x --- +++ @@_-1_+1_@@ @@_-1,9_+0,0_@@ @@_-0,0_+1_@@ \_No_newline + - @@@
    GIT_binary_patch index_1..2 rename_from Assisted-by: Signed-off-by: Claude claude-opus-4-5 AI_ > [PATCH [ ] v2 1/2
    2/1 Re: Fwd: From_ >From_ From_mboxrd@z_Thu +0480 --500 31_Feb 99999 utf-8 utf-16 base64 quoted-printable flowed
    multipart/mixed;_boundary=b message/rfc822 text/html Content-Type: Subject: References: Date:""".replace(
        b"\n", b" "
    ).split()
)
_RAW = (b"\n", b"\n\n", b"\r\n", b"\r", b"\0", b"\t", b" ", b"\xff", b"\xc3", b"\x1b[31m", "\u202e\u200b".encode())
_HURTING = st.sampled_from([*(token.replace(b"_", b" ") for token in _TOKENS), *_RAW])


def seeds(target: str) -> list[bytes]:
    """Return the seed files of one target."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


@st.composite
def mangled(draw: st.DrawFn, target: str) -> bytes:
    """Draw a seed with up to eight edits: something put in, cut out, said twice or taken from another seed."""
    known = seeds(target)
    data = draw(st.sampled_from(known))
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 60)))
        piece = draw(st.one_of(_HURTING, st.binary(max_size=8), st.just(data[start:stop] * 3), st.sampled_from(known)))
        data = data[:start] + piece + data[draw(st.sampled_from((start, stop))) :]
    return data
