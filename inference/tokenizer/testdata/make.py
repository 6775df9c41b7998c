#!/usr/bin/env python3
"""Writes the fixtures beside it: small vocabularies and lines with the ids that
the real libraries give them. Needs sentencepiece and tokenizers; run by hand,
never by a test. The ids of .model files are those of spm_encode 0.1.97: later
editions round scores in another way and split ties differently. <name>.lines.json belongs to the vocabulary <name>, which lies
here or among the golden files."""
import base64, io, json, pathlib, random, subprocess
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import Tokenizer

here = pathlib.Path(__file__).parent
golden = here / "../../testdata/golden"
rnd = random.Random(7)
texts = [c["text"] for n in ("tokenizer", "tokenizer_b") for c in json.loads((golden / f"{n}.json").read_text())["cases"]]
heap = "".join(texts)
blocks = [(0x20, 0x7e)] * 6 + [(0, 0x1f), (0x7f, 0xa0), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x4ff), (0x600, 0x6ff),
    (0x900, 0x97f), (0x1100, 0x11ff), (0x2000, 0x218f), (0x2460, 0x24ff), (0x2581, 0x2581), (0x3000, 0x30ff), (0x3300, 0x33ff),
    (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xf900, 0xfb4f), (0xfe00, 0xfe0f), (0xff00, 0xffef), (0x1f1e6, 0x1f1ff),
    (0x1f300, 0x1f6ff), (0x1d400, 0x1d7ff)]
odd = [" ", "  ", "▁", "</s>", "<pad>", "<0x41>", "<extra_id_0>", "<sep>", "\u3000", "\u0301", "ﬁ\u0301", "\r", "dog", "cat\u0301"]


def line():
    out = []
    for _ in range(rnd.randrange(1, 9)):
        kind = rnd.random()
        if kind < .5:
            at = rnd.randrange(len(heap))
            out.append(heap[at:at + rnd.randrange(1, 12)])
        elif kind < .75:
            out.append(rnd.choice(odd))
        else:
            lo, hi = rnd.choice(blocks)
            out += [chr(rnd.randint(lo, hi)) for _ in range(rnd.randrange(1, 5))]
    return "".join(out).replace("\n", "\r").replace("\0", "\1")


lines = ["", " ", "▁"] + odd + [line() for _ in range(250)]


def write(name, encode):
    cases = ",\n".join(json.dumps({"text": s, "ids": encode(s)}, ensure_ascii=True) for s in lines)
    (here / f"{name}.lines.json").write_text("[\n" + cases + "\n]\n")


def spm(name, path):
    ids = subprocess.run(["spm_encode", f"--model={path}", "--output_format=id"], input="\n".join(lines) + "\n",
        capture_output=True, check=True, encoding="utf-8").stdout.split("\n")
    known = {text: [int(i) for i in line.split()] for text, line in zip(lines, ids)}
    write(name, known.get)


def hugging_face(name, proto, normalizer, cut, added):
    plain = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    tokens = [{**plain, "id": i, "content": proto.pieces[i].piece} for i in range(4)]
    tokens += [{**plain, "id": len(proto.pieces) + i, **a} for i, a in enumerate(added)]
    j = dict(version="1.0", truncation=None, padding=None, added_tokens=tokens, normalizer=normalizer, pre_tokenizer=cut,
        post_processor=dict(type="TemplateProcessing", single=[{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            special_tokens={"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}),
        decoder=None, model=dict(type="Unigram", unk_id=3, byte_fallback=proto.trainer_spec.byte_fallback,
            vocab=[[p.piece, p.score] for p in proto.pieces]))
    (here / name).write_text(json.dumps(j, ensure_ascii=False))
    write(name, lambda s: Tokenizer.from_file(str(here / name)).encode(s, add_special_tokens=False).ids)


for name in ("tokenizer.model", "tokenizer_b.model"):
    spm(name, golden / name)

# A small normaliser of our own keeps the files small: ligatures, full-width
# letters, a few composed characters, blanks, and one character that vanishes.
rules = {"ﬁ": "fi", "ﬀ": "ff", "e\u0301": "é", "A\u030a": "Å", "½": "1/2", "\u3000": " ", "\u00a0": " ", "\t": " ", "\u00ad": "", "㍿": "株式会社", "▁": " ", "ｶﾞ": "ガ", "ｶ": "カ"}
rules |= {chr(c + 0xfee0): chr(c) for c in range(0x21, 0x7f)}
tsv = here / "rules.tsv"
tsv.write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in sorted(rules.items())))
out = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter([t for t in texts for _ in range(3)]), model_writer=out, vocab_size=600, model_type="unigram",
    normalization_rule_tsv=str(tsv), byte_fallback=True, pad_id=0, eos_id=1, bos_id=2, unk_id=3, user_defined_symbols=["<sep>", "dog", "ﬁ\u0301"],
    character_coverage=.98, minloglevel=2)
tsv.unlink()
proto = pb.ModelProto.FromString(out.getvalue())
proto.normalizer_spec.ClearField("normalization_rule_tsv")
(here / "user.model").write_bytes(proto.SerializeToString())
spm("user.model", here / "user.model")

charsmap = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()}
meta = dict(type="Metaspace", replacement="▁", prepend_scheme="always", split=True)
hugging_face("t5.tokenizer.json", proto,
    dict(type="Sequence", normalizers=[charsmap, dict(type="Strip", strip_left=False, strip_right=True), dict(type="Replace", pattern={"Regex": " {2,}"}, content="▁")]),
    meta, [dict(content=f"<extra_id_{i}>") for i in (2, 1, 0)])
proto.trainer_spec.byte_fallback = False
hugging_face("words.tokenizer.json", proto,
    dict(type="Sequence", normalizers=[dict(type="Nmt"), dict(type="NFC"), dict(type="Replace", pattern={"String": "  "}, content=" ")]),
    dict(type="Sequence", pretokenizers=[dict(type="WhitespaceSplit"), dict(type="Digits", individual_digits=True), {**meta, "prepend_scheme": "first"}]),
    [dict(content="cat", single_word=True), dict(content="dog", lstrip=True, rstrip=True), dict(content="ＤＯ", normalized=True, special=False)])
