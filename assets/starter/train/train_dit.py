"""Stage 3: text encoder and diffusion transformer together, by flow matching on the latents."""
import random
import torch
import torch.nn as nn
import torch.nn.functional as F
import dit
import editions
import latents
import questions
import tokens
from common import Clock, Muon, Team, load, log, mixed, save
from latents import rows

SHIFT = 3.
PARTS = {'text': ('text.',), 'spatial': ('self_attn', 'cross_attn', 'ffn', 'norm3', 'patch_embedding', 'head.'), 'temporal': ('temporal_attn',)}


class Asked(nn.Module):
    """Only while training: what is named must be there to be read in the text's rows, by a few glances such as the body's."""

    def __init__(self, dim, glances=8, head=32):
        super().__init__()
        self.glance, self.k, self.v = nn.Parameter(torch.randn(glances, head) * .2), nn.Linear(dim, head), nn.Linear(dim, 2 * head)
        self.o = nn.Sequential(nn.Linear(2 * head * glances, 128), nn.GELU(), nn.Linear(128, sum(map(len, questions.HEADS.values()))))

    def forward(self, rows, ids):
        """rows [B,N,dim], ids [B,N], 0 where padded; {question: scores of its answers [B,n]}."""
        a = (self.glance @ self.k(rows).transpose(1, 2)) / self.glance.shape[1] ** .5
        a = a.masked_fill((ids == 0)[:, None], -1e9).softmax(-1)
        out = self.o((a @ self.v(rows)).flatten(1)).split([len(v) for v in questions.HEADS.values()], 1)
        return dict(zip(questions.HEADS, out))


class Model(torch.nn.Module):
    def __init__(self, vocabulary, z=24, text=None, body=None):
        super().__init__()
        self.text = dit.TextEncoder(**{**dit.TEXT, 'vocab': vocabulary, **(text or {})})
        self.body = dit.DiT(**{**dit.DIT, 'in_dim': z, **(body or {})})
        self.asked = Asked(self.text.token_embedding.weight.shape[1])

    def forward(self, x, t, ids):
        return self.body(x, t, self.text(ids))

    def told(self, rows, ids, labels):
        """Loss of reading the attributes off the text's rows; labels {name: [B]}, -1 where not named."""
        return sum(F.cross_entropy(o, labels[k], ignore_index=-1, reduction='sum') / (labels[k] >= 0).sum().clamp(min=1) for k, o in self.asked(rows.float(), ids).items())


def shifted(u, shift=SHIFT):
    return shift * u / (1 + (shift - 1) * u)


@torch.no_grad()
def generate(model, ids, noise, steps=12, guidance=4., shift=SHIFT, first=None, device='cpu'):
    """Euler walk from noise to normalised latents; first is a given first latent frame or None."""
    x, T = noise.clone(), noise.shape[2]
    none = torch.zeros_like(ids)
    none[:, 0] = 1
    sigma = shifted(torch.linspace(1, 0, steps + 1, device=x.device), shift)
    with mixed(device):
        words = torch.cat([model.text(none), model.text(ids)])
        for k in range(steps):
            if first is not None:
                x[:, :, 0] = first
            t = (sigma[k] * 1000).floor().expand(len(x), T).clone()
            if first is not None:
                t[:, 0] = 0
            u = torch.cat([model.body(a, b, w) for a, b, w in zip(x.split(16), t.split(16), words[:len(x)].split(16))])
            c = torch.cat([model.body(a, b, w) for a, b, w in zip(x.split(16), t.split(16), words[len(x):].split(16))])
            x = x + (sigma[k + 1] - sigma[k]) * (u + guidance * (c - u))
    if first is not None:
        x[:, :, 0] = first
    return x


def statistics(z):
    """Mean and deviation per channel, and how much the first latent frame's deviation differs from the rest."""
    z = z.float()
    mean, std = z.mean((0, 2, 3, 4)), z.std((0, 2, 3, 4))
    return mean, std, (z[:, :, 0].std((0, 2, 3)) / z[:, :, 1:].std((0, 2, 3, 4)))


def warm_up(m, shelf, r, device, steps=250, batch=128):
    """The text encoder first learns, alone, what sentences name: cheap, and it saves the body many steps."""
    opt = torch.optim.AdamW(list(m.text.parameters()) + list(m.asked.parameters()), lr=2e-3)
    for k in range(steps):
        for g in opt.param_groups:
            g['lr'] = 2e-3 * min(1, (k + 1) / 30, (steps - k) / 60)
        _, ids, labels, *_ = shelf.batch(batch, r, 0.)
        with mixed(device):
            loss = m.told(m.text(ids), ids, labels)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(m.text.parameters(), 1.)
        opt.step()
        if k % 50 == 0 or k == steps - 1:
            log(f'text alone {k} {loss.item():.3f}')


