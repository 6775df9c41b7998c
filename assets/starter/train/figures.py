"""What the drawn world is made of: shapes, products and characters, in local coordinates."""
import math
import torch
from draw import any_of, box, capsule, circle, cut, ellipse, heart, peak, star, triangle

COLOURS = {'red': (.90, .14, .18), 'orange': (.98, .54, .10), 'yellow': (1, .86, .15), 'green': (.10, .60, .25),
           'blue': (.12, .34, .90), 'purple': (.53, .20, .75), 'pink': (1, .45, .70), 'white': (1, 1, 1)}
DARK, LIGHT, METAL = (.12, .12, .16), (.97, .96, .93), (.62, .66, .72)
SUIT, GLASS = (.94, .95, .98), (.62, .84, 1.)
FUR = {'dog': (.90, .56, .22), 'cat': (.45, .45, .52), 'robot': (.30, .62, .74)}
SHAPES = ['circle', 'square', 'triangle', 'star', 'heart', 'crescent']
PRODUCTS = ['bottle', 'cup', 'phone', 'gift']
CHARACTERS = ['dog', 'cat', 'robot']


def shape(name, c):
    """Layers of a shape or product of colour c [n,3]; radius about 1."""
    soft = c + (1 - c) * .55
    soft = torch.where((c.mean(1, keepdim=True) > .95), torch.tensor([[.78, .80, .86]]), soft)

    def layers(x, y):
        if name == 'circle':
            return [(circle(x, y, .95), c), (circle(x + .38, y + .38, .2), soft)]
        if name == 'square':
            return [(box(x, y, .82, .82, .06), c)]
        if name == 'triangle':
            return [(triangle(x, y - .1, 1.1), c)]
        if name == 'star':
            return [(star(x, y, 1.12), c)]
        if name == 'heart':
            return [(heart(x, y, 1.6), c)]
        if name == 'crescent':
            return [(cut(circle(x, y, .98), circle(x - .52, y + .1, .82)), c)]
        if name == 'bottle':
            body = any_of(box(x, y - .3, .42, .72, .16), box(x, y + .62, .16, .3, .05))
            return [(body, c), (box(x, y + .92, .21, .13, .05), DARK), (box(x, y - .3, .43, .26), LIGHT),
                    (circle(x, y - .3, .14), c)]
        if name == 'cup':
            w = .62 - .12 * y
            body = torch.maximum(x.abs() - w, (y - .05).abs() - .68)
            handle = cut(circle(x - .68, y, .38), circle(x - .68, y, .2))
            return [(handle, c), (body, c), (ellipse(x, y + .62, .69, .13), (.36, .22, .16))]
        if name == 'phone':
            return [(box(x, y, .55, 1.02, .16), c), (box(x, y, .44, .82, .06), (.16, .22, .34)),
                    (box(x, y + .45, .3, .2, .05), (.55, .80, .92)), (circle(x - .16, y - .45, .12), (.95, .75, .3)),
                    (circle(x + .16, y - .45, .12), (.45, .80, .55))]
        bow = any_of(ellipse(x - .26, y + .82, .26, .17), ellipse(x + .26, y + .82, .26, .17))
        band = torch.where(c.mean(1, keepdim=True) > .95, torch.tensor([[.86, .25, .30]]), torch.tensor([[1., .97, .88]]))
        return [(box(x, y - .15, .82, .72, .05), c), (box(x, y - .15, .14, .73), band), (box(x, y + .02, .83, .12), band),
                (bow, band)]
    return layers


