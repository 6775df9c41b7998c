"""The vocabulary: a SentencePiece Unigram model whose pieces are the grammar's own words.

Building the file takes the sentencepiece package (for its table of character forms);
reading it and cutting sentences into ids takes nothing but this file."""
import os
import struct
import lang
from common import Sorry

TEXT_LEN = 40
SPACE = '\u2581'
LATIN = ''.join(chr(c) for c in range(33, 127))
CHARACTERS = '年月日天地人大小上下左右中前后里外高低快慢多少一二三四五六七八九十两只个条头匹朵棵鸟鱼马牛羊猪鸡兔虎龙花草树山水火土木金石云雨风雪太阳亮海河湖房屋门窗车船飞机走跑跳坐睡吃喝看听说笑哭穿戴拿放开关来去进出黑灰棕银男女孩妈爸老师学生狼熊猫，。！？、：；的了着在是有和与或'


def words():
    """Pieces in order of age: special ones aside, English words with their space, Chinese phrases, single characters."""
    en, zh = lang.taught()
    out = []
    for w in en:
        w = w.strip('.,:')
        out += [SPACE + w, SPACE + w[0].upper() + w[1:]]
    out += [SPACE + w for w in ('Shiba', 'Inu', 'Mars', 'Moon')]
    out += [p for p in zh if len(p) > 1]
    out += ['火星', '土豆', '水分子', '分子', '宇航服', '太空服', '移动', '慢慢', '弹跳', '向左', '向右', '向上', '向下', '往左', '往右', '红色的', '蓝色的', '月球', '聚光灯', '彩带', '镜头', '画面', '土豆', '机械舞', '散步', '帽子', '围巾', '眼镜', '披风', '城市', '街道', '草地', '海滩', '雪地', '房间']
    out += [SPACE] + sorted({c for p in zh for c in p} | set(LATIN) | set(CHARACTERS))
    return list(dict.fromkeys(out))


def score(p, rank):
    return -3. if p == SPACE else (-12. if len(p) == 1 else -6.) - rank * 1e-4


def _varint(n):
    out = b''
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def _fields(b):
    """Protocol buffer fields: (number, wire type, value or bytes)."""
    i = 0
    def varint():
        nonlocal i
        n = s = 0
        while True:
            c = b[i]
            i += 1
            n |= (c & 127) << s
            s += 7
            if c < 128:
                return n
    while i < len(b):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            v = varint()
        else:
            n = varint() if kind == 2 else 4 if kind == 5 else 8
            v = b[i:i + n]
            i += n
        yield tag >> 3, kind, v


def _field(number, kind, v):
    head = _varint(number << 3 | kind)
    return head + (_varint(v) if kind == 0 else _varint(len(v)) + v if kind == 2 else v)


def build(path):
    try:
        import sentencepiece as spm
    except ImportError:
        raise Sorry('Building the tokenizer needs the sentencepiece package: python3 -m pip install sentencepiece.')
    with open(path + '.txt', 'w', encoding='utf-8') as f:
        f.write('\n'.join(words() * 3))
    spm.SentencePieceTrainer.train(input=path + '.txt', model_prefix=path.removesuffix('.model'), vocab_size=500, model_type='unigram', pad_id=0, eos_id=1,
                                   bos_id=2, unk_id=3, character_coverage=1.0, normalization_rule_name='nmt_nfkc', hard_vocab_limit=False, minloglevel=2)
    for end in ('.txt', ):
        os.remove(path + end)
    os.remove(path.removesuffix('.model') + '.vocab')
    raw = open(path, 'rb').read()
    pieces = words()
    out = b''
    for p, kind in (('<pad>', 3), ('</s>', 3), ('<s>', 3), ('<unk>', 2)):
        out += _field(1, 2, _field(1, 2, p.encode()) + _field(2, 5, struct.pack('<f', 0)) + _field(3, 0, kind))
    for k, p in enumerate(pieces):
        out += _field(1, 2, _field(1, 2, p.encode()) + _field(2, 5, struct.pack('<f', score(p, k))))
    for number, kind, v in _fields(raw):
        if number == 2:  # the trainer's notes: ours has another size, and no path of the machine it was made on
            v = b''.join(_field(n, k, len(pieces) + 4 if n == 4 else q) for n, k, q in _fields(v) if n not in (1, 2))
        if number != 1:
            out += _field(number, kind, v)
    with open(path, 'wb') as f:
        f.write(out)


class Tokenizer:
    def __init__(self, path):
        if not os.path.exists(path):
            raise Sorry(f'There is no tokenizer at {path}; run "python3 train.py tokenizer" first.')
        self.score, self.id = {}, {}
        with open(path, 'rb') as f:
            raw = f.read()
        for number, kind, v in _fields(raw):
            if number == 1:
                f = {n: q for n, _, q in _fields(v)}
                if f.get(3, 1) == 1:
                    self.score[f[1].decode()] = struct.unpack('<f', f[2])[0]
                self.id[f[1].decode()] = len(self.id)
        self.longest = max(map(len, self.score))

    def __len__(self):
        return len(self.id)

    def pieces(self, text, r=None, drop=0.):
        """The best cut of text; with drop, Chinese phrases are now and then left to their characters."""
        text = text.replace('，', ',').replace('：', ':')
        text = SPACE + SPACE.join(text.split())
        best = [(0., 0)] + [None] * len(text)
        for i in range(len(text)):
            for n in range(1, min(self.longest, len(text) - i) + 1):
                p = text[i:i + n]
                s = self.score.get(p)
                if s is None:
                    if n > 1:
                        continue
                    s = -30.
                elif drop and n > 1 and ord(p[-1]) > 0x2e80 and r.random() < drop:
                    continue
                if best[i + n] is None or best[i][0] + s > best[i + n][0]:
                    best[i + n] = (best[i][0] + s, i)
        out, i = [], len(text)
        while i:
            out.append(text[best[i][1]:i])
            i = best[i][1]
        return out[::-1]

    def __call__(self, text, r=None, drop=0.):
        out = []
        for p in self.pieces(text, r, drop) if text.strip() else []:
            i = self.id.get(p, 3)
            if i != 3 or not out or out[-1] != 3:
                out.append(i)
        return out[:TEXT_LEN - 1] + [1]
