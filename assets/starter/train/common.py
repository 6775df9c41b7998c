"""What every stage shares: the optimiser, checkpoints that survive a crash, and plain words when it cannot go on."""
import os
import sys
import time
import torch


class Sorry(Exception):
    """A sentence for people: what is wrong and what to do."""


def half(device):
    """The type that products are computed in: bfloat16 wherever that is fast."""
    return torch.bfloat16 if device == 'cuda' or torch.cpu._is_avx512_bf16_supported() else torch.float32


def mixed(device):
    return torch.autocast(device, torch.bfloat16, enabled=half(device) == torch.bfloat16)


class Muon:
    """Momentum whose update is made orthogonal (five Newton-Schulz steps), for matrices and kernels; a team shares the work."""

    def __init__(self, params, lr, momentum=.95, decay=0., team=None):
        self.params, self.lr, self.momentum, self.decay, self.team = list(params), lr, momentum, decay, team
        self.buffers = [torch.zeros_like(p) for p in self.params]
        self.shapes = {}
        for i, p in enumerate(self.params):
            self.shapes.setdefault((len(p), p[0].numel()), []).append(i)

    @torch.no_grad()
    def step(self):
        grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.params]
        torch._foreach_mul_(self.buffers, self.momentum)
        torch._foreach_add_(self.buffers, grads)
        updates = [None] * len(grads)
        for (rows, cols), ids in self.shapes.items():  # matrices of one shape go through in one batch
            ids = ids if self.team is None else self.team.mine(ids)
            if not ids:
                continue
            x = torch.stack([(grads[i] + self.momentum * self.buffers[i]).reshape(rows, cols) for i in ids])
            if rows > cols:
                x = x.transpose(1, 2)
            x = (x / (torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True) + 1e-7)).to(half(x.device.type))
            for _ in range(5):
                a = torch.bmm(x, x.transpose(1, 2))
                a = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
                x = torch.baddbmm(x, a, x, beta=3.4445)
            if rows > cols:
                x = x.transpose(1, 2)
            for i, v in zip(ids, x.float() * max(1., rows / cols) ** .5):
                updates[i] = v.reshape(self.params[i].shape)
        if self.team is not None:
            updates = self.team.together(updates, self.params)
        if self.decay:
            torch._foreach_mul_(self.params, 1 - self.lr * self.decay)
        torch._foreach_add_(self.params, updates, alpha=-self.lr)
        for p in self.params:
            p.grad = None


def save(path, what):
    """Writes beside and renames, so that a full disk or a crash never costs the older checkpoint."""
    try:
        torch.save(what, path + '.part')
        os.replace(path + '.part', path)
    except (OSError, RuntimeError) as e:
        if os.path.exists(path + '.part'):
            os.remove(path + '.part')
        print(f'The checkpoint {path} could not be written ({e}); the older one is kept. Free some disk space; training goes on.', flush=True)


def load(path):
    if not os.path.exists(path):
        return None
    try:
        return torch.load(path, map_location='cpu', weights_only=False)
    except Exception as e:
        raise Sorry(f'The checkpoint {path} cannot be read ({type(e).__name__}); delete it to start this stage afresh.')


class Clock:
    """Minutes spent over all the runs of a stage."""

    def __init__(self, minutes, spent=0.):
        self.total, self.start = minutes * 60, time.time() - spent

    def spent(self):
        return time.time() - self.start

    def share(self):
        return min(1., self.spent() / self.total)


def log(*words):
    print(time.strftime('%H:%M:%S'), *words, flush=True)


def run(main):
    try:
        main()
    except Sorry as e:
        sys.exit(str(e))


class Team:
    """Processes that train together, each on a batch of its own: `python3 train.py dit --team 2`. On a busy
    machine two processes of one thread lose far less time waiting than one process of two threads."""

    def __init__(self, folder, rank=0, size=1):
        self.rank, self.size = rank, size
        if size > 1:
            import torch.distributed as dist
            self.dist = dist
            dist.init_process_group('gloo', init_method=f'file://{os.path.abspath(folder)}/team', rank=rank, world_size=size)

    def mean(self, params, number):
        """Averages the gradients in place; returns the mean of number, so that all agree on it."""
        if self.size == 1:
            return number
        grads = [p.grad for p in params if p.grad is not None]
        flat = torch.cat([g.reshape(-1) for g in grads] + [torch.tensor([float(number)], device=grads[0].device)])
        self.dist.all_reduce(flat)
        flat /= self.size
        for g, v in zip(grads, flat.split([g.numel() for g in grads] + [1])):
            g.copy_(v.view_as(g))
        return flat[-1].item()

    def mine(self, ids):
        return ids[self.rank::self.size]

    def together(self, parts, like):
        """Puts together what each has made of its own share; the others' parts are None."""
        if self.size == 1:
            return parts
        flat = torch.cat([torch.zeros(p.numel()) if v is None else v.reshape(-1) for v, p in zip(parts, like)])
        self.dist.all_reduce(flat)
        return [v.view_as(p) for v, p in zip(flat.split([p.numel() for p in like]), like)]

    def same(self, params):
        """Everybody begins with the first one's numbers."""
        if self.size > 1:
            for p in params:
                self.dist.broadcast(p.data, 0)
