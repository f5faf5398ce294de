"""Bylines of many forms come out as names; what is no name is left out, and told."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Arrival, Format, Origin, RawArticle
from pipeline.authors import read_byline
from pipeline.parse import ParseOptions, parse
from pipeline.parse.values import is_nothing, read_authors

ARRIVAL = Arrival(
    origin=Origin(file="a", line=1), seen_at="2026-01-01T00:00:00Z", format=Format.JSON
)
BIOGRAPHY = (
    "Ana is a teacher who came to the river as a child and has written of its boats since " * 2
)
ANA, BO = "Ana Lima", "Bo Ekdahl"


def read(author: Any) -> RawArticle:
    value = json.dumps({"text": "The ferry sails.", "author": author}).encode()
    found = parse(value, ARRIVAL, ParseOptions())
    assert isinstance(found, tuple)
    return found[0]


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        # A title without a name; the age of a story before one
        ("Senior Reporter\nMelissa Reh", ["Melissa Reh"]),
        ("Senior Reporter", []),
        ("Chief Political Correspondent", []),
        ("Freier Journalist", []),
        ("Chef Redakteur", []),
        ("Ana Lima\nHours Ago Bo Ekdahl\nMinutes Ago Cy Fox", [ANA]),
        ("Staff Reporter", ["Staff Reporter"]),
        ("Editor Wang", ["Wang"]),
        # Separators and the word for `and`
        ("Ana Lima and Bo Ekdahl", [ANA, BO]),
        ("Ana Lima, Bo Ekdahl and Cy Fox", [ANA, BO, "Cy Fox"]),
        ("Ana Lima, Bo Ekdahl, and Cy Fox", [ANA, BO, "Cy Fox"]),
        ("Ana Lima & Bo Ekdahl", [ANA, BO]),
        ("Ana Lima &amp; Bo Ekdahl", [ANA, BO]),
        ("Ana Lima; Bo Ekdahl", [ANA, BO]),
        ("Ana Lima\nBo Ekdahl", [ANA, BO]),
        ("Ana Lima / Bo Ekdahl", [ANA, BO]),
        ("Ana Lima/Bo Ekdahl", [ANA, BO]),
        ("Ana Lima und Bo Ekdahl", [ANA, BO]),
        ("Ana Lima et Bo Ekdahl", [ANA, BO]),
        ("Ana Lima y Bo Ekdahl", [ANA, BO]),
        ("Ayşe Yılmaz ve Ali Kaya", ["Ayşe Yılmaz", "Ali Kaya"]),
        ("Ana Lima och Bo Ekdahl", [ANA, BO]),
        ("Иван Петров и Мария Сидорова", ["Иван Петров", "Мария Сидорова"]),
        ("Αννα Λίμα και Νίκος Παππάς", ["Αννα Λίμα", "Νίκος Παππάς"]),
        ("راہول شرما اور علی خان", ["راہول شرما", "علی خان"]),
        ("राम कुमार और सीता देवी", ["राम कुमार", "सीता देवी"]),
        # What each of them did, and buttons that name them
        ("Opinion by Ana Lima", [ANA]),
        ("Analysis by Ana Lima", [ANA]),
        ("View all posts by Ana Lima", [ANA]),
        ("More by Ana Lima", [ANA]),
        ("Фото: Пётр Смирнов", ["Пётр Смирнов"]),
        ("Bài: Nguyễn Văn An", ["Nguyễn Văn An"]),
        ("نوشتهٔ نسرین رادی", ["نسرین رادی"]),
        ("編集委員 山田太郎", ["山田太郎"]),
        ("写真・文 山田 太郎", ["山田 太郎"]),
        ("사진 홍길동", ["홍길동"]),
        ("本报记者 王小明 李雷", ["王小明", "李雷"]),
        # A date, a place or an outlet beside a name
        ("October 15, 2024 | Ana Lima", [ANA]),
        ("15.10.2024 | Ana Lima", [ANA]),
        ("24h", ["24h"]),
        ("London - Ana Lima", [ANA]),
        ("القاهرة - سارة الخطيب", ["سارة الخطيب"]),
        ("سارة الخطيب - القاهرة", ["سارة الخطيب"]),
        ("서울=홍길동 기자", ["홍길동"]),
        ("記者王小明／台北報導", ["王小明"]),
        ("【記者王小明台北報導】", ["王小明"]),
        # Names that look like more than one
        ("By Ana Lima, Hong Kong", [ANA]),
        ("By Ana Lima, Port Harcourt/Bo Ekdahl, Lagos", [ANA, BO]),
        ("Von Ana Lima, New York, und Bo Ekdahl", [ANA, BO]),
        ("Ana Lima, Buenos Aires", [ANA]),
        ("Smith, John", ["Smith, John"]),
        ("Lima Costa, Ana", ["Lima Costa, Ana"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Por José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Ursula von der Leyen", ["Ursula von der Leyen"]),
        ("Da Silva Costa", ["Da Silva Costa"]),
        ("Di Maria Angel", ["Di Maria Angel"]),
        ("Theresa May", ["Theresa May"]),
        ("Theo Nguyễn Văn An", ["Theo Nguyễn Văn An"]),
        ("文在寅", ["文在寅"]),
        ("ana lima", ["ana lima"]),
        ("J.K. Rowling", ["J.K. Rowling"]),
        ("Martin Luther King, Jr.", ["Martin Luther King Jr"]),
        # Words for `by`, and labels
        ("By Ana Lima", [ANA]),
        ("BY ANA LIMA", ["ANA LIMA"]),
        ("by: Ana Lima", [ANA]),
        ("Written by Ana Lima Edited by Bo Ekdahl", [ANA, BO]),
        ("Von Ana Lima", [ANA]),
        ("Par Ana Lima", [ANA]),
        ("Propos recueillis par Ana Lima", [ANA]),
        ("Por Ana Lima", [ANA]),
        ("di Ana Lima", [ANA]),
        ("Text: Ana Lima Fotos: Bo Ekdahl", [ANA, BO]),
        ("Автор: Иван Петров", ["Иван Петров"]),
        ("Haber: Ayşe Yılmaz", ["Ayşe Yılmaz"]),
        ("كتب: سارة الخطيب ومحمد علي", ["سارة الخطيب", "محمد علي"]),
        ("بقلم: أحمد وليد حسن", ["أحمد وليد حسن"]),
        ("نویسنده: علی رضایی", ["علی رضایی"]),
        ("संवाददाता: राम कुमार", ["राम कुमार"]),
        ("द्वारा राम कुमार", ["राम कुमार"]),
        ("מאת: דנה כהן", ["דנה כהן"]),
        ("文／山田太郎", ["山田太郎"]),
        ("取材・文：山田太郎", ["山田太郎"]),
        ("【山田太郎】", ["山田太郎"]),
        ("山田太郎、鈴木花子", ["山田太郎", "鈴木花子"]),
        ("作者：王小明", ["王小明"]),
        ("記者 王小明", ["王小明"]),
        ("责任编辑：李华", ["李华"]),
        ("글: 김철수", ["김철수"]),
        # A date or a time before or behind
        ("Monday August 26, 2024 10:05 am PDT by Ana Lima", [ANA]),
        ("Updated 5 hours ago by Ana Lima", [ANA]),
        ("15.10.2024 14:05 von Ana Lima", [ANA]),
        ("Publié le 15 octobre 2024 par Ana Lima", [ANA]),
        ("15/10/2024 11h39 por Ana Lima", [ANA]),
        ("Posted by Ana Lima on Oct 15, 2024", [ANA]),
        ("Ana Lima | 15 October 2024", [ANA]),
        ("By Ana Lima 42 minutes ago", [ANA]),
        ("Written by Ana Lima Updated: 15 Oct 2024, 10:05", [ANA]),
        # Roles, titles, degrees
        ("Ana Lima, Staff Writer", [ANA]),
        ("By Ana Lima and Bo Ekdahl, Staff Writers", [ANA, BO]),
        ("Ana Lima - Chief Political Editor", [ANA]),
        ("Senior Correspondent Ana Lima", [ANA]),
        ("By Ana Lima Health reporter, BBC News", [ANA]),
        ("Dr. Ana Lima", [ANA]),
        ("Ana Lima, PhD", [ANA]),
        ("Ana Lima, Politikredakteurin", [ANA]),
        ("Ana Lima, journaliste", [ANA]),
        ("Ana Lima, corresponsal", [ANA]),
        ("Ana Lima (Redakteurin)", [ANA]),
        ("Иван Петров, специальный корреспондент", ["Иван Петров"]),
        ("김철수 기자", ["김철수"]),
        ("山田太郎記者", ["山田太郎"]),
        ("김철수 특파원", ["김철수"]),
        # Outlets, agencies, places
        ("Ana Lima, BBC News", [ANA]),
        ("Ana Lima | The River Post", [ANA]),
        ("ANA LIMA, Associated Press", ["ANA LIMA"]),
        ("Ana Lima (AFP)", [ANA]),
        ("Ana Lima, Coast Wire", [ANA]),
        ("By Ana Lima, Winnipeg Sun", [ANA]),
        ("Ana Lima, Kieler Nachrichten", [ANA]),
        ("Ana Lima, El Diario and Bo Ekdahl", [ANA, BO]),
        ("Ana Lima mit dpa", [ANA]),
        ("Ana Lima avec AFP", [ANA]),
        ("dpa, Ana Lima", [ANA]),
        ("Ana Lima for The Gazette", [ANA]),
        ("Ana Lima, special to The Gazette", [ANA]),
        ("Ana Lima in Berlin and Bo Ekdahl in Lagos", [ANA, BO]),
        ("By Ana Lima, Lagos", [ANA]),
        ("By Ana Lima/Abuja", [ANA]),
        ("By Ana Lima, Lagos; Bo Ekdahl, Cy Fox and Di Ray", [ANA, BO, "Cy Fox", "Di Ray"]),
        ("AFP", ["AFP"]),
        ("By The Associated Press", ["The Associated Press"]),
        ("Reuters, AFP", ["Reuters", "AFP"]),
        ("Redaktion", ["Redaktion"]),
        # A date or a time of any language before the name, without a word for `by`.
        ("15 Oct 2024 Ana Lima", [ANA]),
        ("Tuesday, 15 October 2024 \u2014 Ana Lima", [ANA]),
        ("10:05 am Ana Lima", [ANA]),
        ("26 августа 2024, 10:05, Анна Лима", ["Анна Лима"]),
        ("2024/10/15 10:05 山田太郎", ["山田太郎"]),
        ("2024-10-15 10:05 홍길동 기자", ["홍길동"]),
        ("50 Cent", ["50 Cent"]),
        ("12 May 2024 April Lima", ["April Lima"]),
        # A label that no list has, before a colon; a role behind one.
        ("Cutlines: Ana Lima", [ANA]),
        ("متابعة: سارة الخطيب", ["سارة الخطيب"]),
        ("撮影：山田太郎", ["山田太郎"]),
        ("Text und Fotos: Ana Lima", [ANA]),
        ("Ana Lima: Political Editor", [ANA]),
        ("Sponsored: Ana Lima", []),
        # What else a record says beside names.
        ("Ana Lima (text), Bo Ekdahl (photos)", [ANA, BO]),
        ("Ana Lima (she/her)", [ANA]),
        ("(서울=연합뉴스) 홍길동 기자", ["홍길동"]),
        ("Ana Lima, AP and Bo Ekdahl, AP", [ANA, BO]),
        ("Ana Lima Political Editor", [ANA]),
        ("Ana Lima Email the author", [ANA]),
        ("Ana LimaAna Lima", [ANA]),
        ("Ana Lima, null", [ANA]),
        ("The River Post | Ana Lima", [ANA]),
        ("Reporting by Ana Lima; Editing by Bo Ekdahl", [ANA, BO]),
        ("Additional reporting by Ana Lima", [ANA]),
        ("Un article de Ana Lima", [ANA]),
        ("Brought to you by River Bank", []),
        ("新华社记者 李明", ["李明"]),
        ("홍길동 기자, 김철수 기자", ["홍길동", "김철수"]),
        ("홍길동·김철수 기자", ["홍길동", "김철수"]),
        ("连线：新华社", ["新华社"]),
        # Addresses
        ("ana@river.example (Ana Lima)", [ANA]),
        ("Ana Lima <ana@river.example>", [ANA]),
        ("김철수 기자 (kim@river.example)", ["김철수"]),
        ("Ana Lima @analima", [ANA]),
        ("<a href='/ana'>Ana Lima</a>, <a href='/bo'>Bo Ekdahl</a>", [ANA, BO]),
        ("Ana Lima https://river.example/ana", [ANA]),
        ("Ana Lima\u200b", [ANA]),
        # A relative time before the name
        ("3 hours ago Ana Lima", [ANA]),
        ("hace 3 horas Ana Lima", [ANA]),
        ("vor 3 Stunden Ana Lima", [ANA]),
        ("il y a 3 heures Ana Lima", [ANA]),
        ("3 saat \u00f6nce Ana Lima", [ANA]),
        ("Ana Lima (@analima), Bo Ekdahl (@bo)", [ANA, BO]),
        ("By Ana Lima | Photographs by Bo Ekdahl", [ANA, BO]),
    ],
)
def test_a_byline_is_read_as_names(byline: str, names: list[str]):
    assert list(read_byline(byline).names) == names


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ('[{"@type":"Person","name":"Ana Lima"},{"@type":"Person","name":"Bo Ekdahl"}]', [ANA, BO]),
        ('["Ana Lima", "Bo Ekdahl"]', [ANA, BO]),
        ('{"name": "Ana Lima"}', [ANA]),
        ("['Ana Lima', 'Bo Ekdahl']", [ANA, BO]),
        ("['Ana Lima' 'Bo Ekdahl']", [ANA, BO]),
        ("['Ana Lima'\n 'Bo Ekdahl']", [ANA, BO]),
        ("('Ana Lima', 'Bo Ekdahl')", [ANA, BO]),
        ("[{'name': 'Ana Lima'}]", [ANA]),
        ("array(['Ana Lima', 'Bo Ekdahl'], dtype=object)", [ANA, BO]),
        ("np.array(['Ana Lima'])", [ANA]),
        ("[Ana Lima]", [ANA]),
        ("[Ana Lima, Bo Ekdahl]", [ANA, BO]),
        ("[]", []),
        (["By Ana Lima and Bo Ekdahl"], [ANA, BO]),
        (["Ana Lima", "By Bo Ekdahl, Staff Writer"], [ANA, BO]),
        ([["Ana Lima"], [{"name": "Bo Ekdahl"}]], [ANA, BO]),
        ({"firstName": "Ana", "lastName": "Lima"}, [ANA]),
        ({"given_name": "Ana", "family_name": "Lima"}, [ANA]),
        ([{"name": ["Ana Lima"]}, {"name": "Bo Ekdahl", "jobTitle": "Editor"}], [ANA, BO]),
        (["https://www.facebook.com/river", "Ana Lima"], [ANA]),
        (["Ana Lima", "Ana Lima"], [ANA]),
        ({"displayName": "Ana Lima", "id": 4}, [ANA]),
        ({"byline": "By Ana Lima"}, [ANA]),
        (["Ana Lima", "ANA LIMA", "By Ana Lima"], [ANA]),
        ("{'Bo Ekdahl', 'Ana Lima'}", [BO, ANA]),
        ("Index(['Ana Lima', 'Bo Ekdahl'], dtype='object')", [ANA, BO]),
        ("N/A", []),
        # What a list of authors has beside people
        ([ANA, "Senior Reporter"], [ANA]),
        (["Science Editor", ANA, BO], [ANA, BO]),
        (["Ute Kern", "Chefredakteurin"], ["Ute Kern"]),
        (["Luc Roy", "Journaliste"], ["Luc Roy"]),
        (
            [
                "\u0410\u0434\u0430 \u041e\u0440\u043b\u043e\u0432\u0430",
                "\u043a\u043e\u0440\u0440\u0435\u0441\u043f\u043e\u043d\u0434\u0435\u043d\u0442",
            ],
            ["\u0410\u0434\u0430 \u041e\u0440\u043b\u043e\u0432\u0430"],
        ),
        ([ANA, "Published", "15.10.2024"], [ANA]),
        ([ANA, "Minutes Ago Cy Fox", "Hours Ago Dee Gray"], [ANA]),
        (["/authors/ana-lima", BO], [BO]),
        (
            [ANA, "Christopher Guest", "April", "Madonna"],
            [ANA, "Christopher Guest", "April", "Madonna"],
        ),
        (["Name One", "Name Two"], ["Name One", "Name Two"]),
        (["Reuters"], ["Reuters"]),
        (["Staff Reporter"], ["Staff Reporter"]),
        # Names of members in any form, and what else wraps people
        ({"firstname": "Ana", "lastname": "Lima"}, [ANA]),
        ({"FirstName": "Ana", "LastName": "Lima"}, [ANA]),
        ({"Name": ANA}, [ANA]),
        ({"person": [{"firstname": "Ana", "lastname": "Lima"}], "original": ""}, [ANA]),
        ({"original": "By Ana Lima and Bo Ekdahl", "person": []}, [ANA, BO]),
        ({"@list": [{"@type": "Person", "name": {"@value": ANA}}]}, [ANA]),
        ({"data": [{"id": 1, "attributes": {"name": ANA}}]}, [ANA]),
        ({"edges": [{"node": {"name": ANA}}, {"node": {"name": BO}}]}, [ANA, BO]),
    ],
)
def test_shapes_of_other_tools(value: Any, names: list[str]):
    found = read_authors(value)
    assert found is not None
    assert list(found.value) == names


@pytest.mark.parametrize(
    "value",
    [
        "Promoted By", "Sponsored by", "Anzeige", "Contenu sponsorisé", "Patrocinado por",
        "View all posts", "View all posts by admin", "Email the author", "About Ana",
        "Sponsored by River Beer",
        "Alle Beiträge anzeigen", "Voir tous les articles", "Please Enter Your Name Here",
        "https://river.example/author/ana", "ana@river.example", "@analima", "Anonymous",
        BIOGRAPHY,
        "Senior Reporter",
        "/authors/ana-lima",
        "Contact us",
    ],
)  # fmt: skip
def test_what_names_nobody_is_left_out_and_told(value: str):
    article = read([value, "Bo Ekdahl"])
    assert article.authors == (BO,)
    assert [finding.rule for finding in article.findings] == ["author-no-name"]
    assert json.loads(bytes(article.extra["author"])) == [value, "Bo Ekdahl"]
    assert read(value).authors == ()
    assert "author" in read(value).extra


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("By Ana Lima and Bo Ekdahl", False),
        ("['Ana Lima', 'Bo Ekdahl']", False),
        ("كتب: سارة الخطيب", False),
        ("Ana Lima, Staff Writer", True),
        ("Ana Lima (AFP)", True),
        ("ana@river.example (Ana Lima)", True),
        ("Dr. Ana Lima", True),
        ("山田太郎記者", False),  # the word for a writer says no more than the field does
        ("Posted by Ana Lima on Oct 15, 2024", True),
    ],
)
def test_the_field_stays_in_extra_where_it_says_more_than_the_names(value: str, *, kept: bool):
    assert ("author" in read(value).extra) is kept


def test_numbers_are_no_authors():
    article = read(12)
    assert article.authors == ()
    assert bytes(article.extra["author"]) == b"12"
    assert [finding.rule for finding in article.findings] == ["field-wrong-type"]


@given(st.text(max_size=200) | st.text(st.sampled_from("ab A,;/|()[]\"'&@.\n1:{}"), max_size=60))
@settings(max_examples=300)
def test_any_text_gives_names_or_stays_whole(text: str):
    found = read_authors(text)
    if found is not None and "<" not in text:
        assert all(name.strip() for name in found.value)
        said = sum(map(str.isalpha, text))
        assert found.value or not found.whole or said == 0 or is_nothing(text)


@pytest.mark.parametrize(
    "piece", ["a-", "a.", "1 by ", "(", "<a", "@a", "Ana Lima, ", "\u8a18\u8005"]
)
def test_a_long_byline_takes_no_longer_than_its_length(piece: str):
    assert len(read_byline(piece * 20_000).names) <= 100


@pytest.mark.parametrize(
    ("author", "source", "names"),
    [
        ("By Ana Lima | River Post", "River Post", (ANA,)),
        (["Ana Lima", "river post"], "riverpost.example", (ANA,)),
        ("Ana Lima, Ríos Diario", "Ríos Diario", (ANA,)),
        ("River Post", "River Post", ("River Post",)),
        ("Ana Lima, Bo Ekdahl", "River Post", (ANA, BO)),
    ],
)
def test_the_outlet_itself_beside_people_is_no_author(
    author: Any, source: str, names: tuple[str, ...]
):
    value = json.dumps({"text": "The ferry sails.", "author": author, "source": source}).encode()
    article = parse(value, ARRIVAL, ParseOptions())[0]
    assert isinstance(article, RawArticle)
    assert article.authors == names
    assert ("author" in article.extra) == (len(names) == 1 and names != ("River Post",))
