"""The text encoder alone, taught what sentences name. Clips are dear on a CPU, sentences are not: some hundred a second, while a
training of the transformer hears six. What the encoder mixes up no transformer can draw.

Of edition 1.2's rows an attentive reader of 10,000 sentences told .964 of the subjects and .950 of the motions of 2,000 others."""
import random
import torch
import editions
import lang
import questions
import score
import tokens
import world
from common import Clock, load, log, mixed, save
from latents import rows

KINDS = 55, 32, 13


def heard(tokenizer, edition, r, n, held=False, drop=.08):
    """n fresh sentences: ids [n,N], cut where all of them end, and the labels of their clips."""
    clips = [world.sample(r, KINDS, held, edition) for _ in range(n)]
    ids = rows([lang.say(c, r) for c in clips], tokenizer, r, drop)
    return ids[:, :(ids != 0).sum(1).max()], questions.table(clips)


@torch.no_grad()
def check(m, ids, labels):
    """How much of what is named is read right, {question: share}."""
    with mixed('cpu'):
        x = torch.cat([m.text(i) for i in ids.split(256)])
    said = {k: v.argmax(1) for k, v in m.asked(x.float(), ids).items()}
    return {k: ((said[k] == v) & (v >= 0)).sum().item() / (v >= 0).sum().item() for k, v in labels.items()}


def loss(m, tokenizer, edition, r, n, device='cpu'):
    """Of n fresh sentences."""
    ids, labels = heard(tokenizer, edition, r, n)
    ids, labels = ids.to(device), {k: v.to(device) for k, v in labels.items()}
    with mixed(device):
        x = m.text(ids)
    return m.told(x, ids, labels)


def train(folder, minutes, batch=128, rate=8e-4, readers=300):
    """From the averaged weights of dit.pt, which it writes; the reader learns alone at first, lest it leads astray what is good."""
    state, edition, tokenizer = load(f'{folder}/dit.pt'), editions.of(folder), tokens.Tokenizer(f'{folder}/tokenizer.model')
    m, *_ = score.model(folder, state)
    opt = torch.optim.AdamW([dict(params=m.asked.parameters(), part=2.), dict(params=m.text.parameters(), part=1.)], lr=rate, betas=(.9, .98), weight_decay=0.)
    r, test, clock, step, total = random.Random(60), heard(tokenizer, edition, random.Random(61), 1500, True, 0.), Clock(minutes), 0, 0.
    before = torch.cat([m.text(i) for i in test[0].split(256)]).detach()
    while (part := clock.share()) < 1:
        for g in opt.param_groups:
            g['lr'] = rate * g['part'] * (1 if step < readers and g['part'] > 1 else min(1, max(0, step - readers) / 50) * min(1, (1 - part) / .6))
        q = loss(m, tokenizer, edition, r, batch)
        opt.zero_grad()
        q.backward()
        torch.nn.utils.clip_grad_norm_(m.text.parameters(), 1.)
        opt.step()
        step, total = step + 1, total + q.item()
        if step % 200 == 0:
            log(f'told {step} {total / 200:.4f}', score.say(check(m, *test)))
            total = 0.
    now = torch.cat([m.text(i) for i in test[0].split(256)]).detach()
    log('rows moved by', f'{((now - before).pow(2).sum() / before.pow(2).sum()).item():.3f} of their square;', score.say(check(m, *test)))
    new = {n: v for n, v in m.state_dict().items() if n.startswith(('text.', 'asked.'))}
    kept = lambda s: {n: v for n, v in s.items() if not n.startswith('asked.')}
    save(f'{folder}/dit.pt', {**state, 'model': {**kept(state['model']), **new}, 'ema': {**kept(state['ema']), **new}})
