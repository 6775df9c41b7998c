"""Tests of grammar and renderer: python3 -m unittest test_world (a few seconds, needs PyTorch)."""
import os
import random
import sys
import tempfile
import unittest

try:
    import torch
except ImportError:
    raise unittest.SkipTest('PyTorch is not installed')
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
torch.set_num_threads(1)
import adopt  # noqa: E402
import average  # noqa: E402
import common  # noqa: E402
import dit  # noqa: E402
import editions  # noqa: E402
import examples  # noqa: E402
import families  # noqa: E402
import figures  # noqa: E402
import lang  # noqa: E402
import latents  # noqa: E402
import like  # noqa: E402
import moves  # noqa: E402
import people  # noqa: E402
import places  # noqa: E402
import questions  # noqa: E402
import score  # noqa: E402
import swaps  # noqa: E402
import told  # noqa: E402
import tokens  # noqa: E402
import train_dit  # noqa: E402
import twins  # noqa: E402
import vae  # noqa: E402
import watch  # noqa: E402
import words  # noqa: E402
import world  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SHIPPED = next(p for p in (os.path.join(HERE, 'tokenizer.model'), os.path.join(HERE, '..', 'tokenizer.model')) if os.path.exists(p) or '..' in p)


def thing(**k):
    return dict(dict(kind='thing', subject='square', colour='red', motion='right', place='plain', j=[0, 0, 0, 0]), **k)


def character(**k):
    return dict(dict(kind='character', subject='dog', colour=None, dress='none', action='still', place='plain', j=[0, 0, 0, 0]), **k)


def draw(c, T=17):
    return world.render([c], T, 48, 64)[0]


def centre(frame, colour):
    near = ((frame - torch.tensor(colour).view(3, 1, 1)) ** 2).sum(0) < .02
    y, x = near.nonzero().float().mean(0).tolist()
    return x, y, near.sum().item()


