"""Encodings of tables: names of stations in six encodings, short tables too, and what is not clear."""

import pytest

from energy_models.faults import Fault
from energy_models.tables.encoding import decoded, likely_encodings, shared_encoding

CHINESE = ("徐家汇", "上海", "人民广场", "北站", "莘庄", "西直门,东直门,雍和宫", "宝安中心,机场北", "首都机场T3航站楼",
           "重庆北站南广场", "鼓楼", "蔡家", "浏阳河", "trip_id,station\n1,闵行开发区\n", "站名;到达;出发")  # fmt: skip
JAPANESE = ("渋谷", "新宿,着\n新宿,発", "東京", "シブヤ", "レ", "ｼﾝｼﾞｭｸ,ﾄｳｷｮｳ", "博多南", "御茶ノ水", "京都市役所前",
            "堺筋本町", "鞍馬口", "麹町", "髙田馬場", "烏丸御池", "蹴上", "列車番号,駅名,着,発")  # fmt: skip
WESTERN = ("Châtelet", "Sol,Opera,Vodafone\nÑuñoa", "Málaga", "Gare de l'Est,Île", "Place d’Italie", "Nº 5", "N°5",
           "Sèvres – Babylone", "Zürich", "ÉTOILE", "Porte de Saint-Cloud à", "Españoleto", "São Bento", "Møllegade",
           "CHÂTEAU D'EAU", "Straße", "Besòs", "Créteil-Préfecture", "arrivée;départ\n6:00;6:01")  # fmt: skip
EXPECTED = [
    *(("gb18030", "GB18030", text) for text in CHINESE),
    *(("cp932", "cp932", text) for text in JAPANESE),
    *(("cp1252", "Windows-1252", text) for text in WESTERN),
]


def read(content: bytes, encoding: str | None = None) -> tuple[str | None, str, list[Fault]]:
    faults: list[Fault] = []
    found = decoded(content, "t.csv", faults, encoding, "name the encoding with --encoding")
    return (found.text, found.encoding, faults) if found is not None else (None, "", faults)


@pytest.mark.parametrize(("codec", "label", "text"), EXPECTED)
def test_names_of_stations_show_their_encoding(codec: str, label: str, text: str) -> None:
    assert read(text.encode(codec)) == (text, label, [])


@pytest.mark.parametrize("text", [*CHINESE, *JAPANESE, *WESTERN])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_utf_8_is_the_default_with_and_without_a_mark(codec: str, text: str) -> None:
    assert read(text.encode(codec)) == (text, "UTF-8", [])


@pytest.mark.parametrize("text", ["Αθήνα,Πειραιάς", "Сокол,Охотный Ряд", "رمسيس,المرج", "תחנה,מרכזית", "서면"])
def test_other_alphabets_in_utf_8_stay_utf_8(text: str) -> None:
    assert read(text.encode()) == (text, "UTF-8", [])


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["id,name\n1,徐家汇一号\n2,一\n", "id;name\r\n1;Châtelet\r\n", "駅名\t発\n渋谷\t6:00\n"]
)
def test_utf_16_is_found_with_and_without_a_mark(codec: str, text: str) -> None:
    assert read(text.encode(codec)) == (text, "UTF-16", [])


@pytest.mark.parametrize(
    ("codec", "text", "words"),
    [
        ("euc_kr", "서면,부산,해운대", "GB18030 or EUC-KR"),
        ("euc_jp", "新宿,シブヤ", "not UTF-8 text"),
        ("big5", "台北車站,淡水", "not UTF-8 text"),
        ("cp1251", "Невский проспект,Сокол", "not UTF-8 text"),
        ("mac_roman", "République", "cp932 or Windows-1252"),
    ],
)
def test_other_encodings_are_a_fault_that_names_the_option(codec: str, text: str, words: str) -> None:
    found, _, (fault,) = read(text.encode(codec))
    assert found is None
    assert words in fault.value or sorted(words.split(" or ")) == sorted(
        fault.value.removeprefix("can be ").split(" or ")
    )
    assert "--encoding" in fault.allowed
    assert read(text.encode(codec), codec) == (text, codec, [])


def test_utf_8_with_a_broken_byte_is_not_guessed() -> None:
    content = "id,name\n1,徐家汇\n2,人民广场\n3,上海火车站\n".encode()
    found, _, (fault,) = read(content[:20] + b"\xff" + content[20:])
    assert found is None
    assert (fault.place, fault.value) == ("byte 20", "not UTF-8 text")


@pytest.mark.parametrize(
    ("content", "encoding", "value"),
    [
        (b"a,b\n", "klingon", "klingon"),
        (b"a,b\n", "idna", "idna"),
        (b"a\xffb\n", "utf-8", "not UTF-8 text"),
        ("渋谷".encode("cp932"), "utf-16-le", None),
        (b"\xff\xfea\0,\0b", "utf-16", "not UTF-16 text"),
        (b"\x00\x01\x02\x03", None, "not text"),
        (bytes(range(256)) * 4, None, "not text"),
    ],
)
def test_what_is_no_text_in_an_encoding_is_one_fault(content: bytes, encoding: str | None, value: str | None) -> None:
    found, _, faults = read(content, encoding)
    if value is not None:
        assert found is None
        assert [fault.value for fault in faults] == [value]


def test_a_named_encoding_keeps_or_drops_the_mark() -> None:
    assert read("站".encode("utf-16"), "UTF-16") == ("站", "UTF-16", [])
    assert read("站".encode("utf-8-sig"), "utf_8") == ("站", "UTF-8", [])


def test_short_files_take_the_encoding_of_the_files_beside_them() -> None:
    short, long = "滘心".encode("gb18030"), "stop_id,stop_name\n1,人民广场\n2,厦滘\n3,徐家汇\n".encode("gb18030")
    assert likely_encodings(short) == ()
    assert shared_encoding([short, long, b"plain", "徐".encode()]) == "GB18030"
    assert shared_encoding([b"plain"]) is None