def train(folder, minutes, device='cpu', batch=32, freeze=(), look=None, every=600, compiled=True, rate=.02, end=.4, team=None, shelf=None):
    team = team or Team(folder)
    tokenizer = tokens.Tokenizer(f'{folder}/tokenizer.model')
    shelf = shelf or latents.Shelf(folder, tokenizer, device)
    z = shelf.some(1024)
    state = load(f'{folder}/dit.pt')
    mean, std = (v.to(device) for v in (state['scale'] if state else statistics(z)[:2]))
    if not state and not team.rank:
        log('first frame against later ones, per channel:', ' '.join(f'{v:.2f}' for v in statistics(z)[2].tolist()))
    view = lambda v: v.view(1, -1, 1, 1, 1)
    torch.manual_seed(1)
    r = random.Random(state['step'] if state else 1)
    body = editions.of(folder).body
    m = Model(len(tokenizer), z.shape[1], body=body)
    if state:
        m.load_state_dict(state['model'], strict=False)
    m.to(device)
    if not state and not team.rank:
        warm_up(m, shelf, r, device, batch=128 if device == 'cpu' else 512)
    team.same(m.parameters())
    named = dict(m.named_parameters())
    for n, p in named.items():
        if any(s in n for f in freeze for s in PARTS[f]):
            p.requires_grad_(False)
    live = {n: p for n, p in named.items() if p.requires_grad}
    matrices = [p for n, p in live.items() if p.ndim == 2 and '.blocks.' in n and 'embedding' not in n]
    ids = set(map(id, matrices))
    muon = Muon(matrices, rate, .95, .01, team)
    adam = torch.optim.AdamW([p for p in live.values() if id(p) not in ids], lr=2e-3, betas=(.9, .98), weight_decay=0.)
    ema = {n: p.detach().clone() for n, p in named.items()}
    step, total, clock, warm = 0, {}, Clock(minutes), 0
    if state:
        ema, step = {k: state['ema'].get(k, v).to(device) for k, v in ema.items()}, state['step']
        clock = Clock(minutes, state['spent'])
        if len(state['muon']) == len(muon.buffers):
            muon.buffers = [b.to(device) for b in state['muon']]
        if len(adam.param_groups[0]['params']) == len(state['adam']['param_groups'][0]['params']):
            adam.load_state_dict(state['adam'])
        else:
            warm = step
        log('goes on at step', step)
    if compiled:
        dit.Block.forward = torch.compile(dit.Block.forward, dynamic=False)

    def keep():
        save(f'{folder}/dit.pt', dict(model=m.state_dict(), ema=ema, step=step, muon=muon.buffers, adam=adam.state_dict(), spent=clock.spent(), body=body, scale=(mean.cpu(), std.cpu())))

    log(f'{len(shelf.clips)} clips, {sum(p.numel() for p in m.body.parameters()) / 1e6:.2f}M + text {sum(p.numel() for p in m.text.parameters()) / 1e6:.2f}M')
    torch.manual_seed(1000 * step + team.rank)
    r = random.Random(1000 * step + team.rank)
    pause = 60 if device == 'cpu' else .6
    next_look, next_word, next_read, at = clock.spent() + every, step + 20, clock.spent() + pause, (clock.spent(), step)
    share = clock.share()
    while share < 1:
        f = min(1, (step - warm + 1) / 100) * min(1., max(.01, (1 - share) / end))
        muon.lr = rate * f
        for g in adam.param_groups:
            g['lr'] = 2e-3 * f
        x0, words, labels, weight = shelf.batch(batch, r)
        x0 = (x0 - view(mean)) / view(std)
        n = torch.randn_like(x0)
        T = x0.shape[2]
        # More noise than the sampler meets: that is where layout and motion are decided, and what is learnt last.
        s = shifted(torch.sigmoid(torch.randn(batch, device=device) * 1.1), 5.)
        s = torch.where(torch.rand(batch, device=device) < .08, torch.rand(batch, device=device) * .04 + .96, s)
        given = (torch.rand(batch, device=device) < .1)[:, None] & (torch.arange(T, device=device) == 0)
        t = torch.where(given, 0., s[:, None])
        w = (~given).float().view(batch, 1, T, 1, 1)
        tt = t.view(batch, 1, T, 1, 1)
        with mixed(device):
            text = m.text(words)
            v = m.body((1 - tt) * x0 + tt * n, t * 1000, text)
            told = m.told(text, words, labels)
        d = ((v.float() - (n - x0)) ** 2 * w).mean(1)
        loss = (d * weight).mean() / weight.mean() + .05 * told
        d = d.detach().mean((1, 2, 3))
        loss.backward()
        share = team.mean(live.values(), clock.share())
        torch.nn.utils.clip_grad_norm_([p for p in live.values() if id(p) not in ids], 1.)
        adam.step()
        adam.zero_grad(set_to_none=True)
        muon.step()
        step += 1
        torch._foreach_lerp_(list(ema.values()), [p.detach() for p in named.values()], 1 - min(.99 if device == 'cpu' else .998, (1 + step) / (10 + step)))
        with torch.no_grad():
            for name, part in (('all', s >= 0), ('high', s > .9), ('mid', (s > .6) & (s <= .9)), ('low', s <= .6)):
                a, k = (d * part).sum(), part.sum()
                old = total.get(name, (a, k))
                total[name] = .98 * old[0] + a, .98 * old[1] + k
        if clock.spent() > next_read:
            shelf.grow()
            next_read = clock.spent() + pause
        if team.rank:
            continue
        if step >= next_word:
            now = clock.spent()
            log(f'step {step} {(step - at[1]) * batch * team.size / (now - at[0]):.1f} clips/s', ' '.join(f'{k} {(a / n.clamp(min=1)).item():.4f}' for k, (a, n) in total.items()), len(shelf.clips), 'clips')
            at, next_word = (now, step), step + 200
        if clock.spent() > next_look:
            keep()
            if look:
                look(folder)
            next_look = clock.spent() + every
            at = (clock.spent(), step)
    if not team.rank:
        keep()
        if look:
            look(folder)