class Renderer(unittest.TestCase):
    def test_moves_as_told(self):
        red = figures.COLOURS['red']
        for motion, dx, dy in (('left', -1, 0), ('right', 1, 0), ('up', 0, -1), ('down', 0, 1)):
            for n in (1, 2, 3):
                v = draw(thing(motion=motion, count=n))
                (x0, y0, _), (x1, y1, _) = centre(v[0], red), centre(v[16], red)
                self.assertGreater((x1 - x0) * dx + (y1 - y0) * dy, 15, (motion, n))
        for motion, sign in (('grow', 1), ('shrink', -1)):
            v = draw(thing(motion=motion))
            self.assertGreater((centre(v[16], red)[2] - centre(v[0], red)[2]) * sign, 50, motion)
        for action, sign in (('walk left', -1), ('walk right', 1)):
            v = draw(character(action=action))
            coat = people.OWN['dog']
            self.assertGreater((centre(v[16], coat)[0] - centre(v[0], coat)[0]) * sign, 8, action)
        v = draw(thing(motion='float in'))
        self.assertLess(((v[0] - torch.tensor(red).view(3, 1, 1)) ** 2).sum(0).lt(.02).sum(), 5)
        self.assertGreater(centre(v[16], red)[2], 50)

    def test_counts(self):
        for n in (1, 2, 3):
            for motion in ('still', 'bounce', 'right'):
                v = draw(thing(motion=motion, count=n))[8]
                red = ((v - torch.tensor(figures.COLOURS['red']).view(3, 1, 1)) ** 2).sum(0) < .02
                axis = red.any(1 if motion == 'right' else 0).int()
                self.assertEqual((axis.diff() == 1).sum().item() + axis[0].item(), n, motion)

    def test_speeds_differ(self):
        for c in [thing(motion=m) for m in moves.PACED] + [character(action=a) for a in moves.WALKS]:
            way = [draw(dict(c, speed=s)) for s in moves.SPEEDS]
            change = [v.diff(dim=0).abs().mean().item() for v in way]
            self.assertLess(change[0] * 1.1, change[1], world.key(c))
            self.assertLess(change[1] * 1.1, change[2], world.key(c))

    def test_camera(self):
        red = figures.COLOURS['red']
        for camera, sign in (('zoom in', 1), ('zoom out', -1)):
            v = draw(thing(motion='still', place='meadow', camera=camera))
            self.assertGreater((centre(v[16], red)[2] - centre(v[0], red)[2]) * sign, 50, camera)

    def test_everything_can_be_drawn(self):
        every = [thing(subject=s, count=n) for s in figures.SHAPES + figures.PRODUCTS for n in (1, 3)]
        every += [thing(motion=m, place=p) for m, p in zip(world.MOTIONS, world.PLACES + ['plain', 'room'])]
        every += [thing(motion='right', place=p, camera=q) for p in world.PLACES for q in world.CAMERAS]
        every += [character(subject=s, dress=d, action=a, place='mars') for s in people.CHARACTERS for d in people.DRESSES for a in world.ACTIONS]
        every += [dict(kind='scene', subject=s, j=[0, 0, 0, 0]) for s in world.SCENES]
        v = world.render(every, 5, 48, 64)
        self.assertTrue(torch.isfinite(v).all() and v.min() >= 0 and v.max() <= 1)
        for c, q in zip(every, v):
            if c.get('motion') != 'still' and c.get('action') != 'still':
                self.assertGreater((q[0] - q[1:4]).abs().max(), .05, world.key(c))
            if c['kind'] == 'character':
                self.assertLess((q.amax(1) < .02).float().mean(), .01, world.key(c))

    def test_sizes_and_lengths(self):
        every = [dict(kind='scene', subject=s, j=[0, 0, 0, 0]) for s in world.SCENES] + [character(subject='cat', dress='cape', place=p) for p in world.PLACES]
        for T, H, W in ((1, 48, 64), (5, 48, 64), (17, 48, 64), (1, 192, 256)):
            v = world.render(every, T, H, W)
            self.assertEqual(v.shape, (len(every), T, 3, H, W))
            self.assertTrue(torch.isfinite(v).all() and v.min() >= 0 and v.max() <= 1)

    def test_a_clip_depends_on_nothing_else(self):
        c = world.clips(3, 8)
        v = world.render(c, 3, 48, 64)
        self.assertTrue(torch.equal(v, world.render(c, 3, 48, 64)))
        self.assertTrue(torch.equal(v[5], world.render(c[5:6], 3, 48, 64)[0]))
        self.assertTrue(torch.equal(v.flip(0), world.render(c[::-1], 3, 48, 64)))

    def test_subjects_stand_out(self):
        for name, colour in figures.COLOURS.items():
            for place in world.PLACES:
                ground = places.picture(place, 48, 64)[:, 8:40]
                d = ((ground - torch.tensor(colour, dtype=torch.float32).view(3, 1, 1)) ** 2).sum(0).sqrt()
                self.assertGreater(d.quantile(.05).item(), .19, f'{name} on {place}')

    def test_held_out(self):
        train, held = world.clips(1, 300), world.clips(1, 100, held=True)
        self.assertFalse(any(map(world.held_out, train)))
        self.assertTrue(all(map(world.held_out, held)))
        self.assertFalse(any(world.held_out(c) for _, c in lang.SEEDS))

    def test_questions(self):
        c = world.clips(2, 300)
        for q, k in zip(c, map(questions.labels, c)):
            self.assertEqual(k['count'] >= 0, q['kind'] == 'thing')
            self.assertEqual(k['speed'] >= 0, world.paced(q))
            self.assertEqual(k['camera'] >= 0, q['kind'] != 'scene')
        self.assertEqual(questions.named(character(dress='none')), {'subject', 'motion', 'place'})
        self.assertEqual(questions.named(character(colour='red', dress='hat', speed='slow', action='walk left', camera='zoom in')), set(questions.HEADS) - {'count'})
        self.assertEqual(questions.named(thing(count=2)), {'subject', 'colour', 'motion', 'place', 'count'})
        self.assertEqual(questions.named(dict(kind='scene', subject='rain')), {'subject'})
        self.assertEqual(score.asked([dict(subject=True, colour=False, dress=True)], [character(dress='hat')]), [dict(subject=True, dress=True)])
        self.assertEqual(set(questions.labels(None).values()), {-1})
        self.assertEqual({k: len(v) for k, v in questions.table(c).items()}, dict.fromkeys(questions.HEADS, 300))


