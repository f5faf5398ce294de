"""What the tools of the field write: names of fields, wrappers, words for nothing, editors' blocks.

`shapes` has the envelopes around records.

Names compare without case, spaces, `_`, `-`, `.` and `:`, so `datePublished`, `date_published`
and `Date Published` are one. For each field the first name that holds something wins. The lists
follow what the tools write:

- news-please: newsplease/NewsArticle.py, `get_dict`
- Fundus: src/fundus/parser/data.py, `ArticleBody.serialize`; docs/attribute_guidelines.md
- trafilatura: trafilatura/xml.py, `build_json_output`; settings.py, `Document.__slots__`
  (there `source` is the URL, `source-hostname` the site's name)
- newspaper4k: newspaper/settings.py, `article_json_fields`
- Media Cloud: the export of its search (`media_name`, `publish_date`) and its story records
  (`article_title`, `text_content`, `canonical_domain`, `stories_id`)
- zyte-common-items: items/article.py, components/author.py
- a plain Scrapy spider: whatever its author liked; each value may be a list
- RSS and JSON Feed readers, NewsAPI, WordPress, MongoDB exports
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, get_args

Field = Literal[
    "id",
    "url",
    "headline",
    "description",
    "articleBody",
    "authors",
    "datePublished",
    "dateModified",
    "inLanguage",
    "source",
    "datePublishedRaw",
    "dateModifiedRaw",
]
FIELDS: tuple[Field, ...] = get_args(Field)

_BUILT_IN: dict[Field, str] = {
    "id": "id _id guid uuid article_id story_id stories_id news_id document_id doc_id identifier",
    "url": "url link article_url page_url story_url original_url final_url responded_url "
    "requested_url web_url permalink href uri canonical_url canonical_link "
    "main_entity_of_page canonical alternate",
    "headline": "headline title article_title news_title story_title post_title heading web_title "
    "title_rss title_page meta_title",
    "description": "description dek deck standfirst lede lead subtitle sub_title subheadline "
    "excerpt abstract teaser trail_text meta_description summary snippet",
    "articleBody": "articleBody maintext main_text text_content plaintext plain_text full_text "
    "body_text article_text story_text text body article_body content cleaned_text text_cleaned "
    "content_text article_content news_content news_text post_content content_encoded paragraphs "
    "raw_text raw_content content_html article_body_html article_html body_html",
    "authors": "authors author byline author_name author_names by creator dc_creator writer "
    "writers journalist reporter",
    "datePublished": "datePublished published_at publishing_date publication_date date_publish "
    "published_date publish_date pub_date publish_time published_time publication_time published "
    "published_on posted_at posted_on article_published_time first_published_at "
    "web_publication_date iso_date dc_date date datetime date_gmt post_date_gmt published_gmt "
    "date_utc published_utc published_at_utc pub_date_utc",
    "dateModified": "dateModified date_modify modified_at modified_date modified modified_time "
    "article_modified_time updated_at date_updated updated last_modified last_updated lastmod "
    "modified_gmt post_modified_gmt modified_utc updated_at_utc",
    "inLanguage": "inLanguage language lang meta_lang language_code lang_code locale",
    "source": "source source_name publisher source_hostname sitename site_name meta_site_name "
    "media_name source_domain canonical_domain hostname domain outlet site publication newspaper "
    "website",
    "datePublishedRaw": "datePublishedRaw",
    "dateModifiedRaw": "dateModifiedRaw",
}
# Names, as they are compared, of the time at which a page was read: news-please's `date_download`,
# Fundus's and our test data's `crawl_date`, and what spiders call it.
CRAWL_TIMES = frozenset(
    "datedownload downloaddate downloadedat crawldate crawledat crawltime datecrawled scrapedat "
    "scrapedate scrapetime datescraped fetchedat fetchtime datefetched retrievedat retrievaldate "
    "dateretrieved accessedat collectedat collectiondate capturedat".split()
)
# Objects whose members speak of the record: goose3's `meta` and `opengraph`, `metadata` as other
# spiders call it, the feed in Google Reader's `origin`. Their values serve where the record itself
# has none.
NESTED: dict[str, dict[str, Field]] = {
    "meta": {
        "canonical": "url", "description": "description", "lang": "inLanguage", "author": "authors",
    },
    "opengraph": {
        "url": "url", "title": "headline", "description": "description", "site_name": "source",
        "article:published_time": "datePublished", "article:modified_time": "dateModified",
    },
    "metadata": {
        "url": "url", "title": "headline", "description": "description", "language": "inLanguage",
        "source": "source", "author": "authors", "date": "datePublished",
    },
    "origin": {"title": "source"},
}  # fmt: skip
# Names of a text as another one is too: with markup, without its paragraphs, or (Fundus) with the
# standfirst in it. They serve only where nothing better came.
OTHER_FORMS = frozenset(
    "plaintext rawtext contenthtml articlebodyhtml articlehtml bodyhtml rawcontent".split()
)

# What stands for a missing value, in lower case, where a tool writes its empty value as text:
# Python, pandas and NumPy; JavaScript; SQL, Hive and MySQL exports; Go, Ruby and Lua; C and
# Objective-C; Excel; R; empty lists and objects; dashes that people put into a table.
NOTHING = frozenset((
    "", "none", "nan", "-nan", "nat", "<na>", "null", "undefined", "[object object]", "\\n",
    "<null>", "<nil>", "nil", "(null)", "(none)", "n/a", "n.a.", "na", "#n/a", "#na", "#null!",
    "#value!", "#ref!", "#name?", "#div/0!", "[]", "{}", "()", "''", '""', "[null]", "[none]",
    "['']", '[""]', "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}",
))  # fmt: skip
LONGEST_NOTHING = 24  # characters, with white space around the word

# Members under which tools wrap the one text of a field: NYT and WordPress, XML to JSON, MongoDB.
WRAPPERS = ("main", "rendered", "value", "#text", "text", "_", "name", "$oid", "href", "url", "@id")

# Bodies in blocks: Arc XP, Editor.js, Draft.js, ProseMirror and TipTap, Slate, Lexical, Portable
# Text (Sanity), Gutenberg, the BBC's `model`, and what spiders collect by themselves.
# The first of these members that holds anything is what a block or node consists of.
INSIDE = (
    "innerBlocks", "text", "content", "value", "p", "#text", "paragraph", "rendered", "innerHTML",
    "html", "children", "blocks", "nodes", "items", "elements", "paragraphs", "sections",
    "content_elements", "contents", "data", "model", "root", "document", "body", "props",
)  # fmt: skip
KINDS = ("type", "_type", "@type", "blockName", "nodeType", "kind", "__typename", "component")
# Kinds of nodes that are a piece of a line.
INLINE = frozenset("text span link hyperlink a b i u em strong fragment urllink mark code".split())
# Words in the kinds of blocks that are no text of the article.
MEDIA = frozenset(
    "image img picture photo figure video audio gallery slideshow carousel embed oembed iframe "
    "tweet twitter instagram facebook youtube tiktok social ad ads advert advertisement newsletter "
    "related promo teaser poll quiz map chart graphic graphics infographic interactive podcast "
    "widget divider separator interstitial byline kicker".split()
)
_NO_SIGNS = str.maketrans("", "", " _-.:")


class Alias(NamedTuple):
    """The field that a name means, and the name's place in the list of that field (0 = first)."""

    field: Field
    rank: int


@lru_cache(maxsize=4096)
def squash(name: str) -> str:
    """Returns the name as it is compared."""
    return name.casefold().translate(_NO_SIGNS)


@lru_cache(maxsize=16)
def alias_table(extra: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> dict[str, Alias]:
    """Returns the meaning of each squashed name; `extra` are the user's names, which come first."""
    added = {squash(field): names for field, names in extra}
    table: dict[str, Alias] = {}
    for field in FIELDS:
        names = (*added.get(squash(field), ()), *_BUILT_IN[field].split())
        for rank, name in enumerate(names):
            table.setdefault(squash(name), Alias(field, rank))
    # A name the user gave to one field means that field, whatever it meant before.
    for field in FIELDS:
        for rank, name in enumerate(added.get(squash(field), ())):
            table[squash(name)] = Alias(field, rank)
    return table
