"""A SentencePiece model of few pieces, and what the formats make of it."""
import io

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as proto

TEXT = """a red fish swims slowly in the blue sea and a small cat sleeps softly on the green grass
the sun rises over the hills while a boat sails across the lake and birds fly in the sky
blurry dark ugly low quality bright warm light a yellow ball bounces to the left and to the right
children draw a house with a door two windows and a tree in the garden near the river
slogans products games lessons planets turn around a star and water boils in a glass pot"""


def train(path):
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(TEXT.splitlines() * 4), model_writer=out, vocab_size=300, model_type="unigram", pad_id=0,
                                   eos_id=1, unk_id=2, bos_id=-1, num_threads=1, minloglevel=2, hard_vocab_limit=False)
    open(path, "wb").write(out.getvalue())


def read(path):
    m = proto.ModelProto()
    m.ParseFromString(open(path, "rb").read())
    return m


def pieces(path):
    return [(p.piece, p.score) for p in read(path).pieces]


def charsmap(path):
    return read(path).normalizer_spec.precompiled_charsmap


def gguf_keys(w, path):
    """The keys that llama.cpp's converter writes for a T5 encoder."""
    m = read(path)
    w.add_tokenizer_model("t5")
    w.add_tokenizer_pre("default")
    w.add_token_list([p.piece.encode() for p in m.pieces])
    w.add_token_scores([p.score for p in m.pieces])
    w.add_token_types([p.type for p in m.pieces])
    w.add_add_space_prefix(m.normalizer_spec.add_dummy_prefix)
    w.add_remove_extra_whitespaces(m.normalizer_spec.remove_extra_whitespaces)
    w.add_precompiled_charsmap(m.normalizer_spec.precompiled_charsmap)
    w.add_eos_token_id(1)
    w.add_unk_token_id(2)
    w.add_pad_token_id(0)
    w.add_add_bos_token(False)
    w.add_add_eos_token(True)
