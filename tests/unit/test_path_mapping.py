"""Path mapping: the longest mapped prefix, on whole components, POSIX and Windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrovue.core.catalogue.path_mapping import Resolver, components, folder_of, is_windows
from retrovue.model.catalogue import PathMapping

names = st.text(  # one component of a path
    st.characters(exclude_characters="/\\:\x00", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda name: name.strip(". ") != "")


def mapping(plex_path: str, local_path: str, library: int | None = None) -> PathMapping:
    """A mapping of some server."""
    return PathMapping(1, 1, "Home", library, None, plex_path, local_path)


@pytest.mark.parametrize(
    ("plex", "local", "path", "expected"),
    [
        ("/media", "/mnt", "/media/a/b.mkv", "/mnt/a/b.mkv"),
        ("/media", "/mnt", "/media", "/mnt"),
        ("/media", "/mnt", "/media2/a.mkv", None),
        ("/media", "/mnt", "/Media/a.mkv", None),
        ("/", "/mnt/all", "/media/a.mkv", "/mnt/all/media/a.mkv"),
        ("/media", "/", "/media/a.mkv", "/a.mkv"),
        ("/media", "/mnt", "/media//a//b.mkv", "/mnt/a/b.mkv"),
        ("P:\\concerts", "/mnt/concerts", "P:\\concerts\\Live\\a.mkv", "/mnt/concerts/Live/a.mkv"),
        ("P:\\concerts", "/mnt/concerts", "p:\\CONCERTS\\a.mkv", "/mnt/concerts/a.mkv"),
        ("P:\\", "/mnt/p", "P:\\a\\b.mkv", "/mnt/p/a/b.mkv"),
        ("P:/concerts", "/mnt/c", "P:\\concerts\\a.mkv", "/mnt/c/a.mkv"),
        ("\\\\nas\\films", "/mnt/films", "\\\\NAS\\films\\a.mkv", "/mnt/films/a.mkv"),
        ("/media", "D:\\media", "/media/a/b.mkv", "D:\\media\\a\\b.mkv"),
        ("/media", "D:\\", "/media/a.mkv", "D:\\a.mkv"),
        ("/media/a\\b", "/mnt", "/media/a\\b/c.mkv", "/mnt/c.mkv"),
    ],
)
def test_worked_cases(plex: str, local: str, path: str, expected: str | None) -> None:
    assert Resolver([mapping(plex, local)]).local_path(path, None) == expected


def test_the_longest_prefix_wins() -> None:
    resolver = Resolver([mapping("/media", "/short"), mapping("/media/tv", "/long"), mapping("/", "/rest")])
    assert resolver.local_path("/media/tv/a.mkv", None) == "/long/a.mkv"
    assert resolver.local_path("/media/films/a.mkv", None) == "/short/films/a.mkv"
    assert resolver.local_path("/other/a.mkv", None) == "/rest/other/a.mkv"


def test_a_librarys_own_mapping_wins_over_an_equal_one() -> None:
    resolver = Resolver([mapping("/media", "/all"), mapping("/media", "/own", library=7)])
    assert resolver.local_path("/media/a", 7) == "/own/a"
    assert resolver.local_path("/media/a", 8) == "/all/a"
    assert resolver.local_path("/media/a", None) == "/all/a"


def test_no_path_no_place() -> None:
    assert Resolver([mapping("/", "/x")]).local_path(None, None) is None
    assert Resolver([]).local_path("/a", None) is None


@given(
    st.lists(names, min_size=1, max_size=4),
    st.lists(names, max_size=4),
    st.lists(names, min_size=1, max_size=3),
)
def test_what_is_below_the_prefix_is_kept(prefix: list[str], rest: list[str], local: list[str]) -> None:
    base, target = "/" + "/".join(prefix), "/" + "/".join(local)
    found = Resolver([mapping(base, target)]).local_path("/".join([base, *rest]), None)
    assert found == "/".join([target, *rest])


@given(st.lists(names, min_size=1, max_size=4), names)
def test_a_longer_name_is_another_folder(prefix: list[str], more: str) -> None:
    base = "/" + "/".join(prefix)
    assert Resolver([mapping(base, "/x")]).local_path(base + more + "/file", None) is None


@given(st.text(max_size=30))
def test_any_text_is_taken(path: str) -> None:
    components(path)
    folder_of(path)
    Resolver([mapping("/media", "/mnt"), mapping("C:\\x", "/y")]).local_path(path, None)


def test_windows_paths_are_told_apart() -> None:
    assert [is_windows(p) for p in ("C:\\a", "c:/a", "C:", "\\\\h\\s", "/a", "a", "C:a", "CC:\\a")] == [
        True, True, True, True, False, False, False, False,
    ]  # fmt: skip
    assert folder_of("P:\\a\\b.mkv") == "P:\\a"
    assert folder_of("/a/b.mkv") == "/a"
