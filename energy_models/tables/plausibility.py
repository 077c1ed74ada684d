"""How plausible a text is in an encoding: the mean mark of its characters beyond ASCII, from -1 to 1.

Almost any bytes can be decoded as GB18030 or Windows-1252, but the result then consists of rare characters: of Chinese
characters outside the first level of GB 2312, of kanji of the second level of JIS X 0208, or of Western letters in
long rows. The levels are those of the standards; the marks are chosen, and `tests/energy_models/tables` checks them
with names of stations.
"""

import re
from collections.abc import Iterator

MOST_CHARACTERS = 20_000
"""Number of characters beyond ASCII that are judged; the first ones of a text."""

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_WESTERN_LETTERS = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿßšžÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝŠŽ")
_WESTERN_WORDS = frozenset("àÀéÉèÈêÊóÓôÔáÁíÍúÚ")
_WESTERN_SIGNS = frozenset("°ºª–—‘’“”«»…€§·•×½¼²³¿¡´\u00a0£¹†")
_HALF_WIDTH_NAME = re.compile(
    r"(?:[ｦｱｲｴ-ｵﾅ-ﾉﾏ-ﾓﾔ-ﾛﾜ]|ｳﾞ?|[ｶ-ﾄ]ﾞ?|[ﾊ-ﾎ][ﾞﾟ]?)(?:[ｦｧ-ｯｰｱｲｴ-ｵﾅ-ﾉﾏ-ﾓﾔ-ﾛﾜﾝ･]|ｳﾞ?|[ｶ-ﾄ]ﾞ?|[ﾊ-ﾎ][ﾞﾟ]?)+"
)
_COMMON_HANZI = frozenset(
    "一三上下东中丰临丹乌九二五井京人仁仓介代会佛保信元光全八公六兴关农凤凰出刘利动勤化北医区十千华南博厂历厦古号司合吉同名向吴周和商嘉四园团"
    "固国图圆土场坂坊坑坛坝坡垂城埔基堂塔塘墩士夏外大天太头奥女好学宁安宋官定宝客宫家富寨寺小展山岗岛岭峰崇川州工巨巷市师帝幸平广庄序庆店府庙康庭建开张"
    "彩徐心总惠成我所手技投护报支政文新方施旗日时昌明春星昭晋景智月望木本机村束来杨林果枫校桂桃桥桐梅森植楼榆横欢正步武殿民水永汇江池汽沈沙河油治沿泉泊波"
    "泰洋洪洲津活济浦海涌淮深清温港湖湾源溪滨潭火点烈燕牌牛牡物特王玉珠理环玻瑞甘生田电界白百皇益盘盛直真石码研碑祥福科秀秋程空站端竹笋第米系红纪线经综罗"
    "美翔老职联育胜能航良艺芙花苏英茂草药莲莘菜营葛蒲蓝虎虹融行街衡西观角解警象豆财质贤赤越路跃车轮迎运近连迪通道逸邮郊郑都酒里重金钟钢铁银锦镇长门闵问阳陆"
    "陈院雁雅集雍霞青静面革音顺顾颐飞首马高魏鱼鸣鹤麓黄鼎龙齐到发终始次向间隔分速列首末班早晚平峰双单往返程票价备注运营方换乘停经过快慢普直达区站序编号名称"
)


def gb18030_mark(text: str) -> float:
    """The mean mark of a text that was decoded as GB18030: 1 for simplified Chinese of the first level of GB 2312."""
    return _mean(_gb18030_marks(text))


def cp932_mark(text: str) -> float:
    """The mean mark of a text that was decoded as cp932: 1 for kana and for kanji of the first level of JIS X 0208."""
    return _mean(_cp932_marks(text))


def windows_1252_mark(text: str) -> float:
    """The mean mark of a text that was decoded as Windows-1252: 1 for accented letters within words."""
    return _mean(_windows_1252_marks(text))


def is_hangul_or_chinese(content: bytes, chinese: str) -> bool:
    """Whether bytes can be Korean in EUC-KR as well as Chinese in GB18030, by their share of common characters."""
    try:
        korean = "".join(_BEYOND_ASCII.findall(content.decode("cp949")))[:MOST_CHARACTERS]
    except UnicodeDecodeError:
        return False
    found = "".join(_BEYOND_ASCII.findall(chinese))[:MOST_CHARACTERS]
    common = sum(character in _COMMON_HANZI for character in found)
    hangul = sum("가" <= character <= "힣" for character in korean)
    return hangul >= 0.9 * len(korean) and common < 0.3 * len(found)


def has_kana(text: str) -> bool:
    """Whether a text contains Japanese kana."""
    return re.search("[ぁ-ゖァ-ヺ]", text) is not None


def _mean(marks: Iterator[float]) -> float:
    total, number = 0.0, 0
    for mark in marks:
        total, number = total + mark, number + 1
        if number == MOST_CHARACTERS:
            break
    return total / number if number else 0.0


def _gb18030_marks(text: str) -> Iterator[float]:
    for run in _BEYOND_ASCII.finditer(text):
        for character in run.group():
            code = character.encode("gb18030", "replace")
            if len(code) != 2 or code[0] < 0xA1 or code[1] < 0xA1:
                yield -1.0 if len(code) != 2 else -0.7
                continue
            row = code[0] - 0xA0
            if row >= 16:
                yield 1.0 if row <= 55 else 0.3 if row <= 87 else -1.0
            else:
                yield 0.5 if row <= 3 else -0.3


def _cp932_marks(text: str) -> Iterator[float]:
    for run in _BEYOND_ASCII.finditer(text):
        words = run.group()
        is_name = _HALF_WIDTH_NAME.fullmatch(words) is not None
        before = text[run.start() - 1 : run.start()]
        for place, character in enumerate(words):
            code = character.encode("cp932", "replace")
            if len(code) == 1:
                yield 0.6 if is_name else -0.1
            elif place == 0 and before.islower() and code[1] < 0x7F:
                # An accented letter of a Western encoding takes the letter after it as its second byte.
                yield -1.0
            else:
                yield _cp932_pair(code[0], code[1])


def _cp932_pair(first: int, second: int) -> float:
    if 0x88 <= first <= 0x97 or (first == 0x98 and second <= 0x72):
        return 1.0
    if first in (0x82, 0x83):
        kana = second >= 0x9F if first == 0x82 else second <= 0x96
        return 1.0 if kana else 0.5 if first == 0x82 else -0.3
    if first == 0x81:
        return 0.5
    if 0x98 <= first <= 0xEA:
        return 0.3 if first == 0x87 else 0.2
    return 0.0 if first in (0xED, 0xEE, 0xFA, 0xFB, 0xFC) else 0.3 if first == 0x87 else -1.0


def _windows_1252_marks(text: str) -> Iterator[float]:
    for run in _BEYOND_ASCII.finditer(text):
        before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
        words = run.group()
        letters = sum(character in _WESTERN_LETTERS for character in words)
        for character in words:
            if character in _WESTERN_SIGNS:
                yield 0.7 if letters <= 1 or len(words) <= 2 else -1.0
            elif character not in _WESTERN_LETTERS or letters > 2 or (character.isupper() and before.islower()):
                yield -1.0
            elif before.isalpha() or after.isalpha():
                yield 1.0
            else:
                yield 1.0 if len(words) == 1 and character in _WESTERN_WORDS else -0.3
