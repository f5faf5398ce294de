"""What holds for every text: cleaning ends, settles, can be undone, and loses nothing."""

import random
import sys
from typing import NamedTuple

import ftfy.bad_codecs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean import REPAIRS, CleanOptions, Context, clean, undo
from pipeline.testing import check_settles

ftfy.bad_codecs.ok()  # makes `sloppy-windows-1252` known: cp1252 as browsers read it

OPTIONS = CleanOptions()
WORDS = {
    "en": "river bridge council winter market stone ferry engineer pillar morning shop bank trade"
    " holiday mayor repair nobody station garden school evening window paper village harbour",
    "de": "Brücke Fluß Händler Fähre Prüfer Stadträtin Pfeiler übermorgen größer März schließlich"
    " Bürger Straße Öl jährlich Tür Frühling Gemüse natürlich Schlüssel Küche früher Geschäft",
    "fr": "marché été hôtel préfet déjà rivière élève théâtre forêt après bientôt gêne côté mère"
    " cinéma fenêtre première école soirée énergie dîner fidèle carrière lumière",
    "ru": "мост река город зима рынок камень паром инженер утро берег праздник мэр ремонт станция"
    " сад школа вечер окно бумага деревня гавань лавка торговля",
    "ar": "الجسر النهر المدينة الشتاء السوق الحجر العبارة المهندس الصباح الضفة العيد العمدة"
    " الإصلاح المحطة الحديقة المدرسة المساء النافذة الورق القرية الميناء",
    "hi": "पुल नदी शहर सर्दी बाज़ार पत्थर नाव अभियंता सुबह किनारा त्योहार महापौर मरम्मत स्टेशन"
    " बाग़ विद्यालय शाम खिड़की काग़ज़ गाँव बंदरगाह",
    "zh": "桥梁 河流 城市 冬天 市场 石头 渡轮 工程师 早晨 河岸 节日 市长 修理 车站"
    " 花园 学校 傍晚 窗户 纸张 村庄",
}
# What must stay as it is inside a paragraph, beside words.
ODDITIES = (
    "a < b", "x > y", "AT&T", "R&D;", "snake_case_name", "2 * 3 * 4", "List<String>", "<T>",
    "C:\\new\\table", 'G\\"odel', "„ja“", "«oui»", "“yes”", "it’s", "「是」", "[sic]", "(see 4)",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "می\u200cخواهد", "क्\u200dष", "#one", "@two",
    "1.250,50 €", "\u200fעיר\u200f", "50 %", "__init__", "&c.",
)  # fmt: skip
HEADLINE = "Seven Goats Cross the Frozen Lake at Night"


def paragraph(seed: int, language: str, size: int, oddity: str | None) -> str:
    """A sentence of `size` words that no other seed gives again."""
    rng = random.Random(f"{seed} {language} {size} {oddity}")  # noqa: S311
    chosen = rng.choices(WORDS[language].split(), k=size)
    if oddity:
        chosen.insert(rng.randrange(1, size), oddity)
    chosen.append(f"{seed:x}")
    return " ".join(chosen) + "."


PARAGRAPHS = st.lists(
    st.builds(
        paragraph,
        st.integers(2**20, 2**40),
        st.sampled_from([*WORDS]),
        st.integers(16, 40),
        st.none() | st.sampled_from(ODDITIES),
    ),
    min_size=3,
    max_size=7,
    unique=True,
)


class Damage(NamedTuple):
    """One way to spoil a paragraph of which cleaning must leave no trace."""

    before: str = ""
    after: str = ""
    space: str = " "
    codec: str | None = None

    def __call__(self, text: str) -> str:
        if self.codec:
            text = text.encode().decode(self.codec)
        return self.before + text.replace(" ", self.space, 2) + self.after


