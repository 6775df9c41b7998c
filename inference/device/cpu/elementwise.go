package cpu

import "kinora/inference/device/cpu/simd"

func add(c *call) { simd.Add(c.p.pool, c.o(), c.f(0), c.f(1)) }

func mul(c *call) { simd.Mul(c.p.pool, c.o(), c.f(0), c.f(1)) }
