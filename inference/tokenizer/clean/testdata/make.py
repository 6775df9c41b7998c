#!/usr/bin/env python3
"""Writes lines.json beside it: damaged texts and what the reference makes of
them. Needs ftfy 6.3.1; run by hand, never by a test."""
import html, json, pathlib, random, re
import ftfy

rnd = random.Random(5)
texts = """Le petit café à côté de la gare est fermé jusqu'à l'été : « où êtes-vous ? »
El niño comió piñas en la montaña, ¿verdad? ¡Sí!
Größe, Straße, Übermut, „Anführungszeichen“ und Äpfel
Zażółć gęślą jaźń, Łódź — Příliš žluťoučký kůň úpěl
Árvíztűrő tükörfúrógép ığüşöç İstanbul ātrais ļoti šķērsām
Съешь ещё этих мягких французских булок, да выпей же чаю
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία
שלום עולם مرحبا بالعالم، كيف حالك؟
नमस्ते दुनिया สวัสดีชาวโลก Đây là tiếng Việt, thích ăn phở
你好，世界！一只柴犬 こんにちは、世界。ｶﾀｶﾅ 안녕하세요
“quotes” ‘single’ … – — • ™ © ® € £ ¥ § ¶ ° ± × ÷ ½ ² µ
😀 👨\u200d👩\u200d👧 🇫🇷 🎉 ✓ ❤️ → ∞ ≠ ≤ √ ∑
│ ┌──┐ ╔═╗ ▀▄█ ¯\\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻
uma pessoa à espera às 10h, àquilo, voilà à la mode
Ｆｕｌｌ　ｗｉｄｔｈ ﬁne ﬂow oﬃce ĳ ǆ ŉ a\u0301\u0323 \ufeffbom
<b>bold &amp; italic</b> &eacute;&EACUTE;&nbsp;&hellip; &copy &#8217;&#x93; &amp;amp;lt; &notit; &nLt;
\x1b[31mred\x1b[0m \x00\x07\x1f\x7f\x85\x92 a\r\nb\u2028c""".split("\n")
words = [w for t in texts for w in t.split(" ")]
encodings = ["latin-1", *["sloppy-windows-1252"] * 4, *[f"sloppy-windows-{n}" for n in (1250, 1251, 1253, 1254, 1257)], "iso-8859-2", "macroman", "cp437", "koi8-r", "cp850"]


def damage(s):
    for _ in range(rnd.choice([1, 1, 1, 2])):
        b = bytearray(s.encode())
        kind = rnd.random()
        if kind < .2:
            b = bytearray(b.replace(b"\xa0", b" "))
        elif kind < .3:
            b = bytearray(rnd.choice(b"\x1a?") if 0x80 <= c < 0xc0 and rnd.random() < .2 else c for c in b)
        elif kind < .35 and b:
            del b[rnd.randrange(len(b))]
        s = bytes(b).decode(rnd.choice(encodings), "replace")
    return s


def some(n):
    return " ".join(rnd.choice(words) for _ in range(rnd.randrange(1, n)))


def line():
    kind = rnd.random()
    if kind < .4:
        return damage(some(6))
    if kind < .8:
        return some(3) + damage(some(3)) + rnd.choice([" ", "\n", ""]) + damage(some(4))
    return some(8)


def clean(s):
    s = html.unescape(html.unescape(ftfy.fix_text(s))).strip()
    return re.sub(r"\s+", " ", s).strip()


lines = texts + [line() for _ in range(500)]
cases = ",\n".join(json.dumps({"text": s, "want": clean(s)}) for s in dict.fromkeys(lines))
pathlib.Path(__file__).with_name("lines.json").write_text("[\n" + cases + "\n]\n")