def character(name, fur, dress, pose):
    """Layers of an upright animal or robot, feet at y = 1. pose: numbers per frame (see world.pose)."""
    p = pose
    suit = torch.tensor([SUIT]).expand_as(fur) if dress == 'spacesuit' else fur
    limb = suit if dress == 'spacesuit' or name != 'robot' else torch.tensor([METAL]).expand_as(fur)
    f = .10 * p['face']

    def layers(x, y):
        x = x - p['lean'] * (.9 - y).clamp(min=0)
        out = []
        if name == 'dog':
            tx, ty = x + p['side'] * .52, y - .22
            out.append((cut(circle(tx, ty, .23), circle(tx + p['side'] * .02, ty + .02, .08)), fur))
        if name == 'cat':
            s = -p['side']
            out.append((any_of(capsule(x, y, s * .3, .5, s * .62, .42, .07), capsule(x, y, s * .62, .42, s * .7, -.05, .07)), fur))
        legs = any_of(capsule(x, y, .17, .45, .18 + p['leg'], .87 - p['lift'], .12),
                      capsule(x, y, -.17, .45, -.18 - p['leg'], .87 - p['lift2'], .12))
        feet = any_of(ellipse(x - .20 - p['leg'], y - .92 + p['lift'], .17, .09), ellipse(x + .20 + p['leg'], y - .92 + p['lift2'], .17, .09))
        out.append((legs, limb))
        out.append((feet, METAL if dress == 'spacesuit' or name == 'robot' else LIGHT))
        arm = lambda s, a: capsule(x, y, s * .33, .02, s * .33 + s * .46 * a.sin(), .02 + .46 * a.cos(), .105)
        out.append((any_of(arm(1, p['right']), arm(-1, p['left'])), limb))
        out.append((box(x, y - .24, .37, .36, .12 if name == 'robot' else .26), suit))
        if dress == 'spacesuit':
            out += [(box(x, y - .25, .2, .13, .04), (.30, .45, .75)), (circle(x - .09, y - .25, .05), (.95, .3, .25))]
        elif name == 'robot':
            out.append((box(x, y - .22, .2, .15, .04), METAL))
        else:
            out.append((ellipse(x - f, y - .28, .22, .26), LIGHT))
        hx, hy = x - p['nod'], y + .46
        if dress == 'spacesuit':
            out.append((circle(hx, hy + .08, .66), GLASS, .35))
        if name == 'robot':
            out += [(any_of(box(hx, hy + .48, .03, .16), circle(hx, hy + .62, .08)), METAL), (box(hx, hy, .46, .36, .1), fur),
                    (box(hx - f, hy, .36, .2, .08), DARK),
                    (any_of(circle(hx - f - .16, hy, .08), circle(hx - f + .16, hy, .08)), (.45, 1., .9))]
        else:
            e = .30 if name == 'dog' else .28
            ears = any_of(peak(hx - e, hy + .18, .17, .48), peak(hx + e, hy + .18, .17, .48))
            inner = any_of(peak(hx - e, hy + .22, .08, .28), peak(hx + e, hy + .22, .08, .28))
            out += [(ears, fur), (inner, (.98, .72, .68)), (ellipse(hx, hy, .47, .41), fur)]
            if name == 'dog':
                out += [(any_of(ellipse(hx - f - .12, hy - .18, .22, .17), ellipse(hx - f + .12, hy - .18, .22, .17)), LIGHT),
                        (ellipse(hx - f, hy - .09, .09, .065), DARK)]
            else:
                out += [(any_of(ellipse(hx - f - .08, hy - .16, .14, .1), ellipse(hx - f + .08, hy - .16, .14, .1)), LIGHT),
                        (ellipse(hx - f, hy - .09, .06, .045), (.95, .45, .5)),
                        (any_of(capsule(hx, hy, .25, -.12 + .24, .5, .08, .012), capsule(hx, hy, -.25, -.12 + .24, -.5, .08, .012),
                                capsule(hx, hy, .25, .17, .5, .2, .012), capsule(hx, hy, -.25, .17, -.5, .2, .012)), LIGHT)]
            out.append((any_of(ellipse(hx - f - .18, hy + .07, .065, .09), ellipse(hx - f + .18, hy + .07, .065, .09)), DARK))
        if dress == 'spacesuit':
            ring = cut(circle(hx, hy + .08, .66), circle(hx, hy + .08, .58))
            out += [(ring, SUIT), (box(x, y + .06, .36, .08, .07), METAL)]
        if dress == 'hat':
            out += [(box(hx, hy + .40, .40, .06, .05), (.16, .30, .42)), (box(hx, hy + .62, .25, .22, .04), (.16, .30, .42)),
                    (box(hx, hy + .47, .255, .045), (.92, .75, .25))]
        if dress == 'scarf':
            out += [(capsule(x, y, .18, -.02, .26, .38, .085), (.80, .16, .22)), (box(x, y + .03, .36, .1, .09), (.86, .20, .26))]
        return out
    return layers


def potato(x, y):
    return any_of(ellipse(x, y, 1., .72), circle(x - .3, y - .1, .62))


def sprout(x, y, grown):
    """Two leaves on a stem, foot at (0,0), as tall as grown (0..1, per frame)."""
    g = grown.clamp(min=.02)
    stem = capsule(x, y, 0., 0., 0., -g, .07)
    leaves = any_of(ellipse(x - .28 * g, y + g, .34, .16), ellipse(x + .28 * g, y + g, .34, .16))
    return any_of(stem, leaves + (1 - g) * .2)
