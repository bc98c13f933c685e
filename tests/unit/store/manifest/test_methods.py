"""Versions of a book's method: each follows the one that its writer read."""

from __future__ import annotations

import threading

import pytest

from tests.support.stores.store import add_edition, create_book
from tonne.errors import MethodChanged, MethodUnknown
from tonne.store import NewMethod


def test_a_book_is_made_with_its_first_method(manifest):
    """The method that a book comes with is version 1, with its author and reason."""
    book = create_book(manifest)
    assert (book.method_version, book.method_body) == (1, "{}")
    method = manifest.get_method("acme")
    assert (method.version, method.body, method.author, method.reason) == (1, "{}", "Ada", "first")
    assert method.create_time >= book.create_time
    assert manifest.get_method("acme", 1) == method


def test_a_version_follows_the_one_it_expects(manifest):
    """Each version raises the revision once; the ones before stay as they are."""
    create_book(manifest)
    first = manifest.get_method("acme")
    second = manifest.put_method("acme", NewMethod(1, '{"a":1}', "Bo", "second"))
    assert (second.version, second.author, second.reason) == (2, "Bo", "second")
    book = manifest.get_book("acme")
    assert (book.revision, book.method_version, book.method_body) == (2, 2, '{"a":1}')
    assert manifest.list_methods("acme", 0, 10) == [first, second]
    assert manifest.list_methods("acme", 1, 10) == [second]
    assert manifest.list_methods("acme", 0, 1) == [first]
    for version in (3, -1):
        with pytest.raises(MethodUnknown):
            manifest.get_method("acme", version)


def test_a_version_that_expects_another_is_refused(manifest):
    """Who read an older version, or a newer one, changes nothing."""
    create_book(manifest)
    manifest.put_method("acme", NewMethod(1, "[2]"))
    for expected in (0, 1, 3):
        with pytest.raises(MethodChanged, match="is at version 2"):
            manifest.put_method("acme", NewMethod(expected, "[3]"))
        with pytest.raises(MethodChanged):
            manifest.add_edition("acme", "e", "aa", [], NewMethod(expected, "[3]"))
    book = manifest.get_book("acme")
    assert (book.revision, book.method_version, book.editions) == (2, 2, ())


def test_the_same_method_again_changes_nothing(manifest):
    """A repeat after a lost reply, whatever version it expects, finds the one in force."""
    create_book(manifest)
    made = manifest.put_method("acme", NewMethod(1, "[2]", "Bo"))
    assert manifest.put_method("acme", NewMethod(1, "[2]", "Cy")) == made
    assert manifest.book_revision("acme") == 2


def test_of_many_writers_of_one_version_one_wins(manifest):
    """Writers that read the same version at once: one writes the next, the others are told."""
    create_book(manifest)
    barrier = threading.Barrier(6)
    won: list[int] = []
    lost: list[str] = []

    def write(number: int) -> None:
        barrier.wait()
        try:
            won.append(manifest.put_method("acme", NewMethod(1, f"[{number}]")).version)
        except MethodChanged as error:
            lost.append(error.metadata["version"])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (won, lost) == ([2], ["2"] * 5)
    assert manifest.book_revision("acme") == 2


def test_an_edition_and_its_method_are_there_together(manifest):
    """An edition that is there already writes no method; a new one writes exactly one."""
    create_book(manifest)
    add_edition(manifest, "e1", "aa", [])
    assert [each.version for each in manifest.list_methods("acme", 0, 10)] == [1, 2]
    old, created = manifest.add_edition("acme", "e1", "aa", [], NewMethod(1, "[9]"))
    assert (old.id, created) == ("e1", False)
    assert manifest.get_book("acme").method_version == 2
