"""How much of the drawn world a model is taught, and how large it is: the full world for a GPU, a smaller and
calmer one that two CPU cores can teach in some hours."""
import os
from dataclasses import dataclass, field

import dit
import vae
from common import Sorry


@dataclass(frozen=True)
class Edition:
    name: str
    vae: dict
    body: dict
    only: dict = field(default_factory=dict)  # answers that a clip may give, by question; nothing named, everything allowed
    calm: float = 1.  # how much of the small variations of place and size is kept

    def allows(self, c):
        return all(c.get(k) in v for k, v in self.only.items() if c.get(k) is not None)

    def grid(self):
        """Channels, frames, rows and columns of the latents of a clip of 17 frames of 256x192."""
        n = 2 ** len(self.vae['dim_mult'])
        return self.vae['z_dim'], 5, 192 // n, 256 // n


FULL = Edition('full', vae.CONFIG, dit.DIT, calm=.5)
SMALL = Edition(
    'small', dict(dim=16, dec_dim=24, z_dim=24, dim_mult=[1, 2, 4, 4], num_res_blocks=1, temperal_downsample=[False, True, True]),
    {**dit.DIT, 'dim': 192, 'ffn_dim': 768, 'num_heads': 3, 'in_dim': 24},
    dict(subject=['circle', 'square', 'triangle', 'star', 'heart', 'ring', 'bottle', 'cup', 'phone', 'gift', 'shoe', 'dog', 'cat', 'robot',
                  'pendulum', 'planets', 'ice', 'water', 'steam', 'ball', 'plant', 'volcano', 'moon', 'wave', 'gears', 'bars', 'rocket', 'rain'],
         colour=['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'white'],
         motion=['left', 'right', 'up', 'down', 'bounce', 'spin', 'grow', 'shrink', 'orbit', 'still', 'spotlight', 'confetti'],
         dress=['none', 'hat', 'spacesuit'], place=['plain', 'meadow', 'beach', 'night', 'city', 'mars', 'snow', 'sea'],
         count=[1], speed=['normal'], camera=['none']), .3)
EDITIONS = {e.name: e for e in (FULL, SMALL)}


def of(folder, name=''):
    """The edition that a training folder is for; named once, kept in the folder."""
    path = f'{folder}/edition'
    old = open(path).read().strip() if os.path.exists(path) else ''
    if name and old and name != old:
        raise Sorry(f'The folder {folder} belongs to a training of the {old} world; choose another folder for the {name} one.')
    name = name or old or 'full'
    if name not in EDITIONS:
        raise Sorry(f'There is no edition called {name}; there are {" and ".join(EDITIONS)}.')
    if not old and os.path.isdir(folder):
        with open(path, 'w') as f:
            f.write(name + '\n')
    return EDITIONS[name]