DAMAGES = (
    Damage(),
    Damage("<p>", "</p>"),
    Damage('<div class="lead">', "</div>"),
    Damage("**", "**"),
    Damage("\ufeff"),
    Damage("  ", " \t"),
    Damage(space="\N{NO-BREAK SPACE}"),
    Damage(space="&nbsp;"),
    Damage(space=" \N{SOFT HYPHEN}"),
    Damage("<!-- lead -->", "<br/>"),
    Damage("\r\n", "\r\n"),
)


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[list[str], str]:
    """Good paragraphs, and a body that holds them, printed again in places, and damaged."""
    good = draw(PARAGRAPHS)
    lines = list(range(len(good)))
    if draw(st.booleans()):  # a run printed again, after its first printing
        first = draw(st.integers(0, len(good) - 2))
        last = draw(st.integers(first + 1, len(good) - 1))
        place = draw(st.integers(last, len(lines)))
        lines[place + 1 : place + 1] = range(first, last + 1)
    for _ in range(draw(st.integers(0, 2))):  # a paragraph printed twice in a row
        place = draw(st.integers(0, len(lines) - 1))
        lines.insert(place, lines[place])
    printed = [draw(st.sampled_from(DAMAGES))(good[i]) for i in lines]
    for _ in range(draw(st.integers(0, 2))):
        printed.insert(
            draw(st.integers(0, 1)), draw(st.sampled_from([HEADLINE, f"**{HEADLINE}**"]))
        )
    return good, draw(st.sampled_from(["\n\n", "\n\n\n", "\n \n", "\r\n\r\n"])).join(printed)


@given(spoiled())
def test_every_good_paragraph_stays_once_in_order_and_unchanged(case: tuple[list[str], str]):
    good, body = case
    draft = Draft(HEADLINE, "Goats.", body)
    cleaned, repairs = clean(draft, Context(), OPTIONS)
    assert cleaned.body.split("\n\n") == good
    assert (cleaned.headline, cleaned.description) == (HEADLINE, "Goats.")
    assert undo(cleaned, repairs) == draft


BROKEN = ("latin-1", "sloppy-windows-1252")


@given(
    st.lists(
        st.tuples(st.integers(2**20, 2**40), st.sampled_from(["de", "fr"])), min_size=1, max_size=4
    ),
    st.sampled_from(BROKEN),
)
def test_paragraphs_read_in_the_wrong_alphabet_come_back(picks: list[tuple[int, str]], codec: str):
    good = [paragraph(seed, language, 24, None) for seed, language in picks]
    good = list(dict.fromkeys(good))
    spoilt = "\n\n".join(good).encode().decode(codec)
    cleaned, repairs = clean(Draft(body=spoilt), Context(), OPTIONS)
    assert cleaned.body.split("\n\n") == good
    assert undo(cleaned, repairs) == Draft(body=spoilt)


