from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline.article import Kind
from pipeline.dedup import DedupOptions, match
from pipeline.dedup.fingerprint import as_hashes, fingerprint
from pipeline.dedup.verdict.background import reused_in, without

OPTIONS = DedupOptions()
BACKGROUND = story(99, sentences=14)


def of_source(number: int, source: str = "Here Daily"):
    """A story of a source, with the background that all its stories end with."""
    body = f"{story(number, sentences=6)} {BACKGROUND}"
    return seen(body, id=f"s{number}", source=source)


def test_what_three_stories_of_a_source_share_is_reused():
    reused = reused_in(map(of_source, (1, 2, 3)), 3)
    shared = set(as_hashes(fingerprint(BACKGROUND).shingles).tolist())
    assert shared <= reused
    assert not reused & set(as_hashes(fingerprint(story(1, sentences=6)).shingles).tolist())


def test_two_stories_may_be_one_and_its_copy():
    assert len(reused_in(map(of_source, (1, 2)), 3)) == 0
    versions = [replace(of_source(number), cluster="one") for number in (1, 2, 3, 4)]
    assert len(reused_in(versions, 3)) == 0


def test_forms_with_other_facts_are_each_a_story_though_they_share_a_cluster():
    forms = [replace(of_source(number), cluster="one", story=f"s{number}") for number in (1, 2, 3)]
    assert set(as_hashes(fingerprint(BACKGROUND).shingles).tolist()) <= reused_in(forms, 3)


def test_a_new_story_that_shares_the_background_alone_is_no_copy():
    new = prepared(f"{story(5, sentences=6)} {BACKGROUND}", source="Here Daily")
    earlier = [of_source(number) for number in (1, 2, 3)]
    assert match(new, earlier[:1], OPTIONS) is not None
    assert match(new, earlier, OPTIONS) is None


def test_a_copy_is_found_by_what_is_its_own():
    body = f"{story(1, sentences=6)} {BACKGROUND}".replace("farmer", "baker")
    earlier = [of_source(number) for number in (1, 2, 3)]
    found = match(prepared(body, source="Here Daily"), earlier, OPTIONS)
    assert found is not None
    assert (found.of, found.kind) == ("s1", Kind.NEAR)


def test_what_another_source_reuses_still_counts():
    new = prepared(f"{story(5, sentences=6)} {BACKGROUND}", source="There Weekly")
    assert match(new, [of_source(number) for number in (1, 2, 3)], OPTIONS) is not None


def test_a_fingerprint_without_anything_reused_is_itself():
    known = fingerprint(story(1))
    assert without(known, frozenset()) is known
    assert without(known, set(as_hashes(known.shingles))).words == 0


def test_the_order_of_the_earlier_articles_does_not_matter():
    new = prepared(f"{story(1, sentences=6)} {BACKGROUND}", source="Here Daily")
    earlier = [of_source(number) for number in (1, 2, 3, 4)]
    assert match(new, earlier, OPTIONS) == match(new, earlier[::-1], OPTIONS)