def said(clips):
    r = random.Random(1)
    for c in clips:
        yield c, lang.english(c, r).lower().replace(',', ' ').replace('.', ' ').replace(':', ' '), lang.chinese(c, r)


def has(en, *phrases):
    return any(f' {q} '.lower() in f" {' '.join(en.split())} " for q in phrases)


class Grammar(unittest.TestCase):
    def test_every_sentence_names_what_is_seen(self):
        for c, en, zh in said(world.clips(5, 2000)):
            if c['kind'] == 'scene':
                continue
            n, space = c.get('count', 1), ['astronaut'] if c.get('dress') == 'spacesuit' else []
            nouns = words.EN[c['subject']]
            self.assertTrue(has(en, *(nouns if n == 1 else map(lang._plural, nouns)), *nouns[:9 if c['subject'] == 'headphones' else 0], *(space if c['subject'] == 'person' else [])), en)
            self.assertTrue(any(w in zh for w in words.ZH[c['subject']]) or space and '宇航员' in zh, zh)
            colours = {q for q in figures.COLOURS if has(en, q)} - ({'red'} if has(en, 'red scarf', 'red cape') and c['colour'] != 'red' else set()) - ({'green'} if has(en, 'green meadow') and c['colour'] != 'green' else set())
            self.assertEqual(colours, {c['colour']} - {None}, en)
            if c['colour']:
                self.assertTrue(any(w in zh for w in words.ZH_COLOUR[c['colour']]), zh)
            for k, (two, zwei) in lang.NUMBERS.items():
                pair = k == 2 and has(en, 'a pair of') and c['subject'] == 'shoe'
                self.assertEqual(has(en, two) or pair, k == n, en)
                self.assertEqual(any(zwei + m in zh for m in '个部只块副盏颗') or k == 2 and '一双' in zh, k == n, zh)
            for dress, rows in words.EN_DRESS.items():
                what = {'spacesuit': ('spacesuit', 'space suit', 'astronaut')}.get(dress, (dress,))
                self.assertEqual(has(en, *what), c.get('dress') == dress, en)
                self.assertEqual(any(w in zh for w in words.ZH_DRESS[dress] + ['宇航员'] * (dress == 'spacesuit')), c.get('dress') == dress, zh)
            if c['place'] != 'plain':
                self.assertTrue(has(en, *words.EN_PLACE[c['place']]), en)
                self.assertTrue(any(w in zh for w in words.ZH_PLACE[c['place']]), zh)
            self.assertEqual('camera' in en or 'zoom' in en, c['camera'] != 'none', en)
            self.assertEqual('镜头' in zh, c['camera'] != 'none', zh)
            self.assertTrue(c['camera'] == 'none' or any(w in zh for w in words.ZH_CAMERA[c['camera']]), zh)
            self.assertEqual(has(en, 'slowly'), c['speed'] == 'slow', en)
            self.assertEqual(has(en.replace('running shoe', 'shoe'), 'quickly', 'fast', 'run', 'runs', 'running'), c['speed'] == 'fast', en)
            self.assertEqual('慢' in zh or '缓' in zh, c['speed'] == 'slow', zh)
            self.assertEqual('快速' in zh or '飞快' in zh or '跑' in zh, c['speed'] == 'fast', zh)

    def test_everything_said_is_taught(self):
        en, zh = map(set, lang.taught())
        for c, a, b in said(world.clips(8, 600)):
            self.assertLessEqual(set(a.split()), en, a)
            for run in b.replace('，', '。').replace('：', '。').replace('、', '。').split('。'):
                while run:
                    n = next((n for n in range(len(run), 0, -1) if run[:n] in zh), 0)
                    self.assertGreater(n, 0, (b, run))
                    run = run[n:]

    def test_names(self):
        rows = [r for k, v in vars(words).items() if k.startswith('EN') or k.endswith('_EN') for r in (v.values() if isinstance(v, dict) else [v])]
        self.assertEqual(sorted({w for r in rows for s in ([r] if isinstance(r, str) else r) for w in s.split() if w != w.lower()}), lang.NAMES)

    @unittest.skipUnless(os.path.exists(SHIPPED), 'no tokenizer yet')
    def test_every_sentence_fits_and_is_known(self):
        t, r = tokens.Tokenizer(SHIPPED), random.Random(2)
        self.assertLess(len(t), 2000)
        for c in world.clips(6, 2000):
            for s in (lang.english(c, r), lang.chinese(c, r)):
                self.assertLess(len(t.pieces(s)), tokens.TEXT_LEN, s)
                ids = t(s, r, .08)
                self.assertNotIn(3, ids, s)
                self.assertEqual(ids[-1], 1)

    @unittest.skipUnless(os.path.exists(SHIPPED), 'no tokenizer yet')
    def test_what_stands_for_other_words_is_taught(self):
        for edition in editions.EDITIONS.values():
            en, zh = lang.taught(edition.only)
            table = like.table(en, zh)
            for a, b in table['en'].items():
                self.assertNotIn(a, en)
                self.assertLessEqual(set(b.split()), set(en), a)
            for a, b in table['zh'].items():
                self.assertNotIn(a, zh)
                self.assertIn(b, ['', *zh], a)
        self.assertEqual(like.table(*lang.taught())['en']['sprinting'], 'running')

    def test_weak_words_are_taught_ones(self):
        en, zh = lang.taught(None)
        w = like.weak(en, zh, like.WEAK['full'])
        self.assertTrue({'disc', 'steam'} <= set(w['en']) <= set(en))
        self.assertTrue({'圆盘', '水蒸气中的水分子'} <= set(w['zh']) <= set(zh))
        star = dict(kind='thing', subject='star', colour='red', motion='orbit', place='plain', count=1, speed='normal', camera='none', j=[0] * 4)
        said = [lang.english(star, random.Random(k)).lower() for k in range(60)]
        self.assertTrue(all(any(q in s for q in like.CLEAR) for s in said if 'circle' in s) and any('circle' in s for s in said))
        self.assertFalse({'ball', 'coffee', 'molecules'} & set(w['en']) or '球' in w['zh'])  # a bouncing ball comes out well, and so does ice
        w = like.weak(en, zh, ['fast', 'spin', 'zoom in'])
        self.assertEqual(w['en'], sorted('fast quickly run runs running spin spins spinning rotate rotates rotating zoom zooms zooming'.split()))
        self.assertTrue({'快速', '旋转', '镜头推近', '奔跑'} <= set(w['zh']) and '镜头拉远' not in w['zh'])
        w = like.weak(en, zh, ['cup', 'confetti'])
        self.assertTrue({'cup', 'mug', 'confetti'} <= set(w['en']) and {'杯子', '彩带飘落'} <= set(w['zh']))

    def test_examples(self):
        t = tokens.Tokenizer(SHIPPED)
        en, _ = map(set, lang.taught())
        for rows in [*examples.OFFERED.values(), *examples.CALM.values()]:
            self.assertEqual(len(rows), 10)
            for a, b, c in rows:
                self.assertFalse(world.held_out(c), a)
                questions.labels(c)
                self.assertTrue(torch.isfinite(world.render([dict(c, j=[0, 0, 0, 0])], 2, 48, 64)).all())
                self.assertLessEqual(set(a.lower().replace(',', '').split()), en)
                self.assertNotIn(3, t(a) + t(b), a)

    @unittest.skipUnless(os.path.exists(SHIPPED), 'no tokenizer yet')
    def test_the_public_reader_agrees(self):
        try:
            import sentencepiece
        except ImportError:
            self.skipTest('sentencepiece is not installed')
        t, r, s = tokens.Tokenizer(SHIPPED), random.Random(3), sentencepiece.SentencePieceProcessor(model_file=SHIPPED)
        for text in [lang.say(c, r) for c in world.clips(7, 600)] + [a for rows in examples.OFFERED.values() for q in rows for a in q[:2]]:
            self.assertEqual(t(text), s.encode(text) + [1], text)