BLOCKS = st.sampled_from(
    (
        HEADLINE, f"**{HEADLINE}**", f"# {HEADLINE}", f"Opinion | {HEADLINE}", "**", "__", "* ",
        "- ", "> ", "> > ", "# ", "~~", "`", "[", "](", "](https://e.org/a_(b))", ")", "![", "***",
        "<p>", "</p>", "<b>", "</b>", "<br/>", "<a href='x'>", "</a>", "<script>", "</script>",
        "<!--", "-->", "<i", "<s>", '<img src="a">', "&amp;", "&lt;", "&gt;", "&#60;", "b&gt;",
        "&nbsp;", "&amp;lt;p&amp;gt;", "amp;", "#39;", "&", ";", "\\n", "\\n\\n", '\\"', "\\/",
        "\\r\\n", "\\u00e9", "\\u201c", "\\ud83d", "\\", "\n", "\n\n", "\r\n", "\r", " ", "  ",
        "\t",
        "\n \n", "\u00a0", "\u00ad", "\u200b", "\u200c", "\u200d", "\ufeff", "\u2028", "\x85",
        "\x93", "\x94", "\x00", "\x1b[0m", "Ã©", "â€™", "Ã\u00a0", "Â", "â€", "ï»¿", "Ð", "Ñ\x82",
        "e\u0301", "\u0301", "\u093c", "\u1100\u1161", "\U0001f468", "Share this article",
        "Advertisement", "Read more:", "[email\u00a0protected]", "Q: Why?", "10:15", "* * *",
        "a  |  b  |  c", "1\t2\t3", "- 12", "the", "river", "bridge,", "said.", "“", "”", "«", "»",
        "The goat crossed the frozen lake at night, and nobody on the two banks saw it go.",
        "The goat crossed the frozen lake at night, and nobody on the two banks saw her go.",
        "Next week the engineers will measure the ice and decide whether the market may open.",
        "В субботу мэр открыл новый мост через реку, и все жители города пришли на праздник.",
        "市长星期六为新桥剪彩，他说全城的人等了二十年，现在终于可以过河了。",
    )
)  # fmt: skip
ASSEMBLED = st.lists(BLOCKS, max_size=30).map("".join)
TEXTS = ASSEMBLED | st.text(max_size=60)
DRAFTS = st.builds(Draft, TEXTS, TEXTS, ASSEMBLED | st.text(), TEXTS)
CONTEXTS = st.builds(
    Context,
    source=st.sampled_from([None, "Goats", "lake.org"]),
    host=st.sampled_from([None, "www.goats.example"]),
    markdown=st.booleans(),
)


@given(DRAFTS, CONTEXTS)
@settings(max_examples=400)
@example(Draft(body="\n"), Context())
@example(Draft(headline="&amp;lt;b>x&lt;/b&gt; | Goats", body="x"), Context("Goats"))
def test_any_text_settles_and_can_be_undone(draft: Draft, context: Context):
    check_settles((), draft, context, OPTIONS)
    _, repairs = clean(draft, context, OPTIONS)
    assert {repair.rule for repair in repairs} <= {rule.id for rule in REPAIRS}


def forget() -> None:
    """Empty every cache of the package."""
    for name, module in list(sys.modules.items()):
        if name.startswith("pipeline."):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


@given(st.lists(DRAFTS, min_size=2, max_size=4), CONTEXTS)
@settings(max_examples=5)  # each compiles all rules anew
def test_the_result_does_not_depend_on_what_was_cleaned_before(
    drafts: list[Draft], context: Context
):
    together = [clean(draft, context, OPTIONS) for draft in [*drafts, *reversed(drafts)]]
    alone = []
    for draft in drafts:
        forget()
        alone.append(clean(draft, context, OPTIONS))
    assert together == [*alone, *reversed(alone)]


@pytest.mark.parametrize(
    "body",
    [
        "<" * 20_000,
        "<a " * 20_000,
        "<!--" * 20_000,
        "**" * 20_000,
        "[" * 20_000,
        "](" * 20_000,
        "&amp;" * 20_000,
        "\n" * 20_000,
        "a\u200d" * 20_000,
        "a" + "\u0301\u0316" * 20_000,
        "caf\u00c3\u00a9 is fine\n" * 5_000,
        "The goat crossed the lake at night, and nobody saw it go at all.\n\n" * 2_000,
        "One goat.\\n" * 5_000,
        "a line without an end\n" * 5_000,
        "x\u00a0<b>y</b>&amp; **z**\n" * 3_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_texts_built_to_take_long_settle_too(body: str):
    check_settles((), Draft(body=body), Context(), OPTIONS)


def test_lines_printed_in_several_runs_glued_to_others_are_cut_once():
    notice = "For more information, see the guide of the council."
    bridge = "The old bridge over the river will be closed to all cars from Monday until May."
    letter = f"The council has written to all who live there and asks them to be patient. {notice}"
    body = f"{notice}\n\n{bridge}" + f"\n\n{letter}\n\n{bridge}" * 2
    draft, repairs = clean(Draft(headline="Bridge", body=body), Context())
    assert draft.body.count(bridge) == 1
    assert undo(draft, repairs).body == body
