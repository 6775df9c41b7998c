"""What every stage shares: the optimiser, checkpoints that survive a crash, and plain words when it cannot go on."""
import os
import sys
import time
import torch


class Sorry(Exception):
    """A sentence for people: what is wrong and what to do."""


class Muon:
    """Momentum whose update is made orthogonal (five Newton-Schulz steps), for matrices and kernels."""

    def __init__(self, params, lr, momentum=.95, decay=0.):
        self.params, self.lr, self.momentum, self.decay = list(params), lr, momentum, decay
        self.buffers = [torch.zeros_like(p) for p in self.params]
        self.shapes = {}
        for i, p in enumerate(self.params):
            self.shapes.setdefault((len(p), p[0].numel()), []).append(i)

    @torch.no_grad()
    def step(self):
        grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.params]
        torch._foreach_mul_(self.buffers, self.momentum)
        torch._foreach_add_(self.buffers, grads)
        for (rows, cols), ids in self.shapes.items():  # matrices of one shape go through in one batch
            x = torch.stack([(grads[i] + self.momentum * self.buffers[i]).reshape(rows, cols) for i in ids])
            if rows > cols:
                x = x.transpose(1, 2)
            x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
            if rows > cols:
                x = x.transpose(1, 2)
            x = x.float() * max(1., rows / cols) ** .5
            for k, i in enumerate(ids):
                p = self.params[i]
                p.mul_(1 - self.lr * self.decay).add_(x[k].reshape(p.shape), alpha=-self.lr)
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