class Small(unittest.TestCase):
    def test_only_what_the_edition_names(self):
        e = editions.SMALL
        for held in (False, True):
            for c in world.clips(3, 200, held=held, edition=e):
                self.assertTrue(e.allows(c), c)
                self.assertLessEqual(max(map(abs, c['j'])), e.calm)
                self.assertEqual(world.held_out(c), held)
        for k, v in e.only.items():
            self.assertLessEqual(set(v), set(questions.HEADS[k]), k)

    def test_offered_prompts_use_taught_words(self):
        en, zh = map(set, lang.taught(editions.SMALL.only))
        every = list(map(set, lang.taught()))
        self.assertLess(en, every[0])
        self.assertLess(zh, every[1])
        for name, rows in examples.CALM.items():
            self.assertEqual(len(rows), 10, name)
            for a, b, c in rows:
                self.assertTrue(editions.SMALL.allows(c), a)
                self.assertLessEqual({w.strip(',.').lower() for w in a.split()}, en, a)
        r = random.Random(4)
        for c in world.clips(9, 600, edition=editions.SMALL):
            s = lang.english(c, r).lower()
            self.assertLessEqual({w.strip(',.:') for w in s.split()}, en, s)


class Networks(unittest.TestCase):
    def test_causal(self):
        torch.manual_seed(0)
        m = vae.VAE(dim=8, dec_dim=8, z_dim=4, dim_mult=[1, 2, 4, 4], num_res_blocks=1, temperal_downsample=[False, True, True])
        x = torch.randn(1, 3, 9, 32, 32)
        with torch.no_grad():
            z = m.encode(x)
            self.assertLess((z[:, :, :2] - m.encode(x[:, :, :5])).abs().max(), 1e-4)
            self.assertLess((m.decode(z)[:, :, :5] - m.decode(z[:, :, :2])).abs().max(), 1e-4)

    def test_rotation_order_does_not_matter(self):
        torch.manual_seed(0)
        q, k, a = torch.randn(3, 1, 8), torch.randn(3, 1, 8), torch.rand(3, 1, 4)
        public = lambda x: x.unflatten(-1, (2, 4)).transpose(-1, -2).flatten(-2)
        def pairs(x):
            u, v = x.unflatten(-1, (-1, 2)).unbind(-1)
            return torch.stack([u * a.cos() - v * a.sin(), u * a.sin() + v * a.cos()], -1).flatten(-2)
        ours = (dit.rotate(q, a.cos(), a.sin()) * dit.rotate(k, a.cos(), a.sin())).sum(-1)
        theirs = (pairs(public(q)) * pairs(public(k))).sum(-1)
        self.assertLess((ours - theirs).abs().max(), 1e-5)

    def test_rows_find_their_way_back(self):
        torch.manual_seed(0)
        s = {'blocks.0.self_attn.q.weight': torch.randn(24, 5), 'blocks.0.ffn.0.weight': torch.randn(3, 3)}
        for n, v in adopt.straight(dit.interleave(s, 3), 3).items():
            self.assertTrue(torch.equal(v, s[n]), n)

    def test_an_average_lies_in_the_middle(self):
        with tempfile.TemporaryDirectory() as d:
            scale = torch.zeros(2), torch.ones(2)
            for k, name in enumerate('abc'):
                os.mkdir(f'{d}/{name}')
                common.save(f'{d}/{name}/vae.pt', dict(k=k))
                common.save(f'{d}/{name}/dit.pt', dict(ema={'w': torch.full((2 + k // 2,), 4. * k), 'asked.w': torch.ones(k)}, body={}, scale=scale))
            os.mkdir(f'{d}/out')
            average.average(f'{d}/out', [f'{d}/a', f'{d}/b'])
            s = common.load(f'{d}/out/dit.pt')
            self.assertEqual(s['ema']['w'].tolist(), [2., 2.])
            self.assertEqual(common.load(f'{d}/out/vae.pt'), dict(k=0))
            for wrong in (['a'], ['a', 'c'], ['a', 'nowhere']):
                with self.assertRaises(common.Sorry):
                    average.average(f'{d}/out', [f'{d}/{n}' for n in wrong])

    def test_a_team_shares_the_optimiser_evenly(self):
        class Half(common.Team):
            def __init__(self, rank):
                self.rank, self.size, self.parts = rank, 2, None

            def together(self, parts, like):
                self.parts = parts
                return [torch.zeros_like(p) if v is None else v for v, p in zip(parts, like)]
        torch.manual_seed(0)
        start = [torch.randn(4, 6) for _ in range(3)] + [torch.randn(6, 4)]
        grads = [torch.randn_like(p) for p in start]

        def step(team):
            ps = [torch.nn.Parameter(p.clone()) for p in start]
            for p, g in zip(ps, grads):
                p.grad = g.clone()
            common.Muon(ps, .1, team=team).step()
            return ps
        alone, a, b = step(None), Half(0), Half(1)
        step(a), step(b)
        for k, (x, y) in enumerate(zip(a.parts, b.parts)):
            self.assertNotEqual(x is None, y is None)
            self.assertLess((start[k] - .1 * (y if x is None else x) - alone[k]).abs().max(), 1e-5)

    def test_a_changed_clip_differs_in_one_answer(self):
        r = random.Random(4)
        for c in world.clips(11, 120):
            q = twins.changed(c, r)
            self.assertTrue(world.possible(c))
            if c['kind'] == 'scene':
                self.assertIsNone(q)
                continue
            a, b = questions.labels(c), questions.labels(q)
            self.assertTrue(world.possible(q) and not world.held_out(q), q)
            wrong = [k for k in a if a[k] != b[k] and k != 'speed']  # who walks has a speed, who waves has none
            self.assertEqual(len(wrong), 1, (c, q))

    def test_a_drawn_stream_holds_twins(self):
        clips = families.pairs(5, 40)
        other = twins.partners(clips)
        self.assertEqual([c['kind'] for c in clips[::2]], [c['kind'] for c in clips[1::2]])
        for k, c in enumerate(clips):
            self.assertEqual(other[k], k if c['kind'] == 'scene' else k ^ 1)
            self.assertTrue(c['kind'] == 'scene' or not world.held_out(c))
        self.assertEqual(twins.partners(clips[:1]), [0])
        f = latents.Flow.__new__(latents.Flow)
        f.device, f.n, f.clips, f._encode = 'cpu', 0, [], lambda q: q.half()
        f._room(40, (12, 5, 4, 4), (8, tokens.TEXT_LEN))
        torch.manual_seed(0)
        z = torch.randn(40, 12, 5, 4, 4)
        for k in (0, 20):
            f.add(clips[k:k + 20], torch.ones(20, 8, tokens.TEXT_LEN), z[k:k + 20])
        self.assertEqual(f.other.tolist(), other)
        f._means()
        drawn = families.Drawn(f, (torch.zeros(12), torch.ones(12)))
        some = torch.arange(30) < 20
        begun, x, ids, weight = drawn.batch(30, some, random.Random(1), 0.)
        at = [(z.half().float() - q).abs().amax((1, 2, 3, 4)).argmin().item() for q in x]
        for k, i in enumerate(at):
            all_, gone = z[other[i]] - z[i], begun[k] - x[k]
            way = (all_ * gone).sum() / all_.pow(2).sum().clamp(min=1e-6)
            self.assertLess((gone - way * all_).abs().max(), .02)
            self.assertTrue(0 < way < 1 if k < 20 and other[i] != i else way == 0)
        begun, x, ids, _ = drawn.batch(30, some, random.Random(1), 1.)
        self.assertTrue(torch.equal(x, begun) and (ids == f.none).all())  # nothing is said: what is seen stays
        tokenizer = tokens.Tokenizer(SHIPPED)
        m = train_dit.Model(len(tokenizer), 12, body=dict(dim=48, ffn_dim=48, num_heads=2, num_layers=1, freq_dim=16))
        (families.loss(m, drawn, random.Random(1), 8, 'cpu') + drawn.told(m, 6)).backward()
        self.assertTrue(all(any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters()) for part in (m.body, m.text, m.asked)))

    def test_swapped_latents_come_out_as_the_sentence_says(self):
        with tempfile.TemporaryDirectory() as d:
            os.makedirs(f'{d}/latents'), os.makedirs(f'{d}/swaps')
            clips = world.clips(1, 12)
            torch.manual_seed(0)
            z, of = torch.randn(12, 12, 5, 4, 4).half(), [i for i, c in enumerate(clips) if c['kind'] != 'scene']
            common.save(f'{d}/latents/00000.pt', dict(clips=clips, z=z, vae=0))
            common.save(f'{d}/swaps/00000.pt', dict(of=of, z=z[of] + 1))
            tokenizer = tokens.Tokenizer(SHIPPED)
            pairs = swaps.Pairs(d, tokenizer, (torch.zeros(12), torch.ones(12)))
            begun, target, ids, weight = pairs.batch(16, 9, random.Random(1), 0.)
            way = (begun - target)[:9]
            self.assertTrue(((way > -.01) & (way < 1.01)).all() and (way.amax((1, 2, 3, 4)) > .1).all())
            self.assertTrue(torch.equal(begun[9:], target[9:]) and (weight[9:] == 1).all() and (weight[:9] > 1).all())
            self.assertTrue((ids[:, 0] > 0).all())
            begun, target, _, _ = pairs.batch(16, 9, random.Random(1), 1.)
            self.assertTrue(torch.equal(begun, target))  # nothing is said: what is seen stays
            m = train_dit.Model(len(tokenizer), 12, body=dict(dim=48, ffn_dim=48, num_heads=2, num_layers=1, freq_dim=16))
            q = swaps.loss(m, *pairs.batch(4, 2, random.Random(1)), 2, 'cpu')
            q.backward()
            self.assertTrue(torch.isfinite(q) and any(p.grad is not None and p.grad.abs().sum() > 0 for p in m.body.parameters()))

    def test_families_differ_in_one_answer_and_come_out_as_the_sentence_says(self):
        r, clips, kin = random.Random(5), [], []
        while len(clips) < 120:
            f = families.family(r, editions.FULL)
            self.assertTrue(all(world.possible(c) and not world.held_out(c) for c in f if c['kind'] != 'scene'))
            for c in f[1:]:
                self.assertEqual(c['j'], f[0]['j'])
                other = {k for k in c if c[k] != f[0][k]}
                self.assertEqual(len(other - {'speed'} or other), 1)
            kin += [len(clips)] * len(f)
            clips += f
        with tempfile.TemporaryDirectory() as d:
            os.makedirs(f'{d}/families')
            torch.manual_seed(0)
            z = torch.randn(len(clips), 12, 5, 4, 4).half()
            common.save(f'{d}/families/00000.pt', dict(clips=clips, kin=kin, z=z))
            tokenizer = tokens.Tokenizer(SHIPPED)
            kept = families.Families(d, tokenizer, (torch.zeros(12), torch.ones(12)))
            swapped = torch.arange(16) < 9
            begun, target, ids, weight = kept.batch(16, swapped, r, 0.)  # a class scene alone of its kind weighs 1
            self.assertTrue(torch.equal(begun[9:], target[9:]) and (weight >= 1).all() and (weight > 1).float().mean() > .7 and (ids[:, 0] > 0).all())
            for b, t in zip(begun[:9], target[:9]):
                i = (z.float() - t).abs().amax((1, 2, 3, 4)).argmin().item()
                off = (b - t).norm()
                self.assertTrue(off < 1e-5 or any(abs(((z[j].float() - t).flatten() @ (b - t).flatten()) / ((z[j].float() - t).norm() * off) - 1) < 1e-3 for j in kept.kin[i]))
            m = train_dit.Model(len(tokenizer), 12, body=dict(dim=48, ffn_dim=48, num_heads=2, num_layers=1, freq_dim=16))
            q = families.loss(m, kept, r, 8, 'cpu')
            q.backward()
            self.assertTrue(torch.isfinite(q) and any(p.grad is not None and p.grad.abs().sum() > 0 for p in m.body.parameters()))
            with self.assertRaises(common.Sorry):
                families.Families(f'{d}/none', tokenizer, (torch.zeros(12), torch.ones(12)))
        s, swapped = families.noise(16)
        self.assertTrue((s[:8] > .9).all() and (s <= 1).all() and swapped[8:12].all() and not swapped[12:].any())

    def test_the_text_encoder_learns_what_sentences_name(self):
        torch.manual_seed(0)
        tokenizer, r = tokens.Tokenizer(SHIPPED), random.Random(2)
        m = train_dit.Model(len(tokenizer), 12, dict(dim=32, dim_attn=32, dim_ffn=48, num_heads=2, num_layers=1), dict(dim=48, ffn_dim=48, num_heads=2, num_layers=1, freq_dim=16, text_dim=32))
        ids, labels = told.heard(tokenizer, editions.FULL, r, 48)
        self.assertTrue(ids.shape[1] <= tokens.TEXT_LEN and (ids[:, -1] > 0).any() and all((v < len(questions.HEADS[k])).all() for k, v in labels.items()))
        wide = torch.nn.functional.pad(ids, (0, 3))
        with torch.no_grad():
            a, b = m.asked(m.text(ids), ids), m.asked(m.text(wide), wide)
        self.assertTrue(all(torch.allclose(a[k], b[k], atol=1e-4) for k in a))  # padding is not heard
        opt = torch.optim.Adam([*m.text.parameters(), *m.asked.parameters()], lr=3e-3)
        first = told.check(m, ids, labels)
        for _ in range(60):
            opt.zero_grad()
            m.told(m.text(ids), ids, labels).backward()
            opt.step()
        last = told.check(m, ids, labels)
        self.assertTrue(last['subject'] > first['subject'] + .3 and last['colour'] > first['colour'], (first, last))

    def test_a_reader_sees_outlines_tremble(self):
        v = watch.seen(world.render(world.clips(3, 6)))
        w = watch.wobbling(v)
        self.assertTrue(torch.equal(v[:4], w[:4]))
        off = (v[4:] - w[4:]).abs().mean()
        self.assertTrue(1e-4 < off < .05, off)
        clips, pixels = watch._draw((1, 40, 'full'))
        self.assertEqual((len(clips), pixels.shape), (40, (40, watch.T, 3, watch.H, watch.W)))
        self.assertTrue(all(c['motion'] == 'spin' for c in clips[35:]))

    def test_a_reader_in_eight_bits_reads_the_same(self):
        with tempfile.TemporaryDirectory() as d:
            torch.manual_seed(1)
            m = watch.Watcher().eval()
            m.look[0][1].running_mean += .1
            torch.save(m.state_dict(), f'{d}/watcher.pt')
            watch.keep(d, f'{d}/kept.safetensors')
            q = watch.Watcher()
            q.load_state_dict(watch.kept(f'{d}/kept.safetensors'))
            v = watch.seen(world.render(world.clips(3, 2)))
            with torch.no_grad():
                a, b = m(v), q.eval()(v)
            for h in a:
                self.assertLess((a[h] - b[h]).abs().max(), .05 * a[h].abs().max())

    def test_a_broken_checkpoint_is_one_sentence(self):
        with tempfile.TemporaryDirectory() as d:
            with open(f'{d}/vae.pt', 'wb') as f:
                f.write(b'nothing of the kind')
            with self.assertRaises(common.Sorry) as e:
                common.load(f'{d}/vae.pt')
            self.assertIn('cannot be read', str(e.exception))


if __name__ == '__main__':
    unittest.main()
