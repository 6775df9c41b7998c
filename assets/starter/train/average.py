"""One model whose weights are the mean of several that came from each other: what each has learnt of its own stays, what it
has lost of what the others know comes back in part."""
import torch
import editions
from common import Sorry, load, log, save


def average(folder, others):
    """The mean of the averaged weights of these folders, into folder; the VAE, which has to be one, and its scale are those of the first."""
    if len(others) < 2:
        raise Sorry('Name the folders whose models are to be averaged, two or more: --of FOLDER FOLDER.')
    states = []
    for path in others:
        if (s := load(f'{path}/dit.pt')) is None:
            raise Sorry(f'There is no trained model in {path}; run "python3 train.py dit" first.')
        states.append(s)
    first = states[0]
    shapes = lambda s: {n: v.shape for n, v in s['ema'].items() if not n.startswith('asked.')}
    for path, s in zip(others, states):
        if shapes(s) != shapes(first) or any(not torch.equal(a, b) for a, b in zip(s['scale'], first['scale'])):
            raise Sorry(f'The models in {others[0]} and {path} are not of one shape and one VAE; only those that came from the same can be averaged.')
    if (vae := load(f'{others[0]}/vae.pt')) is None:
        raise Sorry(f'There is no trained VAE in {others[0]}; run "python3 train.py vae" first.')
    editions.of(folder, editions.of(others[0]).name)
    mean = {n: first['ema'][n] + sum(s['ema'][n] - first['ema'][n] for s in states[1:]) / len(states) for n in shapes(first)}
    asked = {n: v for n, v in first['ema'].items() if n.startswith('asked.')}
    save(f'{folder}/vae.pt', vae)
    save(f'{folder}/dit.pt', dict(model={**mean, **asked}, ema={**mean, **asked}, step=0, muon=[],
                                  adam=torch.optim.AdamW([torch.zeros(1)]).state_dict(), spent=0., body=first['body'], scale=first['scale']))
    log('the mean of', ', '.join(others), 'is now the model of', folder)
