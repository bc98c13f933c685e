"""The real parts that the store is tested on."""

from __future__ import annotations

import obstore
import psycopg
from obstore.store import S3Store


def test_postgres_is_real_and_durable(bare_postgres_url):
    """The database under test is PostgreSQL with fsync on, and it is empty."""
    with psycopg.connect(bare_postgres_url.replace("+psycopg", "")) as connection:
        (fsync,) = connection.execute("SHOW fsync").fetchone()
        (tables,) = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
    assert fsync == "on"
    assert tables == 0


def test_s3_is_reached_over_http(s3_bucket):
    """An object put into the bucket comes back from it."""
    options = {k: v for k, v in s3_bucket.options.items() if k != "allow_http"}
    store = S3Store.from_url(s3_bucket.url, config=options, client_options={"allow_http": True})
    obstore.put(store, "a/b", b"body", mode="create")
    assert bytes(obstore.get(store, "a/b").bytes()) == b"body"
