# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch sync` into a database server: one at a time, as with a file."""

from pathlib import Path

from sqlalchemy import create_engine, text

from builders_cli import example_archive, run


def test_one_sync_at_a_time_works_on_a_server(postgresql_copy: str, tmp_path: Path) -> None:
    archive = example_archive(tmp_path / "foo")
    config = tmp_path / "config.toml"
    config.write_text(f'db = "{postgresql_copy}"\n[list.foo]\narchive = "{archive}"\n')
    engine = create_engine(postgresql_copy)
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(4967, 1)"))
        busy = run("--config", config, "sync", "-v")
        assert busy.code == 0
        assert busy.complaint == "the database: another sync is at work; nothing to do"
        assert run("--config", config, "sync").err == ""
    engine.dispose()
    assert run("--config", config, "sync").complaint == "7 new messages, 4 series judged (foo)"
    assert run("--config", config, "sync").err == ""
